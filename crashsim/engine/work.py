"""A run under way: a hidden folder beside the one to come, with a journal of the groups that are done.

A group's files are written under a temporary name, flushed to the disk and renamed; then one line of the journal names them
with their hashes.  Whatever ends the program, all groups in the journal are whole, and the same command goes on from them.
Only one program writes at a time: it holds a lock that the system takes back when the program is gone, however that happens.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from crashsim.errors import OutputError

JOURNAL: Final = "journal.jsonl"
LOCK: Final = "lock"
STATES: Final = "states"  # what the groups found, until the run is whole
UNDER_WAY: Final = (JOURNAL, LOCK, STATES)
TEMPORARY: Final = ".tmp"

Header = Mapping[str, Any]
Difference = Callable[[dict[str, Any]], str]


class Work:
    """The folder of a run under way; ``done`` has the files of each group that is whole, with their hashes."""

    def __init__(self, folder: Path, done: dict[int, dict[str, str]]) -> None:
        self.folder = folder
        self.done = done

    @property
    def kept(self) -> str:
        """What stands of a run that has ended early, in words."""
        if not self.done:
            return "nothing was kept"
        return f"{len(self.done):,} finished parts are kept, and the same command goes on from them"

    def commit(self, group: int, files: Mapping[str, str]) -> None:
        """Make the files of a group stand: their names in the folder, each with `TEMPORARY` behind it now, and what `flushed` gave.

        Raises OSError where the disk does not take them.
        """
        for name in files:
            (self.folder / f"{name}{TEMPORARY}").replace(self.folder / name)
        for parent in {(self.folder / name).parent for name in files}:
            _flush_folder(parent)
        _append(self.folder / JOURNAL, {"group": group, "files": dict(files)})
        self.done[group] = dict(files)

    def temporary(self, name: str) -> Path:
        """Where a file of the folder is written before `commit`."""
        path = self.folder / f"{name}{TEMPORARY}"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    @property
    def files(self) -> dict[str, str]:
        """The files that stand, but for those that only a run under way needs, with their hashes."""
        return {n: h for of_group in self.done.values() for n, h in of_group.items() if not n.startswith(f"{STATES}/")}


def work_folder(folder: Path) -> Path:
    """Where the run that is to become ``folder`` is under way."""
    return folder.parent / f".{folder.name[:200]}.partial"


@contextmanager
def working(folder: Path, header: Header, difference: Difference, *, anew: bool = False) -> Iterator[Work]:
    """Begin the run that is to become ``folder``, or go on with it.

    Parameters
    ----------
    header : mapping
        What is computed: ``fingerprint`` decides whether what is there is the same.
    difference : callable
        Tells of the header there what is not so, in words.
    anew : bool
        Throw away what is there.

    Raises OutputError when another program is writing there, when what is there belongs to something else, or when the folder
    cannot be written.  A folder without a finished group is removed when the run ends without success.
    """
    place = work_folder(folder)
    try:
        place.mkdir(parents=True, exist_ok=True)
        lock = (place / LOCK).open("a+", encoding="ascii")
    except (OSError, ValueError) as error:
        raise OutputError(f"{folder}: cannot be written: {getattr(error, 'strerror', None) or error}") from None
    with lock:
        _hold(lock, place)
        if anew:
            _empty(place)
        work = Work(place, _begun(place, header, difference))
        try:
            yield work
        except BaseException:
            if not work.done:
                shutil.rmtree(place, ignore_errors=True)
            raise


def _begun(place: Path, header: Header, difference: Difference) -> dict[int, dict[str, str]]:
    """The groups that are whole in a folder; of a new one, none."""
    journal = place / JOURNAL
    lines = _lines(journal)
    if not lines:
        foreign = sorted(p.name for p in place.iterdir() if p.name not in (LOCK, JOURNAL))
        if foreign:
            raise OutputError(f"{place}: holds files that crashsim did not write ({foreign[0]}); move them away")
        journal.write_bytes(b"")
        _append(journal, {"crashsim": "journal", **header})
        _flush_folder(place)
        return {}
    for cut_short in place.rglob(f"*{TEMPORARY}"):
        cut_short.unlink()
    first = lines[0]
    if first.get("crashsim") != "journal" or first.get("fingerprint") != header["fingerprint"]:
        raise OutputError(f"{place}: another run is under way there ({difference(first)}); --force throws it away")
    return {line["group"]: line["files"] for line in lines[1:] if _is_whole(place, line)}


def _lines(journal: Path) -> list[dict[str, Any]]:
    """The entries of a journal; a last line that was cut short is cut off."""
    try:
        data = journal.read_bytes()
    except FileNotFoundError:
        return []
    whole = data.rfind(b"\n") + 1
    found = []
    for line in data[:whole].splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            found.append(entry)
    if whole < len(data):
        with journal.open("r+b") as handle:
            handle.truncate(whole)
    return found


def _is_whole(place: Path, line: Mapping[str, Any]) -> bool:
    files = line.get("files")
    if not isinstance(line.get("group"), int) or not isinstance(files, dict):
        return False
    return all((place / name).is_file() and hashed(place / name) == digest for name, digest in files.items())


def hashed(path: Path) -> str:
    """SHA-256 of a file, read piece by piece."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


# ---- the disk ----------------------------------------------------------------------------------------------------------


def _append(journal: Path, entry: Mapping[str, Any]) -> None:
    """One line at the end of the journal, on the disk when this returns."""
    line = json.dumps(entry, ensure_ascii=False, sort_keys=True).encode() + b"\n"
    with journal.open("ab", buffering=0) as handle:
        before = handle.tell()
        try:
            if handle.write(line) != len(line):
                raise OSError("no space left on the device")
            os.fsync(handle.fileno())
        except OSError:
            with suppress(OSError):
                handle.truncate(before)
            raise


def flushed(path: Path) -> str:
    """Force a file onto the disk; its hash."""
    with path.open("r+b") as handle:
        os.fsync(handle.fileno())
    return hashed(path)


def _flush_folder(folder: Path) -> None:
    """Force the names in a folder onto the disk, where the system knows how."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _empty(place: Path) -> None:
    for path in place.iterdir():
        if path.name != LOCK:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _hold(lock: Any, place: Path) -> None:
    """Take the lock of a folder; OutputError when another program has it."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        who = lock.read(100).strip()
        raise OutputError(f"{place}: another crashsim is writing there{f' ({who})' if who else ''}") from None
    lock.seek(0)
    lock.truncate()
    lock.write(f"process {os.getpid()}")
    lock.flush()
