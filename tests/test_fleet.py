"""Injuries of a fleet: exposure by hand, averages against closed forms, counts against the crashes themselves, the file and the page."""

import csv
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from crashsim.cases import Axis
from crashsim.cli import cli
from crashsim.config import library
from crashsim.config.questions.fleet import BUYER, load_fleet
from crashsim.engine import exposure, fleet
from crashsim.engine.fleet_risk import ALL_DIRECTIONS, LEVELS, OTHER, OWN, Mean, scales
from crashsim.engine.local import rows
from crashsim.engine.risks import risk_settings
from crashsim.errors import ConfigError, LibraryError
from crashsim.sampling import LogNormal, Normal, Uniform


def asked(**changes):
    """A small fleet: one road, head-on and side crashes with a pickup, most numbers known."""
    tree = {
        "name": "small",
        "vehicles": {"kei": {"use": "kei-car"}, "compact": {"use": "compact"}, "pickup": {"use": "full-size-pickup"}},
        "buys": "kei",
        "instead_of": "compact",
        "fleet": {"sales": {"uniform": {"from": 50000, "to": 100000}}, "years": 10, "survival": "96 %", "crashes": "1 %",
                  "occupants": 1.5, "struck_side": "25 %"},
        "roads": {"us-35": {"limit": "35 mph", "share": "100 %"}},
        "partners": {"pickup": "100 %"},
        "crashes": {"head-on": {"type": "head-on", "share": "20 %", "closing": "150 %"},
                    "side": {"type": "side", "role": "struck", "share": "30 %", "closing": {"lognormal": {"median": "70 %", "gsd": 1.4, "to": "200 %"}}}},
        "sampling": {"samples": 64},
    }  # fmt: skip
    return {**tree, **changes}


@pytest.fixture(scope="module")
def answer():
    return fleet.answer(load_fleet(asked(published={"small-cars": {"vehicle": "compact", "deaths": [28, 42]}})))


# ---- exposure ----------------------------------------------------------------------------------------------------------


def test_cars_on_the_road_are_all_that_were_sold_and_survived():
    fine = np.linspace(0.0, 10.0, 200_001)  # ages of the cars in the tenth year of steady sales
    by_hand = 75_000 * np.trapezoid(0.96**fine, fine)
    assert exposure.on_the_road(np.array(75_000.0), np.array(10.0), np.array(0.96)) == pytest.approx(by_hand, rel=1e-9)


def test_shares_add_up_to_one_and_keep_their_ratio():
    found = exposure.shares({"roads.a": np.array([0.2, 0.5]), "roads.b": np.array([0.6, 0.5])}, "roads", ["a", "b"])
    assert found == pytest.approx(np.array([[0.25, 0.5], [0.75, 0.5]]))


def test_means_over_a_distribution_have_its_moments_and_tails():
    values, weights = exposure.nodes(LogNormal(0.6, 1.45), 0.6)
    spread = np.log(1.45)
    assert weights.sum() == pytest.approx(1.0)
    assert weights @ values == pytest.approx(0.6 * np.exp(spread**2 / 2), rel=1e-4)
    assert weights @ values**4 == pytest.approx(0.6**4 * np.exp(8 * spread**2), rel=3e-3)  # a risk grows like this
    values, weights = exposure.nodes(Normal(10.0, 2.0), 10.0)
    assert weights @ np.exp(values / 4) == pytest.approx(np.exp(2.5 + 0.125), rel=1e-4)
    assert exposure.nodes(None, 0.7) == (pytest.approx([0.7]), pytest.approx([1.0]))


def test_a_table_is_entered_between_its_points_only():
    grid, table = np.array([1.0, 2.0, 4.0]), np.array([[[0.0], [1.0], [5.0]], [[0.0], [10.0], [50.0]]])
    found = exposure.interpolated(np.array([[1.0, 3.0], [1.5, 4.0]]), grid, table)
    assert found[..., 0] == pytest.approx(np.array([[0.0, 3.0], [5.0, 50.0]]))
    with pytest.raises(ValueError, match=r"entered from 0\.5"):
        exposure.interpolated(np.array([[0.5], [1.0]]), grid, table)


