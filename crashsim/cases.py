"""A study as plain SI numbers, and the crashes it asks for: case i is a pure function of (impact, i).

``config`` reads text into these records; the engine turns them into columns, any slice of them anywhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crashsim import momentum, structure
from crashsim.structure import Structure

Floats = NDArray[np.float64]
Column = Floats | float

OCCUPANT_MASS = 75.0  # kg each, added to the curb mass (decision: EU/ISO driver allowance of 75 kg)
FRONT, REAR = "front", "rear"
LAW, SPEED_FIT, ASKED = "law", "speed-fit", "asked"


@dataclass(frozen=True)
class Axis:
    """One axis of a sweep: several paths when they are zipped; ``values`` has shape (length, paths), SI."""

    paths: tuple[str, ...]
    values: Floats
    dimensions: tuple[str, ...]


@dataclass(frozen=True)
class Impact:
    """Two vehicles, how they meet, and a grid of cases in C order over ``axes`` as written."""

    name: str
    type: str
    between: tuple[str, str]
    numbers: Mapping[str, float]
    axes: tuple[Axis, ...]
    rigid: tuple[bool, bool]
    restitution: str = LAW

    @property
    def faces(self) -> tuple[str, str]:
        """Which end of each vehicle is loaded."""
        return (FRONT, REAR if self.type == "rear-end" else FRONT)

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        return tuple(len(axis.values) for axis in self.axes)

    @property
    def count(self) -> int:
        """Number of cases."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class NamedCase:
    """A case whose pulse is kept: its name, its impact and its index in that impact's grid."""

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

    def shown_in(self, units: str) -> Study:
        """The same study with its figures and tables in ``us`` or ``si`` units."""
        return replace(self, units=units)


@dataclass(frozen=True)
class Cases:
    """Columns of cases: masses (n, 2) [kg] (infinite for a wall), speeds over ground (n, 2) [m/s] along the first
    vehicle's heading, closing speed (n,), the two loaded structures, asked restitution (n,) (NaN: from the law),
    and the swept values by path.
    """

    mass: Floats
    speed: Floats
    closing_speed: Floats
    structures: tuple[Structure, Structure]
    restitution: Floats
    swept: Mapping[str, Floats]


def columns(impact: Impact, first: int, last: int) -> dict[str, Column]:
    """Every number of the impact for cases ``first`` to ``last``: a float, or an array where it is swept."""
    found: dict[str, Column] = dict(impact.numbers)
    found.update(swept(impact, first, last))
    return found


def swept(impact: Impact, first: int, last: int) -> dict[str, Floats]:
    """The swept numbers for cases ``first`` to ``last``, in C order over the axes as written."""
    if not impact.axes:
        return {}
    index = np.unravel_index(np.arange(first, last), impact.shape)
    return {
        path: axis.values[i, j] for axis, i in zip(impact.axes, index, strict=True) for j, path in enumerate(axis.paths)
    }


def impact_mass(numbers: Mapping[str, Column], vehicle: str) -> Column:
    """Mass with occupants and cargo [kg]: given as ``mass``, or ``curb_mass`` plus 75 kg for each occupant."""
    prefix = f"vehicles.{vehicle}."
    if prefix + "mass" in numbers:
        return numbers[prefix + "mass"]
    return numbers[prefix + "curb_mass"] + OCCUPANT_MASS * numbers[prefix + "occupants"]


def loaded_structure(numbers: Mapping[str, Column], vehicle: str, face: str, count: int) -> Structure:
    """The structure of one end of a vehicle with a leading axis of ``count`` cases."""
    prefix = f"vehicles.{vehicle}.{face}."

    def column(name: str) -> Floats:
        return np.broadcast_to(np.asarray(numbers[prefix + name], float), (count,))

    law = {name: column(name) for name in ("compartment_stiffness", "unloading_stiffness")}
    options = {name: column(name) for name in ("compartment_range", "unloading_soft_share")}
    points = sum(1 for path in numbers if path.startswith(prefix + "curve.") and path.endswith(".crush"))
    if points:
        x, f = (np.stack([column(f"curve.{i}.{q}") for i in range(points)], axis=-1) for q in ("crush", "force"))
        return structure.curve(x, f, **law, **options)
    spring = {name: column(name) for name in ("stiffness", "plateau", "crush_space")}
    slope = {"plateau_slope": column("plateau_slope")} if prefix + "plateau_slope" in numbers else {}
    return structure.plateau(**spring, **slope, **law, **options)


def build(impact: Impact, first: int = 0, last: int | None = None) -> Cases:
    """The cases ``first`` to ``last`` (exclusive; all of them by default) of an impact."""
    last = impact.count if last is None else last
    n = last - first
    numbers = columns(impact, first, last)
    mass, speed = np.empty((n, 2)), np.empty((n, 2))
    structures = []
    for i, (vehicle, face, wall) in enumerate(zip(impact.between, impact.faces, impact.rigid, strict=True)):
        mass[:, i] = np.inf if wall else impact_mass(numbers, vehicle)
        heading = -1.0 if i == 1 and impact.type == "head-on" else 1.0
        speed[:, i] = heading * numbers.get(f"speed.{vehicle}", 0.0)
        structures.append(structure.rigid() if wall else loaded_structure(numbers, vehicle, face, n))
    closing = speed[:, 0] - speed[:, 1]
    return Cases(mass, speed, closing, (structures[0], structures[1]), _asked(impact, numbers, closing),
                 swept(impact, first, last))  # fmt: skip


def _asked(impact: Impact, numbers: Mapping[str, Column], closing: Floats) -> Floats:
    if impact.restitution == SPEED_FIT:
        return momentum.speed_fit_restitution(np.maximum(closing, 0.0))
    value = numbers["restitution"] if impact.restitution == ASKED else np.nan
    return np.broadcast_to(np.asarray(value, float), closing.shape)
