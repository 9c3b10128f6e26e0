"""One collision on one line, solved exactly: two crush curves in series between two masses (or a mass and a wall).

Every crush curve is piecewise linear, so the mutual force is piecewise linear in the mutual crush and the motion between
two kinks is a piece of a sine.  The kernel walks from kink to kink; nothing is stepped and nothing is interpolated.

    m d'' = -F(d),    m = 1/(1/m_1 + 1/m_2),    d = x_1(F) + x_2(F)

Loading follows the two curves at one force, so the weaker plateau crushes first.  At the peak (d' = 0) each front
unloads along a stiff branch of slope ``ku`` from the peak force ``Fm`` to a knee at ``phi Fm``, then along a soft branch
of its initial stiffness ``k1`` to zero force:

    returned energy  U = Us + Fm^2 (1 - phi^2) / (2 ku),    Us = phi^2 Fm^2 / (2 k1) = min(share U, energy of the first segment)

``ku`` is the vehicle's own (the restitution comes out of the law) or is found so that U = e^2 E for an asked restitution e.

Symbols: x crush of one vehicle [m], d mutual crush [m], v = d' approach speed [m/s], F force [N], k slope [N/m],
E absorbed energy at the peak [J], U returned energy [J], J impulse [N s], t time [s], w circular frequency [1/s].
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from crashsim.kernels.cache import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# One piece of the motion: state at its start, slope, extent, and the crush of both vehicles at its two ends.
T0, D0, V0, F0, SLOPE, DURATION, TRAVEL, XA0, XB0, XA1, XB1 = range(11)
PIECE = 11

# Columns of the output: first those of the case, then those of each vehicle.
CASE_METRICS = (
    "peak_force", "mutual_crush", "time_common_velocity", "pulse_duration", "separation_speed", "restitution",
    "restitution_cap", "energy_residual", "momentum_residual",
)  # fmt: skip
(PEAK_FORCE, MUTUAL_CRUSH, TIME_COMMON, PULSE_DURATION, SEPARATION, RESTITUTION, CAP, ENERGY_RESIDUAL,
 MOMENTUM_RESIDUAL) = range(len(CASE_METRICS))  # fmt: skip
VEHICLE_METRICS = (
    "delta_v", "peak_acceleration", "mean_acceleration", "olc", "dynamic_crush", "residual_crush", "intrusion",
    "absorbed_energy", "dissipated_energy",
)  # fmt: skip
(DELTA_V, PEAK_ACCELERATION, MEAN_ACCELERATION, OLC, DYNAMIC_CRUSH, RESIDUAL_CRUSH, INTRUSION, ABSORBED,
 DISSIPATED) = range(len(VEHICLE_METRICS))  # fmt: skip
N_CASE, N_VEHICLE = len(CASE_METRICS), len(VEHICLE_METRICS)
N_METRICS = N_CASE + 2 * N_VEHICLE

OLC_FREE, OLC_TOTAL = 0.065, 0.300  # m: free flight, and the end of the restraint phase (Euro NCAP TB027)


@compiled
def _segment(x: Floats, f: Floats, n: int, tail: float, i: int) -> tuple[float, float, float]:
    """End force, end crush and slope of segment ``i`` of a curve of ``n`` points; a rigid body has no points."""
    if n == 0:
        return math.inf, 0.0, math.inf
    if i >= n - 1:
        return math.inf, math.inf, tail
    return f[i + 1], x[i + 1], (f[i + 1] - f[i]) / (x[i + 1] - x[i])


@compiled
def _peak_energy(x: Floats, f: Floats, n: int, tail: float, crush: float) -> tuple[float, float, float]:
    """Area under a crush curve up to ``crush``, the energy of its first segment so far, and the steepest slope met."""
    energy, first, steepest = 0.0, 0.0, 0.0
    for i in range(n):
        _, x1, slope = _segment(x, f, n, tail, i)
        if crush <= x[i]:
            break
        steepest = max(steepest, slope)
        dx = min(crush, x1) - x[i]
        energy += dx * (f[i] + 0.5 * slope * dx)
        if i == 0:
            first = energy
    return energy, first, steepest


@compiled
def _returned(peak: float, first: float, k1: float, share: float, ku: float) -> float:
    """Energy given back from peak force ``peak`` by an unloading path of stiff slope ``ku``."""
    soft = (1.0 - share) * ku + share * k1
    returned = peak * peak / (2.0 * soft)
    if share * returned > first:  # the soft branch gives back at most what the first segment took
        returned = first + (peak * peak - 2.0 * k1 * first) / (2.0 * ku)
    return returned


@compiled
def _unloading(peak: float, first: float, k1: float, share: float, returned: float) -> tuple[float, float]:
    """Knee force and compliance of the stiff branch of the path that gives back ``returned``."""
    if returned <= 0.0:
        return 0.0, 0.0
    soft = min(share * returned, first)
    knee2 = 2.0 * k1 * soft
    return math.sqrt(knee2), 2.0 * (returned - soft) / (peak * peak - knee2)


@compiled
def _share_returned(wanted: float, energy_a: float, energy_b: float, cap_a: float, cap_b: float) -> tuple[float, float]:
    """Split the returned energy in proportion to the energy absorbed; what one front cannot give, the other does."""
    total = energy_a + energy_b
    a = wanted * energy_a / total
    b = wanted - a
    if a > cap_a:
        return cap_a, min(b + (a - cap_a), cap_b)
    if b > cap_b:
        return min(a + (b - cap_b), cap_a), cap_b
    return a, b


@compiled
def _piece(
    pieces: Floats, n: int, mass: float, slope: float, travel: float, end_force: float, x: Floats, to_rest: bool
) -> int:
    """Append the motion over ``travel`` (signed change of d) from the state left by the previous piece; x: XA1, XB1.

    ``to_rest``: the piece ends at the peak, where the approach speed is zero and not the root of a rounding error.
    """
    p = pieces[n]
    v0, f0 = p[V0], p[F0]
    v1 = 0.0 if to_rest else math.sqrt(max(v0 * v0 - (f0 + end_force) * travel / mass, 0.0))
    w = math.sqrt(slope / mass)
    way = abs(travel)
    if w * way > 1e-9 * (abs(v0) + v1):
        duration = 2.0 / w * math.atan2(w * way, abs(v0) + v1)
    elif way > 0.0:
        duration = 2.0 * way / (abs(v0) + v1)
    else:  # the peak fell on a kink
        duration = 0.0
    p[SLOPE], p[DURATION], p[TRAVEL], p[XA1], p[XB1] = slope, duration, travel, x[0], x[1]
    q = pieces[n + 1]
    q[T0], q[D0], q[F0] = p[T0] + duration, p[D0] + travel, end_force
    q[V0] = v1 if travel > 0.0 else -v1
    q[XA0], q[XB0] = x[0], x[1]
    return n + 1


@compiled
def _load(
    pieces: Floats, mass: float, speed: float, x: Floats, f: Floats, n: Ints, tail: Floats, at: Floats
) -> tuple[int, float]:
    """Walk up both curves to the peak; returns the number of pieces and the peak force.  ``at``: crush of both, updated."""
    pieces[0, :] = 0.0
    pieces[0, V0] = speed
    count, force = 0, 0.0
    seg_a, seg_b = 0, 0
    x1 = np.empty(2)
    while True:
        fa, xa, ka = _segment(x[0], f[0], n[0], tail[0], seg_a)
        fb, xb, kb = _segment(x[1], f[1], n[1], tail[1], seg_b)
        if ka == 0.0 or kb == 0.0:  # a flat plateau crushes at constant force; two flat ones crush in step
            x1[0] = xa if ka == 0.0 else at[0]
            x1[1] = xb if kb == 0.0 else at[1]
            end, slope = force, 0.0
            travel = x1[0] - at[0] + x1[1] - at[1]
        else:
            end = min(fa, fb)
            slope = 1.0 / (1.0 / ka + 1.0 / kb)
            travel = (end - force) / slope
            x1[0] = at[0] + (end - force) / ka
            x1[1] = at[1] + (end - force) / kb
        v0 = pieces[count, V0]
        kinetic = mass * v0 * v0
        if not kinetic > (force + end) * travel:  # the peak lies in this segment (NaN ends here too)
            peak = math.sqrt(force * force + slope * kinetic)
            way = kinetic / (force + peak)
            part = way / travel if travel < math.inf else 0.0
            for i in range(2):
                k = ka if i == 0 else kb
                if travel < math.inf and slope == 0.0:
                    at[i] += part * (x1[i] - at[i])
                else:
                    at[i] += (peak - force) / k
            return _piece(pieces, count, mass, slope, way, peak, at, True), peak
        count = _piece(pieces, count, mass, slope, travel, end, x1, False)
        force = end
        at[0], at[1] = x1[0], x1[1]
        if (ka == 0.0) or (kb > 0.0 and fa <= end):
            seg_a += 1
        if (kb == 0.0) or (ka > 0.0 and fb <= end):
            seg_b += 1


@compiled
def _unload(
    pieces: Floats, count: int, mass: float, peak: float, knee: Floats, stiff: Floats, soft: Floats, at: Floats
) -> int:
    """Walk down both unloading paths from rest to zero force; returns the number of pieces.  ``at``: crush, updated."""
    pieces[count, V0] = 0.0
    high, low = max(knee[0], knee[1]), min(knee[0], knee[1])
    force = peak
    for end in (high, low, 0.0):
        if end >= force:
            continue
        middle = 0.5 * (force + end)
        compliance = 0.0
        for i in range(2):
            c = stiff[i] if middle > knee[i] else soft[i]
            compliance += c
            at[i] -= c * (force - end)
        if compliance > 0.0:
            count = _piece(pieces, count, mass, 1.0 / compliance, -compliance * (force - end), end, at, False)
        pieces[count, F0] = end
        force = end
    return count


@compiled
def _state(pieces: Floats, count: int, mass: float, t: float) -> tuple[float, float, float, float, int]:
    """Mutual crush, approach speed, force and the share of the current piece's travel done at time ``t``; piece index."""
    i = 0
    while i < count and t > pieces[i, T0] + pieces[i, DURATION]:
        i += 1
    p = pieces[i]
    tau = t - p[T0]
    if i == count:
        return p[D0] + p[V0] * tau, p[V0], 0.0, 0.0, i
    w = math.sqrt(p[SLOPE] / mass)
    a = w * tau
    s = math.sin(a) / w if a > 1e-9 else tau
    c = 2.0 * (math.sin(0.5 * a) / w) ** 2 if a > 1e-9 else 0.5 * tau * tau
    d = p[V0] * s - p[F0] / mass * c
    v = p[V0] * math.cos(a) - p[F0] / mass * s
    return p[D0] + d, v, p[F0] + p[SLOPE] * d, d / p[TRAVEL], i


