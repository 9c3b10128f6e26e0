"""Injury criteria of a dummy's channels, simulated or measured: 3 ms clip, viscous criterion, Nij (HIC: ``hic.py``).

Channels have shape (..., samples), one value every ``dt`` [s], filtered first (``filters.cfc_filter``); results have
the leading shape (a number for one channel).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from crashsim.kernels.cache import compiled
from crashsim.kernels.rows import Floats, as_pulses, per_pulse

CLIP_TIME = 0.003  # s
VC_SCALE = 1.3  # Hybrid III (IIHS DIAdem scripts and pyisomme, tag S)
CHEST_DEPTH = MappingProxyType({"50M": 0.229, "5F": 0.187, "95M": 0.254})  # m, the same sources
CONDYLE_OFFSET = 0.01778  # m, load cell to occipital condyles (49 CFR 571.208, tag M)


@dataclass(frozen=True)
class NeckIntercepts:
    """Critical values of Nij: tension and compression [N], flexion and extension [N m], all positive."""

    tension: float
    compression: float
    flexion: float
    extension: float
    source: str = "49 CFR 571.208 as in three public codes"
    tag: str = "S"


NECK_INTERCEPTS = MappingProxyType(
    {
        "50M": NeckIntercepts(6806.0, 6160.0, 310.0, 135.0),
        "5F": NeckIntercepts(4287.0, 3880.0, 155.0, 67.0),
        "5F out of position": NeckIntercepts(3880.0, 3880.0, 155.0, 61.0),
    }
)


class Nij(NamedTuple):
    """Largest Nij, its time [s], and the axial and bending parts of the sum, signed (tension and flexion positive)."""

    value: Floats
    time: Floats
    axial: Floats
    bending: Floats


def clip(
    acceleration: ArrayLike,
    dt: float,
    duration: float = CLIP_TIME,
    *,
    cumulative: bool = False,
    threads: int | None = None,
) -> Floats:
    """Highest level that a channel keeps for 3 ms, with straight lines between samples.

    Parameters
    ----------
    acceleration : (..., samples)
        Resultant acceleration, chest CFC 180, head CFC 1000; any unit.
    dt : float
        Time step [s].
    duration : float
        Time at or above the level [s].
    cumulative : bool
        False: in one stretch (SAE, 49 CFR 571.208).  True: stretches add up (ECE R94); never below the other.
    threads : int, optional
        All cores by default; the numbers do not depend on it.

    Returns
    -------
    (...) array in the unit of ``acceleration``; NaN for a channel with a sample that is not finite.

    Raises
    ------
    ValueError
        ``duration`` not above 0, or longer than the record.

    Notes
    -----
    Exact: the level is bisected until no float lies between.  Limit: chest 60 g (571.208, tag M).
    Source: pyisomme and 49 CFR 571.208, tag S.
    """
    series = as_pulses(acceleration, dt)
    steps = duration / dt
    if not 0.0 < steps <= (series.shape[-1] - 1) * (1.0 + 1e-9):
        raise ValueError(f"expected a duration within the record of {(series.shape[-1] - 1) * dt} s, got {duration} s")
    steps *= 1.0 - 1e-12  # a stretch of exactly the duration counts, whatever its rounding
    level: Floats = per_pulse(_clip_rows, 1, series, dt, steps, cumulative, threads=threads)[0]
    return level


def viscous_criterion(deflection: ArrayLike, dt: float, depth: float, scale: float = VC_SCALE) -> Floats:
    """Viscous criterion of the chest: VC = max of scale D/depth dD/dt.

    dD/dt = [8 (D[i+1] - D[i-1]) - (D[i+2] - D[i-2])]/(12 dt), for all samples but two at either end.

    Parameters
    ----------
    deflection : (..., samples)
        Sternum deflection D [m], compression positive, CFC 600 (FMVSS) or 180 (Euro NCAP); five samples or more.
    dt : float
        Time step [s].
    depth : float
        Chest depth [m], from ``CHEST_DEPTH``.
    scale : float
        1.3 for the Hybrid III.

    Returns
    -------
    (...) array [m/s]; limit 1.0 m/s.  Source: IIHS DIAdem scripts and pyisomme, tag S.
    """
    d = as_pulses(deflection, dt)
    if d.shape[-1] < 5:
        raise ValueError(f"expected five samples or more, got {d.shape[-1]}")
    rate = (8.0 * (d[..., 3:-1] - d[..., 1:-3]) - (d[..., 4:] - d[..., :-4])) / (12.0 * dt)
    peak: Floats = np.max(scale * d[..., 2:-2] / depth * rate, axis=-1)
    return peak


def nij(axial_force: ArrayLike, moment: ArrayLike, dt: float, neck: NeckIntercepts, shear: ArrayLike = 0.0) -> Nij:
    """Neck injury criterion: Nij = max over time of |Fz|/Fzc + |M|/Mc, M = My - 0.01778 m Fx.

    Fzc is the intercept of tension (Fz > 0) or compression, Mc that of flexion (M > 0) or extension, so the four sums
    of the rule are one.

    Parameters
    ----------
    axial_force, shear : (..., samples)
        Upper neck Fz and Fx [N], SAE J211 signs (tension positive), CFC 600.  Without ``shear`` the moment is taken to
        be at the occipital condyles already.
    moment : (..., samples)
        Upper neck My [N m], flexion positive, CFC 600.
    dt : float
        Time step [s].
    neck : NeckIntercepts
        From ``NECK_INTERCEPTS``.

    Returns
    -------
    Nij
        Limit 1.0 (49 CFR 571.208, tag M).  Source: intercepts tag S, offset tag M.
    """
    fz = as_pulses(axial_force, dt)
    m = as_pulses(moment, dt) - CONDYLE_OFFSET * np.asarray(shear, dtype=np.float64)
    axial = fz / np.where(fz > 0.0, neck.tension, neck.compression)
    bending = m / np.where(m > 0.0, neck.flexion, neck.extension)
    total = np.abs(axial) + np.abs(bending)
    at = np.argmax(total, axis=-1)[..., None]
    parts = (np.broadcast_to(part, total.shape) for part in (axial, bending))
    axial, bending = (np.take_along_axis(part, at, axis=-1).sum(axis=-1) for part in parts)
    return Nij(total.max(axis=-1), total.argmax(axis=-1) * dt, axial, bending)


@compiled
def _clip_rows(first: int, last: int, channels: Floats, dt: float, steps: float, cumulative: bool, out: Floats) -> None:
    for row in range(first, last):
        a = channels[row]
        low, high = a.min(), a.max()
        if not (math.isfinite(low) and math.isfinite(high)):
            out[row, 0] = math.nan
            continue
        while True:  # the record is long enough at its lowest value
            level = 0.5 * low + 0.5 * high
            if not low < level < high:
                break
            if _steps_above(a, level, cumulative) >= steps:
                low = level
            else:
                high = level
        out[row, 0] = high if _steps_above(a, high, cumulative) >= steps else low


@compiled
def _steps_above(a: Floats, level: float, cumulative: bool) -> float:
    """Time at or above ``level`` in steps: all of it, or the longest stretch."""
    longest = total = 0.0
    for i in range(a.size - 1):
        p, q = a[i] - level, a[i + 1] - level
        if p >= 0.0 and q >= 0.0:
            total += 1.0
        elif p >= 0.0:  # leaving: the stretch ends
            total += p / (p - q)
            longest = max(longest, total)
            total = total if cumulative else 0.0
        elif q >= 0.0:
            total = (total if cumulative else 0.0) + q / (q - p)
    return max(longest, total)
