"""The mean risk of both vehicles on each class of road as a figure: a panel for each kind of crash."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from crashsim.output import sheet, style
from crashsim.output.risks import HIGH, LOW, logit_axis
from crashsim.output.roads import MOSTLY, RISK, Group, Row, groups
from crashsim.output.speeds import vehicle_look
from crashsim.output.views import vehicle_words
from crashsim.results import Results

ASIDE: Final = 0.1  # of the distance between two roads: how far the marks of one vehicle stand apart
ACROSS: Final = 2  # panels in a row: the same partner in each column of the shipped study


def roads(results: Results, system: str) -> Figure | None:
    """Mean risk of both vehicles against the posted limit, a panel for each kind of crash; None without roads."""
    every = groups(results)
    if not every:
        return None
    figure, axes = sheet.panels(-(-len(every) // ACROSS), min(ACROSS, len(every)), 4.6, 3.0)
    for ax in axes.flat[len(every) :]:
        ax.set_visible(False)
    legend: sheet.Legend = {}
    for ax, group in zip(axes.flat, every, strict=False):
        logit_axis(ax)
        for shift, rows in ((-0.13, group.worse), (0.13, group.other)):
            legend |= _series(ax, results, rows, shift, system)
        _finish_panel(ax, group, system)
    legend["published curves, each averaged by itself"] = Line2D([], [], color="#555555", linewidth=1.0, marker="_")
    legend["inputs, 5-95 % of the means"] = Line2D([], [], color="#999999", linewidth=6.0, solid_capstyle="butt")
    legend["the road's numbers at their ends, one at a time"] = Line2D(
        [], [], color="#555555", linewidth=1.3, linestyle=(0, (1, 1))
    )
    legend["half or more of the risk extrapolated"] = Line2D([], [], color=style.GREY, marker="o", linestyle="none")
    crashes = sum(row["crashes"] for group in every for row in group.worse)
    caption = (
        f"crashsim {results.meta['version']} · model result, not a crash test · n = {crashes:,} crashes at drawn speeds; those beyond the "
        f"model keep their risk by field curves, which momentum decides · {len(results.meta['judgement'])} inputs rest on judgement (tag J), the "
        "speeds at contact among them (crashsim list roads) · of one crash of each kind: how often it happens is not said"
    )
    return sheet.finish(figure, results, "Risk of a serious injury by class of road", legend, caption)


def _series(ax: Axes, results: Results, rows: Sequence[Row], shift: float, system: str) -> Iterator[tuple[str, Line2D]]:
    """One vehicle: its mean risk at every limit with both bands side by side."""
    known = [(i + shift, row) for i, row in enumerate(rows) if row[RISK] is not None]
    if not known:
        return
    look = vehicle_look(results, rows[0]["vehicle"])
    x = [at for at, _ in known]
    ax.plot(
        x, [_shown(row[RISK]) for _, row in known], color=look.colour, linestyle=look.dashes, linewidth=1.0, zorder=3
    )
    for at, row in known:
        own, grey = look.colour, row[f"{RISK}_extrapolated"] > MOSTLY
        _upright(ax, at, row, ("_low", "_high"), color=own, linewidth=1.0, marker="_", markersize=6.0, zorder=2.5)
        _upright(ax, at + ASIDE, row, ("_slow", "_fast"), color=own, linewidth=1.3, linestyle=(0, (1, 1)), zorder=2.4)
        _upright(ax, at, row, ("_p05", "_p95"), color=own, linewidth=6.0, alpha=0.35, solid_capstyle="butt", zorder=2.0)
        ax.plot([at], [_shown(row[RISK])], color=style.GREY if grey else own, marker=look.marker, zorder=4)
    yield vehicle_words(results, rows[0]["vehicle"], system), style.swatch(look, marker=True)


def _upright(ax: Axes, at: float, row: Row, edges: tuple[str, str], **look: Any) -> None:
    """A line between two values of a risk, where they are known."""
    ends = [row[f"{RISK}{edge}"] for edge in edges]
    if None not in ends:
        ax.plot([at, at], [_shown(end) for end in ends], **look)


def _finish_panel(ax: Axes, group: Group, system: str) -> None:
    factor, unit = style.unit("speed", system)
    ax.set_xticks(range(len(group.worse)), [f"{row['limit'] / factor:.0f}" for row in group.worse])
    ax.set_xlim(-0.6, len(group.worse) - 0.4)
    ax.set_xlabel(f"posted limit [{unit}]")
    ax.set_ylabel("mean risk of MAIS3+")
    sheet.panel_title(ax, f"{group.worse[0]['vehicle']} {group.words}", 4.0)


def _shown(risk: float) -> float:
    """A risk just inside the logit scale, which has no 0 and no 1."""
    return float(np.clip(risk, LOW, HIGH))
