"""Injury risk against closing speed: one central curve, and the band in which curves disagree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator
from numpy.typing import NDArray

from crashsim.output import sheet, style
from crashsim.output.speeds import joined, vehicle_look
from crashsim.output.views import SpeedCurve, held_words, speed_curves, vehicle_words
from crashsim.results import Results
from crashsim.risk import CENTRAL

LEVELS: Final = {"risk_mais2plus": "MAIS2+", "risk_mais3plus": "MAIS3+", "risk_fatal": "fatal"}
LOW, HIGH = 1e-4, 0.999
TICKS: Final = (1e-4, 1e-3, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)
MEMBER: Final = "#444444"
PLAIN_BAND: Final[dict[str, Any]] = {"facecolor": "none", "edgecolor": "#777777", "hatch": "....", "linewidth": 0.9,
                                     "linestyle": (0, (2, 1))}  # fmt: skip
MEMBER_MARKERS: Final = ("o", "s", "^", "D", "v", "<", ">", "P", "X", "h", "p", "d")


def risk(results: Results, impact: str, system: str) -> Figure | None:
    """Risk of MAIS2+, MAIS3+ and fatal injury against closing speed, for the vehicles of an impact that have risk curves."""
    every = speed_curves(results, impact)
    curves = [curve for curve in every if curve.end in CENTRAL]
    levels = [level for level in LEVELS if level in results.columns]
    if not curves or not levels:
        return None
    width = 5.2 if len(curves) > 1 else 7.6
    figure, axes = sheet.panels(len(levels), len(curves), width, 2.75, sharex="col", sharey=True)
    legend: sheet.Legend = {}
    for j, curve in enumerate(curves):
        for i, level in enumerate(levels):
            legend |= _panel(axes[i, j], results, curve.thinned(), level, system)
            axes[i, 0].set_ylabel(f"risk: {LEVELS[level]} (logit scale)")
        _own_delta_v(axes[0, j], curve.thinned(), system)
        sheet.panel_title(
            axes[0, j], f"{vehicle_words(results, curve.vehicle, system, impact)}, {curve.end} loaded", 0.8 * width
        )
        axes[-1, j].set_xlabel(sheet.labelled("closing speed", "speed", system))
    legend |= _bands(results)
    if not any(curve.beyond.any() for curve in curves):
        del legend[style.BEYOND]
    held = held_words(curves[0], system)
    title = f"Injury risk against closing speed: {impact}" + (f" at {held}" if held else "")
    notes = ["two bands, never merged: filled, the disagreement between curves, published ones and a fit to NASS-CDS; hatched, the central curve over the "
             "spread of the inputs"]  # fmt: skip
    notes += [f"no risk is offered for the {c.vehicle}, {c.end} loaded: no curve" for c in every if c not in curves]
    return sheet.finish(
        figure, results, title, legend, sheet.caption(results, joined(results, [c.rows for c in curves]), *notes)
    )


def _panel(ax: Axes, results: Results, curve: SpeedCurve, level: str, system: str) -> sheet.Legend:
    x = curve.closing_speed / style.unit("speed", system)[0]
    ax.set_xlim(float(x[0]), float(x[-1]))
    logit_axis(ax)
    look = vehicle_look(results, curve.vehicle)
    low, high, plain_low, plain_high, central = (
        _drawable(curve, f"{level}{n}") for n in ("_low", "_high", "_uncorrected_low", "_uncorrected_high", "")
    )
    ax.fill_between(x, plain_low, plain_high, zorder=1.2, **PLAIN_BAND)
    ax.fill_between(x, low, high, facecolor=look.colour, alpha=0.28, linewidth=0.0, zorder=1.5)
    legend = _members(ax, results, curve, level, x)
    band = curve.band(level)
    legend |= sheet.spread(ax, x, band and (_inside(band[0]), _inside(band[1])), look.colour)
    outside = curve.flags(f"{level}_extrapolated")
    sheet.line(ax, x, np.where(outside, np.nan, central), curve.beyond, color=look.colour, linewidth=2.6, zorder=5)
    ax.plot(
        x,
        np.where(_widened(outside), central, np.nan),
        color="#6f6f6f",
        linewidth=2.6,
        linestyle=(0, (3.5, 1.5)),
        zorder=4.9,
    )
    sheet.shade(ax, x, outside, "extrapolated")
    sheet.strip(ax, x, curve.beyond)
    return legend


def _members(ax: Axes, results: Results, curve: SpeedCurve, level: str, x: NDArray[Any]) -> sheet.Legend:
    """Each published curve as a thin line, dashed and grey where it is extrapolated; the central one stands apart."""
    members = [n for n in curve.rows.columns if n.startswith(f"{level}.") and not n.endswith(".extrapolated")]
    names = [n.removeprefix(f"{level}.") for n in members if np.isfinite(curve.values(n)).any()]
    central = CENTRAL[curve.end]
    title = {n: str(results.meta["risk_curves"][n]["title"]) for n in names}
    legend: sheet.Legend = {}
    if central in title:
        legend[f"central curve, {curve.end} loaded: {title[central]}"] = Line2D([], [], color=style.INK, linewidth=2.6)
    every = max(1, len(x) // 7)
    for name in names:
        if name == central:
            continue
        k = list(results.meta["risk_curves"]).index(name)
        y, outside = _drawable(curve, f"{level}.{name}"), curve.flags(f"{level}.{name}.extrapolated")
        look: dict[str, Any] = {"marker": MEMBER_MARKERS[k % len(MEMBER_MARKERS)], "markersize": 4.0, "linewidth": 0.9,
                                "markerfacecolor": "white", "markeredgewidth": 0.8}  # fmt: skip
        marks = np.arange(k % every, len(x), every)  # staggered, so that curves that coincide can be told apart
        ax.plot(x, np.where(outside, np.nan, y), color=MEMBER, markevery=_every(marks, ~outside), zorder=3, **look)
        ax.plot(x, np.where(_widened(outside), y, np.nan), color=style.GREY, linestyle=(0, (4, 2)),
                markevery=_every(marks, outside), zorder=2.9, **look)  # fmt: skip
        legend[title[name]] = Line2D([], [], color=MEMBER, **look)
    return legend


def _every(marks: NDArray[Any], shown: NDArray[np.bool_]) -> list[int]:
    return [int(i) for i in marks if shown[i]]


def _widened(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Flags and their neighbours, so that the pieces of a line meet."""
    wide = flags.copy()
    wide[1:] |= flags[:-1]
    wide[:-1] |= flags[1:]
    return wide


