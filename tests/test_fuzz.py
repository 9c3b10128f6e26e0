"""Mutated files of every kind: whatever stands in a file, the answer is what it asks for or problems with places inside it.

The mutants are those of ``python -m benchmarks.fuzz``, which makes a million of them with the same checks.
"""

import json
import random
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import crashsim
from crashsim.config.study import load_study
from crashsim.engine import local
from crashsim.errors import ConfigError, LibraryError, Problem

sys.path.append(str(Path(__file__).parent.parent))  # benchmarks are not installed

from benchmarks import fuzz, fuzz_physics, mutants

MUTANTS = 100_000


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_mutants_are_read_or_refused_in_words() -> None:
    done = subprocess.run([sys.executable, "-m", "benchmarks.fuzz", "--mutants", str(MUTANTS)], cwd=Path(__file__).parent.parent, text=True,
                          capture_output=True, check=False)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    counts = {k: int(n.replace(",", "")) for k, n in re.findall(r"^  ([\w ]+: \w+): ([\d,]+)$", done.stdout, re.M)}
    assert sum(counts.values()) == MUTANTS
    assert {name.partition(":")[0] for name in counts} == set(mutants.KINDS)
    good = sum(n for name, n in counts.items() if name.endswith("good"))
    assert 0.05 * MUTANTS < good < 0.5 * MUTANTS, "else the mutator does not test what it should"


def test_a_finding_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that raises, hangs or points outside the file is found, and the number that makes it again is told."""

    def readers(source: Path) -> None:
        wrong = [
            KeyError("x"),
            ConfigError([Problem(str(source), 10**6, 1, "", "far away")]),
            LibraryError("no such name"),
        ]
        raise random.Random(source.read_bytes()).choice(wrong)

    monkeypatch.setattr(fuzz, "_warm_up", lambda: None)
    monkeypatch.setattr(fuzz, "reader", lambda kind: readers)
    found = fuzz.survey(range(30))
    assert len(found.findings) + sum(found.counts.values()) >= 30
    assert any("KeyError" in row for row in found.findings)
    assert any("wrong place" in row for row in found.findings)
    assert any("called unknown" in row for row in found.findings)
    assert all(row.startswith("mutant ") for row in found.findings)


def test_a_mutant_that_hangs_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(source: Path) -> None:
        while True:
            pass

    monkeypatch.setattr(fuzz, "LONGEST", 1)
    monkeypatch.setattr(fuzz, "_warm_up", lambda: None)
    monkeypatch.setattr(fuzz, "reader", lambda kind: hang)
    (row,) = fuzz.survey(range(1)).findings
    assert "Hang: more than 1 s" in row


def test_a_seed_gives_the_same_mutant_always() -> None:
    assert mutants.mutant(7) == mutants.mutant(7)
    assert len({mutants.mutant(seed) for seed in range(200)}) > 150


def test_mutated_mappings_are_studies_or_problems() -> None:
    bases = [base.tree for base in (*mutants.short_bases(), *mutants.whole_bases()[:2]) if base.kind == mutants.STUDY]
    for seed in range(300):
        rng = random.Random(seed)
        tree = mutants.mutated_tree(json.loads(rng.choice(bases)), rng)
        problems = fuzz.problems_of(load_study, tree)
        assert not [str(p) for p in problems if p.line != 0 or fuzz.wrong_words(p)], seed


@pytest.mark.parametrize("kind", mutants.KINDS)
@pytest.mark.parametrize(
    "name", ["", "../x", "/etc/passwd", "CON", "\0", "\ud800", "x" * 5000, "a/b", "configs", "a\n"]
)
def test_weird_names_of_files(kind: str, name: str) -> None:
    with pytest.raises(crashsim.CrashsimError) as caught:
        fuzz.reader(kind)(name)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("name", [word for word in mutants.WORDS if word])
def test_weird_names_of_studies(name: str) -> None:
    with pytest.raises((ConfigError, LibraryError)):
        load_study(name)


@pytest.mark.slow
def test_mutants_that_validate_also_run(tmp_path: Path) -> None:
    path, ran = tmp_path / "study.yaml", 0
    seed = 10**6
    while ran < 40:
        seed += 1
        one = mutants.mutant(seed, whole=0.02)
        if one.kind != mutants.STUDY:
            continue
        path.write_bytes(one.data)
        if fuzz.problems_of(load_study, path):
            continue
        study = load_study(path)
        if sum(impact.count for impact in study.impacts) > 300 or study.variants:
            continue
        results = crashsim.run(study, threads=1)
        status = results.columns["status"]
        assert set(status) <= {"ok", "beyond_model"}, seed
        for name in ("delta_v", "peak_force", "dynamic_crush", "restitution"):
            assert np.isfinite(results.columns[name]).all(), (seed, name)
        ran += 1


# ---- physics ---------------------------------------------------------------------------------------------------------


def test_no_nan_and_no_infinity_where_the_status_is_ok() -> None:
    """Crashes of random studies; a million by ``python -m benchmarks.fuzz --physics 1000000``."""
    tally = fuzz_physics.crashes(range(40))
    assert tally.findings == []
    assert sum(n for name, n in tally.counts.items() if name.startswith("crashes")) >= 20_000
    assert tally.counts["crashes ok"] > 10_000
    assert tally.counts["crashes beyond_model"] > 500
    failed = sum(n for name, n in tally.counts.items() if "failed" in name)
    assert failed, "else the studies are not as wild as they should be"
    assert sum(int(re.search(r"(\d+) failed", row)[1]) for row in tally.listed) == failed


def test_a_nan_and_an_infinity_are_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    real = local.rows

    def rows(*args: object) -> object:
        found = real(*args)
        good = np.flatnonzero(found["status"] == "ok")
        found["delta_v"] = found["delta_v"].copy()
        found["delta_v"][good[3]] = np.nan
        found["ees"] = np.where(np.arange(len(found["ees"])) == good[-1], np.inf, found["ees"])
        return found

    monkeypatch.setattr(local, "rows", rows)
    words = " ".join(fuzz_physics.crashes(range(1)).findings)
    assert "delta_v of" in words
    assert "is nan in case" in words
    assert "ees of" in words
    assert "is inf in case" in words
