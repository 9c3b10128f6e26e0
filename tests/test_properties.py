"""What must hold in every crash: conservation, symmetry, scaling, monotony, and no NaN at the ends of the range."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from crashes import Side, Solved, cases, collide, fronts, masses, modest, partners, sides, speeds
from hypothesis import assume, given
from hypothesis import strategies as st
from oracle import SCALES

import crashsim
from crashsim import structure
from crashsim.engine import local
from crashsim.kernels import batch, derived
from crashsim.kernels.columns import CASE_METRICS, VEHICLE_METRICS
from crashsim.structure import Structure

EXACT = 1e-12  # at any step
STEP = 1e-3  # of max(|value|, scale): two crashes stepped differently, each as near as test_twin.py found
CLOSED = 1e-3  # of the energy: beyond it a case has failed
OF_VEHICLE = VEHICLE_METRICS[: derived.OCCUPANT]
STEPS, ROUNDED = 24, 1e-8  # per ms, fine enough for all; the same steps on scaled numbers
SWAPPED = 1e-8  # the same steps with the sums in another order


def scaled(s: Structure, *, force: float = 1.0, crush: float = 1.0) -> Structure:
    k = force / crush
    return structure.curve(
        s.crush * crush, s.force * force, s.compartment_stiffness * k, s.unloading_stiffness * k,
        unloading_soft_share=s.unloading_soft_share,
    )  # fmt: skip


def ended(solved: Solved) -> bool:
    """Whether all crashes are over after 300 ms: what is stepped."""
    return bool(np.all(solved["pulse_duration"] < 0.3))


# ---- conservation ----------------------------------------------------------------------------------------------------


@modest
@given(sides, partners, speeds, st.one_of(st.none(), st.floats(0.0, 1.0)))
def test_momentum_and_energy_close(a: Side, b: Side, speed: float, share: float | None) -> None:
    free = collide(a, b, speed)
    asked = None if share is None else share * free["restitution_cap"][0]
    r = collide(a, b, speed, restitution=asked)
    assume(ended(r))
    assert r["momentum_residual"][0] <= EXACT
    assert abs(r["energy_residual"][0]) <= STEP
    energy = r["energy_in"][0]
    lost = energy * (1 - r["restitution"][0] ** 2)
    assert r["dissipated_energy"].sum() == pytest.approx(lost, abs=STEP * energy)
    assert r["absorbed_energy"].sum() == pytest.approx(energy, rel=STEP)
    assert r["dynamic_crush"].sum() == pytest.approx(r["mutual_crush"][0], rel=EXACT)
    assert r["status"][0] != "failed"


@modest
@given(sides, partners, speeds)
def test_a_crash_that_does_not_end_has_failed(a: Side, b: Side, speed: float) -> None:
    r = collide((100.0 * a[0], a[1]), (100.0 * b[0], b[1]), speed)
    assume(not ended(r))
    assert r["status"][0] == "failed"


@modest
@given(sides, sides, speeds)
def test_delta_v_ratio_is_the_inverse_mass_ratio(a: Side, b: Side, speed: float) -> None:
    dv1, dv2 = collide(a, b, speed)["delta_v"][0]
    assert dv1 / dv2 == pytest.approx(b[0] / a[0], rel=EXACT)


# ---- symmetry --------------------------------------------------------------------------------------------------------


@modest
@given(sides, partners, speeds)
def test_swapped_vehicles_swap_their_answers(a: Side, b: Side, speed: float) -> None:
    one, other = collide(a, b, speed), collide(b, a, speed)
    for name in (*CASE_METRICS, *OF_VEHICLE):
        if name.endswith("_residual"):
            continue
        mirrored = other[name][:, ::-1] if other[name].ndim == 2 else other[name]
        np.testing.assert_allclose(one[name], mirrored, rtol=SWAPPED, atol=SWAPPED, err_msg=name)


@modest
@given(sides, speeds)
def test_equal_vehicles_share_everything_equally(a: Side, speed: float) -> None:
    r = collide(a, a, speed)
    for name in OF_VEHICLE:
        np.testing.assert_allclose(r[name][0, 0], r[name][0, 1], rtol=SWAPPED, atol=SWAPPED, err_msg=name)


@modest
@given(sides, speeds)
def test_equal_vehicles_head_on_are_one_vehicle_at_a_wall(a: Side, speed: float) -> None:
    """But for the step, which is finer at twice the closing speed."""
    pair, wall = collide(a, a, 2 * speed), collide(a, (np.inf, structure.rigid()), speed)
    assume(ended(pair) and ended(wall))
    for name in (
        "delta_v",
        "dynamic_crush",
        "residual_crush",
        "intrusion",
        "absorbed_energy",
        "dissipated_energy",
        "olc",
    ):
        scale = max(abs(wall[name][0, 0]), SCALES[name])
        np.testing.assert_allclose(pair[name][0, 0], wall[name][0, 0], rtol=0, atol=STEP * scale, err_msg=name)


METERS = ("delta_v", "dynamic_crush", "residual_crush", "peak_force", "olc", "pulse_duration", "restitution")


def study(kind: str, kei: float, pickup: float) -> crashsim.Results:
    return crashsim.run({
        "name": "frames", "title": "One crash in several frames",
        "vehicles": {"kei": {"use": "kei-car"}, "pickup": {"use": "full-size-pickup"}},
        "impacts": {"hit": {"type": kind, "between": ["kei", "pickup"],
                            "speed": {"kei": f"{kei} m/s", "pickup": f"{pickup} m/s"}}},
    })  # fmt: skip


@pytest.mark.parametrize("kind, first, others", [
    ("head-on", (15.0, 15.0), [(30.0, 0.0), (0.0, 30.0), (22.5, 7.5)]),
    ("rear-end", (20.0, 0.0), [(30.0, 10.0), (52.0, 32.0)]),
])  # fmt: skip
def test_only_the_closing_speed_counts(
    kind: str, first: tuple[float, float], others: list[tuple[float, float]]
) -> None:
    still = study(kind, *first)
    for speeds_over_ground in others:
        moving = study(kind, *speeds_over_ground)
        for name in METERS:
            np.testing.assert_allclose(np.asarray(moving[name]), np.asarray(still[name]), rtol=1e-12)


# ---- scaling ---------------------------------------------------------------------------------------------------------


@modest
@given(sides, sides, speeds, st.sampled_from([0.25, 0.5, 2.0, 4.0]))
def test_masses_and_forces_scale_together(a: Side, b: Side, speed: float, factor: float) -> None:
    """Twice the mass with twice the force is the same motion: to the last bit, for powers of two scale without rounding."""
    one = collide(a, b, speed)
    big = collide(*((factor * m, scaled(s, force=factor)) for m, s in (a, b)), speed)
    for name in ("delta_v", "dynamic_crush", "residual_crush", "intrusion", "olc", "peak_acceleration"):
        np.testing.assert_array_equal(big[name], one[name])
    for name in ("peak_force", "absorbed_energy"):
        np.testing.assert_array_equal(big[name], factor * one[name])


@modest
@given(sides, sides, speeds, st.floats(0.2, 5.0))
def test_lengths_and_speeds_scale_together(a: Side, b: Side, speed: float, factor: float) -> None:
    """Curves stretched in crush and force, at a speed stretched alike: the same times, everything else stretched.

    Stepped alike the whole motion scales, so only rounding is left, which a difference of velocities enlarges.
    """
    with patch.object(batch, "planned", lambda columns, points, n, threads=None: np.full(n, STEPS)):
        one = collide(a, b, speed)
        long = collide(*((m, scaled(s, force=factor, crush=factor)) for m, s in (a, b)), factor * speed)
    assume(ended(one) and ended(long))
    for name in ("delta_v", "dynamic_crush", "residual_crush"):
        scale = np.maximum(np.abs(factor * one[name]), SCALES[name])
        np.testing.assert_array_less(np.abs(long[name] - factor * one[name]), ROUNDED * scale, err_msg=name)
    for name in ("pulse_duration", "time_common_velocity", "restitution", "restitution_cap"):
        np.testing.assert_array_less(
            np.abs(long[name] - one[name]), ROUNDED * np.maximum(one[name], SCALES[name]), err_msg=name
        )


@modest
@given(sides, sides, speeds, st.floats(0.2, 5.0))
def test_forces_scale_with_the_square_of_speed(a: Side, b: Side, speed: float, factor: float) -> None:
    """Forces times factor^2 and speed times factor: the same crush in 1/factor of the time."""
    one = collide(a, b, speed)
    fast = collide(*((m, scaled(s, force=factor**2)) for m, s in (a, b)), factor * speed)
    assume(ended(one) and ended(fast))
    np.testing.assert_allclose(fast["dynamic_crush"], one["dynamic_crush"], rtol=STEP)
    np.testing.assert_allclose(fast["delta_v"], factor * one["delta_v"], rtol=STEP, atol=STEP * factor * speed)
    np.testing.assert_allclose(fast["pulse_duration"], one["pulse_duration"] / factor, rtol=STEP, atol=2e-4)


# ---- monotony --------------------------------------------------------------------------------------------------------


@modest
@given(sides, partners)
def test_crush_force_and_energy_grow_with_speed(a: Side, b: Side) -> None:
    r = collide(a, b, np.linspace(0.5, 60.0, 240))
    for name in ("dynamic_crush", "peak_force", "absorbed_energy", "mutual_crush", "intrusion", "delta_v"):
        steps = np.diff(r[name], axis=0)
        assert np.all(steps >= -1e-12 * np.max(np.abs(r[name]))), name
    assert np.all(np.diff(r["mutual_crush"]) > 0)


@modest
@given(sides, fronts, speeds, st.floats(400.0, 20000.0), st.floats(1.05, 4.0))
def test_heavier_partner_means_more_delta_v(
    a: Side, front: Structure, speed: float, mass: float, factor: float
) -> None:
    """At one restitution: with the law's own, a stiffer unloading could outweigh a little mass."""
    light, heavy = (collide(a, (m, front), speed, restitution=0.0) for m in (mass, factor * mass))
    assert heavy["delta_v"][0, 0] > light["delta_v"][0, 0]
    assert heavy["peak_force"][0] >= light["peak_force"][0] * (1 - 1e-12)
    assert heavy["dynamic_crush"][0, 0] >= light["dynamic_crush"][0, 0] * (1 - 1e-12)


