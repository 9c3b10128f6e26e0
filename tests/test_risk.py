from __future__ import annotations

import copy
import math
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from crashsim import data
from crashsim.risk import (
    BAND_LEVELS,
    CENTRAL,
    INTRUSION,
    INTRUSION_ODDS,
    LEVELS,
    RiskCurve,
    WinsmashCorrection,
    equivalent_closing_speed,
    evaluate,
    family,
    intruded,
    select,
)
from crashsim.units import KMH, MPH

FOLDER = Path(str(data.__file__)).parent / "risk_curves"
TREES = {p.stem: yaml.safe_load(p.read_text("utf-8")) for p in sorted(FOLDER.glob("*.yaml")) if p.stem[0] != "_"}
CURVES = {name: RiskCurve.from_tree(tree) for name, tree in TREES.items()}
WINSMASH = WinsmashCorrection.from_tree(yaml.safe_load((FOLDER / "_winsmash.yaml").read_text("utf-8")))

# DOT HS 813 219, Tables as quoted publicly, typed a second time: intercept and slope per mph by level.
WANG = {
    "all": "-1.3925 .0815 -5.1331 .1479 -6.9540 .1637 -8.2070 .1564 -8.7927 .1598 -8.9819 .1603",
    "frontal": "-1.4930 .0854 -4.9429 .1425 -6.9774 .1620 -8.4254 .1586 -8.8355 .1566 -9.0422 .1571",
    "rear": "-1.8199 .0671 -6.1818 .1482 -8.0329 .1793 -11.8787 .2210 -12.1944 .2276 -12.1982 .2255",
}


def risk(name, level, speed, *, age=39.0, factor=1.0, restitution=0.0):
    """Probability at a true delta-v in m/s."""
    found = evaluate(CURVES[name], speed, restitution, winsmash_factor=factor, age=age)
    return found.probability[found.levels.index(level)]


def front_family(delta_v, **kwargs):
    curves = select(CURVES.values(), direction="front", impact="head-on", belted=True)
    options = {"central": CENTRAL["front"], "winsmash_factor": 1.3, "age": 39.0} | kwargs
    return family(curves, delta_v, 0.1, **options)


# --- the library -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TREES)
def test_every_curve_states_what_it_rests_on(name):
    curve = CURVES[name]
    assert curve.name == name
    assert (curve.tag, curve.valid_tag) in (("S", "J"), ("M", "J"), ("C", "C"))
    assert curve.weight >= 0.0
    assert len(curve.weight_source) > 30
    assert len(curve.source) > 40
    assert len(curve.population) > 20
    assert 0 < curve.valid_from < curve.valid_to
    assert list(curve.levels) == [level for level in LEVELS if level in curve.levels]


def test_the_library_holds_every_curve():
    assert set(CURVES) == {
        *("wang-2022-all", "wang-2022-frontal", "wang-2022-rear", "joksch-1993", "lubbe-2022"),
        *("malliaris-1997-zero", "malliaris-1997-one-frontal", "malliaris-1997-one-rear"),
        *("malliaris-1997-one-side", "kusano-gabler-2012-belted", "kusano-gabler-2012-unbelted"),
        *(f"nass-1997-2008-{belt}{kind}" for belt in ("belted", "unbelted") for kind in ("", "-unweighted", "-true")),
        *("nass-1997-2008-airbag", "nass-1997-2008-65plus"),
    }


def test_only_lubbe_needs_an_age_and_only_lubbe_takes_a_closing_speed():
    assert [c.name for c in CURVES.values() if c.needs_age] == ["lubbe-2022"]
    assert [c.name for c in CURVES.values() if c.input == "closing_speed"] == ["lubbe-2022"]


@pytest.mark.parametrize("mode", WANG)
def test_wang_coefficients_match_the_table(mode):
    table = np.array(WANG[mode].split(), float).reshape(6, 2)
    levels = CURVES[f"wang-2022-{mode}"].levels
    assert list(levels) == list(LEVELS)
    assert [(c["intercept"], c["slope"]) for c in levels.values()] == [tuple(row) for row in table]


