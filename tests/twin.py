"""The slow twin of the kernel: the same law written by another route, integrated by scipy.

It shares nothing with ``crashsim.kernels`` or ``crashsim.structure``.  Both vehicles' positions are integrated over
ground (DOP853, events); the force follows from a root search for the crush at which both fronts push equally hard;
kinks, peak, knees and separation are events; the unloading path is built from its areas.

A front is a list of points (crush, force) from (0, 0) and a slope beyond the last; a rigid body is ``None``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

Floats = NDArray[np.float64]
Line = tuple[float, float, float]  # crush, force and slope at one end of a straight piece

OLC_FREE, OLC_TOTAL = 0.065, 0.300  # m


@dataclass(frozen=True)
class Front:
    """One end of a vehicle: loading points, compartment slope, end of the crush space, unloading law."""

    points: tuple[tuple[float, float], ...]
    compartment: float
    space: float
    unloading: float
    share: float

    def slopes(self) -> list[float]:
        rises = [(g - f) / (b - a) for (a, f), (b, g) in zip(self.points, self.points[1:], strict=False)]
        return [*rises, self.compartment]

    def force(self, crush: float) -> float:
        (x, f), slope = self._piece(crush)
        return f + slope * (crush - x)

    def energy(self, crush: float) -> float:
        """Area under the loading curve, trapezoid by trapezoid."""
        corners = [x for x, _ in self.points if x < crush] + [crush]
        heights = [self.force(x) for x in corners]
        return float(np.trapezoid(heights, corners))

    def steepest(self, crush: float) -> float:
        """Steepest loading slope met on the way to ``crush``."""
        return max(s for (x, _), s in zip(self.points, self.slopes(), strict=True) if x < crush)

    def first_energy(self, crush: float) -> float:
        """Energy of the first straight piece as far as it was used."""
        end = self.points[1][0] if len(self.points) > 1 else np.inf
        return 0.5 * self.slopes()[0] * min(crush, end) ** 2

    def _piece(self, crush: float) -> tuple[tuple[float, float], float]:
        i = max(i for i, (x, _) in enumerate(self.points) if x <= crush or i == 0)
        return self.points[i], self.slopes()[i]


@dataclass
class Path:
    """Straight pieces that a front runs through one after the other, up while loading and down while unloading."""

    lines: list[Line]
    ends: list[float]  # crush at the end of each line
    at: int = 0

    def force(self, crush: float) -> float:
        x, f, slope = self.lines[self.at]
        return f + slope * (crush - x)

    def end(self) -> float:
        return self.ends[self.at]

    def advance(self, crush: float, sign: float) -> None:
        """Go on to the next line when this one is used up, to a rounding error."""
        while self.at + 1 < len(self.lines) and sign * (self.ends[self.at] - crush) <= 1e-13:
            self.at += 1


RIGID = Path([(0.0, 0.0, np.inf)], [np.inf])


@dataclass(frozen=True)
class Crash:
    """What the twin found, SI; pairs are (first vehicle, second vehicle)."""

    delta_v: tuple[float, float]
    dynamic_crush: tuple[float, float]
    residual_crush: tuple[float, float]
    intrusion: tuple[float, float]
    absorbed_energy: tuple[float, float]
    dissipated_energy: tuple[float, float]
    olc: tuple[float, float]
    peak_force: float
    mutual_crush: float
    time_common_velocity: float
    pulse_duration: float
    separation_speed: float
    restitution: float
    restitution_cap: float
    work_error: float  # work of the contact force, integrated, against the fronts' energies, relative


def collide(
    masses: tuple[float, float],
    fronts: tuple[Front | None, Front | None],
    speed: float,
    asked: float | None = None,
) -> Crash:
    """Crash of two vehicles that approach at ``speed``; ``asked``: restitution to be reached instead of the law's."""
    phases: list[Any] = []
    paths = tuple(_loading_path(front) for front in fronts)
    state = np.array([0.0, speed, 0.0, 0.0, 0.0])  # position and velocity of both, work of the contact force
    time, state = _drive(masses, paths, 0.0, state, 1.0, phases)
    t_peak, d_peak = time, state[0] - state[2]
    crush = _split(paths, d_peak)
    peak = _contact_force(paths, crush)
    absorbed = tuple(front.energy(x) if front else 0.0 for front, x in zip(fronts, crush, strict=True))
    limits = tuple(largest_return(f, x, peak) for f, x in zip(fronts, crush, strict=True))
    returned = _give_back(fronts, crush, peak, absorbed, limits, asked)
    work_in = state[4]
    residual = crush
    if sum(returned) > 0:
        unloading = tuple(
            _unloading_path(f, x, peak, u) if f else RIGID for f, x, u in zip(fronts, crush, returned, strict=True)
        )
        time, state = _drive(masses, unloading, time, state, -1.0, phases)
        residual = tuple(p.ends[-1] if f else 0.0 for f, p in zip(fronts, unloading, strict=True))
    dv = (speed - state[1], state[3])
    separation = state[3] - state[1]
    history = _history(phases)
    return Crash(
        delta_v=dv,
        dynamic_crush=crush,
        residual_crush=residual,
        intrusion=tuple(max(x - f.space, 0.0) if f else 0.0 for f, x in zip(fronts, crush, strict=True)),
        absorbed_energy=absorbed,
        dissipated_energy=tuple(e - u for e, u in zip(absorbed, returned, strict=True)),
        olc=tuple(_olc(history, i, speed, time) if np.isfinite(m) else 0.0 for i, m in enumerate(masses)),
        peak_force=peak,
        mutual_crush=d_peak,
        time_common_velocity=t_peak,
        pulse_duration=time,
        separation_speed=separation,
        restitution=separation / speed,
        restitution_cap=float(np.sqrt(sum(limits) / sum(absorbed))),
        work_error=max(abs(work_in - sum(absorbed)), abs(state[4] - sum(absorbed) + sum(returned))) / sum(absorbed),
    )


