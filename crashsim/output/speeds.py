"""Figures over closing speed: delta-v, and where the energy goes."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from crashsim.output import sheet, style
from crashsim.output.views import SpeedCurve, held_words, speed_impacts, vehicle_words
from crashsim.results import Results

PANEL: Final = (4.3, 3.6)  # inch
FRAME: Final = "energy of the approach, in the frame of the common velocity"
LEDGER: Final = 1e-3  # share of the energy that the ledger may miss: less is not drawn


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
            legend |= _delta_v_lines(ax, curve.thinned(), look, system)
            drawn.append(curve.rows)
        _speed_axis(ax, curves, system, width)
        if any(curve.beyond.any() for curve in curves):
            legend[f"{style.BEYOND}: delta-v stands (momentum)"] = Line2D([], [], color=style.GREY)
    for ax in axes.flat[len(impacts) :]:
        ax.remove()
    _shared_speeds(axes, len(impacts), "delta-v", system)
    legend["momentum alone, with the rebound found"] = Line2D([], [], color="#555555", marker="o", linestyle="none",
                                                              markerfacecolor="white")  # fmt: skip
    legend["momentum alone, no rebound"] = Line2D([], [], color="#555555", linestyle=":", linewidth=1.0)
    caption = sheet.caption(results, joined(results, drawn))
    return sheet.finish(figure, results, "Delta-v against closing speed", legend, caption)


def _delta_v_lines(ax: Axes, curve: SpeedCurve, look: style.VehicleStyle, system: str) -> sheet.Legend:
    k, _ = style.unit("speed", system)
    x, grey = curve.closing_speed / k, curve.beyond
    sheet.line(ax, x, curve.values("delta_v") / k, grey, color=look.colour, linestyle=look.dashes, zorder=3)
    closed_form = curve.values("delta_v_momentum")
    plastic = closed_form / (1.0 + curve.values("restitution"))
    ax.plot(x, plastic / k, color=look.colour, linestyle=":", linewidth=1.0, zorder=2)
    few = slice(None, None, max(1, len(x) // 8))
    for shown, colour in ((~grey, look.colour), (grey, style.GREY)):
        ax.plot(x[few], np.where(shown, closed_form, np.nan)[few] / k, color=colour, linestyle="none",
                marker=look.marker, markerfacecolor="white", zorder=4, clip_on=False)  # fmt: skip
    return sheet.spread(ax, x, curve.band("delta_v", k), look.colour)


def energy(results: Results, system: str) -> Figure | None:
    """Where the energy of the approach goes: spent in each vehicle, given back as rebound, taken by occupants; share and kJ."""
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
        shown = [curve.thinned() for curve in curves]
        total = shown[0].values("energy_in")
        for ax, scale in ((top, total / 100.0), (bottom, np.full_like(total, 1e3))):
            legend |= _energy_stack(ax, results, shown, scale, system)
            _speed_axis(ax, curves, system, width, title=ax is top)
        _name_layers(top, shown, system)
        top.set_ylim(0, 100)
        bottom.set_ylim(0, None)
        if n % columns == 0:
            top.set_ylabel("share [%]")
            bottom.set_ylabel("energy [kJ]")
        bottom.set_xlabel(sheet.labelled("closing speed", "speed", system))
        sheet.twin(top, "top", "speed", system, label="closing speed")
        drawn += [curve.rows for curve in curves]
    for n in range(len(impacts), across * columns):
        for row in (0, 1):
            axes[2 * (n // columns) + row, n % columns].remove()
    caption = sheet.caption(results, joined(results, drawn), FRAME)
    return sheet.finish(figure, results, "Where the energy of the approach goes", legend, caption)


def _energy_stack(
    ax: Axes, results: Results, curves: list[SpeedCurve], scale: NDArray[Any], system: str
) -> sheet.Legend:
    """Layers from below: what stays in each vehicle, the rebound of both, what their occupants take."""
    x = curves[0].closing_speed / style.unit("speed", system)[0]
    beyond = curves[0].beyond
    total = curves[0].values("energy_in")
    layers: list[tuple[str, NDArray[Any], dict[str, Any]]] = [(f"stays in {curve.vehicle}", curve.values("dissipated_energy"),
               {"facecolor": mixed(vehicle_look(results, curve.vehicle).colour, 0.8)}) for curve in curves]  # fmt: skip
    rebound = curves[0].values("restitution") ** 2 * total
    layers.append(("rebound", rebound, {"facecolor": "white", "edgecolor": "#777777", "hatch": "////"}))
    rest = total - sum(layer for _, layer, _ in layers)
    if np.any(rest > LEDGER * total):
        layers.append(("restraints, and what still moves inside", rest, {"facecolor": "#777777"}))
    base = np.zeros_like(x)
    legend: sheet.Legend = {}
    for words, layer, look in layers:
        top = base + layer / scale
        ax.fill_between(x, base, top, linewidth=0.0, **look)
        ax.plot(x, top, color="white", linewidth=0.8)
        legend[words] = Patch(**look)
        base = top
    if beyond.any():
        for first, last in sheet.spans(x, beyond):
            ax.axvspan(first, last, facecolor="#bdbdbd", alpha=0.72, zorder=3)
        legend[style.BEYOND] = Patch(facecolor="#bdbdbd")
    return legend


def _name_layers(ax: Axes, curves: list[SpeedCurve], system: str) -> None:
    """The vehicle's name in its layer of the shares where that is thickest, for readers without colours."""
    x, total = curves[0].closing_speed / style.unit("speed", system)[0], curves[0].values("energy_in") / 100.0
    end = x[curves[0].beyond].min(initial=np.inf) - 0.1 * np.ptp(x)  # a name does not straddle where the model ends
    inner = (np.abs(x - x.mean()) < 0.35 * np.ptp(x)) & (x < end)
    base = np.zeros_like(x)
    for curve in curves:
        layer = curve.values("dissipated_energy") / total
        name = style.wrapped(curve.vehicle, 1.1, 9.5, "bold")
        i = int(np.argmax(np.where(inner & np.isfinite(layer), layer, 0.0)))
        if layer[i] > 15.0 and name.count("\n") < 2:
            at = (x[i], base[i] + 0.5 * layer[i])
            ax.text(*at, name, color="white", weight="bold", ha="center", va="center", zorder=4)
        base = base + layer


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
        sheet.twin(ax, "top", "speed", system, label="closing speed")
        sheet.twin(ax, "right", "speed", system, label=words if n % columns == columns - 1 or n == count - 1 else None)
        if n % columns == 0:
            ax.set_ylabel(sheet.labelled(words, "speed", system))


def vehicle_look(results: Results, vehicle: str) -> style.VehicleStyle:
    """Style of a vehicle, the same in every figure of a study."""
    return style.vehicle_style(list(results.meta["vehicles"]).index(vehicle))


def mixed(colour: str, share: float) -> tuple[float, ...]:
    """A colour thinned with white; opaque, so that layers do not shine through each other."""
    return tuple(1.0 - share * (1.0 - channel) for channel in to_rgb(colour))


def joined(results: Results, parts: list[Results]) -> Results:
    """The rows of several selections together."""
    columns = {n: np.concatenate([p.columns[n] for p in parts]) for n in results.columns}
    return Results(columns, results.dimensions, results.pulses, results.meta)
