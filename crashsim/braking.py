"""Braking before the impact: how much of the closing speed an emergency brake takes off, in closed form."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def impact_speed(
    closing_speed: ArrayLike,
    time_to_collision: ArrayLike,
    dead_time: ArrayLike,
    jerk: ArrayLike,
    deceleration: ArrayLike,
) -> Floats:
    """Closing speed left at the impact [m/s]; 0 where the crash is avoided.

    The brake is asked for at ``time_to_collision`` [s] of the undisturbed approach and does nothing for ``dead_time`` [s].
    The gap left is ``d = v0 (TTC - td)``.  The deceleration then rises with ``jerk`` [m/s^3] for ``tr = a/J`` to
    ``deceleration`` [m/s^2], over which ``v0 tr - J tr^3/6`` is covered and ``v1 = v0 - J tr^2/2`` left, and stays there:
    ``v = sqrt(max(v1^2 - 2 a (d - d_ramp), 0))``.  An impact within the ramp is at the smallest root of
    ``v0 t - J t^3/6 = d``.  One vehicle brakes and the other keeps its speed, so ``v0`` is the closing speed.

    Raises
    ------
    ValueError
        A time or a speed below 0, a jerk or a deceleration that is not above 0.
    """
    v0, ttc, dead, j, a = np.broadcast_arrays(
        *(np.asarray(x, float) for x in (closing_speed, time_to_collision, dead_time, jerk, deceleration))
    )
    if np.any((v0 < 0.0) | (ttc < 0.0) | (dead < 0.0)) or not np.all((j > 0.0) & (a > 0.0)):
        raise ValueError("expected speed and times of 0 or more, jerk and deceleration above 0")
    gap = v0 * np.maximum(ttc - dead, 0.0)
    stop = np.sqrt(2.0 * v0 / j)  # when a ramp without end has stopped the approach
    ramp = np.minimum(a / j, stop)
    covered = v0 * ramp - j * ramp**3 / 6.0
    after = np.maximum(v0 - 0.5 * j * ramp**2, 0.0)
    full = np.sqrt(np.maximum(after**2 - 2.0 * a * (gap - covered), 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        sine = np.where(v0 > 0.0, 1.5 * gap / (v0 * stop), 0.0)
    at = 2.0 * stop * np.sin(np.arcsin(np.minimum(sine, 1.0)) / 3.0)  # root of the cubic
    within = np.maximum(v0 - 0.5 * j * at**2, 0.0)
    return np.asarray(np.where(gap < covered, within, full))


def own_speed(speed: ArrayLike, closing_speed: ArrayLike, left: ArrayLike) -> Floats:
    """Speed over ground of the braking vehicle at the impact [m/s]: what the closing speed lost is lost by it alone.

    Never below 0: a vehicle that has come to a stop waits for the other one.
    """
    lost = np.asarray(closing_speed, float) - np.asarray(left, float)
    return np.asarray(np.maximum(np.asarray(speed, float) - lost, 0.0))
