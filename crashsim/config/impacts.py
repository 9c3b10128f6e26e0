"""The impacts of a study: which two vehicles meet, how fast, and every number that the crash needs, by path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from crashsim import geometry
from crashsim.cases import ASKED, BUMPERS, FRONT, GIVEN, SIDE, SQUARE, STRUCK, Impact
from crashsim.config.distributions import OF_ROADS
from crashsim.config.draft import Draft
from crashsim.config.fields import Place, Quantity, closest, listed, nearest
from crashsim.config.models import ImpactModel, VehicleModel
from crashsim.config.occupants import check_parts
from crashsim.config.sweep import read_axes
from crashsim.config.vehicles import FACES, JUDGED, check_complete, quantities
from crashsim.errors import did_you_mean
from crashsim.units import echo

Vehicles = Mapping[str, VehicleModel]

_GEOMETRY: Final = {"overlap": Quantity(1.0, "100 %", "ratio"), "height_offset": Quantity(0.0, "0 cm", "length")} | {
    name: Quantity(value, f"{value:g}", "ratio", "docs/geometry.md", tag) for name, (value, tag) in geometry.HEURISTICS.items()
}  # fmt: skip


@dataclass(frozen=True)
class Read:
    """An impact and the quantities behind its numbers, which remember the units they were typed in.

    ``unasked``: the paths whose spread the study did not give.
    """

    impact: Impact
    typed: Mapping[str, Quantity]
    unasked: frozenset[str] = frozenset()


def read_impact(draft: Draft, name: str, model: ImpactModel, vehicles: Vehicles) -> Read | None:
    """One impact; None when it or one of its vehicles has a problem, all of which the draft then has."""
    place: Place = ("impacts", name)
    between = _between(draft, place, model, vehicles)
    if between is None or model.type is None:
        _check_sweep_alone(draft, name, model, vehicles)
        return None
    faces = (FRONT, STRUCK.get(model.type, FRONT))
    typed: dict[str, Quantity] = {}
    for vehicle, face in zip(between, faces, strict=True):
        check_complete(draft, vehicle, vehicles[vehicle], face)
        if face == FRONT:
            check_parts(draft, vehicle, vehicles[vehicle])
        typed |= quantities(vehicle, vehicles[vehicle], face)
    rigid = _check_pair(draft, place, model, between, vehicles)
    meeting = _meeting(draft, place, model, between, typed)
    typed |= _own_quantities(model, between)
    numbers = {path: quantity.si for path, quantity in typed.items()}
    axes = read_axes(draft, name, model.sweep, typed)
    if not all(map(draft.is_sound, (place, *(("vehicles", vehicle) for vehicle in between)))):
        return None
    restitution = model.restitution if isinstance(model.restitution, str) else ASKED
    return Read(Impact(name, model.type, (between[0], between[1]), numbers, axes, rigid, restitution, meeting), typed)


def _between(draft: Draft, place: Place, model: ImpactModel, vehicles: Vehicles) -> Sequence[str] | None:
    """The two vehicles that meet; None when that is not clear."""
    if draft.is_broken((*place, "between")) or draft.is_broken(("vehicles",)):
        return None
    declared = draft.value(("vehicles",))
    names = list(declared) if isinstance(declared, dict) else []  # with those that are broken
    between = names if model.between is None else model.between
    if len(between) != 2:
        draft.report((*place, "between"), f"missing, expected which two of {listed(names)} meet")
        return None
    for i, vehicle in enumerate(between):
        if vehicle not in names:
            draft.report((*place, "between", i), f"no vehicle called {echo(vehicle)}{nearest(vehicle, names)}")
    if between[0] == between[1]:
        draft.report((*place, "between"), "a vehicle cannot hit itself; for two of a kind, list it twice in vehicles")
    return between if draft.is_sound((*place, "between")) and all(v in vehicles for v in between) else None


def _check_sweep_alone(draft: Draft, name: str, model: ImpactModel, vehicles: Vehicles) -> None:
    """Read a sweep though it is not clear what it sweeps: mistakes in its ranges do not wait for the next try."""
    typed = _own_quantities(model, list(vehicles)) | {f"speed.{v}": q for v, q in model.speed.items()}
    for vehicle in vehicles:
        for face in FACES:
            typed |= quantities(vehicle, vehicles[vehicle], face)
    read_axes(draft, name, model.sweep, typed)


def _own_quantities(model: ImpactModel, vehicles: Sequence[str]) -> dict[str, Quantity]:
    own = {f"speed.{v}": q for v, q in model.speed.items() if v in vehicles}
    own |= {"restitution": model.restitution} if isinstance(model.restitution, Quantity) else {}
    if model.overlap is None and model.height_offset is None:
        return own
    given = {name: getattr(model, name) for name in _GEOMETRY}
    return own | {name: default if given[name] is None else given[name] for name, default in _GEOMETRY.items()
                  if not isinstance(given[name], str)}  # fmt: skip


# ---- how two ends meet ---------------------------------------------------------------------------------------------


def _meeting(
    draft: Draft, place: Place, model: ImpactModel, between: Sequence[str], typed: Mapping[str, Quantity]
) -> str:
    """Whether the two ends meet squarely, as given, or with the heights of their bumper beams; what is wrong is reported."""
    given = [name for name in _GEOMETRY if getattr(model, name) is not None]
    offered = {SIDE: (), "wall": [n for n in _GEOMETRY if n != "height_offset"]}.get(str(model.type), list(_GEOMETRY))
    for name in given:
        if name not in offered:
            why = "the heights of bumper and sill decide" if model.type == SIDE else "a wall has no height"
            draft.report((*place, name), f"changes nothing in a {model.type} impact: {why}; leave it out", key=True)
    if model.type == SIDE:
        return GIVEN
    if model.height_offset == BUMPERS:
        _check_beams(draft, place, model, between, typed)
        return BUMPERS
    if model.overlap is None and model.height_offset is None:
        for name in given:
            draft.report((*place, name), "does nothing without overlap or height_offset; leave it out", key=True)
        return SQUARE
    return GIVEN


def judged_meetings(reads: Sequence[Read]) -> tuple[str, ...]:
    """The numbers of impacts, such as ``impacts.head-on.struck_side``, that rest on judgement, and the roads, ``roads.us-35``."""
    typed = [(f"impacts.{read.impact.name}.", path, q) for read in reads for path, q in read.typed.items()]
    numbers = (impact + path for impact, path, q in typed if path in _GEOMETRY and q.tag in JUDGED)
    return (*numbers, *dict.fromkeys(q.source for _, _, q in typed if q.source.startswith(OF_ROADS)))


def _check_beams(
    draft: Draft, place: Place, model: ImpactModel, between: Sequence[str], typed: Mapping[str, Quantity]
) -> None:
    ends = zip(between, (FRONT, STRUCK.get(str(model.type), FRONT)), strict=True)
    paths = [f"vehicles.{v}.{face}.bumper_{edge}" for v, face in ends for edge in ("bottom", "top")]
    lacking = [path for path in paths if path not in typed]
    if lacking:
        draft.report(
            (*place, "height_offset"), f"bumpers needs {listed(lacking)}; give it, or height_offset as a length"
        )


def _check_pair(
    draft: Draft, place: Place, model: ImpactModel, between: Sequence[str], vehicles: Vehicles
) -> tuple[bool, bool]:
    """Check walls and speeds; returns which of the two is a rigid wall."""
    first, second = (bool(vehicles[v].rigid) for v in between)
    if draft.is_sound(("vehicles", between[0])) and draft.is_sound(("vehicles", between[1])):
        wrong = _wrong_walls(model, between, (first, second))
        if wrong:
            draft.report((*place, "between") if model.between else (*place, "type"), wrong)
        else:
            _check_speeds(draft, place, model, between[:1] if second else between)
    return first, second


def _wrong_walls(model: ImpactModel, between: Sequence[str], rigid: tuple[bool, bool]) -> str:
    """What is wrong with the walls among the two, or an empty text."""
    if rigid[0]:
        return f"{between[0]} is a rigid wall: the first of the two must be a vehicle that moves"
    if model.type == "wall" and not rigid[1]:
        return f"{between[1]} is no wall, expected a vehicle and a rigid wall (one with use: rigid-wall)"
    if model.type != "wall" and rigid[1]:
        return f"{between[1]} is a rigid wall, expected two vehicles (or type: wall)"
    return ""


def _check_speeds(draft: Draft, place: Place, model: ImpactModel, moving: Sequence[str]) -> None:
    unknown = [v for v in model.speed if v not in moving]
    for vehicle in unknown:
        hint = did_you_mean(vehicle, moving) or f"; only {' and '.join(moving)} can have a speed"
        draft.report((*place, "speed", vehicle), f"{echo(vehicle)} does not move here{hint}", key=True)
    meant = {closest(vehicle, moving) for vehicle in unknown}
    for vehicle in moving:
        where = (*place, "speed", vehicle)
        if vehicle not in model.speed and vehicle not in meant and not draft.is_broken(where):
            draft.report(where, "missing, expected its speed over ground (0 mph if it stands)")
