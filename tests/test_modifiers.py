"""What a study switches on: braking in closed form, people on a population curve, and the ledger of what each changed."""

import copy
import csv
import dataclasses

import numpy as np
import pytest
from matplotlib.text import Text

import crashsim
from crashsim import braking
from crashsim.config import library
from crashsim.config.study import load_study
from crashsim.errors import ConfigError
from crashsim.output import answers, ledger, lineup, plots, report, style, waterfall
from crashsim.output.partners import partners, sentences
from crashsim.results import Results, load
from crashsim.risk import Contrast, age_group, personal, recentred

BRAKES = {"time_to_collision": "1 s", "dead_time": "0.2 s", "jerk": "25 m/s^3", "deceleration": "8 m/s^2"}
STUDY = {
    "name": "ledger",
    "title": "What each change does",
    "vehicles": {"kei": {"use": "kei-truck", "mass": "1800 lb"}, "pickup": {"use": "full-size-pickup"}},
    "impacts": {
        "head-on": {
            "type": "head-on",
            "between": ["kei", "pickup"],
            "speed": {"kei": "20 mph", "pickup": "20 mph"},
            "restitution": "speed-fit",
        },
        "rear-end": {
            "type": "rear-end",
            "between": ["kei", "pickup"],
            "speed": {"kei": "15 mph", "pickup": "5 mph"},
            "restitution": "speed-fit",
        },
    },
    "modifiers": {
        "braking": {"vehicle": "kei", "brakes": BRAKES, "braking_record": "fcw-aeb"},
        "airbags": {"vehicle": "kei", "restraint": "belt-pretensioner-limiter-airbag"},
        "structure": {"vehicle": "kei", "title": "modern front", "structure": "kei-car"},
        "old-woman": {"vehicle": "kei", "age": "70 years", "sex": "female"},
        "new-car": {"vehicle": "pickup", "fleet": "from-2009"},
    },
    "sampling": {"samples": 32},
}
ONE, TWO = "risk1_joint_ais3plus", "risk_mais3plus"


@pytest.fixture(scope="module")
def results() -> Results:
    return crashsim.run(STUDY)


def row(results: Results, *names: str, impact: str = "head-on", vehicle: str = "kei") -> dict:
    """The row of the ledger with these modifiers on."""
    rows = [r for r in results.meta["ledger"] if r["names"] == list(names)]
    return next(r for r in rows if r["impact"] == impact and r["vehicle"] == vehicle)


# ---- braking ---------------------------------------------------------------------------------------------------------


def marched(v0: float, ttc: float, dead: float, jerk: float, most: float, h: float = 1e-5) -> float:
    """The same approach step by step."""
    gap, v, t = v0 * ttc, v0, 0.0
    while gap > 0.0 and v > 0.0:
        a = min(max(t + 0.5 * h - dead, 0.0) * jerk, most)
        gap -= h * (v - 0.5 * h * a)
        v -= h * a
        t += h
    return max(v, 0.0)


@pytest.mark.parametrize(
    "case",
    [(20.0, 1.0, 0.2, 25.0, 8.0), (30.0, 0.4, 0.2, 25.0, 8.0), (10.0, 1.4, 0.1, 30.0, 9.0), (25.0, 1.5, 0.3, 20.0, 7.0),
     (8.0, 0.9, 0.2, 10.0, 8.0), (2.0, 1.5, 0.1, 3.0, 9.0)],
)  # fmt: skip
def test_the_closed_form_is_the_approach_step_by_step(case):
    assert braking.impact_speed(*case) == pytest.approx(marched(*case), abs=0.02)


def test_braking_by_hand():
    # 20 m/s, 0.8 s of braking distance: 16 m; ramp 0.32 s covers 6.4 - 25*0.32^3/6 and leaves 20 - 1.28
    left = np.sqrt(18.72**2 - 16.0 * (16.0 - 6.4 + 25.0 * 0.32**3 / 6.0))
    assert braking.impact_speed(20.0, 1.0, 0.2, 25.0, 8.0) == pytest.approx(left, rel=1e-12)
    assert braking.impact_speed(20.0, 0.3, 0.3, 25.0, 8.0) == 20.0  # no time to act
    assert braking.impact_speed(5.0, 2.0, 0.1, 25.0, 8.0) == 0.0  # avoided
    assert braking.impact_speed(0.0, 1.0, 0.1, 25.0, 8.0) == 0.0
    assert braking.own_speed(20.0, 45.0, 38.0) == 13.0
    assert braking.own_speed(5.0, 45.0, 38.0) == 0.0  # stands and waits for the other one


