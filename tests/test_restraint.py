"""Engines, occupants and restraints: from the numbers of a study to the columns that the kernel reads."""

from __future__ import annotations

import re

import numpy as np
import pytest

from crashsim import restraint
from crashsim.cases import build, raw_columns
from crashsim.config import library
from crashsim.config.draft import Draft, validated
from crashsim.config.fields import Quantity
from crashsim.config.parts import Model, RestraintModel, SizeModel
from crashsim.config.study import load_study
from crashsim.errors import ConfigError
from crashsim.kernels.columns import ABSENT, CASE, VEHICLE, width

ENGINE = {
    "mass": "120 kg", "gap": "30 cm", "stiffness": "10 MN/m", "unloading": "50 MN/m", "firewall_gap": "8 cm",
    "firewall_stiffness": "1 MN/m", "firewall_unloading": "9 MN/m", "mount_stiffness": "200 kN/m",
    "mount_damping": "1 kN*s/m",
}  # fmt: skip

STUDY = """\
name: study
vehicles:
  kei:
    use: kei-car
    occupant: {size: 50m}
    engine:
      mass: 120 kg
      gap: 30 cm
      stiffness: 10 MN/m
      unloading: 50 MN/m
      firewall_gap: 8 cm
      firewall_stiffness: 1 MN/m
      firewall_unloading: 9 MN/m
      mount_stiffness: 200 kN/m
      mount_damping: 1 kN*s/m
  pickup: {use: full-size-pickup}
impacts:
  x:
    type: head-on
    between: [kei, pickup]
    speed: {kei: 50 mph, pickup: 50 mph}
"""


def study(kei=None, sweep=None, kind="head-on", **fields):
    vehicles = {"kei": {"use": "kei-car", **(kei or {})}, "pickup": {"use": "full-size-pickup"}}
    between = ["pickup", "kei"] if kind == "rear-end" else ["kei", "pickup"]
    speed = {"kei": "0 mph" if kind == "rear-end" else "50 mph", "pickup": "50 mph"}
    impact = {"type": kind, "between": between, "speed": speed, "sweep": sweep or {}}
    return load_study({"name": "study", "vehicles": vehicles, "impacts": {"x": impact}, **fields})


def columns_of(loaded):
    return dict(raw_columns(build(loaded.impacts[0])))


# ---- the library -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind, model", [("restraints", RestraintModel), ("occupants", SizeModel)])
def test_shipped_files_are_whole_and_sourced(kind, model):
    for name in library.names(kind):
        draft = Draft(library.find(kind, name), (kind, "*"))
        entry = validated(model, draft)
        assert not draft.problems
        assert (entry.name, bool(entry.title), bool(entry.evidence)) == (name, True, True)
        parts = [entry, *(part for _, part in entry if isinstance(part, Model))]
        numbers = [value for part in parts for _, value in part if isinstance(value, Quantity)]
        assert all(number.tag for number in numbers)
        assert {number.source for number in numbers} <= set(entry.sources)


@pytest.mark.parametrize("size", library.names("occupants"))
@pytest.mark.parametrize("name", library.names("restraints"))
def test_every_restraint_is_computable_for_every_size(name, size):
    loaded = study({"occupant": {"restraint": name, "size": size}})
    columns = columns_of(loaded)
    assert columns["a.torso_mass"] > columns["a.head_mass"] > 0.0
    assert np.isfinite(columns["a.knee_gap"])
    assert np.isfinite(columns["a.head_contact_gap"])
    assert (columns["a.belt_stiffness"] > 0.0) == name.startswith("belt")
    assert (columns["a.airbag_stiffness"] > 0.0) == (columns["a.head_bag_stiffness"] > 0.0) == name.endswith("airbag")
    assert np.isfinite(columns["a.belt_limit"]) == (columns["a.pretensioner_stroke"] > 0.0) == ("limiter" in name)


# ---- columns -----------------------------------------------------------------------------------------------------------


def test_names_and_order_are_the_kernels():
    cases = build(study().impacts[0])
    names = [name for name, _ in raw_columns(cases)]
    points = ["crush_1", "crush_2", "force_1", "force_2"]
    assert names == [*CASE, *(f"{v}.{n}" for v in "ab" for n in (*VEHICLE, *points))]
    assert len(names) == width(2)


