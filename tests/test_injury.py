"""Channel filter, HIC, 3 ms clip, VC, Nij: other tools' numbers, closed forms, brute force, properties, a crash."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from crashsim.kernels.filters import J211_CUTOFF, cfc_filter
from crashsim.kernels.hic import HIC15, HIC36, hic
from crashsim.kernels.injury import CHEST_DEPTH, NECK_INTERCEPTS, clip, nij, viscous_criterion

Floats = NDArray[np.float64]

G = 9.80665
DT = 1e-4
TIME = np.arange(2001) * DT
CAMRY = Path(__file__).parents[2] / "shared" / "data" / "nhtsa_v10146_camry2018_ncap_raw10kHz.csv"


def half_sine(peak: float, length: float, dt: float = DT) -> Floats:
    t = np.arange(round(0.2 / dt) + 1) * dt
    return np.where(t <= length, peak * np.sin(np.pi * t / length), 0.0)


SQUARE = np.where((TIME >= 0.02) & (TIME <= 0.08), 30.0, 0.0)
# resultants of 2 to 400 samples; a few values of many sizes make plateaus, ties and zeros likely
resultants = arrays(np.float64, st.integers(2, 400), elements=st.floats(0.0, 3e3, width=32))
some = settings(max_examples=60, deadline=None)


# ---- SAE J211 filter -----------------------------------------------------------------------------------------------


def test_filter_against_crashmetrics_and_pycrash() -> None:
    """crashmetrics 0.6.0 ``signals.cfc_filter``, pycrash 0.0.18 ``cfcfilt`` (which takes pi = 3.14159)."""
    filtered = cfc_filter(SQUARE, DT, 60)
    assert filtered.max() == pytest.approx(31.006947172245365, rel=1e-12)
    expected = [11.331511544184089, 15.414962909168697, 19.446303391345012, 30.000001033385708]
    assert filtered[[195, 200, 205, 500]] == pytest.approx(expected, rel=1e-12)
    assert filtered.max() == pytest.approx(31.006947163852953, rel=1e-9)
    for cfc, peak in ((180, 31.016424747262135), (600, 31.130893027415162), (1000, 31.60013563310229)):
        assert cfc_filter(SQUARE, DT, cfc).max() == pytest.approx(peak, rel=1e-12)


@pytest.mark.parametrize(
    ("cfc", "frequency", "gain"),
    [(60, 100, 0.70725465), (180, 300, 0.70846733), (600, 1000, 0.72287361), (1000, 1650, 0.76335929)],
)
def test_filter_gain(cfc: int, frequency: int, gain: float) -> None:
    middle = slice(500, 1500)
    filtered = cfc_filter(np.sin(2 * np.pi * frequency * TIME), DT, cfc)[middle]
    carrier = np.exp(-2j * np.pi * frequency * TIME[middle])
    measured = 2 * np.mean(filtered * carrier)
    assert abs(measured) == pytest.approx(gain, abs=5e-9 + 1e-6)  # 1650 Hz has no whole number of periods in 100 ms
    theory = 1 / (1 + (math.tan(math.pi * frequency * DT) / math.tan(math.pi * cfc * J211_CUTOFF * DT)) ** 4)
    assert gain == pytest.approx(theory, abs=5e-9)
    assert math.isclose(np.angle(measured), -math.pi / 2, abs_tol=1e-6)  # phaseless


def test_filter_gain_near_iso_6487() -> None:
    """pyisomme 1.1.0 starts up by ISO 6487: 0.70957 at 100 Hz, CFC 60, where J211 gives 0.70725."""
    filtered = cfc_filter(np.sin(2 * np.pi * 100 * TIME), DT, 60)
    assert filtered[500:1500].max() == pytest.approx(0.7095737698723764, rel=5e-3)
    assert cfc_filter(SQUARE, DT, 60).max() == pytest.approx(31.00693102978104, rel=5e-3)


@pytest.mark.parametrize("cfc", [180, 600, 1000])
def test_filter_keeps_a_straight_line_to_its_ends(cfc: int) -> None:
    line = 3.0 - 70.0 * TIME
    assert cfc_filter(line, DT, cfc) == pytest.approx(line, abs=2e-6)


def test_filter_works_on_rows() -> None:
    signals = np.random.default_rng(3).standard_normal((300, 2, 150))
    filtered = cfc_filter(signals, DT, 180)
    assert np.array_equal(filtered[123, 1], cfc_filter(signals[123, 1], DT, 180))
    assert np.array_equal(filtered, cfc_filter(signals, DT, 180, threads=1))
    assert cfc_filter(np.full(5, 7.0), DT, 60) == pytest.approx(7.0)  # a record shorter than the padding


def test_filter_refuses_a_step_too_coarse() -> None:
    with pytest.raises(ValueError, match="CFC 1000 needs more than 4155 samples per second, got 4000"):
        cfc_filter(SQUARE, 1 / 4000, 1000)


# ---- HIC -----------------------------------------------------------------------------------------------------------


def brute_force_hic(a: Floats, dt: float, window: float) -> float:
    """Every pair of samples no further apart than the window."""
    v = np.concatenate([[0.0], np.cumsum(0.5 * dt * (a[1:] + a[:-1]))]) / G
    span = np.arange(a.size)[None, :] - np.arange(a.size)[:, None]
    allowed = (span > 0) & (span * dt <= window + 1e-12)
    duration = np.where(allowed, span * dt, 1.0)
    mean = np.where(allowed, v[None, :] - v[:, None], 0.0).clip(0.0) / duration
    return float(np.max(duration * mean**2.5))


@pytest.mark.parametrize(
    ("peak", "length", "value", "start", "end"),
    [(80.0, 0.020, 474.68957726176785, 0.0033, 0.0167), (200.0, 0.005, 1171.5611521716596, 0.0008, 0.0042)],
)
def test_hic_against_crashmetrics(peak: float, length: float, value: float, start: float, end: float) -> None:
    """crashmetrics 0.6.0 ``pedestrian.calculate_hic``."""
    for window in (HIC15, HIC36):
        found = hic(half_sine(peak, length) * G, DT, window)
        assert found == pytest.approx((value, start, end), rel=1e-13)


@pytest.mark.parametrize(
    ("peak", "length", "hic15", "hic36"),
    [(80.0, 0.020, 474.7140, 474.7140), (200.0, 0.005, 1172.7950, 1172.7950), (60.0, 0.040, 361.3591, 462.5037)],
)
def test_hic_of_a_half_sine(peak: float, length: float, hic15: float, hic36: float) -> None:
    pulse = half_sine(peak, length, 1e-5) * G
    assert hic(pulse, 1e-5, HIC15).value == pytest.approx(hic15, rel=2e-5)
    assert hic(pulse, 1e-5, HIC36).value == pytest.approx(hic36, rel=2e-5)


def test_hic_of_a_half_sine_coefficient() -> None:
    """Chou & Nyquist 1974: 0.4146 A^2.5 T, best window 0.670 T."""
    found = hic(half_sine(60.0, 0.020, 1e-5) * G, 1e-5)
    assert found.value == pytest.approx(0.41465 * 60**2.5 * 0.020, rel=2e-5)
    assert found.end - found.start == pytest.approx(0.670 * 0.020, abs=2e-5)


@pytest.mark.parametrize("window", [HIC15, HIC36])
def test_hic_of_a_rectangle(window: float) -> None:
    for length in (0.008, 0.018, 0.060):
        pulse = np.where(abs(TIME - 0.05 - length / 2) < (length + DT) / 2, 50.0 * G, 0.0)
        plateau = 50.0**2.5 * min(length, window)
        assert hic(pulse, DT, window).value == pytest.approx(plateau, rel=1e-4 if length < window else 1e-12)


def test_hic_of_a_triangle() -> None:
    t = np.arange(6001) * 1e-5
    pulse = 60.0 * (1 - abs(2 * t / 0.020 - 1)).clip(0.0)
    assert hic(pulse * G, 1e-5).value == pytest.approx(4 / 7 * (5 / 7) ** 2.5 * 60**2.5 * 0.020, rel=1e-6)


@pytest.mark.parametrize(("ramp", "plateau"), [(0.005, 0.006), (0.002, 0.010), (0.010, 0.020)])
def test_hic_of_a_trapezoid(ramp: float, plateau: float) -> None:
    t = np.arange(6001) * 1e-5
    pulse = 60.0 * np.minimum(t / ramp, (2 * ramp + plateau - t) / ramp).clip(0.0, 1.0)
    b = 2 * plateau + 4 * ramp
    tau = min((b + math.sqrt(b * b + 21 * plateau**2)) / 7, HIC15)
    over = max(tau - plateau, 0.0)
    closed = tau * (60.0 * (1 - over**2 / (4 * ramp * tau))) ** 2.5
    assert hic(pulse * G, 1e-5).value == pytest.approx(closed, rel=1e-5)


@some
@given(resultants, st.floats(1e-4, 5e-3), st.floats(1.0, 500.0))
def test_hic_equals_brute_force(pulse: Floats, dt: float, steps: float) -> None:
    found = hic(pulse, dt, steps * dt)
    assert found.value == pytest.approx(brute_force_hic(pulse, dt, math.floor(steps + 1e-9) * dt), rel=1e-12, abs=1e-12)
    first, last = round(found.start / dt), round(found.end / dt)
    assert 1 <= last - first <= steps + 1e-9
    mean = np.trapezoid(pulse[first : last + 1], dx=dt) / (last - first) / dt / G
    assert found.value == pytest.approx((last - first) * dt * mean**2.5, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["noise", "signed noise", "hills", "constant", "spike"])
def test_hic_equals_brute_force_on_long_pulses(kind: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal(1200)
    hills = sum(
        rng.uniform(50, 900) * np.exp(-(((TIME[:1200] - m) / rng.uniform(0.002, 0.02)) ** 2))
        for m in rng.uniform(0, 0.12, 4)
    )
    pulse = {
        "noise": 300 * abs(noise),
        "signed noise": 300 * noise,
        "hills": abs(hills + 5 * noise),
        "constant": np.full(1200, 400.0),
        "spike": np.where(np.arange(1200) == 400 + seed, 2e4, 30.0),
    }[kind]
    for window in (HIC15, HIC36):
        assert hic(pulse, DT, window).value == pytest.approx(brute_force_hic(pulse, DT, window), rel=1e-12)


@some
@given(resultants, st.floats(0.1, 10.0))
def test_hic_grows_with_the_power_two_and_a_half(pulse: Floats, factor: float) -> None:
    assert hic(factor * pulse, DT).value == pytest.approx(factor**2.5 * hic(pulse, DT).value, rel=1e-12)


@some
@given(resultants, st.integers(0, 300), st.integers(0, 300))
def test_hic_does_not_see_zeros_around_a_pulse(pulse: Floats, before: int, after: int) -> None:
    pulse[0] = pulse[-1] = 0.0
    assert hic(np.pad(pulse, (before, after)), DT).value == pytest.approx(hic(pulse, DT).value, rel=1e-12)


def test_hic_moves_with_the_pulse() -> None:
    found = hic(np.pad(half_sine(80.0, 0.020) * G, (137, 0)), DT)
    assert found == pytest.approx((474.68957726176785, 0.0033 + 0.0137, 0.0167 + 0.0137), rel=1e-12)


def test_hic_works_on_rows() -> None:
    pulses = 400 * abs(np.random.default_rng(5).standard_normal((150, 2, 300)))
    found = hic(pulses, DT)
    assert np.array_equal(found.value, hic(pulses, DT, threads=1).value)
    assert (found.value[70, 1], found.start[70, 1], found.end[70, 1]) == hic(pulses[70, 1], DT)


def test_hic_of_a_spoilt_pulse_is_nan_and_of_no_pulse_zero() -> None:
    pulses = np.stack([half_sine(80.0, 0.020), np.zeros(2001), half_sine(80.0, 0.020)])
    pulses[0, 1500] = np.nan
    value = hic(pulses * G, DT).value
    assert np.isnan(value[0])
    assert value[1:] == pytest.approx([0.0, 474.68957726176785], rel=1e-12)


@pytest.mark.parametrize(("samples", "dt", "window"), [(100, DT, DT / 2), (100, 0.0, 0.015), (1, DT, 0.015)])
def test_hic_refuses(samples: int, dt: float, window: float) -> None:
    with pytest.raises(ValueError, match="expected"):
        hic(np.ones(samples), dt, window)


# ---- 3 ms clip -----------------------------------------------------------------------------------------------------


def test_clip_against_crashmetrics_and_pyisomme() -> None:
    """crashmetrics ``acceleration.clip_3ms`` in both modes, pyisomme ``calculate_xms``; 80 cos(pi 1.5/20)."""
    for cumulative in (False, True):
        level = clip(half_sine(80.0, 0.020), DT, cumulative=cumulative)
        assert level == pytest.approx(77.78959363181413, rel=1e-12)
        assert level == pytest.approx(80.0 * math.cos(math.pi * 1.5 / 20.0), rel=1e-12)


@pytest.mark.parametrize("dt", [1e-4, 7e-5, 1.3e-3])
def test_clip_of_a_triangle(dt: float) -> None:
    """A (1 - 3 ms/T), off the sample grid too where the top is a sample."""
    half = 10 * math.ceil(0.01 / dt / 10)
    triangle = 60.0 * (1 - abs(np.arange(-half, half + 1)) / half)
    assert clip(triangle, dt) == pytest.approx(60.0 * (1 - 0.003 / (2 * half * dt)), rel=1e-11)


def test_clip_of_two_humps() -> None:
    """Two plateaus of 2 ms at 50 and 40 on a floor of 10: no single stretch of 3 ms, but 4 ms in all."""
    pulse = np.full(301, 10.0)
    pulse[50:71], pulse[150:171] = 50.0, 40.0
    assert clip(pulse, DT) == pytest.approx(10.0, abs=1e-9)
    assert clip(pulse, DT, cumulative=True) == pytest.approx(40.0, rel=1e-12)
    assert clip(pulse, DT, 0.002) == pytest.approx(50.0, rel=1e-12)


@some
@given(arrays(np.float64, st.integers(31, 120), elements=st.floats(-50.0, 300.0, width=32)), st.floats(0.2, 30.0))
def test_clip_against_a_fine_grid(channel: Floats, steps: float) -> None:
    fine = 64
    dense = np.interp(np.arange((channel.size - 1) * fine + 1) / fine, np.arange(channel.size), channel)
    window = max(1, round(steps * fine))
    coarse = np.sort(dense)[::-1][window]
    stretch = np.lib.stride_tricks.sliding_window_view(dense, window + 1).min(axis=1).max()
    off = 3.0 * abs(np.diff(dense)).max() + 1e-9
    duration = window / fine * DT
    assert clip(channel, DT, duration) == pytest.approx(stretch, abs=off)
    assert clip(channel, DT, duration, cumulative=True) == pytest.approx(coarse, abs=off)
    assert clip(channel, DT, duration) <= clip(channel, DT, duration, cumulative=True)


def test_clip_of_a_plateau_a_whole_record_and_a_spoilt_one() -> None:
    assert clip(np.full(100, 41.0), DT) == 41.0
    assert clip(np.linspace(5.0, 20.0, 31), DT) == pytest.approx(5.0, rel=1e-9)  # 3.0 ms: all of it
    assert np.isnan(clip(np.array([1.0, np.nan, 2.0]), DT, DT))
    with pytest.raises(ValueError, match="within the record"):
        clip(np.ones(30), DT)


# ---- viscous criterion and neck ------------------------------------------------------------------------------------


def test_viscous_criterion_of_a_parabola() -> None:
    """The five-point rate is exact up to the fourth power of time."""
    t = np.arange(101) * 1e-3
    deflection = np.stack([4.0 * t**2, 4.0 * t**2 * (0.1 - t)])
    found = viscous_criterion(deflection, 1e-3, CHEST_DEPTH["50M"])
    rate = np.stack([8.0 * t, 0.8 * t - 12.0 * t**2])
    expected = (1.3 * deflection / 0.229 * rate)[:, 2:-2].max(axis=1)
    assert found == pytest.approx(expected, rel=1e-12)
    with pytest.raises(ValueError, match="five samples"):
        viscous_criterion(np.ones(4), DT, 0.229)


def test_nij_against_pyisomme() -> None:
    """pyisomme 1.1.0 ``calculate_neck_nij``: half-sines of +2000 N and -30 N m."""
    found = nij(half_sine(2000.0, 0.1), half_sine(-30.0, 0.1), DT, NECK_INTERCEPTS["50M"])
    assert found.value == pytest.approx(0.5160805824925718, rel=1e-12)
    assert found.value == pytest.approx(2000 / 6806 + 30 / 135, rel=1e-12)
    assert found.time == pytest.approx(0.05)
    assert (found.axial, found.bending) == pytest.approx((2000 / 6806, -30 / 135))


def test_nij_of_each_quadrant_and_with_shear() -> None:
    fz = np.array([[0.0, 1000.0], [0.0, -1000.0]])
    neck = NECK_INTERCEPTS["5F"]
    assert nij(fz, np.full(2, 10.0), DT, neck).value == pytest.approx([1000 / 4287 + 10 / 155, 1000 / 3880 + 10 / 155])
    assert nij(fz, np.full(2, -10.0), DT, neck).value == pytest.approx([1000 / 4287 + 10 / 67, 1000 / 3880 + 10 / 67])
    sheared = nij(fz, np.full(2, 10.0), DT, neck, shear=np.full(2, 2000.0))
    assert sheared.bending == pytest.approx(-(0.01778 * 2000 - 10) / 67)


# ---- a measured crash ----------------------------------------------------------------------------------------------


@pytest.mark.skipif(not CAMRY.exists(), reason="the measured Camry test (NHTSA 10146) is not beside the repository")
@pytest.mark.parametrize(
    ("dummy", "hic15", "hic36", "end", "chest", "deflection"),
    [("drv", 139.9, 269.0, 0.0926, 40.9, 0.0232), ("pas", 335.0, 548.0, 0.0827, 40.6, 0.0177)],
)
def test_camry_dummies(dummy: str, hic15: float, hic36: float, end: float, chest: float, deflection: float) -> None:
    """NHTSA's own: HIC15 140 and 335 ending at 92.7 and 82.8 ms, chest 41.0 and 41.0 g."""
    data = np.genfromtxt(CAMRY, delimiter=",", names=True)

    def resultant(part: str, cfc: float) -> Floats:
        return np.sqrt(np.sum(cfc_filter([data[f"{dummy}_{part}_a{i}_g"] for i in "xyz"], DT, cfc) ** 2, axis=0))

    head = resultant("head", 1000) * G
    found = hic(head, DT, HIC15)
    assert found.value == pytest.approx(hic15, abs=0.1)
    assert found.end + data["t_ms"][0] * 1e-3 == pytest.approx(end, abs=1.1e-4)
    assert hic(head, DT, HIC36).value == pytest.approx(hic36, abs=1.0)
    assert clip(resultant("chest", 180), DT) == pytest.approx(chest, abs=0.1)
    compression = -cfc_filter(data[f"{dummy}_chest_defl_mm"], DT, 600) * 1e-3
    assert compression.max() == pytest.approx(deflection, abs=1e-4)
    assert 0.05 < viscous_criterion(compression, DT, CHEST_DEPTH["50M"]) < 0.3
