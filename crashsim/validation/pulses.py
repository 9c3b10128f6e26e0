"""C9: a tested vehicle of each class, by the law of its class, among the pulses of all wall tests."""

from __future__ import annotations

from typing import Any, Final

from crashsim.units import KMH, format_quantity
from crashsim.validation import naive
from crashsim.validation.crashes import Meeting, outcomes
from crashsim.validation.crush import described, dynamic, group_of
from crashsim.validation.measured import Record, source, table
from crashsim.validation.records import AMONG, RANGE, Case, Row

SPEEDS: Final = (40.0, 56.0)  # km/h: those of most tests
SILVERADO: Final = 15050
METRICS: Final = {
    "displacement": ("dynamic crush", "dynamic_crush", "length"),
    "peak": ("peak deceleration", "peak_acceleration", "acceleration"),
}


def case() -> Case:
    """Displacement and peak deceleration at two speeds among 5 to 95 % of the tests, and in the vehicle's own test."""
    tested = [test for test in table("wall-tests") if test["case"] in ("C3", "C9") or test["test"] == SILVERADO]
    tested.sort(key=lambda test: test["mass"])
    own = [test for test in tested if test["case"] == "C9" and "displacement" in test]
    meetings = {_name(test, kmh): Meeting(described(test), kmh * KMH) for test in tested for kmh in SPEEDS}
    meetings |= {_name(test): Meeting(described(test), test["speed"]) for test in own}
    found = outcomes(meetings, [metric for _, metric, _ in METRICS.values()])
    rows = [
        _row(test, kmh, name, found[_name(test, kmh)][METRICS[name][1]]) for kmh in SPEEDS for test in tested for name in METRICS
    ]  # fmt: skip
    rows += [row for test in own for row in dynamic("C9", test, found[_name(test)])]
    notes = (
        "The tests are of US vehicles: a kei car is reported, not judged.  The Frontier's own displacement is outside, too.",
    )
    shown = {"quantiles": [quantiles(kmh) for kmh in SPEEDS], "speeds": SPEEDS}
    return Case("C9", "Pulses of the population of wall tests", source("pulse-quantiles"), tuple(rows), notes, shown)


def quantiles(kmh: float) -> dict[float, Record]:
    """The measured quantiles of the tests about a speed [km/h], by probability."""
    return {q["quantile"]: q for q in table("pulse-quantiles") if q["above"] < kmh * KMH <= q["to"]}


def _row(test: Record, kmh: float, name: str, band: Any) -> Row:
    words, metric, dimension = METRICS[name]
    measured = quantiles(kmh)
    deceleration = naive.dynamic_deceleration(group_of(test))
    guess = deceleration if metric == "peak_acceleration" else (kmh * KMH) ** 2 / (2.0 * deceleration)
    judged = not test["class"].startswith("kei")
    return Row(
        "C9", f"{words} at {kmh:g} km/h, {test['vehicle']} ({format_quantity(test['mass'], 'mass', 'si')})", dimension,
        measured[0.5][name], band.median, AMONG, RANGE, 0.0 if judged else float("nan"), band.low, band.high, guess,
        (measured[0.05][name], measured[0.95][name]),
    )  # fmt: skip


def _name(test: Record, kmh: float | None = None) -> str:
    return f"{test['test']:.0f} at {kmh:g}" if kmh else f"{test['test']:.0f}"
