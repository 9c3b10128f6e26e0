"""A design file or mapping -> Question: every problem at once, each with its place."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from crashsim import units
from crashsim.cases import Impact, Study
from crashsim.config import library
from crashsim.config.draft import Draft, validated
from crashsim.config.draws import COMMON
from crashsim.config.fields import Place, Quantity, nearest
from crashsim.config.mapping import read_mapping
from crashsim.config.questions.design_file import PLACE, DesignModel
from crashsim.config.questions.studies import study_of
from crashsim.config.reader import Document, read_file
from crashsim.designs import BALLAST, BEAM, FRONT, GIVEN, HEAVY, LIGHT, RIDE_HEIGHT, Bound, Change, Law, Question
from crashsim.errors import ConfigError, LibraryError, did_you_mean
from crashsim.sampling import Random
from crashsim.structure import COMPARTMENT_RANGE
from crashsim.units import echo

OF_STUDY: Final = ("name", "title", "question", "vehicles", "impacts", "sampling", "risk", "output")
DEFAULT: Final = "design"  # the shipped file

Tree = dict[str, Any]


def load_design(source: str | Path | Mapping[str, Any]) -> Question:
    """Read and validate a design question: a file, the name of a shipped one, or a mapping of the same shape.

    Raises
    ------
    ConfigError
        Everything that is wrong with it, each with file, line and column (a mapping has none).
    LibraryError
        No such file or name.
    """
    if isinstance(source, Mapping):
        return _question(read_mapping(source), None)
    path = design_path(str(source))
    return _question(read_file(path), path)


def design_path(name: str) -> Path:
    """The file of a design question: a path as given, or the shipped one; raises LibraryError for neither."""
    if name == DEFAULT:
        return library.study_folder() / "questions" / f"{DEFAULT}.yaml"
    given = Path(name)
    if given.suffix in (".yaml", ".yml") or len(given.parts) > 1:
        return given  # reading it says what is wrong
    raise LibraryError(
        f"no file and no shipped design called {echo(name)}{did_you_mean(name, [DEFAULT])} (shipped: {DEFAULT})"
    )


def _question(document: Document, file: Path | None) -> Question:
    draft = Draft(document, PLACE)
    try:
        model = validated(DesignModel, draft)
        study = study_of(draft, {k: v for k, v in document.tree.items() if k in OF_STUDY}, file, lambda path: path)
        _check_bound(draft, model)
        found = _checked(draft, model, study, file) if study is not None else None
    except ConfigError as error:  # more problems than anyone reads
        raise ConfigError(dict.fromkeys(error.problems)) from None
    if found is None or draft.problems:
        raise ConfigError(dict.fromkeys(draft.problems))
    return found


def _checked(draft: Draft, model: DesignModel, study: Study, file: Path | None) -> Question | None:
    """The question of a model; None when something is wrong with it or does not fit, all of which the draft then has."""
    partner = _partner(draft, model, study)
    changes = _changes(draft, model, study)
    weights = _weights(draft, model, study)
    impacts = _by_restraint(draft, model, study, file) if partner else {}
    like = _like(draft, model, study, file) if partner else ()
    *sets, like = _aligned([*impacts.values(), like])
    impacts = dict(zip(impacts, sets, strict=True))
    if draft.problems or model.vehicle is None or model.bound is None:
        return None
    at_most = None if model.bound.at_most is None else model.bound.at_most.si
    return Question(
        study=study, vehicle=model.vehicle, partner=partner, weights=weights, changes=changes, restraints=tuple(impacts),
        impacts=impacts, like=like, laws=_laws(model, tuple(impacts)), bound=Bound(at_most, model.bound.like),
        intrusion=COMPARTMENT_RANGE if model.intrusion is None else model.intrusion.si, designs=model.designs,
        rounds=model.rounds, given=_given(model), tree=draft.document.tree, text=draft.document.text,
    )  # fmt: skip


# ---- crashes -----------------------------------------------------------------------------------------------------------


def _partner(draft: Draft, model: DesignModel, study: Study) -> str:
    """The vehicle that the designed one meets in every crash; what does not fit is reported."""
    if draft.is_broken(("vehicle",)):
        return ""
    if model.vehicle not in model.vehicles:
        draft.report(
            ("vehicle",), f"no vehicle called {echo(str(model.vehicle))}{nearest(model.vehicle, model.vehicles)}"
        )
        return ""
    partners = {v for impact in study.impacts for v in impact.between} - {model.vehicle}
    for impact in study.impacts:
        place = ("impacts", impact.name)
        if model.vehicle not in impact.between or len(partners) != 1:
            draft.report(place, f"expected {model.vehicle} and one and the same partner in every crash")
        elif impact.type != "head-on":
            draft.report(
                (*place, "type"), f"got a {impact.type} impact, expected head-on: the fronts of both are designed for"
            )
        elif impact.axes:
            draft.report((*place, "sweep"), "a design question sweeps nothing; give each crash by itself")
    for vehicle in (model.vehicle, *partners):
        if not study.vehicles[vehicle].get("occupant"):
            draft.report(("vehicles", vehicle), "nobody is modelled in it; give it a restraint")
    return next(iter(partners), "")


def _weights(draft: Draft, model: DesignModel, study: Study) -> tuple[float, ...]:
    names = [impact.name for impact in study.impacts]
    for name in model.weights:
        if name not in names:
            draft.report(("weights", name), f"no impact called {echo(name)}{nearest(name, names)}", key=True)
    lacking = [name for name in names if model.weights and name not in model.weights]
    if lacking:
        draft.report(("weights",), f"missing that of {', '.join(lacking)}")
        return ()
    given = [model.weights[name].si if model.weights else 1.0 for name in names]
    return tuple(weight / sum(given) for weight in given)


def _by_restraint(draft: Draft, model: DesignModel, study: Study, file: Path | None) -> dict[str, tuple[Impact, ...]]:
    """The crashes with each restraint, that of the base design first."""
    vehicle = str(model.vehicle)
    first = str(study.vehicles[vehicle].get("restraint", "base"))
    found = {first: study.impacts}
    for name, choice in model.restraints.items():
        if name == first:
            if choice.mass is not None and choice.mass.si:
                draft.report(
                    ("restraints", name, "mass"),
                    "this is the base design's, against which the others are weighed: 0 kg",
                )
            continue
        tree = _tree(draft)
        own = tree["vehicles"][vehicle]
        if isinstance(own.get("occupant"), dict):
            own["occupant"].pop("restraint", None)
        own["restraint"] = name
        other = study_of(draft, tree, file, partial(_at, ("restraints", name)))
        if other is not None:
            found[name] = other.impacts
    return found


def _like(draft: Draft, model: DesignModel, study: Study, file: Path | None) -> tuple[Impact, ...]:
    """The crashes with the vehicle of the bound in the place of the designed one."""
    if model.bound is None or model.bound.like not in model.vehicles:
        return ()
    tree = _tree(draft)
    tree["vehicles"][model.vehicle] = tree["vehicles"][model.bound.like]
    other = study_of(draft, tree, file, partial(_at, ("bound", "as")))
    return () if other is None else other.impacts


def _aligned(sets: Sequence[tuple[Impact, ...]]) -> list[tuple[Impact, ...]]:
    """The same crashes with every random number in the same column of the same points: common random numbers, though
    restraints and vehicles differ in what is random.
    """
    every = [(impact, number) for impacts in sets for impact in impacts for number in impact.random]
    columns = {key: i for i, key in enumerate(dict.fromkeys(_key(*pair) for pair in every))}

    def aligned(impact: Impact) -> Impact:
        if impact.sampling is None:
            return impact
        random = tuple(replace(number, column=columns[_key(impact, number)]) for number in impact.random)
        return replace(impact, random=random, sampling=replace(impact.sampling, dimensions=len(columns)))

    return [tuple(map(aligned, impacts)) for impacts in sets]


def _key(impact: Impact, number: Random) -> tuple[str, str]:
    return ("" if number.path.startswith(COMMON) else impact.name), number.path


def _at(place: Place, path: tuple[str, ...]) -> Place:
    """What is wrong anywhere in a study that a field of the file leads to is wrong with that field."""
    return place


def _tree(draft: Draft) -> Tree:
    return copy.deepcopy({k: v for k, v in draft.document.tree.items() if k in OF_STUDY})


def _check_bound(draft: Draft, model: DesignModel) -> None:
    bound = model.bound
    if draft.is_broken(("bound",)) or not draft.is_sound(("bound",)):
        return
    if bound is None or (bound.at_most is None) == (bound.like is None):
        draft.report(("bound",), "expected either at_most, such as {at_most: 10 %}, or as, a vehicle of the file")
    elif bound.like is not None and bound.like not in model.vehicles:
        draft.report(("bound", "as"), f"no vehicle called {echo(bound.like)}{nearest(bound.like, model.vehicles)}")


# ---- changes and what they weigh -----------------------------------------------------------------------------------------


def _changes(draft: Draft, model: DesignModel, study: Study) -> tuple[Change, ...]:
    given = [(name, own) for name, own in model.changes or () if own is not None]
    if not given and draft.is_sound(("changes",)):
        draft.report(("changes",), "changes nothing, expected at least one of its fields")
    found = []
    numbers, random = study.impacts[0].numbers, {r.path for impact in study.impacts for r in impact.random}
    for name, own in given:
        place = ("changes", name)
        if not draft.is_sound(place) or model.vehicle not in model.vehicles:
            continue
        prefix = f"vehicles.{model.vehicle}."
        paths = [f"{prefix}front.{n}" for n in ((name,) if name in FRONT else BEAM if name == RIDE_HEIGHT else ())]
        if lacking := [path for path in paths if path not in numbers]:
            draft.report(place, f"{lacking[0]} is not given (a front by a curve has no such number)", key=True)
            continue
        if drawn := [path for path in (*paths, f"{prefix}mass") if path in random]:
            draft.report(
                place,
                f"{drawn[0]} is drawn (a distribution or a range), and a design sets it: give one number",
                key=True,
            )
            continue
        if name == RIDE_HEIGHT and any(impact.meeting != "bumpers" for impact in study.impacts):
            draft.report(place, "changes nothing without height_offset: bumpers in every impact", key=True)
        now = numbers[paths[0]] if name in FRONT else 0.0
        if not own.low.si <= now <= own.high.si or own.low.si >= own.high.si:
            shown = units.format_quantity(now, own.low.dimension, study.units)
            draft.report(place, f"expected bounds that rise and have the base design's {shown} between them")
            continue
        found.append(Change(name, own.low.si, own.high.si, own.step.si, now, own.low.dimension, own.step.typed))
    return tuple(found)


def _laws(model: DesignModel, restraints: tuple[str, ...]) -> dict[str, Law]:
    """The mass law as given, and with every number at the end of its range that makes a design light or heavy."""
    changes = {n: c for n, c in model.changes or () if c is not None and n != BALLAST}
    found = {}
    for name, end in ((GIVEN, None), (LIGHT, 0), (HEAVY, 1)):
        found[name] = Law(
            masses={n: _end(c.mass, end) / c.step.si for n, c in changes.items() if c.mass is not None},
            restraints={r: _end(model.restraints[r].mass if r in model.restraints else None, end) for r in restraints},
            specific_energy=_end(model.specific_energy, None if end is None else 1 - end),
            secondary=_end(model.secondary, end),
        )
    return found


def _end(number: Quantity | None, end: int | None) -> float:
    """A number, or an end of its range where it has one."""
    if number is None:
        return 0.0
    return number.si if end is None or not number.range else units.parse(number.range[end], number.dimension)


def _given(model: DesignModel) -> tuple[tuple[str, str, str, str], ...]:
    """What the mass law rests on: number, value with its range as typed, tag, source."""
    numbers: dict[str, Quantity | None] = {"specific energy of added structure": model.specific_energy,
                                           "secondary mass, per mass added": model.secondary}  # fmt: skip
    numbers |= {f"{name.replace('_', ' ')}, mass per {own.step.typed}": own.mass
                for name, own in model.changes or () if own is not None and name != BALLAST}  # fmt: skip
    numbers |= {f"restraint {name}, mass against the base design": own.mass for name, own in model.restraints.items()}
    sources = model.sources or {}
    return tuple(
        (what, q.typed + (f" ({q.range[0]} to {q.range[1]})" if q.range else ""), q.tag or "J", sources.get(q.source, q.source))
        for what, q in numbers.items() if q is not None
    )  # fmt: skip
