"""What a study found, and its files: rows under names, units and labels; pulses of the named cases."""

from crashsim.results.files import load
from crashsim.results.grid import Grid
from crashsim.results.table import BEYOND_MODEL, FAILED, OK, Column, Pulse, Results

__all__ = ["BEYOND_MODEL", "FAILED", "OK", "Column", "Grid", "Pulse", "Results", "load"]
