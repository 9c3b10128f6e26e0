"""A vehicle struck in its side: delta-v, how far the door comes in, and the risk of both occupants, by what strikes it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from crashsim.cases import SIDE
from crashsim.output import sheet, style
from crashsim.output.parting import TWO, standing
from crashsim.output.risks import HIGH, LOW, logit_axis
from crashsim.output.speeds import joined, vehicle_look
from crashsim.output.views import SpeedCurve, speed_curves, vehicle_words
from crashsim.results import Results

NOTES: Final = (
    "one line of impact: the own speed of the struck vehicle, rotation and sliding along are not modelled",
    "door and sill are shares of the front (judgement); a bumper above the sill meets the door alone",
    "one published curve for struck sides, of an older fleet without side airbags, reckoned by delta-v alone; nobody is modelled there",
    "thin upright lines, right: disagreement between the curves for the striking front",
)
WIDTHS: Final = (4.0, 2.4, 1.4)  # points: lines that run on each other are all seen
WHISKERS: Final = 5  # speeds at which that disagreement is marked

Pair = tuple[SpeedCurve, SpeedCurve]  # the struck vehicle and the striking one


def struck(results: Results) -> list[str]:
    """The vehicles whose side is struck in an impact swept in speed."""
    every = (curve for impact in results.meta["impacts"] for curve in speed_curves(results, impact))
    return list(dict.fromkeys(curve.vehicle for curve in every if curve.end == SIDE))


def doors(results: Results, vehicle: str, system: str) -> Figure | None:
    """Delta-v and door intrusion of a struck vehicle and the risk of both occupants against closing speed, for all that strike it."""
    pairs = _pairs(results, vehicle)
    if not pairs or TWO not in results.columns:
        return None
    figure, axes = sheet.panels(2, 2, 5.0, 3.3, sharex=True)
    legend: sheet.Legend = {}
    for k, (own, striking) in enumerate(pairs):
        look = vehicle_look(results, striking.vehicle)
        met = "above the sill" if own.flags("overridden").any() else "meets the sill"
        legend[f"struck by the {vehicle_words(results, striking.vehicle, system)}: {met}"] = style.swatch(look)
        for ax, name, dimension in ((axes[0, 0], "delta_v", "speed"), (axes[0, 1], "intrusion", "length")):
            _quantity(ax, own, name, dimension, look, WIDTHS[min(k, 2)], system)
        for ax, curve in zip(axes[1], (own, striking), strict=True):
            _risk(ax, curve, look, WIDTHS[min(k, 2)], system)
        _disagreement(axes[1, 1], striking, k - 0.5 * (len(pairs) - 1), look, system)
    _labels(axes, vehicle, system)
    if any(own.spread is not None for own, _ in pairs):
        legend[sheet.INPUTS] = Patch(facecolor="#cccccc")
    if any(own.beyond.any() for own, _ in pairs):
        legend[f"{style.BEYOND} or the data: delta-v and risk by curves stand"] = Line2D([], [], color=style.GREY)
    caption = sheet.caption(results, joined(results, [c.rows for pair in pairs for c in pair]), *NOTES)
    return sheet.finish(
        figure, results, f"The side of the {vehicle_words(results, vehicle, system)} is struck", legend, caption
    )


def _pairs(results: Results, vehicle: str) -> list[Pair]:
    found = []
    for impact in results.meta["impacts"]:
        curves = {curve.end == SIDE: curve.thinned() for curve in speed_curves(results, impact)}
        if len(curves) == 2 and curves[True].vehicle == vehicle:
            found.append((curves[True], curves[False]))
    return found


def _labels(axes: NDArray[Any], vehicle: str, system: str) -> None:
    words = (sheet.labelled(f"{vehicle}: delta-v", "speed", system), sheet.labelled(f"{vehicle}: door intrusion", "length", system),
             f"{vehicle}: risk of MAIS3+", "striking vehicle: risk of MAIS3+")  # fmt: skip
    for ax, label in zip(axes.flat, words, strict=True):
        ax.set_ylabel(label)
    for ax in axes[0]:
        ax.set_ylim(0, None)
    for ax in axes[1]:
        logit_axis(ax)
        ax.set_xlabel(sheet.labelled("closing speed", "speed", system))


def _quantity(
    ax: Axes, curve: SpeedCurve, name: str, dimension: str, look: style.VehicleStyle, width: float, system: str
) -> None:
    x, k = _speeds(curve, system), style.unit(dimension, system)[0]
    values = curve.values(name) if name == "delta_v" else standing(curve, name)
    if band := curve.band(name, k):
        ax.fill_between(x, *band, facecolor=look.colour, alpha=0.15, linewidth=0.0)
    grey = curve.beyond if name == "delta_v" else np.zeros(len(x), dtype=bool)
    sheet.line(ax, x, values / k, grey, color=look.colour, linestyle=look.dashes, linewidth=width, zorder=4)


def _risk(ax: Axes, curve: SpeedCurve, look: style.VehicleStyle, width: float, system: str) -> None:
    x = _speeds(curve, system)
    if band := curve.band(TWO):
        ax.fill_between(x, _drawable(band[0]), _drawable(band[1]), facecolor=look.colour, alpha=0.15, linewidth=0.0)
    grey = curve.beyond | curve.flags(f"{TWO}_extrapolated")
    sheet.line(
        ax, x, _drawable(curve.values(TWO)), grey, color=look.colour, linestyle=look.dashes, linewidth=width, zorder=4
    )


def _disagreement(ax: Axes, curve: SpeedCurve, shift: float, look: style.VehicleStyle, system: str) -> None:
    """The range over the curves at a few speeds, staggered by vehicle."""
    x, step = _speeds(curve, system), max(1, len(curve.rows) // WHISKERS)
    low, high = (_drawable(curve.values(f"{TWO}_{edge}")) for edge in ("low", "high"))
    for i in range(step // 2, len(x), step):
        at = x[i] + shift * 0.012 * np.ptp(x)
        ax.plot([at, at], [low[i], high[i]], color=look.colour, linewidth=1.2, marker="_", zorder=3)


def _speeds(curve: SpeedCurve, system: str) -> NDArray[Any]:
    return np.asarray(curve.closing_speed / style.unit("speed", system)[0])


def _drawable(values: NDArray[Any]) -> NDArray[Any]:
    """A risk just inside the logit scale, which has no 0 and no 1."""
    return np.asarray(np.clip(values, LOW / 10.0, 1.0 - (1.0 - HIGH) / 10.0))
