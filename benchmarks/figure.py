"""Throughput against batch size, on one and two threads."""

from __future__ import annotations

import statistics
from pathlib import Path

from benchmarks import batch
from benchmarks.batch import DEFAULT, LANES

SIZES = (8, 32, 100, 320, 1_000, 3_200, 10_000, 32_000, 100_000, 320_000, 1_000_000)


def throughput(sizes: tuple[int, ...], threads: int, rounds: int = 5) -> list[float]:
    """Crashes per second for each batch size, median of the rounds."""
    return [n / statistics.median(batch.run(n, threads, LANES, DEFAULT) for _ in range(rounds)) for n in sizes]


def draw(folder: Path, *, short: bool) -> Path:
    """Write ``throughput.svg`` and ``throughput.png`` to ``folder``; returns the first."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    sizes = SIZES[:5] if short else SIZES
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for threads, colour in ((1, "#888888"), (2, "#1f5fa8")):
        rates = throughput(sizes, threads, rounds=1 if short else 5)
        axes.loglog(sizes, rates, "o-", color=colour, markersize=4)
        axes.annotate(f"{threads} thread{'s' * (threads > 1)}", (sizes[-1], rates[-1]), xytext=(6, 0),
                      textcoords="offset points", va="center", color=colour)  # fmt: skip
    axes.margins(x=0.12)
    axes.set(
        xlabel="crashes in a batch", ylabel="crashes per second", title="Whole crashes with all metrics, default step"
    )
    axes.grid(which="major", alpha=0.3)
    folder.mkdir(parents=True, exist_ok=True)
    for suffix in ("svg", "png"):
        figure.savefig(folder / f"throughput.{suffix}", dpi=150)
    return folder / "throughput.svg"
