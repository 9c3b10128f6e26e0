"""Risk columns: the field curves and the injury functions that apply to each row: a central line, a band, its members."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim.cases import CORRECTION, FRONT, Impact, Study
from crashsim.config import library
from crashsim.engine.dummies import MEASURED, dummies, dummy_columns
from crashsim.risk import BAND_LEVELS, CENTRAL, INTRUSION_ODDS, InjuryFunction, RiskCurve, family, intruded, select

READ: Final = ("delta_v", "restitution", "intrusion", CORRECTION, *MEASURED)  # columns of rows that risks are made of
COLUMN: Final = {level: "risk_" + level.lower().replace("+", "plus") for level in BAND_LEVELS}


@dataclass(frozen=True)
class RiskSettings:
    """The curves and injury functions of the library, the occupant, the factor from WinSMASH to true delta-v, and the dummy
    that sits in each vehicle with a modelled occupant.
    """

    curves: tuple[RiskCurve, ...]
    age: float
    belted: bool | None
    factor: float
    factor_source: str
    functions: tuple[InjuryFunction, ...]
    dummies: Mapping[str, str]


def risk_settings(study: Study) -> RiskSettings:
    """Settings of a study over the library's curves and functions."""
    curves, correction, functions = library.risk_curves(), library.winsmash(), library.injury_functions()
    said = study.risk
    own = said["delta_v_correction"]
    source = "given in the study" if own is not None else correction.sources[0]
    return RiskSettings(
        tuple(curves.values()), said["occupant_age"], said["belted"], own or correction.nominal, source,
        tuple(functions.values()), dummies(study),
    )  # fmt: skip


def risk_columns(settings: RiskSettings, impact: Impact, rows: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """For each level: the central curve, the band of all curves that apply and their weighted mean, where the central one
    is extrapolated, the band without the WinSMASH correction, the central one with the odds that intrusion adds, and every
    member; beside them what `dummy_columns` gives.  NaN on rows where a
    curve does not apply or no occupant is modelled.
    """
    columns: dict[str, NDArray[Any]] = {}
    seats = sorted(set(zip(rows["end"].tolist(), rows["vehicle"].tolist(), strict=True)))
    for end, vehicle in seats:
        here = (rows["end"] == end) & (rows["vehicle"] == vehicle)
        if here.all():
            return risks_of(settings, impact, end, vehicle, rows)
        own = risks_of(
            settings, impact, end, vehicle, {name: values[here] for name, values in rows.items() if name in READ}
        )
        for name, values in own.items():
            blank = np.zeros(len(here), bool) if values.dtype == bool else np.full(len(here), np.nan)
            columns.setdefault(name, blank)[here] = values
    return columns


def risks_of(
    settings: RiskSettings, impact: Impact, end: str, vehicle: str, rows: Mapping[str, NDArray[Any]]
) -> dict[str, NDArray[Any]]:
    """What `risk_columns` gives, of rows that are all of one vehicle loaded at one end; of ``rows`` the columns `READ`."""
    found: dict[str, NDArray[Any]] = {}
    chosen = select(settings.curves, direction=end, impact=impact.type, belted=settings.belted)
    bands = family(chosen, rows["delta_v"], rows["restitution"], central=CENTRAL[end],
                   winsmash_factor=rows.get(CORRECTION, settings.factor), age=settings.age)  # fmt: skip
    for level, (corrected, uncorrected) in bands.items():
        name = COLUMN[level]
        found |= {
            name: corrected.central, f"{name}_low": corrected.lower, f"{name}_high": corrected.upper,
            f"{name}_mean": corrected.mean,
            f"{name}_extrapolated": corrected.central_extrapolated,
            f"{name}_uncorrected": uncorrected.central,
            f"{name}_uncorrected_extrapolated": uncorrected.central_extrapolated,
            f"{name}_uncorrected_low": uncorrected.lower, f"{name}_uncorrected_high": uncorrected.upper,
        }  # fmt: skip
        if end == FRONT and level in INTRUSION_ODDS:  # its odds are those of front-to-front crashes
            found[f"{name}_intruded"] = intruded(level, corrected.central, rows["intrusion"])
        for curve, member in zip(corrected.names, corrected.members, strict=True):
            found |= {f"{name}.{curve}": member.probability}
        for curve, member in zip(corrected.names, corrected.members, strict=True):
            found |= {f"{name}.{curve}.extrapolated": member.extrapolated}
    if vehicle in settings.dummies:
        found |= dummy_columns(settings.functions, settings.dummies[vehicle], settings.age, rows)
    return found