@modest
@given(sides, masses, speeds, st.floats(100e3, 600e3), st.floats(1.05, 2.5))
def test_stiffer_partner_plateau_never_lowers_own_crush(
    a: Side, mass: float, speed: float, plateau: float, factor: float
) -> None:
    """As long as the softer partner has crush space left: once it bottoms, more plateau means more energy taken."""
    k = 1.6e6
    soft, stiff = (structure.plateau(k, f, 3.0, 6e6, 1e8, plateau_slope=0.02 * k) for f in (plateau, factor * plateau))
    before, after = collide(a, (mass, soft), speed), collide(a, (mass, stiff), speed)
    assume(before["intrusion"][0, 1] == 0)
    assert after["dynamic_crush"][0, 0] >= before["dynamic_crush"][0, 0] * (1 - 1e-12)
    assert after["peak_force"][0] >= before["peak_force"][0] * (1 - 1e-12)


# ---- extremes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("speed", [1e-3, 1e-2, 0.3, 30.0, 120.0, 240.0])
@pytest.mark.parametrize("m1, m2", [(50.0, 100e3), (100e3, 50.0), (816.0, 816.0), (50.0, np.inf), (100e3, np.inf)])
@pytest.mark.parametrize("share", [None, 0.0, 1.0])
def test_no_nan_at_the_ends_of_the_range(speed: float, m1: float, m2: float, share: float | None) -> None:
    front = structure.plateau(1.5e6, 250e3, 0.5, 3e6, 1e8)
    other = structure.rigid() if np.isinf(m2) else structure.curve([0, 0.001, 5.0], [0, 1e6, 1e8], 1e14, 1e15)
    asked = None if share is None else share * crashsim.collide(m1, front, m2, other, speed)["restitution_cap"]
    r = crashsim.collide(m1, front, m2, other, speed, restitution=asked)
    assert (r["status"][0] == "failed") == (not ended(r))
    if not ended(r):
        return
    for name in (*CASE_METRICS, *OF_VEHICLE):
        assert name in derived.NEVER_REACHED or np.all(np.isfinite(r[name])), name
    assert r["momentum_residual"][0] <= EXACT
    assert abs(r["energy_residual"][0]) <= CLOSED


