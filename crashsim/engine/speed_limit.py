"""The largest posted limit at which a risk stays within a bound: one answer for each setting, bound and route to risk.

Every sample of the inputs and every curve has its own limit, where its risk first leaves the bound (`crashsim.engine.limits`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import numpy as np

from crashsim.config.questions.speed_limit import CRASH, Bound, SpeedLimit
from crashsim.engine import analyses
from crashsim.engine.dummies import JOINT, dummies
from crashsim.engine.limits import (
    ALWAYS,
    MODEL,
    NEVER,
    RISK,
    STEP,
    UNBOUND,
    Flags,
    Floats,
    Lane,
    Limit,
    Pairs,
    comes_back,
    limits,
    quantiles,
)
from crashsim.engine.local import Columns, cores
from crashsim.engine.manifest import fingerprint
from crashsim.engine.risks import COLUMN, risk_settings
from crashsim.engine.speed_limit_roads import OnRoads, on_roads
from crashsim.results import OK

FIELD, DUMMY = "field", "dummy"  # routes to risk: curves over delta-v, and what a dummy measures
ENDS: Final = (RISK, MODEL, NEVER, ALWAYS, UNBOUND)


class Spread(NamedTuple):
    """A number as given, and its 5 and 95 % quantiles over the samples; NaN where nothing is drawn or too few count."""

    given: float
    p05: float
    p95: float


@dataclass(frozen=True)
class Answer:
    """A setting, a bound and a route.

    Attributes
    ----------
    limit : Limit
        Of the inputs as given, by the central curve.
    p05, p50, p95 : float
        Quantiles of the limits of the samples, by the central curve [m/s].
    ends : mapping of str to float
        Share of the samples by what ends at their limit.
    curves : mapping of str to Limit
        By each curve, inputs as given; by the dummy ``low`` and ``high``, the edges of the band of its injury functions.
    uncorrected : Limit or None
        By the central curve without the WinSMASH correction; None by the dummy.
    again : float
        Share of the samples whose risk comes back within the bound at a higher speed: the first crossing counts.
    bound : Spread
        The risk that is to be kept.
    extrapolated : bool
        Whether the central curve is extrapolated at the limit.
    """

    setting: str
    bound_name: str
    route: str
    limit: Limit
    p05: float
    p50: float
    p95: float
    ends: Mapping[str, float]
    curves: Mapping[str, Limit]
    uncorrected: Limit | None
    again: float
    bound: Spread
    extrapolated: bool

    @property
    def envelope(self) -> tuple[float, float]:
        """Lowest and highest limit of all curves [m/s]."""
        every = [limit.posted for limit in self.curves.values()]
        return min(every, default=np.nan), max(every, default=np.nan)


@dataclass(frozen=True)
class Occupant:
    """A vehicle and its occupant in the crash at a limit; risks are those of the bound's level, by curve also (as given)."""

    name: str
    status: str
    delta_v: Spread
    risk: Spread
    curves: Mapping[str, float]
    dummy: Spread
    intrusion: float
    extrapolated: bool


@dataclass(frozen=True)
class Course:
    """A risk of one vehicle against the posted limit, arrays (speeds,): as given, lowest and highest curve, 5 and 95 % of the samples.

    ``grey``: beyond the model, or the central curve extrapolated, inputs as given.
    """

    vehicle: str
    route: str
    posted: Floats
    given: Floats
    low: Floats
    high: Floats
    p05: Floats
    p95: Floats
    grey: Flags


@dataclass(frozen=True)
class Found:
    """What was found of a question: answers in the order of settings, bounds, routes.

    ``at``: by setting and bound the crash at the limit by the field curves (at the slowest or fastest speed where there is none), the
    vehicle first; ``courses``: of the crash itself, both vehicles and routes, at the level of the first bound; ``closing``: by setting,
    closing speed over posted limit; ``model_to``: by setting, the last posted limit of the grid within the model, inputs as given;
    ``roads``: the crash itself at the speeds of roads, where asked.
    """

    question: SpeedLimit
    answers: tuple[Answer, ...]
    at: Mapping[tuple[str, str], tuple[Occupant, Occupant]]
    courses: tuple[Course, ...]
    closing: Mapping[str, float]
    model_to: Mapping[str, float]
    samples: int
    crashes: int
    roads: OnRoads | None = None

    def of(self, setting: str, bound: str, route: str = FIELD) -> Answer | None:
        """The answer of a setting, a bound and a route; None where there is none."""
        wanted = (setting, bound, route)
        return next((a for a in self.answers if (a.setting, a.bound_name, a.route) == wanted), None)


