"""Injury criteria and ride-down of an occupant from its trace; ``trace.py`` tells how a trace is read.

The criteria of ``hic.py``, ``injury.py`` and ``severity.py``, which serve stored pulses, on lanes of crashes.
"""
# mypy: allow-untyped-calls

from __future__ import annotations

import math

from crashsim.kernels.lanes import (
    any_true,
    count,
    gather,
    load,
    maximum,
    minimum,
    select,
    sqrt,
    store,
    traced,
)
from crashsim.kernels.rows import Floats
from crashsim.kernels.subroutine import subroutine
from crashsim.kernels.trace import (
    NEVER,
    SAMPLE,
    bend_at,
    interval_of,
    quotient,
    reading,
    rising_root,
    sample,
    slope_at,
    step,
    value_at,
    velocity,
)

GRAVITY = 9.80665  # m/s^2
HIC15, HIC36 = 15.0, 36.0  # longest windows, ms
CLIP_SAMPLES = 3  # ms
LENGTHS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 21, 25, 29, 33, 36)  # windows tried first, ms
SHORT = LENGTHS.index(15)
WEIGHTS = tuple(k**-0.6 for k in LENGTHS)  # HIC^0.4 per velocity lost, up to a factor
LONGEST, TRIED = LENGTHS[-1], len(LENGTHS)
COPY = TRIED  # rows of the work array: losses, then the velocity
COARSE_MOVES = (2.0, 1.0, 0.5)  # longest moves of an end of the window between samples, ms
FINE_MOVES = (0.4, 0.2, 0.1, 0.05)  # and then between steps
SHORTEST = 0.25  # window, ms

Three = tuple[float, float, float]


@subroutine
def hic(
    trace: Floats, v: int, a: int, head: Floats, steps: int, samples: int, last: float, work: Floats
) -> tuple[float, float]:
    """Head injury criteria HIC15 and HIC36 [g^2.5 s] of the head's velocity ``v``; 0 where it is never slowed down.

        HIC = max over t1 < t2 <= t1 + window of  lost^2.5 / (t2 - t1)^1.5,    lost = (v(t1) - v(t2))/g

    The best of the windows of some LENGTHS that begin on samples is moved to the exact maximum between them.
    ``head``: two rows every step: velocity half a step later, deceleration, scaled by the step.  ``work`` takes
    COPY + samples + LONGEST rows.
    """
    _largest_losses(trace, v, samples, last, work)
    best, length = 0.0 * last, 0.0 * last + 1.0
    short = length
    for i in range(TRIED):
        score = WEIGHTS[i] * step(work, 0, i, last)
        length = select(score > best, 1.0 * LENGTHS[i], length)
        best = maximum(score, best)
        if i == SHORT:
            short = length
    first, second = _best_starts(work, short, length, samples)
    hic15, hic36 = _refined(trace, v, a, head, steps, last, ((first, short, HIC15), (second, length, HIC36)))
    scale = 1.0 / (GRAVITY * GRAVITY * math.sqrt(GRAVITY))
    return scale * hic15, scale * maximum(hic36, hic15)


@subroutine
def _largest_losses(trace: Floats, v: int, samples: int, last: float, work: Floats) -> None:
    """Into row i of ``work``: the largest velocity lost in LENGTHS[i]; four share a pass over a copy of the channel."""
    n = count(last)
    for s in range(samples + LONGEST):
        store(work, (COPY + s) * n, sample(trace, v, min(s, samples - 1), last))
    for i in range(0, TRIED, 4):
        k0, k1, k2, k3 = LENGTHS[i], LENGTHS[i + 1], LENGTHS[i + 2], LENGTHS[i + 3]
        w0 = w1 = w2 = w3 = 0.0 * last
        for s in range(COPY, COPY + samples - 1):
            now = step(work, 0, s, last)
            w0 = maximum(now - step(work, 0, s + k0, last), w0)
            w1 = maximum(now - step(work, 0, s + k1, last), w1)
            w2 = maximum(now - step(work, 0, s + k2, last), w2)
            w3 = maximum(now - step(work, 0, s + k3, last), w3)
        store(work, i * n, w0)
        store(work, (i + 1) * n, w1)
        store(work, (i + 2) * n, w2)
        store(work, (i + 3) * n, w3)


@subroutine
def _best_starts(work: Floats, short: float, length: float, samples: int) -> tuple[float, float]:
    """First starts, in samples, of the windows that lose most in ``short`` and in ``length`` ms."""
    n = count(length)
    best = most = start = first = 0.0 * length
    for s in range(samples - 1):
        now = step(work, 0, COPY + s, length)
        lost, more = now - gather(work, (COPY + s) * n, short), now - gather(work, (COPY + s) * n, length)
        first, start = select(lost > best, 1.0 * s, first), select(more > most, 1.0 * s, start)
        best, most = maximum(lost, best), maximum(more, most)
    return first, start


