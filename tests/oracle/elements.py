"""Force elements of the oracle: any law with memory as one piecewise linear line, laid anew at every reversal.

An element runs along its loading curve; where its elongation turns back at a peak, the line below the peak becomes its
unloading path, which ends in zero force.  Coming forward again it climbs the same path to the peak and goes on along
the loading curve.  A belt, a bag, a block and the two fronts in series differ only in curve and path.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from scipy.optimize import brentq

Point = tuple[float, float]  # elongation [m], force [N]
Path = Callable[[float, float], list[Point]]  # unloading path below a peak, from zero force up, without the peak
TOUCH = 1e-11  # m: nearer than this to a kink, the rate decides on which side the element is


class Element:
    """One element: ``curve`` starts at zero force and goes on with slope ``tail``."""

    def __init__(self, curve: list[Point], tail: float, path: Path) -> None:
        self.curve, self.tail, self.path = curve, tail, path
        self.turn(*curve[0])
        self.enter(-math.inf)

    def turn(self, z: float, force: float | None = None) -> None:
        """The elongation turns back at ``z``: lay the unloading path."""
        force = self.force(z) if force is None else force
        below = self.path(z, force) if force > 0.0 else []
        self.points = [*below, (z, force), *(p for p in self.curve if p[0] > z)]
        self.top = len(below) + 1  # first piece that loads
        self.enter(z, -1.0)

    def enter(self, z: float, rate: float = 1.0) -> None:
        """Take the straight piece at ``z``; on a kink the one ahead."""
        edge = z + math.copysign(TOUCH, rate)
        self.piece = sum(p[0] <= edge for p in self.points)
        last = len(self.points)
        self.low = self.points[self.piece - 1][0] if self.piece else -math.inf
        self.high = self.points[self.piece][0] if self.piece < last else math.inf
        self.z0, self.f0 = self.points[self.piece - 1] if self.piece else (0.0, 0.0)
        if self.piece == 0:
            self.slope = 0.0
        elif self.piece == last:
            self.slope = self.tail
        else:
            self.slope = (self.points[self.piece][1] - self.f0) / (self.high - self.z0)

    def force(self, z: Any) -> Any:
        """Force on the present piece; arrays as well."""
        return self.f0 + self.slope * (z - self.z0)

    @property
    def loading(self) -> bool:
        return self.piece >= self.top

    def settled(self, z: float) -> tuple[Point, float, float]:
        """Largest elongation and its force, absorbed energy there, and energy stored at ``z`` [J]."""
        if self.loading:
            self.turn(z)
        peak = self.points[self.top - 1]
        absorbed = area([*(p for p in self.curve if p[0] < peak[0]), peak])
        path = self.points[: self.top]
        inside = [p for p in path if p[0] < z]
        stored = area([*inside, (z, self.force(z))]) if inside else 0.0
        return peak, absorbed, stored

    def dissipated(self, z: float) -> float:
        """Energy that the element cannot give back any more [J]."""
        _, absorbed, _ = self.settled(z)
        return absorbed - area(self.points[: self.top])


def area(points: list[Point]) -> float:
    """Area under a polygon [J]."""
    return sum(0.5 * (f + g) * (y - x) for (x, f), (y, g) in pairwise(points))


def hysteretic(gap: float, k: float, limit: float, ku: float) -> Element | None:
    """Law H: slope ``k`` above ``gap`` up to ``limit``, unloading along ``ku``; None if absent."""
    if not (k > 0.0 and math.isfinite(gap)):
        return None
    curve = [(gap, 0.0)]
    if math.isfinite(limit):
        curve.append((gap + limit / k, limit))
    return Element(curve, 0.0 if math.isfinite(limit) else k, lambda z, force: [(z - force / ku, 0.0)])


# ---- fronts ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Front:
    """Crush curve of one vehicle, SI; without points beyond (0, 0) a lone spring of the compartment's stiffness."""

    points: tuple[Point, ...]
    compartment: float
    unloading: float
    share: float
    rate: float

    @classmethod
    def of(cls, raw: Mapping[str, float]) -> Front:
        count = int(raw["points"])
        points = tuple((raw[f"crush_{i}"], raw[f"force_{i}"]) for i in range(1, count + 1))
        law = (raw["unloading_stiffness"], raw["unloading_soft_share"], raw["rate"])
        return cls(((0.0, 0.0), *points), raw["compartment_stiffness"], *law)

    @property
    def slopes(self) -> list[float]:
        pairs = pairwise(self.points)
        return [*((g - f) / (y - x) for (x, f), (y, g) in pairs), self.compartment]

    @property
    def first_force(self) -> float:
        return self.points[1][1] if len(self.points) > 1 else math.inf

    @property
    def end_force(self) -> float:
        """Force at the end of the crush space."""
        return self.points[-1][1] if len(self.points) > 1 else math.inf

    def crush(self, force: float) -> float:
        (x, f), slope = [p for p in zip(self.points, self.slopes, strict=True) if p[0][1] <= force][-1]
        return x + (force - f) / slope

    def energy(self, force: float) -> float:
        return area([*(p for p in self.points if p[1] < force), (self.crush(force), force)])

    def largest_return(self, force: float) -> float:
        """Energy given back if the stiff branch is as steep as the steepest loading slope met."""
        steepest = max(s for (_, f), s in zip(self.points, self.slopes, strict=True) if f < force)
        knee = min(self.knee_share(steepest) * force, self.first_force)
        return (force**2 - knee**2) / (2.0 * steepest) + knee**2 / (2.0 * self.slopes[0])

    def knee_share(self, stiff: float) -> float:
        """Knee force over peak force, such that the soft branch gives back ``share`` of the energy."""
        return math.sqrt(self.share / (self.share + (1.0 - self.share) * stiff / self.slopes[0]))


