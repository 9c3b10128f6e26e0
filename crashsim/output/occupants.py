"""What an occupant of each vehicle undergoes, against closing speed."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from crashsim.output import sheet, style
from crashsim.output.speeds import joined, vehicle_look
from crashsim.output.views import SpeedCurve, held_words, speed_curves, vehicle_words
from crashsim.results import Results

QUANTITIES: Final = (
    ("chest_3ms", "chest 3 ms", "acceleration"),
    ("hic15", "HIC15", "number"),
    ("chest_deflection", "chest deflection", "length"),
    ("excursion", "forward travel of the chest", "length"),
)
SURROGATE: Final = "occupants: calibrated surrogate, nobody is modelled behind a loaded rear"


def occupants(results: Results, impact: str, system: str) -> Figure | None:
    """Chest deceleration, HIC15, chest deflection and travel of the occupants of an impact against closing speed."""
    curves = [c for c in speed_curves(results, impact) if np.isfinite(c.values("chest_3ms")).any()]
    if not curves:
        return None
    figure, axes = sheet.panels(2, 2, 4.3, 3.0, sharex=True)
    legend: sheet.Legend = {}
    for ax, (name, words, dimension) in zip(axes.flat, QUANTITIES, strict=True):
        for curve in curves:
            legend |= _line(ax, results, curve.thinned(), name, dimension, system)
        unit = style.unit(dimension, system)[1]
        ax.set_ylabel(f"{words} [{unit}]" if unit else words)
        if name == "hic15":
            ax.set_yscale("log")
            ax.set_ylim(10, None)
            ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.0f}"))
        else:
            ax.set_ylim(0, None)
        sheet.twin(ax, "right", dimension, system, label=words)
    for ax in axes[-1]:
        ax.set_xlabel(sheet.labelled("closing speed", "speed", system))
    for curve in curves:
        legend[vehicle_words(results, curve.vehicle, system, impact)] = style.swatch(
            vehicle_look(results, curve.vehicle)
        )
    if any(curve.beyond.any() for curve in curves):
        legend[style.BEYOND] = Line2D([], [], color=style.GREY)
    held = held_words(curves[0], system)
    title = f"Occupants against closing speed: {impact}" + (f" at {held}" if held else "")
    caption = sheet.caption(results, joined(results, [c.rows for c in curves]), SURROGATE)
    return sheet.finish(figure, results, title, legend, caption)


def _line(ax: Axes, results: Results, curve: SpeedCurve, name: str, dimension: str, system: str) -> sheet.Legend:
    look = vehicle_look(results, curve.vehicle)
    k = style.unit(dimension, system)[0]
    x, y = curve.closing_speed / style.unit("speed", system)[0], curve.values(name) / k
    sheet.line(ax, x, y, curve.beyond, color=look.colour, linestyle=look.dashes)
    ax.set_xlim(float(x[0]), float(x[-1]))
    return sheet.spread(ax, x, curve.band(name, k), look.colour)
