"""The rear or the side of a vehicle that gives none: shares of its front, every one of them judgement (tag J)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from crashsim import structure
from crashsim.cases import SIDE, STRUCK
from crashsim.config.entries import LAW
from crashsim.config.fields import Quantity, in_unit_of
from crashsim.config.models import StudyModel, VehicleModel
from crashsim.config.parts import CurvePoint, SideModel, StructureModel
from crashsim.structure import crush_energy

REAR_FORCE, REAR_SPACE = 0.6, 0.8  # of the forces and of the crush space of the front
DOOR, SILL = 0.2, 0.4  # yield forces over the mean force of the front
DOOR_KNEE, SILL_KNEE = 0.06, 0.08  # m: crush at which they yield
DOOR_SPACE = 0.15  # m: crush of a door before it is pushed into the room of the occupant
INSIDE = 0.1  # stiffness behind door and sill (pillar, cross members, seats) over that of the front's compartment
SILL_TOP = 0.42  # m over ground

_OF_FRONT: Final = dict.fromkeys(("plateau", "force"), REAR_FORCE) | dict.fromkeys(("crush_space", "crush"), REAR_SPACE)
_SLOPES: Final = dict.fromkeys(("stiffness", "plateau_slope"), REAR_FORCE / REAR_SPACE)  # the curve keeps its shape
_TAG: Final = "J"


def with_priors(model: StudyModel, vehicles: Mapping[str, VehicleModel]) -> dict[str, VehicleModel]:
    """The study's vehicles, each with the rear or the side that an impact loads, where it has a front and gives none."""
    found = dict(vehicles)
    for impact in model.impacts.values():
        between: Sequence[str] = impact.between or list(vehicles)
        if impact.type in STRUCK and len(between) == 2 and between[1] in found:
            found[between[1]] = _with_end(found[between[1]], STRUCK[impact.type])
    return found


def _with_end(vehicle: VehicleModel, face: str) -> VehicleModel:
    front = vehicle.front
    if vehicle.rigid or front is None or not _is_whole(front):
        return vehicle
    if face == SIDE:
        given = {n: q for n, q in vehicle.side or () if q is not None}
        prior = {n: q for n, q in _side(front).items() if "curve" not in given or n not in LAW}
        return vehicle.model_copy(update={SIDE: SideModel.model_construct(**prior | given)})
    return vehicle if vehicle.rear else vehicle.model_copy(update={face: _rear(front)})


def _is_whole(front: StructureModel) -> bool:
    law = (front.stiffness, front.plateau, front.crush_space)
    behind = front.compartment_stiffness and front.unloading_stiffness
    return bool(behind and (front.curve or all(law)))


def _rear(front: StructureModel) -> StructureModel:
    """The front with ``REAR_FORCE`` of its forces and ``REAR_SPACE`` of its crush; compartment and unloading as they are."""
    return StructureModel.model_construct(**{name: _share(name, value) for name, value in front if value is not None})


def _share(name: str, value: Any) -> Any:
    if name == "curve":
        return [CurvePoint.model_construct(**{n: _share(n, q) for n, q in point if q is not None}) for point in value]
    factor = (_OF_FRONT | _SLOPES).get(name, 1.0)
    return _quantity(factor * value.si, value.typed, value.dimension, f"{factor:g} of the front's, which has no rear")


def _side(front: StructureModel) -> dict[str, Quantity]:
    """Door and sill, as shares of the mean force of the front up to the end of its crush space."""
    curve = _law(front)
    space = float(curve.crush_space)
    mean = crush_energy(curve, space) / space
    assert front.compartment_stiffness is not None
    assert front.unloading_stiffness is not None
    inside, back = front.compartment_stiffness.si, front.unloading_stiffness.si
    loading = DOOR * mean / DOOR_KNEE + SILL * mean / SILL_KNEE
    of_mean, of_all = "of the mean force of the front", "the same for every vehicle without a side of its own"
    rows = (
        ("stiffness", DOOR * mean / DOOR_KNEE, "kN/m", "stiffness", f"door: yields at {DOOR_KNEE:g} m of crush, {of_all}"),
        ("plateau", DOOR * mean, "kN", "force", f"door: {DOOR:g} {of_mean}"),
        ("crush_space", DOOR_SPACE, "cm", "length", f"door: {of_all}"),
        ("compartment_stiffness", INSIDE * inside, "kN/m", "stiffness", f"{INSIDE:g} of the front's compartment"),
        ("unloading_stiffness", max(back, loading), "kN/m", "stiffness", "the front's, and at least door and sill"),
        ("sill_stiffness", SILL * mean / SILL_KNEE, "kN/m", "stiffness", f"sill: yields at {SILL_KNEE:g} m of crush, {of_all}"),
        ("sill_plateau", SILL * mean, "kN", "force", f"sill: {SILL:g} {of_mean}"),
        ("sill_top", SILL_TOP, "cm", "length", f"sill: {of_all}"),
    )  # fmt: skip
    return {name: _quantity(si, unit, dimension, source) for name, si, unit, dimension, source in rows}


def _law(front: StructureModel) -> structure.Structure:
    """The loading curve of a whole front, its numbers at their medians."""

    def si(name: str) -> float:
        return float(getattr(front, name).si)

    behind = si("compartment_stiffness"), np.inf
    if front.curve:
        x, f = ([getattr(point, n).si for point in front.curve] for n in ("crush", "force"))
        return structure.curve(x, f, *behind)
    slope = si("plateau_slope") if front.plateau_slope else None
    return structure.plateau(si("stiffness"), si("plateau"), si("crush_space"), *behind, plateau_slope=slope)


def _quantity(si: float, typed: str, dimension: str, source: str) -> Quantity:
    return Quantity(si, in_unit_of(si, typed, dimension), dimension, source, _TAG)
