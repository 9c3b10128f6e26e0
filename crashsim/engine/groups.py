"""Crashes by the million, cut into groups that stand still: what one group finds depends on the study and its number alone.

A *piece* is what is reduced at once: all samples at one point of a grid (a *cell*) if they are few, else a block of
`BLOCK` of them; where no point has a summary of its own, `BLOCK` cases in a row.  A *group* is some pieces in a row: what a
thread, a shard or another machine computes, writes and can lose.  Pieces and groups follow from the study, never from
threads, chunks or machines; whatever is put together is put together in their order.  So the bits are the same everywhere.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim.cases import CORRECTION, Cases, Impact, Study, build
from crashsim.criteria import METRICS
from crashsim.engine.dummies import MEASURED, NAMES
from crashsim.engine.local import Columns, metrics, table
from crashsim.engine.possible import always_possible, require_possible
from crashsim.engine.risks import COLUMN, RiskSettings, risk_settings, risks_of
from crashsim.kernels import tally
from crashsim.results import BEYOND_MODEL, FAILED, OK

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

BLOCK: Final = 16_384
MOST_BLOCKS: Final = 8  # of a group
MANY: Final = 64  # groups of an impact before they grow
MOST_CELLS: Final = 10_000  # points of a study's grids that have a summary of their own
LARGEST_STATE: Final = 2**32  # bytes: more no group can have found
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
class Group:
    """Cases ``first`` to ``last`` of the impact with that index in its plan."""

    number: int
    impact: int
    first: int
    last: int


@dataclass(frozen=True)
class Plan:
    """What is to be computed: plain data, the same on every machine.

    Attributes
    ----------
    impacts : tuple of Impact
    names : tuple of str
        Metrics and risks that are reduced.
    risk : RiskSettings, optional
        None where no risk is asked for.
    cells : bool
        Whether each point of the grids that are drawn at has a summary of its own.
    groups : tuple of Group
    safe : tuple of bool
        By impact: whether every sample is known to be a possible crash.
    """

    impacts: tuple[Impact, ...]
    names: tuple[str, ...]
    risk: RiskSettings | None
    cells: bool
    groups: tuple[Group, ...]
    safe: tuple[bool, ...]

    @property
    def count(self) -> int:
        """Cases in all."""
        return sum(impact.count for impact in self.impacts)

    def vehicles(self, impact: int) -> list[int]:
        """The places of the vehicles of an impact that are no wall."""
        return [i for i in range(2) if not self.impacts[impact].rigid[i]]


@dataclass(frozen=True)
class State:
    """What is known of the cases of a group; columns: each name of the plan for the first vehicle, then for the second.

    Attributes
    ----------
    moments : array (pieces, 5, columns)
        As ``tally.moments`` gives them.
    statuses : array (pieces, 3)
        Cases of each status.
    quantiles : array (pieces, len(SHARES), columns)
        Of cells; no pieces where these are blocks.
    filled, counts : arrays (n,)
        The bins of ``tally`` that are not empty, as places in the flat table (columns, tally.BINS), and what is in them.
    """

    moments: Floats
    statuses: Counts
    quantiles: Floats
    filled: NDArray[np.int32]
    counts: NDArray[np.int32]

    def packed(self) -> bytes:
        """The state as bytes, always the same ones; `unpacked` reads them."""
        import pyarrow as pa

        out = io.BytesIO()
        np.savez(out, **vars(self))
        size = out.getbuffer().nbytes
        return size.to_bytes(8, "little") + bytes(pa.compress(out.getvalue(), codec="zstd", asbytes=True))


def unpacked(data: bytes) -> State:
    """The state that `State.packed` wrote; raises ValueError for anything else."""
    import pyarrow as pa

    try:
        size = int.from_bytes(data[:8], "little")
        if not 0 < size <= LARGEST_STATE:
            raise ValueError(f"{size:,} bytes")
        whole = pa.decompress(data[8:], decompressed_size=size, codec="zstd", asbytes=True)
        with np.load(io.BytesIO(whole), allow_pickle=False) as stored:
            return State(**{name: stored[name] for name in State.__dataclass_fields__})
    except Exception as error:  # numpy and zipfile raise half a dozen kinds
        raise ValueError(f"not a state of crashsim: {error}") from None


def plan(study: Study, impacts: Sequence[Impact], names: Sequence[str], *, risks: bool = False) -> Plan:
    """Cut the cases of some impacts of a study; with risks where a name is one, or where they are asked for."""
    chosen = tuple(impacts)
    cells = sum(impact.cells for impact in chosen if impact.random) <= MOST_CELLS
    groups: list[Group] = []
    for i, impact in enumerate(chosen):
        groups += [Group(len(groups) + j, i, *ends) for j, ends in enumerate(_ranges(impact, cells))]
    risk = risk_settings(study) if risks or set(names) & set(RISKS) else None
    return Plan(chosen, tuple(names), risk, cells, tuple(groups), tuple(map(always_possible, chosen)))


def _piece(impact: Impact, cells: bool) -> int:
    """Cases of a piece."""
    return impact.samples if cells and impact.random and impact.samples <= BLOCK else BLOCK


def _ranges(impact: Impact, cells: bool) -> Iterator[tuple[int, int]]:
    """The cases of each group: whole pieces of the impact, or of one cell if it has several blocks."""
    piece = _piece(impact, cells)
    span = impact.samples if cells and impact.random and impact.samples > BLOCK else impact.count
    block = piece * max(1, BLOCK // piece)
    blocks = impact.count // block // MANY
    size = block * min(MOST_BLOCKS, 1 << max(blocks, 1).bit_length() - 1)
    for start in range(0, impact.count, span):
        yield from ((start + i, start + min(i + size, span)) for i in range(0, span, size))


# ---- one group ---------------------------------------------------------------------------------------------------------


class Stopped(Exception):
    """The computation of a group was given up because it was asked to."""


def compute(
    whole: Plan,
    group: Group,
    *,
    keep: Callable[[Columns], None] | None = None,
    wanted: Container[str] | None = None,
    chunk: int = BLOCK,
    stopped: Callable[[], bool] = lambda: False,
) -> State:
    """Compute a group in the calling thread.

    Parameters
    ----------
    keep : callable, optional
        Called with the rows of the group, a few blocks at a time, in order.
    wanted : container of str, optional
        Of the risks and of what varies, the columns to keep; all by default.
    chunk : int
        Cases at a time, rounded up to whole pieces; no number depends on it.
    stopped : callable
        Asked between chunks; raises Stopped when it says so.
    """
    impact, risk = whole.impacts[group.impact], whole.risk
    piece = _piece(impact, whole.cells)
    of_cells = whole.cells and bool(impact.random) and piece == impact.samples
    step = piece * max(1, chunk // piece)
    ends = len(whole.vehicles(group.impact)), len(whole.names)
    bins: NDArray[Any] = np.zeros((ends[0] * ends[1], tally.BINS), dtype=np.int32)  # wide enough for a group
    place = np.empty((*ends, min(step, group.last - group.first)))  # of the numbers of one chunk after the other
    moments, statuses, quantiles = [], [], []
    for first in range(group.first, group.last, step):
        if stopped():
            raise Stopped
        last = min(first + step, group.last)
        cases = build(impact, first, last)
        if not whole.safe[group.impact]:
            require_possible(impact, first, cases)
        solved = metrics(impact, first, cases, 1)
        risks = [_risks(impact, i, solved | _drawn(cases), risk) if risk else {} for i in whole.vehicles(group.impact)]
        values = place[..., : last - first]
        _fill(values, impact, whole.names, solved, risks)
        for start in range(0, last - first, piece):
            own = np.ascontiguousarray(values[..., start : start + piece]).reshape(len(bins), -1)
            tally.count(own, bins)
            here = solved["status"][start : start + piece]
            moments.append(tally.moments(own))
            statuses.append([np.count_nonzero(here == name) for name in STATUSES])
            if of_cells:
                quantiles.append(_exact(own, moments[-1][0]))
        if keep:
            keep(table(impact, first, cases, solved, None, wanted) | _interleaved(risks, wanted))
    spans = np.array(quantiles).reshape(-1, len(SHARES), len(bins))
    return State(np.stack(moments), np.array(statuses, dtype=np.int64), spans, *tally.filled(bins))


def _fill(values: Floats, impact: Impact, names: tuple[str, ...], solved: Columns, risks: list[Columns]) -> None:
    """Put the numbers of each vehicle that is no wall into (vehicles, columns, cases), NaN where they do not count."""
    vehicles = [i for i in range(2) if not impact.rigid[i]]
    nothing = np.array(np.nan)
    failed, not_ok = (np.flatnonzero(of) for of in (solved["status"] == FAILED, solved["status"] != OK))
    for own, i, of_risk in zip(values, vehicles, risks, strict=True):
        for row, name in zip(own, names, strict=True):
            column = solved[name] if name in METRICS else of_risk.get(name, nothing)
            row[:] = column[:, i] if column.ndim == 2 else column
            row[failed if name in STANDING else not_ok] = np.nan


def _interleaved(risks: list[Columns], wanted: Container[str] | None) -> Columns:
    """The risks of each vehicle as rows: case by case, vehicle by vehicle; NaN or False where a vehicle has none."""
    found = {}
    for name in dict.fromkeys(name for own in risks for name in own if wanted is None or name in wanted):
        kind = next(own[name] for own in risks if name in own)
        none = np.zeros(len(kind), bool) if kind.dtype == bool else np.full(len(kind), np.nan)
        found[name] = _woven([own.get(name, none) for own in risks])
    return found


def _woven(columns: list[NDArray[Any]]) -> NDArray[Any]:
    """One number of each column in turn."""
    rows = np.empty((len(columns[0]), len(columns)), dtype=columns[0].dtype)
    for place, column in enumerate(columns):
        rows[:, place] = column
    return rows.reshape(-1)


def _risks(impact: Impact, i: int, solved: Columns, risk: RiskSettings) -> Columns:
    """The risk columns of one vehicle."""
    own = {name: solved[name][:, i] for name in ("delta_v", "intrusion", *MEASURED)}
    both = {name: solved[name] for name in ("restitution", *OF_RISK) if name in solved}
    return risks_of(risk, impact, impact.faces[i], impact.between[i], {**own, **both})


def _drawn(cases: Cases) -> Columns:
    """The random numbers that risks read."""
    return {name: cases.swept[name] for name in OF_RISK if name in cases.swept}


def _exact(values: Floats, count: Floats) -> Floats:
    """Quantiles between order statistics, as numpy gives them: (shares, columns)."""
    ordered = np.sort(values, axis=1)  # NaN last
    position = np.outer(SHARES, np.maximum(count - 1, 0))
    low, column = np.floor(position).astype(int), np.arange(len(values))
    a, b = ordered[column, low], ordered[column, np.ceil(position).astype(int)]
    return np.asarray(a + (b - a) * (position - low))
