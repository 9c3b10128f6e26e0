"""Figures of the evidence on injuries in the field: risk by delta-v, the ratio of the masses, counted and expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from crashsim.config import library
from crashsim.output import sheet, style
from crashsim.output.validation_style import FIT, LAW, MEASURED, NAIVE, OWN, finish, named
from crashsim.risk import RiskCurve
from crashsim.units import KMH
from crashsim.validation import field
from crashsim.validation.field_crashes import detectable
from crashsim.validation.field_fit import Bins
from crashsim.validation.field_pairs import SPEEDS, TRUCK, both
from crashsim.validation.records import Case

Cases = Mapping[str, Case]
Floats = NDArray[np.float64]

X: Final = np.asarray(np.linspace(10.0, 100.0, 181) * KMH, np.float64)
OTHER: Final[dict[str, Any]] = {"color": "#9a9a9a", "linewidth": 0.9, "zorder": 2.0}
MISREAD: Final[dict[str, Any]] = {
    "color": style.COLOURS[3],
    "linewidth": 1.2,
    "linestyle": (0, (1, 1.2)),
    "zorder": 2.4,
}
BIAS_OUT: Final[dict[str, Any]] = {**MEASURED, "linewidth": 1.4}
POINT: Final[dict[str, Any]] = {
    "color": style.INK,
    "marker": "o",
    "linestyle": "none",
    "markersize": 5.0,
    "zorder": 5.0,
}
BAND: Final = Patch(facecolor=str(OWN["color"]), alpha=0.25)
SPAN: Final[dict[str, Any]] = {"facecolor": "#e6e6e6", "linewidth": 0.0, "zorder": 0.5}


# ---- C14 -----------------------------------------------------------------------------------------------------------------


def risks(cases: Cases) -> Figure:
    """C14: shares of MAIS3+ by delta-v with the curves, belted and not; and what bias and scatter of delta-v do to the curve."""
    case = cases["C14"]
    figure, axes = sheet.panels(1, 3, 4.4, 4.0)
    for ax, belt in zip(axes.flat, field.OWN, strict=False):
        _group(ax, case, belt)
    _true(axes[0, 2], case)
    used, other = library.winsmash().nominal, library.winsmash().alternatives[0]
    legend: sheet.Legend = {
        "measured, weighted, ± 2 standard errors": Line2D([], [], **POINT),
        "fewer than 30 injured, or below 15 km/h": Line2D([], [], **{**POINT, "markerfacecolor": "white"}),
        "Wang 2022, frontal": Line2D([], [], **LAW), "published curves, mean by weight": Line2D([], [], **FIT),
        "other published curves": Line2D([], [], **OTHER),
        "Wang taken for a curve over true delta-v": Line2D([], [], **MISREAD),
        "own curve (in-sample), ± 1 standard error; on the right with bias and scatter out": BAND,
        "own, delta-v taken as recorded": Line2D([], [], **NAIVE), f"own, bias out, × {used:.2f}": Line2D([], [], **BIAS_OUT),
        f"own, bias out, × {other:.2f}": Line2D([], [], **OTHER, marker="|"),
    }  # fmt: skip
    return finish(figure, case, legend, "own curves are fitted to these very points; the table leaves each bin out",
                  f"closing-speed curve entered with {used:.2f} x delta-v, age 39")  # fmt: skip


def _group(ax: Axes, case: Case, belt: str) -> None:
    own: Bins = case.shown["groups"][belt]
    curves: Mapping[str, RiskCurve] = case.shown["curves"]
    factor = library.winsmash().nominal
    counted = field.judged(own)
    for filled in (True, False):
        here = (counted == filled) & (own.share > 0.0)
        low = np.minimum(2.0 * own.error[here], 0.999 * own.share[here])
        ax.errorbar(own.delta_v[here] / KMH, own.share[here], yerr=[low, 2.0 * own.error[here]], elinewidth=0.9,
                    **{**POINT, "markerfacecolor": style.INK if filled else "white"})  # fmt: skip
    for name in (*field.COMPARED[1:], "lubbe-2022"):
        ax.plot(X / KMH, field.risk(curves[name], X, factor=factor), **OTHER)
    wang = curves[field.CENTRAL]
    ax.plot(X / KMH, field.risk(wang, X), **LAW)
    ax.plot(X / KMH, field.risk(wang, X * factor), **MISREAD)
    mean = field.ensemble(curves, X, belted=belt == "belted", published=True, factor=factor)
    ax.plot(X / KMH, mean, **FIT)
    _banded(ax, curves[field.OWN[belt]], X / KMH)
    _percent(ax, f"{belt}, {own.injured.sum():,.0f} injured")
    ax.set_xlabel("delta-v as recorded [km/h]")


def _banded(ax: Axes, curve: RiskCurve, x: Floats) -> None:
    """A curve of the library with the band of its own errors."""
    c = curve.levels[field.LEVEL]
    log_odds, error = c["exponent"] * np.log(x / c["reference"]), curve.log_odds_error(field.LEVEL, x)
    low, middle, high = (1.0 / (1.0 + np.exp(-(log_odds + q * error))) for q in (-1, 0, 1))
    ax.fill_between(x, low, high, facecolor=str(OWN["color"]), alpha=0.25, linewidth=0.0, zorder=1.5)
    ax.plot(x, middle, **{**OWN, "linewidth": 1.2})


def _true(ax: Axes, case: Case) -> None:
    """The belted over the true delta-v: recorded values as they are, with the bias taken out, and with bias and scatter."""
    curves: Mapping[str, RiskCurve] = case.shown["curves"]
    correction = library.winsmash()
    recorded = curves["nass-1997-2008-belted"]
    for factor, look in (
        (1.0, NAIVE),
        (correction.nominal, BIAS_OUT),
        (correction.alternatives[0], OTHER | {"marker": "|", "markevery": 12}),
    ):
        ax.plot(X / KMH, field.risk(recorded, X / factor), **look)
    _banded(ax, curves["nass-1997-2008-belted-true"], X / KMH)
    _percent(ax, "belted, own curve: errors of delta-v")
    ax.set_xlabel("true delta-v [km/h]")


def _percent(ax: Axes, words: str) -> None:
    ax.set(yscale="log", ylim=(1e-3, 1.0), xlim=(10.0, 100.0), ylabel="MAIS3+ or dead")
    ax.yaxis.set_major_formatter(FuncFormatter(lambda p, _: f"{100 * p:g} %"))
    sheet.panel_title(ax, words, 4.0)


# ---- C15 -----------------------------------------------------------------------------------------------------------------


def ratios(cases: Cases) -> Figure:
    """C15: exponents by curve beside the field's, how each depends on speed, and what a light truck adds."""
    case = cases["C15"]
    figure, axes = sheet.panels(1, 3, 5.2, 4.4)
    judged = [row for row in case.rows if "exponent" in row.quantity and np.isfinite(row.limit)]
    ax = axes[0, 0]
    measured, limit = judged[0].measured, judged[0].limit
    ax.axvspan(measured - limit, measured + limit, **SPAN)
    ax.axvline(measured, **{**MEASURED, "linewidth": 1.4})
    for n, row in enumerate(reversed(judged)):
        inside = row.basis == "not fitted"
        ax.plot(row.predicted, n, **{**POINT, "color": LAW["color"] if inside else OWN["color"]})
    named(ax, [style.wrapped(row.quantity.partition(": ")[2], 2.4, style.SMALL) for row in reversed(judged)])
    ax.set(xlabel="exponent of the mass ratio", xlim=(0.0, 6.5))
    _by_speed(axes[0, 1], case, measured, limit)
    _trucks(axes[0, 2], case)
    legend: sheet.Legend = {
        "field, MAIS3+, both belted, ± 2 standard errors": Patch(facecolor="#e6e6e6"),
        "not fitted": Line2D([], [], **{**POINT, "color": LAW["color"]}),
        "in-sample": Line2D([], [], **{**POINT, "color": OWN["color"]}),
        "by delta-v": Line2D([], [], **{**POINT, "markerfacecolor": "white"}), "by dummy measures": Line2D([], [], **POINT),
    }  # fmt: skip
    return finish(figure, case, legend, "a match over a mix of speeds proves little: see the middle panel",
                  "overlap and height are declared heuristics")  # fmt: skip


