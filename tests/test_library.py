"""The library: found by name, beside a study or shipped, and never outside these folders."""

import re

import pytest

from crashsim.config import library
from crashsim.config.draft import Draft, validated
from crashsim.config.models import VehicleModel
from crashsim.config.study import load_study
from crashsim.errors import ConfigError, LibraryError
from crashsim.output.library import describe, listing

STUDY = """\
name: study
vehicles: {kei: {use: NAME}, pickup: {use: full-size-pickup}}
impacts: {head-on: {type: head-on, speed: {kei: 30 mph, pickup: 30 mph}}}
"""


@pytest.mark.parametrize("kind", library.KINDS)
def test_every_name_is_found(kind):
    assert library.names(kind)
    for name in library.names(kind):
        assert library.find(kind, name).tree["name"] == name


@pytest.mark.parametrize("name", library.names("vehicles"))
def test_shipped_vehicles_are_whole(name):
    draft = Draft(library.find("vehicles", name), ("vehicles", "*"))
    vehicle = validated(VehicleModel, draft)
    assert not draft.problems
    assert vehicle.title
    if not vehicle.rigid:
        assert vehicle.front
        assert vehicle.rear or vehicle.vehicle_class in library.names("classes")
        assert vehicle.restraint in library.names("restraints")


@pytest.mark.parametrize("name", library.names("vehicles"))
def test_sources_of_shipped_vehicles_exist(name):
    tree = library.find("vehicles", name).tree

    def keys(part):
        if isinstance(part, dict):
            if "value" in part:
                assert part["tag"]
                yield part["source"]
            for child in part.values():
                yield from keys(child)

    assert set(keys(tree)) <= tree.get("sources", {}).keys()


def test_ranges_are_shown_with_tag_and_source():
    text = describe("belt-1990s", system="us")
    assert re.search(r"belt\.slack +1\.18 in +\[C\] tests \(0\.787 in to 1\.97 in\)", text)
    assert "belt.deflection_per_shoulder_force  5 mm/kN  [M?] fitted (4 mm/kN to 7 mm/kN)" in re.sub(
        " {3,}", "  ", text
    )


def test_occupants_are_listed_with_their_masses():
    assert "50m   77.7 kg  4.54 kg" in listing("occupants")


def test_names_are_a_fresh_list():
    library.names("vehicles").clear()
    assert "kei-car" in library.names("vehicles")


def test_nearest_name():
    with pytest.raises(LibraryError, match="no vehicle called 'kei-carr'; did you mean 'kei-car'"):
        library.find("vehicles", "kei-carr")
    with pytest.raises(LibraryError, match="no risk curve called 'x' \\(known: joksch-1993, "):
        library.find("risk", "x")


NOT_PLAIN = [
    *("", ".", "..", "../kei-car", "a/b", "/etc/passwd", "..\\x", "C:x", "_winsmash", ".hidden", "x\0", "é", "a" * 65),
    *("kei-car.yaml.yaml", "kei-car.yml", " kei-car", "~", "%2e%2e"),
]


@pytest.mark.parametrize("name", NOT_PLAIN)
def test_only_plain_names_are_looked_for(name, tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "kei-car.yaml").write_text("mass: 1 t\n")
    for study in (None, tmp_path / "inner" / "study.yaml"):
        with pytest.raises(LibraryError, match="not a path"):
            library.locate("vehicles", name, study)


def test_file_beside_the_study_comes_first(tmp_path):
    own = "title: Mine\nmass: 700 kg\n"
    front = library.find("vehicles", "kei-car").text
    (tmp_path / "kei-car.yaml").write_text(front.replace("{value: 1800 lb, source: premise, tag: C}", "700 kg"))
    (tmp_path / "mine.yaml").write_text(own)
    study = tmp_path / "study.yaml"
    for name in ("kei-car", "kei-car.yaml"):
        study.write_text(STUDY.replace("NAME", name))
        assert load_study(study).impacts[0].numbers["vehicles.kei.mass"] == 700.0
    study.write_text(STUDY.replace("NAME", "compact"))
    assert load_study(study).impacts[0].numbers["vehicles.kei.mass"] > 1000.0


def test_changed_file_beside_the_study_is_read_again(tmp_path):
    study, own = tmp_path / "study.yaml", tmp_path / "mine.yaml"
    study.write_text(STUDY.replace("NAME", "mine"))
    text = library.find("vehicles", "kei-car").text
    for mass in (700.0, 800.0):
        own.write_text(text.replace("{value: 1800 lb, source: premise, tag: C}", f"{mass} kg"))
        assert load_study(study).impacts[0].numbers["vehicles.kei.mass"] == mass


def test_study_that_has_the_name_of_a_vehicle_does_not_use_itself(tmp_path):
    study = tmp_path / "kei-car.yaml"
    study.write_text(STUDY.replace("NAME", "kei-car"))
    assert load_study(study).impacts[0].numbers["vehicles.kei.front.stiffness"] == 1.2e6


def test_other_study_is_no_vehicle(tmp_path):
    (tmp_path / "other.yaml").write_text(STUDY.replace("NAME", "compact"))
    (tmp_path / "study.yaml").write_text(STUDY.replace("NAME", "other"))
    with pytest.raises(ConfigError, match=r"other\.yaml:2:1: vehicles: unknown field"):
        load_study(tmp_path / "study.yaml")


def test_mapping_has_no_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text("mass: 700 kg\n")
    tree = {"name": "x", "vehicles": {"kei": {"use": "mine"}, "b": {"use": "compact"}}}
    with pytest.raises(ConfigError, match="no vehicle called 'mine'"):
        load_study({**tree, "impacts": {"x": {"type": "head-on", "speed": {"kei": "1 mph", "b": "1 mph"}}}})


@pytest.mark.parametrize("name", ["highway", "highway.yaml", "configs/highway.yaml"])
def test_shipped_study_from_any_folder(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert library.study_path(name) == library.study_folder() / "highway.yaml"


def test_own_file_comes_before_a_shipped_study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "highway.yaml").write_text("x")
    assert library.study_path("highway.yaml").resolve() == tmp_path / "highway.yaml"


@pytest.mark.parametrize("name", ["higway", "", "x" * 5000, "\0"])
def test_no_such_study(name):
    with pytest.raises(LibraryError):
        library.study_path(name)


@pytest.mark.parametrize("name", ["other/highway.yaml", "../configs/highway.yaml", "missing.yaml", "a/b"])
def test_path_that_is_not_there_is_kept_for_the_reader(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="no such file"):
        load_study(name)


def test_risk_curves_and_correction():
    assert set(library.risk_curves()) == set(library.names("risk"))
    assert library.winsmash().nominal > 1.0
