"""The law of a class in the place of a front that gives none: numbers like any others, with source and tag."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from crashsim import classes, units
from crashsim.cases import FRONT
from crashsim.classes import ClassLaw, Tape, VehicleClass
from crashsim.config import library
from crashsim.config.draft import Draft, validated
from crashsim.config.fields import Place, Quantity
from crashsim.config.models import VehicleModel
from crashsim.config.parts import ClassModel, StructureModel
from crashsim.errors import ConfigError
from crashsim.structure import SOFT_SHARE

_OWN_LAW: Final = ("stiffness", "plateau", "curve")
_UNITS: Final = {"stiffness": "kN/m", "force": "kN", "length": "cm"}


@lru_cache(maxsize=32)
def class_model(name: str) -> ClassModel:
    """A class of the library as its file has it; raises LibraryError when there is none."""
    draft = Draft(library.find("classes", name), ("classes", "*"))
    model = validated(ClassModel, draft)
    if draft.problems:
        raise ConfigError(draft.problems)
    return model


def vehicle_class(name: str) -> VehicleClass:
    """A class of the library in SI."""
    model = class_model(name)
    front, tape = ({n: q.si for n, q in part or ()} for part in (model.front, model.tape))
    width, year, first, last = (_si(q) for q in (model.width, model.reference_year, model.first_year, model.last_year))
    return VehicleClass(name, ClassLaw(**front), Tape(**tape), width, year, (first, last))


def _si(quantity: Quantity | None) -> float:
    assert quantity is not None  # `required` of ClassModel
    return quantity.si


def with_classes(draft: Draft, vehicles: Mapping[str, VehicleModel]) -> dict[str, VehicleModel]:
    """The study's vehicles, each front without a law of its own with that of the vehicle's class.

    A front has its own law when it gives a stiffness, a plateau or a curve; its other numbers stand over those of the
    class.
    """
    return {name: _with_class(draft, ("vehicles", name), vehicle) for name, vehicle in vehicles.items()}


def _with_class(draft: Draft, place: Place, vehicle: VehicleModel) -> VehicleModel:
    name = vehicle.vehicle_class
    if vehicle.rigid or name is None or _has_law(draft, (*place, FRONT), vehicle.front):
        return vehicle
    if name not in library.names("classes"):
        draft.report((*place, "class"), f"{library.unknown('classes', name)}, and {place[-1]} has no front of its own")
        draft.broken.add((*place, FRONT))
        return vehicle
    return vehicle.model_copy(update={FRONT: class_front(vehicle)})


def _has_law(draft: Draft, place: Place, front: StructureModel | None) -> bool:
    if draft.is_broken(place) or any(draft.is_broken((*place, n)) for n in _OWN_LAW):
        return True  # what it is nobody knows
    return front is not None and any(getattr(front, n) is not None for n in _OWN_LAW)


def class_front(vehicle: VehicleModel) -> StructureModel:
    """The front of a vehicle by its class, with the numbers that the vehicle itself gives over it."""
    assert vehicle.vehicle_class is not None
    model = class_model(vehicle.vehicle_class)
    given = {n: q for n, q in vehicle.front or () if q is not None}
    return StructureModel.model_construct(**_law(model, vehicle, given) | given)


def _law(model: ClassModel, vehicle: VehicleModel, given: Mapping[str, Any]) -> dict[str, Quantity]:
    """The numbers of a class's law for the width, the model year and the crush space of a vehicle."""
    one = vehicle_class(str(model.name))
    width = vehicle.width.si if vehicle.width else one.width
    year = vehicle.model_year.si if vehicle.model_year else one.reference
    k = classes.stiffness(one, width, year)
    space = given["crush_space"].si if "crush_space" in given else one.front.crush_space
    unloading = classes.unloading_stiffness(k, one.front.restitution, SOFT_SHARE)
    assert model.front is not None
    told = {n: (f"class {model.name}: {q.typed}, {_source(model, q)}", q.tag) for n, q in model.front}
    text, tag = told["stiffness_per_width"]
    told["stiffness"] = (f"{width:.4g} m wide, model year {year:.0f}{_held(one, year)}; {text}", tag)
    told["plateau"] = (
        f"the force at {classes.KNEE:.0%} of the crush space, where nothing bends; {told['stiffness'][0]}",
        tag,
    )
    rows = (
        ("stiffness", k, "stiffness", "stiffness"),
        ("plateau", k * classes.KNEE * space, "force", "plateau"),
        ("plateau_slope", k, "stiffness", "stiffness"),
        ("crush_space", space, "length", "crush_space"),
        ("compartment_stiffness", one.front.compartment_stiffness, "stiffness", "compartment_stiffness"),
        ("unloading_stiffness", unloading, "stiffness", "restitution"),
    )
    return {name: _quantity(si, dimension, *told[of]) for name, si, dimension, of in rows}


def _held(one: VehicleClass, year: float) -> str:
    """What to say of a model year before the first of the tests."""
    return f" (as of {one.years[0]:.0f}, the first of the tests)" if one.front.trend and year < one.years[0] else ""


def _quantity(si: float, dimension: str, source: str, tag: str) -> Quantity:
    text = f"{units.to(si, _UNITS[dimension], dimension):.6g} {_UNITS[dimension]}"
    return Quantity(units.parse(text, dimension), text, dimension, source, tag)


def _source(model: ClassModel, quantity: Quantity) -> str:
    """The full text of a source that the class's file names by its key."""
    return (model.sources or {}).get(quantity.source, quantity.source)


def class_spread(name: str) -> float:
    """Geometric standard deviation of all forces of a front, from vehicle to vehicle of a class of the library."""
    return vehicle_class(name).front.spread
