"""A run that is killed again and again: does it end with the bits of one that nobody disturbed, and what does it cost?

    python -m benchmarks.kill --cases 1e7 --kills 100 --store reductions

The study of ``benchmarks.scale`` is run once in peace.  Then the same command is started into another folder and killed
(SIGKILL) after a random time, over and over; when all kills are done it may end.  Exit 0 only if every kill was dealt and
all files of the two folders are the same.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.scale import PAGE, command, duration

LOOK = 0.02  # s between two looks at a process


class Peace(NamedTuple):
    """The run that nobody disturbs: seconds until its journal is there, until its groups are done, and until its end."""

    start: float
    grouped: float
    whole: float


class Battle(NamedTuple):
    """The run that is killed: kills before its journal, among its groups and behind them, and seconds in all."""

    early: int
    groups: int
    late: int
    seconds: float

    @property
    def kills(self) -> int:
        """In all."""
        return self.early + self.groups + self.late


def in_peace(call: list[str], folder: Path, groups: int) -> Peace:
    """Run once, watching the journal."""
    begin, start, grouped = time.perf_counter(), None, None
    with subprocess.Popen(call, cwd=PAGE.parents[1]) as process:
        while process.poll() is None:
            now = time.perf_counter() - begin
            if start is None and journal(folder).exists():
                start = now
            if grouped is None and done(folder) == groups:
                grouped = now
            time.sleep(LOOK)
    if process.returncode or start is None or grouped is None:
        raise SystemExit(f"the run in peace ended with {process.returncode}")
    return Peace(start, grouped, time.perf_counter() - begin)


def in_battle(call: list[str], folder: Path, kills: int, peace: Peace, groups: int, chance: random.Random) -> Battle:
    """Run and kill until all kills are dealt or the run is whole."""
    begin, dealt = time.perf_counter(), [0, 0, 0]
    while True:
        left = kills - sum(dealt)
        life = chance.uniform(0.0, longest(peace, 1.0 - done(folder) / groups, left)) if left else None
        if not killed(call, life, folder.with_suffix(".log")):
            return Battle(dealt[0], dealt[1], dealt[2], time.perf_counter() - begin)
        dealt[phase(folder, groups)] += 1
        print(f"\r{sum(dealt)} kills, {done(folder)} of {groups} groups", end="", file=sys.stderr)


def longest(peace: Peace, share: float, kills: int) -> float:
    """How long a life may be where a share of the groups and so many kills are left, so that the kills are spread over the run:
    twice the start and what one of them has to leave; behind the groups, all that is left.
    """
    if share == 0.0:
        return peace.start + peace.whole - peace.grouped
    return 2.0 * (peace.start + (peace.grouped - peace.start) * share / kills)


def killed(call: list[str], life: float | None, log: Path) -> bool:
    """Run for so long at most, then kill; False when the run came to its end before."""
    with log.open("ab") as errors, subprocess.Popen(call, cwd=PAGE.parents[1], stderr=errors) as process:
        try:
            process.wait(life)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait() < 0
    if process.returncode:
        said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise SystemExit(f"{said}\nthe run ended with {process.returncode}, which no kill explains")
    return False


def journal(folder: Path) -> Path:
    """The journal of the run that is to become the folder."""
    from crashsim.engine.work import JOURNAL, work_folder

    return work_folder(folder) / JOURNAL


def done(folder: Path) -> int:
    """Groups in the journal."""
    path = journal(folder)
    return max(path.read_bytes().count(b"\n") - 1, 0) if path.exists() else 0


def phase(folder: Path, groups: int) -> int:
    """Where a kill has met the run: 0 before its journal, 1 among its groups, 2 behind them."""
    if not journal(folder).exists():
        return 0
    return 1 if done(folder) < groups else 2


def hashes(folder: Path) -> dict[str, str]:
    """Of the files that the manifest names, each read again."""
    names = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in sorted(names)}


def of_tables(files: dict[str, str]) -> str:
    """One hash of all tables."""
    tables = "\n".join(f"{name} {digest}" for name, digest in files.items() if name.endswith(".parquet"))
    return hashlib.sha256(tables.encode()).hexdigest()


def main() -> None:
    """Run in peace, run and kill, compare."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kill", description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parser.add_argument("--cases", type=float, default=1e7)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--store", default="reductions", help="all, reductions or 'sample N'")
    parser.add_argument("--seed", type=int, default=1, help="of the random times")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        peaceful, fought = Path(place) / "peace", Path(place) / "battle"
        cases, chance = int(options.cases), random.Random(options.seed)
        groups = planned(cases, options.store)
        peace = in_peace(command(Path(place), cases, options.store, peaceful.name), peaceful, groups)
        print(f"in peace: {cases:,} crashes, {options.store}, {groups} groups, {duration(peace.whole)}")
        call = command(Path(place), cases, options.store, fought.name)
        battle = in_battle(call, fought, options.kills, peace, groups, chance)
        print(f"\nkilled {battle.kills} times ({battle.early} before its journal, {battle.groups} among its groups, {battle.late} "
              f"behind them): {duration(battle.seconds)}, {duration(battle.seconds - peace.whole)} lost")  # fmt: skip
        one, other = hashes(peaceful), hashes(fought)
        print(f"tables in peace: {of_tables(one)}\ntables killed:   {of_tables(other)}")
        differing = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
        print(f"files that differ: {', '.join(differing) or 'none'} of {len(one)}")
        sys.exit(1 if differing or battle.kills < options.kills else 0)


def planned(cases: int, store: str) -> int:
    """Groups of the run."""
    from benchmarks.scale import study
    from crashsim import load_study
    from crashsim.engine.store import task

    return len(task(load_study(study(cases, store))).plan.groups)


if __name__ == "__main__":
    main()
