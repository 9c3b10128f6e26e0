"""How far the crash kernel is from its slow twin, step by step: ``python -m benchmarks.convergence``.

Random cases over the whole space of parameters are solved by the oracle of the tests (adaptive, every kink located) and
by the kernel at several steps.  An error is a share of max(|value|, the metric's scale), ``oracle.SCALES``.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))  # the oracle lives with the tests

import oracle
from fast import COMPARED, drawn, errors, solve
from oracle.many import Raw, single

from benchmarks import ledger

Floats = NDArray[np.float64]
Measured = dict[str, Floats]  # metric -> errors of all cases (steps, cases)

CASES, SEED = 500, 1
STEPS: tuple[int | None, ...] = (None, 4, 8, 16, 32, 64)  # per ms; None: what the kernel chooses


def main() -> None:
    """Solve the cases by both, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.convergence", description=__doc__)
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--ledger", type=int, default=ledger.CASES, help="cases of the table of energy and momentum")
    parser.add_argument("--out", type=Path, metavar="FILE")
    options = parser.parse_args()
    text = document(measured(options.cases), ledger.report(options.ledger))
    print(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")


def measured(n: int) -> Measured:
    """Errors of each metric in ``n`` cases at each of STEPS."""
    case = drawn(n, SEED)
    with multiprocessing.get_context("spawn").Pool() as pool:
        slow: list[Raw] = pool.map(oracle.solve, [single(case, i) for i in range(n)], chunksize=4)
    rows: list[dict[str, Floats]] = [errors(solve(case, per_ms=per_ms), slow) for per_ms in STEPS]
    return {name: np.array([row[name] for row in rows]) for name in COMPARED}


def document(found: Measured, books: str) -> str:
    """Both tables as a page in Markdown."""
    n = next(iter(found.values())).shape[1]
    return f"""# Accuracy of the crash kernel

Written by `python -m benchmarks.convergence`.

## Against an independent solution

{n} random cases over the whole space of parameters (kei car to pickup and wall, 4 to 60 m/s, with and without engine, occupant,
belt, pretensioner and airbag), solved by an adaptive method of eighth order that locates every kink of every force, written
independently of the kernel (`tests/oracle`).  An error is a share of max(|value|, scale); the scale is given with the metric.
Each cell: error not exceeded by half of the cases / by 99 of 100 / by any.  Order: by which power of the step the median and
the error of 99 of 100 fall from {STEPS[1]} to {STEPS[-1]} steps per millisecond.

{table(found)}

## Energy and momentum

{books}
"""


def table(found: Measured) -> str:
    """A row for each metric, a column for each step."""
    steps = ["default" if m is None else str(m) for m in STEPS]
    lines = [f"| metric (scale) | {' | '.join(steps)} | order |", "|---" * (len(steps) + 2) + "|"]
    for name, values in found.items():
        levels = np.array([quantiles(row) for row in values])
        cells = " | ".join(" / ".join(f"{v:.0e}".replace("e-0", "e-") for v in row) for row in levels)
        lines.append(
            f"| {name} ({oracle.SCALES[name]:g}) | {cells} | {order(levels[1:, 0])} / {order(levels[1:, 1])} |"
        )
    return "\n".join(lines)


def quantiles(values: Floats) -> tuple[float, float, float]:
    """Median, 99 % and largest of the values that are there."""
    there = values[~np.isnan(values)]
    median, high, worst = np.quantile(there, [0.5, 0.99, 1.0], method="higher")
    return float(median), float(high), float(worst)


def order(levels: Any) -> str:
    """Power of the step with which an error falls from the first level to the last, each at half the step of the one before."""
    if levels[0] < 1e-12:
        return "exact"
    return f"{np.log2(levels[0] / levels[-1]) / (len(levels) - 1):.1f}"


if __name__ == "__main__":
    main()
