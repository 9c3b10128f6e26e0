"""The shape of a reconstruction file: damaged vehicles, where the stiffness of each comes from, and what is uncertain."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field as Info

from crashsim.config.fields import Name, Number, OneOf, Quantity, Whole
from crashsim.config.parts import Label, Mass, Model, Prose
from crashsim.reconstruction import HEAD_ON, REAR_END, WALL
from crashsim.sampling import LHS, SOBOL

MOST_SAMPLES: Final = 2**24  # they are held in memory
CRASH3_CLASSES: Final = ("mini", "subcompact", "compact", "intermediate", "full-size", "van", "pickup")
FACES: Final = ("front", "rear", "side")

TestSpeed = Annotated[Quantity, Number("speed", "1 m/s", "50 m/s")]
Onset = Annotated[Quantity, Number("speed", "0 m/s", "10 m/s")]
Rise = Annotated[Quantity, Number("rate", "1 1/s", "1,000 1/s")]
Width = Annotated[Quantity, Number("length", "0.1 m", "5 m")]
Station = Annotated[Quantity, Number("length", "0 m", "3 m")]
Offset = Annotated[Quantity, Number("length", "-0.3 m", "0.3 m")]
ForcePerWidth = Annotated[Quantity, Number("stiffness", "0 N/m", "10 MN/m")]
StiffnessPerWidth = Annotated[Quantity, Number("stiffness_per_width", "1 kN/m^2", "1,000,000 kN/m^2")]
Direction = Annotated[Quantity, Number("angle", "-45 deg", "45 deg")]
Drag = Annotated[Quantity, Number("ratio", "0", "2")]
Slide = Annotated[Quantity, Number("length", "-300 m", "300 m")]
Braking = Annotated[Quantity, Number("length", "0 m", "300 m")]
Restitution = Annotated[Quantity | str, OneOf(("speed-fit",), Number("ratio", "0", "0.6"))]
Stations = Annotated[list[Station], Info(min_length=1, max_length=50)]


class TestModel(Model):
    """A full-width test of the vehicle into a rigid wall."""

    required = ("speed", "mass", "width", "crush")
    speed: TestSpeed | None = Info(None, description="impact speed")
    mass: Mass | None = Info(None, description="test mass with dummies and instruments")
    width: Width | None = Info(None, description="width of the vehicle, all of which the wall met")
    crush: Stations = Info([], description="residual crush: C1 to C6, or the mean alone")


class CrushStiffnessModel(Model):
    """Where A and B come from: tests, a line b0, b1, given A and B, a vehicle of the library, or a class of CRASH3."""

    tests: Annotated[list[TestModel], Info(min_length=1, max_length=20)] | None = Info(
        None, description="one test and b0, or several"
    )
    b0: Onset | None = Info(None, description="speed below which no crush stays; with one test, or with b1")
    b1: Rise | None = Info(None, description="rise of the speed per residual crush; with b0, mass and width")
    mass: Mass | None = Info(None, description="mass of the vehicle that b0 and b1 are of")
    width: Width | None = Info(None, description="width of the vehicle that b0 and b1 are of")
    A: ForcePerWidth | None = Info(None, description="force per width at no crush; with B")
    B: StiffnessPerWidth | None = Info(None, description="rise of the force per width and crush; with A")
    use: Label | None = Info(
        None, description="a vehicle of the library: its front's curve, by way of simulated wall tests"
    )
    crash3: Annotated[str, OneOf(CRASH3_CLASSES)] | None = Info(
        None, description="a class of CRASH3 (cars of the 1970s)"
    )
    face: Annotated[str, OneOf(FACES)] | None = Info(None, description="with crash3; the front when left out")


class AfterModel(Model):
    """The slide from the crash to rest."""

    required = ("distance", "drag")
    distance: Slide | None = Info(None, description="forward positive, backward negative")
    drag: Drag | None = Info(None, description="drag factor, deceleration over g")


class BeforeModel(Model):
    """Braking before the crash."""

    required = ("distance", "drag")
    distance: Braking | None = Info(None, description="length of the marks up to the point of impact")
    drag: Drag | None = Info(None, description="drag factor, deceleration over g")


class DamagedModel(Model):
    """A damaged vehicle."""

    required = ("mass", "crush", "width", "stiffness")
    title: Label | None = None
    mass: Mass | None = Info(None, description="mass at the crash, with occupants and cargo")
    crush: Stations = Info([], description="residual crush at evenly spaced stations, C1 first; one for uniform crush")
    crush_offset: Offset | None = Info(None, description="error of all stations together: added to each")
    width: Width | None = Info(None, description="damage width L that the stations span")
    pdof: Direction | None = Info(
        None, description="principal direction of force from the normal of the damaged side; 0 when left out"
    )
    stiffness: CrushStiffnessModel | None = None
    after: AfterModel | None = None
    before: BeforeModel | None = None


class DrawsModel(Model):
    """How the numbers given as distributions are drawn."""

    samples: Annotated[int, Whole(16, MOST_SAMPLES)] = Info(16384, description="a power of two")
    method: Annotated[str, OneOf((SOBOL, LHS))] = Info(SOBOL, description="scrambled Sobol points or a Latin hypercube")
    seed: Annotated[int, Whole(0, 2**32 - 1)] = Info(1, description="another seed, another set of samples")


class ShownModel(Model):
    """How it is shown."""

    units: Annotated[str, OneOf(("us", "si"))] = "si"


class ReconstructionModel(Model):
    """A reconstruction file."""

    required = ("name", "type", "vehicles")
    name: Annotated[str, Name()] | None = None
    title: Label | None = Info(None, description="heading; the name when left out")
    question: Prose | None = None
    notes: Prose | None = None
    sources: dict[str, Prose] | None = Info(None, description="short keys for the sources of the numbers")
    type: Annotated[str, OneOf((WALL, HEAD_ON, REAR_END))] | None = Info(
        None, description="one vehicle into a rigid wall, or two; in a rear-end crash the first strikes the second"
    )
    vehicles: dict[str, DamagedModel] = Info(default_factory=dict)
    restitution: Restitution = Info("speed-fit", description="a value, or speed-fit: from the closing speed")
    sampling: DrawsModel | None = None
    output: ShownModel = Info(default_factory=ShownModel.model_construct)
