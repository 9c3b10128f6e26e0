"""The figure of a reconstruction: crush profiles, and the distributions of energy, delta-v and closing speed."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from crashsim.engine.manifest import version
from crashsim.engine.reconstruct import Reconstructed
from crashsim.output import sheet, style
from crashsim.output.speeds import mixed

BINS: Final = 60
PLASTIC: Final[dict[str, Any]] = {"linestyle": (0, (4, 2)), "linewidth": 1.2, "zorder": 4}
SLIDES: Final = "#555555"


def sheet_of(found: Reconstructed, system: str) -> Figure:
    """Four panels; a bar shows 5 to 95 % of the samples, its mark the numbers as given (the medians of the inputs)."""
    figure, axes = sheet.panels(2, 2, 5.2, 2.9)
    vehicles = found.scene.vehicles
    looks = {vehicle: style.vehicle_style(i) for i, vehicle in enumerate(vehicles)}
    _profiles(axes[0, 0], found, looks, system)
    energies = {f"{v}.absorbed_energy": looks[v] for v in vehicles}
    _distributions(axes[0, 1], found, energies, "energy absorbed", "energy", system)
    _plastic(axes[1, 0], found, looks, system)
    changes = {f"{v}.delta_v": looks[v] for v in vehicles}
    _distributions(axes[1, 0], found, changes, "delta-v", "speed", system)
    crash = style.VehicleStyle(style.INK, "solid", "D")
    slides = style.VehicleStyle(SLIDES, "solid", "X")
    speeds = {"closing_speed": crash} | (
        {"closing_speed_by_slides": slides} if "closing_speed_by_slides" in found.central else {}
    )
    _distributions(axes[1, 1], found, speeds, "closing speed", "speed", system)
    legend: sheet.Legend = {vehicle: style.swatch(look, marker=True) for vehicle, look in looks.items()}
    legend["delta-v without restitution"] = Line2D([], [], color="#555555", **PLASTIC)
    legend["closing speed by the damage"] = Line2D([], [], color=style.INK, marker="D", linestyle="none")
    if len(speeds) > 1:
        legend["closing speed by the slides"] = Patch(color=SLIDES)
    return sheet.framed(figure, "From damage to speed", found.scene.title, legend, _caption(found))


def _caption(found: Reconstructed) -> str:
    drawn = found.scene.sampling
    parts = [f"crashsim {version()}", "estimate from damage, not a measurement"]
    parts += [f"n = {drawn.samples:,} samples; bar: 5 to 95 % of them"] if drawn else ["no uncertainty declared"]
    return " · ".join([*parts, "mark: the numbers as given"])


def _profiles(ax: Axes, found: Reconstructed, looks: dict[str, style.VehicleStyle], system: str) -> None:
    scale = style.unit("length", system)[0]
    for vehicle, look in looks.items():
        crush = found.profiles[vehicle] / scale
        measured = found.scene.profile(vehicle) / scale
        width = found.scene.numbers[f"vehicles.{vehicle}.width"] / scale
        if crush.shape[1] == 1:
            crush, measured = np.repeat(crush, 2, axis=1), np.repeat(measured, 2)
        across = np.linspace(-0.5, 0.5, crush.shape[1]) * width
        if len(crush) > 1:
            ax.fill_between(across, crush[0], crush[-1], color=mixed(look.colour, 0.25), linewidth=0.0, zorder=1)
        ax.plot(across, measured, color=look.colour, linestyle=look.dashes, marker=look.marker, markerfacecolor="white")
    ax.set_ylim(bottom=0.0)
    ax.set_xlabel(sheet.labelled("place over the damage width, C1 left", "length", system))
    ax.set_ylabel(sheet.labelled("residual crush", "length", system))
    sheet.panel_title(ax, "as measured, and 5 to 95 %" if found.samples else "as measured", 4.0)
    sheet.twin(ax, "right", "length", system, label="residual crush")


def _distributions(
    ax: Axes, found: Reconstructed, shown: dict[str, style.VehicleStyle], words: str, dimension: str, system: str
) -> None:
    """Histograms, each with its bar of 5 to 95 % below."""
    scale = style.unit(dimension, system)[0]
    for i, (name, look) in enumerate(shown.items()):
        at = -0.1 * (i + 1)
        interval = found.interval(name)
        if interval is not None:
            _histogram(ax, found.samples[name] / scale, look.colour)
            ax.plot(
                [interval[0] / scale, interval[2] / scale],
                [at, at],
                color=look.colour,
                linewidth=3.0,
                solid_capstyle="butt",
            )
        ax.plot(found.central[name] / scale, at, look.marker, color=look.colour, markersize=7, markeredgecolor="white")
    ax.axhline(0.0, color="#777777", linewidth=0.8)
    ax.set_ylim(-0.1 * len(shown) - 0.08, 1.1)
    ax.set_yticks([])
    ax.set_xlabel(sheet.labelled(words, dimension, system))
    ax.set_ylabel("relative frequency")
    sheet.twin(ax, "top", dimension, system, label=words)


def _plastic(ax: Axes, found: Reconstructed, looks: dict[str, style.VehicleStyle], system: str) -> None:
    scale = style.unit("speed", system)[0]
    for vehicle, look in looks.items():
        name = f"{vehicle}.delta_v_plastic"
        if name in found.samples and np.ptp(found.samples[name]) > 0.0:
            height, edges = _counted(found.samples[name] / scale)
            ax.stairs(height, edges, color=look.colour, **PLASTIC)
        else:
            ax.axvline(found.central[name] / scale, color=look.colour, **PLASTIC)


def _histogram(ax: Axes, values: NDArray[Any], colour: str) -> None:
    if np.ptp(values) > 0.0:
        height, edges = _counted(values)
        ax.stairs(height, edges, fill=True, color=mixed(colour, 0.35), zorder=1)
        ax.stairs(height, edges, color=colour, linewidth=1.2, zorder=3)


def _counted(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Counts as a share of the largest, and the edges of the bins."""
    counts, edges = np.histogram(values, BINS)
    return counts / counts.max(), edges
