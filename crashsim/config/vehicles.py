"""The vehicles of a study: each on top of the library vehicle that it uses, and the numbers that a crash needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from crashsim import sampling
from crashsim.cases import FRONT, REAR, SIDE
from crashsim.config.draft import Draft
from crashsim.config.entries import LAW, merged, read_entry
from crashsim.config.fields import Field, Place, Quantity
from crashsim.config.models import MASSES, PARTS, StudyModel, VehicleModel, shape
from crashsim.config.parts import Model, StructureModel
from crashsim.structure import COMPARTMENT_RANGE, SOFT_SHARE

FACES: Final = (FRONT, REAR, SIDE)
JUDGED: Final = ("J", "M?")

_NEEDED: Final = ("compartment_stiffness", "unloading_stiffness")
_SILL: Final = ("sill_stiffness", "sill_plateau", "sill_top")
_DEFAULTS: Final = {
    "compartment_range": Quantity(COMPARTMENT_RANGE, "", "length", tag="J"),
    "unloading_soft_share": Quantity(SOFT_SHARE, "", "ratio"),
    "rate": Quantity(0.0, "", "inverse_speed"),
    "force_scale": Quantity(1.0, "", "ratio"),
}
_MASS_WORDS: Final = {
    "mass": "the mass with occupants and cargo, such as '1800 lb' (or curb_mass and occupants)",
    "curb_mass": "the mass without occupants, such as '1650 lb' (or mass, without occupants)",
    "occupants": "how many people are in it, beside curb_mass (75 kg each)",
}


# ---- from the library ----------------------------------------------------------------------------------------------


def with_library(draft: Draft, model: StudyModel, study: Path | None) -> dict[str, VehicleModel]:
    """The study's vehicles, each with the fields of the vehicle that it uses below its own.

    ``study``: the file of the study, beside which a user's own vehicles lie.
    """
    return {name: _on_base(draft, name, given, study) for name, given in model.vehicles.items()}


def _on_base(draft: Draft, name: str, given: VehicleModel, study: Path | None) -> VehicleModel:
    place: Place = ("vehicles", name)
    if draft.is_broken((*place, "use")):
        draft.broken.add(place)
    if given.use is None:
        return given
    base = read_entry(draft, "vehicles", given.use, (*place, "use"), place, study)
    return merged(base, given) if base else given


# ---- what a crash needs --------------------------------------------------------------------------------------------


def check_vehicle(draft: Draft, name: str, vehicle: VehicleModel) -> None:
    """Report what contradicts itself in a vehicle, whether an impact needs it or not."""
    place: Place = ("vehicles", name)
    if vehicle.rigid:
        own = [n for n in (*MASSES, *FACES, *PARTS) if getattr(vehicle, n) is not None]
        if own:
            message = "a rigid wall has no mass, structure, engine or occupant; leave it out"
            draft.report((*place, _typed(draft, place, own)), message)
        return
    others = [n for n in ("curb_mass", "occupants") if getattr(vehicle, n) is not None]
    if vehicle.mass is not None and others:
        draft.report((*place, _typed(draft, place, [*others, "mass"])), _two_masses(vehicle, others))
    for face in FACES:
        if (structure := getattr(vehicle, face)) is not None:
            _check_structure(draft, (*place, face), structure)


def _check_structure(draft: Draft, place: Place, structure: StructureModel) -> None:
    law = [n for n in (*LAW, "plateau_slope") if getattr(structure, n) is not None]
    if structure.curve is not None and law:
        message = (f"{' and '.join(law)} beside a curve: the curve is the whole loading law; to replace the curve give "
                   f"{', '.join(LAW)}")  # fmt: skip
        draft.report((*place, _typed(draft, place, law)), message)
    bottom, top = structure.bumper_bottom, structure.bumper_top
    if bottom and top and bottom.si >= top.si:
        field = _typed(draft, place, ["bumper_top", "bumper_bottom"])
        draft.report((*place, field), f"the bumper beam's top at {top.typed} is not above its bottom at {bottom.typed}")


def _two_masses(vehicle: VehicleModel, others: list[str]) -> str:
    given = " and ".join(f"{n} {getattr(vehicle, n).typed}" for n in ("mass", *others))
    return f"got {given}; mass already has the occupants in it: give either mass, or curb_mass and occupants"


def _typed(draft: Draft, place: Place, names: list[str]) -> str:
    """The first of some fields that the study itself gives, or else simply the first."""
    return next((n for n in names if draft.has((*place, n))), names[0])


def check_complete(draft: Draft, name: str, vehicle: VehicleModel, face: str) -> None:
    """Report what an impact that loads one end of a vehicle needs and the vehicle does not have."""
    place: Place = ("vehicles", name)
    if vehicle.rigid:
        return

    def need(where: Place, message: str) -> None:
        if not draft.is_broken(where):
            draft.report(where, message)

    known = [n for n in MASSES if getattr(vehicle, n) is not None or draft.is_broken((*place, n))]
    if "mass" not in known and len(known) < 2:
        field = "occupants" if known == ["curb_mass"] else "curb_mass" if known else "mass"
        need((*place, field), f"missing, expected {_MASS_WORDS[field]}")
    structure: StructureModel | None = getattr(vehicle, face)
    if structure is None:
        need((*place, face), f"missing, expected the structure of the {face} of {name}, which an impact loads")
        return
    law = () if structure.curve is not None or draft.is_broken((*place, face, "curve")) else LAW
    for field in (*law, *_NEEDED, *(_SILL if face == SIDE else ())):
        if getattr(structure, field) is None:
            found = shape((*place, face, field))
            assert isinstance(found, Field)
            alternative = " (or a curve)" if field in LAW else ""
            need((*place, face, field), f"missing, expected {found.expected}{alternative}")


def quantities(name: str, vehicle: VehicleModel, face: str) -> dict[str, Quantity]:
    """Every number of a vehicle that an impact on one end can need, by its path in a sweep."""
    return {} if vehicle.rigid else dict(_quantities(vehicle, f"vehicles.{name}", face))


def _quantities(model: Model, path: str, face: str) -> Iterator[tuple[str, Quantity]]:
    for name, value in model:
        if isinstance(value, Quantity) and (name in MASSES or not isinstance(model, VehicleModel)):
            yield f"{path}.{name}", value
        elif isinstance(value, Model) and face == FRONT and (name in PARTS or not isinstance(model, VehicleModel)):
            yield from _quantities(value, f"{path}.{name}", face)
        elif name == face and isinstance(value, StructureModel):
            yield from _quantities(value, f"{path}.{face}", face)
            for option, default in _DEFAULTS.items():
                if getattr(value, option) is None:
                    yield f"{path}.{face}.{option}", default
            for i, point in enumerate(value.curve or ()):
                yield from ((f"{path}.{face}.curve.{i}.{n}", q) for n, q in point if q is not None)


# ---- for the manifest ----------------------------------------------------------------------------------------------


def plain(value: Any) -> Any:
    """A vehicle as plain data: every quantity with its SI value, text, source and tag."""
    if isinstance(value, Quantity):
        drawn = {"distribution": sampling.plain(value.distribution)} if value.distribution else {}
        return {k: v for k, v in vars(value).items() if v not in ("", (), None)} | drawn
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, Model):
        fields = type(value).model_fields
        return {fields[n].alias or n: plain(v) for n, v in value if v is not None}
    return value


def judgement(vehicles: Mapping[str, VehicleModel], used: set[str]) -> tuple[str, ...]:
    """Paths of the inputs that rest on judgement (tag J or M?) among those that impacts use."""
    numbers = [quantities(name, v, face) for name, v in vehicles.items() for face in FACES]
    tagged = {path: q.tag for part in numbers for path, q in part.items()}
    return tuple(path for path, tag in tagged.items() if tag in JUDGED and path in used)
