"""The kernel on raw cases, its answers laid out like the oracle's, and how far the two are apart."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from oracle import SCALES
from oracle.many import POINTS, Raw, ask, many, part

from crashsim.kernels import batch
from crashsim.kernels.columns import CASE, CASE_METRICS, VEHICLE, VEHICLE_METRICS

Floats = NDArray[np.float64]

COMPARED = [name for name in (*CASE_METRICS, *VEHICLE_METRICS) if name in SCALES]


def solve(case: Raw, per_ms: int | None = None) -> Raw:
    """Metrics of a batch (arrays in the place of numbers) by the kernel; those of the vehicles under "a" and "b"."""
    names = [*VEHICLE, *(f"{of}_{i}" for of in ("crush", "force") for i in range(1, POINTS + 1))]
    parameters = [case[name] for name in CASE] + [case[side][name] for side in "ab" for name in names]
    rows, _ = batch.solve(batch.laid_out(parameters), POINTS, len(case["closing_speed"]), per_ms=per_ms)
    n, m = len(CASE_METRICS), len(VEHICLE_METRICS)
    values = iter((rows[:, :n], rows[:, n : n + m], rows[:, n + m :]))
    out = dict(zip(CASE_METRICS, next(values).T, strict=True))
    return {**out, **{side: dict(zip(VEHICLE_METRICS, next(values).T, strict=True)) for side in "ab"}}


def drawn(n: int, seed: Any) -> Raw:
    """``n`` random cases, each with the restitution that it asks for."""
    case = many(n, seed)
    asking = np.flatnonzero(~np.isnan(case["asked"]))
    cap = np.zeros(n)
    cap[asking] = solve(part(case, asking))["restitution_cap"]
    return ask(case, cap)


def errors(kernel: Raw, slow: list[Raw]) -> dict[str, Floats]:
    """Differences of each metric as shares of max(|value|, its scale), (cases,); the worse one of both vehicles.

    NaN where the oracle has no value: metrics of an occupant or a vehicle that is not there.
    """
    return {name: _error(kernel, slow, name) for name in COMPARED}


def _error(kernel: Raw, slow: list[Raw], name: str) -> Floats:
    if name in kernel:
        return _relative(kernel[name], np.array([s[name] for s in slow]), SCALES[name])
    sides = [(kernel[side][name], np.array([s[side].get(name, math.nan) for s in slow])) for side in "ab"]
    return np.fmax(*(_relative(*both, SCALES[name]) for both in sides))


def _relative(value: Floats, true: Floats, scale: float) -> Floats:
    return np.where(
        np.isnan(true), math.nan, np.nan_to_num(np.abs(value - true), nan=math.inf) / np.maximum(np.abs(true), scale)
    )
