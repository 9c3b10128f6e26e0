"""The shape of a study file and of a vehicle file, as pydantic models; ``schema`` makes an editor's JSON Schema of it.

No field is mandatory to pydantic: what is missing is noted by ``crashsim.config.draft`` (``required``), so that a study
with mistakes still becomes models, and all its mistakes are found at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

from pydantic import Field as Info

from crashsim.cases import BUMPERS
from crashsim.config.damage import ReconstructionModel
from crashsim.config.fields import Field, Name, Number, OneOf, Place, Quantity, Store, Text, Whole
from crashsim.config.modifiers import Age, ModifierModel
from crashsim.config.parts import (
    ClassModel,
    Dimension,
    EngineModel,
    Label,
    Mass,
    Model,
    OccupantModel,
    Prose,
    RestraintModel,
    SideModel,
    SizeModel,
    StructureModel,
    Year,
)
from crashsim.sampling import LHS, MOST_SAMPLES, SOBOL

MASSES: Final = ("mass", "curb_mass", "occupants")
STRUCTURES, RESTITUTION, RESTRAINTS, RISK = "structures", "restitution", "restraints", "risk"
SPREADS: Final = (STRUCTURES, RESTITUTION, RESTRAINTS, RISK)  # what is drawn though a study does not ask for it
PARTS: Final = ("engine", "occupant")  # behind a loaded front; behind a rear they are part of the compartment

Count = Annotated[Quantity, Number("number", "0", "20")]
Speed = Annotated[Quantity, Number("speed", "0 m/s", "120 m/s")]
Factor = Annotated[Quantity, Number("ratio", "1", "2", fixed=True)]
Overlap = Annotated[Quantity, Number("ratio", "20 %", "100 %")]
HeightOffset = Annotated[Quantity | str, OneOf((BUMPERS,), Number("length", "-50 cm", "50 cm"))]
Portion = Annotated[Quantity, Number("ratio", "0", "1")]
Reach = Annotated[Quantity, Number("ratio", "0.05", "0.95")]
Retained = Annotated[Quantity, Number("ratio", "0", "0.9")]
Restitution = Annotated[Quantity | str, OneOf(("law", "speed-fit"), Number("ratio", "0", "1"))]


class VehicleModel(Model):
    """A vehicle: a library name to start from, and any field in place of the library's."""

    use: Label | None = Info(None, description="a vehicle of the library, or of a YAML file beside the study")
    name: Annotated[str, Name()] | None = None
    title: Label | None = None
    vehicle_class: Label | None = Info(None, alias="class")
    evidence: Annotated[str, OneOf(("measured", "class", "judgement"))] | None = None
    notes: Prose | None = None
    sources: dict[str, Prose] | None = Info(None, description="short keys for the sources of the numbers")
    rigid: Annotated[bool, OneOf((True, False))] | None = Info(None, description="a wall: no mass, no crush")
    mass: Mass | None = Info(None, description="impact mass with occupants and cargo")
    curb_mass: Mass | None = Info(None, description="instead of mass, together with occupants (75 kg each)")
    occupants: Count | None = Info(None, description="people on board, with curb_mass")
    length: Dimension | None = None
    width: Dimension | None = None
    model_year: Year | None = Info(None, description="year of the model, for the law of its class")
    height: Dimension | None = None
    wheelbase: Dimension | None = None
    restraint: Label | None = Info(None, description="a restraint of the library; without one no occupant is modelled")
    front: StructureModel | None = None
    rear: StructureModel | None = None
    side: SideModel | None = Info(None, description="door and sill; a share of the front when left out")
    engine: EngineModel | None = Info(
        None, description="the engine block behind the front; part of the compartment without"
    )
    occupant: OccupantModel | None = Info(None, description="who is modelled on the front seat; or none")


class ImpactModel(Model):
    """How two vehicles meet, and what is swept."""

    required = ("type", "speed")
    type: Annotated[str, OneOf(("head-on", "rear-end", "side", "wall"))] | None = None
    between: Annotated[list[Label], Info(min_length=2, max_length=2)] | None = Info(
        None, description="the two vehicles; in a rear-end or side impact the first strikes the second"
    )
    speed: dict[str, Speed] = Info({}, description="speed over ground of each vehicle")
    restitution: Restitution = Info("law", description="law, speed-fit, or the value to be reached")
    overlap: Overlap | None = Info(None, description="shared width over width; all of it when left out")
    height_offset: HeightOffset | None = Info(
        None,
        description="height of the second one's bumper beam over the first one's: bumpers, or a length; none when left out",
    )
    rail_effectiveness: Portion | None = Info(None, description="force that is left once the rails are missed")
    struck_side: Portion | None = Info(None, description="of what lies beside the overlap, the part that bears late")
    engine_reach: Reach | None = Info(None, description="share of the crush space at which the engine block is engaged")
    retained_speed: Retained | None = Info(
        None, description="share of the closing speed that is left after sliding past"
    )
    sweep: dict[str, Any] = Info({}, description="paths to lists or ranges; several make a grid")


class SamplingModel(Model):
    """How the distributions of a study are drawn."""

    samples: Annotated[int, Whole(1, MOST_SAMPLES)] | None = Info(
        None, description="at each point of the grid, a power of two; 1 draws nothing; 1024 or less when left out"
    )
    method: Annotated[str, OneOf((SOBOL, LHS))] = Info(SOBOL, description="scrambled Sobol points or a Latin hypercube")
    seed: Annotated[int, Whole(0, 2**32 - 1)] = Info(1, description="another seed, another set of samples")
    spreads: list[Annotated[str, OneOf(SPREADS)]] = Info(
        list(SPREADS), description="spreads that are drawn though the study does not give them; all when left out"
    )


