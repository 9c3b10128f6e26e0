"""The tables of metrics and of risks: name, dimension, symbol and label.  Results, tables, plots and reports take theirs from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Metric:
    """A quantity of the results; ``dimension`` is a key of ``units.DIMENSIONS``; ``of`` is "case" or "vehicle"."""

    name: str
    dimension: str
    symbol: str
    label: str
    of: str = "vehicle"


METRICS: dict[str, Metric] = {
    m.name: m
    for m in (
        Metric("closing_speed", "speed", "V_c", "closing speed", "case"),
        Metric("peak_force", "force", "F_m", "peak contact force", "case"),
        Metric("mutual_crush", "length", "d", "mutual crush", "case"),
        Metric("time_common_velocity", "time", "t_c", "time of common velocity", "case"),
        Metric("pulse_duration", "time", "T", "pulse duration", "case"),
        Metric("separation_speed", "speed", "V_s", "separation speed", "case"),
        Metric("restitution", "ratio", "e", "restitution", "case"),
        Metric("restitution_cap", "ratio", "e_cap", "largest restitution the law can give", "case"),
        Metric("height_match", "ratio", "S", "share of the force paths that meet in height", "case"),
        Metric("energy_in", "energy", "E_0", "kinetic energy of the approach", "case"),
        Metric("energy_residual", "ratio", "r_E", "energy ledger residual", "case"),
        Metric("momentum_residual", "ratio", "r_p", "momentum residual", "case"),
        Metric("impact_mass", "mass", "m", "impact mass"),
        Metric("impact_speed", "speed", "v", "impact speed"),
        Metric("delta_v", "speed", "dv", "delta-v"),
        Metric("delta_v_momentum", "speed", "dv_p", "delta-v by momentum alone"),
        Metric("compartment_delta_v", "speed", "dv_c", "largest velocity change of the compartment"),
        Metric("peak_acceleration", "acceleration", "a_m", "peak acceleration"),
        Metric("mean_acceleration", "acceleration", "a", "mean acceleration"),
        Metric("olc", "acceleration", "OLC", "occupant load criterion"),
        Metric("oiv", "speed", "OIV", "occupant impact velocity (equal to THIV on one line)"),
        Metric("ora", "acceleration", "ORA", "occupant ridedown acceleration (equal to PHD on one line)"),
        Metric("asi", "ratio", "ASI", "acceleration severity index"),
        Metric("vpi", "acceleration", "VPI", "vehicle pulse index (secondary: constants not verified, tag M?)"),
        Metric("dynamic_crush", "length", "x_m", "dynamic crush"),
        Metric("residual_crush", "length", "x_r", "residual crush"),
        Metric("intrusion", "length", "x_i", "intrusion"),
        Metric("upper_intrusion", "length", "x_u", "intrusion above the floor"),
        Metric("firewall_crush", "length", "x_f", "crush of the firewall by the engine"),
        Metric("absorbed_energy", "energy", "E_a", "absorbed energy"),
        Metric("dissipated_energy", "energy", "E_d", "dissipated energy"),
        Metric("ees", "speed", "EES", "energy equivalent speed"),
        Metric("chest_peak", "acceleration", "a_c", "peak chest deceleration"),
        Metric("chest_3ms", "acceleration", "a_3ms", "chest deceleration kept for 3 ms"),
        Metric("chest_deflection", "length", "D", "chest deflection (from the belt force)"),
        Metric("belt_force", "force", "F_b", "peak belt force on the torso"),
        Metric("excursion", "length", "x_o", "forward travel of the torso in the compartment"),
        Metric("head_excursion", "length", "x_h", "forward travel of the head in the compartment"),
        Metric("hic15", "number", "HIC15", "head injury criterion, 15 ms"),
        Metric("hic36", "number", "HIC36", "head injury criterion, 36 ms"),
        Metric("ride_down", "ratio", "e_rd", "ride-down efficiency of the torso"),
        Metric("knee_force", "force", "F_k", "peak force of the knees on the interior"),
        Metric("head_contact_force", "force", "F_h", "peak force of the head on the interior"),
        Metric("contact", "number", "contact", "knees or head touch the interior (1) or not (0)"),
    )
}

RISK: Final = (
    "risk_",
    "risk1_",
)  # how the names of risks begin: of route 2, by delta-v, and of route 1, by dummy measures

RISKS: dict[str, Metric] = {
    m.name: m
    for m in (
        Metric("risk1_head_ais3plus", "ratio", "P_h", "risk of AIS3+ to the head (HIC15)"),
        Metric("risk1_chest_ais3plus", "ratio", "P_c", "risk of AIS3+ to the chest (deflection, age)"),
        Metric("risk1_joint_ais3plus", "ratio", "P_hc", "risk of AIS3+ to head or chest"),
        Metric("risk1_femur_ais3plus", "ratio", "P_f", "risk of AIS3+ to a femur where the knees touch"),
    )
}