def test_occupant_by_hand():
    numbers = {
        "mass": 80.0, "head_mass": 5.0, "moving_share": 0.5, "neck.stiffness": 4e3, "neck.damping": 60.0,
        "belt.slack": 0.04, "belt.specific_stiffness": 2000.0, "belt.limit": 9e3, "belt.unloading_ratio": 7.0,
        "belt.force_per_shoulder_force": 2.0, "belt.deflection_per_shoulder_force": 5e-6,
        "knee.gap": 0.1, "knee.stiffness": 1e5, "knee.unloading_ratio": 5.0,
        "airbag.fire_time": 0.015, "airbag.full_time": 0.04, "airbag.gap": 0.05, "airbag.stiffness": 3e4,
        "airbag.unloading_ratio": 2.0, "airbag.damping": 0.01,
        "pretensioner.fire_time": 0.01, "pretensioner.duration": 0.008, "pretensioner.stroke": 0.05,
        "pretensioner.force": 5e3,
    }  # fmt: skip
    assert restraint.occupant(numbers) == {
        "torso_mass": 35.0, "head_mass": 5.0, "neck_stiffness": 4e3, "neck_damping": 60.0,
        "belt_slack": 0.04, "belt_stiffness": 80e3, "belt_limit": 9e3, "belt_unloading": 560e3,
        "chest_deflection_per_belt_force": 2.5e-6,
        "knee_gap": 0.1, "knee_stiffness": 1e5, "knee_limit": np.inf, "knee_unloading": 5e5,
        "airbag_fire": 0.015, "airbag_full": 0.04, "airbag_gap": 0.05, "airbag_stiffness": 3e4,
        "airbag_limit": np.inf, "airbag_unloading": 6e4, "airbag_damping": 0.01,
        "pretensioner_time": 0.01, "pretensioner_duration": 0.008, "pretensioner_stroke": 0.05,
        "pretensioner_force": 5e3,
    }  # fmt: skip
    own = {k: v for k, v in numbers.items() if k != "belt.specific_stiffness"} | {"belt.stiffness": 50e3}
    assert restraint.occupant(own)["belt_stiffness"] == 50e3


def test_engine_and_rate():
    columns = columns_of(study({"engine": ENGINE, "front": {"rate": "0.01 s/m"}}))
    wanted = {
        "engine_mass": 120.0, "engine_gap": 0.3, "engine_stiffness": 10e6, "engine_unloading": 50e6,
        "firewall_gap": 0.08, "firewall_stiffness": 1e6, "firewall_unloading": 9e6, "mount_stiffness": 200e3,
        "mount_damping": 1e3, "rate": 0.01,
    }  # fmt: skip
    assert {name: columns[f"a.{name}"] for name in wanted} == wanted
    assert {name: columns[f"b.{name}"] for name in wanted} == {n: ABSENT[n] for n in wanted if n in ABSENT} | {
        "rate": 0
    }


def test_a_swept_number_is_an_array_and_the_others_are_floats():
    sweep = {
        "vehicles.kei.occupant.belt.slack": ["10 mm", "30 mm"], "vehicles.kei.occupant.moving_share": [0.5, 0.6],
        "vehicles.kei.engine.mass": ["100 kg", "120 kg"], "vehicles.kei.front.rate": ["0 s/m", "0.01 s/m"],
        "vehicles.kei.front.unloading_stiffness": ["27 MN/m", "40 MN/m"],
    }  # fmt: skip
    loaded = study({"engine": ENGINE}, sweep)
    columns = columns_of(loaded)
    arrays = {name for name, column in columns.items() if not isinstance(column, float)}
    # belt stiffness is per moving mass; only what a swept number goes into is an array
    assert arrays == {
        "closing_speed", "a.belt_slack", "a.belt_stiffness", "a.belt_unloading", "a.torso_mass", "a.engine_mass",
        "a.rate", "a.unloading_stiffness",
    }  # fmt: skip
    assert columns["a.belt_slack"].tolist() == pytest.approx([0.01] * 16 + [0.03] * 16)
    one = dict(raw_columns(build(loaded.impacts[0], 20, 21)))
    for name in arrays:
        assert np.ravel(one[name])[0] == columns[name][20], name


