"""Vehicle pulse criteria: other tools' numbers, closed forms, twins by scipy, properties, the measured Camry pulse."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.interpolate import PPoly
from scipy.optimize import brentq

from crashsim.kernels import severity
from crashsim.kernels.filters import cfc_filter
from crashsim.kernels.hic import hic
from crashsim.kernels.injury import clip
from crashsim.kernels.virtual_occupant import flail, olc, vpi

Floats = NDArray[np.float64]

G = 9.80665
DT = 1e-4
TIME = np.arange(2001) * DT
# half-sine of 30 "g" of 9.81 m/s^2 over 100 ms: the pulse of the other tools' numbers, from 18.73570449126342 m/s
HALF_SINE = np.where(TIME <= 0.1, 30 * 9.81 * np.sin(np.pi * TIME / 0.1), 0.0)
SPEED = 18.73570449126342
CAMRY = Path(__file__).parents[2] / "shared" / "data" / "nhtsa_v10146_camry2018_ncap_raw10kHz.csv"


def random_pulse(seed: int, samples: int = 160, dt: float = 1e-3) -> Floats:
    """A pulse that slows the vehicle on the whole, with reversals, ending at zero."""
    rng = np.random.default_rng(seed)
    pulse = 150.0 + 60.0 * rng.standard_normal(samples) + 120.0 * np.sin(np.arange(samples) * dt * rng.uniform(20, 90))
    pulse[-1] = 0.0
    return pulse


def polynomials(pulse: Floats, dt: float) -> tuple[PPoly, PPoly]:
    """Velocity lost and free travel in scipy's own piecewise polynomials, going on 10 s after the record."""
    times = np.append(np.arange(pulse.size) * dt, (pulse.size - 1) * dt + 10.0)
    steps = np.append(0.5 * (pulse[1:] + pulse[:-1]), 0.0)
    lost = PPoly(steps[None, :], times).antiderivative()
    return lost, lost.antiderivative()


# ---- OLC -----------------------------------------------------------------------------------------------------------


def test_olc_against_crashmetrics_and_pyisomme() -> None:
    """crashmetrics 0.6.0 ``pulse.olc``, a root solve of the half-sine, pyisomme 1.1.0 (rounds to a sample: +0.19 %)."""
    found = olc(HALF_SINE, DT)
    assert found.value / 9.81 == pytest.approx(31.34408238104614, rel=1e-12)
    assert (found.restrained, found.end) == pytest.approx((0.03554228, 0.09626473), abs=5e-9)
    assert found.value / 9.81 == pytest.approx(31.344153, rel=3e-6)
    assert found.value / 9.81 == pytest.approx(31.403649173403046, rel=2e-3)


def test_olc_of_a_constant_deceleration() -> None:
    assert olc(np.full(4001, 20 * G), DT).value == pytest.approx(20 * G * 0.300 / 0.235, rel=1e-12)
    assert olc(np.full(2, 20 * G), 0.2).value == pytest.approx(20 * G * 0.300 / 0.235, rel=1e-12)  # one step is enough


@pytest.mark.parametrize("speed", [15.0, 16.0])
def test_olc_of_a_constant_deceleration_that_ends(speed: float) -> None:
    """(V^2/2)/(V^2/(2a) + 0.3 - V sqrt(0.13/a)); crashmetrics, on samples and with g 9.81: 23.53402 for 15 m/s."""
    a = 20 * 9.81
    dt = speed / a / 20000
    pulse = np.full(20001, a)
    closed = (speed**2 / 2) / (speed**2 / (2 * a) + 0.3 - speed * math.sqrt(0.13 / a))
    assert olc(pulse, dt).value == pytest.approx(closed, rel=1e-12)  # the record ends where the vehicle stops
    if speed == 15.0:
        assert closed / 9.81 == pytest.approx(23.53438, abs=5e-6)
        assert closed / 9.81 == pytest.approx(23.53402, rel=2e-5)


