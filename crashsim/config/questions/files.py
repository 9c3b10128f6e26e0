"""The file of a question: as given, shipped under its name, or a mapping of the same shape."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crashsim.config import library
from crashsim.config.mapping import read_mapping
from crashsim.config.reader import Document, read_file
from crashsim.errors import LibraryError, did_you_mean
from crashsim.units import echo


def document_of(source: str | Path | Mapping[str, Any], stem: str, words: str) -> tuple[Document, Path | None]:
    """What a source says, and its file, which a mapping has not.

    ``stem``: how the shipped files of this kind begin; ``words``: what one is called.  Raises ConfigError for a file that cannot be
    read, LibraryError for a name that is neither a file nor shipped.
    """
    if isinstance(source, Mapping):
        return read_mapping(source), None
    path = _path(str(source), stem, words)
    return read_file(path), path


def _path(name: str, stem: str, words: str) -> Path:
    folder = library.study_folder() / "questions"
    known = sorted(path.stem for path in folder.glob(f"{stem}*.yaml"))
    given = Path(name)
    if given.stem in known and given in (Path(given.stem), Path(f"{given.stem}.yaml")) and not given.is_file():
        return folder / f"{given.stem}.yaml"
    if given.suffix in (".yaml", ".yml") or len(given.parts) > 1:
        return given  # reading it says what is wrong
    raise LibraryError(
        f"no file and no shipped {words} called {echo(name)}{did_you_mean(name, known)} (shipped: {', '.join(known)})"
    )
