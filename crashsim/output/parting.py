"""Where the two routes to a risk part: from what the dummy measures, and from delta-v alone."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from crashsim.output.views import SpeedCurve, speed_curves
from crashsim.output.words import quantity
from crashsim.results import Results

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

ONE, TWO, PLAIN = "risk1_joint_ais3plus", "risk_mais3plus", "risk_mais3plus_uncorrected"
APART: Final = 2.0  # factor between two central values from which the routes are said to part
LEAST: Final = 0.001  # risk below which nobody cares by what factor two routes differ


def two_routes(results: Results, impact: str) -> list[SpeedCurve]:
    """The vehicles of an impact over closing speed that have both routes somewhere."""
    if ONE not in results.columns or TWO not in results.columns:
        return []
    return [c for c in speed_curves(results, impact) if np.isfinite(standing(c, ONE) * c.values(TWO)).any()]


def standing(curve: SpeedCurve, name: str) -> Floats:
    """A column of route 1, which does not hold beyond the model."""
    return np.where(curve.beyond, np.nan, curve.values(name))


def apart(one: Floats, two: Floats) -> Flags:
    """Where two risks differ by more than `APART` and one of them is above `LEAST`; nowhere where one is unknown."""
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.maximum(one / two, two / one)
    return np.asarray((factor > APART) & (np.maximum(one, two) > LEAST))


def parting(results: Results, impact: str, system: str) -> list[str]:
    """For each occupant with both routes, a sentence: at which closing speeds they part, and which sees more risk."""
    return [_parting(curve, system) for curve in two_routes(results, impact)]


def _parting(curve: SpeedCurve, system: str) -> str:
    one, two, x = standing(curve, ONE), curve.values(TWO), curve.closing_speed
    who = f"{curve.impact}, {curve.vehicle}, risk of a serious injury (AIS3+):"
    parted = apart(one, two)
    if not parted.any():
        known = x[np.isfinite(one * two)]
        return (f"{who} those of dummy and field curves agree within a factor {APART:g} from {quantity(known[0], 'speed', system)} to "
                f"{quantity(known[-1], 'speed', system)} closing.")  # fmt: skip
    said = []
    for words, flags in (("more than twice", parted & (one > two)), ("less than half", parted & (one < two))):
        ends = [tuple(quantity(x[i], "speed", system) for i in run) for run in _runs(flags)]
        spans = " and ".join(f"at {a}" if a == b else f"from {a} to {b}" for a, b in ends)
        said += [f"{words} that of the field curves {spans} closing"] if ends else []
    return f"{who} that of the dummy is {', '.join(said)}."


def _runs(flags: Flags) -> list[tuple[int, int]]:
    """First and last index of each stretch where a flag is set."""
    change = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(int)))
    return [(int(first), int(last) - 1) for first, last in change.reshape(-1, 2)]
