"""Compatibility measures: how stiff, how strong and how high a front meets its partner.

All of them are of one front against a rigid full-width wall.  KW400 and AHOF400 are defined on the forces of a load-cell wall;
of a crush curve they are estimates, since the curve is what the compartment feels: the engine's and the front end's own inertia,
which the wall feels first, is not in it (Camry 2018: 1,016 N/mm by the wall, see docs/reconstruction.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crashsim import structure, units
from crashsim.structure import Structure

Floats = NDArray[np.float64]

SPAN: Final = (0.025, 0.400)  # m of crush
WALL_SPEED: Final = 56.0 * units.KMH  # of the US NCAP full-width test

# name: label, dimension, definition, tag of the definition
MEASURES: Final = {
    "mass": ("mass", "mass", "with occupants and cargo", "C"),
    "kw400": ("KW400", "stiffness", "2 int F dx / (0.400^2 - 0.025^2), crush 25 to 400 mm (Patel, Mohan: ESV 2007)", "M?"),
    "kw400_by_span": ("KW400, other form", "stiffness", "2 int F dx / 0.375^2, as some write it", "M?"),
    "ahof400": ("AHOF400", "length", "mean height of the wall force weighted by force and crush, 25 to 400 mm (ESV 07-0231)", "M"),
    "bumper_height": ("bumper beam, middle", "length", "over ground; no force height is known without a load-cell wall", "J"),
    "dynamic_crush": ("crush at 56 km/h", "length", "greatest crush in a full-width wall impact at 56 km/h", "C"),
    "mean_force": ("mean force at 56 km/h", "force", "energy over crush of that impact", "C"),
    "peak_force": ("peak force at 56 km/h", "force", "force at the end of that crush", "C"),
}  # fmt: skip


@dataclass(frozen=True)
class Compatibility:
    """The measures of `MEASURES` for one vehicle, SI; NaN where nothing is known."""

    mass: float
    kw400: float
    kw400_by_span: float
    ahof400: float
    bumper_height: float
    dynamic_crush: float
    mean_force: float
    peak_force: float


def work(crush: ArrayLike, force: ArrayLike, start: float = SPAN[0], end: float = SPAN[1]) -> Floats:
    """``int F dx`` between two crushes [J], force (..., n) [N] straight between the points of a rising crush (n,) [m].

    Raises ValueError where the points do not reach from start to end.
    """
    x = np.asarray(crush, float)
    if not x[0] <= start < end <= x[-1]:
        raise ValueError(f"crush: expected points from {1e3 * start:g} to {1e3 * end:g} mm")
    at = np.concatenate([[start], x[(x > start) & (x < end)], [end]])
    rows = np.atleast_2d(np.asarray(force, float))
    found = [np.trapezoid(np.interp(at, x, row), at) for row in rows]
    return np.asarray(found).reshape(np.shape(force)[:-1])


def kw400(crush: ArrayLike, force: ArrayLike) -> float:
    """KW400 [N/m]: the linear spring that takes up the same work from 25 to 400 mm, ``2 int F dx / (0.400^2 - 0.025^2)``."""
    return float(2.0 * work(crush, force) / (SPAN[1] ** 2 - SPAN[0] ** 2))


def kw400_by_span(crush: ArrayLike, force: ArrayLike) -> float:
    """KW400 as some write it [N/m]: ``2 int F dx / (0.400 - 0.025)^2``, 13 % more."""
    return float(2.0 * work(crush, force) / (SPAN[1] - SPAN[0]) ** 2)


def ahof400(height: ArrayLike, row_work: ArrayLike) -> float:
    """AHOF400 [m]: heights of the rows of cells (rows,) [m] weighted by the work on each from 25 to 400 mm (rows,) [J].

    ``int HOF F dx / int F dx`` with HOF = sum F_i h_i / sum F_i is the same sum.
    """
    h, w = np.asarray(height, float), np.asarray(row_work, float)
    return float(np.sum(h * w) / np.sum(w))


def compatibility(
    front: Structure, mass: float, *, ahof: float = np.nan, bumper_height: float = np.nan
) -> Compatibility:
    """The measures of one front (no case axis) of a vehicle of a mass [kg]; heights [m] where they are known."""
    points = np.union1d(front.crush, SPAN)
    force = structure.crush_force(front, points)
    energy = 0.5 * mass * WALL_SPEED**2
    crush = structure.crush_at_energy(front, energy)
    peak = float(structure.crush_force(front, crush))
    return Compatibility(
        mass, kw400(points, force), kw400_by_span(points, force), ahof, bumper_height, crush, energy / crush, peak
    )
