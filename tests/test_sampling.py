"""Random numbers: points by index, distributions, the order of cases, what a study may say, and the reductions."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.stats import qmc

import crashsim
from crashsim import cases, sampling
from crashsim.cases import Axis
from crashsim.config import checks
from crashsim.config.study import load_study
from crashsim.engine import local, stream
from crashsim.engine.possible import always_possible, require_possible
from crashsim.errors import ConfigError, CrashsimError, StructureError
from crashsim.kernels import tally
from crashsim.results import BEYOND_MODEL, FAILED, OK
from crashsim.sampling import LHS, SOBOL, Choice, LogNormal, Normal, Sampling, Triangular, Uniform, points

METHODS = pytest.mark.parametrize("method", [SOBOL, LHS])
PLATEAU = "vehicles.kei.front.plateau"
KN = 1e3


def study(plateau=None, *, samples=64, sweep=None, speed="50 mph", **fields):
    """A head-on crash whose kei has an uncertain front."""
    kei = {"use": "kei-car", "front": {"plateau": plateau or {"uniform": {"from": "200 kN", "to": "300 kN"}}}}
    impact = {"type": "head-on", "speed": {"kei": speed, "pickup": "50 mph"}, "sweep": sweep or {}}
    return {"name": "study", "vehicles": {"kei": kei, "pickup": {"use": "full-size-pickup"}}, "impacts": {"x": impact},
            "sampling": {"samples": samples, "spreads": []}, **fields}  # fmt: skip


def problems_of(tree):
    with pytest.raises(ConfigError) as caught:
        load_study(tree)
    return [f"{p.path}: {p.message}" for p in caught.value.problems]


# ---- points of the unit cube -------------------------------------------------------------------------------------------


@METHODS
@pytest.mark.parametrize("samples", [2, 3, 1000, 1024, 100_003])
def test_any_slice_equals_the_whole(method, samples):
    plan = Sampling(samples, method, 7, 5)
    whole = points(plan, 0, samples)
    assert whole.shape == (5, samples)
    for first, last in ((0, 1), (samples // 3, samples // 2 + 1), (samples - 1, samples), (samples // 4, samples)):
        np.testing.assert_array_equal(points(plan, first, last), whole[:, first:last])
    np.testing.assert_array_equal(points(plan, 0, samples, [3, 1]), whole[[3, 1]])
    assert whole.min() >= sampling.NEAREST
    assert whole.max() <= 1.0 - sampling.NEAREST


@pytest.mark.parametrize("first", [0, 1, 16_383, 16_384, 100_000, 9_999_000])
def test_sobol_points_are_those_of_scipy(first):
    engine = qmc.Sobol(4, scramble=True, bits=32, rng=np.random.default_rng(11))
    engine.fast_forward(first + 2)  # a first draw that is no power of two would warn
    theirs = engine.random(1000).T + 2.0**-33  # ours lie in the middle of their 2^-32
    np.testing.assert_array_equal(points(Sampling(10_000_000, SOBOL, 11, 4), first + 2, first + 1002), theirs)


@METHODS
def test_a_seed_decides_and_the_nearest_seed_is_another_set(method):
    one, two, again = (points(Sampling(256, method, seed, 3), 0, 256) for seed in (1, 2, 1))
    np.testing.assert_array_equal(one, again)
    assert np.mean(one == two) < 0.02


@METHODS
def test_points_are_more_even_than_random_ones(method):
    n, d = 512, 4
    own = qmc.discrepancy(points(Sampling(n, method, 3, d), 0, n).T)
    random = [qmc.discrepancy(np.random.default_rng(seed).random((n, d))) for seed in range(20)]
    assert own < min(random)


@pytest.mark.parametrize("samples", [2, 7, 1000, 4096])
def test_a_latin_hypercube_has_one_sample_in_each_stratum(samples):
    strata = np.floor(points(Sampling(samples, LHS, 5, 6), 0, samples) * samples).astype(int)
    np.testing.assert_array_equal(np.sort(strata, axis=1), np.tile(np.arange(samples), (6, 1)))


def test_permutations_are_as_independent_as_random_ones():
    """n rho^2 of two random permutations is 1 on average; 4,950 pairs know it to about 2 %."""
    rho = np.corrcoef(points(Sampling(1000, LHS, 3, 100), 0, 1000))[np.triu_indices(100, 1)]
    assert 999 * np.mean(rho**2) == pytest.approx(1.0, abs=0.1)


# ---- distributions -----------------------------------------------------------------------------------------------------

DISTRIBUTIONS = [
    (Uniform(2.0, 5.0), stats.uniform(2, 3)),
    (Triangular(1.0, 2.0, 4.0), stats.triang(1 / 3, 1, 3)),
    (Triangular(1.0, 1.0, 4.0), stats.triang(0, 1, 3)),
    (Normal(10.0, 2.0), stats.norm(10, 2)),
    (Normal(10.0, 2.0, 9.0, 15.0), stats.truncnorm(-0.5, 2.5, 10, 2)),
    (LogNormal(3.0, 1.4), stats.lognorm(np.log(1.4), scale=3)),
]


@METHODS
@pytest.mark.parametrize("own, theirs", DISTRIBUTIONS, ids=[type(d).__name__ for d, _ in DISTRIBUTIONS])
def test_quantiles_and_moments(own, theirs, method):
    u = np.linspace(0.001, 0.999, 999)
    np.testing.assert_allclose(own.quantile(u), theirs.ppf(u), rtol=1e-12)
    drawn = own.quantile(points(Sampling(4096, method, 1, 1), 0, 4096)[0])
    assert drawn.mean() == pytest.approx(theirs.mean(), rel=1e-3)
    assert drawn.std() == pytest.approx(theirs.std(), rel=1e-2)


def test_a_cut_lognormal_stays_inside_and_keeps_its_shape():
    whole, cut = LogNormal(3.0, 1.4), LogNormal(3.0, 1.4, 2.0, 4.0)
    values = cut.quantile(np.linspace(1e-9, 1.0 - 1e-9, 10_001))
    assert values[0] == pytest.approx(2.0)
    assert values[-1] == pytest.approx(4.0)
    a, b = (stats.lognorm(np.log(1.4), scale=3).cdf(x) for x in (2.0, 4.0))
    np.testing.assert_allclose(cut.quantile(np.array([0.3])), whole.quantile(np.array([a + 0.3 * (b - a)])), rtol=1e-12)


def test_a_choice_has_its_weights():
    drawn = Choice((1.0, 2.0, 5.0), (0.5, 0.25, 0.25)).quantile(points(Sampling(1024, SOBOL, 1, 1), 0, 1024)[0])
    assert [np.count_nonzero(drawn == v) for v in (1.0, 2.0, 5.0)] == [512, 256, 256]


# ---- the order of cases ------------------------------------------------------------------------------------------------


def test_samples_are_innermost_and_the_same_at_every_point_of_the_grid():
    sweep = {"speed.kei": ["10 m/s", "20 m/s"], "zip": {"speed.pickup": ["5 m/s", "6 m/s", "7 m/s"]}}
    (impact,) = load_study(study(sweep=sweep, samples=8)).impacts
    assert (impact.shape, impact.cells, impact.samples, impact.count) == ((2, 3), 6, 8, 48)
    found = cases.columns(impact, 0, 48)
    assert found["speed.kei"].tolist() == [10.0] * 24 + [20.0] * 24
    assert found["speed.pickup"].tolist() == ([5.0] * 8 + [6.0] * 8 + [7.0] * 8) * 2
    drawn = found[PLATEAU].reshape(6, 8)
    assert len(set(drawn[0])) == 8
    assert np.all(drawn == drawn[0])


@METHODS
def test_case_i_is_a_pure_function_of_the_study_and_i(method):
    tree = study(
        sweep={"speed.kei": ["10 m/s", "20 m/s", "30 m/s"]}, sampling={"samples": 100, "method": method, "spreads": []}
    )
    (impact,) = load_study(tree).impacts
    whole = cases.build(impact)
    for first, last in ((0, 1), (99, 101), (17, 263), (250, 300), (100, 200)):
        part = cases.build(impact, first, last)
        np.testing.assert_array_equal(part.swept[PLATEAU], whole.swept[PLATEAU][first:last])
        np.testing.assert_array_equal(part.structures[0].force, whole.structures[0].force[first:last])


def test_a_vehicle_has_the_same_samples_in_all_impacts_and_an_impact_its_own():
    tree = study()
    tree["impacts"]["x"]["speed"]["kei"] = {"normal": {"mean": "20 m/s", "sd": "1 m/s"}}
    tree["impacts"]["y"] = tree["impacts"]["x"]
    one, two = (cases.swept(i, 0, i.count) for i in load_study(tree).impacts)
    np.testing.assert_array_equal(one[PLATEAU], two[PLATEAU])
    assert not np.any(one["speed.kei"] == two["speed.kei"])


def test_where_one_number_must_stand_it_is_the_median():
    (impact,) = load_study(study({"triangular": {"from": "200 kN", "mode": "270 kN", "to": "300 kN"}})).impacts
    assert impact.numbers[PLATEAU] == pytest.approx(stats.triang(0.7, 200e3, 100e3).median())
    assert impact.central.count == 1
    assert cases.build(impact.central).swept == {}


# ---- in a study --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed, expected",
    [
        ({"normal": {"mean": "270 kN", "sd": "30 kN"}}, Normal(270e3, 30e3)),
        ({"normal": {"mean": "270 kN", "sd": "30 kN", "to": "300 kN"}}, Normal(270e3, 30e3, high=300e3)),
        ({"uniform": {"from": "200 kN", "to": "0.3 MN"}, "tag": "J"}, Uniform(200e3, 300e3)),
        ({"triangular": {"from": "200 kN", "mode": "270 kN", "to": "300 kN"}}, Triangular(200e3, 270e3, 300e3)),
        ({"lognormal": {"median": "250 kN", "gsd": 1.05}}, LogNormal(250e3, 1.05)),
        ({"choice": {"values": ["300 kN", "200 kN"], "weights": [1, 3]}}, Choice((200e3, 300e3), (0.75, 0.25))),
    ],
)
def test_distributions_as_written(typed, expected):
    loaded = load_study(study(typed))
    assert loaded.impacts[0].random[0].distribution == expected
    assert (PLATEAU in loaded.judgement) == ("tag" in typed)
    assert loaded.vehicles["kei"]["front"]["plateau"]["distribution"]["distribution"] == next(iter(typed))


def test_speed_restitution_and_mass_can_be_distributions():
    tree = study()
    tree["vehicles"]["kei"]["mass"] = {"uniform": {"from": "800 kg", "to": "900 kg"}}
    tree["impacts"]["x"] |= {"restitution": {"uniform": {"from": 0.05, "to": "10 %"}}}
    tree["impacts"]["x"]["speed"]["pickup"] = {"choice": {"values": ["10 m/s", "20 m/s"]}}
    (impact,) = load_study(tree).impacts
    built = cases.build(impact)
    assert np.ptp(built.mass[:, 0]) > 95
    assert set(built.speed[:, 1]) == {-10.0, -20.0}
    assert np.all((built.restitution > 0.05) & (built.restitution < 0.1))


FRONT = "vehicles.kei.front.plateau"
MISTAKES = [
    ({"nromal": {}}, f"{FRONT}.nromal: unknown field; did you mean 'normal'?"),
    ({"normal": "270 kN"}, f"{FRONT}.normal: got '270 kN', expected a mapping with mean, sd (and from and to if you like)"),
    ({"normal": {"mean": "270 kN"}}, f"{FRONT}.normal: missing sd, expected mean, sd (and from and to if you like)"),
    ({"normal": {"maen": "270 kN", "sd": "1 kN"}}, f"{FRONT}.normal.maen: unknown field; did you mean 'mean'?"),
    ({"normal": {"mean": "270 kg", "sd": "1 kN"}}, f"{FRONT}.normal.mean: '270 kg' is a mass, expected a force"),
    ({"normal": {"mean": "270 kN", "sd": "0 kN"}}, f"{FRONT}.normal.sd: got '0 kN', expected a standard deviation above zero"),
    ({"normal": {"mean": "270 kN", "sd": "60 kN"}}, f"{FRONT}.normal: reaches -110.277 kN, expected a force from 0.1 kN to 100 MN: cut it with from"),
    ({"normal": {"mean": "270 kN", "sd": "1 kN", "from": "300 kN"}}, f"{FRONT}.normal.from: only 0 of the distribution lies"),
    ({"uniform": {"from": "3 kN", "to": "3 kN"}}, f"{FRONT}.uniform.to: got '3 kN', expected more than from, '3 kN'"),
    ({"uniform": {"from": "3 kN", "to": "200 MN"}}, f"{FRONT}.uniform.to: got '200 MN', expected a force from 0.1 kN"),
    ({"triangular": {"from": "1 kN", "mode": "4 kN", "to": "3 kN"}}, f"{FRONT}.triangular.mode: got '4 kN', expected a value from '1 kN' to '3 kN'"),
    ({"lognormal": {"median": "1 kN", "gsd": 0.9}}, f"{FRONT}.lognormal.gsd: got 0.9, expected a geometric standard"),
    ({"choice": {"values": ["1 kN"]}}, f"{FRONT}.choice.values: got 1 values, expected a list of 2 to 100 values"),
    ({"choice": {"values": ["1 kN", "1 kN"]}}, f"{FRONT}.choice.values: the same value stands twice; give it more weight"),
    ({"choice": {"values": ["1 kN", "2 kg"]}}, f"{FRONT}.choice.values[1]: '2 kg' is a mass, expected a force"),
    ({"choice": {"values": ["1 kN", "2 kN"], "weights": [1]}}, f"{FRONT}.choice.weights: got 1, expected 2 weights"),
    ({"choice": {"values": ["1 kN", "2 kN"], "weights": [1, -1]}}, f"{FRONT}.choice.weights[1]: got -1, expected a plain"),
    ({"uniform": {}, "normal": {}}, f"{FRONT}.normal: got uniform and normal, expected one distribution"),
    ({"uniform": {"from": "1 kN", "to": "2 kN"}, "value": "2 kN"}, f"{FRONT}.uniform: got a distribution, expected one number"),
    ({"uniform": {"from": "1 kN", "to": "2 kN"}, "tag": "X"}, f"{FRONT}.tag: got 'X', expected one of S, C, M, M?, J"),
]  # fmt: skip


@pytest.mark.parametrize("typed, expected", MISTAKES, ids=[str(i) for i in range(len(MISTAKES))])
def test_one_mistake_is_one_clear_message(typed, expected):
    (found,) = problems_of(study(typed))
    assert found.startswith(expected)


def with_(section, **fields):
    tree = study()
    tree[section] = fields
    return tree


@pytest.mark.parametrize(
    "tree, expected",
    [
        (with_("sampling", samples=0), "sampling.samples: got 0, expected a whole number from 1 to 1,073,741,824"),
        (with_("sampling", samples=2.5), "sampling.samples: got 2.5, expected a whole number from 1 to"),
        (with_("sampling", method="random"), "sampling.method: got 'random', expected sobol or lhs"),
        (with_("sampling", spreads=["fronts"]), "sampling.spreads[0]: got 'fronts', expected structures, restitution, restraints or risk"),
        (with_("sampling", sead=1), "sampling.sead: unknown field; did you mean 'seed'?"),
        (with_("risk", occupant_age={"uniform": {"from": "30 years", "to": "40 years"}}),
         "risk.occupant_age.uniform: got a distribution, expected one number here"),
        (study("270 kN"), "sampling: no impact has a number that is a distribution, so there is nothing to draw"),
        (study(sweep={PLATEAU: ["200 kN", "300 kN"]}),
         f"impacts.x.sweep.'{PLATEAU}': is a distribution (uniform from 200 kN to 300 kN): sweep it or draw it"),
        (study(sweep={"speed.kei": [{"uniform": {"from": "1 m/s", "to": "2 m/s"}}]}),
         "impacts.x.sweep.'speed.kei'[0].uniform: got a distribution, expected one number here"),
        (study(sweep={"speed.kei": {"from": "1 m/s", "to": "9 m/s", "points": 101}}, samples=1_000_000_000), "sampling.samples: got 101 points x 1,000,000,000 samples = 101,000,000,000 cases, expected at most 10,000,000,000"),
    ],
)  # fmt: skip
def test_mistakes_around_the_distributions(tree, expected):
    (found,) = problems_of(tree)
    assert found.startswith(expected)


def test_ten_million_samples_are_allowed_and_checked_in_part():
    (impact,) = load_study(study(samples=10_000_000)).impacts
    assert impact.count == 10_000_000
    assert checks.samples_checked(impact) == checks.DRAWN


def test_an_impossible_sample_is_named_in_the_units_as_typed():
    (found,) = problems_of(study({"uniform": {"from": "300 kN", "to": "800 kN"}}))
    assert found.startswith(f"{PLATEAU}: the plateau begins at")
    assert f"(first where {PLATEAU} = " in found


def test_an_impossible_sample_beyond_the_checked_ones_is_refused_by_the_engine():
    (impact,) = load_study(study(samples=100_000)).impacts
    assert always_possible(impact)
    (number,) = impact.random
    wide = replace(impact, random=(replace(number, distribution=Normal(400e3, 60e3)),))
    assert not always_possible(wide)
    first = int(np.argmax(cases.swept(wide, 0, 100_000)[PLATEAU] > 0.48 * 1.2e6))  # the plateau begins beyond the front
    with pytest.raises(StructureError, match=f"the numbers drawn in case {first} make an impossible crash"):
        require_possible(wide, 0, cases.build(wide))


def test_without_distributions_scipy_is_not_imported():
    code = ("import sys; from crashsim.config.study import load_study; load_study('urban'); "
            "sys.exit(any(m.split('.')[0] == 'scipy' for m in sys.modules))")  # fmt: skip
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ---- reductions --------------------------------------------------------------------------------------------------------

COLUMNS = ("closing_speed", "delta_v", "dynamic_crush", "energy_residual", "risk_mais3plus")


def fast_pair(samples):
    """A study some of whose samples are beyond the model."""
    sweep = {"speed.kei": ["20 mph", "72 mph"]}
    return load_study(study({"normal": {"mean": "230 kN", "sd": "25 kN", "from": "100 kN", "to": "320 kN"}},
                            samples=samples, sweep=sweep))  # fmt: skip


@pytest.fixture(scope="module")
def large():
    """More samples than one block, all rows kept."""
    kept = []
    loaded = fast_pair(stream.BLOCK + 5_000)
    found = list(stream.cells(loaded, columns=COLUMNS, keep=kept.append))
    return loaded, found, local.joined(kept)


def counted(rows, cell, samples, name):
    """The numbers of a cell that count, straight from the rows."""
    here = (rows["vehicle"] == cell.vehicle) & (rows["case"] // samples == cell.index)
    allowed = (OK, BEYOND_MODEL) if name in stream.STANDING else (OK,)
    return rows[name][here & np.isin(rows["status"], allowed)]


def test_streaming_equals_numpy_on_all_rows(large):
    loaded, found, rows = large
    samples = loaded.impacts[0].samples
    assert [(c.index, c.vehicle) for c in found] == [(0, "kei"), (0, "pickup"), (1, "kei"), (1, "pickup")]
    assert sum(c.statuses[BEYOND_MODEL] for c in found) > 0
    for cell in found:
        here = (rows["vehicle"] == cell.vehicle) & (rows["case"] // samples == cell.index)
        for status in (OK, BEYOND_MODEL, FAILED):
            assert cell.statuses[status] == np.count_nonzero(rows["status"][here] == status)
        for j, name in enumerate(COLUMNS):
            x = counted(rows, cell, samples, name)
            assert (cell.count[j], cell.least[j], cell.largest[j]) == (x.size, x.min(), x.max())
            np.testing.assert_allclose(cell.mean[j], x.mean(), rtol=1e-12, atol=1e-15)
            np.testing.assert_allclose(cell.sd[j], x.std(ddof=1), rtol=1e-9, atol=1e-13 * abs(x.mean()))
            exact = np.quantile(x, stream.SHARES)
            assert np.all(np.abs(cell.quantiles[:, j] - exact) <= np.maximum(np.abs(exact) / 256, 2.0**-20))
            edges, counts = cell.histogram(name)
            np.testing.assert_array_equal(counts, np.histogram(x, edges)[0])
            assert counts.sum() == x.size


def test_a_cell_of_one_block_has_exact_quantiles():
    kept = []
    loaded = fast_pair(200)
    for cell in stream.cells(loaded, columns=COLUMNS, keep=kept.append, chunk=1000):
        for j, name in enumerate(COLUMNS):
            x = counted(local.joined(kept), cell, 200, name)
            np.testing.assert_allclose(cell.quantiles[:, j], np.quantile(x, stream.SHARES), rtol=1e-14, atol=1e-300)


@pytest.mark.parametrize("threads, chunk", [(1, 1), (2, 40_000), (3, stream.BLOCK)])
def test_neither_threads_nor_chunks_change_a_bit(large, threads, chunk):
    loaded, found, _ = large
    for one, two in zip(found, stream.cells(loaded, columns=COLUMNS, threads=threads, chunk=chunk), strict=True):
        for name in ("count", "mean", "sd", "least", "largest", "quantiles", "bins"):
            np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


def test_small_cells_do_not_depend_on_chunks_either():
    loaded = fast_pair(100)
    wide, narrow = (stream.reduce(loaded, chunk=chunk, threads=2)[0] for chunk in (1, 100_000))
    for name, values in wide.items():
        np.testing.assert_array_equal(values, narrow[name])


def test_moments_of_parts_and_of_nothing():
    rng = np.random.default_rng(1)
    values = rng.normal(1e6, 1.0, (3, 1000))
    values[1, ::3], values[2] = np.nan, np.nan
    whole = tally.merged(tally.moments(values[:, :300].copy()), tally.moments(values[:, 300:].copy()))
    np.testing.assert_allclose(whole[:2, :2], tally.moments(values)[:2, :2], rtol=1e-15)
    np.testing.assert_allclose(whole[2, :2], [np.nanvar(v) * np.isfinite(v).sum() for v in values[:2]], rtol=1e-9)
    assert whole[0, 2] == 0


def test_bins_are_in_the_order_of_the_numbers():
    edges = tally.edges()
    assert np.all(np.diff(edges) > 0)
    assert len(edges) == tally.BINS + 1
    x = np.concatenate(
        [s * np.geomspace(1e-9, 1e16, 5000) for s in (-1.0, 1.0)] + [[0.0, -0.0, np.inf, -np.inf, np.nan]]
    )
    inside = np.clip(
        x[np.isfinite(x)], edges[1] * (1 + 1e-9), edges[-2] * (1 + 1e-9)
    )  # the end bins hold what is beyond
    expected = np.histogram(inside, edges)[0]
    expected[[0, -1]] += 1
    np.testing.assert_array_equal(tally.counted(x[None])[0], expected)


# ---- results -----------------------------------------------------------------------------------------------------------


def test_a_run_has_the_medians_the_bands_and_the_samples(tmp_path):
    loaded = fast_pair(128)
    results = crashsim.run(loaded)
    assert len(results) == 4
    assert (len(results.bands), len(results.samples)) == (4, 2 * 2 * 128)
    assert sum(results.meta["samples"].values()) == 256
    assert results.meta["seed"] == 1
    slow = {"vehicle": "kei", "speed.kei": "20 mph"}
    x = results.samples["dynamic_crush"].sel(vehicle="kei").values[:128]
    band = [results.bands[f"dynamic_crush.{s}"].sel(**slow).item() for s in ("p05", "mean", "p95")]
    np.testing.assert_allclose(band, [np.quantile(x, 0.05), x.mean(), np.quantile(x, 0.95)], rtol=1e-12)
    assert band[0] < results["dynamic_crush"].sel(**slow).item() < band[2]
    assert results.bands["dynamic_crush.p95"].unit == "m"
    assert results.samples.dimensions[PLATEAU] == "force"
    read = crashsim.load(results.save(tmp_path / "r"))
    for own, again in ((results.bands, read.bands), (results.samples, read.samples)):
        assert list(own.columns) == list(again.columns)
        for name, values in own.columns.items():
            np.testing.assert_array_equal(values, again.columns[name])
    head, first, *_ = (tmp_path / "r" / "bands.csv").read_text().splitlines()
    assert head.startswith(
        "impact,vehicle,partner,end,case,speed.kei [mph],cases,ok,beyond_model,failed,quantity,unit,count,"
    )
    assert first.startswith("x,kei,pickup,front,0,20,128,128,0,0,closing_speed,mph,128,70,0,70,70,")


def test_reduce_gives_the_bands_alone():
    loaded = fast_pair(128)
    bands = crashsim.reduce(loaded, columns=["delta_v"])
    whole = crashsim.run(loaded).bands
    np.testing.assert_array_equal(bands["delta_v.p95"].values, whole["delta_v.p95"].values)
    assert "dynamic_crush.mean" not in bands.columns
    with pytest.raises(CrashsimError, match="no metric 'dleta_v'; did you mean 'delta_v'"):
        crashsim.reduce(loaded, columns=["dleta_v"])
    with pytest.raises(CrashsimError, match="no number of this study is a distribution"):
        crashsim.reduce("urban")


def test_an_axis_of_one_value_is_no_sample():
    (impact,) = load_study(study(samples=16)).impacts
    axis = Axis(("speed.kei",), np.array([[3.0], [4.0]]), ("speed",))
    assert replace(impact, axes=(axis,)).count == 32
    assert replace(impact, axes=(axis,), random=()).count == 2
