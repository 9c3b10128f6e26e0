"""Risk curves as records: their forms, and reading one from the mapping of a data file with every field checked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from crashsim.errors import UnitError, did_you_mean
from crashsim.units import DIMENSIONS, parse

Floats = NDArray[np.float64]

LEVELS = ("MAIS1+", "MAIS2+", "MAIS3+", "MAIS4+", "MAIS5+", "fatal")
INPUTS = ("delta_v_true", "delta_v_winsmash", "closing_speed")
DIRECTIONS = ("front", "rear")
IMPACTS = ("head-on", "rear-end", "wall")
BELTS = ("any", "belted", "unbelted")
TAGS = ("S", "C", "M", "M?", "J")


def logistic(x: Floats, coefficients: Mapping[str, float], covariates: Mapping[str, Floats | float]) -> Floats:
    """``P = 1/(1 + exp(-z))``, ``z = intercept + slope x + sum(coefficient * covariate)``; overflow-safe."""
    z = coefficients["intercept"] + coefficients["slope"] * x
    for name in sorted(coefficients.keys() & covariates.keys()):  # a set has no order; sums must have one
        z = z + coefficients[name] * covariates[name]
    return np.asarray(np.exp(-np.logaddexp(0.0, -z)))


def power(x: Floats, coefficients: Mapping[str, float], covariates: Mapping[str, Floats | float]) -> Floats:
    """``P = min(1, x/reference)^exponent``, without covariates."""
    return np.asarray(np.minimum(x / coefficients["reference"], 1.0) ** coefficients["exponent"])


class Form(NamedTuple):
    """A shape of curve: a function of (input, coefficients, covariates) and the coefficients every level must state."""

    function: Callable[[Floats, Mapping[str, float], Mapping[str, Floats | float]], Floats]
    coefficients: tuple[str, ...]
    positive: tuple[str, ...]  # those that make the risk grow with the input
    takes_covariates: bool


FORMS = {
    "logistic": Form(logistic, ("intercept", "slope"), ("slope",), True),
    "power": Form(power, ("reference", "exponent"), ("reference", "exponent"), False),
}

_REQUIRED = (
    *("name", "title", "form", "input", "input_unit", "directions", "population"),
    *("valid", "tag", "source", "notes", "levels"),
)
_OPTIONAL = ("impacts", "belt", "covariates")


@dataclass(frozen=True)
class RiskCurve:
    """One published curve: probability of injury at or above each of its levels.

    ``levels`` maps a level to its coefficients, lowest level first, in ``input_unit``; a coefficient that its form does
    not know belongs to a covariate of the same name, fixed by the curve (``covariates``) or given per case (``age``).
    The range of validity is in the curve's own input, in m/s.
    """

    name: str
    title: str
    form: str
    input: str
    input_unit: str
    directions: tuple[str, ...]
    impacts: tuple[str, ...]
    belt: str
    covariates: Mapping[str, float]
    population: str
    valid_from: float
    valid_to: float
    valid_source: str
    valid_tag: str
    tag: str
    source: str
    notes: str
    levels: Mapping[str, Mapping[str, float]]

    @classmethod
    def from_tree(cls, tree: Mapping[str, object]) -> RiskCurve:
        """Curve from the plain mapping of a data file, every field checked.

        Raises
        ------
        ValueError
            Missing or unknown fields, values outside their list, coefficients that do not fit the form, empty range.
        """
        _check_keys(tree, _REQUIRED, _OPTIONAL, "risk curve")
        valid = _mapping(tree["valid"], "valid")
        _check_keys(valid, ("from", "to", "source", "tag"), (), "valid")
        form = one_of(tree["form"], FORMS, "form")
        covariates = _numbers(tree.get("covariates", {}), "covariates")
        curve = cls(
            name=_text(tree["name"], "name"),
            title=_text(tree["title"], "title"),
            form=form,
            input=one_of(tree["input"], INPUTS, "input"),
            input_unit=one_of(tree["input_unit"], DIMENSIONS["speed"], "input_unit"),
            directions=_some_of(tree["directions"], DIRECTIONS, "directions"),
            impacts=_some_of(tree.get("impacts", list(IMPACTS)), IMPACTS, "impacts"),
            belt=one_of(tree.get("belt", "any"), BELTS, "belt"),
            covariates=covariates,
            population=_text(tree["population"], "population"),
            valid_from=_quantity(valid["from"], "speed", "valid.from"),
            valid_to=_quantity(valid["to"], "speed", "valid.to"),
            valid_source=_text(valid["source"], "valid.source"),
            valid_tag=one_of(valid["tag"], TAGS, "valid.tag"),
            tag=one_of(tree["tag"], TAGS, "tag"),
            source=_text(tree["source"], "source"),
            notes=_text(tree["notes"], "notes"),
            levels=_levels(tree["levels"], FORMS[form], covariates),
        )
        if not 0.0 <= curve.valid_from < curve.valid_to:
            raise ValueError("valid: expected 0 <= from < to")
        return curve

    @property
    def needs_age(self) -> bool:
        """Whether the curve cannot be evaluated without the occupant's age."""
        return any("age" in coefficients for coefficients in self.levels.values())


