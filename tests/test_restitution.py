"""Restitution asked is restitution obtained, up to the cap of the law; beyond it, an error that shows the cap."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import twin

import crashsim
from crashsim import structure
from crashsim.errors import ConfigError, StructureError
from crashsim.structure import Structure

REACHED = 2e-3  # asked is 1e-3; what stepping costs: at most 1.6e-3, where no rebound at all is asked
PEAK = 5e-5  # relative: what depends on the peak of the two-mass line, here taken from the stepped one
SHARES = np.array([0.0, 0.01, 0.1, 0.3, 0.5, 0.9, 0.99, 1.0])  # of the cap
WALL = (np.inf, structure.rigid())
CAMRY = structure.curve(
    np.array([0.0, 0.09, 0.155, 0.478, 0.669, 0.75]), np.array([0.0, 45e3, 256e3, 276e3, 512e3, 706e3]), 5e6, 62e6
)


def kei(slope: float | None = None, share: float = structure.SOFT_SHARE) -> Structure:
    return structure.plateau(1.5e6, 250e3, 0.5, 3e6, 1e8, plateau_slope=slope, unloading_soft_share=share)


def pickup() -> Structure:
    return structure.plateau(1.6e6, 430e3, 0.75, 6e6, 65e6, plateau_slope=9e5)


Side = tuple[float, Structure]
CRASHES: dict[str, tuple[Side, Side, float]] = {
    "spring, wall": ((1200.0, structure.spring(1e6, 5e7)), WALL, 12.0),
    "two-slope spring, wall": ((1200.0, structure.spring(1e6, 5e7, unloading_soft_share=0.3)), WALL, 12.0),
    "level plateau, wall": ((816.0, kei(0.0)), WALL, 15.0),
    "rising plateau, wall": ((816.0, kei()), WALL, 15.0),
    "one slope, wall": ((816.0, kei(share=0.0)), WALL, 15.0),
    "most on the soft branch, wall": ((816.0, kei(share=0.9)), WALL, 15.0),
    "bottomed, wall": ((816.0, kei()), WALL, 22.0),
    "touch, wall": ((816.0, kei()), WALL, 0.5),
    "measured curve, wall": ((1719.0, CAMRY), WALL, 15.858),
    "measured curve bottomed, wall": ((1719.0, CAMRY), WALL, 20.0),
    "kei, pickup": ((816.0, kei()), (2495.0, pickup()), 31.3),
    "kei bottomed, pickup": ((816.0, kei()), (2495.0, pickup()), 45.0),
    "both bottomed": ((816.0, kei()), (900.0, kei(6e4)), 60.0),
    "equal": ((1719.0, CAMRY), (1719.0, CAMRY), 30.0),
    "measured curve, spring": ((1719.0, CAMRY), (900.0, structure.spring(0.6e6, 1e7)), 25.0),
    "wall first": (WALL, (816.0, kei()), 15.0),
}


def crash(name: str, restitution: float | None = None) -> dict[str, np.ndarray]:
    (m1, a), (m2, b), speed = CRASHES[name]
    return crashsim.collide(m1, a, m2, b, speed, restitution=restitution)


@pytest.mark.parametrize("name", CRASHES)
def test_asked_is_obtained_up_to_the_cap(name: str) -> None:
    for asked in SHARES * crash(name)["restitution_cap"][0]:
        r = crash(name, asked)
        assert r["restitution"][0] == pytest.approx(asked, abs=REACHED)
        assert abs(r["energy_residual"][0]) <= 1e-4
        assert r["status"][0] != "failed"


@pytest.mark.parametrize("name", CRASHES)
def test_residual_crush_lies_between_nothing_and_dynamic_crush(name: str) -> None:
    for asked in [None, *SHARES * crash(name)["restitution_cap"][0]]:
        r = crash(name, asked)
        assert np.all(r["residual_crush"] >= -1e-12)
        assert np.all(r["residual_crush"] <= r["dynamic_crush"])
        assert np.all(r["dissipated_energy"] >= 0.0)
        assert np.all(np.isfinite(r["ees"]))


@pytest.mark.parametrize("name", CRASHES)
def test_more_restitution_is_more_delta_v_and_less_residual_crush(name: str) -> None:
    cap = crash(name)["restitution_cap"][0]
    rows = [crash(name, asked) for asked in SHARES * cap]
    delta_v, residual = (np.array([r[q][0] for r in rows]) for q in ("delta_v", "residual_crush"))
    assert np.all(np.diff(delta_v, axis=0) >= -1e-12)
    assert np.all(np.diff(residual, axis=0) <= 1e-12)


@pytest.mark.parametrize("name", CRASHES)
def test_beyond_the_cap_is_an_error_with_the_cap(name: str) -> None:
    cap = crash(name)["restitution_cap"][0]
    with pytest.raises(StructureError, match=re.escape(f"at most {cap:.6g}")):
        crash(name, 1.001 * cap)


@pytest.mark.parametrize("name", [n for n in CRASHES if "level" not in n])  # the bisection needs curves that rise
def test_cap_by_bisection_is_the_kernels(name: str) -> None:
    (m1, a), (m2, b), speed = CRASHES[name]
    energy = np.atleast_1d(0.5 * speed**2 / (1 / m1 + 1 / m2))
    by_bisection = structure.restitution_cap((a, b), energy)
    assert by_bisection == pytest.approx(crash(name)["restitution_cap"], rel=1e-9)


def test_cap_by_bisection_over_columns_of_cases() -> None:
    speeds = np.linspace(0.5, 40.0, 80)
    fronts = (kei(), pickup())
    kernel = crashsim.collide(816.0, fronts[0], 2495.0, fronts[1], speeds)
    wide = tuple(
        structure.curve(
            np.tile(s.crush, (80, 1)), np.tile(s.force, (80, 1)), s.compartment_stiffness, s.unloading_stiffness
        )
        for s in fronts
    )
    energy = 0.5 * speeds**2 / (1 / 816.0 + 1 / 2495.0)
    np.testing.assert_allclose(
        structure.restitution_cap((wide[0], wide[1]), energy), kernel["restitution_cap"], rtol=1e-9
    )


def test_cap_means_that_no_branch_unloads_softer_than_it_loaded() -> None:
    """At the cap the stiff branch has the steepest loading slope met; the twin builds that path from its areas."""
    front = twin.Front(((0.0, 0.0), (1 / 6, 250e3), (0.5, 260e3)), 3e6, 0.5, 1e8, 0.3)
    built = structure.curve(*zip(*front.points, strict=True), front.compartment, front.unloading)
    for speed, steepest in ((3.0, 1.5e6), (15.0, 1.5e6), (22.0, 3e6)):
        r = crashsim.collide(816.0, built, np.inf, structure.rigid(), speed)
        peak, crush = float(r["peak_force"][0]), float(r["dynamic_crush"][0, 0])
        cap2 = twin.largest_return(front, crush, peak) / front.energy(crush)
        assert r["restitution_cap"][0] == pytest.approx(np.sqrt(cap2), rel=PEAK)
        at_cap = crashsim.collide(
            816.0, built, np.inf, structure.rigid(), speed, restitution=float(r["restitution_cap"][0])
        )
        knee2 = 2 * 1.5e6 * min(0.3 * cap2 * front.energy(crush), front.first_energy(crush))
        knee = np.sqrt(knee2)
        rebound = crush - at_cap["residual_crush"][0, 0]
        assert (peak - knee) / (rebound - knee / 1.5e6) == pytest.approx(steepest, rel=1e-3)


def test_elastic_law_reaches_one_and_no_more() -> None:
    spring = structure.spring(1e6, 1e6)
    assert crashsim.collide(1000.0, spring, np.inf, structure.rigid(), 5.0)["restitution_cap"][0] == pytest.approx(
        1.0, rel=1e-15
    )
    with pytest.raises(StructureError, match=r"at most 1$"):
        crashsim.collide(1000.0, spring, np.inf, structure.rigid(), 5.0, restitution=1.1)


def test_what_one_front_cannot_give_the_other_does() -> None:
    """Near the cap of the pair the plateau front is at its own limit and the spring gives the rest."""
    fronts = ((816.0, kei(0.0, share=0.0)), (816.0, structure.spring(1e6, 1e8)))
    (m1, a), (m2, b) = fronts
    free = crashsim.collide(m1, a, m2, b, 20.0)
    asked = 0.95 * free["restitution_cap"][0]
    r = crashsim.collide(m1, a, m2, b, 20.0, restitution=asked)
    returned = (r["absorbed_energy"] - r["dissipated_energy"])[0]
    plateau_limit = 250e3**2 / (2 * 1.5e6)
    assert returned[0] == pytest.approx(plateau_limit, rel=PEAK)
    assert returned[1] > asked**2 * r["absorbed_energy"][0, 1]
    assert r["restitution"][0] == pytest.approx(asked, abs=REACHED)


# ---- in a study ------------------------------------------------------------------------------------------------------

STUDY = """\
name: asked
title: Restitution asked
vehicles:
  kei: {{use: kei-car, mass: 1800 lb, occupant: none}}
  wall: {{use: rigid-wall}}
