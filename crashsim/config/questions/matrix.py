"""A matrix file or mapping -> Matrix question: a study for every pair of vehicles; every problem at once, each with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field as Info

from crashsim.cases import Study
from crashsim.config import library
from crashsim.config.damage import ShownModel
from crashsim.config.draft import Draft, validated
from crashsim.config.fields import Name, OneOf, Place, nearest
from crashsim.config.models import HeightOffset, Overlap, RiskModel, SamplingModel, Speed, VehicleModel, add_shapes
from crashsim.config.parts import Label, Model, Prose
from crashsim.config.questions.files import document_of
from crashsim.config.questions.studies import study_of
from crashsim.config.reader import Document
from crashsim.errors import ConfigError
from crashsim.units import echo

FIRST, SECOND = BOTH = ("first", "second")  # what the two vehicles are called in the study of every pair
CRASH: Final = "crash"  # the impact of every such study
SAMPLES: Final = 256
MASS, RISK = ORDERS = ("mass", "risk")
PLACE: Final = ("matrices", "*")


class MatrixCrashModel(Model):
    """How the vehicle of a row (the first) meets that of a column (the second)."""

    required = ("type", "speed")
    type: Annotated[str, OneOf(("head-on", "rear-end", "side"))] | None = Info(
        None, description="in a rear-end or side crash the first strikes the second"
    )
    speed: dict[str, Speed] = Info({}, description="speed over ground of first and second")
    overlap: Overlap | None = None
    height_offset: HeightOffset | None = None


class MatrixModel(Model):
    """A matrix file."""

    required = ("name", "vehicles", "crash")
    name: Annotated[str, Name()] | None = None
    title: Label | None = Info(None, description="heading; the name when left out")
    question: Prose | None = None
    vehicles: Annotated[dict[str, VehicleModel], Info(min_length=2, max_length=40)] = Info(default_factory=dict)
    quote: Annotated[list[Label], Info(min_length=2, max_length=2)] | None = Info(
        None, description="two of them whose crash is told; the lightest and the heaviest when left out"
    )
    crash: MatrixCrashModel | None = None
    order: Annotated[str, OneOf(ORDERS)] = Info(MASS, description="mass, the lightest first; or mean risk")
    sampling: SamplingModel | None = None
    risk: RiskModel | None = None
    output: ShownModel = Info(default_factory=ShownModel.model_construct)


add_shapes(MatrixModel, PLACE)


@dataclass(frozen=True)
class MatrixQuestion:
    """What is asked.

    ``pairs``: a study for the crash of the vehicles i and j, by ``(i, j)``; of a crash that both see alike (head-on, equal speeds) only
    those with i <= j.  ``quote``: indices of the two whose crash is told, or None.
    """

    name: str
    title: str
    question: str
    vehicles: tuple[str, ...]
    pairs: Mapping[tuple[int, int], Study]
    mutual: bool
    quote: tuple[int, int] | None
    order: str
    units: str
    typed: Mapping[str, Any]
    source: str


def load_matrix(source: str | Path | Mapping[str, Any]) -> MatrixQuestion:
    """Read and validate a matrix: a file, the name of a shipped one, or a mapping of the same shape.

    Raises
    ------
    ConfigError
        Everything that is wrong with it, each with file, line and column (a mapping has none).
    LibraryError
        No such file or example.
    """
    return _asked(*document_of(source, "matrix", "matrix"))


def _asked(document: Document, file: Path | None) -> MatrixQuestion:
    draft = Draft(document, PLACE)
    model = validated(MatrixModel, draft)
    names = tuple(model.vehicles)
    quote = _quoted(draft, model, names)
    pairs: dict[tuple[int, int], Study] = {}
    mutual = _mutual(model)
    for name, vehicle in model.vehicles.items():
        if vehicle.rigid or (
            vehicle.use in library.names("vehicles") and library.find("vehicles", str(vehicle.use)).tree.get("rigid")
        ):
            draft.report(("vehicles", name), "a wall goes nowhere, expected a vehicle that moves")
    for i, j in _needed(len(names), mutual) if model.crash and not draft.problems else ():
        study = _study(draft, names[i], names[j], file)
        if study is not None:
            pairs[i, j] = study
    if draft.problems or model.name is None:
        raise ConfigError(dict.fromkeys(draft.problems))
    return MatrixQuestion(
        model.name, model.title or model.name, model.question or "", names, pairs, mutual, quote, model.order,
        model.output.units, document.tree, document.text,
    )  # fmt: skip


def _needed(n: int, mutual: bool) -> Iterator[tuple[int, int]]:
    yield from ((i, j) for i in range(n) for j in range(i if mutual else 0, n))


def _mutual(model: MatrixModel) -> bool:
    """Whether both see the same crash: head-on at equal speeds, and no height that is given from one to the other."""
    crash = model.crash
    if (
        crash is None
        or crash.type != "head-on"
        or not (crash.height_offset is None or crash.height_offset == "bumpers")
    ):
        return False
    return len({speed.si for speed in crash.speed.values()}) == 1


def _quoted(draft: Draft, model: MatrixModel, names: tuple[str, ...]) -> tuple[int, int] | None:
    for i, name in enumerate(model.quote or ()):
        if name not in names:
            draft.report(("quote", i), f"no vehicle called {echo(name)}{nearest(name, names)}")
    if model.quote is None or not draft.is_sound(("quote",)):
        return None
    if model.quote[0] == model.quote[1]:
        draft.report(("quote",), f"got {echo(model.quote[0])} twice, expected two vehicles")
        return None
    return names.index(model.quote[0]), names.index(model.quote[1])


def _study(draft: Draft, first: str, second: str, file: Path | None) -> Study | None:
    """The study of one pair, of the parts that the file itself gives."""
    tree: Any = draft.document.tree
    vehicles = dict(zip(BOTH, (tree["vehicles"][name] for name in (first, second)), strict=True))
    study = {
        "name": CRASH,
        "vehicles": vehicles,
        "impacts": {CRASH: {**tree["crash"], "between": list(BOTH)}},
        "sampling": {"samples": SAMPLES, **tree.get("sampling", {})},
        **{name: tree[name] for name in ("risk",) if name in tree},
    }

    def where(path: tuple[str, ...]) -> Place:
        if path[0] == "vehicles" and len(path) > 1:
            return ("vehicles", first if path[1] == FIRST else second, *path[2:])
        return ("crash", *path[2:]) if path[0] == "impacts" else path

    return study_of(draft, study, file, where)
