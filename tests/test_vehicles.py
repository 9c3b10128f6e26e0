"""The library's vehicles: every one loads and crashes, every number has a source and a tag, no grade is above its numbers."""

import csv
import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest

import crashsim
from crashsim.config import library
from crashsim.config.draft import Draft, validated
from crashsim.config.evidence import GRADES, SOUND, grade, library_vehicle, own_law
from crashsim.config.fields import Quantity
from crashsim.config.mapping import read_mapping
from crashsim.config.models import VehicleModel
from crashsim.output.library import describe, listing, vehicle_rows, vehicle_table
from crashsim.results import FAILED
from crashsim.units import KMH

WALL_TESTS = Path(__file__).parents[2] / "shared" / "data" / "nhtsa_full_frontal_crush.csv"
DOCS = Path(__file__).parents[1] / "docs" / "vehicles.md"

BEFORE = ("kei-car", "kei-truck", "kei-america-spec", "compact", "midsize-camry-2018", "full-size-pickup", "heavy-pickup",
          "rigid-wall")  # fmt: skip
SMALL = ("subaru-360", "smart-fortwo", "fiat-500", "scion-iq", "mitsubishi-i-miev", "honda-n-one", "honda-n-box",
         "suzuki-alto", "nissan-sakura", "suzuki-carry", "suzuki-every", "wuling-mini-ev", "autozam-az-1")  # fmt: skip
PARTNERS = ("honda-hr-v", "honda-cr-v", "toyota-rav4", "midsize-camry", "ford-f-150", "chevrolet-silverado")
TESTED = {"suzuki-alto-2001": "4783", "honda-vamos-2001": "4677", "ford-f-150-2001": "3796", "ford-f-150-2004": "5165",
          "ford-f-150-2021": "11572", "chevrolet-silverado-2009": "6684", "chevrolet-silverado-2024": "15050",
          "ram-1500-2025": "15424", "midsize-camry-2018": "10146", "toyota-rav4-2021": "15703"}  # fmt: skip

# Impact mass [kg] and width [m] that a vehicle of the class may have: for kei vehicles the law (width), else judgement.
BOUNDS = {
    "kei-car": ((500, 1350), (1.28, 1.48)),
    "kei-van": ((700, 1350), (1.46, 1.48)),
    "minicar": ((750, 1400), (1.48, 1.70)),
    "compact": ((1000, 1500), (1.60, 1.80)),
    "midsize": ((1350, 2000), (1.75, 1.90)),
    "suv": ((1400, 2600), (1.75, 2.05)),
    "full-size-pickup": ((1900, 3600), (1.90, 2.12)),
}

VEHICLES = [name for name in library.names("vehicles") if name != "rigid-wall"]
SPEED = 56.0 * KMH


def test_every_vehicle_of_the_question_and_of_the_tests_is_there():
    assert set(BEFORE) | set(TESTED) <= set(library.names("vehicles"))
    for model in SMALL + PARTNERS:
        assert any(re.fullmatch(rf"{model}(-\d{{4}})?", name) for name in VEHICLES), model


# ---- they crash ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def crashes():
    """Every vehicle at 56 km/h into a wall, and head-on with a pickup at 28 km/h each."""
    used = {name: {"use": name} for name in VEHICLES}
    wall = {name: {"type": "wall", "between": [name, "wall"], "speed": {name: "56 km/h"}} for name in VEHICLES}
    pickup = {
        name: {"type": "head-on", "between": [name, "partner"], "speed": {name: "28 km/h", "partner": "28 km/h"}}
        for name in VEHICLES
    }
    behind = {
        name: {"type": "rear-end", "between": ["partner", name], "speed": {"partner": "40 km/h", name: "0 km/h"}}
        for name in VEHICLES
    }
    partner = used | {"partner": {"use": "full-size-pickup"}}
    return {
        "behind": crashsim.run({"name": "behind", "vehicles": partner, "impacts": behind}),
        "wall": crashsim.run({"name": "wall", "vehicles": used | {"wall": {"use": "rigid-wall"}}, "impacts": wall}),
        "pickup": crashsim.run({"name": "pickup", "vehicles": partner, "impacts": pickup}),
    }


@pytest.mark.parametrize("name", VEHICLES)
@pytest.mark.parametrize("against", ["wall", "pickup"])
def test_every_vehicle_crashes(crashes, name, against):
    row = crashes[against].sel(impact=name, vehicle=name).columns
    assert len(row["case"]) == 1
    assert row["status"][0] != FAILED
    assert abs(row["energy_residual"][0]) < 1e-3
    assert abs(row["momentum_residual"][0]) < 1e-12
    low, high = (1.0, 1.45) if against == "wall" else (0.35, 1.2)  # of 56 km/h: rebound, share of the mass
    assert low < row["delta_v"][0] / SPEED < high
    assert 0.1 < row["dynamic_crush"][0] < 1.0