@pytest.mark.parametrize("seed", range(20))
def test_olc_against_scipy_polynomials(seed: int) -> None:
    pulse = random_pulse(seed)
    lost, travel = polynomials(pulse, 1e-3)
    t1 = min(t for t in travel.solve(0.065, extrapolate=False) if t > 0)

    def residual(t: float) -> float:
        return float(travel(t) - 0.5 * lost(t) * (t - t1) - 0.300)

    later = np.arange(t1, 1.0, 1e-4)
    crossed = int(np.argmax([residual(t) >= 0.0 for t in later]))
    t2 = brentq(residual, later[crossed - 1], later[crossed], xtol=1e-15)
    assert olc(pulse, 1e-3) == pytest.approx((lost(t2) / (t2 - t1), t1, t2), rel=1e-10)


# ---- flail space ---------------------------------------------------------------------------------------------------


def test_flail_of_a_constant_deceleration() -> None:
    a = 20 * G
    found = flail(np.full(4001, a), DT)
    assert found == pytest.approx((math.sqrt(1.2 * a), a, math.sqrt(1.2 / a)), rel=1e-11)


def test_flail_of_a_half_sine() -> None:
    """Travel A (t T/pi - sin(pi t/T) T^2/pi^2) = 0.6; the largest 10 ms mean is the first after it."""
    a, w = 30 * 9.81, np.pi / 0.1
    strike = brentq(lambda t: a * (t / w - np.sin(w * t) / w**2) - 0.6, 0.01, 0.1)
    found = flail(HALF_SINE, DT)
    assert found.impact_velocity == pytest.approx(a * (1 - np.cos(w * strike)) / w, rel=1e-5)
    assert found.time == pytest.approx(strike, rel=1e-5)
    mean = a * (np.cos(w * strike) - np.cos(w * (strike + 0.010))) / w / 0.010
    assert found.ridedown == pytest.approx(mean, rel=1e-4)


@pytest.mark.parametrize("seed", range(10))
def test_flail_against_scipy_polynomials(seed: int) -> None:
    pulse = random_pulse(seed, 220)
    lost, travel = polynomials(pulse, 1e-3)
    strike = min(t for t in travel.solve(0.6, extrapolate=False) if t > 0)
    later = np.append(strike, np.arange(math.ceil(strike * 1e4), 2300) * 1e-4)
    ridedown = abs(lost(later + 0.010) - lost(later)).max() / 0.010
    assert flail(pulse, 1e-3) == pytest.approx((float(lost(strike)), ridedown, strike), rel=1e-9)


def test_flail_and_olc_after_the_record_and_never() -> None:
    """30 m/s^2 for 50 ms: 1.5 m/s lost and 37.5 mm travelled; the rest at 1.5 m/s."""
    found = flail(np.full(501, 30.0), DT)
    assert found == pytest.approx((1.5, 0.0, 0.05 + (0.6 - 0.0375) / 1.5), rel=1e-11)
    restrained = 0.05 + (0.065 - 0.0375) / 1.5
    end = restrained + 2 * 0.235 / 1.5
    assert olc(np.full(501, 30.0), DT) == pytest.approx((1.5 / (end - restrained), restrained, end), rel=1e-11)
    for never in (np.zeros(10), np.full(10, -5.0), np.full(10, np.nan)):
        assert np.isnan(olc(never, DT).value)
        assert np.isnan(flail(never, DT).impact_velocity)


# ---- VPI -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dt", [1e-4, 1e-2])
def test_vpi_of_a_constant_deceleration(dt: float) -> None:
    a = 20 * G
    closed = a * (1 + math.sqrt(1 + 2 * 2500 * 0.03 / a))
    assert vpi(np.full(round(0.3 / dt) + 1, a), dt) == pytest.approx(closed, rel=1e-12)


def test_vpi_when_the_record_ends_first() -> None:
    """A short knock leaves a relative speed: the spring then takes it alone, a = w u."""
    assert vpi(np.full(11, 300.0), DT) == pytest.approx(50.0 * 0.3, rel=1e-12)
    assert vpi(np.full(11, -300.0), DT) == 0.0
    assert vpi(np.full(11, 300.0), DT, slack=0.0) == pytest.approx(300 * math.hypot(1 - math.cos(0.05), math.sin(0.05)))


