"""The report and the headline: sentences that follow from the numbers, and no markup from a user's text."""

import re
from pathlib import Path

import numpy as np
import pytest

import crashsim
from crashsim import risk
from crashsim.config import library
from crashsim.output.headline import crossing, headline, thresholds
from crashsim.output.report import answer, headline_text, write_report
from crashsim.results import Results
from crashsim.units import MPH

HOSTILE = "<script>alert(1)</script> [x](javascript:1) | `a` *b* # _c_"


def study(**changes: object) -> dict[str, object]:
    both = {"from": "5 mph", "to": "85 mph", "step": "1 mph"}
    return {
        "name": "report",
        "title": "Kei and pickup",
        "vehicles": {"kei": {"use": "kei-car"}, "pickup": {"use": "full-size-pickup"}},
        "impacts": {
            "head-on": {
                "type": "head-on",
                "speed": {"kei": "30 mph", "pickup": "30 mph"},
                "restitution": 0.1,
                "sweep": {"zip": {"speed.kei": both, "speed.pickup": both}},
            }
        },
        "output": {
            "pulses": [
                {"name": "slow", "impact": "head-on", "at": {"speed.kei": "20 mph"}},
                {"name": "fast", "impact": "head-on", "at": {"speed.kei": "85 mph"}},
            ]
        },
        **changes,
    }


@pytest.fixture(scope="module")
def results() -> Results:
    return crashsim.run(study())


def test_the_threshold_is_where_the_published_curve_says(results: Results) -> None:
    """Wang 2022 frontal MAIS3+: 10 % at (6.9774 - ln 9)/0.1620 mph as reconstructed, 1.23 times that as true delta-v."""
    row = next(r for r in thresholds(results) if r["vehicle"] == "kei" and r["risk"] == 0.10)
    delta_v = 1.23 * (6.9774 - np.log(9.0)) / 0.1620 * MPH
    kei = results.sel(vehicle="kei")
    closing, uncorrected = (
        float(np.interp(dv, kei["delta_v"].values, kei["closing_speed"].values)) for dv in (delta_v, delta_v / 1.23)
    )
    assert closing == pytest.approx(delta_v / (1.1 * 5500 / 7300), rel=0.03)  # the occupants take of the rebound asked
    assert row["delta_v"] == pytest.approx(
        delta_v, rel=1e-3
    )  # straight lines between steps of h = 0.2 in the logit: h^2/8
    assert row["closing_speed"] == pytest.approx(closing, rel=1e-3)
    assert row["closing_speed_uncorrected"] == pytest.approx(uncorrected, rel=1e-3)
    assert row["closing_speed_low"] <= row["closing_speed"] <= row["closing_speed_high"]
    (sentence,) = (s for s in answer(results, "us") if "risk in the kei" in s)
    assert f"closing speed of {closing / MPH:.0f} mph, {closing / MPH / 2:.0f} mph each" in sentence


def test_who_pays_is_the_inverse_mass_ratio(results: Results) -> None:
    assert any("3.06 times the delta-v of the pickup" in s for s in answer(results, "si"))


def test_a_case_beyond_the_model_keeps_its_delta_v_and_hides_its_pulse(results: Results) -> None:
    fast = [row for row in headline(results) if row["case"] == "fast"]
    assert {row["status"] for row in fast} == {"beyond_model"}
    for row in fast:
        assert row["delta_v"] > 0
        assert row["peak_acceleration"] is row["olc"] is row["intrusion"] is None
    assert "beyond the model" in headline_text(results, "us")


def test_headline_risks_are_the_curves_themselves(results: Results) -> None:
    row = next(r for r in headline(results) if r["case"] == "slow" and r["vehicle"] == "kei")
    curve = library.risk_curves()["wang-2022-frontal"]
    found = risk.evaluate(curve, row["delta_v"], 0.1, winsmash_factor=1.23)
    assert row["risk_mais3plus"] == pytest.approx(float(found.probability[found.levels.index("MAIS3+")]), rel=1e-12)


def test_the_report_names_what_it_rests_on(results: Results, tmp_path: Path) -> None:
    figure = tmp_path / "figures" / "delta-v.png"
    write_report(results, tmp_path / "report.md", [figure], "us")
    text = (tmp_path / "report.md").read_text()
    assert "not a crash test" in text
    assert "(figures/delta-v.png)" in text
    for path in results.meta["judgement"]:
        assert f"`{path}`" in text
    assert "Wang 2022" in text
    assert "unbelted" not in text  # a curve that was not used is not listed


def test_a_users_text_is_text(tmp_path: Path) -> None:
    hostile = crashsim.run(study(title=HOSTILE, question=HOSTILE))
    write_report(hostile, tmp_path / "report.md", [], "si")
    text = (tmp_path / "report.md").read_text()
    assert not re.search(r"(?<!\\)<script", text)
    assert not re.search(r"(?<!\\)\[x", text)


@pytest.mark.parametrize(
    "y, expected", [([0.0, 0.1, 0.3], 1.5), ([0.2, 0.3, 0.4], 0.0), ([0.3, 0.4, 0.5], None), ([0.0, 0.1, 0.15], None)]
)
def test_crossing(y: list[float], expected: float | None) -> None:
    assert crossing(np.array([0.0, 1.0, 2.0]), np.array(y), 0.2) == expected
