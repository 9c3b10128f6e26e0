"""The crash of one case by DOP853, branch by branch: within a branch the right-hand side is smooth, every kink is found.

``drive`` integrates a ``Pair`` until, at one of the looks every 10 ms, the case is ``over``, at most 300 ms, and returns the
nodes of the history with the branch that each belongs to.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import DOP853
from scipy.optimize import brentq

from oracle.elements import Element, Rails, hysteretic
from oracle.side import BODIES, SIZE, U_C, U_E, V_C, V_E, Side, Switch, kinks

Floats = NDArray[np.float64]

END = 0.300  # s
LOOK = 0.010  # s: how often one looks whether the case is over
QUIET = 5.0 * 9.80665  # m/s^2: torso and head of a case that is over are slowed down by no more
LONGEST_STEP = 5e-4  # s
NODES = 8  # per step
WITHIN = np.array([0.2, 0.4, 0.6, 0.8, 1.0])  # where switches are watched in a step
SLIP = 1e-11  # m, m/s: how far a switch may be below zero by rounding
STUCK = 60  # switches in a row without progress in time
RATE_WORK = 2 * SIZE  # sums of the rate part of both fronts [J]
COMMON = ("front", "block", "approach")  # channels of the pair
OWN = ("u", "v", "a", "v_h", "a_o", "a_h", "belt", "delta", "eps", "vpi", "knee", "hit")  # channels of a vehicle
TOLERANCES = np.array([*[1e-13] * BODIES, *[1e-11] * BODIES, *[1e-7] * (SIZE - 2 * BODIES - 1), 1e-9])


class Pair:
    """Both vehicles with the elements between them."""

    def __init__(self, case: Mapping[str, Any], stiff_floor: float) -> None:
        self.speed = speed = case["closing_speed"]
        self.sides = Side(case["a"], 0), Side(case["b"], SIZE)
        masses = [side.raw["mass"] for side in self.sides]
        self.mass = 1.0 / sum(1.0 / m for m in masses)  # reduced
        self.speeds = speed * self.mass / masses[0], speed * self.mass / masses[1]
        fronts = self.sides[0].front, self.sides[1].front
        assert fronts[0] is not None
        energy = 0.5 * self.mass * speed**2
        self.law = Rails.of((fronts[0], fronts[1]), energy, case.get("restitution", math.nan), stiff_floor)
        self.rail = self.law.element()
        self.rail.enter(0.0)
        self.block = _blocks(*self.sides)
        self.rate = sum(self.law.rates)
        self.approaching = True
        self.common_time = math.nan
        self.apart_time = math.nan  # first separation of the rails after the common velocity

    def start(self) -> Floats:
        y = np.zeros(2 * SIZE + 2)
        for side, v in zip(self.sides, self.speeds, strict=True):
            y[side.first + V_C : side.first + V_C + BODIES] = v
        return y

    def between(self, y: Any) -> tuple[Any, ...]:
        """Crush d and its rate; static rail force and its rate; whole rail force; block elongation, rate, force."""
        d, v = y[U_C] + y[SIZE + U_C], y[V_C] + y[SIZE + V_C]
        rail = self.rail.force(d)
        front = rail * (1.0 + self.rate * v) if self.rate and self.approaching else rail
        z = y[U_E] + y[SIZE + U_E]
        return (
            d,
            v,
            rail,
            self.rail.slope * v,
            front,
            z,
            y[V_E] + y[SIZE + V_E],
            self.block.force(z) if self.block else 0.0,
        )

    def rates(self, t: Any, y: Any) -> list[Any]:
        _, v, rail, rail_rate, front, _, _, block = self.between(y)
        a, b = (side.rates(t, y, front, block, rail, rail_rate) for side in self.sides)
        viscous = rail * v * v if self.rate and self.approaching else 0.0
        return [*a, *b, self.law.rates[0] * viscous, self.law.rates[1] * viscous]

    def switches(self, t: Any, y: Any) -> Iterator[Switch]:
        d, v, rail, rail_rate, _, z, v_z, _ = self.between(y)
        yield from kinks(self.rail, d, v)
        if self.block:
            yield from kinks(self.block, z, v_z)
        yield (v if self.approaching else -v), self._turn, t, v
        for side in self.sides:
            yield from side.switches(t, y, rail, rail_rate)

    def over(self, t: float, y: Any) -> bool:
        """Fronts and blocks touch no more and part; no occupant moves forward in its compartment or is slowed down above QUIET."""
        moving = any(f for side in self.sides for f in side.forward)
        return self.apart() and not self.approaching and not moving and self._slowing(t, y) <= QUIET

    def _slowing(self, t: float, y: Any) -> float:
        """Largest deceleration of a torso or head."""
        self.rates(t, y)
        return max(-a for side in self.sides if not side.wall for a in side.seen[1:3])

    def apart(self) -> bool:
        return self.rail.piece == 0 and (self.block is None or self.block.piece == 0)

    def _turn(self, t: float, _: float) -> None:
        self.approaching = not self.approaching
        if math.isnan(self.common_time):
            self.common_time = t

    def separated(self, t: float, y: Any) -> None:
        """Note the first separation of the rails; if they are not apart by the end of the record, as they go on."""
        if math.isnan(self.apart_time):
            d, v, _, _, _, _, _, _ = self.between(y)
            gap = max(d - self.rail.points[0][0], 0.0) if self.rail.piece else 0.0
            self.apart_time = t if gap == 0.0 else t + gap / -v if v < 0.0 else math.inf


def _blocks(a: Side, b: Side) -> Element | None:
    """Engine against engine, or against the wall."""
    if not a.m_e or not (b.wall or b.m_e):
        return None
    (g, k, ku), (g_b, k_b, ku_b) = (
        (s.raw["engine_gap"], s.raw["engine_stiffness"], s.raw["engine_unloading"]) for s in (a, b)
    )
    if b.wall:
        return hysteretic(g, k, math.inf, ku)
    return hysteretic(g + g_b, k * k_b / (k + k_b), math.inf, ku * ku_b / (ku + ku_b)) if k * k_b else None


class History:
    """Nodes of the motion: times, branch number, channels; and the state at the end."""

    def __init__(self) -> None:
        self.parts: list[tuple[int, Floats, Floats]] = []

    def add(self, branch: int, pair: Pair, times: Floats, states: Floats) -> None:
        rows = np.empty((len(COMMON) + 2 * len(OWN), times.size))
        y = list(states)
        _, v, rail, rail_rate, front, _, _, block = pair.between(y)
        rows[0], rows[1], rows[2] = front, block, v
        for i, side in enumerate(pair.sides):
            side.seen = (0.0,) * 6
            side.rates(times, y, front, block, rail, rail_rate)
            a_c, a_o, a_h, belt, knee, hit = side.seen
            s = y[side.first : side.first + SIZE]
            own = (s[0], s[5], -a_c, s[8], -a_o, -a_h, belt, s[2] - s[0], s[3] - s[0], side.pulse_index(y), knee, hit)
            for j, row in enumerate(own):
                rows[len(COMMON) + i * len(OWN) + j] = row
        self.parts.append((branch, times, rows))

    def close(self) -> None:
        self.t = np.concatenate([t for _, t, _ in self.parts])
        self.branch = np.concatenate([np.full(t.size, b) for b, t, _ in self.parts])
        rows = np.concatenate([r for _, _, r in self.parts], axis=1)
        self.common = dict(zip(COMMON, rows, strict=False))
        self.own = [dict(zip(OWN, rows[len(COMMON) + i * len(OWN) :], strict=False)) for i in range(2)]


def drive(pair: Pair) -> tuple[History, Floats]:
    """Integrate to the end of the case; returns the history and the last state."""
    history, t, y = History(), 0.0, pair.start()
    tolerances: Any = np.array([*TOLERANCES, *TOLERANCES, 1e-7, 1e-7])
    looks = {LOOK * i for i in range(1, round(END / LOOK))} | {END}
    stops = sorted({s for side in pair.sides for s in side.times() if 0.0 < s < END} | looks)
    branch = stuck = 0
    while t < END and not (t in looks and pair.over(t, y.tolist())):
        stop = next(s for s in stops if s > t)
        for side in pair.sides:
            side.segment(t, y)
        step = min(2e-4, stop - t)
        solver = DOP853(
            lambda t, y: np.array(pair.rates(t, y.tolist())), t, y, stop, first_step=step, max_step=LONGEST_STEP, rtol=1e-10,
            atol=tolerances,
        )  # fmt: skip
        found = None
        while found is None and solver.status == "running":
            solver.step()
            if solver.t_old is None or solver.t <= solver.t_old:
                raise RuntimeError(f"the integration failed at {solver.t} s")
            dense = solver.dense_output()
            found = _first_switch(pair, dense, solver.t_old, solver.t)
            end = solver.t if found is None else found[0]
            if end > solver.t_old:
                times = np.linspace(solver.t_old, end, NODES + 1)[int(solver.t_old > t) :]  # steps share a node
                history.add(branch, pair, times, dense(times))
        if found is None:
            t, y = solver.t, solver.y
        else:
            stuck = stuck + 1 if found[0] - t < 1e-13 else 0
            if stuck > STUCK:
                raise RuntimeError(f"{STUCK} switches without progress at {t} s")
            y = dense(found[0]) if found[0] > t else y
            t = found[0]
            touched = pair.rail.piece
            _, action, z, rate = list(pair.switches(t, y.tolist()))[found[1]]
            action(z, rate)
            if touched and not pair.rail.piece:
                pair.separated(t, y.tolist())
        branch += 1
    pair.separated(t, y.tolist())
    history.close()
    return history, y


def _first_switch(pair: Pair, dense: Any, t0: float, t1: float) -> tuple[float, int] | None:
    """Time and number of the first switch that goes below zero in a step, or None."""
    times = t0 + (t1 - t0) * WITHIN
    values = [s[0] for s in pair.switches(times, list(dense(times)))]
    best: tuple[float, int] | None = None
    for k, row in enumerate(values):
        below = np.asarray(row) < -SLIP
        if not below.any():
            continue
        j = int(np.argmax(below))
        low, high = (t0 if j == 0 else float(times[j - 1])), float(times[j])

        def value(t: float, k: int = k) -> float:
            return float([s[0] for s in pair.switches(t, dense(t).tolist())][k])

        at = low if value(low) <= 0.0 else float(brentq(value, low, high, xtol=1e-16, rtol=1e-14))
        if best is None or at < best[0]:
            best = at, k
    return best
