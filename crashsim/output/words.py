"""Numbers as a reader wants them, the same in the report, in the terminal and in the figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crashsim import units


def percent(p: float) -> str:
    """A probability: two digits, and no false certainty at either end."""
    if p < 0.001:
        return "<0.1 %"
    return ">99 %" if p > 0.99 else f"{100 * p:.2g} %"


def percents(low: float, high: float) -> str:
    """From one probability to another."""
    first, last = percent(low), percent(high)
    return first if first == last else f"{first.removesuffix(' %')} to {last}"


def band(row: Mapping[str, Any], level: str) -> str:
    """The band in which the curves disagree about a risk, in brackets."""
    low, high = (percent(row[f"{level}_{edge}"]) for edge in ("low", "high"))
    return f"({low} to {high})" if low != high else "(all curves)"


def number(value: float) -> str:
    """A result without its unit: whole numbers from ten on, one decimal below; more would be false precision."""
    return f"{value:,.0f}" if abs(value) >= 9.95 else f"{value:.1f}"


def quantity(value: float, dimension: str, system: str) -> str:
    """A result in SI with the unit of a system: ``41 mph``, ``7.4 g``."""
    unit = units.display_unit(dimension, system)
    return f"{number(units.to(value, unit, dimension))} {unit}"