def test_the_directions_of_malliaris_one_share_their_coefficients():
    frontal, rear, side = (CURVES[f"malliaris-1997-one-{d}"] for d in ("frontal", "rear", "side"))
    assert frontal.levels == rear.levels == side.levels
    assert [dict(c.covariates) for c in (frontal, rear, side)] == [
        {"side": 0, "rear": 0}, {"side": 0, "rear": 1}, {"side": 1, "rear": 0}
    ]  # fmt: skip
    assert side.input == "delta_v_true"  # WinSMASH does not read low in side crashes


def test_winsmash_factors_come_from_the_published_shortfalls():
    assert WINSMASH.nominal == pytest.approx(1 / (1 - 0.19), abs=0.005)
    assert WINSMASH.alternatives == (pytest.approx(1 / (1 - 0.23), abs=0.005), 1.0)
    assert min(WINSMASH.alternatives) < WINSMASH.nominal < max(WINSMASH.alternatives)  # inside the spread that is drawn
    assert len(WINSMASH.sources) == 3
    assert WINSMASH.scatter == pytest.approx(8.6 * KMH)


# --- published anchors -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mph, mais2, mais3, fatal, joksch, malliaris",
    [
        (10, 0.029, 0.005, 0.0006, 0.0004, 0.025),
        (20, 0.110, 0.023, 0.0027, 0.0063, 0.131),
        (30, 0.339, 0.107, 0.0130, 0.0319, 0.473),
        (40, 0.681, 0.378, 0.0596, 0.1007, 0.842),
        (50, 0.899, 0.754, 0.2338, 0.2459, None),
        (60, 0.974, 0.939, 0.5948, 0.5100, None),
    ],
)
def test_frontal_anchors_by_delta_v(mph, mais2, mais3, fatal, joksch, malliaris):
    v = mph * MPH
    assert risk("wang-2022-frontal", "MAIS2+", v) == pytest.approx(mais2, abs=6e-4)
    assert risk("wang-2022-frontal", "MAIS3+", v) == pytest.approx(mais3, abs=6e-4)
    assert risk("wang-2022-frontal", "fatal", v) == pytest.approx(fatal, abs=6e-5)
    assert risk("joksch-1993", "fatal", v) == pytest.approx(joksch, abs=6e-5)
    if malliaris is not None:
        assert risk("malliaris-1997-zero", "MAIS3+", v) == pytest.approx(malliaris, abs=6e-4)


def test_lubbe_gives_ten_percent_near_112_kmh_at_age_39():
    """A closing speed of 112 km/h between equal cars is a plastic delta-v of 56 km/h each."""
    speeds = np.linspace(90, 130, 4001)
    at_ten_percent = np.interp(0.10, risk("lubbe-2022", "MAIS3+", speeds / 2 * KMH), speeds)
    assert at_ten_percent == pytest.approx(112, rel=0.02)


def test_wang_agrees_with_the_target_study_at_99_kmh_closing():
    assert risk("wang-2022-frontal", "MAIS3+", 49.5 * KMH) == pytest.approx(0.10, rel=0.25)


def test_kusano_gabler_belt_odds_ratio_and_value_at_30_kmh():
    belted, unbelted = (risk(f"kusano-gabler-2012-{b}", "MAIS2+", 30 * KMH) for b in ("belted", "unbelted"))
    assert (belted, unbelted) == (pytest.approx(0.0243, abs=6e-5), pytest.approx(0.0798, abs=6e-5))
    assert belted / (1 - belted) * (1 - unbelted) / unbelted == pytest.approx(0.287, abs=6e-4)


def test_malliaris_one_shifts_the_odds_by_the_published_rear_term():
    front, rear = (risk(f"malliaris-1997-one-{d}", "fatal", 30 * MPH) for d in ("frontal", "rear"))
    assert math.log(rear / (1 - rear)) - math.log(front / (1 - front)) == pytest.approx(-1.921)


def test_wang_gives_the_light_to_heavy_ratio_of_the_kei_and_pickup_case():
    """1,800 lb against 5,500 lb, plastic, 100 km/h closing: fatality ratio mu^4.28 with the curve as published."""
    light, heavy = risk("wang-2022-frontal", "fatal", np.array([75.342, 24.658]) * KMH)
    assert math.log(light / heavy) / math.log(5500 / 1800) == pytest.approx(4.28, abs=0.01)