class RiskModel(Model):
    """Options of the injury risk curves."""

    occupant_age: Age | None = Info(None, description="age for the curves that ask for one")
    belted: Annotated[bool | str, OneOf((True, False, "unknown"))] = Info(True, description="are belts worn?")
    delta_v_correction: Factor | None = Info(None, description="true delta-v over WinSMASH delta-v")


class PulseModel(Model):
    """A case whose pulse is kept."""

    required = ("name", "impact")
    name: Annotated[str, Text(100)] | None = None
    impact: Label | None = None
    at: dict[str, Any] = Info({}, description="a value for every axis of the sweep")


class OutputModel(Model):
    """What is written and how it is shown."""

    units: Annotated[str, OneOf(("us", "si"))] = "us"
    pulses: Annotated[list[PulseModel], Info(max_length=20)] = Info([], description="cases whose histories are kept")
    store: Annotated[str | int, Store()] | None = Info(
        None, description="rows kept of what is drawn: all, reductions, or sample N; all up to 100,000 when left out"
    )


class StudyModel(Model):
    """A study file."""

    required = ("name", "vehicles", "impacts")
    name: Annotated[str, Name()] | None = Info(None, description="names the folder of the results")
    title: Label | None = Info(None, description="heading of the report; the name when left out")
    question: Prose | None = Info(None, description="what the study is to answer")
    vehicles: Annotated[dict[str, VehicleModel], Info(max_length=50)] = Info(default_factory=dict)
    impacts: Annotated[dict[str, ImpactModel], Info(max_length=50)] = Info(default_factory=dict)
    sampling: SamplingModel | None = Info(None, description="how the numbers given as distributions are drawn")
    risk: RiskModel = Info(default_factory=RiskModel.model_construct)
    modifiers: Annotated[dict[str, ModifierModel], Info(max_length=12)] = Info(
        {}, description="changes of vehicles and occupants, whose effects the ledger tells"
    )
    output: OutputModel = Info(default_factory=OutputModel.model_construct)


Shape = type[Model] | Field

_ANY: Final = "*"


def _shapes(annotation: Any, pattern: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Shape]]:
    """Every model and field under an annotation by its place; ``*`` stands for a name or a number in a list."""
    fields = [m for m in getattr(annotation, "__metadata__", ()) if isinstance(m, Field)]
    if fields:
        yield pattern, fields[0]
    elif isinstance(annotation, type) and issubclass(annotation, Model):
        yield pattern, annotation
        for name, hint in get_type_hints(annotation, include_extras=True).items():
            if name in annotation.model_fields:
                yield from _shapes(hint, (*pattern, annotation.model_fields[name].alias or name))
    elif get_origin(annotation) in (dict, list):
        yield from _shapes(get_args(annotation)[-1], (*pattern, _ANY))
    else:
        for part in get_args(annotation):
            yield from _shapes(part, pattern)


_SHAPES: Final = {
    pattern: found
    for model, place in (
        (StudyModel, ()),
        (RestraintModel, ("restraints", _ANY)),
        (SizeModel, ("occupants", _ANY)),
        (ClassModel, ("classes", _ANY)),
        (ReconstructionModel, ("reconstructions", _ANY)),
    )
    for pattern, found in _shapes(model, place)
}


def add_shapes(model: type[Model], place: Place) -> None:
    """Make a model that is built on those here known to `shape`: where it stands in the studies' tree of places."""
    _SHAPES.update(_shapes(model, tuple(map(str, place))))
    shape.cache_clear()


@lru_cache(maxsize=1024)
def shape(place: Place) -> Shape | None:
    """The model or field that stands at a place of a study, such as ``("vehicles", "kei", "front", "curve", 0)``."""
    for pattern, found in _SHAPES.items():
        if len(pattern) == len(place) and all(p in (_ANY, step) for p, step in zip(pattern, place, strict=True)):
            return found
    return None


def known_fields(place: Place) -> list[str]:
    """The names of the fields of the model at a place of a study."""
    found = shape(place)
    return [f.alias or n for n, f in found.model_fields.items()] if isinstance(found, type) else []


def sweepable() -> dict[tuple[str, ...], Number]:
    """The numbers that a sweep can change, by path; ``*`` stands for a vehicle's name, ``#`` for a point of a curve."""
    found: dict[tuple[str, ...], Number] = {}
    for pattern, field in _SHAPES.items():
        number = field.number if isinstance(field, OneOf) else field
        if not isinstance(number, Number) or pattern[0] not in ("vehicles", "impacts"):
            continue
        points = (("#" if i > 1 and step == _ANY else step) for i, step in enumerate(pattern))
        path = pattern[2:] if pattern[0] == "impacts" else tuple(points)
        if len(path) != 3 or path[2] in MASSES:
            found[path] = number
    return found


_SWEEPABLE: Final = sweepable()


def swept_number(path: str) -> Number | None:
    """The number at a path of a sweep such as ``vehicles.kei.mass``, ``speed.kei`` or ``restitution``, if it is one."""
    steps = path.split(".")
    generic = tuple(_ANY if i == 1 else "#" if i == 4 and step.isdecimal() else step for i, step in enumerate(steps))
    return _SWEEPABLE.get(generic)


def place_of(path: str, impact: str) -> Place:
    """Where the number that a path means in the sweep of an impact stands in the study."""
    steps: list[str | int] = list(path.split("."))
    if len(steps) == 6 and str(steps[4]).isdecimal():  # vehicles.NAME.front.curve.3.crush
        steps[4] = int(steps[4])
    return tuple(steps) if steps[0] == "vehicles" else ("impacts", impact, *steps)
