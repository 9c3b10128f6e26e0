"""A study that Python code built: the same tree, limits and messages as a file has, without lines."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

import yaml

from crashsim.config.builder import (
    DEEPEST,
    FORBIDDEN,
    LONGEST_KEY,
    LONGEST_NUMBER,
    LONGEST_TEXT,
    MOST_NODES,
    MOST_PROBLEMS,
    Mark,
    NodePath,
    control_character,
    dotted,
)
from crashsim.config.reader import Document
from crashsim.errors import ConfigError, Problem
from crashsim.units import echo, kind

FILE = "study"


def read_mapping(tree: Mapping[Any, Any]) -> Document:
    """A mapping as a document whose problems have a path but no line; its text is the same study as JSON.

    Raises
    ------
    ConfigError
        Keys that are not texts, values that no file could hold, and whatever is deeper or larger than a file may be.
    """
    copy = _Copy()
    plain = copy.value(tree, ())
    if copy.problems:
        raise ConfigError(copy.problems)
    assert isinstance(plain, dict)
    text = json.dumps(plain, indent=2, ensure_ascii=False, allow_nan=False)
    return Document(FILE, text, plain, {(): Mark(0, 0)}, {})


def study_text(tree: Mapping[str, Any]) -> str:
    """A study as typed, written as YAML: its fields, names and units, without the comments of its file."""
    return str(yaml.safe_dump(dict(tree), sort_keys=False, default_flow_style=None, allow_unicode=True, width=100))


class _Copy:
    """A copy of Python data as plain dicts, lists and scalars, and what could not be copied."""

    def __init__(self) -> None:
        self.nodes = 0
        self.problems: list[Problem] = []

    def note(self, path: NodePath, message: str) -> None:
        self.problems.append(Problem(FILE, 0, 0, dotted(path), message))
        if len(self.problems) == MOST_PROBLEMS:
            raise ConfigError([*self.problems, Problem(FILE, 0, 0, "", "too many problems, the rest was not read")])

    def value(self, value: object, path: NodePath) -> object:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise ConfigError([*self.problems, Problem(FILE, 0, 0, dotted(path), f"more than {MOST_NODES:,} values")])
        if isinstance(value, Mapping | list | tuple) and len(path) >= DEEPEST:
            self.note(path, f"nested too deep, expected at most {DEEPEST} levels")
            return None
        if isinstance(value, Mapping):
            return {key: self.value(v, (*path, key)) for key, v in value.items() if self.is_key(key, path)}
        if isinstance(value, list | tuple):
            return [self.value(v, (*path, i)) for i, v in enumerate(value)]
        return self.scalar(value, path)

    def is_key(self, key: object, path: NodePath) -> bool:
        if not isinstance(key, str):
            self.note(path, f"got {kind(key)} as a key, expected a text")
        elif len(key) > LONGEST_KEY or FORBIDDEN.search(key):
            self.note(path, f"got the key {echo(key, 30)}, expected at most {LONGEST_KEY} printable characters")
        else:
            return True
        return False

    def scalar(self, value: object, path: NodePath) -> object:
        if value is None or isinstance(value, bool):
            return None if value is None else bool(value)
        if isinstance(value, str):
            if len(value) > LONGEST_TEXT:
                self.note(path, f"got {len(value):,} characters, expected at most {LONGEST_TEXT:,}")
            elif bad := FORBIDDEN.search(value):
                self.note(path, control_character(bad[0]))
            return str(value)
        if isinstance(value, Integral) and abs(int(value)) < 10**LONGEST_NUMBER:
            return int(value)
        if isinstance(value, Real) and not isinstance(value, Integral) and math.isfinite(float(value)):
            return float(value)
        if isinstance(value, Real):
            self.note(path, "got a number that is too large or not finite, expected a finite number")
        else:
            self.note(path, f"got {kind(value)}, expected a text, a number, a list or a mapping")
        return None