@pytest.mark.parametrize("slack", [0.0, 0.03])
@pytest.mark.parametrize("seed", range(6))
def test_vpi_against_scipy_integration(seed: int, slack: float) -> None:
    """Coarse steps of 10 ms and long reversals: the spring goes slack and tight again, also within one step."""
    rng = np.random.default_rng(seed)
    pulse = rng.uniform(-250.0, 350.0, 40)

    def motion(t: float, y: Floats, d: float) -> list[float]:
        return [y[1], d - 2500.0 * max(y[0] - slack, 0.0)]

    y, peak = np.zeros(2), 0.0
    for d in [*(0.5 * (pulse[1:] + pulse[:-1])), *np.zeros(20)]:
        step = solve_ivp(motion, (0, 0.01), y, args=(d,), rtol=1e-9, atol=1e-12, max_step=1e-4)
        y, peak = step.y[:, -1], max(peak, 2500.0 * (step.y[0].max() - slack))
    assert vpi(pulse, 0.01, slack=slack) == pytest.approx(peak, rel=2e-5)


def test_vpi_refuses_no_spring_and_spoilt_pulses_are_nan() -> None:
    with pytest.raises(ValueError, match="stiffness above 0"):
        vpi(HALF_SINE, DT, stiffness=0.0)
    assert np.isnan(vpi(np.array([1.0, np.nan, 1.0]), DT))


# ---- the pulse itself ----------------------------------------------------------------------------------------------


def test_summary_and_stop_against_crashmetrics() -> None:
    """crashmetrics 0.6.0 ``pulse.pulse_summary``: 294.3 m/s^2, 0.9367852245631719 m at 0.1 s, no rebound."""
    found = severity.summary(HALF_SINE, DT)
    assert found.peak == pytest.approx(294.3, rel=1e-12)
    assert found.peak_time == pytest.approx(0.05)
    assert found.delta_v == pytest.approx(SPEED, rel=1e-12)
    assert found.duration == pytest.approx(0.1)
    assert found.mean == pytest.approx(SPEED / 0.1, rel=1e-12)
    assert severity.stop(HALF_SINE, DT, SPEED) == pytest.approx((0.9367852245631719, 0.1), rel=1e-9)
    assert severity.summary(np.full(9, -1.0), DT).mean == 0.0


def test_stop_within_a_step_and_never() -> None:
    assert severity.stop(np.full(4, 200.0), 0.1, 15.0) == pytest.approx((15**2 / 400, 0.075), rel=1e-13)
    assert severity.stop(np.full(4, 20.0), 0.1, 15.0) == pytest.approx((15 * 0.3 - 10 * 0.09, 0.3), rel=1e-13)


def test_asi_of_a_half_sine_and_of_three_axes() -> None:
    """The best 50 ms of a half-sine of 100 ms are the middle: mean A sqrt(2) 2/pi."""
    assert severity.asi(HALF_SINE, DT) == pytest.approx(30 * 9.81 * 2 * math.sqrt(2) / math.pi / (12 * G), rel=1e-5)
    constant = np.full(2001, G)
    assert severity.asi(12 * constant, DT, 9 * constant, -10 * constant) == pytest.approx(math.sqrt(3), rel=1e-12)
    assert severity.asi(12 * constant, DT, z=10 * constant) == pytest.approx(math.sqrt(2), rel=1e-12)
    assert severity.asi(np.full(251, 12 * G), DT) == pytest.approx(0.5, rel=1e-12)  # 25 ms, then zero


@pytest.mark.parametrize("seed", range(5))
def test_ride_down_identity(seed: int) -> None:
    """e_rd + e_rs = (V^2 - v_o^2)/2, whatever the two pulses."""
    vehicle, occupant = random_pulse(seed), random_pulse(seed + 50)
    found = severity.ride_down(vehicle, occupant, 1e-3, 40.0)
    left = 40.0 - np.trapezoid(occupant, dx=1e-3)
    assert left > 0.0
    assert found.vehicle + found.restraint == pytest.approx((40.0**2 - left**2) / 2, rel=1e-12)


