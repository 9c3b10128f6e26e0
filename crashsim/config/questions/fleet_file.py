"""The shape of a fleet file: who buys what instead of what, how often these cars crash, and how the crashes differ."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field as Info

from crashsim.config.damage import ShownModel
from crashsim.config.fields import Name, Number, OneOf, Quantity, Whole
from crashsim.config.models import Portion, RiskModel, VehicleModel, add_shapes
from crashsim.config.parts import Label, Model, Prose
from crashsim.sampling import MOST_SAMPLES

PLACE: Final = ("fleets", "*")
STRIKES, STRUCK = "strikes", "struck"

Sales = Annotated[Quantity, Number("number", "1", "20000000")]
Years = Annotated[Quantity, Number("number", "1", "40")]
Survival = Annotated[Quantity, Number("ratio", "50 %", "99.9 %")]
Rate = Annotated[Quantity, Number("ratio", "0.01 %", "20 %")]
People = Annotated[Quantity, Number("number", "1", "9")]
Share = Annotated[Quantity, Number("ratio", "0.01 %", "100 %")]
Factor = Annotated[Quantity, Number("ratio", "25 %", "400 %")]
OfLimit = Annotated[Quantity, Number("ratio", "5 %", "300 %")]
Limit = Annotated[Quantity, Number("speed", "5 mph", "100 mph", fixed=True)]
PerMillion = Annotated[Quantity, Number("number", "0.001", "100000", fixed=True)]


class ExposureModel(Model):
    """How many cars there are, and how often one of them crashes."""

    required = ("sales", "years", "survival", "crashes", "occupants", "struck_side")
    sales: Sales | None = Info(None, description="cars a year")
    years: Years | None = Info(None, description="years of sales before the year that is counted")
    survival: Survival | None = Info(None, description="share of the cars on the road that still are a year later")
    crashes: Rate | None = Info(None, description="crashes of a car in a year, of those that the risk curves stand for")
    occupants: People | None = Info(None, description="people in a vehicle, driver included")
    struck_side: Share | None = Info(
        None,
        description="of the people in a vehicle struck in its side, those whose own door is met; the side curve is theirs",
    )


class SpeedsModel(Model):
    """How closing speeds go with the posted limit: ``closing at (limit / at)^growth factor``."""

    at: Limit | None = Info(None, description="posted limit that closing speeds are told for; 35 mph when left out")
    growth: Portion | None = Info(None, description="power of the posted limit; 1, in proportion, when left out")
    factor: Factor | None = Info(None, description="on all closing speeds; 100 % when left out")


class RoadModel(Model):
    """A class of roads."""

    required = ("limit", "share")
    limit: Limit | None = Info(None, description="posted limit")
    share: Share | None = Info(None, description="of all crashes; all shares are scaled to add up to 1")


class KindModel(Model):
    """A kind of crash, as the buyer's car has it."""

    required = ("type", "share", "closing")
    title: Label | None = Info(None, description="in words; the name when left out")
    type: Annotated[str, OneOf(("head-on", "rear-end", "side", "wall"))] | None = None
    role: Annotated[str, OneOf((STRIKES, STRUCK))] = Info(
        STRIKES, description="of the buyer's car in a rear-end or side crash"
    )
    share: Share | None = Info(None, description="of all crashes; all shares are scaled to add up to 1")
    closing: OfLimit | None = Info(
        None,
        description="closing speed over posted limit, where that is speeds.at; a distribution is over the crashes, and averaged over",
    )


class PublishedModel(Model):
    """A published rate that is held against the model: driver deaths in multi-vehicle crashes."""

    required = ("vehicle", "deaths")
    vehicle: Label | None = Info(None, description="of the two choices, the one that it is near to")
    title: Label | None = None
    deaths: Annotated[list[PerMillion], Info(min_length=1, max_length=2)] = Info(
        [], description="drivers per million vehicle-years: one number, or the least and the most"
    )
    source: Label | None = None
    tag: Annotated[str, OneOf(("S", "C", "M", "M?", "J"))] | None = None


class FleetDrawsModel(Model):
    """How what is not known is drawn."""

    samples: Annotated[int, Whole(64, MOST_SAMPLES)] = Info(1024, description="a power of two")
    seed: Annotated[int, Whole(0, 2**32 - 1)] = Info(1, description="another seed, another set of samples")


class FleetModel(Model):
    """A fleet file."""

    required = ("name", "vehicles", "buys", "instead_of", "fleet", "roads", "partners", "crashes")
    name: Annotated[str, Name()] | None = None
    title: Label | None = Info(None, description="heading; the name when left out")
    question: Prose | None = None
    notes: Prose | None = None
    sources: dict[str, Prose] | None = Info(None, description="short keys for the sources of the numbers")
    vehicles: Annotated[dict[str, VehicleModel], Info(max_length=20)] = Info(default_factory=dict)
    buys: Label | None = Info(None, description="the vehicle that is bought")
    instead_of: Label | None = Info(None, description="the vehicle that the same buyers would have bought")
    fleet: ExposureModel | None = None
    speeds: SpeedsModel = Info(default_factory=SpeedsModel.model_construct)
    roads: Annotated[dict[str, RoadModel], Info(max_length=20)] = Info(default_factory=dict)
    partners: Annotated[dict[str, Share], Info(max_length=10)] = Info(
        default_factory=dict, description="shares of the vehicles that are met; they are scaled to add up to 1"
    )
    crashes: Annotated[dict[str, KindModel], Info(max_length=10)] = Info(default_factory=dict)
    published: Annotated[dict[str, PublishedModel], Info(max_length=10)] = Info(default_factory=dict)
    sampling: FleetDrawsModel = Info(default_factory=FleetDrawsModel.model_construct)
    risk: RiskModel | None = None
    output: ShownModel = Info(default_factory=ShownModel.model_construct)


add_shapes(FleetModel, PLACE)