# ---- motion ----------------------------------------------------------------------------------------------------------


def _drive(
    masses: tuple[float, float], paths: tuple[Path, Path], time: float, state: Floats, sign: float, phases: list[Any]
) -> tuple[float, Floats]:
    """Integrate one straight piece after the other: to the peak (sign 1), or from it to zero force (-1)."""

    def slowing(_: float, y: Floats) -> list[float]:
        force = _contact_force(paths, _split(paths, y[0] - y[2]))
        return [y[1], -force / masses[0], y[3], force / masses[1], force * (y[1] - y[3])]

    def kink(i: int) -> Callable[[float, Floats], float]:
        return lambda _, y: sign * (paths[i].end() - _split(paths, y[0] - y[2])[i])

    def at_peak(_: float, y: Floats) -> float:
        return y[1] - y[3]

    at_peak.terminal = True  # type: ignore[attr-defined]
    while True:
        for path, x in zip(paths, _split(paths, state[0] - state[2]), strict=True):
            path.advance(x, sign)
        events = [_terminal(kink(i)) for i in range(2) if np.isfinite(paths[i].end())]
        if sign > 0:
            events.append(at_peak)
        run = solve_ivp(slowing, (time, time + 1e4), state, method="DOP853", events=events, dense_output=True,
                        rtol=1e-12, atol=1e-14, max_step=2e-3, first_step=1e-6 if sign > 0 else 1e-9)  # fmt: skip
        time, state = float(run.t[-1]), run.y[:, -1]
        phases.append(run)
        if sign > 0 and run.t_events[-1].size:
            return time, state
        if sign < 0 and all(p.at == len(p.lines) - 1 for p in paths if p is not RIGID):
            return time, state


def _terminal(event: Callable[[float, Floats], float]) -> Callable[[float, Floats], float]:
    event.terminal = True  # type: ignore[attr-defined]
    event.direction = -1.0  # type: ignore[attr-defined]
    return event


def _split(paths: tuple[Path, Path], mutual: float) -> tuple[float, float]:
    """Crush of both fronts for a mutual crush: where their forces are equal."""
    a, b = paths
    if a is RIGID or b is RIGID:
        return (0.0, mutual) if a is RIGID else (mutual, 0.0)
    low, high = -1.0, mutual + 1.0
    x = brentq(lambda x: a.force(x) - b.force(mutual - x), low, high, xtol=1e-16, rtol=1e-15)
    return x, mutual - x


def _contact_force(paths: tuple[Path, Path], crush: tuple[float, float]) -> float:
    """The stiffer front amplifies the rounding of its crush, so the softer one is asked."""
    soft = min((i for i in range(2) if paths[i] is not RIGID), key=lambda i: paths[i].lines[paths[i].at][2])
    return paths[soft].force(crush[soft])


# ---- the law ---------------------------------------------------------------------------------------------------------


def _loading_path(front: Front | None) -> Path:
    if front is None:
        return RIGID
    lines = [(x, f, s) for (x, f), s in zip(front.points, front.slopes(), strict=True)]
    return Path(lines, [x for x, _ in front.points[1:]] + [np.inf])


