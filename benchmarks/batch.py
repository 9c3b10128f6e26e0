"""The crash kernel as the benchmarks see it: one function that runs a batch, and what a batch costs in flops.

Everything that knows the kernel's own calls is here.
"""

from __future__ import annotations

import functools
from time import perf_counter
from typing import Any

import numpy as np
from numba import njit

from benchmarks import cases, flops
from crashsim.kernels import batch, block, columns, crash
from crashsim.kernels.lanes import Columns, load
from crashsim.kernels.rows import map_rows
from crashsim.kernels.setup import N_CASE, N_VEHICLE, gather_cases, put_case, put_kinks, two_masses

LANES, SCALAR = 8, 1  # widths
DEFAULT = 0  # steps per ms: what the kernel chooses for each case
FINE = 10  # steps per ms: 1,500 in 150 ms
POINTS = 2  # of the loading curves of benchmarks.cases


@functools.cache
def drawn(n: int) -> Columns:
    """The columns of ``benchmarks.cases.draw(n)``."""
    crashes = cases.draw(n)
    parameters: list[Any] = [crashes.closing_speed, np.nan, np.inf]
    for vehicle in crashes.vehicles:
        parameters += [vehicle[name] for name in columns.VEHICLE]
        parameters += [*vehicle["crush"], *vehicle["force"]]
    return batch.laid_out(parameters)


@njit(nogil=True, error_model="numpy")
def _scalar(first: int, last: int, steps: Any, values: Any, start: Any, step: Any, out: Any) -> None:
    """The same formulas, one crash after the other in plain scalar numba."""
    work = block.workspace(POINTS, 10, 1)
    like = load(work.constants, 0, 1)
    case = np.empty(1, np.int64)
    for i in range(first, last):
        case[0] = i
        block.run_block(case, steps[i], values, start, step, POINTS, out, work, like)


@njit(nogil=True, error_model="numpy")
def _peaks(first: int, last: int, blocks: Any, steps: Any, values: Any, start: Any, step: Any) -> None:
    """Blocks without the metrics that need a trace."""
    work = block.workspace(POINTS, 10, LANES)
    like = load(work.constants, 0, LANES)
    base = N_CASE + N_VEHICLE + 2 * POINTS
    for b in range(first, last):
        gather_cases(values, start, step, blocks[b], work.raw)
        for lane in range(LANES):
            curve = work.curves[lane]
            kinks = two_masses(work.raw, POINTS, lane, LANES, curve, work.found)
            put_kinks(work.constants, lane, LANES, curve, kinks, curve.shape[0])
        put_case(work.constants, work.raw, base, work.found, 1e-3 / steps[b], like)
        crash.integrate(
            work.constants,
            curve.shape[0],
            steps[b],
            work.trace,
            work.chest_a,
            work.chest_b,
            work.head_a,
            work.head_b,
            work.kept,
            like,
        )


def run(n: int, threads: int, width: int, steps_per_ms: int, *, peaks_only: bool = False) -> float:
    """Seconds for ``n`` crashes of ``benchmarks.cases.draw(n)``; making the columns and compiling is not timed.

    ``width``: LANES for ``crash_block``, SCALAR for the same formulas in plain scalar numba.  ``peaks_only``: without the
    metrics that need a trace.
    """
    read = drawn(n)
    steps = np.full(n, steps_per_ms, dtype=np.int64)
    if width == SCALAR:
        out = np.empty((n, columns.N_METRICS))
        begin = perf_counter()
        map_rows(_scalar, n, steps, *read, out, threads=threads)
    elif peaks_only:
        blocks, of_block = batch.in_blocks(steps, read.values[:n])
        begin = perf_counter()
        map_rows(_peaks, len(blocks), blocks, of_block, *read, threads=threads)
    else:
        begin = perf_counter()
        batch.solve(read, POINTS, n, threads, steps_per_ms or None)
    return perf_counter() - begin


def mean_steps(n: int, steps_per_ms: int) -> float:
    """Steps that a crash of ``benchmarks.cases.draw(n)`` takes on average."""
    few = min(n, 400)
    return float(np.mean(_samples(few, steps_per_ms) - 1)) * steps_per_ms


def _samples(n: int, per_ms: int) -> Any:
    """Samples of the traces of the first ``n`` crashes."""
    read, found = drawn(n), np.empty(n)
    blocks, _ = batch.in_blocks(np.full(n, per_ms), read.values[:n])
    _lengths(blocks, per_ms, *read, found)
    return found


@njit(error_model="numpy")
def _lengths(blocks: Any, per_ms: int, values: Any, start: Any, step: Any, found: Any) -> None:
    work = block.workspace(POINTS, per_ms, LANES)
    like = load(work.constants, 0, LANES)
    out = np.empty((found.size, columns.N_METRICS))
    for b in range(len(blocks)):
        block.run_block(blocks[b], per_ms, values, start, step, POINTS, out, work, like)
        for lane in range(LANES):
            found[blocks[b, lane]] = work.kept[crash.LAST * LANES + lane] + 1.0


def flops_per_step() -> float:
    """Flops of one step: one crash in plain Python over its steps."""
    read = drawn(1)
    work = block.workspace(POINTS, 1, 1)
    base = N_CASE + N_VEHICLE + 2 * POINTS
    gather_cases(*read, np.zeros(1, np.int64), work.raw)
    curve = work.curves[0]
    kinks = two_masses(work.raw, POINTS, 0, 1, curve, work.found)
    put_kinks(work.constants, 0, 1, curve, kinks, kinks)
    put_case(work.constants, work.raw, base, work.found, 1e-3, 0.0)
    arguments = (work.constants, kinks, 1, work.trace, work.chest_a, work.chest_b, work.head_a, work.head_b, work.kept)
    done = flops.count(crash.integrate, *arguments, 0.0)
    return done / (int(work.kept[crash.LAST]) or 1)
