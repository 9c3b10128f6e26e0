"""The parts of a vehicle as pydantic models: its two ends, its engine, its occupant and what holds him.

A restraint file and an occupant file (a size) hold what a study's ``occupant`` may override, under the same names.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic import Field as Info

from crashsim.config.fields import Name, Number, OneOf, Quantity, Text
from crashsim.risk import DUMMIES

Mass = Annotated[Quantity, Number("mass", "50 kg", "100,000 kg")]
PartMass = Annotated[Quantity, Number("mass", "0.1 kg", "10,000 kg")]
Height = Annotated[Quantity, Number("length", "0 m", "3 m")]
Stiffness = Annotated[Quantity, Number("stiffness", "1 kN/m", "100,000 MN/m")]
StiffnessPerWidth = Annotated[Quantity, Number("stiffness_per_width", "1 kN/m^2", "100,000 kN/m^2", fixed=True)]
SoftStiffness = Annotated[Quantity, Number("stiffness", "10 N/m", "1,000 MN/m")]
SpecificStiffness = Annotated[Quantity, Number("specific_stiffness", "10 1/s^2", "1,000,000 1/s^2")]
Slope = Annotated[Quantity, Number("stiffness", "0 N/m", "1,000 MN/m")]
Force = Annotated[Quantity, Number("force", "0.1 kN", "100 MN")]
PointForce = Annotated[Quantity, Number("force", "0 N", "100 MN")]
Crush = Annotated[Quantity, Number("length", "1 mm", "5 m")]
PointCrush = Annotated[Quantity, Number("length", "0 m", "5 m")]
Gap = Annotated[Quantity, Number("length", "0 m", "5 m")]
Shift = Annotated[Quantity, Number("length", "-0.5 m", "0.5 m")]
Share = Annotated[Quantity, Number("ratio", "0", "0.9")]
MovingShare = Annotated[Quantity, Number("ratio", "0.1", "1")]
ForceScale = Annotated[Quantity, Number("ratio", "0.05", "20")]
UnloadingRatio = Annotated[Quantity, Number("ratio", "1", "1000")]
ForceRatio = Annotated[Quantity, Number("ratio", "0.5", "10")]
Compliance = Annotated[Quantity, Number("compliance", "0.1 mm/kN", "100 mm/kN")]
Damping = Annotated[Quantity, Number("damping", "0 N*s/m", "1,000 kN*s/m")]
Trend = Annotated[Quantity, Number("ratio", "-0.5", "1", fixed=True)]
Bounce = Annotated[Quantity, Number("ratio", "0.01", "0.9", fixed=True)]
TapeShare = Annotated[Quantity, Number("ratio", "0.1", "1", fixed=True)]
Spread = Annotated[Quantity, Number("number", "1.001", "3", fixed=True)]
Year = Annotated[Quantity, Number("number", "1900", "2100", fixed=True)]
Dimension = Annotated[Quantity, Number("length", "0.1 m", "30 m", fixed=True)]
Rate = Annotated[Quantity, Number("inverse_speed", "0 s/m", "1 s/m")]
Time = Annotated[Quantity, Number("time", "0 ms", "300 ms")]
Duration = Annotated[Quantity, Number("time", "0.1 ms", "300 ms")]
Label = Annotated[str, Text(200)]
Prose = Annotated[str, Text(4000, lines=True)]


class Model(BaseModel):
    """Base: unknown fields are errors, nothing is converted behind the user's back.

    ``required``: fields that a study must give.  ``word``: a text that stands for the whole mapping.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)
    required: ClassVar[tuple[str, ...]] = ()
    word: ClassVar[str] = ""


# ---- structure and engine --------------------------------------------------------------------------------------------


class CurvePoint(Model):
    """A point of a measured loading curve."""

    required = ("crush", "force")
    crush: PointCrush | None = None
    force: PointForce | None = None


class StructureModel(Model):
    """One end of a vehicle: a spring to a rising plateau, or a curve of points; then the compartment."""

    stiffness: Stiffness | None = Info(None, description="initial stiffness")
    plateau: Force | None = Info(None, description="force at which crush becomes plastic")
    plateau_slope: Slope | None = Info(None, description="rise of the plateau; 2 % of the stiffness when left out")
    crush_space: Crush | None = Info(None, description="crush at which the compartment begins to be pushed in")
    curve: Annotated[list[CurvePoint], Info(min_length=2, max_length=16)] | None = Info(
        None, description="loading curve instead of stiffness, plateau, plateau_slope and crush_space"
    )
    compartment_stiffness: Stiffness | None = Info(None, description="slope once the crush space is spent")
    compartment_range: Crush | None = Info(None, description="intrusion beyond which the model says nothing")
    unloading_stiffness: Stiffness | None = Info(None, description="slope of the stiff unloading branch")
    unloading_soft_share: Share | None = Info(None, description="share of the returned energy on the soft branch")
    rate: Rate | None = Info(None, description="rise of the force per speed of crush; none when left out")
    force_scale: ForceScale | None = Info(None, description="factor on all forces of this end; 1 when left out")
    bumper_bottom: Height | None = Info(None, description="lower edge of the bumper beam over ground")
    bumper_top: Height | None = Info(None, description="upper edge of the bumper beam over ground")