def test_columns_of_a_wall():
    vehicles = {"kei": {"use": "kei-car"}, "wall": {"use": "rigid-wall"}}
    impacts = {"x": {"type": "wall", "speed": {"kei": "56 km/h"}}}
    columns = columns_of(load_study({"name": "study", "vehicles": vehicles, "impacts": impacts}))
    assert (columns["b.mass"], columns["b.points"], columns["b.compartment_stiffness"]) == (np.inf, 0.0, np.inf)
    assert (columns["b.torso_mass"], columns["b.engine_gap"], columns["b.force_2"]) == (0.0, np.inf, 0.0)
    assert (columns["a.points"], columns["a.torso_mass"] > 0.0) == (2.0, True)


# ---- who is modelled ---------------------------------------------------------------------------------------------------


def test_a_man_in_the_vehicles_restraint_by_default():
    loaded = study()
    numbers = loaded.impacts[0].numbers
    for vehicle in ("kei", "pickup"):
        assert numbers[f"vehicles.{vehicle}.occupant.mass"] == 77.7
        occupant = loaded.vehicles[vehicle]["occupant"]
        assert (occupant["size"], occupant["restraint"]) == ("50m", loaded.vehicles[vehicle]["restraint"])
        assert occupant["belt"]["slack"]["source"] in occupant["sources"]
    assert "vehicles.kei.occupant.moving_share" in loaded.judgement


@pytest.mark.parametrize("kei", [{"occupant": "none"}, {"use": "kei-car", "occupant": {"size": "none"}}])
def test_nobody(kei):
    loaded = study(kei)
    columns = columns_of(loaded)
    assert {n: columns[f"a.{n}"] for n in ABSENT} == ABSENT
    assert columns["b.torso_mass"] > 0.0
    assert "occupant" not in loaded.vehicles["kei"]


def test_without_a_restraint_nobody_is_modelled():
    own = {"use": None, "mass": "900 kg", "front": {
        "stiffness": "1 MN/m", "plateau": "300 kN", "crush_space": "60 cm", "compartment_stiffness": "3 MN/m",
        "unloading_stiffness": "20 MN/m"}}  # fmt: skip
    own.pop("use")
    vehicles = {"kei": own, "pickup": {"use": "full-size-pickup"}}
    impacts = {"x": {"type": "head-on", "speed": {"kei": "9 m/s", "pickup": "9 m/s"}}}
    columns = columns_of(load_study({"name": "study", "vehicles": vehicles, "impacts": impacts}))
    assert columns["a.torso_mass"] == 0.0 < columns["b.torso_mass"]


def test_behind_a_loaded_rear_engine_and_occupant_are_part_of_the_compartment():
    loaded = study({"engine": ENGINE}, kind="rear-end")
    columns = columns_of(loaded)
    assert {n: columns[f"b.{n}"] for n in ABSENT} == ABSENT
    assert columns["a.torso_mass"] > 0.0
    assert not [p for p in loaded.impacts[0].numbers if ".kei.engine" in p or ".kei.occupant" in p]


def test_own_numbers_replace_those_of_the_library():
    belt = {"slack": "12 mm", "stiffness": "90 kN/m"}
    loaded = study(
        {"restraint": "unbelted", "occupant": {"restraint": "belt-airbag", "head_mass": "5 kg", "belt": belt}}
    )
    columns = columns_of(loaded)
    assert (columns["a.belt_slack"], columns["a.belt_stiffness"], columns["a.head_mass"]) == (0.012, 90e3, 5.0)
    assert columns["a.torso_mass"] == pytest.approx(0.6 * 77.7 - 5.0)
    assert "specific_stiffness" not in loaded.vehicles["kei"]["occupant"]["belt"]
    assert columns["a.airbag_gap"] == columns_of(study({"restraint": "belt-airbag"}))["a.airbag_gap"]


