"""Reading the trace of a block of crashes: cubics between its samples, their roots and peaks, and the times of contact.

A trace is one flat array with a sample of all ROW channels every millisecond from contact on: sample s of lane l of a
channel is ``trace[channel + s * ROW * lanes + l]``, ``channel`` being the index of its first number.  In every function

    u, v, a     channels: displacement [m], velocity [m/s], deceleration [m/s^2] (a = -dv/dt)
    samples     valid samples of the block: 0 .. samples - 1, two or more
    last        last sample of each lane's own motion, 1 <= last < samples; the velocity is constant from there on

A sum over a block ends at the block's own ``samples``, yet no result depends on it: what lies after ``last`` is either
constant or continued in closed form.  Between samples a quantity is the cubic with the values and slopes of both
(Hermite), which leaves an error of the fourth order where the force is smooth.  ``s`` is time within that interval, 0
to 1, and slopes are per interval.
"""
# mypy: allow-untyped-calls

from __future__ import annotations

import math

from crashsim.kernels.lanes import any_true, count, gather, load, maximum, minimum, select, sqrt, traced
from crashsim.kernels.rows import Floats
from crashsim.kernels.subroutine import subroutine

SAMPLE = 1e-3  # s
ROW = 12  # channels: six of each vehicle
NEVER = 1e9  # a sample that no trace has
ROOT_STEPS = 2  # from the secant on; each doubles the digits
WHOLE = 1.5 * 2.0**52  # floats of this size have no fraction

Cubic = tuple[float, float, float, float]  # value and slope at the start, value and slope at the end of an interval


@traced
def sample(trace: Floats, channel: int, s: int, like: float) -> float:
    """Sample ``s`` of a channel, in the form of ``like``."""
    return load(trace, channel + s * (ROW * count(like)), like)


@traced
def reading(trace: Floats, channel: int, s: float) -> float:
    """The sample of a channel that each lane asks for."""
    return gather(trace, channel, s * ROW)


@traced
def step(array: Floats, start: int, n: int, like: float) -> float:
    """Value ``n`` after ``start`` of an array with one value a step."""
    return load(array, start + n * count(like), like)


@traced
def quotient(a: float, b: float, otherwise: float) -> float:
    """``a/b`` where ``b`` is above 0, else ``otherwise``."""
    return select(b > 0.0, a / select(b > 0.0, b, 1.0), otherwise)


@traced
def interval_of(t: float, last: float) -> float:
    """Interval (its first sample) that holds the time ``t``, in samples, moved into 0 .. last."""
    t = maximum(minimum(t, last - 0.5) - 0.5, 0.0)
    return (t + WHOLE) - WHOLE


# ---- cubics ----------------------------------------------------------------------------------------------------------


@traced
def value_at(cubic: Cubic, s: float) -> float:
    """Value of a cubic."""
    y0, d0, y1, d1 = cubic
    rise = y1 - y0
    return y0 + s * (d0 + s * ((3.0 * rise - 2.0 * d0 - d1) + s * (d0 + d1 - 2.0 * rise)))


@traced
def slope_at(cubic: Cubic, s: float) -> float:
    """Slope of a cubic."""
    y0, d0, y1, d1 = cubic
    rise = y1 - y0
    return d0 + s * (2.0 * (3.0 * rise - 2.0 * d0 - d1) + s * (3.0 * (d0 + d1 - 2.0 * rise)))


@traced
def bend_at(cubic: Cubic, s: float) -> float:
    """Second derivative of a cubic."""
    y0, d0, y1, d1 = cubic
    rise = y1 - y0
    return 2.0 * (3.0 * rise - 2.0 * d0 - d1) + s * (6.0 * (d0 + d1 - 2.0 * rise))


@traced
def rising_root(cubic: Cubic) -> float:
    """Where a cubic that is below 0 at the start and not at the end passes 0; some number in 0 .. 1 for any other."""
    y0, _, y1, _ = cubic
    rise = y1 - y0
    s = minimum(maximum(quotient(-y0, rise, 0.0), 0.0), 1.0)
    for _ in range(ROOT_STEPS):  # Newton; the least slope keeps a turning point near the root from throwing it out
        slope = maximum(slope_at(cubic, s), 0.2 * rise)
        s = minimum(maximum(s - quotient(value_at(cubic, s), slope, 0.0), 0.0), 1.0)
    return s


