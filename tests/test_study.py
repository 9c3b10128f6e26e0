"""From text to records: what a good study becomes."""

import json
import subprocess
import sys

import jsonschema
import numpy as np
import pytest

from crashsim.cases import ASKED, LAW, SPEED_FIT, Study
from crashsim.config import library
from crashsim.config.reader import read_file, read_text
from crashsim.config.schema import schema_text, study_schema
from crashsim.config.starter import starter
from crashsim.config.study import load_study
from crashsim.errors import ConfigError, CrashsimError, LibraryError
from crashsim.units import G0, KMH, MPH, POUND

STUDY = {
    "name": "study",
    "vehicles": {"kei": {"use": "kei-car", "mass": "1800 lb"}, "pickup": {"use": "full-size-pickup"}},
    "impacts": {"head-on": {"type": "head-on", "speed": {"kei": "50 mph", "pickup": "80 km/h"}}},
}


def changed(**fields):
    """STUDY with some of the fields of its impact changed, or left out where they are None."""
    impact = {**STUDY["impacts"]["head-on"], **fields}
    return {**STUDY, "impacts": {"head-on": {k: v for k, v in impact.items() if v is not None}}}


def test_everything_is_in_si():
    study = load_study(STUDY)
    (impact,) = study.impacts
    assert isinstance(study, Study)
    assert impact.between == ("kei", "pickup")
    assert impact.numbers["speed.kei"] == 50 * MPH
    assert impact.numbers["speed.pickup"] == 80 * KMH
    assert impact.numbers["vehicles.kei.mass"] == pytest.approx(1800 * POUND, rel=1e-15)
    assert impact.numbers["vehicles.kei.front.stiffness"] == 1.2e6
    assert "vehicles.kei.rear.stiffness" not in impact.numbers
    assert "vehicles.kei.length" not in impact.numbers
    assert impact.count == 1
    assert impact.restitution == LAW


def test_defaults():
    study = load_study(STUDY)
    assert (study.title, study.question, study.units) == ("study", "", "us")
    assert study.risk == {"belted": True, "occupant_age": 40.0, "delta_v_correction": None}
    assert [(c.name, c.impact, c.index) for c in study.named_cases] == [("head-on", "head-on", 0)]


def test_options():
    study = load_study(
        {
            **STUDY,
            "title": "  A title ",
            "question": "Two\nlines?\n",
            "risk": {"occupant_age": "65 years", "belted": "unknown", "delta_v_correction": "123 %"},
            "output": {"units": "si"},
        }
    )
    assert (study.title, study.question, study.units) == ("A title", "Two\nlines?", "si")
    assert study.risk == {"belted": None, "occupant_age": 65.0, "delta_v_correction": 1.23}
    assert load_study({**STUDY, "risk": {"belted": False}}).risk["belted"] is False


@pytest.mark.parametrize(
    "typed, mode, value", [("law", LAW, None), ("speed-fit", SPEED_FIT, None), (0.1, ASKED, 0.1), ("10 %", ASKED, 0.1)]
)
def test_restitution(typed, mode, value):
    (impact,) = load_study(changed(restitution=typed)).impacts
    assert impact.restitution == mode
    assert impact.numbers.get("restitution") == value


def test_rear_end_loads_the_rear_of_the_struck_vehicle():
    (impact,) = load_study(
        changed(type="rear-end", between=["pickup", "kei"], speed={"pickup": "9 m/s", "kei": "0 m/s"})
    ).impacts
    assert impact.faces == ("front", "rear")
    assert impact.numbers["vehicles.kei.rear.stiffness"] == 0.7e6
    assert "vehicles.kei.front.stiffness" not in impact.numbers


def test_wall():
    vehicles = {"kei": {"use": "kei-car"}, "wall": {"use": "rigid-wall"}}
    impact = {"type": "wall", "speed": {"kei": "56 km/h"}}
    (impact,) = load_study({**STUDY, "vehicles": vehicles, "impacts": {"test": impact}}).impacts
    assert impact.rigid == (False, True)
    assert not [path for path in impact.numbers if ".wall." in path]


