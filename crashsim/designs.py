"""Designs of a vehicle: what may change, what that weighs, and which of many designs no other one beats.

A design is a row of values, one for each `Change` of a question, and a restraint.  What it weighs follows from a stated law
(`added_mass`); nothing here knows of crashes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim import structure
from crashsim.cases import Impact, Study, impact_mass

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.intp]

STIFFNESS, PLATEAU, CRUSH_SPACE, CELL = "stiffness", "plateau", "crush_space", "compartment_stiffness"
RIDE_HEIGHT, BALLAST = "ride_height", "ballast"
FRONT: Final = (STIFFNESS, PLATEAU, CRUSH_SPACE, CELL)  # numbers of the front, by their own name
BEAM: Final = ("bumper_bottom", "bumper_top")  # what a ride height lifts


@dataclass(frozen=True)
class Law:
    """What structure weighs.

    Attributes
    ----------
    masses : mapping of str to float
        Mass per change [kg per SI unit of the change], beside what the energy weighs; by the name of the change.
    restraints : mapping of str to float
        Mass of each restraint against that of the base design [kg].
    specific_energy : float
        Energy that a front takes per mass of structure that is added for it [J/kg].
    secondary : float
        Mass that the whole car gains per mass added (brakes, springs, motor), at least 1.
    """

    masses: Mapping[str, float]
    restraints: Mapping[str, float]
    specific_energy: float
    secondary: float


@dataclass(frozen=True)
class Change:
    """One number that designs vary: bounds, the base design's value and the step by which it is judged, all SI.

    ``shown``: the step as typed.
    """

    name: str
    low: float
    high: float
    step: float
    base: float
    dimension: str
    shown: str


@dataclass(frozen=True)
class Bound:
    """The risk that a design is to reach: a number, or that of another vehicle (``like``) in the same crashes."""

    at_most: float | None
    like: str | None


@dataclass(frozen=True)
class Question:
    """A validated design question.

    ``impacts``: the crashes by restraint; ``like``: those of the vehicle that the bound names; ``weights``: share of each
    crash, adding up to 1; ``laws``: the mass law as given, and with every number at its light and at its heavy end; ``given``:
    what that law rests on, as number, value, tag and source; ``tree`` and ``text``: the file.
    """

    study: Study
    vehicle: str
    partner: str
    weights: tuple[float, ...]
    changes: tuple[Change, ...]
    restraints: tuple[str, ...]
    impacts: Mapping[str, tuple[Impact, ...]]
    like: tuple[Impact, ...]
    laws: Mapping[str, Law]
    bound: Bound
    intrusion: float
    designs: int
    rounds: int
    given: tuple[tuple[str, str, str, str], ...]
    tree: Mapping[str, Any]
    text: str

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the changes."""
        return tuple(change.name for change in self.changes)

    @property
    def numbers(self) -> Mapping[str, float]:
        """The numbers of the first crash with the base design."""
        return self.impacts[self.restraints[0]][0].numbers


GIVEN, LIGHT, HEAVY = "given", "light", "heavy"
LAWS: Final = (GIVEN, LIGHT, HEAVY)


@dataclass(frozen=True)
class Designs:
    """Designs: ``values`` (n, changes) [SI], and the index of the restraint of each (n,)."""

    values: Floats
    restraint: Whole

    def __len__(self) -> int:
        return len(self.restraint)

    def __getitem__(self, which: Whole | Flags) -> Designs:
        return Designs(self.values[which], self.restraint[which])


def together(*parts: Designs) -> Designs:
    """Designs one after the other."""
    return Designs(np.concatenate([p.values for p in parts]), np.concatenate([p.restraint for p in parts]))


def base(question: Question) -> Designs:
    """The vehicle as it is."""
    return Designs(np.array([[change.base for change in question.changes]]), np.zeros(1, dtype=np.intp))


# ---- numbers of a design -----------------------------------------------------------------------------------------------


def front(question: Question, designs: Designs) -> dict[str, Floats]:
    """Stiffness, plateau, its slope, crush space and compartment stiffness of each design, each (n,) [SI]."""
    own = {name: np.full(len(designs), question.numbers[f"vehicles.{question.vehicle}.front.{name}"]) for name in FRONT}
    own |= {name: designs.values[:, i] for i, name in enumerate(question.names) if name in FRONT}
    slope = question.numbers.get(f"vehicles.{question.vehicle}.front.plateau_slope")
    least = 2.0 * structure.MINIMUM_RISE * own[STIFFNESS]  # the default of `structure.plateau`
    return {**own, "plateau_slope": least if slope is None else np.full(len(designs), slope)}