class SideModel(StructureModel):
    """The side of a vehicle: the law of a door, and the sill that bears beside it where a bumper meets it."""

    sill_stiffness: Stiffness | None = Info(None, description="stiffness of the sill and what stands on it")
    sill_plateau: Force | None = Info(None, description="force at which the sill yields")
    sill_top: Height | None = Info(
        None, description="upper edge of the sill over ground; a bumper above it meets the door alone"
    )


class EngineModel(Model):
    """The engine block behind a loaded front, given whole; without it the engine is part of the compartment."""

    mass: PartMass | None = Info(None, description="engine and gearbox; part of the vehicle's mass")
    gap: Gap | None = Info(None, description="crush of the front at which the block is reached")
    stiffness: Stiffness | None = Info(None, description="contact stiffness of the block")
    unloading: Stiffness | None = Info(None, description="unloading stiffness of that contact")
    firewall_gap: Gap | None = Info(None, description="travel of the engine to the firewall")
    firewall_stiffness: Stiffness | None = Info(None, description="stiffness of the firewall against the engine")
    firewall_unloading: Stiffness | None = Info(None, description="unloading stiffness of the firewall")
    mount_stiffness: SoftStiffness | None = Info(None, description="stiffness of the engine mounts")
    mount_damping: Damping | None = Info(None, description="damping of the engine mounts")


# ---- the occupant ----------------------------------------------------------------------------------------------------


class BeltModel(Model):
    """The belt as the torso feels it: all of shoulder and lap belt together."""

    slack: Gap | None = Info(None, description="travel of the torso before the belt pulls")
    stiffness: SoftStiffness | None = Info(None, description="force on the torso per travel")
    specific_stiffness: SpecificStiffness | None = Info(
        None, description="instead of stiffness: per mass of the moving torso and head"
    )
    limit: Force | None = Info(None, description="force on the torso at which the limiter pays out; none when left out")
    unloading_ratio: UnloadingRatio | None = Info(None, description="unloading over loading stiffness")
    force_per_shoulder_force: ForceRatio | None = Info(
        None, description="force on the torso over the tension of the shoulder belt"
    )
    deflection_per_shoulder_force: Compliance | None = Info(
        None, description="deflection of the chest per tension of the shoulder belt"
    )


class PretensionerModel(Model):
    """The pretensioner of the belt."""

    fire_time: Time | None = Info(None, description="when it fires, from contact")
    duration: Duration | None = Info(None, description="how long it draws")
    stroke: Gap | None = Info(None, description="most it draws in, measured as travel of the torso")
    force: Force | None = Info(None, description="belt force on the torso at which it stalls")


class AirbagModel(Model):
    """The airbag in front of the torso; its times are those of the head bag too."""

    fire_time: Time | None = Info(None, description="when it begins to fill, from contact")
    full_time: Time | None = Info(None, description="when it is full, from contact")
    gap: Gap | None = Info(None, description="travel of the torso to the full bag")
    stiffness: SoftStiffness | None = Info(None, description="force on the torso per travel into the bag")
    limit: Force | None = Info(None, description="force at which the vents hold it; none when left out")
    unloading_ratio: UnloadingRatio | None = Info(None, description="unloading over loading stiffness")
    damping: Rate | None = Info(None, description="rise of the force per speed of the torso into the bag")


class HeadBagModel(Model):
    """The part of the airbag that the head meets."""

    gap: Gap | None = Info(None, description="travel of the head to the full bag")
    stiffness: SoftStiffness | None = Info(None, description="force on the head per travel into the bag")
    limit: Force | None = Info(None, description="force at which the vents hold it; none when left out")
    unloading_ratio: UnloadingRatio | None = Info(None, description="unloading over loading stiffness")
    damping: Rate | None = Info(None, description="rise of the force per speed of the head into the bag")


