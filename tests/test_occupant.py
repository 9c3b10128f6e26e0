"""An occupant on a pulse: closed forms, limits, the energy balance, and the same answer as inside a crash."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import crashsim
from crashsim import cases, units
from crashsim.cli import cli
from crashsim.config.driven import load_occupant, read_pulse
from crashsim.config.study import load_study
from crashsim.criteria import METRICS, RISKS
from crashsim.errors import ConfigError, CrashsimError
from crashsim.kernels import batch, columns, occupant
from crashsim.kernels.hic import HIC15, hic
from crashsim.kernels.history import history
from crashsim.kernels.injury import clip
from crashsim.kernels.occupant import Driven, drive
from crashsim.restraint import DEFLECTION

Floats = NDArray[np.float64]

G = 9.80665
DT = 1e-4
MASS = 40.0
FREE = {"torso_mass": MASS, "head_mass": 4.0}  # nothing holds either, and nothing ties them together
MODERN = "belt-pretensioner-limiter-airbag"


def belt(stiffness: float, slack: float, limit: float = np.inf) -> dict[str, float]:
    return {
        **FREE,
        "belt_slack": slack,
        "belt_stiffness": stiffness,
        "belt_limit": limit,
        "belt_unloading": 5 * stiffness,
    }


def shipped(name: str, size: str = "50m") -> dict[str, float]:
    return {n: float(v) for n, v in load_occupant({"restraint": name, "size": size}).columns.items() if n != DEFLECTION}


def constant(level: float, duration: float = 0.2, dt: float = DT) -> Floats:
    return np.full(round(duration / dt) + 1, level)


def haversine(peak: float = 30 * G, length: float = 0.1) -> Floats:
    t = np.arange(round(0.2 / DT) + 1) * DT
    return np.where(t < length, peak * np.sin(np.pi * t / length) ** 2, 0.0)


# ---- closed forms ------------------------------------------------------------------------------------------------------


def test_constant_deceleration_with_slack() -> None:
    """Largest deceleration a (1 + sqrt(1 + 2 w^2 s/a)): 46.57 g at 20 g with the constants of the VPI."""
    a, w2, s = 20 * G, 2500.0, 0.03
    found = drive(constant(a), DT, belt(w2 * MASS, s))
    largest = a * (1.0 + np.sqrt(1.0 + 2.0 * w2 * s / a))
    assert largest / G == pytest.approx(46.57, abs=0.005)
    assert found.belt_force == pytest.approx(MASS * largest, rel=1e-6)
    assert found.excursion == pytest.approx(s + largest / w2, rel=1e-6)
    assert found.torso.max() == pytest.approx(largest, rel=1e-5)  # at a sample
    start = np.argmax(found.belt > 0.0) * DT
    assert start - DT <= np.sqrt(2.0 * s / a) <= start


def test_without_slack_twice_the_deceleration() -> None:
    assert drive(constant(150.0), DT, belt(1e5, 0.0)).belt_force == pytest.approx(2 * MASS * 150.0, rel=1e-6)


def test_who_is_not_held_meets_the_knee_bolster_when_he_must() -> None:
    a, gap = 25 * G, 0.166
    knee = {"knee_gap": gap, "knee_stiffness": 1e5, "knee_limit": 9e3, "knee_unloading": 5e5}
    found = drive(constant(a), DT, FREE | knee)
    start = np.argmax(found.knee > 0.0) * DT
    assert start - DT <= np.sqrt(2.0 * gap / a) <= start
    assert found.knee_contact
    assert not found.head_contact
    assert found.knee_force == pytest.approx(9e3, rel=1e-12)
    assert not drive(constant(a, 0.03), DT, FREE | knee).knee_contact


def test_the_head_meets_what_is_behind_its_bag() -> None:
    a, gap = 25 * G, 0.5
    contact = {"head_contact_gap": gap, "head_contact_stiffness": 1e5, "head_contact_unloading": 5e5}
    found = drive(constant(a), DT, FREE | contact)
    start = np.argmax(found.head > 0.0) * DT
    assert start - DT <= np.sqrt(2.0 * gap / a) <= start
    speed = np.sqrt(2.0 * a * gap)
    w = np.sqrt(1e5 / 4.0)
    assert found.head_contact_force == pytest.approx(1e5 * (a / w**2 + np.hypot(a / w**2, speed / w)), rel=1e-4)
    assert found.head_contact


def test_the_pretensioner_takes_up_the_slack_and_stalls() -> None:
    slack, stroke, fire, duration, force = 0.015, 0.060, 0.018, 0.007, 4000.0
    pretensioner = {
        "pretensioner_time": fire, "pretensioner_duration": duration, "pretensioner_stroke": stroke, "pretensioner_force": force,
    }  # fmt: skip
    slow = belt(9e4, slack)
    still = drive(constant(0.0), DT, slow | pretensioner)
    start = np.argmax(still.belt > 0.0) * DT
    assert start - DT <= fire + duration * slack / stroke <= start
    assert still.belt_force == pytest.approx(force, rel=1e-12)
    assert still.travel.min() < 0.0  # pulled into the seat
    assert drive(constant(0.0), DT, slow).belt_force == 0.0
    pulse = haversine()
    tight, loose = drive(pulse, DT, slow | pretensioner), drive(pulse, DT, slow)
    assert tight.excursion < loose.excursion - slack
    # what a drawn-in belt does is to begin with a tight one at the right time: never worse than no slack at all
    assert tight.belt_force < drive(pulse, DT, belt(9e4, 0.0)).belt_force * 1.1


pulses = st.lists(st.floats(-200.0, 800.0), min_size=4, max_size=12)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(pulses, st.floats(2e3, 12e3), st.sampled_from(["50m", "5f"]))
def test_the_limiter_is_never_exceeded_and_nothing_pulls(levels: list[float], limit: float, size: str) -> None:
    pulse = np.interp(np.arange(1500) * DT, np.linspace(0.0, 0.12, len(levels)), levels, right=0.0)
    found = drive(pulse, DT, shipped(MODERN, size) | {"belt_limit": limit})
    assert found.belt_force <= limit * (1.0 + 1e-12)
    for force in (found.belt, found.airbag, found.knee):
        assert force.min() >= -1e-9
    assert found.excursion >= found.travel.max()
    assert found.belt_force >= found.belt.max()


# ---- energy ------------------------------------------------------------------------------------------------------------


def loaded(z: float, k: float, limit: float) -> float:
    """Area under a loading curve: spring, then plateau."""
    bent = min(z, limit / k)
    return 0.5 * k * bent**2 + max(z - bent, 0.0) * limit


def test_the_work_of_inertia_is_found_in_belt_knees_and_neck() -> None:
    """In the compartment: int a (m_o delta' + m_h eps') dt = kinetic energy + what each element took up by its own law.

    Up to the largest travel of the torso belt and knees only load; the spring of the neck is taken with its damper's work.
    """
    parameters = belt(9e4, 0.02, 8e3) | {
        "knee_gap": 0.166, "knee_stiffness": 2.8e4, "knee_limit": 1e4, "knee_unloading": 1.4e5,
        "neck_stiffness": 8e3, "neck_damping": 130.0,
    }  # fmt: skip
    pulse, fine = haversine(), np.linspace(0.0, 0.2, 10 * 2000 + 1)
    dt = float(fine[1])
    a = np.interp(fine, np.arange(pulse.size) * DT, pulse)
    found = drive(a, dt, parameters)
    end = int(found.travel.argmax()) + 1
    travel, ahead = found.travel[:end], found.head_travel[:end]
    speed, head_speed = np.gradient(travel, dt), np.gradient(ahead, dt)
    inertia = np.trapezoid(a[:end] * (MASS * speed + 4.0 * head_speed), dx=dt)
    bend = ahead - travel
    taken = (
        loaded(travel[-1] - 0.02, 9e4, 8e3)
        + loaded(travel[-1] - 0.166, 2.8e4, 1e4)
        + 0.5 * 8e3 * bend[-1] ** 2
        + np.trapezoid(130.0 * (head_speed - speed) ** 2, dx=dt)
    )
    moving = 0.5 * 4.0 * head_speed[-1] ** 2 + 0.5 * MASS * speed[-1] ** 2
    assert travel[-1] > 0.18  # the limiter pays out and the knees are in the dash
    assert inertia == pytest.approx(taken + moving, rel=2e-5)


# ---- numerics ----------------------------------------------------------------------------------------------------------


def test_second_order_in_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Travel of the torso against a (1 - cos w t)/w^2; that of the head, on spring and damper, against itself."""
    dt, a, w2 = 8e-4, 200.0, 2500.0
    neck = {"neck_stiffness": 8e3, "neck_damping": 130.0}
    alone, tied = [], []
    for step in (8e-4, 4e-4, 2e-4):
        monkeypatch.setattr(occupant, "STEP", step)
        free = belt(w2 * MASS, 0.0)
        alone.append(drive(constant(a, 0.0504, dt), dt, free).travel[-1])
        tied.append(drive(constant(a, 0.0504, dt), dt, free | neck).head_travel[-1])
    errors = np.abs(np.array(alone) - a / w2 * (1.0 - np.cos(np.sqrt(w2) * 0.0504)))
    assert errors[:-1] / errors[1:] == pytest.approx([4.0, 4.0], rel=0.1)
    assert (tied[0] - tied[1]) / (tied[1] - tied[2]) == pytest.approx(4.0, rel=0.2)


