"""What the folder of an analysis (a speed limit, a design, a matrix, ...) says of itself: which inputs, of which crashsim."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from crashsim.engine.manifest import build, version

SKIPPED: Final = ("crashsim", "kind", "impacts", "fingerprint")


def manifest(kind: str, name: str, inputs: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    """The manifest of an analysis, but for the hashes of its files.

    ``inputs``: everything that decides its numbers as plain data (JSON), SI; ``options``: what the command line added.  Both, the
    sources and the data of the package decide the fingerprint.
    """
    text = json.dumps(
        {"kind": kind, "name": name, "version": version(), "build": build(), "inputs": inputs, "options": options},
        sort_keys=True,
        ensure_ascii=False,
    )
    mark = hashlib.sha256(text.encode()).hexdigest()
    return {"crashsim": "results", "kind": kind, "version": version(), "impacts": {}, "fingerprint": mark, "name": name,
            **options, "inputs": dict(inputs)}  # fmt: skip


def difference(wanted: Mapping[str, Any]) -> Callable[[dict[str, Any]], str]:
    """What is not so of the analysis in a folder, in words: the first field in which the two manifests differ."""

    def words(found: dict[str, Any]) -> str:
        return _first(found, wanted, "") or f"another build of crashsim {version()}"

    return words


def _first(old: Any, new: Any, path: str) -> str:
    if isinstance(new, Mapping) and isinstance(old, Mapping):
        pairs = ((k, _first(old.get(k), new[k], f"{path}.{k}" if path else k)) for k in new if path or k not in SKIPPED)
        found = next((words for _, words in pairs if words), "")
        return found or (f"{path}: fewer entries" if path and set(old) - set(new) else "")
    return "" if old == new else f"{path}: {_short(old)} there, {_short(new)} here"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
