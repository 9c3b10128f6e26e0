"""The speed up to which a risk keeps a bound: crossings by hand, limits against a root finder and closed forms, the command."""

import json
import math

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.optimize import brentq

from crashsim.cli import cli
from crashsim.config.questions.speed_limit import BASE, CRASH, load_speed_limit
from crashsim.engine.limits import ROUNDS, STEP, Lane, comes_back, first_crossing, quantiles
from crashsim.engine.local import rows
from crashsim.engine.risks import risk_settings
from crashsim.engine.speed_limit import ALWAYS, DUMMY, FIELD, NEVER, RISK, UNBOUND, speed_limit
from crashsim.engine.speed_limit_roads import aligned, crossing
from crashsim.errors import ConfigError, LibraryError
from crashsim.output import speed_limit as output
from crashsim.output import speed_limit_page

MPH = 0.44704
TOLERANCE = STEP / 2**ROUNDS


def question(**fields):
    """A kei car head-on with a pickup, one bound; fields take the place of these."""
    return {
        "name": "limit",
        "vehicles": {"kei": {"use": "kei-car", "mass": "1800 lb"}, "pickup": {"use": "full-size-pickup", "mass": "5500 lb"},
                     "compact": {"use": "compact"}},
        "bounds": {"ten": {"at_most": "10 %"}},
        "crash": {"vehicle": "kei", "partner": "pickup", "type": "head-on", "of_limit": {"vehicle": "100 %", "partner": "100 %"}},
        "fastest": "60 mph", "sampling": {"samples": 1}, **fields,
    }  # fmt: skip


def found(**fields):
    return speed_limit(load_speed_limit(question(**fields)))


# ---- crossings ---------------------------------------------------------------------------------------------------------


def test_crossings_by_hand():
    edge = np.array([2.3, 0.4, 99.0, 3.0])  # within below; the last one exactly at a point of the grid
    grid = np.arange(1.0, 6.0)

    def within(pairs, speeds):
        return speeds <= edge[pairs]

    low, high = first_crossing(within, grid, grid <= edge[:, None])
    assert low[0] <= 2.3 < low[0] + TOLERANCE == high[0]
    assert low[1] == 0.0
    assert low[2] == math.inf
    assert low[3] == 3.0


def test_the_first_of_several_crossings_counts():
    grid = np.arange(1.0, 8.0)
    low, _ = first_crossing(lambda _, v: np.sin(v) > 0.0, grid, (np.sin(grid) > 0.0)[None])
    assert low[0] == pytest.approx(math.pi, abs=TOLERANCE)
    assert comes_back((np.sin(grid) > 0.0)[None]).tolist() == [True]
    assert comes_back((grid < 3.0)[None]).tolist() == [False]


def test_quantiles_hold_what_has_no_number():
    values = np.array([*range(1, 19), math.inf, math.inf])
    assert quantiles(values) == (2.0, 11.0, math.inf)
    assert all(map(math.isnan, quantiles(np.array([1.0, math.nan]))))  # too few count
    assert all(map(math.isnan, quantiles(np.array([]))))


def test_a_road_between_roads_by_hand():
    assert crossing([10.0, 20.0, 30.0], [0.01, 0.1, 0.5], 0.1) == 20.0
    assert crossing([10.0, 20.0], [0.2, 0.8], 0.5) == pytest.approx(15.0)  # logits of -log 4, log 4 and 0
    assert crossing([10.0, 20.0], [0.0001, 0.01], 0.001) == pytest.approx(
        15.0, abs=0.02
    )  # nearly half way on the logarithm
    assert crossing([10.0, 20.0], [0.2, 0.3], 0.1) == 0.0
    assert crossing([10.0, 20.0], [0.01, 0.02], 0.1) == math.inf
    assert math.isnan(crossing([10.0, 20.0], [None, 0.02], 0.1))


# ---- limits ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def single():
    """No input drawn, two bounds."""
    return found(bounds={"ten": {"at_most": "10 %"}, "like": {"as": {"vehicle": "compact", "speed": "40 mph"}}})


