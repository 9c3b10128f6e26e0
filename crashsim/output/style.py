"""The look of every figure: one style sheet, colours that survive colour blindness and greyscale, text that fits.

Figures are built and saved inside `sheet_style`, without pyplot and without global state.  Text is never read as
mathematics and never clipped: widths are measured with the font that draws it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.textpath import text_to_path

from crashsim import units

BEYOND: Final = "beyond the model"
GREY: Final = "#8c8c8c"  # beyond the model, or extrapolated
PALE: Final = "#ececec"
INK: Final = "#222222"
SMALL: Final = 8.0  # points: captions, notes in a panel
TITLE: Final = 12.0
SUBTITLE: Final = 9.0

# Okabe and Ito's palette without yellow, which vanishes on white.
COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
DASHES: Final = ("solid", (0, (7, 1.5, 1.5, 1.5)), (0, (9, 2)), (0, (5, 1, 1, 1, 1, 1)), (0, (3, 1)))
MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X", "*")

FONT: Final = "DejaVu Sans"  # comes with matplotlib, so that pictures do not depend on the machine
RC: Final[dict[str, Any]] = {
    "font.family": "sans-serif",
    "font.sans-serif": [FONT, "Verdana", "Arial", "sans-serif"],
    "font.size": 9.5,
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": "#555555",
    "axes.labelcolor": INK,
    "axes.titlesize": 10.0,
    "axes.titlelocation": "left",
    "axes.unicode_minus": True,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.5,
    "lines.linewidth": 2.0,
    "lines.markersize": 5.0,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "legend.handlelength": 2.8,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "figure.dpi": 150.0,
    "svg.fonttype": "none",
    "svg.hashsalt": "crashsim",
}


class VehicleStyle(NamedTuple):
    """How a vehicle is drawn everywhere: colour, line style and marker all differ."""

    colour: str
    dashes: Any
    marker: str


def sheet_style() -> AbstractContextManager[None]:
    """The style sheet, for building and for saving a figure; whatever a user's matplotlibrc says."""
    settings: Any = {name: v for name, v in mpl.rcParamsDefault.items() if not name.startswith("backend")} | RC
    return mpl.rc_context(settings)


def vehicle_style(index: int) -> VehicleStyle:
    """Style of the study's vehicle number ``index``, counted from 0."""
    return VehicleStyle(COLOURS[index % len(COLOURS)], DASHES[index % len(DASHES)], MARKERS[index % len(MARKERS)])


def save(figure: Figure, path: Path) -> Path:
    """Write a figure, as its suffix says; the same figure gives the same bytes."""
    with sheet_style():  # not savefig, which draws everything twice
        if path.suffix == ".svg":
            FigureCanvasSVG(figure).print_svg(path, metadata={"Date": None, "Creator": None})  # type: ignore[no-untyped-call]
        else:
            figure.set_dpi(RC["figure.dpi"])  # writing SVG leaves its own behind
            FigureCanvasAgg(figure).print_png(path, metadata={"Software": None})  # type: ignore[no-untyped-call]
    return path


# ---- units -----------------------------------------------------------------------------------------------------------


def unit(dimension: str, system: str) -> tuple[float, str]:
    """What one shown unit is in SI, and its name; forces in thousands of lbf, for axes have no room for six digits."""
    name = units.display_unit(dimension, system)
    if dimension == "ratio":
        return 0.01, "%"
    if name == "lbf":
        return 1e3 * units.POUND_FORCE, "1,000 lbf"
    return units.DIMENSIONS[dimension][name], name


def other(system: str) -> str:
    """The system that stands on the opposite side of a figure."""
    return next(s for s in units.SYSTEMS if s != system)


# ---- text ------------------------------------------------------------------------------------------------------------


def clean(text: str) -> str:
    """A user's text on one line, with the replacement character for what the font cannot draw."""
    known = _characters()
    return "".join(c if ord(c) in known else "\ufffd" for c in " ".join(text.split()))


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Width of a line of text [inch] at a font size [points], without kerning, which in this font only narrows."""
    return size * sum(_advance(character, weight) for character in text) / 72.0


@cache
def _advance(character: str, weight: str) -> float:
    """Width of a character as a share of the font size."""
    width, _, _ = text_to_path.get_text_width_height_descent(character, _font(100.0, weight), False)
    return float(width) / 100.0


def wrapped(text: str, width: float, size: float, weight: str = "normal") -> str:
    """Text broken into lines of at most ``width`` inch; words that are longer are cut."""
    lines = [""]
    for word in clean(text).split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, size, weight) <= width:
            lines[-1] = longer
        else:
            lines += _pieces(word, width, size, weight)
    return "\n".join(line for line in lines if line)


def _pieces(word: str, width: float, size: float, weight: str) -> list[str]:
    pieces = [""]
    for character in word:
        if pieces[-1] and text_width(pieces[-1] + character, size, weight) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces


def line_height(size: float) -> float:
    """Distance of two lines of text [inch]."""
    return 1.35 * size / 72.0


@cache
def _font(size: float, weight: str) -> font_manager.FontProperties:
    return font_manager.FontProperties(family=FONT, size=size, weight=weight)


@cache
def _characters() -> frozenset[int]:
    return frozenset(font_manager.get_font(font_manager.findfont(_font(10.0, "normal"))).get_charmap())


def swatch(style: VehicleStyle, *, marker: bool = False) -> Line2D:
    """Legend handle of a vehicle."""
    return Line2D([], [], color=style.colour, linestyle=style.dashes, marker=style.marker if marker else None,
                  markerfacecolor="white")  # fmt: skip
