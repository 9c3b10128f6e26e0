"""Sweeps: the axes that a text makes, and every way to get one wrong."""

import numpy as np
import pytest

from crashsim.cases import columns
from crashsim.config import checks
from crashsim.config.study import load_study
from crashsim.errors import ConfigError
from crashsim.units import MPH


def study(sweep, **fields):
    impact = {"type": "head-on", "speed": {"kei": "50 mph", "pickup": "50 mph"}, **fields, "sweep": sweep}
    vehicles = {"kei": {"use": "kei-car"}, "pickup": {"use": "full-size-pickup"}}
    return {"name": "study", "vehicles": vehicles, "impacts": {"x": impact}}


def impact_of(sweep, **fields):
    return load_study(study(sweep, **fields)).impacts[0]


def problems_of(sweep, **fields):
    with pytest.raises(ConfigError) as caught:
        load_study(study(sweep, **fields))
    return [f"{p.path.removeprefix('impacts.x.sweep.')}: {p.message}" for p in caught.value.problems]


# Axes


def test_list():
    (axis,) = impact_of({"speed.kei": ["30 mph", "10 mph", "20 mph"]}).axes
    assert axis.paths == ("speed.kei",)
    assert axis.dimensions == ("speed",)
    assert axis.values[:, 0].tolist() == [30 * MPH, 10 * MPH, 20 * MPH]


@pytest.mark.parametrize(
    "how, count",
    [
        ({"points": 81}, 81),
        ({"step": "1 mph"}, 81),
        ({"step": "0.1 mph"}, 801),
        ({"step": "80 mph"}, 2),
        ({"points": 2}, 2),
    ],
)
def test_ranges_end_exactly_where_they_say(how, count):
    values = impact_of({"speed.kei": {"from": "5 mph", "to": "85 mph", **how}}).axes[0].values[:, 0]
    assert len(values) == count
    assert values[0] == 5 * MPH
    assert values[-1] == pytest.approx(85 * MPH, rel=1e-15)
    assert np.ptp(np.diff(values)) < 1e-12


def test_range_in_mixed_units_and_downwards():
    values = impact_of({"speed.kei": {"from": "90 km/h", "to": "10 m/s", "step": "5 m/s"}}).axes[0].values[:, 0]
    assert values.tolist() == [25.0, 20.0, 15.0, 10.0]


def test_grid_runs_in_the_order_as_written_the_last_axis_fastest():
    impact = impact_of(
        {"speed.kei": ["10 mph", "20 mph"], "vehicles.kei.front.plateau": ["250 kN", "260 kN", "270 kN"]}
    )
    assert impact.shape == (2, 3)
    found = columns(impact, 0, 6)
    assert found["speed.kei"].tolist() == [10 * MPH] * 3 + [20 * MPH] * 3
    assert found["vehicles.kei.front.plateau"].tolist() == [250e3, 260e3, 270e3] * 2


def test_zip_walks_together_and_keeps_its_place_among_the_axes():
    impact = impact_of(
        {
            "vehicles.kei.front.plateau": ["250 kN", "260 kN"],
            "zip": {"speed.kei": ["10 mph", "20 mph"], "speed.pickup": ["30 mph", "30 mph"]},
        }
    )
    assert [axis.paths for axis in impact.axes] == [("vehicles.kei.front.plateau",), ("speed.kei", "speed.pickup")]
    assert impact.axes[1].values.tolist() == [[10 * MPH, 30 * MPH], [20 * MPH, 30 * MPH]]


def test_several_zips():
    pairs = [{"speed.kei": ["10 mph", "20 mph"]}, {"vehicles.kei.mass": ["800 kg", "900 kg", "1 t"]}]
    assert impact_of({"zip": pairs}).shape == (2, 3)


def test_restitution_and_points_of_a_curve_can_be_swept():
    assert impact_of({"restitution": [0.1, "20 %"]}, restitution=0.1).axes[0].values[:, 0].tolist() == [0.1, 0.2]
    swept = study({"vehicles.kei.front.curve.1.force": ["40 kN", "50 kN"]})
    swept["vehicles"]["kei"] = {"use": "midsize-camry-2018"}
    assert load_study(swept).impacts[0].count == 2


# Mistakes

