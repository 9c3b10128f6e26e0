"""Injury risk against closing speed: one central curve, and the band in which published curves disagree."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from crashsim.output import sheet, style
from crashsim.output.speeds import joined, vehicle_look
from crashsim.output.views import SpeedCurve, held_words, speed_curves, vehicle_words
from crashsim.results import Results

LEVELS: Final = {"risk_mais2plus": "MAIS2+", "risk_mais3plus": "MAIS3+", "risk_fatal": "fatal"}
LOW, HIGH = 1e-4, 0.999
TICKS: Final = (1e-4, 1e-3, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)
MEMBER_MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">", "p", "h")


def risk(results: Results, impact: str, system: str) -> Figure | None:
    """Risk of MAIS2+, MAIS3+ and fatal injury for both vehicles of an impact against closing speed."""
    curves = speed_curves(results, impact)
    levels = [level for level in LEVELS if level in results.columns]
    if not curves or not levels:
        return None
    width = 5.2 if len(curves) > 1 else 7.6
    figure, axes = sheet.panels(len(levels), len(curves), width, 2.75, sharex="col", sharey=True)
    legend: sheet.Legend = {}
    for j, curve in enumerate(curves):
        for i, level in enumerate(levels):
            legend |= _panel(axes[i, j], results, curve, level, system)
            axes[i, 0].set_ylabel(f"risk of {LEVELS[level]}" if level != "risk_fatal" else "risk of death")
        _own_delta_v(axes[0, j], curve, system)
        sheet.panel_title(axes[0, j], f"{vehicle_words(results, curve.vehicle, system, impact)}, {curve.end} loaded", 0.8 * width)
        axes[-1, j].set_xlabel(sheet.labelled("closing speed", "speed", system))
    for ax in axes.flat:
        sheet.twin(ax, "top", "speed", system) if False else None
    held = held_words(curves[0], system)
    title = f"Injury risk against closing speed: {impact}" + (f" at {held}" if held else "")
    notes = ("bands show the disagreement between published curves only, not the uncertainty of the inputs", "risk on a logit scale")
    return sheet.finish(figure, title, legend, sheet.caption(results, joined(results, [c.rows for c in curves]), *notes))


def _panel(ax: Axes, results: Results, curve: SpeedCurve, level: str, system: str) -> sheet.Legend:
    x = curve.closing_speed / style.unit("speed", system)[0]
    ax.set_xlim(float(x[0]), float(x[-1]))
    _logit(ax)
    values = {n: np.clip(curve.values(f"{level}{n}"), LOW / 10, 1 - (1 - HIGH) / 10)
              for n in ("", "_low", "_high", "_uncorrected_low", "_uncorrected_high")}  # fmt: skip
    outside = curve.flags(f"{level}_extrapolated")
    colour = vehicle_look(results, curve.vehicle).colour
    legend: sheet.Legend = {}
    ax.fill_between(x, values["_uncorrected_low"], values["_uncorrected_high"], facecolor="none", edgecolor="#777777", hatch="....",
                    linewidth=0.9, linestyle=(0, (2, 1)), zorder=1.2)  # fmt: skip
    ax.fill_between(x, values["_low"], values["_high"], facecolor=colour, alpha=0.28, linewidth=0.0, zorder=1.5)
    members = _members(ax, results, curve, level, x)
    grey = outside | curve.beyond
    sheet.line(ax, x, values[""], grey, color=colour, zorder=5, linewidth=2.4)
    return legend | members


def _members(ax: Axes, results: Results, curve: SpeedCurve, level: str, x: Any) -> sheet.Legend:
    return {}


def _logit(ax: Axes) -> None:
    ax.set_yscale("logit")
    ax.set_ylim(LOW, HIGH)
    ax.yaxis.set_major_locator(FixedLocator(TICKS))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda p, _: f"{100 * p:g} %"))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_minor_formatter(NullFormatter())


def _own_delta_v(ax: Axes, curve: SpeedCurve, system: str) -> None:
    """The vehicle's own delta-v along the top."""
    k, unit = style.unit("speed", system)
    closing, own = curve.closing_speed / k, curve.values("delta_v") / k
    if np.all(np.diff(closing) > 0.0) and np.all(np.diff(own) > 0.0):
        forward, back = (lambda v: np.interp(v, closing, own)), (lambda v: np.interp(v, own, closing))
        ax.secondary_xaxis("top", functions=(forward, back)).set_xlabel(f"own delta-v [{unit}]", color="#444444")
