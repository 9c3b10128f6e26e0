"""Lanes: a law gives the same bits as Python floats, as a compiled scalar, and on 4, 8 and 16 lanes."""

from __future__ import annotations

import json
import math
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite.binding
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numba import njit
from numba.core.errors import TypingError
from numba.extending import register_jitable
from numpy.typing import NDArray

from crashsim.kernels.lanes import (
    align_stack,
    any_true,
    if_any,
    load,
    maximum,
    minimum,
    pack,
    select,
    sqrt,
    store,
    traced,
)

WIDTHS = (4, 8, 16)
MANY = 16  # cases per example: a multiple of every width
SPECIAL = [0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 5e-324, -5e-324, 1.8e308, -1.8e308, 2.0**53]
NUMBERS = st.sampled_from(SPECIAL) | st.floats() | st.floats(-1e3, 1e3)
ON_X86 = pytest.mark.skipif(platform.machine() not in {"x86_64", "AMD64"}, reason="reads x86 assembly")

Floats = NDArray[np.float64]


def bits(x: Any) -> list[int]:
    """The bits of each number, with one NaN for all: sign and payload of a NaN are not defined."""
    x = np.array(x, dtype=np.float64)
    x[np.isnan(x)] = math.nan
    return x.ravel().view(np.int64).tolist()


# One law with every operation, so that each form is compiled once; it returns one number per name in OPERATIONS.


@register_jitable
def nonzero(x: float) -> float:
    return select(x == 0.0, 1.0, x)


OPERATIONS = (
    *("a + b", "a - b", "a * b", "a / b", "-a", "a * b + c", "number + a", "a - number", "integer * a", "number / a"),
    *("+=", "-=", "*=", "/=", "sqrt", "maximum", "minimum", "maximum number", "minimum number"),
    *("<", "<=", ">", ">=", "==", "!=", "&", "select numbers"),
)


@register_jitable
def every_operation(a: float, b: float, c: float) -> tuple[float, ...]:
    added, subtracted, multiplied, divided = a, a, a, a
    added += b
    subtracted -= b
    multiplied *= b
    divided /= nonzero(b)
    return (
        *(a + b, a - b, a * b, a / nonzero(b), -a, a * b + c, 0.1 + a, a - 0.1, 3 * a, 0.1 / nonzero(a)),
        *(added, subtracted, multiplied, divided, sqrt(a), maximum(a, b), minimum(a, b)),
        *(maximum(0.0, a), minimum(a, 0.0)),
        *(select(a < b, b, c), select(a <= b, b, c), select(a > b, b, c), select(a >= b, b, c)),
        *(select(a == b, b, c), select(a != b, b, c), select((a < b) & (b < c), a, c), select(a < 0.0, -1.0, 1.0)),
    )


@cache
def kernel(width: int) -> Callable[[Floats, Floats], None]:
    @njit
    def run(numbers: Floats, out: Floats) -> None:
        for i in range(0, out.shape[1], width):
            results = every_operation(
                load(numbers[0], i, width), load(numbers[1], i, width), load(numbers[2], i, width)
            )
            for k in range(len(results)):
                store(out[k], i, results[k])

    return run


def run_form(run: Callable[[Floats, Floats], None], numbers: Floats) -> dict[str, list[int]]:
    out = np.zeros((len(OPERATIONS), MANY))
    run(numbers, out)
    return dict(zip(OPERATIONS, map(bits, out), strict=True))


@settings(max_examples=150, deadline=None)
@given(arrays(np.float64, (3, MANY), elements=NUMBERS, fill=st.nothing()))
def test_every_operation_has_the_same_bits_in_every_form(numbers: Floats) -> None:
    expected = run_form(kernel(1).py_func, numbers)
    for width in (1, *WIDTHS):
        assert run_form(kernel(width), numbers) == expected, f"width {width}"


def test_every_pair_of_special_values_has_the_same_bits_in_every_form() -> None:
    pairs = np.array([(a, b, c) for a in SPECIAL for b in SPECIAL for c in (0.5, -0.0, math.nan)])
    for block in pairs.reshape(-1, MANY, 3):
        expected = run_form(kernel(1).py_func, block.T.copy())
        assert [run_form(kernel(width), block.T.copy()) for width in (1, *WIDTHS)] == [expected] * 4


@pytest.mark.parametrize(("a", "b"), [(0.0, -0.0), (-0.0, 0.0), (math.nan, 1.0), (1.0, math.nan), (2.0, 2.0)])
def test_extremes_return_the_second_of_equal_or_unordered_numbers(a: float, b: float) -> None:
    assert bits(maximum(a, b)) == bits(minimum(a, b)) == bits(b)


