"""Random inputs: distributions by their inverse, and points of the unit cube by index.

Sample i is a pure function of (method, seed, samples, dimensions, i), so any slice of a study can be made anywhere:
its numbers are ``quantile(u)`` of each distribution at the coordinates u of point i.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Words = NDArray[np.uint32]

SOBOL, LHS = "sobol", "lhs"
SALTELLI = "saltelli"  # the design of a sensitivity analysis: see `Sampling.groups`
MOST_SAMPLES: Final = 2**30
MOST_DIMENSIONS: Final = 1000
NEAREST: Final = 2.0**-33  # no coordinate of a point is nearer to 0 or 1: a normal is drawn within 6.4 sd

_BITS: Final = 32  # of a coordinate; points lie in the middle of their 2^-32
_TABLE_BITS: Final = 14  # points of a Sobol sequence that are kept; the others follow from them


# ---- distributions -----------------------------------------------------------------------------------------------------


class Distribution(Protocol):
    """A distribution of one number in SI."""

    def quantile(self, u: Floats) -> Floats:
        """The value that a share ``u`` (0 < u < 1) of the distribution does not exceed."""


@dataclass(frozen=True)
class Uniform:
    """Equally likely from ``low`` to ``high``."""

    low: float
    high: float

    def quantile(self, u: Floats) -> Floats:
        """``low + (high - low) u``."""
        return self.low + (self.high - self.low) * u


@dataclass(frozen=True)
class Triangular:
    """Density rises from ``low`` to ``mode`` and falls to ``high``."""

    low: float
    mode: float
    high: float

    def quantile(self, u: Floats) -> Floats:
        """``low + sqrt(u (high - low)(mode - low))`` up to the mode, mirrored beyond."""
        span, rise, fall = self.high - self.low, self.mode - self.low, self.high - self.mode
        rises = u * span < rise
        root = np.sqrt(np.where(rises, span * rise * u, span * fall * (1.0 - u)))
        return np.where(rises, self.low + root, self.high - root)


@dataclass(frozen=True)
class Normal:
    """Normal with mean and standard deviation, cut to ``low``..``high`` (the density between keeps its shape)."""

    mean: float
    sd: float
    low: float = -np.inf
    high: float = np.inf

    @property
    def below(self) -> tuple[float, float]:
        """Shares of the whole distribution below ``low`` and below ``high``."""
        from scipy.special import ndtr

        return float(ndtr((self.low - self.mean) / self.sd)), float(ndtr((self.high - self.mean) / self.sd))

    def quantile(self, u: Floats) -> Floats:
        """``mean + sd Phi^-1(a + (b - a) u)`` with a, b the shares below ``low`` and ``high``."""
        from scipy.special import ndtri

        a, b = self.below
        x = self.mean + self.sd * ndtri(a + (b - a) * u)
        return np.asarray(np.clip(x, self.low, self.high))  # rounding alone could pass an end


@dataclass(frozen=True)
class LogNormal:
    """Logarithm is normal: ``median``, geometric standard deviation ``gsd`` > 1, cut to ``low``..``high``."""

    median: float
    gsd: float
    low: float = 0.0
    high: float = np.inf

    @property
    def logarithm(self) -> Normal:
        """The distribution of the natural logarithm."""
        ends = (float(np.log(end)) if end > 0.0 else -np.inf for end in (self.low, self.high))
        return Normal(float(np.log(self.median)), float(np.log(self.gsd)), *ends)

    def quantile(self, u: Floats) -> Floats:
        """Exponential of the logarithm's quantile."""
        return np.asarray(np.clip(np.exp(self.logarithm.quantile(u)), self.low, self.high))


@dataclass(frozen=True)
class Choice:
    """One of a few values, rising, each with its probability."""

    values: tuple[float, ...]
    probabilities: tuple[float, ...]

    def quantile(self, u: Floats) -> Floats:
        """The first value up to which the probabilities add up to more than ``u``."""
        index = np.searchsorted(np.cumsum(self.probabilities)[:-1], u, side="right")
        return np.asarray(self.values)[index]


def plain(distribution: Any) -> dict[str, Any]:
    """A distribution as plain data for a manifest: its name and its parameters in SI; an infinite end is left out."""
    parameters = {n: list(v) if isinstance(v, tuple) else v for n, v in vars(distribution).items()}
    finite = {n: v for n, v in parameters.items() if isinstance(v, list) or np.isfinite(v)}
    return {"distribution": type(distribution).__name__.lower(), **finite}


# ---- points of the unit cube -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sampling:
    """How a study's random numbers are drawn: points of a unit cube with one dimension for each of them.

    ``groups``, of a Saltelli design alone: the group of each dimension, counted from 0.  With g groups the points are
    g + 2 blocks of one length: A, B, and for each group A with the coordinates of that group from B.
    """

    samples: int
    method: str
    seed: int
    dimensions: int
    groups: tuple[int, ...] = ()


@dataclass(frozen=True)
class Random:
    """A number of an impact that is drawn: its path, its physical dimension, its distribution, its column of the points, and
    whether its spread is the library's, for which the study did not ask.
    """

    path: str
    dimension: str
    distribution: Distribution
    column: int
    unasked: bool = False


def draw(sampling: Sampling, numbers: Sequence[Random], first: int, last: int) -> list[Floats]:
    """The values of random numbers at the samples ``first`` to ``last``, each of shape (last - first,), SI."""
    rows = points(sampling, first, last, [number.column for number in numbers])
    return [number.distribution.quantile(u) for number, u in zip(numbers, rows, strict=True)]


