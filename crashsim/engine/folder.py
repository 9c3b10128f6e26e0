"""The folder of a run: written whole or not at all, never over something else."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crashsim.cases import Study
from crashsim.engine.manifest import fingerprint, resolved, version
from crashsim.errors import OutputError
from crashsim.results.files import MANIFEST, read_manifest, sha256


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
    if not folder.exists():
        return False
    if not folder.is_dir():
        raise OutputError(f"{folder}: is a file, expected a folder")
    if not any(folder.iterdir()):
        return False
    if not (folder / MANIFEST).exists():
        raise OutputError(f"{folder}: holds other files and no results; choose another folder with --out")
    manifest = read_manifest(folder)
    if manifest.get("fingerprint") != fingerprint(study):
        raise OutputError(f"{folder}: holds other results ({_difference(manifest, study)}); choose another folder, or "
                          "--force to replace them")  # fmt: skip
    for name, digest in manifest.get("files", {}).items():
        path = folder / name
        if not path.is_file() or sha256(path) != digest:
            raise OutputError(
                f"{path}: was {'changed' if path.exists() else 'removed'} since the run; --force to start anew"
            )
    return True


def _difference(manifest: dict[str, Any], study: Study) -> str:
    """The first thing in which the stored run differs, in words."""
    if manifest.get("version") != version():
        return f"crashsim {manifest.get('version')}, this is {version()}"
    return _first_difference(manifest, resolved(study), "") or "another study"


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
def writing(folder: Path) -> Iterator[Path]:
    """A temporary folder beside ``folder`` that takes its name when all is written; on any failure nothing is left.

    What the folder held before goes only after the new one is complete; files that the old manifest does not name are
    kept.  Raises OutputError when the place cannot be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", suffix=".partial", dir=folder.parent))
    except (OSError, ValueError) as error:
        raise OutputError(f"{folder}: cannot be written: {getattr(error, 'strerror', None) or error}") from None
    try:
        partial.chmod(0o777 & ~_umask())
        yield partial
        _replace(folder, partial)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror or error}") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _replace(folder: Path, partial: Path) -> None:
    if not folder.exists():
        partial.rename(folder)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", suffix=".old", dir=folder.parent))
    folder.rename(old / folder.name)
    partial.rename(folder)
    written = (
        set(read_manifest(old / folder.name).get("files", {})) | {MANIFEST}
        if (old / folder.name / MANIFEST).exists()
        else set()
    )
    for path in sorted((old / folder.name).rglob("*")):
        relative = path.relative_to(old / folder.name)
        if path.is_file() and relative.as_posix() not in written and not (folder / relative).exists():
            (folder / relative).parent.mkdir(parents=True, exist_ok=True)
            path.rename(folder / relative)
    shutil.rmtree(old)
