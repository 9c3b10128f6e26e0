"""Severity of a vehicle's pulse from its trace: OLC, flail (OIV, ORA), ASI, VPI; ``trace.py`` tells how a trace is read.

The criteria of ``virtual_occupant.py`` and ``severity.py``, which serve stored pulses, on lanes of crashes.  ``speed`` is
the velocity at contact [m/s], in the frame of the trace; ``lost`` the velocity lost since, ``travel`` what a body that
keeps the speed has gained on the vehicle [m].
"""
# mypy: allow-untyped-calls

from __future__ import annotations

import math

from crashsim.kernels.lanes import any_true, maximum, minimum, multiply_add, select, sqrt, traced
from crashsim.kernels.rows import Floats
from crashsim.kernels.subroutine import subroutine
from crashsim.kernels.trace import (
    NEVER,
    SAMPLE,
    interval_of,
    peak_of,
    quotient,
    reading,
    rising_root,
    sample,
    value_at,
    velocity,
    velocity_anywhere,
)

OLC_FREE, OLC_RESTRAINED = 0.065, 0.235  # m (Euro NCAP TB027)
FLAIL_SPACE = 0.6  # m (EN 1317-1, MASH 2016)
ORA_SAMPLES, ASI_SAMPLES = 10, 50  # lengths of the means, ms
ASI_LIMIT = 12.0 * 9.80665  # m/s^2
VPI_STIFFNESS, VPI_SLACK = 2500.0, 0.03  # 1/s^2, m (ISO/TR 12353-3)
VPI_FREQUENCY = math.sqrt(VPI_STIFFNESS)  # 1/s
NUMEROV = VPI_STIFFNESS * SAMPLE * SAMPLE / 12.0
NUMEROV_PULL = 12.0 * NUMEROV / (1.0 + NUMEROV)


@subroutine
def free_flight(
    trace: Floats, u: int, v: int, a: int, samples: int, last: float, speed: float, distance: float
) -> tuple[float, float]:
    """Time at which ``travel`` first reaches ``distance`` > 0 [s], infinite if never, and the velocity lost by then."""
    end = NEVER + 0.0 * last
    for s in range(1, samples):
        travel = speed * (s * SAMPLE) - sample(trace, u, s, last)
        end = minimum(end, select(travel >= distance, 1.0 * s, NEVER))
        if not any_true(end == NEVER):
            break
    return _impact(trace, u, v, a, end, last, speed, distance)


@traced
def _impact(
    trace: Floats, u: int, v: int, a: int, end: float, last: float, speed: float, distance: float
) -> tuple[float, float]:
    """The same, given the first sample ``end`` with that travel."""
    i = maximum(minimum(end, last) - 1.0, 0.0)
    lost = velocity(trace, v, a, i)
    v0, _, v1, _ = lost
    y0 = speed * (i * SAMPLE) - reading(trace, u, i) - distance
    y1 = speed * ((i + 1.0) * SAMPLE) - reading(trace, u, i + 1.0) - distance
    s = rising_root((y0, (speed - v0) * SAMPLE, y1, (speed - v1) * SAMPLE))
    inside = end <= last
    time = select(inside, (i + s) * SAMPLE, last * SAMPLE + quotient(-y1, speed - v1, math.inf))
    return time, speed - select(inside, value_at(lost, s), v1)


@subroutine
def olc(trace: Floats, u: int, v: int, a: int, samples: int, last: float, speed: float) -> float:
    """Occupant load criterion [m/s^2]; NaN where the vehicle never lets the occupant come so near.

    travel(t1) = 0.065 m;  t2: travel(t2) - lost(t2) (t2 - t1)/2 = 0.3 m for the first time;  OLC = lost(t2)/(t2 - t1).
    """
    t1, _ = free_flight(trace, u, v, a, samples, last, speed, OLC_FREE)
    depth = OLC_FREE + OLC_RESTRAINED
    end = NEVER + 0.0 * last
    for s in range(1, samples):
        t = s * SAMPLE
        held = 0.5 * (speed - sample(trace, v, s, last)) * maximum(t - t1, 0.0)
        residual = speed * t - sample(trace, u, s, last) - held
        end = minimum(end, select(residual >= depth, 1.0 * s, NEVER))
        if not any_true(end == NEVER):
            break
    return _restraint(trace, u, v, a, end, last, speed, t1, depth)


