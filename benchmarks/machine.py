"""The limit of the machine: float64 fused multiply-adds in registers, on one and on two threads."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from benchmarks.table import Group, Row

CHAINS, WIDTH = 16, 8  # independent sums, enough to hide the latency of a unit; float64 in a 512-bit register
FLOPS = 2 * CHAINS * WIDTH  # of one turn of the loop
ROWS = (
    Row("float64 FMA peak, 1 thread", "-", "FMA 1 thread", "", "GFLOP/s", "-", "117"),
    Row("float64 FMA peak, 2 threads", "1 thread", "FMA 2 threads", "FMA 1 thread", "x", "-", "2.03"),
)


@intrinsic
def _chains(typing: Any, turns: Any, data: Any) -> Any:
    """``turns`` fused multiply-adds a <- a x + y on each of CHAINS registers; x, y and every first a are in ``data``."""
    vector = ir.VectorType(ir.DoubleType(), WIDTH)

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        fma = ir.FunctionType(vector, [vector] * 3)
        fma = cgutils.get_or_insert_function(builder.module, fma, f"llvm.fma.v{WIDTH}f64")
        memory = builder.bitcast(context.make_array(data)(context, builder, args[1]).data, vector.as_pointer())

        def load(i: int) -> Any:
            return builder.load(builder.gep(memory, [cgutils.intp_t(i)]), align=8)

        x, y = load(0), load(1)
        chains = [cgutils.alloca_once_value(builder, load(2 + i)) for i in range(CHAINS)]
        with cgutils.for_range(builder, args[0]):
            for chain in chains:
                builder.store(builder.call(fma, [builder.load(chain), x, y]), chain)
        total = x
        for chain in chains:
            total = builder.fadd(total, builder.load(chain))
        builder.store(total, memory, align=8)
        return context.get_dummy_value()

    return types.none(turns, data), emit


@njit(nogil=True)
def chains(turns: int, data: NDArray[np.float64]) -> None:
    """The same, for Python to call."""
    _chains(turns, data)


def peak(threads: int, turns: int) -> float:
    """Flops per second of all ``threads`` together; a fused multiply-add counts as two."""

    def work() -> None:
        chains(turns, np.random.default_rng(1).uniform(0.1, 0.9, (CHAINS + 2) * WIDTH))

    with ThreadPoolExecutor(threads) as pool:
        begin = time.perf_counter()
        for done in [pool.submit(work) for _ in range(threads)]:
            done.result()
        return threads * turns * FLOPS / (time.perf_counter() - begin)


def measurements(*, short: bool) -> Group:
    """Rates in 10^9 flops per second."""
    turns = 200_000 if short else 20_000_000
    peak(1, 1)  # compile
    return Group({"FMA 1 thread": lambda: peak(1, turns) / 1e9, "FMA 2 threads": lambda: peak(2, turns) / 1e9})