def _drawable(curve: SpeedCurve, column: str) -> NDArray[Any]:
    return _inside(curve.values(column))


def _inside(risk: NDArray[Any]) -> NDArray[Any]:
    """A risk just inside the logit scale, which has no 0 and no 1."""
    return np.asarray(np.clip(risk, LOW / 10.0, 1.0 - (1.0 - HIGH) / 10.0))


def _bands(results: Results) -> sheet.Legend:
    factor = results.meta["delta_v_correction"]["factor"]
    return {
        f"disagreement between curves, delta-v corrected (true = {factor:.3g} × WinSMASH)": Patch(facecolor="#b9b9b9"),
        "the same without the correction": Patch(**PLAIN_BAND),
        "extrapolated": Line2D([], [], color="#6f6f6f", linestyle=(0, (3.5, 1.5))),
        style.BEYOND: Patch(facecolor="#d5d5d5", edgecolor=style.GREY, hatch="//////", linewidth=0.0),
    }


def logit_axis(ax: Axes) -> None:
    """A vertical axis of risks on the logit scale."""
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
        ax.secondary_xaxis("top", functions=(_straight(closing, own), _straight(own, closing))).set_xlabel(
            f"own delta-v [{unit}]", color="#444444"
        )


def _straight(x: NDArray[Any], y: NDArray[Any]) -> Callable[[Any], Any]:
    """Linear interpolation that goes on straight beyond its ends, so that the axis keeps its ticks apart there."""
    first, last = (y[1] - y[0]) / (x[1] - x[0]), (y[-1] - y[-2]) / (x[-1] - x[-2])

    def function(v: Any) -> Any:
        v = np.asarray(v, float)
        return np.interp(v, x, y) + first * np.minimum(v - x[0], 0.0) + last * np.maximum(v - x[-1], 0.0)

    return function
