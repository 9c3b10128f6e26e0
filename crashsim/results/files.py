"""Results on disk: ``summary.csv``, ``results.parquet``, ``pulses.nc``, ``manifest.json``, and back.

Of a study whose numbers are distributions also ``bands.csv``, ``bands.parquet`` and, unless too many, ``samples.parquet``.

The manifest is written last and names every file with its hash: a folder with a manifest is complete.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from crashsim import units
from crashsim.criteria import RISK
from crashsim.errors import OutputError
from crashsim.results.cells import write_csv
from crashsim.results.lazy import ParquetColumns
from crashsim.results.table import Pulse, Results

if TYPE_CHECKING:
    from numpy.typing import NDArray

MANIFEST = "manifest.json"
RESULTS, BANDS, SAMPLES = "results.parquet", "bands.parquet", "samples.parquet"
TOTALS, HISTOGRAMS = "totals.parquet", "histograms.parquet"
OF_ROWS = ("impact", "case", "vehicle", "status")  # columns without which a table is another
OF_TABLE = dict.fromkeys((BANDS, TOTALS), ("impact", "vehicle")) | {
    HISTOGRAMS: ("impact", "vehicle", "quantity", "from", "to", "count")
}
LARGEST_MANIFEST = 100_000_000  # bytes
OF_VEHICLE = {
    "acceleration": "m/s^2", "velocity": "m/s", "crush": "m", "chest_acceleration": "m/s^2", "head_acceleration": "m/s^2",
    "belt_force": "N",
}  # fmt: skip
OF_PAIR = ("force", "engine_force")  # N
RUN, SAVED = "run", "saved"  # kinds of manifest: a whole run of the command, or rows saved from Python


def save(results: Results, folder: Path) -> Path:
    """Write the data files of ``results`` and a manifest into ``folder``, which must be new or empty."""
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise OutputError(f"{folder}: is not empty; choose a new folder")
        folder.mkdir(parents=True, exist_ok=True)
        write_data(results, folder)
        write_manifest({**results.meta, "kind": SAVED, "rows": len(results)}, folder)
    except (OSError, ValueError) as error:
        raise OutputError(f"{folder}: cannot be written: {getattr(error, 'strerror', None) or error}") from None
    return folder


def write_data(results: Results, folder: Path) -> None:
    """The tables and pulses, without the manifest."""
    write_summary(results, folder / "summary.csv")
    if not (folder / RESULTS).is_dir():  # the rows of a large grid were written as they came
        write_table(results, folder / RESULTS)
    if results.pulses:
        write_pulses(results, folder / "pulses.nc")
    for table, name in ((results.bands, BANDS), (results.totals, TOTALS)):
        if table is not None:
            write_table(table, folder / name)
            write_bands(table, (folder / name).with_suffix(".csv"))
    for table, name in ((results.samples, SAMPLES), (results.histograms, HISTOGRAMS)):
        if table is not None:
            write_table(table, folder / name)


def write_manifest(
    meta: Mapping[str, Any], folder: Path, known: Mapping[str, str] | None = None, besides: Collection[str] = ()
) -> None:
    """The manifest, with the hash of every other file in the folder (which crashsim alone has written); written last, at once.

    ``known``: hashes that need not be taken again, of files so large that later only their size is looked at; ``besides``: files
    and folders that are not of the results.
    """
    known = known or {}
    files: dict[str, str] = {}
    sizes: dict[str, int] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name != MANIFEST and name.split("/")[0] not in besides:
            files[name] = known.get(name) or sha256(path)
            sizes |= {name: path.stat().st_size} if name in known else {}
    whole = {**meta, "files": files, **({"sizes": sizes} if sizes else {})}
    text = json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False)
    temporary = folder / f"{MANIFEST}.tmp"
    temporary.write_text(text + "\n", encoding="utf-8")
    temporary.replace(folder / MANIFEST)


def sha256(path: Path) -> str:
    """Hash of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def write_summary(results: Results, path: Path) -> None:
    """One row per case and vehicle in display units; members of the risk families stay in the Parquet file."""
    table = {n: v for n, v in results.to_table(results.meta.get("units", "si")).items() if not _member(n)}
    rows = zip(*(values.tolist() for values in table.values()), strict=True)
    write_csv(path, chain([list(table)], rows))


