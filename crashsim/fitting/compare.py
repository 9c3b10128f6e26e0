"""What was measured in each test beside what the fitted curve gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crashsim.fitting.fit import Fitted, Measured
from crashsim.fitting.model import WallImpact, wall_impact
from crashsim.fitting.shape import front_of
from crashsim.fitting.signals import Pulse, as_recorded

Floats = NDArray[np.float64]

REBOUND_TIME: Final = 0.15  # s: when the rebound is read, and how far the velocities are compared
RATED_STEP: Final = 1e-4  # s: ISO/TS 18571 asks for 10 kHz
P90: Final = 1.645  # standard deviations to either side that hold 90 % of a normal distribution


@dataclass(frozen=True)
class Row:
    """One quantity of one test, SI; ``deviation`` is the standard deviation of the fitted value."""

    test: str
    name: str
    label: str
    dimension: str
    measured: float
    fitted: float
    deviation: float


@dataclass(frozen=True)
class History:
    """A test's pulse beside that of the curve, and the standard deviation of a prediction: parameters and what is left over."""

    pulse: Pulse
    deceleration: Floats
    velocity: Floats
    displacement: Floats
    deceleration_deviation: Floats
    velocity_deviation: Floats

    @property
    def velocity_error(self) -> float:
        """Largest difference of the velocities up to 150 ms [m/s]."""
        within = self.pulse.time <= REBOUND_TIME + 1e-9
        return float(np.abs(self.velocity - self.pulse.velocity)[within].max())


def history(fitted: Fitted, m: Measured) -> History:
    """Both pulses of a test that has one, filtered alike."""
    assert m.pulse is not None
    time, speed = m.pulse.time, m.test.speed

    def both(theta: Floats) -> Floats:
        return np.concatenate(as_recorded(_impact(fitted, m, theta), speed, time))

    (a, v), of_parameters = np.split(both(fitted.theta), 2), np.split(fitted.deviation(both), 2)
    impact = _impact(fitted, m, fitted.theta)
    touching = time < impact.end
    left_over = (_rms(a - m.pulse.deceleration, touching), _rms(v - m.pulse.velocity, touching))
    deviations = [np.hypot(d, r) for d, r in zip(of_parameters, left_over, strict=True)]
    return History(m.pulse, a, v, impact.travel(time), *deviations)


def _rms(values: Floats, touching: NDArray[np.bool_]) -> Floats:
    """Root mean square of what is left over, at the wall and after it."""
    found = np.zeros_like(values)
    for phase in (touching, ~touching):
        found[phase] = np.sqrt(np.mean(values[phase] ** 2)) if phase.any() else 0.0
    return found


def rows(fitted: Fitted) -> list[Row]:
    """Every quantity that was measured, test by test."""
    return [row for m in fitted.tests for row in (_of_pulse(fitted, m) + _of_crush(fitted, m))]


def rating(history: History) -> float:
    """Overall ISO/TS 18571 score of the deceleration up to 150 ms, 0 to 1."""
    from crashsim.rating import rate

    time = history.pulse.time
    fine = np.arange(0.0, min(time[-1], REBOUND_TIME), RATED_STEP)
    measured, computed = (np.interp(fine, time, a) for a in (history.pulse.deceleration, history.deceleration))
    return rate(measured, computed).overall


def _impact(fitted: Fitted, m: Measured, theta: Floats) -> WallImpact:
    return wall_impact(front_of(theta, fitted.compartment), m.test.mass, m.test.speed)


def _of_pulse(fitted: Fitted, m: Measured) -> list[Row]:
    if m.pulse is None:
        return []
    pulse, speed = m.pulse, m.test.speed
    last = float(min(REBOUND_TIME, pulse.time[-1]))

    def values(theta: Floats) -> Floats:
        impact = _impact(fitted, m, theta)
        deceleration, velocity = as_recorded(impact, speed, pulse.time)
        return np.array([deceleration.max(), impact.stop, impact.crush, -np.interp(last, pulse.time, velocity)])

    measured = (pulse.peak, pulse.stop, pulse.crush, -float(np.interp(last, pulse.time, pulse.velocity)))
    about = (
        ("peak_deceleration", f"peak deceleration, CFC60 (at {1e3 * pulse.time[pulse.deceleration.argmax()]:.0f} ms)", "acceleration"),
        ("stop", "time of zero velocity", "time"),
        ("dynamic_crush", "dynamic crush", "length"),
        ("rebound", f"rebound velocity at {1e3 * last:.0f} ms", "speed"),
    )  # fmt: skip
    return _rows(fitted, m, about, measured, values)


def _of_crush(fitted: Fitted, m: Measured) -> list[Row]:
    if not np.isfinite(m.static):
        return []

    def values(theta: Floats) -> Floats:
        return np.array([np.exp(theta[-1]) * _impact(fitted, m, theta).crush])

    about = (("static_crush", "static crush, mean of C1 to C6", "length"),)
    return _rows(fitted, m, about, (m.static,), values)


def _rows(
    fitted: Fitted,
    m: Measured,
    about: tuple[tuple[str, str, str], ...],
    measured: tuple[float, ...],
    values: Callable[[Floats], Floats],
) -> list[Row]:
    found, deviation = values(fitted.theta), fitted.deviation(values)
    return [
        Row(m.test.name, name, label, dimension, was, float(is_), float(sd))
        for (name, label, dimension), was, is_, sd in zip(about, measured, found, deviation, strict=True)
    ]
