"""Which input matters, as sentences, a table, JSON and one bar chart."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from crashsim.criteria import METRICS, RISKS
from crashsim.engine.manifest import version
from crashsim.engine.risks import COLUMN
from crashsim.engine.sensitivity import CURVE, WORDS, Answer, Floats, Sensitivity
from crashsim.output import sheet, style
from crashsim.output.speeds import mixed
from crashsim.output.words import percent, quantity
from crashsim.results.cells import write_records

LABELS: Final = {
    "risk_mais2plus": "risk of MAIS2+ (field curves)",
    "risk_mais3plus": "risk of MAIS3+ (field curves)",
    "risk_fatal": "risk of death (field curves)",
    **{name: f"{risk.label}, dummy" for name, risk in RISKS.items()},
    **{name: metric.label for name, metric in METRICS.items()},
}
TABLE, FIGURE, JSON, TEXT = "sensitivity.csv", "sensitivity", "answer.json", "answer.txt"
WIDTH: Final = 100
HEADLINES: Final = ("risk_mais3plus", "risk1_joint_ais3plus")  # of which the first that varies is quoted
SHOWN, LEAST = 8, 0.005  # inputs in a panel, and the total index that a bar must have
TOLD, MOST = 0.05, 3  # a sentence names the inputs with such a share of the variance, so many at most
NOTE: Final = (
    "shares of the variance over the spreads that the study draws, and of nothing else: an input that is held fixed "
    "moves nothing here. What is not known of the model itself is no input"
)
DISCLAIMER: Final = "model result, not a crash test"


def label(name: str) -> str:
    """A quantity in words."""
    return LABELS.get(name, name)


# ---- sentences and numbers ---------------------------------------------------------------------------------------------


def told(found: Sensitivity, system: str) -> str:
    """The case, a sentence for each vehicle and quantity, and what must be said of them; for a terminal."""
    lines = [found.study.title, f"{found.case}: {crashes_told(found)}", ""]
    lines += [line for said in quoted(found, system) for line in (*textwrap.wrap(said, WIDTH), "")]
    for answer in found.answers:
        lines += textwrap.wrap(f"- {sentence(found, answer, system)}", WIDTH, subsequent_indent="  ")
    notes = [*curves_told(found), NOTE, DISCLAIMER]
    return "\n".join(
        [
            *lines,
            "",
            *(line for note in notes for line in textwrap.wrap(f"note: {note}", WIDTH, subsequent_indent="  ")),
        ]
    )


def crashes_told(found: Sensitivity) -> str:
    """How many inputs and crashes there are."""
    n = found.points * (len(found.inputs) + 2)
    return f"{len(found.inputs)} inputs, {n:,} crashes"


def curves_told(found: Sensitivity) -> Iterator[str]:
    """Between which curves is chosen."""
    every = {curves for curves in found.curves.values() if curves}
    for curves in sorted(every):
        who = " and ".join(v for v, own in found.curves.items() if own == curves)
        yield f"{WORDS[CURVE]}, {who}: one of {', '.join(curves)}, by their weights in the ensemble"


def sentence(found: Sensitivity, answer: Answer, system: str) -> str:
    """What a quantity of a vehicle depends on, in one sentence."""
    head = f"{answer.vehicle}, {label(answer.quantity)}"
    if answer.indices is None:
        at = f", {_shown(answer, answer.median, system)}" if np.isfinite(answer.median) else ""
        return f"{head}{at}: {answer.note}."
    first, total = answer.indices.first, answer.indices.total
    parts = [_part(found.inputs[i], first[i], total[i]) for i in _largest(total)]
    return f"{head}, {span(answer, system)} (5-95 %): of its variance goes {', '.join(parts)}."


def quoted(found: Sensitivity, system: str) -> tuple[str, ...]:
    """Two sentences: what moves the risk of both occupants, and what moves their delta-v."""
    risk = next(
        (name for name in HEADLINES if any(a.quantity == name and a.indices is not None for a in found.answers)),
        HEADLINES[0],
    )
    start = f"{found.case[:1].upper()}{found.case[1:]}"
    return tuple(f"{start}: {_both(found, name, system)}." for name in (risk, "delta_v"))


def _both(found: Sensitivity, quantity: str, system: str) -> str:
    told = [_one(found, answer, system) for answer in found.answers if answer.quantity == quantity]
    return f"{label(quantity)} is {'; '.join(told)}" if told else f"{label(quantity)} was not asked"


def _one(found: Sensitivity, answer: Answer, system: str) -> str:
    if answer.indices is None:
        return f"not told in the {answer.vehicle} ({answer.note})"
    over = "inputs and choice of the curve" if answer.quantity in COLUMN.values() else "inputs"
    return f"{span(answer, system)} in the {answer.vehicle} ({over}, 5-95 %), {strongest(found, answer)}"


def span(answer: Answer, system: str) -> str:
    """A quantity over the inputs, 5 to 95 %."""
    return f"{_shown(answer, answer.low, system)} to {_shown(answer, answer.high, system)}"


def strongest(found: Sensitivity, answer: Answer) -> str:
    """The shares of the inputs that a sentence names, with their interactions."""
    total = answer.indices.total if answer.indices else np.zeros(0)
    shares = [f"{percent(total[i])} with the {found.inputs[i]}" for i in _largest(total)]
    return (
        f"of its variance goes {', '.join(shares)}, interactions counted" if shares else "with no input that stands out"
    )


def _largest(total: Floats) -> list[int]:
    """The inputs with the largest total indices, at most `MOST`, and none below `TOLD`."""
    return [int(i) for i in np.argsort(-total)[:MOST] if total[i] >= TOLD]


def _part(name: str, first: float, total: float) -> str:
    more = f" ({percent(total)} with its interactions)" if total - first >= TOLD else ""
    return f"{percent(first)} with the {name}{more}"


def _shown(answer: Answer, value: float, system: str) -> str:
    return percent(value) if answer.dimension == "ratio" else quantity(value, answer.dimension, system)


def as_json(found: Sensitivity) -> str:
    """Everything as JSON, SI."""
    return json.dumps(_plain(found), indent=2, ensure_ascii=False)


def _plain(found: Sensitivity) -> dict[str, Any]:
    answers = [
        {"vehicle": a.vehicle, "quantity": a.quantity, "p05": _or_none(a.low), "p50": _or_none(a.median),
         "p95": _or_none(a.high), "note": a.note, "inputs": list(_numbers(found, a))}
        for a in found.answers
    ]  # fmt: skip
    return {"study": found.study.name, "case": found.case, "answer": quoted(found, found.study.units), "version": version(), "units": "SI", "points": found.points,
            "seed": found.seed, "status": found.status, "curves": {v: list(c) for v, c in found.curves.items()},
            "inputs": dict(zip(found.inputs, map(list, found.members), strict=True)), "answers": answers,
            "note": DISCLAIMER}  # fmt: skip


def _or_none(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _numbers(found: Sensitivity, answer: Answer) -> Iterator[dict[str, Any]]:
    """Indices and intervals of each input, the largest total first."""
    if answer.indices is None:
        return
    of = answer.indices
    for i in np.argsort(-of.total, kind="stable"):
        numbers = {"first": of.first[i], "first_p05": of.first_interval[0, i], "first_p95": of.first_interval[1, i],
                   "total": of.total[i], "total_p05": of.total_interval[0, i], "total_p95": of.total_interval[1, i]}  # fmt: skip
        yield {"input": found.inputs[i], **{name: float(value) for name, value in numbers.items()}}


# ---- files -------------------------------------------------------------------------------------------------------------


def write(found: Sensitivity, folder: Path, system: str) -> Path:
    """Write sentences, table, JSON and figure (SVG and PNG) into a folder; the SVG's path."""
    rows = [{"vehicle": a.vehicle, "quantity": a.quantity, **numbers}
            for a in found.answers for numbers in _numbers(found, a)]  # fmt: skip
    write_records(folder / TABLE, rows, ["vehicle", "quantity", "input", *_COLUMNS])
    (folder / JSON).write_text(as_json(found) + "\n", encoding="utf-8")
    (folder / TEXT).write_text(told(found, system) + "\n", encoding="utf-8")
    with style.sheet_style():
        drawn = figure(found, system)
    style.save(drawn, folder / f"{FIGURE}.png")
    return style.save(drawn, folder / f"{FIGURE}.svg")


