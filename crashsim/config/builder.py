"""Folds PyYAML's events into a plain tree, the place of every value and a list of problems.

What is read is the YAML 1.2 core schema without anchors, aliases, merge keys and tags: a study is data, and nobody has
to prove that an alias ends. Limits act on the events, before any recursion.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple, NoReturn

import yaml
from yaml import events as ev

from crashsim.errors import ConfigError, Problem
from crashsim.units import echo, kind

DEEPEST: Final = 32
MOST_NODES: Final = 50_000
MOST_PROBLEMS: Final = 20
LONGEST_TEXT: Final = 10_000
LONGEST_KEY: Final = 100
LONGEST_NUMBER: Final = 40

_CONSTANTS: Final = {"": None, "~": None} | {
    spelling: value
    for word, value in (("null", None), ("true", True), ("false", False))
    for spelling in (word, word.capitalize(), word.upper())
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")

NodePath = tuple[str | int, ...]


class Mark(NamedTuple):
    """A place in a text; both count from 1."""

    line: int
    column: int


_START: Final = Mark(1, 1)


def dotted(path: NodePath) -> str:
    """Path as a reader writes it, ``vehicles.kei.points[3]``; odd keys are quoted, long paths keep their end."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + (step if re.fullmatch(r"[\w-]{1,40}", step) else echo(step, 40))
    return text if len(text) <= 160 else f"...{text[-157:]}"


