"""Crashes per second: the compiled kernel on one and all threads, the same code without compiling, and a study."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

PLAIN = """
import os, sys, time
os.environ["NUMBA_DISABLE_JIT"] = "1"
from benchmarks.kernel import cases
from crashsim.engine.local import solve
batch = cases(int(sys.argv[1]))
solve(batch)
start = time.perf_counter()
solve(batch)
print((time.perf_counter() - start) / int(sys.argv[1]))
"""


def cases(n: int) -> object:
    """Head-on crashes of kei cars and pickups over speed, mass, plateau and crush space (seeded)."""
    from crashsim.cases import Cases
    from crashsim.structure import plateau

    draw = np.random.default_rng(1).uniform(0.8, 1.2, (8, n))
    kei = plateau(1.2e6 * draw[0], 270e3 * draw[1], 0.48 * draw[2], 3e6, 27e6)
    pickup = plateau(1.6e6 * draw[3], 430e3 * draw[4], 0.75 * draw[5], 6e6, 65e6, plateau_slope=0.9e6)
    mass = np.stack([816.0 * draw[6], 2495.0 * draw[7]], axis=-1)
    closing = np.random.default_rng(2).uniform(5.0, 50.0, n)
    speed = np.stack([closing, np.zeros(n)], axis=-1)
    return Cases(mass, speed, closing, (kei, pickup), np.full(n, 0.1), {})


def rows(*, short: bool) -> dict[str, tuple[Callable[[], float], str, str]]:
    """What to time: label -> (measure returning seconds per crash, unit, reference row)."""
    from crashsim.api import run
    from crashsim.engine.local import kernel_arguments, solve
    from crashsim.kernels.crash import N_METRICS, crash_block

    n = 2_000 if short else 100_000
    batch = cases(n)
    arguments = kernel_arguments(batch)
    out = np.empty((n, N_METRICS))
    threads = os.cpu_count() or 1
    crash_block(0, 10, *arguments, out)

    def timed(work: Callable[[], object], count: int) -> Callable[[], float]:
        def measure() -> float:
            start = time.perf_counter()
            work()
            return (time.perf_counter() - start) / count

        return measure

    def plain() -> float:
        few = "20" if short else "200"
        done = subprocess.run([sys.executable, "-c", PLAIN, few], capture_output=True, text=True, check=True)
        return float(done.stdout)

    study_cases = len(run("highway")) // 2
    one = "kernel, 1 thread"
    return {
        one: (timed(lambda: crash_block(0, n, *arguments, out), n), "crash", ""),
        "columns and kernel, 1 thread": (timed(lambda: solve(batch, 1), n), "crash", one),
        f"columns and kernel, {threads} threads": (timed(lambda: solve(batch, threads), n), "crash", one),
        "same formulas, not compiled": (plain, "crash", one),
        "study highway with risk, no files": (timed(lambda: run("highway"), study_cases), "crash", one),
    }
