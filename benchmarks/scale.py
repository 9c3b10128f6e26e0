"""What crashes by the million cost: time beside the bare kernel, memory, disk; and a Dask cluster beside threads.

    python -m benchmarks.scale                 everything up to 10^7 crashes, into docs/large_runs.md
    python -m benchmarks.scale --short         small and once, to see that everything runs

Rates are of the groups of one study, on two threads and taken in turn: the bare kernel over columns that are laid out already
(no metrics of its rows, no risks, nothing kept), the same crashes with their reductions, and with all rows on the disk as well.
Memory, disk and processor time are those of whole runs of ``crashsim run``, each in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.table import interleaved, number, spread

THREADS = 2
BLOCKS = 8  # different ones that the bare kernel solves again and again
ALL, REDUCTIONS = "all", "reductions"
GOALS = {REDUCTIONS: 0.90, ALL: 0.80, "dask": 0.85}
BEYOND = (10**9, 10**12)
FULL_STORE = 10**7  # crashes with all rows on the disk are measured up to here
BEGIN, END = "<!-- written by python -m benchmarks.scale -->", "<!-- end of what benchmarks.scale writes -->"
PAGE = Path(__file__).resolve().parents[1] / "docs" / "large_runs.md"
STUDY: dict[str, Any] = {  # all spreads of the vehicle library are drawn
    "name": "scale",
    "vehicles": {"kei": {"use": "kei-car"}, "pickup": {"use": "full-size-pickup"}},
    "impacts": {
        "head-on": {"type": "head-on", "speed": {"kei": "35 mph", "pickup": "35 mph"}, "restitution": "speed-fit"}
    },
}


def study(crashes: int, store: str) -> dict[str, Any]:
    """The study with so many samples, of which so many rows are kept."""
    return {**STUDY, "sampling": {"samples": crashes, "seed": 1}, "output": {"store": store}}


# ---- rates, in turn ----------------------------------------------------------------------------------------------------


def bare(crashes: int) -> Callable[[], float]:
    """Crashes a second of the kernel alone, block by block on the threads."""
    from crashsim import load_study
    from crashsim.cases import build, longest_curve, raw_columns
    from crashsim.engine.groups import BLOCK
    from crashsim.kernels import batch

    impact = load_study(study(BLOCK * BLOCKS, REDUCTIONS)).impacts[0]
    every = [build(impact, first, first + BLOCK) for first in range(0, BLOCK * BLOCKS, BLOCK)]
    ready = [(batch.laid_out([column for _, column in raw_columns(own)]), longest_curve(own)) for own in every]
    rounds = -(-crashes // BLOCK)

    def solve(i: int) -> int:
        columns, points = ready[i % BLOCKS]
        return len(batch.solve(columns, points, BLOCK, 1)[0])

    def measure() -> float:
        begin = time.perf_counter()
        with ThreadPoolExecutor(THREADS) as pool:
            return sum(pool.map(solve, range(rounds))) / (time.perf_counter() - begin)

    return measure


def stored(crashes: int, store: str, address: str | None = None) -> Callable[[], float]:
    """Crashes a second of the groups of the study, with all that is written of them; on threads or on a Dask cluster."""
    from crashsim import load_study
    from crashsim.engine.dask import on_cluster
    from crashsim.engine.folder import running_into
    from crashsim.engine.running import compute_groups, on_threads
    from crashsim.engine.store import task

    loaded = load_study(study(crashes, store))
    of = task(loaded)

    def measure() -> float:
        with (
            tempfile.TemporaryDirectory() as place,
            suppress(_Enough),
            running_into(Path(place) / "run", loaded) as work,
        ):
            begin = time.perf_counter()
            compute_groups(of, work, on_cluster(address) if address else on_threads(THREADS))
            seconds = time.perf_counter() - begin
            raise _Enough  # the rest of a run is measured with whole runs
        return crashes / seconds

    return measure


class _Enough(Exception):
    """Leave a run under way where it is."""


@contextmanager
def cluster(workers: int) -> Iterator[str]:
    """The address of a Dask scheduler on this machine with so many workers, of one thread each."""
    with tempfile.TemporaryDirectory() as place:
        about = Path(place) / "scheduler.json"
        own = ["--scheduler-file", str(about), "--host", "127.0.0.1", "--no-dashboard"]
        commands = [["scheduler", *own, "--port", "0", "--no-show"]]
        commands += [["worker", *own, "--nthreads", "1", "--no-nanny", "--local-directory", place]] * workers
        started = [subprocess.Popen([sys.executable, "-m", f"distributed.cli.dask_{c[0]}", *c[1:]], stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL, cwd=PAGE.parents[1]) for c in commands]  # fmt: skip
        try:
            while not about.exists():
                time.sleep(0.1)
            yield json.loads(about.read_text(encoding="utf-8"))["address"]
        finally:
            for process in reversed(started):
                process.terminate()
                process.wait(timeout=30)


# ---- whole runs --------------------------------------------------------------------------------------------------------


class Cost(NamedTuple):
    """What a whole run took: seconds, seconds of all processors, peak memory [MB], what it left on the disk [MB]."""

    seconds: float
    processor: float
    memory: float
    disk: float


def command(place: Path, crashes: int, store: str, out: str) -> list[str]:
    """``crashsim run`` of the study, its file in ``place``, into a folder of that name there."""
    file = place / f"{crashes}-{store}.yaml"
    file.write_text(json.dumps(study(crashes, store)), encoding="utf-8")  # JSON is YAML
    return [sys.executable, "-m", "crashsim", "run", str(file), "--out", str(place / out), "--quiet"]


def cost(crashes: int, store: str) -> Cost:
    """A whole run in a process of its own."""
    with tempfile.TemporaryDirectory() as place:
        began = time.perf_counter()
        process = subprocess.Popen(command(Path(place), crashes, store, "run"), cwd=PAGE.parents[1])
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"crashsim run of {crashes:,} crashes ended with {process.returncode}")
        disk = sum(file.stat().st_size for file in (Path(place) / "run").rglob("*") if file.is_file())
    return Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, disk / 1e6)


# ---- the page ----------------------------------------------------------------------------------------------------------


def rates(crashes: int, rounds: int, *, dask: bool) -> str:
    """Table of the rates, each against the one that it is measured by."""
    measures = {"bare": bare(crashes), REDUCTIONS: stored(crashes, REDUCTIONS), ALL: stored(crashes, ALL)}
    for measure in measures.values():
        measure()  # compiled, cached, memory taken
    found = interleaved(measures, rounds)
    if dask:
        with cluster(THREADS) as address:
            pair = {"threads": stored(crashes, REDUCTIONS), "dask": stored(crashes, REDUCTIONS, address)}
            pair["dask"]()
            found |= interleaved(pair, rounds)
    lines = ["| what | crashes/s | against | ratio | min - max | goal |", "|---|---:|---|---:|---:|---:|",
             f"| the bare kernel, {THREADS} threads | {number(statistics.median(found['bare']))} | - | - | - | - |"]  # fmt: skip
    for name, under, words in (
        (REDUCTIONS, "bare", "risks and reductions"),
        (ALL, "bare", "risks, reductions, all rows on the disk"),
        ("dask", "threads", f"Dask with {THREADS} workers, reductions"),
    ):
        if name in found:
            ratio = spread([a / b for a, b in zip(found[name], found[under], strict=True)])
            lines.append(f"| {words} | {number(statistics.median(found[name]))} | {under} | {ratio.median:.2f} | "
                         f"{ratio.low:.2f} - {ratio.high:.2f} | {GOALS[name]:.2f} |")  # fmt: skip
    return f"{crashes:,} crashes at a time, {rounds} rounds taken in turn, medians.\n\n" + "\n".join(lines)


def costs(sizes: list[int]) -> tuple[str, str]:
    """Tables of what whole runs cost, and of what larger ones would."""
    lines = ["| crashes | store | time | processor | peak memory | on the disk |", "|---:|---|---:|---:|---:|---:|"]
    largest: dict[str, tuple[int, Cost]] = {}
    for store in (REDUCTIONS, ALL):
        for crashes in sizes:
            if store == ALL and crashes > FULL_STORE:
                continue
            print(f"{crashes:,} {store} ...", file=sys.stderr)
            found = cost(crashes, store)
            largest[store] = crashes, found
            lines.append(f"| {power(crashes)} | {store} | {duration(found.seconds)} | {duration(found.processor)} | "
                         f"{found.memory:,.0f} MB | {size(found.disk)} |")  # fmt: skip
    return "\n".join(lines), larger(largest)


def larger(largest: Mapping[str, tuple[int, Cost]]) -> str:
    """What sizes cost that nobody measured: in proportion to the largest run of each kind that was."""
    lines = [
        "| crashes | store | machine hours (two threads) | on the disk | worked out from |",
        "|---:|---|---:|---:|---:|",
    ]
    for crashes in BEYOND:
        for store, (measured, found) in largest.items():
            times = crashes / measured
            disk = size(found.disk * times) if store == ALL else size(found.disk)
            lines.append(
                f"| {power(crashes)} | {store} | {found.seconds * times / 3600:,.1f} | {disk} | {power(measured)} |"
            )
    return "\n".join(lines)


def power(crashes: int) -> str:
    """A size as a power of ten where it is one."""
    digits = len(str(crashes)) - 1
    return f"10^{digits}" if crashes == 10**digits else f"{crashes:,}"


def duration(seconds: float) -> str:
    """Seconds, minutes or hours."""
    unit, each = next((u, s) for u, s in (("h", 3600.0), ("min", 60.0), ("s", 1.0)) if seconds >= 2.0 * s or s == 1.0)
    return f"{number(seconds / each)} {unit}"


def size(megabytes: float) -> str:
    """MB, GB, TB or PB."""
    unit, each = next(
        (u, e) for u, e in (("PB", 1e9), ("TB", 1e6), ("GB", 1e3), ("MB", 1.0)) if megabytes >= e or e == 1.0
    )
    return f"{number(megabytes / each)} {unit}"


def write(page: Path, text: str) -> None:
    """Put the tables between the two marks of a page."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{page}: expected the lines {BEGIN} and {END}")
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parser.add_argument("--most", type=float, default=1e7, help="crashes of the largest run (1e7)")
    parser.add_argument("--crashes", type=float, default=1e6, help="crashes of each rate (1e6)")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (5)")
    parser.add_argument("--rates", action="store_true", help="no whole runs")
    parser.add_argument("--no-dask", action="store_true", help="no Dask cluster beside threads")
    parser.add_argument("--short", action="store_true", help="small, one round, nothing written")
    options = parser.parse_args()
    most, crashes, rounds = int(options.most), int(options.crashes), options.rounds
    if options.short:
        most, crashes, rounds = 10_000, 65_536, 1
    sizes = [] if options.rates else [10**digits for digits in range(3, len(str(most)))]
    whole = (
        list(costs(sizes)) if sizes else []
    )  # first: the peak memory of a process counts that of its parent before it began
    text = "\n\n".join([rates(crashes, rounds, dask=not options.no_dask), *whole])
    print(text)
    if not options.short and not options.rates:
        write(PAGE, text)


if __name__ == "__main__":
    main()
