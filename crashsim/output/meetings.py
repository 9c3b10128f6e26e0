"""Heat maps of overlap and ride height: what a partner that is met off centre or rides over changes for a vehicle."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from crashsim.output import sheet, style
from crashsim.output.maps import BEYOND, as_given, axis_labels, closing_words, heat_map
from crashsim.results import BEYOND_MODEL, Results

PATHS: Final = ["overlap", "height_offset"]
MAPS: Final = (
    ("delta_v", "delta-v", "speed", "viridis"),
    ("olc", "occupant load criterion (OLC)", "acceleration", "viridis"),
    ("intrusion", "intrusion at the floor", "length", "cividis"),
    ("upper_intrusion", "intrusion above the floor", "length", "cividis"),
)
HEURISTIC: Final = "overlap and ride height by declared heuristics, order of magnitude only"
SLIDES: Final = "left of the line the fronts slide past each other"


def overlap_height(results: Results, impact: str, system: str) -> Figure | None:
    """Delta-v, OLC and both intrusions over overlap and ride height, of the vehicle that is pushed in the furthest."""
    axes_of = results.meta["impacts"][impact]["axes"]
    if sorted(axes_of) != sorted([path] for path in PATHS):
        return None
    rows = results.sel(impact=impact)
    vehicle = str(rows.columns["vehicle"][np.nanargmax(rows.columns["upper_intrusion"])])
    here = rows.sel(vehicle=vehicle)
    figure, axes = sheet.panels(2, 2, 5.0, 3.9, sharex=True, sharey=True)
    legend: sheet.Legend = {}
    for ax, (column, words, dimension, colours) in zip(axes.flat, MAPS, strict=True):
        lines = column != "delta_v"  # which only jumps where the fronts begin to stop each other
        heat_map(ax, here, PATHS, column, f"{vehicle}: {words}", dimension, colours, None, system, lines=lines)
        legend |= _slides(ax, here, system) | as_given(ax, rows, impact, PATHS, system)
    axis_labels(axes, results, impact, PATHS, system)
    if (here.columns["status"] == BEYOND_MODEL).any():
        legend[style.BEYOND] = Patch(**BEYOND)
    title = f"What overlap and ride height change: {impact} at {closing_words(here.columns['closing_speed'], system)} closing speed"
    return sheet.finish(figure, results, title, legend, sheet.caption(results, rows, HEURISTIC))


def _slides(ax: Axes, here: Results, system: str) -> sheet.Legend:
    """A line behind the largest overlap at which the fronts still slide past each other."""
    overlap, past = here.columns["overlap"], here.columns["slid_past"]
    if not past.any() or past.all():
        return {}
    edge = 0.5 * (overlap[past].max() + overlap[overlap > overlap[past].max()].min())
    look: dict[str, Any] = {"color": "black", "linestyle": (0, (4, 2)), "linewidth": 1.2}
    ax.axvline(edge / style.unit(here.dimensions["overlap"], system)[0], **look)
    return {SLIDES: Line2D([], [], **look)}
