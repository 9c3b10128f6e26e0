"""C13: footwell intrusion after a 40 % offset test at 64 km/h, with the vehicle's equal in place of the deformable barrier."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from crashsim.units import MPH
from crashsim.validation.crashes import Meeting, outcomes
from crashsim.validation.measured import Record, source, table
from crashsim.validation.records import PREDICTED, RANGE, Case, Row

SPEED: Final = 40.0 * MPH
OVERLAP: Final = {"overlap": "40 %"}
GOOD: Final = (0.04, 0.14)  # m: good micro- and minicars


def case() -> Case:
    """Each vehicle by its class; the naive guess is the median of the whole table."""
    tests = table("offset-intrusion")
    found = {name: o["intrusion"] for name, o in outcomes(
        {t["vehicle"]: Meeting(described(t), 2.0 * SPEED, described(t), "head-on", OVERLAP) for t in tests}, ("intrusion",)
    ).items()}  # fmt: skip
    guess = float(np.median([t["footwell"] for t in tests]))
    rows = [
        Row("C13", f"footwell intrusion, {t['vehicle']}", "length", t["footwell"], found[t["vehicle"]].median, PREDICTED,
            low=found[t["vehicle"]].low, high=found[t["vehicle"]].high, naive=guess)
        for t in tests
    ]  # fmt: skip
    return Case("C13", "40 % offset at 64 km/h: intrusion", source("offset-intrusion"), (_small(tests, found, guess), *rows), (
        "The barrier stands for the front of a vehicle of the same size, so the model meets its equal head-on, each at 64 km/h.",
        "An order of magnitude: the class law does not know a good structure from a poor one of the same class, and its compartment "
        "stiffness is judgement.",
    ), {"tests": tests})  # fmt: skip


def _small(tests: list[Record], found: dict[str, Any], guess: float) -> Row:
    small = [t for t in tests if t["class"] == "minicar"]
    middle, low, high = (
        float(np.median([getattr(found[t["vehicle"]], end) for t in small])) for end in ("median", "low", "high")
    )
    measured = float(np.median([t["footwell"] for t in small]))
    return Row("C13", f"footwell intrusion, median of {len(small)} micro- and minicars", "length", measured, middle, PREDICTED,
               RANGE, 0.0, low, high, guess, GOOD)  # fmt: skip


def described(test: Record) -> dict[str, Any]:
    """A vehicle by class, mass and model year; its width is that of the class."""
    return {"class": test["class"], "mass": f"{test['mass']:g} kg", "model_year": int(test["model_year"])}
