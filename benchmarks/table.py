"""Rows of the benchmark table: ratios taken round by round, so that a machine whose speed drifts hits both sides alike."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

Measure = Callable[[], float]


class Unavailable(Exception):
    """A measurement that cannot be made here, and why."""


class Row(NamedTuple):
    """One line: the ``over`` measurement divided by the ``under`` one; an empty name stands for 1."""

    what: str
    against: str
    over: str
    under: str
    unit: str
    reach: str
    prototype: str


class Group(NamedTuple):
    """What to measure, in turn, every round; ``notes``: of a stored figure where it is from, of a missing one why."""

    measures: Mapping[str, Measure]
    notes: Mapping[str, str] = {}


class Spread(NamedTuple):
    """Median, smallest and largest of the rounds."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Summary of the rounds."""
    return Spread(statistics.median(values), min(values), max(values))


def interleaved(measures: Mapping[str, Measure], rounds: int) -> dict[str, list[float]]:
    """``rounds`` values of every measurement, taken in turn: a, b, c, a, b, c, ..."""
    values: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            values[name].append(measure())
    return values


def ratios(row: Row, values: Mapping[str, Sequence[float]]) -> list[float]:
    """The row's ratio in every round."""
    rounds = len(values[row.over or row.under])
    over = values[row.over] if row.over else [1.0] * rounds
    under = values[row.under] if row.under else [1.0] * rounds
    return [a / b for a, b in zip(over, under, strict=True)]


def entry(row: Row, values: Mapping[str, Sequence[float]], notes: Mapping[str, str]) -> dict[str, object]:
    """The row with its result, as it goes to the JSON file; without one if something it needs was not measured."""
    names = [name for name in (row.over, row.under) if name]
    lacking = [notes[name] for name in names if name not in values]
    found = None if lacking else spread(ratios(row, values))._asdict()
    said = [f"not available: {why}" for why in lacking] or [notes[name] for name in names if name in notes]
    return {"what": row.what, "against": row.against, "unit": row.unit, "ratio": found, "reach": row.reach,
            "prototype": row.prototype, "notes": said}  # fmt: skip


def number(value: float) -> str:
    """Three digits that read easily: 26,000; 12.3; 0.0123; 1.2e-15."""
    if value and not 1e-3 <= abs(value) < 1e9:
        return f"{value:.1e}"
    digits = max(0, 3 - len(str(int(abs(value))))) if abs(value) >= 1.0 else 3
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.{digits}f}"


def printed(entries: Sequence[Mapping[str, object]]) -> str:
    """The table as text, with its notes beneath."""
    head = ("what", "against", "median", "min - max", "reach", "prototype")
    lines, notes = [head], []
    for e in entries:
        found, marks = e["ratio"], ""
        for note in e["notes"]:  # type: ignore[attr-defined]
            if note not in notes:
                notes.append(note)
            marks += f" [{notes.index(note) + 1}]"
        shown = ("-", "-")
        if isinstance(found, Mapping):
            shown = (f"{number(found['median'])} {e['unit']}", f"{number(found['low'])} - {number(found['high'])}")
        lines.append(
            (str(e["what"]), str(e["against"]), shown[0] + marks, shown[1], str(e["reach"]), str(e["prototype"]))
        )
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    text = ["  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines]
    text.insert(1, "  ".join("-" * w for w in widths))
    return "\n".join(text + [f"[{i}] {note}" for i, note in enumerate(notes, 1)])
