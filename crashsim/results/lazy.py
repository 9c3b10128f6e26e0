"""Tables read column by column when they are asked for: a large one costs what is looked at of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim.criteria import METRICS
from crashsim.errors import OutputError
from crashsim.units import echo

MOST_ROWS: Final = 500_000_000  # of a column that is read into memory, 4 GB


class Lazy(Mapping[str, NDArray[Any]]):
    """Columns that are fetched when they are asked for, and kept then."""

    def __init__(self, names: Iterable[str], fetch: Callable[[str], NDArray[Any]]) -> None:
        self._names = dict.fromkeys(names)
        self._fetch = fetch
        self._kept: dict[str, NDArray[Any]] = {}

    def __getitem__(self, name: str) -> NDArray[Any]:
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

    def picked(self, rows: NDArray[Any]) -> Lazy:
        """Some of the rows of all columns, each picked when it is asked for."""
        return Lazy(self._names, lambda name: np.asarray(self[name][rows]))


class ParquetColumns(Lazy):
    """The columns of a Parquet file, or of a folder of parts in the order of their names.

    Raises ValueError for a column of a kind that crashsim does not write, parts whose columns differ, or more rows than anyone can
    hold; what else is wrong with a file raises as pyarrow does, or OutputError once the columns are read.
    """

    def __init__(self, path: Path) -> None:
        import pyarrow.parquet as pq

        self._files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
        if not self._files:
            raise ValueError(f"{path.name} has no parts")
        every = [pq.read_metadata(file) for file in self._files]
        wanted = every[0].schema.to_arrow_schema()
        for file, claimed in zip(self._files, every, strict=True):
            if claimed.schema.to_arrow_schema() != wanted:
                raise ValueError(f"{file.name} has other columns than {self._files[0].name}")
        for field in wanted:
            if not (_is_numeric(field.type) or (_is_text(field.type) and field.name not in METRICS)):
                raise ValueError(f"{path.name}: column {echo(field.name)} is {field.type}, not what crashsim writes")
        self.rows = sum(claimed.num_rows for claimed in every)
        if self.rows > MOST_ROWS:
            raise ValueError(f"{path.name} claims {self.rows:,} rows, expected at most {MOST_ROWS:,}")
        self.dimensions = {f.name: (f.metadata or {}).get(b"dimension", b"").decode() for f in wanted}
        self._path = path
        super().__init__(wanted.names, self._read)

    def _read(self, name: str) -> NDArray[Any]:
        import pyarrow.parquet as pq

        try:
            parts = [_numpy(pq.ParquetFile(file, memory_map=True).read([name])[name]) for file in self._files]
        except Exception as error:  # pyarrow raises a dozen kinds on a damaged file
            why = " ".join(str(error).split())
            raise OutputError(
                f"{self._path}: column {echo(name)} cannot be read: {echo(why, 200)} ({type(error).__name__})"
            ) from None
        return np.concatenate(parts)


def _numpy(column: Any) -> NDArray[Any]:
    if column.null_count:
        raise ValueError("has gaps")
    if _is_numeric(column.type):
        return np.asarray(column.to_numpy())
    return np.concatenate(
        [np.array(chunk.dictionary.to_pylist(), dtype=str)[chunk.indices.to_numpy()] for chunk in column.chunks]
    )


def _is_numeric(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind))


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_dictionary(kind) and pa.types.is_string(kind.value_type))
