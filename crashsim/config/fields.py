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
from typing import TYPE_CHECKING, Any, Final

from pydantic import GetCoreSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

from crashsim import units
from crashsim.errors import UnitError, did_you_mean
from crashsim.units import echo, kind

if TYPE_CHECKING:
    from crashsim.sampling import Distribution

Place = tuple[str | int, ...]

MOST_LISTED: Final = 20
TAGS: Final = ("S", "C", "M", "M?", "J")
PROVENANCE: Final[dict[str, Any]] = {"source": {"type": "string"}, "tag": {"enum": list(TAGS)}}  # as JSON Schema
DISTRIBUTIONS: Final = ("normal", "uniform", "triangular", "lognormal", "choice", "road")
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
    """A number in SI with the text it was typed as; source, tag and range where the data file gives them.

    Of a ``distribution``, ``si`` is the median.
    """

    si: float
    typed: str
    dimension: str
    source: str = ""
    tag: str = ""
    range: tuple[str, ...] = ()
    distribution: Distribution | None = None


def shown(value: object) -> str:
    """A value as a message quotes it: texts in quotes and shortened, numbers as they are, the rest by its kind."""
    if isinstance(value, str):
        return echo(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return echo(str(value))[1:-1] if is_number else kind(value)


def in_unit_of(si: float, typed: object, dimension: str) -> str:
    """A number in the unit that a text was typed in, as a user would type it."""
    text = str(typed).rstrip()
    unit = max((u for u in units.DIMENSIONS[dimension] if text.endswith(u)), key=len, default="")
    if unit not in units.DIMENSIONS[dimension]:  # nothing was typed: a default
        unit = units.display_unit(dimension, "si")
    return f"{units.to(si, unit, dimension):.6g} {unit}".rstrip()


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
    fixed: bool = False  # never a distribution

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
        """A number, or a distribution in its place."""
        if isinstance(value, Mapping) and not self.fixed and "value" not in value:
            provenance(value, ("value", "range", *DISTRIBUTIONS))
            if any(key in DISTRIBUTIONS for key in value):
                from crashsim.config import distributions  # which needs this module

                return distributions.read(value, self)
        return self.read_value(value)

    def read_value(self, value: object) -> Quantity:
        """A number with its unit, or ``{value: ..., range: [..., ...], source: ..., tag: ...}``."""
        if not isinstance(value, Mapping):
            return Quantity(self._si(value), str(value), self.dimension)
        source, tag = provenance(value, ("value", "range"))
        if "value" not in value:
            raise FieldError("missing value, expected {value: ..., source: ..., tag: ...}")
        si, ends = self._si(value["value"], ("value",)), value.get("range", [])
        if "range" in value:
            if not isinstance(ends, list) or len(ends) != 2:
                raise FieldError(
                    f"got {shown(ends)}, expected the lowest and the highest value, [low, high]", ("range",)
                )
            low, high = (self._si(end, ("range", i)) for i, end in enumerate(ends))
            if not low <= si <= high:
                raise FieldError(f"got {shown(value['value'])}, which is not in its range", ("range",))
        return Quantity(si, str(value["value"]), self.dimension, source, tag, tuple(map(str, ends)))

    def _si(self, value: object, at: Place = ()) -> float:
        try:
            si = _parse(value, self.dimension) if isinstance(value, str) else units.parse(value, self.dimension)
        except UnitError as error:
            raise FieldError(str(error), at) from None
        low, high = self.bounds
        if not low <= si <= high:
            raise FieldError(f"got {shown(value)}, expected {self.expected}", at)
        return si

    def json_schema(self) -> dict[str, Any]:
        """A text with a unit (or a plain number where there is none), alone or with range, source and tag."""
        plain = self.plain_schema()
        ends = {"type": "array", "minItems": 2, "maxItems": 2, "items": plain}
        properties = {"value": plain, "range": ends, **PROVENANCE}
        sourced = {"type": "object", "required": ["value"], "additionalProperties": False, "properties": properties}
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


def provenance(value: Mapping[Any, Any], holders: Collection[str]) -> tuple[str, str]:
    """Source and tag beside a number, which stands under some of ``holders``."""
    known = (*holders, "source", "tag")
    for key in value:
        if key in known:
            continue
        if key in DISTRIBUTIONS:
            raise FieldError("got a distribution, expected one number here", (key,), key=True)
        raise FieldError(f"unknown field{nearest(key, known)}", (key,), key=True)
    source, tag = value.get("source", ""), value.get("tag", "")
    if not isinstance(source, str):
        raise FieldError(f"got {shown(source)}, expected a text", ("source",))
    if "tag" in value and tag not in TAGS:
        raise FieldError(f"got {shown(tag)}, expected one of {', '.join(TAGS)}", ("tag",))
    return source, tag


@dataclass(frozen=True)
class Whole(Field):
    """A whole number within bounds."""

    low: int
    high: int

    @property
    def expected(self) -> str:
        """What the field takes, in words."""
        return f"a whole number from {self.low:,} to {self.high:,}"

    def read(self, value: object) -> int:
        """The number."""
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            raise FieldError(f"got {shown(value)}, expected {self.expected}")
        return value

    def json_schema(self) -> dict[str, Any]:
        """An integer."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


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
class Store(Field):
    """Which rows are kept: ``all``, ``reductions`` (none), or ``sample N``."""

    @property
    def expected(self) -> str:
        """What the field takes, in words."""
        return "all, reductions, or sample and a number such as sample 100000"

    def read(self, value: object) -> str | int:
        """The word, or the number of cases."""
        if value in ("all", "reductions"):
            return str(value)
        found = (
            re.fullmatch(r"sample\s+([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,12})", value) if isinstance(value, str) else None
        )
        number = int(found.group(1).replace(",", "")) if found else 0
        if number < 1:
            hint = did_you_mean(value, ("all", "reductions", "sample")) if isinstance(value, str) else ""
            raise FieldError(f"got {shown(value)}, expected {self.expected}{hint}")
        return number

    def json_schema(self) -> dict[str, Any]:
        """A text."""
        return {"type": "string", "pattern": "^(all|reductions|sample +[0-9,]+)$"}


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
