"""Crush curves from wall tests: the motion in closed form, what is recovered of known structures, and the vehicle written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

import crashsim
from crashsim import structure
from crashsim.cli import cli
from crashsim.config.fits import Fit, PulseFile, WallTest, load_fit, vehicle_text
from crashsim.config.study import load_study
from crashsim.errors import ConfigError, CrashsimError, LibraryError, OutputError
from crashsim.fitting.compare import history, rating, rows
from crashsim.fitting.fit import Fitted, Measured, fit_measured, fit_tests, mean_crush, measured
from crashsim.fitting.model import Front, WallImpact, wall_impact
from crashsim.fitting.shape import STATIC_RATIO, front_of
from crashsim.fitting.signals import Pulse, read_pulse
from crashsim.fitting.vehicle import vehicle_tree
from crashsim.output import fits
from crashsim.units import G0

Floats = NDArray[np.float64]

MASS, SPEED = 1500.0, 15.0
KNEE = Front(np.array([0.0, 0.15, 0.45]), np.array([1.5e6, 0.12e6, 1.8e6]), 60e6, 0.3)
SPRING = Front(np.array([0.0]), np.array([0.9e6]), 25e6, 0.2)
FRONTS = [KNEE, SPRING, replace(KNEE, soft_share=0.0), replace(KNEE, soft_share=0.9, unloading=8e6)]
DATA = Path(__file__).parents[2] / "shared" / "data"
CAMRY = "nhtsa_v10146_camry2018_ncap_raw10kHz.csv"


# ---- the closed form ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("front", FRONTS)
def test_loading_is_the_solution_of_the_equation_of_motion(front: Front) -> None:
    impact = wall_impact(front, MASS, SPEED)
    time = np.linspace(0.0, impact.stop, 60)
    solved = solve_ivp(
        lambda _, y: [y[1], -float(front.force_at(y[0])) / MASS], (0.0, impact.stop), [0.0, SPEED],
        t_eval=time, rtol=1e-9, atol=1e-9, max_step=2e-4,
    )  # fmt: skip
    np.testing.assert_allclose(impact.travel(time), solved.y[0], atol=1e-6)
    np.testing.assert_allclose(impact.velocity(time), solved.y[1], atol=1e-4)
    np.testing.assert_allclose(impact.pulse(time), front.force_at(solved.y[0]) / MASS, rtol=1e-4, atol=0.02)
    assert impact.velocity(np.array([impact.stop]))[0] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("front", FRONTS)
def test_displacement_velocity_and_deceleration_belong_together(front: Front) -> None:
    impact = wall_impact(front, MASS, SPEED)
    time = np.linspace(0.0, 0.2, 200_001)
    v, a = impact.velocity(time), impact.pulse(time)
    step = time[1]
    np.testing.assert_allclose(np.diff(impact.travel(time)) / step, 0.5 * (v[1:] + v[:-1]), atol=1e-5)
    np.testing.assert_allclose(np.diff(v), -0.5 * step * (a[1:] + a[:-1]), atol=2e-5 * SPEED)


@pytest.mark.parametrize("front", FRONTS)
def test_it_is_what_the_kernel_computes(front: Front) -> None:
    """Crash kernel: its own merge of the curve, its own unloading, stepped at its default step."""
    impact = wall_impact(front, MASS, SPEED)
    found = crashsim.collide(MASS, as_structure(front), np.inf, structure.rigid(), SPEED)
    assert found["dynamic_crush"][0, 0] == pytest.approx(impact.crush, rel=1e-4)
    assert found["residual_crush"][0, 0] == pytest.approx(impact.residual, rel=1e-4)
    assert found["peak_force"][0] == pytest.approx(impact.force, rel=1e-4)
    assert found["separation_speed"][0] == pytest.approx(impact.separation_speed, rel=2e-4)
    assert found["time_common_velocity"][0] == pytest.approx(impact.stop, rel=1e-4)


def as_structure(front: Front) -> structure.Structure:
    end = float(front.crush[-1]) + 0.2
    x = np.append(front.crush, end)
    return structure.curve(
        x, np.append(front.force, front.force_at(end)), front.slope[-1], front.unloading,
        unloading_soft_share=front.soft_share,
    )  # fmt: skip


# ---- recovery -----------------------------------------------------------------------------------------------------------


def recorded(folder: Path, impact: WallImpact, speed: float, noise: float, seed: int = 0) -> Measured:
    """A test as it would be measured: 10 kHz from 100 ms before contact on, white noise [g]."""
    time = 1e-4 * np.arange(-1000, 2000)
    a = -np.where(time >= 0.0, impact.pulse(np.maximum(time, 0.0)), 0.0) / G0
    a += np.random.default_rng(seed).normal(0.0, noise, len(time))
    path = folder / f"pulse-{seed}.csv"
    path.write_text("\n".join(f"{t:.4f},{v:.9g}" for t, v in zip(time, a, strict=True)))
    return measured(WallTest("known", impact.mass, speed, PulseFile(path, time_unit="s", unit="g")))


def asked(*tests: Measured, segments: int | None = None, **vehicle: Any) -> Fitted:
    return fit_measured(Fit("known", tuple(m.test for m in tests), vehicle, segments), tests)


def numbers(front: Front) -> Floats:
    impact = wall_impact(front, MASS, SPEED)
    return np.array(
        [impact.deceleration, impact.stop, impact.crush, impact.separation_speed, *front.force_at(np.array([0.1, 0.3]))]
    )


def test_a_known_spring_is_recovered_within_its_covariance(tmp_path: Path) -> None:
    """Over many records the errors are of the size that the covariance says, neither much smaller nor larger."""
    truth = numbers(SPRING)
    impact = wall_impact(SPRING, MASS, SPEED)
    scores = []
    for seed in range(24):
        fitted = asked(recorded(tmp_path, impact, SPEED, 1.0, seed), segments=1)
        of = lambda theta, f=fitted: numbers(front_of(theta, f.compartment))  # noqa: E731
        scores.append((of(fitted.theta) - truth) / fitted.deviation(of))
    spread = np.sqrt(np.mean(np.square(scores), axis=0))
    assert np.all(spread > 0.3)
    assert np.all(spread < 1.5)
    assert np.abs(scores).max() < 4.0


def test_a_known_curve_is_recovered_with_its_number_of_pieces(tmp_path: Path) -> None:
    fitted = asked(recorded(tmp_path, wall_impact(KNEE, MASS, SPEED), SPEED, 0.5))
    of = lambda theta: numbers(front_of(theta, fitted.compartment))  # noqa: E731
    assert len(fitted.front.slope) == 3
    found, deviation = of(fitted.theta), fitted.deviation(of)
    assert np.all(np.abs(found - numbers(KNEE)) < 3.0 * deviation)
    np.testing.assert_allclose(found, numbers(KNEE), rtol=0.05)
    assert len(fitted.criteria) == 5
    assert min(fitted.criteria, key=lambda c: c.bic).segments == 3
    assert np.all(np.diff([c.squares for c in fitted.criteria]) < 1e-6)


def test_without_noise_the_curve_itself_comes_back(tmp_path: Path) -> None:
    fitted = asked(recorded(tmp_path, wall_impact(KNEE, MASS, SPEED), SPEED, 0.0), segments=3)
    np.testing.assert_allclose(fitted.front.crush, KNEE.crush, atol=2e-3)
    np.testing.assert_allclose(fitted.front.slope, KNEE.slope, rtol=0.05)
    assert fitted.front.unloading == pytest.approx(KNEE.unloading, rel=0.1)
    assert fitted.front.soft_share == pytest.approx(KNEE.soft_share, abs=0.05)
    assert history(fitted, fitted.tests[0]).velocity_error < 0.01


def test_the_box_is_what_the_kernel_asks_for(tmp_path: Path) -> None:
    """A measured pulse that falls again cannot be followed: the curve rises all the same, and unloads stiffly."""
    falling = wall_impact(KNEE, MASS, SPEED)
    test = recorded(tmp_path, falling, SPEED, 0.0)
    assert test.pulse is not None
    weak = test.pulse.deceleration * np.interp(test.pulse.time, [0.0, 0.02, 0.03, 0.06], [1.0, 1.6, 0.6, 1.0])
    fitted = asked(replace(test, pulse=replace(test.pulse, deceleration=weak)), segments=4)
    assert np.all(fitted.front.slope >= 0.01 * fitted.front.slope[0])
    structure.require_valid(as_structure(fitted.front), minimum_rise=structure.MINIMUM_RISE)


def test_several_tests_at_once_and_their_weights(tmp_path: Path) -> None:
    """Two tests that contradict each other: the curve lies between, nearer to the heavier one."""
    soft, stiff = (replace(SPRING, slope=k * SPRING.slope) for k in (0.8, 1.2))
    first, second = (
        recorded(tmp_path, wall_impact(front, MASS, speed), speed, 0.1, seed)
        for seed, (front, speed) in enumerate([(soft, 12.0), (stiff, 15.0)])
    )

    def stiffness(weight: float) -> float:
        heavy = replace(first, test=replace(first.test, weight=weight))
        return float(asked(heavy, second, segments=1).front.slope[0])

    alone = [float(asked(m, segments=1).front.slope[0]) for m in (first, second)]
    np.testing.assert_allclose(alone, [soft.slope[0], stiff.slope[0]], rtol=0.01)
    assert alone[0] < stiffness(10.0) < stiffness(1.0) < stiffness(0.1) < alone[1]


# ---- crush --------------------------------------------------------------------------------------------------------------


def crushed(name: str, speed: float, crush: float, mass: float = MASS) -> Measured:
    return measured(WallTest(name, mass, speed, None, (crush,) * 6))


def test_the_mean_of_the_stations() -> None:
    assert mean_crush([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]) == pytest.approx((0.5 + 2 + 3 + 4 + 5 + 3) / 5)
    assert mean_crush([0.38, 0.466, 0.511, 0.518, 0.489, 0.37]) == pytest.approx(0.4718)  # NHTSA 10146: 472 mm
    assert mean_crush([2.0, 4.0]) == 3.0


def test_crush_alone_gives_the_level_of_the_force() -> None:
    """A constant force F stops m v^2/2 over c/ratio; the fitted curve must take the same energy over the same way."""
    fitted = asked(*(crushed(f"v{v:g}", v, 0.65 * 0.004 * v**2) for v in (10.0, 13.0, 16.0)))
    force = 0.5 * MASS / 0.004
    assert len(fitted.front.slope) == 2
    for row in rows(fitted):
        assert row.fitted == pytest.approx(row.measured, rel=0.07)
    level = fitted.front.force_at(np.array([0.6]))[0]
    assert level == pytest.approx(force, rel=0.25)
    spread = fitted.deviation(lambda theta: front_of(theta, fitted.compartment).force_at(np.array([0.6])))[0]
    assert 0.2 < spread / level < 0.6  # the ratio of static to dynamic crush is known to a quarter
    assert fitted.static_ratio == pytest.approx(STATIC_RATIO, rel=0.1)


def test_crush_alone_cannot_tell_more_than_a_knee() -> None:
    with pytest.raises(CrashsimError, match="3 segments asked for; crush alone tells at most 2 apart"):
        asked(crushed("a", 10.0, 0.3), crushed("b", 12.0, 0.4), segments=3)
    with pytest.raises(ConfigError, match="a: crush: expected crush above 0 mm"):
        crushed("a", 10.0, 0.0)


def test_a_pulse_with_crush_tells_the_static_ratio(tmp_path: Path) -> None:
    impact = wall_impact(SPRING, MASS, SPEED)
    pulse = recorded(tmp_path, impact, SPEED, 0.1)
    both = replace(pulse, static=0.55 * impact.crush, test=replace(pulse.test, crush=(0.55 * impact.crush,) * 6))
    fitted = asked(both, segments=1)
    assert fitted.static_ratio == pytest.approx(0.55, rel=0.02)
    assert [row.name for row in rows(fitted)] == [
        "peak_deceleration",
        "stop",
        "dynamic_crush",
        "rebound",
        "static_crush",
    ]


# ---- the vehicle --------------------------------------------------------------------------------------------------------


def written(tmp_path: Path, fitted: Fitted) -> Mapping[str, Any]:
    (tmp_path / "known.yaml").write_text(vehicle_text(vehicle_tree(fitted), "a heading"))
    study = tmp_path / "study.yaml"
    study.write_text(
        "name: study\nvehicles: {car: {use: known}, wall: {use: rigid-wall}}\n"
        f"impacts: {{wall: {{type: wall, between: [car, wall], speed: {{car: {SPEED} m/s}}}}}}\n"
    )
    load_study(study)
    results = crashsim.run(study)
    car = results.columns["vehicle"] == "car"
    return {"study": load_study(study), **{k: v[car][0] for k, v in results.columns.items()}}


def test_the_vehicle_file_gives_the_fitted_crash_in_a_study(tmp_path: Path) -> None:
    vehicle = {"title": "A known car", "class": "car", "width": "1800 mm", "front": {"bumper_top": "500 mm"}}
    fitted = asked(recorded(tmp_path, wall_impact(KNEE, MASS, SPEED), SPEED, 0.5), segments=3, **vehicle)
    found = written(tmp_path, fitted)
    impact = fitted.impacts()[0]
    assert found["dynamic_crush"] == pytest.approx(impact.crush, rel=1e-3)
    assert found["peak_acceleration"] == pytest.approx(impact.deceleration, rel=1e-3)
    assert found["intrusion"] == 0.0
    assert found["restitution"] == pytest.approx(impact.separation_speed / SPEED, rel=5e-3)
    car = found["study"].vehicles["car"]
    assert (car["title"], car["evidence"], car["mass"]["tag"]) == ("A known car", "measured", "C")
    assert car["front"]["bumper_top"]["si"] == 0.5
    point = car["front"]["curve"][1]["force"]
    assert (point["source"], point["tag"]) == ("fit", "C")
    low, high = (crashsim.units.parse(end, "force") for end in point["range"])
    assert low < KNEE.force[1] < high
    assert "known: dynamic crush" in car["notes"]
    assert "1500 kg into a rigid wall at 54 km/h" in car["sources"]["test-known"]


def test_what_crush_alone_gives_is_tagged_as_judgement(tmp_path: Path) -> None:
    tree = vehicle_tree(asked(crushed("a", 10.0, 0.3), crushed("b", 12.0, 0.4)))
    assert tree["evidence"] == "judgement"
    assert {point[q]["tag"] for point in tree["front"]["curve"] for q in ("crush", "force")} == {"J"}
    assert "No pulse was measured" in tree["notes"]


def test_the_fit_file_says_everything_wrong_with_it(tmp_path: Path) -> None:
    path = tmp_path / "fit.yaml"
    path.write_text(
        "name: mine\nvehicle: {use: kei-car, engine: {gap: 1 cm}, front: {stiffness: 1 MN/m}}\nsegments: 9\n"
        "tests:\n  a: {mass: 1500, speed: 50 km/h, crush: [1 cm, 2 cm]}\n  b: {mass: 1500 kg, speeed: 50 km/h}\n"
        "  c: {mass: 1500 kg, speed: 50 km/h, pulse: {fil: x.csv}}\n  d: {mass: 1500 kg, speed: 50 km/h}\n"
    )
    with pytest.raises(ConfigError) as caught:
        load_fit(path)
    for words in (
        "fit.yaml:2:11: vehicle.use: cannot be given here", "vehicle.front.stiffness: is what is fitted", "vehicle.engine: the curve is fitted with the engine",
        "fit.yaml:3:11: segments: got 9, expected a whole number from 1 to 8", "tests.a.mass: got the bare number 1500",
        "tests.b.speeed: unknown field; did you mean 'speed'?", "tests.c.pulse.fil: unknown field; did you mean 'file'?",
        "fit.yaml:8:6: tests.d: nothing was measured",
    ):  # fmt: skip
        assert words in str(caught.value)
    assert len(caught.value.problems) == 8
    with pytest.raises(LibraryError, match="did you mean 'ford_f150_2001'"):
        load_fit("ford_f15_2001")


# ---- the command --------------------------------------------------------------------------------------------------------


def run(*arguments: str) -> str:
    return CliRunner().invoke(cli, ["fit", *arguments], catch_exceptions=False).output


def test_the_shipped_fit_runs_and_never_overwrites(tmp_path: Path) -> None:
    said = run("ford_f150_2001", "--out", str(tmp_path), "--units", "us")
    assert "slow-again: static crush, mean of C1 to C6" in said
    assert {p.name for p in tmp_path.iterdir()} == {"my-f150-2001.yaml", "my-f150-2001-fit.png"}
    before = (tmp_path / "my-f150-2001.yaml").read_bytes()
    with pytest.raises(OutputError, match=r"my-f150-2001\.yaml: already exists; nothing was written"):
        run("ford_f150_2001", "--out", str(tmp_path))
    (tmp_path / "my-f150-2001.yaml").write_text("mine")
    found = json.loads(run("ford_f150_2001", "--out", str(tmp_path), "--force", "--json").split("\nwritten")[0])
    assert (tmp_path / "my-f150-2001.yaml").read_bytes() == before
    assert len(found["covariance"]) == len(found["parameters"]) == 6
    assert {q["name"] for q in found["quantities"]} == {"static_crush"}


def test_a_pulse_from_the_command_line(tmp_path: Path) -> None:
    path = recorded(tmp_path, wall_impact(SPRING, MASS, SPEED), SPEED, 0.2).test.pulse
    assert path is not None
    options = ["--mass", "1500 kg", "--speed", "15 m/s", "--time-unit", "s", "--acceleration-unit", "g"]
    said = run(str(path.path), *options, "--name", "mine", "--out", str(tmp_path))
    assert "mine: crush curve of 1 pieces, the least BIC of 1:" in said
    assert "velocity within 0.0" in said
    assert (tmp_path / "mine-fit.png").stat().st_size > 10_000
    for arguments, words in (
        ([str(path.path)], "not a fit file"),
        ([str(path.path), "--mass", "1 t"], "a pulse needs --mass and --speed"),
        (["x.yaml", "--mass", "1 t"], "x.yaml: a fit file says all this itself: leave out --mass"),
    ):
        with pytest.raises(CrashsimError, match=words):
            run(*arguments)


def test_the_figure_of_several_tests(tmp_path: Path) -> None:
    front = replace(SPRING, soft_share=0.3)
    tests = [
        replace(m, test=replace(m.test, name=f"test {seed}", crush=(0.2,) * 6), static=0.65 * m.pulse.crush)
        for seed, speed in enumerate([10.0, 15.0])
        if (m := recorded(tmp_path, wall_impact(front, MASS, speed), speed, 0.5, seed)).pulse
    ]
    drawing = fits.figure(asked(*tests, segments=1), "si")
    titles = [ax.get_title(loc="left") for ax in drawing.axes]
    assert [t for t in titles if t][:3] == ["test 0: velocity", "test 0: pulse", "test 0: residuals"]
    assert any("static crush" in t for t in titles)
    assert click.unstyle(drawing.texts[0].get_text()) == "Crush curve fitted to wall tests"


# ---- the measured car ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def camry() -> Fitted:
    """NHTSA test 10146; targets of the measured test: 41.7 g, 73.5 ms, 741 mm, 2.31 m/s at 150 ms."""
    if not (DATA / CAMRY).is_file():
        pytest.skip("the measured signals of NHTSA test 10146 are not here")
    pulse = PulseFile(DATA / CAMRY, ("ax_rear_left_g", "ax_rear_right_g"), "t_ms", "ms", "g")
    crush = (0.380, 0.466, 0.511, 0.518, 0.489, 0.370)
    return fit_tests(Fit("camry", (WallTest("ncap", 1719.0, 57.09 / 3.6, pulse, crush),), {}))


def test_the_camry(camry: Fitted) -> None:
    found = {row.name: row for row in rows(camry)}
    for name, target in (
        ("peak_deceleration", 41.7 * G0),
        ("stop", 73.5e-3),
        ("dynamic_crush", 0.741),
        ("rebound", 2.31),
    ):
        assert found[name].measured == pytest.approx(target, rel=5e-3)
        assert found[name].fitted == pytest.approx(target, rel=0.10)
    pulses = history(camry, camry.tests[0])
    assert pulses.velocity_error < 1.0
    assert rating(pulses) == pytest.approx(0.81, abs=0.02)
    assert len(camry.front.slope) == 3
    assert min(camry.criteria, key=lambda c: c.bic).segments == 3


def test_the_camry_from_its_filtered_pulse_is_the_same_car(camry: Fitted) -> None:
    name = "nhtsa_v10146_camry2018_ncap_cfc60_1kHz.csv"
    file = PulseFile(DATA / name, ("ax_comp_cfc60_g",), "t_ms", "ms", "g", filtered=True)
    pulse = read_pulse(file, 57.09 / 3.6)
    raw = camry.tests[0].pulse
    assert isinstance(raw, Pulse)
    np.testing.assert_allclose(pulse.velocity[:150], raw.velocity[:150], atol=0.1)
    assert pulse.peak == pytest.approx(raw.peak, rel=0.01)