def test_own_numbers_replace_those_of_the_library():
    kei = {"use": "kei-car", "front": {"plateau": "300 kN", "stiffness": {"value": "1 MN/m", "tag": "C"}}}
    study = load_study({**STUDY, "vehicles": {**STUDY["vehicles"], "kei": kei}})
    numbers = study.impacts[0].numbers
    assert numbers["vehicles.kei.front.plateau"] == 300e3
    assert numbers["vehicles.kei.front.crush_space"] == 0.48
    assert "vehicles.kei.front.crush_space" in study.judgement
    assert not {"vehicles.kei.front.plateau", "vehicles.kei.front.stiffness"} & set(study.judgement)
    assert study.vehicles["kei"]["front"]["plateau"] == {"si": 300e3, "typed": "300 kN", "dimension": "force"}
    assert study.vehicles["kei"]["front"]["crush_space"]["tag"] == "J"
    assert study.vehicles["kei"]["class"] == "kei-car"


def test_curb_mass_and_occupants_replace_the_mass_of_the_library():
    kei = {"use": "kei-car", "curb_mass": "700 kg", "occupants": 2}
    numbers = load_study({**STUDY, "vehicles": {**STUDY["vehicles"], "kei": kei}}).impacts[0].numbers
    assert "vehicles.kei.mass" not in numbers
    assert (numbers["vehicles.kei.curb_mass"], numbers["vehicles.kei.occupants"]) == (700.0, 2.0)


def test_a_whole_law_replaces_a_curve_and_the_other_way_round():
    law = {"stiffness": "1 MN/m", "plateau": "300 kN", "crush_space": "60 cm"}
    curve = {"curve": [{"crush": "0 m", "force": "0 N"}, {"crush": "50 cm", "force": "300 kN"}]}
    vehicles = {
        "kei": {"use": "midsize-camry-2018", "front": law},
        "pickup": {"use": "full-size-pickup", "front": curve},
    }
    numbers = load_study({**STUDY, "vehicles": vehicles}).impacts[0].numbers
    assert "vehicles.kei.front.curve.0.crush" not in numbers
    assert numbers["vehicles.kei.front.plateau"] == 300e3
    assert "vehicles.pickup.front.plateau" not in numbers
    assert numbers["vehicles.pickup.front.curve.1.force"] == 300e3


def test_named_cases_are_found_on_the_grid():
    sweep = {"speed.kei": ["10 mph", "20 mph", "30 mph"], "vehicles.kei.front.plateau": ["250 kN", "300 kN"]}
    at = {"vehicles.kei.front.plateau": "0.3 MN", "speed.kei": "20 mph"}
    pulses = [{"name": "one", "impact": "head-on", "at": at}]
    study = load_study({**changed(sweep=sweep), "output": {"pulses": pulses}})
    assert [(c.name, c.index) for c in study.named_cases] == [("one", 3)]


def test_one_value_finds_a_case_of_a_zip():
    zipped = {"zip": {f"speed.{v}": {"from": "5 mph", "to": "85 mph", "step": "1 mph"} for v in ("kei", "pickup")}}
    pulses = [{"name": "one", "impact": "head-on", "at": {"speed.pickup": "54 mph"}}]
    study = load_study({**changed(sweep=zipped), "output": {"pulses": pulses}})
    assert study.named_cases[0].index == 49
    pulses[0]["at"]["speed.kei"] = "55 mph"
    with pytest.raises(ConfigError, match=r"no case has these values of speed\.kei and speed\.pickup together"):
        load_study({**changed(sweep=zipped), "output": {"pulses": pulses}})


