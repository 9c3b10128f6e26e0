"""How often what happens: cars on the road, shares that add up to one, and averages over the closing speeds of crashes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crashsim.sampling import Distribution

Floats = NDArray[np.float64]

NODES: Final = 24  # points at which a distribution of closing speeds is entered
REACH: Final = 4.5  # standard normal scores that they span: beyond lie 3 in a million at either end


def on_the_road(sales: Floats, years: Floats, survival: Floats) -> Floats:
    """Vehicle-years of the last of ``years`` of steady sales: ``sales (1 - s^years)/(-ln s)``, cars lost at a constant rate.

    Parameters
    ----------
    sales : array
        Cars a year.
    years : array
        Years of sales, the last of which is counted.
    survival : array
        Share ``s`` of the cars on the road that still are a year later, 0 < s < 1.
    """
    return np.asarray(sales * (1.0 - survival**years) / -np.log(survival))


def shares(numbers: Mapping[str, Floats], group: str, names: Sequence[str]) -> Floats:
    """The numbers ``GROUP.NAME`` scaled to add up to one in each sample, shape (names, samples)."""
    typed = np.stack([numbers[f"{group}.{name}"] for name in names])
    return np.asarray(typed / typed.sum(axis=0))


def nodes(distribution: Distribution | None, value: float) -> tuple[Floats, Floats]:
    """Values and weights (which add up to 1) whose weighted sum is a mean over a distribution; ``value`` alone without one.

    The trapezoidal rule over equidistant standard normal scores z, at which the values are the quantiles Phi(z): so the tails, which most
    of the severe crashes are in, are as fine as the middle.
    """
    if distribution is None:
        return np.array([value]), np.ones(1)
    from scipy.special import ndtr

    scores = np.linspace(-REACH, REACH, NODES)
    weights = np.exp(-0.5 * scores**2)
    return np.asarray(distribution.quantile(ndtr(scores))), weights / weights.sum()


def interpolated(x: Floats, grid: Floats, table: Floats) -> Floats:
    """A table (samples, points, columns) over a rising ``grid`` (points,), entered at ``x`` (samples, m): (samples, m, columns).

    Piecewise linear; raises ValueError for an ``x`` outside the grid.
    """
    if x.min() < grid[0] * (1.0 - 1e-9) or x.max() > grid[-1] * (1.0 + 1e-9):
        raise ValueError(f"entered from {x.min():g} to {x.max():g}, the table is from {grid[0]:g} to {grid[-1]:g}")
    left = np.clip(np.searchsorted(grid, x, side="right") - 1, 0, len(grid) - 2)
    share = ((x - grid[left]) / (grid[left + 1] - grid[left]))[..., None]
    sample = np.arange(len(table))[:, None]
    return np.asarray((1.0 - share) * table[sample, left] + share * table[sample, left + 1])
