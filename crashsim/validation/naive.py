"""The naive guess beside every prediction: constant deceleration, the median of the class."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crashsim.validation.measured import table

Floats = NDArray[np.float64]

STATIC_SHARE = 0.65  # of the dynamic crush: median of 26 wall tests that have both


@cache
def deceleration(group: str) -> float:
    """Median of ``v^2 / (2 c)`` [m/s^2] over the wall tests of a group, c their static crush."""
    return next(float(record["deceleration"]) for record in table("wall-groups") if record["group"] == group)


def static_crush(group: str, speed: ArrayLike) -> Floats:
    """Static crush [m] at a full-width wall: ``v^2 / (2 a)``."""
    return np.asarray(speed, float) ** 2 / (2.0 * deceleration(group))


def dynamic_deceleration(group: str) -> float:
    """Constant deceleration [m/s^2] over the dynamic crush that the static one stands for."""
    return STATIC_SHARE * deceleration(group)


def velocity(group: str, speed: float, time: Floats) -> Floats:
    """Velocity [m/s] of a vehicle that slows evenly at a wall and does not rebound."""
    return np.maximum(speed - dynamic_deceleration(group) * time, 0.0)
