"""The occupant of each vehicle of a study: size and restraint from the library, the study's own numbers over both."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from crashsim.config.draft import Draft
from crashsim.config.entries import merged, read_entry
from crashsim.config.fields import Place
from crashsim.config.models import VehicleModel
from crashsim.config.parts import Body, Interior, Model, OccupantModel

SIZE: Final = "50m"  # who sits in a vehicle when a study does not say

_EVERYONE: Final = ("knee", "head_contact", "neck")  # a belt and a bag may be missing, an interior and a neck may not
_OPTIONAL: Final = ("limit", "seat_shift")
_WITHOUT: Final = {"pretensioner": "belt", "head_bag": "airbag"}


def with_occupants(draft: Draft, vehicles: Mapping[str, VehicleModel], study: Path | None) -> dict[str, VehicleModel]:
    """The study's vehicles, each with its occupant whole, or None where nobody is modelled.

    ``study``: the file of the study, beside which a user's own restraints and occupants lie.
    """
    return {
        name: vehicle
        if vehicle.rigid
        else vehicle.model_copy(update={"occupant": whole_occupant(draft, ("vehicles", name), vehicle, study)})
        for name, vehicle in vehicles.items()
    }


def whole_occupant(draft: Draft, place: Place, vehicle: VehicleModel, study: Path | None) -> OccupantModel | None:
    """The occupant of the vehicle at a place with the library's numbers under its own, or None."""
    holder: Place = (*place, "occupant")
    given = vehicle.occupant or OccupantModel.model_construct()
    if given.size == OccupantModel.word or draft.is_broken(holder):
        return None
    at: Place = (*(holder if given.restraint else place), "restraint")
    restraint = given.restraint or vehicle.restraint
    if draft.is_broken(at) or draft.is_broken((*holder, "restraint")) or draft.is_broken((*holder, "size")):
        draft.broken.add(holder)
        return None
    if restraint is None:
        if vehicle.occupant is not None:
            draft.report((*holder, "restraint"), "missing, expected a restraint (see: crashsim list restraints)")
            draft.broken.add(holder)
        return None
    interior = read_entry(draft, "restraints", restraint, at, holder, study)
    size = given.size or SIZE
    body = read_entry(draft, "occupants", size, (*holder, "size"), holder, study)
    if interior is None or body is None:
        return None
    own = {n: getattr(body, n) for n in Body.model_fields} | {n: getattr(interior, n) for n in Interior.model_fields}
    sources = (body.sources or {}) | (interior.sources or {})
    base = OccupantModel.model_construct(size=size, restraint=restraint, sources=sources or None, **own)
    return merged(base, given)


# ---- what a crash needs of an engine and an occupant -------------------------------------------------------------------


def check_parts(draft: Draft, name: str, vehicle: VehicleModel) -> None:
    """Report what the engine and the occupant behind a loaded front lack."""
    place: Place = ("vehicles", name)
    if vehicle.engine is not None:
        _check_whole(draft, (*place, "engine"), vehicle.engine)
    if vehicle.occupant is not None:
        check_occupant(draft, (*place, "occupant"), vehicle.occupant)


def check_occupant(draft: Draft, place: Place, occupant: OccupantModel) -> None:
    """Report what an occupant lacks, and what does not go together."""
    given = {n: part for n in Interior.model_fields if (part := getattr(occupant, n)) is not None}
    _report_lacking(draft, place, [n for n in Body.model_fields if getattr(occupant, n) is None and n not in _OPTIONAL])
    _report_lacking(draft, place, [n for n in _EVERYONE if n not in given])
    for name, part in given.items():
        _check_whole(draft, (*place, name), part)
        if (other := _WITHOUT.get(name, name)) not in given and not draft.is_broken((*place, other)):
            draft.report((*place, name), f"there is no {other}, without which it does nothing")
    belt = occupant.belt
    if belt and belt.stiffness is not None and belt.specific_stiffness is not None:
        message = (
            f"got stiffness {belt.stiffness.typed} and specific_stiffness {belt.specific_stiffness.typed}, give one"
        )
        draft.report((*place, "belt"), message)


def _check_whole(draft: Draft, place: Place, part: Model) -> None:
    """Report the fields without which an engine or an element of a restraint does not work."""
    fields = {n for n, value in part if value is not None}
    one_of_two = {"stiffness", "specific_stiffness"} if "specific_stiffness" in type(part).model_fields else set()
    needed = [n for n in type(part).model_fields if n not in (*_OPTIONAL, *one_of_two, *fields)]
    if one_of_two and not one_of_two & fields and not any(draft.is_broken((*place, n)) for n in one_of_two):
        needed.append("specific_stiffness (or stiffness)")
    _report_lacking(draft, place, needed)


def _report_lacking(draft: Draft, place: Place, names: list[str]) -> None:
    lacking = [n for n in names if not draft.is_broken((*place, n))]
    if lacking:
        draft.report(place, f"not whole, expected also {', '.join(lacking)}")
