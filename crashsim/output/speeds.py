"""Figures over closing speed: delta-v, and where the energy goes."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from crashsim import momentum
from crashsim.output import sheet, style
from crashsim.output.views import SpeedCurve, held_words, speed_impacts, vehicle_words, vehicles_of
from crashsim.results import Results

PANEL = (4.3, 3.6)


def delta_v(results: Results, system: str) -> Figure | None:
    """Delta-v of every vehicle against closing speed, one panel for each impact swept in speed.

    Beside the simulated lines stands what momentum alone says: without rebound (dotted) and with the rebound found.
    """
    impacts = speed_impacts(results)
    if not impacts:
        return None
    rows, columns = sheet.blocks(len(impacts))
    width = PANEL[0] if columns > 1 else 6.6
    figure, axes = sheet.panels(rows, columns, width, PANEL[1] if columns > 1 else 4.2, sharey=True)
    legend: sheet.Legend = {}
    drawn = []
    for ax, curves in zip(axes.flat, impacts.values(), strict=False):
        for curve in curves:
            look = vehicle_look(results, curve.vehicle)
            legend[vehicle_words(results, curve.vehicle, system)] = style.swatch(look)
            _delta_v_lines(ax, curve, look, system)
            drawn.append(curve.rows)
        _speed_axis(ax, curves, system, width)
        if any(curve.beyond.any() for curve in curves):
            legend["beyond the model: delta-v stands (momentum)"] = Line2D([], [], color=style.GREY)
    for ax in axes.flat[len(impacts) :]:
        ax.remove()
    _shared_speeds(axes, len(impacts), "delta-v", system)
    legend["momentum alone, the rebound found"] = Line2D([], [], color="#555555", marker="o", linestyle="none", markerfacecolor="white")
    legend["momentum alone, no rebound"] = Line2D([], [], color="#555555", linestyle=":", linewidth=1.0)
    caption = sheet.caption(results, joined(results, drawn))
    return sheet.finish(figure, "Delta-v against closing speed", legend, caption)


def _delta_v_lines(ax: Axes, curve: SpeedCurve, look: style.VehicleStyle, system: str) -> None:
    k, _ = style.unit("speed", system)
    x, grey = curve.closing_speed / k, curve.beyond
    sheet.line(ax, x, curve.values("delta_v") / k, grey, color=look.colour, linestyle=look.dashes, zorder=3)
    plastic = momentum.delta_v(curve.rows.columns["impact_mass"], partner_mass(curve), curve.closing_speed)
    ax.plot(x, plastic / k, color=look.colour, linestyle=":", linewidth=1.0, zorder=2)
    few = slice(None, None, max(1, len(x) // 8))
    for shown, colour in ((~grey, look.colour), (grey, style.GREY)):
        ax.plot(x[few], np.where(shown, curve.values("delta_v_momentum"), np.nan)[few] / k, color=colour, linestyle="none",
                marker=look.marker, markerfacecolor="white", zorder=4)  # fmt: skip


def partner_mass(curve: SpeedCurve) -> NDArray[Any]:
    """Impact mass of the other vehicle on a curve's rows [kg]; infinite for a wall."""
    e = curve.rows.columns["restitution"]
    share = curve.rows.columns["delta_v_momentum"] / ((1.0 + e) * curve.closing_speed)  # m/m_1 = m_2/(m_1 + m_2)
    with np.errstate(divide="ignore"):
        return np.asarray(curve.rows.columns["impact_mass"] * share / np.maximum(1.0 - share, 0.0))


