"""The oracle's own books: momentum, and energy by the law of every element."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oracle.motion import RATE_WORK, Pair
from oracle.side import BAG, HEAD_BAG, INTERIOR, MOUNT, NECK, PRETENSION, SIZE, V_C, Side

Floats = NDArray[np.float64]


def cg_velocity(side: Side, y: Floats) -> float:
    if side.wall:
        return 0.0
    masses = np.array([side.m_c, side.m_e, side.m_o, side.m_h])
    return float(masses @ y[side.first + V_C : side.first + V_C + 4]) / side.raw["mass"]


def momentum(pair: Pair, final: list[float]) -> float:
    """Momentum in the common frame, zero at first, relative to that of one vehicle; NaN against a wall."""
    a, b = (side.raw["mass"] for side in pair.sides)
    return (a * final[0] - b * final[1]) / (pair.mass * pair.speed) if math.isfinite(b) else math.nan


def ledger(pair: Pair, t: float, y: Floats) -> float:
    """Kinetic energy and work put in, less what every element absorbed and stored by its own law, relative."""
    put_in = 0.5 * pair.mass * pair.speed**2
    taken = float(y[RATE_WORK] + y[RATE_WORK + 1]) + _held(pair.rail, y[0] + y[SIZE])
    if pair.block:
        taken += _held(pair.block, y[1] + y[SIZE + 1])
    balance = put_in - taken
    for side in pair.sides:
        if not side.wall:
            balance -= _side_energy(side, side.gauges(t, y, pair.rail.force(y[0] + y[SIZE]), 0.0), y)
    return float(balance / put_in)


def _side_energy(side: Side, gauges: tuple[Any, ...], y: Floats) -> float:
    """Kinetic and held energy of a vehicle and its elements, less the work put in from outside."""
    s, p = y[side.first : side.first + SIZE], side.raw
    masses = np.array([side.m_c, side.m_e, side.m_o, side.m_h])
    r, _, delta, _, eps, _, inside, _, w, _ = gauges
    total = 0.5 * float(masses @ s[V_C : V_C + 4] ** 2)
    total += float(s[BAG] + s[HEAD_BAG] + s[MOUNT] + s[NECK] - s[PRETENSION] - s[INTERIOR])
    if side.m_e:
        total += 0.5 * p["mount_stiffness"] * r**2
    if side.m_h:
        total += 0.5 * p["neck_stiffness"] * (eps - delta) ** 2
    for element, z in ((side.firewall, r), (side.belt, delta + w), (side.knee, delta + inside),
                       (side.head_contact, eps + inside)):  # fmt: skip
        if element:
            total += _held(element, z)
    return float(total)


def engine_energy(side: Side, y: Floats) -> float:
    """What the front does not give back of an engine: energy inside its mounting or spent there, and that of its swing."""
    s, p = y[side.first : side.first + SIZE], side.raw
    r, swing = s[0] - s[1], s[V_C] - s[V_C + 1]
    inside = float(s[MOUNT] + 0.5 * p["mount_stiffness"] * r**2)
    if side.firewall:
        inside += _held(side.firewall, r)
    return inside + 0.5 * side.m_e * side.m_c / (side.m_e + side.m_c) * swing**2


def _held(element: Any, z: float) -> float:
    """Energy dissipated by an element and stored in it."""
    _, _, stored = element.settled(z)
    return float(element.dissipated(z) + stored)
