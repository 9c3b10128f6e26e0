"""Least squares: the crush curve that repeats the wall tests of one vehicle best, and how well it is known.

What is compared, and in which scale (a residual of 1 is what a rising curve cannot be expected to follow better):

==================  =======================================================  ========================================
measured            scale                                                    counted
==================  =======================================================  ========================================
velocity            1 % of the impact speed                                  one sample every 5 ms (CFC60 passes 100 Hz)
deceleration        10 % of its peak                                         the same
peak deceleration   2 %                                                      once
crush C1 to C6      5 % of its mean, against static ratio x dynamic crush    once
==================  =======================================================  ========================================

The scales are judgement (tag J), of the size of what the 2018 Camry (NHTSA 10146) leaves over.  Priors: the logarithm of the
static ratio; and, where no pulse was measured, restitution, soft share, and the shape of a curve with one knee: crush alone
says how much force there is, not how it is spread.

How many pieces: two without a pulse; else the least of  BIC = N ln(S/N) + S' + p ln(N + N')  with S the squares of the pulses, N their independent
samples, S' and N' those of crush and priors, p parameters of the curve.

How well: the covariance is the sandwich B^-1 M B^-1 N/(N - p) with B = J'J.  M is the covariance of the scores, of two kinds
of error: what the curve leaves over, sample by sample, summed over lags with Bartlett's weights (Newey and West 1987); and the
noise of the transducer, white, of the size that it has before contact, which an error of the velocity sums up.  A record
without a quiet stretch tells no noise: then all that is left over of the deceleration counts as such.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crashsim.config.fits import MOST_SEGMENTS, Fit, WallTest
from crashsim.errors import ConfigError, CrashsimError, Problem
from crashsim.fitting.model import Front, WallImpact, wall_impact
from crashsim.fitting.shape import STATIC_RATIO, STATIC_SPREAD, box, cut, drawn, front_of, segments, spring
from crashsim.fitting.signals import INDEPENDENT, Pulse, as_recorded, read_pulse

Floats = NDArray[np.float64]

VELOCITY, DECELERATION, PEAK, CRUSH = 0.01, 0.10, 0.02, 0.05
LAGS: Final = 10e-3  # s over which what is left over is correlated
RESTITUTION, RESTITUTION_SPREAD = 0.15, 0.05  # where no pulse was measured (tag J: 0.146 to 0.171 on the 2018 Camry)
SOFT, SOFT_SPREAD = 0.3, 0.1  # likewise, as in structure.SOFT_SHARE
KNEE, KNEE_SPREAD = 0.15, 0.5  # m and of its logarithm: the first piece without a pulse (tag J: 0.21 on the 2018 Camry)
RISE, RISE_SPREAD = 0.05, 1.0  # second slope over first, likewise (tag J: 0.01 on the 2018 Camry)
COMPARTMENT: Final = 5e6  # N/m where the file gives none: no wall test at these speeds loads it (tag J)
WITHOUT_PULSE: Final = 2  # pieces: a knee
WORSE: Final = 2  # numbers of pieces in a row with a worse criterion, and the search ends
TRIED: Final = 3  # first guesses of either kind that are followed
FIRST: Final = 12  # steps of the search from every guess; the best goes on to the end
STEP: Final = 1e-4  # of a parameter, for central differences


@dataclass(frozen=True)
class Measured:
    """A test with its record: ``static`` is the mean of C1 to C6 [m], NaN without."""

    test: WallTest
    pulse: Pulse | None
    static: float


@dataclass(frozen=True)
class Criterion:
    """One number of pieces: its information criterion and sum of squares."""

    segments: int
    bic: float
    squares: float


@dataclass(frozen=True)
class Fitted:
    """The fitted curve.

    Attributes
    ----------
    fit, tests : what was asked, and what was measured
    theta, covariance : the parameters of ``fitting.shape`` and their covariance; zero for those at the edge of their box
    compartment : stiffness behind the curve [N/m]
    criteria : of every number of pieces that was tried
    """

    fit: Fit
    tests: tuple[Measured, ...]
    theta: Floats
    covariance: Floats
    compartment: float
    criteria: tuple[Criterion, ...]

    @property
    def front(self) -> Front:
        """The crush curve and how it unloads."""
        return front_of(self.theta, self.compartment)

    @property
    def static_ratio(self) -> float:
        """Static over dynamic crush."""
        return float(np.exp(self.theta[-1]))

    def impacts(self) -> list[WallImpact]:
        """The tests as the curve gives them."""
        return [wall_impact(self.front, m.test.mass, m.test.speed) for m in self.tests]

    def deviation(self, of: Callable[[Floats], Floats]) -> Floats:
        """Standard deviation of a function of the parameters: J C J' to first order."""
        jacobian = derivative(of, self.theta, np.diag(self.covariance) > 0.0)
        return np.asarray(np.sqrt(np.einsum("ij,jk,ik->i", jacobian, self.covariance, jacobian)))