# --- conversion ------------------------------------------------------------------------------------------------------


def test_equivalent_closing_speed_is_that_of_two_equal_vehicles():
    assert equivalent_closing_speed(20.0, 0.0) == 40.0
    assert equivalent_closing_speed([20.0, 22.0], [0.0, 0.1]) == pytest.approx([40.0, 40.0])


def test_a_winsmash_curve_is_entered_with_the_smaller_delta_v():
    assert risk("wang-2022-frontal", "fatal", 26.0, factor=1.3) == pytest.approx(
        risk("wang-2022-frontal", "fatal", 20.0)
    )
    assert risk("wang-2022-frontal", "fatal", 26.0, factor=1.3) < risk("wang-2022-frontal", "fatal", 26.0)


def test_a_closing_speed_curve_ignores_the_winsmash_factor_and_uses_restitution():
    assert risk("lubbe-2022", "MAIS3+", 20.0, factor=1.3) == risk("lubbe-2022", "MAIS3+", 20.0)
    assert risk("lubbe-2022", "MAIS3+", 22.0, restitution=0.1) == pytest.approx(risk("lubbe-2022", "MAIS3+", 20.0))


def test_a_true_delta_v_curve_is_entered_as_it_stands():
    curve = RiskCurve.from_tree(TREES["wang-2022-frontal"] | {"input": "delta_v_true"})
    found = evaluate(curve, 20.0, 0.3, winsmash_factor=1.3)
    assert found.probability[-1] == risk("wang-2022-frontal", "fatal", 20.0)


def test_age_raises_the_risk_by_its_published_odds():
    young, old = (risk("lubbe-2022", "MAIS3+", 15.0, age=a) for a in (30.0, 70.0))
    assert old / (1 - old) / (young / (1 - young)) == pytest.approx(math.exp(0.021 * 40))


def test_a_log_logistic_curve_is_half_at_its_reference_and_its_odds_are_a_power():
    curve = CURVES["nass-1997-2008-belted"]
    c = curve.levels["MAIS3+"]
    half, low, high = risk(curve.name, "MAIS3+", c["reference"] * KMH * np.array([1.0, 0.2, 0.4]))
    assert half == pytest.approx(0.5, rel=1e-12)
    assert high / (1 - high) * (1 - low) / low == pytest.approx(2.0 ** c["exponent"], rel=1e-9)
    assert risk(curve.name, "MAIS3+", 0.0) == 0.0


# --- levels that cross -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, level, mph",
    [
        ("wang-2022-frontal", "MAIS2+", 60.4),
        ("wang-2022-rear", "MAIS5+", 47.8),
        ("wang-2022-rear", "MAIS2+", 53.8),
        ("wang-2022-all", "MAIS2+", 56.3),
        ("malliaris-1997-zero", "MAIS3+", 40.2),
        ("malliaris-1997-one-frontal", "MAIS3+", 38.1),
        ("malliaris-1997-one-rear", "MAIS3+", 59.2),
    ],
)
def test_a_level_is_clamped_above_the_published_crossing_only(name, level, mph):
    found = evaluate(CURVES[name], np.array([mph - 0.1, mph + 0.1]) * MPH, 0.0, winsmash_factor=1.0)
    row = found.levels.index(level)
    assert found.clamped[row].tolist() == [False, True]
    assert found.probability[row, 1] == found.probability[row - 1, 1]
    assert found.probability[row, 0] < found.probability[row - 1, 0]


# --- properties ------------------------------------------------------------------------------------------------------


@given(st.sampled_from(sorted(CURVES)), st.floats(0, 60), st.floats(0, 60), st.floats(0, 1), st.floats(1, 1.5))
def test_risk_grows_with_delta_v_and_falls_with_level(name, a, b, restitution, factor):
    found = evaluate(CURVES[name], sorted((a, b)), restitution, winsmash_factor=factor, age=45.0)
    assert np.all(np.diff(found.probability, axis=1) >= 0)
    assert np.all(np.diff(found.probability, axis=0) <= 0)


