"""Route 1: injury functions, what they say of measured dummies, and the risk columns of a run."""

from __future__ import annotations

import copy
import json
from math import exp, log
from pathlib import Path

import numpy as np
import pytest
import yaml
from click.testing import CliRunner
from scipy.stats import norm

import crashsim
from crashsim import data, units
from crashsim.cli import cli
from crashsim.config import library
from crashsim.config.study import load_study
from crashsim.criteria import RISKS
from crashsim.engine.dummies import IN_USE, NAMES, dummy_columns, femur_force
from crashsim.errors import ConfigError
from crashsim.output.library import describe, listing
from crashsim.output.words import percent
from crashsim.results.table import label
from crashsim.risk import DUMMIES, InjuryFunction, combined_thoracic_index, injury_risk, joint, ncap_risk, region_risk
from crashsim.risk.dummy import AIS, ANY, MEASURES
from crashsim.units import G0

FOLDER = Path(str(data.__file__)).parent / "injury_functions"
TREES = {p.stem: yaml.safe_load(p.read_text("utf-8")) for p in sorted(FOLDER.glob("*.yaml"))}
FUNCTIONS = {name: InjuryFunction.from_tree(tree) for name, tree in TREES.items()}
MODERN = "belt-pretensioner-limiter-airbag"


def logistic(z):
    return 1 / (1 + exp(-z))


def risk(name, level, value, dummy="50m", age=40.0):
    return float(injury_risk(FUNCTIONS[name], level, value, dummy=dummy, age=age))


# ---- the library -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TREES)
def test_every_function_states_what_it_rests_on(name):
    function = FUNCTIONS[name]
    assert function.name == name
    assert (function.tag, function.valid_tag) == ("S", "J")
    assert len(function.source) > 40
    assert function.valid_to > 0.0
    assert set(function.levels) <= {ANY, *DUMMIES}
    for levels in function.levels.values():
        assert list(levels) == [level for level in AIS if level in levels]


# The model card, typed a second time: each function at one value, by plain arithmetic.
BY_HAND = [
    ("head-hic15", "AIS2+", 700.0, "50m", norm.cdf((log(700) - 6.96352) / 0.84664)),
    ("head-hic15", "AIS3+", 700.0, "5f", norm.cdf((log(700) - 7.45231) / 0.73998)),
    ("head-hic15", "AIS4+", 700.0, "50m", norm.cdf((log(700) - 7.65605) / 0.60580)),
    ("head-prasad-mertz", "AIS1+", 1000.0, "50m", logistic(0.0065 * 1000 - 1.54 - 0.2)),
    ("head-prasad-mertz", "AIS2+", 1000.0, "50m", logistic(0.00483 * 1000 - 2.49 - 0.2)),
    ("head-prasad-mertz", "AIS3+", 1000.0, "50m", logistic(0.00372 * 1000 - 3.39 - 0.2)),
    ("head-prasad-mertz", "AIS4+", 1000.0, "5f", logistic(0.00351 * 1000 - 4.90 - 0.2)),
    ("head-prasad-mertz", "AIS5+", 1000.0, "50m", logistic(0.00429 * 1000 - 7.82 - 0.2)),
    ("head-prasad-mertz", "AIS6", 1000.0, "50m", logistic(0.00565 * 1000 - 12.24 - 0.2)),
    ("chest-deflection-age", "AIS3+", 0.040, "50m", logistic(1.568 * 40**0.4612 + 0.05861 * 40 - 12.597)),
    ("chest-deflection-age", "AIS3+", 0.040, "5f", logistic(1.7212 * 40**0.4612 + 0.05861 * 40 - 12.597)),
    ("chest-deflection-1999", "AIS2+", 0.040, "50m", logistic(0.04439 * 40 - 1.8706)),
    ("chest-deflection-1999", "AIS3+", 0.040, "50m", logistic(0.0475 * 40 - 3.7124)),
    ("chest-deflection-1999", "AIS4+", 0.040, "50m", logistic(0.0475 * 40 - 5.0952)),
    ("chest-deflection-1999", "AIS5+", 0.040, "50m", logistic(0.0459 * 40 - 8.8274)),
    ("chest-acceleration", "AIS3+", 50 * G0, "5f", logistic(0.063 * 50 - 3.1493)),
    ("chest-cti", "AIS3+", 1.0, "50m", logistic(7.125 - 8.224)),
    ("neck-nij", "AIS3+", 0.5, "5f", logistic(1.9688 * 0.5 - 3.2269)),
    ("neck-nij-1999", "AIS2+", 0.5, "50m", logistic(1.195 * 0.5 - 2.054)),
    ("neck-nij-1999", "AIS3+", 0.5, "50m", logistic(1.969 * 0.5 - 3.227)),
    ("neck-nij-1999", "AIS5+", 0.5, "50m", logistic(1.195 * 0.5 - 3.817)),
    ("neck-tension", "AIS3+", 4e3, "50m", logistic(2.375 * 4 - 10.9745)),
    ("neck-compression", "AIS3+", 3e3, "5f", logistic(3.770 * 3 - 10.958)),
    ("femur-2008", "AIS2+", 8e3, "50m", logistic(0.5196 * 8 - 5.795)),
    ("femur-2008", "AIS2+", 6e3, "5f", logistic(0.7619 * 6 - 5.7949)),
    ("femur-2001", "AIS3+", 8e3, "50m", logistic(0.326 * 8 - 4.9795)),
]


