"""One vehicle of the oracle in motion: its bodies, its elements, and the branch each of them is on.

Within a branch every expression is smooth and nothing is decided by value, so the same code takes numbers and arrays.
``switches`` lists (value, action, z, rate): a value below zero says that the branch is left, and ``action(z, rate)``
goes over to the next one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from oracle.elements import Element, Front, hysteretic

# State of one vehicle: displacements, velocities, running sums [J] (ride-down in J/kg).
U_C, U_E, U_O, U_H, U_V, V_C, V_E, V_O, V_H, V_V = range(10)
BAG, HEAD_BAG, MOUNT, NECK, PRETENSION, INTERIOR, RIDE_DOWN = range(10, 17)
SIZE = 17
BODIES = 5  # compartment, engine, torso, head, and the massless one of the pulse index
VPI_STIFFNESS, VPI_SLACK = 2500.0, 0.03  # 1/s^2, m

Switch = tuple[Any, Callable[[Any, Any], None], Any, Any]

ABSENT = {
    "engine_mass": 0.0, "engine_gap": math.inf, "engine_stiffness": 0.0, "engine_unloading": 0.0,
    "firewall_gap": math.inf, "firewall_stiffness": 0.0, "firewall_unloading": 0.0,
    "mount_stiffness": 0.0, "mount_damping": 0.0, "torso_mass": 0.0, "head_mass": 0.0,
    "belt_slack": math.inf, "belt_stiffness": 0.0, "belt_limit": math.inf, "belt_unloading": 0.0,
    "pretensioner_time": 0.0, "pretensioner_duration": 0.0, "pretensioner_stroke": 0.0, "pretensioner_force": 0.0,
    "airbag_fire": 0.0, "airbag_full": 0.0, "airbag_gap": math.inf, "airbag_stiffness": 0.0, "airbag_limit": math.inf,
    "airbag_unloading": 0.0, "airbag_damping": 0.0,
    "knee_gap": math.inf, "knee_stiffness": 0.0, "knee_limit": math.inf, "knee_unloading": 0.0,
    "neck_stiffness": 0.0, "neck_damping": 0.0,
    "head_bag_gap": math.inf, "head_bag_stiffness": 0.0, "head_bag_limit": math.inf, "head_bag_unloading": 0.0,
    "head_bag_damping": 0.0,
    "head_contact_gap": math.inf, "head_contact_stiffness": 0.0, "head_contact_limit": math.inf,
    "head_contact_unloading": 0.0,
    "points": 0, "compartment_stiffness": 0.0, "unloading_stiffness": 0.0, "unloading_soft_share": 0.0, "rate": 0.0,
}  # fmt: skip


class Side:
    """A vehicle with its histories; ``first`` is the index of its first state."""

    def __init__(self, raw: Mapping[str, float], first: int) -> None:
        self.raw = p = {**ABSENT, **raw}
        self.first, self.wall = first, math.isinf(p["mass"])
        self.front = None if self.wall else Front.of(p)
        self.m_e, self.m_o, self.m_h = p["engine_mass"], p["torso_mass"], p["head_mass"]
        self.m_c = p["mass"] - self.m_e - self.m_o - self.m_h

        def law(name: str, gap: str = "gap") -> Element | None:
            limit = p.get(f"{name}_limit", math.inf)
            return hysteretic(p[f"{name}_{gap}"], p[f"{name}_stiffness"], limit, p[f"{name}_unloading"])

        self.firewall = law("firewall") if self.m_e else None
        self.belt = law("belt", "slack") if self.m_o else None
        self.bag = law("airbag") if self.m_o else None
        self.knee = law("knee") if self.m_o else None
        self.head_bag = law("head_bag") if self.m_h else None
        self.head_contact = law("head_contact") if self.m_h else None
        self.intruding, self.held = False, 0.0  # whether the rails push the interior in
        self.pulling, self.drawn = "no", 0.0  # what the pretensioner follows: its stroke, its force, or nothing
        self.moving = bool(self.m_o)  # torso still moves forward in the common frame
        self.forward = [m > 0.0 for m in (self.m_o, self.m_h)]  # torso, head still move forward in the compartment
        self.held_back = False  # the body of the pulse index has used up its slack
        self.pull_force_z = p["belt_slack"] + p["pretensioner_force"] / p["belt_stiffness"] if self.belt else math.inf
        self.seen: tuple[Any, ...] = ()  # decelerations and forces of the last evaluation

    def times(self) -> list[float]:
        """Instants at which a ramp starts or ends."""
        p = self.raw
        fired = p["pretensioner_time"] + p["pretensioner_duration"]
        return [p["airbag_fire"], p["airbag_full"], p["pretensioner_time"], fired]

    def segment(self, t: float, y: Any) -> None:
        """Lay the straight pieces of both ramps that hold from ``t`` on; a pretensioner that has burnt out lets go."""
        p = self.raw
        begin, end = p["pretensioner_time"], p["pretensioner_time"] + p["pretensioner_duration"]
        self.inflation = _ramp(t, p["airbag_fire"], p["airbag_full"])
        offset, rate = _ramp(t, begin, end)
        self.fired = self.belt is not None and p["pretensioner_stroke"] > 0.0 and begin <= t < end
        if self.pulling != "no" and not self.fired:
            delta = float(y[self.first + U_O] - y[self.first + U_C])
            self._let(p["pretensioner_stroke"] if self.pulling == "stroke" else self.pull_force_z - delta, 0.0)
        self.stroke = p["pretensioner_stroke"] * offset, p["pretensioner_stroke"] * rate

    # ---- elongations ----

    def gauges(self, t: Any, y: Any, rail: Any, rail_rate: Any) -> tuple[Any, ...]:
        """Elongations and their rates: r, delta, eps, interior I, webbing drawn in w."""
        i = self.first
        c, v = y[i], y[i + V_C]
        r, dr = c - y[i + U_E], v - y[i + V_E]
        delta, d_delta = y[i + U_O] - c, y[i + V_O] - v
        inside, d_inside = self.held, 0.0
        if self.intruding:
            assert self.front is not None
            inside = (rail - self.front.end_force) / self.front.compartment
            d_inside = rail_rate / self.front.compartment
        if self.pulling == "no":
            w, dw = self.drawn, 0.0
        elif self.pulling == "stroke":
            w, dw = self.stroke[0] + self.stroke[1] * t, self.stroke[1]
        else:
            w, dw = self.pull_force_z - delta, -d_delta
        return r, dr, delta, d_delta, y[i + U_H] - c, y[i + V_H] - v, inside, d_inside, w, dw

    # ---- motion ----

    def rates(self, t: Any, y: Any, front: Any, block: Any, rail: Any, rail_rate: Any) -> list[Any]:
        """Rates of this vehicle's states under the forces of rails (``front``; ``rail`` is its static part) and blocks."""
        if self.wall:
            return [0.0] * SIZE
        p, i = self.raw, self.first
        r, dr, delta, d_delta, eps, d_eps, inside, d_inside, w, dw = self.gauges(t, y, rail, rail_rate)
        on_c, a_e, a_o, a_h = -front, 0.0, 0.0, 0.0
        mount = neck = belt = bag = head_bag = knee = contact = 0.0
        filled = self.inflation[0] + self.inflation[1] * t
        if self.m_e:
            mount = p["mount_damping"] * dr
            force = p["mount_stiffness"] * r + mount + (self.firewall.force(r) if self.firewall else 0.0)
            on_c = on_c - force
            a_e = (force - block) / self.m_e
            mount = mount * dr
        if self.m_o:
            if self.belt:
                belt = self.belt.force(delta + w)
            if self.bag:
                bag = filled * self.bag.force(delta + inside)
                if self.forward[0]:
                    bag = bag * (1.0 + p["airbag_damping"] * d_delta)
            if self.knee:
                knee = self.knee.force(delta + inside)
            a_o = belt + bag + knee
            on_c = on_c + a_o
        if self.m_h:
            head = 0.0
            if self.head_bag:
                head_bag = filled * self.head_bag.force(eps + inside)
                if self.forward[1]:
                    head_bag = head_bag * (1.0 + p["head_bag_damping"] * d_eps)
                head = head_bag
            if self.head_contact:
                contact = self.head_contact.force(eps + inside)
                head = head + contact
            on_c = on_c + head
            neck = p["neck_damping"] * (d_eps - d_delta)
            pull = p["neck_stiffness"] * (eps - delta) + neck
            neck = neck * (d_eps - d_delta)
            a_o = a_o - pull
            a_h = -(head + pull) / self.m_h
        a_o = -a_o / self.m_o if self.m_o else 0.0
        a_c = on_c / self.m_c
        v = y[i + V_C]
        self.seen = a_c, a_o, a_h, belt, knee, contact
        return [
            v, y[i + V_E], y[i + V_O], y[i + V_H], y[i + V_V], a_c, a_e, a_o, a_h, -self.pulse_index(y),
            bag * d_delta, head_bag * d_eps, mount, neck, belt * dw, (knee + contact) * d_inside,
            -a_o * v if self.moving else 0.0,
        ]  # fmt: skip

    def pulse_index(self, y: Any) -> Any:
        """Deceleration of the body of the pulse index."""
        return VPI_STIFFNESS * (y[self.first + U_V] - y[self.first] - VPI_SLACK) if self.held_back else 0.0

    # ---- branches ----

    def switches(self, t: Any, y: Any, rail: Any, rail_rate: Any) -> Iterator[Switch]:
        if self.wall:
            return
        i = self.first
        r, dr, delta, d_delta, eps, d_eps, inside, d_inside, w, dw = self.gauges(t, y, rail, rail_rate)
        rel, d_rel = y[i + U_V] - y[i] - VPI_SLACK, y[i + V_V] - y[i + V_C]
        yield (rel if self.held_back else -rel), self._hold_back, rel, d_rel
        yield from self._interior(inside, rail, rail_rate)
        if self.firewall:
            yield from kinks(self.firewall, r, dr)
        if not self.m_o:
            return
        yield from self._pretensioner(t, delta, d_delta, w)
        for element, z, rate in (
            (self.belt, delta + w, d_delta + dw if self.pulling != "force" else 0.0),
            (self.bag, delta + inside, d_delta + d_inside),
            (self.knee, delta + inside, d_delta + d_inside),
            (self.head_bag, eps + inside, d_eps + d_inside),
            (self.head_contact, eps + inside, d_eps + d_inside),
        ):
            if element:
                yield from kinks(element, z, rate)
        yield (d_delta if self.forward[0] else -d_delta), self._turn_torso, delta, d_delta
        if self.m_h:
            yield (d_eps if self.forward[1] else -d_eps), self._turn_head, eps, d_eps
        if self.moving:
            yield y[i + V_O], self._stop, 0.0, 0.0

    def _interior(self, inside: Any, rail: Any, rail_rate: Any) -> Iterator[Switch]:
        assert self.front is not None
        if self.intruding:
            yield rail_rate / self.front.compartment, lambda z, _: self._intrude(False, z), inside, 0.0
        elif math.isfinite(self.front.end_force):
            crushed = (rail - self.front.end_force) / self.front.compartment
            yield inside - crushed, lambda *_: self._intrude(True), 0.0, 0.0

    def _pretensioner(self, t: Any, delta: Any, d_delta: Any, w: Any) -> Iterator[Switch]:
        if not self.fired:
            return
        by_stroke, by_force = self.stroke[0] + self.stroke[1] * t, self.pull_force_z - delta
        if self.pulling == "no":
            yield w - np.minimum(by_stroke, by_force), self._pull, by_force - by_stroke, d_delta
        elif self.pulling == "stroke":
            yield by_force - by_stroke, self._pull_on, w, d_delta
        else:
            yield -d_delta, self._let, w, d_delta
            yield by_stroke - by_force, self._pull, 1.0, d_delta

    def _intrude(self, on: bool, depth: float = 0.0) -> None:
        self.intruding, self.held = on, depth

    def _pull(self, spare: float, _: float) -> None:
        self.pulling = "stroke" if spare > 0.0 else "force"

    def _pull_on(self, w: float, d_delta: float) -> None:
        if d_delta < 0.0:
            self.pulling = "force"
        else:
            self._let(w, d_delta)

    def _let(self, w: float, _: float) -> None:
        self.pulling, self.drawn = "no", w

    def _hold_back(self, _: float, rate: float) -> None:
        self.held_back = not self.held_back

    def _turn_torso(self, *_: float) -> None:
        self.forward[0] = not self.forward[0]

    def _turn_head(self, *_: float) -> None:
        self.forward[1] = not self.forward[1]

    def _stop(self, *_: float) -> None:
        self.moving = False


def kinks(element: Element, z: Any, rate: Any) -> Iterator[Switch]:
    """An element leaves its straight piece at either end, or its loading curve by turning back."""
    if element.piece:
        yield z - element.low, element.enter, z, rate
        if element.loading:
            yield rate, lambda z, _: element.turn(z), z, rate
    if math.isfinite(element.high):
        yield element.high - z, element.enter, z, rate


def _ramp(t: float, start: float, end: float) -> tuple[float, float]:
    """Offset and slope of clip((t - start)/(end - start), 0, 1) from ``t`` on."""
    if t < start:
        return 0.0, 0.0
    return (1.0, 0.0) if t >= end else (-start / (end - start), 1.0 / (end - start))
