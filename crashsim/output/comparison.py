"""Two vehicles side by side: what each is, what its front rests on, and what the head-on crash of the two does to it."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from crashsim import geometry, units
from crashsim.cases import impact_mass, loaded_structure
from crashsim.compatibility import MEASURES, compatibility
from crashsim.config.classes import vehicle_class
from crashsim.config.evidence import MEASURED, library_vehicle, own_law
from crashsim.errors import OutputError
from crashsim.output import style
from crashsim.output.views import case_numbers, case_rows
from crashsim.output.words import band, percent, quantity
from crashsim.results import BEYOND_MODEL, FAILED, Results
from crashsim.structure import Structure

SOURCED: Final = {
    "model_year": ("model_year",),
    "width": ("width",),
    "compartment_stiffness": ("front", "compartment_stiffness"),
    "bumper_bottom": ("front", "bumper_bottom"),
    "bumper_top": ("front", "bumper_top"),
}  # numbers of a vehicle, by their place in it
SHOWN: Final = (
    ("impact_mass", "impact mass", "mass"),
    ("width", "width", "length"),
    *((name, *MEASURES[name][:2]) for name in ("kw400", "mean_force")),
    ("crush_space", "crush space", "length"),
    ("compartment_stiffness", "compartment stiffness", "stiffness"),
)
STANDING: Final = ("delta_v", "risk_mais3plus", "risk_mais3plus_low", "risk_mais3plus_high")  # hold beyond the model
PULSE: Final = ("peak_acceleration", "dynamic_crush", "intrusion", "chest_3ms")
HAPPENS: Final = (
    ("delta_v", "delta-v", "speed"),
    ("peak_acceleration", "peak deceleration", "acceleration"),
    ("dynamic_crush", "crush", "length"),
    ("intrusion", "intrusion", "length"),
    ("chest_3ms", "chest, 3 ms", "acceleration"),
)
TAGS_NOTE: Final = (
    "tags: S read in the source, C computed, M from memory, M? doubtful, J judgement (crashsim show NAME has the sources); "
    "KW400 and the mean force are no better than the front they are of"
)
NOTE: Final = "model result, not a crash test: a calibrated surrogate on one line of impact"
SWEPT: Final = 0.3  # of a judged front: what the library asks to sweep it by (tag J)
Z90: Final = 1.645  # quantile of the standard normal distribution: 5 % and 95 %


@dataclass(frozen=True)
class Side:
    """One of the two: its name in the results, the resolved vehicle, impact mass [kg], front, geometric spread of the forces
    within its class (None where the front has a law of its own), and its row of the results.
    """

    column: str
    vehicle: Mapping[str, Any]
    mass: float
    front: Structure
    spread: float | None
    row: Mapping[str, Any]
    look: style.VehicleStyle

    @property
    def evidence(self) -> str:
        """Grade of the front: measured, class or judgement."""
        return str(self.vehicle["evidence"])

    @property
    def crush(self) -> float:
        """Dynamic crush in this crash [m]."""
        return float(self.row["dynamic_crush"])

    @property
    def band(self) -> tuple[float, float]:
        """Factors on the force: 90 % of a class lie between them; +-30 % of a judged front; 1 for a measured one."""
        if self.spread is not None:
            return self.spread**-Z90, self.spread**Z90
        return (1.0, 1.0) if self.evidence == MEASURED else (1.0 - SWEPT, 1.0 + SWEPT)

    @property
    def band_words(self) -> str:
        """What the band is."""
        if self.spread is not None:
            return f"5-95 % of the class {self.vehicle['class']}"
        return "none" if self.evidence == MEASURED else "±30 %, judgement"

    def number(self, *path: str) -> Mapping[str, Any]:
        """A sourced number of the vehicle, ``number("front", "crush_space")``; empty where it has none."""
        found: Any = self.vehicle
        for step in path:
            found = found.get(step) or {}
        return dict(found)


def sides(results: Results) -> tuple[Side, Side]:
    """The two vehicles of a comparison (`engine.comparison.meet`)."""
    (case,) = results.meta["named_cases"]
    numbers = case_numbers(results, case["name"])
    first, second = (_side(results, numbers, row) for row in case_rows(results, case["name"]))
    return first, second


def _side(results: Results, numbers: Mapping[str, float], row: Mapping[str, Any]) -> Side:
    column = row["vehicle"]
    vehicle = results.meta["vehicles"][column]
    own = own_law(library_vehicle(results.meta["typed"]["vehicles"][column]["use"]))
    ends = loaded_structure(numbers, column, row["end"], 1)
    front = Structure(**{field: np.asarray(values[0]) for field, values in vars(ends).items()})
    spread = None if own else vehicle_class(vehicle["class"]).front.spread
    look = style.vehicle_style(list(results.meta["vehicles"]).index(column))
    return Side(column, vehicle, float(impact_mass(numbers, column)), front, spread, row, look)


def height_match(pair: tuple[Side, Side]) -> float | None:
    """Share of the force paths that meet in height, by the middles of the bumper beams; None where one is not known."""
    first, second = (_beam_middle(side) for side in pair)
    return None if first is None or second is None else float(geometry.height_match(second - first))


def _beam_middle(side: Side) -> float | None:
    low, high = (side.number("front", edge).get("si") for edge in ("bumper_bottom", "bumper_top"))
    return None if low is None or high is None else 0.5 * (float(low) + float(high))


# ---- as text, JSON and files ------------------------------------------------------------------------------------------


def as_data(results: Results) -> dict[str, Any]:
    """Everything the table shows as plain data in SI; numbers of a vehicle with their tag, None where nothing is known."""
    pair = sides(results)
    row = pair[0].row
    meeting = {name: float(row[name]) for name in ("closing_speed", "peak_force", "mutual_crush")}
    return {
        "version": results.meta["version"],
        "title": results.meta["title"],
        "meeting": meeting
        | {"type": "head-on", "overlap": 1.0, "height_match": height_match(pair), "status": row["status"]},
        "vehicles": [_data(side) for side in pair],
        "note": NOTE,
    }


def _data(side: Side) -> dict[str, Any]:
    beyond, failed = (side.row["status"] == status for status in (BEYOND_MODEL, FAILED))
    hidden = PULSE if beyond else (*PULSE, *STANDING) if failed else ()
    crash = {name: None if name in hidden else float(side.row[name]) for name in (*STANDING, *PULSE)}
    sourced = {name: side.number(*path) for name, path in SOURCED.items()}
    known = {name: {"value": n["si"], "tag": n.get("tag", "")} if n else None for name, n in sourced.items()}
    return {
        "name": side.column,
        "title": side.vehicle["title"],
        "class": side.vehicle["class"],
        "evidence": side.evidence,
        "restraint": side.vehicle.get("restraint"),
        "impact_mass": {"value": side.mass, "tag": _mass_tag(side)},
        **_measures(side),
        "crush_space": {"value": float(side.front.crush_space), "tag": _crush_space_tag(side)},
        **known,
        "force_band": {"factors": list(side.band), "is": side.band_words},
        "crash": crash,
    }


def _measures(side: Side) -> dict[str, Any]:
    """KW400 and mean force of the front, with the tags of their definitions."""
    found = compatibility(side.front, side.mass)
    return {name: {"value": getattr(found, name), "tag": MEASURES[name][3]} for name in ("kw400", "mean_force")}


def _mass_tag(side: Side) -> str:
    """The tag of the impact mass, or those of the curb mass and of who is on board, ``S+J``."""
    return "+".join(str(side.number(n).get("tag", "")) for n in ("mass", "curb_mass", "occupants") if side.number(n))


def _crush_space_tag(side: Side) -> str:
    points = side.vehicle["front"].get("curve")
    return str((points[-1]["crush"] if points else side.number("front", "crush_space")).get("tag", ""))


def as_json(results: Results) -> str:
    """`as_data` as JSON."""
    return json.dumps(as_data(results), indent=2, ensure_ascii=False)


def told(results: Results, system: str) -> str:
    """The table: what the two are, and what their meeting does to them; a tag behind every number that has one."""
    pair, data = sides(results), as_data(results)
    rows = [("", [side.column for side in pair]), *_what(data, system), (meeting_words(pair, system), []),
            *_what_happens(results, data, system)]  # fmt: skip
    widths = [
        max(len(label) for label, cells in rows if cells),
        *(max(len(c[i]) for _, c in rows if c) for i in (0, 1)),
    ]
    lines = ["  ".join(text.ljust(w) for text, w in zip((label, *cells), widths, strict=True)).rstrip() if cells else f"\n{label}"
             for label, cells in rows]  # fmt: skip
    match = data["meeting"]["height_match"]
    said = (
        []
        if match is None
        else [
            f"height match of the bumper beams: {match:.2f} of the force paths meet (tag J); this crash leaves it aside"
        ]
    )
    return "\n".join([results.meta["title"], "", *lines, "", *(_item(text) for text in [*said, TAGS_NOTE, NOTE])])


def _item(text: str) -> str:
    return textwrap.fill(f"- {text}", 110, subsequent_indent="  ")


def _what(data: Mapping[str, Any], system: str) -> Iterator[tuple[str, list[str]]]:
    vehicles = data["vehicles"]
    years = [v["model_year"] for v in vehicles]
    yield (
        "class, model year",
        [v["class"] + (f", {y['value']:.0f}" if y else "") for v, y in zip(vehicles, years, strict=True)],
    )
    yield "evidence of the front", [v["evidence"] for v in vehicles]
    for name, label, dimension in SHOWN:
        yield label, [_sourced(v[name], dimension, system) for v in vehicles]
    yield "bumper beam", [_beam(v, system) for v in vehicles]
    yield "band of its forces", [v["force_band"]["is"] for v in vehicles]
    yield "restraint", [str(v["restraint"]) for v in vehicles]


def _sourced(known: Mapping[str, Any] | None, dimension: str, system: str) -> str:
    if known is None:
        return "-"
    value = known["value"]
    shown = (f"{units.to(value, 'N/mm', dimension):,.0f} N/mm" if dimension == "stiffness"  # as the literature has it
             else units.format_quantity(value, dimension, system, 4))  # fmt: skip
    return f"{shown} [{known['tag']}]" if known["tag"] else shown


def _beam(vehicle: Mapping[str, Any], system: str) -> str:
    low, high = vehicle["bumper_bottom"], vehicle["bumper_top"]
    if low is None or high is None:
        return "-"
    return f"{units.format_quantity(low['value'], 'length', system, 4)} to {_sourced(high, 'length', system)}"


def _what_happens(results: Results, data: Mapping[str, Any], system: str) -> Iterator[tuple[str, list[str]]]:
    crashes = [v["crash"] for v in data["vehicles"]]
    for name, label, dimension in HAPPENS:
        yield label, ["-" if crash[name] is None else quantity(crash[name], dimension, system) for crash in crashes]
    yield "risk of MAIS3+ (band of curves)", [
        "-" if np.isnan(side.row["risk_mais3plus"])
        else f"{percent(side.row['risk_mais3plus'])} {band(side.row, 'risk_mais3plus')}" for side in sides(results)
    ]  # fmt: skip


def write(results: Results, folder: Path, system: str) -> list[Path]:
    """The figure (SVG and PNG) and the table (JSON) in a folder, called after the two vehicles."""
    from crashsim.output.compare import compare  # matplotlib

    stem = "-against-".join(side.column for side in sides(results))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with style.sheet_style():
            figure = compare(results, system)
        paths = [style.save(figure, folder / f"{stem}{suffix}") for suffix in (".svg", ".png")]
        data = folder / f"{stem}.json"
        data.write_text(as_json(results) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror or error}") from None
    return [*paths, data]


def meeting_words(pair: tuple[Side, Side], system: str) -> str:
    """How the two meet: ``head-on at 97 km/h (60 mph) closing, 48 km/h (30 mph) each, full overlap``."""
    closing, each = (both(float(pair[0].row[name]), "speed", system) for name in ("closing_speed", "impact_speed"))
    status = {BEYOND_MODEL: "; beyond the model", FAILED: "; failed"}.get(pair[0].row["status"], "")
    return f"head-on at {closing} closing, {each} each, full overlap{status}"


def both(value: float, dimension: str, system: str) -> str:
    """A result in the units of both systems: ``97 km/h (60 mph)``."""
    return f"{quantity(value, dimension, system)} ({quantity(value, dimension, style.other(system))})"