@compiled
def _impulse(pieces: Floats, count: int, mass: float) -> float:
    """Impulse of the contact force over all pieces, from the force's own time history."""
    total = 0.0
    for i in range(count):
        p = pieces[i]
        w = math.sqrt(p[SLOPE] / mass)
        a = w * p[DURATION]
        s = math.sin(a) / w if a > 1e-9 else p[DURATION]
        c = 2.0 * (math.sin(0.5 * a) / w) ** 2 if a > 1e-9 else 0.5 * p[DURATION] ** 2
        total += p[F0] * s + p[SLOPE] * p[V0] * c
    return total


@compiled
def _flail(pieces: Floats, count: int, mass: float, speed: float, ratio: float, t: float) -> tuple[float, float]:
    """Velocity lost by a vehicle, and free travel of an unrestrained body relative to it, at time ``t``."""
    d, v, _, _, _ = _state(pieces, count, mass, t)
    return ratio * (speed - v), ratio * (speed * t - d)


@compiled
def _olc_residual(pieces: Floats, count: int, mass: float, speed: float, ratio: float, t1: float, t: float) -> float:
    """Travel left over at ``t`` when the occupant is slowed at a constant rate from ``t1`` to the vehicle's speed at ``t``."""
    lost, travel = _flail(pieces, count, mass, speed, ratio, t)
    return travel - 0.5 * lost * (t - t1) - OLC_TOTAL


