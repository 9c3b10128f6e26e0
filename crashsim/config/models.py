"""The shape of a study file and of a vehicle file, as pydantic models; the JSON Schema for editors comes from here.

Every physical field is a `Quantity`: the SI number, the text as typed, and for library data its source and tag.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from crashsim import units
from crashsim.errors import UnitError, did_you_mean

TAGS = ("S", "C", "M", "M?", "J")
NAME = r"^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$"

@dataclass(frozen=True)
class Quantity:
    """A number in SI with the text it was typed as; source and tag where the data file gives them."""

    si: float
    typed: str
    dimension: str
    source: str = ""
    tag: str = ""

@dataclass(frozen=True)
class Spec:
    """What a numeric field may hold: its dimension, its physical range in SI and that range in words."""

    dimension: str
    low: float
    high: float
    words: str

    def read(self, value: object) -> Quantity:
        """Validate a value as typed, or a mapping with ``value``, ``source`` and ``tag``; raises UnitError."""
        source = tag = ""
        if isinstance(value, Mapping):
            unknown = [k for k in value if k not in ("value", "source", "tag", "range")]
            if unknown or "value" not in value:
                key = units.echo(str(unknown[0])) if unknown else "no value"
                hint = did_you_mean(str(unknown[0]), ("value", "source", "tag", "range")) if unknown else ""
                raise UnitError(f"got {key}, expected value, source and tag{hint}")
            source, tag = str(value.get("source", "")), value.get("tag", "")
            if tag and tag not in TAGS:
                raise UnitError(f"got tag {units.echo(str(tag))}, expected one of {', '.join(TAGS)}")
            value = value["value"]
        si = units.parse(value, self.dimension)
        if not self.low <= si <= self.high:
            raise UnitError(f"got {units.echo(str(value))}, expected {self.words}")
        return Quantity(si, str(value), self.dimension, source, tag)

def _quantity(dimension: str, low: str, high: str) -> Any:
    spec = Spec(dimension, units.parse(low, dimension), units.parse(high, dimension), f"{low} to {high}")

    def read(value: object) -> Quantity:
        try:
            return spec.read(value)
        except UnitError as error:
            raise PydanticCustomError("quantity", "{message}", {"message": str(error)}) from None

    text: dict[str, Any] = {
        "type": "string", "pattern": units.pattern(dimension), "maxLength": units.LONGEST_TEXT,
        "description": f"{dimension}, {spec.words}",
    }  # fmt: skip
    plain = [{"type": "number"}] if dimension in ("ratio", "number") else []
    sourced = {"type": "object", "required": ["value"], "additionalProperties": False,
               "properties": {"value": {"anyOf": [text, *plain]}, "source": {"type": "string"},
                              "tag": {"enum": list(TAGS)}, "range": {"type": "array"}}}  # fmt: skip
    return Annotated[Quantity, PlainValidator(read), WithJsonSchema({"anyOf": [text, *plain, sourced]}), spec]

Mass = _quantity("mass", "50 kg", "100,000 kg")
Count = _quantity("number", "0", "20")
Dimension = _quantity("length", "0.1 m", "30 m")
Height = _quantity("length", "0 m", "3 m")
Speed = _quantity("speed", "0 m/s", "120 m/s")
Stiffness = _quantity("stiffness", "1 kN/m", "100,000 MN/m")
Slope = _quantity("stiffness", "0 N/m", "1,000 MN/m")
Force = _quantity("force", "0.1 kN", "100 MN")
PointForce = _quantity("force", "0 N", "100 MN")
Crush = _quantity("length", "1 mm", "5 m")
PointCrush = _quantity("length", "0 m", "5 m")
Share = _quantity("ratio", "0", "0.9")
Factor = _quantity("ratio", "1", "2")
Age = _quantity("age", "13 years", "110 years")

def _restitution(value: object) -> object:
    if value in ("law", "speed-fit"):
        return value
    try:
        return Restitution.read(value)
    except UnitError as error:
        if isinstance(value, str) and value[:1].isalpha():
            hint = did_you_mean(value, ("law", "speed-fit"))
            message = f"got {units.echo(value)}, expected law, speed-fit or a number from 0 to 1{hint}"
            raise PydanticCustomError("quantity", "{message}", {"message": message}) from None
        raise PydanticCustomError("quantity", "{message}", {"message": str(error)}) from None

Restitution = Spec("ratio", 0.0, 1.0, "0 to 1")
RestitutionField = Annotated[
    Any,
    PlainValidator(_restitution),
    WithJsonSchema({"anyOf": [{"enum": ["law", "speed-fit"]}, {"type": "number", "minimum": 0, "maximum": 1}]}),
    Restitution,
]

def _text(longest: int) -> Any:
    return Annotated[str, Field(max_length=longest)]

class Model(BaseModel):
    """Base: unknown fields are errors, nothing is converted behind the user's back."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

class CurvePoint(Model):
    """A point of a measured loading curve."""

    crush: PointCrush
    force: PointForce

