"""C8: all wall tests, each predicted by laws that were fitted to the others; a summary by group ships with crashsim."""

from __future__ import annotations

from collections.abc import Iterator
from math import nan
from pathlib import Path
from typing import Any, Final

import numpy as np

from crashsim.units import G0
from crashsim.validation.class_fit import GROUPS, predict, scores
from crashsim.validation.measured import FOLDER, Record, source, table
from crashsim.validation.records import DIFFERENCE, PREDICTED, Case, Row
from crashsim.validation.walls import WallTest, column, leave_one_out, wall_tests

BETTER: Final = {"small cars": 1.0, "cars": 0.8, "pickups": 0.8}  # of the naive error: no worse, or better by a fifth
BIAS: Final = 0.05


def case(data: Path | None) -> Case:
    """Mean absolute error and bias of each group; computed anew from all tests where a folder has them."""
    tests = wall_tests(data)[0] if data else []
    groups = reduced(tests) if data else table("wall-groups")
    shown: dict[str, Any] = {"tests": tests, "left_out": leave_one_out(tests, predict) if data else None}
    notes = ("Each test is predicted by laws that were fitted without it, and once more without any test of its model.",
             "The naive guess is in-sample. Model years before 1990 and kei vans count in no group.")  # fmt: skip
    rows = tuple(row for group in groups for row in _rows(group))
    return Case(
        "C8", "Static crush of all wall tests, each left out of the fit", source("wall-groups"), rows, notes, shown
    )


def reduced(tests: list[WallTest]) -> list[Record]:
    """The lines of the shipped summary: by group, number, median deceleration [m/s^2], errors and biases."""
    found = scores(tests)
    return [_group(name, [test for test in tests if test.group == name], found[name]) for name in GROUPS]


def left_out(tests: list[WallTest], wanted: list[Record]) -> list[Record]:
    """The lines of the other shipped summary: static crush [m] of the selected tests, predicted by laws fitted to all others."""
    crush = dict(zip((test.number for test in tests), leave_one_out(tests, predict), strict=True))
    return [
        {"test": record["test"], "crush": float(crush[record["test"]])} for record in wanted if record["test"] in crush
    ]


def _group(name: str, tests: list[WallTest], found: dict[str, Any]) -> Record:
    deceleration = np.median(column(tests, "speed") ** 2 / (2.0 * column(tests, "crush")))
    return {
        "group": name, "tests": float(len(tests)), "deceleration": float(deceleration),
        "error": found["left out"].size, "bias": found["left out"].bias, "model_error": found["model left out"].size,
        "model_bias": found["model left out"].bias, "naive_error": found["naive"].size,
    }  # fmt: skip


def _rows(group: Record) -> Iterator[Row]:
    words = f"{group['group']} ({group['tests']:.0f})"
    naive = group["naive_error"]
    limit = BETTER[group["group"]] * naive

    def row(quantity: str, value: float, most: float, guess: float) -> Row:
        return Row("C8", f"{quantity}, {words}", "ratio", 0.0, value, PREDICTED, DIFFERENCE, most, naive=guess)

    yield row("mean absolute error", group["error"], limit, naive)
    yield row("mean error", group["bias"], BIAS, nan)
    yield row("mean absolute error, model left out", group["model_error"], nan, naive)
    yield row("mean error, model left out", group["model_bias"], nan, nan)


# ---- the shipped summaries -------------------------------------------------------------------------------------------

BY_GROUP: Final = ("group", "tests", "deceleration", "error", "bias", "model_error", "model_bias", "naive_error")


def write_summaries(data: Path) -> None:
    """Write the numbers of both shipped summaries anew from a folder of raw data; their headings stay."""
    tests = wall_tests(data)[0]
    groups = [",".join(_text(group, name) for name in BY_GROUP) for group in reduced(tests)]
    single = [f"{r['test']:.0f},{1e3 * r['crush']:.1f}" for r in left_out(tests, selected())]
    for name, lines in (("wall-groups", groups), ("wall-left-out", single)):
        path = FOLDER / f"{name}.csv"
        kept = path.read_text(encoding="utf-8").splitlines()
        heading = [line for line in kept if line.startswith("#")]
        path.write_text("\n".join([*heading, kept[len(heading)], *lines]) + "\n", encoding="utf-8")


def selected() -> list[Record]:
    """The wall tests that are judged one by one."""
    return [test for test in table("wall-tests") if test["case"] != "C9"]


def _text(group: Record, name: str) -> str:
    if name in ("group", "tests"):
        return f"{group[name]:.0f}" if name == "tests" else str(group[name])
    return f"{group[name] / G0:.4g}" if name == "deceleration" else f"{group[name]:.4f}"


if __name__ == "__main__":
    import sys

    write_summaries(Path(sys.argv[1]))