@dataclass(frozen=True)
class WinsmashCorrection:
    """True delta-v over WinSMASH delta-v: the value in use, and those to show beside it, each with its source."""

    nominal: float
    alternatives: tuple[float, ...]
    sources: tuple[str, ...]
    notes: str

    @classmethod
    def from_tree(cls, tree: Mapping[str, object]) -> WinsmashCorrection:
        """Correction from the plain mapping of ``_winsmash.yaml``; ``sources`` starts with that of the nominal value.

        Raises
        ------
        ValueError
            Missing or unknown fields, a factor that is not positive.
        """
        _check_keys(tree, ("title", "nominal", "alternatives", "notes"), (), "WinSMASH correction")
        entries = [
            _mapping(entry, "factor") for entry in (tree["nominal"], *_sequence(tree["alternatives"], "alternatives"))
        ]
        for entry in entries:
            _check_keys(entry, ("value", "source", "tag"), (), "factor")
            one_of(entry["tag"], TAGS, "tag")
        values = [_quantity(entry["value"], "number", "value") for entry in entries]
        if min(values) <= 0.0:
            raise ValueError("value: expected a factor above 0")
        sources = tuple(_text(entry["source"], "source") for entry in entries)
        return cls(values[0], tuple(values[1:]), sources, _text(tree["notes"], "notes"))


def one_of(value: object, allowed: Collection[str], where: str) -> str:
    """The value, if it is one of the allowed words; ValueError otherwise."""
    if not isinstance(value, str) or value not in allowed:
        hint = did_you_mean(value, allowed) if isinstance(value, str) else ""
        raise ValueError(f"{where}: got {value!r:.60}, expected one of: {', '.join(allowed)}{hint}")
    return value


def _some_of(value: object, allowed: Collection[str], where: str) -> tuple[str, ...]:
    words = tuple(one_of(word, allowed, where) for word in _sequence(value, where))
    if not words or len(set(words)) < len(words):
        raise ValueError(f"{where}: expected at least one word, none twice")
    return words


def _levels(tree: object, form: Form, covariates: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Coefficients by level, lowest level first, checked against the form and the covariates."""
    found = {
        one_of(level, LEVELS, "levels"): _numbers(c, f"levels.{level}") for level, c in _mapping(tree, "levels").items()
    }
    if not found:
        raise ValueError("levels: expected at least one level")
    if "age" in covariates:
        raise ValueError("covariates: age is given per case, not by the curve")
    others = (*covariates, "age") if form.takes_covariates else ()
    for level, coefficients in found.items():
        _check_keys(coefficients, form.coefficients, others, f"levels.{level}")
        if any(coefficients[key] <= 0.0 for key in form.positive):
            raise ValueError(f"levels.{level}: expected {' and '.join(form.positive)} above 0")
    unused = [name for name in covariates if not any(name in coefficients for coefficients in found.values())]
    if unused:
        raise ValueError(f"covariates: no level has a coefficient for {', '.join(unused)}")
    return {level: found[level] for level in LEVELS if level in found}


def _check_keys(tree: Mapping[str, object], required: Collection[str], optional: Collection[str], what: str) -> None:
    missing = [key for key in required if key not in tree]
    unknown = [
        f"{key!r:.60}{did_you_mean(str(key), (*required, *optional))}"
        for key in tree
        if key not in (*required, *optional)
    ]
    if missing or unknown:
        parts = [f"missing {', '.join(missing)}"] * bool(missing) + [f"unknown {', '.join(unknown)}"] * bool(unknown)
        raise ValueError(f"{what}: {'; '.join(parts)}")


def _mapping(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{where}: expected a mapping")
    return value


def _sequence(value: object, where: str) -> Sequence[object]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{where}: expected a list")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{where}: expected a text that is not empty")
    return value.strip()


def _quantity(value: object, dimension: str, where: str) -> float:
    try:
        return parse(value, dimension)
    except UnitError as error:
        raise ValueError(f"{where}: {error}") from None


def _numbers(value: object, where: str) -> dict[str, float]:
    return {str(key): _quantity(entry, "number", f"{where}.{key}") for key, entry in _mapping(value, where).items()}