@given(st.sampled_from(sorted(CURVES)), st.floats(0, allow_infinity=False))
def test_every_finite_delta_v_has_a_probability(name, delta_v):
    found = evaluate(CURVES[name], delta_v, 0.0, winsmash_factor=1.3, age=45.0)
    assert np.all((found.probability >= 0) & (found.probability <= 1))


def test_small_risks_keep_their_digits():
    curve = RiskCurve.from_tree(TREES["wang-2022-rear"] | {"levels": {"fatal": {"intercept": -60.0, "slope": 0.2}}})
    assert evaluate(curve, 0.0, 0.0, winsmash_factor=1.0).probability[0] == pytest.approx(
        math.exp(-60), rel=1e-12, abs=0
    )


@given(st.lists(st.floats(0, 50), min_size=1, max_size=5))
def test_the_envelope_is_touched_and_never_left_by_its_members(speeds):
    for level in front_family(np.array(speeds)).values():
        for band in level:
            assert np.all((band.lower <= band.probability) & (band.probability <= band.upper))
            assert np.all((band.probability == band.lower).any(axis=0) & (band.probability == band.upper).any(axis=0))


# --- validity --------------------------------------------------------------------------------------------------------


def test_extrapolation_is_judged_on_the_curves_own_input():
    speeds = np.array([4.9, 5.1, 49.9, 50.1, 64.9, 65.1]) * MPH
    as_published = evaluate(CURVES["wang-2022-frontal"], speeds, 0.0, winsmash_factor=1.0)
    corrected = evaluate(CURVES["wang-2022-frontal"], speeds, 0.0, winsmash_factor=1.3)
    assert as_published.extrapolated.tolist() == [True, False, False, True, True, True]
    assert corrected.extrapolated.tolist() == [True, True, False, False, False, True]


def test_a_failed_case_stays_nan_and_is_flagged():
    found = evaluate(CURVES["wang-2022-frontal"], [np.nan, 10.0], 0.0, winsmash_factor=1.3)
    assert np.isnan(found.probability).all(axis=0).tolist() == [True, False]
    assert found.extrapolated.tolist() == [True, False]


@pytest.mark.parametrize(
    "delta_v, factor, age", [(-1.0, 1.3, 40.0), (1.0, 0.0, 40.0), (1.0, np.nan, 40.0), (1.0, 1.3, None)]
)
def test_impossible_inputs_are_refused(delta_v, factor, age):
    with pytest.raises(ValueError, match=r"expected|needs"):
        evaluate(CURVES["lubbe-2022"], delta_v, 0.0, winsmash_factor=factor, age=age)


# --- which curves apply ----------------------------------------------------------------------------------------------

EVERYWHERE = {"wang-2022-all", "malliaris-1997-zero", "joksch-1993"}
FRONT = EVERYWHERE | {"wang-2022-frontal", "malliaris-1997-one-frontal"}
REAR = EVERYWHERE | {"wang-2022-rear", "malliaris-1997-one-rear"}


@pytest.mark.parametrize(
    "direction, impact, belted, names",
    [
        ("front", "head-on", True, FRONT | {"lubbe-2022", "nass-1997-2008-belted"}),
        ("front", "wall", True, FRONT | {"nass-1997-2008-belted"}),
        ("front", "rear-end", True, FRONT | {"kusano-gabler-2012-belted", "nass-1997-2008-belted"}),
        ("front", "rear-end", False, FRONT | {"kusano-gabler-2012-unbelted", "nass-1997-2008-unbelted"}),
        ("front", "rear-end", None, FRONT),
        ("rear", "rear-end", True, REAR),
        ("side", "side", True, {"malliaris-1997-one-side"}),
    ],
)
def test_curves_are_chosen_by_direction_impact_and_belt(direction, impact, belted, names):
    chosen = select(CURVES.values(), direction=direction, impact=impact, belted=belted)
    assert {c.name for c in chosen} == names
    assert CENTRAL[direction] in names


@pytest.mark.parametrize("wrong", [{"direction": "roof", "impact": "wall"}, {"direction": "front", "impact": "headon"}])
def test_an_unknown_direction_or_impact_is_refused(wrong):
    with pytest.raises(ValueError, match="expected one of"):
        select(CURVES.values(), **wrong)


# --- families --------------------------------------------------------------------------------------------------------


