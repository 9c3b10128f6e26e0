"""The two sentences of a study: the numbers of its leading case, both bands by name, the partner beside, where the answer turns."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import crashsim
from crashsim.config.study import load_study
from crashsim.output import crush, doors, style
from crashsim.output.answers import answer
from crashsim.output.quote import quote
from crashsim.output.quoted import Case, beside, between, cases, chances, listed, risk
from crashsim.output.words import percent
from crashsim.results import FAILED, Results
from crashsim.units import INCH, MPH

SPEEDS = {"from": "5 mph", "to": "85 mph", "step": "5 mph"}


def head_on(first: str = "kei", second: str = "pickup", speed: str | None = None) -> dict[str, Any]:
    """Swept from 5 to 85 mph each, unless it is to be at one speed."""
    return {
        "type": "head-on",
        "between": [first, second],
        "speed": dict.fromkeys((first, second), speed or "25 mph"),
        "restitution": 0.1,
        **({"sweep": {"zip": {f"speed.{first}": SPEEDS, f"speed.{second}": SPEEDS}}} if speed is None else {}),
    }


def study(**changes: Any) -> dict[str, Any]:
    return {
        "name": "quoted",
        "title": "Kei and pickup",
        "vehicles": {"kei": {"use": "kei-car"}, "pickup": {"use": "full-size-pickup"}},
        "impacts": {"head-on": head_on()},
        "output": {
            "units": "us",
            "pulses": [
                {"name": "slow", "impact": "head-on", "at": {"speed.kei": "20 mph"}},
                {"name": "fast", "impact": "head-on", "at": {"speed.kei": "85 mph"}},
            ],
        },
        **changes,
    }


@pytest.fixture(scope="module")
def drawn() -> Results:
    return crashsim.run(study(sampling={"samples": 64}))


def row(results: Results, vehicle: str, impact: str = "head-on", closing: float = 40.0) -> Mapping[str, Any]:
    rows = results.sel(impact=impact, vehicle=vehicle).columns
    i = int(np.argmin(np.abs(rows["closing_speed"] / MPH - closing)))
    return {name: values[i] for name, values in rows.items()}


def test_the_leading_case_is_told_with_both_bands_and_its_partner(drawn: Results) -> None:
    """Every number of the sentences is one of the table's: 20 mph each, delta-v shared by the masses."""
    first, second = quote(drawn, "us")
    kei, pickup = row(drawn, "kei"), row(drawn, "pickup")
    assert first.startswith("Slow (40 mph closing): the kei (1,800 lb) takes a delta-v of ")
    assert f"a delta-v of {kei['delta_v'] / MPH:.0f} mph (inputs 5-95 %: " in first
    assert "3.06 times that of the pickup (5,500 lb)" in first
    assert f"crushes {kei['dynamic_crush'] / INCH:.0f} in" in first
    assert f"OLC {kei['olc'] / 9.80665:.0f} g" in first
    assert "its structure by judgement (tag J)" in first
    value, low, high = (percent(kei[f"risk_mais3plus{edge}"]) for edge in ("", "_low", "_high"))
    assert f"{value} (published curves disagree: {low.removesuffix(' %')} to {high}; inputs 5-95 %: " in second
    assert f"in the kei and {percent(pickup['risk_mais3plus'])} (" in second
    assert "in the kei it reaches 10 % at " in second
    assert all(said.endswith(".") and "\n" not in said for said in (first, second))


def test_the_bands_of_the_inputs_are_those_of_the_samples(drawn: Results) -> None:
    assert drawn.bands is not None
    of = drawn.bands.columns
    (i,) = np.flatnonzero((of["case"] == 3) & (of["vehicle"] == "kei"))  # 20 mph each
    low, high = of["risk_mais3plus.p05"][i], of["risk_mais3plus.p95"][i]
    assert f"inputs 5-95 %: {chances(low, high)}" in quote(drawn, "us")[1]


def test_a_value_inside_its_samples_is_not_called_favourable(drawn: Results) -> None:
    assert drawn.bands is not None
    of = drawn.bands.columns
    (i,) = np.flatnonzero((of["case"] == 3) & (of["vehicle"] == "kei"))
    assert of["risk_mais3plus.p05"][i] < row(drawn, "kei")["risk_mais3plus"] < of["risk_mais3plus.p95"][i]
    assert "favourable" not in quote(drawn, "us")[1]


