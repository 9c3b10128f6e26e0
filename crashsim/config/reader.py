"""YAML text to a plain tree that remembers the line and column of every value.

Built on the event stream of PyYAML rather than on one of its loaders, because every loader tried is unsafe or lies on
some input: ``1e3`` becomes a string and ``NO`` a bool, duplicate keys win in silence, alias bombs unfold, 50,000 nested
lists crash the interpreter. `crashsim.config.builder` makes the tree.
"""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, NoReturn

import yaml

from crashsim.config.builder import FORBIDDEN, Mark, NodePath, TreeBuilder, control_character, dotted, printable
from crashsim.errors import ConfigError, Problem, did_you_mean

__all__ = ["LARGEST_FILE", "Document", "Mark", "NodePath", "dotted", "read_file", "read_text"]

LARGEST_FILE: Final = 1_000_000

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # only its event stream is used; the C one is much faster

_LINE_BREAK = re.compile(r"\r\n?|\n")
_NOWHERE: Final = Mark(0, 0)
_START: Final = Mark(1, 1)


@dataclass(frozen=True)
class Document:
    """A file that was read: its text, its tree and where everything stands.

    ``tree`` holds dicts with string keys, lists, strings, ints, finite floats, bools and None. ``marks`` maps the path
    of a value, such as ``("vehicles", "kei", "mass")`` or ``("points", 0)``, to where it begins; ``key_marks`` maps the
    path of a mapping's value to where its key begins.
    """

    file: str
    text: str
    tree: dict[str, object]
    marks: dict[NodePath, Mark]
    key_marks: dict[NodePath, Mark]

    def place(self, path: NodePath, *, key: bool = False) -> Mark:
        """Where to point for a problem at `path`: its value, or with ``key=True`` its key (an unknown field).

        A path that is not in the file (a missing field) is placed at the key of its nearest ancestor that is, or at
        that ancestor itself where it has no key.
        """
        if path in self.marks and not key:
            return self.marks[path]
        while path not in self.marks:
            path = path[:-1]
        return self.key_marks.get(path, self.marks[path])

    def problem(self, path: NodePath, message: str, *, key: bool = False) -> Problem:
        """A `Problem` at the place of `path`."""
        return Problem(self.file, *self.place(path, key=key), dotted(path), message)


def read_file(path: str | Path) -> Document:
    """Read a YAML file; see `read_text`.

    Raises
    ------
    ConfigError
        A missing, unreadable or irregular file (with the nearest name beside a missing one), or what `read_text` finds.
    """
    file = printable(str(path))
    try:
        data = _bytes(Path(path), file)
    except FileNotFoundError:
        _refuse(file, f"no such file{_nearest_sibling(Path(path))}")
    except OSError as error:
        _refuse(file, f"cannot be read: {error.strerror or 'unknown reason'}")
    except ValueError:  # a NUL or a lone surrogate in the name itself
        _refuse(file, "not a possible file name")
    return read_text(data, file)


def read_text(text: str | bytes, file: str) -> Document:
    """Read a YAML text whose top level is a mapping.

    Parameters
    ----------
    text : str or bytes
        The text; bytes must be UTF-8, with or without a byte order mark.
    file : str
        The name to use in messages.

    Returns
    -------
    Document

    Raises
    ------
    ConfigError
        Every problem found, each with its line and column: syntax, duplicate keys, anchors, aliases, merge keys, tags,
        several documents, keys that are not text, control characters, numbers that are not finite, and whatever is
        longer, larger or deeper than the limits of this package.
    """
    file = printable(file)
    if len(text) > LARGEST_FILE:
        _refuse(file, f"too large, expected at most {LARGEST_FILE:,} bytes", _START)
    decoded = text if isinstance(text, str) else _decode(text, file)
    decoded = decoded.removeprefix("\ufeff")
    if bad := FORBIDDEN.search(decoded):
        _refuse(file, control_character(bad[0]), _mark_at(decoded, bad.start()))
    builder = TreeBuilder(file, yaml.parse(decoded, Loader=_LOADER))
    tree = builder.document()
    return Document(file, decoded, tree, builder.marks, builder.key_marks)


def _mark_at(text: str, index: int) -> Mark:
    breaks = [match.end() for match in _LINE_BREAK.finditer(text, 0, index)]
    return Mark(len(breaks) + 1, index - (breaks[-1] if breaks else 0) + 1)


def _decode(data: bytes, file: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        _refuse(file, "encoded as UTF-16, expected UTF-8", _START)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        _refuse(file, f"got the byte 0x{data[error.start]:02X}, expected UTF-8 text", _mark_at(before, len(before)))


def _bytes(path: Path, file: str) -> bytes:
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        _refuse(file, "is a folder, expected a file")
    if not stat.S_ISREG(mode):  # opening a pipe would wait for ever
        _refuse(file, "is not a regular file")
    with path.open("rb") as stream:
        return stream.read(LARGEST_FILE + 1)


def _nearest_sibling(path: Path) -> str:
    try:
        siblings = sorted(entry.name for entry in islice(path.parent.iterdir(), 1000))
    except OSError:
        return ""
    return did_you_mean(path.name, siblings)


def _refuse(file: str, message: str, mark: Mark = _NOWHERE) -> NoReturn:
    raise ConfigError([Problem(file, *mark, "", message)])
