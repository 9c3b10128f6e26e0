"""An occupant on a pulse: the laws of the crash, with the motion of the compartment given, such as a measured one.

Torso and head are stepped by leapfrog through ``crash.restraint``, as in a crash.  The pulse is read as in
``virtual_occupant.py``: the velocity is straight between samples and follows the trapezoid rule.  What the occupant does to the
compartment is in a measured pulse already.
"""
# mypy: allow-untyped-calls

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crashsim.kernels.cache import compiled
from crashsim.kernels.columns import ABSENT, VEHICLE
from crashsim.kernels.crash import Four, law, restraint, timed
from crashsim.kernels.lanes import traced
from crashsim.kernels.rows import Floats, as_pulses, map_rows
from crashsim.kernels.setup import BAG, BELT, CONTACT, HEAD, HEAD_BAG, KNEE, LAW, N_OWN, STIFFEST, TORSO, put_own
from crashsim.kernels.subroutine import subroutine

STEP = 2e-5  # s: longest time step
GAP = LAW - 1  # place of the gap among the constants of a law
TORSO_LAWS, HEAD_LAWS = ("belt", "airbag", "knee"), ("head_bag", "head_contact")
HISTORIES, PEAKS = 7, 5
WEBBING = 6  # in the memory of an occupant


class Driven(NamedTuple):
    """Motion and loads of an occupant: histories (..., samples) at the samples of the pulse, and the largest of all steps (...).

    Decelerations of ``torso`` and ``head`` [m/s^2]; forward travel of both in the compartment [m]; forces of belt, airbag and
    knee contact on the torso [N].  ``excursion`` and ``head_excursion`` are the largest travels.
    """

    torso: Floats
    head: Floats
    travel: Floats
    head_travel: Floats
    belt: Floats
    airbag: Floats
    knee: Floats
    excursion: Floats
    head_excursion: Floats
    belt_force: Floats
    knee_force: Floats
    head_contact_force: Floats

    @property
    def knee_contact(self) -> NDArray[np.bool_]:
        """Whether the knees met the interior."""
        return np.greater(self.knee_force, 0.0)

    @property
    def head_contact(self) -> NDArray[np.bool_]:
        """Whether the head met the interior."""
        return np.greater(self.head_contact_force, 0.0)


def drive(
    deceleration: ArrayLike,
    dt: float,
    parameters: Mapping[str, ArrayLike],
    intrusion: ArrayLike = 0.0,
    *,
    threads: int | None = None,
) -> Driven:
    """Drive an occupant by the deceleration of its compartment.

        m_o x_o'' = -F_belt - F_bag - F_knee + F_neck,    m_h x_h'' = -F_neck - F_head bag - F_head contact

    Parameters
    ----------
    deceleration : (..., samples)
        Of the compartment [m/s^2], positive while it slows (minus the SAE J211 x channel), from contact on; CFC 60 or more.
    dt : float
        Time step [s].  The occupant takes a whole number of steps of 0.02 ms or less in it.
    parameters : mapping
        Columns of an occupant and its restraint by the names of ``columns.VEHICLE`` (``restraint.occupant``), SI, numbers or
        arrays (...); what is not given is absent.
    intrusion : (..., samples), optional
        How far the interior has come nearer [m], 0 or more, straight between samples.
    threads : int, optional
        All cores by default; the numbers do not depend on it.

    Returns
    -------
    Driven
        Of the shape to which pulses and parameters broadcast.  It ends with the record: give one that lasts until the
        occupant has turned (zeros at its end: constant speed).

    Raises
    ------
    ValueError
        What is wrong with pulse, step or parameters, a line each.
    """
    pulses, nearer = as_pulses(deceleration, dt), np.asarray(intrusion, np.float64)
    raw = {name: np.asarray(parameters.get(name, absent), np.float64) for name, absent in ABSENT.items()}
    faults = [*_pulse_faults(pulses, nearer), *_parameter_faults(parameters, raw)]
    if faults:
        raise ValueError("\n".join(faults))
    samples = pulses.shape[-1]
    shape = np.broadcast_shapes(pulses.shape[:-1], nearer.shape[:-1], *(p.shape for p in raw.values()))
    rows = math.prod(shape)
    columns = np.zeros((rows, len(VEHICLE)))
    for name, values in raw.items():
        columns[:, VEHICLE.index(name)] = np.broadcast_to(values, shape).reshape(-1)
    steps = np.broadcast_to(np.ceil(dt * _rate(raw) * (1.0 - 1e-12)), shape).reshape(-1).astype(np.int64)
    wide = (
        np.ascontiguousarray(np.broadcast_to(a, (*shape, samples)).reshape(rows, samples)) for a in (pulses, nearer)
    )
    histories, peaks = np.empty((rows, HISTORIES, samples)), np.empty((rows, PEAKS))
    map_rows(_drive_rows, rows, *wide, dt, steps, columns, histories, peaks, threads=threads)
    return Driven(
        *np.moveaxis(histories.reshape(*shape, HISTORIES, samples), -2, 0),
        *np.moveaxis(peaks.reshape(*shape, PEAKS), -1, 0),
    )


def _pulse_faults(pulses: Floats, intrusion: Floats) -> list[str]:
    found = []
    if not np.all(np.isfinite(pulses)):
        found.append("expected a deceleration of finite numbers")
    if not np.all((intrusion >= 0.0) & np.isfinite(intrusion)):
        found.append("expected an intrusion of finite numbers of 0 m or more")
    if intrusion.ndim and intrusion.shape[-1] != pulses.shape[-1]:
        found.append(f"expected an intrusion of {pulses.shape[-1]} samples like the pulse, got {intrusion.shape[-1]}")
    return found


