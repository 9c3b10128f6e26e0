"""One mass that runs into a rigid wall with a crush curve in front: its motion in closed form.

The curve is piecewise linear, and so is the way back (a stiff branch, then a soft one: ``kernels/rails.py``), so on each
piece the mass is a harmonic oscillator about the place where the line of that piece would reach zero force.  The whole pulse
is a handful of arcs

    xi(t) = A cos(w (t - t0) - phi),   F = k xi,   w = sqrt(k/m),

joined where a piece ends.  It is exact, takes some 0.1 ms, and agrees with the crash kernel to that kernel's step error.

Symbols: m mass [kg], v speed [m/s], x crush [m], F force [N], k slope [N/m], U energy returned [J], s its soft share.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Front:
    """A crush curve without end: ``crush`` where each piece begins [m], its slope [N/m], and how it unloads."""

    crush: Floats
    slope: Floats
    unloading: float
    soft_share: float

    @cached_property
    def force(self) -> Floats:
        """Force where each piece begins [N]."""
        return np.concatenate([[0.0], np.cumsum(self.slope[:-1] * (self.crush[1:] - self.crush[:-1]))])

    def force_at(self, crush: Floats | float) -> Floats:
        """Loading force [N] at a crush [m]."""
        x = np.asarray(crush, float)
        piece = np.searchsorted(self.crush, x, side="right") - 1
        return np.asarray(self.force[piece] + self.slope[piece] * (x - self.crush[piece]))


class Arc(NamedTuple):
    """A piece of the motion: when it begins, its frequency [1/s], amplitude [m], phase, place of zero force, slope."""

    start: float
    w: float
    amplitude: float
    phase: float
    centre: float
    slope: float


@dataclass(frozen=True)
class WallImpact:
    """The motion of one test.

    ``stop``: time of zero velocity [s]; ``crush``: dynamic [m]; ``force``: largest [N]; ``separation_speed`` [m/s];
    ``end``: when the wall is left [s]; ``residual``: crush left at zero force [m].
    """

    mass: float
    arcs: tuple[Arc, ...]
    stop: float
    crush: float
    force: float
    separation_speed: float
    end: float
    residual: float

    @property
    def deceleration(self) -> float:
        """Largest deceleration [m/s^2]."""
        return self.force / self.mass

    def velocity(self, time: Floats) -> Floats:
        """Velocity towards the wall [m/s] at times (n,) from contact on."""
        w, amplitude, angle, _, _ = self._at(time)
        return np.where(time < self.end, -amplitude * w * np.sin(angle), -self.separation_speed)

    def pulse(self, time: Floats) -> Floats:
        """Deceleration [m/s^2] at times (n,) from contact on."""
        _, amplitude, angle, _, slope = self._at(time)
        return np.where(time < self.end, slope * amplitude * np.cos(angle) / self.mass, 0.0)

    def travel(self, time: Floats) -> Floats:
        """Displacement from contact on [m] at times (n,)."""
        _, amplitude, angle, centre, _ = self._at(time)
        free = self.residual - self.separation_speed * (time - self.end)
        return np.where(time < self.end, centre + amplitude * np.cos(angle), free)

    def _at(self, time: Floats) -> tuple[Floats, ...]:
        start, w, amplitude, phase, centre, slope = np.array(self.arcs).T
        i = np.maximum(np.searchsorted(start, time, side="right") - 1, 0)
        return w[i], amplitude[i], w[i] * (time - start[i]) - phase[i], centre[i], slope[i]


def wall_impact(front: Front, mass: float, speed: float) -> WallImpact:
    """Run a mass [kg] at a speed [m/s] into a rigid wall, full width."""
    arcs: list[Arc] = []
    time, v = 0.0, speed
    begins = front.crush.tolist()
    for x, end, f, k in zip(begins, [*begins[1:], math.inf], front.force.tolist(), front.slope.tolist(), strict=True):
        w = math.sqrt(k / mass)
        lead = f / k  # how far the line's zero force lies before the piece
        amplitude, phase = math.hypot(lead, v / w), math.atan2(v / w, lead)
        arcs.append(Arc(time, w, amplitude, phase, x - lead, k))
        reach = end - x + lead
        if reach >= amplitude:
            break
        time += (phase - math.acos(reach / amplitude)) / w
        v = w * math.sqrt(amplitude * amplitude - reach * reach)
    stop, crush, peak = time + phase / w, x - lead + amplitude, k * amplitude
    back, end_time, separation, residual = _rebound(front, mass, crush, peak, stop)
    return WallImpact(mass, (*arcs, *back), stop, crush, peak, separation, end_time, residual)


def _rebound(
    front: Front, mass: float, crush: float, peak: float, stop: float
) -> tuple[list[Arc], float, float, float]:
    """The stiff and the soft branch of the way back; when it ends, at which speed and at which crush."""
    ku, k1, share = front.unloading, float(front.slope[0]), front.soft_share
    first = (
        front.force[1] if len(front.slope) > 1 else math.inf
    )  # the soft branch gives back no more than the first piece took
    returned = peak * peak / (2.0 * ((1.0 - share) * ku + share * k1))
    knee = min(math.sqrt(2.0 * k1 * share * returned), first, peak)
    w = math.sqrt(ku / mass)
    angle = math.acos(knee / peak)
    arcs = [Arc(stop, w, peak / ku, 0.0, crush - peak / ku, ku)]
    time, v, x = stop + angle / w, w * (peak / ku) * math.sin(angle), crush - (peak - knee) / ku
    if knee == 0.0:
        return arcs, time, v, x
    w, lead = math.sqrt(k1 / mass), knee / k1
    amplitude, phase = math.hypot(lead, v / w), -math.atan2(v / w, lead)
    arcs.append(Arc(time, w, amplitude, phase, x - lead, k1))
    return arcs, time + (0.5 * math.pi + phase) / w, w * amplitude, x - lead
