"""The only place that knows unit factors: text to SI on the way in, SI to display units on the way out.

A whitelist per dimension instead of a general unit parser: the field says what it is (a mass, a speed), so ``lb`` can
only be a mass, ``g`` only an acceleration, and a typo is an error with a suggestion rather than a milli-horsepower.
Factors are exact fractions, so ``57 cm``, ``570 mm`` and ``0.57 m`` give the very same float.

Sources of the factors: SI brochure (2019) for standard gravity; the international yard and pound agreement (1959) for
the inch (0.0254 m) and the pound (0.45359237 kg).
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from numbers import Real
from typing import TYPE_CHECKING, Final, overload

from crashsim.errors import UnitError, did_you_mean

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ONE = Fraction(1)
_GRAVITY = Fraction("9.80665")
_POUND = Fraction("0.45359237")
_INCH = Fraction("0.0254")
_FOOT = 12 * _INCH
_POUND_FORCE = _POUND * _GRAVITY
_DEGREE = Fraction(math.pi) / 180

_EXACT: Final[dict[str, dict[str, Fraction]]] = {
    "speed": {
        "m/s": _ONE,
        "km/h": Fraction(5, 18),
        "kph": Fraction(5, 18),
        "mph": 5280 * _FOOT / 3600,
        "ft/s": _FOOT,
    },
    "mass": {"kg": _ONE, "t": Fraction(1000), "lb": _POUND, "lbs": _POUND},
    "length": {"m": _ONE, "cm": Fraction(1, 100), "mm": Fraction(1, 1000), "in": _INCH, "ft": _FOOT},
    "force": {"N": _ONE, "kN": Fraction(1000), "MN": Fraction(10**6), "lbf": _POUND_FORCE},
    "stiffness": {
        "N/m": _ONE,
        "kN/m": Fraction(1000),
        "MN/m": Fraction(10**6),
        "N/mm": Fraction(1000),
        "kN/mm": Fraction(10**6),
        "lbf/in": _POUND_FORCE / _INCH,
        "lbf/ft": _POUND_FORCE / _FOOT,
    },
    "stiffness_per_width": {"N/m^2": _ONE, "kN/m^2": Fraction(1000), "lbf/in^2": _POUND_FORCE / _INCH**2},
    "pressure": {"Pa": _ONE, "kPa": Fraction(1000), "MPa": Fraction(10**6)},
    "specific_stiffness": {"1/s^2": _ONE, "s^-2": _ONE},
    "compliance": {"m/N": _ONE, "mm/kN": Fraction(1, 10**6)},
    "damping": {"N*s/m": _ONE, "kN*s/m": Fraction(1000)},
    "energy": {"J": _ONE, "kJ": Fraction(1000), "MJ": Fraction(10**6)},
    "specific_energy": {"J/kg": _ONE, "kJ/kg": Fraction(1000)},
    "time": {"s": _ONE, "ms": Fraction(1, 1000)},
    "rate": {"1/s": _ONE, "s^-1": _ONE, "mph/in": 5280 * _FOOT / 3600 / _INCH},
    "inverse_speed": {"s/m": _ONE},
    "acceleration": {"m/s^2": _ONE, "m/s2": _ONE, "g": _GRAVITY},
    "jerk": {"m/s^3": _ONE, "m/s3": _ONE, "g/s": _GRAVITY},
    "inertia": {"kg*m^2": _ONE, "kg*m2": _ONE},
    "angle": {"rad": _ONE, "deg": _DEGREE},
    "age": {"years": _ONE, "yr": _ONE},
    "ratio": {"": _ONE, "%": Fraction(1, 100)},
    "number": {"": _ONE},
}

DIMENSIONS: Final[dict[str, dict[str, float]]] = {
    dimension: {unit: float(factor) for unit, factor in factors.items()} for dimension, factors in _EXACT.items()
}
"""Dimension -> unit -> what one of that unit is in SI (an age stays in years); ``""`` marks a plain number."""

G0: Final = DIMENSIONS["acceleration"]["g"]
KMH: Final = DIMENSIONS["speed"]["km/h"]
MPH: Final = DIMENSIONS["speed"]["mph"]
POUND: Final = DIMENSIONS["mass"]["lb"]
POUND_FORCE: Final = DIMENSIONS["force"]["lbf"]
INCH: Final = DIMENSIONS["length"]["in"]
FOOT: Final = DIMENSIONS["length"]["ft"]

SYSTEMS: Final = ("si", "us")

_DISPLAY: Final[dict[str, tuple[str, str]]] = {
    "speed": ("km/h", "mph"),
    "mass": ("kg", "lb"),
    "length": ("cm", "in"),
    "force": ("kN", "lbf"),
    "stiffness": ("kN/m", "lbf/in"),
    "stiffness_per_width": ("kN/m^2", "lbf/in^2"),
    "pressure": ("MPa", "MPa"),
    "specific_stiffness": ("1/s^2", "1/s^2"),
    "compliance": ("mm/kN", "mm/kN"),
    "damping": ("N*s/m", "N*s/m"),
    "energy": ("kJ", "kJ"),
    "specific_energy": ("kJ/kg", "kJ/kg"),
    "time": ("ms", "ms"),
    "rate": ("1/s", "mph/in"),
    "inverse_speed": ("s/m", "s/m"),
    "acceleration": ("g", "g"),
    "jerk": ("m/s^3", "m/s^3"),
    "inertia": ("kg*m^2", "kg*m^2"),
    "angle": ("deg", "deg"),
    "age": ("years", "years"),
    "ratio": ("", ""),
    "number": ("", ""),
}

LONGEST_TEXT: Final = 64
_ECHO: Final = 60

# A leading zero before a comma is refused: 0,500 is a decimal comma, not five hundred.
_NUMBER = r"[+\-]?(?:(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+\-]?[0-9]{1,3})?"
_QUANTITY = re.compile(rf"({_NUMBER}) *(.*)")


def parse(text: object, dimension: str) -> float:
    """Read a number with its unit, ``"70 mph"`` or ``"1,800 lb"``, into SI.

    Parameters
    ----------
    text : object
        What stood in the file. A string for most dimensions; ``ratio`` and ``number`` also take bare numbers.
    dimension : str
        A key of `DIMENSIONS`, such as ``"speed"``.

    Returns
    -------
    float
        The value in SI, correctly rounded; finite. An age is in years.

    Raises
    ------
    UnitError
        Anything else: no unit, an unknown one, one of another dimension, text that is not a number, overflow. The
        message is one printable line and says what was expected.
    """
    if isinstance(text, str):
        return _parse_text(text, dimension)
    if isinstance(text, Real) and not isinstance(text, bool):
        return _parse_bare(text, dimension)
    raise UnitError(f"got {kind(text)}, {_expected(dimension)}")


def pattern(dimension: str) -> str:
    """Regular expression (ECMA 262 and Python) for the strings `parse` takes, for an editor's JSON Schema.

    It cannot tell overflow (``1e400 kg``) and does not count characters; a schema adds ``maxLength`` of `LONGEST_TEXT`.
    """
    units = [unit for unit in DIMENSIONS[dimension] if unit]
    joined = "|".join(_escape(unit) for unit in units if not unit[0].isdigit())
    apart = "|".join(_escape(unit) for unit in units if unit[0].isdigit())  # 20001/s^2 would be two readings
    choices = [f" *(?:{joined})"] * bool(joined) + [f" +(?:{apart})"] * bool(apart)
    suffix = f"(?:{'|'.join(choices)})" if choices else ""
    optional = "?" if suffix and "" in DIMENSIONS[dimension] else ""
    return rf"^ *{_NUMBER}{suffix}{optional} *$"


def display_unit(dimension: str, system: str) -> str:
    """Unit shown to the reader for a dimension: ``display_unit("speed", "us")`` is ``"mph"``; ``""`` for plain numbers.

    Raises
    ------
    UnitError
        A system that is not in `SYSTEMS`.
    """
    if system not in SYSTEMS:
        raise UnitError(f"unknown unit system {echo(system)}, expected one of: {', '.join(SYSTEMS)}")
    return _DISPLAY[dimension][SYSTEMS.index(system)]


def si_unit(dimension: str) -> str:
    """The SI unit of a dimension: the one whose factor is 1; empty for ratios, numbers and labels."""
    if not dimension:
        return ""
    return next(unit for unit, factor in DIMENSIONS[dimension].items() if factor == 1.0)


@overload
def to(value_si: float, unit: str, dimension: str) -> float: ...
@overload
def to(value_si: NDArray[np.floating], unit: str, dimension: str) -> NDArray[np.floating]: ...
def to(value_si: float | NDArray[np.floating], unit: str, dimension: str) -> float | NDArray[np.floating]:
    """SI value or array of any shape in another unit of the same dimension: ``to(31.2928, "mph", "speed")`` is 70.

    Raises
    ------
    UnitError
        A unit that the dimension does not have.
    """
    if unit not in DIMENSIONS[dimension]:
        raise UnitError(_unknown_unit(unit, dimension))
    return value_si / DIMENSIONS[dimension][unit]


def format_quantity(value_si: float, dimension: str, system: str, digits: int = 3) -> str:
    """Text for the reader in the units of a system, ``"1,800 lb"``; `parse` reads it back.

    At least `digits` significant digits are kept; digits before the decimal point are never rounded away and zeros
    that end a fraction are left out. ``"n/a"`` stands for a value that is not finite.
    """
    unit = display_unit(dimension, system)
    value = to(value_si, unit, dimension)
    return f"{_format_number(value, digits)} {unit}".strip() if math.isfinite(value) else "n/a"


def echo(text: str, longest: int = _ECHO) -> str:
    """Quoted form of a user's text that is safe to print: one line, no control characters, shortened."""
    quoted = repr(text[:longest])  # cut first: the repr of a megabyte is not free
    return quoted if len(text) <= longest and len(quoted) <= longest + 2 else f"{quoted[: longest - 3]}...{quoted[0]}"


