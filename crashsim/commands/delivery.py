"""The one way in which a command that answers a question does so: computed once, written whole, then told from its folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import click

TEXT: Final = "answer.txt"
JSON: Final = "answer.json"


def deliver(
    about: Mapping[str, Any], out: str | None, *, force: bool, as_json: bool, write: Callable[[Path], None]
) -> None:
    """Print the answer that a folder holds, or compute and write it there first.

    ``about``: the manifest (``engine.analyses.manifest``); ``write`` puts everything but the manifest into the folder that it is
    given: ``answer.txt`` for the terminal, ``answer.json``, tables, figures and ``report.html``.  Raises OutputError as
    ``engine.folder`` does: nothing half-written is left, nothing of anyone else's is touched.
    """
    from crashsim.engine import folder as folders
    from crashsim.engine.analyses import difference
    from crashsim.results.files import write_manifest

    kind = str(about["kind"])
    folder = Path(out) if out else Path("runs") / f"{about['name']}-{kind}-{about['fingerprint'][:10]}"
    done = not force and folders.holds(folder, kind, about["fingerprint"], difference(about))
    if not done:
        with folders.writing(folder, kind) as partial:
            write(partial)
            write_manifest(about, partial)
    click.echo((folder / (JSON if as_json else TEXT)).read_text(encoding="utf-8").rstrip("\n"))
    click.echo(f"{'already done' if done else 'written'}: {folder}", err=as_json)
