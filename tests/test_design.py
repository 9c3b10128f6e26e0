"""What to change in a car: the mass law, the designs that no other one beats, expected risks, steps, file and command."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from crashsim import designs as of
from crashsim import structure
from crashsim.cases import build
from crashsim.cli import cli
from crashsim.config.questions.design import load_design
from crashsim.config.study import load_study
from crashsim.designs import GIVEN, HEAVY, LIGHT, Designs
from crashsim.engine import local
from crashsim.engine.design import FIELD, ROUTES, evaluate
from crashsim.engine.design_search import answer, marginals
from crashsim.engine.dummies import CHEST, HEAD, JOINT
from crashsim.engine.risks import risk_settings
from crashsim.errors import ConfigError, CrashsimError, LibraryError

KNEE = "belt-pretensioner-limiter-knee-airbag"
J = {"source": "guessed", "tag": "J"}


def crash(speed):
    return {"type": "head-on", "between": ["kei", "pickup"], "speed": {"kei": speed, "pickup": speed}, "restitution": "speed-fit",
            "height_offset": "bumpers"}  # fmt: skip


def tree(samples=8, **fields):
    """A small design question: two crashes, everything may change."""
    return {
        "name": "small",
        "vehicles": {"kei": {"use": "kei-car", "mass": "800 kg"}, "pickup": {"use": "full-size-pickup"}, "compact": {"use": "compact"}},
        "vehicle": "kei",
        "impacts": {"slow": crash("25 mph"), "fast": crash("35 mph")},
        "weights": {"slow": 3, "fast": 1},
        "bound": {"as": "compact"},
        "specific_energy": {"value": "5 kJ/kg", "range": ["4 kJ/kg", "10 kJ/kg"], **J},
        "secondary": {"value": 1.5, "range": [1, 2], **J},
        "changes": {
            "stiffness": {"from": "0.8 MN/m", "to": "3 MN/m", "step": "0.1 MN/m"},
            "plateau": {"from": "200 kN", "to": "500 kN", "step": "10 kN"},
            "crush_space": {"from": "40 cm", "to": "80 cm", "step": "1 cm", "mass": {"value": "1 kg", "range": ["0.5 kg", "2 kg"], **J}},
            "compartment_stiffness": {"from": "2 MN/m", "to": "10 MN/m", "step": "0.5 MN/m", "mass": "3 kg"},
            "ride_height": {"from": "0 cm", "to": "15 cm", "step": "1 cm"},
            "ballast": {"from": "0 kg", "to": "400 kg", "step": "10 kg"},
        },
        "restraints": {KNEE: {"mass": "2 kg"}, "belt-airbag": {"mass": "-1 kg"}},
        "designs": 64,
        "rounds": 1,
        "sampling": {"samples": samples},
        **fields,
    }  # fmt: skip


@pytest.fixture(scope="module")
def question():
    return load_design(tree())


@pytest.fixture(scope="module")
def found(question):
    return answer(question)


def design(question, restraint=0, **values):
    """The base design with some of its numbers changed."""
    own = of.base(question).values.copy()
    for name, value in values.items():
        own[0, question.names.index(name)] = value
    return Designs(own, np.array([restraint]))


# ---- the mass law ------------------------------------------------------------------------------------------------------


def test_capacity_is_the_area_under_the_loading_curve(question):
    changed = design(question, plateau=330e3, stiffness=1.7e6, crush_space=0.6)
    front = structure.plateau(1.7e6, 330e3, 0.6, 3e6, 27e6, plateau_slope=100e3)
    assert of.capacity(question, changed)[0] == pytest.approx(structure.crush_energy(front, 0.6), rel=1e-12)


def test_added_mass_by_hand(question):
    changed = design(question, 1, crush_space=0.58, compartment_stiffness=4e6, ballast=50.0)
    # 10 cm at 270 kN and more: the force at 48 cm is 270 + 0.1 (480 - 225) = 295.5 kN and rises by 10 kN over 10 cm.
    energy = 0.1 * 0.5 * (295.5e3 + 305.5e3)
    by_hand = 1.5 * (energy / 5e3 + 10 * 1.0 + 2 * 3.0 + 2.0) + 50.0
    assert of.added_mass(question, changed, question.laws[GIVEN])[0] == pytest.approx(by_hand, rel=1e-12)
    light = 1.0 * (energy / 10e3 + 10 * 0.5 + 2 * 3.0 + 2.0) + 50.0
    heavy = 2.0 * (energy / 4e3 + 10 * 2.0 + 2 * 3.0 + 2.0) + 50.0
    assert of.added_mass(question, changed, question.laws[LIGHT])[0] == pytest.approx(light, rel=1e-12)
    assert of.added_mass(question, changed, question.laws[HEAVY])[0] == pytest.approx(heavy, rel=1e-12)
    assert of.added_mass(question, of.base(question), question.laws[HEAVY])[0] == 0.0


def test_ride_height_lifts_both_edges_of_the_beam(question):
    paths, values = of.swept(question, design(question, ride_height=0.1), question.laws[GIVEN])
    row = dict(zip(paths, values[0], strict=True))
    assert row["vehicles.kei.front.bumper_bottom"] == pytest.approx(0.506)
    assert row["vehicles.kei.front.bumper_top"] == pytest.approx(0.608)
    assert row["vehicles.kei.mass"] == pytest.approx(800.0)


def test_possible_agrees_with_the_faults_of_structures(question):
    generator = np.random.default_rng(3)
    values = [generator.uniform(c.low, c.high, 200) for c in question.changes]
    many = Designs(np.stack(values, axis=-1), np.zeros(200, dtype=np.intp))
    good = of.possible(question, many)
    own = of.front(question, many)
    fronts = structure.plateau(own["stiffness"], own["plateau"], own["crush_space"], own["compartment_stiffness"], 27e6,
                               plateau_slope=own["plateau_slope"])  # fmt: skip
    one = {name: value[good] for name, value in vars(fronts).items()}
    assert 100 < good.sum() < 200
    assert not structure.faults(structure.Structure(**one), minimum_rise=structure.MINIMUM_RISE)


# ---- which designs no other one beats ------------------------------------------------------------------------------------


def brute(points):
    """Every row against every row."""

    def beaten(row):
        return any(np.all(other <= row) and np.any(other < row) for other in points if np.isfinite(other).all())

    return np.array([bool(np.isfinite(row).all()) and not beaten(row) for row in points])


@pytest.mark.parametrize("seed", range(6))
def test_non_dominated_against_brute_force(seed):
    generator = np.random.default_rng(seed)
    points = np.round(generator.random((120, 1 + seed % 4)), 1 + seed % 2)  # coarse: many ties and repeated rows
    points[generator.random(points.shape) < 0.02] = np.nan
    points[:, 0] *= 1e-6 if seed % 2 else 1e6
    assert of.non_dominated(points).tolist() == brute(points).tolist()


def test_non_dominated_of_nothing_and_of_equals():
    assert of.non_dominated(np.empty((0, 3))).tolist() == []
    assert of.non_dominated(np.full((2, 2), np.nan)).tolist() == [False, False]
    assert of.non_dominated(np.ones((3, 2))).tolist() == [True, True, True]


def test_spread_out_keeps_the_ends():
    x = np.linspace(0.0, 1.0, 101) ** 4
    points = np.column_stack([x, 1.0 - x])
    chosen = of.spread_out(points, 5)
    assert chosen.tolist() == [0, 25, 50, 75, 100] or (len(chosen) == 5 and {0, 100} <= set(chosen.tolist()))
    assert np.diff(chosen).max() <= 50
    assert of.spread_out(points[:3], 5).tolist() == [0, 1, 2]


# ---- expected risks --------------------------------------------------------------------------------------------------------


def test_a_design_is_the_study_that_has_its_numbers(question):
    changed = design(question, 1, plateau=350e3, crush_space=0.6, ride_height=0.05, ballast=100.0)
    found = evaluate(question, changed, question.laws[GIVEN], samples=1)
    mass = 800.0 + float(of.added_mass(question, changed, question.laws[GIVEN])[0])
    front = {"plateau": "350 kN", "crush_space": "60 cm", "bumper_bottom": "456 mm", "bumper_top": "558 mm"}
    kei = {"use": "kei-car", "mass": f"{mass!r} kg", "restraint": KNEE, "front": front}
    plain = tree()
    study = load_study(
        {
            "name": "x",
            "vehicles": {**plain["vehicles"], "kei": kei},
            "impacts": plain["impacts"],
            "sampling": {"samples": 1},
        }
    )
    expected = {route: np.zeros(2) for route in ROUTES}
    for impact, weight in zip(study.impacts, (0.75, 0.25), strict=True):
        rows = local.rows(impact, 0, 1, risk_settings(study), 1)
        for route in ROUTES:
            expected[route] += weight * rows[route]
    for route in ROUTES:
        assert found.mean[route][0] == pytest.approx(expected[route], rel=1e-9)


def test_means_members_and_samples(question):
    found = evaluate(question, of.base(question), question.laws[GIVEN], samples=8)
    study = load_study({k: v for k, v in tree().items() if k in ("name", "vehicles", "impacts", "sampling")})
    expected, curve, pair = np.zeros(2), np.zeros(2), np.zeros(2)
    for impact, own, weight in zip(study.impacts, question.impacts[question.restraints[0]], (0.75, 0.25), strict=True):
        assert [r.path for r in impact.random] == [r.path for r in own.random]
        rows = local.rows(own, 0, 8, risk_settings(study), 1)
        expected += weight * rows[JOINT].reshape(8, 2).mean(axis=0)
        curve += weight * rows[f"{FIELD}.lubbe-2022"].reshape(8, 2).mean(axis=0)
        joint = 1.0 - (1.0 - rows[f"{HEAD}.head-hic15"]) * (1.0 - rows[f"{CHEST}.chest-acceleration"])
        pair += weight * joint.reshape(8, 2).mean(axis=0)
    assert found.mean[JOINT][0] == pytest.approx(expected, rel=1e-9)
    assert found.members[FIELD]["lubbe-2022"][0] == pytest.approx(curve, rel=1e-9)
    assert found.members[JOINT]["head-hic15 and chest-acceleration"][0] == pytest.approx(pair, rel=1e-9)


def test_designs_share_their_samples(question):
    sets = [impact for impacts in (*question.impacts.values(), question.like) for impact in impacts]
    columns = {}
    for impact in sets:
        assert impact.sampling == sets[0].sampling
        for number in impact.random:
            key = number.path if number.path.startswith(("vehicles.", "risk.")) else (impact.name, number.path)
            assert columns.setdefault(key, number.column) == number.column
    assert len(set(columns.values())) == len(columns)
    twice = of.together(of.base(question), design(question, 2, ballast=10.0), of.base(question))
    found = evaluate(question, twice, question.laws[GIVEN], samples=8)
    for route in ROUTES:
        assert np.array_equal(found.risk[route][0], found.risk[route][2])
        assert not np.array_equal(found.risk[route][0], found.risk[route][1])


def test_a_crash_beyond_the_model_is_in_no_average():
    fast = load_design(tree(impacts={"slow": crash("25 mph"), "fast": crash("80 mph")}))
    found = evaluate(fast, of.base(fast), fast.laws[GIVEN], samples=8)
    assert found.beyond[0] == 1.0
    assert not found.sound[0]
    assert np.isnan(found.mean[JOINT][0]).all()
    assert np.isfinite(found.mean[FIELD][0]).all()  # by delta-v, which momentum decides
    with pytest.raises(
        CrashsimError, match="small: the base design is beyond the model in 100% of the samples of a crash"
    ):
        answer(fast)


# ---- the search ------------------------------------------------------------------------------------------------------------


def test_the_front_is_that_of_brute_force(found):
    allowed = found.outcome.sound & (np.median(found.outcome.intrusion, axis=1) <= found.question.intrusion)
    for route in ROUTES:
        points = np.column_stack([found.outcome.mean[route], found.mass[GIVEN]])
        points[~allowed] = np.nan
        assert found.fronts[route].tolist() == brute(points).tolist()
        assert found.fronts[route].sum() >= 3


def test_the_lightest_reaches_the_bound_and_no_lighter_one_does(found):
    for route, other in (ROUTES, ROUTES[::-1]):
        reached = found.outcome.mean[route][:, 0] <= found.bound[route]
        reached &= found.outcome.mean[other][:, 0] <= found.outcome.mean[other][0, 0]
        i = found.lightest[route]
        assert reached[i]
        assert found.mass[GIVEN][i] == found.mass[GIVEN][reached].min()
        assert not reached[0]  # else there was nothing to find
    assert found.mass[GIVEN][found.lightest[JOINT]] < found.mass[GIVEN][found.lightest[FIELD]]


def test_designs_stay_within_their_bounds_and_the_base_design_is_first(found):
    low, high = (np.array([getattr(c, end) for c in found.question.changes]) for end in ("low", "high"))
    for designs in (found.tried, found.kept):
        assert np.all((designs.values >= low) & (designs.values <= high))
        assert np.array_equal(designs.values[0], of.base(found.question).values[0])
    assert len(found.tried) > 64


def test_the_same_file_gives_the_same_answer(question, found):
    again = answer(question)
    assert np.array_equal(again.kept.values, found.kept.values)
    assert again.lightest == found.lightest
    assert np.array_equal(again.outcome.mean[JOINT], found.outcome.mean[JOINT])


def test_a_bound_that_nothing_reaches():
    few = answer(load_design(tree(samples=2, bound={"at_most": "0.1 %"}, designs=64, rounds=0)))
    assert few.lightest == {JOINT: None, FIELD: None}
    assert few.reference is None
    from crashsim.output.design_words import answer as words

    assert "was not found within the bounds by dummy" in words(few, "si")[1]


# ---- steps -----------------------------------------------------------------------------------------------------------------


def test_steps_are_differences_sample_by_sample(question):
    own = {m.name: m for m in marginals(question, 8)}
    assert list(own) == [*question.names, *question.restraints[1:]]
    pair = of.together(of.base(question), design(question, crush_space=0.49))
    two = evaluate(question, pair, question.laws[HEAVY], samples=8)
    for route in ROUTES:
        expected = (two.risk[route][1] - two.risk[route][0]).mean(axis=0)
        assert own["crush_space"].change[route][HEAVY] == pytest.approx(expected, rel=1e-9)
        low, high = own["crush_space"].interval[route]
        assert np.all(low <= own["crush_space"].change[route][GIVEN])
        assert np.all(own["crush_space"].change[route][GIVEN] <= high)
    assert own["ballast"].mass == {GIVEN: 10.0, LIGHT: 10.0, HEAVY: 10.0}
    assert own[KNEE].mass == {GIVEN: 3.0, LIGHT: 2.0, HEAVY: 4.0}


def test_mass_takes_delta_v_off_and_puts_it_on_the_partner_as_momentum_says(question):
    start = evaluate(question, of.base(question), question.laws[GIVEN], samples=8)
    more = evaluate(question, design(question, ballast=100.0), question.laws[GIVEN], samples=8)
    first, second = build(question.impacts[question.restraints[0]][0].central).mass[0]
    for found, mass in ((start, first), (more, first + 100.0)):
        assert mass * found.delta_v[..., 0] == pytest.approx(second * found.delta_v[..., 1], rel=1e-9)
    (ballast,) = (m for m in marginals(question, 8) if m.name == "ballast")
    assert ballast.delta_v[0] < 0.0 < ballast.delta_v[1]
    by_hand = np.array([0.75, 0.25]) @ (more.delta_v[0] - start.delta_v[0]).mean(axis=1)
    assert ballast.delta_v == pytest.approx(by_hand / 10.0, rel=0.15)  # nearly in proportion to the mass


# ---- the file --------------------------------------------------------------------------------------------------------------


def problems(**fields):
    with pytest.raises(ConfigError) as raised:
        load_design(tree(**fields))
    return {problem.path: problem.message for problem in raised.value.problems}


def test_the_shipped_file_says_where_every_mass_comes_from():
    shipped = load_design("design")
    assert len(shipped.given) >= 6
    assert all(tag == "J" and source for _, _, tag, source in shipped.given)
    assert sum(shipped.weights) == pytest.approx(1.0)
    assert (
        shipped.laws[LIGHT].specific_energy > shipped.laws[GIVEN].specific_energy > shipped.laws[HEAVY].specific_energy
    )


def test_everything_wrong_is_told_at_once(tmp_path):
    text = """name: bad