def test_files_beside_the_study_come_first(tmp_path):
    text = library.find("restraints", "unbelted").text.replace("166 mm", "10 cm")
    (tmp_path / "my-seat.yaml").write_text(text.replace("name: unbelted", "name: my-seat"))
    (tmp_path / "giant.yaml").write_text("mass: 120 kg\nhead_mass: 6 kg\nmoving_share: 0.6\ndummy: 50m\n")
    path = tmp_path / "study.yaml"
    path.write_text(STUDY.replace("{size: 50m}", "{size: giant, restraint: my-seat}"))
    numbers = load_study(path).impacts[0].numbers
    assert numbers["vehicles.kei.occupant.knee.gap"] == 0.1
    assert numbers["vehicles.kei.occupant.mass"] == 120.0


# ---- mistakes ----------------------------------------------------------------------------------------------------------

# (text of STUDY, what stands in its place, every problem as line:column: path: message)
MISTAKES = [
    (
        "{size: 50m}", "{size: 50M}",
        ["5:22: vehicles.kei.occupant.size: no occupant called '50M'; did you mean '50m'?"],
    ),
    (
        "{size: 50m}", "{restraint: unbeltd}",
        ["5:27: vehicles.kei.occupant.restraint: no restraint called 'unbeltd'; did you mean 'unbelted'?"],
    ),
    (
        "{size: 50m}", "nobody",
        ["5:15: vehicles.kei.occupant: got 'nobody', expected a mapping such as {size: 50m, restraint: unbelted} (or none)"],
    ),
    (
        "{size: 50m}", "{belt: {slak: 3 cm}}",
        ["5:23: vehicles.kei.occupant.belt.slak: unknown field; did you mean 'slack'?"],
    ),
    (
        "{size: 50m}", "{belt: {slack: -3 cm}}",
        ["5:30: vehicles.kei.occupant.belt.slack: got '-3 cm', expected a length from 0 m to 5 m"],
    ),
    (
        "{size: 50m}", "{restraint: unbelted, airbag: {gap: 5 cm}}",
        ["5:45: vehicles.kei.occupant.airbag: not whole, expected also fire_time, full_time, stiffness, unloading_ratio, "
         "damping"],
    ),
    (
        "{size: 50m}", "{restraint: unbelted, belt: {slack: 5 cm}}",
        ["5:43: vehicles.kei.occupant.belt: not whole, expected also unloading_ratio, force_per_shoulder_force, "
         "deflection_per_shoulder_force, specific_stiffness (or stiffness)"],
    ),
    (
        "{size: 50m}",
        "{restraint: unbelted, pretensioner: {fire_time: 9 ms, duration: 9 ms, stroke: 9 mm, force: 2 kN}}",
        ["5:51: vehicles.kei.occupant.pretensioner: there is no belt, without which it does nothing"],
    ),
    (
        "{size: 50m}", "{belt: {stiffness: 80 kN/m, specific_stiffness: 2000 1/s^2}}",
        ["5:22: vehicles.kei.occupant.belt: got stiffness 80 kN/m and specific_stiffness 2000 1/s^2, give one"],
    ),
    (
        "{size: 50m}", "{airbag: {full_time: 10 ms}}",
        ["5:36: vehicles.kei.occupant.airbag.full_time: the airbag is full at 10 ms, expected later than it fires at 15 ms"],
    ),
    (
        "{size: 50m}", "{mass: 7 kg}",
        ["5:22: vehicles.kei.occupant.mass: the moving part of the occupant is 4.2 kg, expected more than its head of 4.54 kg"],
    ),
    (
        "      gap: 30 cm\n", "",
        ["7:7: vehicles.kei.engine: not whole, expected also gap"],
    ),
    (
        "unloading: 50 MN/m", "unloading: 5 MN/m",
        ["10:18: vehicles.kei.engine.unloading: got an unloading stiffness of 5 MN/m, expected at least 10 MN/m, that of "
         "loading"],
    ),
    (
        "mass: 120 kg", "mass: 1700 lb",
        ["7:13: vehicles.kei.engine.mass: got 1800 lb, which leaves nothing for the compartment (engine 1700 lb, moving part "
         "of the occupant 102.78 lb)"],
    ),
    (
        "pickup: 50 mph}\n", "pickup: 50 mph}\n    sweep: {vehicles.kei.engine.mass: [100 kg, 700 kg, 800 kg]}\n",
        ["22:39: impacts.x.sweep.'vehicles.kei.engine.mass': got 1800 lb, which leaves nothing for the compartment (engine "
         "1763.7 lb, moving part of the occupant 102.78 lb) (first where vehicles.kei.engine.mass = 800 kg)"],
    ),
    (
        "pickup: 50 mph}\n", "pickup: 50 mph}\n    sweep: {vehicles.pickup.engine.mass: [100 kg, 200 kg]}\n",
        ["22:13: impacts.x.sweep.'vehicles.pickup.engine.mass': this impact has no such number to sweep; did you mean "
         "'vehicles.kei.engine.mass'?"],
    ),
    (
        "use: full-size-pickup", "rigid: true, engine: {mass: 1 t}",
        ["16:33: vehicles.pickup.engine: a rigid wall has no mass, structure, engine or occupant; leave it out"],
    ),
    (
        "mass: 120 kg", "mass: {value: 120 kg, range: [130 kg, 140 kg]}",
        ["7:36: vehicles.kei.engine.mass.range: got '120 kg', which is not in its range"],
    ),
    (
        "mass: 120 kg", "mass: {value: 120 kg, range: 130 kg}",
        ["7:36: vehicles.kei.engine.mass.range: got '130 kg', expected the lowest and the highest value, [low, high]"],
    ),
]  # fmt: skip


