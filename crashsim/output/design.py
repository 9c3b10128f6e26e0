"""A design study as files: sentences, tables, JSON, figures and the page."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from crashsim import units
from crashsim.config.questions.design import DEFAULT
from crashsim.designs import GIVEN, HEAVY, LAWS, LIGHT
from crashsim.engine.design import FIELD, ROUTES
from crashsim.engine.design_search import Found, Marginal
from crashsim.engine.manifest import version
from crashsim.engine.risks import risk_settings
from crashsim.output import style
from crashsim.output.basis import basis
from crashsim.output.design_figures import DISCLAIMER, FIGURES
from crashsim.output.design_words import (
    LABELS,
    ROUTE,
    UNSAID,
    answer,
    crashes,
    envelope,
    label,
    more,
    per_ten,
    plain,
    points,
    spread,
    warnings,
)
from crashsim.output.html import write_page
from crashsim.output.page import Basis, Page, Plate, Table
from crashsim.output.words import percent, quantity
from crashsim.results.cells import write_records

TEXT, JSON, DESIGNS, MARGINALS, PAGE = "answer.txt", "answer.json", "designs.csv", "marginals.csv", "report.html"
WIDTH: Final = 100
ALT: Final = {
    "front": "Two scatter plots, by dummy and by field curves: risk of the designed car's occupant against the partner's, coloured by mass.",
    "marginals": "Bars: by how many percentage points one step of each change moves the risk of both occupants.",
}
Row = dict[str, Any]


def write(found: Found, folder: Path, system: str, about: Mapping[str, Any]) -> None:
    """Write everything but the manifest into a folder."""
    (folder / TEXT).write_text(told(found, system) + "\n", encoding="utf-8")
    (folder / JSON).write_text(as_json(found, system) + "\n", encoding="utf-8")
    write_records(folder / DESIGNS, list(design_rows(found)))
    write_records(folder / MARGINALS, list(marginal_rows(found)))
    figures = folder / "figures"
    figures.mkdir()
    for name, draw in FIGURES.items():
        with style.sheet_style():
            drawn = draw(found, system)
        for suffix in (".svg", ".png"):
            style.save(drawn, figures / f"{name}{suffix}")
    write_page(page(found, figures, system, about), folder / PAGE)


# ---- text and numbers ----------------------------------------------------------------------------------------------------


def told(found: Found, system: str) -> str:
    """The answer for a terminal."""
    lines = [found.question.study.title, ""]
    for sentence in (*answer(found, system), *more(found, system)):
        lines += textwrap.wrap(f"- {sentence}", WIDTH, subsequent_indent="  ")
    lines.append("")
    for note in (*warnings(found, system), DISCLAIMER):
        lines += textwrap.wrap(f"note: {note}", WIDTH, subsequent_indent="  ")
    return "\n".join(lines)


def as_json(found: Found, system: str) -> str:
    """Everything as JSON, SI; the sentences in the units of ``system``."""
    q = found.question
    told_: Row = {
        "question": "design", "name": q.study.name, "version": version(), "units": "SI", "answer": answer(found, system),
        "samples": found.samples, "tried": len(found.tried), "bound": found.bound, "lightest": found.lightest,
        "weights": dict(zip((i.name for i in q.study.impacts), q.weights, strict=True)),
        "designs": list(design_rows(found)), "marginals": list(marginal_rows(found)), "note": DISCLAIMER,
    }  # fmt: skip
    return json.dumps(told_, indent=2, ensure_ascii=False, allow_nan=False)


def design_rows(found: Found) -> Iterator[Row]:
    """One row for each design that was looked at again, SI; the first is the base design."""
    q = found.question
    for i in range(len(found.kept)):
        row: Row = {"design": i, **dict(zip(q.names, found.kept.values[i].tolist(), strict=True))}
        row |= {"restraint": q.restraints[found.kept.restraint[i]]}
        row |= {f"added_mass_{law}": float(found.mass[law][i]) for law in LAWS}
        row |= {
            "intrusion": float(np.median(found.outcome.intrusion[i])),
            "beyond_model": float(found.outcome.beyond[i]),
        }
        for route in ROUTES:
            for j, vehicle in enumerate((q.vehicle, q.partner)):
                numbers = (
                    found.outcome.mean[route][i, j],
                    *spread(found.outcome.risk[route][i, :, j]),
                    *envelope(found, route, i, j),
                )
                ends = ("", "_p05", "_p95", "_low", "_high")
                row |= {f"{route}.{vehicle}{end}": _finite(x) for end, x in zip(ends, numbers, strict=True)}
            row |= {f"{route}.front": bool(found.fronts[route][i]), f"{route}.lightest": found.lightest[route] == i}
        yield row


def marginal_rows(found: Found) -> Iterator[Row]:
    """One row for each change, route, mass law and vehicle: the change of the risk by one step, SI."""
    for m in found.marginals:
        for route in ROUTES:
            for j, vehicle in enumerate((found.question.vehicle, found.question.partner)):
                low, high = m.interval[route][:, j]
                row: Row = {"change": m.name, "step": _finite(m.step), "route": route, "vehicle": vehicle}
                row |= {f"added_mass_{law}": m.mass[law] for law in LAWS}
                row |= {f"risk_{law}": float(m.change[route][law][j]) for law in LAWS}
                yield row | {"risk_p05": float(low), "risk_p95": float(high), "delta_v": float(m.delta_v[j])}


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


# ---- the page ------------------------------------------------------------------------------------------------------------


def page(found: Found, figures: Path, system: str, about: Mapping[str, Any]) -> Page:
    """The page of a design study; ``figures`` is the folder of its figures."""
    q = found.question
    told_ = f"head-on at {crashes(found, system)}, {found.samples:,} samples; {DISCLAIMER}."
    captions = {
        "front": f"Expected risk of both occupants for designs that no other one beats, {told_}",
        "marginals": f"Change of the expected risk by one step of each change, in percentage points, {told_}",
    }
    return Page(
        title=q.study.title, question=q.study.question, answer=answer(found, system), more=tuple(more(found, system)),
        plates=tuple(Plate(figures / f"{name}.svg", captions[name], ALT[name]) for name in FIGURES),
        tables=(_steps(found, system), _designs(found, system)), basis=tuple(_basis(found, system)), unsaid=UNSAID,
        warnings=tuple(warnings(found, system)), typed=q.text, command="crashsim design" if q.study.name == DEFAULT else "crashsim design FILE", version=version(),
        fingerprint=about["fingerprint"], details={"What structure weighs": _law(found)},
    )  # fmt: skip


def _steps(found: Found, system: str) -> Table:
    q = found.question
    unit = units.display_unit("mass", system)
    head = ("one step more", f"mass [{unit}]", *(f"{v}, {ROUTE[r]} [points]" for v in (q.vehicle, q.partner) for r in ROUTES),
            f"{q.vehicle}, dummy, per 10 kg [points]")  # fmt: skip
    rows = tuple(_step(found, m, unit) for m in found.marginals)
    notes = ("Points are percentage points of expected risk; in brackets 5-95 % over the samples of the inputs, sample by sample.",
             "Per 10 kg: the step's change divided by its own mass.")  # fmt: skip
    return Table("What one step more does, its mass included", head, rows, notes)


def _step(found: Found, m: Marginal, unit: str) -> tuple[str, ...]:
    cells = []
    for j in (0, 1):
        for route in ROUTES:
            low, high = m.interval[route][:, j]
            cells.append(f"{points(float(m.change[route][GIVEN][j]))} ({points(float(low))} to {points(float(high))})")
    given, *ends = (units.to(m.mass[law], unit, "mass") for law in (GIVEN, LIGHT, HEAVY))
    weight = f"{given:+.2g} ({min(ends):+.2g} to {max(ends):+.2g})"
    per = points(per_ten(m, ROUTES[0])) if m.mass[GIVEN] > 0 else "-"
    return (label(found, m), weight, *cells, per)


def _designs(found: Found, system: str) -> Table:
    q = found.question
    named = {"as it is": 0} | {f"lightest by {ROUTE[r]}": i for r in ROUTES if (i := found.lightest[r]) is not None}
    head = ("design", "added", *(LABELS[c.name] for c in q.changes), "restraint", "intrusion",
            *(f"{v}, {ROUTE[r]}" for r in ROUTES for v in (q.vehicle, q.partner)))  # fmt: skip
    rows = []
    for name, i in named.items():
        values = (quantity(x, c.dimension, system) for x, c in zip(found.kept.values[i], q.changes, strict=True))
        risks = (percent(float(found.outcome.mean[r][i, j])) for r in ROUTES for j in (0, 1))
        deep = quantity(float(np.median(found.outcome.intrusion[i])), "length", system)
        rows.append((name, quantity(found.mass[GIVEN][i], "mass", system), *values, plain(q.restraints[found.kept.restraint[i]]),
                     deep, *risks))  # fmt: skip
    if found.reference is not None:
        risks = (percent(float(found.reference.mean[r][0, j])) for r in ROUTES for j in (0, 1))
        deep = quantity(float(np.median(found.reference.intrusion)), "length", system)
        rows.append((f"{q.bound.like} in its place", "-", *("-" for _ in q.changes), "-", deep, *risks))
    notes = (
        "Intrusion: median over the samples, in the crash where it is largest. All designs that were looked at again: designs.csv.",
    )
    return Table("The designs that are named", head, tuple(rows), notes)


def _basis(found: Found, system: str) -> Iterator[Basis]:
    q = found.question
    for what, value, tag, source in q.given:
        yield Basis(f"mass law: {what}", value, tag, source)
    for impact, weight in zip(q.study.impacts, q.weights, strict=True):
        yield Basis(f"weight of the crash {impact.name}", percent(weight), "J", "given in the file")
    used = set(found.outcome.members[FIELD])
    settings = risk_settings(q.study)
    curves = {c.name: {"title": c.title, "tag": c.tag, "source": c.source, "population": c.population}
              for c in settings.curves if c.name in used}  # fmt: skip
    yield from basis(
        {
            "vehicles": {name: q.study.vehicles[name] for name in (q.vehicle, q.partner)},
            "risk_curves": curves,
            "impacts": {impact.name: {"numbers": impact.numbers} for impact in q.study.impacts},
            "delta_v_correction": {"factor": settings.factor, "source": settings.factor_source},
        },
        system,
    )


def _law(found: Found) -> tuple[str, ...]:
    return (
        "Added mass = secondary x (added energy capacity of the front / specific energy + sum of mass per step x steps + restraint) + mass "
        "alone.",
        "The energy capacity is the area under the front's loading curve up to the end of its crush space.",
        f"Designs were sampled over the bounds of the file, refined in {found.question.rounds} rounds about the best with few samples, and "
        f"{len(found.kept)} of them crashed again with {found.samples:,}; only that second look decides.",
        "All designs, restraints and the vehicle of the bound meet the same samples of the inputs.",
    )
