"""Batches of crashes over threads: steps chosen for each, cases that are stepped alike side by side, metrics row by row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crashsim.kernels.block import MOST, WIDTH, crash_block, stiff_compliance
from crashsim.kernels.columns import N_METRICS
from crashsim.kernels.lanes import Columns
from crashsim.kernels.rows import map_rows
from crashsim.kernels.setup import (
    CLOSING,
    ENGINE,
    HEAD,
    N_CASE,
    N_VEHICLE,
    RESTITUTION,
    STIFFEST,
    TORSO,
    UNLOADING,
)  # fmt: skip

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST = 3  # steps per ms
COARSEST, FINER = 4.0, 1.0 / 7.5  # steps per ms of a slow crash, and more of them per m/s of closing speed
BUCKETS = 1024  # of closing speed: neighbours in a block last about as long; with the steps a key of 16 bits


def solve(
    columns: Columns, points: int, n: int, threads: int | None = None, per_ms: int | None = None
) -> tuple[Floats, Ints]:
    """Metrics (``n``, N_METRICS) of ``n`` crashes, and the steps per millisecond of each.

    ``columns``: as `laid_out` gives them in the order of ``kernels.columns``; ``points`` of the longest loading curve;
    ``threads``: all cores by default; ``per_ms``: steps per millisecond of all cases, what `planned` finds by default.
    Neither threads nor the order of the cases change a bit.
    """
    steps = np.empty(n, dtype=np.int64)
    if per_ms is None:
        steps[:] = planned(columns, points, n, threads)
    else:
        steps[:] = per_ms
    values, start, step = columns
    closing = values[start[0] : start[0] + n] if step[0] else values[start[0] : start[0] + 1]
    blocks, of_block = in_blocks(steps, closing)
    out = np.empty((n, N_METRICS))
    map_rows(crash_block, len(blocks), blocks, of_block, *columns, points, out, threads=threads)
    return out, steps


def planned(columns: Columns, points: int, n: int, threads: int | None = None) -> Ints:
    """Steps per millisecond of ``n`` cases: enough for the closing speed and the stiffest unloading."""
    values, start, step = columns

    def column(k: int) -> Floats:
        """One number per case, or the number of all."""
        return values[start[k] : start[k] + (n if step[k] else 1)]

    sides = N_CASE, N_CASE + N_VEHICLE + 2 * points
    lighter = sum(1.0 / (column(a) - column(a + ENGINE) - column(a + TORSO) - column(a + HEAD)) for a in sides)
    compliance = np.broadcast_to(sum(1.0 / column(a + UNLOADING) for a in sides), n).copy()
    asked = np.flatnonzero(np.broadcast_to(~np.isnan(column(RESTITUTION)), n))
    if asked.size:
        found = np.empty(asked.size)
        map_rows(stiff_compliance, asked.size, asked, *columns, points, found, threads=threads)
        compliance[asked] = found
    stiffest = 1e-3 / np.sqrt(compliance / lighter * STIFFEST + 1e-12)
    wanted = np.fmax(by_speed(column(CLOSING)), stiffest) + (1.0 - 1e-9)  # cut to whole ones
    return np.fmin(np.fmax(wanted, FEWEST), MOST).astype(np.int64)


def by_speed(closing: Floats) -> Floats:
    """Steps per millisecond that a closing speed [m/s] asks for; docs/convergence.md has the errors it leaves."""
    return COARSEST + closing * FINER


def laid_out(parameters: Sequence[ArrayLike]) -> Columns:
    """Columns that `solve` reads, from numbers (the same in all cases) and arrays (cases,)."""
    arrays = [np.asarray(p, dtype=np.float64) for p in parameters]
    sizes = np.array([a.size for a in arrays], dtype=np.int64)
    start = np.cumsum(sizes) - sizes
    return Columns(
        np.concatenate([a.reshape(-1) for a in arrays]), start, np.array([a.ndim for a in arrays], dtype=np.int64)
    )


def in_blocks(steps: Ints, closing: Floats) -> tuple[Ints, Ints]:
    """Case indices (blocks, WIDTH) and steps per millisecond (blocks,): like with like, slow crashes beside slow ones.

    The last block of those that are stepped alike is filled with its last case.
    """
    order = np.argsort(_keys(steps, closing), kind="stable")
    counts = np.bincount(steps)
    blocks, of_block, at = [], [], 0
    for per_ms in np.flatnonzero(counts):
        size = int(counts[per_ms])
        group = np.full(-(-size // WIDTH) * WIDTH, order[at + size - 1])
        group[:size] = order[at : at + size]
        blocks.append(group.reshape(-1, WIDTH))
        of_block.append(np.full(len(blocks[-1]), per_ms))
        at += size
    return np.concatenate(blocks), np.concatenate(of_block)


def _keys(steps: Ints, closing: Floats) -> NDArray[np.uint16]:
    """Numbers to sort by, of 16 bits, since those are sorted by counting: steps, then closing speed in BUCKETS."""
    low, high = np.fmin.reduce(closing), np.fmax.reduce(closing)
    scale = (BUCKETS - 1) / (high - low) if low < high < np.inf else 0.0
    bucket = np.nan_to_num((closing - low) * scale).astype(np.int64)
    keys: NDArray[np.uint16] = ((steps - 1) * BUCKETS + bucket).astype(np.uint16)
    return keys
