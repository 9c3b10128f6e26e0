"""The same crash as one would write it for ``scipy.integrate.solve_ivp``: plain numbers, one right-hand side, RK45.

Every hysteretic element keeps its residual elongation p as a state, so nothing has a memory outside the solver:

    r(z) = max((1 - k/ku) z + gap k/ku, z - limit/ku),   F = ku max(z - max(p, r), 0),   p' = r'(z) z' while r >= p grows

Displacements of a vehicle's bodies are towards its partner, in the frame of the common velocity.  Only the motion is
solved; that the metrics come on top is left out, in favour of the solver.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.integrate import solve_ivp

from benchmarks.cases import Crashes, Vehicle, one
from crashsim.kernels.rails import SHARE_A, SLOPE, X_A, D, F, Front, absorbed, merge, peak_at_energy, unloading

DURATION = 0.150  # s
RTOL, LONGEST_STEP = 1e-6, 1e-3  # s: a step over a whole contact would miss it
BODY, MEMORY = 8, 7  # states of a vehicle: displacements, then velocities of its four bodies; memories
OWN = BODY + MEMORY


class Law(NamedTuple):
    """One hysteretic element."""

    gap: float
    k: float
    limit: float
    ku: float

    def __call__(self, z: float, rate: float, p: float) -> tuple[float, float]:
        """Force at elongation ``z`` growing at ``rate``, and the rate of the residual ``p``."""
        if self.k == 0.0:
            return 0.0, 0.0
        share = self.k / self.ku
        rising, capped = (1.0 - share) * z + self.gap * share, z - self.limit / self.ku
        surface = max(rising, capped)
        grows = surface >= p and rate > 0.0
        return self.ku * max(z - max(p, surface), 0.0), (
            rate * (1.0 if capped > rising else 1.0 - share) if grows else 0.0
        )

    def largest(self, p: float) -> float:
        """How far beyond its gap an element without limit has been pressed in."""
        return (p - self.gap) / (1.0 - self.k / self.ku) if p > self.gap else 0.0


def law(vehicle: Vehicle, name: str, gap: str = "gap") -> Law:
    """The law of an element from the columns of its vehicle."""
    return Law(vehicle[f"{name}_{gap}"], vehicle[f"{name}_stiffness"], vehicle.get(f"{name}_limit", np.inf),
               vehicle[f"{name}_unloading"])  # fmt: skip


class Rails:
    """Two fronts in series: force from the mutual crush d and its largest value so far."""

    def __init__(self, closing_speed: float, a: Vehicle, b: Vehicle) -> None:
        values = np.concatenate([np.ravel(v[kind]) for v in (a, b) for kind in ("crush", "force")])
        fronts, at = [], 0
        for v in (a, b):
            points = int(v["points"])
            fronts.append(Front(at, at + points, 1, points, v["compartment_stiffness"]))
            at += 2 * points
        curve = np.empty((8, 5))
        kinks = merge(values, fronts[0], fronts[1], curve)
        mass = 1.0 / (1.0 / a["mass"] + 1.0 / b["mass"])
        peak = peak_at_energy(curve, kinks, 0.5 * mass * closing_speed**2)
        self.kinks = [tuple(row) for row in curve[:kinks, [D, F, SLOPE, X_A, SHARE_A]].tolist()]
        self.starts = [kink[0] for kink in self.kinks]
        crushes = peak.crush_a, peak.mutual - peak.crush_a
        laws = [
            (absorbed(values, f, x), v["unloading_soft_share"], v["unloading_stiffness"], values[f.force])
            for f, x, v in zip(fronts, crushes, (a, b), strict=True)
        ]
        self.paths = [
            (p.stiff, p.soft, p.knee_share, p.knee_limit) for p in unloading(peak.force, laws[0], laws[1], np.nan)
        ]
        self.ends = [(v["force"][-1], v["compartment_stiffness"]) for v in (a, b)]
        shares = peak.crush_a / peak.mutual, 1.0 - peak.crush_a / peak.mutual
        self.rate = a["rate"] * shares[0] ** 2 + b["rate"] * shares[1] ** 2

    def loading(self, d: float) -> tuple[float, float]:
        """Force and slope of the loading curve."""
        at, force, slope, *_ = self.kinks[max(bisect_right(self.starts, d) - 1, 0)]
        return (force + slope * (d - at), slope) if d > 0.0 else (0.0, 0.0)

    def unloading(self, peak: float, back: float) -> float:
        """Force after the crush has gone ``back`` from where the force was ``peak``."""
        (stiff_a, soft_a, share_a, limit_a), (stiff_b, soft_b, share_b, limit_b) = self.paths
        knee_a, knee_b = min(share_a * peak, limit_a), min(share_b * peak, limit_b)
        first_soft = soft_a + stiff_b if knee_a > knee_b else stiff_a + soft_b
        force = peak
        stages = ((max(knee_a, knee_b), stiff_a + stiff_b), (min(knee_a, knee_b), first_soft), (0.0, soft_a + soft_b))
        for end, compliance in stages:
            way = compliance * (force - end)
            if back < way:
                return force - back / compliance
            back, force = back - way, end
        return 0.0


def ramp(t: float, begin: float, end: float) -> float:
    """0 before ``begin``, 1 after ``end``, straight between."""
    return min(max((t - begin) / (end - begin), 0.0), 1.0)


def interior(vehicle: Vehicle) -> Callable[..., tuple[tuple[float, float, float, float], list[float]]]:
    """Function of a vehicle's state that gives the forces inside it and the rates of its memories."""
    firewall, belt, bag, knee = (
        law(vehicle, "firewall"),
        law(vehicle, "belt", "slack"),
        law(vehicle, "airbag"),
        law(vehicle, "knee"),
    )
    head_bag, contact = law(vehicle, "head_bag"), law(vehicle, "head_contact")
    g = vehicle.__getitem__
    mount, mount_damping, neck, neck_damping = (
        g("mount_stiffness"),
        g("mount_damping"),
        g("neck_stiffness"),
        g("neck_damping"),
    )
    bag_damping, head_damping, fire, full = (
        g("airbag_damping"),
        g("head_bag_damping"),
        g("airbag_fire"),
        g("airbag_full"),
    )
    begin, long, stroke = g("pretensioner_time"), g("pretensioner_duration"), g("pretensioner_stroke")
    allowed = g("belt_slack") + g("pretensioner_force") / g("belt_stiffness")

    def forces(t: float, own: Sequence[float], intrusion: float, intruding: float) -> tuple[Any, list[float]]:
        """Push of the firewall on the engine, restraint of torso and head, neck; rates of the memories."""
        u_c, u_e, u_o, u_h, v_c, v_e, v_o, v_h, p_fire, p_belt, w, p_bag, p_knee, p_head, p_contact = own
        push, r_fire = firewall(u_c - u_e, v_c - v_e, p_fire)
        push += mount * (u_c - u_e) + mount_damping * (v_c - v_e)
        pressed = firewall.largest(p_fire)
        if pressed > intrusion:
            intrusion, intruding = pressed, r_fire / (1.0 - firewall.k / firewall.ku)
        delta, delta_rate, eps, eps_rate = u_o - u_c, v_o - v_c, u_h - u_c, v_h - v_c
        pull, r_w = stroke * ramp(t, begin, begin + long), 0.0
        target = min(pull, allowed - delta)
        if target >= w:
            growth = (stroke / long if begin < t < begin + long else 0.0) if target == pull else -delta_rate
            w, r_w = target, max(growth, 0.0)
        held, r_belt = belt(delta + w, delta_rate + r_w, p_belt)
        cushion, r_bag = bag(delta + intrusion, delta_rate + intruding, p_bag)
        stop, r_knee = knee(delta + intrusion, delta_rate + intruding, p_knee)
        pillow, r_head = head_bag(eps + intrusion, eps_rate + intruding, p_head)
        hit, r_contact = contact(eps + intrusion, eps_rate + intruding, p_contact)
        pressure = ramp(t, fire, full)
        torso = held + stop + pressure * cushion * (1.0 + bag_damping * max(delta_rate, 0.0))
        head = hit + pressure * pillow * (1.0 + head_damping * max(eps_rate, 0.0))
        bend = neck * (u_h - u_o) + neck_damping * (v_h - v_o)
        return (push, torso, head, bend), [r_fire, r_belt, r_w, r_bag, r_knee, r_head, r_contact]

    return forces


