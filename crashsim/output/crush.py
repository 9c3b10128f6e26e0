"""Occupant load criterion, crush and intrusion of every vehicle against closing speed."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crashsim.output import sheet, style
from crashsim.output.parting import standing
from crashsim.output.speeds import joined, vehicle_look
from crashsim.output.views import SpeedCurve, held_words, speed_impacts, vehicle_words
from crashsim.results import Results

ROWS: Final = (
    ("olc", "OLC", "acceleration"),
    ("dynamic_crush", "dynamic crush", "length"),
    ("intrusion", "intrusion", "length"),
)
MOST: Final = 4  # impacts that a figure has room for
NOTES: Final = (
    "OLC: occupant load criterion, of loaded fronts alone",
    "intrusion: crush beyond the crush space; lines end where a compartment is pushed in further than its law holds",
)


def crush(results: Results, system: str) -> Figure | None:
    """Pulse, crush and intrusion over closing speed with the spread of the inputs, one column for each impact swept in speed."""
    every = speed_impacts(results)
    if not every:
        return None
    impacts = dict(list(every.items())[:MOST])
    width = 4.3 if len(impacts) > 1 else 6.6
    figure, axes = sheet.panels(len(ROWS), len(impacts), width, 2.5, sharex="col", sharey="row")
    legend: sheet.Legend = {}
    for j, curves in enumerate(impacts.values()):
        for curve in curves:
            look = vehicle_look(results, curve.vehicle)
            legend[vehicle_words(results, curve.vehicle, system)] = style.swatch(look)
            for ax, (name, _, dimension) in zip(axes[:, j], ROWS, strict=True):
                legend |= _line(ax, curve.thinned(), name, dimension, look, system)
        held = held_words(curves[0], system)
        sheet.panel_title(axes[0, j], curves[0].impact + (f" at {held}" if held else ""), 0.75 * width)
        axes[-1, j].set_xlabel(sheet.labelled("closing speed", "speed", system))
    for ax, (_, words, dimension) in zip(axes[:, 0], ROWS, strict=True):
        ax.set_ylabel(sheet.labelled(words, dimension, system))
        ax.set_ylim(0, None)
    drawn = joined(results, [curve.rows for curves in impacts.values() for curve in curves])
    left_out = [f"the first {MOST} of {len(every)} impacts"] if len(every) > MOST else []
    caption = sheet.caption(results, drawn, *NOTES, *left_out)
    return sheet.finish(figure, results, "Pulse, crush and intrusion against closing speed", legend, caption)


def _line(
    ax: Axes, curve: SpeedCurve, name: str, dimension: str, look: style.VehicleStyle, system: str
) -> sheet.Legend:
    k = style.unit(dimension, system)[0]
    x, y = curve.closing_speed / style.unit("speed", system)[0], standing(curve, name) / k
    ax.set_xlim(float(x[0]), float(x[-1]))
    if not np.isfinite(y).any():
        return {}
    ax.plot(x, y, color=look.colour, linestyle=look.dashes, zorder=3)
    return sheet.spread(ax, x, curve.band(name, k), look.colour)
