"""Momentum on the line of impact: the lighter vehicle has the larger delta-v, by the inverse ratio of the masses."""

from __future__ import annotations

from crashsim.momentum import delta_v
from crashsim.validation.measured import source, table
from crashsim.validation.records import PREDICTED, Case, Row


def case() -> Case:
    """Ratio of the measured delta-v of both vehicles; the naive guess is that equal vehicles would share alike."""
    tests = table("suv-tests")
    rows = []
    for test in tests:
        mass, partner = test["mass"], test["partner_mass"]
        ratio = float(delta_v(mass, partner, 1.0) / delta_v(partner, mass, 1.0))
        rows.append(Row("momentum", f"delta-v of the Accord over that of the {test['partner']}", "ratio",
                        test["delta_v"] / test["partner_delta_v"], ratio, PREDICTED, limit=0.05, naive=1.0))  # fmt: skip
    notes = ("Oblique impacts: what they say of the planar model, speeds and yaw, is not judged here.",)
    return Case("momentum", "Delta-v of car and sport utility vehicle", source("suv-tests"), tuple(rows), notes,
                {"tests": tests})  # fmt: skip