def test_more_time_never_leaves_more_speed():
    left = braking.impact_speed(25.0, np.linspace(0.0, 3.0, 301), 0.2, 25.0, 8.0)
    assert (np.diff(left) <= 1e-12).all()
    assert np.abs(np.diff(left[:-120])).max() < 0.6  # no jump where ramp and plateau meet


@pytest.mark.parametrize("bad", [(-1.0, 1.0, 0.1, 25.0, 8.0), (20.0, -1.0, 0.1, 25.0, 8.0), (20.0, 1.0, 0.1, 0.0, 8.0)])
def test_impossible_brakes_are_refused(bad):
    with pytest.raises(ValueError, match="expected speed and times"):
        braking.impact_speed(*bad)


# ---- people on a population curve -----------------------------------------------------------------------------------


def test_the_mix_of_people_gives_the_curve_back():
    p = np.array([1e-6, 0.003, 0.1, 0.5, 0.9, 0.99999])
    groups = [(0.2, 0.0), (0.5, 0.7), (0.3, -1.9)]
    mean = sum(w * recentred(p, b, groups) for w, b in groups)
    assert mean == pytest.approx(p, rel=1e-12)
    odds = [recentred(p, b, groups) / (1.0 - recentred(p, b, groups)) for _, b in groups]
    assert odds[1] / odds[0] == pytest.approx(np.full(6, np.exp(0.7)), rel=1e-9)


def test_two_groups_have_a_closed_form():
    p, ratio, w = 0.12, 1.47, 0.5
    # (1-w) o/(1+o) + w r o/(1+r o) = p is a quadratic in the odds o of the reference group
    o = np.roots([ratio * (1.0 - p), (1.0 - w) * 1.0 + w * ratio - p * (1.0 + ratio), -p]).max()
    assert recentred(p, 0.0, [(1 - w, 0.0), (w, np.log(ratio))]) == pytest.approx(o / (1.0 + o), rel=1e-12)


def test_certainty_and_the_unknown_stay():
    found = recentred([0.0, 1.0, np.nan], 1.0, [(0.5, 0.0), (0.5, 1.0)])
    assert found[:2].tolist() == [0.0, 1.0]
    assert np.isnan(found[2])


def test_a_curve_that_holds_a_factor_is_not_turned_by_it():
    curves, contrasts = library.risk_curves(), library.contrasts()
    level, p = "MAIS3+", np.array([0.1])
    wang, lubbe = curves["wang-2022-frontal"], curves["lubbe-2022"]
    assert personal(wang, level, p, {"age": "65+"}, contrasts) > 0.1
    assert personal(lubbe, level, p, {"age": "65+"}, contrasts) == p  # has its own age
    belted = next(c for c in curves.values() if c.belt == "belted" and c.weight and level in c.levels)
    assert personal(belted, level, p, {"belt": "belted"}, contrasts) == p
    assert (
        personal(wang, level, p, {"belt": "belted"}, contrasts)
        < 0.1
        < personal(wang, level, p, {"belt": "unbelted"}, contrasts)
    )
    assert personal(wang, "fatal", p, {"sex": "female"}, contrasts) == p  # the source has no such level
    assert personal(wang, level, p, {}, contrasts) == p


def test_factors_together_keep_the_mean_of_all_people():
    wang, contrasts = library.risk_curves()["wang-2022-frontal"], library.contrasts()
    p = np.array([0.02, 0.2, 0.7])
    age, sex = contrasts["age"], contrasts["sex"]
    mean = sum(age.share[a] * sex.share[s] * personal(wang, "MAIS3+", p, {"age": a, "sex": s}, contrasts)
               for a in age.share for s in sex.share)  # fmt: skip
    assert mean == pytest.approx(p, rel=1e-9)


def test_the_share_of_the_unbelted_is_that_of_the_field_bins():
    with (library.PACKAGE / "data" / "measured" / "field-bins.csv").open(encoding="utf-8") as handle:
        bins = list(csv.DictReader(line for line in handle if not line.startswith("#")))
    weight: dict[str, float] = {}
    for b in bins:
        weight[b["group"]] = weight.get(b["group"], 0.0) + float(b["weight"])
    unbelted = weight["unbelted"] / (weight["unbelted"] + weight["belted"])
    assert library.contrasts()["belt"].share["unbelted"] == pytest.approx(unbelted, abs=5e-4)


