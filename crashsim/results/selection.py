"""Rows by their labels; of a large dataset only the row groups are read whose statistics admit them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crashsim import units
from crashsim.errors import CrashsimError, did_you_mean
from crashsim.results.lazy import Bounds, ParquetColumns

Array = NDArray[Any]
Columns = Mapping[str, Array]

MOST_KNOWN = 6  # values of a label that an error names


def count(columns: Columns) -> int:
    """Number of rows."""
    return columns.rows if isinstance(columns, ParquetColumns) else len(next(iter(columns.values())))


def picked(columns: Columns, rows: Array) -> Columns:
    """Some of the rows of all columns, by a mask or by their places."""
    if isinstance(columns, ParquetColumns):
        return columns.picked(rows)
    return {name: values[rows] for name, values in columns.items()}


def with_column(columns: Columns, name: str, values: Array) -> Columns:
    """The same rows with other values of a column."""
    if isinstance(columns, ParquetColumns):
        return columns.with_column(name, values)
    return {**columns, name: values}


def matching(columns: Columns, dimensions: Mapping[str, str], labels: Mapping[str, object]) -> NDArray[np.intp]:
    """Places of the rows that carry all the labels; an error when a label is unknown or no row is left."""
    for name in labels:
        if name not in columns:
            raise CrashsimError(f"no label {units.echo(name)}{did_you_mean(name, columns)}")
    labels = {name: wanted.item() if isinstance(wanted, np.generic) else wanted for name, wanted in labels.items()}
    found = [np.empty(0, dtype=np.intp)]
    for places, bounds, piece in _pieces(columns, labels):
        rows = np.ones(len(places), dtype=bool)
        for name, wanted in labels.items():
            here = _decided(bounds.get(name), wanted)
            if here is None:
                rows &= _same(name, piece[name], wanted, dimensions.get(name, "number"))
            elif not here:
                rows[:] = False
            if not rows.any():
                break
        found.append(places[rows])
    rows_found = np.sort(np.concatenate(found))
    if labels and not rows_found.size:
        _tell(columns, dimensions, labels)
    return rows_found


def _pieces(columns: Columns, labels: Mapping[str, object]) -> Iterator[tuple[Array, dict[str, Bounds], Columns]]:
    if isinstance(columns, ParquetColumns):
        yield from columns.pieces(labels)
    else:
        yield np.arange(count(columns)), {}, columns


def _decided(bounds: Bounds, wanted: Any) -> bool | None:
    """Whether all rows (True) or none (False) carry a text or whole number, as far as its bounds tell."""
    if bounds is None or type(bounds[0]) is not type(wanted) or isinstance(wanted, float):
        return None
    if not bounds[0] <= wanted <= bounds[1]:
        return False
    return True if bounds[0] == bounds[1] else None


def _same(name: str, values: Array, wanted: object, dimension: str) -> NDArray[np.bool_]:
    if values.dtype.kind != "f":
        return np.broadcast_to(np.asarray(values == wanted), values.shape)
    number = _number(name, wanted, dimension)
    return np.asarray(np.abs(values - number) <= 1e-9 * max(abs(number), 1e-9))


def _number(name: str, wanted: object, dimension: str) -> float:
    """A label in SI: a quantity as text of the column's own dimension, or a number that is SI already."""
    if isinstance(wanted, str):
        return units.parse(wanted, dimension)
    if isinstance(wanted, (int, float, np.number)) and not isinstance(wanted, bool):
        return float(wanted)
    raise CrashsimError(f"{name}: got {units.kind(wanted)}, expected a quantity such as '30 mph', or a number in SI")


def _tell(columns: Columns, dimensions: Mapping[str, str], labels: Mapping[str, object]) -> None:
    """Raise for the first label that none of the rows has that carry those before it."""
    before: dict[str, object] = {}
    for name, wanted in labels.items():
        rows = picked(columns, matching(columns, dimensions, before)) if before else columns
        values = rows[name]
        if not _same(name, values, wanted, dimensions.get(name, "number")).any():
            raise CrashsimError(f"no {name} {units.echo(str(wanted))}{_known(values, wanted, dimensions.get(name))}")
        before[name] = wanted


def _known(values: Array, wanted: object, dimension: str | None) -> str:
    """What there is instead: the nearest name, or a few of the values."""
    known = np.unique(values[~np.isnan(values)] if values.dtype.kind == "f" else values)
    if values.dtype.kind == "U":
        return f"{did_you_mean(str(wanted), known.tolist())} (known: {', '.join(known.tolist())})"
    shown = [units.format_quantity(float(v), dimension, "si") if dimension else str(v) for v in known[:MOST_KNOWN]]
    return f" (known: {', '.join(shown)}{', ...' if len(known) > MOST_KNOWN else ''})"
