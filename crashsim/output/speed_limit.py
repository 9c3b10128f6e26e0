"""A speed limit in sentences, for a terminal, as JSON and as CSV."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from crashsim import units
from crashsim.config.questions.speed_limit import Bound, Setting
from crashsim.engine.limits import MODEL, Limit
from crashsim.engine.manifest import version
from crashsim.engine.speed_limit import DUMMY, FIELD, Answer, Found, Occupant, Spread
from crashsim.output import speed_limit_roads
from crashsim.output.speed_limit_tables import short
from crashsim.output.speed_limit_words import DISCLAIMER, LEVELS, bands, kept, meaning, risk, speed
from crashsim.output.words import percent, quantity
from crashsim.results.cells import write_records

WIDTH: Final = 100
SIGN: Final = {"us": "5 mph", "si": "10 km/h"}  # steps of posted limits
SURE: Final = 0.9  # a risk above which two crashes are hardly different


# ---- sentences ---------------------------------------------------------------------------------------------------------


def quote(found: Found, system: str) -> tuple[str, str]:
    """Two sentences of the crash itself and the first bound: the limit and delta-v of both, then the risk of both."""
    setting, bound = found.question.settings[0], found.question.bounds[0]
    answer = found.of(setting.name, bound.name)
    if answer is None:
        end = setting.impact().faces[setting.subject]
        return (f"No curve tells the risk of {LEVELS[bound.level]} of an occupant whose vehicle is loaded at the {end}.",
                "So no limit is told.")  # fmt: skip
    own, other = found.at[setting.name, bound.name]
    changes = f"the {own.name}'s delta-v is {quantity(own.delta_v.given, 'speed', system)} and the {other.name}'s {quantity(other.delta_v.given, 'speed', system)}"
    where = "there" if 0.0 < answer.limit.posted < math.inf else "at the end of the search"
    first = f"{_kept_to(found, answer, setting, bound, system)}; {where} {changes}."
    second = f"{where.capitalize()} the risk is {risk(own)} in the {own.name}, and {risk(other)} in the {other.name} that it meets."
    return first, second


def _kept_to(found: Found, answer: Answer, setting: Setting, bound: Bound, system: str) -> str:
    """Up to which speed a bound is kept, by one route."""
    who = "by what a dummy measures, " if answer.route == DUMMY else ""
    what = "an AIS3+ injury of head or chest" if answer.route == DUMMY else LEVELS[bound.level]
    head = f"{_capital(setting.title)}: {who}the risk of {what} in the {setting.vehicle} "
    posted = answer.limit.posted
    if math.isnan(posted):
        return f"{head}has no limit to tell, for the crash of the {bound.reference} is beyond the model"
    if math.isinf(posted):
        return f"{head}stays {kept(bound, system)} at every posted limit up to {quantity(found.question.fastest, 'speed', system)}{bands(answer, found, system)}"
    if posted == 0.0:
        return f"{head}is higher than that from the slowest speed on ({kept(bound, system)} was asked)"
    closing = quantity(posted * found.closing[setting.name], "speed", system)
    ends = ", where the model ends," if answer.limit.end == MODEL else ""
    limit = f"a posted limit of {quantity(posted, 'speed', system)}"
    same = closing == quantity(posted, "speed", system)
    reach = f"{limit}, which is also the closing speed" if same else f"a closing speed of {closing}, {limit}"
    return (
        f"{head}stays {kept(bound, system)} up to {reach}{ends} with {meaning(setting)}{bands(answer, found, system)}"
    )


def further(found: Found, system: str) -> list[str]:
    """What else there is to say of the crash itself, of signs, and of the settings between which the limit lies."""
    base, first = found.question.settings[0], found.question.bounds[0]
    said = [f"{_kept_to(found, answer, base, bound, system)}{_beside(found, answer, bound)}."
            for bound in found.question.bounds for route in (FIELD, DUMMY)
            if (answer := found.of(base.name, bound.name, route)) and (bound is not first or route != FIELD)]  # fmt: skip
    on_roads = speed_limit_roads.sentences(found, system, {b.name: kept(b, system) for b in found.question.bounds})
    return [*said, *_signs(found, system), *on_roads, *_range(found, FIELD, system), *_range(found, DUMMY, system)]


def _beside(found: Found, answer: Answer, bound: Bound) -> str:
    """The risk that a reference has, and what that makes of the comparison."""
    if not bound.reference or math.isnan(answer.bound.given):
        return ""
    sure = ", so that equal says little" if answer.bound.given > SURE else ""
    beyond = ", extrapolated" if answer.extrapolated else ""
    return f"; the {bound.reference} has {percent(answer.bound.given)} there{beyond}{sure}"


def _signs(found: Found, system: str) -> Iterator[str]:
    """The limit as a sign by the road."""
    base, bound = found.question.settings[0], found.question.bounds[0]
    answer = found.of(base.name, bound.name)
    if answer is None or not 0.0 < answer.limit.posted < math.inf:
        return
    central, least = (sign(value, system) for value in (answer.limit.posted, answer.envelope[0]))
    yield f"Rounded down to a sign, that is {central}; by the most severe published curve {least}."


def sign(posted: float, system: str) -> str:
    """A posted limit rounded down to a sign by the road."""
    step = units.parse(SIGN[system], "speed")
    return quantity(math.floor(posted / step) * step, "speed", system) if posted >= step else "none"


def _range(found: Found, route: str, system: str) -> Iterator[str]:
    """Between which settings the limit of the first bound lies."""
    bound = found.question.bounds[0]
    told = {setting.title: answer.limit.posted for setting in found.question.settings
            if (answer := found.of(setting.name, bound.name, route)) and not math.isnan(answer.limit.posted)}  # fmt: skip
    if len(told) > 1:
        low, high = min(told, key=told.__getitem__), max(told, key=told.__getitem__)
        how = "field curves" if route == FIELD else "the dummy"
        yield (f"Over {len(told)} settings the limit by {how} runs from {speed(told[low], found, system)} ({low}) to "
               f"{speed(told[high], found, system)} ({high}).")  # fmt: skip


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


# ---- files -------------------------------------------------------------------------------------------------------------


def told(found: Found, system: str) -> str:
    """Title, answer, a short table and what must be said of them; for a terminal."""
    lines = [found.question.title, ""]
    for sentence in quote(found, system):
        lines += [*textwrap.wrap(sentence, WIDTH), ""]
    for sentence in further(found, system):
        lines += textwrap.wrap(f"- {sentence}", WIDTH, subsequent_indent="  ")
    for bound in found.question.bounds:
        lines += ["", f"Posted limit up to which the risk stays {kept(bound, system)}:", *short(found, bound, system)]
    ends = f"{found.samples:,} samples of the inputs" if found.samples else "no input drawn"
    note = f"note: {ends}, {found.crashes:,} crashes; no braking but what a setting says; {DISCLAIMER}"
    return "\n".join([*lines, "", *textwrap.wrap(note, WIDTH, subsequent_indent="  ")])


def as_json(found: Found, system: str) -> str:
    """Everything as JSON, SI."""
    return json.dumps({
        "name": found.question.name, "version": version(), "units": "SI", "answer": list(quote(found, system)), "more": further(found, system),
        "samples": found.samples, "crashes": found.crashes,
        "limits": [_plain(found, answer) for answer in found.answers],
        "crashes_at_limit": [{"setting": s, "bound": b, "vehicle": _person(own), "partner": _person(other)}
                             for (s, b), (own, other) in found.at.items()],
        "roads": speed_limit_roads.plain(found), "note": DISCLAIMER,
    }, indent=2, ensure_ascii=False)  # fmt: skip


def _plain(found: Found, a: Answer) -> dict[str, Any]:
    low, high = a.envelope
    return {"setting": a.setting, "bound": a.bound_name, "route": a.route, "posted": _number(a.limit.posted), "end": a.limit.end,
            "closing_speed": _number(a.limit.posted * found.closing[a.setting]), "p05": _number(a.p05), "p50": _number(a.p50),
            "p95": _number(a.p95), "curves_low": _number(low), "curves_high": _number(high),
            "uncorrected": _number(a.uncorrected.posted) if a.uncorrected else None, "bound_risk": _number(a.bound.given),
            "extrapolated": a.extrapolated, "comes_back": a.again, "model_to": found.model_to[a.setting], "sample_ends": dict(a.ends),
            "curves": {name: _limit(limit) for name, limit in a.curves.items()}}  # fmt: skip


def _limit(limit: Limit) -> dict[str, Any]:
    return {"posted": _number(limit.posted), "end": limit.end}


def _person(person: Occupant) -> dict[str, Any]:
    def spread(of: Spread) -> dict[str, Any]:
        return {"given": _number(of.given), "p05": _number(of.p05), "p95": _number(of.p95)}

    return {"name": person.name, "status": person.status, "delta_v": spread(person.delta_v), "risk": spread(person.risk),
            "curves": dict(person.curves), "dummy": spread(person.dummy), "intrusion": _number(person.intrusion),
            "extrapolated": person.extrapolated}  # fmt: skip


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def write_csv(found: Found, path: Path) -> Path:
    """One row for each setting, bound and route, SI; an empty cell where there is no number (``end`` says why)."""
    rows = [{k: v for k, v in _plain(found, a).items() if not isinstance(v, dict)} for a in found.answers]
    write_records(path, rows, None if rows else ["setting"])
    return path
