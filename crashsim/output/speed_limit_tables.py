"""The tables of a speed limit."""

from __future__ import annotations

import math
from typing import Final

from crashsim import units
from crashsim.config.questions.speed_limit import Bound, Setting
from crashsim.engine.limits import MODEL
from crashsim.engine.speed_limit import DUMMY, FIELD, Answer, Found
from crashsim.output.page import Table
from crashsim.output.speed_limit_words import kept, span, speed
from crashsim.output.words import percent, quantity

NOTHING: Final = "-"  # a cell where there is no number


def tables(found: Found, system: str) -> tuple[Table, ...]:
    """Two tables of all settings for each bound: the limits, and the crash at the limit by the field curves."""
    unit = units.display_unit("speed", system)
    head = ("crash", f"posted limit [{unit}]", "inputs, 5-95 %", "curves", "without correction", f"by the dummy [{unit}]",
            "inputs, 5-95 %", f"model ends [{unit}]")  # fmt: skip
    notes = (
        "Inputs as given by the central curve; two bands, never merged: 5-95 % of the samples of the inputs, and the lowest and highest limit of any one published curve. Without correction: the central curve entered with the delta-v as it is.",
        "By the dummy: AIS3+ of head or chest (joint), where the model holds. A limit in brackets is where the model ends before the bound.",
    )
    crash = (
        "crash",
        f"closing speed [{unit}]",
        f"delta-v [{unit}]",
        f"partner's delta-v [{unit}]",
        "risk",
        "partner's risk",
    )
    settings = found.question.settings
    return tuple(table for bound in found.question.bounds for table in (
        Table(f"The risk stays {kept(bound, system)}", head, tuple(_limits(found, s, bound, system) for s in settings), notes),
        Table(f"The crash at that limit ({bound.name})", crash, tuple(_crash(found, s, bound, system) for s in settings),
              ("At the limit by the field curves, inputs as given.",)),
    ))  # fmt: skip


def _limits(found: Found, setting: Setting, bound: Bound, system: str) -> tuple[str, ...]:
    field, dummy = (found.of(setting.name, bound.name, route) for route in (FIELD, DUMMY))
    curves, raw = NOTHING, NOTHING
    if field is not None:
        curves = _bare(span(*field.envelope, found, system), system)
        raw = _bare(speed(field.uncorrected.posted, found, system), system) if field.uncorrected else NOTHING
    end = _bare(speed(found.model_to[setting.name], found, system), system)
    return setting.title, *_limit_cells(field, found, system), curves, raw, *_limit_cells(dummy, found, system), end


def _limit_cells(answer: Answer | None, found: Found, system: str) -> tuple[str, str]:
    """A limit, in brackets where the model ends, and the interval of its samples."""
    if answer is None or math.isnan(answer.limit.posted):
        return NOTHING, NOTHING
    own = _bare(speed(answer.limit.posted, found, system), system)
    within = NOTHING if math.isnan(answer.p05) else _bare(span(answer.p05, answer.p95, found, system), system)
    return f"({own})" if answer.limit.end == MODEL else own, within


def _crash(found: Found, setting: Setting, bound: Bound, system: str) -> tuple[str, ...]:
    answer, people = found.of(setting.name, bound.name), found.at.get((setting.name, bound.name))
    if answer is None or people is None or not 0.0 < answer.limit.posted < math.inf:
        return setting.title, *(NOTHING,) * 5
    closing = answer.limit.posted * found.closing[setting.name]
    speeds = (_bare(quantity(v, "speed", system), system) for v in (closing, *(p.delta_v.given for p in people)))
    risks = (NOTHING if math.isnan(p.risk.given) else percent(p.risk.given) for p in people)
    return setting.title, *speeds, *risks


def _bare(text: str, system: str) -> str:
    """A speed without its unit, which the head of the column has."""
    return text.removesuffix(f" {units.display_unit('speed', system)}")


def short(found: Found, bound: Bound, system: str) -> list[str]:
    """Each setting in one line: limit and both bands by the field curves, and by the dummy."""
    rows = [_limits(found, setting, bound, system) for setting in found.question.settings]
    cells = [("", "limit", "inputs", "curves", "dummy", "its inputs"), *((*r[:4], *r[5:7]) for r in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(6)]
    return ["  " + "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]).rstrip()
            for row in cells]  # fmt: skip