@compiled
def _olc_slope(pieces: Floats, count: int, mass: float, speed: float, ratio: float, t1: float, t: float) -> float:
    """Twice the rate of the residual: velocity lost by ``t``, less what the deceleration at ``t`` would take since ``t1``."""
    _, v, force, _, _ = _state(pieces, count, mass, t)
    return ratio * (speed - v - force / mass * (t - t1))


@compiled
def _olc_bracket(
    pieces: Floats, count: int, mass: float, speed: float, ratio: float, t1: float
) -> tuple[float, float, float, float]:
    """First times between which the residual rises through zero, with its values there; from ``t1`` to separation.

    Within a piece the residual is concave while the force grows and convex while it falls, so a crossing can hide between
    two negative ends only under the top of a loading piece: a spike of force turns the residual back.
    """
    lo, r_lo = t1, OLC_FREE - OLC_TOTAL
    for i in range(count):
        hi = pieces[i, T0] + pieces[i, DURATION]
        if hi <= lo:
            continue
        r_hi = _olc_residual(pieces, count, mass, speed, ratio, t1, hi)
        if r_hi < 0.0 and pieces[i, TRAVEL] > 0.0 and _olc_slope(pieces, count, mass, speed, ratio, t1, hi) < 0.0:
            left, right = lo, hi
            for _ in range(50):
                top = 0.5 * (left + right)
                if _olc_slope(pieces, count, mass, speed, ratio, t1, top) > 0.0:
                    left = top
                else:
                    right = top
            r_top = _olc_residual(pieces, count, mass, speed, ratio, t1, left)
            if r_top >= 0.0:
                return lo, r_lo, left, r_top
        if r_hi >= 0.0:
            return lo, r_lo, hi, r_hi
        lo, r_lo = hi, r_hi
    return lo, r_lo, lo, r_lo