def write_bands(bands: Results, path: Path) -> None:
    """One row per point of a grid, vehicle and quantity, in display units: count, mean, sd, min, max and quantiles."""
    table, system = bands.columns, bands.meta.get("units", "si")
    labels = [name for name in table if "." not in name or name in bands.labels]
    names = [name.removesuffix(".mean") for name in table if name.endswith(".mean")]
    statistics = [name.rpartition(".")[2] for name in table if name.startswith(f"{names[0]}.")]
    shown = bands.to_table(system)
    heads = dict(zip(table, shown, strict=True))
    of_rows = list(zip(*(shown[heads[name]].tolist() for name in labels), strict=True))

    def rows() -> Iterator[list[object]]:
        yield [*(heads[name] for name in labels), "quantity", "unit", *statistics]
        for name in names:
            unit = units.display_unit(d, system) if (d := bands.dimensions.get(f"{name}.mean", "")) else ""
            columns = [shown[heads[f"{name}.{statistic}"]].tolist() for statistic in statistics]
            for own, numbers in zip(of_rows, zip(*columns, strict=True), strict=True):
                yield [*own, name, unit, *numbers]

    write_csv(path, rows())


def _member(name: str) -> bool:
    return name.startswith(RISK) and "." in name


def write_table(results: Results, path: Path) -> None:
    """All columns in SI, with units in the metadata of each field."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields, arrays = [], []
    for name, values in results.columns.items():
        dimension = results.dimensions.get(name, "")
        array = pa.array(values)
        if values.dtype.kind == "U":
            array = array.dictionary_encode()
        fields.append(pa.field(name, array.type, metadata={"unit": units.si_unit(dimension), "dimension": dimension}))
        arrays.append(array)
    table = pa.Table.from_arrays(
        arrays, schema=pa.schema(fields, metadata={"crashsim": results.meta.get("version", "")})
    )
    pq.write_table(table, path, compression="zstd")


def write_pulses(results: Results, path: Path) -> None:
    """Histories of the named cases as NetCDF-3: dimensions pulse, vehicle, time."""
    from scipy.io import netcdf_file

    pulses = results.pulses
    texts = {
        "name": [p.name for p in pulses],
        "impact": [p.impact for p in pulses],
        "status": [p.status for p in pulses],
        "vehicle_a": [p.vehicles[0] for p in pulses],
        "vehicle_b": [p.vehicles[1] for p in pulses],
    }
    with netcdf_file(path, "w") as nc:
        nc.createDimension("pulse", len(pulses))
        nc.createDimension("vehicle", 2)
        nc.createDimension("time", len(pulses[0].time))
        _describe(nc, title=str(results.meta.get("title", "")),
                  source=f"crashsim {results.meta.get('version', '')}: model result, not a crash test",
                  comment="Signs as in SAE J211: +x forward in each vehicle's own axes. Not filtered.")  # fmt: skip
        variables: list[tuple[str, str, tuple[str, ...], Any]] = [
            ("time", "s", ("time",), pulses[0].time),
            *((name, unit, ("pulse", "vehicle", "time"), np.stack([getattr(p, name) for p in pulses]))
              for name, unit in OF_VEHICLE.items()),
            *((name, "N", ("pulse", "time"), np.stack([getattr(p, name) for p in pulses])) for name in OF_PAIR),
        ]  # fmt: skip
        for name, unit, dimensions, values in variables:
            variable = nc.createVariable(name, "d", dimensions)
            variable[:] = values
            _describe(variable, units=unit)
        for name, words in texts.items():
            data = np.array([w.encode() for w in words])
            nc.createDimension(f"{name}_length", max(data.dtype.itemsize, 1))
            variable = nc.createVariable(name, "c", ("pulse", f"{name}_length"))
            variable[:] = data.view("S1").reshape(len(words), -1)


def _describe(holder: object, **texts: str) -> None:
    """Attributes of a NetCDF file or variable."""
    for name, text in texts.items():
        setattr(holder, name, text.encode())


def load(folder: str | Path) -> Results:
    """Read results back from their folder; every file must be the one that the manifest names.

    Raises OutputError when there are no results, or when they were changed or damaged.
    """
    folder = Path(folder)
    meta = read_manifest(folder)
    files, sizes = meta.pop("files"), meta.pop("sizes", {})
    tables = {name.split("/")[0] for name in files if name.split("/")[0].endswith(".parquet")} | {RESULTS}
    for name in files:
        whole = name.split("/")[0]
        if whole not in (*tables, "pulses.nc"):
            continue
        path = folder / name
        if not path.is_file() or (path.stat().st_size != sizes[name] if name in sizes else sha256(path) != files[name]):
            raise OutputError(f"{path} is missing or is not the file that was written")
    if not (folder / RESULTS).exists():
        raise OutputError(f"{folder / RESULTS} is missing or is not the file that was written")
    try:
        columns, dimensions = _read_table(folder / RESULTS)
        pulses = _read_pulses(folder / "pulses.nc") if "pulses.nc" in files else []
        others = [Results(*_read_table(folder / n), (), meta) if n in tables else None
                  for n in (BANDS, SAMPLES, TOTALS, HISTOGRAMS)]  # fmt: skip
    except Exception as error:  # pyarrow and scipy raise a dozen kinds on a damaged file
        why = " ".join(str(error).split()) or "the file claims more than there is"
        raise OutputError(
            f"{folder}: the results cannot be read: {units.echo(why, 200)} ({type(error).__name__})"
        ) from None
    return Results(columns, dimensions, pulses, meta, *others)


def read_manifest(folder: Path, name: str = MANIFEST) -> dict[str, Any]:
    """The manifest of a folder of results; raises OutputError when there is none or it is not one of crashsim's."""
    path = folder / name
    try:
        if path.stat().st_size > LARGEST_MANIFEST:
            raise OutputError(
                f"{path}: too large: {path.stat().st_size:,} bytes, expected at most {LARGEST_MANIFEST:,}"
            )
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise OutputError(f"{folder}: no results here (no {name})") from None
    except (OSError, ValueError, RecursionError) as error:
        raise OutputError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    good = (
        isinstance(manifest, dict)
        and manifest.get("crashsim") == "results"
        and isinstance(manifest.get("fingerprint"), str)
        and isinstance(manifest.get("impacts"), dict)
        and isinstance(manifest.get("files"), dict)
        and all(isinstance(v, str) and _inside(n) for n, v in manifest["files"].items())
    )
    if not good:
        raise OutputError(f"{path}: not a manifest of crashsim")
    return dict(manifest)


