"""Crashes by the million: computed in units, reduced as they come to what is known of each point of a grid.

The samples at one point of a grid (a *cell*) are cut into blocks that stand still: block k of a cell is always its samples
k BLOCK to (k + 1) BLOCK.  Moments are taken block by block and merged in that order, counts are whole numbers; so neither
threads nor chunks change a bit.  A cell of one block has exact quantiles; of a larger one they come from the bins of
``kernels.tally`` and are off by at most 1/256 of themselves (or 2^-20 in SI).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim.cases import CORRECTION, Cases, Impact, Study, build, swept
from crashsim.criteria import METRICS
from crashsim.engine.dummies import MEASURED, NAMES
from crashsim.engine.local import Columns, cores, dimension, joined, metrics, table, varying_dimensions
from crashsim.engine.possible import always_possible, require_possible
from crashsim.engine.risks import COLUMN, RiskSettings, risk_columns, risk_settings
from crashsim.errors import CrashsimError, did_you_mean
from crashsim.kernels import tally
from crashsim.results import BEYOND_MODEL, FAILED, OK
from crashsim.units import echo

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Progress = Callable[[int, int], None]

BLOCK: Final = 16_384
SHARES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
STATUSES: Final = (OK, BEYOND_MODEL, FAILED)
OF_RISK: Final = (CORRECTION,)  # random numbers that no crash reads, but its risks
BY_DELTA_V: Final = tuple(f"{name}{edge}" for name in COLUMN.values() for edge in
                     ("", "_low", "_high", "_mean", "_uncorrected", "_uncorrected_low", "_uncorrected_high"))  # fmt: skip
RISKS: Final = (*BY_DELTA_V, *NAMES)
# What stands in a case beyond the model, since momentum alone decides it; all else is left out there (decision 8).
STANDING: Final = frozenset(
    {"closing_speed", "impact_mass", "impact_speed", "energy_in", "delta_v", "delta_v_momentum", *BY_DELTA_V}
)


@dataclass(frozen=True)
class Cell:
    """What is known of one vehicle at one point of the grid of an impact, over all samples.

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
    values : array (columns, samples)
        The numbers themselves, NaN where not counted; of a cell of several blocks, none.
    bins : array (columns, tally.BINS), optional
        Counts of the numbers of a cell of several blocks.
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
    values: Floats
    bins: Counts | None

    def histogram(self, name: str) -> tuple[Floats, Counts]:
        """Edges and counts of a quantity in the bins of ``kernels.tally``, from the first to the last that is not empty."""
        row = self.columns.index(name)
        counts = tally.counted(self.values[row : row + 1])[0] if self.bins is None else self.bins[row]
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
        Cases to compute at a time in each thread, rounded up to whole blocks or cells.
    threads : int, optional
        All cores by default.
    progress : callable, optional
        Called with the cases done and the cases in all.
    keep : callable, optional
        Called with the rows of each unit, in order.

    Raises CrashsimError for an unknown column, or when the study has no random number.
    """
    names = _names(columns)
    impacts = [impact for impact in study.impacts if impact.random]
    if not impacts:
        raise CrashsimError(f"{study.name}: no number of this study is a distribution; there is nothing to reduce")
    risk = None
    if keep is not None or set(names) & set(RISKS):
        risk = risk_settings(study)
    total, done = sum(impact.count for impact in impacts), 0
    for impact in impacts:
        running: _Block | None = None
        for unit, blocks in _solved(impact, names, risk, keep is not None, chunk, threads or cores()):
            if keep and unit is not None:
                keep(unit)
            for block in blocks:
                running = block if running is None else _together(running, block)
                if running.last % impact.samples == 0:
                    yield from _cells(impact, names, running)
                    running = None
            done += blocks[-1].last - blocks[0].first
            if progress:
                progress(done, total)


def reduce(
    study: Study,
    *,
    columns: Sequence[str] | None = None,
    chunk: int = BLOCK,
    threads: int | None = None,
    progress: Progress | None = None,
    keep: Callable[[Columns], None] | None = None,
) -> tuple[Columns, dict[str, str]]:
    """The cells of a study as one table and the dimensions of its columns: parameters as in `cells`.

    One row for each point of a grid and each vehicle: ``impact``, ``case`` (the index of the point), ``vehicle``,
    ``partner``, ``end``, the swept paths, ``cases`` and the counts ``ok``, ``beyond_model``, ``failed``; then of each quantity
    ``NAME.count``, ``.mean``, ``.sd``, ``.min``, ``.max`` and ``.p05``, ``.p25``, ``.p50``, ``.p75``, ``.p95``.
    """
    by_name = {impact.name: impact for impact in study.impacts}
    found = cells(study, columns=columns, chunk=chunk, threads=threads, progress=progress, keep=keep)
    parts = [_row(by_name[cell.impact], cell) for cell in found]
    dimensions = varying_dimensions(study.central)
    for name in _names(columns):
        dimensions |= {f"{name}.{statistic}": dimension(name, {}) for statistic in STATISTICS[1:]}
    return joined(parts), dimensions


def _names(columns: Sequence[str] | None) -> tuple[str, ...]:
    known = (*METRICS, *RISKS)
    for name in columns or ():
        if name not in known:
            raise CrashsimError(f"no metric {echo(name)}{did_you_mean(name, known)}")
    return tuple(dict.fromkeys(columns)) if columns is not None else known


# ---- blocks ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Block:
    """Cases ``first`` to ``last`` of one cell, reduced: moments (5, vehicles * columns), cases of each status (3,), and
    their numbers (vehicles * columns, cases), or of several blocks the counts of these in bins.
    """

    first: int
    last: int
    moments: Floats
    statuses: Counts
    values: Floats
    bins: Counts | None = None


def _solved(
    impact: Impact, names: tuple[str, ...], risk: RiskSettings | None, keep: bool, chunk: int, threads: int
) -> Iterator[tuple[Columns | None, list[_Block]]]:
    """The rows (if they are to be kept) and the blocks of each unit, in order, a few units at a time."""
    safe = always_possible(impact)

    def work(first: int, last: int) -> tuple[Columns | None, list[_Block]]:
        cases = build(impact, first, last)
        if not safe:
            require_possible(impact, first, cases)
        solved = metrics(impact, first, cases, 1)
        values = _values(impact, names, solved | _drawn(cases), risk)
        blocks = [_block(values[:, a - first : b - first], solved["status"][a - first : b - first], a)
                  for a, b in pairwise(_cuts(impact, first, last))]  # fmt: skip
        return table(impact, first, cases, solved, risk) if keep else None, blocks

    pool = ThreadPoolExecutor(threads)
    waiting: deque[Future[tuple[Columns | None, list[_Block]]]] = deque()
    try:
        for first, last in _units(impact, chunk):
            waiting.append(pool.submit(work, first, last))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _units(impact: Impact, chunk: int) -> Iterator[tuple[int, int]]:
    """Ranges of cases: whole cells of one block, or whole blocks of one cell."""
    n = impact.samples
    if n <= BLOCK:
        size = n * max(1, chunk // n)
        yield from ((i, min(i + size, impact.count)) for i in range(0, impact.count, size))
    else:
        size = BLOCK * max(1, chunk // BLOCK)
        for start in range(0, impact.count, n):
            yield from ((start + i, start + min(i + size, n)) for i in range(0, n, size))


def _cuts(impact: Impact, first: int, last: int) -> list[int]:
    """Where the blocks of a unit begin, and its end."""
    n = impact.samples
    step = n if n <= BLOCK else BLOCK
    return [*range(first, last, step), last]


def _values(impact: Impact, names: tuple[str, ...], solved: Columns, risk: RiskSettings | None) -> Floats:
    """Numbers of each vehicle that is no wall, shape (vehicles * columns, cases), NaN where they do not count."""
    vehicles = [i for i in range(2) if not impact.rigid[i]]
    wanted = set(names)
    risks = [_risks(impact, i, solved, risk) if risk and wanted & set(RISKS) else {} for i in vehicles]
    failed, not_ok, nothing = solved["status"] == FAILED, solved["status"] != OK, np.array(np.nan)
    values = np.empty((len(vehicles), len(names), len(failed)))
    for own, i, of_risk in zip(values, vehicles, risks, strict=True):
        for row, name in zip(own, names, strict=True):
            column = solved[name] if name in solved else of_risk.get(name, nothing)
            row[:] = column[:, i] if column.ndim == 2 else column
            row[failed if name in STANDING else not_ok] = np.nan
    return values.reshape(-1, len(failed))


def _risks(impact: Impact, i: int, solved: Columns, risk: RiskSettings) -> Columns:
    """The risk columns of one vehicle."""
    n = len(solved["restitution"])
    labels = {"end": np.full(n, impact.faces[i]), "vehicle": np.full(n, impact.between[i])}
    own = {name: solved[name][:, i] for name in ("delta_v", "intrusion", *MEASURED)}
    both = {name: solved[name] for name in ("restitution", *OF_RISK) if name in solved}
    return risk_columns(risk, impact, {**labels, **own, **both})


def _drawn(cases: Cases) -> Columns:
    """The random numbers that risks read."""
    return {name: cases.swept[name] for name in OF_RISK if name in cases.swept}


def _block(values: Floats, status: NDArray[Any], first: int) -> _Block:
    counts = np.array([np.count_nonzero(status == name) for name in STATUSES])
    own = np.ascontiguousarray(values)
    return _Block(first, first + len(status), tally.moments(own), counts, own)


def _together(a: _Block, b: _Block) -> _Block:
    """Two blocks that follow each other in a cell; the first gives up its bins to both."""
    bins = a.bins if a.bins is not None else tally.counted(a.values)
    tally.count(b.values, bins)
    return _Block(a.first, b.last, tally.merged(a.moments, b.moments), a.statuses + b.statuses, b.values[:, :0], bins)


# ---- cells -------------------------------------------------------------------------------------------------------------


def _cells(impact: Impact, names: tuple[str, ...], whole: _Block) -> Iterator[Cell]:
    """What is known of each vehicle when all blocks of a cell are in."""
    n, mean, squares, least, largest = whole.moments
    none = np.where(n > 0, 0.0, np.nan)
    sd = np.sqrt(squares / np.where(n > 1, n - 1, np.nan))
    quantiles = _exact(whole.values, n) if whole.bins is None else _binned(whole.bins, n, least, largest)
    vehicles = [i for i in range(2) if not impact.rigid[i]]
    for place, i in enumerate(vehicles):
        own = slice(place * len(names), (place + 1) * len(names))
        yield Cell(
            impact.name, whole.first // impact.samples, impact.between[i], impact.between[1 - i], impact.faces[i],
            dict(zip(STATUSES, whole.statuses.tolist(), strict=True)), names, n[own].astype(np.int64),
            (mean + none)[own], sd[own], (least + none)[own], (largest + none)[own], quantiles[:, own],
            whole.values[own], None if whole.bins is None else whole.bins[own],
        )  # fmt: skip


def _exact(values: Floats, count: Floats) -> Floats:
    """Quantiles between order statistics, as numpy gives them: (shares, columns)."""
    ordered = np.sort(values, axis=1)  # NaN last
    position = np.outer(SHARES, np.maximum(count - 1, 0))
    low, column = np.floor(position).astype(int), np.arange(len(values))
    a, b = ordered[column, low], ordered[column, np.ceil(position).astype(int)]
    return np.asarray(a + (b - a) * (position - low))


def _binned(bins: Counts, count: Floats, least: Floats, largest: Floats) -> Floats:
    found = np.full((len(SHARES), len(bins)), np.nan)
    for j in np.flatnonzero(count):
        found[:, j] = [tally.quantile(bins[j], share, least[j], largest[j]) for share in SHARES]
    return found


STATISTICS: Final = ("count", "mean", "sd", "min", "max", *(f"p{round(100 * share):02d}" for share in SHARES))


def _row(impact: Impact, cell: Cell) -> Columns:
    numbers = (cell.count, cell.mean, cell.sd, cell.least, cell.largest, *cell.quantiles)
    row: Columns = {
        **{name: np.array([getattr(cell, name)]) for name in ("impact", "vehicle", "partner", "end")},
        "case": np.array([cell.index]),
        **swept(impact.central, cell.index, cell.index + 1),
        "cases": np.array([sum(cell.statuses.values())]),
        **{status: np.array([cell.statuses[status]]) for status in STATUSES},
    }
    return row | {f"{name}.{statistic}": values[j : j + 1] for j, name in enumerate(cell.columns)
                  for statistic, values in zip(STATISTICS, numbers, strict=True)}  # fmt: skip
