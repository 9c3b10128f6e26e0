"""What momentum alone says: identities, walls, broadcasting, and the low-speed fit of restitution."""

from __future__ import annotations

import numpy as np
import pytest

from crashsim import momentum

M1, M2, V = 816.0, 2495.0, 27.8


def test_reduced_mass() -> None:
    assert float(momentum.reduced_mass(M1, M2)) == pytest.approx(M1 * M2 / (M1 + M2), rel=1e-15)
    assert float(momentum.reduced_mass(M1, np.inf)) == M1
    assert float(momentum.reduced_mass(M1, M1)) == M1 / 2


@pytest.mark.parametrize("e", [0.0, 0.15, 1.0])
def test_delta_v_conserves_momentum_and_gives_the_restitution(e: float) -> None:
    dv1, dv2 = momentum.delta_v(M1, M2, V, e), momentum.delta_v(M2, M1, V, e)
    assert float(M1 * dv1) == pytest.approx(float(M2 * dv2), rel=1e-15)
    assert float(dv1 + dv2 - V) == pytest.approx(e * V, abs=1e-13)  # separation speed


def test_delta_v_at_a_wall() -> None:
    assert float(momentum.delta_v(M1, np.inf, V, 0.1)) == pytest.approx(1.1 * V, rel=1e-15)


@pytest.mark.parametrize("e", [0.0, 0.15, 1.0])
def test_energy_lost_is_the_loss_over_ground(e: float) -> None:
    dv1, dv2 = (float(dv) for dv in (momentum.delta_v(M1, M2, V, e), momentum.delta_v(M2, M1, V, e)))
    lost = 0.5 * M1 * V**2 - 0.5 * M1 * (V - dv1) ** 2 - 0.5 * M2 * dv2**2
    assert float(momentum.energy_lost(M1, M2, V, e)) == pytest.approx(lost, rel=1e-13, abs=1e-9)


@pytest.mark.parametrize("e", [0.0, 0.15, 0.6])
@pytest.mark.parametrize("partner", [M2, np.inf])
def test_delta_v_from_energy_undoes_energy_lost(e: float, partner: float) -> None:
    lost = momentum.energy_lost(M1, partner, V, e)
    found = momentum.delta_v_from_energy(M1, partner, lost, e)
    assert float(found) == pytest.approx(float(momentum.delta_v(M1, partner, V, e)), rel=1e-13)


def test_arrays_broadcast() -> None:
    speeds, restitutions = np.linspace(1, 40, 5)[:, None], np.linspace(0, 1, 3)
    assert momentum.delta_v(M1, M2, speeds, restitutions).shape == (5, 3)
    assert momentum.energy_lost(M1, M2, speeds, restitutions).shape == (5, 3)


def test_speed_fit_falls_with_speed_to_its_floor() -> None:
    speeds = np.geomspace(0.01, 60, 400)
    e = momentum.speed_fit_restitution(speeds)
    assert np.all(np.diff(e) <= 0)
    assert e[0] == e[speeds <= 1.0][-1] == 0.47477
    assert e[-1] == e[speeds > 11.4][0] == momentum.RESTITUTION_FLOOR
    assert e[speeds < 11.2][-1] > momentum.RESTITUTION_FLOOR


def test_unclamped_fit_would_turn_negative_at_16_m_s() -> None:
    log_v = np.log10(16.4)
    assert np.polynomial.polynomial.polyval(log_v, momentum.CIPRIANI) == pytest.approx(0.0, abs=2e-3)
    assert float(momentum.speed_fit_restitution(16.4)) == momentum.RESTITUTION_FLOOR
