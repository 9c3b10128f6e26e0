"""One crash step by step: what ``crash.integrate`` computes and does not keep, for the pulses of named cases."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crashsim.kernels.cache import compiled
from crashsim.kernels.crash import (
    MEMORY,
    SAMPLES,
    Four,
    busy,
    centred,
    contact,
    drift,
    free_law,
    kick,
    law,
    let_go,
    loaded_further,
    predicted,
    slower,
    started,
    timed,
    turning_point,
)  # fmt: skip
from crashsim.kernels.finish import P_BELT, WEBBING
from crashsim.kernels.lanes import Columns, load, maximum, minimum, traced
from crashsim.kernels.laws import rate_sensitive
from crashsim.kernels.rails import KINK, Unloading, peak_at_crush, released
from crashsim.kernels.setup import (
    BELT,
    BLOCK,
    KINKS,
    LET_GO,
    N_CASE,
    N_FOUND,
    N_VEHICLE,
    OWN_A,
    OWN_B,
    PAIR_RATE,
    PATH_A,
    PATH_B,
    START,
    put_case,
    put_kinks,
    row,
    two_masses,
)  # fmt: skip

Floats = NDArray[np.float64]

# Rows of a history: forces between the two, then what belongs to each vehicle.
OF_PAIR = ("rails", "blocks")
OF_VEHICLE = ("deceleration", "lost_speed", "crush", "chest", "head", "belt")
RAILS, BLOCKS = range(len(OF_PAIR))
DECELERATION, LOST_SPEED, CRUSH, CHEST, HEAD_A, BELT_FORCE = range(len(OF_VEHICLE))


def history(columns: Columns, points: int, case: int, per_ms: int) -> dict[str, Floats]:
    """Histories of one case over 300 ms at its own step, ``per_ms`` steps per millisecond.

    ``rails`` and ``blocks``: forces between the two [N] (samples,); of each vehicle, (2, samples): ``deceleration`` and
    ``lost_speed`` of the compartment [m/s^2], [m/s], ``crush`` of its front [m], decelerations of ``chest`` and ``head``
    [m/s^2], ``belt`` force [N].  Columns and points as in ``batch.solve``.
    """
    raw = columns.values[columns.start + columns.step * case]
    rows = np.zeros((len(OF_PAIR) + 2 * len(OF_VEHICLE), (SAMPLES - 1) * per_ms + 1))
    crash_history(raw, points, per_ms, rows)
    of_vehicle = rows[len(OF_PAIR) :].reshape(2, len(OF_VEHICLE), -1)
    return {name: rows[i] for i, name in enumerate(OF_PAIR)} | {
        name: of_vehicle[:, i] for i, name in enumerate(OF_VEHICLE)
    }


@traced
def path(found: Floats, at: int, like: float) -> Unloading:
    """How a front unloads."""
    return Unloading(*(row(found, at + k, like) for k in range(6)))


@compiled
def crash_history(raw: Floats, points: int, per_ms: int, rows: Floats) -> None:
    """The loop of ``crash.integrate`` for one crash, every step of which is written to ``rows`` (see `history`)."""
    h, rate, kinks = 1e-3 / per_ms, 1e3 * per_ms, 2 * points + 1
    curve, constants, found = np.empty((kinks, KINK)), np.zeros(KINKS + 2 * kinks), np.zeros(N_FOUND)
    used = two_masses(raw, points, 0, 1, curve, found)
    put_kinks(constants, 0, 1, curve, used, used)
    put_case(constants, raw, N_CASE + N_VEHICLE + 2 * points, found, h, load(found, 0, 1))
    path_a, path_b = path(found, PATH_A, load(found, 0, 1)), path(found, PATH_B, load(found, 0, 1))
    like = load(constants, 0, 1)
    place_a, speed_a, memory_a, sums_a = started(constants, OWN_A, like)
    place_b, speed_b, memory_b, sums_b = started(constants, OWN_B, like)
    g_a = g_b = (0.0, 0.0, 0.0, 0.0)
    rails: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    p_block, rate_factor = load(constants, BLOCK + 4, like), load(constants, PAIR_RATE, like) * rate
    begin, end = busy(constants, h, 1)
    d = q = blocks = free = 0.0
    release = load(constants, LET_GO, like)
    for step in range(1, rows.shape[1]):
        place_a, place_b = drift(place_a, speed_a), drift(place_b, speed_b)
        velocity_a, velocity_b = predicted(speed_a, g_a), predicted(speed_b, g_b)
        d_before, d = d, place_a[0] + place_b[0]
        before, q = q, velocity_a[0] + velocity_b[0]
        d, blocks, q, free, share = let_go(d_before, d, blocks, place_a[1] + place_b[1], q, release, free)
        reached = d
        if before > 0.0 and q <= 0.0:
            reached = minimum(turning_point(d, before, q, g_a[0] + g_b[0]), release)
        if reached > rails[0]:
            rails = loaded_further(constants, maximum(reached, rails[0]), used)
        quasi_static = contact(constants, rails, d) * share
        force = rate_sensitive(quasi_static, rate_factor, q)
        block, p_block = free_law(constants, BLOCK, blocks, p_block)
        block = block * share
        if begin <= step * h <= end:
            memory_a, _ = timed(constants, OWN_A, step * h, h, place_a, velocity_a, memory_a, 0.0)
            memory_b, _ = timed(constants, OWN_B, step * h, h, place_b, velocity_b, memory_b, 0.0)
        g_a, memory_a, sums_a = kick(constants, OWN_A, force, block, rails[5], place_a, velocity_a, memory_a, sums_a)
        g_b, memory_b, sums_b = kick(constants, OWN_B, force, block, rails[6], place_b, velocity_b, memory_b, sums_b)
        speed_a, speed_b = slower(speed_a, g_a), slower(speed_b, g_b)
        rows[RAILS, step], rows[BLOCKS, step] = force, block
        peak = peak_at_crush(curve, used, rails[0])
        low = minimum(quasi_static, peak.force)
        for to, first, place, speed, g, memory, unloading, most in (
            (len(OF_PAIR), OWN_A, place_a, speed_a, g_a, memory_a, path_a, peak.crush_a),
            (
                len(OF_PAIR) + len(OF_VEHICLE),
                OWN_B,
                place_b,
                speed_b,
                g_b,
                memory_b,
                path_b,
                peak.mutual - peak.crush_a,
            ),
        ):
            rows[to + DECELERATION, step] = g[0] * rate * rate
            rows[to + LOST_SPEED, step] = (load(constants, first + START, like) - centred(speed, g)[0]) * rate
            rows[to + CRUSH, step] = most - released(unloading, peak.force, low)[0]
            rows[to + CHEST, step], rows[to + HEAD_A, step] = g[2] * rate * rate, g[3] * rate * rate
            rows[to + BELT_FORCE, step] = belt(constants, first, place, memory)


@traced
def belt(constants: Floats, first: int, place: Four, memory: tuple[float, ...]) -> float:
    """Force of the belt on the torso."""
    return law(constants, first + BELT, place[2] - place[0] + memory[WEBBING - MEMORY], memory[P_BELT - MEMORY])[0]
