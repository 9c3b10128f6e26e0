"""The phrases of a speed limit: bounds, speeds, intervals and risks, the same in sentences, tables and figures."""

from __future__ import annotations

import math
from typing import Final

from crashsim import units
from crashsim.config.questions.speed_limit import Bound, Setting
from crashsim.engine.limits import STEP
from crashsim.engine.speed_limit import FIELD, Answer, Found, Occupant
from crashsim.output.words import percent, percents, quantity

DISCLAIMER: Final = "model result, not a crash test"
LEVELS: Final = {
    "MAIS2+": "a moderate or worse injury (MAIS2+)",
    "MAIS3+": "a serious injury (MAIS3+)",
    "fatal": "death",
}


def kept(bound: Bound, system: str) -> str:
    """A bound as what follows "stays"."""
    if bound.at_most is not None:
        return f"at or below {percent(bound.at_most)}"
    meets = f" that meets the {bound.met}" if bound.met else ""
    return f"no higher than that of a {bound.reference}{meets} in the same crash under a limit of {quantity(bound.posted, 'speed', system)}"


def meaning(setting: Setting) -> str:
    """What the posted limit means in a crash: the speeds of both at contact."""
    of = dict(zip(setting.impact().between, setting.shares, strict=True))
    own, other = of[setting.vehicle], of[setting.partner]
    if own == other == 1.0:
        return "both at the limit at contact"
    return f"the {setting.vehicle} {_share(own)} and the {setting.partner} {_share(other)} at contact"


def _share(share: float) -> str:
    return "standing" if share == 0.0 else "at the limit" if share == 1.0 else f"at {100 * share:.0f} % of the limit"


def speed(value: float, found: Found, system: str) -> str:
    """A posted limit; in words where there is none."""
    if math.isnan(value):
        return "not told"
    if math.isinf(value):
        return f"above {quantity(found.question.fastest, 'speed', system)}"
    return quantity(value, "speed", system) if value > 0.0 else f"below {quantity(STEP, 'speed', system)}"


def span(low: float, high: float, found: Found, system: str) -> str:
    """From one posted limit to another."""
    first, last = speed(low, found, system), speed(high, found, system)
    unit = f" {units.display_unit('speed', system)}"
    return (
        first
        if first == last
        else f"{first.removesuffix(unit) if first[0].isdigit() and last[0].isdigit() else first} to {last}"
    )


def bands(answer: Answer, found: Found, system: str) -> str:
    """Both bands of a limit, each named, behind the tag of what a posted limit is taken to mean."""
    parts = ["judgement, tag J"]
    if not math.isnan(answer.p05):
        parts.append(f"inputs, 5-95 %: {span(answer.p05, answer.p95, found, system)}")
    if not math.isnan(answer.envelope[0]):
        who = "published curves" if answer.route == FIELD else "injury functions"
        parts.append(f"{who} disagree: {span(*answer.envelope, found, system)}")
    return f" ({'; '.join(parts)})"


def risk(person: Occupant) -> str:
    """The risk of one occupant with both bands."""
    parts = []
    if person.curves:
        parts.append(f"published curves disagree: {percents(min(person.curves.values()), max(person.curves.values()))}")
    if not math.isnan(person.risk.p05):
        parts.append(f"inputs, 5-95 %: {percents(person.risk.p05, person.risk.p95)}")
    if person.extrapolated:
        parts.append("extrapolated")
    return "not offered" if math.isnan(person.risk.given) else f"{percent(person.risk.given)} ({'; '.join(parts)})"
