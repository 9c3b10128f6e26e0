"""Risk columns: the field curves that apply to each row, as a central line, a band, and its members."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim.cases import Impact
from crashsim.risk import BAND_LEVELS, CENTRAL, RiskCurve, WinsmashCorrection, family, select

COLUMN: Final = {level: "risk_" + level.lower().replace("+", "plus") for level in BAND_LEVELS}


@dataclass(frozen=True)
class RiskSettings:
    """The curves of the library, the occupant, and the factor from WinSMASH to true delta-v."""

    curves: tuple[RiskCurve, ...]
    age: float
    belted: bool | None
    factor: float
    factor_source: str


def risk_settings(
    curves: Mapping[str, RiskCurve], correction: WinsmashCorrection, study: Mapping[str, Any]
) -> RiskSettings:
    """Settings of a study over the library's curves."""
    own = study["delta_v_correction"]
    source = "given in the study" if own is not None else correction.sources[0]
    return RiskSettings(
        tuple(curves.values()), study["occupant_age"], study["belted"], own or correction.nominal, source
    )


def risk_columns(settings: RiskSettings, impact: Impact, rows: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """For each level: the central curve, the band of all curves that apply, where the central one is extrapolated, the
    band without the WinSMASH correction, and every member; NaN on rows where a curve does not apply.
    """
    columns: dict[str, NDArray[Any]] = {}
    for end in sorted(set(rows["end"].tolist())):
        here = rows["end"] == end
        chosen = select(settings.curves, direction=end, impact=impact.type, belted=settings.belted)
        bands = family(chosen, rows["delta_v"][here], rows["restitution"][here], central=CENTRAL[end],
                       winsmash_factor=settings.factor, age=settings.age)  # fmt: skip
        for level, (corrected, uncorrected) in bands.items():
            name = COLUMN[level]
            found = {
                name: corrected.central, f"{name}_low": corrected.lower, f"{name}_high": corrected.upper,
                f"{name}_extrapolated": corrected.central_extrapolated,
                f"{name}_uncorrected": uncorrected.central,
                f"{name}_uncorrected_extrapolated": uncorrected.central_extrapolated,
                f"{name}_uncorrected_low": uncorrected.lower, f"{name}_uncorrected_high": uncorrected.upper,
            }  # fmt: skip
            found |= {f"{name}.{c}": p for c, p in zip(corrected.names, corrected.probability, strict=True)}
            found |= {
                f"{name}.{c}.extrapolated": x for c, x in zip(corrected.names, corrected.extrapolated, strict=True)
            }
            for column, values in found.items():
                blank = np.zeros(len(here), bool) if values.dtype == bool else np.full(len(here), np.nan)
                columns.setdefault(column, blank)[here] = values
    return columns
