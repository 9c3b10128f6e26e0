"""An independent, slow solution of the crash model: branch by branch by DOP853, metrics by brute force.

It imports nothing of crashsim.  ``solve(case)`` takes one case of raw parameters as a plain dict and returns all
metrics; ``random_case(rng)`` draws such a case; ``SCALES`` holds the scale of each metric for comparisons.
"""

from oracle.cases import random_case
from oracle.metrics import SCALES, solve

__all__ = ["SCALES", "random_case", "solve"]
