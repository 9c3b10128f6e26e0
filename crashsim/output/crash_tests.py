"""Crash tests side by side in words and files: two sentences, findings, a table for each car, JSON, figures, the page."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from crashsim.config.questions.crash_tests import CAR, CrashTests, Test
from crashsim.engine.crash_tests import DUMMY, FIELD, Severities
from crashsim.engine.manifest import version
from crashsim.output.crash_tests_figures import DISCLAIMER
from crashsim.output.quoted import between, chances, listed
from crashsim.output.words import percent, quantity

TABLE: Final = "severity.csv"
WIDTH: Final = 100
DOUBTFUL: Final = {"M": "memory, not verified", "M?": "doubtful memory", "J": "judgement"}


# ---- what is told ------------------------------------------------------------------------------------------------------


def told_crash(asked: CrashTests) -> Test | None:
    """The crash with a partner that is told: the one in which the car is about as fast as in the reference test; None without any."""
    impacts = {impact.name: impact for impact in next(iter(asked.studies.values())).impacts}
    speed = {test.name: impacts[test.name].numbers[f"speed.{CAR}"] for test in asked.tests}
    partners = [test for test in asked.tests if not test.barrier and test.name != asked.reference]
    return min(partners, key=lambda test: abs(speed[test.name] - speed[asked.reference]), default=None)


def answer(found: Severities, asked: CrashTests, system: str) -> tuple[str, str]:
    """Two sentences on the first car: delta-v of the reference and of the crash with the partner, where they are equal; the risks."""
    crash, car = told_crash(asked), found.cars[0]
    reference = title(asked, asked.reference)
    change = span(found, "delta_v", "speed", 0, asked.reference, system)
    walls = [
        test
        for test in asked.tests
        if test.name != asked.reference and test.barrier and not asked.barriers[test.against].blocks
    ]
    less = listed(f"{_ratio(found, 'specific_energy', test.name)} in '{test.title}'" for test in walls) if walls else ""
    start = (f"Per kg the {car} absorbs {less} what it does in '{reference}', whose delta-v is {change}" if walls
             else f"The delta-v of the {car} in '{reference}' is {change}")  # fmt: skip
    risks = f"The risk of a serious injury (MAIS3+, field curves over delta-v) in the {car} is {risk(found, 0, asked.reference)} in that test"
    if crash is None:
        return f"{start}.", f"{risks}."
    first = (f"{start}; '{crash.title}' means {_ratio(found, 'delta_v', crash.name)} that, "
             f"{span(found, 'delta_v', 'speed', 0, crash.name, system, first=False)}, and "
             f"{quantity(found.at('partner.delta_v', 0, crash.name), 'speed', system)} for the {crash.against}{like(found, asked, system)}.")  # fmt: skip
    second = (f"{risks}, {risk(found, 0, crash.name, first=False)} in the crash with the {crash.against}, and "
              f"{risk(found, 0, crash.name, partner=True, first=False)} in the {crash.against} then.")  # fmt: skip
    return first, second


def like(found: Severities, asked: CrashTests, system: str) -> str:
    """At which closing speed the crash with the partner has the delta-v of the reference."""
    if not asked.equals or not np.isfinite(found.equal["delta_v"][0, 0]):
        return ""
    at, low, high = found.equal["delta_v"][0]
    drawn = f" (inputs 5-95 %: {between(low, high, 'speed', system)})" if np.isfinite(low) else ""
    return (f"; head-on with the {asked.equals} the delta-v of that test is reached at {quantity(at, 'speed', system)} closing{drawn}, "
            f"{quantity(at / 2.0, 'speed', system)} each")  # fmt: skip


def title(asked: CrashTests, name: str) -> str:
    """The title of a test."""
    return next(test.title for test in asked.tests if test.name == name)


def span(found: Severities, name: str, dimension: str, car: int, test: str, system: str, *, first: bool = True) -> str:
    """A measure with what the samples span; ``not told`` beyond the model."""
    value, low, high = (found.at(f"{name}{edge}", car, test) for edge in ("", ".p05", ".p95"))
    if not np.isfinite(value):
        return "not told"
    drawn = (
        f" ({'inputs 5-95 %: ' if first else ''}{between(low, high, dimension, system)})" if np.isfinite(low) else ""
    )
    return f"{quantity(value, dimension, system)}{drawn}"


def joules(found: Severities, car: int, test: str) -> str:
    """What a car absorbs per mass, in words."""
    value = found.at("specific_energy", car, test)
    return f"{value:.0f} J/kg" if np.isfinite(value) else "not told"


def risk(
    found: Severities, car: int, test: str, name: str = FIELD, *, partner: bool = False, first: bool = True
) -> str:
    """A risk with both bands; ``first`` says in words what they are."""
    key = f"partner.{name}" if partner else name
    value, low, high, p05, p95 = (found.at(f"{key}{end}", car, test) for end in ("", "_low", "_high", ".p05", ".p95"))
    if not np.isfinite(value):
        return "not told"
    of = "published curves" if name == FIELD else "functions"
    curves = f"{of} disagree: {chances(low, high)}" if first else chances(low, high)
    drawn = f"{'inputs 5-95 %: ' if first else ''}{chances(p05, p95)}" if np.isfinite(p05) else "inputs not drawn"
    return f"{percent(value)} ({curves}; {drawn})"


def findings(found: Severities, asked: CrashTests, system: str) -> Iterator[str]:
    """What else the comparison says, of the first car."""
    car = found.cars[0]
    others = [test for test in asked.tests if test.barrier and test.name != asked.reference]
    if others:
        told = "; ".join(f"{test.title}: delta-v {_ratio(found, 'delta_v', test.name)}, energy per kg {_ratio(found, 'specific_energy', test.name)}, "
                         f"OLC {_ratio(found, 'olc', test.name)}" for test in others)  # fmt: skip
        yield f"Compared with '{title(asked, asked.reference)}', for the {car}: {told}."
    yield from _heavier(found, asked)
    left = "; ".join(f"{test.title}: {_left(found, test.name, system)}" for test in asked.tests)
    yield f"Of its {quantity(found.crush_space[0], 'length', system)} of crush space the {car} has left, inputs as given: {left}."
    if asked.equals:
        words = {"specific_energy": "energy per kg", "olc": "OLC"}
        same = [
            f"{words[name]} at {quantity(found.equal[name][0, 0], 'speed', system)}"
            for name in words
            if np.isfinite(found.equal[name][0, 0])
        ]
        if same:
            yield f"Head-on with the {asked.equals}, the {car} reaches the reference's {' and its '.join(same)} closing."
        apart = [f"the {name} at {quantity(at, 'speed', system)}" for name, at in zip(found.cars[1:], found.equal["delta_v"][1:, 0], strict=True)
                 if np.isfinite(at)]  # fmt: skip
        if apart:
            yield f"Other cars reach their own delta-v of that test head-on with the {asked.equals} at another closing speed: {', '.join(apart)}."
    crash = told_crash(asked)
    if crash is not None and np.isfinite(found.at(DUMMY, 0, asked.reference)):
        yield (f"By the dummy (AIS3+ of head or chest) the {car} goes from {risk(found, 0, asked.reference, DUMMY)} in the reference to "
               f"{risk(found, 0, crash.name, DUMMY, first=False)} in '{crash.title}'.")  # fmt: skip
    count = int(found.beyond.sum())
    yield f"{count or 'None'} of {found.beyond.size} crashes {'are' if count > 1 else 'is'} beyond the model at the inputs as given."


def _heavier(found: Severities, asked: CrashTests) -> Iterator[str]:
    """What none of the tests has: a partner as heavy as those on the road."""
    moving = {b.title: b.mass for b in asked.barriers.values() if np.isfinite(b.mass)}
    of_partners = {test.against: test.name for test in asked.tests if not test.barrier}
    if not of_partners:
        return
    told = listed(f"the {name} {found.partner_mass[name] / found.mass[0]:.1f} times" for name in of_partners)
    tested = (
        listed(f"the {title} is {mass / found.mass[0]:.1f} times" for title, mass in moving.items())
        if moving
        else "no barrier moves"
    )
    yield f"What the tests do not ask: in them {tested}{' as heavy as the ' + found.cars[0] if moving else ''}, {told}{'' if moving else ' as heavy as the ' + found.cars[0]}."


def _ratio(found: Severities, name: str, test: str) -> str:
    value = found.at(f"{name}.ratio", 0, test)
    return f"{value:.2f} times" if np.isfinite(value) else "not told"


def _left(found: Severities, test: str, system: str) -> str:
    margin, intrusion = found.at("margin", 0, test), found.at("intrusion", 0, test)
    if not np.isfinite(margin):
        return "beyond the model"
    return (
        quantity(margin, "length", system)
        if margin > 0.0
        else f"none, {quantity(intrusion, 'length', system)} of intrusion"
    )


def told(found: Severities, asked: CrashTests, system: str) -> str:
    """For a terminal: the two sentences, the findings, notes."""
    lines = [asked.title, ""]
    for sentence in (*answer(found, asked, system), *findings(found, asked, system)):
        lines += textwrap.wrap(f"- {sentence}", WIDTH, subsequent_indent="  ")
    notes = (*judged(asked), DISCLAIMER)
    return "\n".join(
        [
            *lines,
            "",
            *(line for note in notes for line in textwrap.wrap(f"note: {note}", WIDTH, subsequent_indent="  ")),
        ]
    )


def judged(asked: CrashTests) -> Iterator[str]:
    """Which numbers of barriers and cars rest on judgement or memory."""
    for name, barrier in asked.barriers.items():
        tags = [given.tag for path, given in asked.given.items() if path.startswith(f"barriers.{name}.") and given.tag]
        doubtful = [f"{tags.count(tag)} by {words} (tag {tag})" for tag, words in DOUBTFUL.items() if tag in tags]
        if doubtful:
            yield f"Of {len(tags)} numbers of the {barrier.title}: {', '.join(doubtful)}."
    fronts = [car for car, study in asked.studies.items() if study.vehicles[CAR]["evidence"] == "judgement"]
    if fronts:
        yield f"Fronts by judgement: {', '.join(fronts)}."


# ---- numbers -----------------------------------------------------------------------------------------------------------


def records(found: Severities) -> Iterator[dict[str, Any]]:
    """Every car in every test as a flat record, SI."""
    for i, car in enumerate(found.cars):
        for j, test in enumerate(found.tests):
            numbers = {name: _or_none(values[i, j]) for name, values in found.values.items()}
            yield {
                "vehicle": car,
                "test": test,
                "beyond_model": bool(found.beyond[i, j]),
                "beyond_model_share": float(found.shares[i, j]),
                **numbers,
            }


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def as_json(found: Severities, asked: CrashTests, system: str) -> str:
    """The sentences and every number as JSON, SI."""
    equals = {name: [[_or_none(v) for v in row] for row in rows] for name, rows in found.equal.items()}
    data = {"name": asked.name, "version": version(), "units": "SI", "answer": list(answer(found, asked, system)),
            "findings": list(findings(found, asked, system)), "reference": asked.reference, "partner": asked.equals, "vehicles": list(found.cars),
            "equal_closing_speed": equals, "samples": found.samples, "crashes": found.crashes, "failed": found.failed,
            "severity": list(records(found)), "note": DISCLAIMER}  # fmt: skip
    return json.dumps(data, indent=1, ensure_ascii=False)
