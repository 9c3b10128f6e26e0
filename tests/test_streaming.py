"""Runs into a folder: the same bits however they are cut, stopped, resumed, sharded or spread; nothing lost, doubled or torn."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import CliRunner

import crashsim
from crashsim.cli import cli
from crashsim.commands.progress import Meter, spoken
from crashsim.engine import groups, shards, store, stream, work
from crashsim.engine.folder import folder_of, running_into
from crashsim.engine.groups import State, unpacked
from crashsim.engine.running import compute_groups, found, on_threads
from crashsim.engine.thin import thinned
from crashsim.errors import CrashsimError, OutputError
from crashsim.output import workers

SAMPLES = 512
TREE = {
    "name": "flood",
    "vehicles": {
        "kei": {"use": "kei-car", "front": {"plateau": {"normal": {"mean": "230 kN", "sd": "25 kN", "from": "150 kN", "to": "310 kN"}}}},
        "pickup": {"use": "full-size-pickup"},
    },
    "impacts": {
        "head-on": {"type": "head-on", "speed": {"kei": "25 mph", "pickup": "25 mph"}, "sweep": {"speed.kei": ["20 mph", "30 mph", "60 mph"]}},
        "wall": {"type": "wall", "between": ["kei", "pickup"], "speed": {"kei": "25 mph", "pickup": "25 mph"}},
    },
    "sampling": {"samples": SAMPLES, "spreads": []},
    "output": {"store": "all"},
}  # fmt: skip
TREE["impacts"]["wall"] = {
    "type": "rear-end",
    "between": ["kei", "pickup"],
    "speed": {"kei": "35 mph", "pickup": "0 mph"},
}


@pytest.fixture(autouse=True)
def small_groups(monkeypatch):
    """Groups of 128 cases: large runs in small."""
    monkeypatch.setattr(groups, "BLOCK", 128)
    monkeypatch.setattr(groups, "MOST_BLOCKS", 1)


def study(**changes):
    return crashsim.load_study({**TREE, **changes})


def computed(loaded, folder, *, threads=2, chosen=lambda _: True):
    """The groups of a study into a folder under way; the folder."""
    with running_into(folder, loaded) as under_way:
        compute_groups(store.task(loaded), under_way, on_threads(threads), chosen=chosen)
        raise Enough
    return under_way.folder


class Enough(Exception):
    """Leave the run under way as it is."""


def under_way(loaded, folder, **options):
    with pytest.raises(Enough):
        computed(loaded, folder, **options)
    return work.work_folder(folder)


def digest(folder):
    """Hash of all parts and states, in order."""
    whole = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix in (".parquet", ".state")):
        whole.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return whole.hexdigest()


# ---- groups ------------------------------------------------------------------------------------------------------------


def test_groups_follow_each_other_and_hold_every_case_once():
    for samples in (1, 50, 128, 512):
        of = store.task(study(sampling={"samples": samples, "method": "lhs"} if samples > 1 else {"samples": 64}))
        for i, impact in enumerate(of.plan.impacts):
            own = [g for g in of.plan.groups if g.impact == i]
            assert [g.first for g in own[1:]] == [g.last for g in own[:-1]]
            assert (own[0].first, own[-1].last) == (0, impact.count)
        assert [g.number for g in of.plan.groups] == list(range(len(of.plan.groups)))


def test_a_state_is_read_back_as_it_was_and_damage_is_seen():
    of = store.task(study())
    state = groups.compute(of.plan, of.plan.groups[1])
    packed = state.packed()
    assert packed == groups.compute(of.plan, of.plan.groups[1], chunk=16).packed()
    for name, values in vars(unpacked(packed)).items():
        np.testing.assert_array_equal(values, getattr(state, name))
    assert isinstance(unpacked(packed), State)
    for broken in (packed[: len(packed) // 2], b"", b"PK", packed[:8] + bytes(len(packed)), b"\xff" * 8 + packed[8:]):
        with pytest.raises(ValueError, match="not a state"):
            unpacked(broken)


def test_a_group_gives_up_when_asked():
    of = store.task(study())
    with pytest.raises(groups.Stopped):
        groups.compute(of.plan, of.plan.groups[0], stopped=lambda: True)


# ---- the same bits -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The digest of a run under way that nothing has disturbed, and its folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(groups, "BLOCK", 128)
        patch.setattr(groups, "MOST_BLOCKS", 1)
        folder = under_way(study(), tmp_path_factory.mktemp("whole") / "r", threads=1)
    return digest(folder), folder


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_change_nothing(undisturbed, tmp_path, threads):
    assert digest(under_way(study(), tmp_path / "r", threads=threads)) == undisturbed[0]


def test_what_was_stopped_goes_on_and_ends_in_the_same_bits(undisturbed, tmp_path):
    loaded = study()
    for step in range(1, 4):  # a quarter of the groups each time
        under_way(loaded, tmp_path / "r", chosen=lambda g, step=step: g.number % 4 < step)
    assert digest(under_way(loaded, tmp_path / "r")) == undisturbed[0]


def test_nothing_that_is_done_is_computed_again(tmp_path):
    loaded = study()
    folder = under_way(loaded, tmp_path / "r")
    before = {p: p.stat().st_mtime_ns for p in folder.rglob("*.state")}
    under_way(loaded, tmp_path / "r")
    assert before == {p: p.stat().st_mtime_ns for p in folder.rglob("*.state")}


def test_streamed_bands_equal_those_of_memory(tmp_path):
    loaded = study()
    place = work.Work(under_way(loaded, tmp_path / "r"), {})
    of = store.task(loaded)
    points, totals = stream.folded(of.plan, found(of, place))
    streamed, _ = stream.rows_of(loaded, of.plan.names, points)
    memory, _ = stream.reduce(loaded)
    assert list(streamed) == list(memory)
    for name, values in memory.items():
        np.testing.assert_array_equal(streamed[name], values)
    rows = crashsim.run(loaded).samples
    kei = rows.sel(impact="head-on", vehicle="kei")
    whole = next(cell for cell in totals if (cell.impact, cell.vehicle) == ("head-on", "kei"))
    speed = kei["delta_v"].values
    at = whole.columns.index("delta_v")
    assert (whole.count[at], whole.least[at], whole.largest[at]) == (speed.size, speed.min(), speed.max())
    np.testing.assert_allclose(whole.mean[at], speed.mean(), rtol=1e-13)
    assert np.all(np.abs(whole.quantiles[:, at] - np.quantile(speed, stream.SHARES)) <= speed.max() / 256)
    histogram = stream.histograms_of(totals)
    assert (
        histogram["count"][(histogram["quantity"] == "delta_v") & (histogram["impact"] == "head-on")].sum()
        == 2 * speed.size
    )


# ---- damage ------------------------------------------------------------------------------------------------------------


def test_a_torn_journal_loses_one_group_and_no_more(undisturbed, tmp_path):
    loaded = study()
    journal = under_way(loaded, tmp_path / "r") / work.JOURNAL
    data = journal.read_bytes()
    for cut in (len(data) - 1, len(data) - 20, data.rfind(b"\n", 0, -1) + 1):
        journal.write_bytes(data[:cut])
        assert digest(under_way(loaded, tmp_path / "r")) == undisturbed[0]
        lines = journal.read_bytes().splitlines()
        assert sorted(json.loads(line)["group"] for line in lines[1:]) == list(range(len(lines) - 1))


@pytest.mark.parametrize("harm", ["flip", "cut", "remove"])
def test_a_damaged_file_is_computed_again(undisturbed, tmp_path, harm):
    loaded = study()
    folder = under_way(loaded, tmp_path / "r")
    for victim in (sorted(folder.rglob("*.state"))[2], sorted(folder.rglob("*.parquet"))[-1]):
        if victim.is_dir():
            continue
        data = bytearray(victim.read_bytes())
        data[len(data) // 2] ^= 1
        if harm == "remove":
            victim.unlink()
        else:
            victim.write_bytes(data if harm == "flip" else data[:-10])
    assert digest(under_way(loaded, tmp_path / "r")) == undisturbed[0]


def test_half_written_files_are_swept_away(tmp_path):
    loaded = study()
    folder = under_way(loaded, tmp_path / "r", chosen=lambda g: g.number == 0)
    (folder / store.SAMPLES / f"part-0000003.parquet{work.TEMPORARY}").write_bytes(b"half")
    under_way(loaded, tmp_path / "r")
    assert not list(folder.rglob(f"*{work.TEMPORARY}"))


def test_another_study_another_seed_and_a_stranger_are_refused(tmp_path):
    under_way(study(), tmp_path / "r", chosen=lambda g: g.number < 2)
    for changes, words in (
        ({"sampling": {"samples": SAMPLES, "spreads": [], "seed": 2}}, r"sampling\.seed: 1 there, 2 here"),
        ({"output": {"store": "sample 10"}}, "store: all there, 10 here"),
    ):
        with pytest.raises(OutputError, match=f"another run is under way there .*{words}.*--force throws it away"):
            under_way(study(**changes), tmp_path / "r")
    strange = work.work_folder(tmp_path / "s")
    strange.mkdir()
    (strange / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"holds files that crashsim did not write \(mine\.txt\)"):
        under_way(study(), tmp_path / "s")
    assert (strange / "mine.txt").read_text() == "mine"


def test_a_second_writer_is_refused(tmp_path):
    with (
        pytest.raises(OutputError, match=f"another crashsim is writing there .process {os.getpid()}"),
        running_into(tmp_path / "r", study()),
        running_into(tmp_path / "r", study()),
    ):
        pytest.fail("both write")
    assert list(tmp_path.iterdir()) == []


def test_a_run_without_a_finished_group_leaves_nothing(tmp_path):
    with pytest.raises(Enough), running_into(tmp_path / "r", study()):
        raise Enough
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounting a small disk takes root on Linux")
def test_a_full_disk_keeps_what_was_finished_and_a_larger_one_goes_on(undisturbed, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1200k", "tmpfs", disk], capture_output=True, check=False
    ).returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        with pytest.raises(OutputError, match=r"No space left on device; [0-9]+ finished parts are kept"):
            under_way(study(), disk / "r")
        kept = list(work.work_folder(disk / "r").rglob("*.state"))
        assert kept
        before = {path: path.stat().st_mtime_ns for path in kept}
        subprocess.run(["mount", "-o", "remount,size=200m", disk], check=True)
        assert digest(under_way(study(), disk / "r")) == undisturbed[0]
        assert before == {path: path.stat().st_mtime_ns for path in kept}
    finally:
        subprocess.run(["umount", disk], check=True)


# ---- what is kept ------------------------------------------------------------------------------------------------------


def test_a_sample_is_so_many_cases_spread_over_all():
    for count, kept in ((1000, 1000), (1000, 7), (10**9, 1000), (513, 100)):
        whole = store.sampled(count, kept, 0, count)
        assert len(whole) == kept == len(np.unique(whole))
        edges = np.arange(kept + 1) * count // kept
        assert np.all((edges[:-1] <= whole) & (whole < edges[1:]))  # one in each stratum
        cut = count // 3
        np.testing.assert_array_equal(
            np.concatenate([store.sampled(count, kept, 0, cut), store.sampled(count, kept, cut, count)]), whole
        )


@pytest.mark.parametrize("kept, cases", [("all", 4 * SAMPLES), ("sample 100", 100), ("reductions", 0)])
def test_what_is_stored_is_what_was_asked_for(tmp_path, kept, cases):
    folder = under_way(study(output={"store": kept}), tmp_path / "r")
    parts = sorted(p for p in folder.rglob("part-*.parquet"))
    rows = [pq.read_table(p) for p in parts]
    assert sum(len(t) for t in rows) == 2 * cases
    assert len({str(t.schema) for t in rows}) <= 1  # the same columns in all
    if kept == "sample 100":
        whole = crashsim.run(study()).samples.columns
        own = {
            (i, c, v): x
            for t in rows
            for i, c, v, x in zip(*(t[n].to_pylist() for n in ("impact", "case", "vehicle", "delta_v")), strict=True)
        }
        every = zip(whole["impact"], whole["case"], whole["vehicle"], whole["delta_v"], strict=True)
        assert sum(own.get((i, c, v)) == x for i, c, v, x in every) == 2 * cases


def test_a_grid_too_large_for_memory_is_thinned_for_its_figures():
    sweep = {
        "speed.kei": {"from": "10 mph", "to": "70 mph", "points": 301},
        "vehicles.kei.mass": {"from": "700 kg", "to": "1100 kg", "points": 41},
    }
    tree = {**TREE, "vehicles": {v: {"use": u} for v, u in (("kei", "kei-car"), ("pickup", "full-size-pickup"))},
            "impacts": {"head-on": {**TREE["impacts"]["head-on"], "sweep": sweep}}, "sampling": {"samples": 1},
            "output": {"pulses": [{"name": "odd", "impact": "head-on", "at": {"speed.kei": "23.2 mph", "vehicles.kei.mass": "730 kg"}}]}}  # fmt: skip
    whole = crashsim.load_study(tree)
    few = thinned(whole, 500)
    (impact,), (case,) = few.impacts, few.named_cases
    assert impact.count <= 700
    for axis, every in zip(impact.axes, whole.impacts[0].axes, strict=True):
        assert axis.values[[0, -1]].tolist() == every.values[[0, -1]].tolist()
        assert np.isin(axis.values, every.values).all()
    at = np.unravel_index(case.index, impact.shape)
    np.testing.assert_allclose([a.values[i, 0] for a, i in zip(impact.axes, at, strict=True)], [23.2 * 0.44704, 730.0])


def test_a_grid_too_large_for_memory_is_written_as_it_comes(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "MOST_WHOLE", 300)
    monkeypatch.setattr(workers, "write_figures", lambda *_: [])
    tree = {**TREE, "vehicles": {"kei": {"use": "kei-car"}, "pickup": {"use": "full-size-pickup"}}, "sampling": {"samples": 1}, "output": {},
            "impacts": {"head-on": {**TREE["impacts"]["head-on"], "sweep": {"speed.kei": {"from": "10 mph", "to": "60 mph", "points": 401}}}}}  # fmt: skip
    path = tmp_path / "grid.yaml"
    path.write_text(yaml.safe_dump(tree))
    done = CliRunner().invoke(cli, ["run", str(path), "--out", str(tmp_path / "r"), "--quiet"])
    assert done.exit_code == 0, done.output
    rows = pq.read_table(sorted((tmp_path / "r" / "results.parquet").glob("*.parquet")))
    assert rows["case"].to_numpy()[::2].tolist() == list(range(401))
    (impact,) = crashsim.load_study(tree).impacts
    whole = crashsim.engine.local.rows(
        impact, 0, impact.count, crashsim.engine.risks.risk_settings(crashsim.load_study(tree)), 2
    )
    np.testing.assert_array_equal(rows["delta_v"].to_numpy(), whole["delta_v"])
    assert "of 401 points" in (tmp_path / "r" / "report.md").read_text()


# ---- shards ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "3", "3/3", "-1/3", "1/0", "a/b", "1/2/3", "0/10000000"])
def test_a_wrong_shard_is_told(text):
    with pytest.raises(CrashsimError, match=r"--shard: got .* expected I/N such as 3/64"):
        shards.parse(text)


def invoked(*arguments):
    return CliRunner().invoke(cli, list(map(str, arguments)))


def test_shards_merged_are_the_run_of_one_machine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(workers, "write_figures", lambda *_: [])
    Path("flood.yaml").write_text(yaml.safe_dump(TREE))
    assert invoked("run", "flood.yaml", "--quiet", "--out", "whole").exit_code == 0
    for i in range(3):
        assert invoked("run", "flood.yaml", "--shard", f"{i}/3", "--out", f"s{i}").exit_code == 0
    again = invoked("run", "flood.yaml", "--shard", "1/3", "--out", "s1")
    assert "already done: s1" in again.output
    short = invoked("merge", "flood.yaml", "s0", "s2", "--out", "r")
    assert isinstance(short.exception, OutputError)
    assert str(short.exception) == "not all shards are here: missing 1/3"
    done = invoked("merge", "flood.yaml", "s0", "s1", "s2", "--out", "r", "--quiet")
    assert done.exit_code == 0, done.output
    ours, theirs = (json.loads(Path(f, "manifest.json").read_text())["files"] for f in ("r", "whole"))
    assert ours == theirs
    assert not (Path("r") / work.STATES).exists()
    changed = next(Path("s1").rglob("part-*.parquet"))
    changed.write_bytes(changed.read_bytes()[:-1] + b"x")
    shutil.rmtree("r")
    assert "was changed since it was written" in str(
        invoked("merge", "flood.yaml", "s0", "s1", "s2", "--out", "r").exception
    )
    other = invoked("merge", "highway", "s0", "--out", "q")
    assert "s0: is a shard of another run (name: flood there, highway here)" in str(other.exception)


# ---- killed ------------------------------------------------------------------------------------------------------------

CHILD = """
from crashsim.engine import groups
from crashsim.output import workers
workers.write_figures = lambda *_: []
groups.BLOCK, groups.MOST_BLOCKS = 128, 1
from crashsim.config import draws
draws.DEFAULT_SAMPLES = 1
from crashsim.cli import main
main()
"""


def child(folder, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, *map(str, arguments)],
        cwd=folder,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def wait_for_groups(folder, count, process):
    """Until so many groups are in the journal."""
    journal = work.work_folder(folder) / work.JOURNAL
    for _ in range(3000):
        if process.poll() is not None or (journal.exists() and journal.read_bytes().count(b"\n") > count):
            return
        time.sleep(0.01)
    pytest.fail("the run does not come on")


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_killed_ended_and_interrupted_it_goes_on_to_the_same_bits(tmp_path):
    larger = {**TREE, "sampling": {"samples": 1024, "spreads": []}}
    (tmp_path / "flood.yaml").write_text(yaml.safe_dump(larger))
    for count, number, status in (
        (1, signal.SIGKILL, -9),
        (6, signal.SIGTERM, 143),
        (12, signal.SIGINT, 130),
        (20, signal.SIGKILL, -9),
    ):
        process = child(tmp_path, "run", "flood.yaml", "--out", "r", "--quiet")
        wait_for_groups(tmp_path / "r", count, process)
        process.send_signal(number)
        _, said = process.communicate(timeout=120)
        assert process.returncode == status, said
        assert not (tmp_path / "r").exists()
        if number != signal.SIGKILL:
            words = {signal.SIGTERM: "ended", signal.SIGINT: "interrupted"}[number]
            assert said == f"crashsim: {words}; what was finished is kept, and the same command goes on from it\n"
    for out in ("r", "whole"):
        process = child(tmp_path, "run", "flood.yaml", "--out", out, "--quiet")
        _, said = process.communicate(timeout=200)
        assert process.returncode == 0, said
    ours, theirs = (json.loads((tmp_path / f / "manifest.json").read_text())["files"] for f in ("r", "whole"))
    assert ours == theirs
    assert sorted(p.name for p in tmp_path.iterdir()) == ["flood.yaml", "r", "whole"]


# ---- progress ----------------------------------------------------------------------------------------------------------


def test_the_rate_is_that_of_this_run_and_the_time_left_follows():
    times = iter([0.0, 0.05, 10.0, 20.0])
    meter = Meter(lambda: next(times))
    assert meter.line(500, 2000) == "500 of 2,000 crashes (25 %)"
    assert meter.line(510, 2000) == ""  # too soon
    assert meter.line(1000, 2000) == "1,000 of 2,000 crashes (50 %), 50 a second, 20 s left"
    assert meter.line(2000, 2000) == "2,000 of 2,000 crashes (100 %), 75 a second in 20 s"


@pytest.mark.parametrize(
    "seconds, words", [(0.4, "0 s"), (99.0, "99 s"), (600.0, "10 min"), (7200.0, "2.0 h"), (1e6, "11.6 days")]
)
def test_times_in_words(seconds, words):
    assert spoken(seconds) == words


def test_the_folder_of_a_shard_lies_beside_that_of_the_whole():
    loaded = study()
    name = shards.folder_of(loaded, shards.parse("3/64")).name
    assert name == f"{folder_of(loaded).name}-shard-3-of-64"