impacts:
  barrier:
    type: wall
    between: [kei, wall]
    speed: {{kei: 56 km/h}}
    restitution: {restitution}
"""


def study(folder: Path, restitution: float) -> Path:
    path = folder / "asked.yaml"
    path.write_text(STUDY.format(restitution=restitution), encoding="utf-8")
    return path


def test_study_obtains_what_it_asks(tmp_path: Path) -> None:
    results = crashsim.run(study(tmp_path, 0.2))
    assert results["restitution"].item() == pytest.approx(0.2, abs=REACHED)
    assert results["restitution_asked"].item() == 0.2


def test_an_occupant_takes_of_the_rebound_what_stands_beside_the_asked(tmp_path: Path) -> None:
    """The unloading path is that of the two masses; the energy that the restraint has taken does not come back."""
    path = study(tmp_path, 0.2)
    path.write_text(path.read_text().replace(", occupant: none", ""), encoding="utf-8")
    results = crashsim.run(path)
    assert results["restitution_asked"].item() == 0.2
    assert 0.1 < results["restitution"].item() < 0.2 - REACHED


def test_study_beyond_the_cap_is_refused_at_its_place(tmp_path: Path) -> None:
    cap = crashsim.run(study(tmp_path, 0.2))["restitution_cap"].item()
    path = study(tmp_path, 0.9)
    with pytest.raises(ConfigError) as refused:
        crashsim.load_study(path)
    (problem,) = refused.value.problems
    assert (problem.file, problem.line, problem.column) == (str(path), 11, 18)
    assert problem.path == "impacts.barrier.restitution"
    assert f"at most {cap:.4g}" in problem.message
    assert f"{path}:11:18: " in str(refused.value)


def test_a_study_whose_check_was_sampled_is_still_refused_when_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large grids are checked at a sample of their cases; the run itself sees every one."""
    from crashsim.config import study as loader

    monkeypatch.setattr(loader, "check_cases", lambda *_, **__: None)
    tree = {
        "name": "cap",
        "vehicles": {"kei": {"use": "kei-car"}, "wall": {"use": "rigid-wall"}},
        "impacts": {"wall": {"type": "wall", "speed": {"kei": "56 km/h"}, "restitution": 0.9}},
    }
    with pytest.raises(StructureError, match=r"impacts\.wall\.restitution: got 0\.9, expected at most 0\.\d+"):
        crashsim.run(tree)