def points(sampling: Sampling, first: int, last: int, columns: Sequence[int] | None = None) -> Floats:
    """Coordinates of the points ``first`` to ``last``: shape (columns, last - first), between 0 and 1, neither reached.

    ``columns``: which dimensions; all by default.  The time is in proportion to the numbers returned.
    """
    wanted = np.arange(sampling.dimensions) if columns is None else np.asarray(columns, dtype=np.intp)
    return _METHODS[sampling.method](sampling, first, last, wanted)


def _sobol_points(sampling: Sampling, first: int, last: int, columns: NDArray[np.intp]) -> Floats:
    """Scrambled Sobol points (Owen 1998; scipy's linear matrix scramble and digital shift).

    The scramble is linear over bits, point(i) = shift XOR L(i), so that with i = (b << 14) + r
    point(i) = point(r) XOR L(b << 14): a table of the first 2^14 points and L of the powers of two give all others.
    """
    table, steps = _sobol_table(sampling)
    found = np.empty((len(columns), last - first))
    size = 1 << _TABLE_BITS
    for block in range(first >> _TABLE_BITS, -(-last >> _TABLE_BITS)):
        start = block << _TABLE_BITS
        low, high = max(first, start), min(last, start + size)
        offset = np.zeros(len(columns), dtype=np.uint32)
        for bit in range(block.bit_length()):
            if block >> bit & 1:
                offset ^= steps[bit][columns]
        for row, column, own in zip(found[:, low - first : high - first], columns.tolist(), offset, strict=True):
            row[:] = table[column, low - start : high - start] ^ own
            row += 0.5
            row *= 2.0**-_BITS
    return found


@lru_cache(maxsize=4)
def _sobol_table(sampling: Sampling) -> tuple[Words, list[Words]]:
    """The first 2^14 points as whole numbers, shape (dimensions, 2^14), and L(2^14), L(2^15), ..., each (dimensions,)."""
    from scipy.stats import qmc

    engine = qmc.Sobol(sampling.dimensions, scramble=True, bits=_BITS, rng=np.random.default_rng(sampling.seed))

    def whole(count: int) -> Words:
        return np.ascontiguousarray((engine.random(count) * 2.0**_BITS).astype(np.uint32).T)

    table = whole(1 << _TABLE_BITS)
    steps = []
    for power in range(_TABLE_BITS, (sampling.samples - 1).bit_length()):
        engine.fast_forward((1 << power) - engine.num_generated)
        steps.append(whole(1)[:, 0] ^ table[:, 0])
    return table, steps


def _saltelli_points(sampling: Sampling, first: int, last: int, columns: NDArray[np.intp]) -> Floats:
    """The blocks of `Sampling.groups`; A and B are the two halves of Sobol points of twice the dimensions (Saltelli et al.
    2010, Computer Physics Communications 181:259-270).
    """
    groups = np.asarray(sampling.groups)
    size = sampling.samples // (max(sampling.groups) + 3)
    both = Sampling(size, SOBOL, sampling.seed, 2 * sampling.dimensions)
    found = np.empty((len(columns), last - first))
    for block in range(first // size, -(-last // size)):
        start = block * size
        low, high = max(first, start), min(last, start + size)
        of_b = (groups[columns] == block - 2) | (block == 1)
        taken = columns + np.where(of_b, sampling.dimensions, 0)
        found[:, low - first : high - first] = _sobol_points(both, low - start, high - start, taken)
    return found


def _lhs_points(sampling: Sampling, first: int, last: int, columns: NDArray[np.intp]) -> Floats:
    """Latin hypercube: in each dimension the samples stand in the middles of ``samples`` equal strata, one in each."""
    index = np.arange(first, last, dtype=np.uint32)
    found = np.empty((len(columns), last - first))
    for row, column in zip(found, columns.tolist(), strict=True):
        row[:] = permuted(index, sampling.samples, (sampling.seed, column))
    found += 0.5
    found /= sampling.samples
    return found


def permuted(index: Words, size: int, key: tuple[int, ...]) -> Words:
    """Where a random permutation of 0..size-1 takes each index, without a table of ``size`` entries.

    Rounds of an odd factor, a sum and a shifted XOR, each of which is a bijection of the numbers of so many bits; what
    lands beyond ``size`` goes on until it lands inside (format-preserving encryption by cycle walking, Black and
    Rogaway 2002; the rounds are those of common integer hashes).
    """
    bits = max(1, (size - 1).bit_length())
    keys = np.random.SeedSequence(key).generate_state(2 * _ROUNDS).astype(np.uint32)
    found = _scrambled(index, bits, keys)
    while (outside := np.flatnonzero(found >= size)).size:
        found[outside] = _scrambled(found[outside], bits, keys)
    return found


def _scrambled(x: Words, bits: int, keys: Words) -> Words:
    mask, shift = np.uint32((1 << bits) - 1), np.uint32((bits + 1) // 2)
    for factor, add in keys.reshape(_ROUNDS, 2):
        x = x * (factor | np.uint32(1))
        x += add
        x &= mask
        x ^= x >> shift
    return x


_ROUNDS: Final = 6

_METHODS: Final[Mapping[str, Callable[[Sampling, int, int, NDArray[np.intp]], Floats]]] = {
    SOBOL: _sobol_points,
    LHS: _lhs_points,
    SALTELLI: _saltelli_points,
}
