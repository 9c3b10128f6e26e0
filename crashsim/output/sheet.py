"""A figure as a sheet: title above, panels, then one legend and one caption below, each given the room it needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from crashsim.cases import SQUARE
from crashsim.output import style
from crashsim.output.views import owner
from crashsim.results import BEYOND_MODEL, FAILED, Results

MARGIN = 0.12  # inch
Legend = dict[str, Artist]

INPUTS = "spread of the inputs, 5-95 % of the samples"
SPREAD: dict[str, Any] = {"hatch": "\\\\\\\\", "linewidth": 0.8}


def panels(rows: int, columns: int, width: float, height: float, **options: Any) -> tuple[Figure, NDArray[Any]]:
    """A figure with ``rows`` x ``columns`` panels of about ``width`` x ``height`` inch each."""
    figure = Figure(figsize=(columns * width, rows * height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **options)


def blocks(count: int) -> tuple[int, int]:
    """Rows and columns for a number of panels, at most three in a row."""
    columns = 2 if count == 4 else min(count, 3)
    return -(-count // columns), columns


def finish(figure: Figure, results: Results, title: str, legend: Legend, caption: str) -> Figure:
    """Put title, the study's title, legend and caption around the panels; the figure grows by what they need."""
    return framed(figure, title, results.meta["title"], legend, caption)


def framed(figure: Figure, title: str, subtitle: str, legend: Legend, caption: str) -> Figure:
    """Put title, subtitle, legend and caption around the panels; the figure grows by what they need."""
    width, height = figure.get_size_inches()
    room = 0.98 * (width - 2 * MARGIN)  # hinting may widen text a little
    title = style.wrapped(title, room, style.TITLE, "bold")
    subtitle = style.wrapped(subtitle, room, style.SUBTITLE)
    caption = style.wrapped(caption, room, style.SMALL)
    legend = dict(sorted(legend.items(), key=lambda item: item[0].startswith(style.BEYOND)))  # last, in any figure
    box = _legend(figure, legend, room) if legend else None
    heading = _lines(title) * style.line_height(style.TITLE) + MARGIN
    above = heading + _lines(subtitle) * style.line_height(style.SUBTITLE) + MARGIN
    text = _lines(caption) * style.line_height(style.SMALL) + MARGIN
    below = text + (box[1] + MARGIN if box else 0.0)
    total = above + height + below
    figure.set_size_inches(width, total)
    figure.text(MARGIN / width, 1 - MARGIN / total, title, size=style.TITLE, weight="bold", va="top", in_layout=False)
    figure.text(
        MARGIN / width, 1 - heading / total, subtitle, size=style.SUBTITLE, color="#555555", va="top", in_layout=False
    )
    figure.text(MARGIN / width, MARGIN / 2 / total, caption, size=style.SMALL, va="bottom", color="#555555",
                in_layout=False, linespacing=1.25)  # fmt: skip
    if box:
        box[0].set_bbox_to_anchor((0.0, text / total, 1.0, box[1] / total), transform=figure.transFigure)
    engine = figure.get_layout_engine()
    assert engine is not None
    engine.set(rect=(0.0, below / total, 1.0, height / total), w_pad=MARGIN)  # type: ignore[call-arg]
    engine.execute(figure)
    figure.set_layout_engine("none")  # laid out once, not again for every file
    for ax in figure.axes:  # the layout's solver leaves noise of 1e-16 that differs from run to run
        ax.set_position(Bbox.from_bounds(*np.round(ax.get_position(original=True).bounds, 6)))
    return figure


