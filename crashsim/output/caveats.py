"""What a run does not say, in sentences, for its report and its page."""

from __future__ import annotations

from typing import Final

from crashsim.cases import SQUARE
from crashsim.results import Results

PLAIN: Final = "full overlap, no angle, rotation or ride height."
HEURISTIC: Final = (
    "no angle and no rotation. Overlap, ride height and sill act on the structures by declared heuristics: shares of the wall "
    "force of one car, restored once the engine block is engaged; intrusion above the floor and what is left of the speed of "
    "fronts that slide past are estimates of the order of magnitude."
)
CURVES: Final = (
    "Risk is that of field curves over delta-v, which carry restraints and intrusion only as the average of the crashes they were "
    "fitted to. No kei car is in those data. Structures are priors unless said to be measured."
)
SEAT: Final = (
    "Chest, head and belt numbers are those of a calibrated surrogate: a torso and a head on one line, one seat, one size. It ranks "
    "pulses and restraints; it knows no neck load, no submarining, no out-of-position occupant, and nobody is modelled behind a "
    "loaded rear."
)


def unsaid(results: Results) -> tuple[str, str]:
    """The limits of the line of impact and of the risks, and those of the occupant."""
    square = all(impact.get("meeting", SQUARE) == SQUARE for impact in results.meta["impacts"].values())
    return f"One line of impact: {PLAIN if square else HEURISTIC} {CURVES}", SEAT