MISTAKES = [
    (
        {"speed.kie": ["5 mph"]},
        "'speed.kie': this impact has no such number to sweep; did you mean 'speed.kei'?",
    ),
    (
        {"vehicles.kei.front.platau": ["5 kN"]},
        "'vehicles.kei.front.platau': no number at 'vehicles.kei.front.platau'; did you mean "
        "'vehicles.kei.front.plateau'?",
    ),
    (
        {"zzz": ["5 kN"]},
        "zzz: no number at 'zzz', expected a path such as speed.kei, vehicles.kei.front.stiffness, "
        "vehicles.kei.front.plateau",
    ),
    (
        {"vehicles.kei.length": ["3 m"]},
        "'vehicles.kei.length': changes nothing in a crash and cannot be swept",
    ),
    (
        {"vehicles.kei.rear.plateau": ["100 kN"]},
        "'vehicles.kei.rear.plateau': this impact has no such number to sweep",
    ),
    (
        {"restitution": [0.1]},
        "restitution: this impact has no such number to sweep; if it can have one, give it a value first",
    ),
    (
        {"speed.kei": "5 mph"},
        "'speed.kei': got '5 mph', expected a list such as [10 mph, 20 mph], {from, to, points} or {from, to, step}",
    ),
    (
        {"speed.kei": None},
        "'speed.kei': got nothing, expected a value",
    ),
    (
        {"speed.kei": []},
        "'speed.kei': got 0 values, expected 1 to 100,000",
    ),
    (
        {"speed.kei": ["5 mph", 6, 7, 8]},
        "'speed.kei'[1]: got the bare number 6, expected a speed with its unit, such as '6 mph' or '6 km/h'",
    ),
    (
        {"speed.kei": ["5 mph", "500 mph"]},
        "'speed.kei'[1]: got '500 mph', expected a speed from 0 m/s to 120 m/s",
    ),
    (
        {"speed.kei": ["5 mph", "5 mph"]},
        "'speed.kei': the same value stands twice; keep one",
    ),
    (
        {"speed.kei": {"from": "5 mph"}},
        "'speed.kei': got from, expected from, to and one of points and step",
    ),
    (
        {"speed.kei": {"from": "5 mph", "to": "9 mph", "points": 3, "step": "2 mph"}},
        "'speed.kei': got from, to, points, step, expected from, to and one of points and step",
    ),
    (
        {"speed.kei": {"form": "5 mph", "to": "9 mph", "points": 3}},
        "'speed.kei'.form: unknown field; did you mean 'from'?",
    ),
    (
        {"speed.kei": {"from": "5 mhp", "to": "9 mph", "points": 3}},
        "'speed.kei'.from: unknown speed unit 'mhp'; did you mean 'mph'? (known: m/s, km/h, kph, mph, ft/s)",
    ),
    (
        {"speed.kei": {"from": "5 mph", "to": "5 mph", "points": 3}},
        "'speed.kei'.to: got '5 mph', the same as from: the range has no length",
    ),
    (
        {"speed.kei": {"from": "5 mph", "to": "85 mph", "step": "3 mph"}},
        "'speed.kei'.step: steps of '3 mph' do not end on '85 mph'; the last one that fits ends on 83 mph",
    ),
    (
        {"speed.kei": {"from": "85 mph", "to": "5 mph", "step": "3 mph"}},
        "'speed.kei'.step: steps of '3 mph' do not end on '5 mph'; the last one that fits ends on 7 mph",
    ),
    (
        {"speed.kei": {"from": "5 mph", "to": "9 mph", "step": "0 mph"}},
        "'speed.kei'.step: got '0 mph', expected a step above zero",
    ),
    (
        {"speed.kei": {"from": "5 mph", "to": "9 mph", "step": 1}},
        "'speed.kei'.step: got the bare number 1, expected a speed with its unit, such as '1 mph' or '1 km/h'",
    ),
    (
        {"speed.kei": {"from": "5 mph", "to": "9 mph", "step": "1e-9 mph"}},
        "'speed.kei'.step: got '1e-9 mph', which makes more than 100,000 values",
    ),
    (
        {"speed.kei": {"from": "5 mph", "to": "9 mph", "points": 1}},
        "'speed.kei'.points: got 1, expected a whole number from 2 to 100,000",
    ),
    (
        {"speed.kei": {"from": "5 mph", "to": "9 mph", "points": 2.5}},
        "'speed.kei'.points: got 2.5, expected a whole number from 2 to 100,000",
    ),
    (
        {"speed.kei": {"from": "5 mph", "to": "9 mph", "points": True}},
        "'speed.kei'.points: got true, expected a whole number from 2 to 100,000",
    ),
    (
        {"zip": {"speed.kei": ["5 mph", "6 mph"], "speed.pickup": ["5 mph"]}},
        "zip: paths that are zipped need equally many values, but speed.kei has 2, speed.pickup has 1",
    ),
    (
        {"zip": []},
        "zip: got a list, expected a mapping of paths to lists or ranges of one length (or a list of such mappings)",
    ),
    (
        {"zip": [3]},
        "zip[0]: got 3, expected a mapping of paths to lists or ranges of one length (or a list of such mappings)",
    ),
    (
        {"zip": {"speed.kei": ["5 mph"]}, "speed.kei": ["6 mph"]},
        "'speed.kei': swept twice; keep one",
    ),
]