@traced
def _restraint(
    trace: Floats, u: int, v: int, a: int, end: float, last: float, speed: float, t1: float, depth: float
) -> float:
    """OLC, given the first sample ``end`` at which the restrained travel is used up."""
    i = maximum(minimum(end, last) - 1.0, 0.0)
    pulse = velocity(trace, v, a, i)
    v0, d0, v1, d1 = pulse
    since = i * SAMPLE - t1
    after = since + SAMPLE
    lost0, lost1 = speed - v0, speed - v1
    y0 = speed * (i * SAMPLE) - reading(trace, u, i) - 0.5 * lost0 * since - depth
    y1 = speed * ((i + 1.0) * SAMPLE) - reading(trace, u, i + 1.0) - 0.5 * lost1 * after - depth
    s = rising_root((y0, 0.5 * (lost0 * SAMPLE + d0 * since), y1, 0.5 * (lost1 * SAMPLE + d1 * after)))
    inside = end <= last
    elapsed = select(inside, since + s * SAMPLE, after + quotient(-y1, 0.5 * lost1, math.inf))
    lost = speed - select(inside, value_at(pulse, s), v1)
    return select(elapsed < math.inf, quotient(lost, elapsed, math.nan), math.nan)


@subroutine
def flail(trace: Floats, u: int, v: int, a: int, samples: int, last: float, speed: float) -> tuple[float, float, float]:
    """Occupant impact velocity [m/s] and ridedown acceleration [m/s^2], NaN if the body never strikes, and the time [s].

    OIV = lost at travel = 0.6 m; ORA = largest mean over 10 ms, of either sign, from then on.
    """
    time, impact_velocity = free_flight(trace, u, v, a, samples, last, speed, FLAIL_SPACE)
    strike = time / SAMPLE
    ridedown = maximum(
        largest_mean(trace, v, a, samples, last, strike, ORA_SAMPLES),
        _mean_at_once(trace, v, a, last, strike, speed - impact_velocity),
    )
    struck = time < math.inf
    return select(struck, impact_velocity, math.nan), select(struck, ridedown, math.nan), time


@traced
def _mean_at_once(trace: Floats, v: int, a: int, last: float, strike: float, vehicle: float) -> float:
    """Size of the mean deceleration of ORA that begins with the strike, at which the velocity is ``vehicle``."""
    ahead = minimum(strike + 1.0 * ORA_SAMPLES, last)
    i = interval_of(ahead, last)
    lost = vehicle - value_at(velocity(trace, v, a, i), ahead - i)
    return select(strike < last, maximum(lost, -lost), 0.0) / (ORA_SAMPLES * SAMPLE)


@subroutine
def asi(trace: Floats, v: int, a: int, samples: int, last: float) -> float:
    """Acceleration severity index along one axis: largest mean over 50 ms, of either sign, over 12 g."""
    return largest_mean(trace, v, a, samples, last, 0.0 * last - ASI_SAMPLES, ASI_SAMPLES) / ASI_LIMIT


@subroutine
def largest_mean(trace: Floats, v: int, a: int, samples: int, last: float, start: float, length: int) -> float:
    """Largest mean deceleration, of either sign, over ``length`` ms from ``start`` [samples] or later [m/s^2]."""
    largest, at = 0.0 * last, 0.0 * last
    for s in range(-length, samples - 1):
        if not any_true(start <= s):
            continue
        lost = sample(trace, v, max(s, 0), last) - sample(trace, v, min(s + length, samples - 1), last)
        size = maximum(lost, -lost)
        better = (size > largest) & (start <= s)
        largest = select(better, size, largest)
        at = select(better, 1.0 * s, at)
    return maximum(largest, _between(trace, v, a, last, start, length, largest, at)) / (length * SAMPLE)


@traced
def _between(trace: Floats, v: int, a: int, last: float, start: float, length: int, largest: float, at: float) -> float:
    """Largest size of the velocity lost in a window that starts in the interval before or after sample ``at``."""
    i = select(_mean_rises(trace, v, a, at, last, length), at, at - 1.0)
    v0, d0, v1, d1 = velocity_anywhere(trace, v, a, i, last)
    w0, e0, w1, e1 = velocity_anywhere(trace, v, a, i + length, last)
    sign = select(v0 + v1 >= w0 + w1, 1.0, -1.0)
    between = peak_of((sign * (v0 - w0), sign * (d0 - e0), sign * (v1 - w1), sign * (d1 - e1)), maximum(start - i, 0.0))
    return select(largest > 0.0, between, 0.0)