def _by_speed(ax: Axes, case: Case, measured: float, limit: float) -> None:
    """Exponent of the odds at a mass ratio of 1.5."""
    ratio = 1.5
    ax.axhspan(measured - limit, measured + limit, **SPAN)
    lines = (("wang-2022-frontal", LAW), ("malliaris-1997-zero", OTHER), ("lubbe-2022", OTHER), ("mean", FIT),
             ("nass-1997-2008-belted", OWN))  # fmt: skip
    for name, look in lines:
        one, other = both(np.full(len(SPEEDS), ratio), SPEEDS, case.shown["risks"][name])
        y = np.log(one * (1.0 - other) / (other * (1.0 - one))) / np.log(ratio)
        ax.plot(SPEEDS / KMH, y, **look)
        words = {"mean": "mean of published", "nass-1997-2008-belted": "own, belted"}.get(
            name, name.split("-20")[0].split("-1997")[0]
        )
        lower = 5 if name.startswith("malliaris") else 0
        ax.annotate(words, (SPEEDS[-1] / KMH, y[-1]), xytext=(3, -lower), textcoords="offset points", fontsize=style.SMALL,
                    va="center")  # fmt: skip
    ax.set(
        xlabel="closing speed as recorded [km/h]",
        ylabel="exponent at a mass ratio of 1.5",
        xlim=(20.0, 200.0),
        ylim=(0.0, None),
    )
    ax.set_xticks(range(20, 141, 20))