def fit_tests(fit: Fit) -> Fitted:
    """Read the tests of a fit and find their curve.

    Raises
    ------
    ConfigError
        A record that cannot be read or cannot be this test's.
    CrashsimError
        More pieces asked for than crush alone can tell apart.
    """
    return fit_measured(fit, [measured(test) for test in fit.tests])


def measured(test: WallTest) -> Measured:
    """A test with its record read and its crush averaged."""
    pulse = read_pulse(test.pulse, test.speed) if test.pulse else None
    static = mean_crush(test.crush) if test.crush else np.nan
    if static == 0.0:
        raise ConfigError([Problem(test.name, 0, 0, "crush", "expected crush above 0 mm somewhere over the width")])
    return Measured(test, pulse, static)


def mean_crush(crush: Sequence[float]) -> float:
    """Mean of C1 to C6 over the width: (C1/2 + C2 + ... + C6/2)/5, as long as the stations are equally far apart [m]."""
    return float(np.trapezoid(crush) / (len(crush) - 1))


def fit_measured(fit: Fit, tests: Sequence[Measured]) -> Fitted:
    """The curve of tests that are already read; see `fit_tests`."""
    problem = _Problem(tuple(tests), COMPARTMENT if fit.compartment is None else fit.compartment)
    most = fit.segments or (MOST_SEGMENTS if problem.has_pulse else WITHOUT_PULSE)
    if not problem.has_pulse and most > WITHOUT_PULSE:
        raise CrashsimError(f"{fit.name}: {most} segments asked for; crush alone tells at most {WITHOUT_PULSE} apart")
    best = {1: problem.solve(spring(problem.stiffness))}
    criteria = [problem.criterion(best[1])]
    for n in range(2, most + 1):
        followed = [problem.solve(start, FIRST) for start in problem.starts(n, best[n - 1])]
        best[n] = problem.solve(min(followed, key=problem.squares))
        criteria.append(problem.criterion(best[n]))
        least = min(criteria, key=lambda c: c.bic).segments
        if fit.segments is None and n - least >= WORSE:
            break
    if fit.segments or not problem.has_pulse:
        least = most
    theta = best[least]
    return Fitted(fit, problem.tests, theta, problem.covariance(theta), problem.compartment, tuple(criteria))


