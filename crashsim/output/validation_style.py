"""What the figures of the evidence have in common: looks, captions, boxes of quantiles, lines of equality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crashsim.engine.manifest import version
from crashsim.output import sheet, style
from crashsim.validation.records import Case

Look = dict[str, Any]

MEASURED: Final[Look] = {"color": style.INK, "linewidth": 2.2, "zorder": 4}
OWN: Final[Look] = {"color": style.COLOURS[0], "linewidth": 1.8, "zorder": 3.5}
FIT: Final[Look] = {"color": style.COLOURS[2], "linewidth": 1.8, "linestyle": (0, (9, 2)), "zorder": 3.4}
LAW: Final[Look] = {"color": style.COLOURS[1], "linewidth": 1.8, "linestyle": (0, (7, 1.5, 1.5, 1.5)), "zorder": 3}
NAIVE: Final[Look] = {"color": style.GREY, "linewidth": 1.4, "linestyle": (0, (3, 2)), "zorder": 2.5}
END: Final[Look] = {"color": style.COLOURS[1], "linewidth": 0.9, "linestyle": (0, (1, 1.5)), "zorder": 2.8}


def finish(figure: Figure, case: Case, legend: sheet.Legend, *notes: str, title: str = "") -> Figure:
    """Title, source, legend and caption."""
    caption = " · ".join([f"crashsim {version()}", "model beside measurement", *notes])
    heading = f"{case.name}: {case.title}" if case.name[-1].isdigit() else case.title
    return sheet.framed(figure, title or heading, f"Measured: {_first(case.source)}", legend, caption)


def _first(source: str) -> str:
    """The sentence that says where the figures come from."""
    _, found, rest = source.partition("Source: ")
    return rest.split(".  ")[0].split(". ")[0].rstrip(".") if found else source


def named(ax: Axes, names: Sequence[str]) -> None:
    """Names on the vertical axis, one a line from below."""
    ax.set_yticks(range(len(names)), names, fontsize=style.SMALL)
    ax.set_ylim(-0.6, len(names) - 0.4)


def boxed(ax: Axes, quantiles: Mapping[float, float]) -> None:
    """Upright bands of 5 to 95 and 25 to 75 %, and the median."""
    ax.axvspan(quantiles[0.05], quantiles[0.95], facecolor="#ececec", linewidth=0.0, zorder=0.5)
    ax.axvspan(quantiles[0.25], quantiles[0.75], facecolor="#d0d0d0", linewidth=0.0, zorder=0.6)
    ax.axvline(quantiles[0.5], color=style.INK, linewidth=1.2, zorder=1.0)
    ax.grid(axis="y", visible=False)


def equality(ax: Axes, most: float, tolerance: float) -> None:
    """The line of equal measured and predicted values, and a tolerance either way."""
    x = np.array([0.0, most])
    ax.fill_between(x, (1 - tolerance) * x, (1 + tolerance) * x, facecolor="#ececec", linewidth=0.0, zorder=0.5)
    ax.plot(x, x, color=style.INK, linewidth=1.0, zorder=1.5)
    ax.set(xlim=(0, most), ylim=(0, most))