def test_square_root_outside_its_domain() -> None:
    assert bits([sqrt(-0.0), sqrt(-1.0), sqrt(math.nan), sqrt(math.inf)]) == bits([-0.0, math.nan, math.nan, math.inf])


def test_division_by_zero_raises_for_scalars_and_follows_ieee_on_lanes() -> None:
    def divide(a: Floats, out: Floats, width: int) -> None:
        store(out, 0, load(a, 0, width) / load(a, 4, width))

    a, out = np.array([1.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, -0.0]), np.zeros(4)
    with pytest.raises(ZeroDivisionError):
        divide(a, out, 1)
    with pytest.raises(ZeroDivisionError):
        njit(lambda a, out: out.fill(load(a, 0, 1) / load(a, 4, 1)))(a, out)
    njit(lambda a, out: store(out, 0, load(a, 0, 4) / load(a, 4, 4)))(a, out)
    assert bits(out) == bits([math.inf, -math.inf, math.nan, -math.inf])


@given(arrays(np.float64, 8, elements=st.sampled_from([-1.0, 1.0, math.nan])), st.sampled_from([-1.0, 1.0, math.nan]))
@settings(max_examples=60, deadline=None)
def test_any_true_sees_every_lane(x: Floats, bound: float) -> None:
    assert any_below(x, bound) == bool((x < bound).any())
    assert first_below(x, bound) == any_true(bool(x[0] < bound)) == bool(x[0] < bound)


@njit
def any_below(x: Floats, bound: float) -> bool:
    return any_true(load(x, 0, 8) < bound)


@njit
def first_below(x: Floats, bound: float) -> bool:
    return any_true(load(x, 0, 1) < bound)


# Memory


@cache
def mover(width: int) -> Callable[[Floats, int, Floats, int], None]:
    @njit
    def move(source: Floats, i: int, target: Floats, j: int) -> None:
        store(target, j, load(source, i, width))

    return move


@traced
def beyond(x: float, bound: float) -> tuple[float, float]:
    """Excess over a bound and how often it was looked for."""
    mask = x > bound

    def excess(_: float, looked: float) -> tuple[float, float]:
        return select(mask, x - bound, 0.0), select(mask, looked + 1.0, looked)

    found, looked = if_any(mask, excess, (0.0, x * 0.0))
    return found, looked


@cache
def beyond_on(width: int) -> Any:
    @njit
    def run(x: Floats, bound: float, out: Floats) -> None:
        for i in range(0, x.size, width):
            found, looked = beyond(load(x, i, width), bound)
            store(out, i, found)
            store(out, x.size + i, looked)

    return run


@given(arrays(np.float64, MANY, elements=st.floats(-10.0, 10.0)), st.floats(-10.0, 12.0))
@settings(max_examples=30, deadline=None)
def test_a_branch_is_taken_if_any_case_needs_it_and_changes_no_other(x: Floats, bound: float) -> None:
    for width in (1, *WIDTHS):
        out = np.zeros(2 * MANY)
        beyond_on(width)(x, bound, out)
        np.testing.assert_array_equal(out[:MANY], np.maximum(x - bound, 0.0))
        np.testing.assert_array_equal(out[MANY:], x > bound)
    assert beyond(float(x[0]), bound) == (max(x[0] - bound, 0.0), float(x[0] > bound))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 48), st.integers(0, 48), st.sampled_from((1, *WIDTHS)))
def test_load_and_store_touch_their_cases_and_no_other(i: int, j: int, width: int) -> None:
    source, target = np.random.default_rng(i).normal(size=64), np.zeros(64)
    mover(width)(source, i, target, j)
    expected = np.zeros(64)
    expected[j : j + width] = source[i : i + width]
    assert bits(target) == bits(expected)


def test_load_takes_read_only_arrays_and_store_does_not() -> None:
    source, target = np.arange(8.0), np.zeros(8)
    source.flags.writeable = False
    mover(4)(source, 2, target, 1)
    assert target.tolist() == [0, 2, 3, 4, 5, 0, 0, 0]
    with pytest.raises(TypingError):
        mover(4)(target, 0, source, 0)


@pytest.mark.parametrize("array", [np.zeros(32)[::2], np.zeros(32, dtype=np.float32), np.zeros((4, 8))])
def test_only_contiguous_columns_of_float64_are_loaded(array: Any) -> None:
    with pytest.raises(TypingError):
        mover(8)(array, 0, np.zeros(8), 0)


def test_width_must_be_a_constant() -> None:
    with pytest.raises(TypingError):
        njit(lambda array, width: store(array, 0, load(array, 0, width)))(np.zeros(8), 8)


