"""Text -> Study: read, merge library vehicles, validate, and report every problem at once with its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from crashsim.cases import ASKED, Impact, Study
from crashsim.config import library
from crashsim.config.checks import check_impact
from crashsim.config.models import ImpactModel, Quantity, StudyModel, VehicleModel, field_names
from crashsim.config.named import named_cases
from crashsim.config.reader import Document, Mark, read_file
from crashsim.config.sweep import read_axes
from crashsim.errors import ConfigError, LibraryError, Problem, did_you_mean
from crashsim.structure import COMPARTMENT_RANGE, SOFT_SHARE
from crashsim.units import echo, kind

OCCUPANT_AGE: Final = 40.0  # years, where a curve asks for an age and the study gives none (tag J)

Tree = dict[str, Any]
Place = tuple[str | int, ...]

# Fields that say the same thing in two ways: what a study gives replaces the library's.
_ALTERNATIVES: Final = (({"mass"}, {"curb_mass", "occupants"}),)
_FACE_ALTERNATIVES: Final = (({"curve"}, {"stiffness", "plateau", "plateau_slope", "crush_space"}),)


class Draft:
    """A study being validated: where each value came from, and the problems found so far."""

    def __init__(self, document: Document, beside: Path | None) -> None:
        self.document = document
        self.beside = beside
        self.problems: list[Problem] = []

    def report(self, path: Place, message: str, *, key: bool = False) -> None:
        """Note a problem at a path of the study."""
        self.problems.append(self.document.problem(path, message, key=key))


def load_study(source: str | Path | Mapping[str, Any]) -> Study:
    """Read and validate a study: a file, the name of a shipped study, or a mapping of the same shape.

    Raises
    ------
    ConfigError
        Everything that is wrong with it, each with file, line and column.
    LibraryError
        No such study.
    """
    if isinstance(source, Mapping):
        return _study(_document(source), None)
    path = library.study_path(str(source))
    return _study(read_file(path), path.resolve().parent)


def _document(tree: Mapping[str, Any]) -> Document:
    """A study given as a mapping: problems have a path but no line."""
    text = json.dumps(tree, indent=2, default=str)
    return Document("study", text, dict(tree), {(): Mark(0, 0)}, {})


def _study(document: Document, beside: Path | None) -> Study:
    draft = Draft(document, beside)
    tree = {**document.tree, "vehicles": _with_library(draft)}
    model = _validate(draft, tree)
    impacts = tuple(_impacts(draft, model)) if model else ()
    if not draft.problems:
        for impact in impacts:
            check_impact(impact, draft.report)
    named = named_cases(model.output.pulses, impacts, draft.report) if model and not draft.problems else ()
    if draft.problems or model is None:
        raise ConfigError(dict.fromkeys(draft.problems))
    return Study(
        name=model.name, title=model.title, question=model.question,
        vehicles={name: _plain(v) for name, v in model.vehicles.items()},
        impacts=impacts, named_cases=named, risk=_risk(model), units=model.output.units,
        typed=document.tree, source=document.text, judgement=_judgement(model, impacts),
    )  # fmt: skip


# ---- vehicles from the library ------------------------------------------------------------------------------------


def _with_library(draft: Draft) -> object:
    """The study's vehicles, each on top of the library vehicle that it uses."""
    vehicles = draft.document.tree.get("vehicles")
    if not isinstance(vehicles, dict):
        return vehicles
    return {name: _on_library(draft, name, given) for name, given in vehicles.items()}


def _on_library(draft: Draft, name: str, given: object) -> object:
    if not isinstance(given, dict) or not isinstance(given.get("use"), str):
        return given
    try:
        base = library.find("vehicles", given["use"], draft.beside)
    except LibraryError as error:
        draft.report(("vehicles", name, "use"), str(error))
        return given
    except ConfigError as error:
        draft.problems.extend(error.problems)
        return given
    try:
        VehicleModel.model_validate(base.tree)
    except ValidationError as error:
        draft.problems += [_problem(base, e, VehicleModel, ()) for e in error.errors(include_input=False)]
        return given
    return _merged(base.tree, given)


def _merged(base: Tree, given: Tree) -> Tree:
    merged = _replace(base, given, _ALTERNATIVES)
    for face in ("front", "rear"):
        if isinstance(base.get(face), dict) and isinstance(given.get(face), dict):
            merged[face] = _replace(base[face], given[face], _FACE_ALTERNATIVES)
    return merged


def _replace(base: Tree, given: Tree, alternatives: tuple[tuple[set[str], set[str]], ...]) -> Tree:
    dropped: set[str] = set()
    for one, other in alternatives:
        # A lone crush_space on a measured curve is no new law: it stays beside the curve and is refused as a conflict.
        if one & given.keys():
            dropped |= other
        elif other <= given.keys() | {"plateau_slope"}:
            dropped |= one
    return {**{k: v for k, v in base.items() if k not in dropped}, **given}


