"""A whole crash as plain Python floats, as compiled scalars and in lanes: the same bits in every metric but for the sign of a zero."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import njit
from oracle import random_case

from crashsim.kernels import batch, block
from crashsim.kernels.columns import ABSENT, N_METRICS, VEHICLE
from crashsim.kernels.lanes import Columns, load

POINTS = 6
SEEDS = (1, 4, 7, 11, 12, 19, 23, 31)


def columns(cases: list[dict[str, Any]]) -> Columns:
    """What the kernel reads, one column per parameter."""
    rows = []
    for case in cases:
        row = [case["closing_speed"], case["restitution"], case.get("release", np.inf)]
        for side in "ab":
            given = dict.fromkeys(VEHICLE, 0.0) | ABSENT | case[side]
            if np.isinf(given["mass"]):
                given |= {"compartment_stiffness": np.inf, "unloading_stiffness": np.inf}
            row += [given[name] for name in VEHICLE]
            row += [given.get(f"{kind}_{i}", 0.0) for kind in ("crush", "force") for i in range(1, POINTS + 1)]
        rows.append(row)
    return batch.laid_out(list(np.array(rows).T))


@pytest.fixture(scope="module")
def crashes() -> Columns:
    cases = [random_case(np.random.default_rng([9, seed])) for seed in SEEDS]
    cases[1]["release"], cases[4]["release"] = 0.25, 0.1  # two that slide past each other
    return columns(cases)


@njit(error_model="numpy")
def scalars(per_ms: int, values: Any, start: Any, step: Any, out: Any) -> None:
    work = block.workspace(POINTS, per_ms, 1)
    like = load(work.constants, 0, 1)
    case = np.empty(1, np.int64)
    for i in range(len(out)):
        case[0] = i
        block.run_block(case, per_ms, values, start, step, POINTS, out, work, like)


def test_a_crash_has_the_same_bits_in_every_form(crashes: Columns) -> None:
    lanes, _ = batch.solve(crashes, POINTS, len(SEEDS), 1, 3)
    scalar = np.empty_like(lanes)
    scalars(3, *crashes, scalar)
    plain = np.empty((1, N_METRICS))
    scalars.py_func(3, *crashes, plain)  # the first crash: exact fractions take their time
    assert np.array_equal(scalar, lanes, equal_nan=True)  # but for the sign of a zero
    assert np.array_equal(plain[0], lanes[0], equal_nan=True)


def test_bits_do_not_depend_on_threads_order_or_neighbours(crashes: Columns) -> None:
    expected, _ = batch.solve(crashes, POINTS, len(SEEDS), 1)
    twice, _ = batch.solve(crashes, POINTS, len(SEEDS), 2)
    assert twice.tobytes() == expected.tobytes()
    table = crashes.values.reshape(-1, len(SEEDS))
    for order in (range(len(SEEDS) - 1, -1, -1), [3, 3, 0, 5, 1], [6], [*range(8), *range(8), 2]):
        chosen = list(order)
        some, _ = batch.solve(batch.laid_out(list(table[:, chosen])), POINTS, len(chosen), 2)
        assert some.tobytes() == expected[chosen].tobytes()