class ContactModel(Model):
    """A hard part of the interior."""

    gap: Gap | None = Info(None, description="travel in the compartment before it is touched")
    stiffness: SoftStiffness | None = Info(None, description="contact stiffness")
    limit: Force | None = Info(None, description="force at which it gives way; none when left out")
    unloading_ratio: UnloadingRatio | None = Info(None, description="unloading over loading stiffness")


class NeckModel(Model):
    """What ties the head to the torso, both ways."""

    stiffness: SoftStiffness | None = Info(None, description="force per travel of the head against the torso")
    damping: Damping | None = Info(None, description="force per speed of the head against the torso")


class Body(Model):
    """The size of an occupant."""

    mass: PartMass | None = Info(None, description="mass of the whole occupant")
    head_mass: PartMass | None = Info(None, description="mass of the head")
    moving_share: MovingShare | None = Info(
        None, description="share of the mass that moves in the compartment, with head"
    )
    seat_shift: Shift | None = Info(
        None, description="how far behind the seat of the restraint's gaps this one stands; negative: forward of it"
    )
    dummy: Annotated[str, OneOf(DUMMIES)] | None = Info(None, description="the dummy whose injury functions apply")


class Interior(Model):
    """What an occupant meets on the way forward; an element that is given is given whole."""

    belt: BeltModel | None = None
    pretensioner: PretensionerModel | None = None
    airbag: AirbagModel | None = None
    head_bag: HeadBagModel | None = None
    knee: ContactModel | None = Info(None, description="the interior against the torso: dash, wheel")
    head_contact: ContactModel | None = Info(None, description="the interior against the head: wheel rim, windscreen")
    neck: NeckModel | None = None


class _Sourced(Model):
    """What every file of the library says of itself."""

    name: Annotated[str, Name()] | None = None
    title: Label | None = None
    evidence: Annotated[str, OneOf(("measured", "class", "judgement"))] | None = None
    notes: Prose | None = None
    sources: dict[str, Prose] | None = Info(None, description="short keys for the sources of the numbers")


class SizeModel(_Sourced, Body):
    """An occupant file."""


class RestraintModel(_Sourced, Interior):
    """A restraint file."""


class OccupantModel(Interior, Body):
    """Who sits in the vehicle and what holds him, with any number in place of the library's; or none."""

    word = "none"
    size: Label | None = Info(None, description="an occupant of the library; 50m when left out")
    restraint: Label | None = Info(None, description="a restraint of the library; the vehicle's when left out")
    sources: dict[str, Prose] | None = Info(None, description="short keys for the sources of the numbers")

    @model_validator(mode="before")
    @classmethod
    def _or_none(cls, value: Any) -> Any:
        return {"size": cls.word} if value == cls.word else value


# ---- classes of vehicles ---------------------------------------------------------------------------------------------


class ClassLawModel(Model):
    """The front of a class, as ``crashsim.classes.ClassLaw`` has it."""

    required = ("stiffness_per_width", "trend", "crush_space", "compartment_stiffness", "restitution", "spread")
    stiffness_per_width: StiffnessPerWidth | None = Info(None, description="stiffness per metre of width")
    trend: Trend | None = Info(None, description="growth of the stiffness in ten model years, up to the reference year")
    crush_space: Crush | None = Info(None, description="crush at which the compartment begins to be pushed in")
    compartment_stiffness: Stiffness | None = Info(None, description="slope once the crush space is spent")
    restitution: Bounce | None = Info(None, description="restitution at a rigid wall")
    spread: Spread | None = Info(None, description="geometric standard deviation of all forces within the class")


class TapeModel(Model):
    """Static from dynamic crush, as ``crashsim.classes.Tape`` has it."""

    required = ("share", "offset", "scatter")
    share: TapeShare | None = Info(None, description="static crush per dynamic crush beyond the offset")
    offset: Gap | None = Info(None, description="dynamic crush of which nothing stays")
    scatter: Spread | None = Info(None, description="geometric standard deviation of the measured static crush")


class ClassModel(_Sourced):
    """A class of vehicles: what its vehicles have where they say nothing themselves."""

    required = ("width", "reference_year", "first_year", "last_year", "front", "tape")
    width: Dimension | None = Info(None, description="width of a vehicle that gives none")
    reference_year: Year | None = Info(
        None, description="model year from which the stiffness no longer grows; that of a vehicle without"
    )
    first_year: Year | None = Info(
        None, description="first model year of the tests; older vehicles have the law of that year"
    )
    last_year: Year | None = Info(None, description="last model year of the tests")
    front: ClassLawModel | None = None
    tape: TapeModel | None = Info(None, description="what a tape measures of a crush")
