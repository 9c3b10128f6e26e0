"""C3 to C7: static crush of tested vehicles at a full-width wall, from class, mass, width and model year alone."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, hypot, log, nan
from typing import Any, Final

from crashsim.classes import static_crush
from crashsim.config.classes import vehicle_class
from crashsim.units import format_quantity
from crashsim.validation import naive
from crashsim.validation.crashes import ONE_SIDED, Band, Meeting, outcomes
from crashsim.validation.measured import Record, source, table
from crashsim.validation.records import AMONG, PREDICTED, Case, Row
from crashsim.validation.walls import OLDEST, SMALL

STATIC_SPREAD: Final = (
    0.257  # standard deviation of the logarithm of static over dynamic crush (quartiles 0.53 and 0.75)
)

SINGLE: Final = 0.20  # error that is tolerated of one test
LIMITS: Final = {"C3": 0.15, "C4": nan, "C5": SINGLE, "C6": SINGLE, "C7": SINGLE}
TITLES: Final = {
    "C3": "Kei car: Suzuki Alto 2001 at 48 km/h",
    "C4": "Kei van: Honda Vamos 2001 at 47 km/h",
    "C5": "One pickup at three speeds: Ford F-150 2001",
    "C6": "Modern full-size pickups",
    "C7": "One model at several speeds",
}
NOTES: Final = {
    "C4": ("Reported, not judged: the last of its six points (16 mm) looks wrong; without it the mean is 187 mm.",),
    "C5": ("387 mm at 39.9 km/h and 588 mm at 48.0: crush in proportion to speed would have grown to 465 mm.",),
    "C7": ("The laws are fitted to model years from 1990 on; older vehicles have those of their class's first tests.",),
}


def cases() -> list[Case]:
    """One case for each group of tests."""
    left_out = {record["test"]: record["crush"] for record in table("wall-left-out")}
    tests = [test | {"left_out": left_out.get(test["test"])} for test in table("wall-tests") if test["case"] in TITLES]
    found = outcomes(
        {_name(test): Meeting(described(test), test["speed"]) for test in tests}, ("dynamic_crush", "peak_acceleration")
    )
    return [_case(name, [t for t in tests if t["case"] == name], found) for name in TITLES]


def described(test: Record) -> dict[str, Any]:
    """A tested vehicle as a study describes it: class, mass, width and model year."""
    return {"class": test["class"], "mass": f"{test['mass']:g} kg", "width": f"{1e3 * test['width']:g} mm",
            "model_year": int(test["model_year"])}  # fmt: skip


def group_of(test: Record) -> str:
    """The group whose median deceleration is the naive guess for a test."""
    if "pickup" in test["class"]:
        return "pickups"
    return "small cars" if test["mass"] <= SMALL else "cars"


def static(test: Record, dynamic: Band) -> Band:
    """Static crush that a tape finds after a dynamic one; its scatter widens the band."""
    tape = vehicle_class(test["class"]).tape
    median, low, high = (float(static_crush(tape, end)) for end in (dynamic.median, dynamic.low, dynamic.high))
    spread = log(high / low) / (2.0 * ONE_SIDED)
    factor = exp(ONE_SIDED * hypot(spread, log(tape.scatter)))
    return Band(median, median / factor, median * factor)


def _case(name: str, tests: list[Record], found: dict[str, Any]) -> Case:
    rows = [
        row
        for test in tests
        for row in (*_static(name, test, found[_name(test)]), *dynamic(name, test, found[_name(test)]))
    ]
    return Case(name, TITLES[name], source("wall-tests"), tuple(rows), NOTES.get(name, ()), {"tests": tests})


def _static(name: str, test: Record, found: Mapping[str, Band]) -> list[Row]:
    """Static crush by the law as it ships, and by one fitted without this test."""
    predictions = [(static(test, found["dynamic_crush"]), _basis(test))]
    if test["left_out"] and name != "C7":
        predictions.append((Band(test["left_out"], nan, nan), PREDICTED))
    guess = float(naive.static_crush(group_of(test), test["speed"]))
    return [
        Row(name, f"static crush, {_words(test)}", "length", test["crush"], band.median, basis, limit=LIMITS[name],
            low=band.low, high=band.high, naive=guess)
        for band, basis in predictions
    ]  # fmt: skip


def _basis(test: Record) -> str:
    return AMONG if test["model_year"] >= OLDEST else PREDICTED


def dynamic(name: str, test: Record, found: Mapping[str, Band]) -> list[Row]:
    """Displacement and peak deceleration of a test where they were measured."""
    if "displacement" not in test:
        return []
    crush, peak = found["dynamic_crush"], found["peak_acceleration"]
    deceleration = naive.dynamic_deceleration(group_of(test))
    return [
        Row(name, f"dynamic crush, {_words(test)}", "length", test["displacement"], crush.median, AMONG, limit=SINGLE,
            low=crush.low, high=crush.high, naive=test["speed"] ** 2 / (2.0 * deceleration)),
        Row(name, f"peak deceleration, {_words(test)}", "acceleration", test["peak"], peak.median, AMONG, limit=SINGLE,
            low=peak.low, high=peak.high, naive=deceleration),
    ]  # fmt: skip


def _words(test: Record) -> str:
    return f"{test['vehicle']} at {format_quantity(test['speed'], 'speed', 'si')}"


def _name(test: Record) -> str:
    return f"{test['test']:.0f}"