@pytest.mark.parametrize("name, level, value, dummy, expected", BY_HAND)
def test_functions_by_hand(name, level, value, dummy, expected):
    assert risk(name, level, value, dummy) == pytest.approx(expected, rel=1e-9)


def test_every_coefficient_is_checked_by_hand_but_where_levels_cross():
    every = {(n, level) for n, f in FUNCTIONS.items() for levels in f.levels.values() for level in levels}
    assert every - {case[:2] for case in BY_HAND} == {("neck-nij-1999", "AIS4+")}


def test_the_age_form_is_the_ncap_chest_curve_at_35():
    for dummy, slope in (("50m", 1.568), ("5f", 1.7212)):
        ncap = logistic(slope * 25**0.4612 - 10.5456)
        assert risk("chest-deflection-age", "AIS3+", 0.025, dummy, 35.0) == pytest.approx(ncap, rel=1e-4)


def test_a_crossing_level_is_held_at_the_one_below():
    """At Nij = 2 the published AIS4+ is 42 %, AIS3+ 67 %; at 0 they are 6.3 and 3.8 %."""
    assert risk("neck-nij-1999", "AIS4+", 2.0) == pytest.approx(logistic(1.195 * 2 - 2.693))
    assert risk("neck-nij-1999", "AIS4+", 0.0) == risk("neck-nij-1999", "AIS3+", 0.0) < logistic(-2.693)


@pytest.mark.parametrize("name", TREES)
def test_risk_rises_with_the_measure_and_falls_with_the_level(name):
    function = FUNCTIONS[name]
    x = np.linspace(0.0, 2.0 * function.valid_to, 41)
    for dummy in set(function.levels) - {ANY} or DUMMIES:
        rows = np.array([injury_risk(function, level, x, dummy=dummy, age=60.0) for level in function.of(dummy)])
        assert np.all((rows >= 0.0) & (rows <= 1.0))
        assert np.all(np.diff(rows, axis=1) >= 0.0)
        assert np.all(np.diff(rows, axis=0) <= 0.0)


def test_no_head_load_is_no_head_risk_and_nothing_measured_is_no_number():
    assert risk("head-hic15", "AIS3+", 0.0) == risk("head-prasad-mertz", "AIS3+", 0.0) == 0.0
    assert np.isnan(risk("head-hic15", "AIS3+", np.nan))
    assert np.isnan(risk("chest-deflection-age", "AIS3+", 0.03, age=np.nan))
    assert risk("head-hic15", "AIS3+", 1e30) == 1.0


