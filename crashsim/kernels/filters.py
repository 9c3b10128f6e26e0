"""The channel filter of crash testing: SAE J211 channel frequency classes, phaseless.

Two poles of a Butterworth low-pass run forward in time and then backward (SAE J211-1, appendix C):

    w = tan(pi CFC 2.0775 dt),    D = 1 + sqrt(2) w + w^2
    y[i] = (w^2 x[i] + 2 w^2 x[i-1] + w^2 x[i-2] - 2 (w^2 - 1) y[i-1] - (1 - sqrt(2) w + w^2) y[i-2]) / D

The gain of both passes is 1/(1 + (tan(pi f dt)/w)^4): -3 dB at CFC/0.6, -6 dB at 2.0775 CFC.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from crashsim.kernels.cache import compiled
from crashsim.kernels.rows import Floats, as_pulses, map_rows

J211_CUTOFF = 2.0775  # design frequency of one pass over the class (SAE J211-1; three sources of the same value)
PAD_TIME, PAD_SAMPLES = 0.010, 100  # the larger counts (ISO 6487)


def cfc_filter(signals: ArrayLike, dt: float, cfc: float, *, threads: int | None = None) -> Floats:
    """Filter signals with an SAE J211 channel frequency class.

    Parameters
    ----------
    signals : (..., samples)
        Any unit, one signal a row; NaN and infinite samples spoil their own signal only.
    dt : float
        Time step [s]; J211 asks for 8 kHz or more for CFC 1000.
    cfc : float
        Channel frequency class [Hz]: 60, 180, 600, 1000.  Usual choices (SAE J211-1, tag M): vehicle pulse and barrier
        force 60; integration to speed and travel, chest acceleration and OLC 180; chest deflection, femur and neck
        moment 600; head acceleration and neck force 1000.
    threads : int, optional
        All cores by default; the numbers do not depend on it.

    Returns
    -------
    (..., samples) array in the unit of ``signals``.

    Raises
    ------
    ValueError
        ``dt`` too coarse for the class (half the sampling rate must exceed 2.0775 CFC), or under two samples.

    Notes
    -----
    End rule: both ends are continued by odd reflection about the end sample (the value and its slope go on) for 10 ms
    or 100 samples, whichever is longer, or for the whole record where that is shorter; the recursion starts at rest on
    the first padded value.  Other end rules change the first and last milliseconds only.

    Source: SAE J211-1 appendix C (recursion and class frequencies), tag S.
    """
    series = as_pulses(signals, dt)
    angle = math.pi * cfc * J211_CUTOFF * dt
    if not 0.0 < angle < 0.5 * math.pi:
        least = 2.0 * J211_CUTOFF * cfc
        raise ValueError(f"CFC {cfc:g} needs more than {least:.5g} samples per second, got {1.0 / dt:.5g}")
    rows = series.reshape(-1, series.shape[-1])
    pad = min(rows.shape[1] - 1, max(PAD_SAMPLES, math.ceil(PAD_TIME / dt - 1e-9)))
    out = np.empty_like(rows)
    map_rows(_filter_rows, len(rows), rows, math.tan(angle), pad, out, threads=threads)
    return out.reshape(series.shape)


@compiled
def _filter_rows(first: int, last: int, signals: Floats, w: float, pad: int, out: Floats) -> None:
    n = signals.shape[1]
    work = np.empty(n + 2 * pad)
    for row in range(first, last):
        x = signals[row]
        for i in range(pad):
            work[i] = 2.0 * x[0] - x[pad - i]
            work[pad + n + i] = 2.0 * x[n - 1] - x[n - 2 - i]
        work[pad : pad + n] = x
        _pass(work, w)
        _pass(work[::-1], w)
        out[row] = work[pad : pad + n]


@compiled
def _pass(x: Floats, w: float) -> None:
    """One pass of the two poles over ``x``, in place, from rest on its first value."""
    d = 1.0 + math.sqrt(2.0) * w + w * w
    a = w * w / d
    b1, b2 = -2.0 * (w * w - 1.0) / d, -(1.0 - math.sqrt(2.0) * w + w * w) / d
    x1 = x2 = y1 = y2 = x[0]
    for i in range(x.size):
        x0 = x[i]
        y0 = (a * (x0 + 2.0 * x1 + x2) + b2 * y2) + b1 * y1  # b1 y1 last: the only term the next sample waits for
        x[i] = y0
        x2, x1, y2, y1 = x1, x0, y1, y0