@pytest.mark.parametrize("route, column", [(FIELD, "risk_mais3plus"), (DUMMY, "risk1_joint_ais3plus")])
def test_the_limit_is_the_root_that_another_solver_finds(single, route, column):
    setting = single.question.settings[0]
    lane = Lane(setting, risk_settings(setting.study), 1)

    def excess(posted):
        return float(lane.own(np.zeros(1, int), np.array([posted]))[column][0]) - 0.1

    answer = single.of(BASE, "ten", route)
    assert answer.limit.end == RISK
    assert answer.limit.posted == pytest.approx(brentq(excess, 1.0, 15.0), abs=TOLERANCE)


def test_every_curve_has_its_own_limit(single):
    setting = single.question.settings[0]
    lane = Lane(setting, risk_settings(setting.study), 1)
    answer = single.of(BASE, "ten")
    assert len(answer.curves) > 3
    for name, limit in answer.curves.items():
        at, above = (lane.own(np.zeros(1, int), np.array([v])) for v in (limit.posted, limit.posted + TOLERANCE))
        assert at[f"risk_mais3plus.{name}"][0] <= 0.1 < above[f"risk_mais3plus.{name}"][0]
    assert answer.envelope == (
        min(x.posted for x in answer.curves.values()),
        max(x.posted for x in answer.curves.values()),
    )
    assert answer.envelope[0] <= answer.limit.posted <= answer.envelope[1]
    assert answer.uncorrected.posted < answer.limit.posted  # an uncorrected curve is entered with a larger delta-v


def test_as_safe_as_a_compact_is_nearly_the_ratio_of_the_mass_shares(single):
    # Equal risk by a curve over delta-v is equal delta-v, m2/(m1 + m2) (1 + e) v, and e hardly differs.
    kei, compact, pickup = 1800 * 0.45359237, 1220.0, 5500 * 0.45359237
    expected = 40 * MPH * (kei + pickup) / (compact + pickup)
    answer = single.of(BASE, "like")
    assert answer.limit.posted == pytest.approx(expected, rel=0.02)
    low, high = answer.envelope
    assert high - low < 0.02 * expected


def test_the_crash_at_the_limit_is_that_of_both(single):
    kei, pickup = single.at[BASE, "ten"]
    posted = single.of(BASE, "ten").limit.posted
    assert (kei.name, pickup.name) == ("kei", "pickup")
    assert kei.risk.given == pytest.approx(0.1, rel=0.01)
    assert kei.delta_v.given / pickup.delta_v.given == pytest.approx(5500 / 1800, rel=0.01)
    assert single.closing[BASE] == pytest.approx(2.0)
    e = (kei.delta_v.given + pickup.delta_v.given) / (2 * posted) - 1.0
    assert 0.0 < e < 0.3
    assert pickup.risk.given < 0.02


def test_shares_of_the_limit_and_who_strikes():
    settings = {"standing": {"type": "rear-end", "of_limit": {"vehicle": 1, "partner": 0}},
                "struck": {"type": "rear-end", "strikes": "partner", "of_limit": {"vehicle": 0, "partner": 1}},
                "half": {"of_limit": {"vehicle": "50 %", "partner": "100 %"}}}  # fmt: skip
    here = found(settings=settings)
    assert here.closing == pytest.approx({BASE: 2.0, "standing": 1.0, "struck": 1.0, "half": 1.5})
    assert here.of(BASE, "ten").limit.posted * 2 == pytest.approx(here.of("half", "ten").limit.posted * 1.5, rel=0.01)
    assert here.of("struck", "ten", DUMMY) is None  # no dummy is offered behind a loaded rear
    assert [person.name for person in here.at["struck", "ten"]] == ["kei", "pickup"]


def test_what_has_no_limit_is_told():
    here = found(
        bounds={"tiny": {"at_most": "0.1 %", "level": "MAIS2+"}, "large": {"at_most": "90 %", "level": "fatal"}},
        fastest="20 mph",
    )
    assert here.of(BASE, "tiny").limit == (0.0, ALWAYS)
    assert here.of(BASE, "large").limit == (math.inf, NEVER)
    assert here.of(BASE, "large", DUMMY) is None
    first, second = output.quote(here, "us")
    assert "is higher than that from the slowest speed on" in first
    assert "at the end of the search" in second.lower()
    assert "at every posted limit up to 20 mph" in " ".join(output.further(here, "us"))