_COLUMNS: Final = ("first", "first_p05", "first_p95", "total", "total_p05", "total_p95")


# ---- the bar chart -----------------------------------------------------------------------------------------------------


def figure(found: Sensitivity, system: str) -> Figure:
    """Bars of first-order and total indices: a row for each quantity that something moves, a column for each vehicle."""
    quantities = list(dict.fromkeys(a.quantity for a in found.answers if a.indices is not None))
    vehicles = list(dict.fromkeys(a.vehicle for a in found.answers))
    rows = max(len(quantities), 1)
    drawn, axes = sheet.panels(rows, len(vehicles), 5.6 if len(vehicles) > 1 else 7.0, 2.0, sharex=True)
    for answer in found.answers:
        if answer.quantity in quantities:
            ax = axes[quantities.index(answer.quantity), vehicles.index(answer.vehicle)]
            _panel(ax, found, answer, system)
    for ax in axes[-1]:
        ax.set_xlabel("share of the variance")
    legend: sheet.Legend = {
        "this input alone (first order)": Patch(facecolor="#555555"),
        "with all its interactions (total)": Patch(facecolor="#c4c4c4"),
    }
    caption = " · ".join([f"crashsim {version()}", DISCLAIMER, crashes_told(found), "lines: 5-95 % of a bootstrap",
                          *curves_told(found), NOTE])  # fmt: skip
    return sheet.framed(drawn, f"Which input matters: {found.case}", found.study.title, legend, caption)


