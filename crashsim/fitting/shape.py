"""The crush curve as a vector of numbers that least squares may move freely within a box.

    theta = ln lengths of the pieces but the last, ln slope of the first, ln slopes of the others above the least one allowed,
            ln unloading slope over the least one allowed, soft share, ln static over dynamic crush

The box says what the crash kernel asks of a curve: no piece rises by less than 1 % of the first, and none unloads more
softly than it loads, compartment included.  No piece is so steep that it could end in a spike.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crashsim.fitting.model import Front
from crashsim.structure import MINIMUM_RISE

Floats = NDArray[np.float64]

LEAST_RISE: Final = 1.02 * MINIMUM_RISE  # of the first slope; the rest is room for rounding
LEAST_ABOVE: Final = 1e-3  # slope above the least rise, over that of the spring that would stop the vehicle
STEEPEST: Final = 10.0  # slope over that of the same spring (judgement; a compartment is some 5 to 8 times as stiff)
LEAST_UNLOADING: Final = 1.02  # over the steepest loading slope; room for rounding
SHORTEST: Final = 0.01  # m, of a piece
LONGEST: Final = 1.5
OTHERS: Final = 3  # parameters that are not of the loading curve: unloading, soft share, static ratio
STATIC_RATIO: Final = (
    0.65  # static crush over dynamic: median of 26 wall tests (NHTSA), decision of the observation model
)
STATIC_SPREAD: Final = 0.257  # of its logarithm: interquartile range 0.53-0.75 of the same tests, over 1.349
KNOTS: Final = 7  # equal parts of the deepest crush, at whose ends the pieces of a first guess meet
CONTRASTS: Final = (0.4, 2.5)  # first over second slope of a piece that is cut in two, to start from


def front_of(theta: Floats, compartment: float) -> Front:
    """The front of a parameter vector; ``compartment``: its stiffness [N/m], that no unloading may be below."""
    n = segments(theta)
    length, first = np.exp(theta[: n - 1]), np.exp(theta[n - 1])
    slope = np.concatenate([[first], LEAST_RISE * first + np.exp(theta[n : 2 * n - 1])])
    crush = np.concatenate([[0.0], np.cumsum(length)])
    unloading = max(slope.max(), compartment) * np.exp(theta[-3])
    return Front(crush, slope, float(unloading), float(theta[-2]))


def segments(theta: Floats) -> int:
    """Pieces of the loading curve of a parameter vector."""
    return (len(theta) - OTHERS + 1) // 2


def box(n: int, stiffness: float) -> tuple[Floats, Floats]:
    """Lowest and highest parameters of ``n`` pieces; ``stiffness``: of the spring that would stop the vehicle [N/m]."""
    low = [*[SHORTEST] * (n - 1), 0.01 * stiffness, *[LEAST_ABOVE * stiffness] * (n - 1), LEAST_UNLOADING]
    high = [*[LONGEST] * (n - 1), *[STEEPEST * stiffness] * n, 100.0]
    return (
        np.concatenate([np.log(low), [0.0, np.log(0.3)]]),
        np.concatenate([np.log(high), [0.9, np.log(1.0)]]),
    )


def spring(stiffness: float) -> Floats:
    """The simplest curve to start from: one piece."""
    return np.array([np.log(stiffness), np.log(8.0), 0.3, np.log(STATIC_RATIO)])


def cut(theta: Floats, crush: float) -> Iterator[Floats]:
    """Curves with one piece more: each piece that a test has reached (``crush`` [m]) cut in two, softer first or stiffer."""
    n = segments(theta)
    length = np.append(np.exp(theta[: n - 1]), 0.0)
    length[-1] = max(crush - length.sum(), 2.0 * SHORTEST)
    slope = front_of(theta, 0.0).slope
    for j in range(n):
        half = np.concatenate([length[:j], [0.5 * length[j]] * 2, length[j + 1 :]])
        for contrast in CONTRASTS:
            tilt = np.sqrt(contrast)
            slopes = np.concatenate([slope[:j], [slope[j] * tilt, slope[j] / tilt], slope[j + 1 :]])
            yield _theta(half, slopes, theta)


def drawn(n: int, crush: Floats, force: Floats, like: Floats) -> Iterator[Floats]:
    """Curves of ``n`` pieces through a measured force-crush history (samples,) [m], [N], made to rise; the rest is as ``like``."""
    from scipy.optimize import isotonic_regression

    order = np.argsort(crush)
    x, f = crush[order], np.maximum(isotonic_regression(force[order]).x, 0.0)
    for inner in combinations(x[-1] * np.arange(1, KNOTS) / KNOTS, n - 1):
        knots = np.array([0.0, *inner, x[-1]])
        slope = np.maximum(np.diff(np.interp(knots, x, f)) / np.diff(knots), 1e-3 * f[-1] / x[-1])
        slope[0] = max(slope[0], 0.05 * f[-1] / x[-1])
        yield _theta(np.diff(knots), slope, like)


def _theta(length: Floats, slope: Floats, like: Floats) -> Floats:
    """The parameters of a loading curve; the rest is as ``like``."""
    above = np.maximum(slope[1:] - LEAST_RISE * slope[0], 1e-9 * slope[0])
    return np.concatenate([np.log(length[:-1]), np.log(slope[:1]), np.log(above), like[-OTHERS:]])
