"""The shape of a speed-limit file: vehicles, the risk that is to be kept, and the crashes in which it is."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field as Info

from crashsim.config.damage import ShownModel
from crashsim.config.fields import Name, Number, OneOf, Quantity
from crashsim.config.models import HeightOffset, Overlap, RiskModel, SamplingModel, VehicleModel, add_shapes
from crashsim.config.parts import Label, Model, Prose
from crashsim.risk import BAND_LEVELS

OWN, PARTNER = "vehicle", "partner"
PLACE: Final = ("speed-limits", "*")

Limit = Annotated[Quantity, Number("speed", "10 mph", "200 mph", fixed=True)]
OfLimit = Annotated[Quantity, Number("ratio", "0", "150 %", fixed=True)]
Risk = Annotated[Quantity, Number("ratio", "0.1 %", "90 %", fixed=True)]


class ReferenceModel(Model):
    """A vehicle whose risk is the bound: in the same crash, at its own posted limit."""

    required = ("vehicle", "speed")
    vehicle: Label | None = Info(None, description="takes the place of the vehicle in the crash")
    partner: Label | None = Info(None, description="whom it meets; the partner of each setting when left out")
    speed: Limit | None = Info(None, description="posted limit of the reference")


class BoundModel(Model):
    """A risk that is to be kept: a number, or that of a reference."""

    level: Annotated[str, OneOf(BAND_LEVELS)] = Info("MAIS3+", description="of the field curves")
    at_most: Risk | None = Info(None, description="a probability; or")
    like: ReferenceModel | None = Info(None, alias="as", description="the risk of a reference")


class OfLimitModel(Model):
    """What the posted limit means: speeds at contact as shares of it."""

    required = (OWN, PARTNER)
    vehicle: OfLimit | None = None
    partner: OfLimit | None = None


class CrashModel(Model):
    """A crash: who meets whom, how, and how fast compared with the posted limit."""

    title: Label | None = Info(None, description="in words; the name when left out")
    vehicle: Label | None = Info(None, description="whose risk is to be kept")
    partner: Label | None = Info(None, description="whom it meets")
    type: Annotated[str, OneOf(("head-on", "rear-end", "side"))] | None = None
    strikes: Annotated[str, OneOf((OWN, PARTNER))] | None = Info(
        None, description="who strikes in a rear-end or side crash; the vehicle when left out"
    )
    of_limit: OfLimitModel | None = Info(None, description="speeds at contact as shares of the posted limit")
    overlap: Overlap | None = None
    height_offset: HeightOffset | None = None
    restraint: Label | None = Info(None, description="of the vehicle, in place of its own")


class SettingModel(CrashModel):
    """What is different in a crash; all else is as in ``crash``."""


class BaseCrashModel(CrashModel):
    """The crash that the settings start from."""

    required = (OWN, PARTNER, "type", "of_limit")


class SpeedLimitModel(Model):
    """A speed-limit file."""

    required = ("name", "vehicles", "bounds", "crash")
    name: Annotated[str, Name()] | None = None
    title: Label | None = Info(None, description="heading; the name when left out")
    question: Prose | None = None
    notes: Prose | None = None
    vehicles: Annotated[dict[str, VehicleModel], Info(max_length=50)] = Info(default_factory=dict)
    bounds: Annotated[dict[str, BoundModel], Info(max_length=4)] = Info(default_factory=dict)
    crash: BaseCrashModel | None = None
    settings: Annotated[dict[str, SettingModel], Info(max_length=40)] = Info(
        {}, description="crashes beside it, by name: each says what is different"
    )
    roads: Annotated[list[Label], Info(min_length=2, max_length=20)] | None = Info(
        None, description="roads of the library on whose speeds at contact the risk of the crash is averaged"
    )
    fastest: Limit | None = Info(None, description="posted limit up to which is searched; 85 mph when left out")
    sampling: SamplingModel | None = None
    risk: RiskModel | None = None
    output: ShownModel = Info(default_factory=ShownModel.model_construct)


add_shapes(SpeedLimitModel, PLACE)