def speed_limit(question: SpeedLimit, *, threads: int | None = None) -> Found:
    """The largest posted limit of every setting, bound and route at which the risk stays within the bound."""
    answers: list[Answer] = []
    at: dict[tuple[str, str], tuple[Occupant, Occupant]] = {}
    closing: dict[str, float] = {}
    model_to: dict[str, float] = {}
    courses: list[Course] = []
    crashes, grid = 0, np.arange(STEP, question.fastest + 0.5 * STEP, STEP)
    risk = risk_settings(question.settings[0].study)
    for setting in question.settings:
        lane = Lane(setting, replace(risk, dummies=dummies(setting.study)), threads or cores())
        table, partner = lane.tables(grid)
        courses = courses or _courses(table, partner, COLUMN[question.bounds[0].level], grid)
        closing[setting.name] = float(table["closing_speed"][-1, 0] / grid[-1])
        model_to[setting.name] = float(np.max(grid[np.cumprod(table["status"][:, 0] == OK, dtype=bool)], initial=0.0))
        for bound in question.bounds:
            own = [_answer(lane, bound, route, names, grid, table) for route, names in _routes(bound, table).items()]
            answers += own
            field = next((a.limit.posted for a in own if a.route == FIELD), np.nan)
            if not np.isnan(field):
                at[setting.name, bound.name] = _at(lane, bound, float(np.clip(field, grid[0], grid[-1])))
        crashes += lane.crashes
    roads = on_roads(question, threads=threads)
    crashes += roads.crashes if roads else 0
    return Found(question, tuple(answers), at, tuple(courses), closing, model_to, lane.draws - 1, crashes, roads)


# ---- limits ------------------------------------------------------------------------------------------------------------


def _routes(bound: Bound, table: Columns) -> dict[str, tuple[str, ...]]:
    """The risk columns of each route that is offered for this vehicle and end, the central one first."""
    level = COLUMN[bound.level]
    every = {FIELD: (level, f"{level}_uncorrected", *_members(table, level))}
    if bound.level == "MAIS3+":
        every[DUMMY] = (JOINT, f"{JOINT}_low", f"{JOINT}_high")
    offered = {route: tuple(n for n in names if _offered(table, n)) for route, names in every.items()}
    return {route: names for route, names in offered.items() if names}


def _offered(table: Columns, name: str) -> bool:
    return name in table and bool(np.isfinite(table[name][:, 0]).any())


def _members(table: Columns, level: str) -> list[str]:
    """The columns of the curves of a level."""
    return sorted(n for n in table if n.startswith(f"{level}.") and not n.endswith(".extrapolated"))


def _answer(lane: Lane, bound: Bound, route: str, names: tuple[str, ...], grid: Floats, table: Columns) -> Answer:
    n = lane.draws
    pairs = _pairs(lane, bound, route, names)
    inside = pairs.inside(table)
    found = limits(lane, pairs, grid, inside)
    given, drawn, others = found[0], found[1:n], dict(zip(names[1:], found[n:], strict=True))
    p05, p50, p95 = quantiles(np.array([limit.posted for limit in drawn]))
    low, _, high = quantiles(pairs.bound[1:n])
    raw = others.pop(f"{names[0]}_uncorrected", None)
    return Answer(
        lane.setting.name, bound.name, route, given, p05, p50, p95,
        {end: sum(limit.end == end for limit in drawn) / len(drawn) for end in ENDS if drawn},
        {_curve(name): limit for name, limit in others.items()}, raw, float(comes_back(inside[:n]).mean()),
        Spread(float(pairs.bound[0]), low, high), _extrapolated(lane, names[0], given),
    )  # fmt: skip


