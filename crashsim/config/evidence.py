"""The evidence grade of a vehicle: whether its front was measured, has the law of its class, or is judgement.

The grade follows from the tags of the numbers and is never typed in the library; ``evidence`` in a file can only lower it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from crashsim.config import library
from crashsim.config.classes import class_model
from crashsim.config.draft import Draft, validated
from crashsim.config.entries import LAW
from crashsim.config.fields import Quantity
from crashsim.config.models import VehicleModel
from crashsim.config.parts import StructureModel
from crashsim.errors import ConfigError

MEASURED, CLASS, JUDGEMENT = GRADES = ("measured", "class", "judgement")  # the strongest first
SOUND: Final = ("S", "C")  # tags of numbers that were read in a source or computed from data


def library_vehicle(name: str) -> VehicleModel:
    """A vehicle of the library as its file has it, without the law of its class; raises LibraryError when there is none."""
    draft = Draft(library.find("vehicles", name), ("vehicles", "*"))
    model = validated(VehicleModel, draft)
    if draft.problems:
        raise ConfigError(draft.problems)
    return model


def graded(vehicles: Mapping[str, VehicleModel]) -> dict[str, VehicleModel]:
    """The vehicles with their grade as ``evidence``; to be asked before the law of a class is written into a front."""
    return {
        name: v if v.rigid else v.model_copy(update={"evidence": grade(v)}) for name, v in vehicles.items()
    }  # fmt: skip


def grade(vehicle: VehicleModel) -> str:
    """``measured``: every number of the front's own loading law is tagged S or C.

    ``class``: no law of its own, and its class has one that was fitted to tests of the vehicle's model year.
    ``judgement``: anything else, such as a number without a tag.
    """
    own = own_law(vehicle)
    if own:
        found = MEASURED if all(number.tag in SOUND for number in own) else JUDGEMENT
    else:
        found = CLASS if _in_class(vehicle) else JUDGEMENT
    return max(found, vehicle.evidence or found, key=GRADES.index)


def own_law(vehicle: VehicleModel) -> list[Quantity]:
    """The numbers of the front's own loading law; none where the vehicle has that of its class."""
    return list(_law(vehicle.front)) if vehicle.front else []


def _law(front: StructureModel) -> Iterator[Quantity]:
    for point in front.curve or ():
        yield from (number for _, number in point if number is not None)
    if front.stiffness or front.plateau:
        given = (getattr(front, name) for name in (*LAW, "plateau_slope"))
        yield from (number for number in given if number is not None)


def _in_class(vehicle: VehicleModel) -> bool:
    if vehicle.vehicle_class not in library.names("classes") or vehicle.model_year is None:
        return False
    model = class_model(vehicle.vehicle_class)
    needed = model.front and model.front.stiffness_per_width, model.first_year, model.last_year
    law, first, last = (number for number in needed if number)  # `required` of ClassModel
    return law.tag in SOUND and first.si <= vehicle.model_year.si <= last.si
