"""Crush curves: what one end of a vehicle does when it is pushed in.

A curve is piecewise linear and never falls: points (crush, force) from (0, 0) to the end of the crush space, then the
compartment with a constant stiffness.  Unloading goes along two straight branches (see ``kernels/crash.py``).  All fields
may carry a leading axis of cases; the last axis of ``crush`` and ``force`` runs over the points of the curve.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crashsim.errors import StructureError

Floats = NDArray[np.float64]

COMPARTMENT_RANGE = 0.40  # m of intrusion beyond which the compartment law says nothing (tag J)
SOFT_SHARE = 0.30  # share of the returned energy that comes back on the soft branch (2018 Camry, NHTSA test 10146)
MINIMUM_RISE = 0.01  # of the initial stiffness: a plateau must rise, so that crush is a function of force


@dataclass(frozen=True)
class Structure:
    """One end of one vehicle (or of many: a leading axis of cases).

    Attributes
    ----------
    crush, force : array
        Points of the loading curve, shape (..., points) [m], [N]; the first is (0, 0).
    compartment_stiffness : array
        Slope beyond the last point [N/m].
    crush_space : array
        Crush at which the compartment begins to be pushed in [m]; more is intrusion.
    compartment_range : array
        Intrusion up to which the compartment law holds [m].
    unloading_stiffness : array
        Slope of the stiff unloading branch [N/m], at least the steepest loading slope.
    unloading_soft_share : array
        Share of the returned energy on the soft branch, 0..0.9.
    rate : array
        Rise of the force per speed of crush [s/m]: ``F = F_static (1 + rate d')``.
    """

    crush: Floats
    force: Floats
    compartment_stiffness: Floats
    crush_space: Floats
    compartment_range: Floats
    unloading_stiffness: Floats
    unloading_soft_share: Floats
    rate: Floats

    @property
    def points(self) -> int:
        """Number of points of the curve; 0 for a rigid body."""
        return int(self.crush.shape[-1])

    @property
    def initial_stiffness(self) -> Floats:
        """Slope of the first segment [N/m]."""
        return self.slopes[..., 0]

    @property
    def slopes(self) -> Floats:
        """Slopes of all segments, the compartment last, shape (..., points) [N/m]."""
        inner = np.diff(self.force, axis=-1) / np.diff(self.crush, axis=-1)
        return np.concatenate([inner, self.compartment_stiffness[..., None]], axis=-1)


def plateau(
    stiffness: ArrayLike,
    plateau: ArrayLike,
    crush_space: ArrayLike,
    compartment_stiffness: ArrayLike,
    unloading_stiffness: ArrayLike,
    *,
    plateau_slope: ArrayLike | None = None,
    compartment_range: ArrayLike = COMPARTMENT_RANGE,
    unloading_soft_share: ArrayLike = SOFT_SHARE,
    rate: ArrayLike = 0.0,
) -> Structure:
    """Spring to a (rising) plateau up to the crush space, then the compartment.

    ``F = k x`` to the plateau force, then ``Fp + kp (x - Fp/k)``; kp defaults to 2 % of k.  SI units; arguments broadcast.
    """
    k, fp, space = (np.asarray(a, float) for a in (stiffness, plateau, crush_space))
    kp = 2.0 * MINIMUM_RISE * k if plateau_slope is None else np.asarray(plateau_slope, float)
    k, fp, space, kp = np.broadcast_arrays(k, fp, space, kp)
    knee = fp / k
    zero = np.zeros_like(k)
    return _structure(
        np.stack([zero, knee, space], axis=-1),
        np.stack([zero, fp, fp + kp * (space - knee)], axis=-1),
        compartment_stiffness, unloading_stiffness, compartment_range, unloading_soft_share, rate,
    )  # fmt: skip


def curve(
    crush: ArrayLike,
    force: ArrayLike,
    compartment_stiffness: ArrayLike,
    unloading_stiffness: ArrayLike,
    *,
    compartment_range: ArrayLike = COMPARTMENT_RANGE,
    unloading_soft_share: ArrayLike = SOFT_SHARE,
    rate: ArrayLike = 0.0,
) -> Structure:
    """Loading curve given by points, shape (..., points) [m], [N]; the last point is the end of the crush space."""
    return _structure(
        np.asarray(crush, float), np.asarray(force, float),
        compartment_stiffness, unloading_stiffness, compartment_range, unloading_soft_share, rate,
    )  # fmt: skip


def spring(stiffness: ArrayLike, unloading_stiffness: ArrayLike, *, unloading_soft_share: ArrayLike = 0.0) -> Structure:
    """Linear spring without end: no plateau, no compartment [N/m]."""
    k = np.asarray(stiffness, float)
    zero = np.zeros((*k.shape, 1))
    endless = _structure(zero, zero, k, unloading_stiffness, np.inf, unloading_soft_share, 0.0)
    return Structure(**{**vars(endless), "crush_space": np.broadcast_to(np.inf, endless.crush_space.shape)})


def rigid() -> Structure:
    """A body that does not deform (a wall)."""
    none = np.zeros(0)
    return Structure(none, none, *(np.asarray(v) for v in (np.inf, 0.0, np.inf, np.inf, 0.0, 0.0)))


def _structure(crush: Floats, force: Floats, *law: ArrayLike) -> Structure:
    """``law``: stiffness and range of the compartment, unloading stiffness, soft share, rate; as ``curve`` has them."""
    kc, ku, reach, share, rate = (np.asarray(a, float) for a in law)
    shapes = (a.shape for a in (kc, ku, reach, share, rate))
    cases = np.broadcast_shapes(crush.shape[:-1], force.shape[:-1], *shapes)
    return wide(Structure(crush, force, kc, crush[..., -1], reach, ku, share, rate), cases)


def wide(structure: Structure, cases: tuple[int, ...]) -> Structure:
    """The same structure with leading axes of cases; what is the same in all of them is not copied."""
    return Structure(**{
        name: np.broadcast_to(value, (*cases, *value.shape[-1:]) if name in ("crush", "force") else cases)
        for name, value in vars(structure).items()
    })  # fmt: skip


def faults(structure: Structure, *, minimum_rise: float = 0.0) -> list[tuple[str, NDArray[np.bool_], str]]:
    """What is wrong with a structure: (field, where over the cases, what was expected); empty when nothing is.

    ``minimum_rise``: least slope of every segment as a share of the initial stiffness.  A curve is never repaired.
    """
    if structure.points == 0:
        return []
    found: list[tuple[str, NDArray[np.bool_], str]] = []

    def note(field: str, wrong: NDArray[np.bool_], expected: str) -> None:
        if np.any(wrong):
            found.append((field, np.asarray(wrong), expected))

    steps = np.diff(structure.crush, axis=-1)
    started = (structure.crush[..., 0] == 0) & (structure.force[..., 0] == 0)
    note("curve", ~started, "a first point of zero crush and zero force")
    note("curve", ~np.all(np.isfinite(structure.force), axis=-1), "finite forces")
    note("crush_space", ~np.all(steps > 0, axis=-1), "crush must grow from point to point (a plateau needs "
         "crush_space > plateau / stiffness)")  # fmt: skip
    if found:
        return found
    slopes, first = structure.slopes, structure.initial_stiffness
    least = minimum_rise * first[..., None]
    flat = np.any(slopes[..., :-1] < least * (1 - 1e-12), axis=-1) | np.any(slopes < 0, axis=-1)
    expected = (
        f"force that rises by at least {minimum_rise:.0%} of the initial stiffness" if minimum_rise else "no softening"
    )
    note("stiffness", ~(first > 0), "an initial stiffness above zero")
    note("compartment_stiffness", ~(structure.compartment_stiffness > 0), "more than zero")
    note("plateau_slope", flat, f"{expected} (a falling curve is refused, not repaired)")
    steepest = slopes.max(axis=-1)
    note("unloading_stiffness", structure.unloading_stiffness < steepest * (1 - 1e-12),
         "at least the steepest loading slope, compartment included")  # fmt: skip
    share = structure.unloading_soft_share
    note("unloading_soft_share", (share < 0) | (share > 0.9), "a share from 0 to 0.9")
    note("rate", ~(structure.rate >= 0), "zero or more")
    return found


def require_valid(structure: Structure, name: str = "structure", *, minimum_rise: float = 0.0) -> None:
    """Raise StructureError with every fault of ``structure``."""
    found = faults(structure, minimum_rise=minimum_rise)
    if found:
        raise StructureError("; ".join(f"{name}.{field}: expected {text}" for field, _, text in found))


def crush_force(structure: Structure, crush: ArrayLike) -> Floats:
    """Loading force [N] at a crush [m] of one structure (no case axis); constant slope beyond the last point."""
    x = np.asarray(crush, float)
    last_x, last_f = structure.crush[-1], structure.force[-1]
    inside = np.interp(x, structure.crush, structure.force)
    return np.asarray(np.where(x > last_x, last_f + structure.compartment_stiffness * (x - last_x), inside))


def crush_energy(structure: Structure, crush: float) -> float:
    """Energy absorbed up to a crush [J]: the exact area under the loading curve of one structure (no case axis)."""
    points = np.append(structure.crush[structure.crush < crush], crush)
    return float(np.trapezoid(crush_force(structure, points), points))


def crush_at_energy(structure: Structure, energy: float) -> float:
    """Crush at which one structure (no case axis) has absorbed ``energy`` [J]: the inverse of `crush_energy` [m].

    On each segment ``F0 dx + s dx^2 / 2 = E - E0``, so that ``dx = 2 (E - E0) / (F0 + sqrt(F0^2 + 2 s (E - E0)))``.
    """
    if energy <= 0.0:
        return 0.0
    inside = np.diff(structure.crush) * 0.5 * (structure.force[1:] + structure.force[:-1])
    absorbed = np.concatenate([[0.0], np.cumsum(inside)])
    i = int(np.searchsorted(absorbed, energy, side="right")) - 1
    rest, force = energy - absorbed[i], structure.force[i]
    return float(structure.crush[i] + 2.0 * rest / (force + np.sqrt(force**2 + 2.0 * structure.slopes[i] * rest)))


# ---- two structures in series: what they can give back -----------------------------------------------------------------


def crush_at_force(structure: Structure, force: Floats) -> Floats:
    """Crush [m] when the force reaches ``force`` [N] (shape of the cases); the curve must rise everywhere."""
    if structure.points == 0:
        return np.zeros_like(force)
    return np.asarray(np.sum(_crushed(structure, force), axis=-1))


def energy_at_force(structure: Structure, force: Floats) -> Floats:
    """Energy absorbed [J] when the force reaches ``force`` [N] (shape of the cases); the curve must rise everywhere."""
    if structure.points == 0:
        return np.zeros_like(force)
    dx = _crushed(structure, force)
    return np.asarray(np.sum(dx * (structure.force + 0.5 * structure.slopes * dx), axis=-1))


def _crushed(structure: Structure, force: Floats) -> Floats:
    """How much of each segment is crushed at a force [m], shape (..., points); the compartment last."""
    x = np.append(structure.crush, np.full((*structure.crush.shape[:-1], 1), np.inf), axis=-1)
    reached = np.clip(force[..., None] - structure.force, 0.0, None)
    return np.asarray(np.minimum(reached / structure.slopes, np.diff(x, axis=-1)))


def peak_force(structures: tuple[Structure, Structure], energy: Floats) -> Floats:
    """Force [N] at which two rising structures in series have absorbed ``energy`` [J] together.

    Between two kinks ``F^2 = F0^2 + 2 k (E - E0)`` with k the stiffness of the two in series; the last kink that the energy
    reaches decides.
    """
    force = np.zeros_like(energy)
    kinks = np.sort(np.concatenate([s.force for s in structures if s.points], axis=-1), axis=-1)
    for start in np.moveaxis(kinks, -1, 0):
        spent = sum(energy_at_force(s, start) for s in structures)
        compliance = sum(1.0 / _slope_above(s, start) for s in structures if s.points)
        beyond = np.sqrt(start**2 + 2.0 * np.maximum(energy - spent, 0.0) / compliance)
        force = np.where(spent <= energy, beyond, force)
    return force


def _slope_above(structure: Structure, force: Floats) -> Floats:
    """Slope of the loading curve just above a force [N/m]."""
    segment = np.sum(force[..., None] >= structure.force, axis=-1) - 1
    return np.asarray(np.take_along_axis(structure.slopes, segment[..., None], axis=-1)[..., 0])


def restitution_cap(structures: tuple[Structure, Structure], energy: Floats) -> Floats:
    """Largest restitution that the unloading law can give after ``energy`` [J] of crush: no branch is softer than loading.

    ``e_cap^2 = sum U_i / E`` with U_i the energy returned when the stiff branch has the steepest loading slope met so far.
    """
    force = peak_force(structures, energy)
    returned = sum(_largest_return(s, force) for s in structures)
    return np.asarray(np.sqrt(returned / energy))


def _largest_return(structure: Structure, force: Floats) -> Floats:
    if structure.points == 0:
        return np.zeros_like(force)
    slopes, share = structure.slopes, structure.unloading_soft_share
    k1 = slopes[..., 0]
    steepest = np.max(np.where(force[..., None] > structure.force, slopes, 0.0), axis=-1)
    end_of_first = structure.force[..., 1] if structure.points > 1 else np.inf
    first = 0.5 * np.minimum(force, end_of_first) ** 2 / k1
    whole = force**2 / (2.0 * ((1.0 - share) * steepest + share * k1))
    clipped = first + (force**2 - 2.0 * k1 * first) / (2.0 * steepest)
    return np.asarray(np.where(share * whole > first, clipped, whole))
