"""What finished crashes amount to: energies by every element's own law, crush, restitution, momentum.

From what ``crash.integrate`` kept of each lane.  The ledger adds up constitutive energies; only dampers, airbags, the
pretensioner and the moving interior are running sums, because their forces have no potential.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from crashsim.kernels.columns import CASE_METRICS, VEHICLE_METRICS
from crashsim.kernels.crash import KEPT_RAILS, KEPT_TOTALS, MEMORY, N_KEPT_OWN, SPEED, SUMS
from crashsim.kernels.lanes import count, maximum, minimum, multiply_add, select, sqrt, store, traced
from crashsim.kernels.laws import on_lines, quotient
from crashsim.kernels.rails import Unloading, absorbed, peak_at_crush, released
from crashsim.kernels.setup import (
    CLOSING,
    CONTACT_GAP,
    ENERGY_A,
    ENERGY_B,
    ENGINE,
    ENGINE_K,
    FIREWALL_GAP,
    FIREWALL_K,
    FIREWALL_KU,
    HEAD,
    KNEE_GAP,
    MASS,
    MOUNT,
    N_CASE,
    N_VEHICLE,
    NECK,
    PATH_A,
    PATH_B,
    RATE_A,
    RATE_B,
    REACHED,
    RELEASE,
    SLACK,
    TORSO,
    block_law,
    compartment,
    front,
    reduced,
    row,
    write,
)  # fmt: skip
from crashsim.kernels.subroutine import subroutine

Floats = NDArray[np.float64]

N_CASE_METRICS, N_VEHICLE_METRICS = len(CASE_METRICS), len(VEHICLE_METRICS)
(PEAK_FORCE, MUTUAL_CRUSH, TIME_COMMON, PULSE_DURATION, SEPARATION, OBTAINED, CAP, ENERGY_RESIDUAL,
 MOMENTUM_RESIDUAL) = range(N_CASE_METRICS)  # fmt: skip
(DELTA_V, COMPARTMENT_DELTA_V, PEAK_ACCELERATION, MEAN_ACCELERATION, OLC, OIV, ORA, ASI, VPI, DYNAMIC_CRUSH, RESIDUAL_CRUSH,
 INTRUSION, FIREWALL_CRUSH, ABSORBED, DISSIPATED, CHEST_PEAK, CHEST_3MS, BELT_FORCE, EXCURSION, HEAD_EXCURSION, HIC15, HIC36,
 RIDE_DOWN, KNEE_FORCE, HEAD_FORCE) = range(N_VEHICLE_METRICS)  # fmt: skip

P_WALL, P_BELT, P_BAG, P_KNEE, P_HEAD_BAG, P_CONTACT, WEBBING = range(MEMORY, MEMORY + 7)
WORK, HELD_WORK, PEAK_C, PEAK_O, FAR_O, FAR_H, GIVEN = range(SUMS, SUMS + 7)


@traced
def law_energy(z: float, p: float, gap: float, k: float, limit: float, ku: float) -> tuple[float, float, float]:
    """The law H (laws.hysteretic) at elongation ``z``: energy inside it now, energy it never gives back [J], largest force.

    Its memory p tells how far it was loaded: z = (p - b)/s on the ramp, z = p + reach on the limit.
    """
    share = quotient(k, ku, 1.0)
    present = (share * k > 0.0) & (gap < math.inf)
    gap, k, ku = select(present, gap, 0.0), select(present, k, 1.0), select(present, ku, 2.0)
    share = k / ku
    p = select(present, p, 0.0)
    bounded = limit < math.inf
    limit = select(bounded, limit, 0.0)
    reach = limit / ku
    elastic = minimum(maximum(z - gap, 0.0), select(bounded, limit / k, math.inf))  # p stays at the gap then
    ramp = select(share < 1.0, quotient(p - gap, 1.0 - share, 0.0), elastic)
    beyond = bounded & (p > gap + limit / k - reach)
    loaded = select(beyond, p + reach - gap, ramp)
    bent = select(beyond, limit / k, loaded)
    force = k * bent
    lost = 0.5 * force * bent + force * (loaded - bent) - 0.5 * force * force / ku
    now = ku * maximum(z - p, 0.0)
    return (
        select(present, lost + 0.5 * now * now / ku, 0.0), select(present, lost, 0.0), select(present, force, 0.0),
    )  # fmt: skip


@traced
def _of_law(raw: Floats, law: int, z: float, p: float) -> tuple[float, float, float]:
    """``law_energy`` of the element whose gap, stiffness, limit and unloading stiffness stand from ``law`` on."""
    return law_energy(z, p, row(raw, law, z), row(raw, law + 1, z), row(raw, law + 2, z), row(raw, law + 3, z))


@traced
def _mounting(
    to: Floats, first: int, raw: Floats, base: int, kept: Floats, at: int, rate: float, like: float
) -> tuple[float, float]:
    """Fill the firewall crush of one engine; energy inside its mounting or spent there; what of it is not given back.

    The latter counts what still swings between engine and compartment: it cannot return to the partner.
    """
    gap = row(kept, at, like) - row(kept, at + 1, like)
    swing = (row(kept, at + SPEED, like) - row(kept, at + SPEED + 1, like)) * rate
    space, k, ku = (row(raw, base + i, like) for i in (FIREWALL_GAP, FIREWALL_K, FIREWALL_KU))
    held, _, force = law_energy(gap, row(kept, at + P_WALL, like), space, k, math.inf, ku)
    store(to, (first + FIREWALL_CRUSH) * count(like), quotient(force, k, 0.0))
    held = held + 0.5 * row(raw, base + MOUNT, like) * gap * gap + row(kept, at + WORK, like)
    engine, body = row(raw, base + ENGINE, like), compartment(raw, base, like)
    moves = (row(raw, base + MASS, like) < math.inf) & (engine > 0.0)
    both = engine * body / select(moves, engine + body, 1.0)
    return held, held + select(moves, 0.5 * both * swing * swing, 0.0)


@traced
def _occupant(
    to: Floats, first: int, raw: Floats, base: int, kept: Floats, at: int, rate: float, interior: float
) -> float:
    """Fill the metrics of an occupant that need no history; returns the energy inside its restraint, or spent there."""

    def own(k: int) -> float:
        return row(kept, at + k, interior)

    travel, ahead, bend = own(2) - own(0), own(3) - own(0), own(3) - own(2)
    belt, _, belt_force = _of_law(raw, base + SLACK, travel + own(WEBBING), own(P_BELT))
    knee, _, knee_force = _of_law(raw, base + KNEE_GAP, travel + interior, own(P_KNEE))
    head, _, head_force = _of_law(raw, base + CONTACT_GAP, ahead + interior, own(P_CONTACT))
    found = (
        (CHEST_PEAK, own(PEAK_O) * rate * rate), (BELT_FORCE, belt_force), (EXCURSION, own(FAR_O)),
        (HEAD_EXCURSION, own(FAR_H)), (KNEE_FORCE, knee_force), (HEAD_FORCE, head_force),
    )  # fmt: skip
    for k, value in found:
        store(to, (first + k) * count(interior), value)
    neck = 0.5 * row(raw, base + NECK, interior) * bend * bend
    return belt + knee + head + neck + own(HELD_WORK) - own(GIVEN)


@traced
def _motion(
    to: Floats, first: int, raw: Floats, base: int, kept: Floats, at: int, rate: float, start: float, pushed: float
) -> tuple[float, float, float]:
    """Fill the motion of one vehicle; kinetic energy left, velocity of its centre of gravity, and how far its momentum is
    from the impulse ``pushed``, relative to ``start``, that at contact [N s].  A wall has none.
    """
    n = count(start)
    mass = row(raw, base + MASS, start)
    moves = mass < math.inf
    bodies = compartment(raw, base, start), *(row(raw, base + k, start) for k in (ENGINE, TORSO, HEAD))
    left, energy = 0.0 * start, 0.0 * start
    for k, body in enumerate(bodies):
        v, m = row(kept, at + SPEED + k, start) * rate, select(moves, body, 0.0)
        left, energy = left + m * v, energy + 0.5 * m * v * v
    store(to, (first + DELTA_V) * n, select(moves, (start - left) / mass, 0.0))
    store(to, (first + PEAK_ACCELERATION) * n, row(kept, at + PEAK_C, start) * rate * rate)
    off = start - left - pushed
    return energy, left / mass, select(moves, maximum(off, 0.0 - off) / start, 0.0)


@traced
def _front(
    to: Floats, first: int, path: Unloading, peak: float, energy: float, crush: float, pushed: float, now: float
) -> tuple[float, float, float]:
    """Fill the crush of one front; energy inside at the force ``now``, energy lost at zero force, crush given back."""
    _, given = released(path, peak, now)
    way, most = released(path, peak, 0.0)
    for k, value in ((DYNAMIC_CRUSH, crush), (RESIDUAL_CRUSH, crush - way), (INTRUSION, pushed)):
        store(to, (first + k) * count(crush), value)
    return energy - given, maximum(energy - most, 0.0), way


@traced
def case_metrics(out: Floats, raw: Floats, base: int, found: Floats, kept: Floats, rate: float, like: float) -> float:
    """Fill the metrics that need no history, in lanes; returns the mutual crush at which the rails come apart, or let go.

    ``rate``: 1/h.
    """
    n = count(like)
    speed = row(raw, CLOSING, like)
    impulse = speed * reduced(row(raw, N_CASE + MASS, like), row(raw, base + MASS, like))
    start = 0.5 * impulse * speed
    peak, mutual, crush_a = (row(found, REACHED + k, like) for k in range(3))
    a, b = (Unloading(*(row(found, at + k, like) for k in range(6))) for at in (PATH_A, PATH_B))
    lines = tuple(row(kept, KEPT_RAILS + k, like) for k in range(7))
    d, _, force, touch, p_block, top, impulses, rate_work, free, engines = (
        row(kept, KEPT_TOTALS + k, like) for k in range(10)
    )
    pushed = impulses - 0.5 * (force + touch)  # the velocities are those in the middle of the last step
    stiff, soft = 1.0 / (a.stiff + b.stiff), 1.0 / (a.soft + b.soft)
    now = minimum(on_lines(d, stiff, lines[1], lines[2], lines[3], multiply_add(soft, d, lines[4])), peak)
    gap, k, ku = block_law(raw, base, like)
    block, block_lost, _ = law_energy(engines, p_block, gap, k, math.inf, ku)
    block_lost = select(free > 0.0, block, block_lost)  # what has let go springs back for itself
    rates = row(found, RATE_A, like), row(found, RATE_B, like)
    spent, apart, left, off, separation = block + rate_work, mutual, 0.0 * like, 0.0 * like, 0.0 * like
    sides = (
        (N_CASE_METRICS, N_CASE, 0, a, ENERGY_A, crush_a, lines[5], rates[0]),
        (N_CASE_METRICS + N_VEHICLE_METRICS, base, N_KEPT_OWN, b, ENERGY_B, mutual - crush_a, lines[6], rates[1]),
    )
    for first, own, at, path, stored, crush, intrusion, share in sides:
        energy = row(found, stored, like)
        inside, lost, way = _front(out, first, path, peak, energy, crush, intrusion, now)
        lost = select(free > 0.0, energy, lost)
        held, spent_here = _mounting(out, first, raw, own, kept, at, rate, like)
        restraint = _occupant(out, first, raw, own, kept, at, rate, intrusion)
        kinetic, v, wrong = _motion(out, first, raw, own, kept, at, rate, impulse, pushed / rate)
        by_rate = rate_work * quotient(share, rates[0] + rates[1], 0.0)
        by_block = block_lost * quotient(k, row(raw, own + ENGINE_K, like), 0.0)
        store(out, (first + ABSORBED) * n, energy + by_rate)
        store(out, (first + DISSIPATED) * n, lost + spent_here + by_rate + by_block)
        spent, apart, left = spent + inside + held + restraint, apart - way, left + kinetic
        off, separation = maximum(off, wrong), separation - v
    totals = (
        (PEAK_FORCE, top), (MUTUAL_CRUSH, mutual), (SEPARATION, separation), (OBTAINED, separation / speed),
        (CAP, sqrt((a.cap + b.cap) / (a.absorbed + b.absorbed))), (ENERGY_RESIDUAL, (start - left - spent) / start),
        (MOMENTUM_RESIDUAL, off),
    )  # fmt: skip
    for to, value in totals:
        store(out, to * n, value)
    return select(free > 0.0, row(raw, RELEASE, like), apart)


@subroutine
def reached(
    raw: Floats, points: int, lane: int, lanes: int, kept: Floats, curve: Floats, kinks: int, found: Floats
) -> None:
    """The state of the rails at their largest crush, and what each front absorbed up to there, of one lane."""
    base = N_CASE + N_VEHICLE + 2 * points
    peak = peak_at_crush(curve, kinks, kept[KEPT_RAILS * lanes + lane])
    write(found, REACHED, lane, lanes, peak)
    energy_a = absorbed(raw, front(raw, N_CASE, points, lane, lanes), peak.crush_a).energy
    energy_b = absorbed(raw, front(raw, base, points, lane, lanes), peak.mutual - peak.crush_a).energy
    write(found, ENERGY_A, lane, lanes, (energy_a, energy_b))
