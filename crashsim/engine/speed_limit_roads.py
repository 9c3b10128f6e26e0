"""The same question on roads: up to which posted limit does the mean risk stay within a bound, over the speeds at contact there?

The speeds of a road (``data/roads``) spread about its limit, and most drivers brake.  Between the limits of two roads the logit of
the mean risk is taken to be straight.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from crashsim.cases import Impact, Study
from crashsim.config.questions.speed_limit import SpeedLimit
from crashsim.engine import roads
from crashsim.engine.risks import COLUMN
from crashsim.sampling import Random

Row = Mapping[str, Any]

EDGES: Final = ("", "_low", "_high", "_p05", "_p95")  # of a mean risk: central, single curves, inputs


@dataclass(frozen=True)
class OnRoads:
    """Mean risks on roads, and where they reach the bounds.

    ``rows``: by road, those of the vehicle and of its partner, as `crashsim.engine.roads.expected` gives them, from the lowest limit; ``limits``: by
    bound, the posted limit [m/s] of each of `EDGES` (infinite above the highest road, 0 below the lowest one, NaN where there is none);
    ``bounds``: by bound the risk that is to be kept.
    """

    rows: tuple[tuple[Row, Row], ...]
    limits: Mapping[str, Mapping[str, float]]
    bounds: Mapping[str, float]
    crashes: int


def on_roads(question: SpeedLimit, *, threads: int | None = None) -> OnRoads | None:
    """The crash itself on the roads of a question; None where it names none."""
    if question.roads is None:
        return None
    every = roads.expected(aligned(question.roads), threads=threads)
    base = question.settings[0]
    references = {bound.name for bound in question.bounds if bound.reference}
    pairs = [
        (row, _other(every, row)) for row in every if row["vehicle"] == base.vehicle and row["impact"] not in references
    ]
    pairs.sort(key=lambda pair: float(pair[0]["limit"]))
    limits, bounds = {}, {}
    for bound in question.bounds:
        level = COLUMN[bound.level]
        own = next((r for r in every if r["impact"] == bound.name and r["vehicle"] == bound.reference), None)
        kept = {
            edge: bound.at_most if bound.at_most is not None else own[f"{level}{edge}"] if own else None
            for edge in EDGES
        }
        if level not in roads.RISKS or kept[""] is None:
            continue
        posted = [float(row["limit"]) for row, _ in pairs]
        limits[bound.name] = {edge: crossing(posted, [row[f"{level}{edge}"] for row, _ in pairs], kept[edge])
                              for edge in EDGES if bound.at_most is not None or not edge.startswith("_p")}  # fmt: skip
        bounds[bound.name] = float(kept[""])
    return OnRoads(tuple(pairs), limits, bounds, sum(int(row["crashes"]) for row in every) // 2)


def aligned(study: Study) -> Study:
    """The study with the same samples of both speeds in every impact: on all roads, and for a vehicle and its reference."""
    columns = [number.column for number in _in_order(study.impacts[0])]
    return replace(study, impacts=tuple(_with_columns(impact, columns) for impact in study.impacts))


def _in_order(impact: Impact) -> list[Random]:
    """The random speeds of an impact, that of the first vehicle first."""
    by_path = {number.path: number for number in roads.speeds(impact)}
    return [by_path[path] for vehicle in impact.between if (path := f"speed.{vehicle}") in by_path]


def _with_columns(impact: Impact, columns: Sequence[int]) -> Impact:
    given = {number.path: column for number, column in zip(_in_order(impact), columns, strict=True)}
    random = tuple(replace(number, column=given.get(number.path, number.column)) for number in impact.random)
    return replace(impact, random=random)


def _other(every: Sequence[Row], row: Row) -> Row:
    return next(r for r in every if r["impact"] == row["impact"] and r["vehicle"] == row["partner"])


def crossing(posted: Sequence[float], risk: Sequence[float | None], bound: float | None) -> float:
    """The posted limit at which a rising risk reaches a bound, its logit straight between roads."""
    if bound is None or any(r is None for r in risk):
        return math.nan
    p = np.array(risk, float)
    above = np.flatnonzero(p > bound)
    if not above.size:
        return math.inf
    i = int(above[0])
    if i == 0:
        return 0.0
    below, over, at = (math.log(q / (1.0 - q)) for q in (p[i - 1], p[i], bound))
    share = (at - below) / (over - below)
    return float(posted[i - 1] + share * (posted[i] - posted[i - 1]))