def test_closing_speeds_grow_with_a_power_of_the_limit():
    read = load_fleet(
        asked(roads={"a": {"limit": "35 mph", "share": "50 %"}, "b": {"limit": "70 mph", "share": "50 %"}})
    )
    mph = scales(read, np.array([1.0, 0.5]), np.array([1.0, 1.1])) / 0.44704
    assert mph == pytest.approx(np.array([[35.0, 70.0], [1.1 * 35.0, 1.1 * 35.0 * 2**0.5]]))


# ---- counts, by hand ---------------------------------------------------------------------------------------------------


def made(end, **curves):
    """Means of one vehicle over one road and sample: the risks of both levels by curve; the first is the central one."""
    names = tuple((level, curve) for level in LEVELS for curve in curves)
    central = {level: names.index((level, next(iter(curves)))) for level in LEVELS}
    risk = np.array([[[curves[curve] for _, curve in names]]])
    return Mean(names, central, end, risk, np.full((1, 1), 10.0), np.full((1, 1, 2), 0.5))


def test_people_are_cars_times_crashes_times_shares_times_occupants_times_risk():
    read = load_fleet(asked())
    meetings = [{OWN: made("front", a=0.10, b=0.30), OTHER: made("front", a=0.02, b=0.01)},
                {OWN: made("side", a=0.40, **{ALL_DIRECTIONS: 0.08}), OTHER: made("front", a=0.03, b=0.05)}]  # fmt: skip
    numbers = {path: np.array([q.si]) for path, q in read.numbers.items()}
    found = fleet.harm(read, meetings, numbers)
    head_on, side = 0.01 * 0.4 * 1.5, 0.01 * 0.6 * 1.5  # crashes a year x share of the kind x occupants
    struck = 0.25 * 0.40 + 0.75 * 0.08
    assert found.total("serious", OWN)[0] == pytest.approx(head_on * 0.10 + side * struck)
    assert found.total("serious", OTHER)[0] == pytest.approx(head_on * 0.02 + side * 0.03)
    assert found.total("deaths")[0] == pytest.approx(found.total("deaths", OWN)[0] + found.total("deaths", OTHER)[0])
    assert found.drivers[0] == pytest.approx(found.total("deaths", OWN)[0] / 1.5)
    assert found.beyond[0, 0, 0] == pytest.approx(0.5 * found.total("serious", OWN)[0])
    front = found.by_curve["serious", OTHER, "front"]
    assert front["b"][0] == pytest.approx(head_on * 0.01 + side * 0.05)
    rest = found.by_curve["serious", OWN, "side"][ALL_DIRECTIONS][0]
    assert rest == pytest.approx(side * 0.08)


def test_the_envelope_holds_one_curve_of_an_end_against_itself_in_both_vehicles():
    one, cars = np.ones(1), np.array([2.0])
    own = {("serious", OWN, "front"): {"a": 5 * one, "b": 9 * one, "central": 5 * one},
           ("serious", OTHER, "front"): {"a": 3 * one, "b": 1 * one, "central": 3 * one},
           ("serious", OWN, "rear"): {"c": 4 * one, "central": 4 * one}}  # fmt: skip
    less = {("serious", OWN, "front"): {"a": 4 * one, "b": 5 * one, "central": 4 * one},
            ("serious", OTHER, "front"): {"a": 3 * one, "b": 4 * one, "central": 3 * one},
            ("serious", OWN, "rear"): {"c": 1 * one, "central": 1 * one}}  # fmt: skip
    assert fleet.envelope(cars, own, None, "serious", None) == (2 * (8 + 4), 2 * (10 + 4))
    assert fleet.envelope(cars, own, less, "serious", None) == (2 * (1 + 3), 2 * (1 + 3))  # a: 1 + 0, b: 4 - 3
    assert fleet.envelope(cars, own, less, "serious", OWN) == (2 * (1 + 3), 2 * (4 + 3))


# ---- counts against the crashes themselves -----------------------------------------------------------------------------


