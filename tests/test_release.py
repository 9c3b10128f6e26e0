"""Fronts that let go of each other: two masses on linear springs until a mutual crush, in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from crashsim.kernels import batch
from crashsim.kernels.columns import ABSENT, CASE_METRICS, VEHICLE, VEHICLE_METRICS

MASSES, STIFFNESSES = (850.0, 2500.0), (1.1e6, 1.9e6)
SPEED = 17.9  # m/s
MU = 1.0 / sum(1.0 / m for m in MASSES)
K = 1.0 / sum(1.0 / k for k in STIFFNESSES)
DEEPEST = SPEED / math.sqrt(K / MU)  # m, where nothing lets go
SHARES = np.array([0.05, 0.2, 0.5, 0.9, 0.99])  # of it at which the fronts let go


def solve(release: NDArray[np.float64], per_ms: int, engines: bool = False) -> NDArray[np.float64]:
    """Metrics of crashes on springs, one for each crush at which the fronts let go."""
    parameters: list[object] = [SPEED, np.nan, release]
    for mass, k in zip(MASSES, STIFFNESSES, strict=True):
        own = dict.fromkeys(VEHICLE, 0.0) | ABSENT
        own |= {"mass": mass, "compartment_stiffness": k, "unloading_stiffness": 10.0 * k, "points": 0.0}
        if engines:
            own |= {"engine_mass": 0.12 * mass, "engine_gap": 0.1, "engine_stiffness": 5e6, "engine_unloading": 2e7}
            own |= {"mount_stiffness": 4e5, "mount_damping": 2e3}
        parameters += [own[name] for name in VEHICLE]
    return batch.solve(batch.laid_out(parameters), 0, len(release), per_ms=per_ms)[0]  # type: ignore[arg-type]


def metric(rows: NDArray[np.float64], name: str, side: int | None = None) -> NDArray[np.float64]:
    first = 0 if side is None else len(CASE_METRICS) + side * len(VEHICLE_METRICS)
    return rows[:, first + (CASE_METRICS if side is None else VEHICLE_METRICS).index(name)]


def test_what_is_left_of_the_closing_speed() -> None:
    rows = solve(SHARES * DEEPEST, 20)
    left = SPEED * np.sqrt(1.0 - SHARES**2)
    np.testing.assert_allclose(metric(rows, "separation_speed"), -left, rtol=0.0, atol=1e-3 * SPEED)
    np.testing.assert_allclose(metric(rows, "restitution"), -left / SPEED, atol=1e-3)
    for side, mass in enumerate(MASSES):
        np.testing.assert_allclose(metric(rows, "delta_v", side), MU / mass * (SPEED - left), rtol=2e-3, atol=1e-4)


def test_how_long_and_how_deep_the_contact_is() -> None:
    rows = solve(SHARES * DEEPEST, 20)
    np.testing.assert_allclose(metric(rows, "pulse_duration"), np.arcsin(SHARES) / math.sqrt(K / MU), rtol=2e-3)
    np.testing.assert_allclose(metric(rows, "mutual_crush"), SHARES * DEEPEST, rtol=1e-12)
    np.testing.assert_allclose(metric(rows, "peak_force"), K * SHARES * DEEPEST, rtol=0.03)  # in the middle of a step
    assert np.all(np.isinf(metric(rows, "time_common_velocity")))


def test_the_error_falls_with_the_square_of_the_step() -> None:
    left = SPEED * np.sqrt(1.0 - SHARES**2)
    coarse, fine = (np.abs(metric(solve(SHARES * DEEPEST, n), "separation_speed") + left).max() for n in (8, 32))
    assert fine < coarse / 8.0


@pytest.mark.parametrize("engines", [False, True])
def test_energy_and_momentum_are_kept(engines: bool) -> None:
    rows = solve(np.linspace(0.02, 1.2, 40) * DEEPEST, 20, engines)
    assert np.abs(metric(rows, "energy_residual")).max() < 2e-4
    assert np.abs(metric(rows, "momentum_residual")).max() < 1e-12


def test_a_release_that_is_not_reached_changes_nothing() -> None:
    far, never = solve(np.full(3, 1.01 * DEEPEST), 10), solve(np.full(3, np.inf), 10)
    np.testing.assert_array_equal(far, never)


def test_let_go_cases_lose_all_they_absorbed() -> None:
    rows = solve(SHARES * DEEPEST, 20)
    for side in (0, 1):
        np.testing.assert_allclose(metric(rows, "dissipated_energy", side), metric(rows, "absorbed_energy", side))