@dataclass(frozen=True)
class Rails:
    """Both fronts in series (None: a wall) with the unloading law of this case."""

    fronts: tuple[Front, Front | None]
    stiff: tuple[float, float]  # compliance of the stiff branches [m/N]
    knee: tuple[float, float]  # knee over peak force
    rates: tuple[float, float]  # part of each front in the rate factor [s/m]
    cap: float  # largest restitution that the two-mass line can be asked for

    @classmethod
    def of(cls, fronts: tuple[Front, Front | None], energy: float, asked: float, floor: float) -> Rails:
        """Fit the unloading law at the peak of the two-mass line, which absorbs ``energy`` [J]."""
        real = [f for f in fronts if f is not None]
        high = 1e3
        while sum(f.energy(high) for f in real) < energy:
            high *= 2.0
        force = brentq(lambda f: sum(r.energy(f) for r in real) - energy, 0.0, high, xtol=1e-9, rtol=1e-14)
        caps = [f.largest_return(force) for f in real]
        if math.isnan(asked):
            laws = [(1.0 / f.unloading, f.knee_share(f.unloading)) for f in real]
        else:
            wanted = [asked**2 * f.energy(force) for f in real]
            over = [max(w - c, 0.0) for w, c in zip(wanted, caps, strict=True)]
            spilled = [min(w + sum(over) - o, c) for w, o, c in zip(wanted, over, caps, strict=True)]
            laws = [_fitted(f, force, u) for f, u in zip(real, spilled, strict=True)]
        lacking = max(max(floor, 1e-13) - sum(c for c, _ in laws), 0.0) / len(laws)
        travel = sum(f.crush(force) for f in real)
        rates = [f.rate * (f.crush(force) / travel) ** 2 for f in real]
        pad = [0.0] * (2 - len(real))
        stiff, knee = [c + lacking for c, _ in laws] + pad, [phi for _, phi in laws] + pad
        rates = [*rates, *pad]
        cap = math.sqrt(sum(caps) / energy)
        return cls(fronts, (stiff[0], stiff[1]), (knee[0], knee[1]), (rates[0], rates[1]), cap)

    def element(self) -> Element:
        real = [f for f in self.fronts if f is not None]
        forces = sorted({f for front in real for _, f in front.points})
        curve = [(sum(front.crush(f) for front in real), f) for f in forces]
        return Element(curve, 1.0 / sum(1.0 / front.compartment for front in real), self._path)

    def unloaded(self, peak: float, force: float, i: int) -> float:
        """Crush that front ``i`` gives back between the peak force and ``force``."""
        front = self.fronts[i]
        if front is None:
            return 0.0
        knee = min(self.knee[i] * peak, front.first_force)
        return self.stiff[i] * (peak - max(force, knee)) + max(knee - force, 0.0) / front.slopes[0]

    def returned(self, peak: float, i: int) -> float:
        """Energy that front ``i`` gives back from a peak force."""
        front = self.fronts[i]
        if front is None:
            return 0.0
        knee = min(self.knee[i] * peak, front.first_force)
        return 0.5 * self.stiff[i] * (peak**2 - knee**2) + 0.5 * knee**2 / front.slopes[0]

    def _path(self, z: float, peak: float) -> list[Point]:
        knees = {min(phi * peak, f.first_force) for phi, f in zip(self.knee, self.fronts, strict=True) if f}
        return [(z - self.unloaded(peak, f, 0) - self.unloaded(peak, f, 1), f) for f in sorted(knees | {0.0})]


def _fitted(front: Front, force: float, returned: float) -> tuple[float, float]:
    """Stiff compliance and knee share of the path that gives back ``returned`` from ``force``."""
    k1 = front.slopes[0]
    soft = min(front.share * returned, 0.5 * k1 * front.crush(min(force, front.first_force)) ** 2)
    knee = math.sqrt(2.0 * k1 * soft)
    return 2.0 * (returned - soft) / (force**2 - knee**2), knee / force
