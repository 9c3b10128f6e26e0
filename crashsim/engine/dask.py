"""Groups on an existing Dask cluster, by the address of its scheduler; workers write to the folder if they share it.

A group is a pure function of the plan and its number, so a worker that is lost costs time and nothing else: Dask computes its
groups again elsewhere.  Only so many groups are handed out at a time as keep all workers busy.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from crashsim.engine.groups import Group
from crashsim.engine.manifest import build, version
from crashsim.engine.running import Compute, Outcomes
from crashsim.engine.store import Task, write_group
from crashsim.engine.work import Work, flushed
from crashsim.errors import CrashsimError
from crashsim.units import echo

PATIENCE: Final = 10  # s to reach the scheduler, and for a first worker
AHEAD: Final = 2  # groups handed out for each thread of the cluster
TOKEN: Final = "shared"  # a file by which workers know the folder

Written = Mapping[
    str, tuple[str | bytes, str]
]  # by name: the file that a worker wrote beside it, or its content; its hash


class ClusterError(CrashsimError):
    """A Dask cluster that cannot be reached or used."""


def on_cluster(address: str) -> Compute:
    """Compute groups on the workers of the scheduler at ``address`` (``tcp://host:8786``, ``tls://...``).

    Raises ClusterError when it cannot be reached, has no worker, or any of its machines has another crashsim.
    """
    if importlib.util.find_spec("distributed") is None:
        raise ClusterError("--dask: Dask is not installed (pip install 'crashsim[dask]')")

    def outcomes(of: Task, groups: Sequence[Group], work: Work) -> Outcomes:
        if not groups:
            return
        with _connected(address) as client:
            folder = str(work.folder) if _is_shared(client, work.folder) else None
            for group, written in _spread(client, address, of, groups, folder):
                yield group, _received(work, written)

    return outcomes


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """A client of the scheduler whose machines all have this crashsim."""
    from distributed import Client

    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what goes wrong is said once, by us
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise ClusterError(
            f"--dask: no scheduler answers at {echo(address)} ({error or type(error).__name__}); expected the address of one that "
            "runs, such as tcp://127.0.0.1:8786"
        ) from None
    try:
        _require_workers(client, address)
        _require_same(client, address)
        yield client
    finally:
        client.close(timeout=PATIENCE)


def _require_workers(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise ClusterError(
            f"--dask: the scheduler at {address} has no workers; start some (dask worker {address})"
        ) from None


def _require_same(client: Any, address: str) -> None:
    """Raise ClusterError when scheduler or a worker has no crashsim or another one."""
    own = identity()
    try:
        there = {"the scheduler": client.run_on_scheduler(identity), **client.run(identity)}
    except Exception as error:  # whatever unpickling raises where crashsim is missing or very different
        raise ClusterError(f"--dask: the machines of {address} cannot run crashsim {own[0]} "
                           f"({type(error).__name__}: {str(error)[:200]}); install it on the scheduler and on all workers") from None  # fmt: skip
    for who, found in there.items():
        if found != own:
            other = f"crashsim {found[0]}" if found[0] != own[0] else f"another build of crashsim {own[0]}"
            raise ClusterError(
                f"--dask: {who} at {address} has {other}, this is {own[0]}; install the same one everywhere"
            )


def identity() -> tuple[str, str]:
    """Version and build of the crashsim of a machine."""
    return version(), build()


def _is_shared(client: Any, folder: Path) -> bool:
    """Whether every worker sees the folder under its name: it then writes there itself."""
    mark, name = uuid.uuid4().hex, f".{TOKEN}-{uuid.uuid4().hex[:8]}"
    token = folder / name
    token.write_text(mark, encoding="ascii")
    try:
        return all(client.run(_reads, str(token), mark).values())
    finally:
        token.unlink(missing_ok=True)


def _reads(token: str, mark: str) -> bool:
    try:
        return Path(token).read_text(encoding="ascii") == mark and os.access(Path(token).parent, os.W_OK)
    except OSError:
        return False


def _spread(
    client: Any, address: str, of: Task, groups: Sequence[Group], folder: str | None
) -> Iterator[tuple[Group, Written]]:
    """Groups and what workers wrote for them, as they come."""
    from distributed import KilledWorker, as_completed
    from distributed.client import FutureCancelledError

    everywhere = client.scatter(of, broadcast=True, hash=False)
    left = iter(groups)
    asked: dict[str, Group] = {}

    def next_future() -> Any:
        group = next(left, None)
        if group is None:
            return None
        future = client.submit(_remote, everywhere, group, folder, pure=False, retries=2)
        asked[future.key] = group
        return future

    ahead = AHEAD * max(sum(client.nthreads().values()), 1)
    first = [future for _ in range(min(ahead, len(groups))) if (future := next_future()) is not None]
    coming = as_completed(first, loop=client.loop)
    for future in coming:
        group = asked.pop(future.key)
        try:
            written = future.result()
        except KilledWorker:
            raise ClusterError(
                f"--dask: several workers of {address} died at part {group.number}; is their memory enough?"
            ) from None
        except (FutureCancelledError, OSError, TimeoutError) as error:
            raise ClusterError(
                f"--dask: the scheduler at {address} is gone ({error or type(error).__name__})"
            ) from None
        more = next_future()
        if more is not None:
            coming.add(more)
        yield group, written


def _remote(of: Task, group: Group, folder: str | None) -> Written:
    """Compute a group on a worker: into the shared folder under names of its own, or to be sent back."""
    if folder is not None:
        mark = uuid.uuid4().hex
        written = write_group(of, group, lambda name: _own(Path(folder) / f"{name}.{mark}.tmp"))
        return {name: (f"{name}.{mark}.tmp", digest) for name, digest in written.items()}
    with TemporaryDirectory() as own:
        written = write_group(of, group, lambda name: _own(Path(own) / name))
        return {name: ((Path(own) / name).read_bytes(), digest) for name, digest in written.items()}


def _own(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _received(work: Work, written: Written) -> dict[str, str]:
    """Bring what a worker wrote under the temporary names of the run's folder."""
    for name, (content, digest) in written.items():
        if isinstance(content, bytes):
            work.temporary(name).write_bytes(content)
            if flushed(work.temporary(name)) != digest:
                raise OSError(f"{name}: was damaged on its way from a worker")
        else:
            (work.folder / content).replace(work.temporary(name))
    return {name: digest for name, (_, digest) in written.items()}