def test_a_family_holds_for_each_level_the_curves_that_have_it():
    found = front_family(np.array([10.0, 20.0, 30.0]))
    assert tuple(found) == BAND_LEVELS
    assert "lubbe-2022" in found["MAIS3+"].corrected.names
    assert "lubbe-2022" not in found["fatal"].corrected.names
    assert "joksch-1993" in found["fatal"].corrected.names
    for level in found.values():
        assert level.corrected.probability.shape == (len(level.corrected.names), 3)
        assert level.corrected.extrapolated.shape == level.corrected.clamped.shape == level.corrected.probability.shape


def test_a_family_shows_the_result_with_and_without_the_correction():
    with_it, without = front_family(np.array([20.0]))["MAIS3+"]
    assert with_it.central == risk("wang-2022-frontal", "MAIS3+", [20.0 / 1.3])
    assert without.central == risk("wang-2022-frontal", "MAIS3+", [20.0])
    assert with_it.upper < without.upper
    lubbe = with_it.names.index("lubbe-2022")
    assert with_it.probability[lubbe] == without.probability[lubbe]


def test_fleets_disagree_more_than_fourfold_at_30_mph():
    band = front_family(30 * MPH)["MAIS3+"].uncorrected
    assert band.upper / band.central > 4
    assert not band.central_extrapolated


def test_inputs_of_a_family_broadcast_to_the_cases():
    found = front_family(np.array([[10.0], [20.0]]), winsmash_factor=np.array([1.0, 1.2, 1.3]))
    for level in found.values():
        assert level.corrected.central.shape == level.uncorrected.upper.shape == (2, 3)
        assert np.ptp(level.uncorrected.central, axis=1).tolist() == [0.0, 0.0]


def test_the_mean_of_a_band_is_by_weight():
    band = front_family(np.array([10.0, 20.0]))["MAIS3+"].corrected
    weights = np.array([CURVES[name].weight for name in band.names])
    assert band.mean == pytest.approx((weights[:, None] * band.probability).sum(axis=0) / weights.sum(), rel=1e-12)
    assert np.all((band.lower <= band.mean) & (band.mean <= band.upper))


def test_a_curve_of_weight_0_joins_no_ensemble():
    chosen = select(CURVES.values(), direction="front", impact="head-on", belted=True)
    assert all(curve.weight > 0 for curve in chosen)
    assert {c.name for c in CURVES.values() if not c.weight} == {
        *("nass-1997-2008-airbag", "nass-1997-2008-65plus"),
        *(f"nass-1997-2008-{belt}-{kind}" for belt in ("belted", "unbelted") for kind in ("unweighted", "true")),
    }


def test_a_level_that_no_curve_has_is_left_out():
    found = family([CURVES["joksch-1993"]], 20.0, 0.1, central="joksch-1993", winsmash_factor=1.3)
    assert tuple(found) == ("fatal",)


def test_a_central_curve_without_the_level_is_refused():
    with pytest.raises(ValueError, match=r"joksch-1993.* has no MAIS2\+"):
        front_family(20.0, central="joksch-1993")
    with pytest.raises(ValueError, match="expected one of"):
        front_family(20.0, levels=["MAIS9+"])


# --- intrusion -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", INTRUSION_ODDS)
def test_intrusion_multiplies_the_odds_from_its_limit_on(level):
    p = np.array([0.0, 0.1, 0.1, 0.9, 1.0])
    found = intruded(level, p, [1.0, INTRUSION - 1e-9, INTRUSION, INTRUSION, INTRUSION])
    assert found[[0, 1, 4]].tolist() == [0.0, 0.1, 1.0]
    assert found[2:4] / (1 - found[2:4]) == pytest.approx(INTRUSION_ODDS[level] * p[2:4] / (1 - p[2:4]))


# --- data files that are wrong ---------------------------------------------------------------------------------------


def changed(path, value):
    """The Kusano-Gabler tree with one value replaced, or taken out where the value is None."""
    tree = copy.deepcopy(TREES["kusano-gabler-2012-belted"])
    *parents, last = path.split("/")
    place = tree
    for key in parents:
        place = place[key]
    place[last] = value
    if value is None:
        del place[last]
    return tree


