"""What a speed limit means at the speeds of roads, in sentences and a table."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from crashsim import units
from crashsim.config.questions.speed_limit import Bound
from crashsim.engine.risks import COLUMN
from crashsim.engine.roads import RISKS
from crashsim.engine.speed_limit import Found
from crashsim.engine.speed_limit_roads import OnRoads
from crashsim.output.page import Table
from crashsim.output.words import percent, percents, quantity

Row = Mapping[str, Any]


def sentences(found: Found, system: str, kept: Mapping[str, str]) -> Iterator[str]:
    """Up to which road each bound is kept; ``kept``: the bounds in words."""
    if found.roads is None:
        return
    base = found.question.settings[0]
    lowest = quantity(float(found.roads.rows[0][0]["limit"]), "speed", system)
    highest = quantity(float(found.roads.rows[-1][0]["limit"]), "speed", system)
    for bound in found.question.bounds:
        if bound.name in found.roads.limits:
            reach = _reach(found.roads.limits[bound.name], lowest, highest, kept[bound.name], system)
            at = _at(found.roads, bound, system) if bound.at_most is not None else _reference(found.roads, bound)
            yield (f"At the speeds at which vehicles meet on roads (travel speeds spread about the limit, some drivers brake: tag J), the mean risk in the "
                   f"{base.vehicle} {base.title} {reach}{at}.")  # fmt: skip


def _reach(limits: Mapping[str, float], lowest: str, highest: str, kept: str, system: str) -> str:
    central = limits[""]
    if central == 0.0:
        return f"does not stay {kept} on any road, from a limit of {lowest} on"
    if math.isinf(central):
        return f"stays {kept} on every road up to a limit of {highest}"
    low, high = sorted((limits["_low"], limits["_high"]))

    def shown(value: float) -> str:
        return (
            f"below {lowest}"
            if value == 0.0
            else f"above {highest}"
            if math.isinf(value)
            else quantity(value, "speed", system)
        )

    curves = shown(low) if shown(low) == shown(high) else f"{shown(low)} to {shown(high)}"
    inputs = f"; inputs, 5-95 %: {shown(limits['_p95'])} to {shown(limits['_p05'])}" if "_p05" in limits else ""
    return f"stays {kept} up to a posted limit of {quantity(central, 'speed', system)} (published curves disagree: {curves}{inputs})"


def _at(roads: OnRoads, bound: Bound, system: str) -> str:
    """The mean risk of both on the lowest road."""
    (own, other), name = roads.rows[0], COLUMN[bound.level]
    at = quantity(float(own["limit"]), "speed", system)
    return f": where {at} is posted it is {_with_bands(own, name)}, and {_with_bands(other, name)} in the {other['vehicle']}"


def _reference(roads: OnRoads, bound: Bound) -> str:
    return f"; the {bound.reference} has {percent(roads.bounds[bound.name])} there"


def _with_bands(row: Row, name: str) -> str:
    if row[name] is None:
        return "not offered"
    _, curves, inputs = _cells(row, name)
    samples = "" if inputs == "-" else f"; inputs, 5-95 %: {inputs}"
    return f"{percent(row[name])} (published curves disagree: {curves}{samples})"


def tables(found: Found, system: str) -> tuple[Table, ...]:
    """A row for each road: mean risks of both occupants at the level of the first bound."""
    level = found.question.bounds[0].level
    if found.roads is None or COLUMN[level] not in RISKS:
        return ()
    unit = units.display_unit("speed", system)
    head = (f"posted limit [{unit}]", f"mean closing speed [{unit}]", "beyond the model", f"risk of {level}", "curves", "inputs, 5-95 %",
            "partner's risk", "curves", "inputs, 5-95 %")  # fmt: skip
    rows = tuple(_row(own, other, COLUMN[level], system) for own, other in found.roads.rows)
    notes = ("Means over the speeds at contact on each road. Curves: the lowest and highest mean of any one curve. Inputs: 5-95 % of the means "
             "of the samples. Risks by field curves stand beyond the model: momentum decides them.",)  # fmt: skip
    return (Table(f"On roads: {found.question.settings[0].title}", head, rows, notes),)


def _row(own: Row, other: Row, name: str, system: str) -> tuple[str, ...]:
    unit = units.display_unit("speed", system)
    speeds = (f"{units.to(float(own[key]), unit, 'speed'):.0f}" for key in ("limit", "closing_speed"))
    return (*speeds, percent(own["beyond_model"]), *_cells(own, name), *_cells(other, name))


def _cells(row: Row, name: str) -> tuple[str, str, str]:
    def span(low: float | None, high: float | None) -> str:
        return "-" if low is None or high is None else percents(low, high)

    mean = "-" if row[name] is None else percent(row[name])
    return mean, span(row[f"{name}_low"], row[f"{name}_high"]), span(row[f"{name}_p05"], row[f"{name}_p95"])


def plain(found: Found) -> dict[str, Any] | None:
    """The roads as plain data, SI."""
    if found.roads is None:
        return None
    limits = {name: {f"posted{edge}": value if math.isfinite(value) else None for edge, value in own.items()}
              for name, own in found.roads.limits.items()}  # fmt: skip
    return {
        "limits": limits,
        "bounds": dict(found.roads.bounds),
        "rows": [dict(row) for pair in found.roads.rows for row in pair],
    }
