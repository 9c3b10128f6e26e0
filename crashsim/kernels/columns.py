"""What the crash kernel reads and writes: the names of its columns, in order; a name's place is its index.

Read: ``CASE`` once, then ``VEHICLE`` and the points of the loading curve (all crushes, then all forces) for each vehicle.
An absent element has an infinite gap and no stiffness, an absent body no mass; without a limit the limit is infinite.
``release`` is the mutual crush at which the two slide past each other and let go, infinite if never.
A wall has an infinite mass and infinite compartment and unloading stiffness, and no points.  Written: ``CASE_METRICS`` once, then ``VEHICLE_METRICS`` for each vehicle.  SI throughout.
"""

from __future__ import annotations

CASE = ("closing_speed", "restitution", "release")  # restitution NaN: what the unloading stiffness gives
VEHICLE = (
    "mass",
    "engine_mass", "engine_gap", "engine_stiffness", "engine_unloading",
    "firewall_gap", "firewall_stiffness", "firewall_unloading", "mount_stiffness", "mount_damping",
    "torso_mass", "head_mass",
    "belt_slack", "belt_stiffness", "belt_limit", "belt_unloading",
    "pretensioner_time", "pretensioner_duration", "pretensioner_stroke", "pretensioner_force",
    "airbag_fire", "airbag_full",
    "airbag_gap", "airbag_stiffness", "airbag_limit", "airbag_unloading", "airbag_damping",
    "knee_gap", "knee_stiffness", "knee_limit", "knee_unloading",
    "neck_stiffness", "neck_damping",
    "head_bag_gap", "head_bag_stiffness", "head_bag_limit", "head_bag_unloading", "head_bag_damping",
    "head_contact_gap", "head_contact_stiffness", "head_contact_limit", "head_contact_unloading",
    "points", "compartment_stiffness", "unloading_stiffness", "unloading_soft_share", "rate",
)  # fmt: skip
ABSENT = {name: 0.0 for name in VEHICLE if name.startswith(("engine_", "firewall", "mount", "torso"))} | {
    name: (float("inf") if name.endswith(("gap", "slack", "limit")) else 0.0)
    for name in VEHICLE[VEHICLE.index("engine_mass") : VEHICLE.index("points")]
}  # a vehicle without engine and occupant
ABSENT["airbag_full"] = 1.0  # any time after the fire time: a bag that is not there inflates without dividing by zero

CASE_METRICS = (
    "peak_force", "mutual_crush", "time_common_velocity", "pulse_duration", "separation_speed", "restitution",
    "restitution_cap", "energy_residual", "momentum_residual",
)  # fmt: skip
VEHICLE_METRICS = (
    "delta_v", "compartment_delta_v", "peak_acceleration", "mean_acceleration", "olc", "oiv", "ora", "asi", "vpi",
    "dynamic_crush", "residual_crush", "intrusion", "firewall_crush", "absorbed_energy", "dissipated_energy",
    "chest_peak", "chest_3ms", "belt_force", "excursion", "head_excursion", "hic15", "hic36", "ride_down",
    "knee_force", "head_contact_force",
)  # fmt: skip
N_METRICS = len(CASE_METRICS) + 2 * len(VEHICLE_METRICS)


def width(points: int) -> int:
    """Number of columns read when the longest loading curve has ``points`` points after the origin."""
    return len(CASE) + 2 * (len(VEHICLE) + 2 * points)
