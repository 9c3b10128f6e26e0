"""Injury risk from delta-v: published field curves, and the band in which they disagree.

A curve is data (``data/risk_curves/*.yaml``) and declares what it was fitted to: the true delta-v, the delta-v that
crash investigators reconstruct from crush (WinSMASH, which reads low), or the closing speed of two like cars.
`curve_input` is the one place where a true delta-v becomes that quantity. The curves of several studies form a
`family`; its envelope is the disagreement between studies, never to be merged with the scatter of the inputs.
"""

from crashsim.risk.bands import (
    BAND_LEVELS,
    CENTRAL,
    CurveRisk,
    RiskBand,
    RiskFamily,
    curve_input,
    equivalent_closing_speed,
    evaluate,
    family,
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

__all__ = [
    "BAND_LEVELS",
    "CENTRAL",
    "DIRECTIONS",
    "FORMS",
    "IMPACTS",
    "INPUTS",
    "LEVELS",
    "CurveRisk",
    "Form",
    "RiskBand",
    "RiskCurve",
    "RiskFamily",
    "WinsmashCorrection",
    "curve_input",
    "equivalent_closing_speed",
    "evaluate",
    "family",
    "select",
]
