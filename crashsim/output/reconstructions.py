"""A reconstruction as text, JSON, tables and one figure."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from crashsim import units
from crashsim.engine.manifest import version
from crashsim.engine.reconstruct import Reconstructed
from crashsim.errors import OutputError
from crashsim.reconstruction import restitution_bias
from crashsim.results.cells import write_csv
from crashsim.scene import OF_CRASH, OF_VEHICLE

NOTE: Final = (
    "estimate from damage, not a measurement: as good as its stiffness, its profile and its declared uncertainty"
)
SUMMARY, INPUTS, FIGURE, JSON = "summary.csv", "inputs.csv", "reconstruction", "reconstruction.json"
WIDTH: Final = 110


def told(found: Reconstructed, system: str) -> str:
    """All results in a unit system: the value as given and its 5, 50 and 95 % quantiles; then what must be said of them."""
    rows = [("", ("as given", *(("5 %", "50 %", "95 %") if found.samples else ())))]
    rows += [(label, _cells(found, name, dimension, system)) for name, label, dimension in _rows(found)]
    width = max(len(label) for label, _ in rows)
    wide = max(len(cell) for _, cells in rows for cell in cells)
    lines = [f"{label.ljust(width)}  {'  '.join(c.rjust(wide) for c in cells)}".rstrip() for label, cells in rows]
    said = [*_bias(found, system), *found.notes, NOTE]
    heading = [found.scene.title, *textwrap.wrap(found.scene.question, WIDTH), ""]
    return "\n".join([*heading, *lines, "", *(line for text in said for line in _item(text))])


def _item(text: str) -> list[str]:
    return textwrap.wrap(f"- {text}", WIDTH, subsequent_indent="  ", break_long_words=False)


def _rows(found: Reconstructed) -> Iterator[tuple[str, str, str]]:
    """Name, label and dimension of each result, those of a vehicle below its name."""
    for name, (label, dimension) in OF_CRASH.items():
        if name in found.central:
            yield name, label, dimension
    for vehicle in found.scene.vehicles:
        yield "", vehicle, ""
        for name, (label, dimension) in OF_VEHICLE.items():
            if f"{vehicle}.{name}" in found.central:
                yield f"{vehicle}.{name}", f"  {label}", dimension


def _cells(found: Reconstructed, name: str, dimension: str, system: str) -> tuple[str, ...]:
    if not name:
        return ()
    values = (found.central[name], *(found.interval(name) or ()))
    return tuple(units.format_quantity(value, dimension, system) for value in values)


def _bias(found: Reconstructed, system: str) -> Iterator[str]:
    """What leaving restitution out would do."""
    bias = 100.0 * float(restitution_bias(found.central["restitution"]))
    each = [
        f"{vehicle} {_speed(found, f'{vehicle}.delta_v_plastic', system)} instead of {_speed(found, f'{vehicle}.delta_v', system)}"
        for vehicle in found.scene.vehicles
    ]
    yield f"without restitution delta-v would read {-bias:.0f} % low: {', '.join(each)}"


def _speed(found: Reconstructed, name: str, system: str) -> str:
    return units.format_quantity(found.central[name], "speed", system)


def as_json(found: Reconstructed) -> str:
    """Results, inputs with their sources, and notes, in SI."""
    read = found.scene
    document = {
        "name": read.name, "title": read.title, "type": read.type, "version": version(), "units": "SI",
        "samples": read.sampling.samples if read.sampling else 0,
        "results": {name: _numbers(found, name) for name in found.central},
        "restitution_bias": float(restitution_bias(found.central["restitution"])),
        "profiles": {v: {"quantiles": [0.05, 0.5, 0.95] if len(p) > 1 else None, "crush": p.tolist()}
                     for v, p in found.profiles.items()},
        "inputs": [{k: v for k, v in vars(given).items() if v != ""} for given in read.given],
        "sources": dict(read.sources), "notes": list(found.notes), "note": NOTE,
    }  # fmt: skip
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


def _numbers(found: Reconstructed, name: str) -> dict[str, float]:
    interval = found.interval(name)
    quantiles = dict(zip(("p5", "p50", "p95"), interval, strict=True)) if interval else {}
    return {"value": found.central[name], **quantiles}


# ---- files ---------------------------------------------------------------------------------------------------------------


def write(found: Reconstructed, folder: Path, system: str) -> list[Path]:
    """Write summary, inputs, JSON and figure into a folder, which may hold nothing but such files of an earlier run.

    Raises OutputError when the folder holds anything else or cannot be written.
    """
    from crashsim.output import style
    from crashsim.output.reconstruction_sheet import sheet_of

    files = [SUMMARY, INPUTS, JSON, f"{FIGURE}.svg", f"{FIGURE}.png"]
    try:
        foreign = sorted({p.name for p in folder.iterdir()} - set(files)) if folder.exists() else []
        if foreign:
            raise OutputError(f"{folder}: holds {foreign[0]}, which this command did not write; choose another folder")
        folder.mkdir(parents=True, exist_ok=True)
        write_csv(folder / SUMMARY, _summary(found, system))
        write_csv(folder / INPUTS, _inputs(found))
        (folder / JSON).write_text(as_json(found) + "\n", encoding="utf-8")
        with style.sheet_style():
            figure = sheet_of(found, system)
        for name in files[3:]:
            style.save(figure, folder / name)
    except (OSError, ValueError) as error:
        raise OutputError(f"{folder}: cannot be written: {getattr(error, 'strerror', None) or error}") from None
    return [folder / name for name in files]


def _summary(found: Reconstructed, system: str) -> Iterator[list[Any]]:
    yield ["vehicle", "quantity", "unit", "as_given", "p5", "p50", "p95"]
    for name, _, dimension in _rows(found):
        if not name:
            continue
        unit = units.display_unit(dimension, system)
        values = [found.central[name], *(found.interval(name) or (np.nan,) * 3)]
        vehicle, _, quantity = name.rpartition(".")
        shown = [f"{units.to(v, unit, dimension):.6g}" if np.isfinite(v) else "" for v in values]
        yield [vehicle, quantity, unit, *shown]


def _inputs(found: Reconstructed) -> Iterator[list[Any]]:
    yield ["path", "value", "si", "drawn", "tag", "source"]
    for given in found.scene.given:
        source = found.scene.sources.get(given.source, given.source)
        yield [
            given.path,
            given.typed,
            f"{given.si:.9g}",
            "yes" if given.random else "no",
            given.tag,
            " ".join(source.split()),
        ]