@traced
def _mean_rises(trace: Floats, v: int, a: int, at: float, last: float, length: int) -> bool:
    """Whether the size of the velocity lost in a window grows as it moves on from sample ``at``."""
    first, second = maximum(at, 0.0), minimum(at + length, last)
    lost = reading(trace, v, first) - reading(trace, v, second)
    fall = select(at >= 0.0, reading(trace, a, first), 0.0)
    rise = select(at + length <= last, reading(trace, a, second), 0.0)
    return (rise - fall) * lost > 0.0


@subroutine
def vpi(trace: Floats, u: int, v: int, samples: int, last: float, speed: float) -> float:
    """Vehicle pulse index: peak acceleration of a body held by one spring with slack [m/s^2].

        x'' = -k max(z, 0),   z = x - u - slack,   VPI = k max z

    Numerov's method (fourth order), in which w = z + (k h^2/12) max(z, 0) + u moves by dw; its peak is that of the
    parabola through three samples.  After ``last`` the motion is a sine.
    """
    none = 0.0 * last
    w, dw, stretch, rise = none - VPI_SLACK, speed * SAMPLE, none - VPI_SLACK, none
    peak, before, after, end, end_before, end_dw = none, none, none, none, none, none
    for s in range(1, samples):
        previous, pull = stretch, maximum(stretch, 0.0)
        ahead = w + dw
        stretch = multiply_add(-NUMEROV_PULL, pull, ahead - sample(trace, u, s, last))
        w, dw = multiply_add(-NUMEROV_PULL, pull, ahead), multiply_add(-NUMEROV_PULL, pull, dw)
        rise_before, rise = rise, stretch - previous
        better = (previous > peak) & (last >= s)
        peak = select(better, previous, peak)
        before = select(better, rise_before, before)
        after = select(better, rise, after)
        ends = last == s
        end, end_before, end_dw = (
            select(ends, stretch, end),
            select(ends, previous, end_before),
            select(ends, dw, end_dw),
        )
    return _vpi_of(peak, before, after, end, end_before, end_dw - SAMPLE * reading(trace, v, last))


@traced
def _vpi_of(peak: float, before: float, after: float, end: float, end_before: float, end_move: float) -> float:
    """VPI from the largest stretch with the moves before and after it, and the last two stretches with the last move."""
    slope = before + after
    peak = (peak + quotient(0.125 * slope * slope, before - after, 0.0)) / (1.0 + NUMEROV)
    pull, pull_before = maximum(end, 0.0) / (1.0 + NUMEROV), maximum(end_before, 0.0) / (1.0 + NUMEROV)
    leaving = (end_move - NUMEROV * (5.0 * pull + pull_before)) / SAMPLE
    swing = maximum(leaving, 0.0) / VPI_FREQUENCY
    return VPI_STIFFNESS * maximum(peak, select(swing > 0.0, sqrt(pull * pull + swing * swing), 0.0))


@subroutine
def largest_change(trace: Floats, v: int, a: int, samples: int, last: float, speed: float, end: float) -> float:
    """Largest velocity lost up to the time ``end`` [s], between the samples too [m/s]."""
    until = minimum(end / SAMPLE, last)
    most, at = 0.0 * last, 0.0 * last
    for s in range(1, samples):
        lost = speed - sample(trace, v, s, last)
        better = (lost > most) & (until >= s)
        most, at = select(better, lost, most), select(better, 1.0 * s, at)
    i = maximum(minimum(select(reading(trace, a, at) > 0.0, at, at - 1.0), last - 1.0), 0.0)
    v0, d0, v1, d1 = velocity(trace, v, a, i)
    inside = select(until >= i + 1.0, peak_of((speed - v0, -d0, speed - v1, -d1), 0.0 * last), 0.0)
    j = interval_of(until, last)
    return maximum(maximum(most, inside), speed - value_at(velocity(trace, v, a, j), until - j))
