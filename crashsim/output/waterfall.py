"""The ledger as a picture: from the car as it is to everything switched on, step by step, for both occupants and routes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from crashsim.output import ledger, sheet, style
from crashsim.output.ledger import AVOIDED, ROUTES, Row
from crashsim.output.risks import HIGH, LOW, logit_axis
from crashsim.output.speeds import joined
from crashsim.output.views import vehicle_words
from crashsim.output.words import percent, quantity
from crashsim.results import OK, Results

BETTER, WORSE, NEITHER = "#009E73", "#D55E00", "#777777"
BAND: Final[dict[str, Any]] = {"facecolor": "#d9d9d9", "linewidth": 0.0}
ALONE: Final[dict[str, Any]] = {
    "marker": "D",
    "markersize": 6.5,
    "markerfacecolor": "white",
    "color": style.INK,
    "linestyle": "none",
}
NOTES: Final = (
    "*: extrapolated, beyond the range of the function or curve in use",
    "each step keeps those to its left; the order decides how a common effect is shared, so each alone is marked too",
    "grey: disagreement between functions or curves; whisker: 5-95 % of the samples; never merged",
    "field curves see neither restraint nor structure: there a step that changes these alone moves nothing but delta-v",
    "braking by its kinematics; published effects on the number of crashes are in no risk here",
)


def waterfall(results: Results, impact: str, system: str) -> Figure | None:
    """Risk of AIS3+ by both routes as the modifiers of a study are switched on; None without modifiers."""
    rows = ledger.of_impact(results, impact)
    if not rows:
        return None
    who = [v for v in ledger.vehicles(rows) if any(_known(rows, v, name) for name in ROUTES)]
    if not who:
        return None
    count = len(ledger.steps(rows, who[0]))
    width = max(4.6, 0.95 * count + 1.2)
    figure, axes = sheet.panels(len(ROUTES), len(who), width, 3.0, sharey=True)
    for j, vehicle in enumerate(who):
        for i, (name, words) in enumerate(ROUTES.items()):
            _panel(axes[i, j], rows, vehicle, name)
            if j == 0:
                axes[i, j].set_ylabel(f"AIS3+: {words}")
        sheet.panel_title(axes[0, j], vehicle_words(results, vehicle, system, impact), 0.8 * width)
    start = ledger.steps(rows, who[0])[0]
    title = f"What each change does: {impact} at {quantity(start['closing_speed'], 'speed', system)} closing"
    drawn = results.where(results.columns["impact"] == impact)
    held = (
        f"cases of the ledger: {len(ledger.steps(rows, who[0])) + max(len(ledger.alone(rows, who[0])) - 1, 0)} variants"
    )
    caption = sheet.caption(results, joined(results, [drawn]), held, *NOTES)
    return sheet.finish(figure, results, title, _legend(), caption)


def _known(rows: Sequence[Row], vehicle: str, name: str) -> bool:
    return any(row[name] is not None for row in ledger.steps(rows, vehicle))


def _panel(ax: Axes, rows: Sequence[Row], vehicle: str, name: str) -> None:
    own, singles = ledger.steps(rows, vehicle), ledger.alone(rows, vehicle)
    logit_axis(ax)
    labels = ["as it is", *(f"+ {row['titles'][0]}" for row in singles)]
    ax.set_xticks(range(len(own)), [style.wrapped(text, 0.85, 8.0) for text in labels], fontsize=8.0)
    ax.set_xlim(-0.6, len(own) - 0.4)
    ax.grid(visible=False, axis="x")
    for k, row in enumerate(own):
        if not _standing(ax, k, row, name):
            continue
        value = _inside(row[name])
        ax.fill_between(
            [k - 0.38, k + 0.38], _inside(row[f"{name}_low"]), _inside(row[f"{name}_high"]), zorder=1.2, **BAND
        )
        before = own[k - 1][name] if k else None
        _bar(ax, k, _inside(before) if before is not None else None, value)
        low, high = row.get(f"{name}_p05"), row.get(f"{name}_p95")
        if low is not None and high is not None:
            ax.plot([k + 0.27] * 2, [_inside(low), _inside(high)], color=style.INK, linewidth=1.3, marker="_", zorder=5)
        if k and singles[k - 1][name] is not None and singles[k - 1]["status"] != AVOIDED:
            ax.plot(k - 0.27, _inside(singles[k - 1][name]), zorder=6, **ALONE)
        above = value < 0.5
        shown = percent(row[name]) + (" *" if row[f"{name}_extrapolated"] else "")
        ax.annotate(shown, (k, value), (0, 5 if above else -5), textcoords="offset points", ha="center",
                    va="bottom" if above else "top", fontsize=8.0, zorder=7,
                    bbox={"facecolor": "white", "alpha": 0.75, "linewidth": 0.0, "pad": 0.6})  # fmt: skip


def _standing(ax: Axes, k: int, row: Row, name: str) -> bool:
    """Whether a step has a risk to draw; else its place says why not."""
    if row["status"] != AVOIDED and row[name] is not None:
        return True
    reason = AVOIDED if row["status"] == AVOIDED else style.BEYOND if row["status"] != OK else "not offered"
    ax.text(
        k,
        0.5,
        reason,
        transform=ax.get_xaxis_transform(),
        rotation=90,
        ha="center",
        va="center",
        color=style.GREY,
        size=8.0,
    )
    return False


def _bar(ax: Axes, k: int, before: float | None, value: float) -> None:
    if before is None:
        ax.plot([k - 0.38, k + 0.38], [value] * 2, color=style.INK, linewidth=3.0, zorder=4)
        return
    colour = NEITHER if max(before, value) <= ledger.MOVED * min(before, value) else BETTER if value < before else WORSE
    ax.plot([k - 0.62, k - 0.2], [before] * 2, color="#777777", linewidth=0.9, linestyle=(0, (2, 1.5)), zorder=3)
    ax.fill_between([k - 0.2, k + 0.2], before, value, facecolor=colour, alpha=0.85, linewidth=0.0, zorder=3)
    ax.plot([k - 0.38, k + 0.38], [value] * 2, color=colour, linewidth=3.0, zorder=4)


def _inside(risk: float) -> float:
    """A risk just inside the logit scale, which has no 0 and no 1."""
    return float(np.clip(risk, LOW / 10.0, 1.0 - (1.0 - HIGH) / 10.0))


def _legend() -> sheet.Legend:
    return {
        "less risk": Patch(facecolor=BETTER, alpha=0.85),
        "more risk": Patch(facecolor=WORSE, alpha=0.85),
        "about the same": Patch(facecolor=NEITHER, alpha=0.85),
        "this change alone": Line2D([], [], **ALONE),
        "functions or curves disagree": Patch(**BAND),
        sheet.INPUTS: Line2D([], [], color=style.INK, linewidth=1.3, marker="_"),
    }