def _trucks(ax: Axes, case: Case) -> None:
    field_fit = next(f for f in case.shown["fits"] if f["drivers"] == "both belted" and f["outcome"] == "mais3")
    low, middle, high = (np.exp(field_fit["truck"] + q * field_fit["truck_error"]) for q in (-2.0, 0.0, 2.0))
    ax.axvspan(low, high, **SPAN)
    ax.axvline(middle, **{**MEASURED, "linewidth": 1.4})
    settings = [row for row in case.shown["trucks"] if "both belted" in row.quantity]
    names = list(dict.fromkeys(row.quantity.partition(": ")[2].partition(", ")[2] for row in settings))
    for row in settings:
        by, _, words = row.quantity.removeprefix(f"{TRUCK}, both belted: ").partition(", ")
        hollow = by == "by delta-v"
        ax.plot(
            row.predicted,
            len(names) - 1 - names.index(words),
            **{**POINT, "markerfacecolor": "white" if hollow else style.INK},
        )
    named(ax, [style.wrapped(name, 1.7, style.SMALL) for name in reversed(names)])
    ax.set(xlabel="odds against a light truck over a car of its mass", xlim=(0.5, 3.0))


# ---- C16 and the kei cars ------------------------------------------------------------------------------------------------


def counts(cases: Cases) -> Figure:
    """C16: counted and expected injured drivers."""
    case = cases["C16"]
    figure, axes = sheet.panels(1, 1, 6.6, 3.0)
    ax = axes[0, 0]
    own = [row for row in case.rows if "drivers" in row.quantity]
    groups = list(
        dict.fromkeys(row.quantity.partition(" with MAIS3+")[0] + " (" + row.quantity.rpartition("(")[2] for row in own)
    )
    for k, row in enumerate(own):
        n = len(groups) - 1 - k // 2
        y = n + (0.12 if k % 2 == 0 else -0.12)
        look = OWN if k % 2 == 0 else LAW
        ax.plot([row.low, row.high], [y, y], color=look["color"], linewidth=1.4, zorder=2)
        ax.plot(row.predicted, y, **{**POINT, "color": look["color"], "zorder": 3.0})
        ax.plot(row.measured, n, color=style.INK, marker="D", linestyle="none", markersize=6.0, zorder=4)
    named(ax, groups[::-1])
    ax.set(xlabel="drivers with MAIS3+ or dead", xlim=(-0.3, 14.3))
    legend: sheet.Legend = {
        "counted": Line2D([], [], color=style.INK, marker="D", linestyle="none"),
        "expected, unweighted curve, 5 to 95 %": Line2D([], [], **{**POINT, "color": OWN["color"], "linestyle": "-"}),
        "expected, Wang 2022, 5 to 95 %": Line2D([], [], **{**POINT, "color": LAW["color"], "linestyle": "-"}),
    }  # fmt: skip
    return finish(figure, case, legend, "the sample is severe by design: the contrast is the finding, not the rate",
                  "Wang's curve is weighted to the nation")  # fmt: skip


def kei(cases: Cases) -> Figure:
    """Odds of a kei car's driver over those of others at the same low delta-v."""
    case = cases["kei cars"]
    figure, axes = sheet.panels(1, 1, 6.6, 2.2)
    ax = axes[0, 0]
    limit = detectable(264, 1115, 0.03)
    ax.axvspan(1.0 / limit, limit, **SPAN)
    ax.axvline(1.0, color=style.INK, linewidth=1.0)
    rows = list(reversed(case.rows))
    for n, row in enumerate(rows):
        ax.plot(row.predicted, n, **{**POINT, "color": OWN["color"]})
    named(
        ax,
        [
            style.wrapped(row.quantity.replace("odds of AIS3+ to head or chest at 28.6 km/h, ", ""), 2.6, style.SMALL)
            for row in rows
        ],
    )
    ax.set(xscale="log", xlabel="odds of severe injury, kei car over other car at equal delta-v", xlim=(0.3, 3.0))
    ax.set_xticks([0.33, 0.5, 1.0, 2.0, 3.0], ["0.33", "0.5", "1", "2", "3"])
    ax.minorticks_off()
    legend: sheet.Legend = {
        "model": Line2D([], [], **{**POINT, "color": OWN["color"]}),
        "no difference found in 1,379 drivers; one in here could not have been": Patch(facecolor="#e6e6e6"),
    }
    return finish(figure, case, legend, "says nothing of higher delta-v")
