"""Which vehicles meet the same partner, and what that says of their occupants in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crashsim.output.parting import ONE, TWO, standing
from crashsim.output.views import SpeedCurve, speed_curves
from crashsim.output.words import percent
from crashsim.results import Results


def partners(results: Results) -> list[str]:
    """The vehicles that at least two others meet head-on in impacts swept in speed, each as the second of its impact."""
    found: dict[str, set[str]] = {}
    for impact in results.meta["impacts"].values():
        first, second = impact["between"]
        if impact["type"] == "head-on" and any(p.startswith("speed.") for paths in impact["axes"] for p in paths):
            found.setdefault(second, set()).add(first)
    return [second for second, others in found.items() if len(others) > 1]


def meeting(results: Results, partner: str) -> list[SpeedCurve]:
    """The vehicles that meet a partner head-on, each over closing speed."""
    every = [curve for impact in results.meta["impacts"] for curve in speed_curves(results, impact)]
    return [c for c in every if c.partner == partner and results.meta["impacts"][c.impact]["type"] == "head-on"]


def held(curve: SpeedCurve, name: str) -> NDArray[Any]:
    """A risk where it holds: by route 1 not beyond the model."""
    return standing(curve, name) if name.startswith(ONE) else curve.values(name)


def sentences(results: Results) -> Sequence[str]:
    """For each partner, the risk of every occupant that meets it, by both routes, at the speeds that the study gives."""
    return [said for partner in partners(results) for said in _told(meeting(results, partner), partner)]


def _told(curves: Sequence[SpeedCurve], partner: str) -> list[str]:
    found = []
    for name, words in ((ONE, "by the dummy (head, chest)"), (TWO, "by the field curves")):
        shown = {}
        for curve in curves:
            about = curve.rows.meta["impacts"][curve.impact]["numbers"]
            closing = about[f"speed.{curve.vehicle}"] + about[f"speed.{partner}"]
            i = int(np.argmin(np.abs(curve.closing_speed - closing)))
            value, low, high = (float(held(curve, f"{name}{edge}")[i]) for edge in ("", "_low", "_high"))
            if np.isfinite(value):
                shown[curve.vehicle] = f"{percent(value)} ({percent(low)} to {percent(high)})"
        if len(shown) > 1:
            told = ", ".join(f"{vehicle} {value}" for vehicle, value in shown.items())
            found.append(
                f"head-on with the {partner} at the speeds that the study gives, risk of a serious injury {words}: {told}."
            )
    return found