@pytest.mark.parametrize("value, favourable", [(0.04, True), (0.05, True), (0.07, False), (0.21, False)])
def test_a_value_below_what_the_samples_span_is_called_favourable(value: float, favourable: bool) -> None:
    found = {
        "delta_v": 15.0,
        "risk_mais3plus": value,
        "risk_mais3plus_low": 0.01,
        "risk_mais3plus_high": 0.3,
        "status": "ok",
    }
    span = {"cases": 64, **{f"risk_mais3plus.{name}": x for name, x in (("p05", 0.05), ("p95", 0.2), ("count", 64.0))}}
    assert (
        "favourable" in risk(Case("slow", "head-on", "head-on", {"kei": found}, {"kei": span}), "kei")
    ) == favourable


def test_without_samples_it_says_that_nothing_is_drawn() -> None:
    assert "inputs not drawn" in quote(crashsim.run(study()), "us")[1]


def test_the_first_named_case_leads(drawn: Results) -> None:
    named = drawn.meta["named_cases"]
    turned = dataclasses.replace(drawn, meta={**drawn.meta, "named_cases": named[::-1]})
    first, second = quote(turned, "us")
    assert first.startswith("Fast (170 mph closing)")
    assert "beyond the model" in first
    assert "OLC" not in first
    assert "crushes" not in first
    assert ">99 %" in second
    assert any(said.startswith("Slow (40 mph closing): delta-v ") for said in answer(turned, "us"))


def test_without_named_cases_the_middle_of_the_sweep_leads() -> None:
    results = crashsim.run(study(output={"units": "si"}))
    assert quote(results, "si")[0].startswith("Head-on (145 km/h closing)")  # 45 mph each


def test_cases_of_one_closing_speed_stand_beside_each_other() -> None:
    both = study(
        vehicles={"kei": {"use": "kei-car"}, "pickup": {"use": "full-size-pickup"}, "compact": {"use": "compact"}},
        impacts={"with-pickup": head_on(speed="25 mph"), "with-compact": head_on(second="compact", speed="25 mph")},
        output={"units": "us"},
    )
    results = crashsim.run(both)
    assert [case.name for case in beside(cases(results))] == ["with-pickup", "with-compact"]
    first, second = quote(results, "us")
    for impact in ("with-pickup", "with-compact"):
        kei = row(results, "kei", impact, 50.0)
        assert f"{kei['delta_v'] / MPH:.0f} mph for the kei ({impact})" in first
        assert re.search(re.escape(percent(kei["risk_mais3plus"])) + r" \([^()]*\) in the kei \(" + impact, second)
    compact = row(results, "compact", "with-compact", 50.0)
    assert f"the compact {percent(compact['risk_mais3plus'])} (" in second


def test_one_partner_met_in_two_ways_is_told_by_the_dummy() -> None:
    """Field curves over delta-v cannot tell two structures apart; what a dummy feels can."""
    two = study(
        vehicles={
            "short": {"use": "kei-car", "front": {"crush_space": "40 cm"}},
            "long": {"use": "kei-car", "front": {"crush_space": "60 cm"}},
            "pickup": {"use": "full-size-pickup"},
        },
        impacts={"short": head_on("short", speed="25 mph"), "long": head_on("long", speed="25 mph")},
        output={"units": "us"},
    )
    results = crashsim.run(two)
    _, second = quote(results, "us")
    for name in ("short", "long"):
        assert f"{percent(row(results, name, name, 50.0)['risk1_joint_ais3plus'])} (" in second
    assert "functions disagree" in second
    assert "field curves, which see delta-v alone" in second


def test_a_wall_has_no_partner() -> None:
    wall = study(
        vehicles={"kei": {"use": "kei-car"}, "wall": {"use": "rigid-wall"}},
        impacts={"test": {"type": "wall", "between": ["kei", "wall"], "speed": {"kei": "35 mph"}}},
        output={"units": "us"},
    )
    first, second = quote(crashsim.run(wall), "us")
    assert first.startswith("Into a rigid wall at 35 mph (delta-v ")
    assert "nobody sits in the wall" in second


