"""The figure of a comparison: the fronts of two vehicles, and the head-on crash in which they meet."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from crashsim import structure, units
from crashsim.output import sheet, style
from crashsim.output.comparison import Side, both, meeting_words, sides
from crashsim.output.speeds import mixed
from crashsim.output.words import quantity
from crashsim.results import BEYOND_MODEL, Results

WIDTH, HEIGHT = 4.9, 3.3  # of a panel [inch]
PALE: Final = 0.25  # how much colour a band has
BAR: Final = 0.5  # thickness of a bar
END: Final[dict[str, Any]] = {"linestyle": "none", "marker": "|", "markersize": 13.0, "markeredgewidth": 1.5}
REACHED: Final[dict[str, Any]] = {"linestyle": "none", "marker": "o", "markersize": 7.0, "markerfacecolor": "white"}
ABOVE: Final = 1.6  # top of the force axis over the largest force that counts
TITLES: Final = ("The two fronts", "Velocities along the line of impact", "Crush in this crash", "Change of velocity")


def compare(results: Results, system: str) -> Figure:
    """Four panels: force against crush with the class's band, velocities, crush used, delta-v."""
    pair = sides(results)
    figure, axes = sheet.panels(2, 2, WIDTH, HEIGHT)
    legend = _fronts(axes[0, 0], pair, system) | _velocities(axes[0, 1], results, pair, system)
    _crush(axes[1, 0], pair, system)
    _delta_v(axes[1, 1], pair, system)
    for ax, title in zip(axes.flat, TITLES, strict=True):
        sheet.panel_title(ax, title, 0.9 * WIDTH)
    caption = sheet.caption(results, results, *_notes(pair))
    return sheet.framed(figure, results.meta["title"], meeting_words(pair, system), legend, caption)


def _notes(pair: tuple[Side, Side]) -> list[str]:
    return [f"front of {side.column}: {side.evidence} evidence, band of its forces {side.band_words}" for side in pair]


# ---- the fronts ------------------------------------------------------------------------------------------------------


def _fronts(ax: Axes, pair: tuple[Side, Side], system: str) -> sheet.Legend:
    """Loading curves with their bands, and how far each was crushed by the force that they share."""
    length, force = (style.unit(d, system)[0] for d in ("length", "force"))
    legend: sheet.Legend = {}
    reach = 1.08 * max(max(side.crush, float(side.front.crush_space)) for side in pair)
    tops = []
    for side in pair:
        x = np.unique(np.append(np.linspace(0.0, reach, 300), side.front.crush[side.front.crush < reach]))
        f = structure.crush_force(side.front, x)
        space, used = structure.crush_force(side.front, np.array([side.front.crush_space, side.crush])) / force
        tops += [space, used]
        ax.plot(x / length, f / force, color=side.look.colour, linestyle=side.look.dashes)
        ax.fill_between(x / length, side.band[0] * f / force, side.band[1] * f / force, zorder=1.5, linewidth=0.0,
                        color=_pale(side), alpha=0.6)  # fmt: skip
        ax.plot([float(side.front.crush_space) / length], [space], color=side.look.colour, **END)
        ax.plot(
            [side.crush / length], [used], color=side.look.colour, **REACHED | {"marker": side.look.marker}, zorder=4
        )
        legend[f"{side.column} ({units.format_quantity(side.mass, 'mass', system)})"] = style.swatch(
            side.look, marker=True
        )
        if side.band[1] > 1.0:
            legend[f"band of {side.column}"] = Patch(color=_pale(side))
    legend["reached in this crash"] = Line2D([], [], color=style.INK, **REACHED)
    legend["end of the crush space: the compartment begins"] = Line2D([], [], color=style.INK, **END)
    ax.set_xlim(0.0, reach / length)
    ax.set_ylim(0.0, ABOVE * max(tops))
    ax.set_xlabel(sheet.labelled("crush", "length", system))
    ax.set_ylabel(sheet.labelled("force", "force", system))
    sheet.twin(ax, "right", "force", system, label="force")
    return legend


def _pale(side: Side) -> Any:
    return mixed(side.look.colour, PALE)


# ---- the crash -------------------------------------------------------------------------------------------------------