def _returned(front: Front, crush: float, peak: float, stiff: float) -> float:
    """Energy U given back by a stiff branch of slope ``stiff`` and the soft branch: root of area(U) - U."""
    k1, first = front.slopes()[0], front.first_energy(crush)

    def surplus(u: float) -> float:
        soft = min(front.share * u, first)
        return soft + (peak**2 - 2.0 * k1 * soft) / (2.0 * stiff) - u

    return float(brentq(surplus, 0.0, 2.0 * peak**2 / min(k1, stiff), xtol=1e-300, rtol=1e-15))


def largest_return(front: Front | None, crush: float, peak: float) -> float:
    """Energy U when the stiff branch has the steepest loading slope met."""
    return _returned(front, crush, peak, front.steepest(crush)) if front else 0.0


def _give_back(
    fronts: tuple[Front | None, Front | None], crush: tuple[float, float], peak: float,
    absorbed: tuple[float, ...], limits: tuple[float, ...], asked: float | None,
) -> tuple[float, ...]:  # fmt: skip
    if asked is None:
        return tuple(_returned(f, x, peak, f.unloading) if f else 0.0 for f, x in zip(fronts, crush, strict=True))
    wanted = [asked**2 * e for e in absorbed]
    over = [max(w - u, 0.0) for w, u in zip(wanted, limits, strict=True)]
    return tuple(min(wanted[i] + over[1 - i], limits[i]) for i in range(2))


def _unloading_path(front: Front, crush: float, peak: float, returned: float) -> Path:
    """Down from the peak: a trapezoid of the stiff branch's energy, then a triangle of the soft branch's."""
    k1 = front.slopes()[0]
    soft = min(front.share * returned, front.first_energy(crush))
    knee = float(np.sqrt(2.0 * k1 * soft))
    turn = crush - 2.0 * (returned - soft) / (peak + knee)
    lines: list[Line] = [(crush, peak, (peak - knee) / (crush - turn))]
    ends = [turn]
    if knee > 0.0:
        lines.append((turn, knee, k1))
        ends.append(turn - 2.0 * soft / knee)
    return Path(lines, ends)


# ---- occupant load criterion -----------------------------------------------------------------------------------------


def _history(phases: list[Any]) -> Callable[[Floats], Floats]:
    """State of both vehicles at any times; straight on after separation."""
    starts = np.array([p.t[0] for p in phases])
    end, last = phases[-1].t[-1], phases[-1].y[:, -1]

    def at(times: Floats) -> Floats:
        times = np.atleast_1d(times)
        states = np.empty((5, times.size))
        owner = np.searchsorted(starts, times, side="right") - 1
        for i in np.unique(owner):
            mine = owner == i
            states[:, mine] = phases[i].sol(np.minimum(times[mine], end))
        after = times > end
        states[:, after] = last[:, None]
        states[0, after] += last[1] * (times[after] - end)
        states[2, after] += last[3] * (times[after] - end)
        return states

    return at


def _olc(history: Callable[[Floats], Floats], vehicle: int, speed: float, end: float) -> float:
    """Constant deceleration that, after 65 mm of free flight, ends the flight at 300 mm with the vehicle's velocity."""
    sign, start = (1.0, speed) if vehicle == 0 else (-1.0, 0.0)

    def lost_and_flown(t: float | Floats) -> tuple[Floats, Floats]:
        y = history(np.asarray(t, float))
        return sign * (start - y[2 * vehicle + 1]), sign * (start * np.asarray(t) - y[2 * vehicle])

    final = float(lost_and_flown(end)[0][0])
    far = end + (OLC_TOTAL + 0.2) / final * 4.0
    t1 = brentq(lambda t: float(lost_and_flown(t)[1][0]) - OLC_FREE, 0.0, far, xtol=1e-15, rtol=1e-14)

    def left(t: float | Floats) -> Floats:
        lost, flown = lost_and_flown(t)
        return flown - 0.5 * lost * (np.asarray(t) - t1) - OLC_TOTAL

    grid = np.concatenate([np.linspace(t1, max(end, t1), 2001), np.linspace(max(end, t1), far, 50)[1:]])
    first = int(np.argmax(left(grid) >= 0.0))
    t2 = brentq(lambda t: float(left(t)[0]), grid[first - 1], grid[first], xtol=1e-15, rtol=1e-14)
    return float(lost_and_flown(t2)[0][0] / (t2 - t1))
