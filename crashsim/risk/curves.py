"""Risk curves as records: their forms, and reading one from the mapping of a data file with every field checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from crashsim.risk.fields import TAGS, check_keys, mapping, numbers, one_of, quantity, sequence, some_of, text
from crashsim.units import DIMENSIONS

Floats = NDArray[np.float64]

LEVELS = ("MAIS1+", "MAIS2+", "MAIS3+", "MAIS4+", "MAIS5+", "fatal")
INPUTS = ("delta_v_true", "delta_v_winsmash", "closing_speed")
DIRECTIONS = ("front", "rear", "side")
IMPACTS = ("head-on", "rear-end", "side", "wall")
BELTS = ("any", "belted", "unbelted")


def logistic(x: Floats, coefficients: Mapping[str, float], covariates: Mapping[str, Floats | float]) -> Floats:
    """``P = 1/(1 + exp(-z))``, ``z = intercept + slope x + sum(coefficient * covariate)``; overflow-safe."""
    z = coefficients["intercept"] + coefficients["slope"] * x
    for name in sorted(coefficients.keys() & covariates.keys()):  # a set has no order; sums must have one
        z = z + coefficients[name] * covariates[name]
    return _sigmoid(z)


def _sigmoid(z: Floats) -> Floats:
    """``1/(1 + exp(-z))``, step by step in one array: there may be millions."""
    found = np.asarray(-z)
    with np.errstate(over="ignore"):  # of exp(-z): P is 0
        np.exp(found, out=found)
    found += 1.0
    return np.asarray(np.divide(1.0, found, out=found))


def power(x: Floats, coefficients: Mapping[str, float], covariates: Mapping[str, Floats | float]) -> Floats:
    """``P = min(1, x/reference)^exponent``, without covariates."""
    return np.asarray(np.minimum(x / coefficients["reference"], 1.0) ** coefficients["exponent"])


def log_logistic(x: Floats, coefficients: Mapping[str, float], covariates: Mapping[str, Floats | float]) -> Floats:
    """``P = 1/(1 + (reference/x)^exponent)``: half are injured at the reference, odds grow with a power; no covariates."""
    with np.errstate(divide="ignore"):  # ln 0: no risk
        return _sigmoid(coefficients["exponent"] * np.log(x / coefficients["reference"]))


class Form(NamedTuple):
    """A shape of curve: a function of (input, coefficients, covariates) and the coefficients every level must state."""

    function: Callable[[Floats, Mapping[str, float], Mapping[str, Floats | float]], Floats]
    coefficients: tuple[str, ...]
    positive: tuple[str, ...]  # those that make the risk grow with the input
    takes_covariates: bool


FORMS = {
    "logistic": Form(logistic, ("intercept", "slope"), ("slope",), True),
    "power": Form(power, ("reference", "exponent"), ("reference", "exponent"), False),
    "log-logistic": Form(log_logistic, ("reference", "exponent"), ("reference", "exponent"), False),
}

_REQUIRED = (
    *("name", "title", "form", "input", "input_unit", "directions", "population"),
    *("valid", "ensemble", "tag", "source", "notes", "levels"),
)
_OPTIONAL = ("impacts", "belt", "covariates", "errors")
_ERRORS = ("reference", "exponent", "correlation")


@dataclass(frozen=True)
class RiskCurve:
    """One published curve: probability of injury at or above each of its levels.

    ``levels`` maps a level to its coefficients, lowest level first, in ``input_unit``; a coefficient that its form does
    not know belongs to a covariate of the same name, fixed by the curve (``covariates``) or given per case (``age``).
    The range of validity is in the curve's own input, in m/s. ``weight`` is its share in the mean of an ensemble; a curve
    of weight 0 is offered by name only and joins no ensemble. ``errors`` has, by level, the standard errors of reference
    and exponent of a log-logistic curve and their correlation, where they are known.
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
    weight: float
    weight_source: str
    tag: str
    source: str
    notes: str
    levels: Mapping[str, Mapping[str, float]]
    errors: Mapping[str, Mapping[str, float]]

    @classmethod
    def from_tree(cls, tree: Mapping[str, object]) -> RiskCurve:
        """Curve from the plain mapping of a data file, every field checked.

        Raises
        ------
        ValueError
            Missing or unknown fields, values outside their list, coefficients that do not fit the form, empty range.
        """
        check_keys(tree, _REQUIRED, _OPTIONAL, "risk curve")
        valid = mapping(tree["valid"], "valid")
        check_keys(valid, ("from", "to", "source", "tag"), (), "valid")
        ensemble = mapping(tree["ensemble"], "ensemble")
        check_keys(ensemble, ("weight", "source", "tag"), (), "ensemble")
        one_of(ensemble["tag"], TAGS, "ensemble.tag")
        form = one_of(tree["form"], FORMS, "form")
        covariates = numbers(tree.get("covariates", {}), "covariates")
        curve = cls(
            name=text(tree["name"], "name"),
            title=text(tree["title"], "title"),
            form=form,
            input=one_of(tree["input"], INPUTS, "input"),
            input_unit=one_of(tree["input_unit"], DIMENSIONS["speed"], "input_unit"),
            directions=some_of(tree["directions"], DIRECTIONS, "directions"),
            impacts=some_of(tree.get("impacts", list(IMPACTS)), IMPACTS, "impacts"),
            belt=one_of(tree.get("belt", "any"), BELTS, "belt"),
            covariates=covariates,
            population=text(tree["population"], "population"),
            valid_from=quantity(valid["from"], "speed", "valid.from"),
            valid_to=quantity(valid["to"], "speed", "valid.to"),
            valid_source=text(valid["source"], "valid.source"),
            valid_tag=one_of(valid["tag"], TAGS, "valid.tag"),
            weight=quantity(ensemble["weight"], "number", "ensemble.weight"),
            weight_source=text(ensemble["source"], "ensemble.source"),
            tag=one_of(tree["tag"], TAGS, "tag"),
            source=text(tree["source"], "source"),
            notes=text(tree["notes"], "notes"),
            levels=_levels(tree["levels"], FORMS[form], covariates),
            errors=_errors(tree.get("errors", {}), form),
        )
        if not 0.0 <= curve.valid_from < curve.valid_to:
            raise ValueError("valid: expected 0 <= from < to")
        if curve.weight < 0.0:
            raise ValueError("ensemble.weight: expected 0 or more")
        if curve.errors and list(curve.errors) != list(curve.levels):
            raise ValueError("errors: expected those of every level, or none")
        return curve

    @property
    def needs_age(self) -> bool:
        """Whether the curve cannot be evaluated without the occupant's age."""
        return any("age" in coefficients for coefficients in self.levels.values())

    def log_odds_error(self, level: str, x: Floats) -> Floats:
        """Standard error of the log-odds at ``x`` > 0 in ``input_unit``, to first order; KeyError without errors."""
        c, e = self.levels[level], self.errors[level]
        a = -c["exponent"] / c["reference"] * e["reference"]
        b = np.log(x / c["reference"]) * e["exponent"]
        return np.asarray(np.sqrt(a * a + b * b + 2.0 * e["correlation"] * a * b))


