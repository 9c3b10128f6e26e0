"""Where a risk first leaves a bound, for many pairs of a sample and a curve at once.

A pair is bracketed on a grid of speeds and its interval is halved with crashes of its own.  Draw 0 has the inputs as given, draw i
is sample i - 1: the same sample at every speed, and for a reference in the same study (common random numbers).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from crashsim.cases import CORRECTION, RESTITUTION_SCALE, Axis, Impact, swept
from crashsim.config.questions.speed_limit import CRASH, Setting
from crashsim.engine.local import Columns, rows
from crashsim.engine.risks import RiskSettings
from crashsim.results import OK

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Index = NDArray[np.intp]

STEP: Final = 1.0  # m/s of the posted limit: of the grid on which a crossing is bracketed
ROUNDS: Final = 7  # of halving: 8 mm/s
COUNTED: Final = 0.95  # of the samples must have a number where its quantiles are told
RISK, MODEL, NEVER, ALWAYS, UNBOUND = "risk", "model", "never", "always", "unbound"  # what ends a range of speeds


class Limit(NamedTuple):
    """A posted limit [m/s] and what ends there: the bound (`RISK`), or the model before it (`MODEL`).

    Infinite: never up to the fastest (`NEVER`); 0: above the bound at the slowest speed already (`ALWAYS`); NaN: the reference has no
    risk by this route, its own crash being beyond the model (`UNBOUND`).
    """

    posted: float
    end: str


# ---- crossings ---------------------------------------------------------------------------------------------------------


def first_crossing(within: Callable[[Index, Floats], Flags], grid: Floats, inside: Flags) -> tuple[Floats, Floats]:
    """The last speed within before the first that is not, and the first known not to be, `STEP` / 2^`ROUNDS` above.

    ``inside`` (pairs, grid): who is within at each speed; ``within(pairs, speeds)``: the same between them.  0 where the first
    speed is not within, infinite where all are.
    """
    first = np.where(inside.all(axis=1), len(grid), np.argmin(inside, axis=1))
    low, high = np.append(grid, np.inf)[first - 1], np.append(grid, np.inf)[first]
    low[first == 0] = 0.0
    low[first == len(grid)] = np.inf
    pairs = np.flatnonzero((first > 0) & (first < len(grid)))
    for _ in range(ROUNDS if pairs.size else 0):
        middle = 0.5 * (low[pairs] + high[pairs])
        good = within(pairs, middle)
        low[pairs], high[pairs] = np.where(good, middle, low[pairs]), np.where(good, high[pairs], middle)
    return low, high


def comes_back(inside: Flags) -> Flags:
    """Whether a row of flags (n, speeds) is set again after it was not."""
    return np.asarray((~inside[:, :-1] & inside[:, 1:]).any(axis=1))


def quantiles(values: Floats) -> tuple[float, float, float]:
    """5, 50 and 95 % of the numbers that are there, each one of them (so that infinite ones may be); NaN where too few are."""
    there = np.sort(values[~np.isnan(values)])
    if not values.size or len(there) < COUNTED * len(values):
        return np.nan, np.nan, np.nan
    low, middle, high = (float(there[round(share * (len(there) - 1))]) for share in (0.05, 0.5, 0.95))
    return low, middle, high


# ---- crashes -----------------------------------------------------------------------------------------------------------


class Lane:
    """The crashes of a setting, counted."""

    def __init__(self, setting: Setting, risk: RiskSettings, threads: int) -> None:
        self.setting, self.risk, self.threads = setting, risk, threads
        self.draws = 1 + (setting.impact().samples if setting.impact().random else 0)
        self.crashes = 0
        self.drawn = {impact.name: draws(impact, risk) for impact in setting.study.impacts}

    def both(self, name: str, draw: Index, posted: Floats) -> tuple[Columns, Columns]:
        """Rows of the vehicle and of its partner in an impact: the draws, each at its posted limit [m/s]."""
        impact = self.setting.impact(name)
        numbers = {path: values[draw] for path, values in self.drawn[name].items()}
        placed = at_speeds(impact, self.setting.shares, numbers, posted)
        solved = rows(placed, 0, len(draw), self.risk, self.threads)
        self.crashes += len(draw)
        first, second = ({column: values[who::2] for column, values in solved.items()} for who in (0, 1))
        return (first, second) if self.setting.subject == 0 else (second, first)

    def own(self, draw: Index, posted: Floats, name: str = CRASH) -> Columns:
        """Rows of the vehicle alone."""
        return self.both(name, draw, posted)[0]

    def tables(self, grid: Floats) -> tuple[Columns, Columns]:
        """Rows of both at every speed and draw: columns (speeds, draws)."""
        draw, posted = np.tile(np.arange(self.draws), len(grid)), np.repeat(grid, self.draws)
        first, second = self.both(CRASH, draw, posted)
        shape = (len(grid), self.draws)
        return {n: v.reshape(shape) for n, v in first.items()}, {n: v.reshape(shape) for n, v in second.items()}


def draws(impact: Impact, risk: RiskSettings) -> dict[str, Floats]:
    """The random numbers of an impact by path, those as given before the samples: arrays (draws,)."""
    given = {RESTITUTION_SCALE: 1.0, CORRECTION: risk.factor, **impact.numbers}
    samples = swept(replace(impact, axes=()), 0, impact.samples) if impact.random else {}
    return {path: np.concatenate([[given[path]], values]) for path, values in samples.items()}


def at_speeds(impact: Impact, shares: tuple[float, float], numbers: Mapping[str, Floats], posted: Floats) -> Impact:
    """The impact with a case for each posted limit [m/s], its speeds at their shares of it, its random numbers as told."""
    speeds = {f"speed.{vehicle}": share * posted for vehicle, share in zip(impact.between, shares, strict=True)}
    dimensions = {number.path: number.dimension for number in impact.random} | dict.fromkeys(speeds, "speed")
    columns = {**numbers, **speeds}
    axis = Axis(tuple(columns), np.stack(list(columns.values()), axis=-1), tuple(dimensions[path] for path in columns))
    return replace(impact, axes=(axis,), random=(), sampling=None)


# ---- pairs -------------------------------------------------------------------------------------------------------------


class Pairs(NamedTuple):
    """What is bracketed together: a draw, a risk column, the bound of both, and whether the case must be within the model."""

    draw: Index
    column: Index
    names: tuple[str, ...]
    bound: Floats
    modelled: bool

    def of(self, chosen: Index) -> Pairs:
        """Some of them."""
        return self._replace(draw=self.draw[chosen], column=self.column[chosen], bound=self.bound[chosen])

    def risks(self, found: Columns) -> Floats:
        """The risk of each pair in rows of the pairs; NaN beyond the model where it must hold."""
        risk = np.stack([found[name] for name in self.names])[self.column, np.arange(len(self.draw))]
        return np.where(found["status"] == OK, risk, np.nan) if self.modelled else risk

    def inside(self, table: Columns) -> Flags:
        """Which pairs keep their bound at every speed of a table: (pairs, speeds)."""
        needed = ("status", *self.names)
        own = ({name: table[name][i, self.draw] for name in needed} for i in range(len(table["status"])))
        return np.stack([self.risks(found) <= self.bound for found in own], axis=1)


def limits(lane: Lane, pairs: Pairs, grid: Floats, inside: Flags) -> list[Limit]:
    """The limit of every pair."""

    def within(chosen: Index, posted: Floats) -> Flags:
        own = pairs.of(chosen)
        return np.asarray(own.risks(lane.own(own.draw, posted)) <= own.bound)

    low, high = first_crossing(within, grid, inside | np.isnan(pairs.bound)[:, None])
    crossed = np.flatnonzero((low > 0.0) & np.isfinite(low))
    ends = np.where(low > 0.0, NEVER, ALWAYS).astype(object)
    if crossed.size:
        beyond = np.isnan(pairs.of(crossed).risks(lane.own(pairs.draw[crossed], high[crossed])))
        ends[crossed] = np.where(beyond, MODEL, RISK)
    return [Limit(np.nan, UNBOUND) if np.isnan(bound) else Limit(float(at), str(end))
            for bound, at, end in zip(pairs.bound, low, ends, strict=True)]  # fmt: skip