def _velocities(ax: Axes, results: Results, pair: tuple[Side, Side], system: str) -> sheet.Legend:
    """Velocity of both compartments over ground, the heading of the first vehicle positive."""
    k = style.unit("speed", system)[0]
    (pulse,) = results.pulses
    end = min(len(pulse.time) - 1, int(1.1 * np.flatnonzero(pulse.force > 0.0).max(initial=1)))
    until = slice(0, end + 1)
    for i, (side, sign) in enumerate(zip(pair, (1.0, -1.0), strict=True)):
        grey = pulse.status == BEYOND_MODEL
        ax.plot(pulse.time[until] * 1e3, sign * pulse.velocity[i, until] / k, linestyle=side.look.dashes,
                color=style.GREY if grey else side.look.colour, marker=side.look.marker, markerfacecolor="white",
                markevery=(end // 20, max(1, end // 9)))  # fmt: skip
    mass = np.array([side.mass for side in pair])
    speed = np.array([side.row["impact_speed"] for side in pair]) * [1.0, -1.0]
    common = float(mass @ speed / mass.sum())
    ax.axhline(common / k, color="#777777", linewidth=1.0, linestyle=":")
    ax.axhline(0.0, color="#777777", linewidth=0.8, zorder=1)
    ax.set_xlim(0.0, float(pulse.time[end]) * 1e3)
    ax.set_xlabel("time [ms]")
    ax.set_ylabel(sheet.labelled("velocity", "speed", system))
    sheet.twin(ax, "right", "speed", system, label="velocity")
    return {"velocity of both together": Line2D([], [], color="#777777", linewidth=1.0, linestyle=":")}


def _crush(ax: Axes, pair: tuple[Side, Side], system: str) -> None:
    """How much of each crush space is used, how far the compartment is pushed in, and where the model ends."""
    k = style.unit("length", system)[0]
    furthest = 0.0
    for y, side in _bars(ax, pair):
        space, limit = float(side.front.crush_space), float(side.front.crush_space + side.front.compartment_range)
        beyond = max(side.crush - space, 0.0)
        ax.barh(y, space / k, BAR, facecolor="white", edgecolor=side.look.colour, linewidth=1.2)
        ax.barh(y, min(side.crush, space) / k, BAR, color=mixed(side.look.colour, 0.55))
        ax.barh(y, beyond / k, BAR, left=space / k, facecolor="white", edgecolor=side.look.colour, hatch="//////")
        ax.plot([limit / k] * 2, [y - 0.5 * BAR, y + 0.5 * BAR], color=style.INK, linewidth=1.2, linestyle=":")
        used = f"{quantity(side.crush, 'length', system)} of {quantity(space, 'length', system)}"
        into = (
            f"{quantity(beyond, 'length', system)} into the compartment" if beyond > 0.0 else "compartment not loaded"
        )
        _over(ax, y, f"{used}, {into}")
        furthest = max(furthest, limit, side.crush)
    ax.set_xlim(0.0, 1.04 * furthest / k)
    ax.set_xlabel(sheet.labelled("crush; hatched: intrusion; dotted: limit of the model", "length", system))


def _delta_v(ax: Axes, pair: tuple[Side, Side], system: str) -> None:
    """Delta-v of both, with the peak deceleration of the compartment."""
    k = style.unit("speed", system)[0]
    for y, side in _bars(ax, pair):
        value = float(side.row["delta_v"])
        ax.barh(y, value / k, BAR, color=mixed(side.look.colour, 0.55))
        peak = "pulse beyond the model" if side.row["status"] == BEYOND_MODEL else (
            f"peak {quantity(side.row['peak_acceleration'], 'acceleration', system)}")  # fmt: skip
        _over(ax, y, f"{both(value, 'speed', system)}, {peak}")
    ax.set_xlim(0.0, 1.1 * max(float(side.row["delta_v"]) for side in pair) / k)
    ax.set_xlabel(sheet.labelled("delta-v", "speed", system))


def _bars(ax: Axes, pair: tuple[Side, Side]) -> list[tuple[float, Side]]:
    """Heights of the two bars, the first vehicle above; words have room over each."""
    ax.set_ylim(0.0, 2.0)
    ax.set_yticks([])
    ax.grid(axis="y", visible=False)
    return [(1.4, pair[0]), (0.4, pair[1])]


def _over(ax: Axes, y: float, words: str) -> None:
    ax.text(0.015, y + 0.5 * BAR + 0.04, words, transform=ax.get_yaxis_transform(), va="bottom", size=8.5)
