"""Classes of vehicles: the law of a front from its class, its width and its model year, fitted to wall tests.

Full-width wall tests say that the compartment of a vehicle stops as on a linear spring (docs/classes.md): crush grows with
speed, and the peak deceleration is ``v^2 / x``.  The stiffness goes with the width ``w``; mass adds nothing to it:

    k = kappa w (1 + trend)^((year - reference) / 10 years)        from the first year of the tests to the reference year
    F = k x                                                        to the end of the crush space, then the compartment

A tape measures less than the vehicle was crushed: ``c = share (x - offset)``, with a scatter of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

KNEE = 0.5  # of the crush space: where the plateau begins, which rises as steeply as the spring, so that nothing bends there
DECADE = 10.0  # years


@dataclass(frozen=True)
class ClassLaw:
    """The front of a class of vehicles, SI.

    Attributes
    ----------
    stiffness_per_width : float
        ``kappa``, stiffness per metre of the vehicle's width from the reference year on [N/m^2].
    trend : float
        Growth of the stiffness in the ten model years before it, as a share.
    crush_space : float
        Crush at which the compartment begins to be pushed in [m].
    compartment_stiffness : float
        Slope beyond the crush space [N/m].
    restitution : float
        Restitution at a rigid wall within the crush space.
    spread : float
        Geometric standard deviation of one factor on all forces, from vehicle to vehicle of the class.
    """

    stiffness_per_width: float
    trend: float
    crush_space: float
    compartment_stiffness: float
    restitution: float
    spread: float


@dataclass(frozen=True)
class Tape:
    """Static crush, as a tape measures it, from dynamic crush: ``share (x - offset)`` [m].

    ``scatter`` is the geometric standard deviation of the measured value around that.
    """

    share: float
    offset: float
    scatter: float


@dataclass(frozen=True)
class VehicleClass:
    """A class: front, tape, width [m] of a vehicle that gives none, reference year, and the first and last year of its tests."""

    name: str
    front: ClassLaw
    tape: Tape
    width: float
    reference: float
    years: tuple[float, float]


def stiffness(vehicle_class: VehicleClass, width: float, year: float) -> float:
    """Stiffness [N/m] of the front of a vehicle of a class, by width [m] and model year."""
    law = vehicle_class.front
    growing = float(np.clip(year, vehicle_class.years[0], vehicle_class.reference))
    growth = (1.0 + law.trend) ** ((growing - vehicle_class.reference) / DECADE)
    return float(law.stiffness_per_width * width * growth)


def unloading_stiffness(loading: float, restitution: float, soft_share: float) -> float:
    """Stiff unloading slope [N/m] by which a linear spring gives back ``restitution^2`` of its energy.

    ``k (1/e^2 - s) / (1 - s)``, with ``s`` the share of that energy that comes back on the soft branch.
    """
    return loading * (restitution**-2 - soft_share) / (1.0 - soft_share)


def static_crush(tape: Tape, dynamic: ArrayLike) -> Floats:
    """Static crush [m] that a tape finds after a dynamic crush [m]; none up to the offset."""
    return tape.share * np.maximum(np.asarray(dynamic, float) - tape.offset, 0.0)