@dataclass
class TreeBuilder:
    """Folds the events of one document into a tree, its marks and its problems; raises ConfigError at the end."""

    file: str
    events: Iterator[ev.Event]
    marks: dict[NodePath, Mark] = field(default_factory=dict)
    key_marks: dict[NodePath, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    nodes: int = 0
    last: Mark = _START

    def document(self) -> dict[str, object]:
        """The tree of the only document; ConfigError with every problem found when there is any."""
        self._next_event()  # the stream's start
        if isinstance(self._next_event(), ev.StreamEndEvent):
            self._stop((), "the file is empty, expected a mapping such as 'name: my study'")
        root = self._next_event()
        self.marks[()] = self.last
        tree = self._node(root, ())
        if not isinstance(tree, dict) and not self.problems:
            self._note(_mark(root), (), f"got {kind(tree)}, expected a mapping such as 'name: my study'")
        self._next_event()  # the document's end
        if not isinstance(self._next_event(), ev.StreamEndEvent):
            self._note(self.last, (), "a second document begins here, expected one document in a file")
        if self.problems or not isinstance(tree, dict):
            raise ConfigError(self.problems)
        return tree

    def _next_event(self) -> ev.Event:
        try:
            event = next(self.events)
        except yaml.MarkedYAMLError as error:
            if mark := error.problem_mark or error.context_mark:
                self.last = Mark(mark.line + 1, mark.column + 1)
            self._stop((), _syntax_message(error))
        except (yaml.YAMLError, ValueError, OverflowError):  # PyYAML leaks the last two from its escapes and directives
            self._stop((), "not valid YAML")
        self.last = _mark(event)
        return event

    def _node(self, event: ev.Event, path: NodePath) -> object:
        """The value that begins with `event`; recursion is bounded by DEEPEST."""
        self.nodes += 1
        if self.nodes > MOST_NODES:
            self._stop(path, f"more than {MOST_NODES:,} values in one file")
        if isinstance(event, ev.AliasEvent):
            self._note(_mark(event), path, f"got the alias {echo(f'*{event.anchor}')}, expected the value itself")
            return None
        self._check_properties(event, path)
        if isinstance(event, ev.ScalarEvent):
            return self._scalar(event, path)
        if len(path) >= DEEPEST:
            self._stop(path, f"nested too deep, expected at most {DEEPEST} levels")
        return self._mapping(path) if isinstance(event, ev.MappingStartEvent) else self._sequence(path)

    def _check_properties(self, event: ev.Event, path: NodePath) -> None:
        if anchor := getattr(event, "anchor", None):
            message = f"got the anchor {echo(f'&{anchor}')}; anchors and aliases are not supported, repeat the value"
            self._note(_mark(event), path, message)
        if (tag := getattr(event, "tag", None)) is not None:
            self._note(_mark(event), path, f"got the tag {echo(tag)}; tags are not supported, give the plain value")

    def _sequence(self, path: NodePath) -> list[object]:
        items: list[object] = []
        while not isinstance(event := self._next_event(), ev.SequenceEndEvent):
            child = (*path, len(items))
            self.marks[child] = _mark(event)
            items.append(self._node(event, child))
        return items

    def _mapping(self, path: NodePath) -> dict[str, object]:
        fields: dict[str, object] = {}
        while not isinstance(event := self._next_event(), ev.MappingEndEvent):
            key = self._key(event, path)
            child = (*path, "?" if key is None else key)
            if key in fields:
                first = self.key_marks[child].line
                self._note(_mark(event), child, f"given twice, first at line {first}; keep one")
            self.key_marks.setdefault(child, _mark(event))
            value_event = self._next_event()
            self.marks.setdefault(child, _mark(value_event))
            fields.setdefault(str(child[-1]), self._node(value_event, child))
        return fields

    def _key(self, event: ev.Event, path: NodePath) -> str | None:
        """The text of a key, or None after noting why it cannot be one."""
        before = len(self.problems)
        key = self._node(event, path if isinstance(event, ev.ScalarEvent) else (*path, "?"))
        if len(self.problems) > before:
            return None
        if not isinstance(key, str):
            self._note(_mark(event), path, f"got {kind(key)} as a key, expected a text (in quotes if need be)")
            return None
        if len(key) > LONGEST_KEY:
            self._note(_mark(event), path, f"key {echo(key, 30)} too long, expected at most {LONGEST_KEY} characters")
            return None
        if key == "<<":
            self._note(_mark(event), path, "merge keys ('<<') are not supported, repeat the fields")
            return None
        return key

    def _scalar(self, event: ev.ScalarEvent, path: NodePath) -> object:
        try:
            return _resolve(event.value, plain=event.implicit[0])
        except ValueError as error:
            self._note(_mark(event), path, str(error))
            return None

    def _note(self, mark: Mark, path: NodePath, message: str) -> None:
        self.problems.append(Problem(self.file, *mark, dotted(path), message))
        if len(self.problems) == MOST_PROBLEMS:
            self._stop((), "too many problems, the rest of the file was not read")

    def _stop(self, path: NodePath, message: str) -> NoReturn:
        raise ConfigError([*self.problems, Problem(self.file, *self.last, dotted(path), message)])


def _resolve(text: str, *, plain: bool) -> object:
    """Value of a scalar under the YAML 1.2 core schema; ValueError says what is wrong with it."""
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"value too long: {len(text):,} characters, expected at most {LONGEST_TEXT:,}")
    if bad := FORBIDDEN.search(text):  # from an escape such as "\\0"
        raise ValueError(control_character(bad[0]))
    if not plain:
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"got {echo(text)}, expected a finite number")
    is_integer = _INTEGER.fullmatch(text)
    if not is_integer and not _FLOAT.fullmatch(text):
        return text
    if len(text) > LONGEST_NUMBER:
        raise ValueError(f"value too long: a number of {len(text):,} characters, expected at most {LONGEST_NUMBER}")
    if is_integer:
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if math.isinf(number := float(text)):
        raise ValueError(f"got {echo(text)}, which is too large for a number")
    return number


def _mark(event: ev.Event) -> Mark:
    assert event.start_mark is not None  # events that PyYAML parsed always have one
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)


def _syntax_message(error: yaml.MarkedYAMLError) -> str:
    begun = f" (line {error.context_mark.line + 1})" if error.context_mark else ""
    context = f", {error.context}{begun}" if error.context else ""
    message = " ".join(f"not valid YAML: {error.problem}{context}".split())
    return printable(re.sub(r"\S{60,}", lambda run: f"{run[0][:40]}...", message), 160)


def control_character(character: str) -> str:
    """Message for a character that `FORBIDDEN` matches."""
    return f"got the control character U+{ord(character):04X}, expected printable text"


def printable(text: str, longest: int = 240) -> str:
    """Text without quotes that is safe to print; what is too long keeps its end, where a file's name stands."""
    safe = text if text.isprintable() else repr(text)[1:-1]
    return safe if len(safe) <= longest else f"...{safe[3 - longest :]}"
