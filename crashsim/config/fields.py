"""The single values of a study, each of which reads itself, says what it expects and gives its own JSON Schema.

A field is metadata of an annotation, ``Annotated[Quantity, Number("mass", "50 kg", "100,000 kg")]``, so that pydantic
walks the models while every message is crashsim's own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any, Final

from pydantic import GetCoreSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

from crashsim import units
from crashsim.errors import UnitError, did_you_mean
from crashsim.units import echo, kind

Place = tuple[str | int, ...]

MOST_LISTED: Final = 20
TAGS: Final = ("S", "C", "M", "M?", "J")
NAME: Final = r"^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$"
NAME_WORDS: Final = "a name of lower-case letters, digits, - and _, at most 64, with a letter or digit at both ends"


_parse = lru_cache(maxsize=1024)(units.parse)  # the same few texts stand in every vehicle file and sweep


class FieldError(ValueError):
    """A value that a field does not take; ``at`` leads to the wrong part, or its ``key``, inside a mapping."""

    def __init__(self, message: str, at: Place = (), *, key: bool = False) -> None:
        super().__init__(message)
        self.at = at
        self.key = key


@dataclass(frozen=True)
class Quantity:
    """A number in SI with the text it was typed as; source and tag where the data file gives them."""

    si: float
    typed: str
    dimension: str
    source: str = ""
    tag: str = ""


def shown(value: object) -> str:
    """A value as a message quotes it: texts in quotes and shortened, numbers as they are, the rest by its kind."""
    if isinstance(value, str):
        return echo(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return echo(str(value))[1:-1] if is_number else kind(value)


def closest(word: str, known: Collection[str]) -> str:
    """The known name that `did_you_mean` suggests for a word, or an empty text."""
    hint = did_you_mean(word, known)
    return next((name for name in known if hint == did_you_mean(name, [name])), "") if hint else ""


def nearest(word: object, known: Collection[str]) -> str:
    """The nearest known name as a question, or else all of them: what to put behind an unknown name."""
    hint = did_you_mean(word, known) if isinstance(word, str) else ""
    return hint or f" (known: {listed(known)})"


def listed(names: Collection[str]) -> str:
    """Names in a row; of very many the first."""
    return ", ".join([*islice(names, MOST_LISTED), *["..."][: len(names) > MOST_LISTED]])


class Field:
    """A single value: ``read`` raises FieldError, ``expected`` says in words what it takes."""

    @property
    def expected(self) -> str:
        """What the field takes, in words."""
        raise NotImplementedError

    def read(self, value: object) -> object:
        """The value in the form that the models hold."""
        raise NotImplementedError

    def json_schema(self) -> dict[str, Any]:
        """The field for an editor."""
        raise NotImplementedError

    def _validate(self, value: object) -> object:
        try:
            return self.read(value)
        except FieldError as error:
            details = {"message": str(error), "at": error.at, "key": error.key}
            raise PydanticCustomError("field", "{message}", details) from None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self._validate)


@dataclass(frozen=True)
class Number(Field):
    """A number of one dimension within physical bounds; both bounds are typed as a user would."""

    dimension: str
    low: str
    high: str

    @cached_property
    def bounds(self) -> tuple[float, float]:
        """The bounds in SI."""
        return units.parse(self.low, self.dimension), units.parse(self.high, self.dimension)

    @property
    def expected(self) -> str:
        """What the field takes, in words."""
        noun = self.dimension.replace("_", " ")
        return f"{'an' if noun[0] in 'aei' else 'a'} {noun} from {self.low} to {self.high}"

    def read(self, value: object) -> Quantity:
        """A number with its unit, or ``{value: ..., source: ..., tag: ...}``."""
        source = tag = ""
        at: Place = ()
        if isinstance(value, Mapping):
            source, tag = _provenance(value)
            value, at = value["value"], ("value",)
        try:
            si = _parse(value, self.dimension) if isinstance(value, str) else units.parse(value, self.dimension)
        except UnitError as error:
            raise FieldError(str(error), at) from None
        low, high = self.bounds
        if not low <= si <= high:
            raise FieldError(f"got {shown(value)}, expected {self.expected}", at)
        return Quantity(si, str(value), self.dimension, source, tag)

    def json_schema(self) -> dict[str, Any]:
        """A text with a unit (or a plain number where there is none), alone or with source and tag."""
        plain = self.plain_schema()
        provenance = {"value": plain, "source": {"type": "string"}, "tag": {"enum": list(TAGS)}}
        sourced = {"type": "object", "required": ["value"], "additionalProperties": False, "properties": provenance}
        return {"anyOf": [*plain["anyOf"], sourced]} if "anyOf" in plain else {"anyOf": [plain, sourced]}

    def plain_schema(self, *, bounded: bool = True) -> dict[str, Any]:
        """The number alone, as in a sweep; not ``bounded`` for a step."""
        text: dict[str, Any] = {
            "type": "string",
            "pattern": units.pattern(self.dimension),
            "maxLength": units.LONGEST_TEXT,
            "description": self.expected if bounded else f"a step of {self.dimension}",
        }
        if "" not in units.DIMENSIONS[self.dimension]:
            return text
        limits = dict(zip(("minimum", "maximum"), self.bounds, strict=True)) if bounded else {}
        return {"anyOf": [{"type": "number", **limits}, text]}


def _provenance(value: Mapping[Any, Any]) -> tuple[str, str]:
    known = ("value", "source", "tag")
    for key in value:
        if key not in known:
            raise FieldError(f"unknown field{nearest(key, known)}", (key,), key=True)
    if "value" not in value:
        raise FieldError("missing value, expected {value: ..., source: ..., tag: ...}")
    source, tag = value.get("source", ""), value.get("tag", "")
    if not isinstance(source, str):
        raise FieldError(f"got {shown(source)}, expected a text", ("source",))
    if "tag" in value and tag not in TAGS:
        raise FieldError(f"got {shown(tag)}, expected one of {', '.join(TAGS)}", ("tag",))
    return source, tag


@dataclass(frozen=True)
class Text(Field):
    """A text of limited length, one line of it unless ``lines``."""

    longest: int
    lines: bool = False

    @property
    def expected(self) -> str:
        """What the field takes, in words."""
        return f"{'a text' if self.lines else 'one line of text'} of at most {self.longest:,} characters"

    def read(self, value: object) -> str:
        """The text without blanks around it."""
        if not isinstance(value, str):
            raise FieldError(f"got {kind(value)}, expected {self.expected}")
        text = value.strip()
        if len(text) > self.longest:
            raise FieldError(f"got {len(text):,} characters, expected {self.expected}")
        if not text or (not self.lines and len(text.splitlines()) > 1):
            raise FieldError(f"got {'several lines' if text else 'an empty text'}, expected {self.expected}")
        return text

    def json_schema(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string", "minLength": 1, "maxLength": self.longest}


@dataclass(frozen=True)
class Name(Field):
    """A name that is safe as a path of a sweep, a column and a file."""

    @property
    def expected(self) -> str:
        """What the field takes, in words."""
        return NAME_WORDS

    def read(self, value: object) -> str:
        """The name."""
        if not isinstance(value, str) or not re.fullmatch(NAME, value):
            raise FieldError(f"got {shown(value)}, expected {self.expected}")
        return value

    def json_schema(self) -> dict[str, Any]:
        """A string with the pattern of a name."""
        return {"type": "string", "pattern": NAME}


@dataclass(frozen=True)
class OneOf(Field):
    """One of a few words, or a number where ``number`` says so."""

    words: tuple[str | bool, ...]
    number: Number | None = None

    @property
    def expected(self) -> str:
        """What the field takes, in words."""
        texts = [str(w).lower() for w in self.words]
        if self.number:
            texts.append(f"a number from {self.number.low} to {self.number.high}")
        return f"{', '.join(texts[:-1])} or {texts[-1]}"

    def read(self, value: object) -> object:
        """The word, or a Quantity."""
        if isinstance(value, str | bool) and value in self.words:
            return value
        is_word = isinstance(value, str) and re.match(r"\s*[A-Za-z_]", value)
        if self.number is None or is_word or isinstance(value, bool):
            words = [w for w in self.words if isinstance(w, str)]
            hint = did_you_mean(value, words) if isinstance(value, str) else ""
            raise FieldError(f"got {shown(value)}, expected {self.expected}{hint}")
        return self.number.read(value)

    def json_schema(self) -> dict[str, Any]:
        """An enumeration, beside the number where there is one."""
        words = {"enum": list(self.words)}
        return {"anyOf": [words, *self.number.json_schema()["anyOf"]]} if self.number else words
