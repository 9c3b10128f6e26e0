"""Running reductions of columns of numbers: moments of a block of rows, and counts in bins whose edges never change.

The bins are those of the float itself: 256 equal steps in every octave from 2^-20 to 2^44, the same below zero, and one
bin for all that is nearer to zero than 2^-20.  So counts of any two parts of a column add up, whatever is in them, and a
number is known to 1/256 of itself (or to 2^-20) by its bin.  NaN stands for "not counted".
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim.kernels.cache import compiled

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

STEPS: Final = 8  # bits: steps of an octave
LOWEST, HIGHEST = -20, 44  # octaves
SIDE: Final = (HIGHEST - LOWEST) << STEPS
BINS: Final = 2 * SIDE + 1  # falling negative, zero, rising positive: in the order of the numbers

_SHIFT: Final = 52 - STEPS
_OFFSET: Final = (1023 + LOWEST) << STEPS
_MAGNITUDE: Final = 0x7FFF_FFFF_FFFF_FFFF
_INFINITE: Final = 0x7FF0_0000_0000_0000


def edges() -> Floats:
    """The edges of all bins, shape (BINS + 1,); the first and last bin also hold what lies beyond them."""
    step = np.arange(SIDE + 1)
    rising = np.ldexp(1.0 + (step & ((1 << STEPS) - 1)) / (1 << STEPS), (step >> STEPS) + LOWEST)
    return np.concatenate([-rising[::-1], rising])


def moments(values: Floats) -> Floats:
    """Count, mean, sum of squared deviations from the mean, least and largest of each column, shape (5, columns).

    ``values``: shape (columns, rows), one column after the other.
    """
    out = np.empty((5, len(values)))
    _moments(values, out)
    return out


def merged(a: Floats, b: Floats) -> Floats:
    """Moments of two parts together (Chan, Golub and LeVeque 1979)."""
    n = a[0] + b[0]
    share = b[0] / np.maximum(n, 1.0)
    step = np.where(b[0] > 0, np.where(a[0] > 0, b[1] - a[1], b[1]), 0.0)
    return np.stack([
        n, a[1] + share * step, a[2] + b[2] + step**2 * a[0] * share, np.minimum(a[3], b[3]), np.maximum(a[4], b[4])
    ])  # fmt: skip


def count(values: Floats, table: Counts) -> None:
    """Add each column of ``values`` (columns, rows) to its counts in ``table`` (columns, BINS)."""
    _count(values.view(np.int64), table)


def counted(values: Floats) -> Counts:
    """The counts of ``values`` (columns, rows) in all bins, shape (columns, BINS)."""
    table = np.zeros((len(values), BINS), dtype=np.int64)
    count(values, table)
    return table


def filled(table: Counts) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The places in a table (columns, BINS), taken as flat, of the bins that are not empty, and what is in them."""
    places = np.empty(_filled(table.reshape(-1)), dtype=np.int32)
    counts = np.empty_like(places)
    _gathered(table.reshape(-1), places, counts)
    return places, counts


def quantile(counts: Counts, share: float, low: float, high: float) -> float:
    """Quantile of a column by its bins (between order statistics as numpy does): off by at most 1/256 of itself or 2^-20.

    ``low``, ``high``: least and largest number of the column.
    """
    upto = np.cumsum(counts)
    position = share * (upto[-1] - 1)
    found = [_in_order(upto, rank, low, high) for rank in (int(np.floor(position)), int(np.ceil(position)))]
    return float(found[0] + (found[1] - found[0]) * (position % 1.0))


def _in_order(upto: Counts, rank: int, low: float, high: float) -> float:
    """The number of that rank, from 0, as if those of one bin stood evenly in it."""
    at = int(np.searchsorted(upto, rank, side="right"))
    before = int(upto[at - 1]) if at else 0
    inside = (rank - before + 0.5) / int(upto[at] - before)
    left, right = _EDGES[at : at + 2]
    return min(max(float(left + (right - left) * inside), low), high)


_EDGES: Final = edges()


@compiled
def _moments(values: Any, out: Any) -> None:
    columns, rows = values.shape
    for j in range(columns):  # NaN is neither less nor more than anything
        n, total, least, largest = 0, 0.0, np.inf, -np.inf
        for i in range(rows):
            x = values[j, i]
            n += 1 if x == x else 0
            least = x if x < least else least
            largest = x if x > largest else largest
        for i in range(rows):
            step = values[j, i] - least  # what is the same in all rows has exactly itself as its mean
            total += step if step == step else 0.0
        mean, squares = least + total / n if n > 0 else 0.0, 0.0
        for i in range(rows):
            step = values[j, i] - mean
            squares += step * step if step == step else 0.0
        out[0, j], out[1, j], out[2, j], out[3, j], out[4, j] = n, mean, squares, least, largest


@compiled
def _count(bits: Any, table: Any) -> None:
    columns, rows = bits.shape
    for j in range(columns):
        for i in range(rows):
            magnitude = bits[j, i] & _MAGNITUDE
            if magnitude <= _INFINITE:
                step = min((magnitude >> _SHIFT) - _OFFSET, SIDE - 1)
                at = 0 if step < 0 else step + 1
                table[j, SIDE - at if bits[j, i] < 0 else SIDE + at] += 1


@compiled
def _filled(table: Any) -> Any:
    n = 0
    for i in range(len(table)):
        n += 1 if table[i] != 0 else 0
    return n


@compiled
def _gathered(table: Any, places: Any, counts: Any) -> None:
    n = 0
    for i in range(len(table)):
        if table[i] != 0:
            places[n], counts[n] = i, table[i]
            n += 1
