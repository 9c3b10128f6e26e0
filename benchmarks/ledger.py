"""Residuals of energy and momentum over many random crashes at the default step: ``python -m benchmarks.ledger``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))  # the cases live with the tests

from fast import drawn, solve

CASES, CHUNK, SEED = 1_000_000, 50_000, 2
QUANTILES = (0.5, 0.9, 0.99, 0.999, 1.0)
WORST = 3  # cases named


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ledger", description=__doc__)
    parser.add_argument("--cases", type=int, default=CASES)
    print(report(parser.parse_args().cases))


def report(n: int) -> str:
    """Quantiles of both residuals, and the cases with the worst energy, as a table in Markdown."""
    energy, momentum = np.abs(np.concatenate([_residuals(i, min(CHUNK, n - i)) for i in range(0, n, CHUNK)], axis=1))
    lines = [f"{n} random cases at the default step.", "",
             "| residual, relative | median | 90 % | 99 % | 99.9 % | worst | beyond 1e-3 |", "|---" * 7 + "|"]  # fmt: skip
    for name, values in (("energy", energy), ("momentum", momentum)):
        cells = " | ".join(f"{v:.1e}" for v in np.quantile(values, QUANTILES))
        lines.append(f"| {name} | {cells} | {np.count_nonzero(values > 1e-3)} |")
    worst = ", ".join(
        f"{i % CHUNK} of `drawn({CHUNK}, ({SEED}, {i // CHUNK}))`: {energy[i]:.1e}" for i in np.argsort(-energy)[:WORST]
    )
    return "\n".join([*lines, "", f"Worst energy: {worst}."])


def _residuals(first: int, n: int) -> Any:
    """Of energy and momentum (2, n)."""
    out = solve(drawn(CHUNK, (SEED, first // CHUNK)))
    return np.array([out["energy_residual"][:n], out["momentum_residual"][:n]])


if __name__ == "__main__":
    main()