def test_the_step_of_the_record_changes_nothing() -> None:
    coarse, fine = (drive(constant(200.0, 0.12, dt), dt, shipped(MODERN)) for dt in (1e-3, 1e-4))
    np.testing.assert_allclose(fine.torso[::10], coarse.torso, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(fine.head_travel[::10], coarse.head_travel, rtol=1e-6, atol=1e-9)
    assert fine.belt_force == pytest.approx(coarse.belt_force, rel=1e-9)


@pytest.mark.parametrize(("name", "value"), [("unloading", 5e8), ("damping", 5e5)])
def test_what_is_stiff_is_stepped_finely(name: str, value: float) -> None:
    hard = {"head_contact_gap": 0.1, "head_contact_stiffness": 1e5, "head_contact_unloading": 1e5, "neck_damping": 50.0}
    hard |= {"head_contact_unloading" if name == "unloading" else "neck_damping": value}
    found = drive(haversine(), DT, belt(9e4, 0.02) | hard)
    assert np.abs(found.head).max() < 200 * G
    assert np.all(np.isfinite(found.travel))


def test_rows_and_threads_give_the_same_bits() -> None:
    scale = np.linspace(0.5, 1.5, 130)
    pulse, base = haversine()[:400], shipped(MODERN)
    many = drive(pulse * scale[:, None], DT, base | {"belt_limit": 8e3 * scale}, threads=2)
    assert many.torso.shape == (130, 400)
    assert many.excursion.shape == many.knee_contact.shape == (130,)
    for i in (0, 64, 129):
        one = drive(pulse * scale[i], DT, base | {"belt_limit": 8e3 * scale[i]})
        for values, of_many in zip(one, many, strict=True):
            assert np.array_equal(values, of_many[i])
    swept = drive(pulse, DT, base | {"belt_limit": 8e3 * scale})  # one pulse, many restraints
    assert swept.head.shape == (130, 400)


def test_a_nearer_interior_is_a_smaller_gap() -> None:
    base, near = shipped(MODERN), 0.05
    closer = {n: base[n] - near for n in ("airbag_gap", "knee_gap", "head_bag_gap", "head_contact_gap")}
    a, b = drive(haversine(), DT, base, np.full(haversine().size, near)), drive(haversine(), DT, base | closer)
    np.testing.assert_allclose(a.torso, b.torso, rtol=1e-9, atol=1e-9)
    assert a.knee_force == pytest.approx(b.knee_force, rel=1e-9)
    assert a.knee_force > drive(haversine(), DT, base).knee_force
    coming = np.interp(np.arange(haversine().size) * DT, [0.0, 0.05], [0.0, near])
    assert drive(haversine(), DT, base).excursion > drive(haversine(), DT, base, coming).excursion > a.excursion


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"deceleration": [0.0, np.nan]}, "finite"),
        ({"deceleration": [0.0]}, "two samples"),
        ({"dt": 0.0}, "time step above 0"),
        ({"intrusion": [0.0, -1.0]}, "intrusion of finite numbers of 0 m or more"),
        ({"intrusion": [0.0, 0.0, 0.0]}, "2 samples like the pulse, got 3"),
        ({"parameters": {"torso_mass": 40.0}}, "head_mass: expected above 0 kg"),
        ({"parameters": FREE | {"belt_slak": 0.1}}, "unknown parameter 'belt_slak'"),
        ({"parameters": FREE | {"belt_slack": np.nan}}, "belt_slack: expected 0 or more"),
        ({"parameters": FREE | {"belt_stiffness": 2.0, "belt_unloading": 1.0}}, "belt_unloading: expected at least"),
        ({"parameters": FREE | {"airbag_fire": 2.0}}, "airbag_full: expected a time after"),
    ],
)
def test_what_cannot_be_driven(changes: dict[str, object], words: str) -> None:
    arguments = {"deceleration": [0.0, 1.0], "dt": DT, "parameters": FREE} | changes
    with pytest.raises(ValueError, match=words):
        drive(**arguments)  # type: ignore[arg-type]


