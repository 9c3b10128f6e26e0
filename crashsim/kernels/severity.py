"""Severity of a vehicle pulse: peak, delta-v, duration, stopping distance, ASI, ride-down efficiency.

Every function takes ``deceleration`` [m/s^2], positive while the vehicle slows (minus the SAE J211 x channel), of
shape (..., samples), one value every ``dt`` [s], the first at contact; results have the leading shape (a number for one
pulse).
The velocity is straight between samples (trapezoid rule), so travel is a parabola within a step.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from crashsim.kernels.cache import compiled
from crashsim.kernels.rows import Floats, as_pulses, per_pulse

GRAVITY = 9.80665  # m/s^2
ASI_MEAN = 0.050  # s
ASI_LIMITS = (12.0 * GRAVITY, 9.0 * GRAVITY, 10.0 * GRAVITY)  # m/s^2 along x, y, z


class Summary(NamedTuple):
    """Largest deceleration [m/s^2], its time [s]; largest velocity lost [m/s], its time [s], their ratio [m/s^2]."""

    peak: Floats
    peak_time: Floats
    delta_v: Floats
    duration: Floats
    mean: Floats


class Stop(NamedTuple):
    """Largest travel over ground [m] and its time [s]."""

    distance: Floats
    time: Floats


class RideDown(NamedTuple):
    """Occupant energy taken by the vehicle's crush and by the restraint [J/kg]; the first as a share of speed^2/2."""

    vehicle: Floats
    restraint: Floats
    efficiency: Floats


def summary(deceleration: ArrayLike, dt: float) -> Summary:
    """Peak, delta-v, duration and mean of pulses [m/s^2] of shape (..., samples).

    Delta-v is the largest velocity lost, rebound included; the pulse lasts from the first sample to there.
    """
    series = as_pulses(deceleration, dt)
    lost = _velocity_lost(series, dt)
    delta_v, duration = lost.max(axis=-1), lost.argmax(axis=-1) * dt
    mean = delta_v / np.where(duration > 0.0, duration, 1.0)  # no velocity lost: 0
    return Summary(series.max(axis=-1), series.argmax(axis=-1) * dt, delta_v, duration, mean)


def stop(deceleration: ArrayLike, dt: float, speed: float, *, threads: int | None = None) -> Stop:
    """Largest travel of the vehicle: where it comes to rest, or the end of the record if it is still moving there.

    Against a rigid wall this is the dynamic crush of the point that carries the accelerometer.  ``speed`` is that at
    contact [m/s].
    """
    return Stop(*per_pulse(_stop_rows, 2, deceleration, dt, speed, threads=threads))


def asi(x: ArrayLike, dt: float, y: ArrayLike | None = None, z: ArrayLike | None = None) -> Floats:
    """Acceleration severity index: ASI = max of sqrt[(ax/12 g)^2 + (ay/9 g)^2 + (az/10 g)^2] over 50 ms means.

    Parameters
    ----------
    x, y, z : (..., samples)
        Acceleration of the vehicle's centre of gravity along its axes [m/s^2], any sign; left out = 0.
    dt : float
        Time step [s]; the mean spans the whole number of steps nearest to 50 ms.

    Returns
    -------
    (...) array.  The pulse goes on at zero after the record.

    Notes
    -----
    Classes (EN 1317-2, tag M): A up to 1.0, B 1.4, C 1.9.  Source: formula of 1998 as in the Oasys T/HIS manual, tag
    S; the 2010 edition replaces the means by a 13 Hz filter.
    """
    axes = [(as_pulses(a, dt), limit) for a, limit in zip((x, y, z), ASI_LIMITS, strict=True) if a is not None]
    width = max(1, round(ASI_MEAN / dt))
    squares = sum((_moving_mean(axis, width) / limit) ** 2 for axis, limit in axes)
    index: Floats = np.sqrt(np.max(squares, axis=-1))
    return index


def ride_down(vehicle: ArrayLike, occupant: ArrayLike, dt: float, speed: float) -> RideDown:
    """How much of an occupant's energy the vehicle's crush took, and how much the restraint.

        e_rd = integral of a_o dx_v,   e_rs = integral of a_o d(x_o - x_v),   e_rd + e_rs = (speed^2 - v_o^2)/2

    Parameters
    ----------
    vehicle, occupant : (..., samples)
        Decelerations of the vehicle and of the occupant's chest [m/s^2]; shapes broadcast.
    dt : float
        Time step [s].
    speed : float
        Common speed at contact [m/s].

    Returns
    -------
    RideDown
        Per mass of occupant; efficiency = e_rd/(speed^2/2).  Taken at the occupant's stop or, if it never stops, at
        the end.

    Notes
    -----
    The identity holds to rounding at every sample.  Source: Huang 2002, tag M.
    """
    v, o = _velocity_lost(as_pulses(vehicle, dt), dt), _velocity_lost(as_pulses(occupant, dt), dt)
    v, o = np.broadcast_arrays(speed - v, speed - o)
    gone = -np.diff(o)  # a_o dt of each step; with the mean velocity of the step it is work per mass
    on_vehicle = np.cumsum(gone * 0.5 * (v[..., 1:] + v[..., :-1]), axis=-1)
    on_restraint = np.cumsum(gone * 0.5 * (o[..., 1:] + o[..., :-1] - v[..., 1:] - v[..., :-1]), axis=-1)
    stopped = o[..., 1:] <= 0.0
    at = np.where(stopped.any(axis=-1), stopped.argmax(axis=-1), gone.shape[-1] - 1)[..., None]
    rd, rs = (np.take_along_axis(e, at, axis=-1).sum(axis=-1) for e in (on_vehicle, on_restraint))
    return RideDown(rd, rs, rd / (0.5 * speed * speed))


def _velocity_lost(series: Floats, dt: float) -> Floats:
    lost = np.zeros_like(series)
    np.cumsum(0.5 * dt * (series[..., 1:] + series[..., :-1]), axis=-1, out=lost[..., 1:])
    return lost


def _moving_mean(series: Floats, width: int) -> Floats:
    """Mean over the ``width`` steps after each sample."""
    total = _velocity_lost(series, 1.0)
    after = np.repeat(total[..., -1:], width, axis=-1)
    return (np.concatenate([total, after], axis=-1)[..., width:] - total) / width


@compiled
def _stop_rows(first: int, last: int, pulses: Floats, dt: float, speed: float, out: Floats) -> None:
    for row in range(first, last):
        a = pulses[row]
        x, v, t = 0.0, speed, 0.0
        for i in range(a.size - 1):
            d = 0.5 * (a[i] + a[i + 1])
            tau = v / d if v < d * dt else dt
            x += tau * (v - 0.5 * d * tau)
            v -= d * tau
            t = i * dt + tau
            if tau < dt:
                break
        out[row, 0], out[row, 1] = x, t
