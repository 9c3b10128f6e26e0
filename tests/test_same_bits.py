"""The same bits for any threads and chunks, and from the kernel's source run by the interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from crashes import cases

import crashsim
from crashsim import structure
from crashsim.cases import Cases
from crashsim.engine import local
from crashsim.kernels.crash import N_METRICS, crash_block, crash_history
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


def part(whole: Cases, rows: slice) -> Cases:
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


INTERPRETED = """
import sys, warnings
import numpy as np
warnings.simplefilter("ignore", RuntimeWarning)  # inf/inf of a rigid body is silent in compiled code
from crashsim.kernels import crash
assert not hasattr(crash.crash_block, "py_func")
data = np.load(sys.argv[1])
arguments = [data[name] for name in data.files if name.startswith("a")]
out = np.empty((len(arguments[0]), crash.N_METRICS))
crash.crash_block(0, len(out), *arguments, out)
pulses = np.empty((len(out), data["times"].size, 5))
for i, pulse in enumerate(pulses):
    inv_mass, v, x, f, n, tail, _, ku, share, asked = (a[i] for a in arguments)
    crash.crash_history(data["times"], inv_mass, v, x, f, n, tail, ku, share, asked, pulse)
np.savez(sys.argv[2], out=out, pulses=pulses)
"""


def test_compiled_kernel_does_what_its_source_says(sweep: Cases, tmp_path: Path) -> None:
    """The same functions run by the Python interpreter, JIT off, in another process."""
    some = part(sweep, slice(0, 340, 17))
    wall = cases(
        (816.0, structure.plateau(1.5e6, 250e3, 0.5, 3e6, 1e8)), (np.inf, structure.rigid()), [3.0, 15.0, 25.0], 0.1
    )
    times = np.linspace(0.0, 0.25, 251)
    for given_cases in (some, wall):
        arguments = local.kernel_arguments(given_cases)
        np.savez(tmp_path / "in.npz", times=times, **{f"a{i}": a for i, a in enumerate(arguments)})
        subprocess.run(
            [sys.executable, "-c", INTERPRETED, str(tmp_path / "in.npz"), str(tmp_path / "out.npz")],
            env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, check=True, timeout=120,
        )  # fmt: skip
        interpreted = np.load(tmp_path / "out.npz")
        n = len(given_cases.closing_speed)
        out = np.empty((n, N_METRICS))
        crash_block(0, n, *arguments, out)
        residuals = [local.CASE_METRICS.index(name) for name in ("energy_residual", "momentum_residual")]
        kept = [i for i in range(N_METRICS) if i not in residuals]
        np.testing.assert_allclose(interpreted["out"][:, kept], out[:, kept], rtol=1e-13, atol=1e-13)
        assert np.abs(interpreted["out"][:, residuals]).max() <= 1e-12
        for i, pulse in enumerate(interpreted["pulses"]):
            inv_mass, v, x, f, count, tail, _, ku, share, e = (a[i] for a in arguments)
            compiled = np.empty((times.size, 5))
            crash_history(times, inv_mass, v, x, f, count, tail, ku, share, e, compiled)
            scale = np.abs(compiled).max(axis=0) + 1e-300
            np.testing.assert_allclose(pulse / scale, compiled / scale, rtol=0, atol=1e-13)