def test_widths_do_not_mix() -> None:
    with pytest.raises(TypingError):
        njit(lambda array: store(array, 0, load(array, 0, 4) + load(array, 0, 8)))(np.zeros(8))


def test_plain_python_runs_one_case_at_a_time() -> None:
    with pytest.raises(ValueError, match="number of cases must be 1, not 8"):
        load(np.zeros(8), 0, 8)


@given(st.integers(1, 40), st.sampled_from((1, *WIDTHS)))
def test_pack_pads_to_whole_blocks_and_repeats_the_last_case(cases: int, width: int) -> None:
    varied = np.arange(1.0, cases + 1)
    values, start, step = pack([7, varied, -1.5], width)
    padded = -(-cases // width) * width
    for k, parameter in enumerate((7, varied, -1.5)):
        blocks = [values[start[k] + step[k] * i :][:width] for i in range(0, padded, width)]
        expected = np.broadcast_to(parameter, cases).tolist()
        assert np.concatenate(blocks).tolist() == expected + expected[-1:] * (padded - cases)
    assert values.size == padded + 2 * width
    assert step.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    "parameters", [[np.zeros(2), np.zeros(3)], [np.zeros((2, 2))], [1.0, np.zeros(1), np.zeros(4)]]
)
def test_pack_refuses_parameters_that_do_not_fit_together(parameters: list[Any]) -> None:
    with pytest.raises(ValueError, match="one number per case"):
        pack(parameters, 8)


# A crash of two masses and one spring with a memory, written once, by leapfrog.  With the residual crush p the force is
# F = ku max(c - p, 0): p follows the crush c while F climbs a slope to its plateau, and stays while F falls along ku.

SLOPE, OFFSET, KNEE, UNLOADING, INVERSE_MASS, SPEED = range(6)
RESULTS = 4


@register_jitable
def spring(crush: float, residual: float, slope: float, offset: float, knee: float, ku: float) -> tuple[float, float]:
    """Force, and residual crush: hinges of the loading curve on c - F(c)/ku."""
    residual = maximum(residual, slope * crush + offset + (1.0 - slope) * maximum(crush - knee, 0.0))
    return ku * maximum(crush - residual, 0.0), residual


@cache
def leapfrog(width: int) -> Callable[..., None]:
    @njit(nogil=True)
    def run(columns: Any, out: Floats, steps: int, dt: float) -> None:
        align_stack()
        values, start, step = columns
        for i in range(0, out.shape[1], width):
            slope = load(values, start[SLOPE] + step[SLOPE] * i, width)
            offset = load(values, start[OFFSET] + step[OFFSET] * i, width)
            knee = load(values, start[KNEE] + step[KNEE] * i, width)
            ku = load(values, start[UNLOADING] + step[UNLOADING] * i, width)
            inverse_mass = load(values, start[INVERSE_MASS] + step[INVERSE_MASS] * i, width)
            speed = load(values, start[SPEED] + step[SPEED] * i, width)
            crush, residual, peak, duration = 0.0, 0.0, 0.0, 0.0
            for _ in range(steps):
                crush += speed * dt
                force, residual = spring(crush, residual, slope, offset, knee, ku)
                speed -= force * inverse_mass * dt
                peak = maximum(peak, force)
                duration = select((force > 0.0) & (speed > 0.0), duration + dt, duration)
            store(out[0], i, speed)
            store(out[1], i, residual)
            store(out[2], i, sqrt(peak * peak))
            store(out[3], i, duration)

    return run


def crash_parameters(cases: int) -> list[Any]:
    random = np.random.default_rng(7)
    slope, knee, ku = random.uniform(0.9, 0.95, cases), random.uniform(0.1, 0.3, cases), 2e7
    return [slope, 0.0, knee, ku, random.uniform(1e-3, 2e-3, cases), random.uniform(5.0, 12.0, cases)]


