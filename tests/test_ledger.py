"""Energy and momentum of a hundred thousand random crashes at the default step."""

from __future__ import annotations

import math

import numpy as np
import pytest
from fast import drawn, solve

CASES = 100_000
Solved = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def solved() -> Solved:
    return solve(drawn(CASES, 20240611))


def test_the_energy_ledger_closes(solved: Solved) -> None:
    """Kinetic energy at contact against what is left, spent and stored, element by element (issue: median, p99, failure)."""
    residual = np.abs(solved["energy_residual"])
    median, p99 = np.quantile(residual, [0.5, 0.99])
    assert median <= 3e-5
    assert p99 <= 1e-4
    assert residual.max() <= 1e-3


def test_momentum_is_conserved(solved: Solved) -> None:
    assert np.abs(solved["momentum_residual"]).max() <= 1e-12


def test_cases_reach_every_regime() -> None:
    case = drawn(1000, 1)
    out = solve(case)
    seen = {
        "wall": np.isinf(case["b"]["mass"]), "asked": ~np.isnan(case["restitution"]), "bottomed": out["a"]["intrusion"] > 0.0,
        "no engine": case["a"]["engine_mass"] == 0.0, "firewall": out["a"]["firewall_crush"] > 0.0,
        "empty": case["a"]["torso_mass"] == 0.0, "unbelted": (case["a"]["torso_mass"] > 0.0) & (case["a"]["belt_stiffness"] == 0.0),
        "late bag": case["a"]["airbag_fire"] == 0.060, "knee": out["a"]["knee_force"] > 0.0,
        "head contact": out["a"]["head_contact_force"] > 0.0, "limited belt": out["a"]["belt_force"] >= 0.999 * case["a"]["belt_limit"],
        "rate": case["a"]["rate"] > 0.0,
    }  # fmt: skip
    assert min(np.count_nonzero(there) for there in seen.values()) >= 50, {
        k: np.count_nonzero(v) for k, v in seen.items()
    }
    assert math.isclose(np.nanmin(case["restitution"]), 0.05, rel_tol=0.5)
