"""HIC15 of 10,000 pulses of 2,000 samples: exact, against crashmetrics and against trying every window."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from benchmarks import peers
from benchmarks.table import Group, Row
from crashsim.kernels.hic import GRAVITY, HIC15, hic

SAMPLES, DT = 2_000, 1e-4  # s
ROWS = (
    Row(
        "HIC15 exact, 10,000 x 2,000, 2 threads", "crashmetrics 0.6.0", "crashmetrics", "hic", "x", ">= 4,000", "8,800"
    ),
    Row("HIC15, worst relative difference", "every window tried", "difference", "", "", "<= 1e-12", "9e-15"),
    Row("HIC15, relative difference", "crashmetrics 0.6.0", "peer difference", "", "", "-", "3e-15"),
)


def pulses(n: int, seed: int = 0) -> NDArray[np.float64]:
    """Head-like resultants [g]: three bumps of 4 to 40 ms and up to 90 g, and rough noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(SAMPLES) * DT
    found = np.zeros((n, SAMPLES))
    for share in (1.0, 0.6, 0.6):
        begin, long = rng.uniform(0.02, 0.12, (n, 1)), rng.uniform(0.004, 0.04, (n, 1))
        phase = np.clip((t - begin) / long, 0.0, 1.0)
        found += share * rng.uniform(5.0, 90.0, (n, 1)) * np.sin(np.pi * phase) ** 2
    smooth = np.hanning(15) / np.hanning(15).sum()
    noise = rng.standard_normal((n, SAMPLES + 14)) * 12.0
    for i, row in enumerate(noise):
        found[i] += np.convolve(row, smooth, mode="valid")
    return np.abs(found)


def brute_force(pulse: NDArray[np.float64]) -> float:
    """HIC15 of one pulse [g] by trying every pair of samples no further apart than 15 ms."""
    velocity = np.append(0.0, np.cumsum(0.5 * DT * (pulse[1:] + pulse[:-1])))
    best = 0.0
    for k in range(1, round(HIC15 / DT) + 1):
        best = max(best, float(np.max(velocity[k:] - velocity[:-k])) ** 2.5 * (k * DT) ** -1.5)
    return best


def measurements(*, short: bool) -> Group:
    """Seconds per pulse, and the largest relative differences."""
    n, checked, asked = (200, 20, 2) if short else (10_000, 10_000, 20)
    given = pulses(n)
    si = given * GRAVITY
    values = hic(si, DT, HIC15, threads=2).value
    difference = max(
        abs(value / brute_force(pulse) - 1.0) for value, pulse in zip(values[:checked], given, strict=False)
    )

    def ours() -> float:
        begin = time.perf_counter()
        hic(si, DT, HIC15, threads=2)
        return (time.perf_counter() - begin) / n

    if peers.python() is None:
        stored = {"hic": ours, "difference": lambda: difference, "crashmetrics": lambda: peers.STORED["crashmetrics"]}
        return Group(stored, {"crashmetrics": peers.NOTE, "peer difference": "no peer environment here"})
    peer = peers.Peer("crashmetrics", given[:asked])
    _, theirs = peer.ask(asked)
    off = abs(float(values[asked - 1]) / theirs - 1.0)
    return Group({"hic": ours, "difference": lambda: difference, "crashmetrics": lambda: peer.ask(asked)[0],
                  "peer difference": lambda: off})  # fmt: skip
