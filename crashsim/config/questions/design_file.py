"""The shape of a design file: vehicles, the crashes that count, what may change, what that weighs, and the risk to be reached."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field as Info

from crashsim.config.damage import ShownModel
from crashsim.config.fields import Name, Number, Quantity, Whole
from crashsim.config.models import ImpactModel, RiskModel, SamplingModel, VehicleModel, add_shapes
from crashsim.config.parts import Label, Model, Prose

PLACE: Final = ("designs", "*")

Stiffness = Annotated[Quantity, Number("stiffness", "1 kN/m", "1,000 MN/m", fixed=True)]
Force = Annotated[Quantity, Number("force", "1 kN", "100 MN", fixed=True)]
Length = Annotated[Quantity, Number("length", "1 mm", "5 m", fixed=True)]
Lift = Annotated[Quantity, Number("length", "-50 cm", "50 cm", fixed=True)]
Ballast = Annotated[Quantity, Number("mass", "0 kg", "5,000 kg", fixed=True)]
Step = Annotated[Quantity, Number("mass", "0.1 kg", "1,000 kg", fixed=True)]
PerStep = Annotated[Quantity, Number("mass", "0 kg", "1,000 kg", fixed=True)]
Difference = Annotated[Quantity, Number("mass", "-200 kg", "200 kg", fixed=True)]
SpecificEnergy = Annotated[Quantity, Number("specific_energy", "0.1 kJ/kg", "200 kJ/kg", fixed=True)]
Secondary = Annotated[Quantity, Number("ratio", "1", "5", fixed=True)]
Weight = Annotated[Quantity, Number("number", "0.000001", "1,000,000", fixed=True)]
Risk = Annotated[Quantity, Number("ratio", "0.1 %", "90 %", fixed=True)]
Intrusion = Annotated[Quantity, Number("length", "1 cm", "1 m", fixed=True)]

_WEIGHS: Final = "mass of one step, beside that of the energy; none when left out"


class ChangeModel(Model):
    """What every change has: bounds, the step by which it is judged, and what a step weighs."""

    required = ("from", "to", "step")


class StiffnessChangeModel(ChangeModel):
    """A stiffness that designs vary."""

    low: Stiffness | None = Info(None, alias="from")
    high: Stiffness | None = Info(None, alias="to")
    step: Stiffness | None = None
    mass: PerStep | None = Info(None, description=_WEIGHS)


class ForceChangeModel(ChangeModel):
    """A force that designs vary."""

    low: Force | None = Info(None, alias="from")
    high: Force | None = Info(None, alias="to")
    step: Force | None = None
    mass: PerStep | None = Info(None, description=_WEIGHS)


class LengthChangeModel(ChangeModel):
    """A length that designs vary."""

    low: Length | None = Info(None, alias="from")
    high: Length | None = Info(None, alias="to")
    step: Length | None = None
    mass: PerStep | None = Info(None, description=_WEIGHS)


class LiftChangeModel(ChangeModel):
    """How far designs lift the bumper beam."""

    low: Lift | None = Info(None, alias="from")
    high: Lift | None = Info(None, alias="to")
    step: Length | None = None
    mass: PerStep | None = Info(None, description=_WEIGHS)


class BallastChangeModel(ChangeModel):
    """Mass that buys nothing but itself."""

    low: Ballast | None = Info(None, alias="from")
    high: Ballast | None = Info(None, alias="to")
    step: Step | None = None


class ChangesModel(Model):
    """What designs may change."""

    stiffness: StiffnessChangeModel | None = Info(None, description="initial stiffness of the front")
    plateau: ForceChangeModel | None = Info(None, description="plateau force of the front")
    crush_space: LengthChangeModel | None = Info(None, description="crush space of the front")
    compartment_stiffness: StiffnessChangeModel | None = Info(None, description="stiffness of the safety cell")
    ride_height: LiftChangeModel | None = Info(None, description="lift of the bumper beam over that of the base design")
    ballast: BallastChangeModel | None = Info(None, description="mass beside what the structure weighs")


class RestraintChoiceModel(Model):
    """A restraint that designs may have."""

    mass: Difference | None = Info(
        None, description="mass against the restraint of the base design; none when left out"
    )


class BoundModel(Model):
    """The risk that a design is to reach: a number, or that of another vehicle."""

    at_most: Risk | None = Info(None, description="a probability; or")
    like: Label | None = Info(None, alias="as", description="a vehicle of the file: its risk in the same crashes")


class DesignModel(Model):
    """A design file."""

    required = ("name", "vehicles", "impacts", "vehicle", "changes", "bound", "specific_energy", "secondary")
    name: Annotated[str, Name()] | None = None
    title: Label | None = Info(None, description="heading; the name when left out")
    question: Prose | None = None
    notes: Prose | None = None
    sources: dict[str, Prose] | None = Info(None, description="short keys for the sources of the numbers")
    vehicles: Annotated[dict[str, VehicleModel], Info(max_length=50)] = Info(default_factory=dict)
    impacts: Annotated[dict[str, ImpactModel], Info(max_length=12)] = Info(
        default_factory=dict, description="the crashes that count: head-on, with one partner, nothing swept"
    )
    weights: dict[str, Weight] = Info({}, description="of each crash; all alike when left out")
    vehicle: Label | None = Info(None, description="the vehicle that is designed")
    changes: ChangesModel | None = None
    restraints: Annotated[dict[str, RestraintChoiceModel], Info(max_length=10)] = Info(
        {}, description="restraints of the library beside that of the base design"
    )
    specific_energy: SpecificEnergy | None = Info(
        None, description="energy that a front takes per mass of structure added for it"
    )
    secondary: Secondary | None = Info(None, description="mass that the car gains per mass added")
    intrusion: Intrusion | None = Info(
        None, description="most that a design may have in any crash; 40 cm when left out"
    )
    bound: BoundModel | None = None
    designs: Annotated[int, Whole(64, 65_536)] = Info(2048, description="sampled over the bounds")
    rounds: Annotated[int, Whole(0, 20)] = Info(4, description="of refinement about the best, a quarter as many each")
    sampling: SamplingModel | None = None
    risk: RiskModel | None = None
    output: ShownModel = Info(default_factory=ShownModel.model_construct)


add_shapes(DesignModel, PLACE)
