"""Heat maps of a grid of two structural parameters: what a crumple zone changes, and what it does not."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from crashsim.output import sheet, style
from crashsim.output.views import path_words, structural_grid
from crashsim.output.words import number
from crashsim.results import BEYOND_MODEL, FAILED, Results

BLIND: Final = (
    "field risk curves see delta-v only ({}), not the shape of the pulse nor intrusion: "
    "what the crumple zone changes shows in OLC and intrusion"
)
BEYOND: Final[dict[str, Any]] = {"facecolor": "#d8d8d8", "edgecolor": style.GREY, "hatch": "////", "linewidth": 0.0}


def crumple_zone(results: Results, impact: str, system: str) -> Figure | None:
    """Risk of both vehicles, and OLC and intrusion of the one whose structure varies, over a grid of two parameters."""
    grid = structural_grid(results, impact)
    if grid is None:
        return None
    vehicle, paths = grid
    rows = results.sel(impact=impact)
    here = rows.sel(vehicle=vehicle)
    partner = str(here.columns["partner"][0])
    at_risk = [vehicle, *([partner] if partner in rows.columns["vehicle"] else [])]
    maps = [(rows.sel(vehicle=v), "risk_mais3plus", f"{v}: risk of MAIS3+ (central curve)", "ratio", "viridis")
            for v in at_risk]  # fmt: skip
    maps += [(here, "olc", f"{vehicle}: occupant load criterion (OLC)", "acceleration", "cividis"),
             (here, "intrusion", f"{vehicle}: intrusion", "length", "cividis")]  # fmt: skip
    figure, axes = sheet.panels(*sheet.blocks(len(maps)), 5.0, 3.9, sharex=True, sharey=True)
    top = max(np.nanmax(np.append(part.columns["risk_mais3plus"], 0.0)) for part, *_ in maps)
    legend: sheet.Legend = {}
    for ax, (part, column, words, dimension, colours) in zip(axes.flat, maps, strict=False):
        limit = min(110.0 * top, 100.0) if dimension == "ratio" else None
        heat_map(ax, part, paths, column, words, dimension, colours, limit, system)
        legend |= as_given(ax, rows, impact, paths, system)
    axis_labels(axes, results, impact, paths, system)
    if (here.columns["status"] == BEYOND_MODEL).any():
        legend[style.BEYOND] = Patch(**BEYOND)
    closing = here.columns["closing_speed"]
    at = f" at {closing_words(closing, system)} closing speed" if np.ptp(closing) == 0.0 else ""
    title = f"What a crumple zone changes: {impact}{at}"
    own = here.columns["delta_v"][np.isfinite(here.columns["delta_v"])]
    varies = own.size > 0 and np.ptp(own) > 1e-6
    blind = BLIND.format("here it changes with the rebound alone" if varies else "here the same in every cell")
    return sheet.finish(figure, results, title, legend, sheet.caption(results, rows, blind))


def closing_words(closing: NDArray[Any], system: str) -> str:
    """The closing speed of a grid in the units of both systems."""
    k, unit = style.unit("speed", system)
    other, other_unit = style.unit("speed", style.other(system))
    return f"{closing[0] / k:.0f} {unit} ({closing[0] / other:.0f} {other_unit})"


def heat_map(
    ax: Axes, part: Results, paths: list[str], column: str, words: str, dimension: str, colours: str,
    limit: float | None, system: str, *, lines: bool = True,
) -> None:  # fmt: skip
    """A column of one vehicle's rows over two swept paths, from 0 to ``limit`` (its own largest value by default).

    Contour lines unless they would stand too close (``lines``); then the range in words.  Cases beyond the model show the hatched ground, failed ones are white.
    """
    x, y, cell = _cells(part, paths, system)
    k, unit = style.unit(dimension, system)
    values, status = np.full(cell[0], np.nan), np.full(cell[0], "", dtype=part.columns["status"].dtype)
    values[cell[1]], status[cell[1]] = part.columns[column] / k, part.columns["status"]
    hidden = (status == BEYOND_MODEL) | (status == FAILED) | ~np.isfinite(values)
    shown = np.ma.masked_array(values, hidden)
    ax.grid(False)
    ax.patch.set(**BEYOND)  # what is beyond the model is left out of the mesh and shows this ground
    ax.set_title(style.wrapped(f"{words} [{unit}]", 3.7, 10.0))
    missing = np.ma.masked_array(np.zeros(values.shape), ~hidden | (status == BEYOND_MODEL))
    ax.pcolormesh(x, y, missing, cmap=ListedColormap(["white"]), shading="nearest", rasterized=True)
    if shown.count() == 0:
        return
    low, high = float(shown.min()), float(shown.max())
    top = limit if limit is not None else max(high, 1e-9)
    mesh = ax.pcolormesh(x, y, shown, cmap=colours, shading="nearest", vmin=0.0, vmax=top, rasterized=True)
    bar = ax.figure.colorbar(mesh, ax=ax)
    bar.outline.set_visible(False)
    if lines and high - low > 0.02 * high:
        contours = ax.contour(x, y, shown, levels=_levels(low, high), colors="white", linewidths=0.9)
        contours.set_path_effects([withStroke(linewidth=2.0, foreground="#00000066")])
        for text in ax.clabel(contours, fmt="%g", fontsize=style.SMALL):
            text.set_bbox({"facecolor": "#00000066", "edgecolor": "none", "pad": 0.8})
    else:
        words = (
            f"{number(low)} to {number(high)} {unit}"
            if number(low) != number(high)
            else f"{number(low)} {unit} everywhere"
        )
        ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center", va="center",
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 3.0})  # fmt: skip


def as_given(ax: Axes, rows: Results, impact: str, paths: list[str], system: str) -> sheet.Legend:
    """A cross at the structure that the study gives outside its sweep, where the grid has it."""
    given = [rows.meta["impacts"][impact]["numbers"][path] for path in paths]
    if any(not rows.columns[p].min() <= v <= rows.columns[p].max() for p, v in zip(paths, given, strict=True)):
        return {}
    at = [v / style.unit(rows.dimensions[p], system)[0] for p, v in zip(paths, given, strict=True)]
    look: dict[str, Any] = {"marker": "X", "color": "white", "markeredgecolor": "black", "markersize": 9,
                            "linestyle": "none"}  # fmt: skip
    ax.plot(*([v] for v in at), **look, zorder=5)
    return {"the vehicle as the study gives it": Line2D([], [], **look)}


def _levels(low: float, high: float) -> list[float]:
    levels = MaxNLocator(6).tick_values(low, high)
    return [float(level) for level in levels if low < level < high] or [0.5 * (low + high)]


def _cells(part: Results, paths: list[str], system: str) -> tuple[NDArray[Any], NDArray[Any], Any]:
    """Axis values as shown (rising), and for each row its cell: shape and index."""
    axes, index = [], []
    for path in paths:
        found, inverse = np.unique(part.columns[path], return_inverse=True)
        axes.append(found / style.unit(part.dimensions[path], system)[0])
        index.append(inverse)
    x, y = axes
    return x, y, ((len(y), len(x)), (index[1], index[0]))


def axis_labels(axes: NDArray[Any], results: Results, impact: str, paths: list[str], system: str) -> None:
    """Name the two swept paths along the outer edges of a block of panels."""
    between = results.meta["impacts"][impact]["between"]
    x, y = (style.wrapped(path_words(path, between), 3.4, 9.5) for path in paths)
    for ax in axes[-1]:
        ax.set_xlabel(sheet.labelled(x, results.dimensions[paths[0]], system))
    for ax in axes[:, 0]:
        ax.set_ylabel(sheet.labelled(y, results.dimensions[paths[1]], system))