def test_a_crash_at_one_speed_counts_what_a_run_says_of_it(answer):
    read, study = answer.fleet, answer.fleet.studies["kei"]
    impact = study.impacts[0]
    speed = 1.5 * next(iter(read.limits.values()))
    swept = replace(impact, axes=(Axis((f"speed.{BUYER}",), np.array([[speed]]), ("speed",)),))
    found = rows(swept, 0, swept.count, replace(risk_settings(study), dummies={}), 1)
    for level, column in LEVELS.items():
        for who, vehicle in ((OWN, BUYER), (OTHER, "pickup")):
            risk = found[column][found["vehicle"] == vehicle]
            people = answer.harms["kei"].people[list(LEVELS).index(level), [OWN, OTHER].index(who), 0, 0]
            assert people == pytest.approx(0.01 * 0.4 * 1.5 * risk, rel=1e-6)


def test_the_lighter_car_costs_its_own_and_spares_the_others(answer):
    for level in LEVELS:
        own, other = answer.difference(level, OWN), answer.difference(level, OTHER)
        assert np.all(own > 0.0)
        assert np.all(other < 0.0)
        assert answer.difference(level) == pytest.approx(own + other)
        low, high = answer.curves("kei", level)
        assert low <= answer.yearly("kei", level).mean() <= high
    assert answer.harms["kei"].delta_v[0].mean() > answer.harms["compact"].delta_v[0].mean()


def test_the_same_car_under_another_name_makes_no_difference():
    same = {**asked()["vehicles"], "compact": {"use": "kei-car"}}
    found = fleet.answer(load_fleet(asked(vehicles=same)))
    for level in LEVELS:
        assert np.all(found.difference(level) == 0.0)
        assert found.difference_curves(level) == (0.0, 0.0)


def test_bars_move_one_input_at_a_time(answer):
    bars = {bar.path: bar for bar in answer.bars}
    assert set(bars) == {fleet.CURVES, fleet.CORRECTION, "fleet.sales"}
    sales = bars["fleet.sales"]
    assert sales.ends == pytest.approx((52_500, 97_500))
    for level in LEVELS:  # in proportion to what is sold
        assert np.array(sales.differences[level]) / answer.base[level] == pytest.approx(np.array([0.7, 1.3]))
        low, high = bars[fleet.CORRECTION].differences[level]
        assert low > answer.base[level] > high  # a larger correction is a lower risk


