"""Crashes to time: a kei car and a pickup, each with an engine and a belted occupant, every number drawn +-15 %.

The numbers are judgement, of the size that the vehicle library and the restraint tables hold; no result rests on them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from crashsim.kernels.columns import ABSENT

Vehicle = dict[str, Any]  # column of crashsim.kernels.columns.VEHICLE -> one number or one per crash; and crush, force

CLOSING_SPEED, SPREAD = 29.0, 0.15  # m/s
OCCUPANT: dict[str, float] = {
    "torso_mass": 40.0, "head_mass": 4.5,
    "belt_slack": 0.03, "belt_stiffness": 90e3, "belt_limit": 7e3, "belt_unloading": 700e3,
    "pretensioner_time": 0.015, "pretensioner_duration": 0.01, "pretensioner_stroke": 0.08, "pretensioner_force": 2e3,
    "airbag_fire": 0.015, "airbag_full": 0.04,
    "airbag_gap": 0.15, "airbag_stiffness": 30e3, "airbag_limit": 6e3, "airbag_unloading": 200e3, "airbag_damping": 0.05,
    "knee_gap": 0.17, "knee_stiffness": 100e3, "knee_limit": 8e3, "knee_unloading": 800e3,
    "neck_stiffness": 6e3, "neck_damping": 120.0,
    "head_bag_gap": 0.2, "head_bag_stiffness": 8e3, "head_bag_limit": 3e3, "head_bag_unloading": 50e3,
    "head_bag_damping": 0.05,
    "head_contact_gap": 0.5, "head_contact_stiffness": 500e3, "head_contact_limit": 20e3, "head_contact_unloading": 2e6,
}  # fmt: skip
KEI: dict[str, float] = {
    "mass": 892.0, "engine_mass": 120.0, "engine_gap": 0.3, "engine_stiffness": 8e6, "engine_unloading": 30e6,
    "firewall_gap": 0.1, "firewall_stiffness": 4e6, "firewall_unloading": 20e6, "mount_stiffness": 4e5, "mount_damping": 2e3,
    **OCCUPANT,
    "compartment_stiffness": 3e6, "unloading_stiffness": 27e6,
}  # fmt: skip
PICKUP: dict[str, float] = {
    "mass": 2570.0, "engine_mass": 300.0, "engine_gap": 0.45, "engine_stiffness": 16e6, "engine_unloading": 60e6,
    "firewall_gap": 0.15, "firewall_stiffness": 6e6, "firewall_unloading": 30e6, "mount_stiffness": 6e5, "mount_damping": 3e3,
    **OCCUPANT,
    "compartment_stiffness": 6e6, "unloading_stiffness": 65e6,
}  # fmt: skip
CURVES = ((1.2e6, 270e3, 0.48, 0.1e6), (1.6e6, 430e3, 0.75, 0.9e6))  # rise N/m, plateau N, crush space m, slope N/m


class Crashes(NamedTuple):
    """``closing_speed`` (n,), and of each vehicle its columns (n,) with ``crush`` and ``force`` (2, n)."""

    closing_speed: NDArray[np.float64]
    vehicles: tuple[Vehicle, Vehicle]


def draw(n: int, seed: int = 1) -> Crashes:
    """``n`` crashes; the same for the same seed."""
    rng = np.random.default_rng(seed)

    def around(value: float) -> NDArray[np.float64]:
        return value * rng.uniform(1.0 - SPREAD, 1.0 + SPREAD, n)

    speed = around(CLOSING_SPEED)
    vehicles = []
    for numbers, (rise, plateau, space, slope) in zip((KEI, PICKUP), CURVES, strict=True):
        vehicle: Vehicle = dict(ABSENT) | {name: around(value) for name, value in numbers.items()}
        force, reach = around(plateau), around(space)
        knee = force / around(rise)
        vehicle["crush"], vehicle["force"] = np.stack([knee, reach]), np.stack([force, force + slope * (reach - knee)])
        vehicle |= {"points": np.full(n, 2.0), "unloading_soft_share": np.full(n, 0.3), "rate": np.zeros(n)}
        vehicles.append(vehicle)
    return Crashes(speed, (vehicles[0], vehicles[1]))


def one(crashes: Crashes, i: int) -> tuple[float, tuple[Vehicle, Vehicle]]:
    """Closing speed and vehicles of crash ``i`` as plain numbers."""
    a, b = ({k: v[..., i].tolist() if np.ndim(v) else v for k, v in vehicle.items()} for vehicle in crashes.vehicles)
    return float(crashes.closing_speed[i]), (a, b)
