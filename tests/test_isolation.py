"""What a command touches: no network, and no file outside the folder of its results and the caches of compiled code and fonts.

The commands run in one process that tells of every file that it opens for writing and of every socket: where it can be had, without any
network (`unshare`) and under `strace`, which also sees what the C libraries and the processes that draw figures do.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import pytest

import crashsim
from crashsim.kernels import cache

PACKAGE = Path(crashsim.__file__).parent
TINY = """\
name: tiny
vehicles: {kei: {use: kei-car}, wall: {use: rigid-wall}}
impacts: {wall: {type: wall, speed: {kei: 40 km/h}}}
sampling: {samples: 4, seed: 1}
output:
  pulses: [{name: ../../p, impact: wall, at: {}}, {name: CON, impact: wall, at: {}}, {name: "=1+1 $x$ 🚚 <script>", impact: wall, at: {}}, \
{name: /etc/x, impact: wall, at: {}}]
"""
MATRIX = """\
name: two
vehicles: {kei: {use: kei-car}, pickup: {use: full-size-pickup}}
crash: {type: head-on, speed: {first: 25 mph, second: 25 mph}}
sampling: {samples: 16, seed: 1}
"""
PULSE = "".join(f"{t},{-20.0 if t < 80 else 0.0}\n" for t in range(100))
SCRIPT = """\
import os, sys
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.utime"}
log = open(sys.argv[1], "w")
def hook(event, args):
    if event == "open" and isinstance(args[2], int) and args[2] & WRITES and not isinstance(args[0], int):
        print("write", os.path.abspath(os.fsdecode(args[0])), file=log, flush=True)
    elif event in CHANGES:
        for path in args[: 2 if event in ("os.rename", "os.link") else 1]:
            print("write", os.path.abspath(os.fsdecode(path)), file=log, flush=True)
    elif event in ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"):
        print("network", event, args[1:], file=log, flush=True)
sys.addaudithook(hook)
from unittest import mock
from crashsim.cli import main
COMMANDS = [
    "list vehicles", "list risk --json", "show kei-car", "show highway", "schema", "new fresh", "check fresh.yaml",
    "run tiny.yaml --out out", "run tiny.yaml --out out --json", "compare kei-car compact --out two",
    "reconstruct kei_into_wall --out scene", "fit ford_f150_2001 --out fitted",
    "occupant pulse.csv --restraint belt-airbag --time-unit ms --acceleration-unit g",
    "sensitivity tiny.yaml --points 64 --out which", "matrix two.yaml --out pairs", "check no-such-study", "run",
]
if __name__ == "__main__":
    for command in COMMANDS:
        with mock.patch("sys.argv", ["crashsim", *command.split()]):
            try:
                main()
            except SystemExit as end:
                print("status", end.code or 0, command, file=log, flush=True)
"""
REFUSED = {"check no-such-study", "run"}
TRACED = "open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,link,linkat,symlink,symlinkat,truncate,socket"
DEVICES = ("/dev/", "/proc/")


class Watched(NamedTuple):
    """The folder in which the commands ran, what the script wrote of itself, and the calls that strace saw (none without it)."""

    work: Path
    log: list[str]
    calls: list[str] | None


def can(*prefix: str) -> bool:
    """Whether a program is there and may do what it is for."""
    return (
        bool(shutil.which(prefix[0]))
        and subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
    )


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """All commands, run once."""
    top = tmp_path_factory.mktemp("isolation")
    work, trace = top / "work", top / "trace"
    work.mkdir()
    for path, text in (
        (work / "tiny.yaml", TINY),
        (work / "two.yaml", MATRIX),
        (work / "pulse.csv", PULSE),
        (top / "script.py", SCRIPT),
    ):
        path.write_text(text, encoding="utf-8")
    alone = ["unshare", "-rn"] if can("unshare", "-rn") else []
    traced = ["strace", "-f", "-qq", "-e", f"trace={TRACED}", "-s", "1000", "-o", str(trace)]
    traced = traced if can(*traced) else []
    command = [*alone, *traced, sys.executable, str(top / "script.py"), str(top / "log")]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(PACKAGE.parent)}
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    calls = trace.read_text(encoding="utf-8", errors="replace").splitlines() if traced else None
    return Watched(work, (top / "log").read_text(encoding="utf-8").splitlines(), calls)


def outside(paths: list[str], work: Path) -> list[str]:
    """Paths that are neither in the folder of the commands nor in a cache."""
    places = [work, Path(cache.__file__).parent / "__pycache__", Path(mpl.get_configdir()), Path(mpl.get_cachedir())]
    if given := os.environ.get("NUMBA_CACHE_DIR"):
        places.append(Path(given))
    real = [place.resolve() for place in places]
    return [
        path
        for path in paths
        if not path.startswith(DEVICES) and not any(Path(path).is_relative_to(p) for p in (*places, *real))
    ]


@pytest.mark.slow
def test_every_command_works_without_a_network(watched: Watched) -> None:
    ends = dict(
        reversed(line.removeprefix("status ").split(" ", 1)) for line in watched.log if line.startswith("status")
    )
    assert len(ends) >= 16
    assert {name: end for name, end in ends.items() if end != "0"} == dict.fromkeys(REFUSED, "2")
    assert [line for line in watched.log if line.startswith("network")] == []


@pytest.mark.slow
def test_every_command_writes_in_its_place(watched: Watched) -> None:
    written = [line.removeprefix("write ") for line in watched.log if line.startswith("write")]
    assert any(path.startswith(str(watched.work / "out")) for path in written), "else nothing is watched"
    assert outside(written, watched.work) == []
    assert {p.name for p in watched.work.parent.iterdir()} <= {"log", "script.py", "trace", "work"}


@pytest.mark.slow
def test_what_the_system_sees_of_the_commands(watched: Watched) -> None:
    """Also what the C libraries and the processes that draw do."""
    if watched.calls is None:
        pytest.skip("strace is not installed, or may not trace here")
    calls = [line for line in watched.calls if " = -1 " not in line]
    changes = [
        line
        for line in calls
        if not re.search(r"\d+ +(open|openat|socket)\(", line) or re.search(r"O_(WRONLY|RDWR|CREAT|TRUNC)", line)
    ]
    paths = [
        os.path.normpath(watched.work / path) for line in changes for path in re.findall(r'"((?:[^"\\]|\\.)*)"', line)
    ]
    assert any(path.startswith(str(watched.work / "out")) for path in paths), "else nothing is watched"
    assert [p for p in outside(paths, watched.work) if p != str(watched.work.parent / "log")] == []
    assert [line for line in calls if re.search(r"socket\((AF|PF)_INET", line)] == []


NETWORK = re.compile(
    r"(socket|ssl|http|urllib\.request|ftplib|smtplib|xmlrpc|webbrowser|requests|aiohttp|asyncio)(\.|$)"
)


def imported(node: ast.AST) -> list[str]:
    """The modules that a statement imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [f"{node.module}.{alias.name}" for alias in node.names] if isinstance(node, ast.ImportFrom) else []


def test_no_module_imports_what_opens_connections() -> None:
    """Beside what the tests above run: also what no command here reaches."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not [name for name in imported(node) if NETWORK.match(name)], path