def _parameter_faults(given: Mapping[str, ArrayLike], raw: Mapping[str, Floats]) -> list[str]:
    found = [f"unknown parameter {name!r}" for name in given if name not in ABSENT]
    found += [f"{name}: expected 0 or more" for name, value in raw.items() if not np.all(value >= 0.0)]
    found += [f"{name}: expected above 0 kg" for name in ("torso_mass", "head_mass") if np.any(raw[name] == 0.0)]
    found += [
        f"{name}_unloading: expected at least the stiffness of loading"
        for name in (*TORSO_LAWS, *HEAD_LAWS)
        if np.any(raw[f"{name}_unloading"] < raw[f"{name}_stiffness"])
    ]
    if np.any(raw["airbag_full"] <= raw["airbag_fire"]):
        found.append("airbag_full: expected a time after the airbag fires")
    return found


def _rate(raw: Mapping[str, Floats]) -> Floats:
    """Steps per second that follow the motion, and the stiffest unloading and damping (setup.STIFFEST)."""
    torso, head = (
        (sum(raw[f"{name}_unloading"] for name in laws) + raw["neck_stiffness"]) / raw[mass]
        for laws, mass in ((TORSO_LAWS, "torso_mass"), (HEAD_LAWS, "head_mass"))
    )
    damping = raw["neck_damping"] * (1.0 / raw["torso_mass"] + 1.0 / raw["head_mass"])
    fastest: Floats = np.maximum(np.sqrt(torso + head), damping) / math.sqrt(STIFFEST)
    return np.maximum(fastest, 1.0 / STEP)


@compiled
def _drive_rows(
    first: int, last: int, pulses: Floats, intrusion: Floats, dt: float, steps: NDArray[np.int64], columns: Floats,
    histories: Floats, peaks: Floats,
) -> None:  # fmt: skip
    constants = np.empty(N_OWN)
    for row in range(first, last):
        h = dt / steps[row]
        put_own(constants, 0, columns[row], 0, h, 0.0)
        masses = columns[row, TORSO], columns[row, HEAD]
        _drive(pulses[row], intrusion[row], h, steps[row], masses, constants, histories[row], peaks[row])


@traced
def _held(
    constants: Floats, t: float, h: float, place: Four, velocity: Four, nearer: float, memory: tuple[float, ...]
) -> tuple[float, float, float, tuple[float, ...]]:  # fmt: skip
    """Forces on torso and head and that of the neck, at time ``t``; memory (as in a crash, with the firewall's first)."""
    memory, _ = timed(constants, 0, t, h, place, velocity, memory, 0.0 * nearer)
    held, struck, bend, own, _ = restraint(
        constants, 0, (place[0], *place[2:]), (velocity[0], *velocity[2:]), nearer, memory[1:], 0.0 * nearer
    )
    return held, struck, bend, (memory[0], *own)


@subroutine
def _drive(
    pulse: Floats, intrusion: Floats, h: float, steps: int, masses: tuple[float, float], constants: Floats,
    histories: Floats, peaks: Floats,
) -> None:  # fmt: skip
    """One occupant, in the frame that moves with the speed at contact: c, o, e are the places of compartment, torso, head.

    Velocities are scaled by h and stand at the half steps, as in ``crash.integrate``.
    """
    to_torso, to_head = h * h / masses[0], h * h / masses[1]
    memory: tuple[float, ...] = (
        math.inf, constants[BELT + GAP], constants[BAG + GAP], constants[KNEE + GAP], constants[HEAD_BAG + GAP],
        constants[CONTACT + GAP], 0.0, 0.0,
    )  # fmt: skip
    c = o = e = w_c = w_o = w_e = g_o = g_e = 0.0
    histories[:, 0] = 0.0
    peaks[:] = 0.0
    for i in range(1, pulse.size):
        g_c = -0.5 * h * h * (pulse[i - 1] + pulse[i])  # constant in the interval
        comes = (intrusion[i] - intrusion[i - 1]) / steps
        held = belt = knee = 0.0
        for k in range(1, steps + 1):
            c, w_c = c + w_c + 0.5 * g_c, w_c + g_c  # exact, at the time of the places
            o, e, nearer = o + w_o, e + w_e, intrusion[i - 1] + k * comes
            q_o, q_e = w_o + 0.5 * g_o, w_e + 0.5 * g_e
            t = ((i - 1) * steps + k) * h
            held, struck, bend, memory = _held(constants, t, h, (c, 0.0, o, e), (w_c, 0.0, q_o, q_e), nearer, memory)
            g_o, g_e = (bend - held) * to_torso, -(bend + struck) * to_head
            w_o, w_e = w_o + g_o, w_e + g_e
            belt, _ = law(constants, BELT, o - c + memory[WEBBING], memory[1])
            knee, _ = law(constants, KNEE, o - c + nearer, memory[3])
            hit, _ = law(constants, CONTACT, e - c + nearer, memory[5])
            loads = (o - c, e - c, belt, knee, hit)
            for j in range(PEAKS):
                peaks[j] = max(peaks[j], loads[j])
        now = (-g_o / (h * h), -g_e / (h * h), o - c, e - c, belt, held - belt - knee, knee)
        for j in range(HISTORIES):
            histories[j, i] = now[j]
