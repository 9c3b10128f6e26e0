"""Structures from measured crashes: one or several wall tests of a vehicle to its crush curve, with what is not known of it."""
