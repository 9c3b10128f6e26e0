"""A fleet file or mapping -> Fleet: every problem at once, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from crashsim import units
from crashsim.cases import Study
from crashsim.config import library
from crashsim.config.draft import Draft, validated
from crashsim.config.fields import NAME, NAME_WORDS, Place, Quantity, nearest
from crashsim.config.mapping import read_mapping
from crashsim.config.questions.fleet_file import PLACE, STRUCK, FleetModel
from crashsim.config.questions.studies import study_of
from crashsim.config.reader import Document, read_file
from crashsim.errors import ConfigError, LibraryError, did_you_mean
from crashsim.sampling import LHS, Random, Sampling
from crashsim.units import echo

BUYER, OBJECT = "buyer", "fixed-object"  # names in the studies: the car that is bought, and what a wall stands for
SPREADS: Final = ["structures", "restitution", "risk"]
NEEDED: Final[tuple[Place, ...]] = (
    ("buys",),
    ("instead_of",),
    ("partners",),
    ("crashes",),
    ("sampling",),
    ("vehicles",),
)
AT: Final = units.parse("35 mph", "speed")
PLACEHOLDER: Final = "50 km/h"  # the engine puts its own closing speeds in this place

Numbers = Mapping[str, Quantity]


@dataclass(frozen=True)
class Kind:
    """A kind of crash: ``closing`` is the closing speed over the posted limit where that is ``Fleet.at``, a distribution over crashes."""

    name: str
    title: str
    type: str
    struck: bool
    closing: Quantity


@dataclass(frozen=True)
class Published:
    """Published driver deaths in multi-vehicle crashes per million vehicle-years, from the least to the most."""

    name: str
    title: str
    vehicle: str
    deaths: tuple[float, float]
    source: str
    tag: str


@dataclass(frozen=True)
class Fleet:
    """A validated fleet file.

    ``studies``: of each choice of vehicle, one impact for each of `meetings`, in their order; the vehicle is called `BUYER` in
    both, so that both draw the same points.  ``limits``: posted limit by road [m/s]; ``at``: the limit that closing speeds are told for [m/s].  ``numbers``: what is known or drawn, by
    path: ``fleet.sales``, ``speeds.factor``, ``roads.NAME``, ``partners.NAME``, ``crashes.NAME`` and so on.
    """

    name: str
    title: str
    question: str
    buys: str
    instead_of: str
    studies: Mapping[str, Study]
    kinds: tuple[Kind, ...]
    limits: Mapping[str, float]
    at: float
    partners: tuple[str, ...]
    numbers: Numbers
    published: tuple[Published, ...]
    sources: Mapping[str, str]
    samples: int
    seed: int
    units: str
    typed: Mapping[str, Any]
    source: str

    @property
    def random(self) -> tuple[Random, ...]:
        """The numbers that are drawn, each with a column of its own."""
        drawn = [(path, q) for path, q in self.numbers.items() if q.distribution is not None]
        return tuple(Random(p, q.dimension, q.distribution, i) for i, (p, q) in enumerate(drawn) if q.distribution)

    @property
    def sampling(self) -> Sampling:
        """How they are drawn: a Latin hypercube, which has nothing in common with the Sobol points of the studies."""
        return Sampling(self.samples, LHS, self.seed, max(len(self.random), 1))

    @property
    def meetings(self) -> tuple[tuple[Kind, str], ...]:
        """Every kind of crash with every partner."""
        return tuple((kind, partner) for kind in self.kinds for partner in met(kind.type, self.partners))


def met(kind: str, partners: Iterable[str]) -> list[str]:
    """Whom a car meets in a type of crash."""
    return [OBJECT] if kind == "wall" else list(partners)


def load_fleet(source: str | Path | Mapping[str, Any]) -> Fleet:
    """Read and validate a fleet: a file, the name of the shipped one, or a mapping of the same shape.

    Raises
    ------
    ConfigError
        Everything that is wrong with it, each with file, line and column (a mapping has none).
    LibraryError
        No such file.
    """
    if isinstance(source, Mapping):
        return _fleet(replace(read_mapping(source), file="fleet"), None)
    path = fleet_path(str(source))
    return _fleet(read_file(path), path)


def fleet_path(name: str) -> Path:
    """The file of a fleet: a path as given, or the name of the shipped one; raises LibraryError for neither."""
    if name == "fleet":
        return library.study_folder() / "questions" / "fleet.yaml"
    given = Path(name)
    if given.suffix in (".yaml", ".yml") or len(given.parts) > 1:
        return given  # reading it says what is wrong
    raise LibraryError(
        f"no file and no shipped fleet called {echo(name)}{did_you_mean(name, ['fleet'])} (shipped: fleet)"
    )


def _fleet(document: Document, file: Path | None) -> Fleet:
    draft = Draft(document, PLACE)
    try:
        model = validated(FleetModel, draft)
        _check(draft, model)
        sound = all(map(draft.is_sound, NEEDED))
        choices = [choice for choice in (model.buys, model.instead_of) if choice]
        studies = {v: _study(draft, model, v, file) for v in choices} if sound else {}
    except ConfigError as error:  # more problems than anyone reads
        raise ConfigError(dict.fromkeys(error.problems)) from None
    if draft.problems or model.name is None or model.buys is None or model.instead_of is None:
        raise ConfigError(dict.fromkeys(draft.problems))
    kinds = tuple(
        Kind(name, kind.title or name, kind.type or "", kind.role == STRUCK, kind.closing)
        for name, kind in model.crashes.items()
        if kind.closing is not None
    )
    return Fleet(
        name=model.name, title=model.title or model.name, question=model.question or "", buys=model.buys,
        instead_of=model.instead_of, studies={v: study for v, study in studies.items() if study is not None}, kinds=kinds,
        limits={name: road.limit.si for name, road in model.roads.items() if road.limit},
        at=model.speeds.at.si if model.speeds.at else AT, partners=tuple(model.partners),
        numbers=dict(_numbers(model)), published=tuple(_published(model)), sources=dict(model.sources or {}),
        samples=model.sampling.samples, seed=model.sampling.seed, units=model.output.units, typed=document.tree,
        source=document.text,
    )  # fmt: skip


def _check(draft: Draft, model: FleetModel) -> None:
    """Names are safe and lead to vehicles; samples are a power of two; a struck car has a striking partner."""
    for section in ("vehicles", "roads", "partners", "crashes"):
        for name in getattr(model, section):
            if not re.fullmatch(NAME, name):
                draft.report((section, name), f"got the name {echo(name)}, expected {NAME_WORDS}", key=True)
            elif section in ("vehicles", "partners") and name in (BUYER, OBJECT):
                draft.report((section, name), f"{echo(name)} has a meaning of its own here; choose another", key=True)
    vehicles = draft.value(("vehicles",))
    known = list(vehicles) if isinstance(vehicles, dict) else []
    named: list[tuple[Place, str | None, bool]] = [
        (("buys",), model.buys, False),
        (("instead_of",), model.instead_of, False),
    ]
    named += [(("partners", name), name, True) for name in model.partners]
    for place, name, key in named:
        if name is not None and name not in known:
            draft.report(place, f"no vehicle called {echo(name)}{nearest(name, known)}", key=key)
    if model.buys is not None and model.buys == model.instead_of:
        draft.report(("instead_of",), f"got {echo(model.buys)}, which is what is bought; expected another vehicle")
    for name, published in model.published.items():
        known_choice = draft.is_sound(("buys",)) and draft.is_sound(("instead_of",))
        if known_choice and published.vehicle not in (None, model.buys, model.instead_of):
            both = f"{model.buys} or {model.instead_of}"
            draft.report(("published", name, "vehicle"), f"got {echo(published.vehicle or '')}, expected {both}")
    if model.sampling.samples & (model.sampling.samples - 1):
        draft.report(("sampling", "samples"), f"got {model.sampling.samples:,}, expected a power of two")
    for name, kind in model.crashes.items():
        if kind.role == STRUCK and kind.type in ("head-on", "wall"):
            draft.report(
                ("crashes", name, "role"), f"got struck in a {kind.type} crash, expected a rear-end or side crash"
            )


def _numbers(model: FleetModel) -> Iterator[tuple[str, Quantity]]:
    """Every number by path but the closing speeds, which are averaged over."""
    if model.fleet is not None:
        yield from ((f"fleet.{name}", q) for name, q in model.fleet if isinstance(q, Quantity))
    whole = Quantity(1.0, "100 %", "ratio")
    yield "speeds.growth", model.speeds.growth or whole
    yield "speeds.factor", model.speeds.factor or whole
    yield from ((f"roads.{name}", road.share) for name, road in model.roads.items() if road.share is not None)
    yield from ((f"partners.{name}", share) for name, share in model.partners.items())
    yield from ((f"crashes.{name}", kind.share) for name, kind in model.crashes.items() if kind.share is not None)


def _published(model: FleetModel) -> Iterator[Published]:
    for name, own in model.published.items():
        ends = sorted(q.si for q in own.deaths)
        yield Published(
            name, own.title or name, own.vehicle or "", (ends[0], ends[-1]), own.source or "", own.tag or ""
        )


# ---- the crashes as studies --------------------------------------------------------------------------------------------


def _study(draft: Draft, model: FleetModel, vehicle: str, file: Path | None) -> Study | None:
    """All crashes of one choice of vehicle as a study; its occupants are not modelled, since only field curves are asked."""
    typed: Any = draft.document.tree["vehicles"]
    vehicles = {BUYER: typed[vehicle], **{name: typed[name] for name in model.partners}}
    impacts = dict(_impacts(model))
    if any(kind.type == "wall" for kind in model.crashes.values()):
        vehicles |= {OBJECT: {"use": "rigid-wall"}}
    tree = {
        "name": model.name,
        "vehicles": {name: ({} if own.get("rigid") or name == OBJECT else {"occupant": "none"}) | own for name, own in vehicles.items()},
        "impacts": impacts,
        "sampling": {"samples": model.sampling.samples, "seed": model.sampling.seed, "spreads": SPREADS},
        **({"risk": draft.document.tree["risk"]} if draft.has(("risk",)) else {}),
    }  # fmt: skip

    def where(path: tuple[str, ...]) -> Place:
        own = ("vehicles", vehicle, *path[2:]) if path[:2] == ("vehicles", BUYER) else path
        return own if own[0] in ("vehicles", "risk", "sampling") else ()

    return study_of(draft, tree, file, where)


def _impacts(model: FleetModel) -> Iterator[tuple[str, dict[str, Any]]]:
    for i, kind in enumerate(model.crashes.values()):
        for j, partner in enumerate(met(kind.type or "", model.partners)):
            between = [partner, BUYER] if kind.role == STRUCK else [BUYER, partner]
            speed = {v: PLACEHOLDER if v == between[0] else "0 km/h" for v in between if v != OBJECT}
            yield f"crash-{i}-{j}", {"type": kind.type, "between": between, "speed": speed, "restitution": "speed-fit"}
