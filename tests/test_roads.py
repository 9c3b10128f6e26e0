"""Speeds on roads: their sources, their distribution, and risks averaged over them, against quadrature by another route."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from crashsim import sampling
from crashsim.config import library
from crashsim.config.study import load_study
from crashsim.engine import local, roads
from crashsim.engine.run import run
from crashsim.errors import ConfigError
from crashsim.output import roads as told
from crashsim.output import roads_figure
from crashsim.output.library import describe, listing
from crashsim.output.quote import quote
from crashsim.risk import select
from crashsim.risk.bands import evaluate
from crashsim.roads import SLOWEST
from crashsim.units import MPH

ROADS = library.roads()
SURVEYED = {"us-35": 0.58, "us-45": 0.56, "us-55": 0.56, "us-65": 0.68, "us-70": 0.68}


def study(speed, **changes):
    """Kei and pickup head-on with a restitution that is asked, so that momentum alone decides delta-v."""
    return load_study({
        "name": "on-a-road",
        "vehicles": {"kei": {"use": "kei-car", "mass": "800 kg"}, "pickup": {"use": "full-size-pickup", "mass": "2400 kg"}},
        "sampling": {"samples": 64},
        "impacts": {"meet": {"type": "head-on", "between": ["kei", "pickup"], "speed": speed, "restitution": 0.1}},
        "output": {"units": "us"},
        **changes,
    })  # fmt: skip


BOTH = {"kei": {"road": "us-35"}, "pickup": {"road": "us-35"}}


# ---- what the sources say ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "share"), SURVEYED.items())
def test_travel_speeds_have_the_shares_of_the_survey(name, share):
    road = ROADS[name]
    above, far_above = norm.sf([road.limit, road.limit + 10 * MPH], road.travel_mean, road.travel_sd)
    assert above == pytest.approx(share, abs=0.005)
    assert 0.16 < far_above < 0.19


def test_three_quarters_brake_for_a_second_at_most():
    for road in ROADS.values():
        within = road.unbraked + (1 - road.unbraked) * (1 - np.exp(-1.0 / road.braking_time))
        assert within == pytest.approx(0.745, abs=0.01)


@pytest.mark.parametrize("name", ROADS)
def test_every_number_has_a_source_and_a_tag(name):
    tree = library.find("roads", name).tree
    numbers = [number for number in tree.values() if isinstance(number, dict) and "value" in number]
    assert len(numbers) == 6
    assert all(number["source"] in tree["sources"] and number["tag"] in "SCJ" for number in numbers)


def test_roads_are_listed_by_limit_and_shown_with_sources():
    names = [line.split()[0] for line in listing("roads").splitlines()[1:]]
    assert names == [f"us-{limit}" for limit in (25, 35, 45, 55, 65, 70, 85)]
    text = describe("us-25", system="us")
    assert "travel_mean     27 mph  [J] own (25 mph to 30 mph)" in text
    assert "judgement: the surveys that were read leave local streets out" in " ".join(text.split())


# ---- the distribution --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ROADS)
def test_speeds_at_contact_are_travel_speeds_less_braking(name):
    road, rng, n = ROADS[name], np.random.default_rng(7), 400_000
    braked = np.where(rng.random(n) < road.unbraked, 0.0, rng.exponential(road.braking_time, n))
    speed = rng.normal(road.travel_mean, road.travel_sd, n) - road.deceleration * braked
    shares = np.array([0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
    assert road.impact.quantile(shares) == pytest.approx(np.quantile(speed[speed > SLOWEST], shares), abs=0.25 * MPH)


def test_share_below_by_quadrature():
    road = ROADS["us-45"]
    speed = road.impact

    def uncut(x):
        lost = quad(lambda t: norm.cdf(x + speed.lost * t, speed.mean, speed.sd) * np.exp(-t), 0, np.inf, epsabs=1e-12)[
            0
        ]
        return speed.unbraked * norm.cdf(x, speed.mean, speed.sd) + (1 - speed.unbraked) * lost

    for x in (3.0, 12.0, 20.0, 30.0):
        assert speed.below(x) == pytest.approx((uncut(x) - uncut(SLOWEST)) / (1 - uncut(SLOWEST)), abs=1e-9)


@pytest.mark.parametrize("name", ROADS)
def test_quantiles_invert_the_shares_and_stay_between_their_ends(name):
    speed = ROADS[name].impact
    u = np.linspace(0.001, 0.999, 999)
    assert speed.below(speed.quantile(u)) == pytest.approx(u, abs=1e-6)
    first, last = speed.quantile(np.array([sampling.NEAREST, 1 - sampling.NEAREST]))
    assert first >= SLOWEST
    assert last < 60.0  # m/s; a study takes up to 120


@pytest.mark.parametrize("name", ROADS)
def test_the_density_is_the_slope_of_the_share(name):
    speed, x, h = ROADS[name].impact, np.linspace(2.0, 45.0, 40), 1e-4
    slope = (speed.below(x + h) - speed.below(x - h)) / (2 * h)
    assert speed.density(x) == pytest.approx(slope, rel=1e-5, abs=1e-9)


def test_a_faster_road_is_faster_everywhere():
    u = np.linspace(0.001, 0.999, 99)
    speeds = [road.impact.quantile(u) for road in ROADS.values()]
    assert all(np.all(slow < fast) for slow, fast in pairwise(speeds))


# ---- in a study --------------------------------------------------------------------------------------------------------


def test_each_vehicle_has_its_own_speed():
    (impact,) = study(BOTH).impacts
    first, second = roads.speeds(impact)
    assert first.distribution == second.distribution == ROADS["us-35"].impact
    assert first.column != second.column
    assert impact.numbers["speed.kei"] == pytest.approx(float(ROADS["us-35"].impact.quantile(np.array([0.5]))[0]))


def test_a_road_rests_on_judgement_and_its_sources_are_in_the_manifest():
    found = run(study(BOTH))
    assert "roads.us-35" in found.meta["judgement"]
    assert found.meta["roads"]["us-35"]["travel_sd"]["tag"] == "C"


@pytest.mark.parametrize(("speed", "message"), [
    ({"road": "us35"}, "impacts.meet.speed.kei.road: no road called 'us35'; did you mean 'us-35'?"),
    ({"road": 35}, "impacts.meet.speed.kei.road: got 35, expected the name of a road such as us-35"),
    ({"road": "us-35", "tag": "S"}, "impacts.meet.speed.kei.tag: a road has its own sources; leave it out"),
    ({"road": "us-35", "normal": {"mean": "35 mph", "sd": "3 mph"}}, "got road and normal, expected one distribution"),
])  # fmt: skip
def test_what_is_wrong_with_a_road(speed, message):
    with pytest.raises(ConfigError, match=message.replace("?", r"\?")):
        study({"kei": speed, "pickup": "30 mph"})


def test_only_a_speed_has_a_road():
    vehicles = {"kei": {"use": "kei-car", "mass": {"road": "us-35"}}, "pickup": {"use": "full-size-pickup"}}
    with pytest.raises(ConfigError, match=r"vehicles\.kei\.mass\.road: a road gives a speed"):
        study(BOTH, vehicles=vehicles)


def test_who_strikes_from_behind_must_be_the_faster_one_in_every_crash():
    impacts = {"meet": {"type": "rear-end", "between": ["kei", "pickup"], "speed": BOTH}}
    with pytest.raises(ConfigError, match="kei, which strikes, must be faster than pickup"):
        study(BOTH, impacts=impacts)


# ---- means over the speeds ---------------------------------------------------------------------------------------------


def test_means_by_quadrature():
    """Delta-v by momentum and every curve by itself, on a grid of 300 x 300 shares; nothing but the speeds is drawn."""
    empty = {"kei": {"use": "kei-car", "mass": "800 kg", "occupant": "none"},
             "pickup": {"use": "full-size-pickup", "mass": "2400 kg", "occupant": "none"}}  # fmt: skip
    exact = study(BOTH, vehicles=empty, sampling={"samples": 64, "spreads": []}, risk={"delta_v_correction": 1.2})
    kei, pickup = roads.expected(exact)
    u = (np.arange(300) + 0.5) / 300
    closing = np.add.outer(*(2 * [ROADS["us-35"].impact.quantile(u)]))
    chosen = select(library.risk_curves().values(), direction="front", impact="head-on", belted=True)
    for row, share in ((kei, 0.75), (pickup, 0.25)):
        delta_v = 1.1 * share * closing
        assert row["closing_speed"] == pytest.approx(closing.mean(), rel=0.01)
        assert row["delta_v"] == pytest.approx(delta_v.mean(), rel=0.01)
        found = {curve.name: evaluate(curve, delta_v, 0.1, winsmash_factor=1.2, age=40.0) for curve in chosen}
        means = {n: f.probability[f.levels.index("MAIS3+")].mean() for n, f in found.items() if "MAIS3+" in f.levels}
        assert row["risk_mais3plus"] == pytest.approx(means["wang-2022-frontal"], rel=0.04)
        assert row["risk_mais3plus_low"] == pytest.approx(min(means.values()), rel=0.04)
        assert row["risk_mais3plus_high"] == pytest.approx(max(means.values()), rel=0.04)
        assert means[row["risk_mais3plus_low_curve"]] == pytest.approx(min(means.values()), rel=0.02)
        assert row["risk_mais3plus_p05"] is None


def test_inputs_stand_still_while_speeds_are_averaged():
    drawn = study(BOTH)
    (impact,) = drawn.impacts
    nested, settings = roads.nested(impact), roads.risk_settings(drawn)
    assert (nested.cells, nested.samples) == (roads.INPUTS, roads.SPEEDS)
    rows = local.rows(nested, 0, nested.count, settings, 1)
    kei = rows["vehicle"] == "kei"
    means = rows["risk_mais3plus"][kei].reshape(roads.INPUTS, -1).mean(axis=1)
    others = [n for n in impact.random if n not in roads.speeds(impact)]
    for m in (0, 5, 63):
        numbers = {
            n.path: float(n.distribution.quantile(sampling.points(impact.sampling, m, m + 1, [n.column]))[0, 0])
            for n in others
        }
        held = replace(nested, axes=(), numbers={**impact.numbers, **numbers})
        risk = replace(settings, factor=numbers["risk.delta_v_correction"])
        alone = local.rows(held, 0, held.count, risk, 1)
        assert alone["risk_mais3plus"][alone["vehicle"] == "kei"].mean() == pytest.approx(means[m], rel=1e-12)
    row = roads.expected(drawn)[0]
    assert [row["risk_mais3plus_p05"], row["risk_mais3plus_p95"]] == pytest.approx(np.quantile(means, [0.05, 0.95]))
    assert row["risk_mais3plus_p05"] < row["risk_mais3plus"] < row["risk_mais3plus_p95"]


def test_ends_of_the_ranges_by_crashes_at_those_speeds():
    """What weighing says of other speeds is what crashes drawn at these have."""
    drawn = study({"kei": {"road": "us-35"}, "pickup": "35 mph"})
    (impact,), settings, road = drawn.impacts, roads.risk_settings(drawn), ROADS["us-35"]
    (speed,) = roads.speeds(impact)
    found = []
    for other in (road, *road.at_ends()):
        there = tuple(replace(n, distribution=other.impact) if n == speed else n for n in impact.random)
        nested = roads.nested(replace(impact, random=there))
        rows = local.rows(nested, 0, nested.count, settings, 1)
        found.append(rows["risk_mais3plus"][rows["vehicle"] == "kei"].mean())
    row = roads.expected(drawn)[0]
    assert len(found) == 1 + 2 * 5
    assert [row["risk_mais3plus_slow"], row["risk_mais3plus_fast"]] == pytest.approx([min(found), max(found)], rel=0.03)


def test_half_of_the_risk_comes_from_the_fastest():
    row = roads.expected(study(BOTH, sampling={"samples": 64, "spreads": []}))[0]
    assert 0.05 < row["half_share"] < 0.5
    assert row["half_above"] > row["closing_speed"]


def test_threads_change_no_bit():
    drawn = study({"kei": {"road": "us-25"}, "pickup": "0 mph"})
    assert roads.expected(drawn, threads=1) == roads.expected(drawn, threads=3)


def test_without_roads_nothing_is_averaged():
    assert "expected" not in run(study({"kei": "30 mph", "pickup": "30 mph"})).meta


# ---- words, table, figure ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def results():
    impacts = {
        f"meet-{n}": {
            "type": "head-on",
            "between": ["kei", "pickup"],
            "restitution": "speed-fit",
            "speed": {"kei": {"road": f"us-{n}"}, "pickup": {"road": f"us-{n}"}},
        }
        for n in (25, 55)
    }
    impacts["side"] = {"type": "side", "between": ["pickup", "kei"], "restitution": "speed-fit",
                       "speed": {"pickup": {"road": "us-35"}, "kei": "0 mph"}}  # fmt: skip
    return run(study(BOTH, impacts=impacts))


def test_the_quote_tells_both_vehicles_and_both_bands(results):
    first, second = quote(results, "us")
    assert first.startswith("Head-on with the pickup, the kei (1,764 lb) takes a delta-v of ")
    assert "where 25 mph is posted and " in first
    assert second.count("published curves disagree: ") == second.count("inputs 5-95 %: ") == 1
    assert "in the pickup" in second
    assert "the speeds are judgement (tag J), and at the ends of their ranges give " in second


def test_the_table_has_a_row_for_each_road(results):
    head, *rows = told.table(results, "us")
    assert [row[:2] for row in rows] == [["kei head-on with the pickup", "25 mph"], ["kei head-on with the pickup", "55 mph"],
                                         ["kei struck in the side by the pickup", "35 mph"]]  # fmt: skip
    assert "one curve" in rows[2][head.index("MAIS3+")]


def test_the_figure_and_the_file(results, tmp_path):
    assert len(roads_figure.roads(results, "us").axes) >= 2
    told.write_csv(results, tmp_path / "roads.csv")
    lines = (tmp_path / "roads.csv").read_text().splitlines()
    assert len(lines) == 1 + 6
    assert lines[0].startswith("impact,type,road,limit [m/s],vehicle,partner,end,crashes,failed,beyond_model")
