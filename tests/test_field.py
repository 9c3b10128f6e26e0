"""Field curves and checks: fits against known answers, shipped tables and curves against what they come from, the gates."""

from __future__ import annotations

from math import log
from pathlib import Path

import numpy as np
import pytest

from crashsim.config import library
from crashsim.errors import CrashsimError
from crashsim.output import evidence as written
from crashsim.risk import INTRUSION_ODDS, evaluate
from crashsim.validation import field, field_crashes, field_data, field_fit, field_pairs, measured
from crashsim.validation.field_data import GROUPS, bins, of
from crashsim.validation.field_fit import TRUE, Bins, bins_of, fit
from crashsim.validation.records import EITHER, LEFT_OUT, OUTSIDE, PREDICTED, WITHIN, Row

DATA = Path(__file__).parents[2] / "shared" / "data"
KMH = 1 / 3.6
LEVELS = {"mais2": "MAIS2+", "mais3": "MAIS3+", "dead": "fatal"}
OWN = {  # group and weighting of each shipped curve
    "nass-1997-2008-belted": ("belted", True), "nass-1997-2008-unbelted": ("unbelted", True),
    "nass-1997-2008-airbag": ("belted, airbag fired", True), "nass-1997-2008-65plus": ("belted, 65 years and over", True),
    "nass-1997-2008-belted-unweighted": ("belted", False), "nass-1997-2008-unbelted-unweighted": ("unbelted", False),
}  # fmt: skip

raw = pytest.mark.skipif(
    not (DATA / field_data.BINS).exists(), reason="the raw field data are not beside the repository"
)


def made(reference: float, exponent: float, cases: float = 400.0) -> Bins:
    """Bins whose shares lie exactly on a curve (speeds in km/h)."""
    ends = np.arange(10.0, 101.0, 10.0) * KMH
    middle = 0.5 * (ends[1:] + ends[:-1])
    share = 1.0 / (1.0 + (reference * KMH / middle) ** exponent)
    n = np.full(len(middle), cases)
    return Bins(middle, ends[:-1], ends[1:], share, n, n, share * n)


@pytest.fixture(scope="module")
def records() -> list[measured.Record]:
    return bins(None)


@pytest.fixture(scope="module")
def risks() -> field.Case:
    return field.case()


@pytest.fixture(scope="module")
def pairs() -> list[measured.Record]:
    return of(field_data.pairs(None), drivers="both belted")


# ---- fits ----------------------------------------------------------------------------------------------------------------


def test_a_fit_finds_the_curve_that_made_the_bins() -> None:
    found = fit(made(70.0, 3.5))
    assert (found.reference / KMH, found.exponent) == (pytest.approx(70.0), pytest.approx(3.5))
    assert found.chi_square == pytest.approx(0.0, abs=1e-12)
    assert found.risk(70.0 * KMH) == pytest.approx(0.5)


def test_errors_shrink_with_the_root_of_the_cases_and_cover_the_truth() -> None:
    few, many = fit(made(70.0, 3.5, 100.0)), fit(made(70.0, 3.5, 900.0))
    assert few.exponent_error / many.exponent_error == pytest.approx(3.0)
    assert few.reference_error / many.reference_error == pytest.approx(3.0)
    own, rng = made(70.0, 3.5, 300.0), np.random.default_rng(1)
    drawn = [
        fit(Bins(own.delta_v, own.low, own.high, n / 300.0, own.effective, own.weight, n))
        for n in rng.binomial(300, own.share, (400, len(own.share))).clip(1, 299)
    ]
    exact = fit(own)
    assert np.std([f.exponent for f in drawn]) == pytest.approx(exact.exponent_error, rel=0.12)
    assert np.std([f.reference for f in drawn]) == pytest.approx(exact.reference_error, rel=0.12)
    both = np.corrcoef([f.reference for f in drawn], [f.exponent for f in drawn])[0, 1]
    assert both == pytest.approx(exact.correlation, abs=0.1)