# ---- the file ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "path", "message"),
    [
        ({"buys": "kay"}, "buys", "no vehicle called 'kay'"),
        ({"instead_of": "kei"}, "instead_of", "expected another vehicle"),
        ({"partners": {"pikup": "100 %"}}, "partners.pikup", "did you mean 'pickup'"),
        ({"sampling": {"samples": 100}}, "sampling.samples", "expected a power of two"),
        ({"crashes": {"a": {"type": "wall", "role": "struck", "share": "1 %", "closing": "50 %"}}}, "crashes.a.role", "struck in a wall crash"),
        ({"roads": {"a": {"limit": "35 mph"}}}, "roads.a.share", "missing"),
        ({"published": {"a": {"vehicle": "pickup", "deaths": [1]}}}, "published.a.vehicle", "expected kei or compact"),
        ({"fleets": 1}, "fleets", "unknown field; did you mean 'fleet'"),
        ({"vehicles": {**asked()["vehicles"], "kei": {"use": "kei-car", "mass": "9 kg"}}}, "vehicles.kei.mass", "expected"),
        ({"vehicles": {**asked()["vehicles"], "kei": {"use": "kei-kar"}}}, "vehicles.kei.use", "did you mean"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_told_at_its_place(changes, path, message):
    with pytest.raises(ConfigError) as caught:
        load_fleet(asked(**changes))
    assert [(p.path, message in p.message) for p in caught.value.problems] == [(path, True)]


def test_an_unknown_file_is_told():
    with pytest.raises(LibraryError, match="did you mean 'fleet'"):
        load_fleet("flet")


def test_every_number_of_the_shipped_file_has_a_source_and_a_tag():
    read = load_fleet("fleet")
    numbers = [*read.numbers.items(), *((kind.name, kind.closing) for kind in read.kinds)]
    assert len(read.random) >= 20
    for path, q in numbers:
        if path != "speeds.at":
            assert q.source in read.sources, path
            assert q.tag in ("S", "C", "J"), path  # nothing doubtful in a headline


def test_both_choices_draw_the_same_points():
    studies = load_fleet("fleet").studies
    for own, other in zip(studies["kei"].impacts, studies["compact"].impacts, strict=True):
        assert [(r.path, r.column) for r in own.random] == [(r.path, r.column) for r in other.random]


def test_closing_speeds_of_the_shipped_file_give_recorded_frontal_delta_v():
    with (library.PACKAGE / "data" / "measured" / "field-bins.csv").open(encoding="utf-8") as handle:
        bins = [
            r for r in csv.DictReader(line for line in handle if line[0] != "#") if r["group"] in ("belted", "unbelted")
        ]
    edges = sorted({float(r["to_kmh"]) for r in bins})
    weight = [sum(float(r["weight"]) for r in bins if float(r["to_kmh"]) == edge) for edge in edges]
    below = np.cumsum(weight) / np.sum(weight)
    read, rng, found = load_fleet("fleet"), np.random.default_rng(1), []
    roads = [read.numbers[f"roads.{name}"].si for name in read.limits]
    scale = scales(read, np.array([read.numbers["speeds.growth"].si]), np.ones(1))[0]
    masses, mix = (1500.0, 1800.0, 2400.0), (0.40, 0.38, 0.22)  # cars, SUVs, pickups of the mean fleet, rounded
    for kind in (k for k in read.kinds if not k.struck):
        n = int(2e5 * read.numbers[f"crashes.{kind.name}"].si)
        speed = rng.choice(scale, n, p=np.array(roads) / sum(roads)) * kind.closing.distribution.quantile(
            rng.uniform(size=n)
        )
        own, other = rng.choice(masses, n, p=mix), rng.choice(masses, n, p=mix)
        found.append(1.15 * speed * (1.0 if kind.type == "wall" else other / (own + other)))
    reconstructed = np.concatenate(found) / library.winsmash().nominal * 3.6
    shares = np.array([0.25, 0.5, 0.75, 0.9, 0.95, 0.99])
    assert np.quantile(reconstructed, shares) == pytest.approx(
        np.interp(shares, [0.0, *below], [0.0, *edges]), rel=0.08
    )


# ---- what is told ------------------------------------------------------------------------------------------------------


def test_the_command_writes_sentences_figures_and_page(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        json.dumps(asked(published={"small": {"vehicle": "compact", "title": "small cars", "deaths": [28, 42]}}))
    )
    result = CliRunner().invoke(
        cli, ["fleet", str(path), "--out", str(tmp_path / "out"), "--units", "si"], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    told = json.loads((tmp_path / "out" / "answer.json").read_text())
    assert len(told["answer"]) == 2
    for sentence in told["answer"]:
        assert len(re.findall(r"inputs, 5-95 %: .*? to .*?; published curves disagree: ", sentence)) == 2
    assert "km/h in the kei cars" in told["answer"][1]
    assert {p.name for p in (tmp_path / "out" / "figures").iterdir()} == {
        f"{n}.{s}" for n in ("people", "where", "drives") for s in ("svg", "png")
    }
    page = (tmp_path / "out" / "report.html").read_text()
    assert "not a crash test" in page
    table = list(csv.DictReader((tmp_path / "out" / "fleet.csv").read_text().splitlines()))
    assert len(table) == 2 * 2 * 2 * 2  # vehicles, levels, sides, kinds of crash
    total = sum(float(r["mean_per_million"]) for r in table if r["vehicle"] == "kei" and r["level"] == "deaths")
    yearly = next(
        p["mean"] for p in told["people_a_year"] if (p["vehicle"], p["level"], p["people"]) == ("kei", "deaths", "both")
    )
    assert total * told["cars_on_the_road"]["mean"] / 1e6 == pytest.approx(
        yearly, rel=0.02
    )  # sales and risk are drawn apart
    again = CliRunner().invoke(cli, ["fleet", str(path), "--out", str(tmp_path / "out"), "--units", "si"])
    assert "already done" in again.output


def test_a_distribution_of_uniform_sales_is_told_by_its_ends():
    from crashsim.output.fleet import about

    assert [about(v) for v in (1571.7, 123.1, 36.5, 5.67, 0.34, -41.2, 0.0)] == [
        "1,600",
        "120",
        "36",
        "5.7",
        "0.34",
        "-41",
        "0",
    ]
    assert load_fleet("fleet").numbers["fleet.sales"].distribution == Uniform(50_000.0, 100_000.0)
