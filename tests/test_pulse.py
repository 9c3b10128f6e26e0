"""The pulse of a crash is the crash: impulse, peaks, crush and final speed, in the signs of SAE J211."""

from __future__ import annotations

import numpy as np
import pytest
from crashes import Side, cases, collide, modest, partners, sides, speeds
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

import crashsim
from crashsim import structure
from crashsim.cases import longest_curve, raw_columns
from crashsim.kernels import batch
from crashsim.kernels.history import history
from crashsim.results import Pulse, Results

Floats = NDArray[np.float64]


def stepped(a: Side, b: Side, speed: float, asked: float = np.nan) -> tuple[Floats, dict[str, Floats]]:
    """Times and histories of one crash at its own step."""
    one = cases(a, b, speed, asked)
    columns, points = batch.laid_out([column for _, column in raw_columns(one)]), longest_curve(one)
    _, per_ms = batch.solve(columns, points, 1)
    found = history(columns, points, 0, int(per_ms[0]))
    return np.linspace(0.0, 0.3, found["rails"].size), found


@modest
@given(sides, partners, speeds, st.one_of(st.none(), st.floats(0.0, 1.0)))
def test_history_is_the_crash(a: Side, b: Side, speed: float, share: float | None) -> None:
    """Impulse, peak, crush and final speed of the history are those of the metrics; the fronts push by their law."""
    free = collide(a, b, speed)
    asked = np.nan if share is None else share * free["restitution_cap"][0]
    r = collide(a, b, speed, restitution=None if share is None else asked)
    assume(r["pulse_duration"][0] < 0.3)
    time, found = stepped(a, b, speed, asked)
    force, (own, other) = found["rails"], found["crush"]
    assert force.sum() * time[1] == pytest.approx(r["delta_v"][0, 0] * a[0], rel=1e-12)
    assert force.max() == pytest.approx(r["peak_force"][0], rel=1e-15)
    np.testing.assert_allclose(found["deceleration"][0] * a[0], force, rtol=1e-12)
    assert force.min() >= 0.0
    assert not found["blocks"].any()
    peak = int(np.argmax(own + other))
    assert own[peak] + other[peak] <= r["mutual_crush"][0] * (1 + 1e-12)
    assert own[peak] + other[peak] == pytest.approx(r["mutual_crush"][0], rel=5e-4)  # it turns between two steps
    for side, crush in ((a, own), (b, other)):
        assert np.all(np.diff(crush[:peak]) >= -1e-14)
        assert np.all(np.diff(crush[peak + 1 :]) <= 1e-14 + 1e-12 * crush[peak])
        if side[1].points:
            law = structure.crush_force(side[1], crush[:peak])
            np.testing.assert_allclose(force[:peak], law, atol=1e-9 * force.max())
    np.testing.assert_allclose([own[-1], other[-1]], r["residual_crush"][0], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found["lost_speed"][:, -1], r["delta_v"][0], rtol=1e-9, atol=1e-12)


def test_after_separation_nothing_changes() -> None:
    a, b = (816.0, structure.plateau(1.5e6, 250e3, 0.5, 3e6, 1e8)), (2495.0, structure.spring(1.6e6, 1e8))
    end = float(collide(a, b, 30.0)["pulse_duration"][0])
    time, found = stepped(a, b, 30.0)
    after = time > end + 1e-3
    assert np.all(found["rails"][after] == 0.0)
    for name in ("crush", "lost_speed"):
        np.testing.assert_allclose(np.diff(found[name][:, after], axis=1), 0.0, atol=1e-12)


def run(kind: str, **vehicle: object) -> tuple[Pulse, Results]:
    results = crashsim.run({
        "name": "pulses", "title": "Pulses",
        "vehicles": {"kei": {"use": "kei-car", **vehicle}, "pickup": {"use": "full-size-pickup", **vehicle}},
        "impacts": {"hit": {"type": kind, "between": ["kei", "pickup"], "speed": {"kei": "18 m/s", "pickup": "5 m/s"}}},
        "output": {"pulses": [{"name": "hit", "impact": "hit"}]},
    })  # fmt: skip
    return results.pulses[0], results


@pytest.mark.parametrize("kind, signs", [("head-on", (-1, -1)), ("rear-end", (-1, 1))])
def test_study_pulse_in_each_vehicles_own_axes(kind: str, signs: tuple[int, int]) -> None:
    """SAE J211: a hit in the front decelerates, one in the rear pushes forward; speeds change by delta-v."""
    pulse, results = run(kind, occupant="none")
    for i, name in enumerate(("kei", "pickup")):
        row = results.sel(vehicle=name)
        dv = row["delta_v"].item()
        assert np.all(signs[i] * pulse.acceleration[i] >= 0)
        assert pulse.velocity[i, 0] == pytest.approx((18.0, 5.0)[i], rel=1e-15)
        assert signs[i] * (pulse.velocity[i, -1] - pulse.velocity[i, 0]) == pytest.approx(dv, rel=1e-12)
        assert signs[i] * np.trapezoid(pulse.acceleration[i], pulse.time) == pytest.approx(dv, rel=1e-3)  # 10 kHz
        np.testing.assert_allclose(np.abs(pulse.acceleration[i]) * row["impact_mass"].item(), pulse.force, rtol=1e-12)
        assert pulse.crush[i].max() == pytest.approx(row["dynamic_crush"].item(), rel=1e-3)
        assert pulse.crush[i, -1] == pytest.approx(row["residual_crush"].item(), rel=1e-12)
        for history_of_occupant in (pulse.chest_acceleration, pulse.head_acceleration, pulse.belt_force):
            assert np.isnan(history_of_occupant[i]).all()


def test_chest_and_head_of_a_study_pulse() -> None:
    """Restraints slow the occupant of a loaded front; nobody is modelled behind a loaded rear."""
    pulse, results = run("rear-end")
    kei = results.sel(vehicle="kei")
    assert pulse.chest_acceleration[0].min() == pytest.approx(-kei["chest_peak"].item(), rel=1e-3)  # type: ignore[operator]
    assert pulse.belt_force[0].max() == pytest.approx(kei["belt_force"].item(), rel=1e-3)
    assert pulse.head_acceleration[0].min() < -20 * 9.80665
    lost = -np.trapezoid(pulse.chest_acceleration[0], pulse.time)
    assert 1.0 < lost / kei["delta_v"].item() < 1.3  # type: ignore[operator]  # belt and bag throw the occupant back
    for of_pickup in (pulse.chest_acceleration[1], pulse.head_acceleration[1], pulse.belt_force[1]):
        assert np.isnan(of_pickup).all()
    assert np.isnan(results.sel(vehicle="pickup")["chest_3ms"].item())
