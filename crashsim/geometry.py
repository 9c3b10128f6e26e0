"""How two ends meet: overlap in width, ride height, door and sill; what that does to the crush curves of both.

Everything here is a declared heuristic (tag J) on two measured tables: where across and where up the 2018 Camry pushed on a
load-cell wall (NHTSA test 10146).  None of it is validated; all of it can be swept.  Arguments are floats or arrays over the
cases, SI; the formulas, their evidence and their limits: docs/geometry.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crashsim import momentum, structure
from crashsim.structure import Structure

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Column = Floats | float

# Share of the wall force within the outer fraction of the width, up to 0.6 m of crush (test 10146, tag C).
WIDTH: Final = (0.0, 0.10, 0.20, 0.25, 0.30, 0.40, 0.50, 0.75, 1.0)
WIDTH_SHARE: Final = (0.0, 0.012, 0.129, 0.230, 0.308, 0.408, 0.50, 0.77, 1.0)
# Share of the wall force in rows of cells 125 mm high, from 80 mm over ground up (the same test; the clearance is assumed).
ROW: Final = 0.125
ROW_SHARE: Final = (0.002, 0.227, 0.180, 0.436, 0.057, 0.074, 0.023)

RAILS_MISSED, RAILS_MET = 0.25, 0.40  # overlaps of the small and the moderate overlap test (tag J as limits)
SLIDES: Final = 0.30  # overlap below which fronts slide past each other: up to 27 % all tests did (tag J as a limit)
RAIL_EFFECTIVENESS: Final = 0.5  # force left of the share once the rails are missed (tag J)
STRUCK_SIDE: Final = 0.5  # of the structure beside the overlap, what bears at the end of the crush space (tag J)
ENGINE_REACH: Final = 0.57  # of the crush space: 0.42 m of 0.75 m, where the engine of test 10146 peaked (29 ms; tag C)
RETAINED_SPEED: Final = 0.16  # of the closing speed: 1 - mean dvx/v of 12 IIHS tests at 20-27 % (0.01-0.45; tag C)
HEURISTICS: Final = {
    "rail_effectiveness": (RAIL_EFFECTIVENESS, "J"), "struck_side": (STRUCK_SIDE, "J"),
    "engine_reach": (ENGINE_REACH, "J"), "retained_speed": (RETAINED_SPEED, "C"),
}  # fmt: skip  # options of `meeting`: default and tag
RIDE_DOWN: Final = 0.51  # of the energy of an occupant: the part that the structure takes (driver of test 10146, tag C)
OVERRIDE: Final = 0.5  # of the force paths: fewer that meet are called override (tag J)
SILL_RISE: Final = 2.0 * structure.MINIMUM_RISE  # slope of the sill's plateau over its stiffness
APART: Final = 1e-6  # of the crush space: how near a new point of a curve may come to an old one


@dataclass(frozen=True)
class Meeting:
    """How two ends meet; the defaults are those of ends that meet squarely.

    Attributes
    ----------
    early, late : float or array
        Share of its force that each front has until the engine block is engaged, and from the end of the crush space on.
    reach : float or array
        Share of the crush space at which the engine block is engaged.
    height_match : float or array
        Share of the force paths that meet in height.
    height_offset : float or array
        Height of the second vehicle's beam over the first one's [m].
    retained_speed : float or array
        Separation speed over closing speed of fronts that slide past each other; 0 for those that do not.
    overridden : pair of bool or array
        Whether the partner rides over this vehicle, or over its sill.
    """

    early: Column = 1.0
    late: Column = 1.0
    reach: Column = ENGINE_REACH
    height_match: Column = 1.0
    height_offset: Column = 0.0
    retained_speed: Column = 0.0
    overridden: tuple[Flags | bool, Flags | bool] = (False, False)


SQUARE: Final = Meeting()


def overlap_share(overlap: ArrayLike) -> Floats:
    """Share of the structure within an overlap (shared width over width, 0..1): straight between the measured points."""
    return np.asarray(np.interp(np.asarray(overlap, float), WIDTH, WIDTH_SHARE))


def rails_missed(overlap: ArrayLike) -> Floats:
    """1 up to an overlap of 25 %, where the rails are missed, 0 from 40 % on, straight between (tag J)."""
    return np.asarray(np.clip((RAILS_MET - np.asarray(overlap, float)) / (RAILS_MET - RAILS_MISSED), 0.0, 1.0))


def height_match(offset: ArrayLike) -> Floats:
    """Share S of the force paths that meet at a ride-height offset [m] of either sign.

    ``S(dh) = sum over height of min(f(h), f(h - dh))`` with the measured shares f, which is straight between whole rows:
    1, 0.50, 0.38, 0.16, 0.10 at 0, 125, 250, 375, 500 mm and 0 from 875 mm on.
    """
    f = np.array(ROW_SHARE) / sum(ROW_SHARE)
    common = [np.minimum(f[: len(f) - k], f[k:]).sum() for k in range(len(f))]
    return np.asarray(np.interp(np.abs(np.asarray(offset, float)), ROW * np.arange(len(f) + 1), [*common, 0.0]))


def meeting(
    overlap: Column = 1.0,
    height_offset: Column = 0.0,
    *,
    rail_effectiveness: Column = RAIL_EFFECTIVENESS,
    struck_side: Column = STRUCK_SIDE,
    engine_reach: Column = ENGINE_REACH,
    retained_speed: Column = RETAINED_SPEED,
) -> Meeting:
    """How two ends meet with an overlap (0.2..1) and a ride-height offset [m] (positive: the second one is the higher).

    early = S psi,   late = psi + (1 - psi) struck_side,   psi = share (1 - missed (1 - rail_effectiveness))
    """
    missed, match, offset = rails_missed(overlap), height_match(height_offset), np.asarray(height_offset, float)
    engaged_share = overlap_share(overlap) * (1.0 - missed * (1.0 - rail_effectiveness))
    ridden_over = match < OVERRIDE
    return Meeting(
        early=match * engaged_share,
        late=engaged_share + (1.0 - engaged_share) * struck_side,
        reach=engine_reach,
        height_match=match,
        height_offset=height_offset,
        retained_speed=np.where(np.asarray(overlap) < SLIDES, retained_speed, 0.0),
        overridden=(ridden_over & (offset > 0.0), ridden_over & (offset < 0.0)),
    )


# ---- what it does to the structures ------------------------------------------------------------------------------------


def engaged(ends: Structure, met: Meeting) -> Structure:
    """The structure as the partner meets it: every force times ``g(x)``.

    g is ``early`` until the engine block is engaged at ``reach`` of the crush space, rises in a straight line to ``late`` at
    its end and stays there; the compartment and the unloading have ``late``.  A rising curve stays rising, since g never
    falls where late >= early.  The curve gets one more point.  A rigid body stays as it is.
    """
    if ends.points == 0:
        return ends
    early, late = (np.asarray(share, float) for share in (met.early, met.late))
    start = np.asarray(met.reach, float) * ends.crush_space
    crush, force = _with_point(ends, start)
    way = (crush - start[..., None]) / (ends.crush_space - start)[..., None]
    share = early[..., None] + (late - early)[..., None] * np.clip(way, 0.0, 1.0)
    scaled = replace(ends, crush=crush, force=share * force, compartment_stiffness=late * ends.compartment_stiffness,
                     unloading_stiffness=late * ends.unloading_stiffness)  # fmt: skip
    return structure.wide(scaled, np.broadcast_shapes(crush.shape[:-1], early.shape, late.shape))


def door_and_sill(door: Structure, stiffness: Column, plateau: Column, meets: Column) -> Structure:
    """A door, and beside it the sill (stiffness [N/m], plateau force [N]) where a bumper meets it: ``meets`` 1, else 0.

    Both bear together at one crush: ``F = F_door + meets min(k x, Fp + 0.02 k (x - Fp/k))``; the end of the crush space and
    what lies beyond it are the door's.
    """
    k, fp = np.asarray(stiffness, float)[..., None], np.asarray(plateau, float)[..., None]
    crush, force = _with_point(door, np.minimum((fp / k)[..., 0], door.crush_space))
    sill = np.minimum(k * crush, fp + SILL_RISE * k * (crush - fp / k))
    both = replace(door, crush=crush, force=force + np.asarray(meets, float)[..., None] * sill)
    return structure.wide(both, np.broadcast_shapes(crush.shape[:-1], both.force.shape[:-1]))


def _with_point(ends: Structure, at: Floats) -> tuple[Floats, Floats]:
    """Crush and force at the points of a curve and at one more, (..., points + 1).

    One that falls upon an old point is put just behind it, except at the end of the crush space.
    """
    space = ends.crush_space
    near = np.min(np.abs(ends.crush - at[..., None]), axis=-1) < APART * space
    at = np.where(near & (at < (1.0 - 3.0 * APART) * space), at + 2.0 * APART * space, at)
    old = np.broadcast_to(ends.crush, (*at.shape, ends.points))
    crush = np.sort(np.concatenate([old, at[..., None]], axis=-1), axis=-1)
    into = np.clip(crush[..., None] - ends.crush[..., None, :-1], 0.0, np.diff(ends.crush, axis=-1)[..., None, :])
    return crush, np.asarray(np.sum(into * ends.slopes[..., None, :-1], axis=-1))


# ---- what comes of it --------------------------------------------------------------------------------------------------


def release(
    pair: tuple[Structure, Structure], mass: Floats, moving: Floats, closing_speed: Floats, retained: Column
) -> Floats:
    """Mutual crush [m] at which the fronts let go of each other, so that the share r of the closing speed V is left.

    There both structures (as they meet) have absorbed, with the reduced mass m and dv_i = (m/m_i) (1 - r) V,

        E = (1 - r^2) m V^2 / 2 - (1 - ride-down) sum of m_o,i dv_i^2 / 2

    where the second part is what restraints take of the occupants; infinite where nothing is retained.  ``mass``, ``moving``
    (torso and head m_o): (cases, 2) [kg]; ``closing_speed`` (cases,) [m/s].  An engine block of its own is not counted.
    """
    r = np.broadcast_to(np.asarray(retained, float), closing_speed.shape)
    if not np.any(r):
        return np.broadcast_to(np.inf, r.shape)
    m = momentum.reduced_mass(mass[:, 0], mass[:, 1])
    of_occupants = np.sum(moving * (m[:, None] / mass) ** 2, axis=-1) * (1.0 - r) ** 2
    energy = 0.5 * closing_speed**2 * ((1.0 - r * r) * m - (1.0 - RIDE_DOWN) * of_occupants)
    force = structure.peak_force(pair, energy)
    return np.asarray(np.where(r > 0.0, sum(structure.crush_at_force(ends, force) for ends in pair), np.inf))


def upper_intrusion(pair: tuple[Structure, Structure], met: Meeting, crush: Floats, intrusion: Floats) -> Floats:
    """Intrusion above the floor [m], (cases, 2): of the lower vehicle more than at its floor, of the other the same (tag J).

    The share of the higher front that meets nothing is not crushed and goes on above the rails of the lower one:
    ``x_low + (1 - S) x_high - crush space of the lower one``.
    """
    offset, unmet = np.asarray(met.height_offset, float), 1.0 - np.asarray(met.height_match, float)
    if not np.any(offset):
        return intrusion
    lower = np.stack([offset > 0.0, offset < 0.0], axis=-1)
    space = np.stack([np.broadcast_to(ends.crush_space, crush.shape[:1]) for ends in pair], axis=-1)
    above = crush + unmet[..., None] * crush[:, ::-1] - space
    return np.asarray(np.where(lower, np.maximum(above, intrusion), intrusion))
