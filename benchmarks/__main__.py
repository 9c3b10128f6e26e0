"""Time the kernel and the start of the program; print a table and write ``benchmarks.json``.

Every row is the median of interleaved rounds, so that a machine whose speed drifts hits all rows alike; what counts is the
ratio to the row named, not the absolute time.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
from pathlib import Path

from benchmarks import kernel, startup

GROUPS = {"kernel": kernel.rows, "startup": startup.rows}


def main() -> None:
    """Run the groups asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("groups", nargs="*", choices=[[], *GROUPS], help="what to time (all)")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds, median taken (5)")
    parser.add_argument("--short", action="store_true", help="small and quick, to see that everything runs")
    parser.add_argument("--out", type=Path, default=Path("benchmarks.json"))
    options = parser.parse_args()
    rounds = 1 if options.short else options.rounds
    found = {}
    for name in options.groups or GROUPS:
        rows = GROUPS[name](short=options.short)
        times: dict[str, list[float]] = {label: [] for label in rows}
        for _ in range(rounds):
            for label, (measure, _, _) in rows.items():
                times[label].append(measure())
        found[name] = _table(name, rows, times)
    options.out.write_text(
        json.dumps({"python": platform.python_version(), "rounds": rounds, **found}, indent=2) + "\n"
    )
    print(f"written: {options.out}")


def _table(
    name: str, rows: dict[str, tuple[object, str, str]], times: dict[str, list[float]]
) -> list[dict[str, object]]:
    """Print and return median seconds per unit, and the ratio of the reference row to this one, round by round."""
    print(f"\n{name}\n{'':44s} {'median':>12s} {'per second':>14s} {'times as':>10s}  fast as")
    table = []
    for label, (_, unit, reference) in rows.items():
        median = statistics.median(times[label])
        ratio = (
            statistics.median(b / a for a, b in zip(times[label], times[reference], strict=True)) if reference else None
        )
        shown = f"{ratio:10.3g}" if ratio else " " * 10
        print(f"{label:44s} {median * 1e6:9.2f} us {1.0 / median:14,.0f} {shown}  {reference}")
        table.append({"what": label, "unit": unit, "seconds": median, "rounds": times[label],
                      "ratio": ratio, "against": reference})  # fmt: skip
    return table


if __name__ == "__main__":
    sys.exit(main())
