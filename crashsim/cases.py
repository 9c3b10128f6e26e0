"""A study as plain SI numbers, and the crashes it asks for: case i is a pure function of (impact, i).

``config`` reads text into these records; the engine turns them into columns, any slice of them anywhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crashsim import geometry, momentum, restraint, sampling, structure
from crashsim.geometry import Meeting
from crashsim.kernels.columns import CASE, VEHICLE
from crashsim.sampling import Random, Sampling
from crashsim.structure import Structure

Floats = NDArray[np.float64]
Column = Floats | float

OCCUPANT_MASS = 75.0  # kg each, added to the curb mass (decision: EU/ISO driver allowance of 75 kg)
FRONT, REAR, SIDE = "front", "rear", "side"
STRUCK = {"rear-end": REAR, "side": SIDE}  # end of the second vehicle that an impact loads; else its front
LAW, SPEED_FIT, ASKED = "law", "speed-fit", "asked"
RESTITUTION_SCALE = "restitution_scale"  # a factor on the speed fit
CORRECTION = "risk.delta_v_correction"  # true over reconstructed delta-v, where it is drawn
SQUARE, GIVEN, BUMPERS = (
    "square",
    "given",
    "bumpers",
)  # how two ends meet; the last with the ride heights of their beams

_FORCES = ("stiffness", "plateau", "plateau_slope", "compartment_stiffness", "unloading_stiffness", "force",
           "sill_stiffness", "sill_plateau")  # fmt: skip
_ENDS = ("compartment_stiffness", "unloading_stiffness", "unloading_soft_share", "rate")  # columns of a structure


@dataclass(frozen=True)
class Axis:
    """One axis of a sweep: several paths when they are zipped; ``values`` has shape (length, paths), SI."""

    paths: tuple[str, ...]
    values: Floats
    dimensions: tuple[str, ...]


@dataclass(frozen=True)
class Impact:
    """Two vehicles, how they meet, and its cases: in C order over ``axes`` as written, the samples of ``random`` innermost.

    ``numbers`` has what stands for the random ones where one number must.
    """

    name: str
    type: str
    between: tuple[str, str]
    numbers: Mapping[str, float]
    axes: tuple[Axis, ...]
    rigid: tuple[bool, bool]
    restitution: str = LAW
    meeting: str = SQUARE
    random: tuple[Random, ...] = ()
    sampling: Sampling | None = None

    @property
    def faces(self) -> tuple[str, str]:
        """Which end of each vehicle is loaded."""
        return (FRONT, STRUCK.get(self.type, FRONT))

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        return tuple(len(axis.values) for axis in self.axes)

    @property
    def cells(self) -> int:
        """Number of points of the grid."""
        return math.prod(self.shape)

    @property
    def samples(self) -> int:
        """Number of cases at each point of the grid."""
        return self.sampling.samples if self.sampling and self.random else 1

    @property
    def count(self) -> int:
        """Number of cases."""
        return self.cells * self.samples

    @property
    def central(self) -> Impact:
        """The same impact with every random number as it is given: one case at each point of the grid."""
        return replace(self, random=(), sampling=None)


@dataclass(frozen=True)
class NamedCase:
    """A case whose pulse is kept: its name, its impact and its index among the points of that impact's grid."""

    name: str
    impact: str
    index: int


@dataclass(frozen=True)
class Study:
    """A validated study in SI: what the engine needs, and what the manifest repeats."""

    name: str
    title: str
    question: str
    vehicles: Mapping[str, Mapping[str, Any]]
    impacts: tuple[Impact, ...]
    named_cases: tuple[NamedCase, ...]
    risk: Mapping[str, Any]
    units: str
    typed: Mapping[str, Any]
    source: str
    judgement: tuple[str, ...] = ()
    sampling: Sampling | None = None
    variants: tuple[Variant, ...] = ()
    store: str | int = (
        ""  # which rows a run into a folder keeps: all, reductions (none), a number of cases; else by their number
    )

    @property
    def central(self) -> Study:
        """The same study with every random number as it is given: of a distribution in the study, its median."""
        return replace(self, impacts=tuple(impact.central for impact in self.impacts), sampling=None)

    def shown_in(self, units: str) -> Study:
        """The same study with its figures and tables in ``us`` or ``si`` units."""
        return replace(self, units=units)


@dataclass(frozen=True)
class Variant:
    """A study with some of its modifiers on, without sweeps.

    ``kind``: ``base`` (none), ``alone`` or ``together``; ``people``: by vehicle, what is known of its occupant; ``avoided``:
    impacts that do not happen; ``records``: by impact, published factors on the number of crashes.
    """

    kind: str
    names: tuple[str, ...]
    titles: tuple[str, ...]
    study: Study
    people: Mapping[str, Mapping[str, Any]]
    avoided: tuple[str, ...]
    records: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Cases:
    """Columns of cases: masses (n, 2) [kg] (infinite for a wall), speeds over ground (n, 2) [m/s] along the first
    vehicle's heading, closing speed (n,), the two loaded structures as they meet, asked restitution (n,) (NaN: from the law),
    the values that vary by path (swept or random), the engine and occupant of each vehicle as ``restraint.engine`` and
    ``restraint.occupant`` give them (none: their masses are in the compartment), how the two ends meet, the mutual crush at which
    they let go of each other [m] (infinite: never), and the speed of the second vehicle across the line of impact [m/s].
    """

    mass: Floats
    speed: Floats
    closing_speed: Floats
    structures: tuple[Structure, Structure]
    restitution: Floats
    swept: Mapping[str, Floats]
    bodies: tuple[Mapping[str, Column], Mapping[str, Column]] = ({}, {})
    meeting: Meeting = geometry.SQUARE
    release: Column = np.inf
    across: Column = 0.0


