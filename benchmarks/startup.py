"""How long a command takes to start, as a whole process, against a bare Python."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path


def rows(*, short: bool) -> dict[str, tuple[Callable[[], float], str, str]]:
    """What to time: label -> (measure returning seconds, unit, reference row)."""
    commands = {
        "python -c pass": ["-c", "pass"],
        "crashsim --help": ["-m", "crashsim", "--help"],
        "crashsim check highway": ["-m", "crashsim", "check", "highway"],
        "crashsim list vehicles": ["-m", "crashsim", "list", "vehicles"],
        "import numpy, numba": ["-c", "import numpy, numba"],
        "first batch, compiled before": ["-c", "import crashsim; crashsim.run('wall_56kmh')"],
    }
    if not short:
        commands["first batch ever (cold cache)"] = ["-c", "import crashsim; crashsim.run('wall_56kmh')"]
    bare = "python -c pass"
    return {label: (_process(arguments, cold="cold" in label), "process", "" if label == bare else bare)
            for label, arguments in commands.items()}  # fmt: skip


def _process(arguments: list[str], *, cold: bool) -> Callable[[], float]:
    def measure() -> float:
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "NUMBA_CACHE_DIR": folder} if cold else None
            start = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=environment,
                           cwd=Path(__file__).parent.parent)  # fmt: skip
            return time.perf_counter() - start

    return measure