def _inside(name: str) -> bool:
    """Whether a file name of a manifest stays inside its folder."""
    parts = PurePosixPath(name).parts
    return bool(parts) and not PurePosixPath(name).is_absolute() and ".." not in parts and "\\" not in name


def _read_table(path: Path) -> tuple[Mapping[str, NDArray[Any]], dict[str, str]]:
    """The columns of a table, read when they are asked for, and their dimensions."""
    columns = ParquetColumns(path)
    if lacking := set(OF_TABLE.get(path.name, OF_ROWS)) - set(columns):
        raise ValueError(f"{path.name} has no column {min(lacking)!r}")
    return columns, columns.dimensions


def _read_pulses(path: Path) -> list[Pulse]:
    from scipy.io import netcdf_file

    with netcdf_file(path, "r", mmap=False) as nc:
        data: dict[str, NDArray[Any]] = {n: np.array(nc.variables[n][:]) for n in nc.variables}
    data = {n: v if v.dtype.kind == "S" else v.astype(float) for n, v in data.items()}
    texts = {n: [b"".join(row).rstrip(b"\0").decode() for row in data[n]]
             for n in ("name", "impact", "status", "vehicle_a", "vehicle_b")}  # fmt: skip
    return [
        Pulse(texts["name"][i], texts["impact"][i], (texts["vehicle_a"][i], texts["vehicle_b"][i]), data["time"],
              status=texts["status"][i], **{name: data[name][i] for name in (*OF_VEHICLE, *OF_PAIR)})
        for i in range(len(texts["name"]))
    ]  # fmt: skip
