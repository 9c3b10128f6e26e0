"""Row blocks over threads: how every batch kernel is driven.

A kernel is a compiled function ``kernel(first, last, *arguments)`` that releases the interpreter lock and touches only
the rows ``first`` to ``last`` (exclusive) of its outputs, so the numbers do not depend on the threads or on the blocks.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

MIN_ROWS = 64  # fewer are not worth a thread
BLOCKS_PER_THREAD = 4  # a slow or disturbed thread leaves blocks to the others


def map_rows(kernel: Callable[..., None], rows: int, *arguments: Any, threads: int | None = None) -> None:
    """Run ``kernel(first, last, *arguments)`` over blocks that cover ``range(rows)``.

    ``threads``: how many to use; all the cores this process may use by default.
    """
    workers = min(threads or _cores(), max(1, rows // MIN_ROWS))
    if workers == 1:
        kernel(0, rows, *arguments)
        return
    edges = [rows * i // (workers * BLOCKS_PER_THREAD) for i in range(workers * BLOCKS_PER_THREAD + 1)]
    with ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(kernel, a, b, *arguments) for a, b in pairwise(edges)]:
            done.result()


def per_pulse(
    kernel: Callable[..., None], values: int, pulses: ArrayLike, dt: float, *arguments: Any, threads: int | None = None
) -> Floats:
    """Several numbers for each pulse: ``kernel(first, last, pulses, dt, *arguments, out)`` over rows.

    ``pulses`` has shape (..., samples), ``out`` (rows, ``values``); the result has shape (``values``, ...).
    """
    series = as_pulses(pulses, dt)
    rows = series.reshape(-1, series.shape[-1])
    out = np.empty((len(rows), values))
    map_rows(kernel, len(rows), rows, dt, *arguments, out, threads=threads)
    return np.moveaxis(out.reshape(*series.shape[:-1], values), -1, 0)


def as_pulses(pulses: ArrayLike, dt: float) -> Floats:
    """``pulses`` as contiguous floats (..., samples); ValueError for under two samples or a step not above 0."""
    series = np.ascontiguousarray(pulses, dtype=np.float64)
    if series.shape[-1] < 2:
        raise ValueError(f"expected pulses of shape (..., samples) with two samples or more, got shape {series.shape}")
    if not 0.0 < dt < np.inf:
        raise ValueError(f"expected a time step above 0 s, got {dt}")
    return series


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
