"""The files of everyone against everyone: sentences, table, JSON, heat maps and the page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from crashsim.config.questions.matrix import MatrixQuestion
from crashsim.engine.manifest import version
from crashsim.engine.matrix import DUMMY, Matrix
from crashsim.output import style
from crashsim.output.html import write_page
from crashsim.output.matrix import (
    TABLE,
    answer,
    as_json,
    crash_words,
    delta_v,
    findings,
    mass,
    outside,
    records,
    risk,
    told,
)
from crashsim.output.matrix_maps import Map, figure, maps
from crashsim.output.page import Basis, Page, Plate, Table
from crashsim.output.quoted import listed
from crashsim.output.words import percent
from crashsim.results.cells import write_records

TEXT, JSON, REPORT = "answer.txt", "answer.json", "report.html"
UNSAID: Final = (
    "It does not say what a vehicle does in a crash test: fronts are lumped springs, and most of them rest on the law of their class or on "
    "judgement (the grade stands behind every name).",
    "Field curves see delta-v alone. By them a pair differs by its masses and a little rebound; the age of a structure, belts and bags "
    "show in the map of the dummy only.",
    "All pairs meet on one line: nothing turns, rolls or slides past.",
    "Nothing is said of how often such a crash happens.",
)


def write(
    found: Matrix, asked: MatrixQuestion, folder: Path, system: str, about: Mapping[str, Any], command: str
) -> None:
    """Write sentences, table, JSON, figures (SVG and PNG) and page into a folder; ``about`` is its manifest, ``command`` how to run it again."""
    (folder / TEXT).write_text(told(found, asked, system) + "\n", encoding="utf-8")
    (folder / JSON).write_text(as_json(found, asked, system) + "\n", encoding="utf-8")
    write_records(folder / TABLE, list(records(found)))
    crash = crash_words(asked, system)
    plates = []
    for shown in maps(found, system):
        with style.sheet_style():
            drawn = figure(found, shown, crash, asked.title, system)
        style.save(drawn, folder / f"{shown.name}.png")
        plates.append(_plate(found, shown, crash, style.save(drawn, folder / f"{shown.name}.svg")))
    write_page(_page(found, asked, system, tuple(plates), about, command), folder / REPORT)


def _plate(found: Matrix, shown: Map, crash: str, svg: Path) -> Plate:
    n = len(found.names)
    caption = (f"{shown.title} [{shown.unit}] for {n} vehicles, each against each, {crash}; n = {n * n:,} pairs, inputs as given. "
               "Model result, not a crash test.")  # fmt: skip
    values = shown.values[np.isfinite(shown.values)]
    span = f" Values run from {values.min():.2g} to {values.max():.2g} {shown.unit}." if values.size else ""
    return Plate(svg, caption, f"Heat map with {n} rows and {n} columns. {shown.title}.{span} All numbers: {TABLE}.")


def _page(
    found: Matrix, asked: MatrixQuestion, system: str, plates: tuple[Plate, ...], about: Mapping[str, Any], command: str
) -> Page:
    judged = found.evidence.count("judgement")
    return Page(
        title=asked.title, question=asked.question, answer=answer(found, asked, system), more=tuple(findings(found, system)),
        plates=plates, tables=(_vehicles_table(found, system), _partner_table(found, system)), basis=_basis(found, asked, system), unsaid=UNSAID,
        warnings=(f"{judged} of {len(found.names)} fronts rest on judgement.", *outside(found)), typed=asked.source,
        command=command, version=version(), fingerprint=str(about["fingerprint"]),
        details={"Files": (f"{TABLE}: all pairs in SI with both bands (curves: _low, _high; inputs: .p05, .p95).",)},
    )  # fmt: skip


def _vehicles_table(found: Matrix, system: str) -> Table:
    """The mean over all partners by vehicle."""
    mean, fatal, ratio = found.mean_risk(), found.mean_risk("risk_fatal"), found.who_pays()
    rows = []
    for i, name in enumerate(found.names):
        others = np.delete(ratio[i], i)
        rows.append((name, found.titles[i], mass(found, i, system), found.evidence[i], percent(mean[i]), percent(fatal[i]),
                     f"{int(np.nansum(others > 1.0))} of {len(others)}"))  # fmt: skip
    head = (
        "vehicle",
        "what it is",
        "impact mass",
        "front rests on",
        "mean risk of MAIS3+",
        "mean risk of death",
        "pays more than its partner",
    )
    return Table(
        "Over all partners",
        head,
        tuple(rows),
        ("Central field curve, inputs as given; each vehicle's own like is left out of the mean.",),
    )


def _partner_table(found: Matrix, system: str) -> Table:
    """Every vehicle against the told partner."""
    j = found.quote[1]
    rows = tuple((name, delta_v(found, 0, i, j, system), risk(found, 0, i, j, first=False), risk(found, 0, i, j, DUMMY, first=False), risk(found, 1, i, j, first=False))
                 for i, name in enumerate(found.names))  # fmt: skip
    partner = found.names[j]
    head = ("vehicle", "delta-v", "MAIS3+, field curves", "AIS3+ of head or chest, dummy", f"MAIS3+ in the {partner}")
    return Table(
        f"Against the {partner}",
        head,
        rows,
        ("In brackets: disagreement of the curves or functions; then inputs, 5-95 % of the samples.",),
    )


def _basis(found: Matrix, asked: MatrixQuestion, system: str) -> tuple[Basis, ...]:
    uses = {
        name: v.get("use") if isinstance(v := asked.typed["vehicles"][name], dict) else None for name in found.names
    }
    fronts = (Basis(f"front of the {name}", f"class {found.classes[i]}, {mass(found, i, system)}", found.evidence[i],
                    f"{found.titles[i]}; crashsim show {uses[name]}" if uses[name] else "this file")
              for i, name in enumerate(found.names))  # fmt: skip
    curves = Basis(
        "risk of MAIS3+ by delta-v",
        f"{len(found.curves)} published curves",
        "S",
        f"{listed(found.curves)}; crashsim list risk",
    )
    drawn = Basis("spread of the inputs", f"{found.samples:,} samples a pair" if found.samples > 1 else "not drawn", "J",
                  "force of each front within its class, rebound, restraint, factor from reconstructed to true delta-v (docs/sensitivity.md)")  # fmt: skip
    return (*fronts, curves, drawn)
