"""The shape of a file of crash tests: cars, what they are driven against, and the tests."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field as Info

from crashsim.config.damage import ShownModel
from crashsim.config.fields import Name, Number, Quantity
from crashsim.config.models import RiskModel, SamplingModel, Speed, VehicleModel, add_shapes
from crashsim.config.parts import Label, Mass, Model, Prose

PLACE: Final = ("crash-tests", "*")

Overlapping = Annotated[Quantity, Number("ratio", "30 %", "100 %", fixed=True)]
Face = Annotated[Quantity, Number("length", "0.2 m", "4 m", fixed=True)]
Depth = Annotated[Quantity, Number("length", "1 cm", "3 m")]
Height = Annotated[Quantity, Number("length", "5 cm", "3 m")]
Strength = Annotated[Quantity, Number("pressure", "0.01 MPa", "20 MPa")]
Stroke = Annotated[Quantity, Number("ratio", "0.3", "0.95")]


class BlockModel(Model):
    """A block of honeycomb."""

    required = ("depth", "height", "strength", "stroke")
    depth: Depth | None = None
    height: Height | None = None
    strength: Strength | None = Info(None, description="stress at which it is crushed")
    end_strength: Strength | None = Info(None, description="of a progressive block, at the end of its stroke")
    stroke: Stroke | None = Info(None, description="share of the depth that can be crushed")


class BarrierModel(Model):
    """What a car is driven against: rigid without blocks, fixed to the ground without a mass."""

    title: Label | None = Info(None, description="in words; the name when left out")
    mass: Mass | None = None
    width: Face | None = Info(None, description="of the face, with blocks")
    blocks: Annotated[list[BlockModel], Info(max_length=8)] = Info([], description="from front to back")


class TestModel(Model):
    """A test."""

    __test__ = False  # no test of ours
    required = ("against", "speed")
    title: Label | None = Info(None, description="in words; the name when left out")
    against: Label | None = Info(None, description="a barrier, or a partner head-on")
    speed: Speed | None = Info(None, description="of the car")
    against_speed: Speed | None = Info(None, description="of what comes towards it; it stands when left out")
    overlap: Overlapping | None = Info(None, description="shared width over that of the car; all of it when left out")
    source: Label | None = None


class CrashTestsModel(Model):
    """A file of crash tests."""

    required = ("name", "vehicles", "tests", "reference")
    name: Annotated[str, Name()] | None = None
    title: Label | None = Info(None, description="heading; the name when left out")
    question: Prose | None = None
    sources: dict[str, Prose] | None = Info(None, description="short keys for the sources of the numbers")
    vehicles: Annotated[dict[str, VehicleModel], Info(max_length=6)] = Info(default_factory=dict)
    barriers: Annotated[dict[str, BarrierModel], Info(max_length=8)] = Info(default_factory=dict)
    partners: Annotated[dict[str, VehicleModel], Info(max_length=4)] = Info(default_factory=dict)
    tests: Annotated[dict[str, TestModel], Info(max_length=20)] = Info(default_factory=dict)
    reference: Label | None = Info(None, description="the test of which all others are multiples")
    equals: Label | None = Info(None, description="a partner whose crash is searched for the reference's severity")
    sampling: SamplingModel | None = None
    risk: RiskModel | None = None
    output: ShownModel = Info(default_factory=ShownModel.model_construct)


add_shapes(CrashTestsModel, PLACE)
