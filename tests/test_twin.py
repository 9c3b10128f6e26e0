"""Kernel against its slow twin on 200 random crashes over the whole parameter space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import twin

import crashsim
from crashsim import structure
from crashsim.structure import Structure

CASES = 200
TOLERANCE = 1e-8  # asked is 1e-4; 2e-10 is reached (duration), 5e-12 elsewhere, limited by the integration
CASE_METRICS = ("peak_force", "mutual_crush", "time_common_velocity", "pulse_duration", "separation_speed",
                "restitution", "restitution_cap")  # fmt: skip
VEHICLE_METRICS = ("delta_v", "olc", "dynamic_crush", "residual_crush", "intrusion", "absorbed_energy",
                   "dissipated_energy")  # fmt: skip


@dataclass(frozen=True)
class Draw:
    """One random crash in plain numbers, and the share of the cap that is asked as restitution (None: from the law)."""

    masses: tuple[float, float]
    fronts: tuple[twin.Front | None, twin.Front | None]
    speed: float
    asked_share: float | None
    kinds: tuple[str, str]


@dataclass(frozen=True)
class Outcome:
    """What both programs say of one draw."""

    draw: Draw
    kernel: dict[str, np.ndarray]
    slow: twin.Crash

    def error(self, name: str) -> float:
        """Largest difference, as a share of the value or of the scale of such values in this crash."""
        fast, slow = np.ravel(self.kernel[name]), np.ravel(getattr(self.slow, name))
        scale = {"residual_crush": self.slow.mutual_crush, "intrusion": self.slow.mutual_crush,
                 "dissipated_energy": sum(self.slow.absorbed_energy),
                 "separation_speed": self.draw.speed, "restitution": 1.0}.get(name, 1e-300)  # fmt: skip
        return float(np.max(np.abs(fast - slow) / np.maximum(np.abs(slow), scale)))


# Stiffness MN/m, plateau kN, length of the plateau m, compartment MN/m, mass kg: class priors, widened.
CLASSES = {
    "kei truck": ((0.6, 2.0), (90, 290), (0.02, 0.20), (1, 4), (500, 900)),
    "kei": ((0.8, 2.5), (150, 390), (0.15, 0.45), (1.5, 6), (550, 1200)),
    "compact": ((0.8, 2.2), (200, 430), (0.25, 0.60), (2, 8), (900, 1500)),
    "pickup": ((1.0, 3.0), (300, 750), (0.30, 0.70), (3, 10), (1800, 4500)),
    "lorry": ((2.0, 9.0), (600, 2000), (0.50, 1.20), (5, 30), (4500, 40000)),
}


def _plateau(rng: np.random.Generator, kind: str) -> tuple[float, tuple[tuple[float, float], ...], float]:
    k, fp, length, kc, mass = (rng.uniform(*bounds) for bounds in CLASSES[kind])
    k, fp, kc = 1e6 * k, 1e3 * fp, 1e6 * kc
    slope = k * rng.choice([0.0, 0.01, 0.02, rng.uniform(0.01, 1.0)])
    knee = fp / k
    return mass, ((0.0, 0.0), (knee, fp), (knee + length, fp + slope * length)), kc


def _curve(rng: np.random.Generator) -> tuple[float, tuple[tuple[float, float], ...], float]:
    count = int(rng.integers(2, 9))
    steps = rng.uniform(0.03, 0.2, count)
    slopes = rng.uniform(0.2e6, 3e6, count) * rng.choice([1.0, 0.1], count)
    slopes[0] = rng.uniform(0.3e6, 3e6)
    x, f = np.r_[0, np.cumsum(steps)], np.r_[0, np.cumsum(steps * slopes)]
    return rng.uniform(600, 3500), tuple(zip(x.tolist(), f.tolist(), strict=True)), rng.uniform(1e6, 8e6)


def _front(rng: np.random.Generator, kind: str) -> tuple[float, twin.Front | None]:
    if kind == "wall":
        return np.inf, None
    share = rng.choice([0.0, 0.3, rng.uniform(0.0, 0.9)])
    if kind == "spring":
        k = rng.uniform(0.3e6, 3e6)
        return rng.uniform(600, 3500), twin.Front(((0.0, 0.0),), k, np.inf, k * rng.uniform(1, 100), share)
    mass, points, kc = _curve(rng) if kind == "curve" else _plateau(rng, kind)
    front = twin.Front(points, kc, points[-1][0], np.inf, share)
    return mass, twin.Front(points, kc, points[-1][0], max(front.slopes()) * 10 ** rng.uniform(0, 2), share)


def draw(rng: np.random.Generator) -> Draw:
    kinds = [str(rng.choice([*CLASSES, "curve", "spring"])), str(rng.choice([*CLASSES, "curve", "spring", "wall"]))]
    if rng.random() < 0.5:
        kinds.reverse()
    (m1, a), (m2, b) = (_front(rng, kind) for kind in kinds)
    share = [None, None, 0.0, 1.0, rng.uniform(0, 1)][int(rng.integers(5))]
    speed = float(rng.choice([rng.uniform(0.5, 10), rng.uniform(10, 60)], p=[0.25, 0.75]))
    return Draw((m1, m2), (a, b), speed, share, (kinds[0], kinds[1]))


def built(front: twin.Front | None) -> Structure:
    if front is None:
        return structure.rigid()
    if len(front.points) == 1:
        return structure.spring(front.compartment, front.unloading, unloading_soft_share=front.share)
    x, f = zip(*front.points, strict=True)
    return structure.curve(x, f, front.compartment, front.unloading, unloading_soft_share=front.share)


def outcome(d: Draw) -> Outcome:
    arguments = (d.masses[0], built(d.fronts[0]), d.masses[1], built(d.fronts[1]), d.speed)
    kernel = crashsim.collide(*arguments)
    if d.asked_share is None:
        return Outcome(d, kernel, twin.collide(d.masses, d.fronts, d.speed))
    asked = d.asked_share * float(kernel["restitution_cap"][0])
    return Outcome(d, crashsim.collide(*arguments, restitution=asked), twin.collide(d.masses, d.fronts, d.speed, asked))


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    rng = np.random.default_rng(20240611)
    return [outcome(draw(rng)) for _ in range(CASES)]


@pytest.mark.parametrize("name", [*CASE_METRICS, *VEHICLE_METRICS])
def test_kernel_agrees_with_its_twin(outcomes: list[Outcome], name: str) -> None:
    errors = np.array([o.error(name) for o in outcomes])
    worst = outcomes[int(np.argmax(errors))].draw
    assert errors.max() <= TOLERANCE, f"{name} {errors.max():.1e}: {worst}"


def test_twin_keeps_its_own_books(outcomes: list[Outcome]) -> None:
    """Work of the force along the integrated path against the areas under the two curves, and momentum."""
    assert max(o.slow.work_error for o in outcomes) <= 1e-9
    for o in outcomes:
        momenta = [m * dv if np.isfinite(m) else np.nan for m, dv in zip(o.draw.masses, o.slow.delta_v, strict=True)]
        if np.all(np.isfinite(momenta)):
            assert momenta[0] == pytest.approx(momenta[1], rel=1e-10)


def test_draws_reach_every_regime(outcomes: list[Outcome]) -> None:
    bottomed = [np.count_nonzero(o.kernel["intrusion"][0] > 0) for o in outcomes]
    assert sum(n == 1 for n in bottomed) >= 30
    assert sum(n == 2 for n in bottomed) >= 10
    assert sum(n == 0 for n in bottomed) >= 30
    kinds = [kind for o in outcomes for kind in o.draw.kinds]
    assert min(kinds.count(kind) for kind in [*CLASSES, "curve", "spring", "wall"]) >= 15
    asked = [o.draw.asked_share for o in outcomes]
    assert min(asked.count(None), asked.count(0.0), asked.count(1.0)) >= 20
    ends = np.array([o.slow.pulse_duration for o in outcomes])
    assert ends.min() < 0.05 < 0.15 < ends.max()
