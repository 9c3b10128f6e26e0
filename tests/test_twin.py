"""The kernel against its slow twin on random crashes over the whole space of parameters, at the default step.

The study of all 500 cases, at several steps, is ``python -m benchmarks.convergence``; its page is docs/convergence.md.
"""

from __future__ import annotations

import os

import numpy as np
import oracle
import pytest
from fast import COMPARED, drawn, errors, solve
from oracle.many import Raw, part, single

STUDY, SEED = 500, 1  # cases of benchmarks.convergence
CASES = int(os.environ.get("CRASHSIM_TWIN_CASES", "40"))  # how many of them are solved here
# Error at the default step, as a share of max(|value|, oracle.SCALES): of 99 in 100, and the worst of the 500 cases of the
# study, rounded up to one digit.
BOUNDS = {
    "peak_force": (0.0003, 0.0006),
    "mutual_crush": (1e-5, 2e-5),
    "time_common_velocity": (4e-5, 6e-5),
    "pulse_duration": (5e-5, 0.0002),
    "separation_speed": (0.0002, 0.0006),
    "restitution": (0.0002, 0.0007),
    "restitution_cap": (1e-12, 1e-12),
    "delta_v": (3e-5, 6e-5),
    "compartment_delta_v": (0.0002, 0.0003),
    "peak_acceleration": (0.0009, 0.002),
    "mean_acceleration": (6e-5, 0.0003),
    "olc": (4e-5, 8e-5),
    "oiv": (8e-5, 0.0002),
    "ora": (0.002, 0.002),
    "asi": (0.0001, 0.0003),
    "vpi": (0.0002, 0.003),
    "dynamic_crush": (2e-5, 2e-5),
    "residual_crush": (2e-5, 0.0002),
    "intrusion": (7e-5, 0.0002),
    "firewall_crush": (0.0009, 0.004),
    "absorbed_energy": (3e-5, 3e-5),
    "dissipated_energy": (0.0002, 0.0009),
    "chest_peak": (0.0004, 0.0005),
    "chest_3ms": (6e-5, 0.0002),
    "belt_force": (4e-5, 4e-5),
    "excursion": (5e-5, 0.0001),
    "head_excursion": (4e-5, 7e-5),
    "hic15": (0.0005, 0.0005),
    "hic36": (0.0005, 0.003),
    "ride_down": (0.0005, 0.0007),
    "knee_force": (9e-5, 0.0002),
    "head_contact_force": (0.0002, 0.0007),
}


@pytest.fixture(scope="module")
def case() -> Raw:
    return part(drawn(STUDY, SEED), np.arange(CASES))


@pytest.fixture(scope="module")
def slow(case: Raw) -> list[Raw]:
    return [oracle.solve(single(case, i)) for i in range(CASES)]


@pytest.fixture(scope="module")
def found(case: Raw, slow: list[Raw]) -> dict[str, np.ndarray]:
    return errors(solve(case), slow)


def test_every_metric_that_both_have_is_compared() -> None:
    assert set(BOUNDS) == set(COMPARED)
    assert set(oracle.SCALES) - set(COMPARED) == {"ees", "rate_energy", "contact"}


@pytest.mark.parametrize("name", BOUNDS)
def test_kernel_agrees_with_its_twin(found: dict[str, np.ndarray], name: str) -> None:
    values = found[name][~np.isnan(found[name])]
    most, worst = BOUNDS[name]
    assert values.size >= 0.8 * CASES
    assert np.quantile(values, 0.95, method="higher") <= most
    assert values.max() <= worst, f"case {np.nanargmax(found[name])}"


def test_smaller_steps_come_nearer(case: Raw, slow: list[Raw], found: dict[str, np.ndarray]) -> None:
    """At 32 steps per millisecond the median over all metrics has fallen to a tenth or less."""
    fine = errors(solve(case, per_ms=32), slow)
    ratios = [
        np.nanmedian(fine[name]) / np.nanmedian(found[name]) for name in COMPARED if np.nanmedian(found[name]) > 1e-12
    ]
    assert np.median(ratios) <= 0.1


def test_twin_keeps_its_own_books(slow: list[Raw]) -> None:
    assert max(abs(s["energy_residual"]) for s in slow) <= 1e-9
    assert np.nanmax([abs(s["momentum_residual"]) for s in slow]) <= 1e-12
