"""From the shell to the first results of a batch, no figures: each time a whole process."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.table import Group, Measure, Row

BARE, FIRST = "import numpy, numba", "import crashsim; crashsim.run('wall_56kmh')"
ROWS = (
    Row("bare imports of numpy and numba", "-", "bare", "", "s", "-", "-"),
    Row("first batch ever (compiles)", "-", "cold", "", "s", "<= 6", "2.2 - 3.5"),
    Row("first batch ever (compiles)", "bare imports", "cold", "bare", "x", "-", "-"),
    Row("first batch, compiled before", "-", "cached", "", "s", "<= 1.2", "0.8"),
    Row("first batch, compiled before", "bare imports", "cached", "bare", "x", "-", "-"),
)


def process(code: str, cache: Path) -> float:
    """Seconds of a Python that runs ``code`` with its compiled code kept in ``cache``."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   env={**os.environ, "NUMBA_CACHE_DIR": str(cache)}, cwd=Path(__file__).parent.parent)  # fmt: skip
    return time.perf_counter() - begin


def measurements(*, short: bool) -> Group:
    """Seconds."""
    place = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    process(FIRST, place / "cached")

    def cold() -> float:
        with tempfile.TemporaryDirectory(dir=place) as empty:
            return process(FIRST, Path(empty))

    measures: dict[str, Measure] = {
        "bare": lambda: process(BARE, place / "cached"),
        "cold": cold,
        "cached": lambda: process(FIRST, place / "cached"),
    }
    return Group(measures)