def test_age_broadcasts():
    found = injury_risk(
        FUNCTIONS["chest-deflection-age"], "AIS3+", [[0.02], [0.04]], dummy="50m", age=[25.0, 45.0, 75.0]
    )
    assert found.shape == (2, 3)
    odds = found / (1 - found)
    np.testing.assert_allclose(odds[:, 1] / odds[:, 0], np.exp(0.05861 * 20))


@pytest.mark.parametrize(
    "name, level, value, dummy, message",
    [
        ("femur-2001", "AIS3+", 1e3, "5f", "femur-2001 has no AIS3\\+ for the dummy 5f"),
        ("femur-2008", "AIS3+", 1e3, "50m", "has no AIS3\\+"),
        ("head-hic15", "AIS3+", -1.0, "50m", "hic15: expected 0 or more"),
    ],
)
def test_what_a_function_is_not_for(name, level, value, dummy, message):
    with pytest.raises(ValueError, match=message):
        risk(name, level, value, dummy)


@pytest.mark.parametrize(
    "path, value, message",
    [
        ("region", "foot", "region: got 'foot', expected one of: head, neck, chest, femur"),
        ("measure", "hic", "measure: got 'hic', expected one of: .*; did you mean"),
        ("unit", "g", "unit: got 'g'"),
        ("form", "weibull", "form: got 'weibull'"),
        ("tag", "X", "tag: got 'X'"),
        ("title", " ", "title: expected a text"),
        ("valid", {"to": "76 mm", "tag": "J"}, "valid: missing source"),
        ("levels", {}, "levels: expected at least one dummy"),
        ("levels", {"95m": {}}, "levels: got '95m'"),
        ("levels", {"50m": {}}, "levels.50m: expected at least one level"),
        ("levels", {"50m": {"AIS7+": {}}}, "levels.50m: got 'AIS7\\+'"),
        ("levels", {"50m": {"AIS3+": {"intercept": 1}}}, "levels.50m.AIS3\\+: missing slope"),
        ("levels", {"50m": {"AIS3+": {"intercept": 1, "slope": 1, "sex": 1}}}, "unknown 'sex'"),
        ("levels", {"50m": {"AIS3+": {"intercept": 1, "slope": 0}}}, "expected slope above 0"),
        ("extra", 1, "unknown 'extra'"),
    ],
)
def test_a_wrong_file_is_refused(path, value, message):
    tree = copy.deepcopy(TREES["chest-deflection-age"]) | {path: value}
    with pytest.raises(ValueError, match=message):
        InjuryFunction.from_tree(tree)


# ---- measured dummies --------------------------------------------------------------------------------------------------

# NHTSA test 10146, 2018 Toyota Camry, both front dummies, as reduced for the model card.
DRIVER = {"hic15": 139.8, "chest_deflection": 0.0232, "femur_force": 2345.0, "nij": 0.196, "neck_tension": 1167.0,
          "neck_compression": 54.0}  # fmt: skip
PASSENGER = {"hic15": 334.9, "chest_deflection": 0.01775, "femur_force": 1378.0, "nij": 0.211, "neck_tension": 605.0,
             "neck_compression": 200.0}  # fmt: skip


def test_ncap_set_on_the_dummies_of_the_camry():
    driver = ncap_risk(FUNCTIONS, DRIVER, "50m")
    passenger = ncap_risk(FUNCTIONS, PASSENGER, "5f")
    assert (driver.joint, passenger.joint) == (pytest.approx(0.084, abs=5e-4), pytest.approx(0.093, abs=5e-4))
    assert (driver.relative, passenger.relative) == (pytest.approx(0.56, abs=5e-3), pytest.approx(0.62, abs=5e-3))
    parts = [driver.head, driver.chest, driver.neck, driver.femur]
    assert driver.joint == pytest.approx(1.0 - np.prod([1.0 - p for p in parts]))
    assert driver.neck == pytest.approx(logistic(1.9688 * 0.196 - 3.2269))


def test_ncap_floor():
    """Nothing measured at all is 4.1 %: the neck alone is 3.8 %."""
    nothing = dict.fromkeys(DRIVER, 0.0)
    found = ncap_risk(FUNCTIONS, nothing, "50m")
    assert found.neck == pytest.approx(0.038, abs=5e-4)
    assert found.joint == found.floor == pytest.approx(0.041, abs=5e-4)
    assert ncap_risk(FUNCTIONS, DRIVER, "50m").floor == found.floor