@compiled
def _olc(pieces: Floats, count: int, mass: float, speed: float, ratio: float) -> float:
    """Occupant load criterion: constant deceleration that ends the travel of 0.300 m after a free flight of 0.065 m.

    The free travel is convex in time, so Newton's method from the right never overshoots.  After separation all
    velocities are constant and both conditions are linear in time (a slow pulse is continued, not cut).
    """
    t_end = pieces[count, T0]
    lost, travel = _flail(pieces, count, mass, speed, ratio, t_end)
    t1 = t_end + (OLC_FREE - travel) / lost
    if t1 < t_end:
        t1 = t_end
        for _ in range(60):
            lost, travel = _flail(pieces, count, mass, speed, ratio, t1)
            step = (travel - OLC_FREE) / lost
            t1 -= step
            if abs(step) < 1e-15:
                break
    lo, r_lo, hi, r_hi = _olc_bracket(pieces, count, mass, speed, ratio, t1)
    if r_hi < 0.0:
        lost, _ = _flail(pieces, count, mass, speed, ratio, hi)
        return float(lost / (hi - 2.0 * r_hi / lost - t1))
    side, t = 0, hi
    for _ in range(100):  # Illinois: regula falsi that halves the end which stayed twice
        t = hi - r_hi * (hi - lo) / (r_hi - r_lo)
        r = _olc_residual(pieces, count, mass, speed, ratio, t1, t)
        if r >= 0.0:
            hi, r_hi = t, r
            r_lo *= 0.5 if side > 0 else 1.0
            side = 1
        else:
            lo, r_lo = t, r
            r_hi *= 0.5 if side < 0 else 1.0
            side = -1
        if abs(r) < 1e-15 or hi - lo < 1e-15:
            break
    lost, _ = _flail(pieces, count, mass, speed, ratio, t)  # not hi: the last step may have come from below
    return float(lost / (t - t1))


@compiled
def _solve(
    pieces: Floats,
    inv_mass: Floats,
    speed: float,
    x: Floats,
    f: Floats,
    n: Ints,
    tail: Floats,
    ku: Floats,
    share: Floats,
    asked: float,
    at: Floats,
    law: Floats,
) -> tuple[int, int]:
    """Fill ``pieces``; ``law`` receives E, U, E_first, peak, cap per vehicle.  Returns the number of pieces."""
    mass = 1.0 / (inv_mass[0] + inv_mass[1])
    at[:] = 0.0
    count, peak = _load(pieces, mass, speed, x, f, n, tail, at)
    law[:] = 0.0
    soft, stiff, knee = np.zeros(2), np.zeros(2), np.zeros(2)
    for i in range(2):
        if n[i] == 0:
            continue
        k1 = (f[i, 1] - f[i, 0]) / (x[i, 1] - x[i, 0]) if n[i] > 1 else tail[i]
        energy, first, steepest = _peak_energy(x[i], f[i], n[i], tail[i], at[i])
        soft[i] = 1.0 / k1
        law[0, i], law[2, i] = energy, first
        law[1, i] = _returned(peak, first, k1, share[i], ku[i])
        law[3, i] = _returned(peak, first, k1, share[i], steepest)
    if not math.isnan(asked):
        wanted = asked * asked * (law[0, 0] + law[0, 1])
        law[1, 0], law[1, 1] = _share_returned(wanted, law[0, 0], law[0, 1], law[3, 0], law[3, 1])
    for i in range(2):
        if n[i] > 0:
            knee[i], stiff[i] = _unloading(peak, law[2, i], 1.0 / soft[i], share[i], law[1, i])
            law[1, i] = 0.5 * stiff[i] * (peak * peak - knee[i] * knee[i]) + 0.5 * soft[i] * knee[i] * knee[i]
    law[4, 0], law[4, 1] = at[0], at[1]
    law[5, 0] = peak
    return _unload(pieces, count, mass, peak, knee, stiff, soft, at), count


