"""Figures of a design study: which designs no other one beats, and what one step more of each change does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from crashsim import units
from crashsim.designs import GIVEN, HEAVY, LIGHT
from crashsim.engine.design import ROUTES
from crashsim.engine.design_search import Found, Marginal
from crashsim.engine.manifest import version
from crashsim.output import sheet, style
from crashsim.output.design_words import LEVEL, ROUTE, crashes, label, spread
from crashsim.output.speeds import mixed

DRAWN: Final = 600  # designs that were tried and are drawn, at most
DISCLAIMER: Final = "model result, not a crash test"
COLOURS: Final = dict(zip(ROUTES, style.COLOURS[:2], strict=True))


def _caption(found: Found, system: str, *notes: str) -> str:
    head = f"crashsim {version()} · {DISCLAIMER} · head-on at {crashes(found, system)}, {found.samples:,} samples of the inputs in each"
    return " · ".join([head, *notes, "fronts, weights and mass law are judgement (tag J)"])


# ---- the front -----------------------------------------------------------------------------------------------------------


def front(found: Found, system: str) -> Figure:
    """Risk of the designed vehicle's occupant against the partner's, a panel for each route; colour is the mass added."""
    figure, axes = sheet.panels(1, 2, 5.3, 4.4)
    unit = units.display_unit("mass", system)
    shown = {route: np.flatnonzero(found.fronts[route]) for route in ROUTES}
    masses = units.to(found.mass[GIVEN][np.concatenate(list(shown.values()))], unit, "mass")
    scale = ScalarMappable(Normalize(min(float(masses.min()), 0.0), float(masses.max())), mpl.colormaps["viridis_r"])
    for ax, route in zip(axes[0], ROUTES, strict=True):
        _cloud(ax, found, route)
        own = found.outcome.mean[route][shown[route]] * 100
        order = np.argsort(-own[:, 0])
        colours = scale.to_rgba(units.to(found.mass[GIVEN][shown[route]], unit, "mass"))
        ax.scatter(*own[order].T, c=colours[order], s=26, edgecolors="white", linewidths=0.4, zorder=3)
        _marks(ax, found, route)
        ax.set_title(f"by {ROUTE[route]}: {LEVEL[route]}")
        ax.set_xlabel(f"risk of the {found.question.vehicle}'s occupant [%]")
        ax.set_ylabel(f"risk of the {found.question.partner}'s occupant [%]")
        ax.set_xlim(left=0)
        ax.set_ylim(bottom=0)
    figure.colorbar(scale, ax=axes[0].tolist(), label=f"mass added [{unit}]", pad=0.01)
    caption = _caption(
        found, system, f"{found.kept.values.shape[0]} designs looked at again of {len(found.tried):,} tried (at most {DRAWN} in grey, "
        "with fewer samples); coloured: no other design is as good in both risks and in mass",
    )  # fmt: skip
    return sheet.framed(figure, "Designs that no other one beats", found.question.study.title, _legend(found), caption)


def _cloud(ax: Axes, found: Found, route: str) -> None:
    """Designs that were tried and are allowed, in grey."""
    allowed = np.flatnonzero(found.tried_sound & np.isfinite(found.tried_mean[route]).all(axis=1))
    few = allowed[:: max(1, -(-len(allowed) // DRAWN))]
    x, y = 100 * found.tried_mean[route][few].T
    ax.scatter(x, y, s=4, color="#c8c8c8", linewidths=0.0, zorder=1)


def _marks(ax: Axes, found: Found, route: str) -> None:
    """The base design, the lightest that reaches the bound, the reference, and the bound itself."""
    marks = [(found.outcome.mean[route][0], found.outcome.risk[route][0, :, 0], "*", 150)]
    if (i := found.lightest[route]) is not None:
        marks.append((found.outcome.mean[route][i], found.outcome.risk[route][i, :, 0], "D", 55))
    if found.reference is not None:
        marks.append((found.reference.mean[route][0], found.reference.risk[route][0, :, 0], "X", 70))
    for point, samples, marker, size in marks:
        low, high = spread(samples)
        ax.hlines(100 * point[1], 100 * low, 100 * high, color=style.INK, linewidth=0.9, zorder=4)
        x, y = 100 * point
        ax.scatter(x, y, s=size, c=COLOURS[route], marker=marker, edgecolors="black", linewidths=0.9, zorder=5)
    ax.axvline(100 * found.bound[route], color=style.INK, linestyle=":", linewidth=1.0, zorder=2)


def _legend(found: Found) -> sheet.Legend:
    def mark(marker: str) -> Line2D:
        return Line2D(
            [], [], marker=marker, linestyle="none", markerfacecolor="#dddddd", markeredgecolor="black", markersize=8
        )

    like = found.question.bound.like
    legend: sheet.Legend = {
        f"{found.question.vehicle} as it is": mark("*"),
        "lightest design found that reaches the bound": mark("D"),
    }
    if like:
        legend[f"{like} in its place"] = mark("X")
    legend["the bound"] = Line2D([], [], color=style.INK, linestyle=":", linewidth=1.0)
    legend["line: inputs 5-95 %"] = Line2D([], [], color=style.INK, linewidth=0.9)
    legend["tried"] = Line2D([], [], marker="o", linestyle="none", color="#c8c8c8", markersize=3)
    return legend


# ---- one step more -------------------------------------------------------------------------------------------------------


def marginals(found: Found, system: str) -> Figure:
    """Bars of the change of both occupants' risks: one step of each change above, other restraints below."""
    steps = [m for m in found.marginals if np.isfinite(m.step)]
    others = [m for m in found.marginals if not np.isfinite(m.step)]
    groups = [group for group in (steps, others) if group]
    heights = [0.8 + 0.46 * len(group) for group in groups]
    figure, axes = sheet.panels(
        len(groups),
        2,
        5.6,
        sum(heights) / len(groups),
        gridspec_kw={"height_ratios": heights, "width_ratios": (1.0, 0.8)},
    )
    for row, group in zip(axes, groups, strict=True):
        for vehicle, ax in enumerate(row):
            _bars(ax, found, group, vehicle, system)
    legend: sheet.Legend = {f"by {ROUTE[r]} ({LEVEL[r]})": Patch(facecolor=COLOURS[r]) for r in ROUTES}
    legend["inputs 5-95 %, sample by sample"] = Line2D([], [], color=style.INK, linewidth=1.0)
    legend["mass law light and heavy"] = Line2D([], [], color=style.INK, marker="|", linestyle="none", markersize=9)
    caption = _caption(
        found,
        system,
        "change against the base design, the mass of the change included; scales differ from panel to panel",
    )
    return sheet.framed(figure, "What one step more does", found.question.study.title, legend, caption)


