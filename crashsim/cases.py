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

from crashsim import momentum, restraint, sampling, structure
from crashsim.kernels.columns import CASE, VEHICLE
from crashsim.sampling import Random, Sampling
from crashsim.structure import Structure

Floats = NDArray[np.float64]
Column = Floats | float

OCCUPANT_MASS = 75.0  # kg each, added to the curb mass (decision: EU/ISO driver allowance of 75 kg)
FRONT, REAR = "front", "rear"
LAW, SPEED_FIT, ASKED = "law", "speed-fit", "asked"

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

    ``numbers`` has the medians of the random ones.
    """

    name: str
    type: str
    between: tuple[str, str]
    numbers: Mapping[str, float]
    axes: tuple[Axis, ...]
    rigid: tuple[bool, bool]
    restitution: str = LAW
    random: tuple[Random, ...] = ()
    sampling: Sampling | None = None

    @property
    def faces(self) -> tuple[str, str]:
        """Which end of each vehicle is loaded."""
        return (FRONT, REAR if self.type == "rear-end" else FRONT)

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
        """The same impact with every random number at its median: one case at each point of the grid."""
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

    @property
    def central(self) -> Study:
        """The same study with every random number at its median."""
        return replace(self, impacts=tuple(impact.central for impact in self.impacts), sampling=None)

    def shown_in(self, units: str) -> Study:
        """The same study with its figures and tables in ``us`` or ``si`` units."""
        return replace(self, units=units)


@dataclass(frozen=True)
class Cases:
    """Columns of cases: masses (n, 2) [kg] (infinite for a wall), speeds over ground (n, 2) [m/s] along the first
    vehicle's heading, closing speed (n,), the two loaded structures, asked restitution (n,) (NaN: from the law),
    the values that vary by path (swept or random), and the engine and occupant of each vehicle as ``restraint.engine`` and
    ``restraint.occupant`` give them (none: their masses are in the compartment).
    """

    mass: Floats
    speed: Floats
    closing_speed: Floats
    structures: tuple[Structure, Structure]
    restitution: Floats
    swept: Mapping[str, Floats]
    bodies: tuple[Mapping[str, Column], Mapping[str, Column]] = ({}, {})


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
    if impact.sampling is None or first == last:
        return {}
    n = impact.samples
    spans = [(max(first - cell * n, 0), min(last - cell * n, n)) for cell in range(first // n, -(-last // n))]
    drawn = {span: sampling.draw(impact.sampling, impact.random, *span) for span in set(spans)}
    return {number.path: np.concatenate([drawn[span][i] for span in spans]) for i, number in enumerate(impact.random)}


def impact_mass(numbers: Mapping[str, Column], vehicle: str) -> Column:
    """Mass with occupants and cargo [kg]: given as ``mass``, or ``curb_mass`` plus 75 kg for each occupant."""
    prefix = f"vehicles.{vehicle}."
    if prefix + "mass" in numbers:
        return numbers[prefix + "mass"]
    return numbers[prefix + "curb_mass"] + OCCUPANT_MASS * numbers[prefix + "occupants"]


def loaded_structure(numbers: Mapping[str, Column], vehicle: str, face: str, count: int) -> Structure:
    """The structure of one end of a vehicle with a leading axis of ``count`` cases; what is not swept is not copied."""
    own = _below(numbers, f"vehicles.{vehicle}.{face}.")
    law = {name: own[name] for name in ("compartment_stiffness", "unloading_stiffness")}
    options = {name: own[name] for name in ("compartment_range", "unloading_soft_share", "rate")}
    points = sum(1 for path in own if path.startswith("curve.") and path.endswith(".crush"))
    if points:
        x, f = (_stacked([own[f"curve.{i}.{q}"] for i in range(points)]) for q in ("crush", "force"))
        return structure.wide(structure.curve(x, f, **law, **options), (count,))
    spring = {name: own[name] for name in ("stiffness", "plateau", "crush_space")}
    slope = {"plateau_slope": own["plateau_slope"]} if "plateau_slope" in own else {}
    return structure.wide(structure.plateau(**spring, **slope, **law, **options), (count,))


def loaded_bodies(numbers: Mapping[str, Column], vehicle: str) -> dict[str, Column]:
    """The engine and the occupant of a vehicle; a rear that is loaded has the numbers of neither."""
    engine, occupant = (_below(numbers, f"vehicles.{vehicle}.{part}.") for part in ("engine", "occupant"))
    return (restraint.engine(engine) if engine else {}) | (restraint.occupant(occupant) if occupant else {})


def _below(numbers: Mapping[str, Column], prefix: str) -> dict[str, Column]:
    return {path.removeprefix(prefix): value for path, value in numbers.items() if path.startswith(prefix)}


def _stacked(values: Sequence[Column], count: int | None = None) -> Floats:
    """Numbers side by side, shape (..., values), or (count, values); what is the same in all cases is not copied."""
    together = np.stack(np.broadcast_arrays(*values), axis=-1)
    return together if count is None else np.broadcast_to(together, (count, len(values)))


def build(impact: Impact, first: int = 0, last: int | None = None) -> Cases:
    """The cases ``first`` to ``last`` (exclusive; all of them by default) of an impact."""
    last = impact.count if last is None else last
    n = last - first
    varying = swept(impact, first, last)
    numbers: dict[str, Column] = {**impact.numbers, **varying}
    mass, speed, structures, bodies = [], [], [], []
    for i, (vehicle, face, wall) in enumerate(zip(impact.between, impact.faces, impact.rigid, strict=True)):
        mass.append(np.inf if wall else impact_mass(numbers, vehicle))
        heading = -1.0 if i == 1 and impact.type == "head-on" else 1.0
        speed.append(heading * numbers.get(f"speed.{vehicle}", 0.0))
        structures.append(structure.rigid() if wall else loaded_structure(numbers, vehicle, face, n))
        bodies.append(loaded_bodies(numbers, vehicle))
    speeds = _stacked(speed, n)
    closing = speeds[:, 0] - speeds[:, 1]
    return Cases(_stacked(mass, n), speeds, closing, (structures[0], structures[1]), _asked(impact, numbers, closing),
                 varying, (bodies[0], bodies[1]))  # fmt: skip


def _asked(impact: Impact, numbers: Mapping[str, Column], closing: Floats) -> Floats:
    if impact.restitution == SPEED_FIT:
        return momentum.speed_fit_restitution(np.maximum(closing, 0.0))
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
