"""Risk curves from bins of delta-v: fit with errors, bins left out, contrasts of groups, and the error of delta-v itself.

The curve is log-logistic, ``P = 1/(1 + (reference/x)^exponent)``: the odds grow with a power of delta-v.  Shares are binomial with
the bin's effective number of cases (Kish), so that a weight that one case carries counts once; where bins scatter more than that,
errors grow by the square root of chi-square over its degrees of freedom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crashsim.errors import CrashsimError
from crashsim.validation.field_data import arrays
from crashsim.validation.measured import Record

Floats = NDArray[np.float64]

STEPS: Final = 100
START: Final = (-11.0, 4.0)  # log-odds at 1 m/s and exponent
TRUE: Final = np.asarray(np.arange(0.5, 220.0) / 3.6, np.float64)  # m/s: speeds that stand for the true delta-v


@dataclass(frozen=True)
class Bins:
    """Bins of delta-v of one group and one level [m/s]: mean, ends, share injured, effective cases, weight of the exposed."""

    delta_v: Floats
    low: Floats
    high: Floats
    share: Floats
    effective: Floats
    weight: Floats
    injured: Floats

    @property
    def error(self) -> Floats:
        """Standard error of each share, binomial with the effective number."""
        return np.sqrt(self.share * (1.0 - self.share) / self.effective)

    def keep(self, which: NDArray[np.bool_]) -> Bins:
        """Some of the bins."""
        return Bins(*(values[which] for values in vars(self).values()))


def bins_of(records: Sequence[Record], level: str, *, weighted: bool) -> Bins:
    """Bins of one group for ``mais2``, ``mais3`` or ``dead``; unweighted, every occupant counts as one case."""
    low, high, n, weight, injured = arrays(records, "from", "to", "occupants", "weight", level)
    if not weighted:
        return Bins(arrays(records, "delta_v")[0], low, high, injured / n, n, n, injured)
    delta_v, share, effective = arrays(records, "delta_v_weighted", f"{level}_share", "effective")
    return Bins(delta_v, low, high, share, effective, weight, injured)


@dataclass(frozen=True)
class Fit:
    """A fitted curve: log-odds ``intercept + exponent ln(v / 1 m/s)``, their covariance, and how well the bins agree."""

    intercept: float
    exponent: float
    covariance: Floats
    chi_square: float
    freedom: int

    @property
    def reference(self) -> float:
        """Delta-v [m/s] at which half are injured."""
        return float(np.exp(-self.intercept / self.exponent))

    @property
    def reference_error(self) -> float:
        """Standard error of `reference` [m/s], to first order."""
        by = np.array([-1.0, self.intercept / self.exponent]) * self.reference / self.exponent
        return float(np.sqrt(by @ self.covariance @ by))

    @property
    def exponent_error(self) -> float:
        """Standard error of the exponent."""
        return float(np.sqrt(self.covariance[1, 1]))

    @property
    def correlation(self) -> float:
        """Of the errors of reference and exponent."""
        by = np.array([[-1.0, self.intercept / self.exponent], [0.0, 1.0]]) * [[self.reference / self.exponent], [1.0]]
        both = by @ self.covariance @ by.T
        return float(both[0, 1] / np.sqrt(both[0, 0] * both[1, 1]))

    def log_odds(self, delta_v: ArrayLike) -> Floats:
        """Log-odds of injury at a delta-v [m/s] > 0."""
        return np.asarray(self.intercept + self.exponent * np.log(delta_v))

    def risk(self, delta_v: ArrayLike) -> Floats:
        """Probability of injury at a delta-v [m/s] > 0."""
        return _logistic(self.log_odds(delta_v))

    def log_odds_error(self, delta_v: ArrayLike) -> Floats:
        """Standard error of `log_odds`."""
        x = np.log(delta_v)
        (a, ab), (_, b) = self.covariance
        return np.asarray(np.sqrt(a + 2.0 * ab * x + b * x * x))


def fit(own: Bins, speeds: Floats | None = None, spread: Floats | None = None) -> Fit:
    """Curve of largest likelihood.

    With ``spread`` (bins, speeds), the share of the exposed of each bin that truly had each of ``speeds``, the curve is one of those
    speeds and a bin's risk its mean over them.  Raises CrashsimError when it does not converge.
    """
    x = np.log(own.delta_v if speeds is None else speeds)
    kernel = np.eye(len(own.share)) if spread is None else spread
    design = np.stack([np.ones_like(x), x], axis=1)
    theta = np.array(START)
    for _ in range(STEPS):
        p = _logistic(design @ theta)
        risk, slope = kernel @ p, kernel @ ((p * (1.0 - p))[:, None] * design)
        if not 0.0 < risk.min() <= risk.max() < 1.0:
            break
        weight = own.effective / (risk * (1.0 - risk))
        information = slope.T @ (weight[:, None] * slope)
        step = np.linalg.solve(information, slope.T @ (weight * (own.share - risk)))
        theta = theta + step / max(1.0, float(np.abs(design @ step).max()))  # at most one unit of log-odds
        if np.abs(step).max() < 1e-9:
            chi, freedom = float(weight @ (own.share - risk) ** 2), len(own.share) - 2
            return Fit(
                float(theta[0]), float(theta[1]), np.linalg.inv(information) * max(1.0, chi / freedom), chi, freedom
            )
    raise CrashsimError("no risk curve fits these bins: expected shares that grow with delta-v, not a step")


def left_out(own: Bins) -> Floats:
    """Risk of each bin by the curve of all other bins."""
    n = len(own.share)
    return np.array([float(fit(own.keep(np.arange(n) != i)).risk(own.delta_v[i])) for i in range(n)])


def contrast(one: Fit, other: Fit, delta_v: float) -> tuple[float, float]:
    """Odds ratio of two groups that share no case at a delta-v [m/s], and the standard error of its logarithm."""
    difference = float(one.log_odds(delta_v) - other.log_odds(delta_v))
    return float(np.exp(difference)), float(np.hypot(one.log_odds_error(delta_v), other.log_odds_error(delta_v)))


def true_spread(own: Bins, factor: float, scatter: float) -> Floats:
    """Share of the exposed of each bin that truly had each speed of `TRUE`; (bins, speeds), rows sum to 1.

    Recorded = true / ``factor`` + a normal error of standard deviation ``scatter`` [m/s], the same at all speeds.  The true delta-v of
    the exposed is lognormal, fitted to the weights of all bins but the first, in which crashes are not towed away and so not counted.
    """
    from scipy.optimize import minimize
    from scipy.special import ndtr

    def below(ends: Floats) -> Floats:
        return np.asarray(ndtr((ends[:, None] - TRUE / factor) / scatter))

    recorded = below(own.high) - below(own.low)
    wanted = own.weight[1:] / own.weight[1:].sum()

    def exposed(q: Floats) -> Floats:
        density = np.exp(-0.5 * ((np.log(TRUE) - q[0]) / np.exp(q[1])) ** 2) / TRUE
        return np.asarray(density / density.sum())

    def misfit(q: Floats) -> float:
        shares = recorded[1:] @ exposed(q)
        return float(-wanted @ np.log(shares / shares.sum()))

    found = minimize(
        misfit, [np.log(own.weight @ own.delta_v / own.weight.sum() * factor), np.log(0.45)], method="Nelder-Mead"
    )
    spread = recorded * exposed(found.x)
    return np.asarray(spread / spread.sum(axis=1, keepdims=True))


def _logistic(z: Floats) -> Floats:
    return np.asarray(np.exp(-np.logaddexp(0.0, -z)))