def problems_of(text, folder):
    path = folder / "study.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_study(path)
    return [f"{p.line}:{p.column}: {p.path}: {p.message}" for p in caught.value.problems]


@pytest.mark.parametrize("old, new, expected", MISTAKES, ids=[m[1].strip()[:40] for m in MISTAKES])
def test_one_mistake_is_one_clear_message(old, new, expected, tmp_path):
    assert old in STUDY
    assert problems_of(STUDY.replace(old, new, 1), tmp_path) == expected


def test_an_occupant_needs_a_restraint(tmp_path):
    text = library.find("vehicles", "kei-car").text
    (tmp_path / "own.yaml").write_text(re.sub("restraint: .*\n", "", text))
    (found,) = problems_of(STUDY.replace("use: kei-car", "use: own"), tmp_path)
    assert found.endswith("occupant.restraint: missing, expected a restraint (see: crashsim list restraints)")


def test_mistake_in_a_restraint_file_has_its_place_there(tmp_path):
    (tmp_path / "mine.yaml").write_text("belt:\n  slak: 3 cm\n")
    path = tmp_path / "study.yaml"
    path.write_text(STUDY.replace("{size: 50m}", "{restraint: mine}"))
    with pytest.raises(ConfigError) as caught:
        load_study(path)
    assert [str(p) for p in caught.value.problems] == [
        f"{tmp_path / 'mine.yaml'}:2:3: belt.slak: unknown field; did you mean 'slack'?"
    ]


def test_a_restraint_file_that_lacks_the_interior_is_told_so(tmp_path):
    (tmp_path / "mine.yaml").write_text("name: mine\n")
    (found,) = problems_of(STUDY.replace("{size: 50m}", "{restraint: mine}"), tmp_path)
    assert found == "5:15: vehicles.kei.occupant: not whole, expected also knee, head_contact, neck"


@pytest.mark.parametrize(
    "changed, column, expected",
    [
        ({"belt_slack": -0.01}, "belt_slack", "zero or more"),
        ({"knee_gap": np.nan}, "knee_gap", "zero or more"),
        ({"belt_unloading": 1.0}, "belt_unloading", "at least the stiffness of loading"),
        ({"airbag_full": 0.015}, "airbag_full", "a time after the airbag fires"),
        ({"torso_mass": 0.0}, "torso_mass", "a moving mass above that of the head"),
        ({"torso_mass": np.array([30.0, 900.0])}, "mass", "more than the engine and the moving part of the occupant"),
    ],
)
def test_faults_of_columns(changed, column, expected):
    good = build(study().impacts[0]).bodies[0]
    assert restraint.faults(good, 800.0) == []
    assert [(name, text) for name, _, text in restraint.faults({**good, **changed}, 800.0)] == [(column, expected)]
    assert restraint.faults({}) == []
