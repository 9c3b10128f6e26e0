"""Tables too large for memory: folders of Parquet files, all with the same columns, their rows in the order of the cases."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim import units

Columns = Mapping[str, NDArray[Any]]

LEVEL: Final = -5  # of zstd: numbers hardly shrink, and the crashes wait (level 1: 3 % smaller, half as fast)


def schema(columns: Columns, dimensions: Mapping[str, str], version: str) -> Any:
    """The Arrow schema of a table, from some of its rows: texts as dictionaries; units in the metadata of each field."""
    import pyarrow as pa

    fields = []
    for name, values in columns.items():
        kind = pa.dictionary(pa.int32(), pa.string()) if values.dtype.kind == "U" else pa.from_numpy_dtype(values.dtype)
        dimension = dimensions.get(name, "")
        fields.append(pa.field(name, kind, metadata={"unit": units.si_unit(dimension), "dimension": dimension}))
    return pa.schema(fields, metadata={"crashsim": version})


def arranged(columns: Columns, wanted: Any) -> Any:
    """Rows as an Arrow table of a schema; what they do not have is NaN, False or empty."""
    import pyarrow as pa

    size = len(columns["case"])
    arrays = []
    for field in wanted:
        values = columns.get(field.name)
        if values is None:
            values = _nothing(field, size)
        arrays.append(_encoded(values) if pa.types.is_dictionary(field.type) else pa.array(values))
    return pa.Table.from_arrays(arrays, schema=wanted)


def _encoded(texts: NDArray[np.str_]) -> Any:
    """Labels, of which there are few, as places in the list of those that appear, in the order in which they do."""
    import pyarrow as pa

    places = np.full(len(texts), -1, dtype=np.int32)
    words: list[str] = []
    while (left := places < 0).any():
        words.append(str(texts[np.argmax(left)]))
        places[texts == words[-1]] = len(words) - 1
    return pa.DictionaryArray.from_arrays(places, pa.array(words, pa.string()))


def _nothing(field: Any, size: int) -> NDArray[Any]:
    import pyarrow as pa

    if pa.types.is_boolean(field.type):
        return np.zeros(size, dtype=bool)
    return np.full(size, "") if pa.types.is_dictionary(field.type) else np.full(size, np.nan)


class PartWriter:
    """One Parquet file of a table, row group by row group; the same rows give the same bytes."""

    def __init__(self, path: Path, wanted: Any) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        texts = [field.name for field in wanted if pa.types.is_dictionary(field.type)]
        floats = [field.name for field in wanted if pa.types.is_floating(field.type)]
        self._schema = wanted
        self._writer = pq.ParquetWriter(
            path,
            wanted,
            compression="zstd",
            compression_level=LEVEL,
            use_dictionary=texts,
            use_byte_stream_split=floats,
        )

    def write(self, columns: Columns) -> None:
        """Rows as one row group."""
        self._writer.write_table(arranged(columns, self._schema))

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()