def test_groups_of_age():
    ages = library.contrasts()["age"]
    assert [age_group(years, ages) for years in (13, 40, 64.9, 65, 90)] == ["13-64"] * 3 + ["65+"] * 2


@pytest.mark.parametrize(
    ("change", "message"),
    [({"share": {"male": 0.5, "female": 0.6}}, "add up to 1"),
     ({"odds_ratio": {"MAIS3+": {"male": 1.0}}}, "for each group"),
     ({"odds_ratio": {"AIS9": {"male": 1.0, "female": 2.0}}}, "expected one of"),
     ({"tag": "Q"}, "expected one of"), ({"extra": 1}, "unknown")],
)  # fmt: skip
def test_a_faulty_contrast_is_refused(change, message):
    tree = {"title": "sex", "odds_ratio": {"MAIS3+": {"male": 1, "female": 1.47}}, "share": {"male": 0.5, "female": 0.5},
            "source": "x", "tag": "S", "share_source": "y", "share_tag": "J"}  # fmt: skip
    with pytest.raises(ValueError, match=message):
        Contrast.from_tree("sex", tree | change)


# ---- in a study file -------------------------------------------------------------------------------------------------


def with_modifiers(**modifiers) -> dict:
    return {**copy.deepcopy(STUDY), "modifiers": modifiers}


@pytest.mark.parametrize(
    ("modifier", "message"),
    [({"vehicle": "key", "sex": "male"}, "did you mean 'kei'"),
     ({"vehicle": "kei", "restraint": "belt-1990"}, "did you mean 'belt-1990s'"),
     ({"vehicle": "kei", "structure": "kei-cart"}, "did you mean 'kei-car"),
     ({"vehicle": "kei"}, "changes nothing"),
     ({"sex": "male"}, "missing, expected"),
     ({"vehicle": "kei", "belt": "unbelted", "restraint": "belt-1990s"}, "leave one out"),
     ({"vehicle": "kei", "brakes": {**BRAKES, "jerk": "25 m/s^2"}}, "jerk"),
     ({"vehicle": "kei", "brakes": {"jerk": "25 m/s^3"}}, "time_to_collision: missing"),
     ({"vehicle": "kei", "age": "200 years"}, "age")],
)  # fmt: skip
def test_a_faulty_modifier_is_one_clear_problem(modifier, message):
    with pytest.raises(ConfigError, match=message):
        load_study(with_modifiers(wrong=modifier))


def test_what_a_variant_makes_impossible_is_told_with_its_modifier():
    with pytest.raises(ConfigError, match=r"modifiers\.wall: vehicles\.kei\.mass: a rigid wall has no mass"):
        load_study(with_modifiers(wall={"vehicle": "kei", "structure": "rigid-wall"}))


