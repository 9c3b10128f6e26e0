"""A fleet as figures: what a year brings, where it happens, and what drives the difference."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from crashsim.config.questions.fleet import OBJECT
from crashsim.engine.fleet import QUANTILES, Answer
from crashsim.engine.fleet_risk import LEVELS, OTHER, OWN
from crashsim.engine.manifest import version
from crashsim.output import sheet, style
from crashsim.output.fleet import DISCLAIMER, MILLION, NOTE, about, ends, label, mean, met, ordered
from crashsim.output.words import quantity

Floats = NDArray[np.float64]

TITLES: Final = {"serious": "serious injuries (MAIS3+)", "deaths": "deaths"}
SHOWN: Final = 14  # bars of a tornado
BOUGHT, INSTEAD, CHANGE = style.COLOURS[1], style.COLOURS[0], style.INK
OTHERS: Final[dict[str, Any]] = {"facecolor": "#ffffff", "hatch": "////"}


def write(answer: Answer, folder: Path, system: str) -> dict[str, Path]:
    """Draw all three (SVG and PNG); the SVG of each by its name."""
    folder.mkdir()
    with style.sheet_style():
        drawn = {"people": people(answer), "where": where(answer, system), "drives": drives(answer)}
    for name, figure in drawn.items():
        style.save(figure, folder / f"{name}.png")
        style.save(figure, folder / f"{name}.svg")
    return {name: folder / f"{name}.svg" for name in drawn}


def caption(answer: Answer, *notes: str) -> str:
    """What every figure says of itself."""
    crashes = f"{answer.fleet.samples:,} draws of what is not known"
    return " · ".join([f"crashsim {version()}", DISCLAIMER, crashes, *notes, NOTE])


# ---- what a year brings ------------------------------------------------------------------------------------------------


def people(answer: Answer) -> Figure:
    """Expected people a year with both bands: in the cars bought, in those met; their difference; published rates beside."""
    figure, axes = sheet.panels(1, 3, 4.6, 3.6)
    for ax, level in zip(axes[0], LEVELS, strict=False):
        _year(ax, answer, level)
    _published(axes[0, 2], answer)
    legend: sheet.Legend = {
        "expected: mean over the draws, central curves": Line2D([], [], marker="o", linestyle="none", color="#555555"),
        "inputs, 5-95 % of the draws": Line2D([], [], color="#555555", linewidth=5.0, alpha=0.45),
        "published curves disagree, lowest to highest": Line2D([], [], color="#555555", linewidth=1.2, marker="|"),
    }
    if answer.fleet.published:
        legend["published"] = Patch(facecolor="#c4c4c4")
    subtitle = f"{answer.fleet.title}: {about(mean(answer.cars))} cars on the road"
    return sheet.framed(figure, "What a year brings", subtitle, legend, caption(answer))


def _year(ax: Axes, answer: Answer, level: str) -> None:
    fleet, row, names = answer.fleet, 0.0, []
    for vehicle, colour in ((fleet.buys, BOUGHT), (fleet.instead_of, INSTEAD), (None, CHANGE)):
        for who, place in ((OWN, "in the cars bought"), (OTHER, "in the vehicles met"), (None, "both")):
            draws = answer.yearly(vehicle, level, who) if vehicle else answer.difference(level, who)
            curves = answer.curves(vehicle, level, who) if vehicle else answer.difference_curves(level, who)
            _dot(ax, row, draws, curves, colour)
            names.append((row, f"{vehicle.replace('-', ' ') if vehicle else 'difference'}: {place}"))
            row += 1.0
        row += 0.6
    ax.axvline(0.0, color="#555555", linewidth=0.8)
    ax.set_yticks([r for r, _ in names], [n for _, n in names], size=8.5)
    ax.set_ylim(row - 0.8, -0.7)
    ax.set_xlabel("people a year")
    ax.set_title(TITLES[level])
    ax.grid(visible=False, axis="y")


def _dot(ax: Axes, row: float, draws: Floats, curves: tuple[float, float] | None, colour: str) -> None:
    low, high = np.quantile(draws, QUANTILES).tolist()
    ax.hlines(row, low, high, color=colour, linewidth=5.0, alpha=0.45)
    if curves:
        ax.plot(curves, [row, row], color=colour, linewidth=1.2, marker="|", markersize=7.0)
    ax.plot([mean(draws)], [row], "o", color=colour, zorder=4)


def _published(ax: Axes, answer: Answer) -> None:
    """Driver deaths by the model beside published ones."""
    fleet, names = answer.fleet, []
    for row, vehicle in enumerate((fleet.buys, fleet.instead_of)):
        _dot(ax, 2.0 * row, MILLION * answer.harms[vehicle].drivers, None, (BOUGHT, INSTEAD)[row])
        names.append((2.0 * row, f"{vehicle.replace('-', ' ')}, model"))
        for own in (p for p in fleet.published if p.vehicle == vehicle):
            ax.barh(2.0 * row + 0.8, own.deaths[1] - own.deaths[0], 0.4, left=own.deaths[0], color="#c4c4c4")
            names.append((2.0 * row + 0.8, style.wrapped(own.title, 1.5, 8.5)))
    ax.set_yticks([r for r, _ in names], [n for _, n in names], size=8.5)
    ax.set_ylim(3.6, -0.7)
    ax.set_xlim(left=0.0)
    ax.set_xlabel("per million car-years")
    ax.set_title(style.wrapped("driver deaths in crashes with other vehicles", 3.0, 10.0))
    ax.grid(visible=False, axis="y")


# ---- where it happens --------------------------------------------------------------------------------------------------


def where(answer: Answer, system: str) -> Figure:
    """Stacked bars by road: people in the cars bought by whom they met, people in the vehicles met; bought against instead."""
    fleet = answer.fleet
    figure, axes = sheet.panels(1, 2, 5.6, 4.0)
    for ax, level in zip(axes[0], LEVELS, strict=True):
        _stacks(ax, answer, level, system)
    partners = [p for p in (*fleet.partners, OBJECT) if any(p == of for _, of in fleet.meetings)]
    legend: sheet.Legend = {f"in it, against {met(p)}": Patch(facecolor=_colour(i)) for i, p in enumerate(partners)}
    legend["in the vehicles met"] = Patch(edgecolor="#555555", **OTHERS)
    head = (
        f"{fleet.title}; left of each pair {fleet.buys.replace('-', ' ')}, right {fleet.instead_of.replace('-', ' ')}"
    )
    return sheet.framed(
        figure, "Where it happens", head, legend, caption(answer, "mean over the draws by the central curves")
    )


def _colour(index: int) -> str:
    return (*style.COLOURS[:6], "#8c8c8c")[index % 7]


def _stacks(ax: Axes, answer: Answer, level: str, system: str) -> None:
    fleet, i = answer.fleet, list(LEVELS).index(level)
    partners = [p for p in (*fleet.partners, OBJECT) if any(p == of for _, of in fleet.meetings)]
    at = np.arange(len(fleet.limits))
    for side, vehicle in ((-0.21, fleet.buys), (0.21, fleet.instead_of)):
        expected = MILLION * answer.harms[vehicle].people[i].mean(axis=-1)  # who, meetings, roads
        bottom = np.zeros(len(at))
        for n, partner in enumerate(partners):
            here = [m for m, (_, of) in enumerate(fleet.meetings) if of == partner]
            height = expected[0, here].sum(axis=0)
            ax.bar(at + side, height, 0.38, bottom=bottom, color=_colour(n), linewidth=0.0)
            bottom += height
        ax.bar(at + side, expected[1].sum(axis=0), 0.38, bottom=bottom, edgecolor="#555555", linewidth=0.6, **OTHERS)
    ax.set_xticks(at, [quantity(limit, "speed", system) for limit in fleet.limits.values()])
    ax.set_xlabel("posted limit")
    ax.set_ylabel("people per million car-years")
    ax.set_title(TITLES[level])
    ax.grid(visible=False, axis="x")


# ---- what drives it ----------------------------------------------------------------------------------------------------


def drives(answer: Answer) -> Figure:
    """The tornado: the difference a year with one input at a time at the ends of its range, widest first."""
    figure, axes = sheet.panels(1, 2, 6.2, 0.27 * min(SHOWN, len(answer.bars)) + 1.0)
    for ax, level in zip(axes[0], LEVELS, strict=True):
        _bars(ax, answer, level)
    legend: sheet.Legend = {
        "input at its 5 %": Patch(facecolor=INSTEAD),
        "at its 95 %": Patch(facecolor=BOUGHT),
        "lowest to highest published curve": Patch(facecolor="#ffffff", edgecolor="#555555", hatch="xxxx"),
    }
    notes = ("delta-v correction: the lowest and the highest tenth of its draws", "line: every input in its middle")
    return sheet.framed(
        figure, "What drives the difference a year, both vehicles", answer.fleet.title, legend, caption(answer, *notes)
    )


def _bars(ax: Axes, answer: Answer, level: str) -> None:
    base, shown = answer.base[level], ordered(answer, level)[:SHOWN]
    for row, bar in enumerate(shown):
        low, high = bar.differences[level]
        if bar.kind == "curves":
            ax.barh(
                row, high - low, 0.62, left=low, facecolor="#ffffff", edgecolor="#555555", hatch="xxxx", linewidth=0.6
            )
        else:
            ax.barh(row, low - base, 0.62, left=base, color=INSTEAD, linewidth=0.0)
            ax.barh(row, high - base, 0.62, left=base, color=BOUGHT, linewidth=0.0)
    ax.axvline(base, color=style.INK, linewidth=1.0)
    texts = [" ".join(filter(None, (label(b, answer), f"({t})" if (t := ends(b, answer)) else ""))) for b in shown]
    ax.set_yticks(np.arange(len(shown)), [style.wrapped(t, 3.2, 8.0) for t in texts], size=8.0)
    ax.set_ylim(len(shown) - 0.4, -0.6)
    ax.set_xlabel("difference, people a year")
    ax.set_xlim(min(0.0, ax.get_xlim()[0]), ax.get_xlim()[1])
    ax.set_title(f"{TITLES[level]}: {about(base)}")
    ax.grid(visible=False, axis="y")
