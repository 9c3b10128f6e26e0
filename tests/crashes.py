"""Random crashes for the property tests: masses, fronts and speeds, and a few ways to solve them."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import crashsim
from crashsim import structure
from crashsim.cases import Cases
from crashsim.structure import Structure

Solved = dict[str, NDArray[Any]]
Side = tuple[float, Structure]

modest = settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
speeds = st.floats(0.1, 60.0)
masses = st.floats(400.0, 20000.0)


@st.composite
def plateaus(draw: st.DrawFn) -> Structure:
    k, fp = draw(st.floats(0.5e6, 4e6)), draw(st.floats(50e3, 900e3))
    rise, length = draw(st.floats(0.01, 0.8)), draw(st.floats(0.02, 0.8))
    kc = draw(st.floats(1e6, 9e6))
    ku = max(k, kc) * draw(st.floats(1.0, 100.0))
    share = draw(st.sampled_from([0.0, 0.3, 0.9]))
    return structure.plateau(k, fp, fp / k + length, kc, ku, plateau_slope=rise * k, unloading_soft_share=share)


@st.composite
def curves(draw: st.DrawFn) -> Structure:
    count = draw(st.integers(1, 7))
    dx = draw(st.lists(st.floats(0.02, 0.25), min_size=count, max_size=count))
    slopes = draw(st.lists(st.floats(2e4, 4e6), min_size=count, max_size=count))
    kc = draw(st.floats(1e6, 9e6))
    x, f = np.cumsum([0.0, *dx]), np.cumsum([0.0, *np.multiply(dx, slopes)])
    ku = max(kc, *slopes) * draw(st.floats(1.0, 100.0))
    return structure.curve(x, f, kc, ku, unloading_soft_share=draw(st.floats(0.0, 0.9)))


fronts = st.one_of(plateaus(), curves())
sides = st.tuples(masses, fronts)
partners = st.one_of(sides, sides, st.just((np.inf, structure.rigid())))


def collide(a: Side, b: Side, speed: Any, **options: Any) -> Solved:
    return crashsim.collide(*a, *b, speed, **options)


def cases(a: Side, b: Side, speed: Any, asked: float = np.nan) -> Cases:
    v = np.atleast_1d(np.asarray(speed, float))
    n = v.size

    def wide(s: Structure) -> Structure:
        return Structure(**{name: np.broadcast_to(value, (n, *value.shape)) for name, value in vars(s).items()})

    mass = np.broadcast_to([a[0], b[0]], (n, 2))
    return Cases(mass, np.stack([v, 0 * v], -1), v, (wide(a[1]), wide(b[1])), np.full(n, asked), {})
