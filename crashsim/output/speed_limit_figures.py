"""The figures of a speed limit: dots and intervals by setting, and the risk of both occupants against the posted limit."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from crashsim.config.questions.speed_limit import Bound
from crashsim.engine.limits import ALWAYS, MODEL, NEVER
from crashsim.engine.manifest import version
from crashsim.engine.speed_limit import DUMMY, FIELD, Answer, Found
from crashsim.output import sheet, style
from crashsim.output.risks import HIGH, LOW, logit_axis
from crashsim.output.speed_limit_words import DISCLAIMER, LEVELS, kept, meaning

ROUTES: Final = {FIELD: ("by field curves over delta-v", style.COLOURS[0], "o", -0.17),
                 DUMMY: ("by the dummy, AIS3+ of head or chest", style.COLOURS[1], "s", 0.19)}  # fmt: skip
LABEL: Final = 2.7  # inch, of a setting
ROW: Final = 0.4  # inch, of a setting


def limits(found: Found, system: str) -> Figure:
    """The limit of every setting, a panel for each bound: dots as given, bars of the samples, ticks of the curves."""
    bounds, settings = found.question.bounds, found.question.settings
    drawn, axes = sheet.panels(1, len(bounds), 5.0 if len(bounds) > 1 else 7.5, 1.3 + ROW * len(settings), sharey=True)
    for ax, bound in zip(axes[0], bounds, strict=True):
        _panel(ax, found, bound, system)
    words = [style.wrapped(setting.title, LABEL, 9.0) for setting in settings]
    axes[0, 0].set_yticks(range(len(settings)), words, size=9.0)
    axes[0, 0].set_ylim(len(settings) - 0.4, -0.6)
    return sheet.framed(
        drawn,
        "Posted limit up to which the risk stays within a bound",
        found.question.title,
        _legend(found),
        caption(found),
    )


def _panel(ax: Axes, found: Found, bound: Bound, system: str) -> None:
    unit = style.unit("speed", system)[0]
    last = found.question.fastest / unit
    ax.set_xlim(0.0, 1.04 * last)
    for at, setting in enumerate(found.question.settings):
        for route in ROUTES:
            if answer := found.of(setting.name, bound.name, route):
                _mark(ax, answer, at + ROUTES[route][3], unit, last)
        if at % 2:
            ax.axhspan(at - 0.5, at + 0.5, facecolor="#f4f4f4", linewidth=0.0, zorder=0.2)
    ax.grid(visible=False, axis="y")
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(sheet.labelled("posted limit", "speed", system))
    sheet.twin(ax, "top", "speed", system, label="posted limit")
    sheet.panel_title(ax, f"risk of {LEVELS[bound.level]} {kept(bound, system)}", 3.3)


def _mark(ax: Axes, answer: Answer, y: float, unit: float, last: float) -> None:
    """One answer; a limit above the fastest is an arrow at the end."""
    _, colour, marker, _ = ROUTES[answer.route]

    def place(value: float) -> float:
        return min(value / unit, last)

    low, high = answer.envelope
    if not math.isnan(low):
        ticks = [place(limit.posted) for limit in answer.curves.values() if not math.isnan(limit.posted)]
        ax.plot([place(low), place(high)], [y, y], color="#6f6f6f", linewidth=0.9, zorder=3)
        ax.plot(ticks, [y] * len(ticks), linestyle="none", marker="|", markersize=6.5, color="#6f6f6f", zorder=3)
    if not math.isnan(answer.p05):
        ax.plot(
            [place(answer.p05), place(answer.p95)],
            [y, y],
            color=colour,
            alpha=0.35,
            linewidth=6.0,
            solid_capstyle="butt",
            zorder=2.5,
        )
    if math.isnan(answer.limit.posted):
        return
    end = {NEVER: ">", ALWAYS: "<"}.get(answer.limit.end, marker)
    face = "white" if answer.limit.end == MODEL or answer.extrapolated else colour
    ax.plot(
        place(answer.limit.posted),
        y,
        marker=end,
        color=colour,
        markerfacecolor=face,
        markersize=5.5,
        linestyle="none",
        zorder=5,
    )


def _legend(found: Found) -> sheet.Legend:
    found_routes = [route for route in ROUTES if any(a.route == route for a in found.answers)]
    legend: sheet.Legend = {words: Line2D([], [], color=colour, marker=marker, linestyle="none")
                            for words, colour, marker, _ in (ROUTES[route] for route in found_routes)}  # fmt: skip
    if any(a.extrapolated or a.limit.end == MODEL for a in found.answers):
        legend["open: curve extrapolated there, or the model ends"] = Line2D(
            [], [], color=style.INK, marker="o", markerfacecolor="white", linestyle="none"
        )
    if found.samples:
        legend["spread of the inputs, 5-95 % of the samples"] = Patch(facecolor="#a9a9a9", linewidth=0.0)
    legend["each published curve (of the dummy: band of injury functions)"] = Line2D(
        [], [], color="#6f6f6f", linewidth=0.9, marker="|", markersize=6.5
    )
    if any(a.limit.end == NEVER for a in found.answers):
        legend["at no speed searched does the risk leave the bound"] = Line2D(
            [], [], color=style.INK, marker=">", linestyle="none"
        )
    return legend


def courses(found: Found, system: str) -> Figure:
    """Risk against posted limit in the crash itself: a panel for each route, both occupants, and the first bound."""
    routes = [route for route in ROUTES if any(c.route == route for c in found.courses)]
    drawn, axes = sheet.panels(1, max(len(routes), 1), 5.2 if len(routes) > 1 else 7.5, 3.6, sharey=True)
    legend: sheet.Legend = {}
    for ax, route in zip(axes[0], routes, strict=False):
        legend |= _course_panel(ax, found, route, system)
        ax.set_xlabel(sheet.labelled("posted limit", "speed", system))
        sheet.twin(ax, "top", "speed", system, label="posted limit")
        level = found.question.bounds[0].level
        sheet.panel_title(ax, f"{level}, {ROUTES[route][0]}" if route == FIELD else ROUTES[route][0], 4.2)
    axes[0, 0].set_ylabel("risk (logit scale)")
    base = found.question.settings[0]
    title = f"Risk against the posted limit: {base.title}, {meaning(base)}"
    return sheet.framed(drawn, title, found.question.title, legend, caption(found))


def _course_panel(ax: Axes, found: Found, route: str, system: str) -> sheet.Legend:
    unit = style.unit("speed", system)[0]
    base, bound = found.question.settings[0], found.question.bounds[0]
    vehicles = list(base.study.vehicles)
    legend: sheet.Legend = {}
    ax.set_xlim(0.0, found.question.fastest / unit)
    logit_axis(ax)
    for course in (c for c in found.courses if c.route == route):
        look = style.vehicle_style(vehicles.index(course.vehicle))
        x = course.posted / unit
        ax.fill_between(
            x, _inside(course.low), _inside(course.high), facecolor=look.colour, alpha=0.22, linewidth=0.0, zorder=1.5
        )
        if found.samples:
            legend |= sheet.spread(ax, x, (_inside(course.p05), _inside(course.p95)), look.colour)
        sheet.line(ax, x, _inside(course.given), course.grey, color=look.colour, linestyle=look.dashes, zorder=5)
        legend[f"{course.vehicle}, inputs as given"] = style.swatch(look)
    legend["disagreement of published curves (of the dummy: of injury functions)"] = Patch(facecolor="#b9b9b9")
    legend["grey line: extrapolated, or beyond the model"] = Line2D([], [], color=style.GREY)
    answer = found.of(base.name, bound.name, route)
    if answer is not None and not math.isnan(answer.bound.given):
        ax.axhline(
            _inside(np.array(answer.bound.given)).item(),
            color=style.INK,
            linewidth=1.0,
            linestyle=(0, (4, 2)),
            zorder=4,
        )
        legend["the bound"] = Line2D([], [], color=style.INK, linewidth=1.0, linestyle=(0, (4, 2)))
        if math.isfinite(answer.limit.posted):
            ax.axvline(answer.limit.posted / unit, color=style.INK, linewidth=0.8, linestyle=(0, (1, 2)), zorder=4)
    return legend


def _inside(risk: NDArray[Any]) -> NDArray[Any]:
    """A risk just inside the logit scale, which has no 0 and no 1."""
    return np.asarray(np.clip(risk, LOW / 10.0, 1.0 - (1.0 - HIGH) / 10.0))


def caption(found: Found) -> str:
    """What a figure says of itself."""
    judged = sorted(
        {
            path.split(".")[1]
            for s in found.question.settings
            for path in s.study.judgement
            if path.startswith("vehicles.")
        }
    )
    parts = [f"crashsim {version()}", DISCLAIMER, f"{found.crashes:,} crashes"]
    parts += (
        [f"spread of the inputs by {found.samples:,} samples"]
        if found.samples
        else ["inputs as given, no spread drawn"]
    )
    parts += [
        "two bands, never merged",
        "a posted limit is the speed at contact times the share that each setting states: no braking unless it says so",
    ]
    parts += [f"judgement inputs (tag J) in {', '.join(judged)}"] if judged else []
    return " · ".join(
        [*parts, "that a kei car's safety cell holds is an assumption (no FMVSS 208 or US NCAP evidence)"]
        if _kei(found)
        else parts
    )


def _kei(found: Found) -> bool:
    return any(
        str(v.get("class", "")).startswith("kei") for s in found.question.settings for v in s.study.vehicles.values()
    )


def write(found: Found, folder: Path, system: str) -> tuple[Path, Path]:
    """Both figures as SVG (returned) and PNG."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, draw in (("limits", limits), ("risk", courses)):
        with style.sheet_style():
            figure = draw(found, system)
        paths.append(style.save(figure, folder / f"{name}.svg"))
        style.save(figure, folder / f"{name}.png")
    return paths[0], paths[1]
