"""The pulse of a crash is the crash: impulse, peak, crush and final speed, in the signs of SAE J211."""

from __future__ import annotations

import numpy as np
import pytest
from crashes import Side, cases, collide, modest, partners, sides, speeds
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import crashsim
from crashsim import structure
from crashsim.engine import local
from crashsim.kernels.crash import crash_history

STEPS = 5001


def history(a: Side, b: Side, speed: float, times: NDArray[np.float64], asked: float = np.nan) -> NDArray[np.float64]:
    inv_mass, v, x, f, n, tail, _, ku, share, e = (
        column[0] for column in local.kernel_arguments(cases(a, b, speed, asked))
    )
    out = np.empty((times.size, 5))
    crash_history(times, inv_mass, v, x, f, n, tail, ku, share, e, out)
    return out


@modest
@given(sides, partners, speeds, st.one_of(st.none(), st.floats(0.0, 1.0)))
def test_pulse_is_the_crash(a: Side, b: Side, speed: float, share: float | None) -> None:
    """Impulse, peak, crush and final speed of the history are those of the metrics; the fronts push by their law."""
    free = collide(a, b, speed)
    asked = np.nan if share is None else share * free["restitution_cap"][0]
    r = collide(a, b, speed, restitution=None if share is None else asked)
    t_peak, t_end = float(r["time_common_velocity"][0]), float(r["pulse_duration"][0])
    up = np.linspace(0, t_peak, STEPS)
    down = t_peak + (t_end - t_peak) * np.geomspace(1e-9, 1.0, STEPS)  # the stiff branch may take a microsecond
    times = np.concatenate([up, np.minimum(down, t_end)])
    force, mutual, approach, own, other = history(a, b, speed, times, asked).T
    assert np.trapezoid(force, times) == pytest.approx(r["delta_v"][0, 0] * a[0], rel=1e-5)
    assert force.max() == pytest.approx(r["peak_force"][0], rel=1e-12)
    assert mutual.max() == pytest.approx(r["mutual_crush"][0], rel=1e-12)
    np.testing.assert_allclose(own + other, mutual, atol=1e-12 * mutual.max())
    assert force.min() >= -1e-6 * force.max()  # a branch of 1e-10 s is sampled with times of 1e-17 s
    assert np.all(np.diff(own[:STEPS]) >= -1e-14)
    assert np.all(np.diff(own[STEPS:]) <= 1e-14)
    for side, crush in ((a, own), (b, other)):
        if side[1].points:
            law = structure.crush_force(side[1], crush[:STEPS])
            np.testing.assert_allclose(force[:STEPS], law, atol=1e-9 * force.max())
    assert -approach[-1] == pytest.approx(r["separation_speed"][0], rel=1e-9, abs=1e-9 * speed)


def test_pulse_after_separation_is_free_flight() -> None:
    a, b = (816.0, structure.plateau(1.5e6, 250e3, 0.5, 3e6, 1e8)), (2495.0, structure.spring(1.6e6, 1e8))
    r = collide(a, b, 30.0)
    end, separation = float(r["pulse_duration"][0]), float(r["separation_speed"][0])
    times = end + np.array([1e-9, 0.01, 0.2])
    force, mutual, approach, own, other = history(a, b, 30.0, times).T
    assert np.all(force == 0.0)
    np.testing.assert_allclose(-approach, separation, rtol=1e-12)
    np.testing.assert_allclose(mutual, r["residual_crush"].sum() - separation * (times - end), rtol=1e-9)
    np.testing.assert_allclose(np.stack([own, other], -1), np.tile(r["residual_crush"], (3, 1)), rtol=1e-12)


@pytest.mark.parametrize("kind, signs", [("head-on", (-1, -1)), ("rear-end", (-1, 1))])
def test_study_pulse_in_each_vehicles_own_axes(kind: str, signs: tuple[int, int]) -> None:
    """SAE J211: a hit in the front decelerates, one in the rear pushes forward; speeds change by delta-v."""
    results = crashsim.run({
        "name": "pulses", "title": "Pulses",
        "vehicles": {"kei": {"use": "kei-car"}, "pickup": {"use": "full-size-pickup"}},
        "impacts": {"hit": {"type": kind, "between": ["kei", "pickup"], "speed": {"kei": "18 m/s", "pickup": "5 m/s"}}},
        "output": {"pulses": [{"name": "hit", "impact": "hit"}]},
    })  # fmt: skip
    (pulse,) = results.pulses
    for i, name in enumerate(("kei", "pickup")):
        row = results.sel(vehicle=name)
        dv = row["delta_v"].item()
        assert np.all(signs[i] * pulse.acceleration[i] >= 0)
        assert pulse.velocity[i, 0] == pytest.approx((18.0, 5.0)[i], rel=1e-15)
        assert signs[i] * (pulse.velocity[i, -1] - pulse.velocity[i, 0]) == pytest.approx(dv, rel=1e-12)
        assert signs[i] * np.trapezoid(pulse.acceleration[i], pulse.time) == pytest.approx(dv, rel=1e-3)  # 10 kHz
        np.testing.assert_allclose(np.abs(pulse.acceleration[i]) * row["impact_mass"].item(), pulse.force, rtol=1e-14)
        assert pulse.crush[i].max() == pytest.approx(row["dynamic_crush"].item(), rel=1e-3)
        assert pulse.crush[i, -1] == pytest.approx(row["residual_crush"].item(), rel=1e-12)
