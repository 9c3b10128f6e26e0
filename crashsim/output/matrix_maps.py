"""Heat maps of everyone against everyone: a number in every cell, rows and columns in the order of the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from numpy.typing import NDArray

from crashsim import units
from crashsim.engine.manifest import version
from crashsim.engine.matrix import DUMMY, FIELD, Matrix
from crashsim.output import sheet, style

Floats = NDArray[np.float64]

CELL: Final = 0.36  # inch
DARK: Final = 0.45  # luminance of a cell below which its number is white
BEYOND: Final[dict[str, Any]] = {"hatch": "////", "facecolor": "none", "edgecolor": style.GREY, "linewidth": 0.0}
NONE: Final[dict[str, Any]] = {"facecolor": style.PALE, "edgecolor": style.GREY, "linewidth": 0.4}
DISCLAIMER: Final = "model result, not a crash test"


@dataclass(frozen=True)
class Map:
    """A figure: the file's name, what it shows, its numbers (n, n) as shown, their unit, and how a cell is written."""

    name: str
    title: str
    values: Floats
    unit: str
    text: Callable[[float], str]
    colours: str
    norm: Normalize
    stands: bool  # beyond the model too


def maps(found: Matrix, system: str) -> Iterator[Map]:
    """The figures of a matrix: who pays first."""
    speed, length = (units.display_unit(d, system) for d in ("speed", "length"))
    delta_v = units.to(found.values["delta_v"][0], speed, "speed")
    intrusion = units.to(found.values["intrusion"][0], length, "length")
    field, dummy = 100.0 * found.values[FIELD][0], 100.0 * found.values[DUMMY][0]
    ratio = found.who_pays()
    most = max(float(np.nanmax(np.abs(np.log(ratio)))), np.log(2.0))
    both = LogNorm(np.exp(-most), np.exp(most))
    yield Map("who-pays", "Who pays: risk of the row's driver over that of the column's (MAIS3+, central curve)", ratio, "times",
              _times, "RdBu_r", both, True)  # fmt: skip
    yield Map(
        "risk",
        "Risk of MAIS3+ of the row's driver (field curves, central)",
        field,
        "%",
        _percent,
        "viridis_r",
        _log(field),
        True,
    )
    if not found.mutual:
        partner = 100.0 * found.values[FIELD][1]
        yield Map("risk-partner", "Risk of MAIS3+ of the column's driver (field curves, central)", partner, "%", _percent, "viridis_r",
                  _log(partner), True)  # fmt: skip
    yield Map("dummy", "Risk of AIS3+ of head or chest of the row's driver (dummy, central)", dummy, "%", _percent, "viridis_r",
              _log(dummy), False)  # fmt: skip
    yield Map("delta-v", "Delta-v of the row's vehicle", delta_v, speed, _whole, "cividis_r", _from_zero(delta_v), True)
    yield Map("intrusion", "Intrusion into the compartment of the row's vehicle", intrusion, length, _decimal, "cividis_r",
              _from_zero(intrusion), False)  # fmt: skip


def _log(values: Floats) -> LogNorm:
    top = float(np.nanmax(values, initial=1.0))
    return LogNorm(max(float(np.nanmin(values, initial=top)), top / 1000.0), top)


def _from_zero(values: Floats) -> Normalize:
    return Normalize(0.0, max(float(np.nanmax(values, initial=0.0)), 1e-9))


def _times(value: float) -> str:
    """Times above one, and the share below: ``x12``, ``/12``."""
    if round(value, 1) == 1.0:
        return "1"
    more, sign = (value, "×") if value > 1.0 else (1.0 / value, "÷")
    return f"{sign}{more:.0f}" if more >= 9.95 else f"{sign}{more:.1f}"


def _percent(value: float) -> str:
    return "<.1" if value < 0.1 else f"{value:.0f}" if value >= 9.95 else f"{value:.1f}"


def _whole(value: float) -> str:
    return f"{value:.0f}"


def _decimal(value: float) -> str:
    return "0" if value < 0.05 else _percent(value)


# ---- drawing -----------------------------------------------------------------------------------------------------------


def figure(found: Matrix, shown: Map, crash: str, subtitle: str, system: str) -> Figure:
    """One heat map; ``crash``: how the two meet, in words."""
    n = len(found.names)
    drawn, axes = sheet.panels(1, 1, CELL * n + 3.3, CELL * n + 1.3)
    ax = axes[0, 0]
    colours = colormaps[shown.colours]
    hidden = ~np.isfinite(shown.values)
    ax.pcolormesh(np.arange(n + 1), np.arange(n + 1), np.ma.masked_array(shown.values, hidden), cmap=colours, norm=shown.norm,
                  edgecolors="white", linewidth=0.4, rasterized=True)  # fmt: skip
    legend = _marks(ax, found, shown, hidden)
    _write(ax, shown, colours, hidden)
    _name(ax, found, system)
    caption = " · ".join([
        f"crashsim {version()}", DISCLAIMER, f"n = {n * n:,} pairs of vehicles, inputs as given", crash,
        "behind each row: impact mass, and what its front rests on (measured; class: a law fitted to its class; judgement)",
        *_beyond_words(found),
    ])  # fmt: skip
    return sheet.framed(drawn, f"{shown.title} [{shown.unit}]", subtitle, legend, caption)


def _marks(ax: Axes, found: Matrix, shown: Map, hidden: NDArray[np.bool_]) -> sheet.Legend:
    """Hatch what is beyond the model, grey what has no number."""
    legend: sheet.Legend = {}
    for i, j in np.argwhere(hidden & ~found.beyond):
        ax.add_patch(Rectangle((j, i), 1, 1, **NONE))
        legend["no risk offered, or failed"] = Patch(**NONE)
    for i, j in np.argwhere(found.beyond):
        ax.add_patch(Rectangle((j, i), 1, 1, **BEYOND))
        words = f"{style.BEYOND} ({'delta-v stands, and so does the risk by it' if shown.stands else 'not told'})"
        legend[words] = Patch(**BEYOND)
    return legend


def _write(ax: Axes, shown: Map, colours: Colormap, hidden: NDArray[np.bool_]) -> None:
    for i, j in np.argwhere(~hidden):
        r, g, b, _ = colours(float(shown.norm(shown.values[i, j])))
        light = 0.299 * r + 0.587 * g + 0.114 * b
        ax.text(j + 0.5, i + 0.52, shown.text(float(shown.values[i, j])), ha="center", va="center", size=7.0,
                color="white" if light < DARK else "black", in_layout=False)  # fmt: skip


def _name(ax: Axes, found: Matrix, system: str) -> None:
    n = len(found.names)
    unit = units.display_unit("mass", system)
    rows = [f"{name}  {units.to(mass, unit, 'mass'):,.0f} {unit}, {evidence}"
            for name, mass, evidence in zip(found.names, found.mass, found.evidence, strict=True)]  # fmt: skip
    ax.set_xlim(0, n)
    ax.set_ylim(n, 0)
    ax.set_aspect("equal")
    ax.grid(False)
    ax.set_yticks(np.arange(n) + 0.5, [style.clean(row) for row in rows], size=8.0)
    ax.set_xticks(np.arange(n) + 0.5, [style.clean(name) for name in found.names], rotation=90, size=8.0)
    ax.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    ax.set_xlabel("the partner", loc="left")
    ax.xaxis.set_label_position("top")
    for spine in ax.spines.values():
        spine.set_visible(False)


def _beyond_words(found: Matrix) -> list[str]:
    count = int(found.beyond.sum())
    return [f"{count:,} pairs beyond the model (hatched)"] if count else []