def test_bins_that_scatter_more_than_their_numbers_widen_the_errors() -> None:
    own = made(70.0, 3.5)
    share = np.clip(own.share + 0.1 * np.array([1, -1] * 4 + [1]), 0.01, 0.99)
    noisy = fit(Bins(own.delta_v, own.low, own.high, share, own.effective, own.weight, own.injured))
    assert noisy.chi_square > 3 * noisy.freedom
    assert noisy.exponent_error > 1.5 * fit(own).exponent_error


def test_bins_that_determine_no_curve_are_said_so() -> None:
    own = made(70.0, 3.5)
    step = Bins(
        own.delta_v, own.low, own.high, (own.delta_v > 15.0).astype(float), own.effective, own.weight, own.injured
    )
    with pytest.raises(CrashsimError, match="no risk curve fits these bins"):
        fit(step)


def test_a_bin_left_out_does_not_see_itself() -> None:
    own = made(70.0, 3.5)
    assert field_fit.left_out(own) == pytest.approx(own.share)
    share = own.share.copy()
    share[4] = 0.9
    wrong = Bins(own.delta_v, own.low, own.high, share, own.effective, own.weight, own.injured)
    assert field_fit.left_out(wrong)[4] == pytest.approx(own.share[4])
    assert abs(fit(wrong).risk(own.delta_v[4]) - own.share[4]) > 0.01


def test_the_contrast_of_curves_of_one_exponent_is_that_of_their_references() -> None:
    ratio, error = field_fit.contrast(fit(made(50.0, 3.0)), fit(made(70.0, 3.0)), 40.0 * KMH)
    assert ratio == pytest.approx((70.0 / 50.0) ** 3.0)
    assert error > 0.0


def recorded_from(reference: float, exponent: float, factor: float, scatter: float) -> Bins:
    """What a field would record where the true curve and the true delta-v of the exposed are known (km/h, lognormal)."""
    from scipy.special import ndtr

    ends = np.array([0.0, 10, 15, 20, 25, 30, 35, 40, 45, 50, 60, 70, 80, 170]) * KMH
    density = np.exp(-0.5 * ((np.log(TRUE) - log(25.0 * KMH)) / 0.45) ** 2) / TRUE
    chance = ndtr((ends[1:, None] - TRUE / factor) / scatter) - ndtr((ends[:-1, None] - TRUE / factor) / scatter)
    joint = chance * density
    weight = joint.sum(axis=1)
    share = joint @ (1.0 / (1.0 + (reference * KMH / TRUE) ** exponent)) / weight
    middle = 0.5 * (ends[1:] + ends[:-1])
    n = np.full(len(share), 500.0)
    return Bins(middle, ends[:-1], ends[1:], share, n, weight, share * n)


def test_bias_and_scatter_of_delta_v_are_taken_out() -> None:
    factor, scatter = 1.23, 8.6 * KMH
    own = recorded_from(75.0, 4.2, factor, scatter)
    spread = field_fit.true_spread(own, factor, scatter)
    assert spread.sum(axis=1) == pytest.approx(1.0)
    found = fit(own, TRUE, spread)
    assert found.reference / KMH == pytest.approx(75.0, rel=0.01)
    assert found.exponent == pytest.approx(4.2, rel=0.01)
    flat = fit(own)
    assert flat.exponent < 0.95 * found.exponent  # scatter flattens


def test_the_scatter_moves_the_risk_back_part_of_the_way(records) -> None:
    """Funk 2008: bias shifts the curve to the right, scatter back to the left, but to a lesser extent."""
    curves, v = library.risk_curves(), np.array([30.0, 40.0, 50.0, 60.0]) * KMH
    as_recorded, biased = (
        evaluate(curves["nass-1997-2008-belted"], v, 0.0, winsmash_factor=f).probability[1] for f in (1.0, 1.23)
    )
    true = evaluate(curves["nass-1997-2008-belted-true"], v, 0.0, winsmash_factor=1.23).probability[1]
    assert np.all((biased < true) & (true < as_recorded))


