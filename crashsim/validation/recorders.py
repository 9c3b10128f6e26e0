"""C17: how long the pulses of real crashes last, as the vehicles' own recorders stored them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim.results import Pulse
from crashsim.validation import naive
from crashsim.validation.crashes import Meeting, outcomes, pulses
from crashsim.validation.crush import group_of
from crashsim.validation.measured import RECORDERS, Record, columns, read, source, table
from crashsim.validation.offset import described
from crashsim.validation.records import PREDICTED, Case, Row

Floats = NDArray[np.float64]

LIMIT: Final = 0.30
REACHED: Final = 0.9  # of the largest delta-v
STRUCK: Final[dict[str, tuple[str, dict[str, Any] | None]]] = {
    "pole": ("wall", None),
    "rear": (
        "rear-end",
        {"class": "midsize", "mass": "1600 kg"},
    ),  # what was struck is a car; its size is not known (tag J)
}
FULL, PART = "100 %", "40 %"  # overlaps between which the duration is expected; the middle of both is the prediction
STEPS: Final = 3  # of the search for the speed that gives the recorded delta-v


def case(data: Path | None) -> Case:
    """Time to 90 % of the delta-v; the closing speed is the one that gives the delta-v that was recorded."""
    records = table("recorded-pulses")
    found = {overlap: _durations(records, overlap) for overlap in (FULL, PART)}
    rows, curves = [], {}
    for record in records:
        times = [found[overlap][record["case"]][0] for overlap in (FULL, PART)]
        guess = REACHED * record["delta_v"] / naive.dynamic_deceleration(group_of(record))
        rows.append(Row("C17", f"time to 90 % of delta-v, {_words(record)}", "time", record["duration"], float(np.mean(times)),
                        PREDICTED, limit=LIMIT, low=min(times), high=max(times), naive=guess))  # fmt: skip
        curves[record["case"]] = [found[overlap][record["case"]][1] for overlap in (FULL, PART)]
    notes = (
        "The band runs from full to 40 % overlap, which no recorder stores; the prediction is its middle.",
        "Recorded velocity falls earlier than that of a front whose force grows with crush, and real impacts above 70 km/h last up to "
        "three times as long as a square one: poles, underride and offset spread them.",
        "Above 70 km/h the front is at or beyond the end of its crush space.",
    )
    shown = {"records": records, "curves": curves, "recorded": _recorded(data, records)}
    return Case(
        "C17", "Pulses of real crashes from event data recorders", source("recorded-pulses"), tuple(rows), notes, shown
    )


def _words(record: Record) -> str:
    struck = {"pole": "pole", "rear": "rear of a car", "unknown": "unknown partner"}[record["struck"]]
    return f"{record['vehicle']}, {struck}, {3.6 * record['delta_v']:.0f} km/h"


def _durations(records: list[Record], overlap: str) -> dict[str, tuple[float, tuple[Floats, Floats]]]:
    """Time to 90 % [s] and the curve (time, velocity lost) of each case."""
    speeds = {r["case"]: r["delta_v"] * (1.0 if r["struck"] == "pole" else 2.0) for r in records}
    for _ in range(STEPS):
        given = outcomes(_meetings(records, speeds, overlap), ("delta_v",), spread=False)
        speeds = {r["case"]: speeds[r["case"]] * r["delta_v"] / given[r["case"]]["delta_v"].median for r in records}
    return {case: _duration(pulse) for case, pulse in pulses(_meetings(records, speeds, overlap)).items()}


def _meetings(records: list[Record], speeds: dict[str, float], overlap: str) -> dict[str, Meeting]:
    met = {}
    for record in records:
        kind, partner = STRUCK.get(record["struck"], ("head-on", described(record)))
        met[record["case"]] = Meeting(described(record), speeds[record["case"]], partner, kind, {"overlap": overlap})
    return met


def _duration(pulse: Pulse) -> tuple[float, tuple[Floats, Floats]]:
    lost = pulse.velocity[0, 0] - pulse.velocity[0]
    return float(pulse.time[int(np.argmax(lost >= REACHED * lost.max()))]), (pulse.time, lost)


def _recorded(data: Path | None, records: list[Record]) -> dict[float, tuple[Floats, Floats]]:
    """The recorded curves (time, velocity lost) of a folder of raw data, by case; none without it."""
    if data is None:
        return {}
    rows = read(data / RECORDERS)
    found = {}
    for record in records:
        own = [row for row in rows if str(row["case"]).startswith(f"{record['case']:.0f}_") and "dv_long" in row]
        time, lost = columns(own, "t", "dv_long")
        found[record["case"]] = (time, -lost)
    return found