class StructureModel(Model):
    """One end of a vehicle: a spring to a rising plateau, or a curve of points; then the compartment."""

    stiffness: Stiffness | None = Field(None, description="initial stiffness")
    plateau: Force | None = Field(None, description="force at which crush becomes plastic")
    plateau_slope: Slope | None = Field(None, description="rise of the plateau; 2 % of the stiffness when left out")
    crush_space: Crush | None = Field(None, description="crush at which the compartment begins to be pushed in")
    curve: Annotated[list[CurvePoint], Field(min_length=2, max_length=16)] | None = Field(
        None, description="loading curve instead of stiffness, plateau, plateau_slope and crush_space"
    )
    compartment_stiffness: Stiffness | None = Field(None, description="slope once the crush space is spent")
    compartment_range: Crush | None = Field(None, description="intrusion beyond which the model says nothing")
    unloading_stiffness: Stiffness | None = Field(None, description="slope of the stiff unloading branch")
    unloading_soft_share: Share | None = Field(None, description="share of the returned energy on the soft branch")
    bumper_bottom: Height | None = Field(None, description="lower edge of the bumper beam over ground")
    bumper_top: Height | None = Field(None, description="upper edge of the bumper beam over ground")

class VehicleModel(Model):
    """A vehicle: a library name to start from, and any field in place of the library's."""

    use: _text(200) | None = Field(None, description="name of a vehicle in the library, or of a YAML file beside the study")
    name: Annotated[str, Field(pattern=NAME)] | None = None
    title: _text(200) | None = None
    vehicle_class: _text(60) | None = Field(None, alias="class")
    evidence: Literal["measured", "class", "judgement"] | None = None
    notes: _text(4000) | None = None
    sources: dict[str, _text(2000)] | None = None
    rigid: bool | None = Field(None, description="a wall: no mass, no crush")
    mass: Mass | None = Field(None, description="impact mass with occupants and cargo")
    curb_mass: Mass | None = Field(None, description="instead of mass, together with occupants (75 kg each)")
    occupants: Count | None = None
    length: Dimension | None = None
    width: Dimension | None = None
    height: Dimension | None = None
    wheelbase: Dimension | None = None
    restraint: _text(64) | None = None
    front: StructureModel | None = None
    rear: StructureModel | None = None

class ImpactModel(Model):
    """How two vehicles meet, and what is swept."""

    type: Literal["head-on", "rear-end", "wall"]
    between: Annotated[list[str], Field(min_length=2, max_length=2)] | None = Field(
        None, description="the two vehicles; in a rear-end impact the first strikes the second"
    )
    speed: dict[str, Speed] = Field(description="speed over ground of each vehicle")
    restitution: RestitutionField = Field("law", description="law, speed-fit, or the value to be reached")
    sweep: dict[str, Any] = Field(default_factory=dict, description="paths to lists or ranges; several make a grid")

class RiskModel(Model):
    """Options of the injury risk curves."""

    occupant_age: Age | None = Field(None, description="age for the curves that ask for one")
    belted: bool | Literal["unknown"] = Field(True, description="whether the occupants wear belts")
    delta_v_correction: Factor | None = Field(None, description="true delta-v over WinSMASH delta-v")

class PulseModel(Model):
    """A case whose pulse is kept."""

    name: _text(100)
    impact: str
    at: dict[str, Any] = Field(default_factory=dict, description="a value for every axis of the sweep")

class OutputModel(Model):
    """What is written and how it is shown."""

    units: Literal["si", "us"] = "us"
    pulses: list[PulseModel] = Field(default_factory=list, max_length=20)

class StudyModel(Model):
    """A study file."""

    name: Annotated[str, Field(pattern=NAME)]
    title: _text(200)
    question: _text(2000) = ""
    vehicles: Annotated[dict[str, VehicleModel], Field(min_length=1, max_length=50)]
    impacts: Annotated[dict[str, ImpactModel], Field(min_length=1, max_length=50)]
    risk: RiskModel = Field(default_factory=RiskModel)
    output: OutputModel = Field(default_factory=OutputModel)

def spec_of(path: tuple[str, ...]) -> Spec | None:
    """The Spec of the numeric field at ``vehicles.NAME.front.stiffness``, ``speed.NAME``, ``restitution``...; None if none."""
    if path[:1] == ("vehicles",) and len(path) > 2:
        return _descend(VehicleModel, path[2:])
    return _descend(ImpactModel, path)

def field_names(path: tuple[str, ...]) -> list[str]:
    """The field names known at the model that ``path`` (of a study file) points to."""
    found = _walk(StudyModel, path)
    return [f.alias or n for n, f in found.model_fields.items()] if found else []

def _descend(model: type[BaseModel], path: tuple[str, ...]) -> Spec | None:
    holder = _walk(model, path[:-1])
    if holder is None:
        if len(path) == 2 and path[0] == "speed" and model is ImpactModel:
            return _spec(Speed.__metadata__)
        return None
    field = holder.model_fields.get(path[-1])
    if field is None:
        return None
    return _spec(field.metadata) or _spec(getattr(_inner(field.annotation), "__metadata__", ()))

def _spec(metadata: Any) -> Spec | None:
    return next((m for m in metadata if isinstance(m, Spec)), None)

def _walk(model: type[BaseModel], path: tuple[str, ...]) -> type[BaseModel] | None:
    current: Any = model
    for step in path:
        if isinstance(current, type) and issubclass(current, BaseModel):
            field = current.model_fields.get(step)
            current = _inner(field.annotation) if field else None
        elif getattr(current, "__origin__", None) in (dict, list):
            current = _inner(current.__args__[-1])
        else:
            return None
    return current if isinstance(current, type) and issubclass(current, BaseModel) else None

def _inner(annotation: Any) -> Any:
    """The annotation without ``None``, and without Annotated around a model or container."""
    arguments = getattr(annotation, "__args__", ())
    if type(None) in arguments:
        annotation = next(a for a in arguments if a is not type(None))
    if hasattr(annotation, "__metadata__") and _spec(annotation.__metadata__) is None:
        annotation = annotation.__origin__
    return annotation

Reader = Callable[[object], Quantity]
