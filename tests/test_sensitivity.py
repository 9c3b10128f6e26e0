"""What is drawn unasked, and which of it matters: spreads of a study, Sobol indices, the command."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import crashsim
from crashsim import cases
from crashsim.cases import CORRECTION, RESTITUTION_SCALE
from crashsim.cli import cli
from crashsim.config import library, spreads
from crashsim.config.classes import class_spread
from crashsim.config.draws import default_samples
from crashsim.config.study import load_study
from crashsim.engine import stream
from crashsim.engine.analyses import difference
from crashsim.engine.possible import require_possible
from crashsim.engine.sensitivity import CURVE, manifest, sensitivity
from crashsim.errors import CrashsimError, OutputError
from crashsim.output import sensitivity as output
from crashsim.output import sheet, style
from crashsim.output.views import speed_curves
from crashsim.results import OK
from crashsim.sampling import SALTELLI, SOBOL, Choice, LogNormal, Sampling, Triangular, Uniform, points
from crashsim.variance import sobol_indices

ALL = ("structures", "restitution", "restraints", "risk")


def study(*, samples=64, spreads=ALL, restitution="speed-fit", sweep=None, kei=None, **fields):
    """A head-on crash of a kei car with a pickup."""
    impact = {
        "type": "head-on",
        "speed": {"kei": "25 mph", "pickup": "25 mph"},
        "restitution": restitution,
        "sweep": sweep or {},
    }
    return {"name": "study", "vehicles": {"kei": {"use": "kei-car", **(kei or {})}, "pickup": {"use": "full-size-pickup"}},
            "impacts": {"x": impact}, "sampling": {"samples": samples, "spreads": list(spreads)}, **fields}  # fmt: skip


def drawn(tree):
    """The distributions of a study by path."""
    return {number.path: number.distribution for number in load_study(tree).impacts[0].random}


# ---- what is drawn unasked ---------------------------------------------------------------------------------------------


def test_every_group_is_drawn_by_default(drawn_by_default):
    tree = study()
    del tree["sampling"]
    loaded = load_study(tree)
    (impact,) = loaded.impacts
    assert impact.samples == 1024
    found = {number.path: number.distribution for number in impact.random}
    assert found["vehicles.kei.front.force_scale"] == LogNormal(1.0, class_spread("kei-car"))
    assert found[RESTITUTION_SCALE] == spreads.OF_RESTITUTION
    assert found[CORRECTION] == Triangular(1.0, 1.23, 1.3)
    assert {f"vehicles.{v}.occupant.belt.slack" for v in ("kei", "pickup")} < found.keys()


@pytest.mark.parametrize("group, path", [("structures", "vehicles.kei.front.force_scale"), ("restitution", RESTITUTION_SCALE),
                                         ("restraints", "vehicles.kei.occupant.neck.damping"), ("risk", CORRECTION)])  # fmt: skip
def test_each_group_can_be_left_out_and_is_all_that_is_drawn_alone(group, path):
    alone, others = (drawn(study(spreads=names)) for names in ([group], [n for n in ALL if n != group]))
    assert path in alone
    assert not alone.keys() & others.keys()
    assert alone.keys() | others.keys() == drawn(study()).keys()


def test_one_sample_draws_nothing():
    loaded = load_study(study(samples=1))
    assert loaded.impacts[0].random == ()
    assert loaded.sampling is None
    assert crashsim.run(loaded).bands is None


def test_the_case_in_the_tables_is_the_one_as_given():
    """A range is drawn around its value, which is neither its middle nor its median; lines and tables do not move."""
    one, many = (load_study(study(samples=n)) for n in (1, 64))
    assert dict(many.central.impacts[0].numbers) == dict(one.impacts[0].numbers)
    plain, spread = (crashsim.run(loaded) for loaded in (one, many))
    for name in ("delta_v", "hic15", "risk_mais3plus"):
        np.testing.assert_array_equal(plain[name].values, spread[name].values)


def test_what_the_study_says_has_no_other_spread():
    given = {
        "occupant": {"belt": {"slack": "20 mm"}},
        "front": {"plateau": {"uniform": {"from": "250 kN", "to": "290 kN"}}},
    }
    found = drawn(study(kei=given, sweep={"vehicles.kei.occupant.neck.damping": ["100 N*s/m", "130 N*s/m"]},
                        risk={"delta_v_correction": 1.2}))  # fmt: skip
    assert found["vehicles.kei.front.plateau"] == Uniform(250e3, 290e3)
    left_alone = {
        "vehicles.kei.front.force_scale",
        "vehicles.kei.occupant.belt.slack",
        "vehicles.kei.occupant.neck.damping",
        CORRECTION,
    }
    assert not left_alone & found.keys()
    assert "vehicles.pickup.front.force_scale" in found


def test_a_range_is_drawn_from_end_to_end():
    found = drawn(
        study(
            kei={
                "occupant": {
                    "neck": {
                        "stiffness": "8 kN/m",
                        "damping": {"value": "100 N*s/m", "range": ["50 N*s/m", "110 N*s/m"]},
                    }
                }
            }
        )
    )
    assert found["vehicles.kei.occupant.neck.damping"] == Triangular(50.0, 100.0, 110.0)
    assert "vehicles.kei.occupant.neck.stiffness" not in found


def test_a_restitution_that_is_asked_for_is_exact():
    assert RESTITUTION_SCALE not in drawn(study(restitution=0.1))
    built = cases.build(load_study(study(restitution=0.1)).impacts[0])
    assert set(built.restitution) == {0.1}


def test_where_the_fronts_decide_their_unloading_is_drawn():
    """The restitution of the law stays within a factor 1.5 of the one as given, the reach of its spread."""
    tree = study(restitution="law", spreads=["restitution"], samples=256)
    found = drawn(tree)
    assert found.keys() == {f"vehicles.{v}.front.unloading_stiffness" for v in ("kei", "pickup")}
    results = crashsim.run(load_study(tree))
    given = results["restitution"].sel(vehicle="kei").item()
    ratio = results.samples["restitution"].sel(vehicle="kei").values / given
    assert 1.0 / 1.5 < ratio.min() < 0.85
    assert 1.15 < ratio.max() < 1.5


def test_the_speed_fit_is_scaled():
    (impact,) = load_study(study(spreads=["restitution"])).impacts
    built, given = cases.build(impact), cases.build(impact.central)
    np.testing.assert_allclose(built.restitution / given.restitution, built.swept[RESTITUTION_SCALE], rtol=1e-14)


@pytest.mark.parametrize("vehicle, spread", [
    ({"use": "midsize-camry-2018"}, spreads.OF_MEASURED),
    ({"use": "kei-car"}, 1.25),
    ({"use": "kei-car", "class": "my own kind"}, spreads.OF_JUDGED),
])  # fmt: skip
def test_a_front_is_as_uncertain_as_its_evidence(vehicle, spread):
    tree = study(spreads=["structures"])
    tree["vehicles"]["kei"] = vehicle
    assert drawn(tree)["vehicles.kei.front.force_scale"] == LogNormal(1.0, spread)


def test_other_ends_are_less_certain():
    tree = study(spreads=["structures"])
    tree["impacts"]["x"] |= {
        "type": "rear-end",
        "between": ["pickup", "kei"],
        "speed": {"pickup": "30 mph", "kei": "0 mph"},
    }
    assert drawn(tree)["vehicles.kei.rear.force_scale"] == LogNormal(1.0, spreads.OF_OTHER_ENDS)


def test_ranges_that_could_cross_a_given_number_are_not_drawn():
    """A bag that fires at 32 ms cannot be full at 31: the range of the full time, 30 to 45 ms, is left alone."""
    late = {"fire_time": "32 ms", "full_time": {"value": "40 ms", "range": ["30 ms", "45 ms"]}}
    tree = study(kei={"occupant": {"airbag": late}}, samples=1024)
    assert not {p for p in drawn(tree) if p.startswith("vehicles.kei.occupant.airbag.f")}
    assert "vehicles.pickup.occupant.airbag.full_time" in drawn(tree)


@pytest.mark.parametrize("name", ["highway", "interstate", "urban", "crumple_zone", "wall_56kmh", "overlap"])
def test_no_shipped_study_draws_an_impossible_crash(name, drawn_by_default):
    """The first 64 samples at a few points of each grid."""
    for impact in load_study(name).impacts:
        assert impact.random
        for cell in {0, impact.cells // 2, impact.cells - 1}:
            first = cell * impact.samples
            require_possible(impact, first, cases.build(impact, first, first + 64))


@pytest.mark.parametrize("cells, samples", [(1, 1024), (1024, 1024), (1025, 512), (10_000, 64), (10_001, 1)])
def test_large_grids_get_fewer_samples(cells, samples, drawn_by_default):
    assert default_samples(cells) == samples


def test_the_drawn_correction_reaches_the_risk_and_nothing_else():
    loaded = load_study(study(spreads=["risk"]))
    results = crashsim.run(loaded)
    rows = results.samples.sel(vehicle="kei")
    factor = rows[CORRECTION].values
    assert np.ptp(rows["delta_v"].values) == 0.0
    assert np.ptp(rows["risk_mais3plus_uncorrected"].values) == 0.0
    order = np.argsort(factor)
    assert np.all(
        np.diff(rows["risk_mais3plus"].values[order]) < 0.0
    )  # a larger factor, a smaller reconstructed delta-v
    reduced = next(cell for cell in stream.cells(loaded, columns=["risk_mais3plus"]) if cell.vehicle == "kei")
    found = (reduced.least[0], *reduced.quantiles[:, 0], reduced.largest[0])
    np.testing.assert_allclose(found, np.quantile(rows["risk_mais3plus"].values, (0, *stream.SHARES, 1)), rtol=1e-14)


def test_curves_show_what_the_samples_span():
    sweep = {"zip": {f"speed.{v}": {"from": "10 mph", "to": "60 mph", "points": 6} for v in ("kei", "pickup")}}
    results = crashsim.run(study(sweep=sweep))
    curve = next(c for c in speed_curves(results, "x") if c.vehicle == "kei")
    low, high = curve.band("hic15")
    rows = results.samples.sel(vehicle="kei")
    x = np.where(rows["status"].values == OK, rows["hic15"].values, np.nan).reshape(6, 64)
    counted = np.mean(np.isfinite(x), axis=1) >= 0.95
    np.testing.assert_array_equal(np.isfinite(low), counted)
    np.testing.assert_allclose(low[counted], np.nanquantile(x[counted], 0.05, axis=1))
    assert counted[0]
    assert not counted[-1]  # most samples at 60 mph each are beyond the model: of the few others nothing is told
    assert np.all(low[counted] < high[counted])
    least, most = curve.band("delta_v")
    assert np.all((least < curve.values("delta_v")) & (curve.values("delta_v") < most))
    caption = sheet.caption(results, curve.rows)
    assert "spread of the inputs by 64 samples at each point" in caption
    alone = crashsim.run(study(samples=1))
    assert "inputs as given, no spread drawn" in sheet.caption(alone, alone)


# ---- the design --------------------------------------------------------------------------------------------------------


def test_a_saltelli_design_swaps_one_group_at_a_time():
    design = Sampling(64 * 5, SALTELLI, 3, 4, (0, 1, 1, 2))
    a, b, *ab = np.moveaxis(points(design, 0, 320).reshape(4, 5, 64), 1, 0)
    both = points(Sampling(64, SOBOL, 3, 8), 0, 64)
    np.testing.assert_array_equal(a, both[:4])
    np.testing.assert_array_equal(b, both[4:])
    for group, part in enumerate(ab):
        own = np.array(design.groups) == group
        np.testing.assert_array_equal(part[own], b[own])
        np.testing.assert_array_equal(part[~own], a[~own])


def test_any_slice_of_a_design_equals_the_whole():
    design = Sampling(64 * 5, SALTELLI, 3, 4, (0, 1, 1, 2))
    whole = points(design, 0, 320)
    for first, last in ((0, 1), (60, 70), (63, 257), (319, 320)):
        np.testing.assert_array_equal(points(design, first, last), whole[:, first:last])
    np.testing.assert_array_equal(points(design, 100, 200, [3, 1]), whole[[3, 1], 100:200])


# ---- the indices -------------------------------------------------------------------------------------------------------


def outputs(function, inputs, n, groups=None):
    """A function of points of the unit cube at a Saltelli design: (inputs + 2, n)."""
    groups = groups or tuple(range(inputs))
    design = Sampling(n * (max(groups) + 3), SALTELLI, 3, inputs, groups)
    return function(points(design, 0, design.samples)).reshape(-1, n)


def ishigami(u):
    """Ishigami and Homma 1990, with a = 7, b = 0.1."""
    x = np.pi * (2.0 * u - 1.0)
    return np.sin(x[0]) + 7.0 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])


def test_ishigami_function():
    """Closed form: V1 = (1 + b pi^4/5)^2/2, V2 = a^2/8, V13 = b^2 pi^8 (1/18 - 1/50)."""
    y = outputs(ishigami, 3, 2**14)
    v1, v2, v13 = 0.5 * (1.0 + 0.1 * np.pi**4 / 5.0) ** 2, 49.0 / 8.0, 0.01 * np.pi**8 * (1.0 / 18.0 - 1.0 / 50.0)
    whole = v1 + v2 + v13
    found = sobol_indices(y[0], y[1], y[2:], resamples=100)
    np.testing.assert_allclose(found.first, np.array([v1, v2, 0.0]) / whole, atol=0.01)
    np.testing.assert_allclose(found.total, np.array([v1 + v13, v2, v13]) / whole, atol=0.01)


def test_a_sum_has_the_shares_of_its_terms():
    y = outputs(lambda u: 3.0 * u[0] + 2.0 * u[1] - u[2], 3, 4096)
    found = sobol_indices(y[0], y[1], y[2:], resamples=50)
    for indices in (found.first, found.total):
        np.testing.assert_allclose(indices, np.array([9.0, 4.0, 1.0]) / 14.0, atol=0.003)


def test_a_group_has_the_share_of_all_its_members():
    y = outputs(lambda u: 3.0 * u[0] + 2.0 * u[1] * u[2], 3, 4096, groups=(0, 1, 1))
    product = 1.0 / 9.0 - 1.0 / 16.0  # variance of u1 u2
    found = sobol_indices(y[0], y[1], y[2:], resamples=50)
    np.testing.assert_allclose(
        found.first, np.array([9.0 / 12.0, 4.0 * product]) / (9.0 / 12.0 + 4.0 * product), atol=0.003
    )


# Indices and standard deviations of 1,000 resamples by SALib 1.6.0 (sobol.analyze, calc_second_order=False, seed 1) from the
# outputs of `ishigami` at the design of `outputs` with 512 points; it resamples by itself.
SALIB = {
    "first": [0.2703312375126064, 0.42510354665468847, -0.03663853453550743],
    "total": [0.440641699308811, 0.43410595062200097, 0.24676423034017117],
    "first_sd": [0.035651463424120615, 0.04063181786868364, 0.04015987561269671],
    "total_sd": [0.04855657029010426, 0.029291874000251066, 0.01813857174924081],
}


def test_indices_and_intervals_are_those_of_salib():
    y = outputs(ishigami, 3, 512)
    found = sobol_indices(y[0], y[1], y[2:])
    np.testing.assert_allclose(found.first, SALIB["first"], rtol=1e-10)
    np.testing.assert_allclose(found.total, SALIB["total"], rtol=1e-10)
    for name in ("first", "total"):
        low, high = getattr(found, f"{name}_interval")
        sd = (high - low) / (2.0 * 1.6449)  # of a normal
        np.testing.assert_allclose(
            sd, SALIB[f"{name}_sd"], rtol=0.12
        )  # 1,000 resamples know it to 3 %, a quantile to 5 %


def test_the_interval_covers_the_truth_nine_times_in_ten():
    truth, inside = 9.0 / 13.0, 0
    for seed in range(60):
        u = np.random.default_rng(seed).random((2, 2, 256))
        a, b = u
        y = [3.0 * x[0] + 2.0 * x[1] for x in (a, b, np.stack([b[0], a[1]]), np.stack([a[0], b[1]]))]
        low, high = sobol_indices(y[0], y[1], np.stack(y[2:]), resamples=200, seed=seed).first_interval[:, 0]
        inside += low <= truth <= high
    assert 46 <= inside <= 60  # of 60, where 54 are expected: 3.4 standard deviations


def test_an_output_that_does_not_vary_has_no_indices():
    found = sobol_indices(np.full(8, 0.3), np.full(8, 0.3), np.full((2, 8), 0.3))
    assert np.isnan(found.first).all()
    assert np.isnan(found.total_interval).all()
    with pytest.raises(ValueError, match="expected finite outputs"):
        sobol_indices(np.array([1.0, np.nan]), np.ones(2), np.ones((1, 2)))


# ---- a study -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def found():
    return crashsim.sensitivity(
        study(), points=256, quantities=["risk_mais3plus", "risk1_joint_ais3plus", "delta_v", "intrusion"]
    )


def of(found, vehicle, quantity):
    return next(a for a in found.answers if (a.vehicle, a.quantity) == (vehicle, quantity))


def test_inputs_are_told_in_groups(found):
    assert found.inputs == (
        "front of the kei", "restraint and occupant of the kei", "front of the pickup", "restraint and occupant of the pickup",
        "restitution", "delta-v correction", "choice of the risk curve",
    )  # fmt: skip
    assert sum(map(len, found.members)) == len(drawn(study())) + 1
    assert found.status == {"ok": 256 * 9}


def test_delta_v_is_moved_by_restitution_and_crush_by_the_weaker_front(found):
    index = found.inputs.index
    delta_v, intrusion = of(found, "kei", "delta_v").indices, of(found, "kei", "intrusion").indices
    assert np.argmax(delta_v.total) == index("restitution")
    assert np.argmax(intrusion.total) == index("front of the kei")
    assert delta_v.total[index("choice of the risk curve")] == 0.0
    assert delta_v.total[index("delta-v correction")] == 0.0


def test_indices_of_both_vehicles_agree_where_momentum_ties_them(found):
    kei, pickup = (of(found, v, "delta_v").indices for v in ("kei", "pickup"))
    np.testing.assert_allclose(kei.total, pickup.total, rtol=1e-9)


def test_the_risk_by_field_curves_is_that_of_the_curve_drawn():
    """Without other spreads the choice alone is left, and the values are those of the members."""
    tree = study(
        spreads=["risk"],
        risk={"delta_v_correction": library.winsmash().nominal},
        kei={"mass": {"uniform": {"from": "815 kg", "to": "817 kg"}}},
    )
    found = sensitivity(load_study(tree), points=64, quantities=["risk_mais3plus"])
    answer = of(found, "kei", "risk_mais3plus")
    assert found.inputs == ("mass of the kei", "choice of the risk curve")
    assert answer.indices.total[0] < 1e-3
    results = crashsim.run(study(samples=1))
    members = sorted((results[f"risk_mais3plus.{name}"].sel(vehicle="kei").item(), library.risk_curves()[name].weight)
                     for name in found.curves["kei"])  # fmt: skip
    risks, weights = zip(*members, strict=True)
    expected = Choice(risks, tuple(np.array(weights) / sum(weights))).quantile(np.array([0.05, 0.5, 0.95]))
    assert [answer.low, answer.median, answer.high] == pytest.approx(expected.tolist(), rel=0.01)


def test_every_number_by_itself():
    tree = study(spreads=["structures", "restitution"])
    found = sensitivity(load_study(tree), points=64, each=True, quantities=["delta_v"])
    assert found.inputs == (
        "vehicles.kei.front.force_scale",
        "vehicles.pickup.front.force_scale",
        RESTITUTION_SCALE,
        CURVE,
    )


def test_what_cannot_be_told_says_why():
    fast = study(spreads=["structures"])
    fast["impacts"]["x"]["speed"] = {"kei": "60 mph", "pickup": "60 mph"}
    found = sensitivity(load_study(fast), points=64, quantities=["intrusion", "delta_v"])
    assert of(found, "kei", "intrusion").indices is None
    assert "crashes are beyond the model" in of(found, "kei", "intrusion").note
    assert of(found, "kei", "delta_v").indices is not None


def test_the_case_of_a_sweep_is_taken_where_it_stands():
    sweep = {"zip": {f"speed.{v}": ["10 mph", "30 mph"] for v in ("kei", "pickup")}}
    at = {"name": "fast", "impact": "x", "at": {"speed.kei": "30 mph"}}
    found = sensitivity(
        load_study(study(sweep=sweep, output={"pulses": [at]})), points=64, quantities=["closing_speed", "delta_v"]
    )
    assert found.case == "fast"
    assert of(found, "kei", "closing_speed").note == "the same in nine crashes of ten, or in all"
    assert of(found, "kei", "closing_speed").median == pytest.approx(60 * 0.44704)


@pytest.mark.parametrize("options, message", [
    ({"case": "X"}, r"no case called 'X' \(known: x\)"),
    ({"quantities": ["dleta_v"]}, "no quantity 'dleta_v'; did you mean 'delta_v'"),
])  # fmt: skip
def test_mistakes_are_told(options, message):
    with pytest.raises(CrashsimError, match=message):
        sensitivity(load_study(study()), **options)


def test_nothing_drawn_is_an_error():
    with pytest.raises(CrashsimError, match="nothing is drawn in 'x'"):
        sensitivity(load_study(study(samples=1)))


# ---- what a reader sees --------------------------------------------------------------------------------------------------


def test_sentences_and_tables(found, tmp_path):
    text = " ".join(output.told(found, "us").split())
    assert "kei, delta-v, 40 mph to 42 mph (5-95 %): of its variance goes" in text
    assert "with the restitution" in text
    assert "by their weights in the ensemble" in text
    assert "model result, not a crash test" in text
    data = json.loads(output.as_json(found))
    assert data["points"] == 256
    assert {a["quantity"] for a in data["answers"]} == {
        "risk_mais3plus",
        "risk1_joint_ais3plus",
        "delta_v",
        "intrusion",
    }
    assert output.write(found, tmp_path, "us") == tmp_path / "sensitivity.svg"
    table = (tmp_path / "sensitivity.csv").read_text().splitlines()
    assert table[0] == "vehicle,quantity,input,first,first_p05,first_p95,total,total_p05,total_p95"
    assert len(table) == 1 + sum(len(a["inputs"]) for a in data["answers"])
    assert {p.name for p in tmp_path.iterdir()} == {
        "answer.txt", "answer.json", *(f"sensitivity.{s}" for s in ("csv", "svg", "png"))
    }  # fmt: skip


def test_the_figure_has_a_bar_for_every_input_that_matters(found):
    with style.sheet_style():
        drawn_ = output.figure(found, "si")
    ax = next(ax for ax in drawn_.axes if ax.get_title("left").startswith("kei: delta-v"))
    of_delta_v = of(found, "kei", "delta_v").indices
    shown = [text.get_text().replace("\n", " ") for text in ax.get_yticklabels()]
    assert shown == [found.inputs[i] for i in np.argsort(-of_delta_v.total) if of_delta_v.total[i] >= output.LEAST]
    widths = [bar.get_width() for bar in ax.patches][: len(shown)]
    np.testing.assert_allclose(widths, np.sort(of_delta_v.total)[::-1][: len(shown)])


def test_a_folder_knows_what_it_holds():
    loaded = load_study(study())
    one = manifest(loaded, None, 256, False, "us")
    assert one["case"] == "x"
    other = manifest(loaded, None, 512, False, "us")
    assert one["fingerprint"] != other["fingerprint"]
    assert difference(other)(one) == "points: 256 there, 512 here"
    assert "vehicles.kei.mass" in difference(
        manifest(load_study(study(kei={"mass": "901 kg"})), None, 256, False, "us")
    )(one)


def test_the_command(tmp_path, monkeypatch):
    """From a file to a folder, and again."""
    monkeypatch.chdir(tmp_path)
    Path("study.yaml").write_text(json.dumps(study()), encoding="utf-8")  # YAML reads JSON
    command = ["sensitivity", "study.yaml", "--points", "64", "--out", "out"]
    first, again = (CliRunner().invoke(cli, command, catch_exceptions=False).output for _ in range(2))
    assert "written: out" in first
    assert again == first.replace("written: out", "already done: out")
    as_json = CliRunner().invoke(cli, [*command, "--json"], catch_exceptions=False).stdout
    assert json.loads(as_json)["case"] == "x"
    with pytest.raises(OutputError, match="each: False there, True here"):
        CliRunner().invoke(cli, [*command, "--each"], catch_exceptions=False)
    assert "expected a power of two" in CliRunner().invoke(cli, [*command[:-3], "100"]).output