def right_hand_side(closing_speed: float, a: Vehicle, b: Vehicle) -> Callable[[float, Any], list[float]]:
    """Rates y' = f(t, y) of a crash; y: bodies and memories of a, of b, then largest mutual crush and residual of the blocks."""
    rails, inside = Rails(closing_speed, a, b), (interior(a), interior(b))
    block = Law(a["engine_gap"] + b["engine_gap"], 1.0 / (1.0 / a["engine_stiffness"] + 1.0 / b["engine_stiffness"]), np.inf,
                1.0 / (1.0 / a["engine_unloading"] + 1.0 / b["engine_unloading"]))  # fmt: skip
    masses = [(v["mass"] - v["engine_mass"] - v["torso_mass"] - v["head_mass"], v["engine_mass"], v["torso_mass"], v["head_mass"])
              for v in (a, b)]  # fmt: skip

    def rates(t: float, y: Any) -> list[float]:
        values = y.tolist()
        own, (largest, p_block) = (values[:OWN], values[OWN : 2 * OWN]), values[2 * OWN :]
        d, d_rate = own[0][0] + own[1][0], own[0][4] + own[1][4]
        grows = d >= largest and d_rate > 0.0
        peak, slope = rails.loading(max(d, largest))
        force = rails.unloading(peak, largest - d) if d < largest else peak
        force *= 1.0 + rails.rate * max(d_rate, 0.0)
        hit, r_block = block(own[0][1] + own[1][1], own[0][5] + own[1][5], p_block)
        found: list[float] = []
        for state, forces, (end, kc), (m_c, m_e, m_o, m_h) in zip(own, inside, rails.ends, masses, strict=True):
            intrusion, intruding = max(peak - end, 0.0) / kc, (slope * d_rate / kc if grows and peak > end else 0.0)
            (push, torso, head, bend), memories = forces(t, state, intrusion, intruding)
            found += state[4:8]
            found += (
                (torso + head - push - force) / m_c,
                (push - hit) / m_e,
                (bend - torso) / m_o,
                (-bend - head) / m_h,
            )
            found += memories
        return [*found, d_rate if grows else 0.0, r_block]

    return rates