def capacity(question: Question, designs: Designs) -> Floats:
    """Energy that the front takes up to the end of its crush space [J]: the area under its loading curve.

    ``E = Fp^2 / 2k + Fp (s - Fp/k) + kp (s - Fp/k)^2 / 2``, times the front's force scale.
    """
    own = front(question, designs)
    knee = own[PLATEAU] / own[STIFFNESS]
    rest = own[CRUSH_SPACE] - knee
    energy = own[PLATEAU] * (0.5 * knee + rest) + 0.5 * own["plateau_slope"] * rest**2
    return np.asarray(energy * question.numbers[f"vehicles.{question.vehicle}.front.force_scale"])


def added_mass(question: Question, designs: Designs, law: Law) -> Floats:
    """Mass of each design over the base design [kg], (n,).

    ``dm = secondary (dE / specific_energy + sum_i masses_i dx_i + restraint) + ballast``; dx against the base design.
    """
    start = base(question)
    structural = (capacity(question, designs) - capacity(question, start)) / law.specific_energy
    structural = structural + np.array([law.restraints[name] for name in question.restraints])[designs.restraint]
    for i, name in enumerate(question.names):
        structural = structural + law.masses.get(name, 0.0) * (designs.values[:, i] - start.values[0, i])
    ballast = designs.values[:, question.names.index(BALLAST)] if BALLAST in question.names else 0.0
    return np.asarray(law.secondary * structural + ballast)


def swept(question: Question, designs: Designs, law: Law) -> tuple[tuple[str, ...], Floats]:
    """The paths of an impact that designs change, and their values (n, paths) [SI]."""
    prefix = f"vehicles.{question.vehicle}."
    mass = np.asarray(impact_mass(question.numbers, question.vehicle)) + added_mass(question, designs, law)
    found = {f"{prefix}mass": mass}
    for i, name in enumerate(question.names):
        if name in FRONT:
            found[f"{prefix}front.{name}"] = designs.values[:, i]
        elif name == RIDE_HEIGHT:
            for edge in BEAM:
                path = f"{prefix}front.{edge}"
                found[path] = question.numbers[path] + designs.values[:, i]
    return tuple(found), np.stack(list(found.values()), axis=-1)


def possible(question: Question, designs: Designs) -> Flags:
    """Which designs have a front that can be: a knee inside the crush space, slopes in order; (n,)."""
    own = front(question, designs)
    knee = own[PLATEAU] / own[STIFFNESS]
    reached = knee < 0.95 * own[CRUSH_SPACE]
    rising = own["plateau_slope"] >= structure.MINIMUM_RISE * own[STIFFNESS]
    unloading = question.numbers[f"vehicles.{question.vehicle}.front.unloading_stiffness"]
    steepest = np.maximum.reduce([own[STIFFNESS], own[CELL], own["plateau_slope"]])
    return np.asarray(reached & rising & (unloading >= steepest))


# ---- which designs no other one beats ------------------------------------------------------------------------------------


def non_dominated(points: Floats) -> Flags:
    """Which rows no other row dominates: none is as small in every column and smaller in one; (n,).

    ``points`` (n, objectives), all to be small; a row with NaN is dominated.  In the order of the sum of the columns no row is
    dominated by a later one, so that each is compared with the survivors before it alone.
    """
    kept = np.zeros(len(points), dtype=bool)
    finite = np.flatnonzero(np.all(np.isfinite(points), axis=1))
    scale = np.ptp(points[finite], axis=0) if finite.size else np.ones(points.shape[1])
    scaled = points[finite] / np.where(scale > 0.0, scale, 1.0)
    front, found = np.empty((finite.size, points.shape[1])), 0
    for i in np.lexsort((*points[finite].T, scaled.sum(axis=1))):
        row, before = points[finite[i]], front[:found]
        if not np.any(np.all(before <= row, axis=1) & np.any(before < row, axis=1)):
            front[found] = row
            found += 1
            kept[finite[i]] = True
    return kept


def spread_out(points: Floats, count: int) -> Whole:
    """Indices of at most ``count`` rows far from each other: the best of each column, then always the farthest.

    Distances are those of ranks from 0 to 1, so that no long tail of one column decides.
    """
    if len(points) <= count:
        return np.arange(len(points))
    ranks = np.argsort(np.argsort(points, axis=0, kind="stable"), axis=0, kind="stable") / (len(points) - 1)
    chosen = list(dict.fromkeys(np.argmin(points, axis=0).tolist()))[:count]
    distance = np.min([np.sum((ranks - ranks[i]) ** 2, axis=1) for i in chosen], axis=0)
    while len(chosen) < count:
        chosen.append(int(np.argmax(distance)))
        distance = np.minimum(distance, np.sum((ranks - ranks[chosen[-1]]) ** 2, axis=1))
    return np.sort(np.array(chosen))
