"""Tables read column by column, and piece by piece, when they are asked for: a large one costs what is looked at of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim.criteria import METRICS
from crashsim.errors import OutputError
from crashsim.units import echo

MOST_ROWS: Final = 500_000_000  # of a column that is read into memory, 4 GB; of a file

Array = NDArray[Any]
Bounds = tuple[Any, Any] | None  # least and largest of a column in a row group; None where unknown


class Lazy(Mapping[str, Array]):
    """Columns that are fetched when they are asked for, and kept then."""

    def __init__(self, names: Iterable[str], fetch: Callable[[str], Array]) -> None:
        self._names = dict.fromkeys(names)
        self._fetch = fetch
        self._kept: dict[str, Array] = {}

    def __getitem__(self, name: str) -> Array:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._kept:
            self._kept[name] = self._fetch(name)
        return self._kept[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names


@dataclass(frozen=True)
class RowGroup:
    """Rows that lie together in a file: number ``index`` of its row groups; its first row counts in the whole table."""

    file: Path
    index: int
    first: int
    rows: int


class ParquetColumns(Lazy):
    """The columns of a Parquet file, or of a folder of parts in the order of their names; all of their rows, or those picked.

    Raises ValueError for a column of a kind that crashsim does not write, parts whose columns differ, or a file with more rows than
    anyone can hold; what else is wrong with a file raises as pyarrow does, or OutputError once the columns are read.
    """

    def __init__(self, path: Path) -> None:
        files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
        if not files:
            raise ValueError(f"{path.name} has no parts")
        groups: list[RowGroup] = []
        wanted, _ = _described(files[0])
        for file in files:
            schema, sizes = _described(file)
            if schema != wanted:
                raise ValueError(f"{file.name} has other columns than {files[0].name}")
            first = groups[-1].first + groups[-1].rows if groups else 0
            ends = np.cumsum([first, *sizes]).tolist()
            groups += [RowGroup(file, i, *at) for i, at in enumerate(zip(ends, sizes, strict=False))]
        for field in wanted:
            if not (_is_numeric(field.type) or (_is_text(field.type) and field.name not in METRICS)):
                raise ValueError(f"{path.name}: column {echo(field.name)} is {field.type}, not what crashsim writes")
        self.dimensions = {f.name: (f.metadata or {}).get(b"dimension", b"").decode() for f in wanted}
        self._path, self._groups = path, groups
        self._starts = np.array([group.first for group in groups])
        self._schema = wanted
        self._whole: ParquetColumns | None = None  # what these rows were picked from
        self._picked: Array | None = None
        super().__init__(wanted.names, self._read)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return sum(group.rows for group in self._groups) if self._picked is None else len(self._picked)

    def only(self, names: Iterable[str]) -> ParquetColumns:
        """Some of the columns."""
        other = copy(self)
        other._names = dict.fromkeys(names)
        return other

    def with_column(self, name: str, values: Array) -> ParquetColumns:
        """The same rows with other values of a column."""
        other = copy(self)
        other._kept = {**self._kept, name: values}
        other._fetch = other._read
        return other

    def picked(self, rows: Array) -> ParquetColumns:
        """Some of the rows, by a mask or by their places in any order."""
        rows = np.flatnonzero(rows) if rows.dtype == bool else np.asarray(rows)
        other = copy(self)
        other._picked = rows if self._picked is None else self._picked[rows]
        other._whole = self._whole or self
        other._kept = {name: values[rows] for name, values in self._kept.items()}
        other._fetch = other._read
        return other

    def pieces(self, wanted: Iterable[str]) -> Iterator[tuple[Array, dict[str, Bounds], Lazy]]:
        """The rows by row group: their places here, what is known of the ``wanted`` columns unread, and their columns."""
        wanted = list(wanted)
        for file, group, places, rows in self._spread():
            yield places, _bounds(file, group.index, wanted), self._piece(file, group, rows)

    def _piece(self, file: Any, group: RowGroup, rows: Any) -> Lazy:
        return Lazy(self._names, lambda name: self._column(file, group, name)[rows])

    def _spread(self) -> Iterator[tuple[Any, RowGroup, Array, Any]]:
        """Row groups that have some of the rows: the open file, the group, the places of these rows here, and in the group."""
        for path, groups in groupby(self._chosen(), key=lambda found: found[0].file):
            with _opened(path) as file:
                yield from ((file, *found) for found in groups)

    def _chosen(self) -> Iterator[tuple[RowGroup, Array, Any]]:
        if self._picked is None:
            for group in self._groups:
                yield group, np.arange(group.first, group.first + group.rows), slice(None)
            return
        order = np.argsort(self._picked, kind="stable")
        ordered = self._picked[order]
        ends = [*np.searchsorted(ordered, self._starts).tolist(), len(ordered)]
        for group, a, b in zip(self._groups, ends, ends[1:], strict=False):
            if b > a:
                yield group, order[a:b], ordered[a:b] - group.first

    def _read(self, name: str) -> Array:
        if self.rows > MOST_ROWS:
            raise OutputError(
                f"{self._path}: {self.rows:,} rows, at most {MOST_ROWS:,} are read at a time; select some first"
            )
        if self._whole is not None and self._picked is not None and len(self._groups) == 1:  # small: read once
            return np.asarray(self._whole[name][self._picked])
        found, parts = [], []
        for file, group, places, rows in self._spread():
            found.append(places)
            parts.append(self._column(file, group, name)[rows])
        if not parts:
            return _nothing(self._schema.field(name).type)
        values = np.concatenate(parts)
        if self._picked is None:
            return values
        back = np.empty_like(values)
        back[np.concatenate(found)] = values
        return back

    def _column(self, file: Any, group: RowGroup, name: str) -> Array:
        try:
            return _numpy(file.read_row_group(group.index, columns=[name])[name])
        except Exception as error:  # pyarrow raises a dozen kinds on a damaged file
            why = " ".join(str(error).split())
            raise OutputError(
                f"{self._path}: column {echo(name)} cannot be read: {echo(why, 200)} ({type(error).__name__})"
            ) from None


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """A Parquet file; raises OutputError when it cannot be opened."""
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path, memory_map=True)
    except Exception as error:  # pyarrow raises a dozen kinds on a damaged file
        raise OutputError(f"{path}: cannot be read: {echo(' '.join(str(error).split()), 200)}") from None
    with file:
        yield file


def _described(path: Path) -> tuple[Any, list[int]]:
    """The schema of a Parquet file and the rows of each of its row groups."""
    import pyarrow.parquet as pq

    claimed = pq.read_metadata(path)
    if claimed.num_rows > MOST_ROWS:
        raise ValueError(f"{path.name} claims {claimed.num_rows:,} rows, expected at most {MOST_ROWS:,}")
    return claimed.schema.to_arrow_schema(), [claimed.row_group(i).num_rows for i in range(claimed.num_row_groups)]


def _bounds(file: Any, index: int, wanted: list[str]) -> dict[str, Bounds]:
    """Least and largest of some columns of a row group, from the statistics in the file."""
    group = file.metadata.row_group(index)
    found: dict[str, Bounds] = dict.fromkeys(wanted)
    for column in (group.column(file.schema_arrow.get_field_index(name)) for name in wanted):
        if column.is_stats_set and column.statistics.has_min_max:
            found[column.path_in_schema] = (column.statistics.min, column.statistics.max)
    return found


def _nothing(kind: Any) -> Array:
    return np.empty(0, dtype=kind.to_pandas_dtype() if _is_numeric(kind) else str)


def _numpy(column: Any) -> Array:
    if column.null_count:
        raise ValueError("has gaps")
    if _is_numeric(column.type):
        return np.asarray(column.to_numpy())
    parts = [np.array(part.dictionary.to_pylist(), dtype=str)[part.indices.to_numpy()] for part in column.chunks]
    return np.concatenate(parts) if parts else _nothing(column.type)


def _is_numeric(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind))


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_dictionary(kind) and pa.types.is_string(kind.value_type))