def test_the_neck_of_ncap_is_the_worst_of_three():
    pulled = ncap_risk(FUNCTIONS, DRIVER | {"neck_tension": 4000.0}, "50m")
    pushed = ncap_risk(FUNCTIONS, DRIVER | {"neck_compression": 4000.0}, "50m")
    assert pulled.neck == pushed.neck == pytest.approx(logistic(2.375 * 4 - 10.9745))


# ---- regions together --------------------------------------------------------------------------------------------------


def test_joint_of_independent_injuries():
    assert float(joint(0.1, 0.2)) == pytest.approx(0.28)
    assert joint(np.array([0.0, 1.0, np.nan]), 0.5).tolist()[:2] == [0.5, 1.0]
    assert np.isnan(joint(np.nan, 0.5))


def test_a_region_takes_every_function_whose_measure_is_there():
    measured = {"chest_deflection": np.array([0.03, np.nan, 0.09]), "chest_3ms": np.array([400.0, 400.0, 400.0]),
                "hic15": np.zeros(3)}  # fmt: skip
    found = region_risk(FUNCTIONS.values(), "chest-deflection-age", "AIS3+", measured, dummy="50m", age=40.0)
    assert set(found.members) == {"chest-deflection-age", "chest-deflection-1999", "chest-acceleration"}
    assert found.extrapolated.tolist() == [False, False, True]
    assert np.isnan(found.central[1])
    assert found.lower[1] == found.upper[1] == pytest.approx(logistic(0.063 * 400 / G0 - 3.1493))
    assert found.lower[0] == found.central[0] < found.upper[0] == found.members["chest-acceleration"][0]
    small = region_risk(FUNCTIONS.values(), "chest-deflection-age", "AIS3+", measured, dummy="5f", age=40.0)
    assert set(small.members) == {"chest-deflection-age", "chest-acceleration"}


def test_cti_by_hand():
    assert combined_thoracic_index(45 * G0, 0.0515, "50m") == pytest.approx(1.0)
    assert combined_thoracic_index(45 * G0, 0.0415, "5f") == pytest.approx(1.0)


def test_femur_only_where_the_knees_touch_and_a_belt_leaves_the_contact_to_them():
    found = femur_force([0.0, 4e3, 4e3], [0.02, 0.02, np.nan])
    np.testing.assert_array_equal(found, [np.nan, 2e3, np.nan])


def test_columns_by_hand():
    rows = {name: np.array([value, np.nan]) for name, value in
            (("hic15", 200.0), ("hic36", 400.0), ("chest_3ms", 40 * G0), ("chest_deflection", 0.02), ("knee_force", 5e3))}  # fmt: skip
    found = dummy_columns(FUNCTIONS.values(), "50m", 60.0, rows)
    head, chest = risk("head-hic15", "AIS3+", 200.0), risk("chest-deflection-age", "AIS3+", 0.02, age=60.0)
    assert found["risk1_head_ais3plus"][0] == head
    assert found["risk1_chest_ais3plus"][0] == chest
    assert found["risk1_joint_ais3plus"][0] == pytest.approx(1 - (1 - head) * (1 - chest))
    assert found["risk1_femur_ais3plus"][0] == risk("femur-2001", "AIS3+", 2500.0)
    worst = risk("head-prasad-mertz", "AIS3+", 400.0), risk("chest-acceleration", "AIS3+", 40 * G0)
    assert found["risk1_joint_ais3plus_high"][0] == pytest.approx(1 - (1 - worst[0]) * (1 - worst[1]))
    assert set(NAMES) <= set(found)
    assert all(np.isnan(found[name][1]) for name in NAMES)
    assert not any(found[name][1] for name in found if name.endswith("_extrapolated"))
    assert "risk1_femur_ais3plus" not in dummy_columns(FUNCTIONS.values(), "5f", 60.0, rows)


# ---- in a run ----------------------------------------------------------------------------------------------------------


