"""Both routes to a risk side by side: where they part, in words and in the figure."""

import dataclasses

import numpy as np
import pytest
from matplotlib.text import Text

import crashsim
from crashsim.output import answers, plots, routes, style
from crashsim.output.parting import apart, parting, two_routes
from crashsim.results import BEYOND_MODEL, Results
from crashsim.units import MPH

SPEEDS = {"from": "10 mph", "to": "70 mph", "step": "10 mph"}
STUDY = {
    "name": "two-routes",
    "title": "A kei car meets a pickup",
    "vehicles": {"kei": {"use": "kei-car", "mass": "1800 lb"}, "pickup": {"use": "full-size-pickup"}},
    "impacts": {
        "head-on": {
            "type": "head-on",
            "speed": {"kei": "30 mph", "pickup": "30 mph"},
            "sweep": {"zip": {"speed.kei": SPEEDS, "speed.pickup": SPEEDS}},
        },
        "rear-end": {
            "type": "rear-end",
            "between": ["pickup", "kei"],
            "speed": {"pickup": "30 mph", "kei": "0 mph"},
            "sweep": {"speed.pickup": SPEEDS},
        },
    },
    "sampling": {"samples": 16},
}


@pytest.fixture(scope="module")
def results() -> Results:
    return crashsim.run(STUDY)


def drawn(results: Results, impact: str = "head-on"):
    with style.sheet_style():
        return routes.routes(results, impact, "us")


def with_risks(results: Results, one: list[float], two: list[float]) -> Results:
    """The same results with given risks of the kei car in the head-on impact."""
    here = (results.columns["impact"] == "head-on") & (results.columns["vehicle"] == "kei")
    columns = dict(results.columns)
    for name, values in (("risk1_joint_ais3plus", one), ("risk_mais3plus", two)):
        columns[name] = columns[name].copy()
        columns[name][here] = values
    columns["status"] = np.where(here, "ok", columns["status"])
    return dataclasses.replace(results, columns=columns)


def test_routes_are_apart_beyond_a_factor_two_where_the_risk_is_worth_a_word():
    one = np.array([0.10, 0.21, 0.04, 0.0009, 0.0, np.nan, 0.0])
    two = np.array([0.10, 0.10, 0.10, 0.0001, 0.3, 0.2, 0.0])
    assert apart(one, two).tolist() == [False, True, True, False, True, False, False]


def test_only_occupants_with_both_routes_are_compared(results):
    assert [curve.vehicle for curve in two_routes(results, "head-on")] == ["kei", "pickup"]
    assert [curve.vehicle for curve in two_routes(results, "rear-end")] == ["pickup"]  # nobody behind a loaded rear


def test_the_sentence_names_the_speeds_and_the_side(results):
    told = with_risks(results, [0.05, 0.05, 0.02, 0.02, 0.02, 0.02, 0.9], [0.02, 0.02, 0.02, 0.05, 0.05, 0.03, 0.8])
    said = parting(told, "head-on", "us")[0]
    assert said == ("head-on, kei, risk of a serious injury (AIS3+): that of the dummy is more than twice that of the field curves "
                    "from 20 mph to 40 mph closing, less than half that of the field curves from 80 mph to 100 mph closing.")  # fmt: skip
    equal = with_risks(results, [0.02] * 7, [0.03] * 7)
    assert "agree within a factor 2 from 20 mph to 140 mph" in parting(equal, "head-on", "us")[0]
    assert any(said in sentence for sentence in answers.answer(told, "us"))


def test_route_1_says_nothing_beyond_the_model(results):
    beyond = results.columns["closing_speed"] > 100 * MPH
    columns = {**results.columns, "status": np.where(beyond, BEYOND_MODEL, results.columns["status"])}
    grey = dataclasses.replace(results, columns=columns)
    ax = drawn(grey).axes[0]
    line = next(x for x in ax.lines if x.get_linewidth() == 2.6)
    assert np.isfinite(line.get_ydata()[:5]).all()
    assert np.isnan(line.get_ydata()[5:]).all()
    assert "beyond the model: route 1 says nothing" in words(drawn(grey))


def words(figure) -> str:
    return " ".join(" ".join(t.get_text().split()) for t in figure.findobj(Text))


def test_the_figure_draws_both_routes_of_both_occupants_with_their_bands(results):
    figure = drawn(results)
    assert len(figure.axes) == 6
    kei = results.sel(impact="head-on", vehicle="kei")
    lines = [line.get_ydata() for line in figure.axes[0].lines]
    for name in ("risk1_joint_ais3plus", "risk_mais3plus"):
        assert any(np.allclose(y[np.isfinite(y)], kei[name].values[np.isfinite(y)], rtol=1e-12) for y in lines), name
    spread = kei_band(results, "risk1_joint_ais3plus")
    for edge in spread:
        assert any(np.allclose(y, edge, equal_nan=True) for y in lines)
    held = kei.columns["status"] != BEYOND_MODEL
    expected = np.where(held, kei["risk1_joint_ais3plus"].values / kei["risk_mais3plus"].values, np.nan)
    ratios = [line.get_ydata() for line in figure.axes[4].lines if len(line.get_ydata()) == 7]
    assert any(np.allclose(y, expected, equal_nan=True) for y in ratios)
    said = words(figure)
    for text in ("its functions, kei", "its curves", "spread of the inputs, 5-95 % of the samples", "never merged",
                 "route 1: head AIS3+", "route 2: fatal", "judgement inputs (tag J)", "injury functions: tags"):  # fmt: skip
        assert text in said, text


def kei_band(results: Results, name: str):
    curve = two_routes(results, "head-on")[0]
    band = curve.band(name)
    assert band is not None
    return band


def test_every_run_has_the_figure_and_its_caption(results):
    names = [stem for stem, _ in plots.figures(results, "us")]
    assert {"routes-head-on", "routes-rear-end"} <= set(names)


def test_without_samples_no_spread_is_claimed():
    plain = crashsim.run({**STUDY, "sampling": {"samples": 1}})
    assert "5-95 % of the samples" not in words(drawn(plain))
    assert "inputs as given, no spread drawn" in words(drawn(plain))