def test_a_restraint_beside_the_study_is_found(tmp_path):
    own = (library.PACKAGE / "data" / "restraints" / "belt-airbag.yaml").read_text(encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(own.replace("name: belt-airbag", "name: mine"), encoding="utf-8")
    study = library.study_path("technology").read_text(encoding="utf-8")
    (tmp_path / "study.yaml").write_text(
        study.replace("belt-pretensioner-limiter-knee-airbag", "mine").replace(
            "title: modern structure", "switched: off"
        ),
        encoding="utf-8",
    )
    found = load_study(tmp_path / "study.yaml").variants
    assert [v.names for v in found] == [(), ("braking",), ("airbags",), ("braking", "airbags")]
    assert found[2].study.vehicles["kei"]["occupant"]["restraint"] == "mine"


def test_a_study_without_modifiers_or_with_all_switched_off_has_no_ledger():
    off = with_modifiers(sex={"vehicle": "kei", "switched": "off", "sex": "female"})
    assert load_study(off).variants == ()


def test_variants_are_the_base_each_alone_and_one_more_at_a_time():
    names = list(STUDY["modifiers"])
    found = [(v.kind, v.names) for v in load_study(STUDY).variants]
    assert found == [
        ("base", ()),
        *(("alone", (n,)) for n in names),
        *(("together", tuple(names[:k])) for k in range(2, 6)),
    ]


# ---- the ledger ------------------------------------------------------------------------------------------------------


def test_the_base_is_the_study_as_it_is(results):
    for vehicle in ("kei", "pickup"):
        own = results.sel(impact="head-on", vehicle=vehicle)
        base = row(results, vehicle=vehicle)
        for name in (ONE, TWO, f"{TWO}_low", f"{TWO}_high", "delta_v", "closing_speed"):
            assert base[name] == pytest.approx(own[name].item(), rel=1e-12), name


def test_braking_takes_off_what_the_closed_form_says_and_counts_stay_apart(results):
    v0 = row(results)["closing_speed"]
    braked = row(results, "braking")
    assert braked["closing_speed"] == pytest.approx(float(braking.impact_speed(v0, 1.0, 0.2, 25.0, 8.0)), rel=1e-5)
    assert braked[TWO] < row(results)[TWO]
    assert braked["records"] == {}  # head-on: nothing was counted there
    avoided = row(results, "braking", impact="rear-end")
    assert (avoided["status"], avoided[TWO]) == ("avoided", 0.0)
    assert avoided["records"] == {"crashes": 0.5, "injuries": 0.44}
    assert row(results, "braking", vehicle="pickup")[TWO] < row(results, vehicle="pickup")[TWO]


def test_each_route_moves_by_what_it_can_see(results):
    base = row(results)
    airbags = row(results, "airbags")
    assert airbags[ONE] < 0.5 * base[ONE]
    assert airbags[TWO] == pytest.approx(base[TWO], rel=0.1)  # but for the mass that moves in the compartment
    person = row(results, "old-woman")
    assert person[ONE] > base[ONE]
    assert person[TWO] > base[TWO]
    assert row(results, "old-woman", vehicle="pickup")[TWO] == row(results, vehicle="pickup")[TWO]
    fleet, before = row(results, "new-car", vehicle="pickup"), row(results, vehicle="pickup")
    assert fleet[ONE] == before[ONE]
    assert fleet[TWO] < before[TWO]


def test_a_modern_structure_keeps_mass_and_restraint(results):
    study = next(v.study for v in load_study(STUDY).variants if v.names == ("structure",))
    base = load_study(STUDY).variants[0].study
    numbers, before = (s.impacts[0].numbers for s in (study, base))
    assert numbers["vehicles.kei.mass"] == before["vehicles.kei.mass"]
    assert numbers["vehicles.kei.front.crush_space"] > before["vehicles.kei.front.crush_space"]
    belt = "vehicles.kei.occupant.belt.specific_stiffness"
    assert numbers[belt] == before[belt]


def test_bands_hold_the_samples_and_the_spread_of_the_brakes(results):
    for names in ((), ("braking",), ("airbags",)):
        found = row(results, *names)
        assert found[f"{ONE}_p05"] < found[f"{ONE}_p95"]
        assert found[f"{TWO}_low"] <= found[TWO] <= found[f"{TWO}_high"]
    wide, narrow = row(results, "braking"), row(results)
    ratio = [r[f"{TWO}_p95"] / r[f"{TWO}_p05"] for r in (wide, narrow)]
    assert ratio[0] > ratio[1]


def test_unbelted_is_an_odds_ratio_in_route_2_and_has_no_chest_deflection_in_route_1():
    found = crashsim.run(
        {**with_modifiers(unbelted={"vehicle": "kei", "belt": "unbelted"}), "sampling": {"samples": 1}}
    )
    assert row(found, "unbelted")[ONE] is None
    assert ledger.table(found, "head-on", "us")[2][4] == "not offered"
    assert row(found, "unbelted")[TWO] > row(found)[TWO]
    assert row(found).get(f"{TWO}_p05") is None


def test_the_ledger_is_kept_with_the_results(results, tmp_path):
    results.save(tmp_path / "run")
    assert load(tmp_path / "run").meta["ledger"] == results.meta["ledger"]
    ledger.write_csv(results, tmp_path / "ledger.csv")
    with (tmp_path / "ledger.csv").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == len(results.meta["ledger"])
    assert float(rows[0][TWO]) == pytest.approx(results.meta["ledger"][0][TWO], rel=1e-5)


# ---- figures and words -----------------------------------------------------------------------------------------------


def texts(figure) -> str:
    return " ".join(" ".join(t.get_text().split()) for t in figure.findobj(Text))


def test_the_waterfall_goes_from_the_base_to_everything(results):
    with style.sheet_style():
        figure = waterfall.waterfall(results, "head-on", "us")
        avoided = waterfall.waterfall(results, "rear-end", "us")
    assert len(figure.axes) == 4
    own = ledger.steps(ledger.of_impact(results, "head-on"), "kei")
    drawn = [line.get_ydata()[0] for line in figure.axes[0].lines if line.get_linewidth() == 3.0]
    assert drawn == pytest.approx([r[ONE] for r in own], rel=1e-12)
    diamonds = [line.get_ydata()[0] for line in figure.axes[0].lines if line.get_marker() == "D"]
    assert diamonds == pytest.approx(
        [r[ONE] for r in ledger.alone(ledger.of_impact(results, "head-on"), "kei")], rel=1e-12
    )
    said = texts(figure)
    for words in ("+ modern front", "as it is", "this change alone", "never merged", "judgement inputs (tag J)"):
        assert words in said, words
    assert "avoided" in texts(avoided)


def test_what_is_extrapolated_is_marked():
    study = copy.deepcopy(
        {**STUDY, "modifiers": {"car": {"vehicle": "kei", "fleet": "from-2009"}}, "sampling": {"samples": 1}}
    )
    study["impacts"]["head-on"]["speed"] = {"kei": "50 mph", "pickup": "50 mph"}
    found = crashsim.run(study)
    assert row(found)["delta_v"] / 1.3 > 50 * 0.44704  # where the data end, as recorded
    assert ", extrapolated)" in ledger.table(found, "head-on", "us")[1][-1]
    with style.sheet_style():
        figure = waterfall.waterfall(found, "head-on", "us")
    assert any(t.get_text().endswith("% *") for t in figure.axes[2].texts)
    assert not any(t.get_text().endswith("% *") for t in figure.axes[3].texts)


def test_table_and_sentences_tell_both_routes_with_their_ranges(results):
    head, *body = ledger.table(results, "head-on", "us")
    assert head[-2:] == ["dummy (head, chest)", "field curves"]
    assert [r[1] for r in body[:7]] == [
        "as it is",
        "braking",
        "airbags",
        "modern front",
        "old woman",
        "new car",
        "all together",
    ]
    assert all("(" in cell and " to " in cell for cell in (body[0][4], body[0][5]))
    told = answers.answer(results, "us")
    assert any("with everything switched on" in s and "field curves" in s for s in told)
    assert any("no risk here has it in it" in s for s in told) or "crash is avoided" in " ".join(told)


def test_the_report_has_the_ledger_and_studies_without_one_do_not(results, tmp_path):
    report.write_report(results, tmp_path / "report.md", [], "us")
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "## What each change does" in text
    assert "Bose" in text  # what was borrowed, with its source
    assert "Cicchino" in text
    assert "Kusano and Gabler 2012, IEEE" not in text  # nobody's belt was changed
    meta = {key: value for key, value in results.meta.items() if key != "ledger"}
    plain = dataclasses.replace(results, meta=meta)
    with style.sheet_style():
        assert waterfall.waterfall(plain, "head-on", "us") is None
    report.write_report(plain, tmp_path / "plain.md", [], "us")
    assert "## What each change does" not in (tmp_path / "plain.md").read_text(encoding="utf-8")


def lineup_study() -> dict:
    speeds = {"from": "10 mph", "to": "40 mph", "step": "10 mph"}
    return {
        "name": "line-up",
        "vehicles": {"old": {"use": "autozam-az-1"}, "new": {"use": "kei-car"}, "pickup": {"use": "full-size-pickup"}},
        "impacts": {
            v: {"type": "head-on", "between": [v, "pickup"], "speed": {v: "20 mph", "pickup": "20 mph"},
                "sweep": {"zip": {f"speed.{v}": speeds, "speed.pickup": speeds}}}
            for v in ("old", "new")
        },
        "sampling": {"samples": 16},
    }  # fmt: skip


def test_vehicles_that_meet_the_same_partner_stand_side_by_side():
    found = crashsim.run(lineup_study())
    assert partners(found) == ["pickup"]
    with style.sheet_style():
        figure = lineup.lineup(found, "pickup", "us")
    old = found.sel(impact="old", vehicle="old")[ONE].values
    lines = [line.get_ydata() for line in figure.axes[0].lines if len(line.get_ydata()) == 4]
    assert any(np.allclose(y[np.isfinite(y)], old[np.isfinite(y)]) for y in lines)
    assert {"old (1,917 lb)", "new (1,800 lb)"} & {t.get_text() for t in figure.legends[0].get_texts()}
    said = sentences(found)
    assert len(said) == 2
    assert all("old " in s and "new " in s and " to " in s for s in said)
    assert "lineup-pickup" in [name for name, _ in plots.figures(found, "us")]


@pytest.mark.parametrize("name", ["technology", "imports"])
def test_the_shipped_studies_of_the_questions_are_read(name):
    study = load_study(name)
    assert study.question.endswith("?")
    assert sum(impact.count for impact in study.impacts) < 50_000  # they stay small
    assert bool(study.variants) == (name == "technology")
