"""The folder of a run: written whole or not at all, never over something that crashsim did not write."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final

from crashsim.cases import Study
from crashsim.engine.manifest import fingerprint, resolved, version
from crashsim.engine.work import UNDER_WAY, Difference, Header, Work, working
from crashsim.errors import OutputError
from crashsim.results.files import MANIFEST, RUN, SAVED, read_manifest, sha256

EVIDENCE: Final = "evidence"  # kind of a manifest: what `crashsim validation` writes
SHARD: Final = "shard"  # what `crashsim run --shard` writes
SENSITIVITY: Final = "sensitivity"  # what `crashsim sensitivity` writes
KINDS: Final = {
    RUN: "a run", SAVED: "results saved from Python", EVIDENCE: "the evidence of crashsim validation",
    SENSITIVITY: "a sensitivity analysis", SHARD: "a shard of a run", "speed-limit": "a speed limit", "design": "designs", "matrix": "a matrix of vehicles",
    "tests": "crash tests side by side", "fleet": "injuries of a fleet",
}  # fmt: skip
REPLACED: Final = "manifest.json.replaced"  # the old manifest while its run is being replaced: names what may go


def folder_of(study: Study, out: str | Path | None = None) -> Path:
    """Where the results of a study go: ``out``, or ``runs/NAME-HASH`` in the current folder."""
    return Path(out) if out is not None else Path("runs") / f"{study.name}-{fingerprint(study)[:10]}"


def is_done(folder: Path, study: Study) -> bool:
    """Whether ``folder`` holds exactly the results of ``study``; False when nothing is there.

    Raises
    ------
    OutputError
        The folder holds something else: another study or version (the difference is named), files that were changed or
        removed since, or files that crashsim did not write.
    """
    return holds(folder, RUN, fingerprint(study), lambda manifest: difference(manifest, study))


def holds(folder: Path, kind: str, mark: str, words: Difference) -> bool:
    """Whether ``folder`` holds, unchanged, what has this kind and fingerprint; ``words`` tells of a manifest what is not so.

    Raises OutputError as `is_done` does.
    """
    manifest = _manifest_of(folder, kind)
    if manifest is None:
        return False
    if (folder / REPLACED).exists():
        raise OutputError(f"{folder}: {KINDS[kind]} was being replaced here and did not finish; --force to start anew")
    if manifest["fingerprint"] != mark:
        raise OutputError(f"{folder}: holds other results ({words(manifest)}); choose another folder, or "
                          "--force to replace them")  # fmt: skip
    sizes = manifest.get("sizes", {})
    for name, digest in manifest["files"].items():
        path = folder / name
        is_same = path.is_file() and (path.stat().st_size == sizes[name] if name in sizes else sha256(path) == digest)
        if not is_same:
            raise OutputError(
                f"{path}: was {'changed' if path.exists() else 'removed'} since it was written; --force to start anew"
            )
    clear(folder, manifest)  # what is left of a run that was ended in its last moment
    return True


def _manifest_of(folder: Path, kind: str = RUN) -> dict[str, Any] | None:
    """The manifest of what a folder holds; None when there is nothing; OutputError when that is of another kind."""
    try:
        if not folder.exists():
            return None
        if not folder.is_dir():
            raise OutputError(f"{folder}: is a file, expected a folder")
        if not any(folder.iterdir()):
            return None
        here = next((name for name in (REPLACED, MANIFEST) if (folder / name).exists()), None)
    except (OSError, ValueError, RuntimeError) as error:  # the last: a link to itself
        raise OutputError(f"{folder}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if here is None:
        raise OutputError(f"{folder}: holds files that crashsim did not write; choose another folder with --out")
    manifest = read_manifest(folder, here)
    if manifest.get("kind") != kind:
        words = KINDS.get(str(manifest.get("kind")), "something else")
        raise OutputError(f"{folder}: holds {words}, not {KINDS[kind]}; choose another folder with --out")
    return manifest


def difference(manifest: dict[str, Any], study: Study) -> str:
    """The first thing in which the stored run differs, in words."""
    if manifest.get("version") != version():
        return f"crashsim {manifest.get('version')}, this is {version()}"
    return (
        _first_difference(manifest, json.loads(json.dumps(resolved(study))), "")
        or f"another build of crashsim {version()}"
    )


def _first_difference(old: Any, new: Any, path: str) -> str:
    if isinstance(new, dict) and isinstance(old, dict):
        for key in new:
            found = _first_difference(old.get(key), new[key], f"{path}.{key}" if path else key)
            if found:
                return found
        return f"{path}: fewer entries" if path and set(old) - set(new) else ""
    if isinstance(new, list) and isinstance(old, list) and len(new) == len(old):
        return next((d for i, (a, b) in enumerate(zip(old, new, strict=True))
                     if (d := _first_difference(a, b, f"{path}[{i}]"))), "")  # fmt: skip
    return "" if old == new else f"{path}: {_short(old)} there, {_short(new)} here"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


@contextmanager
def writing(folder: Path, kind: str = RUN) -> Iterator[Path]:
    """A temporary folder beside ``folder`` whose files take their place when all is written; on any failure none do.

    A folder that holds one of the same kind is emptied of its files, which its manifest names, and of nothing else.  Raises
    OutputError when the place cannot be written, or holds another kind, or files that crashsim did not write.
    """
    try:
        folder = folder.resolve()
        if Path.cwd().is_relative_to(folder):
            raise OutputError(f"{folder}: is the current folder or above it; choose a folder for the results alone")
        old = _manifest_of(folder, kind)
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = folder.parent / f".{folder.name[:100]}-{uuid.uuid4().hex[:8]}.partial"
        partial.mkdir()
    except (OSError, ValueError, RuntimeError) as error:  # the last: a link to itself
        raise OutputError(f"{folder}: cannot be written: {getattr(error, 'strerror', None) or error}") from None
    try:
        yield partial
        if old is None:
            if folder.exists():
                folder.rmdir()
            partial.rename(folder)
        else:
            _replace(folder, old, partial)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror or error}") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def running_into(folder: Path, study: Study, *, anew: bool = False) -> AbstractContextManager[Work]:
    """The run of a study that is to become ``folder``, begun or gone on with: as `placing`."""
    header = {"version": version(), "fingerprint": fingerprint(study), **resolved(study)}
    return placing(folder, RUN, header, lambda there: difference(there, study), anew=anew)


@contextmanager
def placing(folder: Path, kind: str, header: Header, words: Difference, *, anew: bool = False) -> Iterator[Work]:
    """What is under way to become ``folder``; it takes its place when all is written, the manifest with it.

    What ends early stays beside the folder with all its finished groups (`engine.work`).  Raises OutputError as `writing` and
    `working` do.
    """
    try:
        folder = folder.resolve()
        if Path.cwd().is_relative_to(folder):
            raise OutputError(f"{folder}: is the current folder or above it; choose a folder for the results alone")
        old = _manifest_of(folder, kind)
    except (OSError, ValueError, RuntimeError) as error:  # the last: a link to itself
        raise OutputError(f"{folder}: cannot be written: {getattr(error, 'strerror', None) or error}") from None
    with working(folder, header, words, anew=anew) as work:
        try:
            yield work
            if old is not None:
                _replace(folder, old, work.folder)
                shutil.rmtree(work.folder, ignore_errors=True)
                return
            if folder.exists():
                folder.rmdir()
            work.folder.rename(folder)
        except OSError as error:
            raise OutputError(f"{folder}: cannot be written: {error.strerror or error}; {work.kept}") from None
        clear(folder, read_manifest(folder))


def clear(folder: Path, manifest: dict[str, Any]) -> None:
    """Remove what only a run under way needs, unless it is of the results (the states of a shard are)."""
    kept = {name.split("/")[0] for name in manifest["files"]}
    for name in UNDER_WAY:
        path = folder / name
        if name not in kept and path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif name not in kept:
            path.unlink(missing_ok=True)


def _replace(folder: Path, manifest: dict[str, Any], partial: Path) -> None:
    """Put the files of ``partial`` in place of the run in ``folder``; a manifest of both stands aside until all is done."""
    old = set(manifest["files"])
    new = set(read_manifest(partial)["files"])
    for name in sorted(new - old):
        if os.path.lexists(folder / name):
            raise OutputError(f"{folder / name}: is not of the run that is to be replaced; move it away first")
    both = json.dumps({**manifest, "files": dict.fromkeys(sorted(old | new), "")})
    (partial / REPLACED).write_text(both, encoding="utf-8")
    (partial / REPLACED).replace(folder / REPLACED)
    (folder / MANIFEST).unlink(missing_ok=True)
    for name in sorted(old - new):
        (folder / name).unlink(missing_ok=True)
    for name in sorted(new):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (partial / name).replace(folder / name)
    (partial / MANIFEST).replace(folder / MANIFEST)
    (folder / REPLACED).unlink()
