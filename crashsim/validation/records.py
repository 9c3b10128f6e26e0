"""A comparison with measurement: one row per quantity, with the error of the prediction and that of the naive guess.

Errors are relative (``predicted / measured - 1``), ratios (``predicted / measured``), plain differences, or how far a
prediction lies outside a measured range (0 inside).  A row is judged by a limit of its error or by the prediction's own band;
without either it is reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite, log, nan
from typing import Any, Final

WITHIN, OUTSIDE, REPORTED = "within", "outside", "reported"

RELATIVE: Final = "relative"  # predicted / measured - 1
FACTOR: Final = "factor"  # predicted / measured
DIFFERENCE: Final = "difference"  # predicted - measured, in SI
RANGE: Final = "range"  # outside of the measured range, relative to its nearer end
BAND: Final = "band"  # as RELATIVE; within when 5 to 95 % of the prediction hold what was measured
EITHER: Final = "either"  # as FACTOR; within also inside the span, two standard errors either way of what was measured

FITTED, AMONG, PREDICTED = "fitted to it", "among those fitted", "not fitted"
LEFT_OUT: Final = "in the sample fitted, this one left out"


@dataclass(frozen=True)
class Row:
    """One quantity of one case, SI.

    Attributes
    ----------
    case, quantity : str
        Such as ``C3`` and ``static crush, Suzuki Alto 2001``.
    dimension : str
        A key of ``units.DIMENSIONS``.
    measured, predicted : float
        For `RANGE`, ``measured`` is the middle of the range.
    basis : str
        `FITTED` where the model was adjusted to this very figure, `AMONG` where it was one of many, `LEFT_OUT` where to the
        others of its sample, or `PREDICTED`.
    kind : str
        How the error is counted.
    limit : float
        Largest error that is within tolerance; NaN: reported, not judged.  Of `FACTOR` and `EITHER` the limit of either way.
    low, high : float
        5 and 95 % of the prediction; NaN without a band.
    naive : float
        What the naive guess says; NaN without one.
    span : (float, float)
        The measured range of a `RANGE`, or what was measured less and more two standard errors of an `EITHER`.
    """

    case: str
    quantity: str
    dimension: str
    measured: float
    predicted: float
    basis: str = PREDICTED
    kind: str = RELATIVE
    limit: float = nan
    low: float = nan
    high: float = nan
    naive: float = nan
    span: tuple[float, float] = (nan, nan)

    @property
    def error(self) -> float:
        """Error of the prediction, as ``kind`` counts it."""
        return self._error(self.predicted)

    @property
    def naive_error(self) -> float:
        """Error of the naive guess; NaN without one."""
        return self._error(self.naive)

    @property
    def verdict(self) -> str:
        """Within or outside the tolerance, or only reported."""
        if self.kind == BAND:
            return WITHIN if self.low <= self.measured <= self.high else OUTSIDE
        if not isfinite(self.limit):
            return REPORTED
        if self.kind == EITHER and self.span[0] <= self.predicted <= self.span[1]:
            return WITHIN
        if self.kind in (FACTOR, EITHER):
            return WITHIN if abs(log(self.error)) <= log(self.limit) else OUTSIDE
        return WITHIN if abs(self.error) <= self.limit else OUTSIDE

    def _error(self, value: float) -> float:
        if self.kind == RANGE:
            nearest = min(max(value, self.span[0]), self.span[1])
            return value / nearest - 1.0
        if self.kind == DIFFERENCE:
            return value - self.measured
        return value / self.measured - (0.0 if self.kind in (FACTOR, EITHER) else 1.0)


@dataclass(frozen=True)
class Case:
    """A measured case: its rows, what was measured, and the curves and points that its figure shows (SI arrays)."""

    name: str
    title: str
    source: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    shown: Mapping[str, Any] = field(default_factory=dict)
