"""Metrics of the oracle: brute force over the nodes of a history, polished between them.

Between nodes (at most 63 microseconds apart, one on every kink) velocities are cubics through the accelerations and
displacements cubics through the velocities; after the last node velocities are constant.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicHermiteSpline
from scipy.optimize import brentq

from oracle.books import cg_velocity, engine_energy, ledger, momentum
from oracle.motion import RATE_WORK, History, Pair, drive
from oracle.side import RIDE_DOWN, SIZE

Floats = NDArray[np.float64]
Curve = Callable[[Any], Any]

GRAVITY = 9.80665
OLC_FREE, OLC_TOTAL, FLAIL = 0.065, 0.300, 0.6  # m

# Scale of each metric: an error counts relative to max(|value|, scale).  Scales are about a hundredth to a tenth of what
# matters to a reader, so that a value that hardly exists (a 2 N belt force, a 0.1 mm intrusion) is not held to 1e-4 of itself.
SCALES: Mapping[str, float] = {
    # velocities: 1 m/s, the smallest delta-v that injures nobody and is still a crash
    "delta_v": 1.0, "compartment_delta_v": 1.0, "oiv": 1.0, "separation_speed": 1.0, "ees": 1.0,
    # accelerations: 1 g; limits are 40 to 80 g (peaks, chest, OLC, VPI) or 15 to 20 g (ORA)
    "peak_acceleration": GRAVITY, "mean_acceleration": GRAVITY, "olc": GRAVITY, "ora": GRAVITY, "vpi": GRAVITY,
    "chest_peak": GRAVITY, "chest_3ms": GRAVITY,
    "asi": 0.1,  # classes are 1.0, 1.4, 1.9; 0.1 is 1.2 g over 50 ms
    # lengths: 1 cm, less than any structure or tape resolves
    "dynamic_crush": 0.01, "residual_crush": 0.01, "mutual_crush": 0.01, "intrusion": 0.01, "firewall_crush": 0.01, "excursion": 0.01,
    "head_excursion": 0.01,
    "peak_force": 1e3, "belt_force": 1e3, "knee_force": 1e3, "head_contact_force": 1e3,  # N
    "absorbed_energy": 1e3, "rate_energy": 1e3, "dissipated_energy": 1e3,  # J; 800 kg at 1.6 m/s
    "time_common_velocity": 1e-3, "pulse_duration": 1e-3,  # s
    "restitution": 0.1, "restitution_cap": 0.1, "ride_down": 0.1,  # shares of one
    "hic15": 10.0, "hic36": 10.0,  # limit 700
    "contact": 1.0,  # 0 or 1
}  # fmt: skip


def solve(case: Mapping[str, Any], stiff_floor: float = 0.0) -> dict[str, Any]:
    """All metrics of one case of raw parameters (SI; absent elements may be left out).

    ``case``: closing_speed, restitution (NaN or absent: from the law), and the two vehicles "a" and "b" (b may be a wall:
    mass infinite).  ``stiff_floor``: least series compliance of the stiff unloading branches [m/N].  Returns metrics of the
    case, and those of each vehicle under "a" and "b" (empty for a wall; those of an absent occupant are NaN).
    """
    pair = Pair(case, stiff_floor)
    history, last = drive(pair)
    return evaluate(pair, history, last)


def evaluate(pair: Pair, history: History, last: Floats) -> dict[str, Any]:
    """Metrics of a history (``last``: its last state)."""
    final = [cg_velocity(side, last) for side in pair.sides]
    total = history.common["front"] + history.common["block"]
    (d, peak), _, _ = pair.rail.settled(last[0] + last[SIZE])
    separation = -sum(final)
    out: dict[str, Any] = {
        "peak_force": peak_of(history, total),
        "mutual_crush": d,
        "time_common_velocity": pair.common_time,
        "pulse_duration": pair.apart_time,
        "separation_speed": separation,
        "restitution": separation / pair.speed,
        "restitution_cap": pair.law.cap,
        "end": float(history.t[-1]),
        "momentum_residual": momentum(pair, final),
        "energy_residual": ledger(pair, float(history.t[-1]), last),
    }
    for i, (name, side) in enumerate(zip("ab", pair.sides, strict=True)):
        if side.wall:
            out[name] = {}
            continue
        touch = history.t <= pair.apart_time
        v = {"delta_v": pair.speeds[i] - final[i]}
        v["compartment_delta_v"] = pair.speeds[i] - float(np.min(history.own[i]["v"][touch]))
        v |= _pulse(history, i, pair.speeds[i], float(last[side.first + 4]), float(last[side.first + 9]))
        v["mean_acceleration"] = v["delta_v"] / out["pulse_duration"]
        out[name] = v | _structure(pair, i, peak, last) | _occupant(pair, history, i, last)
    return out


# ---- tools -----------------------------------------------------------------------------------------------------------


def peak_of(history: History, values: Floats) -> float:
    """Largest value: nodes, and the top of a parabola through three of one branch (kinks are nodes, never inside)."""
    edges = np.flatnonzero(np.diff(history.branch)) + 1
    best = 0.0
    for t, f in zip(np.split(history.t, edges), np.split(values, edges), strict=True):
        k = int(np.argmax(f))
        best = max(best, float(f[k]))
        k = min(max(k, 1), f.size - 2)
        x, y = t[k - 1 : k + 2] - t[k], f[k - 1 : k + 2] - f[k]
        left, right = y[0] / x[0], y[2] / x[2]
        bend = (right - left) / (x[2] - x[0])
        slope = left - bend * x[0]
        if bend < 0.0 and x[0] < -0.5 * slope / bend < x[2]:
            best = max(best, float(f[k] - 0.25 * slope**2 / bend))
    return best


def _curve(t: Floats, values: Floats, rates: Floats, later: float = 0.0) -> Curve:
    """Cubic through values and rates; constant before contact, and after the last node on at the rate ``later``."""
    spline, end = CubicHermiteSpline(t, values, rates), float(t[-1])
    return lambda s: np.asarray(spline(np.clip(s, 0.0, end))) + later * np.maximum(np.asarray(s) - end, 0.0)


def _distinct(history: History) -> NDArray[np.bool_]:
    return np.concatenate([np.diff(history.t) > 1e-12, [True]])


def _root(f: Curve, grid: Floats) -> float:
    """First upward root of ``f`` on a grid that brackets it."""
    k = int(np.argmax(f(grid) >= 0.0))
    return float(brentq(lambda t: float(f(t)), grid[k - 1], grid[k], xtol=1e-16, rtol=1e-14))


# ---- pulse -----------------------------------------------------------------------------------------------------------


def _pulse(history: History, i: int, speed: float, vpi_u: float, vpi_v: float) -> dict[str, float]:
    own, one = history.own[i], _distinct(history)
    t = history.t[one]
    end = float(t[-1])
    u, v, a = own["u"][one], own["v"][one], -own["a"][one]
    velocity, place = _curve(t, v, a), _curve(t, u, v, float(v[-1]))

    def lost(s: Any) -> Any:
        return speed - velocity(s)

    def travel(s: Any) -> Any:
        return speed * s - place(s)

    far = end + 4.0 / max(float(lost(end)), 1e-3)
    grid = np.r_[np.linspace(0.0, end, 6001), np.linspace(end, far, 2001)[1:]]
    t_oiv = _root(lambda s: travel(s) - FLAIL, grid)
    after = np.linspace(t_oiv, max(end, t_oiv), 20001)
    whole = np.linspace(-0.050, end, 20001)  # windows may begin before contact
    return {
        "peak_acceleration": peak_of(history, own["a"]),
        "olc": _olc(lost, travel, grid),
        "oiv": float(lost(t_oiv)),
        "ora": float(np.max(np.abs(lost(after + 0.010) - lost(after)))) / 0.010,
        "asi": float(np.max(np.abs(lost(whole + 0.050) - lost(whole)))) / 0.050 / (12.0 * GRAVITY),
        "vpi": max(peak_of(history, own["vpi"]), _vpi_later(vpi_u - float(u[-1]), vpi_v - float(v[-1]))),
    }


def _olc(lost: Curve, travel: Curve, grid: Floats) -> float:
    t1 = _root(lambda s: travel(s) - OLC_FREE, grid)
    t2 = _root(lambda s: travel(s) - 0.5 * lost(s) * (np.asarray(s) - t1) - OLC_TOTAL, np.r_[t1, grid[grid > t1]])
    return float(lost(t2)) / (t2 - t1)


def _vpi_later(rel: float, rate: float) -> float:
    """Peak after the end, where the vehicle goes on at constant speed: a piece of a sine."""
    w = math.sqrt(2500.0)
    stretch = max(rel - 0.03, 0.0)
    return w * math.hypot(w * stretch, rate) if rate > 0.0 else w * w * stretch


# ---- structure -------------------------------------------------------------------------------------------------------


def _structure(pair: Pair, i: int, peak: float, last: Floats) -> dict[str, float]:
    side = pair.sides[i]
    front = side.front
    assert front is not None
    crush, absorbed, viscous = front.crush(peak), front.energy(peak), float(last[RATE_WORK + i])
    lost = absorbed - pair.law.returned(peak, i) + viscous
    deepest = 0.0
    if side.firewall:
        (r, _), _, _ = side.firewall.settled(last[side.first] - last[side.first + 1])
        deepest = r - side.raw["firewall_gap"]
    if side.m_e:
        lost += engine_energy(side, last)
    if pair.block:
        k = [s.raw["engine_stiffness"] for s in pair.sides]
        part = 1.0 if pair.sides[1].wall else k[1 - i] / (k[0] + k[1])
        lost += part * pair.block.dissipated(last[1] + last[SIZE + 1])
    return {
        "dynamic_crush": crush,
        "residual_crush": crush - pair.law.unloaded(peak, 0.0, i),
        "intrusion": max(peak - front.end_force, 0.0) / front.compartment,
        "firewall_crush": deepest,
        "absorbed_energy": absorbed + viscous,
        "rate_energy": viscous,
        "dissipated_energy": float(lost),
        "ees": math.sqrt(max(2.0 * float(lost) / side.raw["mass"], 0.0)),
    }


# ---- occupant --------------------------------------------------------------------------------------------------------


def _occupant(pair: Pair, history: History, i: int, last: Floats) -> dict[str, float]:
    side, own, one = pair.sides[i], history.own[i], _distinct(history)
    nan = math.nan
    out = dict.fromkeys(("chest_peak", "chest_3ms", "belt_force", "excursion", "ride_down", "head_excursion", "hic15",
                         "hic36", "contact", "knee_force", "head_contact_force"), nan)  # fmt: skip
    if side.m_o:
        out["chest_peak"] = peak_of(history, own["a_o"])
        out["chest_3ms"] = clip(history.t[one], own["a_o"][one])
        out["belt_force"] = peak_of(history, own["belt"])
        out["knee_force"] = peak_of(history, own["knee"])
        out["excursion"] = float(np.max(own["delta"]))
        out["ride_down"] = float(last[side.first + RIDE_DOWN]) / (0.5 * pair.speeds[i] ** 2)
        out["contact"] = float(any(_touched(e) for e in (side.knee, side.head_contact)))
    if side.m_h:
        lost = _curve(history.t[one], own["v_h"][0] - own["v_h"][one], own["a_h"][one])
        out["head_contact_force"] = peak_of(history, own["hit"])
        out["head_excursion"] = float(np.max(own["eps"]))
        out["hic15"], out["hic36"] = (hic(lost, float(history.t[-1]), w) for w in (0.015, 0.036))
    return out


def _touched(element: Any) -> bool:
    return element is not None and (element.loading or element.points[element.top - 1][1] > 0.0)


def clip(t: Floats, a: Floats, duration: float = 0.003) -> float:
    """Highest level kept for 3 ms in one stretch, straight between nodes; bisected."""
    low, high = 0.0, float(a.max())
    for _ in range(60):
        level = 0.5 * (low + high)
        low, high = (level, high) if _stretch(t, a - level) >= duration else (low, level)
    return low


def _stretch(t: Floats, f: Floats) -> float:
    """Longest time without a break at or above zero."""
    up, down = np.flatnonzero((f[:-1] < 0.0) & (f[1:] >= 0.0)), np.flatnonzero((f[:-1] >= 0.0) & (f[1:] < 0.0))
    starts, ends = (t[k] + (t[k + 1] - t[k]) * f[k] / (f[k] - f[k + 1]) for k in (up, down))
    if f[0] >= 0.0:
        starts = np.r_[t[0], starts]
    if f[-1] >= 0.0:
        ends = np.r_[ends, t[-1]]
    return float(np.max(ends - starts)) if starts.size else 0.0


def hic(lost: Curve, end: float, window: float) -> float:
    """Brute force over all pairs of a grid of 0.1 ms, then twice on a finer grid around the best pair."""
    step = 1e-4
    t = np.arange(0.0, end + step, step)
    v = lost(np.arange(0.0, end + step + window + step, step)) / GRAVITY
    best, at, length = 0.0, 0.0, window
    for n in range(1, round(window / step) + 1):
        gain = v[n : n + t.size] - v[: t.size]
        k = int(np.argmax(gain))
        value = _hic(float(gain[k]), n * step)
        if value > best:
            best, at, length = value, float(t[k]), n * step
    for finer in (5e-6, 2.5e-7):
        around = finer * np.arange(-24, 25)
        first = np.maximum(at + around, 0.0)[:, None]
        span = np.minimum(np.maximum(length + around, finer), window)[None, :]
        gain = np.maximum(lost(first + span) - lost(first), 0.0) / GRAVITY
        values = span * (gain / span) ** 2.5
        k, m = divmod(int(np.argmax(values)), values.shape[1])
        best, at, length = max(best, float(values[k, m])), float(first[k, 0]), float(span[0, m])
    return best


def _hic(gain: float, span: float) -> float:
    return span * (gain / span) ** 2.5 if gain > 0.0 else 0.0