# ---- what ships ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OWN)
def test_shipped_curves_are_the_fits_of_the_shipped_bins(name: str, records) -> None:
    group, weighted = OWN[name]
    curve = library.risk_curves()[name]
    for level, shown in LEVELS.items():
        same(fit(bins_of(of(records, group=group), level, weighted=weighted)), curve, shown)


@pytest.mark.parametrize("belt", field.OWN)
def test_shipped_curves_over_the_true_delta_v_are_the_fits_with_its_errors(belt: str, records) -> None:
    curve, correction = library.risk_curves()[f"nass-1997-2008-{belt}-true"], library.winsmash()
    for level, shown in LEVELS.items():
        own = bins_of(of(records, group=belt), level, weighted=True)
        spread = field_fit.true_spread(own, correction.nominal, correction.scatter)
        same(fit(own, TRUE, spread), curve, shown)


def same(found: field_fit.Fit, curve, level: str) -> None:
    c, e = curve.levels[level], curve.errors[level]
    assert (c["reference"], c["exponent"]) == (
        pytest.approx(found.reference / KMH, abs=0.06), pytest.approx(found.exponent, abs=0.006)
    )  # fmt: skip
    assert (e["reference"], e["exponent"], e["correlation"]) == (
        pytest.approx(found.reference_error / KMH, abs=0.06), pytest.approx(found.exponent_error, abs=0.006),
        pytest.approx(found.correlation, abs=0.006),
    )  # fmt: skip
    for kmh in (20.0, 50.0, 90.0):
        assert curve.log_odds_error(level, kmh) == pytest.approx(found.log_odds_error(kmh * KMH), rel=0.06)


def test_the_power_of_the_odds_predicts_left_out_bins_better_than_a_straight_logit(records) -> None:
    """Why the form is log-logistic: deviance of left-out bins over both belt states and all levels, weighted."""
    power, straight = 0.0, 0.0
    for group in field.OWN:
        for level in LEVELS:
            own = bins_of(of(records, group=group), level, weighted=True)
            power += deviance(own, field_fit.left_out(own))
            # the same machine on exp(v / 20 km/h), whose logarithm is the speed
            bent = Bins(np.exp(own.delta_v / (20 * KMH)), *list(vars(own).values())[1:])
            straight += deviance(own, field_fit.left_out(bent))
    assert power < 0.7 * straight


def deviance(own: Bins, p) -> float:
    from scipy.special import xlogy

    y = own.share
    return float(2.0 * own.effective @ (xlogy(y, y) - xlogy(y, p) + xlogy(1 - y, 1 - y) - xlogy(1 - y, 1 - p)))


@raw
def test_shipped_tables_are_those_of_the_raw_rows() -> None:
    for shipped, found in (
        (bins(None), field_data.reduced_bins(DATA)), (field_data.pairs(None), list(field_data.reduced_pairs(DATA))),
        (field_data.small_cars(None), list(field_data.reduced_small_cars(DATA))),
    ):  # fmt: skip
        assert len(shipped) == len(found)
        for one, other in zip(shipped, found, strict=True):
            assert one.keys() == other.keys()
            for name, value in one.items():
                digit = 0.051 * KMH if name in (*field_data.SPEEDS, "closing_speed") else 6e-6
                assert value == (
                    other[name] if isinstance(value, str) else pytest.approx(other[name], rel=2e-3, abs=digit)
                )


@raw
def test_the_raw_pairs_give_the_published_exponent() -> None:
    """4.24 with both belted and 5.14 of all, from every crash with exactly one injured driver."""
    light, heavy = field_data.sides(measured.read(DATA / field_data.PAIRS))
    one = light["injured"] + heavy["injured"] == 1.0
    belted = (light["manuse"] == 4.0) & (heavy["manuse"] == 4.0)
    for among, exponent in ((one & belted, 4.239), (one, 5.142)):
        ratio = np.log(heavy["mass"][among] / light["mass"][among])
        found = field_pairs.conditional(ratio, light["injured"][among], np.ones(int(among.sum())))
        assert found == pytest.approx(exponent, abs=2e-3)


# ---- the gates -------------------------------------------------------------------------------------------------------------