def columns(impact: Impact, first: int, last: int) -> dict[str, Column]:
    """Every number of the impact for cases ``first`` to ``last``: a float, or an array where it varies."""
    return {**impact.numbers, **swept(impact, first, last)}


def swept(impact: Impact, first: int, last: int) -> dict[str, Floats]:
    """The numbers that vary, for cases ``first`` to ``last``: swept, in C order over the axes as written, and random."""
    index = np.unravel_index(np.arange(first, last) // impact.samples, impact.shape) if impact.axes else ()
    on_axes = {
        path: axis.values[i, j] for axis, i in zip(impact.axes, index, strict=True) for j, path in enumerate(axis.paths)
    }
    return on_axes | _drawn(impact, first, last)


def _drawn(impact: Impact, first: int, last: int) -> dict[str, Floats]:
    """The random numbers for cases ``first`` to ``last``: the same samples at every point of the grid."""
    if impact.sampling is None or not impact.random or first == last:
        return {}
    n = impact.samples
    spans = [(max(first - cell * n, 0), min(last - cell * n, n)) for cell in range(first // n, -(-last // n))]
    drawn = {span: sampling.draw(impact.sampling, impact.random, *span) for span in set(spans)}
    return {number.path: _one([drawn[span][i] for span in spans]) for i, number in enumerate(impact.random)}


def _one(parts: list[Floats]) -> Floats:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def impact_mass(numbers: Mapping[str, Column], vehicle: str) -> Column:
    """Mass with occupants and cargo [kg]: given as ``mass``, or ``curb_mass`` plus 75 kg for each occupant."""
    prefix = f"vehicles.{vehicle}."
    if prefix + "mass" in numbers:
        return numbers[prefix + "mass"]
    return numbers[prefix + "curb_mass"] + OCCUPANT_MASS * numbers[prefix + "occupants"]


def loaded_structure(numbers: Mapping[str, Column], vehicle: str, face: str, count: int) -> Structure:
    """The structure of one end of a vehicle with a leading axis of ``count`` cases; what is not swept is not copied."""
    own = _scaled(_below(numbers, f"vehicles.{vehicle}.{face}."))
    law = {name: own[name] for name in ("compartment_stiffness", "unloading_stiffness")}
    options = {name: own[name] for name in ("compartment_range", "unloading_soft_share", "rate")}
    points = sum(1 for path in own if path.startswith("curve.") and path.endswith(".crush"))
    if points:
        x, f = (stacked([own[f"curve.{i}.{q}"] for i in range(points)]) for q in ("crush", "force"))
        return structure.wide(structure.curve(x, f, **law, **options), (count,))
    spring = {name: own[name] for name in ("stiffness", "plateau", "crush_space")}
    slope = {"plateau_slope": own["plateau_slope"]} if "plateau_slope" in own else {}
    return structure.wide(structure.plateau(**spring, **slope, **law, **options), (count,))


def _scaled(own: Mapping[str, Column]) -> dict[str, Column]:
    """The numbers of one end with ``force_scale`` in all its forces and stiffnesses; crush stays as it is."""
    scale = own["force_scale"]
    return {path: value * scale if path.split(".")[-1] in _FORCES else value for path, value in own.items()}


def loaded_bodies(numbers: Mapping[str, Column], vehicle: str) -> dict[str, Column]:
    """The engine and the occupant of a vehicle; a rear that is loaded has the numbers of neither."""
    engine, occupant = (_below(numbers, f"vehicles.{vehicle}.{part}.") for part in ("engine", "occupant"))
    return (restraint.engine(engine) if engine else {}) | (restraint.occupant(occupant) if occupant else {})


def _below(numbers: Mapping[str, Column], prefix: str) -> dict[str, Column]:
    return {path.removeprefix(prefix): value for path, value in numbers.items() if path.startswith(prefix)}


def stacked(values: Sequence[Column], count: int | None = None) -> Floats:
    """Numbers side by side, shape (..., values), or (count, values); what is the same in all cases is not copied."""
    together = np.stack(np.broadcast_arrays(*values), axis=-1)
    return together if count is None else np.broadcast_to(together, (count, len(values)))


def build(impact: Impact, first: int = 0, last: int | None = None) -> Cases:
    """The cases ``first`` to ``last`` (exclusive; all of them by default) of an impact."""
    last = impact.count if last is None else last
    n = last - first
    varying = swept(impact, first, last)
    numbers: dict[str, Column] = {**impact.numbers, **varying}
    mass, structures, bodies = [], [], []
    for vehicle, face, wall in zip(impact.between, impact.faces, impact.rigid, strict=True):
        mass.append(np.inf if wall else impact_mass(numbers, vehicle))
        structures.append(structure.rigid() if wall else loaded_structure(numbers, vehicle, face, n))
        bodies.append(loaded_bodies(numbers, vehicle))
    masses, pair = stacked(mass, n), (structures[0], structures[1])
    speeds, across = _speeds(impact, numbers, n)
    closing = speeds[:, 0] - speeds[:, 1]
    met, pair = _met(impact, numbers, pair)
    moving = stacked([b.get("torso_mass", 0.0) + b.get("head_mass", 0.0) for b in bodies], n)
    release = geometry.release(pair, masses, moving, closing, met.retained_speed)
    return Cases(masses, speeds, closing, pair, _asked(impact, numbers, closing), varying, (bodies[0], bodies[1]), met,
                 release, across)  # fmt: skip


def _speeds(impact: Impact, numbers: Mapping[str, Column], n: int) -> tuple[Floats, Column]:
    """Speeds along the line of impact (n, 2), and that of the second vehicle across it: all of it where its side is struck."""
    first, second = (numbers.get(f"speed.{vehicle}", 0.0) for vehicle in impact.between)
    along = {"head-on": -1.0, "side": 0.0}.get(impact.type, 1.0)
    return stacked([first, along * second], n), second if impact.type == "side" else 0.0


def _met(
    impact: Impact, numbers: Mapping[str, Column], pair: tuple[Structure, Structure]
) -> tuple[Meeting, tuple[Structure, Structure]]:
    """How the two ends of an impact meet, and their structures as they do."""
    if impact.meeting == SQUARE:
        return geometry.SQUARE, pair
    striking, struck = (f"vehicles.{v}.{face}." for v, face in zip(impact.between, impact.faces, strict=True))
    if impact.type == "side":
        meets = np.asarray(numbers.get(f"{striking}bumper_bottom", 0.0)) <= numbers[f"{struck}sill_top"]
        own = _scaled(_below(numbers, struck))
        door = geometry.door_and_sill(pair[1], own["sill_stiffness"], own["sill_plateau"], meets.astype(float))
        return Meeting(overridden=(False, ~meets)), (pair[0], door)
    offset = numbers["height_offset"] if impact.meeting == GIVEN else _beam(numbers, struck) - _beam(numbers, striking)
    met = geometry.meeting(numbers["overlap"], offset, **{name: numbers[name] for name in geometry.HEURISTICS})
    return met, (geometry.engaged(pair[0], met), geometry.engaged(pair[1], met))


def _beam(numbers: Mapping[str, Column], end: str) -> Column:
    """Height of the middle of a bumper beam over ground [m]."""
    return 0.5 * (numbers[f"{end}bumper_bottom"] + numbers[f"{end}bumper_top"])


def _asked(impact: Impact, numbers: Mapping[str, Column], closing: Floats) -> Floats:
    if impact.restitution == SPEED_FIT:
        return momentum.speed_fit_restitution(np.maximum(closing, 0.0)) * numbers.get(RESTITUTION_SCALE, 1.0)
    value = numbers["restitution"] if impact.restitution == ASKED else np.nan
    return np.broadcast_to(np.asarray(value, float), closing.shape)


# ---- what the kernel reads ---------------------------------------------------------------------------------------------


def raw_columns(cases: Cases) -> list[tuple[str, Column]]:
    """The columns that the kernel reads, in its order: those of the case, then ``a.NAME`` and ``b.NAME``.

    Each is a float where it is the same in all cases, else an array (cases,).  The points of both loading curves are
    padded with zeros to the longer of the two.
    """
    found: list[tuple[str, Column]] = [(name, getattr(cases, name)) for name in CASE]
    points = longest_curve(cases)
    for i, (ends, bodies) in enumerate(zip(cases.structures, cases.bodies, strict=True)):
        own = restraint.whole(bodies) | {
            "mass": cases.mass[:, i],
            "points": float(max(ends.points - 1, 0)),
            **{name: getattr(ends, name) for name in _ENDS},
        }
        found += [(f"{'ab'[i]}.{name}", own[name]) for name in VEHICLE]
        for quantity in ("crush", "force"):
            curve = getattr(ends, quantity)
            found += [(f"{'ab'[i]}.{quantity}_{j}", curve[..., j] if j < ends.points else 0.0)
                      for j in range(1, points + 1)]  # fmt: skip
    return [(name, lean(column)) for name, column in found]


def longest_curve(cases: Cases) -> int:
    """Points after the origin of the longer of both loading curves."""
    return max(1, *(s.points for s in cases.structures)) - 1


def lean(column: Column) -> Column:
    """A float where an array holds one number again and again."""
    array = np.asarray(column, float)
    return float(array.flat[0]) if array.size and not any(array.strides) else array
