"""A speed-limit file or mapping -> SpeedLimit: every problem at once, each with its place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from crashsim import units
from crashsim.cases import Impact, Study
from crashsim.config import library
from crashsim.config.draft import Draft, validated
from crashsim.config.fields import Place, nearest
from crashsim.config.questions.files import document_of
from crashsim.config.questions.speed_limit_file import (
    OWN,
    PARTNER,
    PLACE,
    BoundModel,
    ReferenceModel,
    SpeedLimitModel,
)
from crashsim.config.questions.speed_limit_trees import approach, impact, restrained, shares_of
from crashsim.config.questions.studies import study_of
from crashsim.config.reader import Document
from crashsim.errors import ConfigError
from crashsim.units import echo

BASE: Final = "base"  # name of the setting that changes nothing
CRASH: Final = "crash"  # the impact of a setting's study whose risk is to be kept; references are called as their bound
FASTEST: Final = units.parse("85 mph", "speed")
ROAD_SAMPLES: Final = 64  # of everything else but the speeds: the engine draws those of its own


@dataclass(frozen=True)
class Bound:
    """A risk that is to be kept: ``at_most``, or that of ``reference`` in the same crash where the posted limit is ``posted`` [m/s].

    ``met``: whom the reference meets in place of the partner of the setting; empty: that partner.
    """

    name: str
    level: str
    at_most: float | None = None
    reference: str = ""
    met: str = ""
    posted: float = 0.0


@dataclass(frozen=True)
class Setting:
    """A crash: its study has the impact `CRASH` and one for each reference, called as the bound.

    ``shares``: speeds at contact over the posted limit, of the first and the second vehicle of every impact of the study.
    """

    name: str
    title: str
    study: Study
    vehicle: str
    partner: str
    shares: tuple[float, float]

    def impact(self, name: str = CRASH) -> Impact:
        """An impact of its study."""
        return next(impact for impact in self.study.impacts if impact.name == name)

    @property
    def subject(self) -> int:
        """Whose risk it is: the place of the vehicle in ``between`` of every impact."""
        return self.impact().between.index(self.vehicle)


@dataclass(frozen=True)
class SpeedLimit:
    """What is asked: bounds, settings (the first is the crash itself), the fastest posted limit [m/s].

    ``roads``: the crash itself at the speeds of roads, an impact for each, called as the road, and one for each reference, called as the
    bound; None where no road is named.
    """

    name: str
    title: str
    question: str
    bounds: tuple[Bound, ...]
    settings: tuple[Setting, ...]
    fastest: float
    units: str
    typed: Mapping[str, Any]
    source: str
    roads: Study | None = None


def load_speed_limit(source: str | Path | Mapping[str, Any]) -> SpeedLimit:
    """Read and validate a question: a file, the name of a shipped one, or a mapping of the same shape.

    Raises
    ------
    ConfigError
        Everything that is wrong with it, each with file, line and column (a mapping has none).
    LibraryError
        No such file or example.
    """
    return _asked(*document_of(source, "speed_limit", "question"))


def _asked(document: Document, file: Path | None) -> SpeedLimit:
    draft = Draft(document, PLACE)
    try:
        model = validated(SpeedLimitModel, draft)
        bounds = [bound for name, own in model.bounds.items() if (bound := _bound(draft, name, own))]
        if not draft.problems:
            crashes = _crashes(draft, document.tree)
            settings = [_setting(draft, model, name, crash, bounds, file) for name, crash in crashes.items()]
            roads = _on_roads(draft, model, crashes[BASE], bounds, file) if model.roads else None
    except ConfigError as error:  # more problems than anyone reads
        raise ConfigError(dict.fromkeys(error.problems)) from None
    if draft.problems or model.name is None:
        raise ConfigError(dict.fromkeys(draft.problems))
    return SpeedLimit(
        name=model.name, title=model.title or model.name, question=model.question or "", bounds=tuple(bounds),
        settings=tuple(s for s in settings if s is not None), fastest=model.fastest.si if model.fastest else FASTEST,
        units=model.output.units, typed=document.tree, source=document.text, roads=roads,
    )  # fmt: skip


# ---- bounds ------------------------------------------------------------------------------------------------------------


def _bound(draft: Draft, name: str, model: BoundModel) -> Bound | None:
    if name == CRASH:
        draft.report(("bounds", name), f"got the name {echo(name)}, expected another", key=True)
    if (model.at_most is None) == (model.like is None):
        if draft.is_sound(("bounds", name)):
            given = "neither" if model.at_most is None else "both"
            draft.report(("bounds", name), f"got {given} of at_most and as, expected one of them")
        return None
    if model.at_most is not None:
        return Bound(name, model.level, model.at_most.si)
    assert model.like is not None
    return _reference(draft, name, model, model.like)


def _reference(draft: Draft, name: str, model: BoundModel, like: ReferenceModel) -> Bound | None:
    known = draft.value(("vehicles",))
    for field, vehicle in (("vehicle", like.vehicle), ("partner", like.partner)):
        if vehicle is not None and isinstance(known, dict) and vehicle not in known:
            draft.report(("bounds", name, "as", field), f"no vehicle called {echo(vehicle)}{nearest(vehicle, known)}")
    if like.vehicle is None or like.speed is None:
        return None
    return Bound(name, model.level, None, like.vehicle, like.partner or "", like.speed.si)


# ---- settings ----------------------------------------------------------------------------------------------------------


def _crashes(draft: Draft, tree: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The trees of all crashes by name: the base, then each setting with the rest of the base."""
    base: dict[str, Any] = tree["crash"]
    found = {BASE: base}
    for name, own in tree.get("settings", {}).items():
        if name == BASE:
            draft.report(("settings", name), f"got the name {echo(name)}, which is that of the crash itself", key=True)
        found[name] = {**base, "title": name, **own}
    known = tree["vehicles"]
    for name, crash in found.items():
        for field in (OWN, PARTNER):
            if crash[field] not in known:
                draft.report(
                    (*_place(name), field), f"no vehicle called {echo(crash[field])}{nearest(crash[field], known)}"
                )
        if crash["type"] == "head-on" and "strikes" in crash:
            draft.report((*_place(name), "strikes"), "says nothing in a head-on crash: both strike; leave it out")
    return found