def _bars(ax: Axes, found: Found, group: list[Marginal], vehicle: int, system: str) -> None:
    at = np.arange(len(group))
    for k, route in enumerate(ROUTES):
        y = at + (k - 0.5) * 0.36
        values = 100 * np.array([m.change[route][GIVEN][vehicle] for m in group])
        low, high = 100 * np.array([m.interval[route][:, vehicle] for m in group]).T
        ends = [100 * np.array([m.change[route][law][vehicle] for m in group]) for law in (LIGHT, HEAVY)]
        ax.barh(y, values, 0.32, color=mixed(COLOURS[route], 0.75), linewidth=0.0, zorder=2)
        ax.hlines(y, low, high, color=style.INK, linewidth=1.0, zorder=3)
        for end in ends:
            ax.plot(end, y, "|", color=style.INK, markersize=9, markeredgewidth=1.4, zorder=4)
    ax.axvline(0.0, color="#555555", linewidth=0.8, zorder=1)
    ax.grid(visible=False, axis="y")
    ax.set_ylim(len(group) - 0.5, -0.5)
    ax.set_yticks(at, [_row(found, m, system) for m in group] if vehicle == 0 else [""] * len(group), size=9.0)
    who = (found.question.vehicle, found.question.partner)[vehicle]
    ax.set_title(
        f"{who}: {'one step more' if np.isfinite(group[0].step) else 'another restraint in the ' + found.question.vehicle}"
    )
    ax.set_xlabel("change of the risk [percentage points]")


def _row(found: Found, marginal: Marginal, system: str) -> str:
    unit = units.display_unit("mass", system)
    added = f"({units.to(marginal.mass[GIVEN], unit, 'mass'):+.2g} {unit})"
    return f"{style.wrapped(label(found, marginal), 2.3, 9.0)} {added}"


FIGURES: Final[dict[str, Callable[[Found, str], Figure]]] = {"front": front, "marginals": marginals}
