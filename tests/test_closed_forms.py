"""The kernel against closed forms, to rounding where the step does not matter, and against numbers of other programs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import crashsim
from crashsim import momentum, structure
from crashsim.structure import Structure

EXACT = 1e-12  # momentum, energy shares and what follows from them: at any step
STEP = (
    2e-4  # all else: what the default step may cost; found here are 1e-7 (a plateau's crush) to 1e-4 (its restitution)
)
PLASTIC = 2e-3  # rebound where none is asked: unloading is never stiffer than the finest step can follow
SAMPLE = 1e-3  # s: times are found between the samples of a trace
LB, MPH, KMH, G = 0.45359237, 0.44704, 1 / 3.6, 9.80665
KEI, PICKUP = 1800 * LB, 5500 * LB
REDUCED = KEI * PICKUP / (KEI + PICKUP)
CLOSING = 100 * KMH
Solved = dict[str, NDArray[Any]]


def approx(value: float, rel: float = STEP) -> Any:
    return pytest.approx(value, rel=rel)


def wall(mass: float, front: Structure, speed: float, restitution: float | None = None) -> Solved:
    return crashsim.collide(mass, front, np.inf, structure.rigid(), speed, restitution=restitution)


def flat(
    stiffness: float, plateau: float, space: float, unloading: float = 1e12, compartment: float = 3e6
) -> Structure:
    """Spring to a level plateau, unloading along one slope."""
    return structure.plateau(
        stiffness, plateau, space, compartment, unloading, plateau_slope=0.0, unloading_soft_share=0.0
    )


# ---- momentum --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plastic() -> Solved:
    front = structure.plateau(1.5e6, 250e3, 0.5, 3e6, 1e8)
    return crashsim.collide(
        KEI, front, PICKUP, structure.plateau(1.6e6, 430e3, 0.75, 6e6, 1e8), CLOSING, restitution=0.0
    )


def test_plastic_shares_of_an_1800_and_a_5500_lb_vehicle(plastic: Solved) -> None:
    kei, pickup = plastic["delta_v"][0] / CLOSING / (1.0 + plastic["restitution"][0])
    assert kei == approx(5500 / 7300, rel=EXACT)
    assert pickup == approx(1800 / 7300, rel=EXACT)
    assert (round(100 * kei, 3), round(100 * pickup, 3)) == (75.342, 24.658)


def test_plastic_energy_is_that_of_the_reduced_mass(plastic: Solved) -> None:
    assert plastic["dissipated_energy"].sum() == approx(0.5 * REDUCED * CLOSING**2)
    assert plastic["absorbed_energy"].sum() == approx(0.5 * REDUCED * CLOSING**2)
    common = CLOSING * KEI / (KEI + PICKUP)
    in_two_frames = 0.5 * KEI * (CLOSING - common) ** 2 + 0.5 * PICKUP * common**2
    assert plastic["dissipated_energy"].sum() == approx(in_two_frames)


def test_plastic_crash_ends_at_common_velocity(plastic: Solved) -> None:
    assert plastic["pulse_duration"] == pytest.approx(plastic["time_common_velocity"], abs=SAMPLE)
    assert plastic["restitution"][0] == pytest.approx(0.0, abs=PLASTIC)
    np.testing.assert_allclose(plastic["residual_crush"], plastic["dynamic_crush"], rtol=STEP)


def test_mean_acceleration_is_delta_v_over_duration(plastic: Solved) -> None:
    expected = plastic["delta_v"] / plastic["pulse_duration"][:, None]
    np.testing.assert_allclose(plastic["mean_acceleration"], expected, rtol=EXACT)


def test_ees_is_the_wall_speed_of_the_same_energy(plastic: Solved) -> None:
    for mass, ees, lost in zip((KEI, PICKUP), plastic["ees"][0], plastic["dissipated_energy"][0], strict=True):
        assert 0.5 * mass * ees**2 == approx(lost, rel=EXACT)


@pytest.mark.parametrize("restitution", [0.0, 0.1, 0.3])
def test_delta_v_from_dissipated_energy(restitution: float) -> None:
    """Rose et al., SAE 2005-01-1200: dv_1 = sqrt(2 m E (1 + e)/(1 - e)) / m_1, with what the kernel dissipated."""
    front = structure.plateau(1.5e6, 250e3, 0.5, 3e6, 1e8)
    r = crashsim.collide(KEI, front, PICKUP, structure.spring(1.6e6, 1e8), CLOSING, restitution=restitution)
    lost = r["dissipated_energy"].sum()
    obtained = float(r["restitution"][0])
    assert r["delta_v"][0, 0] == approx(float(momentum.delta_v_from_energy(KEI, PICKUP, lost, obtained)))
    assert lost == approx(float(momentum.energy_lost(KEI, PICKUP, CLOSING, obtained)))
    assert obtained == pytest.approx(restitution, abs=PLASTIC)


def test_smart_against_c300_plastic_split() -> None:
    """IIHS 2009: Smart 1808 lb and C300 3560 lb at 40 mph each."""
    r = crashsim.collide(
        1808 * LB, structure.spring(1e6, 1e9), 3560 * LB, structure.spring(1e6, 1e9), 80 * MPH, restitution=0
    )
    delta_v = r["delta_v"][0] / KMH / (1.0 + r["restitution"][0])
    assert delta_v.round(1).tolist() == [85.4, 43.4]
    assert r["restitution"][0] == pytest.approx(0.0, abs=PLASTIC)


# ---- springs in series -----------------------------------------------------------------------------------------------

K1, K2 = 0.8e6, 1.6e6
SERIES = K1 * K2 / (K1 + K2)


@pytest.fixture(scope="module")
def elastic() -> Solved:
    return crashsim.collide(KEI, structure.spring(K1, K1), PICKUP, structure.spring(K2, K2), CLOSING)


def test_series_springs_largest_crush(elastic: Solved) -> None:
    assert elastic["mutual_crush"][0] == approx(CLOSING * np.sqrt(REDUCED / SERIES))


def test_series_springs_peak_force(elastic: Solved) -> None:
    assert elastic["peak_force"][0] == approx(CLOSING * np.sqrt(REDUCED * SERIES))
    np.testing.assert_allclose(elastic["peak_acceleration"][0] * [KEI, PICKUP], elastic["peak_force"][0], rtol=EXACT)


def test_series_springs_time_of_the_peak_and_of_separation(elastic: Solved) -> None:
    quarter = 0.5 * np.pi * np.sqrt(REDUCED / SERIES)
    assert elastic["time_common_velocity"][0] == approx(quarter)
    assert elastic["pulse_duration"][0] == approx(2 * quarter)


def test_elastic_delta_v_is_twice_the_plastic_one(elastic: Solved) -> None:
    assert elastic["delta_v"][0, 0] == approx(2 * PICKUP / (KEI + PICKUP) * CLOSING)
    assert elastic["restitution"][0] == approx(1.0)
    np.testing.assert_allclose(elastic["residual_crush"], 0.0, atol=1e-14)
    assert elastic["delta_v"][0, 0] / elastic["delta_v"][0, 1] == approx(PICKUP / KEI, rel=EXACT)


def test_energy_share_is_that_of_the_other_stiffness(elastic: Solved) -> None:
    assert elastic["absorbed_energy"][0, 0] / elastic["absorbed_energy"].sum() == approx(K2 / (K1 + K2), rel=EXACT)


@pytest.mark.parametrize("ku1, ku2", [(20e6, 60e6), (0.8e6, 5e6), (1e7, 1.6e6)])
def test_pair_restitution_of_linear_springs(ku1: float, ku2: float) -> None:
    """e^2 = (e1^2 k2 + e2^2 k1) / (k1 + k2), e_i^2 = k_i / ku_i."""
    r = crashsim.collide(KEI, structure.spring(K1, ku1), PICKUP, structure.spring(K2, ku2), CLOSING)
    assert r["restitution"][0] == approx(np.sqrt((K1 / ku1 * K2 + K2 / ku2 * K1) / (K1 + K2)))


def test_pair_restitution_where_stiffness_follows_mass() -> None:
    """With k proportional to m: e^2 = 1 + [m2 (e1^2 - 1) + m1 (e2^2 - 1)] / (m1 + m2)."""
    k1, k2 = 1000.0 * KEI, 1000.0 * PICKUP
    r = crashsim.collide(KEI, structure.spring(k1, 10 * k1), PICKUP, structure.spring(k2, 40 * k2), CLOSING)
    expected = 1 + (PICKUP * (0.1 - 1) + KEI * (0.025 - 1)) / (KEI + PICKUP)
    assert r["restitution"][0] ** 2 == approx(expected)


@pytest.mark.parametrize("k, ku", [(1e6, 1e6), (1e6, 4e6), (1e6, 1e8)])
def test_spring_against_a_wall(k: float, ku: float) -> None:
    """e = sqrt(k/ku); residual crush x_m (1 - k/ku); duration a quarter period up and one down."""
    m, v = 1200.0, 12.0
    r = wall(m, structure.spring(k, ku), v)
    x = v * np.sqrt(m / k)
    assert r["restitution"][0] == pytest.approx(np.sqrt(k / ku), abs=STEP)
    assert r["residual_crush"][0, 0] == pytest.approx(x * (1 - k / ku), rel=STEP, abs=1e-14)
    assert r["pulse_duration"][0] == approx(0.5 * np.pi * (np.sqrt(m / k) + np.sqrt(m / ku)))
    assert r["delta_v"][0].tolist() == [approx(v * (1 + np.sqrt(k / ku))), 0.0]
    assert r["delta_v"][0, 0] == approx(v * (1 + float(r["restitution"][0])), rel=EXACT)


def test_two_slope_unloading_of_a_spring() -> None:
    """Share s on a branch of slope k1: U = F^2 / 2K, K = (1 - s) ku + s k1, knee at F sqrt(s k1 / K)."""
    m, v, k, ku, s = 1200.0, 12.0, 1e6, 3e7, 0.3
    r = wall(m, structure.spring(k, ku, unloading_soft_share=s), v)
    mixed = (1 - s) * ku + s * k
    knee = np.sqrt(s * k / mixed)
    x = v * np.sqrt(m / k)
    assert r["restitution"][0] == approx(np.sqrt(k / mixed))
    assert x - r["residual_crush"][0, 0] == approx(k * x * ((1 - knee) / ku + knee / k))


# ---- spring and plateau against a wall -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def level() -> Solved:
    return wall(1000.0, flat(2.0e6, 250e3, 2.0), 15.278)


def test_level_plateau_largest_crush(level: Solved) -> None:
    assert level["dynamic_crush"][0, 0] == approx(1000.0 * 15.278**2 / (2 * 250e3) + 0.125 / 2)


def test_level_plateau_time_of_zero_velocity(level: Solved) -> None:
    w, knee = np.sqrt(2000.0), 0.125
    v1 = np.sqrt(15.278**2 - (w * knee) ** 2)
    expected = np.arcsin(knee * w / 15.278) / w + 1000.0 * v1 / 250e3
    assert level["time_common_velocity"][0] == pytest.approx(
        expected, abs=0.2 * SAMPLE
    )  # the force vanishes in a sample


def test_level_plateau_peak_and_energy(level: Solved) -> None:
    assert level["peak_force"][0] == approx(250e3)
    assert level["absorbed_energy"][0, 0] == approx(0.5 * 1000.0 * 15.278**2)


def test_level_plateau_of_both_vehicles_crush_in_step() -> None:
    """Two equal vehicles with level plateaus share the crush, though the force alone does not say how."""
    r = crashsim.collide(1000.0, flat(2e6, 250e3, 1.0), 1000.0, flat(2e6, 250e3, 1.0), 20.0)
    assert r["dynamic_crush"][0, 0] == approx(r["dynamic_crush"][0, 1], rel=EXACT)
    assert r["mutual_crush"][0] == approx(500.0 * 20.0**2 / (2 * 250e3) + 0.125)


def test_rising_plateau_peak_force() -> None:
    """F^2 = Fp^2 + 2 kp (E - Fp^2 / 2k) on the plateau."""
    m, v, k, fp, kp = 1100.0, 13.0, 1.2e6, 200e3, 60e3
    r = wall(m, structure.plateau(k, fp, 1.0, 4e6, 1e9, plateau_slope=kp), v)
    force = np.sqrt(fp**2 + 2 * kp * (0.5 * m * v**2 - fp**2 / (2 * k)))
    assert r["peak_force"][0] == approx(force)
    assert r["dynamic_crush"][0, 0] == approx(fp / k + (force - fp) / kp)


# ---- the worked bottoming example ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bottoming() -> Solved:
    return crashsim.collide(KEI, flat(1.5e6, 250e3, 0.50), PICKUP, structure.spring(1.6e6, 1e12), CLOSING)


def test_bottoming_closed_form(bottoming: Solved) -> None:
    energy = 0.5 * REDUCED * CLOSING**2
    to_plateau = 250e3**2 / 2 * (1 / 1.5e6 + 1 / 1.6e6)
    on_plateau = 250e3 * (0.50 - 250e3 / 1.5e6)
    force = np.sqrt(250e3**2 + 2 * (energy - to_plateau - on_plateau) / (1 / 3e6 + 1 / 1.6e6))
    assert bottoming["peak_force"][0] == approx(force)
    assert bottoming["intrusion"][0, 0] == approx((force - 250e3) / 3e6)
    assert bottoming["intrusion"][0, 1] == 0.0


def test_bottoming_worked_figures(bottoming: Solved) -> None:
    """547 kN, 99 mm of intrusion, 68 g on the kei car, 22 g on the pickup."""
    assert round(bottoming["peak_force"][0] / 1e3) == 547
    assert round(1e3 * bottoming["intrusion"][0, 0]) == 99
    assert [round(a / G) for a in bottoming["peak_acceleration"][0]] == [68, 22]


def test_no_bottoming_while_the_plateau_lasts() -> None:
    """With E1 < E < E1 + E_plateau the peak force is the plateau itself."""
    r = crashsim.collide(KEI, flat(1.5e6, 250e3, 0.50), PICKUP, structure.spring(1.6e6, 1e12), 50 * KMH)
    assert r["peak_force"][0] == approx(250e3)
    assert r["intrusion"][0].tolist() == [0.0, 0.0]


# ---- hysteresis: plateau and stiff unloading, closed form of the whole run -------------------------------------------


def test_hysteretic_run() -> None:
    """Spring 1.2 MN/m to 280 kN, unloading 20 MN/m, kei against an undeformable pickup: duration, separation, crush."""
    k, ku, fp = 1.2e6, 20e6, 280e3
    r = crashsim.collide(KEI, flat(k, fp, 3.0, ku), PICKUP, structure.rigid(), CLOSING)
    knee, w = fp / k, np.sqrt(k / REDUCED)
    v1 = np.sqrt(CLOSING**2 - (w * knee) ** 2)
    loading = np.arcsin(knee * w / CLOSING) / w + REDUCED * v1 / fp
    assert r["pulse_duration"][0] == approx(loading + np.pi / (2 * np.sqrt(ku / REDUCED)))
    assert r["separation_speed"][0] == approx(np.sqrt(fp**2 / (ku * REDUCED)))
    assert r["dynamic_crush"][0, 0] == approx(knee + REDUCED * v1**2 / (2 * fp))
    assert r["energy_residual"][0] == pytest.approx(0.0, abs=1e-4)


# ---- numbers of another program: pycrash 0.0.18, one linear mutual spring, 70 mph closing, e = 0.1 -------------------

LB_FT = LB * G / 0.3048
KP_STIFFNESS = 40_000 * LB_FT


@pytest.fixture(scope="module")
def linear_pair() -> Solved:
    front = structure.spring(2 * KP_STIFFNESS, 1e12)
    return crashsim.collide(816.0, front, 2495.0, front, 70 * MPH, restitution=0.1)


@pytest.mark.parametrize("name, value, unit", [
    ("mutual_crush", 39.984876, 0.0254),
    ("peak_force", 592.871959, 1e3),
    ("time_common_velocity", 50.980597, 1e-3),
])  # fmt: skip
def test_linear_pair(linear_pair: Solved, name: str, value: float, unit: float) -> None:
    assert linear_pair[name][0] / unit == approx(value)


def test_linear_pair_by_vehicle(linear_pair: Solved) -> None:
    assert linear_pair["peak_acceleration"][0, 0] / G == approx(74.088376)
    assert linear_pair["dissipated_energy"].sum() / 1e3 == approx(298.054426)
    assert linear_pair["delta_v"][0] / MPH == approx([58.02326, 18.97674])


def test_linear_pair_plastic() -> None:
    front = structure.spring(2 * KP_STIFFNESS, 1e12)
    r = crashsim.collide(816.0, front, 2495.0, front, 70 * MPH, restitution=0.0)
    assert r["delta_v"][0] / MPH / (1.0 + r["restitution"][0]) == approx([52.74841, 17.25159], rel=3e-7)
    assert r["dissipated_energy"].sum() / 1e3 == approx(301.065077)


# ---- the largest restitution -----------------------------------------------------------------------------------------


def test_cap_of_a_level_plateau_kei_at_56_kmh() -> None:
    """One slope, level plateau: e_cap = Fp / (V sqrt(k m)), 0.459 for 1.5 MN/m, 250 kN and 1,800 lb."""
    r = wall(KEI, flat(1.5e6, 250e3, 0.55), 56 * KMH)
    assert r["restitution_cap"][0] == approx(250e3 / (56 * KMH) / np.sqrt(1.5e6 * KEI))
    assert r["restitution_cap"][0] == approx(0.459, rel=1e-3)


# ---- restitution from speed ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "speed, expected", [(1.0, 0.47477), (10.0, 0.13081), (0.2, 0.47477), (30.0, 0.10), (16.4, 0.10)]
)
def test_cipriani_fit_and_its_clamp(speed: float, expected: float) -> None:
    """log10 is 0 and 1 at 1 and 10 m/s, so the fit is its first coefficient and the sum of all."""
    assert float(momentum.speed_fit_restitution(speed)) == approx(expected, rel=EXACT)


# ---- the one measured front ------------------------------------------------------------------------------------------


def test_shipped_camry_at_its_own_test_speed() -> None:
    """NHTSA 10146.  The curve was fitted to crush, force and velocity of one lump; the OLC (29.46 g measured) was not."""
    results = crashsim.run({
        "name": "camry", "title": "NHTSA 10146",
        "vehicles": {"camry": {"use": "midsize-camry-2018", "occupant": "none"}, "wall": {"use": "rigid-wall"}},
        "impacts": {"wall": {"type": "wall", "between": ["camry", "wall"], "speed": {"camry": "57.09 km/h"}}},
    })  # fmt: skip
    assert results["olc"].to("g").item() == approx(29.46, rel=0.05)
    assert results["dynamic_crush"].item() == approx(0.746, rel=0.02)
    assert results["time_common_velocity"].item() == approx(73.9e-3, rel=0.03)
    assert results["delta_v"].to("km/h").item() == approx(66.5, rel=0.015)
    assert results["intrusion"].item() == 0.0