@dataclass(frozen=True)
class WinsmashCorrection:
    """True delta-v over WinSMASH delta-v: the value in use, and those to show beside it, each with its source; and the
    standard deviation [m/s] with which WinSMASH scatters about it.
    """

    nominal: float
    alternatives: tuple[float, ...]
    sources: tuple[str, ...]
    scatter: float
    notes: str

    @classmethod
    def from_tree(cls, tree: Mapping[str, object]) -> WinsmashCorrection:
        """Correction from the plain mapping of ``_winsmash.yaml``; ``sources`` starts with that of the nominal value.

        Raises
        ------
        ValueError
            Missing or unknown fields, a factor that is not positive.
        """
        check_keys(tree, ("title", "nominal", "alternatives", "scatter", "notes"), (), "WinSMASH correction")
        scatter = mapping(tree["scatter"], "scatter")
        check_keys(scatter, ("value", "source", "tag"), (), "scatter")
        entries = [
            mapping(entry, "factor") for entry in (tree["nominal"], *sequence(tree["alternatives"], "alternatives"))
        ]
        for entry in entries:
            check_keys(entry, ("value", "source", "tag"), (), "factor")
            one_of(entry["tag"], TAGS, "tag")
        values = [quantity(entry["value"], "number", "value") for entry in entries]
        if min(values) <= 0.0:
            raise ValueError("value: expected a factor above 0")
        sources = tuple(text(entry["source"], "source") for entry in entries)
        spread = quantity(scatter["value"], "speed", "scatter.value")
        return cls(values[0], tuple(values[1:]), sources, spread, text(tree["notes"], "notes"))


def _levels(tree: object, form: Form, covariates: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Coefficients by level, lowest level first, checked against the form and the covariates."""
    found = {
        one_of(level, LEVELS, "levels"): numbers(c, f"levels.{level}") for level, c in mapping(tree, "levels").items()
    }
    if not found:
        raise ValueError("levels: expected at least one level")
    if "age" in covariates:
        raise ValueError("covariates: age is given per case, not by the curve")
    others = (*covariates, "age") if form.takes_covariates else ()
    for level, coefficients in found.items():
        check_keys(coefficients, form.coefficients, others, f"levels.{level}")
        if any(coefficients[key] <= 0.0 for key in form.positive):
            raise ValueError(f"levels.{level}: expected {' and '.join(form.positive)} above 0")
    unused = [name for name in covariates if not any(name in coefficients for coefficients in found.values())]
    if unused:
        raise ValueError(f"covariates: no level has a coefficient for {', '.join(unused)}")
    return {level: found[level] for level in LEVELS if level in found}


def _errors(tree: object, form: str) -> dict[str, dict[str, float]]:
    """Errors by level, lowest level first."""
    found = {
        one_of(level, LEVELS, "errors"): numbers(e, f"errors.{level}") for level, e in mapping(tree, "errors").items()
    }
    if found and form != "log-logistic":
        raise ValueError("errors: known of log-logistic curves only")
    for level, errors in found.items():
        check_keys(errors, _ERRORS, (), f"errors.{level}")
        if min(errors["reference"], errors["exponent"]) <= 0.0 or not -1.0 < errors["correlation"] < 1.0:
            raise ValueError(f"errors.{level}: expected errors above 0 and a correlation between -1 and 1")
    return {level: found[level] for level in LEVELS if level in found}
