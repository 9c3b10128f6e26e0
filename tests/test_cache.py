"""The cache of compiled code may be damaged, read-only or impossible: a warning, and the same numbers."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

RUN = """
import sys, warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import crashsim
    r = crashsim.run("wall_56kmh")
print(repr(r["delta_v"].values.tolist()))
print(sum("cache of compiled code" in str(w.message) for w in caught))
"""


def run(cache: Path, **environment: str) -> tuple[str, int]:
    """Numbers of a study and how often the cache was warned about, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "NUMBA_CACHE_DIR": str(cache), **environment},
    )
    numbers, warned = done.stdout.splitlines()[-2:]
    return numbers, int(warned)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    cache = tmp_path_factory.mktemp("cache")
    numbers, warned = run(cache)
    assert warned == 0
    assert list(cache.rglob("*.nbc"))
    return cache, numbers


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garbage(path: Path) -> None:
    path.write_bytes(b"garbage" * 100)


@pytest.mark.parametrize("damage, suffix", [(cut, "nbc"), (garbage, "nbi")])
def test_a_damaged_cache_is_mended(sound: tuple[Path, str], damage: Callable[[Path], None], suffix: str) -> None:
    """What is damaged is warned about, removed, and written anew by the next process."""
    cache, numbers = sound
    for path in cache.rglob(f"crash.crash_block-*.{suffix}"):
        damage(path)
    assert run(cache) == (numbers, 1)
    assert run(cache) == (numbers, 0)
    assert list(cache.rglob("crash.crash_block-*.nbc"))


def test_a_cache_that_cannot_be_written(sound: tuple[Path, str], tmp_path: Path) -> None:
    _, numbers = sound
    place = tmp_path / "file"
    place.write_text("not a folder")
    assert run(place)[0] == numbers


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounting a small disk takes root on Linux")
def test_a_full_disk(sound: tuple[Path, str], tmp_path: Path) -> None:
    _, numbers = sound
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        assert run(disk) == (numbers, 1)
    finally:
        subprocess.run(["umount", str(disk)], check=True)
