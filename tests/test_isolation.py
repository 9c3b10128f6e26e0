"""What a command touches: no network, and no file outside the folder of its results and the caches of compiled code and fonts.

The commands run in one process without any network (`unshare`), which tells of every file that it opens for writing and of every
socket; and again under `strace`, which also sees what the C libraries and the processes that draw figures do.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

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
output: {pulses: [{name: p, impact: wall, at: {}}]}
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
    "sensitivity tiny.yaml --points 64 --out which", "check no-such-study", "run",
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


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder with what the commands read."""
    here = tmp_path / "work"
    here.mkdir()
    (here / "tiny.yaml").write_text(TINY, encoding="utf-8")
    (here / "pulse.csv").write_text(PULSE, encoding="utf-8")
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    return here


def run(work: Path, *prefix: str) -> list[str]:
    """The lines that the script wrote of itself; every command ended as it should."""
    log = work.parent / "log"
    command = [*prefix, sys.executable, str(work.parent / "script.py"), str(log)]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(PACKAGE.parent)}
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = log.read_text(encoding="utf-8").splitlines()
    ends = dict(reversed(line.removeprefix("status ").split(" ", 1)) for line in lines if line.startswith("status"))
    assert len(ends) >= 15
    assert {name: end for name, end in ends.items() if end != "0"} == dict.fromkeys(REFUSED, "2"), done.stderr
    return lines


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
def test_without_a_network_every_command_works_and_writes_in_its_place(work: Path) -> None:
    alone = ["unshare", "-rn"] if shutil.which("unshare") else []
    if alone and subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        alone = []
    lines = run(work, *alone)
    written = [line.removeprefix("write ") for line in lines if line.startswith("write")]
    assert any(path.startswith(str(work / "out")) for path in written), "else nothing is watched"
    assert outside(written, work) == []
    assert [line for line in lines if line.startswith("network")] == []
    assert sorted(p.name for p in work.parent.iterdir()) == ["log", "script.py", "work"]


@pytest.mark.slow
def test_what_the_kernel_sees_of_the_commands(work: Path) -> None:
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    trace = work.parent / "trace"
    prefix = ["strace", "-f", "-qq", "-e", f"trace={TRACED}", "-s", "1000", "-o", str(trace)]
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
        pytest.skip("nothing can be traced here")
    run(work, *prefix)
    calls = [line for line in trace.read_text(encoding="utf-8", errors="replace").splitlines() if " = -1 " not in line]
    changes = [
        line
        for line in calls
        if not re.search(r"\d+ +(open|openat)\(|socket\(", line) or re.search(r"O_(WRONLY|RDWR|CREAT|TRUNC)", line)
    ]
    paths = [os.path.normpath(work / path) for line in changes for path in re.findall(r'"((?:[^"\\]|\\.)*)"', line)]
    assert any(path.startswith(str(work / "out")) for path in paths), "else nothing is watched"
    assert [p for p in outside(paths, work) if p != str(work.parent / "log")] == []
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