@traced
def _refined(
    trace: Floats, v: int, a: int, head: Floats, steps: int, last: float, windows: tuple[Three, ...]
) -> tuple[float, ...]:
    """Largest lost^2.5/length^1.5 [m, s] near each window (start, length, longest; in samples), by Newton's method on both ends.

    At the maximum the deceleration at both ends is 0.6 of the mean between them or, where the longest window binds, the
    same at both.  Each end moves by its own curvature; a move that makes the window too long is shared out.  Moves get
    shorter, because where a pulse jumps the slope says nothing of how far it is.  Side by side, since each waits for itself.
    """
    ends = [(start, minimum(start + length, last)) for start, length, _ in windows]
    best = [0.0 * last for _ in windows]
    for move in COARSE_MOVES:
        for i, (t1, t2) in enumerate(ends):
            first, second = _on_samples(trace, v, a, t1, last), _on_samples(trace, v, a, t2, last)
            ends[i] = _newton_step(first, second, t1, t2, last, windows[i][2], move)[1:]
    for move in FINE_MOVES:
        for i, (t1, t2) in enumerate(ends):
            first, second = _on_steps(head, steps, t1, last), _on_steps(head, steps, t2, last)
            value, *moved = _newton_step(first, second, t1, t2, last, windows[i][2], move)
            ends[i], best[i] = (moved[0], moved[1]), maximum(best[i], value)
    return tuple(value / (SAMPLE * math.sqrt(SAMPLE)) for value in best)


@traced
def _on_samples(trace: Floats, v: int, a: int, t: float, last: float) -> Three:
    """Velocity at a time in ms, its slope and bend there, by the samples."""
    i = interval_of(t, last)
    cubic = velocity(trace, v, a, i)
    return value_at(cubic, t - i), slope_at(cubic, t - i), bend_at(cubic, t - i)


@traced
def _on_steps(head: Floats, steps: int, t: float, last: float) -> Three:
    """The same, per ms, by the steps."""
    i = interval_of(t * steps, last * steps)
    n = count(last)
    w0, g0 = gather(head, 0, 2.0 * i), gather(head, n, 2.0 * i)
    w1, g1 = gather(head, 0, 2.0 * i + 2.0), gather(head, n, 2.0 * i + 2.0)
    rate = 1.0 * steps
    unit = rate / SAMPLE
    cubic, s = (unit * (w0 + 0.5 * g0), -unit * g0, unit * (w1 + 0.5 * g1), -unit * g1), t * steps - i
    return value_at(cubic, s), rate * slope_at(cubic, s), rate * rate * bend_at(cubic, s)


@traced
def _newton_step(
    first: Three, second: Three, t1: float, t2: float, last: float, window: float, move: float
) -> tuple[float, float, float]:
    """Value of the window t1 .. t2 [m/s, ms], and the next window, whose ends moved by ``move`` at most."""
    lost = maximum(first[0] - second[0], 0.0)
    span = maximum(t2 - t1, SHORTEST)
    mean = lost / span
    least = 0.2 * mean / span + 1e-12
    curvature1, curvature2 = maximum(-first[2], least), maximum(second[2], least)
    move1 = (0.6 * mean + first[1]) / curvature1
    move2 = (-second[1] - 0.6 * mean) / curvature2
    excess = maximum(move2 - move1 - (window - span), 0.0) / (curvature1 + curvature2)
    next1 = maximum(minimum(t1 + _limited(move1 + excess * curvature2, move), last - SHORTEST), 0.0)
    next2 = maximum(t2 + _limited(move2 - excess * curvature1, move), next1 + SHORTEST)
    return lost * mean * sqrt(mean), next1, minimum(minimum(next2, next1 + window), last)


@traced
def _limited(move: float, most: float) -> float:
    return maximum(minimum(move, most), -most)


@subroutine
def clip(chest: Floats, steps: int, samples: int, last: float, work: Floats) -> float:
    """Highest level [unit of ``chest``] kept for 3 ms in one stretch, straight between values; 0 if none is above 0.

    ``chest`` has a value every step from contact on, ``steps`` a millisecond: value n of lane l is
    ``chest[n * lanes + l]``; ``work`` takes ``(steps + 1) * lanes`` numbers.  A window that starts within a millisecond holds
    the next three samples: where the least of them is no improvement in any lane, the millisecond is passed over.
    """
    level = 0.0 * last
    most, at = 0.0 * last, 0.0 * last
    for s in range(samples - CLIP_SAMPLES - 1):
        bound = _clip_bound(chest, s, steps, last)
        better = (bound > most) & (last >= s + CLIP_SAMPLES + 1)
        most, at = select(better, bound, most), select(better, 1.0 * s, at)
    n = count(last)
    store(work, steps * n, at)
    for lane in range(n):  # where a lane may have its highest level, so that little is left to do
        s = int(work[steps * n + lane])
        if lane == 0 or s != int(work[steps * n + lane - 1]):
            best = _clip_from(chest, s * steps * n, steps, level, False, work)
            level = select(last >= s + CLIP_SAMPLES + 1, best, level)
    for between in (False, True):  # the steps first, which are cheap
        for s in range(samples - CLIP_SAMPLES - 1):
            if any_true(_clip_bound(chest, s, steps, last) > level):
                best = _clip_from(chest, s * steps * n, steps, level, between, work)
                level = select(last >= s + CLIP_SAMPLES + 1, best, level)
    return level


