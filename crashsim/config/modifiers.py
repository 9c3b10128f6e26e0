"""The shape of what a study switches on: who sits in a vehicle, what holds him, what the car is, how it brakes."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field as Info

from crashsim.config.fields import Number, OneOf, Quantity
from crashsim.config.parts import Label, Model

BRAKING: Final = ("fcw", "low-speed-aeb", "fcw-aeb")
FLEETS: Final = ("before-2009", "from-2009")

Age = Annotated[Quantity, Number("age", "13 years", "110 years", fixed=True)]
Lead = Annotated[Quantity, Number("time", "0 s", "5 s", fixed=True)]
Dead = Annotated[Quantity, Number("time", "0 s", "2 s", fixed=True)]
Jerk = Annotated[Quantity, Number("jerk", "1 m/s^3", "200 m/s^3", fixed=True)]
Deceleration = Annotated[Quantity, Number("acceleration", "0.5 m/s^2", "12 m/s^2", fixed=True)]


class BrakesModel(Model):
    """An emergency brake by its kinematics: it takes speed off before the impact."""

    required = ("time_to_collision", "dead_time", "jerk", "deceleration")
    time_to_collision: Lead | None = Info(None, description="of the undisturbed approach when the brake is asked for")
    dead_time: Dead | None = Info(None, description="until the deceleration begins to rise")
    jerk: Jerk | None = Info(None, description="rise of the deceleration")
    deceleration: Deceleration | None = Info(None, description="that is reached and kept")


class ModifierModel(Model):
    """One change of one vehicle or its occupant, whose effect the ledger tells alone and with the others."""

    required = ("vehicle",)
    vehicle: Label | None = Info(None, description="the vehicle of the study that it changes")
    switched: Annotated[str, OneOf(("on", "off"))] = Info("on", description="off leaves it out")
    title: Label | None = Info(None, description="what figures call it; the name when left out")
    age: Age | None = Info(None, description="of the occupant: route 1 by years, route 2 by group of age")
    sex: Annotated[str, OneOf(("female", "male"))] | None = Info(None, description="of the occupant: route 2 alone")
    belt: Annotated[str, OneOf(("belted", "unbelted"))] | None = Info(
        None, description="of the occupant: route 2 by odds ratio, route 1 by the restraint unbelted"
    )
    size: Label | None = Info(None, description="an occupant of the library: route 1 alone")
    restraint: Label | None = Info(None, description="a restraint of the library: route 1 alone")
    structure: Label | None = Info(
        None, description="a vehicle of the library whose ends and engine it gets; mass, seat and restraint stay"
    )
    fleet: Annotated[str, OneOf(FLEETS)] | None = Info(None, description="model year of the car: route 2 alone")
    brakes: BrakesModel | None = Info(None, description="an emergency brake: speed taken off before the impact")
    braking_record: Annotated[str, OneOf(BRAKING)] | None = Info(
        None, description="published factor on the number of crashes, kept apart from speeds and risks"
    )
