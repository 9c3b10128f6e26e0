"""The compatibility measures of library vehicles as text: one vehicle, or all of them side by side."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from functools import cache

from crashsim import units
from crashsim.compatibility import MEASURES, Compatibility, ahof400, compatibility
from crashsim.config import library
from crashsim.config.fronts import library_front

SHOWN = ("mass", "kw400", "ahof400", "bumper_height", "dynamic_crush", "mean_force", "peak_force")


def of_vehicle(name: str) -> Compatibility:
    """The measures of a vehicle of the library: of its curve, and AHOF400 of its load-cell wall test where there was one.

    Raises LibraryError for an unknown vehicle and for a rigid wall.
    """
    front = library_front(name)
    rows = _row_work().get(name)
    height = ahof400([h for h, _ in rows], [w for _, w in rows]) if rows else math.nan
    return compatibility(front.structure, front.mass, ahof=height, bumper_height=front.bumper_height)


def of_library() -> dict[str, Compatibility]:
    """The measures of every vehicle of the library that has a front, by name."""
    names = library.names("vehicles")
    return {name: of_vehicle(name) for name in names if not library.find("vehicles", name).tree.get("rigid")}


def rows(system: str = "si") -> list[dict[str, str]]:
    """One row per vehicle in the units of a system, for a table."""
    return [
        {"name": name, **{MEASURES[m][0]: _text(getattr(found, m), MEASURES[m][1], system) for m in SHOWN}}
        for name, found in of_library().items()
    ]


def lines(name: str, system: str) -> Iterator[str]:
    """The measures of a vehicle, one a line, each with the tag and the words of its definition."""
    found = of_vehicle(name)
    known = {m: _text(getattr(found, m), MEASURES[m][1], system) for m in MEASURES if math.isfinite(getattr(found, m))}
    width = max(len(MEASURES[m][0]) for m in known)
    wide = max(map(len, known.values()))
    yield "compatibility, of the front's curve against a rigid wall"
    for measure, text in known.items():
        label, _, words, tag = MEASURES[measure]
        yield f"  {label.ljust(width)}  {text.rjust(wide)}  [{tag}] {words}"


def _text(value: float, dimension: str, system: str) -> str:
    """A stiffness in N/mm, as the literature has it; all else in the units of the system."""
    if not math.isfinite(value):
        return "-"
    if dimension == "stiffness" and system == "si":
        return f"{units.to(value, 'N/mm', dimension):,.0f} N/mm"
    return units.format_quantity(value, dimension, system)


@cache
def _row_work() -> dict[str, list[tuple[float, float]]]:
    """Height [m] and work [J] of each row of load cells, by vehicle."""
    found: dict[str, list[tuple[float, float]]] = {}
    with (library.PACKAGE / "data" / "measured" / "row-forces.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(line for line in handle if not line.startswith("#")):
            found.setdefault(row["vehicle"], []).append((1e-3 * float(row["height_mm"]), 1e3 * float(row["work_kJ"])))
    return found