@dataclass(frozen=True)
class _Problem:
    """Residuals of all tests as functions of the parameters."""

    tests: tuple[Measured, ...]
    compartment: float

    @property
    def stiffness(self) -> float:
        """Of the springs that would stop the vehicles where they stopped: their mean [N/m]."""
        reached = [m.pulse.crush if m.pulse else m.static / STATIC_RATIO for m in self.tests]
        return float(np.mean([m.test.mass * (m.test.speed / x) ** 2 for m, x in zip(self.tests, reached, strict=True)]))

    @property
    def has_pulse(self) -> bool:
        """Whether any pulse was measured."""
        return any(m.pulse for m in self.tests)

    def samples(self, theta: Floats) -> float:
        """Independent samples of all pulses while the wall is touched."""
        pairs = zip(self.tests, self.impacts(theta), strict=True)
        return sum(m.test.weight * min(i.end, float(m.pulse.time[-1])) / INDEPENDENT for m, i in pairs if m.pulse)

    def impacts(self, theta: Floats) -> list[WallImpact]:
        front = front_of(theta, self.compartment)
        return [wall_impact(front, m.test.mass, m.test.speed) for m in self.tests]

    def deepest(self, theta: Floats) -> float:
        """Largest dynamic crush [m]."""
        return max(impact.crush for impact in self.impacts(theta))

    def pulses(self, impacts: Sequence[WallImpact]) -> Iterator[tuple[Measured, Floats]]:
        """Residuals of each pulse: velocity, deceleration, peak."""
        for m, impact in zip(self.tests, impacts, strict=True):
            if (p := m.pulse) is not None:
                v, a, peak = pulse_scales(m)
                deceleration, velocity = as_recorded(impact, m.test.speed, p.time)
                yield m, np.concatenate([
                    v * (velocity - p.velocity), a * (deceleration - p.deceleration), [peak * (deceleration.max() - p.peak)]
                ])  # fmt: skip

    def others(self, theta: Floats, impacts: Sequence[WallImpact]) -> Floats:
        """Residuals of crush and of the priors."""
        found = [(theta[-1] - np.log(STATIC_RATIO)) / STATIC_SPREAD]
        for m, impact in zip(self.tests, impacts, strict=True):
            if np.isfinite(m.static):
                found.append(np.sqrt(m.test.weight) * (np.log(impact.crush / m.static) + theta[-1]) / CRUSH)
        if not self.has_pulse:
            m, impact = max(zip(self.tests, impacts, strict=True), key=lambda pair: pair[0].test.speed)
            found.append((impact.separation_speed / m.test.speed - RESTITUTION) / RESTITUTION_SPREAD)
            found.append((theta[-2] - SOFT) / SOFT_SPREAD)
            if segments(theta) > 1:
                first, second = front_of(theta, self.compartment).slope[:2]
                found += [(theta[0] - np.log(KNEE)) / KNEE_SPREAD, np.log(second / first / RISE) / RISE_SPREAD]
        return np.array(found)

    def residuals(self, theta: Floats) -> Floats:
        impacts = self.impacts(theta)
        return np.concatenate([*(r for _, r in self.pulses(impacts)), self.others(theta, impacts)])

    def squares(self, theta: Floats) -> float:
        return float(np.sum(self.residuals(theta) ** 2))

    def starts(self, n: int, poorer: Floats) -> list[Floats]:
        """First guesses of ``n`` pieces: the best of those cut out of the curve with one less, and of those drawn."""
        guesses = [list(cut(poorer, self.deepest(poorer)))]
        if pulses := [m for m in self.tests if m.pulse]:
            m = max(pulses, key=lambda m: m.pulse.crush if m.pulse else 0.0)
            assert m.pulse is not None
            before = m.pulse.time < m.pulse.stop
            force = m.test.mass * m.pulse.deceleration[before]
            guesses.append(list(drawn(n, m.pulse.displacement[before], force, poorer)))
        low, high = self.box(guesses[0][0])
        inside = [[np.clip(g, low, high) for g in group] for group in guesses]
        return [g for group in inside for g in sorted(group, key=self.squares)[:TRIED]]

    def solve(self, start: Floats, evaluations: int = 200) -> Floats:
        from scipy.optimize import least_squares

        low, high = self.box(start)
        inside = np.clip(start, low + 1e-6, high - 1e-6)
        found = least_squares(self.residuals, inside, bounds=(low, high), x_scale=0.3, max_nfev=evaluations)
        return np.asarray(found.x)

    def box(self, theta: Floats) -> tuple[Floats, Floats]:
        return box(segments(theta), self.stiffness)

    def criterion(self, theta: Floats) -> Criterion:
        impacts = self.impacts(theta)
        squares = sum(float(np.sum(r**2)) for _, r in self.pulses(impacts))
        others = self.others(theta, impacts)
        n, pieces = self.samples(theta), segments(theta)
        fitted = n * np.log(squares / n) if n else 0.0
        bic = fitted + np.sum(others**2) + (2 * pieces - 1) * np.log(n + len(others))
        return Criterion(pieces, float(bic), squares + float(np.sum(others**2)))

    def covariance(self, theta: Floats) -> Floats:
        """Sandwich of the free parameters; zero rows and columns for those at the edge of their box."""
        low, high = self.box(theta)
        free = (theta - low > 2.0 * STEP) & (high - theta > 2.0 * STEP)
        jacobian = derivative(self.residuals, theta, free)[:, free]
        bread = np.linalg.pinv(jacobian.T @ jacobian, rcond=1e-10, hermitian=True)
        meat, at = np.zeros_like(bread), 0
        for m, r in self.pulses(self.impacts(theta)):
            meat += _meat(m, jacobian[at : at + len(r)], r)
            at += len(r)
        meat += jacobian[at:].T @ jacobian[at:]
        n = self.samples(theta) + len(jacobian) - at
        spent = min(free.sum() / n, 0.5)
        covariance = np.zeros((len(theta), len(theta)))
        covariance[np.ix_(free, free)] = bread @ meat @ bread / (1.0 - spent)
        return covariance