@traced
def peak_of(cubic: Cubic, least: float) -> float:
    """Value of a cubic at its maximum, or at the nearer end of ``least`` .. 1 if that lies outside."""
    y0, d0, y1, d1 = cubic
    rise = y1 - y0
    b = 2.0 * (3.0 * rise - 2.0 * d0 - d1)  # slope = d0 + b s + c s^2
    c = 3.0 * (d0 + d1 - 2.0 * rise)
    s = quotient(2.0 * d0, sqrt(maximum(b * b - 4.0 * c * d0, 0.0)) - b, least)
    return value_at(cubic, minimum(maximum(s, least), 1.0))


# ---- intervals of a trace --------------------------------------------------------------------------------------------


@traced
def velocity(trace: Floats, v: int, a: int, i: float) -> Cubic:
    """Velocity in interval ``i``, within the motion: 0 <= i < last."""
    v0, v1 = reading(trace, v, i), reading(trace, v, i + 1.0)
    return v0, -SAMPLE * reading(trace, a, i), v1, -SAMPLE * reading(trace, a, i + 1.0)


@traced
def velocity_anywhere(trace: Floats, v: int, a: int, i: float, last: float) -> Cubic:
    """Velocity in interval ``i`` before, within or after the motion: constant before sample 0 and after ``last``."""
    inside = (i >= 0.0) & (i < last)
    v0, d0, v1, d1 = velocity(trace, v, a, maximum(minimum(i, last - 1.0), 0.0))
    outside = select(i < 0.0, v0, v1)
    return select(inside, v0, outside), select(inside, d0, 0.0), select(inside, v1, outside), select(inside, d1, 0.0)


# ---- times of contact ------------------------------------------------------------------------------------------------


@subroutine
def contact_times(
    trace: Floats,
    first: tuple[int, int, int],
    second: tuple[int, int, int],
    samples: int,
    last: float,
    residual_crush: float,
    free: float,
) -> tuple[float, float]:
    """Time of the common velocity, and of the end of contact [s].

    With the mutual crush d = u_first + u_second: the first time at which d' = 0, and the first after it at which d is
    down to the ``residual_crush`` [m] that remains; where ``free`` > 0 the two let go at that crush, on its way up.  The times go on after the record; infinite if never.

    ``first``, ``second``: the channels (u, v, a) of both compartments.
    """
    none = 0.0 * last
    common, apart = none + NEVER, none + NEVER
    for s in range(1, samples):
        closing = sample(trace, first[1], s, last) + sample(trace, second[1], s, last)
        crush = sample(trace, first[0], s, last) + sample(trace, second[0], s, last)
        common = minimum(common, select(closing <= 0.0, 1.0 * s, NEVER))
        fallen = select((crush <= residual_crush) & (common < s), 1.0 * s, NEVER)
        apart = minimum(apart, select(free > 0.0, select(crush >= residual_crush, 1.0 * s, NEVER), fallen))
        if not any_true(apart == NEVER):
            break
    end = minimum(apart - 1.0, last)
    return (
        _common_velocity_time(trace, first, second, last, common),
        _separation_time(trace, first, second, last, end, residual_crush, select(free > 0.0, -1.0, 1.0)),
    )


@traced
def _closing(trace: Floats, first: tuple[int, int, int], second: tuple[int, int, int], i: float) -> Cubic:
    """Closing velocity in interval ``i``."""
    a0, b0, a1, b1 = velocity(trace, first[1], first[2], i)
    c0, d0, c1, d1 = velocity(trace, second[1], second[2], i)
    return a0 + c0, b0 + d0, a1 + c1, b1 + d1


@traced
def _common_velocity_time(
    trace: Floats, first: tuple[int, int, int], second: tuple[int, int, int], last: float, end: float
) -> float:
    i = maximum(minimum(end, last) - 1.0, 0.0)
    v0, d0, v1, d1 = _closing(trace, first, second, i)
    return select(end <= last, (i + rising_root((-v0, -d0, -v1, -d1))) * SAMPLE, math.inf)


@traced
def _separation_time(
    trace: Floats,
    first: tuple[int, int, int],
    second: tuple[int, int, int],
    last: float,
    start: float,
    residual_crush: float,
    sign: float,
) -> float:
    """``start``: the last sample with a crush above the residual one; below it, with a ``sign`` of -1."""
    i = maximum(minimum(start, last - 1.0), 0.0)
    v0, _, v1, _ = _closing(trace, first, second, i)
    v0, v1 = v0 * sign, v1 * sign
    y0 = sign * (residual_crush - (reading(trace, first[0], i) + reading(trace, second[0], i)))
    y1 = sign * (residual_crush - (reading(trace, first[0], i + 1.0) + reading(trace, second[0], i + 1.0)))
    within = (i + rising_root((y0, -v0 * SAMPLE, y1, -v1 * SAMPLE))) * SAMPLE
    after = last * SAMPLE + quotient(-y1, -v1, math.inf)
    return select(start < last, within, after)
