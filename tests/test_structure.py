"""Crush curves: force, area, series energy, and every fault that is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

import crashsim
from crashsim import structure
from crashsim.structure import Structure, StructureError

K, FP, SPACE, KC, KU = 1.5e6, 250e3, 0.5, 3e6, 1e8
MEASURED_X = np.array([0.0, 0.09, 0.155, 0.478, 0.669, 0.75])
MEASURED_F = np.array([0.0, 45e3, 256e3, 276e3, 512e3, 706e3])

RISING: dict[str, Structure] = {
    "plateau": structure.plateau(K, FP, SPACE, KC, KU),
    "curve": structure.curve(MEASURED_X, MEASURED_F, 5e6, 62e6),
    "spring": structure.spring(K, KU),
}


def test_plateau_points() -> None:
    s = structure.plateau(K, FP, SPACE, KC, KU, plateau_slope=1e5)
    knee = FP / K
    np.testing.assert_allclose(s.crush, [0, knee, SPACE])
    np.testing.assert_allclose(s.force, [0, FP, FP + 1e5 * (SPACE - knee)])
    np.testing.assert_allclose(s.slopes, [K, 1e5, KC])
    assert float(s.crush_space) == SPACE


def test_plateau_rises_by_two_percent_unless_told() -> None:
    np.testing.assert_allclose(structure.plateau(K, FP, SPACE, KC, KU).slopes, [K, 0.02 * K, KC])


def test_parameters_broadcast_to_cases() -> None:
    s = structure.plateau(np.array([1e6, 2e6]), FP, SPACE, KC, KU)
    assert s.crush.shape == s.force.shape == s.slopes.shape == (2, 3)
    assert s.compartment_stiffness.shape == s.unloading_stiffness.shape == s.crush_space.shape == (2,)
    assert s.initial_stiffness.tolist() == pytest.approx([1e6, 2e6])


def test_a_rigid_body_has_no_points_and_no_faults() -> None:
    assert structure.rigid().points == 0
    assert structure.faults(structure.rigid()) == []


@pytest.mark.parametrize("name", RISING)
@pytest.mark.parametrize("crush", [0.05, 0.3, 0.62, 1.0])
def test_energy_is_the_area_under_the_force(name: str, crush: float) -> None:
    s = RISING[name]
    area, _ = quad(lambda x: float(structure.crush_force(s, x)), 0, crush, points=s.crush[s.crush < crush], epsabs=1e-9)
    assert structure.crush_energy(s, crush) == pytest.approx(area, rel=1e-12)


@pytest.mark.parametrize("name", RISING)
@pytest.mark.parametrize("crush", [0.05, 0.3, 0.62, 1.0])
def test_energy_at_a_force_is_the_energy_at_its_crush(name: str, crush: float) -> None:
    s = RISING[name]
    force = np.asarray(structure.crush_force(s, crush))
    assert float(structure.energy_at_force(s, force)) == pytest.approx(structure.crush_energy(s, crush), rel=1e-12)


@pytest.mark.parametrize("partner", [*RISING, "rigid"])
def test_peak_force_of_a_pair_absorbs_the_energy(partner: str) -> None:
    pair = (RISING["plateau"], structure.rigid() if partner == "rigid" else RISING[partner])
    energy = np.array([1e2, 1e5, 3e5])
    force = structure.peak_force(pair, energy)
    absorbed = sum(structure.energy_at_force(s, force) for s in pair)
    np.testing.assert_allclose(absorbed, energy, rtol=1e-12)


# ---- what is refused -------------------------------------------------------------------------------------------------

REFUSED: dict[str, tuple[Structure, str, str]] = {
    "plateau without length": (structure.plateau(K, FP, FP / K, KC, KU), "crush_space", "crush must grow"),
    "crush goes back": (structure.curve([0, 0.2, 0.1], [0, 1e5, 2e5], KC, KU), "crush_space", "crush must grow"),
    "crush is no number": (structure.curve([0, 0.1, np.nan], [0, 1e5, 2e5], KC, KU), "crush_space", "crush must grow"),
    "force is no number": (structure.curve([0, 0.1, 0.5], [0, np.nan, 2e5], KC, KU), "curve", "finite"),
    "starts above zero force": (structure.curve([0, 0.1, 0.5], [1e4, 1e5, 2e5], KC, KU), "curve", "first point"),
    "starts late": (structure.curve([0.1, 0.2, 0.5], [0, 1e5, 2e5], KC, KU), "curve", "first point"),
    "softens": (structure.curve([0, 0.1, 0.5], [0, 2e5, 1e5], KC, KU), "plateau_slope", "softening"),
    "no initial stiffness": (structure.curve([0, 0.1, 0.5], [0, 0, 1e5], KC, KU), "stiffness", "initial stiffness"),
    "no compartment": (structure.plateau(K, FP, SPACE, 0.0, KU), "compartment_stiffness", "more than zero"),
    "falling spring": (structure.spring(-K, KU), "stiffness", "initial stiffness"),
    "unloads softer than it loads": (structure.plateau(K, FP, SPACE, KC, 2e6), "unloading_stiffness", "steepest"),
    "negative share": (
        structure.plateau(K, FP, SPACE, KC, KU, unloading_soft_share=-0.1),
        "unloading_soft_share",
        "0.9",
    ),
    "share above 0.9": (
        structure.plateau(K, FP, SPACE, KC, KU, unloading_soft_share=0.95),
        "unloading_soft_share",
        "0.9",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_faulty_structures_are_refused(name: str) -> None:
    faulty, field, words = REFUSED[name]
    assert field in [f for f, _, _ in structure.faults(faulty)]
    with pytest.raises(StructureError, match=f"partner_front\\.{field}: .*{words}"):
        crashsim.collide(1000.0, RISING["plateau"], 1000.0, faulty, 10.0)


@pytest.mark.parametrize("name", RISING)
def test_good_structures_have_no_faults(name: str) -> None:
    assert structure.faults(RISING[name], minimum_rise=structure.MINIMUM_RISE) == []


def test_faults_say_which_case() -> None:
    s = structure.plateau(K, FP, np.array([0.5, 0.1, 0.6]), KC, KU)
    ((_, where, _),) = structure.faults(s)
    assert where.tolist() == [False, True, False]


def test_level_plateau_passes_the_interface_but_not_a_study() -> None:
    level = structure.plateau(K, FP, SPACE, KC, KU, plateau_slope=0.0)
    assert structure.faults(level) == []
    assert [field for field, _, _ in structure.faults(level, minimum_rise=structure.MINIMUM_RISE)] == ["plateau_slope"]


def test_all_faults_in_one_message() -> None:
    bad: dict[str, Any] = {"unloading_soft_share": 2.0}
    with pytest.raises(StructureError, match=r"unloading_stiffness.*;.*unloading_soft_share"):
        structure.require_valid(structure.plateau(K, FP, SPACE, KC, 1e6, **bad))


@pytest.mark.parametrize(
    "mass, partner_mass, speed, restitution, word",
    [
        (0.0, 900.0, 10.0, None, "masses"),
        (np.nan, 900.0, 10.0, None, "masses"),
        (np.inf, np.inf, 10.0, None, "masses"),
        (800.0, 900.0, 0.0, None, "closing_speed"),
        (800.0, 900.0, -3.0, None, "closing_speed"),
        (800.0, 900.0, np.nan, None, "closing_speed"),
        (800.0, 900.0, 10.0, -0.5, "restitution"),
        (800.0, 900.0, 10.0, np.nan, "restitution"),
    ],
)
def test_numbers_that_describe_no_collision_are_refused(
    mass: float, partner_mass: float, speed: float, restitution: float | None, word: str
) -> None:
    front = structure.plateau(1.5e6, 250e3, 0.5, 3e6, 30e6)
    with pytest.raises(crashsim.StructureError, match=word):
        crashsim.collide(mass, front, partner_mass, front, speed, restitution=restitution)


def test_two_rigid_bodies_are_refused() -> None:
    with pytest.raises(crashsim.StructureError, match="two rigid bodies"):
        crashsim.collide(800.0, structure.rigid(), 900.0, structure.rigid(), 10.0)


def test_an_array_of_restitutions_makes_an_array_of_cases() -> None:
    front = structure.plateau(1.5e6, 250e3, 0.5, 3e6, 30e6)
    found = crashsim.collide(800.0, front, 900.0, front, 10.0, restitution=[0.1, 0.2])
    np.testing.assert_allclose(found["restitution"], [0.1, 0.2], rtol=1e-3)  # the steeper branch of 0.1 takes six steps