def start(closing_speed: float, a: Vehicle, b: Vehicle) -> list[float]:
    """The state at first contact."""
    total = a["mass"] + b["mass"]
    state: list[float] = []
    for own, other in ((a, b), (b, a)):
        gaps = [own[f"{name}_gap"] for name in ("airbag", "knee", "head_bag", "head_contact")]
        speed = closing_speed * other["mass"] / total
        state += [0.0] * 4 + [speed] * 4 + [own["firewall_gap"], own["belt_slack"], 0.0, *gaps]
    return [*state, 0.0, a["engine_gap"] + b["engine_gap"]]


def solve(closing_speed: float, a: Vehicle, b: Vehicle, rtol: float = RTOL) -> Any:
    """The motion over 150 ms."""
    y = np.array(start(closing_speed, a, b))
    found = solve_ivp(
        right_hand_side(closing_speed, a, b), (0.0, DURATION), y, method="RK45", rtol=rtol, max_step=LONGEST_STEP
    )
    if not found.success:
        raise RuntimeError(found.message)
    return found


def delta_v(found: Any, a: Vehicle, b: Vehicle) -> tuple[float, float]:
    """Change of velocity of both vehicles' centres of gravity [m/s]."""
    changes = []
    for own, first in ((a, 0), (b, OWN)):
        m_e, m_o, m_h = own["engine_mass"], own["torso_mass"], own["head_mass"]
        parts = np.array([own["mass"] - m_e - m_o - m_h, m_e, m_o, m_h])
        velocity = found.y[first + 4 : first + 8]
        changes.append(float(parts @ (velocity[:, 0] - velocity[:, -1]) / own["mass"]))
    return changes[0], changes[1]


def seconds(crashes: Crashes, count: int) -> float:
    """Seconds per crash, over the first ``count`` of them."""
    given = [one(crashes, i) for i in range(count)]
    begin = time.perf_counter()
    for closing_speed, (a, b) in given:
        solve(closing_speed, a, b)
    return (time.perf_counter() - begin) / count
