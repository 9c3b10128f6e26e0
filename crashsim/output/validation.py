"""Figures of the evidence: what was measured beside what the model and the naive guess say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from crashsim.output import sheet, style
from crashsim.output.plots import SUFFIXES
from crashsim.output.validation_field import counts, kei, ratios, risks
from crashsim.output.validation_points import crush, durations, intrusion, left_out, momentum, speeds
from crashsim.output.validation_style import END, FIT, LAW, MEASURED, NAIVE, OWN, boxed, finish, named
from crashsim.units import G0, KMH
from crashsim.validation.records import FACTOR, Case

Cases = Mapping[str, Case]


def pulse(cases: Cases) -> Figure:
    """C1: acceleration and velocity of the Camry."""
    case = cases["C1"]
    figure, axes = sheet.panels(1, 2, 5.0, 3.6)
    time = case.shown["measured"].time * 1e3
    for ax, signal, unit, words in zip(
        axes.flat, ("acceleration", "velocity"), (G0, KMH), ("acceleration, CFC60 [g], + is forward", "velocity [km/h]"), strict=True
    ):  # fmt: skip
        for end in ("soft end", "stiff end"):
            ax.plot(time, getattr(case.shown[end], signal) / unit, **END)
        for name, look in (
            ("naive", NAIVE),
            ("class law", LAW),
            ("library", OWN),
            ("crashsim fit", FIT),
            ("measured", MEASURED),
        ):
            ax.plot(time, getattr(case.shown[name], signal) / unit, **look)
        ax.axhline(0.0, color="#777777", linewidth=0.8, zorder=1)
        ax.set(xlabel="time [ms]", ylabel=words, xlim=(0, 150))
    legend: sheet.Legend = {
        "measured": Line2D([], [], **MEASURED), "library's curve (fitted to this test)": Line2D([], [], **OWN),
        "crashsim fit (to this test, too)": Line2D([], [], **FIT),
        "law of the class": Line2D([], [], **LAW), "5 and 95 % of the class": Line2D([], [], **END),
        "constant deceleration": Line2D([], [], **NAIVE),
    }  # fmt: skip
    scores = {
        row.quantity: row.predicted for row in case.rows if "18571" in row.quantity and "acceleration" in row.quantity
    }
    told = ", ".join(f"{name.rpartition(', ')[2]} {score:.2f}" for name, score in scores.items())
    return finish(figure, case, legend, f"ISO/TS 18571 score of the acceleration: {told}")


def dummies(cases: Cases) -> Figure:
    """C2: predicted over measured criteria, with their tolerances."""
    case = cases["C2"]
    figure, axes = sheet.panels(1, 1, 6.6, 3.0)
    ax: Axes = axes[0, 0]
    for n, row in enumerate(reversed(case.rows)):
        low, high = (1 / row.limit, row.limit) if row.kind == FACTOR else (1 - row.limit, 1 + row.limit)
        ax.barh(n, high - low, left=low, height=0.5, color="#e6e6e6", zorder=1)
        ax.plot(row.predicted / row.measured, n, **_dot(OWN))
    ax.axvline(1.0, color=style.INK, linewidth=1.0, zorder=1.5)
    ax.set(xlabel="predicted over measured", xlim=(0.5, 1.75))
    named(ax, [row.quantity for row in reversed(case.rows)])
    ax.grid(axis="y", visible=False)
    legend: sheet.Legend = {
        "model, driven by the measured pulse": Line2D([], [], **_dot(OWN)),
        "tolerance": Patch(facecolor="#e6e6e6"),
    }
    return finish(figure, case, legend, "the restraints were fitted to these two dummies")


PANELS: Final = (("dynamic crush", "displacement", 0.01, "cm"), ("peak deceleration", "peak", G0, "g"))


def population(cases: Cases) -> Figure:
    """C9: classes by their laws among the quantiles of the wall tests."""
    case = cases["C9"]
    figure, axes = sheet.panels(len(PANELS), 2, 5.0, 3.0)
    for column, (kmh, quantiles) in enumerate(zip(case.shown["speeds"], case.shown["quantiles"], strict=True)):
        for line, (words, key, unit, symbol) in enumerate(PANELS):
            ax = axes[line, column]
            own = [row for row in reversed(case.rows) if row.quantity.startswith(f"{words} at {kmh:g} km/h")]
            boxed(ax, {q: quantiles[q][key] / unit for q in quantiles})
            for n, row in enumerate(own):
                ax.plot([row.low / unit, row.high / unit], [n, n], color=LAW["color"], linewidth=1.2)
                ax.plot(row.predicted / unit, n, **_dot(LAW))
                ax.plot(row.naive / unit, n, **_dot(NAIVE, hollow=True))
            named(ax, ["" if column else row.quantity.partition(", ")[2].partition(" (")[0] for row in own])
            ax.set_xlabel(f"{words} [{symbol}]")
            sheet.panel_title(ax, f"{words} at {kmh:g} km/h ({quantiles[0.5]['tests']:.0f} tests)", 4.6)
    legend: sheet.Legend = {
        "measured: 5 to 95 %": Patch(facecolor="#ececec"), "25 to 75 %": Patch(facecolor="#d0d0d0"),
        "median of the tests": Line2D([], [], color=style.INK, linewidth=1.2),
        "law of the class, 5 to 95 %": Line2D([], [], **_dot(LAW), linewidth=1.2),
        "constant deceleration": Line2D([], [], **_dot(NAIVE, hollow=True)),
    }  # fmt: skip
    return finish(figure, case, legend, "vehicles with the mass and width of a tested one of the class")


def _dot(look: Mapping[str, Any], *, hollow: bool = False) -> dict[str, Any]:
    """A point in the colour of a line."""
    return {"color": look["color"], "marker": "o", "linestyle": "none" if hollow else "-", "markersize": 5.5,
            "markerfacecolor": "white" if hollow else look["color"]}  # fmt: skip


Drawing = Callable[[Cases], Figure | None]

# Name of the file, the cases that it belongs to, and what draws it.
FIGURES: Final[tuple[tuple[str, tuple[str, ...], Drawing], ...]] = (
    ("C1-pulse", ("C1",), pulse),
    ("C2-dummies", ("C2",), dummies),
    ("C3-C7-crush", ("C3", "C4", "C5", "C6", "C7"), crush),
    ("C5-C7-speed", ("C5", "C7"), speeds),
    ("C8-left-out", ("C8",), left_out),
    ("C9-population", ("C9",), population),
    ("C13-intrusion", ("C13",), intrusion),
    ("C14-risks", ("C14",), risks),
    ("C15-mass-ratio", ("C15",), ratios),
    ("C16-small-cars", ("C16",), counts),
    ("C17-durations", ("C17",), durations),
    ("kei-cars", ("kei cars",), kei),
    ("momentum", ("momentum",), momentum),
)


def write_figures(cases: Sequence[Case], folder: Path) -> dict[str, list[str]]:
    """Write every figure as SVG and PNG; the names of the PNG files under ``folder`` for each case."""
    folder.mkdir(parents=True, exist_ok=True)
    by_name = {case.name: case for case in cases}
    written: dict[str, list[str]] = {}
    for name, own, draw in FIGURES:
        with style.sheet_style():
            figure = draw(by_name)
        if figure is None:
            continue
        for suffix in SUFFIXES:
            style.save(figure, folder / f"{name}{suffix}")
        for case in own:
            written.setdefault(case, []).append(f"{folder.name}/{name}.png")
    return written
