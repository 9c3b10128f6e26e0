"""A run in N shards: each computes every N-th group into a folder of its own, on any machine; merged, they are one run.

A shard's folder holds the rows and the states of its groups under the names that they have in the whole, and a manifest.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from crashsim.cases import Study
from crashsim.engine import folder as folders
from crashsim.engine.groups import Group
from crashsim.engine.manifest import fingerprint, resolved, version
from crashsim.engine.running import Compute, Outcomes
from crashsim.engine.store import Task
from crashsim.engine.work import JOURNAL, LOCK, Work, flushed, hashed
from crashsim.errors import CrashsimError, OutputError
from crashsim.results.files import read_manifest, write_manifest
from crashsim.units import echo

MOST_SHARDS: Final = 1_000_000


@dataclass(frozen=True)
class Shard:
    """Number ``index`` of ``count``, from 0."""

    index: int
    count: int

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def has(self, group: Group) -> bool:
        """Whether a group is of this shard."""
        return group.number % self.count == self.index


def parse(text: str) -> Shard:
    """A shard as typed, ``3/64``; raises CrashsimError for anything else."""
    found = re.fullmatch(r"\s*([0-9]{1,7})\s*/\s*([0-9]{1,7})\s*", text)
    index, count = (int(n) for n in found.groups()) if found else (0, 0)
    if not 0 <= index < count <= MOST_SHARDS:
        raise CrashsimError(
            f"--shard: got {echo(text)}, expected I/N such as 3/64, with I from 0 to N-1 and N at most {MOST_SHARDS:,}"
        )
    return Shard(index, count)


def folder_of(study: Study, shard: Shard, out: str | Path | None = None) -> Path:
    """Where a shard goes: ``out``, or beside the folder of the whole."""
    if out is not None:
        return Path(out)
    whole = folders.folder_of(study)
    return whole.with_name(f"{whole.name}-shard-{shard.index}-of-{shard.count}")


def is_done(folder: Path, study: Study, shard: Shard) -> bool:
    """Whether a folder holds exactly that shard; raises OutputError as ``engine.folder.is_done`` does."""
    return folders.holds(folder, folders.SHARD, _mark(study, shard), lambda there: _difference(there, study, shard))


@contextmanager
def running_into(folder: Path, study: Study, shard: Shard, *, anew: bool = False) -> Iterator[Work]:
    """The shard of a study that is to become ``folder``: as ``engine.folder.running_into``."""
    header = {"version": version(), "fingerprint": _mark(study, shard), "shard": str(shard), **resolved(study)}
    with folders.placing(
        folder, folders.SHARD, header, lambda there: _difference(there, study, shard), anew=anew
    ) as work:
        yield work


def write(work: Work, study: Study, shard: Shard) -> None:
    """The manifest of a shard whose groups are done."""
    groups = {str(number): list(files) for number, files in sorted(work.done.items())}
    every = {name: digest for files in work.done.values() for name, digest in files.items()}
    about = {"crashsim": "results", "kind": folders.SHARD, "fingerprint": _mark(study, shard), "version": version(),
             "of": fingerprint(study), "shard": str(shard), "groups": groups, **resolved(study)}  # fmt: skip
    write_manifest(about, work.folder, every, (JOURNAL, LOCK))


def _mark(study: Study, shard: Shard) -> str:
    return f"{fingerprint(study)} {shard}"


def _difference(there: dict[str, Any], study: Study, shard: Shard) -> str:
    if there.get("shard") != str(shard):
        return f"shard {there.get('shard')} there, {shard} here"
    return folders.difference(there, study)


# ---- together ----------------------------------------------------------------------------------------------------------


def of_shards(study: Study, shards: Sequence[Path]) -> Compute:
    """Take groups from the folders of shards in place of computing them.

    Raises OutputError for a folder that is no shard of this study, has a damaged file, or when groups are missing: then it names the
    shards that are.
    """
    where: dict[int, tuple[Path, dict[str, str]]] = {}
    counts = set()
    there = set()
    for folder in shards:
        manifest = read_manifest(folder)
        if manifest.get("kind") != folders.SHARD:
            raise OutputError(f"{folder}: holds no shard (crashsim run STUDY --shard I/N writes one)")
        if manifest.get("of") != fingerprint(study):
            raise OutputError(f"{folder}: is a shard of another run ({folders.difference(manifest, study)})")
        shard = parse(str(manifest["shard"]))
        counts.add(shard.count)
        there.add(shard.index)
        for number, names in manifest["groups"].items():
            where[int(number)] = (folder, {name: manifest["files"][name] for name in names})
    if len(counts) > 1:
        raise OutputError(f"shards of different cuts: {', '.join(f'N = {n}' for n in sorted(counts))}; expected one N")

    def outcomes(of: Task, groups: Sequence[Group], work: Work) -> Outcomes:
        missing = sorted({group.number % max(counts) for group in groups if group.number not in where})
        if missing:
            raise OutputError(f"not all shards are here: missing {', '.join(f'{i}/{max(counts)}' for i in missing[:10])}"
                              f"{' and more' if len(missing) > 10 else ''}")  # fmt: skip
        for group in groups:
            folder, files = where[group.number]
            for name, digest in files.items():
                _copied(folder / name, digest, work.temporary(name))
            yield group, files

    return outcomes


def _copied(source: Path, digest: str, target: Path) -> None:
    try:
        same = hashed(source) == digest
    except OSError as error:
        raise OutputError(f"{source}: cannot be read: {error.strerror or error}") from None
    if not same:
        raise OutputError(f"{source}: was changed since it was written; compute that shard again")
    shutil.copyfile(source, target)
    flushed(target)