def test_a_reference_beyond_the_model_bounds_no_dummy():
    here = found(bounds={"like": {"as": {"vehicle": "compact", "speed": "120 mph"}}})
    assert here.of(BASE, "like", DUMMY).limit.end == UNBOUND
    assert here.of(BASE, "like", FIELD).limit.end == NEVER
    assert "is beyond the model" in " ".join(output.further(here, "us"))


def test_samples_have_limits_of_their_own():
    asked = load_speed_limit(question(sampling={"samples": 16, "seed": 3}))
    here = speed_limit(asked, threads=1)
    answer = here.of(BASE, "ten")
    assert here.samples == 16
    assert answer.p05 < answer.p50 < answer.p95
    assert answer.limit == found().of(BASE, "ten").limit  # inputs as given are not drawn
    assert sum(answer.ends.values()) == pytest.approx(1.0)
    assert speed_limit(asked, threads=2).answers == here.answers
    impact = asked.settings[0].impact()
    drawn = rows(impact, 0, 16, risk_settings(asked.settings[0].study), 1)
    own = Lane(asked.settings[0], risk_settings(asked.settings[0].study), 1).own(np.arange(1, 17), np.full(16, 10.0))
    assert (
        own["risk_mais3plus"].tolist() == drawn["risk_mais3plus"][0::2].tolist()
    )  # the study's own samples, at its 10 m/s


# ---- files -------------------------------------------------------------------------------------------------------------

FILE = """\
name: mine
vehicles:
  kei: {use: kei-car, mass: 1800 lb}
  pickup: {use: full-size-pickup, mass: 55 lb}
bounds:
  ten: {at_most: 10 %, as: {vehicle: compact, speed: 55 mph}}
  like: {as: {vehicle: pikup, speed: 55 mph}}
crash: {vehicle: kei, partner: pickup, type: head-on, of_limit: {vehicle: 100 %}}
settings:
  higher: {height_ofset: 10 cm}
"""


