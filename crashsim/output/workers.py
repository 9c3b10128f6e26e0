"""The figures of a run drawn by several processes: the same files and bytes as by one, families shared out."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

from crashsim.output import plots, style
from crashsim.results import Results

ENOUGH = 8  # figures: fewer are drawn before a process has started
_given: list[tuple[Results, Path, str]] = []  # in a process that draws: what it draws of


def write_figures(results: Results, folder: Path, system: str, processes: int) -> list[Path]:
    """Write every figure as `plots.write_figures` does, by several processes where there is enough to draw."""
    if processes < 2 or _expected(results) < ENOUGH:
        return plots.write_figures(results, folder, system)
    folder.mkdir(parents=True, exist_ok=True)
    given = (replace(results, samples=None), folder, system)  # no figure shows single samples
    with ProcessPoolExecutor(processes, get_context("spawn"), _keep, given) as pool:
        found = pool.map(_draw, plots.FIGURES)
        taken: set[str] = set()
        return [path for drawn in found for name, files in drawn for path in _named(files, name, taken)]


def _expected(results: Results) -> int:
    """About how many figures there will be: five of the study, two of each impact, one of each named case."""
    return 5 + 2 * len(results.meta["impacts"]) + len(results.meta["named_cases"])


def _keep(results: Results, folder: Path, system: str) -> None:
    """The first thing in a process: what it draws of, once; an interrupt is for the one that waits, not for it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _given.append((results, folder, system))


def _draw(family: str) -> list[tuple[str, list[Path]]]:
    """The names of a family's figures, each with its files, which have no names of their own yet."""
    results, folder, system = _given[0]
    return [(name, [style.save(figure, folder / f".{family}-{n}{suffix}") for suffix in plots.SUFFIXES])
            for n, (name, figure) in enumerate(plots.of_family(family, results, system))]  # fmt: skip


def _named(files: list[Path], name: str, taken: set[str]) -> Iterator[Path]:
    stem = plots.stem(name, taken)
    for file in files:
        yield file.rename(file.with_name(f"{stem}{file.suffix}"))