def pulse_scales(m: Measured) -> tuple[float, float, float]:
    """What the differences of velocity, deceleration and peak are multiplied by [s/m], [s^2/m], [s^2/m]."""
    assert m.pulse is not None
    count = np.sqrt(m.test.weight * m.pulse.step / INDEPENDENT)
    peak = np.sqrt(m.test.weight) / (PEAK * m.pulse.peak)
    return count / (VELOCITY * m.test.speed), count / (DECELERATION * m.pulse.peak), peak


def _meat(m: Measured, jacobian: Floats, residuals: Floats) -> Floats:
    """Covariance of the scores of one pulse."""
    assert m.pulse is not None
    n, step, top = len(m.pulse.time), m.pulse.step, int(np.argmax(m.pulse.deceleration))
    weighted = jacobian * residuals[:, None]
    left_over = weighted[:n] + weighted[n : 2 * n]
    left_over[top] += weighted[2 * n]
    meat = left_over.T @ left_over
    lags = round(LAGS / step)
    for lag in range(1, lags + 1):
        across = left_over[lag:].T @ left_over[:-lag]
        meat += (1.0 - lag / (lags + 1)) * (across + across.T)
    v, a, peak = pulse_scales(m)
    later = np.cumsum(jacobian[:n][::-1], axis=0)[::-1]  # an error of the acceleration stays in every later velocity
    of_noise = -a * jacobian[n : 2 * n] + v * step * later
    of_noise[top] -= peak * jacobian[2 * n]
    noise = m.pulse.noise if np.isfinite(m.pulse.noise) else INDEPENDENT * (residuals[n : 2 * n] / a) ** 2
    return np.asarray(meat + (of_noise.T * (noise / step)) @ of_noise)


def derivative(of: Callable[[Floats], Floats], at: Floats, free: NDArray[np.bool_]) -> Floats:
    """Central differences of a vector function by its free parameters, 0 by the others; shape (values, parameters)."""
    columns = []
    for i in range(len(at)):
        shift = np.zeros_like(at)
        shift[i] = STEP if free[i] else 0.0
        columns.append((of(at + shift) - of(at - shift)) / (2.0 * STEP))
    return np.stack(columns, axis=-1)
