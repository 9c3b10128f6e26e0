"""Millions of crashes of which only reductions are kept: does the time stay linear and the memory flat?

``python -m benchmarks.stream N`` runs N crashes in a process of its own and prints seconds and peak memory in MB.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.table import Group, Measure, Row, Unavailable

SIZES = (100_000, 1_000_000, 10_000_000)
ROWS = (
    Row("10^7 crashes, reductions only, per crash", "10^5 crashes", "10^7", "10^5", "x", "0.85 - 1.15", "1.0"),
    Row("10^7 crashes, reductions only, per crash", "10^6 crashes", "10^7", "10^6", "x", "0.85 - 1.15", "1.0"),
    Row("10^7 crashes, reductions only", "-", "seconds", "", "s", "-", "18 - 20"),
    Row("10^7 crashes, peak memory", "-", "memory", "", "MB", "<= 512", "257"),
)


STUDY: dict[str, Any] = {
    "name": "stream",
    "vehicles": {
        "kei": {
            "use": "kei-car",
            "front": {
                "stiffness": {"triangular": {"from": "1.0 MN/m", "mode": "1.2 MN/m", "to": "2.0 MN/m"}, "tag": "J"},
                "plateau": {"triangular": {"from": "200 kN", "mode": "270 kN", "to": "300 kN"}, "tag": "J"},
                "crush_space": {"triangular": {"from": "40 cm", "mode": "48 cm", "to": "55 cm"}, "tag": "J"},
            },
        },
        "pickup": {
            "use": "full-size-pickup",
            "front": {
                "stiffness": {"triangular": {"from": "1.2 MN/m", "mode": "1.6 MN/m", "to": "2.5 MN/m"}, "tag": "J"},
                "plateau": {"triangular": {"from": "400 kN", "mode": "430 kN", "to": "600 kN"}, "tag": "J"},
            },
        },
    },
    "impacts": {"head-on": {"type": "head-on", "speed": {"kei": "35 mph", "pickup": "35 mph"}}},
}


def work() -> Callable[[int], object]:
    """Function that reduces n crashes of the study to counts, means, ends and quantiles of all metrics, risks left out."""
    try:
        from crashsim import reduce
        from crashsim.criteria import METRICS
    except ImportError as error:
        raise Unavailable(str(error)) from error
    return lambda n: reduce({**STUDY, "sampling": {"samples": n, "seed": 1}}, columns=list(METRICS), threads=2)


def measurements(*, short: bool) -> Group:
    """Seconds per crash, seconds and MB; each size in a process of its own, because memory only grows."""
    work()
    sizes = [size // 1000 for size in SIZES] if short else SIZES
    last: dict[int, tuple[float, float]] = {}

    def per_crash(n: int) -> float:
        done = subprocess.run([sys.executable, "-m", "benchmarks.stream", str(n)], capture_output=True, text=True, check=True,
                              cwd=Path(__file__).parent.parent)  # fmt: skip
        seconds, memory = map(float, done.stdout.split()[-2:])
        last[n] = seconds, memory
        return seconds / n

    measures: dict[str, Measure] = {f"10^{5 + i}": lambda n=n: per_crash(n) for i, n in enumerate(sizes)}  # type: ignore[misc]
    return Group({**measures, "seconds": lambda: last[sizes[-1]][0], "memory": lambda: last[sizes[-1]][1]})


def main() -> None:
    """Run once, small, to compile; then what is asked for."""
    import resource

    run, n = work(), int(sys.argv[1])
    run(1000)
    begin = time.perf_counter()
    run(n)
    print(time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main()
