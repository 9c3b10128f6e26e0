"""Which input moves an output: Sobol indices from the points of a Saltelli design, with bootstrap intervals.

With the outputs f at the points A, at B, and at A with the coordinates of input i from B (``AB_i``), all less their mean:

    V     variance of f over A and B
    S_i   = mean(f(B) (f(AB_i) - f(A))) / V          first order: the share of V that goes with input i alone
    ST_i  = mean((f(A) - f(AB_i))^2) / (2 V)         total: with all its interactions; the S_i alone add up to 1 at most

Saltelli et al. 2010, Computer Physics Communications 181:259-270, table 2 (b) and (f); the total after Jansen 1999, Computer
Physics Communications 117:35-43.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

RESAMPLES: Final = 1000
INTERVAL: Final = (0.05, 0.95)


@dataclass(frozen=True)
class Indices:
    """First-order and total indices of each input (inputs,), and the ends of their intervals (2, inputs).

    NaN where the output does not vary.
    """

    first: Floats
    total: Floats
    first_interval: Floats
    total_interval: Floats


def sobol_indices(a: ArrayLike, b: ArrayLike, ab: ArrayLike, *, resamples: int = RESAMPLES, seed: int = 1) -> Indices:
    """Indices of the inputs of an output, with intervals between the 5 and 95 % quantiles of a bootstrap.

    Parameters
    ----------
    a, b : (points,)
        The output at A and at B.
    ab : (inputs, points)
        The output at A with one input (or group of them) from B.
    resamples, seed : int
        Of the bootstrap: whole points with all their outputs are drawn anew.

    Raises
    ------
    ValueError
        Shapes that do not match, or an output that is not finite.
    """
    y = np.vstack([np.atleast_2d(np.asarray(part, float)) for part in (a, b, ab)])
    if y.ndim != 2 or len(y) < 3 or not np.all(np.isfinite(y)):
        raise ValueError("expected finite outputs: a and b (points,), ab (inputs, points)")
    y = y - y.mean()
    scale = np.abs(y).max()
    if scale <= 1e-12 * max(1e-300, np.abs(np.asarray(a, float)).max()):
        nothing = np.full(len(y) - 2, np.nan)
        return Indices(nothing, nothing, np.stack([nothing] * 2), np.stack([nothing] * 2))
    first, total = _indices(y / scale, np.full((1, y.shape[1]), 1.0 / y.shape[1]))
    drawn = _indices(y / scale, _weights(y.shape[1], resamples, seed))
    ends = (np.quantile(values, INTERVAL, axis=0) for values in drawn)
    return Indices(first[0], total[0], *ends)


def _indices(y: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Both indices (resamples, inputs), the mean over the points being that of their weights (resamples, points)."""
    a, b, ab = y[0], y[1], y[2:]
    mean = 0.5 * weights @ (a + b)
    variance = 0.5 * weights @ (a * a + b * b) - mean * mean
    first, total = weights @ (b * (ab - a)).T, 0.5 * weights @ ((a - ab) ** 2).T
    return first / variance[:, None], total / variance[:, None]


def _weights(points: int, resamples: int, seed: int) -> Floats:
    """How often each point is drawn in each resample, as shares: (resamples, points)."""
    drawn = np.random.default_rng(seed).integers(points, size=(resamples, points))
    counts = np.zeros((resamples, points))
    np.add.at(counts, (np.arange(resamples)[:, None], drawn), 1.0)
    return counts / points