def _panel(ax: Axes, found: Sensitivity, answer: Answer, system: str) -> None:
    look = style.vehicle_style(list(found.study.vehicles).index(answer.vehicle))
    head = f"{answer.vehicle}: {label(answer.quantity)}"
    ax.set_xlim(0.0, 1.1)
    ax.grid(visible=False, axis="y")
    if answer.indices is None:
        ax.set_title(style.wrapped(head, 2.9, 10.0))
        ax.set_yticks([])
        words = style.wrapped(answer.note, 2.8, 9.5)
        ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center", va="center", color="#6a6a6a")
        return
    ax.set_title(style.wrapped(f"{head}, {span(answer, system)}", 2.9, 10.0))
    of = answer.indices
    order = [i for i in np.argsort(-of.total, kind="stable")[:SHOWN] if of.total[i] >= LEAST]
    at = np.arange(len(order))
    ax.barh(at, of.total[order], 0.78, color=mixed(look.colour, 0.35), linewidth=0.0)
    ax.barh(at, of.first[order], 0.42, color=look.colour, linewidth=0.0)
    ax.hlines(at + 0.3, *of.total_interval[:, order], color=style.INK, linewidth=1.0)
    ax.hlines(at, *of.first_interval[:, order], color=style.INK, linewidth=1.0)
    ax.set_yticks(at, [style.wrapped(found.inputs[i], 2.4, 9.0) for i in order], size=9.0)
    ax.set_ylim(max(len(order), 4) - 0.4, -0.6)
    if len(order) < len(of.total):
        rest = f"{len(of.total) - len(order)} more, each below {max(np.delete(of.total, order).max(), LEAST):.2g}"
        ax.text(0.98, 0.05, rest, transform=ax.transAxes, ha="right", size=style.SMALL, color="#6a6a6a")
