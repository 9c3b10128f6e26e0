"""Mutated files in bulk, and the physics of random studies: what is asked for is that nothing but an answer comes out.

    python -m benchmarks.fuzz --mutants 1000000       files of every kind: each is read, or refused in words with a place
    python -m benchmarks.fuzz --physics 1000000       crashes of random studies: no NaN and no infinity where the status is ok

Exits with 1 when there is a finding, and prints the number that makes it again: ``--first NUMBER --mutants 1``.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import multiprocessing
import os
import re
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from benchmarks import mutants
from benchmarks.mutants import DESIGN, FIT, FLEET, MATRIX, RECONSTRUCTION, SPEED_LIMIT, STUDY, TESTS, Mutant, mutant
from crashsim.errors import ConfigError, LibraryError, Problem

READERS: Final = {
    STUDY: "study:load_study", FIT: "fits:load_fit", RECONSTRUCTION: "reconstructions:load_reconstruction",
    DESIGN: "questions.design:load_design", FLEET: "questions.fleet:load_fleet", MATRIX: "questions.matrix:load_matrix",
    SPEED_LIMIT: "questions.speed_limit:load_speed_limit", TESTS: "questions.crash_tests:load_crash_tests",
}  # fmt: skip
BATCH: Final = 4_000  # mutants, or crashes, that a process is given at a time
LONGEST: Final = 30  # seconds of wall time; then a mutant hangs
MOST_TOLD: Final = 20
JARGON: Final = ("Input should", "Extra inputs", "valid integer", "Traceback", "pydantic")
LONGEST_LINE: Final = 1200


@dataclass
class Tally:
    """What a number of mutants or crashes gave; ``findings`` are what must not be."""

    counts: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")  # CPU seconds, and of what
    grown: float = 0.0  # MB by which a process grew, the largest: no single mutant took more
    peak: float = 0.0  # MB of the largest process
    listed: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Take in what another process found."""
        self.counts += other.counts
        self.findings += other.findings
        self.listed += other.listed
        self.slowest = max(self.slowest, other.slowest)
        self.grown = max(self.grown, other.grown)
        self.peak = max(self.peak, other.peak)


# ---- one mutant ------------------------------------------------------------------------------------------------------


def reader(kind: str) -> Callable[[Path], object]:
    """What reads files of a kind."""
    module, _, function = READERS[kind].partition(":")
    found: Callable[[Path], object] = getattr(importlib.import_module(f"crashsim.config.{module}"), function)
    return found


def problems_of(read: Callable[[Any], object], source: object) -> tuple[Problem, ...]:
    """The problems of a file or mapping, none of a good one; any other exception is the caller's finding."""
    try:
        read(source)
    except ConfigError as error:
        return error.problems
    return ()


def wrong_words(problem: Problem) -> bool:
    """Whether a problem is anything but one printable line without jargon."""
    line = str(problem)
    return (
        any(word in line for word in JARGON)
        or not line.isprintable()
        or len(line) > LONGEST_LINE
        or not problem.message
    )


def wrong_place(problem: Problem, lines: Sequence[str]) -> bool:
    """Whether a problem stands outside its file."""
    inside = 1 <= problem.line <= len(lines) and 1 <= problem.column <= len(lines[problem.line - 1]) + 1
    return not inside and (problem.line, problem.column) != (len(lines) + 1, 1)


def lines_of(data: bytes) -> list[str]:
    """The lines of a file as its reader counts them."""
    return re.split(r"\r\n?|\n", data.decode("utf-8", "replace").removeprefix("\ufeff"))


def finding(problems: Sequence[Problem], path: Path, data: bytes) -> str:
    """What is wrong with the problems of a file themselves; empty if nothing."""
    lines = lines_of(data) if problems else []
    bad = [str(p) for p in problems if p.file != str(path) or wrong_words(p) or wrong_place(p, lines)]
    if bad:
        return f"a problem in wrong words or at a wrong place: {bad[0]!r}"
    if len({(p.line, p.column, p.path) for p in problems}) != len(problems):
        return "the same problem twice"
    return ""


# ---- many ------------------------------------------------------------------------------------------------------------


class Hang(Exception):
    """A mutant that takes too long."""