def test_every_problem_is_told() -> None:
    with pytest.raises(ValueError, match=r"finite numbers\n.*unknown.*\n.*belt_slack"):
        drive([0.0, np.inf], DT, FREE | {"x": 1.0, "belt_slack": -1.0})


# ---- the same occupant inside a crash ------------------------------------------------------------------------------------


@pytest.mark.parametrize("restraint", [MODERN, "belt-1990s", "unbelted"])
def test_the_pulse_of_a_crash_fed_back(restraint: str) -> None:
    """The occupant acts on an 816 kg car, and its pulse holds that: driven by it, the occupant does the same again."""
    vehicle = {"use": "kei-car", "occupant": {"restraint": restraint, "size": "50m"}}
    study = load_study({
        "name": "wall", "vehicles": {"kei": vehicle, "wall": {"use": "rigid-wall"}},
        "impacts": {"x": {"type": "wall", "between": ["kei", "wall"], "speed": {"kei": "40 km/h"}}},
    })  # fmt: skip
    one = cases.build(study.impacts[0])
    read, points = batch.laid_out([column for _, column in cases.raw_columns(one)]), cases.longest_curve(one)
    solved, _ = batch.solve(read, points, 1, per_ms=20)
    of_kei = solved[0, len(columns.CASE_METRICS) :]
    metric = dict(zip(columns.VEHICLE_METRICS, of_kei, strict=False))
    assert metric["intrusion"] == metric["firewall_crush"] == 0.0
    pulse, dt = history(read, points, 0, 20)["deceleration"][0], 5e-5
    found = drive(pulse, dt, shipped(restraint))
    assert clip(found.torso, dt) == pytest.approx(metric["chest_3ms"], rel=1e-4)
    assert hic(found.head, dt, HIC15).value == pytest.approx(metric["hic15"], rel=1e-4)
    for name in ("excursion", "head_excursion", "belt_force", "knee_force", "head_contact_force"):
        assert getattr(found, name) == pytest.approx(metric[name], rel=1e-4), name


