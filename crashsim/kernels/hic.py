"""Head injury criterion: an exact search over all windows of a pulse that tries few of them.

With the velocity V of the pulse in g s (trapezoid sums) and G_k the largest gain V[i+k] - V[i] of a window of k steps,

    HIC^0.4 = max over k of  G_k / (k dt)^0.6

The starts are cut into blocks.  In a block one length costs one pass of subtract-and-compare, and most lengths need
none: for lengths a < k < c, and with ``rise`` and ``fall`` the largest gain and loss of a single step of the pulse,

    G_k <= min(G_a + rise (k - a),  G_c + fall (c - k))

Each of the two bounds over k^0.6 is largest at an end of its range (its 2.5th power is convex), so the best length that
may hide between a and c lies where they cross.  Lengths are halved there until no bound beats the best window found.
The block with the largest gain goes first, and most others fall at the first bound.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crashsim.kernels.cache import compiled
from crashsim.kernels.rows import Floats, as_pulses, per_pulse

GRAVITY = 9.80665  # m/s^2
HIC15, HIC36 = 0.015, 0.036  # s: the two windows in use
BLOCK = 256  # starts
SLACK = 1.0 + 4e-14  # a bound must beat the best by more than rounding
DEPTH = 64  # intervals in waiting: each split leaves at most 3/4, so enough for 10^7 lengths


class Hic(NamedTuple):
    """Head injury criterion [g^2.5 s], and the start and end of its window [s] from the first sample."""

    value: Floats
    start: Floats
    end: Floats


def hic(acceleration: ArrayLike, dt: float, window: float = HIC15, *, threads: int | None = None) -> Hic:
    """Head injury criterion, exact on the sample grid.

    HIC = max over t1 < t2 <= t1 + window of (t2 - t1) [1/(t2 - t1) integral of a dt]^2.5, with a in g, t1 and t2 on
    samples and the integral by trapezoids: the same number as trying every pair of samples.

    Parameters
    ----------
    acceleration : (..., samples)
        Resultant acceleration of the head's centre of gravity [m/s^2], CFC 1000.
    dt : float
        Time step [s].
    window : float
        Longest window [s], ``HIC15`` or ``HIC36``; rounded down to whole steps, cut to the record.
    threads : int, optional
        All cores by default; the numbers do not depend on it.

    Returns
    -------
    Hic
        Values and windows, of shape (...).  Windows of negative mean do not count (a single axis); where there is no
        other the value is 0.  NaN for a pulse with a sample that is not finite.

    Raises
    ------
    ValueError
        Window shorter than a step, a step not above 0, or under two samples.

    Notes
    -----
    Limit of HIC15: 700 for the 50th percentile male and the 5th percentile female (49 CFR 571.208 S6, tag M).
    Source: formula as coded in pyisomme and 49 CFR 571.208, tag S.
    """
    pulses = as_pulses(acceleration, dt)
    if not window >= dt * (1.0 - 1e-9):
        raise ValueError(f"expected a window of at least one time step ({dt} s), got {window} s")
    return Hic(*per_pulse(_hic_rows, 3, pulses, dt, math.floor(window / dt + 1e-9), threads=threads))


@compiled
def _hic_rows(first: int, last: int, pulses: Floats, dt: float, steps: int, out: Floats) -> None:
    """Value, start and end of the pulses ``first`` to ``last``; ``steps`` is the longest window."""
    n = pulses.shape[1]
    w = min(steps, n - 1)
    weight = np.ones(w + 1)
    for k in range(1, w + 1):  # loops, here and below: array expressions take seconds to compile
        weight[k] = (k * dt) ** -0.6
    velocity = np.empty(n + w)
    gain, todo = np.empty(w + 1), np.empty((DEPTH, 2), np.int64)
    longest = np.empty((n + BLOCK - 1) // BLOCK)
    for row in range(first, last):
        _integrate(pulses[row], 0.5 * dt / GRAVITY, velocity)
        if not math.isfinite(velocity[n - 1]):
            out[row, 0] = out[row, 1] = out[row, 2] = math.nan
            continue
        ratio, k, start = _best_window(velocity, n, weight, gain, todo, longest)
        out[row, 0] = ratio * ratio * math.sqrt(ratio)
        out[row, 1] = start * dt
        out[row, 2] = min(start + k, n - 1) * dt


@compiled
def _integrate(a: Floats, half_step: float, v: Floats) -> None:
    """Trapezoid sums of ``a`` into ``v``, which goes on at its last value: every start has windows of every length."""
    v[0] = total = 0.0
    for i in range(1, a.size):
        total += half_step * (a[i - 1] + a[i])
        v[i] = total
    for i in range(a.size, v.size):
        v[i] = total


@compiled
def _largest_gain(start: Floats, end: Floats) -> float:
    """Largest ``end - start``, or 0 where none is above.

    The bits of a positive float, read as an integer, order like the float, and those of a negative one read below
    zero: a maximum of integers runs on vector lanes, one of floats only with a licence to ignore NaN and signed zeros.
    """
    bits = np.int64(0)
    for i in range(start.size):
        bits = max(bits, np.float64(end[i] - start[i]).view(np.int64))
    return np.int64(bits).view(np.float64)


@compiled
def _best_window(
    v: Floats, n: int, weight: Floats, gain: Floats, todo: NDArray[np.int64], longest: Floats
) -> tuple[float, int, int]:
    """Largest gain/length^0.6 of ``v``, its length and start in steps; ``gain``, ``todo``, ``longest``: scratch."""
    w = weight.size - 1
    rise, fall = _largest_gain(v[: n - 1], v[1:n]), _largest_gain(v[1:n], v[: n - 1])
    lead = 0
    for b in range(longest.size):
        i, j = b * BLOCK, min((b + 1) * BLOCK, n)
        longest[b] = _largest_gain(v[i:j], v[i + w : j + w])
        lead = b if longest[b] > longest[lead] else lead
    best, best_k, start = rise * weight[1], 1, 0
    for turn in range(longest.size):
        b = lead if turn == 0 else 0 if turn == lead else turn  # the lead first, block 0 in its place
        gain[1], gain[w] = rise, longest[b]
        ratio, k = _search(v, b * BLOCK, min((b + 1) * BLOCK, n), rise, fall, weight, gain, todo, best)
        if ratio > best:
            best, best_k, start = ratio, k, b * BLOCK
    while (v[start + best_k] - v[start]) * weight[best_k] < best:
        start += 1
    return best, best_k, start


@compiled
def _search(
    v: Floats,
    i: int,
    j: int,
    rise: float,
    fall: float,
    weight: Floats,
    gain: Floats,
    todo: NDArray[np.int64],
    best: float,
) -> tuple[float, int]:
    """The same for starts ``i`` to ``j``, given ``gain`` of lengths 1 and w; length 0 if ``best`` stands."""
    w, best_k = weight.size - 1, 0
    if gain[w] * weight[w] > best:
        best, best_k = gain[w] * weight[w], w
    todo[0, 0], todo[0, 1] = 1, w
    top = 1
    while top > 0:
        top -= 1
        a, c = todo[top, 0], todo[top, 1]
        cross = _hiding_place(a, c, gain[a], gain[c], rise, fall, weight, best)
        if cross == 0:
            continue
        k = min(max((cross + (a + c) // 2) // 2, a + 1), c - 1)  # between the crossing and the middle
        gain[k] = _largest_gain(v[i:j], v[i + k : j + k])
        if gain[k] * weight[k] > best:
            best, best_k = gain[k] * weight[k], k
        todo[top, 1] = todo[top + 1, 0] = k
        todo[top + 1, 1] = c
        top += 2
    return best, best_k


@compiled
def _hiding_place(
    a: int, c: int, gain_a: float, gain_c: float, rise: float, fall: float, weight: Floats, best: float
) -> int:
    """Length near the crossing of the two bounds, or 0 if no length between ``a`` and ``c`` can beat ``best``."""
    if c - a < 2 or rise <= 0.0:
        return 0
    cross = (gain_c - gain_a + fall * c + rise * a) / (rise + fall)
    below = min(max(int(cross), a), c - 1)
    bound = 0.0
    if below > a:
        bound = (gain_a + rise * (below - a)) * weight[below]
    if below + 1 < c:
        bound = max(bound, (gain_c + fall * (c - below - 1)) * weight[below + 1])
    return below if bound > best * SLACK else 0