def _legend(figure: Figure, legend: Legend, room: float) -> tuple[Any, float]:
    """The legend in as many columns as fit, and its height [inch]."""
    labels = [style.wrapped(label, min(3.3, 0.9 * room), 8.5) for label in legend]
    longest = max(style.text_width(line, 8.5) for label in labels for line in label.split("\n"))
    columns = int(np.clip(room // (longest + 0.72), 1, min(len(labels), 5)))
    columns = -(-len(labels) // -(-len(labels) // columns))  # no column shorter than it must be
    # Matplotlib leaves out labels that begin with "_": they are set afterwards.
    box = figure.legend(list(legend.values()), ["x"] * len(labels), loc="center", ncols=columns, borderaxespad=0.0)
    for text, label in zip(box.get_texts(), labels, strict=True):
        text.set_text(label)
    box.set_in_layout(False)
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    return box, float(box.get_window_extent(renderer).height) / figure.dpi


def _lines(text: str) -> int:
    return text.count("\n") + 1


def caption(results: Results, drawn: Results, *notes: str) -> str:
    """What every figure says of itself: version, number of cases, what is grey or missing, what rests on judgement."""
    parts = [f"crashsim {results.meta['version']}", "model result, not a crash test", _counts(drawn)]
    impacts = dict.fromkeys(drawn.columns["impact"].tolist())
    parts.append(_samples(results, list(impacts)))
    if judged := _judgement(results, list(impacts)):
        parts.append(f"judgement inputs (tag J): {judged}")
    if kei := [v for v in dict.fromkeys(drawn.columns["vehicle"].tolist()) if _unproven(results, v)]:
        cells = " and ".join(kei)
        parts.append(f"that the safety cell of {cells} holds is an assumption (no FMVSS 208 or US NCAP evidence)")
    return " · ".join([*parts, *notes])


def _samples(results: Results, impacts: Sequence[str]) -> str:
    """How many samples there are at each point, or that there are none."""
    at = {results.meta["impacts"][name]["samples"] for name in impacts}
    if at == {1}:
        return "inputs as given, no spread drawn"
    return f"spread of the inputs by {' or '.join(f'{n:,}' for n in sorted(at))} samples at each point"


def count(drawn: Results, status: str | None = None) -> int:
    """Number of cases (not rows), of one status or in all."""
    rows = drawn.columns["status"] == status if status else np.ones(len(drawn), dtype=bool)
    return len(set(zip(drawn.columns["impact"][rows].tolist(), drawn.columns["case"][rows].tolist(), strict=True)))


def _counts(drawn: Results) -> str:
    n, beyond, failed = count(drawn), count(drawn, BEYOND_MODEL), count(drawn, FAILED)
    square = [name for name, impact in drawn.meta["impacts"].items() if impact.get("meeting", SQUARE) == SQUARE]
    miss = count(drawn.where(drawn.columns["bumpers_miss"] & np.isin(drawn.columns["impact"], square)))
    over, past = (count(drawn.where(drawn.columns[flag])) for flag in ("overridden", "slid_past"))
    parts = [f"n = {n:,} case{'s' * (n != 1)}"]
    parts += [f"{beyond:,} beyond the model (grey)"] if beyond else []
    parts += [f"{failed:,} failed (not drawn)"] if failed else []
    parts += [f"bumper beams miss in {miss:,} (override is not modelled)"] if miss else []
    parts += [f"one vehicle overridden in {over:,}"] if over else []
    parts += [f"fronts slide past in {past:,}"] if past else []
    return ", ".join(parts)


def _judgement(results: Results, impacts: Sequence[str]) -> str:
    """The inputs of some impacts that rest on judgement, counted by vehicle and end: ``kei front (10)``."""
    found: dict[str, int] = {}
    for name in impacts:
        about = results.meta["impacts"][name]
        for vehicle, end in zip(about["between"], about["ends"], strict=True):
            paths = [p for p in results.meta["judgement"] if owner(p, [vehicle]) and p in about["numbers"]]
            here = [p for p in paths if p.startswith(f"vehicles.{vehicle}.{end}.")]
            found |= {f"{vehicle} {end}": len(here)} if here else {}
            found |= {vehicle: len(paths) - len(here)} if len(paths) > len(here) else {}
        own = sum(path.startswith(f"impacts.{name}.") for path in results.meta["judgement"])
        found |= {f"how the ends of {name} meet": own} if own else {}
    return ", ".join(f"{name} ({n})" for name, n in found.items())


def _unproven(results: Results, vehicle: str) -> bool:
    return str(results.meta["vehicles"][vehicle].get("class", "")).startswith("kei")


# ---- things several figures draw -------------------------------------------------------------------------------------


def twin(ax: Axes, side: Literal["top", "right"], dimension: str, system: str, *, label: str | None = None) -> None:
    """The units of the other system on the opposite side; nothing where both systems have the same."""
    (mine, name), (others, other_name) = (style.unit(dimension, s) for s in (system, style.other(system)))
    if name == other_name:
        return
    factor = mine / others
    functions = (lambda v: v * factor, lambda v: v / factor)
    words = f"{label} [{other_name}]" if label else ""
    if side == "top":
        ax.secondary_xaxis("top", functions=functions).set_xlabel(words)
    else:
        ax.secondary_yaxis("right", functions=functions).set_ylabel(words)


def labelled(words: str, dimension: str, system: str) -> str:
    """An axis label with its unit."""
    return f"{words} [{style.unit(dimension, system)[1]}]"


def line(ax: Axes, x: NDArray[Any], y: NDArray[Any], grey: NDArray[np.bool_], **look: Any) -> None:
    """A line that is grey wherever it leaves the model; the pieces meet."""
    near = grey.copy()
    near[:-1] |= grey[1:]
    near[1:] |= grey[:-1]
    ax.plot(x, np.where(grey, np.nan, y), **look)
    if grey.any():
        ax.plot(x, np.where(near, y, np.nan), **{**look, "color": style.GREY, "zorder": look.get("zorder", 2) - 0.1,
                                                 "markeredgecolor": style.GREY})  # fmt: skip


def spread(ax: Axes, x: NDArray[Any], band: tuple[NDArray[Any], NDArray[Any]] | None, colour: str) -> Legend:
    """What the spread of the inputs makes of a curve, hatched; the legend of it, empty where nothing is drawn."""
    if band is None:
        return {}
    ax.fill_between(x, *band, facecolor="none", edgecolor=colour, zorder=2.2, **SPREAD)
    return {INPUTS: Patch(facecolor="none", edgecolor="#555555", **SPREAD)}


def spans(x: NDArray[Any], flags: NDArray[np.bool_]) -> Iterator[tuple[float, float]]:
    """The stretches of ``x`` where a flag is set, each reaching half way to its neighbours."""
    edges = np.concatenate([x[:1], 0.5 * (x[1:] + x[:-1]), x[-1:]])
    change = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(int)))
    for first, last in change.reshape(-1, 2):
        if edges[last] > edges[first]:
            yield float(edges[first]), float(edges[last])


def shade(ax: Axes, x: NDArray[Any], flags: NDArray[np.bool_], words: str) -> None:
    """Grey the stretches of a panel where a flag is set and say why, where rising curves leave room."""
    low, high = ax.get_xlim()
    for first, last in spans(x, flags):
        ax.axvspan(first, last, facecolor=style.PALE, linewidth=0.0, zorder=0.4)
        middle, share = (0.5 * (first + last) - low) / (high - low), (last - first) / (high - low)
        if share < 0.04:  # no room for words; the legend has them
            continue
        height, align = (0.11, "bottom") if middle >= 0.45 else (0.97, "top")
        turned = 0.0 if share > 0.25 else 90.0
        ax.text(middle, height, words, transform=ax.transAxes, ha="center", va=align, rotation=turned, color="#6a6a6a",
                size=style.SMALL, zorder=4)  # fmt: skip


def strip(ax: Axes, x: NDArray[Any], flags: NDArray[np.bool_]) -> None:
    """A hatched strip along the bottom of a panel where cases are beyond the model."""
    for first, last in spans(x, flags):
        ax.axvspan(
            first, last, 0.0, 0.05, facecolor="#d5d5d5", edgecolor=style.GREY, hatch="//////", linewidth=0.0, zorder=6
        )


def panel_title(ax: Axes, text: str, width: float) -> None:
    """A title that is wrapped to its panel (``width`` inch)."""
    ax.set_title(style.wrapped(text, width, 10.0))