# ---- doors -------------------------------------------------------------------------------------------------------------

CRITERIA = {
    "chest_peak", "chest_3ms", "chest_deflection", "belt_force", "excursion", "head_excursion", "hic15", "hic36",
    "knee_force", "head_contact_force", "contact",
}  # fmt: skip


def test_drive_occupant() -> None:
    found = crashsim.drive_occupant(haversine()[:1001], DT, MODERN)
    assert {name for name in found if name in METRICS} == CRITERIA
    assert {name for name in found if name in RISKS} == set(RISKS)
    assert found["time"][-1] == pytest.approx(0.3)
    assert found["torso"].shape == found["time"].shape
    direct: Driven = drive(haversine(), DT, shipped(MODERN))
    assert found["excursion"] == direct.excursion
    assert found["chest_3ms"] == clip(direct.torso, DT)
    assert found["chest_deflection"] == pytest.approx(direct.belt_force * 2.5e-6)
    assert found["contact"] == 1.0


def test_drive_occupant_takes_what_a_study_says_of_an_occupant() -> None:
    given = {"restraint": MODERN, "size": "5f", "knee": {"gap": "90 mm"}}
    found = crashsim.drive_occupant(haversine(), DT, given)
    direct = drive(haversine(), DT, shipped(MODERN, "5f") | {"knee_gap": 0.04})  # 50 mm forward
    assert found["knee_force"] == direct.knee_force
    assert np.isnan(crashsim.drive_occupant(haversine(), DT, "unbelted")["chest_deflection"])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("belt-airbg", "input: occupant.restraint: no restraint called 'belt-airbg'; did you mean 'belt-airbag'"),
        ({"size": "5f"}, "input: occupant.restraint: missing"),
        ({"restraint": "unbelted", "size": "none"}, "input: occupant: got nobody"),
        (
            {"restraint": "unbelted", "knee": {"gp": "9 mm"}},
            "input: occupant.knee.gp: unknown field; did you mean 'gap'",
        ),
        ({"restraint": "unbelted", "airbag": {"gap": "9 mm"}}, "input: occupant.airbag: not whole"),
        ({"restraint": "belt-airbag", "airbag": {"full_time": "5 ms"}}, "airbag_full: expected a time after"),
        ({"restraint": "unbelted", "mass": "5 kg"}, "torso_mass: expected a moving mass above that of the head"),
    ],
)
def test_an_occupant_that_cannot_be(given: object, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        crashsim.drive_occupant(haversine(), DT, given)  # type: ignore[arg-type]
    assert words in str(caught.value)
    assert len(caught.value.problems) == 1


def written(folder: Path, text: str) -> Path:
    path = folder / "pulse.csv"
    path.write_text(text)
    return path


def test_a_pulse_is_read_from_contact_on(tmp_path: Path) -> None:
    path = written(tmp_path, "t,a\n[ms],[g]\n\n-0.2,9\n-0.1,9\n0,1\n0.1,-2\n0.2,3\n")
    acceleration, dt = read_pulse(path, "ms", "g")
    np.testing.assert_allclose(acceleration, np.array([1.0, -2.0, 3.0]) * G)
    assert dt == pytest.approx(1e-4)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "pulse.csv: got 0 lines of numbers"),
        ("0,1\n", "got 1 lines of numbers"),
        ("0,1\n1,2,3\n", "pulse.csv:2:1: got '1,2,3', expected two numbers"),
        ("t,a\n0,1\n1,x\n", "pulse.csv:3:1: got '1,x'"),
        ("0,1\n1,nan\n", "pulse.csv:2:1: got '1,nan'"),
        ("0,1\n1,2\n3,2\n4,2\n", "pulse.csv:2:1: got the time 1, expected evenly spaced"),
        ("1,1\n0,2\n", "expected times that grow"),
        ("5,1\n6,1\n", "begins at contact"),
        ("-5,1\n-4,1\n", "begins at contact"),
    ],
)
def test_a_pulse_that_cannot_be_read(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_pulse(written(tmp_path, text), "s", "g")
    assert words in str(caught.value)


def test_a_pulse_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "pulse.csv"
    path.write_bytes(b"0,1\n\xff,2\n")
    for name in (path, tmp_path, tmp_path / "missing.csv"):
        with pytest.raises(ConfigError, match=r"cannot be read|expected UTF-8 text|expected a file"):
            read_pulse(name, "s", "g")


def test_the_command(tmp_path: Path) -> None:
    t = np.arange(haversine().size) * DT
    rows = [f"{1e3 * x:.6g},{-a / G:.17g}" for x, a in zip(t, haversine(), strict=True)]
    path = written(tmp_path, "time,ax\n" + "\n".join(rows))
    command = ["occupant", str(path), "--restraint", MODERN, "--time-unit", "ms", "--acceleration-unit", "g"]
    runner = CliRunner()
    found = json.loads(runner.invoke(cli, [*command, "--json"], catch_exceptions=False).output)
    assert set(found) >= CRITERIA
    assert found["excursion"] == pytest.approx(drive(haversine(), DT, shipped(MODERN)).excursion, rel=1e-6)
    text = runner.invoke(cli, [*command, "--units", "us"], catch_exceptions=False).output
    assert units.format_quantity(found["excursion"], "length", "us") in text
    assert "model result, not a crash test" in text
    with pytest.raises(CrashsimError, match="gains speed; leave out --deceleration"):
        runner.invoke(cli, [*command, "--deceleration"], catch_exceptions=False)
    unbelted = runner.invoke(cli, ["occupant", str(path), "--restraint", "unbelted", *command[4:], "--json"])
    assert json.loads(unbelted.output)["chest_deflection"] is None