def test_mapping_and_its_own_text_give_the_same_study():
    first = load_study(changed(sweep={"speed.kei": ("10 mph", "20 mph")}))
    again = read_text(first.source, "again.yaml").tree
    assert again == first.typed == json.loads(first.source)
    second = load_study(again)
    assert np.array_equal(first.impacts[0].axes[0].values, second.impacts[0].axes[0].values)
    assert first.impacts[0].numbers == second.impacts[0].numbers


def test_numpy_numbers_in_a_mapping():
    restitution = load_study(changed(restitution=np.float64(0.1))).impacts[0].numbers["restitution"]
    assert restitution == 0.1


def test_file_and_mapping_give_the_same_numbers():
    from_file = load_study("highway")
    from_mapping = load_study(read_file(library.study_path("highway")).tree)
    assert [i.numbers for i in from_file.impacts] == [i.numbers for i in from_mapping.impacts]
    assert from_file.named_cases == from_mapping.named_cases


@pytest.mark.parametrize("name", library.study_names())
def test_shipped_studies_are_good_and_fit_the_schema(name):
    study = load_study(name)
    assert study.title != study.name
    assert study.question
    jsonschema.validate(read_file(library.study_path(name)).tree, study_schema())
    first_line = library.study_path(name).read_text().splitlines()[0]
    assert first_line == f"# yaml-language-server: $schema=./{library.SCHEMA}"


def test_the_editor_takes_an_occupant_or_none():
    for occupant in (
        "none",
        {"size": "5f", "belt": {"slack": {"value": "3 cm", "range": ["1 cm", "5 cm"], "tag": "J"}}},
    ):
        kei = {"use": "kei-car", "occupant": occupant}
        good = {**STUDY, "vehicles": {**STUDY["vehicles"], "kei": kei}}
        jsonschema.validate(good, study_schema())
        assert bool(load_study(good).vehicles["kei"].get("occupant")) == (occupant != "none")


# The schema and the starter


def test_schema_file_is_up_to_date():
    assert library.schema_path().read_text(encoding="utf-8") == schema_text(), "write schema_text() to it"


def test_schema_is_a_schema():
    jsonschema.Draft7Validator.check_schema(study_schema())


WRONG_FOR_THE_EDITOR = [
    ("vehicles.kei.mass", 1800),
    ("vehicles.kei.mass", "1800 mph"),
    ("vehicles.kei.mas", "1800 lb"),
    ("vehicles.kei.front", {"plateau": "300 kN", "curves": []}),
    ("vehicles.kei.occupants", "two"),
    ("vehicles", {}),
    ("vehicles.Kei", {}),
    ("impacts.head-on.type", "headon"),
    ("impacts.head-on.speed", {}),
    ("impacts.head-on.between", ["kei"]),
    ("impacts.head-on.restitution", 1.5),
    ("impacts.head-on.sweep", {"speed.kei": "5 mph"}),
    ("impacts.head-on.sweep", {"speed.kei": []}),
    ("impacts.head-on.sweep", {"speed.kei": ["5 lb"]}),
    ("impacts.head-on.sweep", {"speed.kei": {"from": "5 mph", "to": "9 mph"}}),
    ("impacts.head-on.sweep", {"speed.kei": {"from": "5 mph", "to": "9 mph", "points": 5, "step": "1 mph"}}),
    ("impacts.head-on.sweep", {"kei.speed": ["5 mph"]}),
    ("impacts.head-on.sweep", {"vehicles.kei.length": ["3 m"]}),
    ("impacts.head-on.sweep", {"vehicles.kei.occupant.belt.slak": ["3 cm"]}),
    ("impacts.head-on.sweep", {"vehicles.kei.engine.mass": ["3 m"]}),
    ("vehicles.kei.occupant", "nobody"),
    ("vehicles.kei.occupant", {"belt": {"slack": 3}}),
    ("vehicles.kei.engine", {"mas": "100 kg"}),
    ("vehicles.kei.front", {"rate": "1 m/s"}),
    ("impacts.head-on.sweep", {"zip": {"vehicles.kei.font.plateau": ["5 kN"]}}),
    ("output.pulses", [{"name": "x"}]),
    ("output.pulses", [{"name": "x", "impact": "head-on", "at": {"speed.kei": 5}}]),
    ("output.units", "imperial"),
    ("risk.occupant_age", 40),
]