@pytest.mark.parametrize("slope", [0.0, 2e4])
def test_peak_exactly_on_a_kink(slope: float) -> None:
    """Speeds whose energy is the area up to a kink, to the last bit or two, must not stumble there."""
    rng = np.random.default_rng(7)
    k, fp, m = (rng.uniform(*bounds, 3000) for bounds in ((0.5e6, 3e6), (100e3, 450e3), (500, 5000)))
    length = rng.uniform(0.05, 0.5, 3000)
    energy = fp**2 / (2 * k) + rng.integers(2, size=3000) * (fp + 0.5 * slope * length) * length
    front = structure.plateau(k, fp, fp / k + length, 5e6, 1e8, plateau_slope=slope)
    r = crashsim.collide(m, front, np.inf, structure.rigid(), np.sqrt(2 * energy / m))
    assert set(r["status"]) == {"ok"}
    np.testing.assert_allclose(r["absorbed_energy"][:, 0], energy, rtol=STEP)


@pytest.mark.parametrize("speed", [np.nan, 1e-200, 1e200])
def test_a_number_that_is_none_spoils_its_own_case_only(speed: float) -> None:
    front = structure.plateau(1.5e6, 250e3, 0.5, 3e6, 1e8)
    batch = cases((816.0, front), (816.0, front), np.array([10.0, speed, 10.0]))
    with np.errstate(all="ignore"):
        assert local.solve(batch)["status"].tolist() == ["ok", "failed", "ok"]
