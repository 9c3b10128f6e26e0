"""Crash tests side by side: faces of honeycomb by hand, walls as a run has them, and the crash that equals a test."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from crashsim import barriers, run, structure
from crashsim.api import collide
from crashsim.barriers import Block
from crashsim.cli import cli
from crashsim.config.questions.crash_tests import CAR, load_crash_tests
from crashsim.engine.crash_tests import DUMMY, FIELD, crossing, severities
from crashsim.errors import ConfigError
from crashsim.output import crash_tests as output
from crashsim.units import KMH, MPH

STROKE = {"value": 0.8, "tag": "J"}


def question(**more):
    return {
        "name": "some",
        "vehicles": {"kei": {"use": "kei-car"}},
        "barriers": {
            "wall": {},
            "face": {"width": "1 m", "blocks": [{"depth": "45 cm", "height": "65 cm", "strength": "0.342 MPa", "stroke": STROKE}]},
            "trolley": {"mass": "1400 kg", "width": "1 m", "blocks": [
                {"depth": "50 cm", "height": "60 cm", "strength": "0.3 MPa", "end_strength": {"uniform": {"from": "0.5 MPa", "to": "1.5 MPa"}}, "stroke": STROKE}]},
        },
        "partners": {"pickup": {"use": "full-size-pickup"}},
        "tests": {
            "us": {"against": "wall", "speed": "56 km/h"},
            "offset": {"against": "face", "speed": "64 km/h", "overlap": "40 %"},
            "moving": {"against": "trolley", "speed": "50 km/h", "against_speed": "50 km/h", "overlap": "50 %"},
            "head-on": {"against": "pickup", "speed": "35 mph", "against_speed": "35 mph"},
        },
        "reference": "us",
        "equals": "pickup",
        "sampling": {"samples": 32},
        **more,
    }  # fmt: skip


@pytest.fixture(scope="module")
def asked():
    return load_crash_tests(question())


@pytest.fixture(scope="module")
def found(asked):
    return severities(asked, threads=1)


# ---- faces -------------------------------------------------------------------------------------------------------------


def test_a_rigid_car_crushes_a_block_by_its_energy_over_its_force():
    """``x = m v^2 / (2 s h b)``: 1,000 kg at 10 m/s into 0.342 MPa x 0.65 m x 0.6 m = 133.4 kN: 37.5 cm, less the small rise."""
    face = barriers.face([Block(0.6, 0.65, 0.342e6, 0.342e6, 0.9)], 0.6, 1)
    hit = collide(1000.0, structure.rigid(), np.inf, face, 10.0)
    assert hit["dynamic_crush"][0, 1] == pytest.approx(0.375, rel=0.02)
    assert hit["absorbed_energy"][0, 1] == pytest.approx(50e3, rel=1e-3)
    assert hit["restitution"][0] < 0.05


def test_the_weaker_block_is_crushed_first_wherever_it_stands():
    """Main block 131 kN over 0.8 x 45 cm behind a bumper of 333 kN over 0.8 x 9 cm."""
    face = barriers.face([Block(0.09, 0.33, 1.711e6, 1.711e6, 0.8), Block(0.45, 0.65, 0.342e6, 0.342e6, 0.8)], 0.59, 1)
    one = replace(face, **{name: values[0] for name, values in vars(face).items()})
    assert structure.crush_force(one, 0.2) == pytest.approx(131e3, rel=0.03)
    assert structure.crush_force(one, 0.42) == pytest.approx(335e3, rel=0.03)
    assert structure.faults(face) == []


def test_a_progressive_block_grows_from_its_first_strength_to_its_last():
    face = barriers.face([Block(0.5, 0.6, 0.3e6, 0.9e6, 0.8)], 0.5, 1)
    one = replace(face, **{name: values[0] for name, values in vars(face).items()})
    assert structure.crush_force(one, 0.2) == pytest.approx(0.5 * (90e3 + 270e3), rel=0.03)
    assert structure.crush_energy(one, 0.4) == pytest.approx(0.4 * 180e3, rel=0.05)


def test_what_stands_on_the_ground_takes_no_energy_of_motion(found):
    """All of ``m v^2 / 2`` goes into car and face, and the car's delta-v is (1 + e) v."""
    speed = 64.0 * KMH
    change = found.at("delta_v", 0, "offset")
    assert speed < change < 1.3 * speed
    assert found.at("specific_energy", 0, "offset") < 0.5 * speed**2
    assert np.isnan(found.at(f"partner.{FIELD}", 0, "us"))


# ---- severity ----------------------------------------------------------------------------------------------------------


def test_a_wall_test_is_the_one_that_a_run_computes(found):
    results = run({"name": "one", "vehicles": {"kei": {"use": "kei-car"}, "wall": {"use": "rigid-wall"}},
                   "impacts": {"x": {"type": "wall", "speed": {"kei": "56 km/h"}}}})  # fmt: skip
    for name in ("delta_v", "olc", "dynamic_crush", "chest_3ms", DUMMY, FIELD):
        assert found.at(name, 0, "us") == pytest.approx(float(results[name].item()), rel=1e-9)
    mass = float(results["impact_mass"].item())
    assert found.at("specific_energy", 0, "us") == pytest.approx(
        float(results["absorbed_energy"].item()) / mass, rel=1e-9
    )
    assert found.at("margin", 0, "us") == pytest.approx(0.48 - float(results["dynamic_crush"].item()), abs=1e-9)


