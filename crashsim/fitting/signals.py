"""From the channels of a file to the compartment's pulse: mean, sign, zero, CFC60, velocity and displacement from contact on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crashsim.config.fits import PulseFile
from crashsim.config.records import Signals, refuse
from crashsim.config.signals import read_signals
from crashsim.fitting.model import WallImpact
from crashsim.kernels.filters import cfc_filter

Floats = NDArray[np.float64]

CFC: Final = 60  # channel class of a vehicle's pulse (SAE J211)
SLOWEST: Final = 10 * CFC  # samples per second; fewer leave nothing of the class (judgement)
STEP: Final = 1e-3  # s, of the pulse that is fitted: CFC60 passes 100 Hz
LONGEST: Final = 0.2  # s from contact: after it a vehicle rolls
AROUND: Final = 0.02  # s before and after a computed pulse: longer than the filter remembers
QUIET: Final = -5e-3  # s: samples before are free of the crash, and their mean is the zero of the transducer
FEWEST_QUIET: Final = 10
SURE: Final = 3.0  # standard errors from 0: what a zero must be off by to be taken away
INDEPENDENT: Final = 5e-3  # s from one independent sample of a CFC60 pulse to the next (it passes 100 Hz)
SPEED_SHARES: Final = (0.5, 1.6)  # of the impact speed that a pulse into a wall takes away


@dataclass(frozen=True)
class Pulse:
    """A measured pulse from contact on, every ``STEP`` or coarser: deceleration [m/s^2] (positive while it slows), velocity
    [m/s], displacement [m], each (n,); ``stop`` is the time of zero velocity [s]; ``noise`` the spectral density of the transducer's noise before contact
    [(m/s^2)^2 s], NaN if unknown; ``notes`` what was done to the record.
    """

    time: Floats
    deceleration: Floats
    velocity: Floats
    displacement: Floats
    stop: float
    noise: float
    notes: str

    @property
    def step(self) -> float:
        """Time from sample to sample [s]."""
        return float(self.time[1] - self.time[0])

    @property
    def peak(self) -> float:
        """Largest deceleration [m/s^2]."""
        return float(self.deceleration.max())

    @property
    def crush(self) -> float:
        """Largest displacement [m]."""
        return float(self.displacement.max())


def read_pulse(given: PulseFile, speed: float) -> Pulse:
    """The pulse of a wall test at an impact speed [m/s].

    Raises
    ------
    ConfigError
        What `read_signals` finds, and a record that cannot be this test's: too few samples a second, no sample at contact, a
        vehicle that gains speed or loses far too much or too little, an end before it has stopped.
    """
    signals = read_signals(
        given.path, given.channels, time=given.time, time_unit=given.time_unit, unit=given.unit
    )  # fmt: skip
    _require_record(signals)
    sign = 1.0 if given.deceleration else -1.0
    series = sign * signals.values.mean(axis=0)
    count = len(signals.values)
    notes = [f"mean of {count} channels" if count > 1 else "one channel"]
    zero, noise = _before_contact(signals, series, given)
    if zero:
        series = series - zero
        notes.append("zero from before contact")
    notes.append(f"CFC{CFC}" + (" as given" if given.filtered else ""))
    if not given.filtered:
        series = cfc_filter(series, signals.step, CFC, threads=1)
    return _from_contact(signals, series, speed, given, (noise, ", ".join(notes)))


def _before_contact(signals: Signals, series: Floats, given: PulseFile) -> tuple[float, float]:
    """Zero of the transducer [m/s^2], 0 where it cannot be told from 0, and the spectral density of its noise."""
    quiet = series[signals.time < QUIET]
    if len(quiet) < FEWEST_QUIET:
        return 0.0, np.nan
    each = INDEPENDENT if given.filtered else signals.step  # time that one independent sample stands for
    error = quiet.std() / np.sqrt(max(len(quiet) * signals.step / each, 1.0))
    zero = float(quiet.mean())
    return zero if abs(zero) > SURE * error else 0.0, float(quiet.var() * each)


def _from_contact(signals: Signals, series: Floats, speed: float, given: PulseFile, about: tuple[float, str]) -> Pulse:
    """Integrate at the record's own step, then take it every ``STEP``; ``about``: noise and notes."""
    fine = np.arange(0.0, min(signals.time[-1], LONGEST) + 0.5 * signals.step, signals.step)
    a = np.interp(fine, signals.time, series)
    v = speed - integral(a, signals.step)
    x = integral(v, signals.step)
    _require_stop(signals, fine, v, speed, given)
    first = int(np.argmax(v <= 0.0))
    stop = float(np.interp(0.0, [-v[first - 1], -v[first]], [fine[first - 1], fine[first]]))
    time = np.arange(0.0, fine[-1] + 1e-9, max(STEP, signals.step))
    deceleration, velocity, displacement = (np.interp(time, fine, series) for series in (a, v, x))
    return Pulse(time, deceleration, velocity, displacement, stop, *about)