@pytest.mark.parametrize("name", VEHICLES)
def test_every_vehicle_can_be_struck_from_behind(crashes, name):
    row = crashes["behind"].sel(impact=name, vehicle=name).columns
    assert row["end"][0] == "rear"
    assert row["status"][0] != FAILED
    assert 0.05 < row["dynamic_crush"][0] < 1.0


def test_momentum_by_hand(crashes):
    both = crashes["pickup"].columns
    for name in VEHICLES:
        rows = both["impact"] == name
        mass, change, e = (both[n][rows] for n in ("impact_mass", "delta_v", "restitution"))
        assert mass[0] * change[0] == pytest.approx(mass[1] * change[1], rel=1e-9)
        assert change[0] == pytest.approx(mass[1] / mass.sum() * (1.0 + e[0]) * SPEED, rel=1e-9)


# ---- what their files say --------------------------------------------------------------------------------------------


def numbers(model, place=""):
    """Every number of a vehicle by its place."""
    for field, value in model:
        if isinstance(value, Quantity):
            yield f"{place}{field}", value
        elif field == "curve" and value:
            yield from itertools.chain.from_iterable(
                numbers(point, f"{place}curve.{i}.") for i, point in enumerate(value)
            )
        elif hasattr(value, "model_fields_set"):
            yield from numbers(value, f"{place}{field}.")


@pytest.mark.parametrize("name", VEHICLES)
def test_every_number_has_source_and_tag(name):
    vehicle = library_vehicle(name)
    sources = vehicle.sources or {}
    found = dict(numbers(vehicle))
    assert {"width", "front.bumper_bottom"} <= found.keys()
    for place, number in found.items():
        assert number.tag, place
        assert number.source in sources, place
        text = " ".join(sources[number.source].split())
        if number.tag == "M":
            assert "unverified" in text, place
        if number.tag == "S":  # read: where
            assert re.search(r"\w\.\w+|NHTSA|encyclopedia copy", text), place
    told = {number.source for number in found.values()} | {"restraint"}  # the restraint is no number but has a source
    assert set(sources) <= told


@pytest.mark.parametrize("name", VEHICLES)
def test_mass_and_size_are_those_of_the_class(name):
    vehicle = library_vehicle(name)
    row = next(row for row in vehicle_rows() if row["name"] == name)
    mass = float(row["mass"].split(" kg")[0].replace(",", ""))
    (lightest, heaviest), (narrowest, widest) = BOUNDS[vehicle.vehicle_class]
    assert lightest <= mass <= heaviest
    assert narrowest <= vehicle.width.si <= widest
    assert vehicle.restraint in library.names("restraints")
    if vehicle.vehicle_class.startswith("kei") and name != "kei-america-spec":
        for limit, dimension in zip((3.40, 1.48, 2.00), ("length", "width", "height"), strict=True):
            assert getattr(vehicle, dimension).si <= limit


@pytest.mark.skipif(not WALL_TESTS.exists(), reason="the table of wall tests is not here")
@pytest.mark.parametrize(("name", "test"), TESTED.items())
def test_tested_vehicles_are_the_tested_ones(name, test):
    with WALL_TESTS.open(newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["test_no"] == test)
    vehicle = library_vehicle(name)
    assert vehicle.mass.si == float(row["mass_kg"])
    assert vehicle.width.si == pytest.approx(float(row["width_mm"]) / 1e3, rel=1e-12)
    assert vehicle.model_year.si == float(row["model_year"])
    assert test in vehicle.sources["test"]


# ---- evidence --------------------------------------------------------------------------------------------------------


def graded(front, **fields):
    draft = Draft(read_mapping({"class": "kei-car", "front": front} | fields), ("vehicles", "*"))
    vehicle = validated(VehicleModel, draft)
    assert not draft.problems
    return grade(vehicle)


def law(tag):
    return {
        name: {"value": value, "source": "test", "tag": tag}
        for name, value in (("stiffness", "1 MN/m"), ("plateau", "250 kN"), ("crush_space", "50 cm"))
    }