def test_the_reference_is_one_of_itself_sample_by_sample(found):
    for name in ("delta_v", "olc"):
        for edge in ("", ".p05", ".p95"):
            assert found.at(f"{name}.ratio{edge}", 0, "us") == 1.0


def test_the_trolley_shares_momentum(found):
    """``(1 + e) M/(m + M) 2v`` with e of 0 to 0.3."""
    plastic = 1400.0 / (1400.0 + found.mass[0]) * 100.0 * KMH
    assert plastic < found.at("delta_v", 0, "moving") < 1.3 * plastic


def test_the_unknown_end_strength_is_drawn(asked, found):
    paths = [number.path for number in asked.studies["kei"].impacts[0].random]
    assert "barriers.trolley.blocks.0.end_strength" in paths
    fixed = json.loads(json.dumps(question()))
    fixed["barriers"]["trolley"]["blocks"][0]["end_strength"] = "1.5 MPa"
    stiff = severities(load_crash_tests(fixed | {"sampling": {"samples": 1}}), threads=1)
    assert stiff.at("specific_energy", 0, "moving") > found.at("specific_energy", 0, "moving")
    assert np.isnan(stiff.at("delta_v.p05", 0, "us"))


def test_the_crash_that_equals_the_reference_does(found):
    closing = found.equal["delta_v"][0, 0]
    assert found.equal["delta_v"][0, 1] < closing < found.equal["delta_v"][0, 2]
    vehicles = {"kei": {"use": "kei-car"}, "pickup": {"use": "full-size-pickup"}}
    each = f"{float(closing) / 2.0!r} m/s"
    results = run(
        {
            "name": "one",
            "vehicles": vehicles,
            "impacts": {"x": {"type": "head-on", "speed": dict.fromkeys(vehicles, each)}},
        }
    )
    assert float(results["delta_v"].sel(vehicle="kei").item()) == pytest.approx(found.at("delta_v", 0, "us"), rel=2e-3)


def test_crossing_by_hand():
    x = np.array([1.0, 2.0, 3.0])
    y = np.array([[0.0, 5.0, 0.0], [10.0, 6.0, 1.0], [20.0, 7.0, np.nan]])
    np.testing.assert_allclose(crossing(x, y, np.array([15.0, 4.0, 2.0])), [2.5, np.nan, np.nan])


# ---- files -------------------------------------------------------------------------------------------------------------


def test_two_sentences_with_both_bands_and_the_partner(asked, found):
    first, second = output.answer(found, asked, "si")
    assert "for the pickup" in first
    assert f"{found.equal['delta_v'][0, 0] / KMH:.0f} km/h closing" in first
    assert "published curves disagree" in second
    assert "inputs 5-95 %" in second
    assert f"{100 * found.at(f'partner.{FIELD}', 0, 'head-on'):.2g} %" in second
    assert f"{found.at('delta_v', 0, 'head-on') / MPH:.0f} mph" in output.answer(found, asked, "us")[0]


def test_the_command_writes_what_it_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "some.yaml").write_text(json.dumps(question()), encoding="utf-8")  # YAML reads JSON
    command = ["tests", "some.yaml", "--out", "out"]
    first, again = (CliRunner().invoke(cli, command, catch_exceptions=False).output for _ in range(2))
    assert again == first.replace("written: out", "already done: out")
    rows = list(csv.DictReader((tmp_path / "out" / "severity.csv").read_text().splitlines()))
    assert [row["test"] for row in rows] == ["us", "offset", "moving", "head-on"]
    data = json.loads(CliRunner().invoke(cli, [*command, "--json"], catch_exceptions=False).stdout)
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert len(data["answer"]) == 2
    assert page.count("<figure") == 3


# ---- what is wrong -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change, where, words",
    [
        ({"reference": "uk"}, "reference", "nothing called 'uk'"),
        ({"equals": "wall"}, "equals", "nothing called 'wall'"),
        ({"tests": {"us": {"against": "wal", "speed": "56 km/h"}}}, "tests.us.against", "did you mean 'wall'"),
        ({"tests": {"us": {"against": "wall", "speed": "56 km/h", "overlap": "40 %"}}}, "tests.us.overlap", "leave it out"),
        ({"tests": {"us": {"against": "face", "speed": "56 km/h", "against_speed": "1 km/h"}}}, "tests.us.against_speed", "does not move"),
        ({"vehicles": {"kei": {"use": "kei-cra"}}}, "vehicles.kei.use", "kei-car"),
        ({"barriers": {"wall": {}, "face": {"blocks": []}, "trolley": {"mass": "1 t"}}}, "barriers.trolley.blocks", "needs a face"),
    ],
)  # fmt: skip
def test_problems_have_their_place(change, where, words):
    with pytest.raises(ConfigError) as error:
        load_crash_tests(question(**change))
    assert any(p.path == where and words in p.message for p in error.value.problems)


def test_the_shipped_file_is_whole():
    shipped = load_crash_tests("crash_tests")
    assert all(len(study.impacts) == len(shipped.tests) + 1 for study in shipped.studies.values())
    assert all(given.tag for path, given in shipped.given.items() if not path.endswith("end_strength"))
    assert {test.source for test in shipped.tests} <= set(shipped.sources)
    assert CAR in next(iter(shipped.studies.values())).vehicles