def side(bottom: str) -> Results:
    return crashsim.run(
        study(
            vehicles={"kei": {"use": "kei-car"}, "pickup": {"use": "full-size-pickup", "front": {"bumper_bottom": bottom}}},
            impacts={
                "door": {
                    "type": "side",
                    "between": ["pickup", "kei"],
                    "speed": {"pickup": "20 mph", "kei": "15 mph"},
                    "sweep": {"speed.pickup": SPEEDS},
                }
            },
            output={"units": "us", "pulses": [{"name": "door", "impact": "door", "at": {"speed.pickup": "20 mph"}}]},
        )
    )  # fmt: skip


def test_a_struck_side_says_what_no_line_and_no_curve_knows() -> None:
    results = side("50 cm")
    first, second = quote(results, "us")
    assert "the kei's door crushes" in first
    assert "OLC" not in first
    assert "one published curve, so no band of disagreement" in second
    assert "rotation is not modelled" in second


def test_the_figure_of_the_door_has_the_rows() -> None:
    for bottom, words in (("50 cm", "above the sill"), ("30 cm", "meets the sill")):
        results = side(bottom)
        assert doors.struck(results) == ["kei"]
        with style.sheet_style():
            figure = doors.doors(results, "kei", "us")
        assert figure is not None
        kei = results.sel(vehicle="kei").columns
        held = kei["status"] == "ok"
        drawn = np.asarray(figure.axes[1].lines[0].get_ydata())
        np.testing.assert_allclose(drawn[held], kei["intrusion"][held] / INCH, rtol=1e-12)
        assert np.isnan(drawn[~held]).all()
        assert any(words in " ".join(t.get_text().split()) for t in figure.legends[0].get_texts())


def test_no_struck_side_no_figure(drawn: Results) -> None:
    assert doors.struck(drawn) == []
    assert doors.doors(drawn, "kei", "us") is None


def test_the_figure_of_crush_has_the_rows(drawn: Results) -> None:
    with style.sheet_style():
        figure = crush.crush(drawn, "us")
    assert figure is not None
    kei = drawn.sel(vehicle="kei").columns
    for ax, (name, unit) in zip(
        figure.axes, {"olc": 9.80665, "dynamic_crush": INCH, "intrusion": INCH}.items(), strict=True
    ):
        held = kei["status"] == "ok"
        shown = np.asarray(ax.lines[0].get_ydata())
        np.testing.assert_allclose(shown[held], kei[name][held] / unit, rtol=1e-12)
        assert np.isnan(shown[~held]).all()


def test_failed_cases_are_not_quoted(drawn: Results) -> None:
    columns = {**drawn.columns, "status": np.full(len(drawn), FAILED)}
    first, second = quote(dataclasses.replace(drawn, columns=columns), "us")
    assert not re.search(r"\d", first + second)


def test_modifiers_are_told_alone_and_together() -> None:
    technology = load_study("technology")
    results = crashsim.run(technology.central)
    rows = [r for r in results.meta["ledger"] if r["impact"] == "into-standing-pickup" and r["vehicle"] == "kei"]
    _, second = quote(results, "us")
    for one in (r for r in rows if r["kind"] in ("alone", "base")):
        assert percent(one["risk1_joint_ais3plus"]) in second
    assert "in the pickup, by field curves" in second


@pytest.mark.parametrize(
    "name", ["highway", "interstate", "urban", "imports", "overlap", "what_matters", "side_impact"]
)
def test_shipped_studies_have_two_sentences(name: str) -> None:
    loaded = load_study(name)
    results = crashsim.run(loaded.central)
    for system in ("us", "si"):
        first, second = quote(results, system)
        assert "delta-v" in first
        assert "risk" in second
        for vehicle in results.meta["impacts"][results.meta["named_cases"][0]["impact"]]["between"]:
            assert vehicle in first
        assert "nan" not in f"{first} {second}"


def test_words_of_ranges() -> None:
    assert listed(["a"]) == "a"
    assert listed("abc") == "a, b and c"
    assert chances(0.47, 0.94) == "47 to 94 %"
    assert chances(0.0001, 0.012) == "<0.1 to 1.2 %"
    assert chances(0.2, 0.2) == "20 %"
    assert between(10 * MPH, 20 * MPH, "speed", "us") == "10 to 20 mph"
