"""What the samples of a study span, from the states of its groups: at each point of its grids, and in all.

Moments are merged piece by piece in their order, counts are whole numbers; so neither threads nor chunks nor machines
change a bit.  A cell of one block has exact quantiles; those of a larger one, and of a whole impact, come from the bins of
``kernels.tally`` and are off by at most 1/256 of themselves (or 2^-20 in SI).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np

from crashsim.cases import Study, swept
from crashsim.criteria import METRICS
from crashsim.engine.groups import (
    BLOCK,
    RISKS,
    SHARES,
    STANDING,
    STATUSES,
    Counts,
    Floats,
    Group,
    Plan,
    State,
    compute,
    plan,
)
from crashsim.engine.local import Columns, cores, dimension, joined, varying_dimensions
from crashsim.errors import CrashsimError, did_you_mean
from crashsim.kernels import tally
from crashsim.units import echo

__all__ = ["BLOCK", "RISKS", "SHARES", "STANDING", "STATISTICS", "STATUSES", "Cell", "cells", "folded", "reduce"]

Progress = Callable[[int, int], None]
Found = Iterable[tuple[Group, State]]  # in the order of the groups

STATISTICS: Final = ("count", "mean", "sd", "min", "max", *(f"p{round(100 * share):02d}" for share in SHARES))


@dataclass(frozen=True)
class Cell:
    """What is known of one vehicle at one point of the grid of an impact, or in all of it, over all samples.

    Attributes
    ----------
    impact, index, vehicle, partner, end :
        Whose it is; ``index`` counts the points of the grid in the order of the cases.
    statuses : mapping
        Cases of each status.  Failed ones are in no statistic; those beyond the model only in what stands there.
    columns : tuple of str
        Names of the quantities; all arrays below have one number for each, in SI.
    count, mean, sd, least, largest : arrays (columns,)
        Cases counted, their mean, standard deviation (n - 1) and ends; NaN where too few were.
    quantiles : array (len(SHARES), columns)
        5, 25, 50, 75 and 95 %.
    bins : array (columns, tally.BINS), optional
        Counts of the numbers; of a cell of one block, none.
    """

    impact: str
    index: int
    vehicle: str
    partner: str
    end: str
    statuses: Mapping[str, int]
    columns: tuple[str, ...]
    count: Counts
    mean: Floats
    sd: Floats
    least: Floats
    largest: Floats
    quantiles: Floats
    bins: Counts | None = None

    def histogram(self, name: str) -> tuple[Floats, Counts]:
        """Edges and counts of a quantity in the bins of ``kernels.tally``, from the first to the last that is not empty.

        Raises CrashsimError for a cell of one block, whose rows say more.
        """
        if self.bins is None:
            raise CrashsimError(f"{self.impact}: a point with at most {BLOCK:,} samples keeps no histogram")
        counts = self.bins[self.columns.index(name)]
        filled = np.flatnonzero(counts)
        if not filled.size:
            return np.zeros(1), np.zeros(0, dtype=np.int64)
        first, last = filled[0], filled[-1] + 1
        return tally.edges()[first : last + 1], counts[first:last]


def cells(
    study: Study,
    *,
    columns: Sequence[str] | None = None,
    chunk: int = BLOCK,
    threads: int | None = None,
    progress: Progress | None = None,
    keep: Callable[[Columns], None] | None = None,
) -> Iterator[Cell]:
    """Compute a study with random numbers and give, in order, what is known of each point of its grids and each vehicle.

    Parameters
    ----------
    columns : sequence of str, optional
        Metrics (``criteria.METRICS``) and risks to reduce; all by default.  Without risks it is faster.
    chunk : int
        Cases to compute at a time in each thread.
    threads : int, optional
        All cores by default.
    progress : callable, optional
        Called with the cases done and the cases in all.
    keep : callable, optional
        Called with the rows of each group, in order.

    Raises CrashsimError for an unknown column, when the study has no random number or its grids have too many points.
    """
    names = checked(columns)
    impacts = [impact for impact in study.impacts if impact.random]
    if not impacts:
        raise CrashsimError(f"{study.name}: no number of this study is a distribution; there is nothing to reduce")
    whole = plan(study, impacts, names, risks=keep is not None)
    if not whole.cells:
        raise CrashsimError(f"{study.name}: too many points for a summary of each; run it into a folder (crashsim run)")
    yield from of_points(whole, _computed(whole, chunk, threads or cores(), progress, keep))


def reduce(
    study: Study,
    *,
    columns: Sequence[str] | None = None,
    chunk: int = BLOCK,
    threads: int | None = None,
    progress: Progress | None = None,
    keep: Callable[[Columns], None] | None = None,
) -> tuple[Columns, dict[str, str]]:
    """The cells of a study as one table and the dimensions of its columns: parameters as in `cells`, rows as in `rows_of`."""
    found = cells(study, columns=columns, chunk=chunk, threads=threads, progress=progress, keep=keep)
    return rows_of(study, checked(columns), found)


def rows_of(study: Study, names: Sequence[str], found: Iterable[Cell]) -> tuple[Columns, dict[str, str]]:
    """Cells as one table, and the dimensions of its columns.

    One row for each point of a grid and each vehicle: ``impact``, ``case`` (the index of the point), ``vehicle``,
    ``partner``, ``end``, the swept paths, ``cases`` and the counts ``ok``, ``beyond_model``, ``failed``; then of each quantity
    ``NAME.count``, ``.mean``, ``.sd``, ``.min``, ``.max`` and ``.p05``, ``.p25``, ``.p50``, ``.p75``, ``.p95``.
    """
    by_name = {impact.name: impact for impact in study.impacts}
    parts = [_row(cell, swept(by_name[cell.impact].central, cell.index, cell.index + 1)) for cell in found]
    dimensions = varying_dimensions(study.central)
    return joined(parts), dimensions | _of_statistics(names)


def totals_of(names: Sequence[str], found: Iterable[Cell]) -> tuple[Columns, dict[str, str]]:
    """Whole impacts as a table like that of `rows_of`, and the dimensions of its columns."""
    return joined([_row(cell, {}) for cell in found]), _of_statistics(names)


def histograms_of(found: Iterable[Cell]) -> Columns:
    """The bins that are not empty: ``impact``, ``vehicle``, ``quantity``, ``from``, ``to`` [SI] and ``count``."""
    parts = []
    for cell in found:
        for name in cell.columns:
            edges, counts = cell.histogram(name)
            here = np.flatnonzero(counts)
            labels = {"impact": cell.impact, "vehicle": cell.vehicle, "quantity": name}
            parts.append({**{label: np.full(len(here), text) for label, text in labels.items()},
                          "from": edges[here], "to": edges[here + 1], "count": counts[here]})  # fmt: skip
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _of_statistics(names: Sequence[str]) -> dict[str, str]:
    dimensions: dict[str, str] = {}
    for name in names:
        dimensions |= {f"{name}.{statistic}": dimension(name, {}) for statistic in STATISTICS[1:]}
    return dimensions


def checked(columns: Sequence[str] | None) -> tuple[str, ...]:
    """Names of metrics and risks, all by default; raises CrashsimError for one that is neither."""
    known = (*METRICS, *RISKS)
    for name in columns or ():
        if name not in known:
            raise CrashsimError(f"no metric {echo(name)}{did_you_mean(name, known)}")
    return tuple(dict.fromkeys(columns)) if columns is not None else known


def _computed(
    whole: Plan, chunk: int, threads: int, progress: Progress | None, keep: Callable[[Columns], None] | None
) -> Iterator[tuple[Group, State]]:
    """The states of all groups in order, a few groups at a time."""

    def work(group: Group) -> tuple[State, list[Columns]]:
        rows: list[Columns] = []
        return compute(whole, group, chunk=chunk, keep=rows.append if keep else None), rows

    pool = ThreadPoolExecutor(threads)
    waiting: deque[tuple[Group, Future[tuple[State, list[Columns]]]]] = deque()
    done, total = 0, whole.count
    try:
        left = iter(whole.groups)
        while True:
            for group in left:
                waiting.append((group, pool.submit(work, group)))
                if len(waiting) > threads:
                    break
            if not waiting:
                return
            group, future = waiting.popleft()
            state, rows = future.result()
            for part in rows if keep else ():
                keep(part)  # type: ignore[misc]
            yield group, state
            done += group.last - group.first
            if progress:
                progress(done, total)
    finally:
        pool.shutdown(cancel_futures=True)


# ---- from states to cells ----------------------------------------------------------------------------------------------


@dataclass
class _Running:
    """Moments, statuses and bins of what was added so far; ``quantiles`` of one cell that is whole."""

    moments: Floats | None = None
    statuses: Counts | None = None
    bins: Counts | None = None  # flat

    def add(self, state: State) -> None:
        """All pieces of a state, in order."""
        for moments, statuses in zip(state.moments, state.statuses, strict=True):
            self.moments = moments if self.moments is None else tally.merged(self.moments, moments)
            self.statuses = statuses if self.statuses is None else self.statuses + statuses
        if self.bins is None:
            self.bins = np.zeros(state.moments.shape[2] * tally.BINS, dtype=np.int64)
        self.bins[state.filled] += state.counts


def of_points(whole: Plan, found: Found, add: Callable[[Group, State], None] = lambda *_: None) -> Iterator[Cell]:
    """The cells of a plan whose points have summaries, in order; ``add`` is called with each state as it passes."""
    running = _Running()
    for group, state in found:
        add(group, state)
        impact = whole.impacts[group.impact]
        if len(state.quantiles):
            index = group.first // impact.samples
            pieces = zip(state.moments, state.statuses, state.quantiles, strict=True)
            for i, (moments, statuses, quantiles) in enumerate(pieces):
                yield from _cells(whole, group.impact, index + i, moments, statuses, quantiles, None)
        elif impact.random and whole.cells:
            running.add(state)
            if group.last % impact.samples == 0:
                yield from _whole(whole, group.impact, (group.last - 1) // impact.samples, running)
                running = _Running()


def folded(whole: Plan, found: Found) -> tuple[list[Cell], list[Cell]]:
    """The cells of a plan, and each of its impacts as one cell: over all its cases, whatever is swept or drawn."""
    running: list[tuple[int, _Running]] = []
    totals: list[Cell] = []

    def add(group: Group, state: State) -> None:
        if running and running[0][0] != group.impact:
            totals.extend(_whole(whole, running[0][0], 0, running.pop()[1]))
        if not running:
            running.append((group.impact, _Running()))
        running[0][1].add(state)

    points = list(of_points(whole, found, add))
    return points, totals + [cell for impact, last in running for cell in _whole(whole, impact, 0, last)]


def _whole(whole: Plan, impact: int, index: int, running: _Running) -> Iterator[Cell]:
    assert running.moments is not None
    assert running.statuses is not None
    assert running.bins is not None
    bins = running.bins.reshape(-1, tally.BINS)
    n, _, _, least, largest = running.moments
    quantiles = _binned(bins, n, least, largest)
    yield from _cells(whole, impact, index, running.moments, running.statuses, quantiles, bins)


def _cells(
    whole: Plan, of: int, index: int, moments: Floats, statuses: Counts, quantiles: Floats, bins: Counts | None
) -> Iterator[Cell]:
    """What is known of each vehicle when all pieces of a cell are in."""
    impact, size = whole.impacts[of], len(whole.names)
    n, mean, squares, least, largest = moments
    none = np.where(n > 0, 0.0, np.nan)
    sd = np.sqrt(squares / np.where(n > 1, n - 1, np.nan))
    for place, i in enumerate(whole.vehicles(of)):
        own = slice(place * size, place * size + size)
        yield Cell(
            impact.name, index, impact.between[i], impact.between[1 - i], impact.faces[i],
            dict(zip(STATUSES, statuses.tolist(), strict=True)), whole.names, n[own].astype(np.int64),
            (mean + none)[own], sd[own], (least + none)[own], (largest + none)[own], quantiles[:, own],
            None if bins is None else bins[own],
        )  # fmt: skip


def _binned(bins: Counts, count: Floats, least: Floats, largest: Floats) -> Floats:
    found = np.full((len(SHARES), len(bins)), np.nan)
    for j in np.flatnonzero(count):
        found[:, j] = [tally.quantile(bins[j], share, least[j], largest[j]) for share in SHARES]
    return found


def _row(cell: Cell, at: Columns) -> Columns:
    numbers = (cell.count, cell.mean, cell.sd, cell.least, cell.largest, *cell.quantiles)
    row: Columns = {
        **{name: np.array([getattr(cell, name)]) for name in ("impact", "vehicle", "partner", "end")},
        "case": np.array([cell.index]),
        **at,
        "cases": np.array([sum(cell.statuses.values())]),
        **{status: np.array([cell.statuses[status]]) for status in STATUSES},
    }
    return row | {f"{name}.{statistic}": values[j : j + 1] for j, name in enumerate(cell.columns)
                  for statistic, values in zip(STATISTICS, numbers, strict=True)}  # fmt: skip
