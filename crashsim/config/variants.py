"""The variants of a study: without its modifiers, with each alone, with the first few, with all; each a study of its own."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from crashsim import braking
from crashsim.cases import Impact, Study, Variant
from crashsim.config import library
from crashsim.config.draft import Draft
from crashsim.config.fields import nearest
from crashsim.config.models import MASSES, StudyModel, VehicleModel
from crashsim.config.modifiers import ModifierModel
from crashsim.errors import ConfigError, LibraryError
from crashsim.risk import age_group
from crashsim.units import echo

Tree = dict[str, Any]
Load = Callable[[Tree], Study]
Where = tuple[str, str]  # impact and vehicle

BASE, ALONE, TOGETHER = "base", "alone", "together"
LIBRARY: Final = {"restraint": "restraints", "size": "occupants", "structure": "vehicles"}
PERSON: Final = ("sex", "belt", "fleet")
UNBELTED: Final = "unbelted"
# How far an emergency brake may lie from what is given (crashsim model card: typical values, judgement).
BRAKES_SPREAD: Final = {
    "time_to_collision": (1.25, 1.0, 0.8), "dead_time": (0.5, 1.0, 1.5), "jerk": (1.2, 1.0, 0.8), "deceleration": (1.125, 1.0, 0.875),
}  # fmt: skip  # factors: strong, as given, weak
STRENGTHS: Final = (0, 1, 2)
CREEP: Final = (
    0.5  # m/s faster than the one ahead: what is left of a crash that strong brakes avoid, so that samples have one
)


def check_modifiers(draft: Draft, model: StudyModel, study: Path | None) -> None:
    """Report what is wrong with the modifiers of a study by itself.

    ``study``: the file of the study, beside which a user's own restraints, occupants and vehicles lie.
    """
    for name, modifier in model.modifiers.items():
        place = ("modifiers", name)
        if modifier.vehicle is not None and modifier.vehicle not in model.vehicles:
            found = nearest(modifier.vehicle, model.vehicles)
            draft.report((*place, "vehicle"), f"no vehicle called {echo(modifier.vehicle)}{found}")
        for field, kind in LIBRARY.items():
            entry = getattr(modifier, field)
            try:
                if entry is not None:
                    library.locate(kind, entry, study)
            except LibraryError as error:
                draft.report((*place, field), str(error))
        if modifier.belt == UNBELTED and modifier.restraint:
            draft.report((*place, "restraint"), "beside belt: unbelted, which is a restraint itself; leave one out")
        changes = [field for field in ModifierModel.model_fields if field not in ("vehicle", "switched", "title")]
        if not any(getattr(modifier, field) is not None or draft.is_broken((*place, field)) for field in changes):
            draft.report(place, f"changes nothing, expected at least one of {', '.join(changes)}")


def variants(
    tree: Tree, modifiers: Mapping[str, ModifierModel], vehicles: Mapping[str, VehicleModel], load: Load
) -> tuple[Variant, ...]:
    """Every variant that the ledger tells of: base, each alone, then one after the other until all are on.

    ``tree``: the study as it was typed; ``load`` makes a study of one.  Sweeps and kept pulses are left out.
    """
    on = {name: modifier for name, modifier in modifiers.items() if modifier.switched == "on"}
    names = list(on)
    if not names:
        return ()
    sets: list[tuple[str, tuple[str, ...]]] = [(BASE, ()), *((ALONE, (name,)) for name in names)]
    sets += [(TOGETHER, tuple(names[:n])) for n in range(2, len(names) + 1)]
    plain = _plain(tree)
    return tuple(_variant(plain, kind, {n: on[n] for n in chosen}, vehicles, load) for kind, chosen in sets)


def _plain(tree: Tree) -> Tree:
    """The study without what the ledger does not need."""
    kept = copy.deepcopy({key: value for key, value in tree.items() if key not in ("modifiers", "output")})
    for impact in kept["impacts"].values():
        impact.pop("sweep", None)
    return kept


def _variant(
    plain: Tree, kind: str, on: Mapping[str, ModifierModel], vehicles: Mapping[str, VehicleModel], load: Load
) -> Variant:
    tree = copy.deepcopy(plain)
    for modifier in on.values():
        _change_vehicle(tree, modifier, vehicles[str(modifier.vehicle)])
    try:
        study = load(tree)
        left = _braked(tree, study, on.values())
        study = _at(load(tree), left) if left else study
    except ConfigError as error:
        place = f"modifiers.{'+'.join(on)}"
        raise ConfigError(replace(p, path=place, message=f"{p.path}: {p.message}") for p in error.problems) from None
    avoided = tuple(path[0] for path, speed in left.items() if speed is None)
    titles = tuple(modifier.title or name.replace("-", " ") for name, modifier in on.items())
    return Variant(kind, tuple(on), titles, study, _people(on.values()), avoided, _records(study, on.values()))


def _change_vehicle(tree: Tree, modifier: ModifierModel, whole: VehicleModel) -> None:
    vehicle = tree["vehicles"][modifier.vehicle]
    if modifier.structure:
        for field in ("front", "rear", "side", "engine"):
            vehicle.pop(field, None)
        masses = {name: getattr(whole, name).typed for name in MASSES if getattr(whole, name) is not None}
        vehicle |= {"use": modifier.structure, **masses}
        if whole.restraint:
            vehicle.setdefault("restraint", whole.restraint)
    restraint = UNBELTED if modifier.belt == UNBELTED else modifier.restraint
    occupant = vehicle.get("occupant")
    if isinstance(occupant, dict) and restraint:
        occupant.pop("restraint", None)
    if restraint:
        vehicle["restraint"] = restraint
    if modifier.size:
        vehicle["occupant"] = {**(occupant if isinstance(occupant, dict) else {}), "size": modifier.size}


def _braked(tree: Tree, study: Study, on: Iterable[ModifierModel]) -> dict[Where, float | None]:
    """Put the speeds that brakes leave into the impacts of the tree; these speeds at the brakes as they are given, by impact and
    vehicle, None where the crash is avoided.
    """
    found = {}
    for modifier in on:
        for impact in study.impacts if modifier.brakes else ():
            if _approaches(str(modifier.vehicle), impact):
                left = _left(str(modifier.vehicle), impact, modifier.brakes)
                found[impact.name, str(modifier.vehicle)] = left[1]
                _put(tree["impacts"][impact.name]["speed"], str(modifier.vehicle), left, study.sampling is not None)
    return found


def _approaches(vehicle: str, impact: Impact) -> bool:
    """Whether a vehicle brakes at all: one that is struck from behind or in its side does not."""
    return vehicle in impact.between and (impact.type not in ("rear-end", "side") or vehicle == impact.between[0])


def _left(vehicle: str, impact: Impact, brakes: Any) -> tuple[float, float | None, float]:
    """Own speed at the impact [m/s] with strong brakes, as they are given, with weak ones."""
    first, second = (impact.numbers.get(f"speed.{v}", 0.0) for v in impact.between)
    closing = {"head-on": first + second, "rear-end": first - second}.get(impact.type, first)
    own = impact.numbers[f"speed.{vehicle}"]
    slowest = {"head-on": 0.0, "rear-end": second + CREEP}.get(impact.type, CREEP)
    given = {name: getattr(brakes, name).si for name in BRAKES_SPREAD}
    closing_left = [
        float(braking.impact_speed(closing, **{n: given[n] * BRAKES_SPREAD[n][side] for n in given}))
        for side in STRENGTHS
    ]
    strong, middle, weak = (float(braking.own_speed(own, closing, v)) for v in closing_left)
    is_avoided = closing_left[1] == 0.0 and impact.type != "head-on"
    return max(strong, slowest), None if is_avoided else middle, max(weak, slowest)


def _put(speeds: dict[str, Any], vehicle: str, left: tuple[float, float | None, float], drawn: bool) -> None:
    low, middle, high = left
    if middle is None:
        return
    ends = {key: f"{value!r} m/s" for key, value in (("from", low), ("mode", max(middle, low)), ("to", high))}
    speeds[vehicle] = {"triangular": ends, "tag": "J"} if drawn and low < high else ends["mode"]


def _at(study: Study, left: Mapping[Where, float | None]) -> Study:
    """The study with the speeds at the brakes as they are given where one number must stand for the drawn ones."""
    impacts = []
    for impact in study.impacts:
        own = {f"speed.{v}": speed for (name, v), speed in left.items() if name == impact.name and speed is not None}
        impacts.append(replace(impact, numbers={**impact.numbers, **own}))
    return replace(study, impacts=tuple(impacts))


def _people(on: Iterable[ModifierModel]) -> dict[str, dict[str, Any]]:
    """What is known of the occupant of each vehicle: the group of each contrast, and the age in years."""
    people: dict[str, dict[str, Any]] = {}
    ages = library.contrasts()["age"]
    for modifier in on:
        own = people.setdefault(str(modifier.vehicle), {})
        own |= {name: getattr(modifier, name) for name in PERSON if getattr(modifier, name) is not None}
        if modifier.age is not None:
            own |= {"years": modifier.age.si, "age": age_group(modifier.age.si, ages)}
    return people


def _records(study: Study, on: Iterable[ModifierModel]) -> dict[str, dict[str, float]]:
    """By impact, the published factors on the number of crashes: of a striking vehicle from behind alone."""
    every = library.braking()
    return {
        impact.name: every[modifier.braking_record]
        for modifier in on
        if modifier.braking_record
        for impact in study.impacts
        if impact.type == "rear-end" and impact.between[0] == modifier.vehicle
    }
