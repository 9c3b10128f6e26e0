"""The page that says which input matters: two sentences, the bars, every index, and what was drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from crashsim.config import library
from crashsim.config.mapping import study_text
from crashsim.engine.manifest import inputs
from crashsim.engine.sensitivity import Sensitivity
from crashsim.output.basis import basis
from crashsim.output.html import write_page
from crashsim.output.page import Page, Plate, Table
from crashsim.output.sensitivity import DISCLAIMER, LEAST, NOTE, crashes_told, curves_told, label, quoted, sentence
from crashsim.output.words import percent

UNSAID: Final = (
    "Shares of the variance over the spreads that the study draws: an input that is held fixed moves nothing, and what the model "
    "leaves out (angle, rotation, the shape of a pulse within a lump) is no input.",
    "Structures are priors unless said to be measured; their spreads are those of a class or judgement (tag J).",
    "The choice of the risk curve is an input here and nowhere else: in every other answer the curves stand as a band of their own.",
)
HEAD: Final = (
    "vehicle",
    "quantity",
    "input",
    "alone",
    "alone, 5-95 %",
    "with interactions",
    "with interactions, 5-95 %",
)
READING: Final = (
    "Alone: share of the variance that goes with this input by itself (first-order Sobol index). With interactions: the share that would "
    "be left if all other inputs were known (total index). Intervals: 5-95 % of a bootstrap.",
)
SEEN: Final = (
    "Bars of the share of the variance, the longest on top, one panel for each vehicle and quantity; a dark bar for the input alone, a pale "
    "one with its interactions."
)


def write(found: Sensitivity, drawing: Path, path: Path, about: Mapping[str, Any]) -> None:
    """Write ``report.html``; ``drawing`` is the bar chart, ``about`` the manifest."""
    write_page(page(found, drawing, about), path)


def page(found: Sensitivity, drawing: Path, about: Mapping[str, Any]) -> Page:
    """The page of a sensitivity analysis."""
    system, meta = about["units"], {**inputs(found.study), "risk_curves": _curves(found)}
    caption = f"Which input matters: {found.case}. {crashes_told(found)}, crashsim {about['version']}. {DISCLAIMER.capitalize()}."
    return Page(
        title=found.study.title,
        question=found.study.question,
        answer=quoted(found, system),
        more=tuple(sentence(found, answer, system) for answer in found.answers),
        warnings=(*curves_told(found), NOTE),
        plates=(Plate(drawing, caption, f"{SEEN} {' '.join(quoted(found, system))}"),),
        tables=(Table("Shares of the variance", HEAD, tuple(_rows(found)), READING), _drawn(found)),
        basis=tuple(basis(meta, system)),
        unsaid=UNSAID,
        typed=study_text(found.study.typed),
        command=f"crashsim sensitivity {about['name']} --case '{about['case']}' --points {about['points']}{' --each' * about['each']}",
        version=about["version"],
        fingerprint=about["fingerprint"],
    )


# ---- tables ------------------------------------------------------------------------------------------------------------


def _rows(found: Sensitivity) -> Iterator[tuple[str, ...]]:
    """Every index that is not nothing, the largest first."""
    for answer in found.answers:
        if answer.indices is None:
            continue
        of = answer.indices
        for i in np.argsort(-of.total, kind="stable"):
            if of.total[i] >= LEAST:
                spans = (_between(interval[:, i]) for interval in (of.first_interval, of.total_interval))
                alone, whole = spans
                yield (
                    answer.vehicle,
                    label(answer.quantity),
                    found.inputs[i],
                    percent(of.first[i]),
                    alone,
                    percent(of.total[i]),
                    whole,
                )


def _between(ends: np.ndarray[Any, Any]) -> str:
    low, high = (percent(float(np.clip(end, 0.0, 1.0))) for end in ends)
    return f"{low} to {high}"


def _drawn(found: Sensitivity) -> Table:
    rows = tuple(
        (name, str(len(paths)), ", ".join(paths)) for name, paths in zip(found.inputs, found.members, strict=True)
    )
    return Table("What is drawn", ("input", "numbers", "which"), rows)


def _curves(found: Sensitivity) -> dict[str, dict[str, str]]:
    used = {name for names in found.curves.values() for name in names}
    return {name: {"title": c.title, "tag": c.tag, "source": c.source, "population": c.population}
            for name, c in library.risk_curves().items() if name in used}  # fmt: skip