def as_recorded(impact: WallImpact, speed: float, time: Floats) -> tuple[Floats, Floats]:
    """Deceleration and velocity (n,) of a computed impact at the times of a pulse, filtered and integrated as a record is."""
    step = float(time[1] - time[0])
    pad = round(AROUND / step)
    around = step * np.arange(-pad, len(time) + pad)
    a = np.where(around >= 0.0, impact.pulse(np.maximum(around, 0.0)), 0.0)
    filtered = cfc_filter(a, step, CFC, threads=1)[pad : pad + len(time)]
    return filtered, speed - integral(filtered, step)


def integral(values: Floats, step: float) -> Floats:
    """Running trapezoidal integral, 0 at the first sample."""
    return np.concatenate([[0.0], np.cumsum(0.5 * step * (values[1:] + values[:-1]))])


def _require_record(signals: Signals) -> None:
    rate, (begin, end) = 1.0 / signals.step, signals.time[[0, -1]]
    if end - begin > 10.0 or rate > 1e6:
        unit = "ms" if end - begin > 10.0 else "s"
        refuse(signals.file, signals.lines[0], f"got a record from {begin:g} to {end:g} s at {rate:g} samples per second: is the time in {unit}?")  # fmt: skip
    if rate < SLOWEST * (1 - 1e-6):
        refuse(signals.file, signals.lines[0], f"got {rate:.4g} samples per second, expected {SLOWEST} or more for CFC{CFC}")  # fmt: skip
    if begin > signals.step or end <= 0.0:
        refuse(signals.file, signals.lines[0], f"got times from {begin:g} to {end:g} s, expected a record that begins at contact, at time 0, or before")  # fmt: skip


def _require_stop(signals: Signals, time: Floats, v: Floats, speed: float, given: PulseFile) -> None:
    """The pulse must take the impact speed away, once and about as much as a wall does."""
    lost = speed - v.min()
    if v[-1] > speed or speed - v[-1] < 0.2 * (v.max() - speed):
        hint = "leave out deceleration" if given.deceleration else "for a positive deceleration say deceleration: true"
        refuse(signals.file, 0, f"by this pulse the vehicle gains speed, from {speed:.4g} to {v[-1]:.4g} m/s; {hint}")
    low, high = SPEED_SHARES
    if lost > high * speed or (lost < low * speed and time[-1] > 0.1):
        refuse(signals.file, 0, f"this pulse takes away {lost:.4g} m/s of the impact speed of {speed:.4g} m/s, expected "
               f"{low:g} to {high:g} of it: is the unit right (g against m/s^2), and the speed?")  # fmt: skip
    if v.min() > 0.0:
        refuse(signals.file, signals.lines[-1], f"the record ends at {1e3 * time[-1]:.4g} ms while the vehicle still runs at "
               f"{v[-1]:.3g} m/s, expected one that goes on until it has stopped (is the impact speed of {speed:.4g} m/s right?)")  # fmt: skip