@pytest.mark.parametrize("path, value", WRONG_FOR_THE_EDITOR)
def test_editor_and_loader_refuse_the_same(path, value):
    study = json.loads(json.dumps(STUDY))
    *holders, last = path.split(".")
    holder = study
    for step in holders:
        holder = holder.setdefault(step, {})
    holder[last] = value
    assert not jsonschema.Draft7Validator(study_schema()).is_valid(study)
    with pytest.raises(ConfigError):
        load_study(study)


RIGHT_FOR_THE_EDITOR = [
    {"speed.kei": {"from": "5 mph", "to": "9 mph", "step": "2 mph"}, "zip": {"vehicles.kei.mass": ["800 kg", "1 t"]}},
    {
        "zip": [
            {"vehicles.kei.mass": ["800 kg", "1 t"]},
            {"speed.kei": ["5 mph", "9 mph"], "speed.pickup": ["1 mph", "2 mph"]},
        ]
    },
    {"vehicles.kei.front.unloading_soft_share": [0.2, "30 %"]},
    {"vehicles.kei.occupant.belt.slack": ["1 cm", "3 cm"], "vehicles.pickup.occupant.moving_share": [0.5, 0.7]},
    {"vehicles.kei.front.rate": ["0 s/m", "0.01 s/m"]},
]


@pytest.mark.parametrize("sweep", RIGHT_FOR_THE_EDITOR)
def test_editor_and_loader_take_the_same(sweep):
    jsonschema.validate(changed(sweep=sweep), study_schema())
    assert load_study(changed(sweep=sweep)).impacts[0].count > 1


@pytest.mark.parametrize("name", ["my-study", "a", "123", "1e3", "0x1f", "true", "null"])
def test_starter_is_a_good_study_under_any_name(name, tmp_path):
    path = tmp_path / f"{name}.yaml"
    path.write_text(starter(name), encoding="utf-8")
    assert load_study(path).name == name
    jsonschema.validate(read_file(path).tree, study_schema())


def test_starter_teaches_every_part_and_leads_to_the_schema():
    text = starter("teach")
    for part in (
        "use:",
        "between:",
        "sweep:",
        "zip:",
        "restitution:",
        "risk:",
        "pulses:",
        "type: wall",
        "points:",
        "step:",
    ):
        assert part in text
    first = text.splitlines()[0]
    assert first == f"# yaml-language-server: $schema=./{library.SCHEMA}"  # `crashsim new` puts it there
    assert library.schema_path().is_file()


@pytest.mark.parametrize("name", ["", "../x", "a b", "A", "x\n", "-", "a" * 65, "name: x"])
def test_starter_refuses_names_that_no_study_can_have(name):
    with pytest.raises(CrashsimError, match="expected a name of lower-case letters"):
        starter(name)


# Start-up


@pytest.mark.parametrize("module", ["crashsim.config.study", "crashsim.config.schema", "crashsim.config.starter"])
def test_loading_a_study_imports_nothing_heavy(module):
    code = (
        f"import sys, {module}; from crashsim.config.study import load_study; load_study('highway');"
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'numba', 'scipy', 'matplotlib', 'pyarrow', 'pandas'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_unknown_study():
    with pytest.raises(LibraryError, match="did you mean 'highway'"):
        load_study("higway")


def test_gravity_is_no_speed():
    with pytest.raises(ConfigError, match="'3 g' is an acceleration"):
        load_study(changed(speed={"kei": "3 g", "pickup": f"{G0} m/s"}))
