"""Other people's programs, run in an environment of their own: pycrash (GPL-3.0, never imported here) and crashmetrics.

``python -m benchmarks.peers`` makes the environment ``benchmarks/.peers``; ``CRASHSIM_PEERS`` names the Python of another.
Without one their stored figures stand in, and the table says so.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

PACKAGES = ("pycrash==0.0.18", "crashmetrics==0.6.0")
FOLDER = Path(__file__).parent / ".peers"
WORKER = Path(__file__).parent / "peer_worker.py"
STORED = {"pycrash": 0.28, "crashmetrics": 0.027}  # seconds per crash, per pulse, on the machine of NOTE
NOTE = "stored figure of one core of an AMD EPYC (Zen 5): no peers here (python -m benchmarks.peers installs them)"


def python() -> Path | None:
    """The Python of the peers' environment, if there is one."""
    named = os.environ.get("CRASHSIM_PEERS")
    found = Path(named) if named else FOLDER / ("Scripts" if os.name == "nt" else "bin") / "python"
    if named and not found.exists():
        raise SystemExit(f"CRASHSIM_PEERS: no such file: {found}")
    return found if found.exists() else None


class Peer:
    """One peer in a process of its own that stays, so that only its work is timed and not its imports."""

    def __init__(self, name: str, pulses: NDArray[np.float64] | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory()
        file = Path(self._folder.name) / "pulses.npy"
        np.save(file, np.zeros((0, 0)) if pulses is None else pulses)
        self._process = subprocess.Popen([str(python()), str(WORKER), name, str(file)], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)  # fmt: skip

    def ask(self, repeats: int) -> list[float]:
        """Seconds per piece of work, and what came out."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{repeats}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{WORKER.name} ended with status {self._process.wait()}: see it run by hand")
        return [float(word) for word in line.split()]

    def __enter__(self) -> Peer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()


def main() -> None:
    """Make the environment."""
    venv.create(FOLDER, with_pip=True, clear=True)
    done = subprocess.run([str(python()), "-m", "pip", "install", "--quiet", *PACKAGES], check=False)
    sys.exit(done.returncode or print(f"made: {FOLDER}"))


if __name__ == "__main__":
    main()
