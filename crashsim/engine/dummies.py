"""Risk columns of route 1: what the occupant of each vehicle measures, by injury functions of body regions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crashsim.cases import Study
from crashsim.risk import InjuryFunction, RegionRisk, combined_thoracic_index, joint, region_risk

Columns = dict[str, NDArray[Any]]

LEVEL: Final = "AIS3+"
HEAD, CHEST, JOINT, FEMUR = (f"risk1_{part}_ais3plus" for part in ("head", "chest", "joint", "femur"))
IN_USE: Final = {HEAD: "head-hic15", CHEST: "chest-deflection-age", FEMUR: "femur-2001"}
BANDED: Final = (HEAD, CHEST, JOINT)  # by more than one function
NAMES: Final = (*(f"{name}{edge}" for name in BANDED for edge in ("", "_low", "_high")), FEMUR)
MEASURED: Final = (
    "hic15",
    "hic36",
    "chest_3ms",
    "chest_deflection",
    "knee_force",
)  # columns of the results that are read


def dummies(study: Study) -> dict[str, str]:
    """The dummy that sits in each vehicle whose occupant is modelled."""
    seated = {name: vehicle.get("occupant") for name, vehicle in study.vehicles.items()}
    return {name: occupant["dummy"] for name, occupant in seated.items() if occupant}


def dummy_columns(
    functions: Iterable[InjuryFunction], dummy: str, age: ArrayLike, rows: Mapping[str, NDArray[Any]]
) -> Columns:
    """For head and chest: the risk of AIS3+ by the function in use, the band of all that apply, where the one in use is
    extrapolated, and every member; head and chest together; the femur where the knees touch.

    ``rows`` has the columns `MEASURED`, NaN where nobody is modelled or an element is absent: so are the risks.
    """
    measured = {name: rows[name] for name in ("hic15", "hic36", "chest_3ms", "chest_deflection")}
    measured["cti"] = combined_thoracic_index(rows["chest_3ms"], rows["chest_deflection"], dummy)
    measured["femur_force"] = femur_force(rows["knee_force"], rows["chest_deflection"])
    every = tuple(f for f in functions if LEVEL in f.of(dummy) and f.measure in measured)
    found: Columns = {}
    regions: dict[str, RegionRisk] = {}
    for column, name in IN_USE.items():
        if any(f.name == name for f in every):
            regions[column] = region_risk(every, name, LEVEL, measured, dummy=dummy, age=age)
            found |= _region(column, regions[column])
    head, chest = regions[HEAD], regions[CHEST]
    return found | {
        JOINT: joint(head.central, chest.central),
        f"{JOINT}_low": joint(head.lower, chest.lower),
        f"{JOINT}_high": joint(head.upper, chest.upper),
        f"{JOINT}_extrapolated": head.extrapolated | chest.extrapolated,
    }


def femur_force(knee_force: ArrayLike, chest_deflection: ArrayLike) -> NDArray[np.float64]:
    """Force of each leg [N], half of that of both knees on the interior.

    NaN where they do not touch it, and without a belt (no chest deflection), where one contact stands for panel and wheel.
    """
    force = np.asarray(knee_force, float)
    return np.where((force > 0.0) & np.isfinite(chest_deflection), 0.5 * force, np.nan)


def _region(column: str, risk: RegionRisk) -> Columns:
    found: Columns = {column: risk.central, f"{column}_extrapolated": risk.extrapolated}
    if column in BANDED:
        found |= {f"{column}_low": risk.lower, f"{column}_high": risk.upper}
        found |= {f"{column}.{name}": p for name, p in risk.members.items()}
    return found
