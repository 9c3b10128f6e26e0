"""The oracle against closed forms and its own books, so that it may judge the kernel."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from oracle import SCALES, random_case, solve
from oracle.elements import Element, hysteretic
from oracle.metrics import GRAVITY, clip, hic

INF = math.inf
WALL = {"mass": INF}


def vehicle(mass: float, points: list[tuple[float, float]], kc: float, ku: float, **more: float) -> dict[str, Any]:
    curve = {f"crush_{i}": x for i, (x, _) in enumerate(points, 1)} | {
        f"force_{i}": f for i, (_, f) in enumerate(points, 1)
    }
    return {
        "mass": mass,
        "points": len(points),
        "compartment_stiffness": kc,
        "unloading_stiffness": ku,
        **curve,
        **more,
    }


def crash(a: dict[str, Any], b: dict[str, Any], speed: float, **more: float) -> dict[str, Any]:
    return solve({"closing_speed": speed, "a": a, "b": b, **more})


def test_two_springs_in_series() -> None:
    m, k, ku, speed = (816.5, 2494.8), (1.0e6, 1.6e6), (9.0e6, 40.0e6), 28.0
    out = crash(vehicle(m[0], [], k[0], ku[0]), vehicle(m[1], [], k[1], ku[1]), speed)
    mass, stiffness = m[0] * m[1] / sum(m), k[0] * k[1] / sum(k)
    w = math.sqrt(stiffness / mass)
    e = math.sqrt((1 / ku[0] + 1 / ku[1]) * stiffness)
    force = speed * math.sqrt(mass * stiffness)
    assert out["mutual_crush"] == pytest.approx(speed / w, rel=1e-10)
    assert out["peak_force"] == pytest.approx(force, rel=1e-10)
    assert out["time_common_velocity"] == pytest.approx(math.pi / 2 / w, rel=1e-10)
    assert out["pulse_duration"] == pytest.approx((1 + e) * math.pi / 2 / w, rel=1e-10)
    assert out["restitution"] == pytest.approx(e, rel=1e-10)
    for i, name in enumerate("ab"):
        v = out[name]
        assert v["delta_v"] == pytest.approx((1 + e) * speed * m[1 - i] / sum(m), rel=1e-10)
        assert v["peak_acceleration"] == pytest.approx(force / m[i], rel=1e-8)
        assert v["dynamic_crush"] == pytest.approx(force / k[i], rel=1e-10)
        assert v["residual_crush"] == pytest.approx(force / k[i] - force / ku[i], rel=1e-10)
        assert v["dissipated_energy"] == pytest.approx(force**2 / 2 * (1 / k[i] - 1 / ku[i]), rel=1e-10)


def test_spring_and_rising_plateau_against_a_wall() -> None:
    m, k, plateau, k2, v = 1000.0, 1.5e6, 250e3, 15e3, 16.0
    points = [(plateau / k, plateau), (2.0, plateau + k2 * (2.0 - plateau / k))]
    out = crash(vehicle(m, points, 3e6, 30e6), WALL, v)
    w, w2 = math.sqrt(k / m), math.sqrt(k2 / m)
    v1 = math.sqrt(v**2 - (w * plateau / k) ** 2)
    force = math.sqrt(plateau**2 + k2 * m * v1**2)
    assert out["peak_force"] == pytest.approx(force, rel=1e-10)
    assert out["a"]["dynamic_crush"] == pytest.approx(plateau / k + (force - plateau) / k2, rel=1e-10)
    t = math.asin(plateau / (m * w * v)) / w + math.atan(w2 * v1 * m / plateau) / w2
    assert out["time_common_velocity"] == pytest.approx(t, rel=1e-10)
    assert out["a"]["absorbed_energy"] == pytest.approx(0.5 * m * v**2, rel=1e-10)
    assert out["restitution"] == pytest.approx(force / math.sqrt(30e6 * m) / v, rel=1e-10)


def test_rate_factor_against_a_wall() -> None:
    """F = k x (1 + c v): m v dv/dx = -k x (1 + c v), so k x^2/2 = m [v/c - ln(1 + c v)/c^2] at the peak."""
    m, k, c, v = 1000.0, 1.2e6, 0.015, 15.0
    out = crash(vehicle(m, [], k, 12e6, rate=c), WALL, v)
    crush = math.sqrt(2 * m / k * (v / c - math.log1p(c * v) / c**2))
    assert out["a"]["dynamic_crush"] == pytest.approx(crush, rel=1e-10)
    assert out["a"]["absorbed_energy"] == pytest.approx(0.5 * m * v**2, rel=1e-9)
    assert out["restitution"] == pytest.approx(k * crush / math.sqrt(12e6 * m) / v, rel=1e-9)


def test_bottoming_example() -> None:
    """Kei against pickup, 100 km/h: 547 kN and 99 mm of intrusion with a flat plateau; here it rises by 15 N."""
    k1, kc, k2, plateau, length, rise = 1.5e6, 3.0e6, 1.6e6, 250e3, 0.50, 45.0
    yielded = plateau / k1
    end = plateau + rise * (length - yielded)
    m, speed = (816.5, 2494.8), 100 / 3.6
    out = crash(vehicle(m[0], [(yielded, plateau), (length, end)], kc, 30e6), vehicle(m[1], [], k2, 16e6), speed)
    energy = 0.5 * m[0] * m[1] / sum(m) * speed**2
    on_the_way = plateau * yielded / 2 + (plateau + end) / 2 * (length - yielded) + end**2 / (2 * k2)
    force = math.sqrt(end**2 + 2 * (energy - on_the_way) / (1 / kc + 1 / k2))
    assert out["peak_force"] == pytest.approx(force, rel=1e-9)
    assert out["a"]["intrusion"] == pytest.approx((force - end) / kc, rel=1e-9)
    assert out["peak_force"] == pytest.approx(547e3, abs=0.5e3)
    assert out["a"]["intrusion"] == pytest.approx(0.099, abs=0.5e-3)


def test_constant_deceleration() -> None:
    """A plateau of 20 g that the mass of the occupant cannot change: closed forms of the restraint and of every pulse."""
    a, slack, k = 20 * GRAVITY, 0.03, 2500.0
    m, torso, neck = 1e9, 30.0, {"neck_stiffness": 0.0, "neck_damping": 0.0}
    points = [(1e-6, m * a), (5.0, m * a + 1e4)]
    belt = {"belt_slack": slack, "belt_stiffness": k * torso, "belt_limit": INF, "belt_unloading": 5 * k * torso}
    out = crash(vehicle(m, points, 1e17, 1e19, torso_mass=torso, **belt, **neck), WALL, 30.0)["a"]
    peak = a * (1 + math.sqrt(1 + 2 * k * slack / a))
    assert peak / GRAVITY == pytest.approx(46.57, abs=0.005)
    assert out["chest_peak"] == pytest.approx(peak, rel=1e-6)
    assert out["vpi"] == pytest.approx(peak, rel=1e-6)
    assert out["belt_force"] == pytest.approx(torso * peak, rel=1e-6)
    assert out["excursion"] == pytest.approx(slack + peak / k, rel=1e-6)
    angle = math.sqrt(k) * 3e-3 / (1 + 1 / math.sqrt(5))  # up along k, down along 5 k: two sines that share a top
    assert out["chest_3ms"] == pytest.approx(a + (peak - a) * math.cos(angle), rel=2e-5)
    assert out["peak_acceleration"] == pytest.approx(a, rel=1e-6)
    assert out["olc"] == pytest.approx(a * 0.300 / 0.235, rel=1e-6)
    assert out["oiv"] == pytest.approx(math.sqrt(1.2 * a), rel=1e-6)
    assert out["ora"] == pytest.approx(a, rel=1e-6)
    assert out["asi"] == pytest.approx(20 / 12, rel=1e-6)


def test_engine_block_against_a_wall() -> None:
    """An engine on no mount flies on, strikes the wall with its own speed and returns with sqrt(k/ku) of it."""
    engine = {"engine_mass": 150.0, "engine_gap": 0.2, "engine_stiffness": 4e6, "engine_unloading": 16e6}
    speed, k, ku = 10.0, 1.0e6, 25.0e6
    out = crash(vehicle(1150.0, [], k, ku, **engine), WALL, speed)
    kept = (1 / 5 * 1000.0 + 1 / 2 * 150.0) / 1150.0
    assert out["restitution"] == pytest.approx(kept, rel=1e-9)
    energies = 0.5 * speed**2 * np.array([1000.0 * (1 - k / ku), 150.0 * (1 - 4e6 / 16e6)])
    swing = 0.5 * 1000.0 * 150.0 / 1150.0 * (speed / 2 - speed / 5) ** 2
    assert out["a"]["dissipated_energy"] == pytest.approx(energies.sum() + swing, rel=1e-9)


def test_pretensioner_holds_its_force() -> None:
    """In a bump the belt is drawn in to its force and no further: the occupant only goes back."""
    belt = {"belt_slack": 0.01, "belt_stiffness": 60e3, "belt_unloading": 300e3, "pretensioner_time": 0.005,
            "pretensioner_duration": 0.010, "pretensioner_stroke": 0.5, "pretensioner_force": 1500.0}  # fmt: skip
    out = crash(vehicle(1000.0, [], 1e6, 9e6, torso_mass=35.0, **belt), WALL, 0.2)
    assert out["a"]["belt_force"] == pytest.approx(1500.0, rel=1e-9)
    assert out["energy_residual"] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("asked", [0.1, 0.3])
def test_asked_restitution_is_obtained_by_the_two_mass_line(asked: float) -> None:
    points = [(0.15, 200e3), (0.5, 220e3)]
    a = vehicle(900.0, points, 3e6, 1e9, unloading_soft_share=0.4)
    b = vehicle(2000.0, [(0.2, 400e3), (0.7, 430e3)], 5e6, 1e9, unloading_soft_share=0.2)
    assert crash(a, b, 27.0, restitution=asked)["restitution"] == pytest.approx(asked, rel=1e-9)


def test_law_h_is_its_residual_form() -> None:
    """Direct description (curve, peak, unloading line) against p <- max(p, s z + b, z - q), F = ku max(z - p, 0)."""
    gap, k, limit, ku = 0.1, 50e3, 4e3, 180e3
    element = hysteretic(gap, k, limit, ku)
    assert element is not None
    turns = [0.0, 0.12, 0.05, 0.15, 0.14, 0.16, 0.0, 0.3, 0.26, 0.35, 0.1]
    path = np.concatenate([np.linspace(x, y, 400) for x, y in pairwise(turns)])
    p, largest = gap, 0.0
    for before, z in pairwise(path):
        p = max(p, (1 - k / ku) * z + gap * k / ku, z - limit / ku)
        _follow(element, before, z)
        assert element.force(z) == pytest.approx(ku * max(z - p, 0.0), abs=1e-6 * limit)
        largest = max(largest, element.force(z))
    assert largest == pytest.approx(limit)


def _follow(element: Element, before: float, z: float) -> None:
    if z < before and element.loading:
        element.turn(before)
    while z > element.high:
        element.enter(element.high)
    while z < element.low:
        element.enter(element.low, -1.0)


def test_hic_and_clip_of_a_half_sine() -> None:
    peak, length = 80.0, 0.020
    w = math.pi / length

    def lost(t: Any) -> Any:
        return peak * GRAVITY / w * (1.0 - np.cos(w * np.minimum(t, length)))

    u = np.linspace(0.0, 1.0, 2000001)[1:]
    best = np.max(u * (2 / (math.pi * u) * np.sin(math.pi * u / 2)) ** 2.5)  # 0.4146, centred window of u T
    assert hic(lost, length, 0.036) == pytest.approx(best * peak**2.5 * length, rel=1e-9)
    short = 0.004
    mean = peak * 2 / (w * short) * math.sin(w * short / 2)
    assert hic(lost, length, short) == pytest.approx(short * mean**2.5, rel=1e-9)
    t = np.linspace(0.0, length, 1001)
    assert clip(t, peak * np.sin(w * t)) == pytest.approx(peak * math.cos(w * 1.5e-3), rel=1e-5)


@pytest.mark.parametrize("seed", range(12))
def test_books_of_random_cases(seed: int) -> None:
    case = random_case(np.random.default_rng(seed))
    out = solve(case)
    assert abs(out["energy_residual"]) <= 1e-9
    if math.isfinite(case["b"]["mass"]):
        assert abs(out["momentum_residual"]) <= 1e-12
    names = set(out) | set(out["a"]) | set(out["b"])
    assert set(SCALES) <= names


def test_swapped_vehicles_swap_the_answers() -> None:
    case = next(c for c in (random_case(np.random.default_rng(s)) for s in range(99)) if math.isfinite(c["b"]["mass"]))
    out, swapped = solve(case), solve({**case, "a": case["b"], "b": case["a"]})
    for name in "ab":
        other = swapped["ba"["ab".index(name)]]
        for metric, value in out[name].items():
            assert value == pytest.approx(other[metric], rel=1e-7, abs=1e-7 * SCALES[metric], nan_ok=True)
