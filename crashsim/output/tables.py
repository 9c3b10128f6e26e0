"""The headline table as a figure."""

from __future__ import annotations

from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crashsim.output import sheet, style
from crashsim.output.headline import headline
from crashsim.output.occupants import SURROGATE
from crashsim.output.speeds import vehicle_look
from crashsim.output.views import named_rows
from crashsim.output.words import band, number, percent
from crashsim.results import BEYOND_MODEL, FAILED, Results

Row = dict[str, Any]

SIZE: Final = 9.0
CASE, VEHICLE = 2.5, 1.7  # widths [inch]
NUMBERS: Final = (
    ("closing speed", "closing_speed", "speed", 0.95),
    ("delta-v", "delta_v", "speed", 0.85),
    ("peak acceleration", "peak_acceleration", "acceleration", 1.05),
    ("OLC", "olc", "acceleration", 0.75),
    ("dynamic crush", "dynamic_crush", "length", 0.95),
    ("intrusion", "intrusion", "length", 0.95),
    ("chest 3 ms", "chest_3ms", "acceleration", 0.95),
    ("HIC15", "hic15", "number", 0.75),
    ("chest deflection", "chest_deflection", "length", 1.05),
)
LAST: Final = 2 + len(NUMBERS)  # column after the numbers
RISKS: Final = (
    ("risk of MAIS3+\n(band of curves)", "", "extrapolated"),
    ("without the delta-v correction", "_uncorrected", "uncorrected_extrapolated"),
)
RISK: Final = 1.6  # width [inch]


def headline_table(results: Results, system: str) -> Figure | None:
    """Named cases by vehicle: delta-v, pulse, crush, and the risk of MAIS3+ with the band in which curves disagree."""
    rows = headline(results)
    if not rows:
        return None
    edges = _edges()
    new = [i == 0 or row["case"] != rows[i - 1]["case"] for i, row in enumerate(rows)]
    texts = [_texts(row, system, named=first) for row, first in zip(rows, new, strict=True)]
    heights = [_height(row) for row in texts]
    header = 3.4 * style.line_height(SIZE)
    figure, axes = sheet.panels(1, 1, edges[-1] + 2 * sheet.MARGIN, header + sum(heights) + 0.1)
    ax: Axes = axes[0, 0]
    ax.set_axis_off()
    ax.set_xlim(0.0, edges[-1])
    ax.set_ylim(header + sum(heights), 0.0)
    _header(ax, edges, header, system)
    at = header
    for row, cells, height, first in zip(rows, texts, heights, new, strict=True):
        _line(ax, edges, row, cells, at, height, first, vehicle_look(results, row["vehicle"]))
        at += height
    factor = results.meta["delta_v_correction"]["factor"]
    notes = [
        "risk by the central curve, in brackets the band in which curves disagree; they see delta-v alone",
        f"correction: curves fitted to reconstructed delta-v are entered with true delta-v / {factor:g}",
    ]
    extrapolated = any(row[flag] for row in rows for _, _, flag in RISKS)
    notes += ["\u2020 central curve extrapolated"] if extrapolated else []
    if any(row["chest_3ms"] is not None for row in rows):
        notes.append(SURROGATE)
    caption = sheet.caption(results, named_rows(results), *notes)
    return sheet.finish(figure, results, "The named cases in numbers", {}, caption)


def _edges() -> list[float]:
    """Left edge of every column, and the right edge of the last [inch]."""
    edges = [0.0]
    for width in (CASE, VEHICLE, *(n[3] for n in NUMBERS), *(RISK for _ in RISKS)):
        edges.append(edges[-1] + width)
    return edges


def _texts(row: Row, system: str, *, named: bool) -> list[str]:
    case = style.wrapped(row["case"], CASE - 0.15, SIZE) if named else ""
    vehicle = style.wrapped(f"{row['vehicle']}, {row['end']}", VEHICLE - 0.3, SIZE)
    numbers = [_number(row[name], dimension, system) for _, name, dimension, _ in NUMBERS]
    return [case, vehicle, *numbers, *(_risk(row, f"risk_mais3plus{edge}", flag) for _, edge, flag in RISKS)]


def _number(value: float | None, dimension: str, system: str) -> str:
    if value is None:
        return "–"
    return number(value / style.unit(dimension, system)[0])


def _risk(row: Row, name: str, flag: str) -> str:
    central = row[name]
    if central is None:
        return "no curve" if row["status"] != FAILED else "–"
    return f"{percent(central)}{' †' if row[flag] else ''}\n{band(row, name)}"


def _height(texts: list[str]) -> float:
    return max(t.count("\n") + 1 for t in texts) * style.line_height(SIZE) + 0.12


def _header(ax: Axes, edges: list[float], height: float, system: str) -> None:
    measured = [
        f"{words}\n[{unit}]" if (unit := style.unit(dimension, system)[1]) else words
        for words, _, dimension, _ in NUMBERS
    ]
    names = ["case", "vehicle, end", *measured, *(words for words, _, _ in RISKS)]
    for i, name in enumerate(names):
        left = i < 2
        words = "\n".join(style.wrapped(part, edges[i + 1] - edges[i] - 0.1, SIZE, "bold") for part in name.split("\n"))
        at = edges[i] + (0.2 if i == 1 else 0.0) if left else edges[i + 1] - 0.1
        align = "left" if left else "right"
        ax.text(at, height - 0.06, words, size=SIZE, weight="bold", ha=align, va="bottom")
    ax.axhline(height, color=style.INK, linewidth=1.0)


def _line(
    ax: Axes,
    edges: list[float],
    row: Row,
    cells: list[str],
    at: float,
    height: float,
    first: bool,
    look: style.VehicleStyle,
) -> None:
    beyond, failed = row["status"] == BEYOND_MODEL, row["status"] == FAILED
    middle = at + height / 2
    if first:
        ax.text(edges[0], middle, cells[0], size=SIZE, va="center")
        ax.axhline(at, color="#999999", linewidth=0.6)
    grey = style.GREY if beyond or failed else style.INK
    ax.plot(edges[1] + 0.07, middle, look.marker, color=style.GREY if beyond or failed else look.colour, markersize=7)
    ax.text(edges[1] + 0.2, middle, cells[1], size=SIZE, va="center", color=grey)
    for i, text in enumerate(cells[2:], start=2):
        if beyond and 4 <= i < LAST:
            continue
        ax.text(edges[i + 1] - 0.1, middle, text, size=SIZE, ha="right", va="center", color=grey)
    if beyond or failed:
        ax.text(0.5 * (edges[4] + edges[LAST]), middle, "beyond the model" if beyond else "failed: do not use", size=SIZE,
                style="italic", ha="center", va="center", color="#6a6a6a",
                bbox={"facecolor": style.PALE, "edgecolor": "none", "pad": 3.0})  # fmt: skip
