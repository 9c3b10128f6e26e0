"""Figures of crash tests side by side: how severe each is, as multiples of the reference, and the crash that equals it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from crashsim import units
from crashsim.config.questions.crash_tests import CrashTests
from crashsim.engine.crash_tests import COMPARED, DUMMY, FIELD, Severities
from crashsim.engine.manifest import version
from crashsim.output import sheet, style

DISCLAIMER: Final = "model result, not a crash test"
SHOWN: Final = {
    "delta_v": ("delta-v", "speed"),
    "specific_energy": ("energy absorbed by the car per kg", "specific_energy"),
    "olc": ("OLC (what the pulse asks of a restraint)", "acceleration"),
    "crush_used": ("crush over crush space (beyond 100 %: intrusion)", "ratio"),
    "intrusion": ("intrusion", "length"),
    "chest_3ms": ("chest, 3 ms", "acceleration"),
    DUMMY: ("risk of AIS3+, head or chest (dummy)", "ratio"),
    FIELD: ("risk of MAIS3+ (field curves)", "ratio"),
}
WORDS: Final = {"delta_v": "delta-v", "specific_energy": "energy per kg", "olc": "OLC", "crush_used": "crush over crush space",
                "chest_3ms": "chest, 3 ms"}  # fmt: skip
GROUND: Final = "#f2f2f2"


def absolute(found: Severities, asked: CrashTests, system: str) -> Figure:
    """A panel for each measure: a row for each test, a mark for each car, with the spread of the inputs."""
    rows = len(found.tests)
    drawn, axes = sheet.panels(2, 4, 3.5, 0.34 * rows + 1.1, sharey=True)
    for ax, (name, (words, dimension)) in zip(axes.flat, SHOWN.items(), strict=True):
        k, unit = _unit(dimension, system)
        _rows(ax, found, name, k)
        ax.set_title(style.wrapped(f"{words} [{unit}]", 2.5, 10.0))
        ax.set_xlim(left=0.0)
        if name == "crush_used":
            ax.axvline(100.0, color=style.INK, linewidth=1.0, linestyle=(0, (3, 2)))
    return _finished(drawn, axes[:, 0], found, asked, "How severe each crash is for the car")


def multiples(found: Severities, asked: CrashTests) -> Figure:
    """The same as multiples of the reference test."""
    rows = len(found.tests)
    drawn, axes = sheet.panels(1, len(COMPARED), 3.0, 0.34 * rows + 1.1, sharey=True)
    for ax, name in zip(axes.flat, COMPARED, strict=True):
        _rows(ax, found, f"{name}.ratio", 0.01)
        ax.axvline(100.0, color=style.INK, linewidth=1.0, linestyle=(0, (3, 2)))
        ax.set_title(style.wrapped(WORDS[name], 2.6, 10.0))
        ax.set_xlabel("% of the reference")
    title = next(t.title for t in asked.tests if t.name == asked.reference)
    return _finished(drawn, axes[:, 0], found, asked, f"As multiples of: {title}")


def equal(found: Severities, asked: CrashTests, system: str) -> Figure:
    """Severity against the closing speed head-on with the partner; where it is that of the reference."""
    drawn, axes = sheet.panels(1, 3, 4.6, 3.6)
    k, unit = _unit("speed", system)
    for ax, name in zip(axes.flat, ("delta_v", "specific_energy", "olc"), strict=True):
        words, dimension = SHOWN[name]
        own, own_unit = _unit(dimension, system)
        for i, _ in enumerate(found.cars):
            look = style.vehicle_style(i)
            ax.plot(found.speeds / k, found.curves[name][i] / own, color=look.colour, linestyle=look.dashes)
            target, (at, low, high) = found.at(name, i, asked.reference) / own, found.equal[name][i] / k
            ax.plot([0.0, at], [target, target], color=look.colour, linewidth=0.8, linestyle=":")
            ax.plot([low, high], [target, target], color=look.colour, linewidth=3.0, alpha=0.4, solid_capstyle="butt")
            ax.plot([at], [target], look.marker, color=look.colour, markeredgecolor="white")
        ax.set_title(style.wrapped(f"{words} [{own_unit}]", 4.0, 10.0))
        ax.set_xlabel(f"closing speed head-on with the {asked.equals} [{unit}]")
        ax.set_xlim(0.0, float(found.speeds[-1]) / k)
        ax.set_ylim(bottom=0.0)
    legend: sheet.Legend = {
        name: style.swatch(style.vehicle_style(i), marker=True) for i, name in enumerate(found.cars)
    }
    legend["severity of the reference, and the closing speed that equals it"] = Line2D(
        [], [], color="#555555", linestyle=":", linewidth=0.8
    )
    legend["5-95 % of the input samples"] = Line2D([], [], color="#555555", linewidth=3.0, alpha=0.4)
    title = next(t.title for t in asked.tests if t.name == asked.reference)
    return sheet.framed(
        drawn, f"The crash with the {asked.equals} that is like: {title}", asked.title, legend, caption(found)
    )


def _unit(dimension: str, system: str) -> tuple[float, str]:
    if dimension == "specific_energy":
        return 1.0, "J/kg"
    if dimension == "ratio":
        return 0.01, "%"
    name = units.display_unit(dimension, system)
    return units.DIMENSIONS[dimension][name], name


def _rows(ax: Axes, found: Severities, name: str, k: float) -> None:
    """Marks of all cars by test; a missing one is beyond the model or has no such measure."""
    cars = len(found.cars)
    for row in range(0, len(found.tests), 2):
        ax.axhspan(row - 0.5, row + 0.5, facecolor=GROUND, linewidth=0.0, zorder=0.2)
    for i in range(cars):
        look = style.vehicle_style(i)
        at = np.arange(len(found.tests)) + 0.17 * (i - 0.5 * (cars - 1))
        low, high = (found.values[f"{name}.{edge}"][i] / k for edge in ("p05", "p95"))
        ax.hlines(at, low, high, color=look.colour, linewidth=1.2)
        ax.plot(
            found.values[name][i] / k,
            at,
            look.marker,
            color=look.colour,
            markersize=5.0,
            markeredgecolor="white",
            markeredgewidth=0.5,
        )
    ax.grid(False, axis="y")
    ax.set_ylim(len(found.tests) - 0.5, -0.5)


def _finished(drawn: Figure, left: NDArray[Any], found: Severities, asked: CrashTests, title: str) -> Figure:
    for ax in left:
        ax.set_yticks(np.arange(len(found.tests)), [style.clean(test.title) for test in asked.tests], size=8.5)
    legend: sheet.Legend = {f"{name} ({mass:,.0f} kg)": style.swatch(style.vehicle_style(i), marker=True)
                            for i, (name, mass) in enumerate(zip(found.cars, found.mass, strict=True))}  # fmt: skip
    legend["5-95 % of the input samples"] = Patch(facecolor="#555555", linewidth=0.0)
    return sheet.framed(drawn, title, asked.title, legend, caption(found))


def caption(found: Severities) -> str:
    """What every figure says of itself."""
    beyond = int(found.beyond.sum())
    return " · ".join([
        f"crashsim {version()}", DISCLAIMER, f"n = {found.beyond.size} crashes as given, {found.samples:,} samples of each" if found.samples > 1
        else f"n = {found.beyond.size} crashes, inputs as given, no spread drawn",
        f"{beyond} beyond the model: delta-v and field risk alone are drawn" if beyond else "none beyond the model as given",
        "barrier faces partly by judgement (tag J); on one line: nothing turns or slides past",
    ])  # fmt: skip
