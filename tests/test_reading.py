"""Reading results back: columns as grids, rows of large datasets without the rest of them, and other programs' one-liners."""

from __future__ import annotations

import ast
import re
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import CliRunner

import crashsim
from crashsim.cli import cli
from crashsim.engine import groups, store
from crashsim.output import workers
from crashsim.results import lazy
from crashsim.results.lazy import ParquetColumns

SPEEDS = [20.0, 30.0, 60.0]  # mph
TREE = {
    "name": "read",
    "vehicles": {
        "kei": {"use": "kei-car", "front": {"plateau": {"uniform": {"from": "200 kN", "to": "260 kN"}}}},
        "pickup": {"use": "full-size-pickup"},
    },
    "impacts": {
        "wall": {"type": "wall", "between": ["kei", "block"], "speed": {"kei": "25 mph"}, "sweep": {"vehicles.kei.mass": ["800 kg", "900 kg"]}},
        "head-on": {
            "type": "head-on", "between": ["kei", "pickup"], "speed": {"kei": "25 mph", "pickup": "25 mph"},
            "sweep": {"speed.kei": [f"{v} mph" for v in SPEEDS], "zip": {"vehicles.kei.mass": ["800 kg", "900 kg"], "vehicles.pickup.mass": ["2 t", "3 t"]}},
        },
    },
    "sampling": {"samples": 64, "spreads": []},
    "output": {"store": "all"},
}  # fmt: skip
TREE["vehicles"]["block"] = {"use": "rigid-wall"}
GRID = {
    **TREE,
    "name": "grid",
    "vehicles": {"kei": {"use": "kei-car"}, "pickup": {"use": "full-size-pickup"}},
    "impacts": {"head-on": {**TREE["impacts"]["head-on"], "sweep": {
        "speed.kei": {"from": "10 mph", "to": "60 mph", "points": 101}, "vehicles.kei.mass": ["800 kg", "900 kg", "1 t", "1.1 t"]}}},
    "sampling": {"samples": 1},
    "output": {},
}  # fmt: skip


def run(tree, folder, *options):
    path = folder / f"{tree['name']}.yaml"
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    out = folder / tree["name"]
    return CliRunner().invoke(cli, ["run", str(path), "--out", str(out), *options]), out


