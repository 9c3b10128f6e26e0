"""Blocks of WIDTH crashes from columns to metrics.

Case i reads the columns ``values[start[k] + step[k] i]`` (``lanes.pack``) and fills row i of the results, whatever block,
lane or thread it runs in.  Only cases that are stepped alike share a block.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from crashsim.kernels.cache import compiled
from crashsim.kernels.columns import N_METRICS
from crashsim.kernels.crash import A_C, A_H, CHANNELS, FREE, LAST, N_KEPT, SAMPLES, U_C, V_C, V_H, V_O, integrate
from crashsim.kernels.finish import (
    ASI,
    CHEST_3MS,
    COMPARTMENT_DELTA_V,
    DELTA_V,
    HIC15,
    HIC36,
    MEAN_ACCELERATION,
    N_CASE_METRICS,
    N_VEHICLE_METRICS,
    OIV,
    OLC,
    ORA,
    PULSE_DURATION,
    RIDE_DOWN,
    TIME_COMMON,
    VPI,
    case_metrics,
    reached,
)  # fmt: skip
from crashsim.kernels.lanes import any_true, count, load, select, store
from crashsim.kernels.rails import KINK
from crashsim.kernels.setup import (
    KINKS,
    N_CASE,
    N_FOUND,
    N_VEHICLE,
    OWN_A,
    OWN_B,
    START,
    USED,
    gather_cases,
    paths,
    put_case,
    put_kinks,
    two_masses,
)  # fmt: skip
from crashsim.kernels.subroutine import subroutine
from crashsim.kernels.trace import contact_times
from crashsim.kernels.trace_occupant import clip, hic, ride_down
from crashsim.kernels.trace_vehicle import asi, flail, largest_change, olc, vpi

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WIDTH = 8  # crashes in a block
MOST = 64  # steps per ms


class Work(NamedTuple):
    """Scratch of one thread, each array on a cache line of its own; in all but ``curves`` lanes stand side by side."""

    raw: Floats
    found: Floats
    constants: Floats
    trace: Floats
    chest_a: Floats
    chest_b: Floats
    head_a: Floats
    head_b: Floats
    kept: Floats
    line: Floats
    metrics: Floats
    curves: Floats  # (lanes, kinks, KINK)


@subroutine
def aligned(size: int) -> Floats:
    """Zeros that begin on a cache line."""
    room = np.zeros(size + 8)
    skip = (-(room.ctypes.data // 8)) % 8
    return room[skip : skip + size]


@subroutine
def workspace(points: int, per_ms: int, lanes: int) -> Work:
    """Scratch for blocks of ``lanes`` cases with up to ``per_ms`` steps per millisecond."""
    kinks = 2 * points + 1
    steps = (SAMPLES - 1) * per_ms + 1
    return Work(
        aligned(width_of(points) * lanes), aligned(N_FOUND * lanes), aligned((KINKS + 2 * kinks) * lanes),
        aligned(2 * CHANNELS * SAMPLES * lanes), aligned(steps * lanes), aligned(steps * lanes),
        aligned(2 * steps * lanes), aligned(2 * steps * lanes), aligned(N_KEPT * lanes),
        aligned((SAMPLES + 2 * MOST) * lanes), aligned(N_METRICS * lanes), np.zeros((lanes, kinks, KINK)),
    )  # fmt: skip


@subroutine
def width_of(points: int) -> int:
    """Number of columns."""
    return N_CASE + 2 * (N_VEHICLE + 2 * points)


@compiled
def stiff_compliance(
    first: int, last: int, cases: Ints, values: Floats, start: Ints, step: Ints, points: int, out: Floats
) -> None:
    """Compliance [m/N] of both fronts on the stiff branch, of the ``cases`` that ask for a restitution."""
    work = workspace(points, 1, 1)
    like = load(work.constants, 0, 1)
    for i in range(first, last):
        gather_cases(values, start, step, cases[i : i + 1], work.raw)
        two_masses(work.raw, points, 0, 1, work.curves[0], work.found)
        a, b = paths(work.raw, N_CASE + N_VEHICLE + 2 * points, work.found, like)
        out[i] = a.stiff + b.stiff


@subroutine
def freeze(trace: Floats, last: float, samples: int) -> None:
    """After the ``last`` sample of each lane let the velocities be constant."""
    n = count(last)
    ends = samples - 1
    while ends > 0 and any_true(last < ends):
        ends -= 1
    for channel in (V_C, V_O, V_H, A_C, A_H, U_C):  # displacements after velocities
        for first in (0, CHANNELS):
            hold(trace, (first + channel) * n, channel, ends, samples, last)


@subroutine
def hold(trace: Floats, at: int, channel: int, ends: int, samples: int, last: float) -> None:
    """One channel of ``freeze``; all lanes go on until the sample ``ends``."""
    n = count(last)
    row = 2 * CHANNELS * n
    value = load(trace, at + ends * row, last)
    for s in range(ends + 1, samples):
        if channel == U_C:
            value = value + 1e-3 * load(trace, at + (s - 1) * row + V_C * n, last)
        elif channel in (A_C, A_H):
            value = 0.0 * value
        value = select(last >= s, load(trace, at + s * row, last), value)
        store(trace, at + s * row, value)


@subroutine
def vehicle_trace_metrics(
    metrics: Floats, to: int, trace: Floats, channel: int, chest: Floats, head: Floats, per_ms: int, samples: int, speed: float,
    last: float, end: float, work: Floats,
) -> None:  # fmt: skip
    """Metrics of one vehicle and its occupant that need the history; ``to``: its first metric, ``speed``: at contact,
    ``end``: of the pulse.
    """
    n = count(last)
    u, v, a = (channel + U_C) * n, (channel + V_C) * n, (channel + A_C) * n
    v_o, v_h, a_h = (channel + V_O) * n, (channel + V_H) * n, (channel + A_H) * n
    oiv, ora, _ = flail(trace, u, v, a, samples, last, speed)
    hic15, hic36 = hic(trace, v_h, a_h, head, per_ms, samples, last, work)
    store(metrics, (to + COMPARTMENT_DELTA_V) * n, largest_change(trace, v, a, samples, last, speed, end))
    store(metrics, (to + OLC) * n, olc(trace, u, v, a, samples, last, speed))
    store(metrics, (to + OIV) * n, oiv)
    store(metrics, (to + ORA) * n, ora)
    store(metrics, (to + ASI) * n, asi(trace, v, a, samples, last))
    store(metrics, (to + VPI) * n, vpi(trace, u, v, samples, last, speed))
    store(metrics, (to + HIC15) * n, hic15)
    store(metrics, (to + HIC36) * n, hic36)
    store(metrics, (to + CHEST_3MS) * n, clip(chest, per_ms, samples, last, work) * (1e6 * per_ms * per_ms))
    store(metrics, (to + RIDE_DOWN) * n, ride_down(trace, v, a, v_o, chest, per_ms, samples, last, speed))


@subroutine
def trace_metrics(work: Work, per_ms: int, samples: int, apart: float) -> None:
    """Metrics that need the history, of a block in lanes; ``apart``: mutual crush at separation."""
    n = count(apart)
    last = load(work.kept, LAST * n, apart)
    first = (U_C * n, V_C * n, A_C * n)
    second = ((CHANNELS + U_C) * n, (CHANNELS + V_C) * n, (CHANNELS + A_C) * n)
    free = load(work.kept, FREE * n, apart)
    common, end = contact_times(work.trace, first, second, samples, last, apart, free)
    store(work.metrics, TIME_COMMON * n, common)
    store(work.metrics, PULSE_DURATION * n, end)
    rate = 1e3 * per_ms
    speed_a = load(work.constants, (OWN_A + START) * n, apart) * rate
    speed_b = load(work.constants, (OWN_B + START) * n, apart) * rate
    to_a, to_b = N_CASE_METRICS, N_CASE_METRICS + N_VEHICLE_METRICS
    vehicle_trace_metrics(
        work.metrics, to_a, work.trace, 0, work.chest_a, work.head_a, per_ms, samples, speed_a, last, end, work.line
    )
    vehicle_trace_metrics(
        work.metrics,
        to_b,
        work.trace,
        CHANNELS,
        work.chest_b,
        work.head_b,
        per_ms,
        samples,
        speed_b,
        last,
        end,
        work.line,
    )


@subroutine
def run_block(
    cases: Ints, per_ms: int, values: Floats, start: Ints, step: Ints, points: int, out: Floats, work: Work, like: float
) -> None:
    """One block: set up, integrate, reduce the traces, finish."""
    n = count(like)
    base = N_CASE + N_VEHICLE + 2 * points
    gather_cases(values, start, step, cases, work.raw)
    most = 0
    for lane in range(n):
        curve = work.curves[lane]
        kinks = two_masses(work.raw, points, lane, n, curve, work.found)
        put_kinks(work.constants, lane, n, curve, kinks, curve.shape[0])
        most = max(most, kinks)
    put_case(work.constants, work.raw, base, work.found, 1e-3 / per_ms, like)
    samples = integrate(
        work.constants, most, per_ms, work.trace, work.chest_a, work.chest_b, work.head_a, work.head_b, work.kept, like
    )
    freeze(work.trace, load(work.kept, LAST * n, like), samples)
    for lane in range(n):
        kinks = int(work.found[USED * n + lane])
        reached(work.raw, points, lane, n, work.kept, work.curves[lane], kinks, work.found)
    apart = case_metrics(work.metrics, work.raw, base, work.found, work.kept, 1e3 * per_ms, like)
    trace_metrics(work, per_ms, samples, apart)
    for lane in range(n):
        one = out[cases[lane]]
        for k in range(N_METRICS):
            one[k] = work.metrics[k * n + lane]
        for to in (N_CASE_METRICS, N_CASE_METRICS + N_VEHICLE_METRICS):
            one[to + MEAN_ACCELERATION] = one[to + DELTA_V] / one[PULSE_DURATION]


@compiled
def crash_block(
    first: int, last: int, blocks: Ints, steps: Ints, values: Floats, start: Ints, step: Ints, points: int, out: Floats
) -> None:
    """Solve blocks ``first`` to ``last`` (exclusive) into the rows of ``out``.

    Shapes: blocks (blocks, WIDTH) of case indices, steps (blocks,) per ms, columns as ``lanes.pack`` lays them out,
    ``points`` of the longest loading curve, out (cases, N_METRICS).
    """
    finest = 1
    for block in range(first, last):
        finest = max(finest, steps[block])
    work = workspace(points, finest, WIDTH)
    like = load(work.constants, 0, WIDTH)
    for block in range(first, last):
        run_block(blocks[block], steps[block], values, start, step, points, out, work, like)
