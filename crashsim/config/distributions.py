"""Distributions as a study writes them, in the place of a number: ``{normal: {mean: 270 kN, sd: 30 kN}}``, ``{road: us-35}``."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from crashsim import units
from crashsim.config import library
from crashsim.config.fields import (
    DISTRIBUTIONS,
    PROVENANCE,
    FieldError,
    Number,
    Place,
    Quantity,
    in_unit_of,
    listed,
    nearest,
    provenance,
    shown,
)
from crashsim.errors import LibraryError, UnitError
from crashsim.sampling import NEAREST, Choice, Distribution, LogNormal, Normal, Triangular, Uniform

MOST_CHOICES: Final = 100
LARGEST_GSD: Final = 10.0
LEAST_KEPT: Final = 0.01  # share of a distribution that must lie between its ends

ROAD: Final = "road"  # the distribution of the speed at contact on a road of the library
OF_ROADS: Final = "roads."  # begins the source of such a speed

Schema = dict[str, Any]


@dataclass(frozen=True)
class Form:
    """How one distribution is written: the parameters that it must and may have, and what makes it of them."""

    needs: tuple[str, ...]
    may: tuple[str, ...]
    make: Callable[[Reader], Distribution]
    text: str

    @property
    def expected(self) -> str:
        """The parameters in words."""
        return listed(self.needs) + (f" (and {' and '.join(self.may)} if you like)" if self.may else "")


def read(value: Mapping[Any, Any], number: Number) -> Quantity:
    """A distribution of a number, alone or with ``source`` and ``tag``; its median stands for it where one number must.

    Raises FieldError for what is wrong first, and where the distribution reaches beyond the bounds of the number: it is
    never cut silently.
    """
    source, tag = provenance(value, DISTRIBUTIONS)
    names = [name for name in value if name in DISTRIBUTIONS]
    if len(names) > 1:
        raise FieldError(f"got {' and '.join(names)}, expected one distribution", (names[1],), key=True)
    (name,) = names
    if name == ROAD:
        return _on_road(value, number)
    parameters, form = value[name], FORMS[name]
    if not isinstance(parameters, Mapping):
        raise FieldError(f"got {shown(parameters)}, expected a mapping with {form.expected}", (name,))
    known = (*form.needs, *form.may)
    for key in parameters:
        if key not in known:
            raise FieldError(f"unknown field{nearest(key, known)}", (name, key), key=True)
    for key in form.needs:
        if key not in parameters:
            raise FieldError(f"missing {key}, expected {form.expected}", (name,))
    reader = Reader(name, parameters, number)
    distribution = form.make(reader)
    reader.check_reach(distribution)
    median = float(distribution.quantile(np.array([0.5]))[0])
    return Quantity(median, reader.typed(form), number.dimension, source, tag, distribution=distribution)


def _on_road(value: Mapping[Any, Any], number: Number) -> Quantity:
    """The speed at contact on a road, which has its own sources; the form of its distribution is judgement."""
    name = value[ROAD]
    if number.dimension != "speed":
        raise FieldError("a road gives a speed, expected another distribution", (ROAD,), key=True)
    if not isinstance(name, str):
        raise FieldError(f"got {shown(name)}, expected the name of a road such as us-35", (ROAD,))
    for key in ("source", "tag"):
        if key in value:
            raise FieldError("a road has its own sources; leave it out", (key,), key=True)
    try:
        road = library.road(name)
    except LibraryError as error:
        raise FieldError(str(error), (ROAD,)) from None
    median = float(road.impact.quantile(np.array([0.5]))[0])
    typed = f"on {road.name} about {units.to(median, 'mph', 'speed'):.0f} mph"
    return Quantity(median, typed, number.dimension, OF_ROADS + road.name, "J", distribution=road.impact)


@dataclass(frozen=True)
class Reader:
    """The parameters of one distribution and the number that it stands for."""

    form: str
    parameters: Mapping[str, Any]
    number: Number

    def value(self, name: str) -> float:
        """A parameter that is a value of the number itself [SI]."""
        return self._value(self.parameters[name], name)

    def _value(self, value: object, *place: str | int) -> float:
        try:
            return self.number.read_value(value).si
        except FieldError as error:
            raise FieldError(str(error), (self.form, *place, *error.at), key=error.key) from None

    def above(self, name: str, dimension: str, least: float, most: float, expected: str) -> float:
        """A parameter above ``least``, up to ``most`` [SI]."""
        value = self.parameters[name]
        try:
            si = units.parse(value, dimension)
        except UnitError as error:
            raise FieldError(str(error), (self.form, name)) from None
        if not least < si <= most:
            raise FieldError(f"got {shown(value)}, expected {expected}", (self.form, name))
        return si

    def ends(self, low: float = -math.inf, high: float = math.inf) -> tuple[float, float]:
        """``from`` and ``to``; those given where they are left out."""
        low = self.value("from") if "from" in self.parameters else low
        high = self.value("to") if "to" in self.parameters else high
        if low >= high:
            raise FieldError(
                f"got {self.shown('to')}, expected more than from, {self.shown('from')}", (self.form, "to")
            )
        return low, high

    def shown(self, name: str) -> str:
        """A parameter as it was typed, for a message."""
        return shown(self.parameters[name])

    def typed(self, form: Form) -> str:
        """The whole distribution in one line; it ends with the unit of the number."""
        texts = {n: ", ".join(map(str, v)) if isinstance(v, list) else v for n, v in self.parameters.items()}
        cut = [f"{end} {texts[end]}" for end in form.may if end in ("from", "to") and end in texts]
        return " ".join([form.text.format_map(texts), *cut])

    def check_kept(self, share: float) -> None:
        """Refuse ends between which almost nothing of the distribution lies."""
        if share < LEAST_KEPT:
            end = "from" if "from" in self.parameters else "to"
            message = f"only {share:.2g} of the distribution lies between its ends, expected at least {LEAST_KEPT:g}"
            raise FieldError(message, (self.form, end))

    def check_reach(self, distribution: Distribution) -> None:
        """Refuse a distribution that can give a value beyond the bounds of the number."""
        low, high = distribution.quantile(np.array([NEAREST, 1.0 - NEAREST])).tolist()
        for end, reached, beyond in (
            ("from", low, low < self.number.bounds[0]),
            ("to", high, high > self.number.bounds[1]),
        ):
            if beyond:
                of_unit = next(str(v) for v in self.parameters.values())
                value = in_unit_of(reached, of_unit, self.number.dimension)
                message = f"reaches {value}, expected {self.number.expected}: cut it with {end}"
                raise FieldError(message, (self.form,))


def _normal(reader: Reader) -> Normal:
    mean = reader.value("mean")
    sd = reader.above("sd", reader.number.dimension, 0.0, math.inf, "a standard deviation above zero")
    found = Normal(mean, sd, *reader.ends())
    reader.check_kept(found.below[1] - found.below[0])
    return found


def _uniform(reader: Reader) -> Uniform:
    return Uniform(*reader.ends())


def _triangular(reader: Reader) -> Triangular:
    (low, high), mode = reader.ends(), reader.value("mode")
    if not low <= mode <= high:
        between = f"{reader.shown('from')} to {reader.shown('to')}"
        raise FieldError(f"got {reader.shown('mode')}, expected a value from {between}", (reader.form, "mode"))
    return Triangular(low, mode, high)


def _lognormal(reader: Reader) -> LogNormal:
    median = reader.value("median")
    if median <= 0.0:
        raise FieldError(f"got {reader.shown('median')}, expected more than zero", (reader.form, "median"))
    expected = f"a geometric standard deviation above 1, at most {LARGEST_GSD:g}"
    gsd = reader.above("gsd", "number", 1.0, LARGEST_GSD, expected)
    found = LogNormal(median, gsd, *reader.ends(low=0.0))
    below = found.logarithm.below
    reader.check_kept(below[1] - below[0])
    return found


def _choice(reader: Reader) -> Choice:
    values = reader.parameters["values"]
    if not isinstance(values, list) or not 2 <= len(values) <= MOST_CHOICES:
        got = f"{len(values):,} values" if isinstance(values, list) else shown(values)
        raise FieldError(f"got {got}, expected a list of 2 to {MOST_CHOICES} values", (reader.form, "values"))
    numbers = [reader._value(value, "values", i) for i, value in enumerate(values)]
    if len(set(numbers)) < len(numbers):
        raise FieldError("the same value stands twice; give it more weight", (reader.form, "values"))
    weights = _weights(reader, len(values))
    order = sorted(range(len(numbers)), key=numbers.__getitem__)
    return Choice(tuple(numbers[i] for i in order), tuple(weights[i] / math.fsum(weights) for i in order))


def _weights(reader: Reader, count: int) -> list[float]:
    weights = reader.parameters.get("weights", [1.0] * count)
    place: Place = (reader.form, "weights")
    if not isinstance(weights, list) or len(weights) != count:
        got = f"{len(weights):,}" if isinstance(weights, list) else shown(weights)
        raise FieldError(f"got {got}, expected {count} weights, one for each value", place)
    for i, weight in enumerate(weights):
        good = isinstance(weight, int | float) and not isinstance(weight, bool) and 0 < weight <= 1e9
        if not good:
            raise FieldError(f"got {shown(weight)}, expected a plain number above zero", (*place, i))
    return [float(weight) for weight in weights]


FORMS: Final[Mapping[str, Form]] = {
    "normal": Form(("mean", "sd"), ("from", "to"), _normal, "normal +- {sd} around {mean}"),
    "uniform": Form(("from", "to"), (), _uniform, "uniform from {from} to {to}"),
    "triangular": Form(("from", "mode", "to"), (), _triangular, "triangular from {from} over {mode} to {to}"),
    "lognormal": Form(("median", "gsd"), ("from", "to"), _lognormal, "lognormal times {gsd} around {median}"),
    "choice": Form(("values",), ("weights",), _choice, "one of {values}"),
}


def schema(number: Number) -> Schema:
    """The JSON Schema of the distributions of a number: exactly one form, beside source and tag."""
    value = number.plain_schema()
    weights = {
        "type": "array",
        "minItems": 2,
        "maxItems": MOST_CHOICES,
        "items": {"type": "number", "exclusiveMinimum": 0},
    }
    special = {
        "sd": number.plain_schema(bounded=False),
        "gsd": {"type": "number", "exclusiveMinimum": 1, "maximum": LARGEST_GSD},
        "values": {"type": "array", "minItems": 2, "maxItems": MOST_CHOICES, "items": value},
        "weights": weights,
    }
    forms = {
        name: {"type": "object", "additionalProperties": False, "required": list(form.needs),
               "properties": {p: special.get(p, value) for p in (*form.needs, *form.may)}}
        for name, form in FORMS.items()
    }  # fmt: skip
    if number.dimension == "speed":
        forms[ROAD] = {"enum": list(library.roads())}
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {**forms, **PROVENANCE},
        "oneOf": [{"required": [name]} for name in forms],
    }
