"""Random cases over the whole space of raw parameters, kei car to pickup, many at a time; ranges are plausible ones (judgement).

A batch is a case (``oracle.solve``) with an array (n,) in the place of each number, and besides ``asked``: the
restitution as a share of the way from LEAST_ASKED to the largest possible one, NaN where the law decides.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oracle.side import ABSENT

Raw = dict[str, Any]
Floats = NDArray[np.float64]
Range = tuple[float, float]

GRAVITY = 9.80665
OCCUPANTS = np.array([(49.0, 3.73), (77.7, 4.54)])  # kg: whole, head of 5F and 50M; plain sizes (judgement)
TORSO_SHARE = 0.6
# Mass kg, initial stiffness MN/m, plateau kN, length of the plateau m, compartment MN/m.
CLASSES = np.array([
    ((600, 1100), (0.8, 2.0), (120, 320), (0.15, 0.45), (1.5, 5)),  # kei
    ((1000, 1500), (1.0, 2.0), (220, 380), (0.35, 0.60), (2, 6)),  # compact
    ((1400, 2000), (1.0, 2.2), (280, 450), (0.45, 0.70), (3, 8)),  # midsize
    ((1900, 3200), (1.2, 2.8), (350, 650), (0.45, 0.75), (4, 9)),  # pickup
])  # fmt: skip
UNBELTED, BELT, LIMITER, PRETENSIONER, AIRBAG, LATE_AIRBAG = range(6)
POINTS = 6  # of the longest loading curve
LEAST_ASKED = 0.05
WALL = {**ABSENT, "mass": math.inf, "compartment_stiffness": math.inf, "unloading_stiffness": math.inf}


def many(n: int, seed: Any) -> Raw:
    """``n`` cases: two vehicles or a wall (one in five), restitution from the law or asked (one in three)."""
    rng = np.random.default_rng(seed)
    wall = rng.random(n) < 0.2
    a, b = vehicles(rng, n), vehicles(rng, n)
    return {
        "closing_speed": rng.uniform(4.0, np.where(wall, 32.0, 60.0)),
        "restitution": np.full(n, math.nan), "release": np.full(n, math.inf),
        "asked": np.where(rng.random(n) < 1 / 3, rng.uniform(0.0, 1.0, n), math.nan),
        "a": a, "b": {name: np.where(wall, WALL.get(name, 0.0), value) for name, value in b.items()},
    }  # fmt: skip


def ask(case: Raw, cap: Any) -> Raw:
    """The case with the restitution it asks for, given the largest possible one."""
    return {**case, "restitution": LEAST_ASKED + case["asked"] * np.maximum(cap - LEAST_ASKED, 0.0)}


def single(case: Raw, i: int) -> Raw:
    """Case ``i`` in plain numbers."""
    return {k: single(v, i) if isinstance(v, dict) else float(v[i]) for k, v in case.items()}


def part(case: Raw, which: NDArray[Any]) -> Raw:
    """Some of the cases of a batch, by index."""
    return {k: part(v, which) if isinstance(v, dict) else v[which] for k, v in case.items()}


def vehicles(rng: np.random.Generator, n: int) -> Raw:
    """Structure, engine or none (one in five), occupant with one of the six restraints or none (one in ten)."""
    ranges = CLASSES[rng.integers(len(CLASSES), size=n)]
    mass, k, plateau, length, compartment = rng.uniform(ranges[..., 0], ranges[..., 1]).T
    front = _fronts(rng, 1e6 * k, 1e3 * plateau, length, 1e6 * compartment)
    engine = _present(rng.random(n) < 0.8, _engines(rng, mass))
    return {"mass": mass, **front, **engine, **_occupants(rng, n)}


def _present(there: NDArray[np.bool_], values: Raw) -> Raw:
    return {name: np.where(there, value, ABSENT[name]) for name, value in values.items()}


def _fronts(rng: np.random.Generator, k: Floats, plateau: Floats, length: Floats, compartment: Floats) -> Raw:
    """A first slope, and up to five segments that harden slowly."""
    n = k.size
    count = rng.integers(1, POINTS + 1, n)
    dx = rng.uniform(0.5, 1.5, (POINTS - 1, n)) * length / np.maximum(count - 1, 1)
    slope = k * np.where(rng.random(dx.shape) < 0.4, 0.01, rng.uniform(0.01, 0.3, dx.shape))
    crush = np.cumsum(np.vstack([plateau / k, dx]), axis=0)
    force = np.cumsum(np.vstack([plateau, slope * dx]), axis=0)
    share = np.choose(rng.integers(3, size=n), [np.zeros(n), np.full(n, 0.3), rng.uniform(0.0, 0.9, n)])
    return {
        "points": count.astype(float), "compartment_stiffness": compartment,
        "unloading_stiffness": np.maximum(k, compartment) * 10 ** rng.uniform(0.1, 1.5, n), "unloading_soft_share": share,
        "rate": np.where(rng.random(n) < 0.5, 0.0, rng.uniform(0.0, 0.02, n)),
        **{f"crush_{i}": x for i, x in enumerate(crush, 1)}, **{f"force_{i}": f for i, f in enumerate(force, 1)},
    }  # fmt: skip


def _engines(rng: np.random.Generator, mass: Floats) -> Raw:
    def draw(low: float, high: float) -> Floats:
        return rng.uniform(low, high, mass.size)

    engine, block, wall = mass * draw(0.10, 0.15), draw(2e6, 8e6), draw(1e6, 5e6)
    w = 2.0 * math.pi * draw(8.0, 15.0)
    return {
        "engine_mass": engine, "engine_gap": draw(0.2, 0.5), "engine_stiffness": block,
        "engine_unloading": block * draw(3.0, 6.0), "firewall_gap": draw(0.05, 0.15),
        "firewall_stiffness": wall, "firewall_unloading": wall * draw(2.0, 6.0),
        "mount_stiffness": engine * w**2, "mount_damping": 2.0 * draw(0.05, 0.2) * engine * w,
    }  # fmt: skip


def _occupants(rng: np.random.Generator, n: int) -> Raw:
    def draw(low: Any, high: Any) -> Floats:
        return rng.uniform(low, high, n)

    def contact(name: str, gap: Range, stiffness: Range, limit: Range) -> Raw:
        k = draw(*stiffness)
        return {f"{name}_gap": draw(*gap), f"{name}_stiffness": k, f"{name}_limit": draw(*limit),
                f"{name}_unloading": k * draw(2.0, 6.0)}  # fmt: skip

    seated, kind = rng.random(n) < 0.9, rng.integers(6, size=n)
    whole, head = OCCUPANTS[rng.integers(len(OCCUPANTS), size=n)].T
    torso, tight = TORSO_SHARE * whole - head, kind >= PRETENSIONER
    body = {"torso_mass": torso, "head_mass": head, "neck_stiffness": draw(1e3, 6e3), "neck_damping": draw(20.0, 80.0),
            **contact("knee", (0.10, 0.25), (50e3, 200e3), (6e3, 12e3)),
            **contact("head_contact", (0.35, 0.60), (50e3, 200e3), (4e3, 10e3))}  # fmt: skip
    k, limit = whole * TORSO_SHARE * draw(1000.0, 2500.0), whole * TORSO_SHARE * GRAVITY * draw(25.0, 45.0)
    belt = {"belt_slack": draw(np.where(tight, 0.005, 0.0), np.where(tight, 0.02, 0.06)), "belt_stiffness": k,
            "belt_limit": np.where(kind == BELT, math.inf, limit), "belt_unloading": k * draw(5.0, 10.0)}  # fmt: skip
    pull = {"pretensioner_time": draw(0.008, 0.020), "pretensioner_duration": draw(0.005, 0.012),
            "pretensioner_stroke": draw(0.03, 0.12), "pretensioner_force": draw(1e3, 2.5e3)}  # fmt: skip
    fire = np.where(kind == LATE_AIRBAG, 0.060, draw(0.010, 0.020))
    bag = {"airbag_fire": fire, "airbag_full": fire + 0.020, "airbag_damping": draw(0.0, 0.1), "head_bag_damping": draw(0.0, 0.1),
           **contact("airbag", (0.10, 0.30), (20e3, 80e3), (3e3, 8e3)),
           **contact("head_bag", (0.2, 0.4), (2e3, 8e3), (0.8e3, 3e3))}  # fmt: skip
    held = {
        **_present(seated & (kind >= BELT), belt),
        **_present(seated & tight, pull),
        **_present(seated & (kind >= AIRBAG), bag),
    }
    return {**_present(seated, body), **held}