def crashes(parameters: list[Any], cases: int, width: int, *, plain: bool = False, steps: int = 400) -> Floats:
    columns = pack(parameters, width)
    out = np.zeros((RESULTS, -(-cases // width) * width))
    run: Any = leapfrog(width)
    (run.py_func if plain else run)(columns, out, steps, 5e-4)
    return out[:, :cases]


def test_a_crash_has_the_same_bits_in_every_form() -> None:
    cases = 21  # no multiple of any width
    parameters = crash_parameters(cases)
    plain = crashes(parameters, cases, 1, plain=True)
    assert (plain[0] < 0.0).all()  # every crash rebounds
    assert (plain[1:] > 0.0).all()  # and leaves residual crush, after a peak force, after some time
    for width in (1, *WIDTHS):
        assert bits(crashes(parameters, cases, width)) == bits(plain), f"width {width}"


def test_a_crash_keeps_its_bits_whatever_its_neighbours() -> None:
    cases = 21
    parameters = crash_parameters(cases)
    order = np.random.default_rng(1).permutation(cases)
    shuffled = [p[order] if isinstance(p, np.ndarray) else p for p in parameters]
    assert bits(crashes(shuffled, cases, 8)) == bits(crashes(parameters, cases, 8)[:, order])
    alone = [p[5:6] if isinstance(p, np.ndarray) else p for p in parameters]
    assert bits(crashes(alone, 1, 8)) == bits(crashes(parameters, cases, 8)[:, 5:6])


def test_the_peak_force_of_a_linear_spring_closes_on_its_closed_form() -> None:
    # Short of the knee F = k c, k = ku (1 - slope): a mass m that meets it at speed v feels a peak of v sqrt(k m).
    slope, ku, inverse_mass, speed = 0.9, 2e7, 1e-3, 10.0
    out = crashes([slope, 0.0, 1e9, ku, inverse_mass, speed], 1, 8, steps=2000)
    assert out[2, 0] == pytest.approx(speed * math.sqrt(ku * (1 - slope) / inverse_mass), rel=1e-2)


# What the compiler made of it


def assembly(width: int) -> tuple[str, str]:
    run: Any = leapfrog(width)
    crashes(crash_parameters(1), 1, width, steps=1)
    return next(iter(run.inspect_llvm().values())), next(iter(run.inspect_asm().values()))


@pytest.mark.parametrize("width", WIDTHS)
def test_lanes_are_vectors_in_the_intermediate_code(width: int) -> None:
    code, _ = assembly(width)
    for operation in ("fadd", "fsub", "fmul"):
        assert f"{operation} <{width} x double>" in code


@ON_X86
def test_lanes_use_the_widest_registers_of_the_machine() -> None:
    features = llvmlite.binding.get_host_cpu_features()
    register = "zmm" if features.get("avx512f") else "ymm" if features.get("avx") else "xmm"
    _, code = assembly(8)
    products = [line for line in code.splitlines() if "mulpd" in line]
    assert products
    assert all(f"%{register}" in line for line in products)


@ON_X86
def test_the_stack_frame_is_aligned_to_a_cache_line() -> None:
    _, code = assembly(16)
    assert "$-64, %rsp" in code


@ON_X86
@pytest.mark.parametrize("width", (1, *WIDTHS))
def test_products_and_sums_are_not_fused(width: int) -> None:

    _, code = assembly(width)
    assert "vfmadd" not in code
    assert "vfnmadd" not in code


# A kernel in a file of its own: cached on disk, and with the JIT off

MODULE = """
import json, sys
import numpy as np
from numba import njit
from crashsim.kernels.lanes import align_stack, load, maximum, pack, sqrt, store

WIDTH = int(sys.argv[1])

@njit(cache=True)
def law(x, y):
    return sqrt(maximum(x * y, 0.0))

@njit(cache=True, nogil=True)
def block(columns, out):
    align_stack()
    values, start, step = columns
    for i in range(0, out.size, WIDTH):
        x = load(values, start[0] + step[0] * i, WIDTH)
        store(out, i, law(x, load(values, start[1] + step[1] * i, WIDTH)))

out = np.zeros(16)
block(pack([np.linspace(-1.0, 3.0, 16), 0.7], WIDTH), out)
hits = sum(block.stats.cache_hits.values()) if hasattr(block, "stats") else None
print(json.dumps({"hits": hits, "bits": out.view(np.int64).tolist()}))
"""


def run_module(folder: Path, width: int, **environment: str) -> dict[str, Any]:
    path = folder / "own_kernel.py"
    if not path.exists():  # numba's cache compares its time stamp
        path.write_text(MODULE)
    environment = os.environ | {"NUMBA_CACHE_DIR": str(folder / "cache")} | environment
    command = [sys.executable, str(path), str(width)]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_a_second_process_loads_the_kernel_from_the_cache(tmp_path: Path) -> None:
    first = run_module(tmp_path, 8)
    second = run_module(tmp_path, 8)
    assert (first["hits"], second["hits"]) == (0, 1)
    assert first["bits"] == second["bits"]


def test_with_the_jit_off_a_kernel_of_width_1_has_the_same_bits(tmp_path: Path) -> None:
    off = run_module(tmp_path, 1, NUMBA_DISABLE_JIT="1")
    assert off["hits"] is None
    assert off["bits"] == run_module(tmp_path, 8)["bits"]