def test_mistakes_have_their_places(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(FILE)
    with pytest.raises(ConfigError) as error:
        load_speed_limit(path)
    told = {(p.line, p.path): p.message for p in error.value.problems}
    assert set(told) == {(4, "vehicles.pickup.mass"), (6, "bounds.ten"), (7, "bounds.like.as.vehicle"), (8, "crash.of_limit.partner"),
                         (10, "settings.higher.height_ofset")}  # fmt: skip
    assert "did you mean 'pickup'" in told[7, "bounds.like.as.vehicle"]
    assert "got both of at_most and as" in told[6, "bounds.ten"]


@pytest.mark.parametrize(
    "fields, path, words",
    [
        ({"settings": {"x": {"partner": "kie"}}}, "settings.x.partner", "did you mean 'kei'"),
        ({"settings": {"x": {"strikes": "partner"}}}, "settings.x.strikes", "says nothing in a head-on crash"),
        ({"settings": {"x": {"type": "rear-end"}}}, "settings.x.of_limit", "the two never meet"),
        ({"settings": {"x": {"restraint": "belt"}}}, "vehicles.kei.restraint", "no restraint called"),
        ({"roads": ["us-25", "us-26"]}, "roads[1]", "no road called"),
        ({"roads": ["us-25", "us-35"], "bounds": {"x": {"as": {"vehicle": "compact", "speed": "50 mph"}}}}, "bounds.x.as.speed", "no road has this limit"),
        ({"bounds": {"crash": {"at_most": "10 %"}}}, "bounds.crash", "expected another"),
    ],
)  # fmt: skip
def test_wrong_fields(fields, path, words):
    with pytest.raises(ConfigError) as error:
        load_speed_limit(question(**fields))
    (problem,) = error.value.problems
    assert problem.path == path
    assert words in problem.message


def test_unknown_file():
    with pytest.raises(LibraryError, match="did you mean 'speed_limit'"):
        load_speed_limit("speed_limt")


def test_the_shipped_question_is_sound():
    asked = load_speed_limit("speed_limit")
    assert [bound.name for bound in asked.bounds] == ["ten-percent", "compact-55"]
    assert {setting.impact(CRASH).type for setting in asked.settings} == {"head-on", "rear-end", "side"}
    assert [impact.name for impact in asked.roads.impacts][-2:] == ["us-65", "compact-55"]


def test_speeds_on_roads_are_drawn_alike_for_both_and_their_reference():
    asked = load_speed_limit(
        question(roads=["us-25", "us-35"], bounds={"like": {"as": {"vehicle": "compact", "speed": "35 mph"}}})
    )
    drawn = aligned(asked.roads)
    assert [impact.name for impact in drawn.impacts] == ["us-25", "us-35", "like"]
    columns = [
        [number.column for number in impact.random if number.path.startswith("speed.")] for impact in drawn.impacts
    ]
    assert columns[0] == columns[1] == columns[2]
    assert len(set(columns[0])) == 2  # the two vehicles are drawn apart
    laws = [next(n.distribution for n in impact.random if n.path.startswith("speed.")) for impact in drawn.impacts]
    assert laws[0] != laws[1] == laws[2]  # the reference is on the road of its own limit


# ---- the command -------------------------------------------------------------------------------------------------------

SMALL = """\
name: small
title: A <b>small</b> one
question: How fast?
vehicles: {kei: {use: kei-car, mass: 1800 lb}, pickup: {use: full-size-pickup, mass: 5500 lb}}
bounds: {ten: {at_most: 10 %}}
crash: {title: head-on, vehicle: kei, partner: pickup, type: head-on, of_limit: {vehicle: 100 %, partner: 100 %}}
settings: {standing: {type: rear-end, of_limit: {vehicle: 100 %, partner: 0 %}}}
roads: [us-25, us-35]
fastest: 60 mph
sampling: {samples: 16}
"""


def test_command_writes_page_table_and_figures(tmp_path):
    path, folder = tmp_path / "small.yaml", tmp_path / "out"
    path.write_text(SMALL)

    def command(*options):
        return CliRunner().invoke(cli, ["speed-limit", str(path), "--out", str(folder), *options])

    done = command()
    assert done.exit_code == 0, done.output
    assert (
        "Head-on: the risk of a serious injury (MAIS3+) in the kei stays at or below 10 % up to a closing speed of"
        in " ".join(done.stdout.split())
    )
    names = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert names == {"answer.txt", "answer.json", "speed_limit.csv", "report.html", "manifest.json", "figures/limits.svg",
                     "figures/limits.png", "figures/risk.svg", "figures/risk.png"}  # fmt: skip
    page = (folder / "report.html").read_text()
    assert "A &lt;b&gt;small&lt;/b&gt; one" in page
    assert page.count("<svg") == 2
    read = json.loads(command("--json").stdout.partition("\nalready done")[0])
    limit = next(x for x in read["limits"] if x["setting"] == "standing" and x["route"] == "field")
    base = next(x for x in read["limits"] if x["setting"] == "base" and x["route"] == "field")
    assert limit["posted"] == pytest.approx(2.0 * base["posted"], rel=0.02)  # the same closing speed
    assert read["answer"][1].count("published curves disagree") == 2  # both occupants, both bands
    assert read["answer"][1].count("inputs, 5-95 %") == 2
    assert [row["impact"] for row in read["roads"]["rows"]] == ["us-25", "us-25", "us-35", "us-35"]


def test_signs_round_down():
    assert output.sign(34.9 * MPH, "us") == "30 mph"
    assert output.sign(35.0 * MPH, "us") == "35 mph"
    assert output.sign(49.9 / 3.6, "si") == "40 km/h"
    assert output.sign(1.0, "us") == "none"


def test_page_says_what_it_rests_on_in_words(single, tmp_path):
    said = speed_limit_page.page(
        single, "si", (tmp_path / "a.svg", tmp_path / "b.svg"), "0" * 64, "crashsim speed-limit x"
    )
    assert len(said.answer) == 2
    assert all("km/h" in sentence for sentence in said.answer[:1])
    assert said.basis[0].evidence == "J"
    assert any("tag J" in words for words in said.warnings)
    assert all(len(row) == len(table.head) for table in said.tables for row in table.rows)