def _pairs(lane: Lane, bound: Bound, route: str, names: tuple[str, ...]) -> Pairs:
    """Every draw with the central column, then the inputs as given with every other."""
    others = len(names) - 1
    draw = np.concatenate([np.arange(lane.draws), np.zeros(others, int)])
    column = np.concatenate([np.zeros(lane.draws, int), np.arange(1, others + 1)])
    pairs = Pairs(draw, column, names, np.full(len(draw), bound.at_most or np.nan), route == DUMMY)
    if bound.at_most is not None:
        return pairs
    return pairs._replace(bound=pairs.risks(lane.own(draw, np.full(len(draw), bound.posted), bound.name)))


def _extrapolated(lane: Lane, name: str, limit: Limit) -> bool:
    """Whether the central curve is extrapolated at a limit."""
    if limit.end not in (RISK, MODEL):
        return False
    return bool(lane.own(np.zeros(1, int), np.array([limit.posted]))[f"{name}_extrapolated"][0])


def _curve(column: str) -> str:
    """The name of a curve, or of an edge of the dummy's band, in the name of its column."""
    return column.rpartition(".")[2] if "." in column else column.rpartition("_")[2]


# ---- the crash itself, against speed ----------------------------------------------------------------------------------


def _courses(vehicle: Columns, partner: Columns, level: str, grid: Floats) -> list[Course]:
    """Both routes of both vehicles; a route that is not offered is left out."""
    routes = ((FIELD, level), (DUMMY, JOINT))
    every = [(table, route, name) for table in (vehicle, partner) for route, name in routes if _offered(table, name)]
    found = []
    for table, route, name in every:
        beyond = table["status"] != OK
        risk = np.where(beyond, np.nan, table[name]) if route == DUMMY else table[name]
        p05, _, p95 = np.array([quantiles(row) for row in risk[:, 1:]]).T
        grey = beyond[:, 0] | table[f"{name}_extrapolated"][:, 0]
        low, high = (np.where(np.isnan(risk[:, 0]), np.nan, table[f"{name}_{edge}"][:, 0]) for edge in ("low", "high"))
        found.append(Course(str(table["vehicle"][0, 0]), route, grid, risk[:, 0], low, high, p05, p95, grey))
    return found


# ---- the crash at a limit ----------------------------------------------------------------------------------------------


def _at(lane: Lane, bound: Bound, posted: float) -> tuple[Occupant, Occupant]:
    own, partner = lane.both(CRASH, np.arange(lane.draws), np.full(lane.draws, posted))
    return _occupant(own, COLUMN[bound.level]), _occupant(partner, COLUMN[bound.level])


def _occupant(found: Columns, level: str) -> Occupant:
    def spread(name: str, *, modelled: bool = False) -> Spread:
        values = np.asarray(found.get(name, np.full(len(found["case"]), np.nan)), float)
        values = np.where(found["status"] == OK, values, np.nan) if modelled else values
        low, _, high = quantiles(values[1:])
        return Spread(float(values[0]), low, high)

    curves = {_curve(name): float(found[name][0]) for name in _members(found, level)}
    return Occupant(
        str(found["vehicle"][0]), str(found["status"][0]), spread("delta_v"), spread(level),
        {name: value for name, value in curves.items() if np.isfinite(value)}, spread(JOINT, modelled=True),
        spread("intrusion", modelled=True).given, bool(found.get(f"{level}_extrapolated", np.zeros(1, bool))[0]),
    )  # fmt: skip


# ---- the folder --------------------------------------------------------------------------------------------------------


def manifest(question: SpeedLimit, system: str) -> dict[str, Any]:
    """What a folder says of its speed limit: the question as typed, and the studies that it is made of."""
    inputs = {"typed": question.typed, "fastest": question.fastest,
              "studies": {s.name: fingerprint(s.study) for s in question.settings},
              "roads": fingerprint(question.roads) if question.roads else None}  # fmt: skip
    return analyses.manifest("speed-limit", question.name, inputs, units=system)