vehicles: {kei: {use: kei-carr}, pickup: {use: full-size-pickup}}
vehicle: kei
impacts:
  one: {type: head-on, between: [kei, pickup], speed: {kei: 25 mph, pickup: 25 mph}}
bound: {at_mots: 10 %}
specific_energy: 5 kg
secondary: 0.5
changes:
  plateau: {from: 200 kN, to: 500 kN}
  crash_space: {from: 40 cm, to: 80 cm, step: 1 cm}
"""
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as raised:
        load_design(path)
    found = {(p.line, p.path) for p in raised.value.problems}
    assert {(2, "vehicles.kei.use"), (6, "bound.at_mots"), (7, "specific_energy"), (8, "secondary"), (10, "changes.plateau.step"),
            (11, "changes.crash_space")} <= found  # fmt: skip
    told = str(raised.value)
    assert "did you mean 'kei-car'?" in told
    assert "did you mean 'crush_space'?" in told
    assert "did you mean 'at_most'?" in told


@pytest.mark.parametrize(
    ("fields", "path", "words"),
    [
        ({"vehicle": "key"}, "vehicle", "no vehicle called 'key'; did you mean 'kei'?"),
        ({"weights": {"slow": 1}}, "weights", "missing that of fast"),
        ({"weights": {"slow": 1, "fast": 1, "fats": 1}}, "weights.fats", "no impact called 'fats'; did you mean 'fast'?"),
        ({"bound": {}}, "bound", "missing, expected a mapping"),
        ({"bound": {"as": "compact", "at_most": "10 %"}}, "bound", "expected either at_most, such as {at_most: 10 %}, or as, a vehicle of the file"),
        ({"bound": {"as": "compakt"}}, "bound.as", "no vehicle called 'compakt'; did you mean 'compact'?"),
        ({"changes": {}}, "changes", "missing, expected a mapping"),
        ({"restraints": {"belt-airbags": {}}}, "restraints.belt-airbags", "no restraint called 'belt-airbags'; did you mean 'belt-airbag'?"),
    ],
)  # fmt: skip
def test_what_does_not_fit(fields, path, words):
    assert problems(**fields)[path].startswith(words)


def test_numbers_that_a_design_sets_may_not_be_drawn():
    kei = {"use": "kei-car", "front": {"plateau": {"uniform": {"from": "250 kN", "to": "290 kN"}}}}
    vehicles = {**tree()["vehicles"], "kei": kei}
    assert "is drawn" in problems(vehicles=vehicles)["changes.plateau"]


def test_the_base_design_lies_within_the_bounds():
    changes = {"plateau": {"from": "300 kN", "to": "500 kN", "step": "10 kN"}}
    assert "have the base design's" in problems(changes=changes)["changes.plateau"]


def test_ride_height_needs_the_beams():
    square = {
        name: {k: v for k, v in impact.items() if k != "height_offset"} for name, impact in tree()["impacts"].items()
    }
    assert "height_offset: bumpers" in problems(impacts=square)["changes.ride_height"]


def test_only_head_on_and_nothing_swept():
    behind = {"slow": {**crash("25 mph"), "type": "rear-end", "speed": {"kei": "25 mph", "pickup": "5 mph"}}}
    assert "expected head-on" in problems(impacts=behind, weights={})["impacts.slow.type"]
    swept = {"slow": {**crash("25 mph"), "sweep": {"speed.kei": ["20 mph", "30 mph"]}}}
    assert "sweeps nothing" in problems(impacts=swept, weights={})["impacts.slow.sweep"]


def test_an_unknown_name():
    with pytest.raises(LibraryError, match="no file and no shipped design called 'desing'; did you mean 'design'"):
        load_design("desing")


# ---- the command -----------------------------------------------------------------------------------------------------------


def test_the_command_writes_a_page_and_answers_again_from_its_folder(tmp_path):
    path, out = tmp_path / "small.yaml", tmp_path / "out"
    path.write_text(json.dumps(tree(samples=4, rounds=0)))  # JSON is YAML
    runner = CliRunner()
    first = runner.invoke(cli, ["design", str(path), "--out", str(out)])
    assert first.exit_code == 0, first.output
    assert "written:" in first.output
    for name in (
        "answer.txt",
        "answer.json",
        "designs.csv",
        "marginals.csv",
        "report.html",
        "manifest.json",
        "figures/front.svg",
    ):
        assert (out / name).is_file(), name
    second = runner.invoke(cli, ["design", str(path), "--out", str(out), "--json"])
    assert second.exit_code == 0, second.output
    told = json.loads(second.stdout)
    assert len(told["answer"]) == 2
    assert told["designs"][0]["added_mass_given"] == 0.0
    head = " ".join((out / "answer.txt").read_text().split())
    assert "injury functions disagree" in head
    assert "published curves disagree" in head
    assert "inputs 5-95 %" in head
    assert max(len(sentence.split()) for words in told["answer"] for sentence in words.split(". ")) <= 75
    other = runner.invoke(cli, ["design", str(path), "--out", str(out), "--units", "si"])
    assert other.exit_code != 0
    assert "units: us there, si here" in str(other.exception or other.output)


def test_a_figure_is_the_same_bytes(found, tmp_path):
    from crashsim.output import style
    from crashsim.output.design_figures import front

    files = []
    for turn in "ab":
        with style.sheet_style():
            drawn = front(found, "us")
        files.append(style.save(drawn, tmp_path / f"{turn}.svg").read_bytes())
    assert files[0] == files[1]
