"""A real scheduler and real workers on the loopback: the same bits, a killed worker, and clusters that cannot be used."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

import pytest

import crashsim
from crashsim.engine import dask, store, work
from crashsim.engine.dask import ClusterError, on_cluster
from crashsim.engine.folder import running_into
from crashsim.engine.running import compute_groups, on_threads

pytest.importorskip("distributed", reason="the extra crashsim[dask] is not installed")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")

TREE = {
    "name": "spread",
    "vehicles": {"kei": {"use": "kei-car"}, "pickup": {"use": "full-size-pickup"}},
    "impacts": {"head-on": {"type": "head-on", "speed": {"kei": "25 mph", "pickup": "25 mph"}}},
    "sampling": {"samples": 65536},
    "output": {"store": "sample 2000"},
}
HOST = "127.0.0.1"


def free_port():
    with socket.socket() as one:
        one.bind((HOST, 0))
        return one.getsockname()[1]


def started(*arguments, folder):
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-m", f"distributed.cli.dask_{arguments[0]}", *arguments[1:]]
    with (folder / f"{arguments[0]}.log").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=folder)


class Workers(list):
    """The processes of the workers, and that of their scheduler."""

    def __init__(self, workers, scheduler):
        super().__init__(workers)
        self.scheduler = scheduler


@contextmanager
def cluster(folder, workers=2):
    """Scheduler and workers as processes of their own: the address, and the workers."""
    port = free_port()
    address = f"tcp://{HOST}:{port}"
    own = [started("scheduler", "--host", HOST, "--port", str(port), "--no-dashboard", "--no-show", folder=folder)]
    try:
        for _ in range(workers):
            own.append(started("worker", address, "--nthreads", "1", "--host", HOST, "--no-dashboard", "--no-nanny",
                               "--local-directory", str(folder), folder=folder))  # fmt: skip
        for _ in range(300):
            with socket.socket() as one:
                if one.connect_ex((HOST, port)) == 0:
                    break
            time.sleep(0.1)
        yield address, Workers(own[1:], own[0])
    finally:
        for process in reversed(own):
            process.kill()
            process.wait(timeout=30)


class Enough(Exception):
    """Leave the run under way as it is."""


def digest(folder, compute):
    """Hash of all that groups write, computed so."""
    loaded = crashsim.load_study(TREE)
    with suppress(Enough), running_into(folder, loaded) as place:
        compute_groups(store.task(loaded), place, compute)
        raise Enough
    whole = hashlib.sha256()
    for path in sorted(
        p for p in work.work_folder(folder).rglob("*") if p.is_file() and p.suffix in (".parquet", ".state")
    ):
        whole.update(path.name.encode() + path.read_bytes())
    return whole.hexdigest()


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """What the threads of one machine find."""
    return digest(tmp_path_factory.mktemp("here") / "r", on_threads(1))


def test_two_workers_find_the_same_bits_in_a_shared_folder_and_sent_back(here, tmp_path, monkeypatch):
    with cluster(tmp_path) as (address, _):
        assert digest(tmp_path / "shared", on_cluster(address)) == here
        monkeypatch.setattr(dask, "_is_shared", lambda *_: False)
        assert digest(tmp_path / "sent", on_cluster(address)) == here


def test_a_killed_worker_costs_time_and_nothing_else(here, tmp_path):
    def killing(of, groups, place):
        for n, done in enumerate(on_cluster(address)(of, groups, place)):
            if n == 0:
                workers[0].kill()
            yield done

    with cluster(tmp_path) as (address, workers):
        assert digest(tmp_path / "r", killing) == here


def test_a_lost_scheduler_is_told_and_what_was_finished_goes_on_here(here, tmp_path, monkeypatch):
    def killing(of, groups, place):
        for n, done in enumerate(on_cluster(address)(of, groups, place)):
            yield done
            if n == 0:
                scheduler.kill()

    monkeypatch.setattr(dask, "PATIENCE", 5)
    with cluster(tmp_path) as (address, workers):
        scheduler = workers.scheduler
        with pytest.raises(ClusterError, match=r"--dask: the scheduler at tcp://.* is gone"):
            digest(tmp_path / "r", killing)
    assert work.work_folder(tmp_path / "r").exists()
    assert digest(tmp_path / "r", on_threads(1)) == here


def refused(address, folder):
    with pytest.raises(ClusterError) as error:
        digest(folder / "r", on_cluster(address))
    assert not work.work_folder(folder / "r").exists()
    return str(error.value)


def test_clusters_that_cannot_be_used_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(dask, "PATIENCE", 2)
    assert refused(f"tcp://{HOST}:{free_port()}", tmp_path).startswith(
        "--dask: no scheduler answers at 'tcp://127.0.0.1:"
    )
    assert refused("nonsense://", tmp_path).startswith("--dask: no scheduler answers at 'nonsense://'")
    with cluster(tmp_path, workers=0) as (address, _):
        assert "has no workers; start some (dask worker" in refused(address, tmp_path)
    with cluster(tmp_path, workers=1) as (address, _):
        monkeypatch.setattr(dask, "version", lambda: "9.9.9")
        said = refused(address, tmp_path)
        assert "has crashsim " in said
        assert "this is 9.9.9" in said


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(dask.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ClusterError, match=r"pip install 'crashsim\[dask\]'"):
        on_cluster("tcp://127.0.0.1:1")
