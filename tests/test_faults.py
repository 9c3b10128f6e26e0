"""Hostile files and places: one clear message for each, nothing left half-written, and the page of the docs says what is printed."""

import csv
import hashlib
import json
import os
import random
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import crashsim
from crashsim.config.fits import load_fit, one_pulse
from crashsim.config.signals import read_signals
from crashsim.engine.folder import is_done, writing
from crashsim.results.cells import write_csv
from crashsim.results.files import MANIFEST, write_manifest

sys.path.append(str(Path(__file__).parent))

import faults
from faults import FAULTS, Fault

CELLS = ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=cmd|' /C calc'!A0", "-", "+", "-5 deg", "@"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files_of(folder: Path) -> dict[str, str]:
    """Hash of every file of a folder; pipes, links to nothing and sparse giants by their size."""
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() if p.is_file() and p.stat().st_size < 10**8 else "other"
            for p in sorted(folder.rglob("*")) if not p.is_relative_to(folder / "disk")}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.area}, {fault.what}")
def test_a_fault_is_one_clear_message(fault: Fault, here: Path) -> None:
    made: dict[str, str] = {}

    def make() -> None:
        fault.make()
        made.update(files_of(here))

    try:
        status, text = faults.met(fault._replace(make=make))
    except faults.NoDisk as reason:
        pytest.skip(str(reason))
    assert status == 2, text
    assert text
    for line in text.splitlines():
        assert line.isprintable()
        assert len(line) < 1000
        assert not any(word in line for word in ("internal error", "Traceback", "warning"))
    assert files_of(here) == made, "what was there is as it was, and nothing was added"
    assert faults.row(fault, status, text) in faults.PAGE.read_text(encoding="utf-8").splitlines(), (
        "run: python tests/faults.py"
    )