def wall(vehicle="midsize-camry-2018", restraint=MODERN, size="50m", speed="56 km/h", **more):
    occupant = {"size": size, "restraint": restraint, **more.pop("occupant", {})}
    return {
        "name": "wall",
        "vehicles": {"car": {"use": vehicle, "occupant": occupant}, "wall": {"use": "rigid-wall"}},
        "impacts": {"x": {"type": "wall", "between": ["car", "wall"], "speed": {"car": speed}}},
        "sampling": {"samples": 1},
        **more,
    }


def value(results, name):
    return float(results.columns[name][0])


@pytest.mark.parametrize("vehicle", ["midsize-camry-2018", "compact", "full-size-pickup"])
def test_a_modern_belted_driver_at_56_km_h_is_where_dummies_are(vehicle):
    """Model card 4.5: HIC15 100-400, chest 35-50 g, deflection 18-32 mm."""
    found = crashsim.run(wall(vehicle))
    assert 100.0 < value(found, "hic15") < 400.0
    assert 35.0 < value(found, "chest_3ms") / G0 < 50.0
    assert 0.018 < value(found, "chest_deflection") < 0.032
    assert value(found, "risk1_joint_ais3plus") < 0.05


def test_older_restraints_against_the_averages_of_their_tests():
    """35 mph into a wall: drivers of 1987-89 (belt, fitted) HIC 1038 and 52 g; of 1996-97 (belt and airbag) 678 and 51 g."""
    cars = ["midsize-camry-2018", "compact"]
    old, bag = ([crashsim.run(wall(car, r, speed="35 mph")) for car in cars] for r in ("belt-1990s", "belt-airbag"))
    means = [(np.mean([value(r, "hic36") for r in found]), np.mean([value(r, "chest_3ms") / G0 for r in found]))
             for found in (old, bag)]  # fmt: skip
    (hic_old, chest_old), (hic_bag, chest_bag) = means
    assert hic_old == pytest.approx(1038, rel=0.10)
    assert hic_bag == pytest.approx(678, rel=0.25)  # nobody fitted this one
    assert chest_old == pytest.approx(55.7, abs=16.1)  # the mean and the scatter of thirteen tests of 1979-80
    assert chest_bag < chest_old


def test_each_generation_of_restraints_is_better_than_the_one_before():
    order = ["unbelted", "belt-1990s", "belt-airbag", MODERN]
    found = [crashsim.run(wall(restraint=name)) for name in order]
    for name in ("risk1_head_ais3plus", "risk1_joint_ais3plus_high"):
        assert np.all(np.diff([value(r, name) for r in found]) < 0.0), name
    chest = [value(r, "risk1_chest_ais3plus") for r in found]
    assert np.isnan(chest[0])  # no belt, no chest deflection: only by acceleration
    assert np.all(np.diff(chest[1:]) < 0.0)
    assert value(found[0], "risk1_chest_ais3plus_low") == value(found[0], "risk1_chest_ais3plus_high") > 0.1
    assert np.isnan(value(found[0], "risk1_femur_ais3plus"))


def test_a_knee_airbag_catches_the_knees_earlier_and_changes_little():
    with_bag, without = (crashsim.run(wall(restraint=r)) for r in ("belt-pretensioner-limiter-knee-airbag", MODERN))
    assert value(with_bag, "knee_force") > value(without, "knee_force")
    assert value(with_bag, "excursion") < value(without, "excursion")
    assert value(with_bag, "risk1_joint_ais3plus") == pytest.approx(value(without, "risk1_joint_ais3plus"), abs=0.005)


def test_age_and_size_change_the_chest():
    young, old = (crashsim.run(wall(risk={"occupant_age": f"{age} years"})) for age in (30, 70))
    odds = [p / (1 - p) for p in (value(young, "risk1_chest_ais3plus"), value(old, "risk1_chest_ais3plus"))]
    assert odds[1] / odds[0] == pytest.approx(exp(0.05861 * 40))
    assert value(young, "risk1_head_ais3plus") == value(old, "risk1_head_ais3plus")
    small = crashsim.run(wall(size="5f"))
    deflection = value(small, "chest_deflection")
    assert value(small, "risk1_chest_ais3plus") == pytest.approx(
        risk("chest-deflection-age", "AIS3+", deflection, "5f", 40.0)
    )


