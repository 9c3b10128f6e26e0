"""Objective rating of a predicted history against a measured one: ISO/TS 18571 for non-ambiguous signals.

Four scores from 0 to 1, combined into one:

    R = 0.4 Z + 0.2 E_P + 0.2 E_M + 0.2 E_S

Z, corridor: mean over time of 1 inside ``0.05 T_norm``, 0 outside ``0.5 T_norm``, squared fall between, T_norm the largest
|T|.  E_P, phase: what the shift of best correlation leaves of the 20 % of the length that are allowed.  E_M, magnitude, and
E_S, slope: of the shifted curves, ``1 - e / e_max`` with ``e = |C - T|_1 / |T|_1``; for E_M after dynamic time warping
(``e_max`` 0.5), for E_S of the derivatives, averaged over nine points (``e_max`` 2).

Source: ISO/TS 18571, with the parameters that ``objective-rating-metrics`` 1.3 (TU Graz) documents; written anew, checked
against that package (tests/test_rating.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

INNER, OUTER = 0.05, 0.5  # half widths of the corridors, shares of the largest |T|
CORRIDOR_POWER: Final = 2.0
MOST_SHIFT: Final = 0.2  # of the length of the record
WARP: Final = 0.1  # half width of the band of time warping, of the length
MAGNITUDE_ERROR, SLOPE_ERROR = 0.5, 2.0  # errors at which the score is 0
SMOOTHED: Final = 4  # samples on either side in the mean of the slope: nine points
WEIGHTS: Final = {"corridor": 0.4, "phase": 0.2, "magnitude": 0.2, "slope": 0.2}
GRADES: Final = ((0.94, "excellent"), (0.80, "good"), (0.58, "fair"))  # above; else poor


@dataclass(frozen=True)
class Rating:
    """Scores of ISO/TS 18571, each from 0 (none) to 1 (alike)."""

    corridor: float
    phase: float
    magnitude: float
    slope: float

    @property
    def overall(self) -> float:
        """The weighted sum of the four."""
        return float(sum(weight * getattr(self, name) for name, weight in WEIGHTS.items()))

    @property
    def grade(self) -> str:
        """The word of the standard for the overall score: excellent, good, fair or poor."""
        return next((word for least, word in GRADES if self.overall > least), "poor")


def rate(measured: ArrayLike, predicted: ArrayLike) -> Rating:
    """Rating of a predicted history by the measured one: samples (n,) at the same evenly spaced times (the standard: 10 kHz).

    Raises
    ------
    ValueError
        Other than two rows of the same length, fewer than ten samples, values that are not finite, or a measured history
        without change.
    """
    t, c = np.asarray(measured, float), np.asarray(predicted, float)
    if t.ndim != 1 or t.shape != c.shape or len(t) < 10:
        raise ValueError(f"got shapes {t.shape} and {c.shape}, expected two histories of the same ten samples or more")
    if not (np.isfinite(t).all() and np.isfinite(c).all()):
        raise ValueError("got values that are not finite, expected numbers")
    if np.ptp(t) == 0.0:
        raise ValueError("the measured history does not change: no shift or slope can be rated")
    shift = best_shift(t, c)
    moved_t, moved_c = _moved(t, c, shift)
    warped_t, warped_c = warp(moved_t, moved_c)
    return Rating(
        corridor=_corridor(t, c),
        phase=1.0 - abs(shift) / (MOST_SHIFT * len(t)),
        magnitude=_score(warped_t, warped_c, MAGNITUDE_ERROR),
        slope=_score(_slope(moved_t), _slope(moved_c), SLOPE_ERROR),
    )


def _corridor(t: Floats, c: Floats) -> float:
    inner, outer = INNER * np.abs(t).max(), OUTER * np.abs(t).max()
    left = np.clip((outer - np.abs(t - c)) / (outer - inner), 0.0, 1.0)
    return float(np.mean(left**CORRIDOR_POWER))


def _score(t: Floats, c: Floats, error_of_nothing: float) -> float:
    """What the relative error leaves of the whole score."""
    error = np.abs(c - t).sum() / np.abs(t).sum()
    return float(max(1.0 - error / error_of_nothing, 0.0))


# ---- shift -----------------------------------------------------------------------------------------------------------


def best_shift(t: Floats, c: Floats) -> int:
    """Samples by which the prediction is late (early: negative), of best correlation over what overlaps; the least of equals."""
    most = int(MOST_SHIFT * len(t))
    shifts = sorted(range(-most, most + 1), key=abs)
    found = [_correlation(*_moved(t, c, shift)) for shift in shifts]
    return shifts[int(np.argmax(found))]


def _moved(t: Floats, c: Floats, shift: int) -> tuple[Floats, Floats]:
    """Both histories where they overlap once the prediction is moved back by ``shift`` samples."""
    return (t[: len(t) - shift], c[shift:]) if shift >= 0 else (t[-shift:], c[:shift])


def _correlation(t: Floats, c: Floats) -> float:
    """Pearson's coefficient; -1 where one of the two does not change."""
    a, b = t - t.mean(), c - c.mean()
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / norm if norm > 0.0 else -1.0


# ---- slope -----------------------------------------------------------------------------------------------------------


def _slope(values: Floats) -> Floats:
    """Differences per sample (central, one-sided at the ends), averaged over nine points, fewer towards the ends."""
    difference = np.gradient(values)
    total = np.concatenate([[0.0], np.cumsum(difference)])
    here = np.arange(len(values))
    reach = np.minimum(np.minimum(here, len(values) - 1 - here), SMOOTHED)
    return np.asarray((total[here + reach + 1] - total[here - reach]) / (2 * reach + 1))


# ---- magnitude -------------------------------------------------------------------------------------------------------


def warp(t: Floats, c: Floats) -> tuple[Floats, Floats]:
    """Both histories along the path of least squared difference (dynamic time warping in a band about equal times)."""
    n = len(t)
    width = max(1, ceil(WARP * n))
    cost = _least_costs(t, c, width)
    i = j = n - 1
    path = [(i, j)]
    while i or j:
        before = ((i - 1, j), (i, j - 1), (i - 1, j - 1))
        i, j = min(before, key=lambda cell: cost[cell[0] + cell[1] + 2, cell[0] + 1])
        path.append((i, j))
    at_t, at_c = np.array(path).T
    return t[at_t], c[at_c]


def _least_costs(t: Floats, c: Floats, width: int) -> Floats:
    """Least sum of squared differences of a path to cell (i, j) with |i - j| < width, at ``[i + j + 2, i + 1]``.

    Cells of an anti-diagonal depend only on the two before it: one row of the table is one anti-diagonal.
    """
    n = len(t)
    cost = np.full((2 * n + 1, n + 1), np.inf)
    cost[0, 0] = 0.0
    for total in range(2 * n - 1):
        first = max(0, total - n + 1, (total - width + 2) // 2)
        i = np.arange(first, min(n - 1, total, (total + width - 1) // 2) + 1)
        one, two = cost[total + 1], cost[total]
        least = np.minimum(np.minimum(one[i], one[i + 1]), two[i])
        cost[total + 2, i + 1] = least + (t[i] - c[total - i]) ** 2
    return cost
