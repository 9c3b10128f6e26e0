"""Injury risk from delta-v: published field curves, and the band in which they disagree.

A curve is data (``data/risk_curves/*.yaml``) and declares what it was fitted to: the true delta-v, the delta-v that
crash investigators reconstruct from crush (WinSMASH, which reads low), or the closing speed of two like cars.
`curve_input` is the one place where a true delta-v becomes that quantity. The curves of several studies form a
`family`; its envelope is the disagreement between studies, never to be merged with the scatter of the inputs.
"""

from crashsim.risk.bands import (
    BAND_LEVELS,
    CENTRAL,
    INTRUSION,
    INTRUSION_ODDS,
    CurveRisk,
    RiskBand,
    RiskFamily,
    curve_input,
    equivalent_closing_speed,
    evaluate,
    family,
    intruded,
    select,
)
from crashsim.risk.curves import (
    DIRECTIONS,
    FORMS,
    IMPACTS,
    INPUTS,
    LEVELS,
    Form,
    RiskCurve,
    WinsmashCorrection,
)
from crashsim.risk.dummy import (
    DUMMIES,
    InjuryFunction,
    NcapRisk,
    RegionRisk,
    combined_thoracic_index,
    injury_risk,
    joint,
    ncap_risk,
    region_risk,
)
from crashsim.risk.modifiers import AGE, Contrast, age_group, personal, recentred

__all__ = [
    "AGE",
    "BAND_LEVELS",
    "CENTRAL",
    "DIRECTIONS",
    "DUMMIES",
    "FORMS",
    "IMPACTS",
    "INPUTS",
    "INTRUSION",
    "INTRUSION_ODDS",
    "LEVELS",
    "Contrast",
    "CurveRisk",
    "Form",
    "InjuryFunction",
    "NcapRisk",
    "RegionRisk",
    "RiskBand",
    "RiskCurve",
    "RiskFamily",
    "WinsmashCorrection",
    "age_group",
    "combined_thoracic_index",
    "curve_input",
    "equivalent_closing_speed",
    "evaluate",
    "family",
    "injury_risk",
    "intruded",
    "joint",
    "ncap_risk",
    "personal",
    "recentred",
    "region_risk",
    "select",
]
