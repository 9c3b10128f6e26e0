"""Measured figures: short sourced tables that ship with crashsim, and the raw signals of a folder when there is one.

A table is CSV with a heading of ``#`` lines that says what it is, where it comes from and what its signs are.  The unit of a
number stands at the end of its column's name, ``speed_kmh``; it is read into SI under the name without it, ``speed``.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim.errors import CrashsimError
from crashsim.kernels.filters import cfc_filter
from crashsim.units import DIMENSIONS

Floats = NDArray[np.float64]
Record = dict[str, Any]  # texts and SI numbers of one line by name

FOLDER: Final = Path(__file__).resolve().parent.parent / "data" / "measured"
SUFFIXES: Final = {
    "kg": ("mass", "kg"), "kmh": ("speed", "km/h"), "mps": ("speed", "m/s"), "mm": ("length", "mm"), "cm": ("length", "cm"),
    "ms": ("time", "ms"), "g": ("acceleration", "g"),
}  # fmt: skip

TESTS: Final = "nhtsa_full_frontal_crush.csv"  # what a folder of raw data holds
CAMRY: Final = "nhtsa_v10146_camry2018_ncap_raw10kHz.csv"
RECORDERS: Final = "ciss2022_edr_pulses.csv"


def table(name: str) -> list[Record]:
    """A shipped table, one record a line."""
    return read(FOLDER / f"{name}.csv")


def source(name: str) -> str:
    """The heading of a shipped table on one line: what it is and where it comes from."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8") as handle:
        lines = [line.lstrip("# ").strip() for line in handle if line.startswith("#")]
    return " ".join(lines)


def read(path: Path) -> list[Record]:
    """Records of a CSV file; empty cells are left out.  Raises CrashsimError for a file that cannot be read."""
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            rows = list(csv.DictReader(line for line in handle if not line.startswith("#")))
    except (OSError, ValueError, csv.Error) as error:
        raise CrashsimError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    return [dict(_cell(name, text) for name, text in row.items() if text) for row in rows]


def columns(records: list[Record], *names: str) -> tuple[Floats, ...]:
    """Numbers of all records by name, as arrays."""
    return tuple(np.array([record[name] for record in records], float) for name in names)


def _cell(name: str, text: str) -> tuple[str, Any]:
    stem, _, unit = name.rpartition("_")
    try:
        value = float(text)
    except ValueError:
        return name, text
    if unit not in SUFFIXES:
        return name, value
    dimension, spelling = SUFFIXES[unit]
    return stem, value * DIMENSIONS[dimension][spelling]


# ---- the pulse of the Camry ------------------------------------------------------------------------------------------

CAMRY_SPEED: Final = 15.858  # m/s, as published
CAMRY_MASS: Final = 1719.0  # kg


@dataclass(frozen=True)
class MeasuredPulse:
    """A compartment from contact on: time [s], acceleration [m/s^2] (CFC60, negative while it slows), velocity [m/s]."""

    time: Floats
    acceleration: Floats
    velocity: Floats

    @property
    def displacement(self) -> Floats:
        """Travel since contact [m]."""
        return integral(self.velocity, self.time)


def camry_pulse(data: Path | None = None) -> MeasuredPulse:
    """The compartment of the 2018 Camry (NHTSA test 10146) at 10 kHz to 150 ms.

    From the raw channels of a folder, or from the shipped table, every 2 ms, by a spline: its velocity is within
    0.01 m/s of the raw one, its acceleration within 0.9 g.
    """
    time = np.asarray(np.arange(1501) * 1e-4, np.float64)
    if data is None:
        from scipy.interpolate import CubicSpline

        t, a, v = columns(table("camry-pulse"), "time", "acceleration", "velocity")
        acceleration = np.asarray(CubicSpline(t, a)(time), float)
        return MeasuredPulse(time, acceleration, v[0] + integral(acceleration, time))
    records = read(data / CAMRY)
    t, left, right = columns(records, "t", "ax_rear_left", "ax_rear_right")
    acceleration = cfc_filter(0.5 * (left + right), 1e-4, 60.0)[t > -5e-5][: len(time)]
    return MeasuredPulse(time, acceleration, CAMRY_SPEED + integral(acceleration, time))


def integral(values: Floats, time: Floats) -> Floats:
    """Running integral by trapezoids, from 0."""
    steps = 0.5 * (values[1:] + values[:-1]) * np.diff(time)
    return np.concatenate([[0.0], np.cumsum(steps)])
