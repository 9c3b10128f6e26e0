"""Reading the mapping of a data file field by field: a ValueError says what was expected."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from crashsim.errors import UnitError, did_you_mean
from crashsim.units import parse

TAGS = ("S", "C", "M", "M?", "J")


def one_of(value: object, allowed: Collection[str], where: str) -> str:
    """The value, if it is one of the allowed words; ValueError otherwise."""
    if not isinstance(value, str) or value not in allowed:
        hint = did_you_mean(value, allowed) if isinstance(value, str) else ""
        raise ValueError(f"{where}: got {value!r:.60}, expected one of: {', '.join(allowed)}{hint}")
    return value


def some_of(value: object, allowed: Collection[str], where: str) -> tuple[str, ...]:
    """At least one of the allowed words, none twice."""
    words = tuple(one_of(word, allowed, where) for word in sequence(value, where))
    if not words or len(set(words)) < len(words):
        raise ValueError(f"{where}: expected at least one word, none twice")
    return words


def check_keys(tree: Mapping[str, object], required: Collection[str], optional: Collection[str], what: str) -> None:
    """Raise ValueError for keys that are missing or unknown."""
    missing = [key for key in required if key not in tree]
    unknown = [
        f"{key!r:.60}{did_you_mean(str(key), (*required, *optional))}"
        for key in tree
        if key not in (*required, *optional)
    ]
    if missing or unknown:
        parts = [f"missing {', '.join(missing)}"] * bool(missing) + [f"unknown {', '.join(unknown)}"] * bool(unknown)
        raise ValueError(f"{what}: {'; '.join(parts)}")


def mapping(value: object, where: str) -> Mapping[str, object]:
    """The value, if it is a mapping."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{where}: expected a mapping")
    return value


def sequence(value: object, where: str) -> Sequence[object]:
    """The value, if it is a list."""
    if not isinstance(value, list | tuple):
        raise ValueError(f"{where}: expected a list")
    return value


def text(value: object, where: str) -> str:
    """A text that is not empty, stripped."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{where}: expected a text that is not empty")
    return value.strip()


def quantity(value: object, dimension: str, where: str) -> float:
    """A number with its unit, in SI."""
    try:
        return parse(value, dimension)
    except UnitError as error:
        raise ValueError(f"{where}: {error}") from None


def numbers(value: object, where: str) -> dict[str, float]:
    """Plain numbers by name."""
    return {str(key): quantity(entry, "number", f"{where}.{key}") for key, entry in mapping(value, where).items()}