def test_the_page_has_no_other_rows() -> None:
    rows = [line for line in faults.PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    areas = len({fault.area for fault in FAULTS})
    assert len(rows) == len(FAULTS) + areas
    assert len({(fault.area, fault.what) for fault in FAULTS}) == len(FAULTS)


# ---- every file cut and flipped --------------------------------------------------------------------------------------


def peak() -> float:
    """Most memory that this process ever had [MB]."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def damaged(data: bytes, rng: random.Random) -> list[bytes]:
    """Every cut at a power of two, and bytes flipped at random."""
    cuts = [data[: 2**k] for k in range(len(data).bit_length())]
    flips = []
    for _ in range(12):
        changed = bytearray(data)
        for at in rng.choices(range(len(data)), k=rng.choice([1, 1, 8])):
            changed[at] ^= 1 << rng.randrange(8)
        flips.append(bytes(changed))
    return [*cuts, *flips]


def survives(read: Callable[[], object], refusal: type[Exception]) -> None:
    """Reading ends well or in a refusal of one printable line, soon and in little memory."""
    before, started = peak(), time.process_time()
    said = ""
    try:
        read()
    except refusal as error:
        said = str(error)
    assert all(line.isprintable() for line in said.splitlines())
    assert len(said) < 2000
    assert peak() - before < 300.0, "MB"
    assert time.process_time() - started < 20.0, "s: hangs"


@pytest.mark.parametrize("name", ["results.parquet", "pulses.nc", "bands.parquet", "samples.parquet", MANIFEST])
@pytest.mark.parametrize("vouched", [True, False])
def test_damaged_results_are_refused(name: str, vouched: bool, here: Path) -> None:
    vehicles = {"kei": {"use": "kei-car"}, "wall": {"use": "rigid-wall"}}
    study = {"name": "drawn", "vehicles": vehicles, "impacts": {"wall": {"type": "wall", "speed": {"kei": "40 km/h"}}}}
    crashsim.run({**study, "sampling": {"samples": 8}}).save(here / "r")
    whole, manifest = (here / "r" / name).read_bytes(), json.loads((here / "r" / MANIFEST).read_text(encoding="utf-8"))
    assert faults.read_back(here / "r") > 10
    for data in damaged(whole, random.Random(name)):
        (here / "r" / name).write_bytes(data)
        if vouched and name != MANIFEST:
            manifest["files"][name] = hashlib.sha256(data).hexdigest()
            (here / "r" / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
        survives(lambda: faults.read_back(here / "r"), crashsim.OutputError)


def nhtsa(here: Path) -> dict[str, bytes]:
    found = {
        "test.EV5": faults.EV5.format(curve=93, last=99).encode(),
        "test.093": b"".join(b"%d\n" % -i for i in range(100)),
    }
    for name, data in found.items():
        (here / name).write_bytes(data)
    return found


def iso_mme(here: Path) -> dict[str, bytes]:
    found = {"test.001": faults.MME.format(count=100, values="".join(f"{-i}\n" for i in range(100))).encode()}
    (here / "test.001").write_bytes(found["test.001"])
    return found


def text_table(here: Path) -> dict[str, bytes]:
    found = {"test.csv": faults.GOOD_PULSE.encode()}
    (here / "test.csv").write_bytes(found["test.csv"])
    return found


@pytest.mark.parametrize("make, channels, units", [
    (nhtsa, ["93"], {}), (iso_mme, [], {}), (text_table, [], {"time_unit": "ms", "unit": "g"}),
])  # fmt: skip
def test_damaged_signals_are_read_or_refused(
    make: Callable[[Path], dict[str, bytes]], channels: list[str], units: dict[str, str], here: Path
) -> None:
    sound = make(here)
    first = next(iter(sound))
    assert read_signals(first, channels, **units).time.size == 100
    options = {"mass": "1.3 t", "speed": "35 mph"} | ({"time_unit": "ms", "acceleration_unit": "g"} if units else {})
    for name, data in sound.items():
        for changed in damaged(data, random.Random(name)):
            (here / name).write_bytes(changed)
            survives(lambda: read_signals(first, channels, **units), crashsim.CrashsimError)
            survives(
                lambda: load_fit(one_pulse(first, {**options, "channels": tuple(channels)})), crashsim.CrashsimError
            )
        (here / name).write_bytes(data)


# ---- cells of CSV files ----------------------------------------------------------------------------------------------


def test_no_cell_is_a_formula_and_no_line_break_splits_a_row(tmp_path: Path) -> None:
    words = [*CELLS, "a\nb", "a\r\n=1", 'say "x", y', "名前 🚚", "\u2028=1", "a\0b"]
    write_csv(tmp_path / "t.csv", [["head", *words], [None, *range(len(words))]])
    text = (tmp_path / "t.csv").read_text(encoding="utf-8")
    head, numbers = csv.reader(text.splitlines())
    assert len(text.splitlines()) == 2
    assert len(head) == len(numbers) == len(words) + 1
    assert {cell for cell in head if cell[:1] in tuple("=+-@\t\r\n")} == {"+1"}, "numbers are no formulas"
    assert head[words.index("-5 deg") + 1] == "'-5 deg"


def test_numbers_stay_numbers(tmp_path: Path) -> None:
    write_csv(tmp_path / "t.csv", [[-1.5, float("nan"), None, 7, "-0.25", "+3", np.float64(1 / 3), True]])
    assert (tmp_path / "t.csv").read_text(encoding="utf-8") == "-1.5,,,7,-0.25,+3,0.333333,True\n"


def test_a_formula_in_a_reconstruction_stays_a_text(here: Path) -> None:
    """Free text that a command writes into a table: the source of a number."""
    text = ("name: r\ntype: wall\nvehicles: {a: {mass: {value: 900 kg, source: '=HYPERLINK(\"http://x\")', tag: J}, crush: [20 cm, 25 cm], "
            "width: 1.4 m, pdof: -5 deg, stiffness: {A: 60 kN/m, B: 780 kN/m^2}}}\n")  # fmt: skip
    (here / "r.yaml").write_text(text, encoding="utf-8")
    assert faults.typed(("reconstruct", "r.yaml", "--out", "out"))[0] == 0
    rows = list(csv.reader((here / "out" / "inputs.csv").read_text(encoding="utf-8").splitlines()))
    cells = [cell for row in rows for cell in row]
    assert '\'=HYPERLINK("http://x")' in cells
    assert "'-5 deg" in cells
    assert not [cell for cell in cells if cell[:1] in ("=", "@") or cell == "-5 deg"]


# ---- two at once, clocks ---------------------------------------------------------------------------------------------


def test_two_that_write_one_folder_at_once(here: Path) -> None:
    """The first to finish has it, whole; the other is refused, and leaves nothing."""

    def write(partial: Path, word: str) -> None:
        (partial / "answer.txt").write_text(word, encoding="utf-8")
        write_manifest({"crashsim": "results", "kind": "run", "fingerprint": "x", "impacts": {}}, partial)

    def both() -> None:
        with writing(here / "r") as late:
            with writing(here / "r") as early:
                write(early, "early")
            write(late, "late")

    with pytest.raises(crashsim.OutputError, match="r: cannot be written"):
        both()
    assert (here / "r" / "answer.txt").read_text(encoding="utf-8") == "early"
    assert [p.name for p in here.iterdir()] == ["r"]


@pytest.mark.parametrize("when", [0.0, 4e9], ids=["1970", "2096"])
def test_a_clock_that_jumps_changes_nothing(when: float, here: Path) -> None:
    """Whether results are those of a study is told by hashes, never by times."""
    faults.stored()
    for path in (*here.rglob("*"), here):
        os.utime(path, (when, when))
    assert is_done(here / "results", crashsim.load_study("tiny.yaml"))