def test_the_judged_bins_are_those_of_the_rule(risks) -> None:
    for belt in field.OWN:
        own = risks.shown["groups"][belt]
        kept = field.judged(own)
        assert kept.sum() == 11
        assert own.low[kept].min() == pytest.approx(15.0 * KMH)
        assert own.injured[kept].min() >= 30.0


@pytest.mark.parametrize(
    "words, basis",
    [
        ("belted, Wang 2022", PREDICTED), ("belted, mean of the published curves", PREDICTED),
        ("belted, crashsim's own curve", LEFT_OUT), ("unbelted, crashsim's own curve", LEFT_OUT),
    ],
)  # fmt: skip
def test_every_judged_bin_is_within_a_factor_or_two_standard_errors(risks, words: str, basis: str) -> None:
    own = [row for row in risks.rows if row.quantity.startswith(words) and row.kind == EITHER]
    assert len(own) == 11
    assert {row.basis for row in own} == {basis}
    for row in own:
        ratio = row.predicted / row.measured
        assert 1 / 1.5 <= ratio <= 1.5 or abs(row.predicted - row.measured) <= (row.span[1] - row.span[0]) / 2 + 1e-12
        assert row.verdict == WITHIN


def test_misses_are_shown_as_misses(risks) -> None:
    verdicts = {row.quantity.partition(": ")[2]: row.verdict for row in risks.rows if row.quantity.startswith("bins")}
    for words in ("belted, Malliaris 1997, model zero", "unbelted, Wang 2022 (all occupants)"):
        assert verdicts[words] == OUTSIDE
    assert verdicts[next(w for w in verdicts if "taken for a curve over the true delta-v" in w)] == OUTSIDE
    assert verdicts[next(w for w in verdicts if w.endswith("delta-v corrected"))] == WITHIN
    assert verdicts[next(w for w in verdicts if w.endswith("delta-v not corrected"))] == OUTSIDE


def test_a_row_of_the_field_is_met_by_a_factor_or_by_its_errors() -> None:
    def row(predicted: float, error: float) -> Row:
        return Row(
            "C", "q", "ratio", 0.10, predicted, kind=EITHER, limit=1.5, span=(0.10 - 2 * error, 0.10 + 2 * error)
        )

    assert [row(p, 0.001).verdict for p in (0.14, 0.07, 0.16, 0.06)] == [WITHIN, WITHIN, OUTSIDE, OUTSIDE]
    assert [row(p, 0.04).verdict for p in (0.17, 0.03, 0.19, 0.01)] == [WITHIN, WITHIN, OUTSIDE, OUTSIDE]
    assert written.cells(row(0.16, 0.004))[1:] == ("10 ± 0.8 %", "16 %", "x 1.60", "-", "x 1.5 or ±", "outside")


# ---- pairs ---------------------------------------------------------------------------------------------------------------


def test_the_exponent_of_a_power_of_the_odds_is_that_power(pairs) -> None:
    """Odds as v^k: odds of the lighter over those of the heavier driver are mu^k, whatever the speeds."""
    found = field_pairs.exponent(pairs, fit(made(70.0, 3.5)).risk)
    assert found == pytest.approx(3.5, rel=1e-9)
    assert field_pairs.exponent(pairs, fit(made(70.0, 3.5)).risk, injured=True) == pytest.approx(3.5, rel=1e-9)


def test_the_exponent_of_one_curve_varies_with_speed() -> None:
    """Wang, deaths, an 1,800 lb car against a 5,500 lb pickup: 2.2 at 50 km/h closing, 4.3 at 100."""
    curve = library.risk_curves()[field.CENTRAL]
    found = []
    for kmh in (50.0, 100.0):
        one, other = field_pairs.both(
            np.array([3.056]), np.array([kmh * KMH]), lambda v: field.risk(curve, v, level="fatal")
        )
        found.append(float(np.log(one / other)[0]) / log(3.056))
    assert found == [pytest.approx(2.2, abs=0.1), pytest.approx(4.28, abs=0.02)]


