"""Spreads that are drawn unasked: what nobody knows exactly is not computed as if somebody did.

Four groups, each of which ``sampling: {spreads: [...]}`` can leave out:

- ``structures``: one factor on all forces of a loaded end, log-normal; and its numbers that have a ``range``.
- ``restitution``: one factor on the low-speed fit; where the fronts decide, their unloading stiffness.
- ``restraints``: the numbers of occupants and of what holds them that have a ``range``.
- ``risk``: the factor from reconstructed to true delta-v.

A range becomes a triangular distribution, most likely at the value.  What the study gives as a distribution or sweeps
has no other spread, and what it gives plainly is taken as exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from crashsim import units
from crashsim.cases import CORRECTION, FRONT, LAW, RESTITUTION_SCALE, SPEED_FIT
from crashsim.config import library
from crashsim.config.classes import class_spread
from crashsim.config.evidence import MEASURED
from crashsim.config.fields import Quantity
from crashsim.config.impacts import Read
from crashsim.config.models import RESTITUTION, RESTRAINTS, RISK, STRUCTURES, StudyModel, VehicleModel
from crashsim.config.vehicles import JUDGED
from crashsim.sampling import Distribution, LogNormal, Triangular

# Geometric standard deviations of all forces of an end, from one specimen to the next (judgement).
OF_MEASURED: Final = 1.05  # a front that was measured: another specimen, another test
OF_JUDGED: Final = 1.20  # a front that was not and names no class: as wide as most classes (docs/classes.md)
OF_OTHER_ENDS: Final = 1.30  # rear and side: shares of a front, which nobody measured

# Barrier tests at speed show a restitution of 0.10-0.20, usually 0.15 (crashsim model card; judgement).
OF_RESTITUTION: Final = Triangular(2.0 / 3.0, 1.0, 4.0 / 3.0)
UNLOADING_GSD: Final = 1.45  # the restitution goes with the inverse root of the unloading stiffness
UNLOADING_REACH: Final = 2.25

_FORCES: Final = ("stiffness", "plateau", "plateau_slope", "force")
_SLOPES: Final = ("stiffness", "plateau_slope", "compartment_stiffness")
_ORDERED: Final = (("airbag.fire_time", "airbag.full_time"),)  # of an occupant: the first stays below the second

Numbers = Mapping[str, Quantity]
Found = Iterator[tuple[str, Quantity]]


def with_spreads(model: StudyModel, vehicles: Mapping[str, VehicleModel], reads: Sequence[Read]) -> list[Read]:
    """The impacts of a study, with the spreads that nobody gave on the numbers that have them.

    The number itself stays as it is: it is the case that tables and figures show.
    """
    groups = model.sampling.spreads if model.sampling else list(SPREADS)
    return [_spread(model, vehicles, read, groups) for read in reads]


def _spread(model: StudyModel, vehicles: Mapping[str, VehicleModel], read: Read, groups: Sequence[str]) -> Read:
    kept = {path for axis in read.impact.axes for path in axis.paths}
    kept |= {path for path, number in read.typed.items() if number.distribution is not None}
    found = {path: n for group in groups for path, n in SPREADS[group](model, vehicles, read) if path not in kept}
    return replace(read, typed={**read.typed, **found}, unasked=frozenset(found))


# ---- structures --------------------------------------------------------------------------------------------------------


def _structures(model: StudyModel, vehicles: Mapping[str, VehicleModel], read: Read) -> Found:
    for name, face in _ends(read):
        end = f"vehicles.{name}.{face}."
        yield from _ranged(read.typed, end)
        if face == FRONT:
            yield from _ranged(read.typed, f"vehicles.{name}.engine.")
        own = [path for path in read.typed if path.startswith(end) and path.rpartition(".")[2] in _FORCES]
        scale = read.typed[f"{end}force_scale"]
        if not scale.typed and not any(read.typed[path].distribution or read.typed[path].range for path in own):
            gsd, source = _specimens(vehicles[name], face)
            yield f"{end}force_scale", _drawn(scale, LogNormal(1.0, gsd), source)


def _ends(read: Read) -> Iterator[tuple[str, str]]:
    """Each vehicle of an impact that is no wall, and the end that is loaded."""
    ends = zip(read.impact.between, read.impact.faces, read.impact.rigid, strict=True)
    return ((name, face) for name, face, wall in ends if not wall)


def _specimens(vehicle: VehicleModel, face: str) -> tuple[float, str]:
    """How far the forces of an end differ from one specimen to the next: geometric standard deviation and its source."""
    if face != FRONT:
        return OF_OTHER_ENDS, f"an unmeasured {face}"
    if vehicle.evidence == MEASURED:
        return OF_MEASURED, "another specimen of a measured front"
    if vehicle.vehicle_class in library.names("classes"):
        return class_spread(str(vehicle.vehicle_class)), f"spread of class {vehicle.vehicle_class}"
    return OF_JUDGED, "a front that was not measured"


# ---- restitution -------------------------------------------------------------------------------------------------------


def _restitution(model: StudyModel, vehicles: Mapping[str, VehicleModel], read: Read) -> Found:
    if read.impact.restitution == SPEED_FIT:
        one = Quantity(1.0, "", "ratio")
        yield RESTITUTION_SCALE, _drawn(one, OF_RESTITUTION, "restitution at speed: 0.10-0.20 about 0.15")
    elif read.impact.restitution == LAW:
        for name, face in _ends(read):
            end = f"vehicles.{name}.{face}."
            number = read.typed[f"{end}unloading_stiffness"]
            least = max(number.si / UNLOADING_REACH, _steepest(read, end))
            if number.tag in JUDGED and least < number.si:
                law = LogNormal(number.si, UNLOADING_GSD, least, number.si * UNLOADING_REACH)
                yield f"{end}unloading_stiffness", _drawn(number, law, "restitution within a factor 1.5")


def _steepest(read: Read, end: str) -> float:
    """The steepest loading slope that an end can have [N/m]; infinite where a curve or a sweep decides."""
    own = [path for path in read.typed if path.startswith(end)]
    if any(".curve." in path for path in own) or any(p.startswith(end) for a in read.impact.axes for p in a.paths):
        return float("inf")
    slopes = [read.typed[f"{end}{name}"] for name in _SLOPES if f"{end}{name}" in read.typed]
    if any(slope.distribution for slope in slopes):
        return float("inf")
    return max(_bounds(slope)[1] for slope in slopes)


# ---- restraints --------------------------------------------------------------------------------------------------------


def _restraints(model: StudyModel, vehicles: Mapping[str, VehicleModel], read: Read) -> Found:
    for name in read.impact.between:
        prefix = f"vehicles.{name}.occupant."
        exempt = {prefix + n for pair in _ORDERED for n in pair if _may_cross(read, prefix, pair)}
        yield from ((path, number) for path, number in _ranged(read.typed, prefix) if path not in exempt)


def _may_cross(read: Read, prefix: str, pair: tuple[str, str]) -> bool:
    """Whether a number, drawn from its range, could reach the one that must stay above it."""
    first, second = (prefix + name for name in pair)
    if first not in read.typed or second not in read.typed:
        return False
    swept = {p for axis in read.impact.axes for p in axis.paths}
    given = any(path in swept or read.typed[path].distribution for path in (first, second))
    return given or _bounds(read.typed[first])[1] >= _bounds(read.typed[second])[0]


# ---- risk --------------------------------------------------------------------------------------------------------------


def _risk(model: StudyModel, vehicles: Mapping[str, VehicleModel], read: Read) -> Found:
    if model.risk.delta_v_correction is None:
        known = library.winsmash()
        every = (known.nominal, *known.alternatives)
        law = Triangular(min(every), known.nominal, max(every))
        yield CORRECTION, _drawn(Quantity(known.nominal, "", "ratio"), law, known.sources[0])


# ---- a range as a distribution -----------------------------------------------------------------------------------------


def _ranged(numbers: Numbers, prefix: str) -> Found:
    for path, number in numbers.items():
        if path.startswith(prefix) and number.range:
            low, high = _bounds(number)
            if low < high:
                yield path, replace(number, distribution=Triangular(low, number.si, high))


def _bounds(number: Quantity) -> tuple[float, float]:
    """The ends of the range of a number [SI]; the number itself where it has none."""
    return _range(number.range, number.dimension) if number.range else (number.si, number.si)


@lru_cache(maxsize=1024)
def _range(ends: tuple[str, ...], dimension: str) -> tuple[float, float]:
    low, high = (units.parse(end, dimension) for end in ends)
    return low, high


def _drawn(number: Quantity, law: Distribution, source: str) -> Quantity:
    return replace(number, source=source, tag="J", distribution=law)


SPREADS: Final[Mapping[str, Callable[[StudyModel, Mapping[str, VehicleModel], Read], Found]]] = {
    STRUCTURES: _structures,
    RESTITUTION: _restitution,
    RESTRAINTS: _restraints,
    RISK: _risk,
}