@pytest.fixture(scope="module", autouse=True)
def small():
    """Large runs in small, without figures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(groups, "BLOCK", 128)
        patch.setattr(groups, "MOST_BLOCKS", 1)
        patch.setattr(store, "MOST_WHOLE", 300)
        patch.setattr(store, "SHOWN", 60)
        patch.setattr(workers, "write_figures", lambda *_: [])
        yield


@pytest.fixture(scope="module")
def memory():
    """What the study finds, in memory."""
    return crashsim.run(TREE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The same run in a folder."""
    done, out = run(TREE, tmp_path_factory.mktemp("run"), "--quiet")
    assert done.exit_code == 0, done.output
    return out


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A grid too large for memory, in a folder."""
    done, out = run(GRID, tmp_path_factory.mktemp("large"), "--quiet")
    assert done.exit_code == 0, done.output
    return out


@pytest.fixture
def reads(monkeypatch):
    """The row groups that were read, as (column, file, index)."""
    found = []
    column = ParquetColumns._column

    def counted(self, file, group, name):
        found.append((name, group.file.name, group.index))
        return column(self, file, group, name)

    monkeypatch.setattr(ParquetColumns, "_column", counted)
    return found


# ---- grids -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["memory", "folder"])
def test_a_grid_has_the_shape_of_the_sweep(request, where):
    results = request.getfixturevalue(where)
    results = crashsim.load(results) if isinstance(results, Path) else results
    found = results.grid("closing_speed", impact="head-on", vehicle="pickup")
    assert found.dims == ("speed.kei", "vehicles.kei.mass")
    assert found.values.shape == (3, 2)
    np.testing.assert_allclose(found.to("mph"), np.array(SPEEDS)[:, None] + [[25.0, 25.0]])
    assert {path: dim for path, (dim, _) in found.coords.items()} == {
        "speed.kei": "speed.kei", "vehicles.kei.mass": "vehicles.kei.mass", "vehicles.pickup.mass": "vehicles.kei.mass",
    }  # fmt: skip
    np.testing.assert_array_equal(found.coords["vehicles.pickup.mass"][1], [2000.0, 3000.0])
    assert (found.unit, np.asarray(found).shape) == ("m/s", (3, 2))
    assert results.grid("status", "wall").values.tolist() == ["ok", "ok"]


@pytest.mark.parametrize("where", ["memory", "folder"])
def test_samples_stand_last_and_agree_with_their_bands(request, where):
    results = request.getfixturevalue(where)
    results = crashsim.load(results) if isinstance(results, Path) else results
    samples = results.samples.grid("dynamic_crush", "head-on", "kei")
    assert samples.dims == ("speed.kei", "vehicles.kei.mass", "sample")
    assert samples.values.shape == (3, 2, 64)
    median = results.bands.grid("dynamic_crush.p50", "head-on", "kei")
    counted = results.bands.grid("dynamic_crush.count", "head-on", "kei").values == 64
    assert counted.any()
    np.testing.assert_allclose(median.values[counted], np.median(samples.values, axis=-1)[counted], rtol=1e-12)
    drawn = results.samples.grid("vehicles.kei.front.plateau", "head-on", "kei").values
    np.testing.assert_array_equal(drawn, np.broadcast_to(drawn[0, 0], drawn.shape))  # the same samples at every point


def test_what_is_no_grid_is_told(memory):
    for call, words in (
        (lambda: memory.grid("delta_v"), r"grid: which impact\? \(known: wall, head-on\)"),
        (lambda: memory.grid("delta_v", "head-on"), r"grid: which vehicle\? \(known: kei, pickup\)"),
        (lambda: memory.grid("delta_v", "head-in", "kei"), "did you mean 'head-on'"),
        (lambda: memory.grid("delta", "head-on", "kei"), "no column 'delta'"),
        (lambda: memory.sel(**{"speed.kei": "30 mph"}).grid("delta_v", "head-on", "kei"), "2 rows of head-on are here, expected all 6"),
    ):  # fmt: skip
        with pytest.raises(crashsim.CrashsimError, match=words):
            call()


def test_names_and_rows_of_a_table(memory, folder):
    assert "delta_v" in memory
    assert "delta" not in memory
    for results in (memory, crashsim.load(folder)):
        assert (len(results), len(results.samples), len(results.bands)) == (14, 14 * 64, 14)


# ---- large datasets ----------------------------------------------------------------------------------------------------


def test_of_a_dataset_only_what_is_looked_at_is_read(folder, reads):
    whole = crashsim.load(folder)
    assert reads == []
    rows = whole.samples.sel(impact="head-on", case=300)
    assert rows["vehicle"].values.tolist() == ["kei", "pickup"]
    parts = {(file, index) for _, file, index in reads}
    assert len(parts) == 1  # the row group of that case
    assert {name for name, *_ in reads} == {"case", "vehicle"}
    reads.clear()
    whole.samples.grid("delta_v", "wall")
    assert {name for name, *_ in reads} == {"case", "delta_v"}
    assert len({(file, index) for _, file, index in reads}) == 1


def test_selections_of_a_dataset_are_those_of_memory(folder, memory):
    lazily, here = crashsim.load(folder).samples, memory.samples
    for labels in (
        {"impact": "head-on"},
        {"impact": "head-on", "vehicle": "pickup", "speed.kei": "30 mph"},
        {"vehicle": "kei", "status": "ok"},
        {"case": 17},
        {"overridden": False, "case": np.int64(3)},
    ):
        one, two = lazily.sel(**labels), here.sel(**labels)
        column, again = (rows["delta_v"].sel(end="front") for rows in (one, two))
        np.testing.assert_array_equal(column.values, again.values)
        for name in ("impact", "case", "vehicle", "delta_v", "vehicles.kei.front.plateau"):
            np.testing.assert_array_equal(one.columns[name], two.columns[name])
    for labels in ({"vehicle": "kie"}, {"impact": "wall", "vehicle": "pickup"}, {"case": 999}, {"speed.kei": "31 mph"}):
        with pytest.raises(crashsim.CrashsimError) as one:
            lazily.sel(**labels)
        with pytest.raises(crashsim.CrashsimError) as two:
            here.sel(**labels)
        assert str(one.value) == str(two.value)


def test_rows_come_in_the_order_asked_for(folder, memory):
    rows = np.array([500, 3, 3, 890, 0])
    lazily, here = crashsim.load(folder).samples.where(rows), memory.samples.where(rows)
    for name in ("delta_v", "vehicle", "case"):
        np.testing.assert_array_equal(lazily.columns[name], here.columns[name])
    again = lazily.where(np.array([True, False, False, True, True]))
    np.testing.assert_array_equal(again.columns["delta_v"], here.columns["delta_v"][[0, 3, 4]])
    none = lazily.where(np.zeros(5, dtype=bool))
    assert (len(none), none.columns["delta_v"].dtype, none.columns["vehicle"].size) == (0, np.float64, 0)


def test_memory_is_that_of_what_is_looked_at(tmp_path):
    """A million rows in parts: one number of one case."""
    import pyarrow as pa

    size, number = 50_000, 20
    texts = {name: pa.array([text] * size).dictionary_encode() for name, text in (("impact", "i"), ("vehicle", "kei"))}
    parts = tmp_path / "results.parquet"
    parts.mkdir()
    for i in range(number):
        cases = np.arange(size) + size * i
        pq.write_table(pa.table({**texts, "case": cases, "x": 2.0 * cases}), parts / f"part-{i:07d}.parquet")
    whole = crashsim.Results(ParquetColumns(parts), {}, (), {"impacts": {}})
    tracemalloc.start()
    assert whole.sel(impact="i", case=654_321)["x"].values.tolist() == [2.0 * 654_321]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2e6  # bytes; one column has 8 MB


def test_what_no_memory_holds_is_not_read_at_once(folder, monkeypatch):
    monkeypatch.setattr(lazy, "MOST_ROWS", 300)
    samples = crashsim.load(folder).samples
    with pytest.raises(crashsim.OutputError, match="896 rows, at most 300 are read at a time; select some first"):
        samples["delta_v"]
    assert len(samples.sel(impact="wall")["delta_v"]) == 128


def test_a_sample_of_the_rows_is_no_grid(tmp_path):
    done, out = run({**TREE, "output": {"store": "sample 100"}}, tmp_path, "--quiet")
    assert done.exit_code == 0, done.output
    rows = crashsim.load(out).samples
    with pytest.raises(crashsim.CrashsimError, match="rows of head-on are here, expected all 6 points"):
        rows.grid("delta_v", "head-on", "kei")
    assert len(rows.sel(impact="wall")) < 128


def test_a_large_grid_is_read_whole_and_told_as_it_was(large):
    whole = crashsim.load(large)
    assert whole.grid("delta_v", vehicle="kei").values.shape == (101, 4)
    memory = crashsim.run(GRID)
    np.testing.assert_array_equal(
        whole.grid("delta_v", vehicle="kei").values, memory.grid("delta_v", vehicle="kei").values
    )
    assert whole.meta["status"] == memory.meta["status"]
    again, _ = run(GRID, large.parent)
    assert again.exit_code == 0, again.output
    assert "already done" in again.output
    anew, _ = run(GRID, large.parent, "--force")
    assert anew.output.splitlines()[:-1] == again.output.splitlines()[:-1]


@pytest.mark.parametrize("kept", ["reductions", "sample 50"])
def test_a_large_grid_without_its_rows_is_told_the_same_again(large, tmp_path, kept):
    said = [run({**GRID, "output": {"store": kept}}, tmp_path)[0] for _ in range(2)]
    assert "already done" in said[1].output
    assert said[0].output.splitlines()[:-1] == said[1].output.splitlines()[:-1]
    results = crashsim.load(tmp_path / GRID["name"])
    if kept == "reductions":
        assert results.grid("delta_v", vehicle="kei").values.size == len(results) // 2 <= 101
    else:
        assert len(results) == 100
        speeds = crashsim.load(large).sel(case=int(results.columns["case"][0]))["speed.kei"].values
        assert results.columns["speed.kei"][0] == speeds[0]


# ---- other programs ----------------------------------------------------------------------------------------------------


def documented(begin, **names):
    """What the line of the documentation that begins so gives, in the folder of a run."""
    page = (Path(__file__).parents[1] / "docs" / "large_runs.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    lines = [ast.unparse(statement) for block in blocks for statement in ast.parse(block).body]
    (line,) = [line for line in lines if line.startswith(begin)]
    return eval(line, names)


@pytest.fixture
def mean(folder, monkeypatch):
    """The mean delta-v of the kei in all samples of the head-on crash; the current folder is that of the run."""
    monkeypatch.chdir(folder)
    rows = crashsim.load(folder).samples.sel(impact="head-on", vehicle="kei")
    return pytest.approx(rows["delta_v"].values.mean(), rel=1e-12)


def test_duckdb_reads_the_rows(mean):
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    assert documented("duckdb.", duckdb=duckdb).fetchall() == [(mean,)]


def test_pandas_reads_the_rows(mean):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    assert documented("pandas.", pandas=pandas)["delta_v"].mean() == mean


def test_polars_reads_the_rows(mean):
    polars = pytest.importorskip("polars", reason="polars is not installed")
    assert documented("polars.", polars=polars).item() == mean


def test_a_grid_opens_in_xarray(memory):
    xarray = pytest.importorskip("xarray", reason="xarray is not installed")
    grid = memory.grid("delta_v", "head-on", "kei")
    array = documented("xarray.", xarray=xarray, grid=grid)
    assert array.sel({"speed.kei": 60 * 0.44704}, method="nearest").values.tolist() == grid.values[2].tolist()
    assert array.attrs["units"] == "m/s"


# ---- spreadsheets ------------------------------------------------------------------------------------------------------


def test_totals_run_no_formula_in_a_spreadsheet(memory, tmp_path):
    evil = "=cmd|' /C calc'!A0"
    columns = {
        "impact": np.array([evil, "b"]),
        "vehicle": np.array(["kei", "@x\ny"]),
        "delta_v.mean": np.array([1.0, -2.0]),
    }
    totals = crashsim.Results(columns, {"delta_v.mean": "speed"}, (), {**memory.meta, "units": "si"})
    replace(memory, totals=totals).save(tmp_path / "r")
    lines = (tmp_path / "r" / "totals.csv").read_text().splitlines()
    assert lines[1:] == [f"'{evil},kei,delta_v,km/h,3.6", "b,'@x y,delta_v,km/h,-7.2"]
