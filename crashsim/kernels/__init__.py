"""Compiled crash mechanics: bare SI floats in arrays, numpy and numba only; cannot see the rest of crashsim."""
