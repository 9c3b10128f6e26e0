"""Every exception crashsim raises on purpose.

::

    CrashsimError
    ├── ConfigError     a study or data file is wrong: one Problem per mistake, exit status 2
    ├── LibraryError    no vehicle, restraint, risk curve or study of that name, exit status 2
    ├── UnitError       a text is not a quantity of the wanted dimension
    ├── StructureError  a crush curve that cannot be (softening, no points, slopes out of order)
    └── OutputError     a result folder that may not be written or cannot be read
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


class CrashsimError(Exception):
    """Base of every error a user can cause; the command line prints it without a traceback."""


class UnitError(CrashsimError):
    """A text that is not a number with a known unit of the wanted dimension."""


class LibraryError(CrashsimError):
    """A name that is in no library."""


class StructureError(CrashsimError):
    """A crush curve or unloading law that is not physically possible."""


class OutputError(CrashsimError):
    """A result folder that may not be written, or cannot be read."""


@dataclass(frozen=True)
class Problem:
    """One mistake in one file: where it stands and what was expected.

    ``line`` and ``column`` count from 1; 0 means that the problem has no place in the text (a study given as a dict).
    """

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{where}: {self.path}: {self.message}" if self.path else f"{where}: {self.message}"


class ConfigError(CrashsimError):
    """All the problems found in a study or data file, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.file, p.line, p.column)))
        super().__init__("\n".join(map(str, self.problems)))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``"; did you mean 'mph'?"`` for the nearest known name, or an empty string when none is near."""
    near = difflib.get_close_matches(word[:64], list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""
