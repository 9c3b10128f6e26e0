"""The same bits for any threads, chunks and order, in lanes and one by one, compiled and run by the interpreter."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import crashsim
from crashsim import structure
from crashsim.cases import Cases, build, longest_curve, raw_columns
from crashsim.engine import local
from crashsim.kernels import batch
from crashsim.kernels.columns import CASE_METRICS, VEHICLE_METRICS
from crashsim.kernels.history import OF_PAIR, OF_VEHICLE, crash_history, history
from crashsim.kernels.lanes import Columns
from crashsim.structure import Structure


@pytest.fixture(scope="module")
def sweep() -> Cases:
    k, fp = np.meshgrid(np.linspace(0.8e6, 2.4e6, 17), np.linspace(120e3, 420e3, 20))
    n = k.size
    kei = structure.plateau(k.ravel(), fp.ravel(), 0.6, 3e6, 1e8)
    pickup = structure.curve(
        np.tile([0.0, 0.27, 0.75, 0.9], (n, 1)), np.tile([0.0, 430e3, 860e3, 9e5], (n, 1)), 6e6, 65e6
    )
    rng = np.random.default_rng(3)
    v = rng.uniform(1.0, 50.0, n)
    asked = np.where(rng.random(n) < 0.5, np.nan, rng.uniform(0, 0.3, n))
    return Cases(rng.uniform(600, 3000, (n, 2)), np.stack([v, 0 * v], -1), v, (kei, pickup), asked, {})


def part(whole: Cases, rows: slice | NDArray[np.intp]) -> Cases:
    ends = tuple(Structure(**{name: value[rows] for name, value in vars(s).items()}) for s in whole.structures)
    return Cases(
        whole.mass[rows], whole.speed[rows], whole.closing_speed[rows], (ends[0], ends[1]), whole.restitution[rows], {}
    )


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_same_bits_for_any_number_of_threads(sweep: Cases, threads: int) -> None:
    one, many = local.solve(sweep, 1), local.solve(sweep, threads)
    for name in one:
        np.testing.assert_array_equal(one[name], many[name])


@pytest.mark.parametrize("size", [1, 7, 100])
def test_same_bits_for_any_chunks_of_cases(sweep: Cases, size: int) -> None:
    whole = local.solve(sweep)
    pieces = [local.solve(part(sweep, slice(i, i + size))) for i in range(0, len(sweep.closing_speed), size)]
    for name in whole:
        np.testing.assert_array_equal(whole[name], np.concatenate([piece[name] for piece in pieces]))


@pytest.mark.parametrize("chunk, threads", [(7, 1), (7, 2), (50, 2)])
def test_study_has_the_same_bits_for_any_chunks(monkeypatch: pytest.MonkeyPatch, chunk: int, threads: int) -> None:
    whole = crashsim.run("highway", threads=1)
    monkeypatch.setattr(local, "CHUNK", chunk)
    pieces = crashsim.run("highway", threads=threads)
    assert list(pieces.columns) == list(whole.columns)
    for name, values in whole.columns.items():
        np.testing.assert_array_equal(pieces.columns[name], values)


# ---- one crash: run by the interpreter, compiled, and in the lanes of a batch --------------------------------------------


def laid_out(whole: Cases) -> tuple[Columns, int, int]:
    columns = batch.laid_out([column for _, column in raw_columns(whole)])
    return columns, longest_curve(whole), len(whole.closing_speed)


@pytest.fixture(scope="module")
def with_occupants() -> Cases:
    """Four crashes of a kei car and a pickup with a belted occupant in each."""
    (impact,) = (i for i in crashsim.load_study("highway").impacts if i.name == "head-on")
    parts = [build(impact, i, i + 1) for i in (10, 35, 60, 80)]
    v = np.concatenate([p.closing_speed for p in parts])
    ends = [Structure(**{n: np.concatenate([getattr(p.structures[i], n) for p in parts]) for n in vars(parts[0].structures[i])})
            for i in range(2)]  # fmt: skip
    mass, speed = (np.concatenate([getattr(p, n) for p in parts]) for n in ("mass", "speed"))
    return Cases(mass, speed, v, (ends[0], ends[1]), np.full(4, np.nan), {}, parts[0].bodies)


@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning", "ignore:invalid value:RuntimeWarning")
def test_compiled_kernel_does_what_its_source_says(with_occupants: Cases) -> None:
    """The same functions run by the interpreter: silent infinities of absent elements are warnings there."""
    columns, points, _ = laid_out(with_occupants)
    raw = columns.values[columns.start + 2 * columns.step]
    compiled, interpreted = np.zeros((2, len(OF_PAIR) + 2 * len(OF_VEHICLE), 100 * 4))
    crash_history(raw, points, 4, compiled)
    crash_history.py_func(raw, points, 4, interpreted)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(interpreted, compiled)
    assert np.all(compiled[:, 100:].any(axis=1)[[0, *range(2, 14)]])  # all but the blocks: these cars have none


def test_a_lane_is_a_crash_of_its_own(with_occupants: Cases) -> None:
    """Peaks of a batch in lanes are, bit for bit, those of the same crashes stepped one by one."""
    columns, points, n = laid_out(with_occupants)
    out, steps = batch.solve(columns, points, n, 1)
    for i, per_ms in enumerate(steps.tolist()):
        found = history(columns, points, i, per_ms)
        for row, name in (("deceleration", "peak_acceleration"), ("chest", "chest_peak")):
            of_both = [len(CASE_METRICS) + VEHICLE_METRICS.index(name) + side for side in (0, len(VEHICLE_METRICS))]
            np.testing.assert_array_equal(found[row].max(axis=1), out[i, of_both])
        assert found["rails"].max() == out[i, CASE_METRICS.index("peak_force")]


@pytest.mark.parametrize("order", ["backward", "shuffled"])
def test_same_bits_in_any_order(sweep: Cases, order: str) -> None:
    columns, points, n = laid_out(sweep)
    index = np.arange(n)[::-1] if order == "backward" else np.random.default_rng(1).permutation(n)
    other, _, _ = laid_out(part(sweep, index))
    np.testing.assert_array_equal(batch.solve(other, points, n, 1)[0], batch.solve(columns, points, n, 1)[0][index])
