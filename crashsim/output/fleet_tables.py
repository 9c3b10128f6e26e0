"""A fleet in numbers: tables of a page, CSV and JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crashsim.config.questions.fleet import OBJECT
from crashsim.engine.fleet import QUANTILES, WHO, Answer
from crashsim.engine.fleet_risk import LEVELS, OTHER, OWN
from crashsim.engine.manifest import version
from crashsim.output.fleet import (
    DISCLAIMER,
    INJURED,
    MILLION,
    NOTE,
    about,
    ends,
    further,
    label,
    mean,
    met,
    ordered,
    quote,
    span,
)
from crashsim.output.page import Table
from crashsim.results import cells

Floats = NDArray[np.float64]


def tables(answer: Answer) -> tuple[Table, ...]:
    """What a year brings; crashes by kind; by partner and road; what drives it; published rates."""
    return (_totals(answer), _kinds(answer), _roads(answer), _tornado(answer), _checks(answer))


def _interval(draws: Floats) -> str:
    low, high = np.quantile(draws, QUANTILES).tolist()
    return f"{about(low)} to {about(high)}"


def _totals(answer: Answer) -> Table:
    names = {OWN: "in the cars bought", OTHER: "in the vehicles met", None: "both"}
    rows = []
    for vehicle in (answer.fleet.buys, answer.fleet.instead_of, None):
        for who, place in names.items():
            cells = [vehicle.replace("-", " ") if vehicle else "difference", place]
            for level in LEVELS:
                draws = answer.yearly(vehicle, level, who) if vehicle else answer.difference(level, who)
                curves = answer.curves(vehicle, level, who) if vehicle else answer.difference_curves(level, who)
                cells += [about(mean(draws)), _interval(draws), f"{about(curves[0])} to {about(curves[1])}"]
            rows.append(tuple(cells))
    head = (
        "bought",
        "people",
        *(f"{what}{part}" for what in INJURED.values() for part in ("", ", inputs 5-95 %", ", curves")),
    )
    return Table(f"Expected people a year, {about(mean(answer.cars))} cars on the road", head, tuple(rows),
                 (NOTE, "Expected: mean over the draws by the central curve of each loaded end. Curves: the same mean by the lowest and the highest curve."))  # fmt: skip


def _kinds(answer: Answer) -> Table:
    fleet = answer.fleet
    rows = []
    for kind in fleet.kinds:
        here = [m for m, (of, _) in enumerate(fleet.meetings) if of is kind]
        cells = [kind.title, kind.closing.typed]
        for level in LEVELS:
            i = list(LEVELS).index(level)
            for w in range(2):
                cells += [
                    about(MILLION * float(answer.harms[v].people[i, w, here].sum(axis=(0, 1)).mean()))
                    for v in (fleet.buys, fleet.instead_of)
                ]
        rows.append(tuple(cells))
    sides = ("in it", "in the others")
    head = (
        "crash",
        "closing speed over limit",
        *(
            f"{what}, {v}, {side}"
            for what in ("serious", "deaths")
            for side in sides
            for v in (fleet.buys, fleet.instead_of)
        ),
    )
    return Table("People per million car-years by kind of crash", head, tuple(rows), (NOTE,))


def _roads(answer: Answer) -> Table:
    fleet = answer.fleet
    rows = []
    for r, road in enumerate(fleet.limits):
        for partner in (*fleet.partners, OBJECT):
            here = [m for m, (_, of) in enumerate(fleet.meetings) if of == partner]
            cells = [road, met(partner)]
            for i in range(len(LEVELS)):
                cells += [
                    about(MILLION * float(answer.harms[v].people[i][:, here, r].sum(axis=(0, 1)).mean()))
                    for v in (fleet.buys, fleet.instead_of)
                ]
            if here:
                rows.append(tuple(cells))
    head = (
        "road",
        "partner",
        *(f"{what}, {v}" for what in ("serious", "deaths") for v in (fleet.buys, fleet.instead_of)),
    )
    return Table("People per million car-years by road and partner, both vehicles", head, tuple(rows), (NOTE,))


def _tornado(answer: Answer) -> Table:
    rows = tuple(
        (label(bar, answer), ends(bar, answer), *(about(n) for level in LEVELS for n in bar.differences[level]))
        for bar in ordered(answer, "deaths")
    )
    base = ", ".join(f"{about(answer.base[level])} {INJURED[level]}" for level in LEVELS)
    return Table("What moves the difference a year, one input at a time", ("input", "from 5 to 95 %", "serious, low", "serious, high", "deaths, low", "deaths, high"),
                 rows, (f"With every number in its middle: {base}.", "Delta-v correction: the lowest and the highest tenth of its draws."))  # fmt: skip


def _checks(answer: Answer) -> Table:
    rows = []
    for published in answer.fleet.published:
        rate = MILLION * answer.harms[published.vehicle].drivers
        rows.append((published.vehicle, about(mean(rate)), _interval(rate), published.title, span(published.deaths)))
    return Table("Driver deaths in crashes with other vehicles, per million car-years", ("vehicle", "model", "inputs 5-95 %", "published", "deaths"), tuple(rows),
                 ("Published rates are of cars on sale then and of who drove them; nothing in the model was fitted to them.",))  # fmt: skip


# ---- files -------------------------------------------------------------------------------------------------------------


def as_json(answer: Answer, system: str) -> str:
    """Everything as JSON, SI."""
    totals = [
        {"vehicle": v, "level": level, "people": who or "both", **_numbers(answer.yearly(v, level, who), answer.curves(v, level, who))}
        for v in answer.harms for level in LEVELS for who in (*WHO, None)
    ]  # fmt: skip
    change = [{"level": level, "people": who or "both", **_numbers(answer.difference(level, who), answer.difference_curves(level, who))}
              for level in LEVELS for who in (*WHO, None)]  # fmt: skip
    tree: dict[str, Any] = {
        "name": answer.fleet.name, "version": version(), "units": "SI", "answer": quote(answer, system), "more": further(answer, system),
        "cars_on_the_road": _numbers(answer.cars), "people_a_year": totals, "difference_a_year": change,
        "driver_deaths_per_million_car_years": {v: _numbers(MILLION * h.drivers) for v, h in answer.harms.items()},
        "published": [vars(p) for p in answer.fleet.published],
        "mean_delta_v": {v: {who: _numbers(h.delta_v[w]) for w, who in enumerate(WHO)} for v, h in answer.harms.items()},
        "tornado": [{"input": b.path, "kind": b.kind, "from": _or_none(b.ends[0]), "to": _or_none(b.ends[1]), **b.differences} for b in answer.bars],
        "note": DISCLAIMER,
    }  # fmt: skip
    return json.dumps(tree, indent=2, ensure_ascii=False)


def _numbers(draws: Floats, curves: tuple[float, float] | None = None) -> dict[str, float]:
    low, high = np.quantile(draws, QUANTILES).tolist()
    found = {"mean": mean(draws), "p05": low, "p95": high}
    return found | ({"curves_low": curves[0], "curves_high": curves[1]} if curves else {})


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value


def write_csv(answer: Answer, path: Path) -> None:
    """People per million car-years for every vehicle, level, side, kind of crash, partner and road."""
    head = ["vehicle", "level", "people", "crash", "partner", "road", "mean_per_million", "p05", "p95"]
    cells.write_csv(path, [head, *_per_million(answer)])


def _per_million(answer: Answer) -> Iterator[list[object]]:
    fleet = answer.fleet
    for v, found in answer.harms.items():
        for i, level in enumerate(LEVELS):
            for w, who in enumerate(WHO):
                for m, (kind, partner) in enumerate(fleet.meetings):
                    for r, road in enumerate(fleet.limits):
                        own = MILLION * found.people[i, w, m, r]
                        yield [
                            v,
                            level,
                            who,
                            kind.name,
                            partner,
                            road,
                            float(own.mean()),
                            *np.quantile(own, QUANTILES).tolist(),
                        ]