def test_ride_down_of_the_two_extremes() -> None:
    """Bolted to the vehicle the restraint takes nothing; a vehicle that stands at once takes nothing."""
    bolted = severity.ride_down(HALF_SINE, HALF_SINE, DT, SPEED)
    assert (bolted.efficiency, bolted.restraint) == pytest.approx((1.0, 0.0), abs=1e-12)
    wall = np.zeros(2001)
    wall[0] = 2 * SPEED / DT
    free = np.where(TIME > 0.005, 20.0 * G, 0.0)
    assert severity.ride_down(wall, free, DT, SPEED).efficiency == pytest.approx(0.0, abs=1e-12)


# ---- all of them ---------------------------------------------------------------------------------------------------


def everything(pulses: Floats, dt: float) -> dict[str, list[float]]:
    """Every compiled criterion of every pulse."""
    rows = {
        "olc": olc(pulses, dt),
        "flail": flail(pulses, dt),
        "vpi": (vpi(pulses, dt),),
        "stop": severity.stop(pulses, dt, 12.0),
        "hic": hic(abs(pulses), dt),
        "clip": (clip(pulses, dt), clip(pulses, dt, cumulative=True)),
        "cfc": (cfc_filter(pulses, dt, 60).max(axis=-1),),
    }
    return {name: np.array(values).ravel().tolist() for name, values in rows.items()}


def test_the_same_numbers_without_the_compiler() -> None:
    here = Path(__file__)
    code = (
        f"import json, sys; sys.path.insert(0, {str(here.parent)!r}); import numpy as np; from test_severity import *;"
        "print(json.dumps(everything(np.stack([random_pulse(s) for s in range(3)]), 1e-3)))"
    )
    plain = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    slow = json.loads(plain.stdout)
    fast = everything(np.stack([random_pulse(s) for s in range(3)]), 1e-3)
    for name, values in fast.items():
        assert slow[name] == pytest.approx(values, rel=1e-13), name


def test_zeros_after_the_pulse_and_other_rows_change_nothing() -> None:
    pulses = np.stack([random_pulse(s) for s in range(200)])
    batch = everything(pulses, 1e-3)
    padded = everything(np.pad(pulses, ((0, 0), (0, 90))), 1e-3)
    alone = everything(pulses[150:151], 1e-3)
    for name in ("olc", "flail", "vpi", "hic"):
        assert padded[name] == pytest.approx(batch[name], rel=1e-11), name
        assert np.array_equal(np.reshape(batch[name], (-1, 200))[:, 150], alone[name]), name


@pytest.mark.skipif(not CAMRY.exists(), reason="the measured Camry test (NHTSA 10146) is not beside the repository")
def test_camry_pulse() -> None:
    """Peak 41.7 g at 64.2 ms, 741 mm at 73.5 ms, 18.57 m/s with the rebound; the others by another reading of the same
    channels: OLC, VPI, ASI, OIV within 1 %, driver chest ride-down 0.51 within 0.02."""
    data = np.genfromtxt(CAMRY, delimiter=",", names=True)
    after = data["t_ms"] > -0.01
    mean = -0.5 * (data["ax_rear_left_g"] + data["ax_rear_right_g"]) * G
    pulse, v0 = cfc_filter(mean, DT, 60)[after], 57.09 / 3.6
    found = severity.summary(pulse, DT)
    assert found.peak / G == pytest.approx(41.7, abs=0.05)
    assert found.peak_time == pytest.approx(0.0642, abs=1e-4)
    assert found.delta_v == pytest.approx(v0 + 2.71, abs=0.02)
    assert severity.stop(pulse, DT, v0) == pytest.approx((0.741, 0.0735), rel=1e-3)
    assert olc(pulse, DT).value / G == pytest.approx(29.5, rel=1e-2)
    assert vpi(pulse, DT) / G == pytest.approx(59.9, rel=1e-2)
    assert severity.asi(pulse, DT) == pytest.approx(2.35, rel=1e-2)
    assert flail(pulse, DT).impact_velocity == pytest.approx(17.9, rel=1e-2)
    chest = -cfc_filter(data["drv_chest_ax_g"], DT, 180)[after] * G
    assert severity.ride_down(pulse, chest, DT, v0).efficiency == pytest.approx(0.51, abs=0.02)
