"""The files of crash tests side by side: sentences, table, JSON, figures and the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from crashsim import units
from crashsim.config.questions.crash_tests import CAR, CrashTests
from crashsim.engine.crash_tests import DUMMY, Severities
from crashsim.engine.manifest import version
from crashsim.output import style
from crashsim.output.crash_tests import (
    TABLE,
    answer,
    as_json,
    findings,
    joules,
    judged,
    like,
    records,
    risk,
    span,
    title,
    told,
)
from crashsim.output.crash_tests_figures import absolute, equal, multiples
from crashsim.output.html import write_page
from crashsim.output.page import Basis, Page, Plate, Table
from crashsim.output.quoted import listed
from crashsim.output.words import quantity
from crashsim.results.cells import write_records

TEXT, JSON, REPORT = "answer.txt", "answer.json", "report.html"
UNSAID: Final = (
    "It does not say how a car scores: dummies, intrusion and stars of a real test are measured on a real car.",
    "The face of a barrier is honeycomb that a flat front crushes evenly; how a rail digs into it, and how the car turns about it, is not modelled.",
    "At an offset the front bears as in the overlap heuristic of docs/geometry.md (tag J); rebound there is that of the same law.",
    "No side, pole or small-overlap test is here.",
)


def write(
    found: Severities, asked: CrashTests, folder: Path, system: str, about: Mapping[str, Any], command: str
) -> None:
    """Write sentences, table, JSON, figures (SVG and PNG) and page into a folder; ``about`` is its manifest, ``command`` how to run it again."""
    (folder / TEXT).write_text(told(found, asked, system) + "\n", encoding="utf-8")
    (folder / JSON).write_text(as_json(found, asked, system) + "\n", encoding="utf-8")
    write_records(folder / TABLE, list(records(found)))
    with style.sheet_style():
        drawn = {"severity": absolute(found, asked, system), "multiples": multiples(found, asked)}
        if asked.equals:
            drawn["equal"] = equal(found, asked, system)
    for name, figure in drawn.items():
        style.save(figure, folder / f"{name}.png")
        style.save(figure, folder / f"{name}.svg")
    write_page(_page(found, asked, folder, system, about, command), folder / REPORT)


def _plates(found: Severities, asked: CrashTests, folder: Path, system: str) -> Iterator[Plate]:
    n = f"n = {found.beyond.size} crashes, {found.samples:,} samples of each. Model result, not a crash test."
    what = f"{len(found.cars)} cars in {len(found.tests)} crashes"
    yield Plate(folder / "severity.svg", f"How severe each crash is: delta-v, energy per kg, OLC, crush, intrusion, chest and risk of {what}; "
                f"marks: inputs as given, lines: 5-95 % of the inputs; {n}",
                f"Eight panels, one a measure, rows are crashes, marks are cars. {_alt(found, asked, system)}")  # fmt: skip
    yield Plate(folder / "multiples.svg", f"The same as percent of '{title(asked, asked.reference)}', for {what}, sample by sample; {n}",
                f"Five panels, one a measure; a dashed line at 100 %. {_alt(found, asked, system)}")  # fmt: skip
    if asked.equals:
        yield Plate(folder / "equal.svg", f"Delta-v, energy per kg and OLC of each car against the closing speed head-on with the {asked.equals}, and where "
                    f"they are those of '{title(asked, asked.reference)}'; inputs as given, bars: 5-95 % of {found.samples:,} samples. Model result, not a crash test.",
                    f"Three panels of rising lines.{like(found, asked, system).lstrip(';')}.")  # fmt: skip


def _alt(found: Severities, asked: CrashTests, system: str) -> str:
    told = "; ".join(
        f"{test.title} {quantity(found.at('delta_v', 0, test.name), 'speed', system)}" for test in asked.tests
    )
    return f"Delta-v of the {found.cars[0]}: {told}. All numbers: {TABLE}."


def _page(
    found: Severities, asked: CrashTests, folder: Path, system: str, about: Mapping[str, Any], command: str
) -> Page:
    return Page(
        title=asked.title, question=asked.question, answer=answer(found, asked, system), more=tuple(findings(found, asked, system)),
        plates=tuple(_plates(found, asked, folder, system)), tables=tuple(_table(found, asked, i, system) for i in range(len(found.cars))),
        basis=tuple(_basis(found, asked)), unsaid=UNSAID, warnings=tuple(judged(asked)), typed=asked.source, command=command,
        version=version(), fingerprint=str(about["fingerprint"]),
        details={"Files": (f"{TABLE}: every number in SI with both bands (curves: _low, _high; inputs: .p05, .p95); .ratio: over the reference.",)},
    )  # fmt: skip


def _table(found: Severities, asked: CrashTests, car: int, system: str) -> Table:
    """All tests of one car."""
    rows = []
    for test in asked.tests:
        cells = [span(found, name, dimension, car, test.name, system, first=False) for name, dimension in
                 (("delta_v", "speed"), ("olc", "acceleration"), ("margin", "length"), ("intrusion", "length"), ("chest_3ms", "acceleration"))]  # fmt: skip
        energy = [joules(found, car, test.name), units.format_quantity(found.at("absorbed_energy", car, test.name), "energy", system, 3)
                  if np.isfinite(found.at("absorbed_energy", car, test.name)) else "not told"]  # fmt: skip
        rows.append(
            (
                test.title,
                cells[0],
                *energy,
                *cells[1:],
                risk(found, car, test.name, DUMMY, first=False),
                risk(found, car, test.name, first=False),
            )
        )
    head = ("crash", "delta-v", "absorbed per kg", "absorbed", "OLC", "crush space left", "intrusion", "chest, 3 ms",
            "AIS3+ of head or chest (dummy)", "MAIS3+ (field curves)")  # fmt: skip
    notes = ("In brackets 5-95 % of the input samples; of a risk first the disagreement of the functions or curves.",
             "Crush space left: below zero is intrusion.")  # fmt: skip
    return Table(
        f"{found.cars[car]} ({units.format_quantity(found.mass[car], 'mass', system, 4)})", head, tuple(rows), notes
    )


def _basis(found: Severities, asked: CrashTests) -> Iterator[Basis]:
    for test in asked.tests:
        yield Basis(
            test.title,
            f"against the {test.against}",
            "S" if test.barrier else "J",
            asked.sources.get(test.source, test.source),
        )
    for path, given in asked.given.items():
        if given.tag:
            yield Basis(
                path.removeprefix("barriers."), given.typed, given.tag, asked.sources.get(given.source, given.source)
            )
    for car, study in asked.studies.items():
        vehicle = study.vehicles[CAR]
        yield Basis(
            f"front of the {car}",
            str(vehicle.get("title", car)),
            str(vehicle["evidence"]),
            "crashsim list vehicles; crashsim show NAME",
        )
    yield Basis(
        "risk of MAIS3+ by delta-v",
        f"{len(found.curves_named)} published curves",
        "S",
        f"{listed(found.curves_named)}; crashsim list risk",
    )
    yield Basis("overlap of front and face", "force of the front by width", "J", "docs/geometry.md")
