"""Checks over all cases of an impact: a sweep may make wrong what the numbers as typed were right about."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crashsim import momentum, restraint, structure
from crashsim.cases import ASKED, SQUARE, Axis, Cases, Impact, build
from crashsim.config.draft import Draft
from crashsim.config.fields import Place, in_unit_of
from crashsim.config.impacts import Read
from crashsim.config.models import place_of, swept_number
from crashsim.structure import Structure

CHUNK: Final = 50_000
FEW: Final = 5_000  # cases that are checked one by one; beyond, only as many as each check needs
MOST: Final = 1_000_000  # points of a grid that are looked at where each is quick
DRAWN: Final = (
    50_000  # cases with random numbers that are checked; the engine refuses an impossible one that comes later
)
LEAST_DRAWN: Final = 64  # of them at each point of a grid
MOST_TOLD: Final = 6  # numbers of a case in a message

# The fields that can cause a fault which `structure.faults` names by one of them; a point of a curve goes first.
_CAUSES: Final = {
    "curve": ("curve.0.crush", "curve.0.force"),
    "stiffness": ("curve.1.force", "stiffness"),
    "crush_space": ("crush_space", "plateau", "stiffness"),
    "plateau_slope": ("plateau_slope", "stiffness"),
    "unloading_stiffness": ("unloading_stiffness", "compartment_stiffness", "stiffness", "plateau_slope", "curve"),
}

Mask = NDArray[np.bool_]


def check_cases(draft: Draft, read: Read) -> None:
    """Report what is physically impossible in any case of an impact, with the first such case.

    Spreads that the study did not give are left to the engine, and so is what they need to be drawn.
    """
    given = tuple(number for number in read.impact.random if number.path not in read.unasked)
    read = replace(read, impact=replace(read.impact, random=given))
    impact = replace(read.impact, meeting=SQUARE)
    whole = [build(impact)] if impact.count <= FEW else None
    possible = _check_collision(draft, read, whole or _chunks(_only(impact, "speed.")))
    for i, (vehicle, face, rigid) in enumerate(zip(impact.between, impact.faces, impact.rigid, strict=True)):
        if not rigid:
            prefix = f"vehicles.{vehicle}.{face}."
            possible &= _check_structure(draft, read, i, prefix, whole or _chunks(_only(impact, prefix)))
            prefix = f"vehicles.{vehicle}."
            possible &= _check_bodies(draft, read, i, prefix, whole or _chunks(_only(impact, prefix)))
    if possible and read.impact.meeting != SQUARE:
        whole = [build(read.impact)] if impact.count <= FEW else None
        possible = _check_meeting(draft, read, whole or _chunks(_sample(read.impact)))
    if impact.restitution == ASKED and possible:
        _check_restitution(draft, read, whole or _chunks(_sample(read.impact)))


def _check_collision(draft: Draft, read: Read, chunks: Iterable[Cases]) -> bool:
    impact, (first, second) = read.impact, read.impact.between
    for cases in chunks:
        apart = cases.closing_speed <= 0.0
        if np.any(apart):
            rules = {
                "rear-end": f"{first}, which strikes, must be faster than {second}",
                "head-on": "at least one of the two must move",
                "wall": f"{first} must move",
                "side": f"{first}, which strikes, must move",
            }
            speeds = [f"speed.{v}" for v, wall in zip(impact.between, impact.rigid, strict=True) if not wall]
            case = _case(read, cases, int(np.argmax(apart)), "speed.")
            draft.report(_place(draft, impact, speeds), f"no collision: {rules[impact.type]}{case}")
            return False
    return True


def _check_structure(draft: Draft, read: Read, i: int, prefix: str, chunks: Iterable[Cases]) -> bool:
    is_curve = prefix + "curve.0.crush" in read.impact.numbers
    for cases in chunks:
        loaded = cases.structures[i]
        found = structure.faults(loaded, minimum_rise=structure.MINIMUM_RISE)
        for field, wrong, expected in found:
            case = int(np.argmax(wrong))
            one = Told(_one(loaded, case), is_curve, lambda si, name: _said(read, prefix + name, si))
            point, message = _FAULTS[field](one) if field in _FAULTS else ((), f"expected {expected}")
            causes = [prefix + name for name in (*point, *_CAUSES.get(field, (field,)))]
            known = [path for path in causes if swept_number(path) and ("curve." in path) <= is_curve]
            draft.report(_place(draft, read.impact, known), message + _case(read, cases, case, prefix))
        if found:
            return False
    return True


def _check_meeting(draft: Draft, read: Read, chunks: Iterable[Cases]) -> bool:
    """The structures as they meet: what overlap, ride height and sill have made of sound ones."""
    impact = read.impact
    for cases in chunks:
        for vehicle, face, ends in zip(impact.between, impact.faces, cases.structures, strict=True):
            for field, wrong, expected in structure.faults(ends, minimum_rise=structure.MINIMUM_RISE):
                name = "sill_plateau" if field == "crush_space" else field
                place = _place(draft, impact, [f"vehicles.{vehicle}.{face}.{name}"])
                case = _case(read, cases, int(np.argmax(wrong)))
                draft.report(place, f"as the two meet in {impact.name}: expected {expected}{case}")
                return False
    return True


def _check_bodies(draft: Draft, read: Read, i: int, prefix: str, chunks: Iterable[Cases]) -> bool:
    """Engine and occupant; what their fields refuse by themselves cannot be wrong here."""
    for cases in chunks:
        found = restraint.faults(cases.bodies[i], cases.mass[:, i])
        for column, wrong, _ in found:
            case = int(np.argmax(wrong))
            causes = [prefix + name for name in _BODY_FAULTS[column] if prefix + name in read.impact.numbers]
            columns = {"mass": cases.mass[:, i], **cases.bodies[i]}
            one = {n: float(np.broadcast_to(value, cases.closing_speed.shape)[case]) for n, value in columns.items()}
            message = _body_message(column, one, lambda si, name: _said(read, prefix + name, si))
            draft.report(_place(draft, read.impact, causes), message + _case(read, cases, case, prefix))
        if found:
            return False
    return True


def _check_restitution(draft: Draft, read: Read, chunks: Iterable[Cases]) -> None:
    """The asked restitution against what the unloading law can give."""
    for cases in chunks:
        m = momentum.reduced_mass(cases.mass[:, 0], cases.mass[:, 1])
        cap = structure.restitution_cap(cases.structures, 0.5 * m * cases.closing_speed**2)
        above = cases.restitution > cap * (1.0 + 1e-9)
        if np.any(above):
            i = int(np.argmax(above))
            asked = f"got {cases.restitution[i]:.4g}, expected at most {cap[i]:.4g}"
            message = f"{asked}, which is all that the two structures can give back"
            draft.report(_place(draft, read.impact, ["restitution"]), message + _case(read, cases, i))
            return


# ---- which cases ---------------------------------------------------------------------------------------------------


def _only(impact: Impact, prefix: str) -> Impact:
    """The impact with only what changes a number under ``prefix``: as good as all cases, but fewer.

    Very large grids are thinned too, ends kept, where the worst cases are.
    """
    axes = tuple(axis for axis in impact.axes if any(path.startswith(prefix) for path in axis.paths))
    own = replace(impact, axes=axes, random=tuple(r for r in impact.random if r.path.startswith(prefix)))
    return _sample(own, MOST)


def samples_checked(impact: Impact) -> int:
    """How many of the samples at each point of the grid are looked at, the first ones."""
    return min(impact.samples, max(DRAWN // impact.cells, LEAST_DRAWN))


def _sample(impact: Impact, most: int = FEW) -> Impact:
    """The impact with its axes thinned evenly, ends kept, until its grid has ``most`` points: a search is slow.

    The engine refuses a case that slips through.
    """
    axes = list(impact.axes)
    while math.prod(len(axis.values) for axis in axes) > most:
        longest = max(range(len(axes)), key=lambda i: len(axes[i].values))
        axes[longest] = _thinned(axes[longest])
    return replace(impact, axes=tuple(axes))


def _thinned(axis: Axis) -> Axis:
    n = len(axis.values)
    kept = np.unique(np.linspace(0, n - 1, (n + 1) // 2).round().astype(int))
    return replace(axis, values=axis.values[kept])


def _chunks(impact: Impact) -> Iterator[Cases]:
    if impact.sampling and impact.random and (some := samples_checked(impact)) < impact.samples:
        impact = replace(impact, sampling=replace(impact.sampling, samples=some))
    yield from (build(impact, i, min(i + CHUNK, impact.count)) for i in range(0, impact.count, CHUNK))


# ---- what to say of them -------------------------------------------------------------------------------------------


def _place(draft: Draft, impact: Impact, causes: list[str]) -> Place:
    """Where to point: at a number that varies and can be the cause, or else at the first that the study gives."""

    def is_cause(path: str) -> bool:
        return any(path == cause or path.startswith(cause + ".") for cause in causes)

    for path in (path for axis in impact.axes for path in axis.paths if is_cause(path)):
        return _sweep_place(draft, impact, path)
    for path in (number.path for number in impact.random if is_cause(number.path)):
        return place_of(path, impact.name)
    places = [place_of(path, impact.name) for path in causes]
    return next((place for place in places if draft.has(place)), places[0])


def _sweep_place(draft: Draft, impact: Impact, path: str) -> Place:
    place: Place = ("impacts", impact.name, "sweep")
    groups = draft.value((*place, "zip"))
    count = len(groups) if isinstance(groups, list) else 0
    holders = [place, (*place, "zip"), *((*place, "zip", i) for i in range(count))]
    return next((*holder, path) for holder in holders if draft.has((*holder, path)))


def _said(read: Read, path: str, si: float) -> str:
    """A number of the impact in the unit that it was typed in."""
    number = swept_number(path)
    assert number is not None
    typed = read.typed.get(path)
    return in_unit_of(si, typed.typed if typed else "", number.dimension)


def _case(read: Read, cases: Cases, i: int, prefix: str = "") -> str:
    """The values in brackets that a case has of the numbers under ``prefix`` that vary: the first few, swept ones before drawn."""
    varying = [path for path in cases.swept if path.startswith(prefix) and swept_number(path)]
    told = [f"{path} = {_said(read, path, float(cases.swept[path][i]))}" for path in varying[:MOST_TOLD]]
    return f" (first where {', '.join(told)}{', ...' if len(varying) > MOST_TOLD else ''})" if told else ""


def _one(structures: Structure, i: int) -> Structure:
    """One of many structures."""
    return Structure(**{name: np.asarray(column)[i] for name, column in vars(structures).items()})


@dataclass(frozen=True)
class Told:
    """A faulty structure and how to say its numbers in the units that they were typed in."""

    structure: Structure
    is_curve: bool
    say: Callable[[float, str], str]


Fault = tuple[tuple[str, ...], str]  # the point of the curve to blame, if any, and the message


def _not_growing(told: Told) -> Fault:
    x, say = told.structure.crush, told.say
    if not told.is_curve:
        begin, end = (say(value, "crush_space") for value in x[1:])
        expected = f"expected before the end of the crush space at {end}"
        return (), f"the plateau begins at {begin} of crush (plateau / stiffness), {expected}"
    i = int(np.argmax(np.diff(x) <= 0.0)) + 1
    got, before = (say(x[j], f"curve.{j}.crush") for j in (i, i - 1))
    return (f"curve.{i}.crush",), f"got {got} after {before}, expected crush that grows from point to point"


def _not_rising(told: Told) -> Fault:
    slopes, say = told.structure.slopes[:-1], told.say
    i = int(np.argmin(slopes))
    slope, least = (say(si, "stiffness") for si in (slopes[i], structure.MINIMUM_RISE * slopes[0]))
    expected = f"expected a rise of at least {least} ({structure.MINIMUM_RISE:.0%} of the initial stiffness)"
    if not told.is_curve:
        return (), f"the plateau rises by {slope}, {expected}"
    force, before = (say(told.structure.force[j], f"curve.{j}.force") for j in (i + 1, i))
    return (f"curve.{i + 1}.force",), f"got {force} after {before}, {expected}; a falling curve is not repaired"


def _unloads_too_softly(told: Told) -> Fault:
    steepest, own = float(told.structure.slopes.max()), float(told.structure.unloading_stiffness)
    got, least = (told.say(si, "unloading_stiffness") for si in (own, steepest))
    return (), f"got an unloading stiffness of {got}, expected at least {least}, the steepest slope of loading"


_FAULTS: Final[dict[str, Callable[[Told], Fault]]] = {
    "crush_space": _not_growing,
    "plateau_slope": _not_rising,
    "unloading_stiffness": _unloads_too_softly,
}


# The fields that can cause a fault which `restraint.faults` names by a column.
_BODY_FAULTS: Final = {
    "mass": ("mass", "curb_mass", "engine.mass", "occupant.mass", "occupant.moving_share"),
    "torso_mass": ("occupant.moving_share", "occupant.mass", "occupant.head_mass"),
    "airbag_full": ("occupant.airbag.full_time", "occupant.airbag.fire_time"),
    **{f"{contact}_gap": ("occupant.seat_shift", f"occupant.{contact}.gap") for contact in restraint.CONTACTS},
    "engine_unloading": ("engine.unloading", "engine.stiffness"),
    "firewall_unloading": ("engine.firewall_unloading", "engine.firewall_stiffness"),
}


def _body_message(column: str, one: Mapping[str, float], say: Callable[[float, str], str]) -> str:
    """What is wrong with the engine and the occupant of one case."""
    if column == "mass":
        moving = say(one.get("torso_mass", 0.0) + one.get("head_mass", 0.0), "mass")
        parts = f"engine {say(one.get('engine_mass', 0.0), 'mass')}, moving part of the occupant {moving}"
        return f"got {say(one['mass'], 'mass')}, which leaves nothing for the compartment ({parts})"
    if column == "torso_mass":
        moving, head = (say(one["head_mass"] + m, "occupant.mass") for m in (one["torso_mass"], 0.0))
        return f"the moving part of the occupant is {moving}, expected more than its head of {head}"
    if column == "airbag_full":
        fire, full = (say(one[name], "occupant.airbag.fire_time") for name in ("airbag_fire", "airbag_full"))
        return f"the airbag is full at {full}, expected later than it fires at {fire}"
    if column.endswith("_gap"):
        here = say(one[column], "occupant.seat_shift")
        return f"the gap to the {column.removesuffix('_gap').replace('_', ' ')} is {here} with this seat_shift, expected 0 or more"
    got, least = (say(one[column.replace("unloading", q)], _BODY_FAULTS[column][0]) for q in ("unloading", "stiffness"))
    return f"got an unloading stiffness of {got}, expected at least {least}, that of loading"
