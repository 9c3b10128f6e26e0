"""Figures of the evidence that set points against points: crush, intrusion, durations, shares of velocity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from crashsim.output import sheet, style
from crashsim.output.validation_style import LAW, NAIVE, equality, finish, named
from crashsim.units import KMH
from crashsim.validation.records import Case

Cases = Mapping[str, Case]

CRUSH: Final = ("C3", "C4", "C5", "C6", "C7")
LABELS: Final = {
    "C3": "C3 Alto", "C4": "C4 Vamos", "C5": "C5 F-150 2001", "C6": "C6 modern pickups", "C7": "C7 one model, several speeds",
}  # fmt: skip
PREDICTED: Final[dict[str, Any]] = {"color": style.GREY, "linewidth": 0.8, "linestyle": (0, (1, 1)), "zorder": 1.5}
TOLERANCE: Final = Patch(facecolor="#ececec")


def _look(n: int) -> dict[str, Any]:
    look = style.vehicle_style(n)
    return {"color": look.colour, "marker": look.marker, "linestyle": "none", "markersize": 6.0}


def crush(cases: Cases) -> Figure:
    """C3 to C7: predicted against measured crush, static and dynamic."""
    figure, axes = sheet.panels(1, 1, 5.6, 5.2)
    ax = axes[0, 0]
    equality(ax, 95.0, 0.20)
    legend: sheet.Legend = {}
    for n, name in enumerate(CRUSH):
        for row in cases[name].rows:
            if row.dimension != "length" or not np.isfinite(row.low):
                continue
            dynamic = row.quantity.startswith("dynamic")
            x, y, low, high = (100.0 * v for v in (row.measured, row.predicted, row.low, row.high))
            ax.plot([x, x], [low, high], color=_look(n)["color"], linewidth=0.7, alpha=0.5, zorder=2)
            ax.plot(x, y, **_look(n), markerfacecolor="white" if dynamic else _look(n)["color"], zorder=4)
            ax.plot(x, 100.0 * row.naive, color=style.GREY, marker="x", markersize=4.0, linestyle="none", zorder=3)
        legend[LABELS[name]] = Line2D([], [], **_look(n))
    ax.set(xlabel="measured crush [cm]", ylabel="predicted crush [cm]", aspect="equal")
    legend |= {
        "dynamic crush": Line2D([], [], color=style.INK, marker="o", linestyle="none", markerfacecolor="white"),
        "5 to 95 % of the prediction": Line2D([], [], color=style.INK, linewidth=0.7), "within 20 %": TOLERANCE,
        "constant deceleration": Line2D([], [], color=style.GREY, marker="x", linestyle="none"),
    }  # fmt: skip
    return finish(figure, cases["C6"], legend, "by class, mass, width and model year alone",
                  title="C3 to C7: crush at a full-width wall")  # fmt: skip


def speeds(cases: Cases) -> Figure:
    """C5 and C7: crush against speed, a panel for each model."""
    tests = [t for name in ("C5", "C7") for t in cases[name].shown["tests"]]
    rows = [
        r for name in ("C5", "C7") for r in cases[name].rows if r.quantity.startswith("static") and np.isfinite(r.low)
    ]
    pairs = sorted(zip(tests, rows, strict=True), key=lambda pair: pair[0]["vehicle"])
    models = {name: list(found) for name, found in groupby(pairs, key=lambda pair: pair[0]["vehicle"])}
    figure, axes = sheet.panels(2, 4, 2.9, 2.7, sharex=True, sharey=True)
    for ax, (name, found) in zip(axes.flat, models.items(), strict=False):
        ordered = sorted(found, key=lambda pair: pair[0]["speed"])
        v = np.array([t["speed"] for t, _ in ordered]) / KMH
        low, middle, high, naive, measured = (
            100.0 * np.array([getattr(r, q) for _, r in ordered])
            for q in ("low", "predicted", "high", "naive", "measured")
        )
        ax.errorbar(
            v,
            middle,
            [middle - low, high - middle],
            color=LAW["color"],
            linewidth=1.2,
            marker="o",
            markersize=4.5,
            zorder=3,
        )
        ax.plot(v, naive, **NAIVE)
        ax.plot(v, measured, color=style.INK, marker="s", markersize=5.0, linestyle="none", zorder=4)
        sheet.panel_title(ax, name, 2.6)
    for ax in list(axes.flat)[len(models) :]:
        ax.remove()
    for ax in axes[-1]:
        ax.set_xlabel("speed [km/h]")
    if len(models) < axes.size:
        axes[0, -1].set_xlabel("speed [km/h]")
        axes[0, -1].tick_params(labelbottom=True)
    for ax in axes[:, 0]:
        ax.set_ylabel("static crush [cm]")
    axes[0, 0].set(xlim=(15, 70), ylim=(0, 100))
    legend: sheet.Legend = {
        "measured": Line2D([], [], color=style.INK, marker="s", linestyle="none"),
        "law of the class, 5 to 95 %": Line2D([], [], color=LAW["color"], marker="o"),
        "constant deceleration": Line2D([], [], **NAIVE),
    }
    return finish(figure, cases["C7"], legend, "models of 1979 and 1980 are older than what the laws are for",
                  title="C5 and C7: crush against speed of impact")  # fmt: skip


def left_out(cases: Cases) -> Figure:
    """C8: mean error by group beside the naive one, and every test where the raw figures are there."""
    case = cases["C8"]
    tests, predicted = case.shown["tests"], case.shown["left_out"]
    figure, axes = sheet.panels(1, 2 if tests else 1, 5.2 if tests else 6.6, 3.8 if tests else 2.8)
    ax = axes[0, 0]
    rows = [row for row in reversed(case.rows) if np.isfinite(row.naive)]
    for n, row in enumerate(rows):
        ax.barh(n + 0.18, 100.0 * row.predicted, height=0.34, color=LAW["color"])
        ax.barh(n - 0.18, 100.0 * row.naive, height=0.34, color=style.GREY)
        ax.plot([100.0 * row.limit] * 2, [n, n + 0.36], color=style.INK, linewidth=1.4)
    named(ax, [row.quantity.removeprefix("mean absolute error, ") for row in rows])
    ax.set_xlabel("mean absolute error of static crush [%]")
    ax.grid(axis="y", visible=False)
    legend: sheet.Legend = {"law of the class": Patch(facecolor=LAW["color"]), "constant deceleration": Patch(facecolor=style.GREY),
                            "wanted: at most": Line2D([], [], color=style.INK, linewidth=1.4)}  # fmt: skip
    if tests:
        legend |= _every_test(axes[0, 1], tests, predicted)
    return finish(figure, case, legend)


def _every_test(ax: Axes, tests: Sequence[Any], predicted: Any) -> sheet.Legend:
    """Predicted against measured static crush of all tests, by group."""
    equality(ax, 80.0, 0.20)
    ax.set(xlabel="measured static crush [cm]", ylabel="predicted, left out of the fit [cm]", aspect="equal")
    legend: sheet.Legend = {}
    for n, group in enumerate(dict.fromkeys(test.group for test in tests)):
        here = [i for i, test in enumerate(tests) if test.group == group]
        look = {**_look(n), "markersize": 4.5, "alpha": 0.8}
        ax.plot([100.0 * tests[i].crush for i in here], [100.0 * predicted[i] for i in here], **look)
        legend[group] = Line2D([], [], **look)
    return legend | {"within 20 %": TOLERANCE}


def intrusion(cases: Cases) -> Figure:
    """C13: measured and predicted intrusion of each vehicle."""
    case = cases["C13"]
    rows = [row for row in case.rows if "median" not in row.quantity]
    rows.sort(key=lambda row: row.measured)
    figure, axes = sheet.panels(1, 1, 6.6, 4.2)
    ax = axes[0, 0]
    for n, row in enumerate(rows):
        ax.plot([100.0 * row.low, 100.0 * row.high], [n, n], color=LAW["color"], linewidth=1.2)
        ax.plot(100.0 * row.predicted, n, color=LAW["color"], marker="o", markersize=5.5)
        ax.plot(100.0 * row.measured, n, color=style.INK, marker="s", markersize=5.5)
    ax.axvline(100.0 * rows[0].naive, **NAIVE)
    named(ax, [row.quantity.partition(", ")[2] for row in rows])
    ax.set(xlabel="intrusion [cm]", xlim=(0, 40))
    ax.grid(axis="y", visible=False)
    legend: sheet.Legend = {
        "measured: footwell, largest": Line2D([], [], color=style.INK, marker="s", linestyle="none"),
        "law of the class, 5 to 95 %": Line2D([], [], color=LAW["color"], marker="o"),
        "median of the table": Line2D([], [], **NAIVE),
    }
    return finish(figure, case, legend, "predicted for an equal vehicle at the same speed in place of the barrier")


def durations(cases: Cases) -> Figure:
    """C17: time to 90 % of the delta-v, and the recorded curves where the raw data are there."""
    case = cases["C17"]
    recorded = case.shown["recorded"]
    figure, axes = sheet.panels(1, 2 if recorded else 1, 5.2, 4.4)
    ax = axes[0, 0]
    equality(ax, 260.0, 0.30)
    legend: sheet.Legend = {}
    for n, row in enumerate(case.rows):
        x, y, low, high = (1e3 * v for v in (row.measured, row.predicted, row.low, row.high))
        look = {**_look(n), "markersize": 7.5, "markeredgecolor": "white", "markeredgewidth": 0.6}
        ax.plot([x, x], [low, high], color=look["color"], linewidth=1.0)
        ax.plot(x, y, **look, zorder=4 + 0.01 * n)
        ax.plot(x, 1e3 * row.naive, **{**_look(n), "color": style.GREY, "markerfacecolor": "white", "markersize": 4.5})
        legend[row.quantity.partition(", ")[2]] = Line2D([], [], **look)
    ax.set(xlabel="recorded time to 90 % of delta-v [ms]", ylabel="predicted [ms]", aspect="equal")
    legend |= {
        "overlap 40 to 100 %": Line2D([], [], color=style.INK, linewidth=1.0), "within 30 %": TOLERANCE,
        "constant deceleration": Line2D([], [], color=style.GREY, marker="o", markerfacecolor="white", linestyle="none"),
    }  # fmt: skip
    if recorded:
        legend |= _shapes(axes[0, 1], case)
    return finish(figure, case, legend)


def _shapes(ax: Axes, case: Case) -> sheet.Legend:
    """Recorded and predicted share of the delta-v over time."""
    for n, (record, row) in enumerate(zip(case.shown["records"], case.rows, strict=True)):
        curves = ((case.shown["recorded"][record["case"]], row.measured, {"color": _look(n)["color"], "linewidth": 1.3}),
                  (case.shown["curves"][record["case"]][0], row.low, PREDICTED))  # fmt: skip
        for (time, lost), duration, look in curves:
            ax.plot(time / duration, lost / lost.max(), **look)
    ax.set(xlabel="time over time to 90 %", ylabel="share of delta-v", xlim=(0, 2), ylim=(-0.05, 1.2))
    return {"predicted at full overlap": Line2D([], [], **PREDICTED)}


def momentum(cases: Cases) -> Figure:
    """Share of the velocity change of each vehicle against the ratio of the masses."""
    case = cases["momentum"]
    figure, axes = sheet.panels(1, 1, 6.0, 3.6)
    ax = axes[0, 0]
    ratio = np.linspace(1.0, 3.2, 50)
    for n, share in enumerate((ratio / (1.0 + ratio), 1.0 / (1.0 + ratio))):
        ax.plot(ratio, 100.0 * share, color=style.COLOURS[n], linestyle=style.DASHES[n])
    for test in case.shown["tests"]:
        at = test["partner_mass"] / test["mass"]
        total = test["delta_v"] + test["partner_delta_v"]
        for n, name in enumerate(("delta_v", "partner_delta_v")):
            ax.plot(at, 100.0 * test[name] / total, color=style.INK, marker=style.MARKERS[n], markersize=6.0, zorder=4)
    ax.axhline(50.0, **NAIVE)
    ax.set(
        xlabel="heavier over lighter mass", ylabel="share of the change of velocity [%]", xlim=(1.0, 3.2), ylim=(0, 100)
    )
    legend: sheet.Legend = {
        "lighter vehicle, momentum": Line2D([], [], color=style.COLOURS[0]),
        "heavier vehicle, momentum": Line2D([], [], color=style.COLOURS[1], linestyle=style.DASHES[1]),
        "measured, Accord": Line2D([], [], color=style.INK, marker=style.MARKERS[0], linestyle="none"),
        "measured, SUV": Line2D([], [], color=style.INK, marker=style.MARKERS[1], linestyle="none"),
        "equal shares": Line2D([], [], **NAIVE),
    }
    return finish(figure, case, legend, "3.06 is an 1,800 lb car against a 5,500 lb pickup")
