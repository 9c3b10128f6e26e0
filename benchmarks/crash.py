"""Whole crashes: lanes against scalars, against solve_ivp, against pycrash, against the FMA peak, two threads against one."""

from __future__ import annotations

from benchmarks import batch, cases, machine, peers, reference
from benchmarks.batch import DEFAULT, FINE, LANES, SCALAR
from benchmarks.table import Group, Measure, Row

ONE, TWO = "default step, 1 thread", "default step, 2 threads"
FINE_ONE, FINE_PEAKS, FINE_TWO = "0.1 ms, 1 thread", "0.1 ms, peaks only, 1 thread", "0.1 ms, 2 threads"
SCALAR_TWO, AT_PEAK, SOLVE_IVP, PYCRASH = "scalar, 0.1 ms, 2 threads", "flops at FMA peak", "solve_ivp", "pycrash"
ROWS = (
    Row("whole crashes, all metrics, 2 threads", "solve_ivp RK45 rtol 1e-6, motion only", SOLVE_IVP, TWO, "x", ">= 10,000", "26,000"),
    Row("whole crashes, all metrics, 2 threads", "-", "", TWO, "crashes/s", ">= 500,000", "1,170,000"),
    Row("0.1 ms steps, lanes, 2 threads", "same formulas, scalar numba", SCALAR_TWO, FINE_TWO, "x", ">= 15", "17"),
    Row("share of FMA peak, peaks only", "FMA peak, 1 thread", AT_PEAK, FINE_PEAKS, "", ">= 0.50", "0.71"),
    Row("share of FMA peak, all metrics", "FMA peak, 1 thread", AT_PEAK, FINE_ONE, "", ">= 0.45", "0.57"),
    Row("whole crash, 0.1 ms steps, 2 threads", "pycrash 0.0.18, 2 masses, 1 spring", PYCRASH, FINE_TWO, "x", ">= 100,000", "200,000"),
    Row("whole crashes, 2 threads", "1 thread", ONE, TWO, "x", ">= 1.8", "1.88 - 1.96"),
)  # fmt: skip


def measurements(*, short: bool) -> Group:
    """Seconds per crash."""
    n, few = (2_000, 1) if short else (40_000, 3)

    def per_crash(threads: int, width: int, steps_per_ms: int, *, peaks_only: bool = False) -> Measure:
        some = n // 10 if width == SCALAR else n
        return lambda: batch.run(some, threads, width, steps_per_ms, peaks_only=peaks_only) / some

    flops = batch.flops_per_step() * batch.mean_steps(n, FINE)
    turns = 200_000 if short else 10_000_000
    crashes = cases.draw(few)
    measures: dict[str, Measure] = {
        AT_PEAK: lambda: flops / machine.peak(1, turns),
        ONE: per_crash(1, LANES, DEFAULT),
        TWO: per_crash(2, LANES, DEFAULT),
        FINE_ONE: per_crash(1, LANES, FINE),
        FINE_PEAKS: per_crash(1, LANES, FINE, peaks_only=True),
        FINE_TWO: per_crash(2, LANES, FINE),
        SCALAR_TWO: per_crash(2, SCALAR, FINE),
        SOLVE_IVP: lambda: reference.seconds(crashes, few),
    }
    for measure in measures.values():
        measure()  # compile, warm up
    if peers.python() is None:
        return Group({**measures, PYCRASH: lambda: peers.STORED[PYCRASH]}, {PYCRASH: peers.NOTE})
    peer = peers.Peer(PYCRASH)
    peer.ask(1)
    return Group({**measures, PYCRASH: lambda: peer.ask(1 if short else 5)[0]})
