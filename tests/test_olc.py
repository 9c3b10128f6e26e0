"""The occupant load criterion of whole crashes (Euro NCAP TB027: 65 mm of free flight, 300 mm in all) against closed forms.

Pulses that no structure has, such as a rectangle, are in ``test_severity.py``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import twin
from numpy.typing import NDArray
from scipy.optimize import brentq

import crashsim
from crashsim import structure
from crashsim.structure import Structure

G = 9.80665
Solved = dict[str, NDArray[Any]]


def approx(value: float, rel: float = 1e-4) -> Any:
    return pytest.approx(value, rel=rel)


def wall(mass: float, front: Structure, speed: float, restitution: float | None = None) -> Solved:
    return crashsim.collide(mass, front, np.inf, structure.rigid(), speed, restitution=restitution)


def test_olc_of_a_half_sine() -> None:
    """30 x 9.81 m/s^2 and 100 ms: an elastic spring at a wall.  An independent root search gives 31.344153 x 9.81."""
    w = np.pi / 0.1
    r = wall(1000.0, structure.spring(1000.0 * w**2, 1000.0 * w**2), 30 * 9.81 / w)
    assert r["peak_acceleration"][0, 0] == approx(294.3)
    assert r["delta_v"][0, 0] == approx(18.73570449126342)  # a trapezoid sum over 0.1 ms
    assert r["pulse_duration"][0] == approx(0.1)
    assert r["olc"][0, 0] / 9.81 == approx(31.344153)


def test_olc_of_a_pulse_that_ends_before_the_free_flight() -> None:
    """A hit shorter than 65 mm of flight: dv^2 / (2 * 0.235), since the restraint works after the pulse."""
    r = wall(1000.0, structure.spring(5e8, 5e8), 10.0)
    assert r["olc"][0, 0] == approx((10.0 + float(r["separation_speed"][0])) ** 2 / (2 * 0.235))


def test_olc_of_a_half_sine_by_its_own_equations() -> None:
    """A slow spring at a wall, plastic: both conditions written out for the quarter sine and solved."""
    m, k, v = 1500.0, 0.4e6, 14.0
    w = np.sqrt(k / m)
    r = wall(m, structure.spring(k, 1e12), v, restitution=0.0)
    t1 = brentq(lambda t: v * t - v / w * np.sin(w * t) - 0.065, 0, 0.2, xtol=1e-15)

    def left(t: float) -> float:
        t_peak = 0.5 * np.pi / w
        flown = v * t - v / w * np.sin(w * min(t, t_peak))
        lost = v - v * np.cos(w * min(t, t_peak))
        return flown - 0.5 * lost * (t - t1) - 0.300

    t2 = brentq(left, t1, 1.0, xtol=1e-15)
    assert r["olc"][0, 0] == approx(
        (v - v * np.cos(w * min(t2, 0.5 * np.pi / w))) / (t2 - t1), rel=5e-4
    )  # it rebounds a little


# stiffness, plateau, crush space, compartment, unloading, speed: the residual passes zero, then a spike turns it back
SPIKES = [
    (3.17e6, 239e3, 2.78, 30.5e6, 32.2e6, 39.4),
    (1.39e6, 168e3, 3.04, 56.3e6, 84.3e6, 33.9),
    (1.58e6, 299e3, 2.99, 80.9e6, 99.9e6, 44.66),
]


@pytest.mark.parametrize("k, fp, space, kc, ku, speed", SPIKES)
def test_the_first_crossing_counts(k: float, fp: float, space: float, kc: float, ku: float, speed: float) -> None:
    """A long soft pulse that ends the flight just as the compartment is hit: what comes later does not matter."""
    end = fp + 0.01 * k * (space - fp / k)
    front = twin.Front(((0.0, 0.0), (fp / k, fp), (space, end)), kc, space, ku, 0.0)
    built = structure.plateau(k, fp, space, kc, ku, plateau_slope=0.01 * k, unloading_soft_share=0.0)
    slow = twin.collide((1000.0, np.inf), (front, None), speed)
    assert slow.intrusion[0] > 0
    assert wall(1000.0, built, speed)["olc"][0, 0] == approx(slow.olc[0])
