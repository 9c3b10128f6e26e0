"""Both routes to a risk side by side: from what the dummy measures, and from delta-v alone; and where they part."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from crashsim.output import sheet, style
from crashsim.output.parting import APART, LEAST, ONE, PLAIN, TWO, apart, standing, two_routes
from crashsim.output.risks import HIGH, LOW, logit_axis
from crashsim.output.speeds import joined, vehicle_look
from crashsim.output.views import SpeedCurve, held_words, vehicle_words
from crashsim.results import Results

Floats = NDArray[np.float64]

REGIONS: Final[dict[str, tuple[str, Any]]] = {  # route 1 by body region
    "risk1_head_ais3plus": ("route 1: head AIS3+", "solid"),
    "risk1_chest_ais3plus": ("route 1: chest AIS3+", (0, (6, 2))),
    "risk1_femur_ais3plus": ("route 1: one femur AIS3+, where the knees touch", (0, (1, 1.2))),
}
LEVELS: Final[dict[str, tuple[str, Any]]] = {  # route 2 by level
    "risk_mais2plus": ("route 2: MAIS2+", (0, (6, 2))),
    "risk_mais3plus": ("route 2: MAIS3+", "solid"),
    "risk_fatal": ("route 2: fatal", (0, (1, 1.2))),
}
GREY_BAND: Final[dict[str, Any]] = {"facecolor": "none", "edgecolor": "#777777", "hatch": "....", "linewidth": 0.0}
DASHED: Final[Any] = (0, (5, 1.5))
SPREAD: Final[dict[str, Any]] = {"linewidth": 1.0, "linestyle": (0, (1, 1))}
NOTES: Final = (
    "route 1 knows head and chest of one seat, no neck, abdomen or legs; route 2 counts the worst injury anywhere, of crashes of "
    "other cars, and knows no pulse, restraint or intrusion",
    "filled and dotted areas: disagreement between functions or between curves; dotted lines: the spread of the inputs; "
    "the two are never merged",
    f"apart: more than a factor {APART:g} between the two central values, one of them above {100 * LEAST:g} %",
)


def routes(results: Results, impact: str, system: str) -> Figure | None:
    """Risk by route 1 and by route 2 against closing speed for each occupant of an impact that is modelled, and their ratio."""
    curves = two_routes(results, impact)
    if not curves:
        return None
    width = 5.2 if len(curves) > 1 else 7.6
    figure, axes = sheet.panels(3, len(curves), width, 2.6, sharex="col", sharey="row")
    legend: sheet.Legend = {}
    for j, curve in enumerate(curves):
        thin = curve.thinned()
        legend |= _both(axes[0, j], results, thin, system)
        legend |= _parts(axes[1, j], results, thin, system)
        legend |= _ratio(axes[2, j], results, thin, system)
        sheet.panel_title(axes[0, j], vehicle_words(results, curve.vehicle, system, impact), 0.8 * width)
        axes[2, j].set_xlabel(sheet.labelled("closing speed", "speed", system))
    for ax, words in zip(axes[:, 0], ("both routes, AIS3+", "by region and level", "route 1 / route 2"), strict=True):
        ax.set_ylabel(words)
    if any(curve.beyond.any() for curve in curves):
        legend[f"{style.BEYOND}: route 1 says nothing"] = Patch(
            facecolor="#d5d5d5", edgecolor=style.GREY, hatch="//////", linewidth=0.0
        )
    held = held_words(curves[0], system)
    title = f"Two routes to the risk of AIS3+: {impact}" + (f" at {held}" if held else "")
    caption = sheet.caption(results, joined(results, [c.rows for c in curves]), *_tags(results), *NOTES)
    return sheet.finish(figure, results, title, legend, caption)


# ---- panels ------------------------------------------------------------------------------------------------------------


def _both(ax: Axes, results: Results, curve: SpeedCurve, system: str) -> sheet.Legend:
    x = _speed_axis(ax, curve, system)
    logit_axis(ax)
    look = vehicle_look(results, curve.vehicle)
    low, high = (_drawable(curve.values(f"{TWO}{edge}")) for edge in ("_low", "_high"))
    ax.fill_between(x, low, high, zorder=1.2, **GREY_BAND)
    low, high = (_drawable(standing(curve, f"{ONE}{edge}")) for edge in ("_low", "_high"))
    ax.fill_between(x, low, high, facecolor=look.colour, alpha=0.22, linewidth=0.0, zorder=1.5)
    outside = curve.flags(f"{TWO}_extrapolated")
    sheet.line(ax, x, _drawable(curve.values(TWO)), outside, color=style.INK, linestyle=DASHED, linewidth=2.2, zorder=4)
    ax.plot(x, _drawable(standing(curve, ONE)), color=look.colour, linewidth=2.6, zorder=5)
    spreads = [
        (edge, colour) for name, colour in ((ONE, look.colour), (TWO, style.INK)) for edge in curve.band(name) or ()
    ]
    for edge, colour in spreads:
        ax.plot(x, _drawable(edge), color=colour, zorder=3, **SPREAD)
    sheet.strip(ax, x, curve.beyond)
    return {
        f"route 1, {curve.vehicle}: head or chest AIS3+": Line2D([], [], color=look.colour, linewidth=2.6),
        f"its functions, {curve.vehicle}": Patch(facecolor=look.colour, alpha=0.22),
        "route 2: MAIS3+, central curve": Line2D([], [], color=style.INK, linestyle=DASHED, linewidth=2.2),
        **(
            {"route 2, extrapolated": Line2D([], [], color=style.GREY, linestyle=DASHED, linewidth=2.2)}
            if outside.any()
            else {}
        ),
        "its curves": Patch(**GREY_BAND),
        **({sheet.INPUTS: Line2D([], [], color="#555555", **SPREAD)} if spreads else {}),
    }


def _parts(ax: Axes, results: Results, curve: SpeedCurve, system: str) -> sheet.Legend:
    x = _speed_axis(ax, curve, system)
    logit_axis(ax)
    colour = vehicle_look(results, curve.vehicle).colour
    legend: sheet.Legend = {}
    for table, own, width in ((REGIONS, colour, 2.0), (LEVELS, style.INK, 1.3)):
        for name, (words, dashes) in table.items():
            if name in results.columns:
                y = standing(curve, name) if table is REGIONS else curve.values(name)
                ax.plot(x, _drawable(y), color=own, linestyle=dashes, linewidth=width)
                shown = style.INK if table is LEVELS else "#6f6f6f"
                legend[words] = Line2D([], [], color=shown, linestyle=dashes, linewidth=width)
    sheet.strip(ax, x, curve.beyond)
    return legend


def _ratio(ax: Axes, results: Results, curve: SpeedCurve, system: str) -> sheet.Legend:
    """Route 1 over route 2, with and without the delta-v correction, shaded where the two part."""
    x = _speed_axis(ax, curve, system)
    one, two = standing(curve, ONE), curve.values(TWO)
    ax.set_yscale("log")
    ax.axhspan(1.0 / APART, APART, facecolor="#e9f2e9", linewidth=0.0, zorder=0.2)
    ax.axhline(1.0, color="#777777", linewidth=0.8, zorder=0.5)
    sheet.shade(ax, x, apart(one, two), "apart")
    colour = vehicle_look(results, curve.vehicle).colour
    legend: sheet.Legend = {f"within a factor {APART:g}": Patch(facecolor="#e9f2e9")}
    looks: tuple[tuple[str, Any, float, str], ...] = (
        (TWO, "solid", 2.2, "ratio of the central values"),
        (PLAIN, (0, (1, 1.2)), 1.3, "without the delta-v correction"),
    )
    for name, dashes, width, words in looks:
        ax.plot(x, one / curve.values(name), color=colour, linestyle=dashes, linewidth=width)
        legend[words] = Line2D([], [], color="#6f6f6f", linestyle=dashes, linewidth=width)
    ax.set_ylim(0.05, 20.0)
    ax.set_yticks([0.1, 0.5, 1.0, 2.0, 10.0], ["1/10", "1/2", "1", "2", "10"])
    ax.set_yticks([], minor=True)
    return legend


def _speed_axis(ax: Axes, curve: SpeedCurve, system: str) -> Floats:
    x = curve.closing_speed / style.unit("speed", system)[0]
    ax.set_xlim(float(x[0]), float(x[-1]))
    return np.asarray(x)


def _drawable(values: Floats) -> Floats:
    """A risk just inside the logit scale, which has no 0 and no 1."""
    return np.asarray(np.clip(values, LOW / 10.0, 1.0 - (1.0 - HIGH) / 10.0))


def _tags(results: Results) -> list[str]:
    """The tags of the functions and curves that are drawn."""
    kinds = (("injury functions", "injury_functions"), ("field curves", "risk_curves"))
    return [
        f"{words}: tags {', '.join(sorted({of['tag'] for of in results.meta[key].values()}))}" for words, key in kinds
    ]