@pytest.mark.parametrize(
    "path, value, message",
    [
        ("source", None, "risk curve: missing source"),
        ("source", "  ", "source: expected a text"),
        ("form", "logit", "form: got 'logit', expected one of: logistic, power"),
        ("input", "delta_v", "input: got 'delta_v', expected one of"),
        ("input_unit", "kn", "input_unit"),
        ("directions", ["roof"], "directions: got 'roof'"),
        ("directions", "front", "directions: expected a list"),
        ("directions", [], "directions: expected at least one"),
        ("impacts", ["wall", "wall"], "impacts: .* none twice"),
        ("belt", True, "belt: got True"),
        ("tag", "X", "tag: got 'X'"),
        ("nots", "typo", "unknown 'nots'; did you mean 'notes'"),
        ("valid", "wide", "valid: expected a mapping"),
        ("valid/from", "8 kg", "valid.from: "),
        ("valid/to", "5 km/h", "valid: expected 0 <= from < to"),
        ("valid/source", None, "valid: missing source"),
        ("levels", {}, "levels: expected at least one level"),
        ("levels", {"AIS2": {}}, "levels: got 'AIS2'"),
        ("levels/MAIS2+/slope", None, r"levels.MAIS2\+: missing slope"),
        ("levels/MAIS2+/slope", -0.1, r"levels.MAIS2\+: expected slope above 0"),
        ("levels/MAIS2+/slope", "steep", r"levels.MAIS2\+.slope: "),
        ("levels/MAIS2+/female", 0.3, r"levels.MAIS2\+: unknown 'female'"),
        ("levels/MAIS2+/belt", None, "covariates: no level has a coefficient for belt"),
        ("covariates/age", 40, "covariates: age is given per case"),
        ("ensemble/weight", -1, "ensemble.weight: expected 0 or more"),
        ("ensemble/source", None, "ensemble: missing source"),
        ("ensemble/tag", "X", "ensemble.tag: got 'X'"),
        ("errors", {"MAIS2+": {"reference": 1}}, "errors: known of log-logistic curves only"),
    ],
)
def test_a_wrong_curve_is_refused_by_name(path, value, message):
    with pytest.raises(ValueError, match=message):
        RiskCurve.from_tree(changed(path, value))


@pytest.mark.parametrize(
    "errors, message",
    [
        ({"reference": 1, "exponent": 0.1}, "missing correlation"),
        ({"reference": 1, "exponent": 0, "correlation": 0}, "errors above 0"),
        ({"reference": 1, "exponent": 0.1, "correlation": 1.2}, "between -1 and 1"),
    ],
)
def test_wrong_errors_of_a_curve_are_refused(errors, message):
    tree = TREES["nass-1997-2008-belted"]
    with pytest.raises(ValueError, match=message):
        RiskCurve.from_tree(tree | {"errors": tree["errors"] | {"MAIS3+": errors}})
    with pytest.raises(ValueError, match="every level, or none"):
        RiskCurve.from_tree(tree | {"errors": {"MAIS3+": tree["errors"]["MAIS3+"]}})


def test_a_form_without_covariates_takes_none():
    levels = {"fatal": {"reference": 71, "exponent": 4, "age": 0.02}}
    with pytest.raises(ValueError, match="unknown 'age'"):
        RiskCurve.from_tree(TREES["joksch-1993"] | {"levels": levels})


def test_levels_are_put_in_order_whatever_the_file_says():
    tree = TREES["wang-2022-all"]
    backwards = dict(reversed(tree["levels"].items()))
    assert list(RiskCurve.from_tree(tree | {"levels": backwards}).levels) == list(LEVELS)


@pytest.mark.parametrize(
    "nominal, message",
    [({"value": 0, "source": "x", "tag": "J"}, "above 0"), ({"value": 1.3, "tag": "J"}, "missing source")],
)
def test_a_wrong_winsmash_factor_is_refused(nominal, message):
    scatter = {"value": "8.6 km/h", "source": "x", "tag": "S"}
    with pytest.raises(ValueError, match=message):
        WinsmashCorrection.from_tree(
            {"title": "t", "nominal": nominal, "alternatives": [], "scatter": scatter, "notes": "n"}
        )
