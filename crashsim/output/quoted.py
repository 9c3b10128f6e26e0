"""What is quoted of a study: its leading case, those to be read beside it, and their numbers with both bands in words.

The leading case is the first named one (``output.pulses``); where a study names none, that is the middle case of its first impact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from crashsim import units
from crashsim.output.views import COUNTED, at_case, vehicles_of
from crashsim.output.words import number, percent, quantity
from crashsim.results import BEYOND_MODEL, FAILED, Results

Row = Mapping[str, Any]

DUMMY, FIELD = "risk1_joint_ais3plus", "risk_mais3plus"
ALIKE: Final = 1e-6  # relative difference of two closing speeds that are the same
MOST: Final = 8  # cases that a sentence can hold


@dataclass(frozen=True)
class Case:
    """A case: its name, how it meets, and by vehicle its row in SI and what the samples span there (empty when nothing is drawn)."""

    name: str
    impact: str
    type: str
    rows: Mapping[str, Row]
    spans: Mapping[str, Row]

    @property
    def closing_speed(self) -> float:
        """Closing speed [m/s]."""
        return float(self.rows[self.worse]["closing_speed"])

    @property
    def worse(self) -> str:
        """The vehicle with the larger delta-v."""
        return max(self.rows, key=lambda vehicle: self.rows[vehicle]["delta_v"])

    @property
    def partner(self) -> str | None:
        """The other one; None against a wall."""
        return next((vehicle for vehicle in self.rows if vehicle != self.worse), None)

    @property
    def beyond(self) -> bool:
        """Whether it is beyond the model: its delta-v and the risk by field curves stand, nothing else."""
        return bool(self.rows[self.worse]["status"] == BEYOND_MODEL)

    def value(self, vehicle: str, column: str) -> float | None:
        """A number in SI; None where it does not hold or is not offered."""
        found = float(self.rows[vehicle].get(column, np.nan))
        return found if np.isfinite(found) and not (self.beyond and column.startswith("risk1_")) else None

    def span(self, vehicle: str, column: str) -> tuple[float, float] | None:
        """The 5 and 95 % quantiles of a column over the samples of the inputs; None when nothing is drawn or too few samples count."""
        at, counted = self.spans.get(vehicle, {}), self.counted(vehicle, column)
        return (
            None if counted is None or counted < COUNTED else (float(at[f"{column}.p05"]), float(at[f"{column}.p95"]))
        )

    def counted(self, vehicle: str, column: str) -> float | None:
        """Share of the samples that a column's quantiles count: of the others nothing is known.  None when nothing is drawn."""
        at = self.spans.get(vehicle, {})
        return at[f"{column}.count"] / at["cases"] if f"{column}.p05" in at else None


def cases(results: Results) -> list[Case]:
    """The named cases in their order, without failed ones."""
    found = [(case["name"], case["impact"], case["index"]) for case in results.meta["named_cases"]]
    every = (_case(results, *case) for case in found)
    return [case for case in every if all(row["status"] != FAILED for row in case.rows.values())]


def beside(every: Sequence[Case]) -> list[Case]:
    """The leading case, and those to be read beside it: of the same kind, at the same closing speed."""
    lead = every[0]
    return [c for c in every if c.type == lead.type and abs(c.closing_speed / lead.closing_speed - 1.0) < ALIKE][:MOST]


def _case(results: Results, name: str, impact: str, index: int) -> Case:
    of = vehicles_of(results, impact)
    spans = {v: at_case(results.bands, impact, v, index) for v in of} if results.bands is not None else {}
    rows = {v: at_case(results, impact, v, index) for v in of}
    return Case(name, impact, results.meta["impacts"][impact]["type"], rows, spans)


# ---- words -------------------------------------------------------------------------------------------------------------


def listed(texts: Iterable[str]) -> str:
    """``a, b and c``."""
    *first, last = texts
    return f"{', '.join(first)} and {last}" if first else last


def between(low: float, high: float, dimension: str, system: str) -> str:
    """Two quantities with one unit, ``56 to 58 mph``; one where they are shown alike."""
    unit = units.display_unit(dimension, system)
    texts = [number(units.to(value, unit, dimension)) for value in (low, high)]
    return f"{' to '.join(dict.fromkeys(texts))} {unit}"


def chances(low: float, high: float) -> str:
    """Two probabilities, ``47 to 94 %``; one where they are shown alike."""
    texts = [percent(value).removesuffix(" %") for value in (low, high)]
    return f"{' to '.join(dict.fromkeys(texts))} %"


def with_span(case: Case, vehicle: str, column: str, dimension: str, system: str, *, first: bool = False) -> str:
    """A quantity, and in brackets what the spread of the inputs makes of it; ``first`` says in words what that is."""
    span, counted = case.span(vehicle, column), case.counted(vehicle, column)
    told = f" ({'inputs 5-95 %: ' if first else ''}{between(*span, dimension, system)})" if span else ""
    if not span and counted is not None:
        told = f" ({percent(1.0 - counted)} of the samples are beyond the model)"
    return f"{quantity(float(case.rows[vehicle][column]), dimension, system)}{told}"


def risk(case: Case, vehicle: str, name: str = FIELD, *, first: bool = True) -> str:
    """A risk with both bands: the disagreement of curves or functions, and the spread of the inputs; ``not offered`` without curve.

    ``first`` says in words what the two bands are; else they follow each other in that order.
    """
    value = case.value(vehicle, name)
    if value is None:
        return "not offered"
    row, span = case.rows[vehicle], case.span(vehicle, name)
    low, high = (float(row[f"{name}_{edge}"]) for edge in ("low", "high"))
    of = "functions" if name == DUMMY else "published curves"
    one = low == high
    curves = f"one {of[:-1]}, so no band of disagreement" if one else f"{of} disagree: {chances(low, high)}"
    none = "inputs not drawn" if case.counted(vehicle, name) is None else "inputs: too few samples within the model"
    drawn = f"inputs 5-95 %: {chances(*span)}" if span else none
    if span and value <= span[0]:  # the inputs as given need not be the middle of what is drawn
        drawn += ", so this is a favourable reading"
    if not first:
        curves = "one curve" if one else chances(low, high)
        drawn = chances(*span) if span else none
    flag = "; extrapolated" if row.get(f"{name}_extrapolated") else ""
    return f"{percent(value)} ({curves}; {drawn}{flag})"