def kind(value: object) -> str:
    """What a value read from a file is, in a reader's words: ``"a list"``, ``"nothing"``, ``"true"``."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    names = {dict: "a mapping", list: "a list", str: "a text", int: "a number", float: "a number"}
    return names.get(type(value), f"a {type(value).__name__[:_ECHO]}")


def _parse_text(text: str, dimension: str) -> float:
    if len(text) > LONGEST_TEXT:
        raise UnitError(f"got {echo(text, 30)} of {len(text):,} characters, {_expected(dimension)}")
    match = _QUANTITY.fullmatch(text.strip(" "))
    if match is None:
        raise UnitError(f"got {echo(text)}, {_expected(dimension)}")
    digits, unit = match.groups()
    if unit not in _EXACT[dimension]:
        raise UnitError(_wrong_unit(text, digits, unit, dimension))
    try:
        return float(Fraction(digits.replace(",", "")) * _EXACT[dimension][unit])
    except OverflowError:
        raise UnitError(f"{echo(text)} is too large for a number") from None


def _parse_bare(value: Real, dimension: str) -> float:
    try:
        number = float(value)
    except OverflowError:
        raise UnitError(f"got a number too large to use, {_expected(dimension)}") from None
    digits = str(value if isinstance(value, int) else number)
    if not math.isfinite(number):
        raise UnitError(f"got {digits}, {_expected(dimension)}")
    if "" not in DIMENSIONS[dimension]:
        raise UnitError(_bare_number(digits, dimension))
    return number


def _wrong_unit(text: str, digits: str, unit: str, dimension: str) -> str:
    """Why a text that begins with a well-formed number is not a quantity of this dimension."""
    if not unit:
        return _bare_number(digits, dimension)
    for other, factors in DIMENSIONS.items():
        if unit in factors:
            return f"{echo(text)} is {_noun(other)}, {_expected(dimension, _short(digits))}"
    if unit[0] in "0123456789,._'":
        rule = "the digits of a number stand together, commas only between groups of three"
        return f"got {echo(text)}, {_expected(dimension)}; {rule}"
    return _unknown_unit(unit, dimension)


def _unknown_unit(unit: str, dimension: str) -> str:
    known = [name for name in DIMENSIONS[dimension] if name]
    if not known:
        return f"got the unit {echo(unit)}, {_expected(dimension)}"
    folded = {name.lower(): name for name in known}
    hint = did_you_mean(folded.get(unit.lower(), unit), known)
    return f"unknown {dimension.replace('_', ' ')} unit {echo(unit)}{hint} (known: {', '.join(known)})"


def _bare_number(digits: str, dimension: str) -> str:
    digits = _short(digits)
    return f"got the bare number {digits}, {_expected(dimension, digits)}"


def _expected(dimension: str, digits: str = "30") -> str:
    if dimension == "ratio":
        return "expected a ratio, such as 0.15 or '15 %'"
    if dimension == "number":
        return "expected a plain number, such as 0.15"
    si, us = _DISPLAY[dimension]
    spellings = dict.fromkeys((f"'{digits} {us}'", f"'{digits} {si}'"))
    return f"expected {_noun(dimension)} with its unit, such as {' or '.join(spellings)}"


def _noun(dimension: str) -> str:
    return f"{'an' if dimension[0] in 'aei' else 'a'} {dimension.replace('_', ' ')}"


def _short(digits: str) -> str:
    return digits if len(digits) <= 24 else f"{digits[:21]}..."


def _escape(unit: str) -> str:
    """Escape for both regex dialects; `re.escape` also escapes what ECMA's unicode mode forbids to."""
    return re.sub(r"([\^*.])", r"\\\1", unit)


def _format_number(value: float, digits: int) -> str:
    if value and not 1e-4 <= abs(value) < 1e9:
        return f"{value:.{digits}g}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value)))) if value else 0
    text = f"{round(value, decimals) + 0.0:,.{decimals}f}"  # + 0.0 turns -0.0 into 0.0
    return text.rstrip("0").rstrip(".") if "." in text else text