@compiled
def crash_block(
    first: int,
    last: int,
    inv_mass: Floats,
    speed: Floats,
    x: Floats,
    f: Floats,
    n: Ints,
    tail: Floats,
    space: Floats,
    ku: Floats,
    share: Floats,
    asked: Floats,
    out: Floats,
) -> None:
    """Solve cases ``first`` to ``last`` (exclusive) into the rows of ``out``.

    Shapes: inv_mass, n, tail, space, ku, share (cases, 2); speed, asked (cases,); x, f (cases, 2, points); out (cases, N_METRICS).
    ``x``, ``f``: points of the two crush curves [m], [N], of which the first ``n`` count, starting at (0, 0); beyond the last one
    the slope is ``tail`` [N/m].  ``n`` = 0 is a rigid body.  Crush beyond ``space`` [m] is intrusion.  ``asked`` NaN: restitution from the law.
    """
    pieces = np.empty((2 * x.shape[2] + 8, PIECE))
    at, law = np.empty(2), np.empty((6, 2))
    for c in range(first, last):
        total, loading = _solve(
            pieces, inv_mass[c], speed[c], x[c], f[c], n[c], tail[c], ku[c], share[c], asked[c], at, law
        )
        mass = 1.0 / (inv_mass[c, 0] + inv_mass[c, 1])
        impulse = _impulse(pieces, total, mass)
        separation = -pieces[total, V0]
        rebound = impulse / mass - speed[c]  # the same by another route: the force's own time history
        duration = pieces[total, T0]
        energy_in = 0.5 * mass * speed[c] * speed[c]
        energy, returned = law[0, 0] + law[0, 1], law[1, 0] + law[1, 1]
        o = out[c]
        o[PEAK_FORCE] = law[5, 0]
        o[MUTUAL_CRUSH] = law[4, 0] + law[4, 1]
        o[TIME_COMMON] = pieces[loading, T0]
        o[PULSE_DURATION] = duration
        o[SEPARATION] = separation
        o[RESTITUTION] = separation / speed[c]
        o[CAP] = math.sqrt((law[3, 0] + law[3, 1]) / energy)
        o[ENERGY_RESIDUAL] = (energy_in - 0.5 * mass * rebound * rebound - (energy - returned)) / energy_in
        o[MOMENTUM_RESIDUAL] = (rebound - separation) / speed[c]
        for i in range(2):
            v = o[N_CASE + i * N_VEHICLE : N_CASE + (i + 1) * N_VEHICLE]
            v[DELTA_V] = impulse * inv_mass[c, i]
            v[PEAK_ACCELERATION] = law[5, 0] * inv_mass[c, i]
            v[MEAN_ACCELERATION] = v[DELTA_V] / duration
            v[OLC] = 0.0
            if inv_mass[c, i] > 0.0:
                v[OLC] = _olc(pieces, total, mass, speed[c], mass * inv_mass[c, i])
            v[DYNAMIC_CRUSH] = law[4, i]
            v[RESIDUAL_CRUSH] = at[i]
            v[INTRUSION] = max(law[4, i] - space[c, i], 0.0)
            v[ABSORBED] = law[0, i]
            v[DISSIPATED] = max(law[0, i] - law[1, i], 0.0)  # an elastic front may give back a rounding error more


@compiled
def crash_history(
    times: Floats,
    inv_mass: Floats,
    speed: float,
    x: Floats,
    f: Floats,
    n: Ints,
    tail: Floats,
    ku: Floats,
    share: Floats,
    asked: float,
    out: Floats,
) -> None:
    """Force, mutual crush, approach speed and the crush of both vehicles of one case at ``times``; out (times, 5)."""
    pieces = np.empty((2 * x.shape[1] + 8, PIECE))
    at, law = np.empty(2), np.empty((6, 2))
    total, _ = _solve(pieces, inv_mass, speed, x, f, n, tail, ku, share, asked, at, law)
    mass = 1.0 / (inv_mass[0] + inv_mass[1])
    for j in range(times.size):
        d, v, force, done, i = _state(pieces, total, mass, times[j])
        out[j, 0], out[j, 1], out[j, 2] = force, d, v
        out[j, 3] = pieces[i, XA0] + (done * (pieces[i, XA1] - pieces[i, XA0]) if i < total else 0.0)
        out[j, 4] = pieces[i, XB0] + (done * (pieces[i, XB1] - pieces[i, XB0]) if i < total else 0.0)
