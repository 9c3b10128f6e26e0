"""Measure crashsim against its peers and against the machine; print one table and write ``benchmarks.json``.

Every row is a ratio within one run, the median of interleaved rounds: the speed of a machine drifts, a ratio does not.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import sys
from pathlib import Path
from types import ModuleType

from benchmarks import crash, figure, hic, machine, start, stream
from benchmarks.table import Unavailable, entry, interleaved, printed, spread

GROUPS: dict[str, ModuleType] = {"machine": machine, "crash": crash, "hic": hic, "start": start, "stream": stream}
LIBRARIES = ("numpy", "scipy", "numba", "llvmlite")


def main() -> None:
    """Run the groups asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(GROUPS)} (all)")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (5)")
    parser.add_argument("--short", action="store_true", help="one small round, to see that everything runs")
    parser.add_argument("--out", type=Path, default=Path("benchmarks.json"), metavar="FILE")
    parser.add_argument("--figures", type=Path, metavar="FOLDER", help="also draw throughput against batch size")
    options = parser.parse_args()
    if unknown := set(options.names) - set(GROUPS):
        parser.error(f"no such name: {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}")
    rounds = 1 if options.short else options.rounds
    rows: list[dict[str, object]] = []
    measured: dict[str, object] = {}
    for name in options.names or GROUPS:
        print(f"{name} ...", file=sys.stderr)
        found, values = measure(GROUPS[name], rounds, short=options.short)
        rows += found
        measured[name] = {label: {**spread(v)._asdict(), "rounds": v} for label, v in values.items()}
    print(printed(rows))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    record = {"machine": this_machine(), "rounds": rounds, "short": options.short, "rows": rows, "measured": measured}
    options.out.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(f"written: {options.out}")
    if options.figures:
        print(f"written: {figure.draw(options.figures, short=options.short)}")


def measure(group: ModuleType, rounds: int, *, short: bool) -> tuple[list[dict[str, object]], dict[str, list[float]]]:
    """Rows of a group and the values they rest on; a row that cannot be had says why."""
    try:
        plan = group.measurements(short=short)
    except Unavailable as reason:
        why = {name: str(reason) for row in group.ROWS for name in (row.over, row.under)}
        return [entry(row, {}, why) for row in group.ROWS], {}
    values = interleaved(plan.measures, rounds)
    return [entry(row, values, plan.notes) for row in group.ROWS], values


def this_machine() -> dict[str, object]:
    """What the numbers were taken on."""
    return {"platform": platform.platform(terse=True), "processor": processor(), "threads": os.cpu_count(),
            "python": platform.python_version(), **{n: importlib.metadata.version(n) for n in LIBRARIES}}  # fmt: skip


def processor() -> str:
    """Name of the processor as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


if __name__ == "__main__":
    main()