def test_grade_follows_from_the_tags():
    assert graded(law("C")) == "measured"
    assert graded(law("S") | {"compartment_stiffness": {"value": "3 MN/m", "tag": "J"}}) == "measured"
    assert graded(law("J")) == graded(law("M")) == "judgement"
    assert graded(law("C") | {"crush_space": "50 cm"}) == "judgement"  # nobody says where it comes from
    assert graded(law("C") | {"plateau_slope": {"value": "10 kN/m", "tag": "J"}}) == "judgement"
    point = {"crush": {"value": "0 m", "tag": "C"}, "force": {"value": "0 N", "tag": "C"}}
    last = {"crush": {"value": "70 cm", "tag": "C"}, "force": {"value": "600 kN", "tag": "C"}}
    assert graded({"curve": [point, last]}) == "measured"
    assert graded({"curve": [point, last | {"force": "600 kN"}]}) == "judgement"


def test_grade_of_a_class_holds_for_its_years_only():
    assert graded({}, model_year=2001) == "class"
    assert graded({}, model_year=1950) == graded({}, model_year=2099) == graded({}) == "judgement"
    assert graded({}, model_year=2001, **{"class": "no such class"}) == "judgement"


def test_a_file_can_lower_its_grade_and_never_raise_it():
    assert graded({}, model_year=2001, evidence="judgement") == "judgement"
    assert graded({}, model_year=2001, evidence="measured") == "class"
    assert graded(law("J"), evidence="measured") == "judgement"
    assert graded(law("C"), evidence="class") == "class"


@pytest.mark.parametrize("name", VEHICLES)
def test_no_grade_is_above_its_numbers(name):
    vehicle = library_vehicle(name)
    found, own = grade(vehicle), own_law(vehicle)
    if found == "measured":
        assert own
        assert {number.tag for number in own} <= set(SOUND)
    if found == "class":
        assert not own
    assert grade(vehicle) in GRADES


def test_grades_of_some():
    found = {row["name"]: row["evidence"] for row in vehicle_rows()}
    assert found["midsize-camry-2018"] == "measured"
    assert {found[n] for n in ("kei-car", "full-size-pickup", "subaru-360", "smart-fortwo-2008")} == {"judgement"}
    assert {found[n] for n in ("suzuki-alto-2001", "ford-f-150-2001", "ford-f-150-2021")} == {"class"}


def test_a_study_shows_the_grade_of_what_it_changed():
    front = {"plateau": "300 kN", "stiffness": "1 MN/m", "crush_space": "50 cm"}
    vehicles = {"camry": {"use": "midsize-camry-2018"}, "own": {"use": "midsize-camry-2018", "front": front}}
    speed = {"camry": "10 mph", "own": "10 mph"}
    study = {"name": "x", "vehicles": vehicles, "impacts": {"x": {"type": "head-on", "speed": speed}}}
    resolved = crashsim.run(study).meta["vehicles"]
    assert [resolved[name]["evidence"] for name in ("camry", "own")] == ["measured", "judgement"]


# ---- the list --------------------------------------------------------------------------------------------------------


def test_list_is_by_class_and_mass_with_the_wall_last():
    rows = json.loads(listing("vehicles", as_json=True))
    assert [list(row) for row in rows] == [["name", "class", "mass", "year", "evidence", "title"]] * len(rows)
    assert {row["name"] for row in rows} == set(library.names("vehicles"))
    assert rows[-1]["name"] == "rigid-wall"
    groups = [name for name, _ in itertools.groupby(row["class"] for row in rows)]
    assert len(groups) == len(set(groups))
    for _, members in itertools.groupby(rows[:-1], lambda row: row["class"]):
        masses = [float(row["mass"].split(" kg")[0].replace(",", "")) for row in members]
        assert np.all(np.diff(masses) >= 0)


def test_show_has_the_grade_and_the_law_of_the_class():
    alto, camry = (json.loads(describe(name, as_json=True)) for name in ("suzuki-alto-2001", "midsize-camry-2018"))
    assert (alto["evidence"], camry["evidence"]) == ("class", "measured")
    assert alto["front"]["stiffness"]["source"] == "class kei-car"
    assert alto["front"]["bumper_top"]["source"] == "bumper"
    assert "class kei-car" in alto["sources"]
    assert camry["front"] == library.find("vehicles", "midsize-camry-2018").tree["front"]
    text = describe("suzuki-alto-2001")
    assert re.search(r"front\.stiffness +767 kN/m +\[C\] class kei-car", text)
    assert "evidence: class" in text


def test_mass_is_listed_with_people_on_board():
    rows = {row["name"]: row for row in vehicle_rows()}
    assert rows["suzuki-every-2015"]["mass"] == "990 kg, 2,183 lb"  # 840 kg and two people
    assert rows["suzuki-alto-2001"]["mass"] == "932 kg, 2,055 lb"  # as tested


def test_the_page_has_the_list():
    assert vehicle_table() in DOCS.read_text(encoding="utf-8")
