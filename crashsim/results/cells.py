"""The one way in which tables become CSV: numbers short, absent ones empty, and no text that a spreadsheet would run."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

FORMULA: Final = (
    "=+-@\t\r\n"  # what a text begins with that a spreadsheet takes for a formula, or skips before it looks
)


def write_csv(path: Path, rows: Iterable[Iterable[object]]) -> None:
    """Write rows of numbers, texts and None (or NaN), one line each, as UTF-8; the first row is the heading.

    Line breaks inside a text become blanks.  Raises OSError as the file system does.
    """
    with path.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle, lineterminator="\n").writerows([cell(value) for value in row] for row in rows)


def write_records(path: Path, records: Sequence[Mapping[str, object]], columns: Sequence[str] | None = None) -> None:
    """Write records as `write_csv` does, under the names of the first one, or under ``columns`` where there may be none."""
    names = list(records[0]) if columns is None else list(columns)
    write_csv(path, [names, *([record[name] for name in names] for record in records)])


def cell(value: object) -> str:
    """A value as the text of a cell: six significant digits, nothing for what is absent, ``'`` before a would-be formula."""
    if value is None:
        return ""
    if isinstance(value, float):
        return "" if value != value else f"{value:.6g}"
    text = str(value)
    if isinstance(value, str) and text[:1] and text[0] in FORMULA and not _is_number(text):
        text = f"'{text}"
    return " ".join(text.splitlines())


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