# ---- pydantic's errors in crashsim's words --------------------------------------------------------------------------


def _validate(draft: Draft, tree: Tree) -> StudyModel | None:
    try:
        return StudyModel.model_validate(tree)
    except ValidationError as error:
        for e in error.errors(include_input=False):
            draft.problems.append(_problem(draft.document, e, StudyModel, ()))
        return None


_MESSAGES: Final = {
    "string_type": "expected a text",
    "dict_type": "expected a mapping",
    "model_type": "expected a mapping",
    "list_type": "expected a list",
    "bool_type": "expected true or false",
}


def _problem(document: Document, error: Any, model: type, prefix: Place) -> Problem:
    """One pydantic error as a Problem with the place in the file."""
    path: Place = prefix + tuple(p for p in error["loc"] if p != "[key]")
    got = f"got {kind(_value(document, path))}, "
    context = error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            known = field_names(path[:-1]) if model is StudyModel else [f.alias or n for n, f in _fields(model)]
            listed = f" (known: {', '.join(known)})" if known else ""
            return document.problem(path, f"unknown field{did_you_mean(str(path[-1]), known)}{listed}", key=True)
        case "missing":
            return document.problem(path, "missing")
        case "literal_error":
            value = _value(document, path)
            words = [w.strip("'") for w in str(context["expected"]).replace(" or ", ", ").split(", ")]
            shown = echo(value) if isinstance(value, str) else kind(value)
            hint = did_you_mean(value, words) if isinstance(value, str) else ""
            return document.problem(path, f"got {shown}, expected {' or '.join(words)}{hint}")
        case "string_pattern_mismatch":
            return document.problem(path, "expected a name of lower-case letters, digits, - and _ (at most 64)")
        case "string_too_long":
            return document.problem(path, f"expected at most {context['max_length']} characters")
        case "too_short":
            return document.problem(path, f"got {context['actual_length']} entries, expected at least {context['min_length']}")
        case "too_long":
            return document.problem(path, f"got too many entries, expected at most {context['max_length']}")
        case other:
            return document.problem(path, got + _MESSAGES[other] if other in _MESSAGES else str(error["msg"]))


def _value(document: Document, path: Place) -> object:
    value: Any = document.tree
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _fields(model: type) -> Any:
    return getattr(model, "model_fields", {}).items()


# ---- impacts ----------------------------------------------------------------------------------------------------------


def _impacts(draft: Draft, model: StudyModel) -> list[Impact]:
    built = [_impact(draft, model, name, impact) for name, impact in model.impacts.items()]
    return [impact for impact in built if impact is not None]


def _impact(draft: Draft, model: StudyModel, name: str, impact: ImpactModel) -> Impact | None:
    where = ("impacts", name)
    before = len(draft.problems)
    between = impact.between or list(model.vehicles)
    if len(between) != 2:
        draft.report(where, f"expected between: [.., ..], since the study has {len(model.vehicles)} vehicles")
        return None
    for i, vehicle in enumerate(between):
        if vehicle not in model.vehicles:
            place = (*where, "between", i)
            draft.report(place, f"no vehicle called {echo(vehicle)}{did_you_mean(vehicle, model.vehicles)} "
                         f"(known: {', '.join(model.vehicles)})")  # fmt: skip
    if len(draft.problems) > before:
        return None
    a, b = (model.vehicles[v] for v in between)
    _check_pair(draft, where, impact, between, bool(a.rigid), bool(b.rigid))
    faces = ("front", "rear" if impact.type == "rear-end" else "front")
    numbers: dict[str, float] = {}
    for vehicle, face in zip(between, faces, strict=True):
        numbers |= _vehicle_numbers(draft, vehicle, model.vehicles[vehicle], face)
    numbers |= {f"speed.{v}": q.si for v, q in impact.speed.items() if v in between}
    restitution = impact.restitution
    if isinstance(restitution, Quantity):
        numbers["restitution"], restitution = restitution.si, ASKED
    if len(draft.problems) > before:
        return None
    axes = read_axes(impact.sweep, (*where, "sweep"), numbers, draft.report)
    return Impact(name, impact.type, (between[0], between[1]), numbers, axes,
                  (bool(a.rigid), bool(b.rigid)), restitution)  # fmt: skip


def _check_pair(draft: Draft, where: Place, impact: ImpactModel, between: list[str], wall_a: bool, wall_b: bool) -> None:
    if between[0] == between[1]:
        draft.report((*where, "between"), "a vehicle cannot hit itself; give it a second name under vehicles")
    if wall_a:
        draft.report((*where, "between"), f"{between[0]} is rigid: the first of the two must be a vehicle")
    if (impact.type == "wall") != wall_b:
        expected = "a rigid wall (use: rigid-wall)" if impact.type == "wall" else "a vehicle; for a wall, type: wall"
        draft.report((*where, "between") if impact.between else (*where, "type"),
                     f"{between[1]} is {'rigid' if wall_b else 'a vehicle'}, expected {expected}")  # fmt: skip
    moving = [v for v, wall in zip(between, (wall_a, wall_b), strict=True) if not wall]
    for vehicle in moving:
        if vehicle not in impact.speed:
            draft.report((*where, "speed"), f"missing the speed of {vehicle} (0 mph if it stands)")
    for vehicle in impact.speed:
        if vehicle not in moving:
            draft.report((*where, "speed", vehicle), f"{echo(vehicle)} does not move in this impact"
                         f"{did_you_mean(vehicle, moving)}", key=True)  # fmt: skip


