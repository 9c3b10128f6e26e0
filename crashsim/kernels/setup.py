"""From the columns of a block of crashes to the constants of its lanes: inverse masses, law constants, merged rails.

Merging two crush curves walks from kink to kink, one crash after the other; all else are formulas, which run on lanes.
In every array row k of lane l stands at ``array[k * lanes + l]``.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from crashsim.kernels import columns
from crashsim.kernels.lanes import count, load, maximum, select, store, traced, whole
from crashsim.kernels.laws import quotient
from crashsim.kernels.rails import (
    SLOPE,
    Absorbed,
    D,
    Front,
    Unloading,
    absorbed,
    merge,
    peak_at_energy,
    unloading,
)  # fmt: skip
from crashsim.kernels.subroutine import subroutine

Floats = NDArray[np.float64]

N_CASE, N_VEHICLE = len(columns.CASE), len(columns.VEHICLE)
CLOSING, RESTITUTION, RELEASE = range(N_CASE)
(MASS, ENGINE, ENGINE_GAP, ENGINE_K, ENGINE_KU, FIREWALL_GAP, FIREWALL_K, FIREWALL_KU, MOUNT, MOUNT_DAMPING, TORSO, HEAD,
 SLACK, BELT_K, BELT_LIMIT, BELT_KU, PRE_TIME, PRE_DURATION, PRE_STROKE, PRE_FORCE, FIRE, FULL,
 BAG_GAP, BAG_K, BAG_LIMIT, BAG_KU, BAG_DAMPING, KNEE_GAP, KNEE_K, KNEE_LIMIT, KNEE_KU, NECK, NECK_DAMPING,
 HEAD_BAG_GAP, HEAD_BAG_K, HEAD_BAG_LIMIT, HEAD_BAG_KU, HEAD_BAG_DAMPING,
 CONTACT_GAP, CONTACT_K, CONTACT_LIMIT, CONTACT_KU, POINTS, TAIL, UNLOADING, SOFT_SHARE, RATE) = range(N_VEHICLE)  # fmt: skip

# Constants of the law H (laws.hysteretic), in this order from the first on.
LAW = 5  # s, b, reach, ku, gap

# Constants of a lane: of the pair, then of each vehicle, then slope change and place of each kink of the rails.
(STIFF, STIFF_C, MIXED_A, MIXED_A_C, MIXED_B, MIXED_B_C, SOFT, SOFT_C, KNEE_A, KNEE_LIMIT_A, KNEE_B, KNEE_LIMIT_B,
 PAIR_RATE, END_A, PUSH_A, END_B, PUSH_B, LET_GO, BLOCK) = range(19)  # fmt: skip
N_PAIR = BLOCK + LAW
(START, BODY, ENGINE_M, TORSO_M, HEAD_M, MOUNT_STIFF, MOUNT_DAMPS, PULL_RATE, PULL_AT, STROKE, ALLOWED, FILL_RATE,
 FILL_AT, BAG_DAMPS, NECK_STIFF, NECK_DAMPS, HEAD_DAMPS, FIREWALL) = range(18)  # fmt: skip
BELT, BAG, KNEE, HEAD_BAG, CONTACT = (FIREWALL + LAW * i for i in range(1, 6))
N_OWN = CONTACT + LAW
OWN_A, OWN_B = N_PAIR, N_PAIR + N_OWN
KINKS = N_PAIR + 2 * N_OWN

STIFFEST = 0.25  # (w h)^2 of the stiffest unloading that is stepped; a stiffer one is raised to it

# What is found of a crash before it is stepped: the peak of the two-mass line, what each front has absorbed there (energy,
# of the first segment, steepest slope, first slope), its highest knee, the force at the end of its crush space; then how
# each unloads and what it adds to the rate factor.  After the crash: the peak and the energy of each front.  Last: the
# number of kinks of the merged curve.
PEAK, LAW_A, LAW_B, LIMIT_A, LIMIT_B, SPACE_A, SPACE_B, PATH_A, PATH_B, RATE_A, RATE_B, REACHED, ENERGY_A, ENERGY_B, USED = (
    0, 3, 7, 11, 12, 13, 14, 15, 21, 27, 28, 29, 32, 33, 34)  # fmt: skip
N_FOUND = 35


@subroutine
def gather_cases(
    values: Floats, start: NDArray[np.int64], step: NDArray[np.int64], cases: NDArray[np.int64], raw: Floats
) -> None:
    """Copy the columns of some cases to the lanes of ``raw``."""
    lanes = cases.size
    for k in range(start.size):
        for lane in range(lanes):
            raw[k * lanes + lane] = values[start[k] + step[k] * cases[lane]]


@traced
def row(array: Floats, k: int, like: float) -> float:
    """Row ``k`` of an array of lanes."""
    return load(array, k * count(like), like)


@traced
def front(raw: Floats, base: int, points: int, lane: int, lanes: int) -> Front:
    """The front of the vehicle whose columns begin at ``base``; ``points`` of the longest loading curve."""
    at = (base + N_VEHICLE) * lanes + lane
    own = base * lanes + lane
    return Front(at, at + points * lanes, lanes, whole(raw[own + POINTS * lanes]), raw[own + TAIL * lanes])


@traced
def reduced(a: float, b: float) -> float:
    """Mass of the relative motion; either may be infinite."""
    return 1.0 / (1.0 / a + 1.0 / b)


@traced
def compartment(raw: Floats, base: int, like: float) -> float:
    """Mass that is neither engine nor moving occupant."""
    mass, engine = row(raw, base + MASS, like), row(raw, base + ENGINE, like)
    return mass - engine - row(raw, base + TORSO, like) - row(raw, base + HEAD, like)


@traced
def _put_law(constants: Floats, at: int, gap: float, k: float, limit: float, ku: float) -> None:
    """Constants of the law H; without stiffness the element is absent."""
    share = quotient(k, ku, 1.0)
    present = share * k > 0.0
    values = (
        1.0 - share, select(present, gap * share, 0.0), select(present, quotient(limit, ku, math.inf), math.inf),
        select(present, ku, 0.0), select(present, gap, math.inf),
    )  # fmt: skip
    for i, value in enumerate(values):
        store(constants, (at + i) * count(k), value)


@traced
def block_law(raw: Floats, base: int, like: float) -> tuple[float, float, float]:
    """Gap, loading and unloading stiffness of the two blocks in series; without contact no stiffness.

    A wall adds nothing; a vehicle without engine leaves nothing to meet.
    """
    gap, softness, unloads = 0.0 * like, 0.0 * like, 0.0 * like
    for own in (N_CASE, base):
        moves = row(raw, own + MASS, like) < math.inf
        gap = gap + select(moves, row(raw, own + ENGINE_GAP, like), 0.0)
        softness = softness + select(moves, quotient(1.0, row(raw, own + ENGINE_K, like), math.inf), 0.0)
        unloads = unloads + select(moves, quotient(1.0, row(raw, own + ENGINE_KU, like), math.inf), 0.0)
    return gap, 1.0 / softness, 1.0 / unloads


@traced
def _put_pair(constants: Floats, raw: Floats, base: int, a: Unloading, b: Unloading, rate: float) -> None:
    """Constants of the rails and of the block contact; ``rate``: of the pair."""
    c_a, c_b = a.stiff, b.stiff
    values = (
        1.0 / (c_a + c_b), c_a + c_b, 1.0 / (a.soft + c_b), a.soft + c_b, 1.0 / (c_a + b.soft), c_a + b.soft,
        1.0 / (a.soft + b.soft), a.soft + b.soft, a.knee_share, a.knee_limit, b.knee_share, b.knee_limit, rate,
    )  # fmt: skip
    for k, value in enumerate(values):
        store(constants, k * count(rate), value)
    gap, stiffness, unloads = block_law(raw, base, rate)
    _put_law(constants, BLOCK, gap, stiffness, math.inf, unloads)


@traced
def put_own(constants: Floats, first: int, raw: Floats, base: int, h: float, speed: float) -> None:
    """Constants of one vehicle from ``first`` on; velocities are scaled by h, inverse masses by h^2."""

    def own(k: int) -> float:
        return row(raw, base + k, speed)

    moves = own(MASS) < math.inf
    masses = compartment(raw, base, speed), own(ENGINE), own(TORSO), own(HEAD)
    pull = select(own(PRE_STROKE) > 0.0, quotient(1.0, own(PRE_DURATION), 0.0), 0.0)
    fill = quotient(1.0, own(FULL) - own(FIRE), 0.0)
    allowed = own(SLACK) + quotient(own(PRE_FORCE), own(BELT_K), 0.0)
    values = (
        speed * h, *(select(moves, quotient(h * h, m, 0.0), 0.0) for m in masses),
        own(MOUNT), own(MOUNT_DAMPING) / h,
        pull, 0.0 - pull * own(PRE_TIME), own(PRE_STROKE), select(allowed < math.inf, allowed, 0.0),
        fill, 0.0 - fill * own(FIRE), own(BAG_DAMPING) / h, own(NECK), own(NECK_DAMPING) / h, own(HEAD_BAG_DAMPING) / h,
    )  # fmt: skip
    for k, value in enumerate(values):
        store(constants, (first + k) * count(speed), value)
    _put_law(constants, first + FIREWALL, own(FIREWALL_GAP), own(FIREWALL_K), math.inf, own(FIREWALL_KU))
    for to, gap in ((BELT, SLACK), (BAG, BAG_GAP), (KNEE, KNEE_GAP), (HEAD_BAG, HEAD_BAG_GAP), (CONTACT, CONTACT_GAP)):
        _put_law(constants, first + to, own(gap), own(gap + 1), own(gap + 2), own(gap + 3))


@traced
def raised(path: Unloading, other: Unloading, least: float) -> Unloading:
    """The path with a stiff compliance such that the pair has at least ``least``."""
    missing = maximum(least - path.stiff - other.stiff, 0.0) * select(other.soft > 0.0, 0.5, 1.0)
    stiff = path.stiff + select(path.soft > 0.0, missing, 0.0)
    return Unloading(path.absorbed, path.cap, stiff, path.soft, path.knee_share, path.knee_limit)


@traced
def paths(raw: Floats, base: int, found: Floats, like: float) -> tuple[Unloading, Unloading]:
    """How both fronts unload, from what the two-mass line has found."""
    sides = []
    for own, law, limit in ((N_CASE, LAW_A, LIMIT_A), (base, LAW_B, LIMIT_B)):
        absorbed = Absorbed(*(row(found, law + k, like) for k in range(4)))
        sides.append(
            (absorbed, row(raw, own + SOFT_SHARE, like), row(raw, own + UNLOADING, like), row(found, limit, like))
        )
    return unloading(row(found, PEAK, like), sides[0], sides[1], row(raw, RESTITUTION, like))


@traced
def put_case(constants: Floats, raw: Floats, base: int, found: Floats, h: float, like: float) -> None:
    """All constants but those of the loading curve, and how both fronts will unload."""
    free_a, free_b = paths(raw, base, found, like)
    least = h * h / (STIFFEST * reduced(compartment(raw, N_CASE, like), compartment(raw, base, like)))
    path_a, path_b = raised(free_a, free_b, least), raised(free_b, free_a, least)
    share = row(found, PEAK + 2, like) / row(found, PEAK + 1, like)
    rate_a = row(raw, N_CASE + RATE, like) * share * share
    rate_b = row(raw, base + RATE, like) * (1.0 - share) * (1.0 - share)
    for at, values in ((PATH_A, path_a), (PATH_B, path_b), (RATE_A, (rate_a, rate_b))):
        for k, value in enumerate(values):
            store(found, (at + k) * count(like), value)
    _put_pair(constants, raw, base, path_a, path_b, rate_a + rate_b)
    store(constants, LET_GO * count(like), row(raw, RELEASE, like))
    mass = reduced(row(raw, N_CASE + MASS, like), row(raw, base + MASS, like))
    for own, first, space, end in ((N_CASE, OWN_A, SPACE_A, END_A), (base, OWN_B, SPACE_B, END_B)):
        put_own(constants, first, raw, own, h, row(raw, CLOSING, like) * mass / row(raw, own + MASS, like))
        reach = row(found, space, like)
        store(constants, end * count(like), reach)
        store(constants, (end + 1) * count(like), select(reach < math.inf, 1.0 / row(raw, own + TAIL, like), 0.0))


@traced
def write(array: Floats, k: int, lane: int, lanes: int, values: tuple[float, ...]) -> None:
    """Write numbers of one lane to the rows from ``k`` on."""
    for i, value in enumerate(values):
        array[(k + i) * lanes + lane] = value


@subroutine
def two_masses(raw: Floats, points: int, lane: int, lanes: int, curve: Floats, found: Floats) -> int:
    """The crash without engines and occupants up to its peak, into ``curve`` and ``found``; returns the number of kinks."""
    base = N_CASE + N_VEHICLE + 2 * points
    a, b = front(raw, N_CASE, points, lane, lanes), front(raw, base, points, lane, lanes)
    mass = reduced(raw[(N_CASE + MASS) * lanes + lane], raw[(base + MASS) * lanes + lane])
    kinks = merge(raw, a, b, curve)
    peak = peak_at_energy(curve, kinks, 0.5 * mass * raw[CLOSING * lanes + lane] ** 2)
    write(found, PEAK, lane, lanes, peak)
    write(found, LAW_A, lane, lanes, absorbed(raw, a, peak.crush_a))
    write(found, LAW_B, lane, lanes, absorbed(raw, b, peak.mutual - peak.crush_a))
    found[USED * lanes + lane] = kinks
    for side in range(2):
        f = a if side == 0 else b
        found[(LIMIT_A + side) * lanes + lane] = raw[f.force] if f.points > 0 else math.inf
        found[(SPACE_A + side) * lanes + lane] = raw[f.force + (f.points - 1) * lanes] if f.points > 0 else math.inf
    return kinks


@subroutine
def put_kinks(constants: Floats, lane: int, lanes: int, curve: Floats, kinks: int, most: int) -> None:
    """The loading curve as F(d) = sum of (slope change) max(d - kink, 0); lanes with fewer kinks get empty ones."""
    before = 0.0
    for j in range(most):
        at = (KINKS + 2 * j) * lanes + lane
        if j < kinks:
            constants[at], constants[at + lanes] = curve[j, D], curve[j, SLOPE] - before
            before = curve[j, SLOPE]
        else:
            constants[at], constants[at + lanes] = math.inf, 0.0
