"""The library as text or JSON: what there is, and every number of an entry with its source and tag."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from crashsim import units
from crashsim.cases import impact_mass
from crashsim.config import library
from crashsim.config.classes import class_front
from crashsim.config.evidence import grade, library_vehicle, own_law
from crashsim.config.models import VehicleModel
from crashsim.config.reader import read_file
from crashsim.errors import LibraryError, UnitError, did_you_mean
from crashsim.output import compatibility
from crashsim.roads import Road

TAG_WORDS = {
    "S": "read in the source",
    "C": "computed from measured data",
    "M": "from memory, citation given, not verified",
    "M?": "doubtful: check before use",
    "J": "engineering judgement",
}


def listing(kind: str, as_json: bool = False) -> str:
    """All entries of a kind (vehicles, classes, compatibility, restraints, occupants, risk, injury, roads, studies), one a line; vehicles by class and mass."""
    rows = _TABLES[kind]() if kind in _TABLES else [_summary(kind, name) for name in _names(kind)]
    if as_json:
        return json.dumps(rows, indent=2, ensure_ascii=False)
    heads = list(rows[0])
    widths = {h: max(len(h), *(len(str(r[h])) for r in rows)) for h in heads}
    lines = ["  ".join(str(r[h]).ljust(widths[h]) for h in heads).rstrip() for r in [{h: h for h in heads}, *rows]]
    return "\n".join(lines)


def _names(kind: str) -> list[str]:
    return library.study_names() if kind == "studies" else library.names(kind)


def vehicle_rows() -> list[dict[str, str]]:
    """Name, class, impact mass, model year, evidence grade and title of every vehicle: light classes first, walls last."""
    found = {name: library_vehicle(name) for name in library.names("vehicles")}
    mass = {name: _mass(name, vehicle) for name, vehicle in found.items()}
    lightest: dict[str, float] = {}
    for name, vehicle in found.items():
        known = lightest.get(str(vehicle.vehicle_class), math.inf)
        lightest[str(vehicle.vehicle_class)] = min(known, mass[name])
    order = sorted(found, key=lambda name: (lightest[str(found[name].vehicle_class)], mass[name], name))
    return [_vehicle_row(name, found[name], mass[name]) for name in order]


def vehicle_table() -> str:
    """`vehicle_rows` as a Markdown table, for the documentation."""
    rows = vehicle_rows()
    lines = [list(rows[0]), ["---"] * len(rows[0]), *(list(row.values()) for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _vehicle_row(name: str, vehicle: VehicleModel, mass: float) -> dict[str, str]:
    shown = "rigid" if vehicle.rigid else " ".join(units.format_quantity(mass, "mass", s, 4) for s in units.SYSTEMS)
    return {
        "name": name,
        "class": str(vehicle.vehicle_class),
        "mass": shown.replace("kg ", "kg, "),
        "year": f"{vehicle.model_year.si:.0f}" if vehicle.model_year else "-",
        "evidence": "-" if vehicle.rigid else grade(vehicle),
        "title": str(vehicle.title),
    }


def _mass(name: str, vehicle: VehicleModel) -> float:
    """Mass with occupants [kg]; infinite for a wall."""
    if vehicle.rigid:
        return math.inf
    given = {n: getattr(vehicle, n) for n in ("mass", "curb_mass", "occupants")}
    return float(impact_mass({f"vehicles.{name}.{n}": q.si for n, q in given.items() if q}, name))


def _tree(kind: str, name: str) -> Mapping[str, Any]:
    tree: Mapping[str, Any] = library.find(kind, name).tree
    return tree


def _summary(kind: str, name: str) -> dict[str, Any]:
    if kind == "studies":
        tree: Mapping[str, Any] = read_file(library.study_folder() / f"{name}.yaml").tree
        return {"name": name, "title": tree["title"], "impacts": ", ".join(tree["impacts"])}
    tree = _tree(kind, name)
    if kind == "risk":
        return {"name": name, "input": tree["input"], "direction": ", ".join(tree["directions"]),
                "levels": ", ".join(tree["levels"]), "tag": tree["tag"], "title": tree["title"]}  # fmt: skip
    if kind == "injury":
        levels = dict.fromkeys(level for own in tree["levels"].values() for level in own)
        return {"name": name, "region": tree["region"], "measure": tree["measure"], "levels": ", ".join(levels),
                "dummies": ", ".join(tree["levels"]), "tag": tree["tag"], "title": tree["title"]}  # fmt: skip
    if kind == "classes":
        front = {field: number["value"] for field, number in tree["front"].items()}
        return {"name": name, "per width": front["stiffness_per_width"], "crush space": front["crush_space"],
                "spread": f"x {front['spread']}", "width": tree["width"]["value"],
                "tests of": f"{tree['first_year']['value']}-{tree['last_year']['value']}", "title": tree["title"]}  # fmt: skip
    if kind == "occupants":
        return {"name": name, "mass": tree["mass"]["value"], "head": tree["head_mass"]["value"], "title": tree["title"]}
    return {"name": name, "evidence": tree["evidence"], "title": tree["title"]}


def describe(name: str, as_json: bool = False, system: str = "si") -> str:
    """One entry of any kind: its numbers in a unit system, each with tag and source; raises LibraryError when unknown."""
    for kind in library.KINDS:
        if name in library.names(kind):
            tree = _whole(name) if kind == "vehicles" else _tree(kind, name)
            break
    else:
        if name in library.study_names():
            return (library.study_folder() / f"{name}.yaml").read_text(encoding="utf-8").rstrip()
        known = [n for kind in library.KINDS for n in library.names(kind)] + library.study_names()
        raise LibraryError(f"nothing called {units.echo(name)} in the library{did_you_mean(name, known)}; "
                           "see: crashsim list vehicles, classes, restraints, occupants, risk, injury, roads, studies")  # fmt: skip
    if as_json:
        return json.dumps(tree, indent=2, ensure_ascii=False)
    measures = ["", *compatibility.lines(name, system)] if kind == "vehicles" and not tree.get("rigid") else []
    return "\n".join([*_lines(tree, system), *measures])


def _whole(name: str) -> dict[str, Any]:
    """A vehicle file with its evidence grade and, where it has none of its own, the law of its class in the front."""
    tree, vehicle = dict(_tree("vehicles", name)), library_vehicle(name)
    if vehicle.rigid:
        return tree
    found = tree | {"evidence": grade(vehicle)}
    if own_law(vehicle) or vehicle.vehicle_class not in library.names("classes"):
        return found
    key = f"class {vehicle.vehicle_class}"
    law = {field: {"value": q.typed, "source": key, "tag": q.tag} for field, q in class_front(vehicle) if q is not None}
    citation = f"the law of the class, each number with its own source in data/classes/{vehicle.vehicle_class}.yaml"
    return found | {"front": law | tree.get("front", {}), "sources": tree["sources"] | {key: citation}}


def _lines(tree: Mapping[str, Any], system: str) -> Iterator[str]:
    yield f"{tree['name']}: {tree['title']}"
    for key in (
        "class",
        "evidence",
        "restraint",
        "region",
        "measure",
        "unit",
        "form",
        "input",
        "input_unit",
        "population",
        "notes",
    ):
        if key in tree:
            yield from _wrapped(f"{key}: {tree[key]}")
    yield ""
    numbers = list(_numbers(tree, ""))
    width = max((len(path) for path, _ in numbers), default=0)
    shown = [(path, _display(number["value"], system), number) for path, number in numbers]
    value_width = max((len(text) for _, text, _ in shown), default=0)
    for path, text, number in shown:
        span = " to ".join(_display(end, system) for end in number.get("range", ()))
        told = f"{number.get('source', '')}{f' ({span})' * bool(span)}"
        yield f"{path.ljust(width)}  {text.rjust(value_width)}  [{number.get('tag', '-')}] {told}".rstrip()
    yield from _levels(tree.get("levels") or {})
    yield from _levels(tree.get("errors") or {}, "standard errors of ")
    if "ensemble" in tree:
        ensemble = tree["ensemble"]
        yield from _wrapped(f"weight in the ensemble: {ensemble['weight']} [{ensemble['tag']}] {ensemble['source']}")
    if isinstance(tree.get("valid"), dict):
        valid = tree["valid"]
        yield from _wrapped(
            f"valid: {valid.get('from', 0)} to {valid['to']} [{valid.get('tag', '-')}] {valid.get('source', '')}"
        )
    if isinstance(tree.get("source"), str):
        yield from _wrapped(f"source [{tree.get('tag', '-')}]: {tree['source']}")
    if tree.get("sources"):
        yield ""
        yield "sources"
        for key, citation in tree["sources"].items():
            yield from _wrapped(f"{key}: {citation}", "  ")
    tags = sorted({n["tag"] for _, n in numbers if "tag" in n})
    if tags:
        yield ""
        yield "tags: " + "; ".join(f"{t} {TAG_WORDS[t]}" for t in tags)


def _levels(tree: Mapping[str, Any], holder: str = "") -> Iterator[str]:
    """The coefficients of every level, of an injury function for each dummy."""
    for level, terms in tree.items():
        if all(isinstance(term, dict) for term in terms.values()):
            yield from _levels(terms, f"{level} ")
        else:
            yield f"{holder}{level}: " + ", ".join(f"{k} {v}" for k, v in terms.items())


def _numbers(tree: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for key, value in tree.items():
        if isinstance(value, dict) and "value" in value:
            yield prefix + key, value
        elif isinstance(value, dict) and key not in ("sources", "levels", "valid"):
            yield from _numbers(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            for i, item in enumerate(value):
                if isinstance(item, dict):
                    yield from ((f"{prefix}{key}[{i}].{k}", v if isinstance(v, dict) else {"value": v})
                                for k, v in item.items())  # fmt: skip


def _display(typed: object, system: str) -> str:
    """A typed quantity in the units of a system; as typed when it is a plain number or text."""
    for dimension in units.DIMENSIONS:
        if dimension in ("ratio", "number"):
            continue
        try:
            return units.format_quantity(units.parse(typed, dimension), dimension, system)
        except UnitError:
            continue
    return str(typed)


def _wrapped(text: str, indent: str = "") -> Iterator[str]:
    import textwrap

    yield from textwrap.wrap(" ".join(text.split()), 110, initial_indent=indent, subsequent_indent=indent + "  ")


def road_rows() -> list[dict[str, str]]:
    """Every road by its limit: travel speed, and the 5, 50 and 95 % of the speed at contact."""
    return [_road_row(road) for road in library.roads().values()]


def _road_row(road: Road) -> dict[str, str]:
    low, middle, high = (f"{v / units.MPH:.0f}" for v in road.impact.quantile(np.array([0.05, 0.5, 0.95])))
    return {
        "name": road.name,
        "travel": f"{road.travel_mean / units.MPH:.1f} +- {road.travel_sd / units.MPH:.1f} mph",
        "at contact": f"{middle} mph ({low} to {high})",
        "title": road.title,
    }


_TABLES = {"vehicles": vehicle_rows, "compatibility": compatibility.rows, "roads": road_rows}
