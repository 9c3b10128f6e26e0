"""A figure as a sheet: title above, panels, then one legend and one caption below, each given the room it needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from crashsim.output import style
from crashsim.output.views import owner
from crashsim.results import BEYOND_MODEL, FAILED, Results

MARGIN = 0.12  # inch
Legend = dict[str, Artist]


def panels(rows: int, columns: int, width: float, height: float, **options: Any) -> tuple[Figure, NDArray[Any]]:
    """A figure with ``rows`` x ``columns`` panels of about ``width`` x ``height`` inch each."""
    figure = Figure(figsize=(columns * width, rows * height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **options)


def blocks(count: int, across: int = 3) -> tuple[int, int]:
    """Rows and columns for a number of panels."""
    columns = min(count, across)
    return -(-count // columns), columns


def finish(figure: Figure, title: str, legend: Legend, caption: str) -> Figure:
    """Put title, legend and caption around the panels; the figure grows by what they need."""
    width, height = figure.get_size_inches()
    room = width - 2 * MARGIN
    title = style.wrapped(title, room, style.TITLE, "bold")
    caption = style.wrapped(caption, room, style.SMALL)
    box = _legend(figure, legend, room) if legend else None
    above = _lines(title) * style.line_height(style.TITLE) + 2 * MARGIN
    text = _lines(caption) * style.line_height(style.SMALL) + MARGIN
    below = text + (box[1] + MARGIN if box else 0.0)
    total = above + height + below
    figure.set_size_inches(width, total)
    figure.text(MARGIN / width, 1 - MARGIN / total, title, size=style.TITLE, weight="bold", va="top", in_layout=False)
    figure.text(MARGIN / width, MARGIN / 2 / total, caption, size=style.SMALL, va="bottom", color="#555555", in_layout=False,
                linespacing=1.25)  # fmt: skip
    if box:
        box[0].set_bbox_to_anchor((0.0, text / total, 1.0, box[1] / total), transform=figure.transFigure)
    engine = figure.get_layout_engine()
    assert engine is not None
    engine.set(rect=(0.0, below / total, 1.0, height / total))  # type: ignore[call-arg]
    return figure


def _legend(figure: Figure, legend: Legend, room: float) -> tuple[Any, float]:
    """The legend in as many columns as fit, and its height [inch]."""
    labels = [style.wrapped(label, 0.9 * room, 8.5) for label in legend]
    longest = max(style.text_width(line, 8.5) for label in labels for line in label.split("\n"))
    columns = int(np.clip(room // (longest + 0.62), 1, min(len(labels), 5)))
    columns = -(-len(labels) // -(-len(labels) // columns))  # no column shorter than it must be
    # Matplotlib leaves out labels that begin with "_": they are set afterwards.
    box = figure.legend(list(legend.values()), ["x"] * len(labels), loc="center", ncols=columns, borderaxespad=0.0)
    for text, label in zip(box.get_texts(), labels, strict=True):
        text.set_text(label)
    box.set_in_layout(False)
    canvas = FigureCanvasAgg(figure)
    return box, float(box.get_window_extent(canvas.get_renderer()).height) / figure.dpi


def _lines(text: str) -> int:
    return text.count("\n") + 1


def caption(results: Results, drawn: Results, *notes: str) -> str:
    """What every figure says of itself: version, number of cases, what is grey or missing, and what rests on judgement."""
    parts = [f"crashsim {results.meta['version']}", "model result, not a crash test", _counts(drawn)]
    impacts = dict.fromkeys(drawn.columns["impact"].tolist())
    if judged := _judgement(results, list(impacts)):
        parts.append(f"judgement inputs (tag J): {judged}")
    if kei := [v for v in dict.fromkeys(drawn.columns["vehicle"].tolist()) if _unproven(results, v)]:
        parts.append(f"that the safety cell of {' and '.join(kei)} holds is an assumption (no FMVSS 208 or US NCAP evidence)")
    return " · ".join([*parts, *notes])


def count(drawn: Results, status: str | None = None) -> int:
    """Number of cases (not rows), of one status or in all."""
    rows = drawn.columns["status"] == status if status else np.ones(len(drawn), dtype=bool)
    return len(set(zip(drawn.columns["impact"][rows].tolist(), drawn.columns["case"][rows].tolist(), strict=True)))


def _counts(drawn: Results) -> str:
    n, beyond, failed = count(drawn), count(drawn, BEYOND_MODEL), count(drawn, FAILED)
    miss = count(drawn.where(drawn.columns["bumpers_miss"]))
    parts = [f"n = {n:,} case{'s' * (n != 1)}"]
    parts += [f"{beyond:,} beyond the model (grey)"] if beyond else []
    parts += [f"{failed:,} failed (not drawn)"] if failed else []
    parts += [f"bumper beams miss in {miss:,} (override is not modelled)"] if miss else []
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
    return ", ".join(f"{name} ({n})" for name, n in found.items())


def _unproven(results: Results, vehicle: str) -> bool:
    return str(results.meta["vehicles"][vehicle].get("class", "")).startswith("kei")


# ---- things several figures draw ----------------------------------------------------------------------------------------


def twin(ax: Axes, side: str, dimension: str, system: str, *, label: str | None = None) -> None:
    """The units of the other system on the opposite side; nothing where both systems have the same."""
    (mine, name), (others, other_name) = (style.unit(dimension, s) for s in (system, style.other(system)))
    if name == other_name:
        return
    factor = mine / others
    functions = (lambda v: v * factor, lambda v: v / factor)
    second = ax.secondary_xaxis(side, functions=functions) if side == "top" else ax.secondary_yaxis(side, functions=functions)
    if label is not None:
        (second.set_xlabel if side == "top" else second.set_ylabel)(f"{label} [{other_name}]".lstrip())


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


def spans(x: NDArray[Any], flags: NDArray[np.bool_]) -> Iterator[tuple[float, float]]:
    """The stretches of ``x`` where a flag is set, each reaching half way to its neighbours."""
    edges = np.concatenate([x[:1], 0.5 * (x[1:] + x[:-1]), x[-1:]])
    change = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(int)))
    for first, last in change.reshape(-1, 2):
        if edges[last] > edges[first]:
            yield float(edges[first]), float(edges[last])


def shade(ax: Axes, x: NDArray[Any], flags: NDArray[np.bool_], words: str, *, hatch: str | None = None) -> None:
    """Grey the stretches of a panel where a flag is set and say why."""
    low, high = ax.get_xlim()
    for first, last in spans(x, flags):
        ax.axvspan(first, last, facecolor=style.PALE, edgecolor="#cfcfcf" if hatch else "none", hatch=hatch, linewidth=0.0, zorder=0.4)
        wide = (last - first) / (high - low) > 0.3
        ax.text(0.5 * (first + last), 0.985, words, transform=ax.get_xaxis_transform(), ha="center", va="top", color="#6a6a6a",
                size=style.SMALL, rotation=0 if wide else 90, zorder=4,
                bbox={"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 0.8})  # fmt: skip


def panel_title(ax: Axes, text: str, width: float) -> None:
    """A title that is wrapped to its panel (``width`` inch)."""
    ax.set_title(style.wrapped(text, width, 10.0))
