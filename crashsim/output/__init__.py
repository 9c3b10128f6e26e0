"""Figures, tables and files made from Results; nothing here computes physics, and matplotlib lives nowhere else."""