@traced
def _clip_bound(chest: Floats, s: int, steps: int, last: float) -> float:
    """The least of the samples that all windows hold which start in the millisecond from sample ``s`` on."""
    first, second = step(chest, 0, (s + 1) * steps, last), step(chest, 0, (s + 2) * steps, last)
    return minimum(minimum(first, second), step(chest, 0, (s + 3) * steps, last))


@subroutine
def _clip_from(chest: Floats, start: int, steps: int, level: float, between: bool, work: Floats) -> float:
    """The level of windows that start in the millisecond from index ``start`` on, at least ``level``."""
    span = CLIP_SAMPLES * steps
    inner = step(chest, start, span, level)
    for n in range(steps, span):  # the values that all windows hold
        inner = minimum(inner, step(chest, start, n, level))
    for n in range(steps - 1, -1, -1):  # and those from the value after step n on
        store(work, n * count(level), inner)
        inner = minimum(inner, step(chest, start, n, level))
    later = math.inf
    left, right = load(chest, start, level), step(chest, start, span, level)
    for n in range(steps):
        held = minimum(step(work, 0, n, level), later)
        next_left = step(chest, start, n + 1, level)
        next_right = step(chest, start, n + 1 + span, level)
        if between:
            bound = minimum(held, minimum(maximum(left, next_left), maximum(right, next_right)))
            if any_true(bound > level):
                level = maximum(level, minimum(held, _highest_of_lowest(left, next_left, right, next_right)))
        else:
            level = maximum(level, minimum(held, minimum(next_left, next_right)))
        later = minimum(later, next_right)
        left, right = next_left, next_right
    return level


@traced
def _highest_of_lowest(left: float, next_left: float, right: float, next_right: float) -> float:
    """Largest value of the lower of two straight lines, within a step: at either end, or where they cross."""
    rate = (next_left - left) - (next_right - right)
    s = (right - left) / select(rate == 0.0, 1.0, rate)
    s = maximum(minimum(s, 1.0), 0.0)
    crossing = minimum(left + s * (next_left - left), right + s * (next_right - right))
    return maximum(crossing, maximum(minimum(left, right), minimum(next_left, next_right)))


@subroutine
def ride_down(
    trace: Floats, v: int, a: int, occupant: int, chest: Floats, steps: int, samples: int, last: float, speed: float
) -> float:
    """Share of the occupant's energy taken by the vehicle's crush, until the ``occupant`` (channel of its v) stops.

        integral of a_o dx_v over speed^2/2 = - integral of v dv_o over speed^2/2

    ``chest``: its deceleration every step, scaled by the square of the step.  0 at no speed.  If the occupant never stops: until ``last``.

    Each millisecond by trapezoids with the correction of the next order from the accelerations.
    """
    work, stop = 0.0 * last, NEVER + 0.0 * last
    unit = 1e6 * steps * steps
    v0, o0 = load(trace, v, last), load(trace, occupant, last)
    a0, b0 = load(trace, a, last), load(chest, 0, last) * unit
    for s in range(1, samples):
        v1, o1 = sample(trace, v, s, last), sample(trace, occupant, s, last)
        a1, b1 = sample(trace, a, s, last), step(chest, 0, s * steps, last) * unit
        stop = minimum(stop, select(o1 <= 0.0, 1.0 * s, NEVER))
        moving = (stop > s) & (last >= s)
        if not any_true(moving):
            break
        bend = (SAMPLE / 12.0) * ((v1 - v0) * (b1 - b0) - (o1 - o0) * (a1 - a0))
        work += select(moving, 0.5 * (v0 + v1) * (o0 - o1) + bend, 0.0)
        v0, o0, a0, b0 = v1, o1, a1, b1
    return quotient(work + _last_work(trace, v, a, occupant, chest, steps, stop, last), 0.5 * speed * speed, 0.0)


@traced
def _last_work(
    trace: Floats, v: int, a: int, occupant: int, chest: Floats, steps: int, stop: float, last: float
) -> float:
    """Work on the vehicle in the interval that ends with sample ``stop``, up to the occupant's stop."""
    i = maximum(minimum(stop, last) - 1.0, 0.0)
    o0, o1 = reading(trace, occupant, i), reading(trace, occupant, i + 1.0)
    unit = 1e6 * steps * steps
    b0, b1 = gather(chest, 0, i * steps) * unit, gather(chest, 0, (i + 1.0) * steps) * unit
    pulse = velocity(trace, v, a, i)
    at_stop = value_at(pulse, rising_root((-o0, b0 * SAMPLE, -o1, b1 * SAMPLE)))
    return select(stop <= last, 0.5 * (pulse[0] + at_stop) * o0, 0.0)