@pytest.mark.parametrize("sweep, expected", MISTAKES, ids=[str(i) for i in range(len(MISTAKES))])
def test_one_mistake_is_one_clear_message(sweep, expected):
    (found,) = problems_of(sweep)
    assert found.startswith(expected)


def test_too_many_cases():
    many = {"from": "1 mph", "to": "85 mph", "points": 100_000}
    mass = {"from": "700 kg", "to": "900 kg", "points": 2}
    (found,) = problems_of({"speed.kei": many, "speed.pickup": many, "vehicles.kei.mass": mass})
    cases = "100,000 x 100,000 x 2 = 20,000,000,000 cases"
    assert found == f"impacts.x.sweep: got {cases}, expected at most 10,000,000,000"


def test_too_many_cases_in_all():
    many = {"from": "1 mph", "to": "85 mph", "points": 100_000}
    tree = study({"speed.kei": many, "speed.pickup": {**many, "points": 60_000}})
    tree["impacts"] = {f"x{i}": tree["impacts"]["x"] for i in range(2)}
    words = r"impacts\.x1: got 12,000,000,000 cases up to here, expected at most 10,000,000,000 in all"
    with pytest.raises(ConfigError, match=words):
        load_study(tree)


# What is wrong in some cases only

PLATEAU = (
    "'vehicles.kei.front.plateau': the plateau begins at 50 cm of crush (plateau / stiffness), expected before the end "
    "of the crush space at 48 cm (first where vehicles.kei.front.plateau = 600 kN)"
)


def test_impossible_case_is_named_in_the_units_as_typed():
    assert problems_of(
        {"speed.kei": ["5 mph", "9 mph"], "vehicles.kei.front.plateau": ["300 kN", "600 kN", "700 kN"]}
    ) == [PLATEAU]


def test_large_grids_are_checked_as_well():
    speeds = {f"speed.{v}": {"from": "5 mph", "to": "85 mph", "points": 300} for v in ("kei", "pickup")}
    assert checks.FEW < 300 * 300 * 3
    assert problems_of({**speeds, "vehicles.kei.front.plateau": ["300 kN", "310 kN", "600 kN"]}) == [PLATEAU]


def test_last_of_very_many_cases():
    plateau = {"from": "100 kN", "to": "600 kN", "points": 60_001}
    (found,) = problems_of({"vehicles.kei.front.plateau": plateau})
    assert found.endswith("at 48 cm (first where vehicles.kei.front.plateau = 576 kN)")


def test_no_collision_in_a_sweep():
    speeds = {"from": "10 mph", "to": "60 mph", "step": "10 mph"}
    (found,) = problems_of({"zip": {"speed.kei": speeds, "speed.pickup": ["0 mph"] * 5 + ["60 mph"]}}, type="rear-end")
    assert found == (
        "zip.'speed.kei': no collision: kei, which strikes, must be faster than pickup (first where speed.kei = 60 "
        "mph, speed.pickup = 60 mph)"
    )


@pytest.mark.parametrize("points", [5, 20_001])
def test_restitution_beyond_what_the_structures_give(points):
    sweep = {"speed.kei": {"from": "5 mph", "to": "85 mph", "points": points}, "restitution": [0.05, 0.9]}
    (found,) = problems_of(sweep, restitution=0.1)
    assert found.startswith("restitution: got 0.9, expected at most 0.")
    assert found.endswith(
        "which is all that the two structures can give back (first where speed.kei = 5 mph, restitution = 0.9)"
    )


def test_sample_of_a_large_grid_keeps_its_ends():
    impact = impact_of({f"speed.{v}": {"from": "5 mph", "to": "85 mph", "points": 500} for v in ("kei", "pickup")})
    sample = checks._sample(impact)
    assert 1000 < sample.count <= checks.FEW
    for axis in sample.axes:
        assert axis.values[[0, -1], 0] == pytest.approx([5 * MPH, 85 * MPH])