def _place(setting: str) -> Place:
    return ("crash",) if setting == BASE else ("settings", setting)


def _setting(
    draft: Draft, model: SpeedLimitModel, name: str, crash: Mapping[str, Any], bounds: list[Bound], file: Path | None
) -> Setting | None:
    """A crash as a study of its own, in which every vehicle has the name that the file gives it."""
    if not draft.is_sound(_place(name)):
        return None
    tree: Mapping[str, Any] = draft.document.tree
    own, partner = crash[OWN], crash[PARTNER]
    shares = shares_of(model, name, crash)
    if not approach(str(crash["type"]), *shares):
        draft.report((*_place(name), "of_limit"), "the two never meet: expected the one that strikes to be faster")
        return None
    vehicles = {own: restrained(tree, own, crash.get("restraint"))}
    impacts = {CRASH: impact(tree, crash, vehicles, shares, own, partner)}
    for bound in bounds:
        if bound.reference:
            impacts[bound.name] = impact(tree, crash, vehicles, shares, bound.reference, bound.met or partner)
    study = study_of(draft, {
        "name": tree["name"], "title": crash.get("title", name), "vehicles": vehicles, "impacts": impacts,
        **{key: tree[key] for key in ("sampling", "risk", "output") if key in tree},
    }, file, lambda path: _where(name, path))  # fmt: skip
    if study is None:
        return None
    first, second = study.impacts[0].between
    return Setting(name, crash.get("title", name), study, own, second if first == own else first, shares)


def _on_roads(
    draft: Draft, model: SpeedLimitModel, crash: Mapping[str, Any], bounds: list[Bound], file: Path | None
) -> Study | None:
    """The crash itself with the speeds at contact on each road, and each reference on the road of its own limit."""
    shares = shares_of(model, BASE, crash)
    if not {*shares} <= {0.0, 1.0}:
        draft.report(("roads",), "of_limit of the crash must be 0 or 100 % of the limit for speeds on roads", key=True)
    known = library.roads()
    for i, name in enumerate(model.roads or []):
        if name not in known:
            draft.report(("roads", i), library.unknown("roads", name))
    if not draft.is_sound(("roads",)):
        return None
    tree: Mapping[str, Any] = draft.document.tree
    own, partner = crash[OWN], crash[PARTNER]
    vehicles = {own: restrained(tree, own, crash.get("restraint"))}
    impacts = {name: impact(tree, crash, vehicles, shares, own, partner, name) for name in model.roads or []}
    for bound in bounds:
        if bound.reference:
            road = next((r.name for r in known.values() if math.isclose(r.limit, bound.posted, rel_tol=1e-3)), None)
            if road is None:
                limits = ", ".join(units.format_quantity(r.limit, "speed", "us") for r in known.values())
                draft.report(
                    ("bounds", bound.name, "as", "speed"), f"no road has this limit; those with roads: {limits}"
                )
                return None
            impacts[bound.name] = impact(tree, crash, vehicles, shares, bound.reference, bound.met or partner, road)
    seed = tree.get("sampling", {}).get("seed", 1)
    return study_of(draft, {
        "name": tree["name"], "vehicles": vehicles, "impacts": impacts, "sampling": {"samples": ROAD_SAMPLES, "seed": seed},
        **{key: tree[key] for key in ("risk", "output") if key in tree},
    }, file, lambda path: _where(BASE, path))  # fmt: skip


def _where(setting: str, path: tuple[str, ...]) -> Place:
    """The place in the file of a path of a setting's study."""
    if path[0] == "vehicles":
        return path
    return (*_place(setting), *path[2:]) if path[0] == "impacts" else path