def test_rows_without_a_modelled_occupant_have_no_route_1():
    study = {
        "name": "behind",
        "vehicles": {"a": {"use": "kei-car"}, "b": {"use": "full-size-pickup", "occupant": "none"}},
        "impacts": {
            "rear": {"type": "rear-end", "between": ["b", "a"], "speed": {"a": "0 mph", "b": "30 mph"}},
            "front": {"type": "head-on", "between": ["a", "b"], "speed": {"a": "20 mph", "b": "20 mph"}},
        },
        "sampling": {"samples": 1},
    }  # fmt: skip
    found = crashsim.run(study)
    known = np.isfinite(found.columns["risk1_joint_ais3plus"])
    assert known.tolist() == [
        (i, v) == ("front", "a") for i, v in zip(found.columns["impact"], found.columns["vehicle"], strict=True)
    ]
    assert np.isfinite(found.columns["risk_mais3plus"]).all()


def test_the_columns_carry_words_and_the_manifest_their_functions():
    found = crashsim.run(wall())
    for name, metric in RISKS.items():
        assert found.dimensions[name] == metric.dimension == "ratio"
        assert label(name) == metric.label
    listed = found.meta["injury_functions"]
    assert {listed[name]["region"] for name in listed} == {"head", "chest"}
    assert set(listed) >= {IN_USE["risk1_head_ais3plus"], IN_USE["risk1_chest_ais3plus"]}
    assert found.meta["dummies"] == {"car": "50m"}
    table = found.to_table("us")
    assert "risk1_joint_ais3plus" in table


def test_samples_spread_the_response():
    """The restraint's ranges make a distribution of risks; the same points, the same numbers as one by one."""
    drawn = {"uniform": {"from": "5 kN", "to": "12 kN"}}
    study = wall(occupant={"belt": {"limit": drawn}}, sampling={"samples": 64, "seed": 3})
    found = crashsim.reduce(study, columns=["risk1_joint_ais3plus", "risk1_joint_ais3plus_high", "chest_deflection"])
    low, high = (found.columns[f"risk1_joint_ais3plus.{edge}"][0] for edge in ("p05", "p95"))
    assert 0.0 < low < 0.5 * high < 0.5
    samples = crashsim.run(study).samples
    assert samples is not None
    np.testing.assert_allclose(
        found.columns["risk1_joint_ais3plus.mean"][0], samples.columns["risk1_joint_ais3plus"].mean(), rtol=1e-12
    )
    assert not any(name.startswith("risk1_") and "." in name for name in samples.columns)


def spread(restraint):
    """Means and quantiles of a 35 mph wall test over the ranges of a restraint."""
    study = wall(restraint=restraint, speed="35 mph", sampling={"samples": 256, "spreads": ["restraints"], "seed": 1})
    return {n: v[0] for n, v in crashsim.reduce(study, columns=["hic15", "hic36", "chest_3ms"]).columns.items()}


def test_the_ranges_of_a_restraint_span_what_tests_scatter():
    """Belt alone: HIC 1099 +- 381 in thirteen tests; the modern restraint stays where dummies of its kind are."""
    old, new = spread("belt-1990s"), spread(MODERN)
    assert old["hic36.mean"] == pytest.approx(1099, rel=0.10)
    assert old["hic36.sd"] == pytest.approx(381, rel=0.25)
    assert 100.0 < new["hic15.p05"] < new["hic15.p95"] < 400.0
    assert 35.0 < new["chest_3ms.p05"] / G0 < new["chest_3ms.p95"] / G0 < 50.0