_NEEDED: Final = ("compartment_stiffness", "unloading_stiffness")
_LAW: Final = ("stiffness", "plateau", "crush_space")


def _vehicle_numbers(draft: Draft, name: str, vehicle: VehicleModel, face: str) -> dict[str, float]:
    """Every number of a vehicle that the kernel can need, by path; reports what is missing or contradicts itself."""
    if vehicle.rigid:
        return {}
    where: Place = ("vehicles", name)
    numbers: dict[str, float] = {}
    if vehicle.mass is not None and (vehicle.curb_mass is not None or vehicle.occupants is not None):
        draft.report((*where, "curb_mass"), "mass is the impact mass with occupants: give mass, or curb_mass and occupants")
    elif vehicle.mass is None and (vehicle.curb_mass is None or vehicle.occupants is None):
        draft.report((*where, "mass"), "missing: expected mass (with occupants), or curb_mass and occupants")
    structure = getattr(vehicle, face)
    if structure is None:
        draft.report((*where, face), f"missing: the {face} of {name} is loaded in this study")
        return numbers
    place = (*where, face)
    given = {k for k in (*_LAW, "plateau_slope") if getattr(structure, k) is not None}
    if structure.curve is not None and given:
        draft.report((*place, sorted(given)[0]), f"{' and '.join(sorted(given))} stand beside a curve: give a whole new law "
                     f"({', '.join(_LAW)}) or a new curve")  # fmt: skip
    for field in (*(() if structure.curve is not None else _LAW), *_NEEDED):
        if getattr(structure, field) is None:
            draft.report((*place, field), "missing")
    return _leaves(vehicle, f"vehicles.{name}.", face)


def _leaves(vehicle: VehicleModel, prefix: str, face: str) -> dict[str, float]:
    own = {n: q for n in ("mass", "curb_mass", "occupants") if (q := getattr(vehicle, n)) is not None}
    structure = getattr(vehicle, face)
    numbers = {prefix + n: q.si for n, q in own.items()}
    defaults = {"compartment_range": COMPARTMENT_RANGE, "unloading_soft_share": SOFT_SHARE}
    numbers |= {f"{prefix}{face}.{n}": v for n, v in defaults.items()}
    for n in type(structure).model_fields:
        value = getattr(structure, n)
        if isinstance(value, Quantity):
            numbers[f"{prefix}{face}.{n}"] = value.si
    for i, point in enumerate(structure.curve or ()):
        numbers[f"{prefix}{face}.curve.{i}.crush"] = point.crush.si
        numbers[f"{prefix}{face}.curve.{i}.force"] = point.force.si
    return numbers


# ---- the rest of the study ------------------------------------------------------------------------------------------


def _risk(model: StudyModel) -> dict[str, float | bool | None]:
    age, factor, belted = model.risk.occupant_age, model.risk.delta_v_correction, model.risk.belted
    return {"belted": None if isinstance(belted, str) else belted, "occupant_age": age.si if age else OCCUPANT_AGE, "delta_v_correction": factor.si if factor else None}


def _plain(vehicle: VehicleModel) -> dict[str, Any]:
    """A vehicle as plain data: every quantity with its SI value, text, source and tag."""

    def plain(value: Any) -> Any:
        if isinstance(value, Quantity):
            return {k: v for k, v in vars(value).items() if v != ""}
        if isinstance(value, list):
            return [plain(v) for v in value]
        if hasattr(value, "model_fields_set"):
            return {f.alias or n: plain(getattr(value, n)) for n, f in type(value).model_fields.items()
                    if getattr(value, n) is not None}  # fmt: skip
        return value

    result: dict[str, Any] = plain(vehicle)
    return result


def _judgement(model: StudyModel, impacts: tuple[Impact, ...]) -> tuple[str, ...]:
    """Paths of the inputs that rest on judgement (tag J or M?) among those that the impacts use."""
    used = {path for impact in impacts for path in impact.numbers}
    found = []
    for name, vehicle in model.vehicles.items():
        holders = [(f"vehicles.{name}.", vehicle)]
        holders += [(f"vehicles.{name}.{face}.", getattr(vehicle, face)) for face in ("front", "rear")]
        for prefix, holder in holders:
            for field in type(holder).model_fields if holder is not None else ():
                value = getattr(holder, field)
                if isinstance(value, Quantity) and value.tag in ("J", "M?") and prefix + field in used:
                    found.append(prefix + field)
    return tuple(found)
