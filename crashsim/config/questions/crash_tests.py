"""A file or mapping of crash tests -> CrashTests: a study for every car; every problem at once, each with its place."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from crashsim.cases import Impact, Study
from crashsim.config.draft import Draft, validated
from crashsim.config.fields import NAME, NAME_WORDS, Place, Quantity, nearest
from crashsim.config.questions.crash_tests_file import PLACE, BarrierModel, CrashTestsModel
from crashsim.config.questions.files import document_of
from crashsim.config.questions.studies import study_of
from crashsim.config.reader import Document
from crashsim.errors import ConfigError
from crashsim.sampling import Random
from crashsim.units import echo

CAR: Final = "car"  # the car, in the study of every car
EQUALS: Final = "equals"  # the impact whose closing speed is searched
SAMPLES: Final = 256
STAND_IN: Final = {  # a barrier in the study of a car; the engine puts its face in the place of this front
    "mass": "100 t", "occupant": "none",
    "front": {"stiffness": "1 MN/m", "plateau": "100 kN", "crush_space": "1 m", "compartment_stiffness": "2 MN/m",
              "unloading_stiffness": "100 MN/m"},
}  # fmt: skip

Numbers = dict[str, Quantity]


@dataclass(frozen=True)
class Test:
    """A test: an impact of the same name in the study of every car; ``barrier`` is empty of a partner head-on."""

    __test__ = False  # no test of ours
    name: str
    title: str
    against: str
    barrier: bool
    overlap: float
    source: str


@dataclass(frozen=True)
class Barrier:
    """What a car is driven against: number of blocks (0: rigid), mass [kg] (infinite: fixed), width of its face [m] (0: endless)."""

    name: str
    title: str
    blocks: int
    mass: float
    width: float


@dataclass(frozen=True)
class CrashTests:
    """What is asked: tests, by car the study with an impact for each (and `EQUALS`), the reference, the partner of `EQUALS`.

    ``given``: every number of a barrier by its path in the impacts, such as ``barriers.trolley.blocks.0.depth``, with its source.
    """

    name: str
    title: str
    question: str
    tests: tuple[Test, ...]
    barriers: Mapping[str, Barrier]
    studies: Mapping[str, Study]
    reference: str
    equals: str
    given: Mapping[str, Quantity]
    sources: Mapping[str, str]
    units: str
    typed: Mapping[str, Any]
    source: str


def load_crash_tests(source: str | Path | Mapping[str, Any]) -> CrashTests:
    """Read and validate a file of crash tests: a file, the name of a shipped one, or a mapping of the same shape.

    Raises
    ------
    ConfigError
        Everything that is wrong with it, each with file, line and column (a mapping has none).
    LibraryError
        No such file or example.
    """
    return _asked(*document_of(source, "crash_tests", "crash tests"))


def _asked(document: Document, file: Path | None) -> CrashTests:
    draft = Draft(document, PLACE)
    model = validated(CrashTestsModel, draft)
    _check(draft, model)
    studies: dict[str, Study] = {}
    given = {path: q for name, barrier in model.barriers.items() for path, q in _numbers(name, barrier)}
    for car in model.vehicles if not draft.problems else ():
        study = study_of(draft, _tree(draft, model, car), file, lambda path, car=car: _where(car, path))  # type: ignore[misc]
        if study is not None and "width" not in study.vehicles[CAR] and any(b.blocks for b in model.barriers.values()):
            draft.report(
                ("vehicles", car), "no width, which the contact with a face needs, expected one such as '1.5 m'"
            )
        elif study is not None:
            studies[car] = replace(study, impacts=_with_barriers(study.impacts, given))
    if draft.problems or model.name is None:
        raise ConfigError(dict.fromkeys(draft.problems))
    return CrashTests(
        name=model.name, title=model.title or model.name, question=model.question or "", tests=tuple(_tests(model)),
        barriers={n: Barrier(n, b.title or n, len(b.blocks), b.mass.si if b.mass else math.inf, b.width.si if b.width else 0.0)
                  for n, b in model.barriers.items()},
        studies=studies, reference=str(model.reference), equals=model.equals or "", given=given, sources=dict(model.sources or {}),
        units=model.output.units, typed=document.tree, source=document.text,
    )  # fmt: skip


def _tests(model: CrashTestsModel) -> Iterator[Test]:
    for name, test in model.tests.items():
        overlap = test.overlap.si if test.overlap else 1.0
        yield Test(
            name, test.title or name, str(test.against), str(test.against) in model.barriers, overlap, test.source or ""
        )


# ---- what can be wrong -------------------------------------------------------------------------------------------------


def _check(draft: Draft, model: CrashTestsModel) -> None:
    everyone = [*model.vehicles, *model.barriers, *model.partners]
    for section in ("vehicles", "barriers", "partners", "tests"):
        for name in getattr(model, section):
            if not re.fullmatch(NAME, name):
                draft.report((section, name), f"got the name {echo(name)}, expected {NAME_WORDS}", key=True)
            elif section in ("barriers", "partners") and (name == CAR or everyone.count(name) > 1):
                draft.report((section, name), f"got the name {echo(name)}, which is taken, expected another", key=True)
            elif section == "tests" and name == EQUALS:
                draft.report((section, name), f"got the name {EQUALS}, which is taken, expected another", key=True)
    for name, barrier in model.barriers.items():
        if barrier.blocks and barrier.width is None:
            draft.report(("barriers", name, "width"), "missing, expected the width of the face, such as '1 m'")
        if barrier.width is not None and not barrier.blocks:
            draft.report(("barriers", name, "width"), "does nothing without blocks; leave it out", key=True)
        if barrier.mass is not None and not barrier.blocks:
            draft.report(("barriers", name, "blocks"), "missing: what moves needs a face, expected a list of blocks")
        for i, block in enumerate(barrier.blocks):
            if block.strength and block.end_strength and block.end_strength.si < block.strength.si:
                draft.report(
                    ("barriers", name, "blocks", i, "end_strength"),
                    "below strength, expected a block that grows stronger",
                )
    objects = [*model.barriers, *model.partners]
    for name, test in model.tests.items():
        if test.against is not None and test.against not in objects:
            draft.report(
                ("tests", name, "against"), f"nothing called {echo(test.against)}{nearest(test.against, objects)}"
            )
        at = model.barriers.get(str(test.against))
        if at is not None and at.mass is None and test.against_speed is not None:
            draft.report(("tests", name, "against_speed"), f"{test.against} does not move; leave it out", key=True)
        if at is not None and not at.blocks and test.overlap is not None:
            draft.report(
                ("tests", name, "overlap"),
                f"the face of {test.against} has no blocks: it is met by the whole front; leave it out",
                key=True,
            )
    for field, known in (("reference", list(model.tests)), ("equals", list(model.partners))):
        value = getattr(model, field)
        if value is not None and value not in known:
            draft.report((field,), f"nothing called {echo(value)}{nearest(value, known)}")


# ---- the study of a car ------------------------------------------------------------------------------------------------


def _tree(draft: Draft, model: CrashTestsModel, car: str) -> dict[str, Any]:
    """The study of a car: an impact for every test, and the search for equal severity."""
    tree: Any = draft.document.tree
    barriers = {n: STAND_IN | ({"mass": tree["barriers"][n]["mass"]} if b.mass else {}) if b.blocks else {"use": "rigid-wall"}
                for n, b in model.barriers.items()}  # fmt: skip
    impacts = {name: _impact(model, name, tree["tests"][name]) for name in model.tests}
    if model.equals:
        each = {CAR: "10 m/s", model.equals: "10 m/s"}
        impacts[EQUALS] = {"type": "head-on", "between": [CAR, model.equals], "speed": each}
    return {
        "name": "tests",
        "vehicles": {CAR: tree["vehicles"][car], **barriers, **tree.get("partners", {})},
        "impacts": impacts,
        "sampling": {"samples": SAMPLES, **tree.get("sampling", {})},
        **({"risk": tree["risk"]} if "risk" in tree else {}),
    }


def _impact(model: CrashTestsModel, name: str, typed: Mapping[str, Any]) -> dict[str, Any]:
    against = typed["against"]
    if against in model.barriers and not model.barriers[against].blocks:
        return {"type": "wall", "between": [CAR, against], "speed": {CAR: typed["speed"]}}
    met = {"overlap": typed["overlap"]} if "overlap" in typed and against in model.partners else {}
    speeds = {CAR: typed["speed"], against: typed.get("against_speed", "0 m/s")}
    return {"type": "head-on", "between": [CAR, against], "speed": speeds, **met}


def _where(car: str, path: tuple[str, ...]) -> Place:
    """Where in the file a place of the study of a car comes from."""
    if path[0] == "vehicles" and len(path) > 1:
        return ("vehicles", car, *path[2:]) if path[1] == CAR else ("partners", *path[1:])
    if path[0] == "impacts" and len(path) > 2:
        speeds = {CAR: "speed"}
        return (
            "tests",
            path[1],
            speeds.get(path[3], "against_speed") if path[2:3] == ("speed",) and len(path) > 3 else path[2],
        )
    return path


def _numbers(name: str, barrier: BarrierModel) -> Iterator[tuple[str, Quantity]]:
    """The numbers of a barrier's blocks by path."""
    for i, block in enumerate(barrier.blocks):
        values = {field: value for field, value in block if isinstance(value, Quantity)}
        if block.strength is not None:
            values.setdefault("end_strength", replace(block.strength, source="", tag=""))
        yield from ((f"barriers.{name}.blocks.{i}.{field}", value) for field, value in values.items())


def _with_barriers(impacts: tuple[Impact, ...], given: Mapping[str, Quantity]) -> tuple[Impact, ...]:
    """The impacts with the numbers of the barriers beside their own; what is drawn of them takes further dimensions, the same in all."""
    numbers = {path: q.si for path, q in given.items()}
    sampling = next((impact.sampling for impact in impacts if impact.sampling), None)
    if sampling is None:
        return tuple(replace(impact, numbers={**impact.numbers, **numbers}) for impact in impacts)
    drawn = [(path, q.dimension, q.distribution) for path, q in given.items() if q.distribution is not None]
    more = tuple(
        Random(path, dimension, distribution, sampling.dimensions + i)
        for i, (path, dimension, distribution) in enumerate(drawn)
    )
    wider = replace(sampling, dimensions=sampling.dimensions + len(more))
    return tuple(replace(impact, numbers={**impact.numbers, **numbers}, random=(*impact.random, *more), sampling=wider)
                 for impact in impacts)  # fmt: skip