def test_cells_of_pairs_keep_the_fields_exponent(pairs) -> None:
    assert field_pairs.field_exponent(pairs) == pytest.approx(4.07, abs=0.1)  # of the crashes with known delta-v


def test_exponents_of_curves_that_were_not_fitted_to_these_rows_are_within_two_errors(pairs) -> None:
    record = of(measured.table("field-exponents"), drivers="both belted", outcome="mais3")[0]
    assert (record["exponent"], record["exponent_error"]) == (4.239, 0.536)
    found = field_pairs.predictions(library.risk_curves())
    for name in (field.CENTRAL, "mean", *field_pairs.CURVES, "lubbe-2022"):
        for injured in (False, True):
            value = field_pairs.exponent(pairs, found[name], injured=injured)
            assert abs(value - record["exponent"]) <= 2.0 * record["exponent_error"], (name, injured, value)
    low = field_pairs.exponent(pairs, found["nass-1997-2008-belted-unweighted"])
    assert record["exponent"] - low > 2.0 * record["exponent_error"]  # a miss, and shown as one


# ---- crashes and cars --------------------------------------------------------------------------------------------------------


def test_the_spread_of_a_count_is_exact() -> None:
    from scipy.stats import binom

    assert field_crashes.spread(np.full(20, 0.3)) == tuple(binom.ppf([0.05, 0.95], 20, 0.3))
    assert field_crashes.spread(np.array([0.0, 1.0, 1.0])) == (2.0, 2.0)


def test_small_cars_against_pickups_are_counted_and_expected() -> None:
    case = field_crashes.case()
    verdicts = {row.quantity.partition(" with")[0]: row.verdict for row in case.rows if "unweighted" in row.quantity}
    assert verdicts == {
        "belted drivers of the cars": WITHIN, "unbelted drivers of the cars": OUTSIDE,
        "belted drivers of the pickups": WITHIN, "unbelted drivers of the pickups": WITHIN,
    }  # fmt: skip


@raw
def test_classes_of_delta_v_expect_what_the_single_drivers_do() -> None:
    records = measured.read(DATA / field_data.SMALL)
    dv, belt, mais, dead = (field_data.column(records, f"car_{n}") for n in ("dvtotal", "manuse", "mais", "fatal"))
    known = np.isfinite(field_data.injured(mais, dead)) & np.isfinite(dv)
    rows = {row.quantity: row.predicted for row in field_crashes.case().rows}
    for words, code in (("belted", 4.0), ("unbelted", 0.0)):
        curve = library.risk_curves()[field_crashes.UNWEIGHTED[words]]
        single = field.risk(curve, dv[known & (belt == code)] * KMH).sum()
        shown = next(v for q, v in rows.items() if q.startswith(f"{words} drivers of the cars") and "unweighted" in q)
        assert shown == pytest.approx(single, rel=0.08)


def test_what_a_sample_could_have_told() -> None:
    assert field_crashes.detectable(264, 1115, 0.03) == pytest.approx(2.2, abs=0.05)
    assert field_crashes.detectable(1e9, 1e9, 0.03) == pytest.approx(1.0, abs=1e-3)


def test_kei_cars_at_low_delta_v_are_as_the_japanese_sample_could_not_tell_apart() -> None:
    limit = field_crashes.detectable(264, 1115, 0.03)
    for row in field_crashes.kei_case().rows:
        assert 1.0 / limit < row.predicted < limit


def test_a_truck_adds_nothing_by_delta_v_and_something_by_dummy_measures() -> None:
    for by_delta_v, by_dummy in field_crashes.truck_factors().values():
        assert by_delta_v == pytest.approx(1.0, abs=0.1)
        assert by_dummy > 1.1


def test_the_odds_of_intrusion_are_those_of_the_light_trucks() -> None:
    for record in of(measured.table("field-exponents"), drivers="all"):
        level = {"mais3": "MAIS3+", "dead": "fatal"}[record["outcome"]]
        assert INTRUSION_ODDS[level] == pytest.approx(np.exp(record["truck"]), abs=0.005)


def test_groups_are_all_there(records) -> None:
    assert {record["group"] for record in records} == set(GROUPS.values())