@contextlib.contextmanager
def in_time() -> Iterator[None]:
    """Raise Hang when what is inside takes longer than any file may."""

    def hang(*_: object) -> None:
        raise Hang(f"more than {LONGEST} s")

    before = signal.signal(signal.SIGALRM, hang)
    signal.alarm(LONGEST)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def survey(seeds: Iterable[int], whole: float = mutants.WHOLE) -> Tally:
    """Read mutants, in this process, and judge what is said of them."""
    tally = Tally()
    readers = {kind: reader(kind) for kind in mutants.KINDS}
    with tempfile.TemporaryDirectory(prefix="fuzz") as folder:
        path = Path(folder) / "mutant.yaml"
        path.touch()
        _warm_up()
        before = peak()
        with path.open("r+b", buffering=0) as file:
            for seed in seeds:
                one = mutant(seed, whole)
                os.pwrite(file.fileno(), one.data, 0)
                os.ftruncate(file.fileno(), len(one.data))
                _note(tally, seed, one, path, readers[one.kind])
        tally.peak = peak()
        tally.grown = tally.peak - before
    return tally


@cache
def _warm_up() -> None:
    """Read every base, all of which are sound: what a reader imports late would be counted as a mutant's."""
    with tempfile.TemporaryDirectory(prefix="fuzz") as folder:
        for base in (*mutants.short_bases(), *mutants.whole_bases()):
            path = Path(folder) / "base.yaml"
            path.write_text(base.text, encoding="utf-8")
            reader(base.kind)(path)


def _note(tally: Tally, seed: int, one: Mutant, path: Path, read: Callable[[Path], object]) -> None:
    started = time.process_time()
    try:
        with in_time():
            problems = problems_of(read, path)
        wrong = finding(problems, path, one.data)
        tally.counts[f"{one.kind}: {'refused' if problems else 'good'}"] += 1
    except LibraryError:
        wrong = "" if not one.data else "the name of a file that is there is called unknown"
    except Exception as error:
        wrong = f"{type(error).__name__}: {error}"
    if wrong:
        tally.findings.append(f"mutant {seed} ({one.kind}): {wrong}"[:400])
    tally.slowest = max(tally.slowest, (time.process_time() - started, f"mutant {seed} ({one.kind})"))


def peak() -> float:
    """Most memory that this process ever had [MB]."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def spread(work: Callable[[Any], Tally], parts: Sequence[Any], processes: int | None = None) -> Tally:
    """The tally of all parts, worked on by processes of their own: one that is killed is a finding."""
    tally = Tally()
    with ProcessPoolExecutor(processes or os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
        futures = [pool.submit(work, part) for part in parts]
        for part, future in zip(parts, futures, strict=True):
            try:
                tally.add(future.result())
            except Exception as error:
                tally.findings.append(f"{part}: the process died: {type(error).__name__}: {error}"[:400])
    return tally


def batches(first: int, count: int) -> list[range]:
    """Numbers in parts for the processes."""
    return [range(i, min(i + BATCH, first + count)) for i in range(first, first + count, BATCH)]


# ---- the command -----------------------------------------------------------------------------------------------------


def told(tally: Tally, seconds: float) -> str:
    """What a terminal shows."""
    total = sum(tally.counts.values())
    lines = [f"{total:,} in {seconds:.0f} s; {len(tally.findings)} findings"]
    lines += [f"  {name}: {n:,}" for name, n in sorted(tally.counts.items())]
    lines.append(f"slowest: {1e3 * tally.slowest[0]:.0f} ms of CPU, {tally.slowest[1]}")
    lines.append(
        f"memory: {tally.peak:.0f} MB in the largest process"
        + f", {tally.grown:.0f} MB of it since the first file" * bool(tally.grown)
    )
    for name, rows in (("listed", tally.listed), ("FINDINGS", tally.findings)):
        lines += [f"{name}:", *(f"  {row}" for row in rows[:MOST_TOLD])] if rows else []
        lines += [f"  ... and {len(rows) - MOST_TOLD:,} more"] if len(rows) > MOST_TOLD else []
    return "\n".join(lines)


def main() -> None:
    """Read mutants, or compute crashes of random studies."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--mutants", type=int, metavar="N", help="how many mutated files to read")
    what.add_argument("--physics", type=int, metavar="N", help="how many crashes of random studies to compute")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="number of the first one (0)")
    parser.add_argument("--processes", type=int, metavar="N", help="all cores when left out")
    options = parser.parse_args()
    started = time.perf_counter()
    if options.mutants:
        tally = spread(survey, batches(options.first, options.mutants), options.processes)
    else:
        from benchmarks.fuzz_physics import crashes, parts

        tally = spread(crashes, parts(options.first, options.physics), options.processes)
    print(told(tally, time.perf_counter() - started))
    sys.exit(1 if tally.findings else 0)


if __name__ == "__main__":
    main()
