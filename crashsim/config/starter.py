"""The commented study that ``crashsim new`` writes."""

from __future__ import annotations

import re

from crashsim.config.fields import NAME, NAME_WORDS
from crashsim.config.library import PACKAGE
from crashsim.errors import CrashsimError
from crashsim.units import echo


def starter(name: str) -> str:
    """Text of a valid study called ``name`` that shows every part of the format.

    Its first line points the editor at the JSON Schema beside it.

    Raises
    ------
    CrashsimError
        A name that no study can have.
    """
    if not re.fullmatch(NAME, name):
        raise CrashsimError(f"got {echo(name)}, expected {NAME_WORDS}")
    is_word = name[0].isalpha() and name not in ("true", "false", "null")
    text = (PACKAGE / "data" / "starter.yaml").read_text(encoding="utf-8")
    return text.replace("STUDY_NAME", name if is_word else f'"{name}"', 1)
