"""Virtual occupants of a vehicle pulse: the ideally restrained (OLC), the free (OIV, ORA), one on a spring (VPI).

Every function takes ``deceleration`` [m/s^2], positive while the vehicle slows (minus the SAE J211 x channel), of
shape (..., samples), one value every ``dt`` [s], the first at contact; results have the leading shape (a number for one
pulse).

One reading of a sampled pulse holds throughout: the velocity is straight between samples and follows the trapezoid
rule, so the deceleration within a step is the mean of its two ends, travel is a parabola, and every instant is a root
in closed form, not a sample.  After the record the velocity is constant and the criteria go on.

Symbols: ``lost`` velocity lost by the vehicle so far [m/s], ``travel`` what a body that keeps its speed has gained on
it [m], ``d`` deceleration within a step [m/s^2].
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from crashsim.kernels.cache import compiled
from crashsim.kernels.rows import Floats, as_pulses, per_pulse

OLC_FREE, OLC_RESTRAINED = 0.065, 0.235  # m: free flight, then restrained travel to 0.300 m in all (Euro NCAP TB027)
FLAIL_SPACE = 0.6  # m (EN 1317-1, MASH 2016; tag M)
ORA_MEAN = 0.010  # s (EN 1317-1, MASH 2016; tag M)
VPI_STIFFNESS, VPI_SLACK = 2500.0, 0.03  # s^-2 (N/m per kg), m (ISO/TR 12353-3; tag M?: from memory, not verified)


class Olc(NamedTuple):
    """Occupant load criterion [m/s^2]; end of the free flight and of the restraint phase [s]."""

    value: Floats
    restrained: Floats
    end: Floats


class Flail(NamedTuple):
    """Occupant impact velocity [m/s], ridedown acceleration [m/s^2], and the time of the impact [s]."""

    impact_velocity: Floats
    ridedown: Floats
    time: Floats


def olc(deceleration: ArrayLike, dt: float, *, threads: int | None = None) -> Olc:
    """Occupant load criterion: the constant deceleration of an ideally restrained occupant.

    The occupant keeps the impact speed until 0.065 m nearer the vehicle's front (t1), then slows at the constant rate
    OLC that brings it to the vehicle's own speed after 0.235 m more (t2):

        travel(t1) = 0.065,   travel(t2) - OLC (t2 - t1)^2/2 = 0.300,   OLC (t2 - t1) = lost(t2)

    Parameters
    ----------
    deceleration : (..., samples)
        [m/s^2], usually CFC 180.
    dt : float
        Time step [s].
    threads : int, optional
        All cores by default; the numbers do not depend on it.

    Returns
    -------
    Olc
        NaN where the occupant never comes so near (a vehicle that gains speed).  The impact speed does not enter.

    Notes
    -----
    Exact: the second condition is linear in time within a step.  Source: Euro NCAP TB027 as in two public codes, tag S.
    """
    return Olc(*per_pulse(_olc_rows, 3, deceleration, dt, threads=threads))


def flail(deceleration: ArrayLike, dt: float, space: float = FLAIL_SPACE, *, threads: int | None = None) -> Flail:
    """Occupant impact velocity and ridedown acceleration (OIV, ORA) along one axis.

    A body that keeps its speed strikes the interior after ``space``: OIV = lost at travel = space.  From then on it
    moves with the vehicle: ORA = largest mean of the deceleration over 10 ms, of either sign.  Along one line the
    European THIV and PHD are the same two numbers.

    Parameters
    ----------
    deceleration : (..., samples)
        [m/s^2].
    dt : float
        Time step [s]; the mean spans the whole number of steps nearest to 10 ms.
    space : float
        Free distance [m].
    threads : int, optional
        All cores by default; the numbers do not depend on it.

    Returns
    -------
    Flail
        NaN, and an infinite time, where the body never strikes.

    Notes
    -----
    Limits (MASH 2016, tag M): OIV 9.1 preferred and 12.2 m/s, ORA 15 and 20.49 g; EN 1317-1: THIV 33 km/h, PHD 20 g.
    Source: EN 1317-1 and MASH 2016, tag M.
    """
    pulses = as_pulses(deceleration, dt)
    width = max(1, round(ORA_MEAN / dt))
    return Flail(*per_pulse(_flail_rows, 3, pulses, dt, space, width, threads=threads))


def vpi(
    deceleration: ArrayLike,
    dt: float,
    stiffness: float = VPI_STIFFNESS,
    slack: float = VPI_SLACK,
    *,
    threads: int | None = None,
) -> Floats:
    """Vehicle pulse index: peak acceleration of a body held by one spring with slack.

        rel'' = d - a,    a = stiffness max(rel - slack, 0),    VPI = max a

    Parameters
    ----------
    deceleration : (..., samples)
        [m/s^2].
    dt : float
        Time step [s].
    stiffness, slack : float
        Spring rate per mass [1/s^2] and free distance [m].  The defaults are tag M?, not verified: a secondary metric.
    threads : int, optional
        All cores by default; the numbers do not depend on it.

    Returns
    -------
    (...) array [m/s^2]: the peak in the record or after it.

    Notes
    -----
    Exact: within a step the motion is a parabola or a piece of a sine, joined where the slack ends.
    Source: structure as in the d3VIEW manual, tag S; constants ISO/TR 12353-3, tag M?.
    """
    if not (stiffness > 0.0 and slack >= 0.0):
        raise ValueError(f"expected a stiffness above 0 and a slack of 0 or more, got {stiffness} and {slack}")
    peak: Floats = per_pulse(_vpi_rows, 1, deceleration, dt, math.sqrt(stiffness), slack, threads=threads)[0]
    return peak


# ---- kernels ---------------------------------------------------------------------------------------------------------


@compiled
def _crossing(gap: float, speed: float, d: float) -> float:
    """First time at which ``speed t + d t^2/2`` reaches ``gap`` >= 0 from below, infinite if never."""
    discriminant = speed * speed + 2.0 * d * gap
    if discriminant < 0.0:
        return math.inf
    if speed > 0.0:
        return 2.0 * gap / (speed + math.sqrt(discriminant))
    return (math.sqrt(discriminant) - speed) / d if d > 0.0 else math.inf


@compiled
def _step(a: Floats, i: int) -> float:
    """Deceleration within step ``i``, 0 beyond the record."""
    return 0.5 * (a[i] + a[i + 1]) if i < a.size - 1 else 0.0


@compiled
def _free_flight(a: Floats, dt: float, distance: float) -> tuple[int, float, float]:
    """Step in which ``travel`` reaches ``distance``, the time since its first sample, and the velocity lost by then."""
    travel = lost = 0.0
    last = a.size - 1
    for i in range(last):
        d = _step(a, i)
        tau = _crossing(distance - travel, lost, d)
        if tau <= dt:
            return i, tau, lost + d * tau
        travel += dt * (lost + 0.5 * d * dt)
        lost += d * dt
    return last, _crossing(distance - travel, lost, 0.0), lost


@compiled
def _olc_rows(first: int, last: int, pulses: Floats, dt: float, out: Floats) -> None:
    for row in range(first, last):
        a = pulses[row]
        i, tau, lost = _free_flight(a, dt, OLC_FREE)
        t1 = i * dt + tau
        elapsed, remaining = 0.0, OLC_RESTRAINED  # since t1; restrained travel still open
        step = dt - tau if i < a.size - 1 else math.inf
        while True:
            d = _step(a, i)
            closing = 0.5 * (lost - d * elapsed)
            if step == math.inf or closing * step >= remaining:
                break
            remaining -= closing * step
            lost += d * step
            elapsed += step
            i += 1
            step = dt if i < a.size - 1 else math.inf
        tau = remaining / closing if closing > 0.0 else math.nan
        elapsed += tau
        out[row, 0] = (lost + d * tau) / elapsed if elapsed > 0.0 else math.nan
        out[row, 1] = t1
        out[row, 2] = t1 + elapsed


@compiled
def _flail_rows(first: int, last: int, pulses: Floats, dt: float, space: float, width: int, out: Floats) -> None:
    n = pulses.shape[1]
    lost = np.empty(n + width + 1)
    for row in range(first, last):
        a = pulses[row]
        i, tau, velocity = _free_flight(a, dt, space)
        lost[0] = 0.0
        for j in range(n + width):
            lost[j + 1] = lost[j] + dt * _step(a, j)
        struck = math.isfinite(tau) and math.isfinite(lost[n])
        worst = 0.0
        if struck and i < n - 1:  # a mean is straight between samples: largest from a sample, or from the strike itself
            ahead = lost[i + width] + (lost[i + width + 1] - lost[i + width]) * tau / dt
            worst = abs(ahead - velocity)
            for j in range(i + 1, n):
                worst = max(worst, abs(lost[j + width] - lost[j]))
        out[row, 0] = velocity if struck else math.nan
        out[row, 1] = worst / (width * dt) if struck else math.nan
        out[row, 2] = i * dt + tau


@compiled
def _vpi_rows(first: int, last: int, pulses: Floats, dt: float, w: float, slack: float, out: Floats) -> None:
    for row in range(first, last):
        out[row, 0] = w * w * _largest_stretch(pulses[row], dt, w, slack)


@compiled
def _largest_stretch(a: Floats, dt: float, w: float, slack: float) -> float:
    """Largest stretch of a spring of circular frequency ``w``: ``z`` is the stretch (slack below 0), ``u`` its rate."""
    z, u, held, peak = -slack, 0.0, slack == 0.0, 0.0
    for i in range(a.size - 1):
        d = _step(a, i)
        left = dt
        while left > 0.0:
            tau = min(left, _held_time(z, u, d, w) if held else _crossing(-z, u, d))
            if held:
                centre, radius, angle = _sine(z, u, d, w)
                if u > 0.0 and angle <= w * tau:
                    peak = max(peak, centre + radius)
                z, u = centre + radius * math.cos(w * tau - angle), -radius * w * math.sin(w * tau - angle)
                peak = max(peak, z)
            else:
                z, u = z + tau * (u + 0.5 * d * tau), u + d * tau
            left -= tau
            if left > 0.0:  # the spring went slack, or tight
                z, u, held = 0.0, min(u, 0.0) if held else max(u, 0.0), not held
    if u > 0.0:  # still on its way when the record ends
        peak = max(peak, math.hypot(max(z, 0.0), u / w))
    return peak if math.isfinite(z) else math.nan


@compiled
def _sine(z: float, u: float, d: float, w: float) -> tuple[float, float, float]:
    """Centre, radius and phase of the held motion ``z(t) = centre + radius cos(w t - phase)``."""
    centre = d / (w * w)
    return centre, math.hypot(z - centre, u / w), math.atan2(u / w, z - centre)


@compiled
def _held_time(z: float, u: float, d: float, w: float) -> float:
    """Time until the spring goes slack, infinite if it never does under a constant ``d``."""
    centre, radius, angle = _sine(z, u, d, w)
    if centre >= radius:
        return math.inf
    return max(angle + math.acos(max(-centre / radius, -1.0)), 0.0) / w
