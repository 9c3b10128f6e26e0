"""Several vehicles against the same partner: the risk of the occupant of each by both routes, and the intrusion."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from crashsim.output import sheet, style
from crashsim.output.parting import ONE, TWO, standing
from crashsim.output.partners import held, meeting
from crashsim.output.risks import HIGH, LOW, logit_axis
from crashsim.output.speeds import joined, vehicle_look
from crashsim.output.views import SpeedCurve, vehicle_words
from crashsim.results import Results

ROUTES: Final = {ONE: "AIS3+: dummy (head, chest)", TWO: "AIS3+: field curves"}
WHISKERS: Final = 5  # speeds at which the disagreement is marked
NOTES: Final = (
    "shaded: 5-95 % of the samples; upright lines: disagreement between functions or curves; never merged",
    "field curves see delta-v alone, so the lighter vehicle fares worse there whatever its structure and restraint",
)


def lineup(results: Results, partner: str, system: str) -> Figure | None:
    """Risk by both routes and intrusion of every vehicle that meets ``partner`` head-on, against closing speed."""
    curves = meeting(results, partner)
    if len(curves) < 2 or ONE not in results.columns:
        return None
    figure, axes = sheet.panels(1, 3, 4.6, 3.8)
    legend: sheet.Legend = {}
    for ax, (name, words) in zip(axes[0], ROUTES.items(), strict=False):
        logit_axis(ax)
        ax.set_ylabel(words)
        for k, curve in enumerate(curves):
            _risk(ax, results, curve.thinned(), name, k, system)
    axes[0, 2].set_ylabel(sheet.labelled("intrusion", "length", system))
    for curve in curves:
        _intrusion(axes[0, 2], results, curve.thinned(), system)
        legend[vehicle_words(results, curve.vehicle, system)] = style.swatch(vehicle_look(results, curve.vehicle))
    axes[0, 2].set_ylim(0, None)
    for ax in axes[0]:
        ax.set_xlabel(sheet.labelled("closing speed", "speed", system))
    if any(curve.spread is not None for curve in curves):
        legend[sheet.INPUTS] = Patch(facecolor="#cccccc")
    legend["functions or curves disagree"] = Line2D([], [], color="#555555", linewidth=1.2, marker="_")
    caption = sheet.caption(results, joined(results, [c.rows for c in curves]), *NOTES)
    title = f"Head-on with the same {vehicle_words(results, partner, system)}"
    return sheet.finish(figure, results, title, legend, caption)


def _risk(ax: Axes, results: Results, curve: SpeedCurve, name: str, k: int, system: str) -> None:
    """Central value with the spread of the inputs, and the disagreement at a few speeds, staggered by vehicle."""
    x, look = _speeds(curve, system), vehicle_look(results, curve.vehicle)
    drawable = _drawable(held(curve, name))
    band = curve.band(name)
    if band:
        ax.fill_between(x, _drawable(band[0]), _drawable(band[1]), facecolor=look.colour, alpha=0.15, linewidth=0.0)
    ax.plot(x, drawable, color=look.colour, linestyle=look.dashes, zorder=4)
    step = max(1, len(x) // WHISKERS)
    low, high = (_drawable(held(curve, f"{name}{edge}")) for edge in ("_low", "_high"))
    for i in range(step // 2, len(x), step):
        at = x[i] + (k - 1.5) * 0.012 * np.ptp(x)
        ax.plot([at, at], [low[i], high[i]], color=look.colour, linewidth=1.2, marker="_", zorder=3)
    ax.set_xlim(float(x[0]), float(x[-1]))


def _intrusion(ax: Axes, results: Results, curve: SpeedCurve, system: str) -> None:
    x, look = _speeds(curve, system), vehicle_look(results, curve.vehicle)
    k = style.unit("length", system)[0]
    band = curve.band("intrusion", k)
    if band:
        ax.fill_between(x, *band, facecolor=look.colour, alpha=0.15, linewidth=0.0)
    ax.plot(x, standing(curve, "intrusion") / k, color=look.colour, linestyle=look.dashes, zorder=4)
    ax.set_xlim(float(x[0]), float(x[-1]))


def _speeds(curve: SpeedCurve, system: str) -> NDArray[Any]:
    return np.asarray(curve.closing_speed / style.unit("speed", system)[0])


def _drawable(values: NDArray[Any]) -> NDArray[Any]:
    """A risk just inside the logit scale, which has no 0 and no 1."""
    return np.asarray(np.clip(values, LOW / 10.0, 1.0 - (1.0 - HIGH) / 10.0))
