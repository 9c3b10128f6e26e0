"""The cache of compiled code: never stale, and when damaged, full, read-only or impossible a warning and the same number.

Every run is a process of its own on a copy of ``kernels/cache.py`` with a small kernel that calls a law in another file.
"""

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crashsim.kernels import cache

KERNELS = Path(cache.__file__).parent
LAW = """
from numba.extending import register_jitable
@register_jitable
def law(x):
    return 2.0 * x
"""
KERNEL = """
from crashsim.kernels.cache import compiled
from crashsim.kernels.law import law
@compiled
def kernel(x):
    return law(x) + 1.0
"""
RUN = """
import warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    from crashsim.kernels.kernel import kernel
    answer = kernel(3.0), kernel(3)
print(*answer, len(caught), sum(kernel.stats.cache_hits.values()))
"""
COMPILED, LOADED, UNCACHED = "7.0 7.0 0 0", "7.0 7.0 0 2", "7.0 7.0 1 0"


def start(package: Path, **environment: str) -> subprocess.Popen[str]:
    """A process that prints two answers, the number of warnings and how many times the code came from the cache."""
    clean = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
    return subprocess.Popen([sys.executable, "-c", RUN], cwd=package, env={**clean, **environment}, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip


def finish(process: subprocess.Popen[str]) -> str:
    printed, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return printed.strip()


def run(package: Path, **environment: str) -> str:
    return finish(start(package, **environment))


def make(folder: Path) -> Path:
    kernels = folder / "crashsim" / "kernels"
    kernels.mkdir(parents=True)
    (kernels.parent / "__init__.py").touch()
    (kernels / "__init__.py").touch()
    shutil.copy(KERNELS / "cache.py", kernels)
    (kernels / "law.py").write_text(LAW)
    (kernels / "kernel.py").write_text(KERNEL)
    return folder


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return make(tmp_path / "package")


@contextmanager
def disk(folder: Path, size: str) -> Iterator[Callable[[str], None]]:
    """A small disk mounted at ``folder``; gives a function that changes its mount options."""
    folder.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting a small disk takes root on Linux")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("no small disk can be mounted here")

    def remount(option: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{option}", folder], check=True)

    try:
        yield remount
    finally:
        subprocess.run(["umount", folder], check=True)


def test_an_edit_in_a_file_that_the_kernel_calls_is_seen(package: Path) -> None:
    assert run(package) == COMPILED
    law = package / "crashsim" / "kernels" / "law.py"
    law.write_text(LAW.replace("2.0", "5.0"))
    assert run(package) == "16.0 16.0 0 0"
    law.write_text(LAW)
    assert run(package) == LOADED, "the entries of the older sources are still there"


def cut(entry: bytes) -> bytes:
    return entry[: len(entry) // 2]


def flip(entry: bytes) -> bytes:
    """One bit wrong in the middle: unpickled without a word, and wrong or deadly when run."""
    middle = len(entry) // 2
    return entry[:middle] + bytes([entry[middle] ^ 1]) + entry[middle + 1 :]


def test_damaged_entries_are_warned_about_once_and_mended(package: Path) -> None:
    assert run(package) == COMPILED
    sound = {entry: entry.read_bytes() for entry in package.rglob("*.nbc")}
    for damage, (entry, content) in zip((cut, flip), sound.items(), strict=True):
        entry.write_bytes(damage(content))
    assert run(package) == UNCACHED
    assert {entry: len(entry.read_bytes()) for entry in sound} == {entry: len(c) for entry, c in sound.items()}
    assert run(package) == LOADED


def test_a_full_disk(package: Path, tmp_path: Path) -> None:
    place = tmp_path / "disk"
    with disk(place, "4k") as remount:
        assert run(package, NUMBA_CACHE_DIR=str(place)) == UNCACHED
        assert not [path for path in place.rglob("*") if path.is_file()], "no part of an entry is left"
        remount("size=1m")
        assert run(package, NUMBA_CACHE_DIR=str(place)) == COMPILED


def test_a_read_only_installation_and_home(tmp_path: Path) -> None:
    place = tmp_path / "disk"
    with disk(place, "1m") as remount:
        package = make(place / "package")
        remount("ro")
        assert run(package, HOME=str(place)) == UNCACHED


def test_a_cache_folder_that_is_a_file_is_passed_over(package: Path) -> None:
    """Numba then keeps the code beside the sources."""
    file = package / "file"
    file.touch()
    assert run(package, NUMBA_CACHE_DIR=str(file)) == COMPILED
    assert list(package.rglob("*.nbc"))


def test_two_processes_that_compile_at_once(package: Path) -> None:
    processes = [start(package), start(package)]
    answers = [finish(process) for process in processes]
    assert [answer[:9] for answer in answers] == ["7.0 7.0 0"] * 2
    assert run(package) == LOADED


def test_a_clock_that_jumps(package: Path) -> None:
    """Entries and sources from the future, or from 1970: what is stale is told by hashes, never by times."""
    assert run(package) == COMPILED
    for when in (4e9, 0.0):
        for path in package.rglob("*.*"):
            os.utime(path, (when, when))
        assert run(package) == LOADED


def answer_uncached(monkeypatch: pytest.MonkeyPatch) -> float:
    """What a kernel gives here and now, after exactly one warning about the cache."""

    def kernel(x: float) -> float:
        return x + 1.0

    monkeypatch.setattr(cache, "_WARNED", [])
    with pytest.warns(RuntimeWarning, match="cache of compiled code") as caught:
        answer = cache.compiled(kernel)(1.0)
    assert len(caught) == 1
    return answer


def test_without_sources_nothing_is_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a package of byte code only: what the entries stand for could not be told."""
    monkeypatch.setattr(cache, "__file__", str(KERNELS / "gone" / "cache.py"))
    assert cache._hash_of_sources() == ""
    monkeypatch.setattr(cache, "SOURCES", "")
    assert answer_uncached(monkeypatch) == 2.0


def test_with_an_unknown_numba_nothing_is_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cache.caching, "FunctionCache")
    assert answer_uncached(monkeypatch) == 2.0


def test_entries_of_old_sources_do_not_pile_up(tmp_path: Path) -> None:
    for age in range(7):
        folder = tmp_path / f"crashsim-{age}"
        folder.mkdir()
        (folder / "entry.nbc").touch()
        os.utime(folder, (1e9 - age, 1e9 - age))
    (tmp_path / "other").mkdir()
    cache._remove_old(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [*(f"crashsim-{age}" for age in range(4)), "other"]


def test_kernels_rest_on_nothing_that_the_hash_misses() -> None:
    """One flat folder of modules that import nothing of crashsim but each other."""
    modules = {f"crashsim.kernels.{path.stem}" for path in KERNELS.glob("*.py")}
    assert {path.parent for path in KERNELS.rglob("*.py")} == {KERNELS}
    for path in KERNELS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.level or str(node.module).startswith("crashsim")):
                found = {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
                assert found & modules, f"{path.name} imports from {node.module}"
            if isinstance(node, ast.Import):
                assert not [a.name for a in node.names if a.name.startswith("crashsim")], path.name