def energy(results: Results, system: str) -> Figure | None:
    """Where the energy of the approach goes: crushed into each vehicle, or given back as rebound; share and kJ."""
    impacts = speed_impacts(results)
    if not impacts:
        return None
    across, columns = sheet.blocks(len(impacts))
    width = PANEL[0] if columns > 1 else 6.6
    figure, axes = sheet.panels(2 * across, columns, width, 2.9, sharey=False)
    legend: sheet.Legend = {}
    drawn = []
    for n, curves in enumerate(impacts.values()):
        top, bottom = axes[2 * (n // columns), n % columns], axes[2 * (n // columns) + 1, n % columns]
        total = curves[0].values("energy_in")
        for ax, scale in ((top, total / 100.0), (bottom, np.full_like(total, 1e3))):
            legend |= _energy_stack(ax, results, curves, scale, system)
            _speed_axis(ax, curves, system, width, title=ax is top)
        top.set_ylim(0, 100)
        bottom.set_ylim(0, None)
        top.set_ylabel("share of the energy [%]")
        bottom.set_ylabel("energy [kJ]")
        bottom.set_xlabel(sheet.labelled("closing speed", "speed", system))
        sheet.twin(top, "top", "speed", system, label="")
        drawn += [curve.rows for curve in curves]
    for n in range(len(impacts), across * columns):
        for row in (0, 1):
            axes[2 * (n // columns) + row, n % columns].remove()
    caption = sheet.caption(results, joined(results, drawn), "energy of the approach, in the frame of the common velocity")
    return sheet.finish(figure, "Where the energy of the approach goes", legend, caption)


def _energy_stack(ax: Axes, results: Results, curves: list[SpeedCurve], scale: NDArray[Any], system: str) -> sheet.Legend:
    """Layers from below: crushed into each vehicle, then given back by each."""
    x = curves[0].closing_speed / style.unit("speed", system)[0]
    beyond = curves[0].beyond
    base = np.zeros_like(x)
    legend: sheet.Legend = {}
    for part, words in (("dissipated_energy", "stays in the crush of {}"), ("returned", "returned by {} (rebound)")):
        for curve in curves:
            back = curve.values("absorbed_energy") - curve.values("dissipated_energy")
            layer = (back if part == "returned" else curve.values(part)) / scale
            colour = vehicle_look(results, curve.vehicle).colour
            look = {"facecolor": colour, "alpha": 0.75} if part != "returned" else {
                "facecolor": "white", "edgecolor": colour, "hatch": "////" if curve is curves[0] else "\\\\\\\\"}  # fmt: skip
            ax.fill_between(x, base, base + layer, linewidth=0.0, **look)
            ax.plot(x, base + layer, color="white", linewidth=0.8)
            legend[words.format(curve.vehicle)] = Patch(**look)
            base = base + layer
    if beyond.any():
        for first, last in sheet.spans(x, beyond):
            ax.axvspan(first, last, facecolor="#bdbdbd", alpha=0.72, zorder=3)
        legend["beyond the model"] = Patch(facecolor="#bdbdbd")
    return legend


def _speed_axis(ax: Axes, curves: list[SpeedCurve], system: str, width: float, *, title: bool = True) -> None:
    """Limits and title of a panel over closing speed."""
    speed = curves[0].closing_speed / style.unit("speed", system)[0]
    ax.set_xlim(float(speed[0]), float(speed[-1]))
    if title:
        held = held_words(curves[0], system)
        sheet.panel_title(ax, curves[0].impact + (f" at {held}" if held else ""), 0.75 * width)


def _shared_speeds(axes: NDArray[Any], count: int, words: str, system: str) -> None:
    """Both unit systems around panels that share a speed axis on the left."""
    columns = axes.shape[1]
    for n, ax in enumerate(axes.flat[:count]):
        ax.set_ylim(0, None)
        ax.set_xlabel(sheet.labelled("closing speed", "speed", system))
        sheet.twin(ax, "top", "speed", system, label="")
        sheet.twin(ax, "right", "speed", system, label=words if n % columns == columns - 1 or n == count - 1 else None)
        if n % columns == 0:
            ax.set_ylabel(sheet.labelled(words, "speed", system))


def vehicle_look(results: Results, vehicle: str) -> style.VehicleStyle:
    """Style of a vehicle, the same in every figure of a study."""
    return style.vehicle_style(list(results.meta["vehicles"]).index(vehicle))


def joined(results: Results, parts: list[Results]) -> Results:
    """The rows of several selections together."""
    columns = {n: np.concatenate([p.columns[n] for p in parts]) for n in results.columns}
    return Results(columns, results.dimensions, results.pulses, results.meta)