def test_the_table_of_the_docs():
    """The row of each restraint in docs/risk.md: HIC15, chest, deflection, band of the joint risk."""
    text = (Path(__file__).parents[1] / "docs" / "risk.md").read_text("utf-8")
    rows = {cells[1].strip(): cells for cells in (line.split("|") for line in text.splitlines()) if len(cells) == 10}
    for name in library.names("restraints"):
        found = crashsim.run(wall(restraint=name))
        hic, chest, deflection = (cell.split("(")[0].strip() for cell in rows[name][2:5])
        assert value(found, "hic15") == pytest.approx(float(hic), abs=0.5)
        assert value(found, "chest_3ms") / G0 == pytest.approx(float(chest), abs=0.5)
        if deflection:
            assert value(found, "chest_deflection") * 1e3 == pytest.approx(float(deflection), abs=0.5)
        edges = (percent(value(found, f"risk1_joint_ais3plus_{edge}")) for edge in ("low", "high"))
        low, high = (edge.removesuffix(" %") for edge in edges)
        assert rows[name][8].strip() == f"{low} to {high} %"


# ---- who sits where ----------------------------------------------------------------------------------------------------


def test_a_seat_moved_forward_shortens_every_gap():
    base, near = (
        load_study(wall(occupant={"seat_shift": shift})).impacts[0].numbers["vehicles.car.occupant.seat_shift"]
        for shift in ("0 mm", "-40 mm")
    )
    assert (base, near) == (0.0, -0.04)
    far, close = (crashsim.run(wall(occupant={"seat_shift": shift})) for shift in ("40 mm", "-40 mm"))
    assert value(close, "excursion") < value(far, "excursion")


def test_a_seat_in_the_bag_is_refused():
    with pytest.raises(ConfigError) as error:
        load_study(wall(occupant={"seat_shift": "-100 mm"}))
    assert "the gap to the airbag is -20 mm with this seat_shift, expected 0 or more" in str(error.value)


def test_an_occupant_file_names_its_dummy(tmp_path):
    (tmp_path / "giant.yaml").write_text("mass: 120 kg\nhead_mass: 6 kg\nmoving_share: 0.6\n")
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(wall(size="giant")))
    with pytest.raises(ConfigError, match="not whole, expected also dummy"):
        load_study(path)
    (tmp_path / "giant.yaml").write_text("mass: 120 kg\nhead_mass: 6 kg\nmoving_share: 0.6\ndummy: 50f\n")
    with pytest.raises(ConfigError, match="got '50f', expected 50m or 5f; did you mean '5f'"):
        load_study(path)


# ---- told --------------------------------------------------------------------------------------------------------------


def test_the_command_tells_the_risks(tmp_path):
    time = np.arange(0.0, 0.15, 1e-3)
    pulse = np.where(time < 0.09, -35.0 * np.sin(np.pi * time / 0.09) ** 2, 0.0)
    path = tmp_path / "pulse.csv"
    np.savetxt(path, np.column_stack([time, pulse]), delimiter=",", header="t,a")
    command = ["occupant", str(path), "--time-unit", "s", "--acceleration-unit", "g", "--restraint"]
    text = CliRunner().invoke(cli, [*command, MODERN, "--age", "70"], catch_exceptions=False).output
    for metric in RISKS.values():
        assert metric.label in text
    found = json.loads(
        CliRunner().invoke(cli, [*command, MODERN, "--age", "70", "--json"], catch_exceptions=False).output
    )
    assert found["risk1_chest_ais3plus"] == pytest.approx(
        risk("chest-deflection-age", "AIS3+", found["chest_deflection"], age=70.0)
    )
    nobody = json.loads(CliRunner().invoke(cli, [*command, "unbelted", "--json"], catch_exceptions=False).output)
    assert nobody["risk1_joint_ais3plus"] is None
    assert nobody["risk1_joint_ais3plus_low"] > 0.5


def test_the_library_lists_and_shows_them():
    rows = json.loads(listing("injury", as_json=True))
    assert {row["name"] for row in rows} == set(TREES) == set(library.names("injury"))
    text = describe("chest-deflection-age")
    assert "5f AIS3+: intercept -12.597, slope 1.7212, exponent 0.4612, age 0.05861" in text
    assert {f.measure for f in library.injury_functions().values()} == set(MEASURES)
    assert units.DIMENSIONS["length"]["mm"] == 1e-3
