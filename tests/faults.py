"""Faults, each with the files that it takes and the command that meets it: the tests run them, and docs/faults.md lists them.

python tests/faults.py        rewrites docs/faults.md with what every fault prints
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple
from unittest import mock

PAGE: Final = Path(__file__).parent.parent / "docs" / "faults.md"
TINY: Final = """\
name: tiny
vehicles: {kei: {use: kei-car}, wall: {use: rigid-wall}}
impacts: {wall: {type: wall, speed: {kei: 40 km/h}}}
sampling: {samples: 1}
"""
RUN: Final = ("run", "tiny.yaml", "--quiet", "--out", "results")
OCCUPANT: Final = (
    "occupant",
    "pulse.csv",
    "--restraint",
    "belt-airbag",
    "--time-unit",
    "ms",
    "--acceleration-unit",
    "g",
)
FIT: Final = ("fit", "test.001", "--mass", "1.3 t", "--speed", "35 mph")
TABLE: Final = ("fit", "pulse.csv", *FIT[2:], "--time-unit", "s", "--acceleration-unit", "g")
LOAD: Final = ("crashsim.load",)  # the only one that is no command
GOOD_PULSE: Final = "".join(f"{t},{-20.0 if t < 80 else 0.0}\n" for t in range(100))
MME: Final = """\
Channel code       :10VEHCCG0000ACXD
Unit               :m/(s*s)
Sampling interval  :0.0001
Time of first sample :0
Number of samples  :{count}
{values}"""
EV5: Final = "----- INSTRUMENTATION -----\n1|{curve}|AC|a|b|X|c|G'S|d|e|f|g|h|i|0|{last}|100|j|k|cross-member\n"


class Fault(NamedTuple):
    """What is wrong, what is typed, and what makes it so in the current folder; ``disk``: it takes a small disk of 64 kB."""

    area: str
    what: str
    command: tuple[str, ...]
    make: Callable[[], object]
    disk: str = ""


# ---- what makes a fault ----------------------------------------------------------------------------------------------


def file(name: str, content: str | bytes) -> Callable[[], object]:
    """A file with a content."""
    return lambda: Path(name).write_bytes(content.encode() if isinstance(content, str) else content)


def study(old: str, new: str) -> Callable[[], object]:
    """The tiny study with a part of it replaced."""
    assert old in TINY
    return file("tiny.yaml", TINY.replace(old, new))


def sparse(name: str) -> Callable[[], object]:
    """A file that claims ten gigabytes and takes none."""

    def make() -> None:
        with Path(name).open("wb") as stream:
            stream.truncate(10**10)

    return make


def each(*makers: Callable[[], object]) -> Callable[[], object]:
    """Several at once."""
    return lambda: [make() for make in makers]


def stored() -> None:
    """A sound run of the tiny study, as `crashsim run` leaves it but for figures and report."""
    import crashsim
    from crashsim.engine.folder import writing
    from crashsim.results.files import write_data, write_manifest

    Path("tiny.yaml").write_text(TINY, encoding="utf-8")
    if not (keep := Path(tempfile.gettempdir()) / f"crashsim-faults-{os.getpid()}").is_dir():
        results = crashsim.run(crashsim.load_study("tiny.yaml"))
        with writing(keep) as partial:
            write_data(results, partial)
            write_manifest(results.meta, partial)
    shutil.copytree(keep, "results")


def manifest(change: Callable[[dict[str, object]], object]) -> Callable[[], object]:
    """A sound run whose manifest was changed."""

    def make() -> None:
        stored()
        path = Path("results/manifest.json")
        tree = json.loads(path.read_text(encoding="utf-8"))
        change(tree)
        path.write_text(json.dumps(tree), encoding="utf-8")

    return make


def lying(name: str, changed: Callable[[bytes], bytes]) -> Callable[[], object]:
    """A sound run of which a file was changed, and the manifest vouches for it."""

    def make() -> None:
        stored()
        data = changed(Path("results", name).read_bytes())
        Path("results", name).write_bytes(data)
        path = Path("results/manifest.json")
        tree = json.loads(path.read_text(encoding="utf-8"))
        tree["files"][name] = hashlib.sha256(data).hexdigest()
        path.write_text(json.dumps(tree), encoding="utf-8")

    return make


def table_with(change: Callable[..., object]) -> Callable[[bytes], bytes]:
    """A Parquet file whose table was changed."""

    def changed(data: bytes) -> bytes:
        import pyarrow as pa
        import pyarrow.parquet as pq

        sink = io.BytesIO()
        pq.write_table(change(pq.read_table(io.BytesIO(data)), pa), sink)
        return sink.getvalue()

    return changed


def many_rows(data: bytes) -> bytes:
    """The footer of a table of a billion rows, without the rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    nothing = pa.DictionaryArray.from_arrays(pa.nulls(10**6, pa.int8()), pa.array(["a"]))
    written, footer = io.BytesIO(), io.BytesIO()
    pq.write_table(pa.table(dict.fromkeys(("case", "impact", "vehicle", "status"), nothing)), written)
    claimed = pq.read_metadata(written)
    for _ in range(10):
        claimed.append_row_groups(claimed)
    claimed.write_metadata_file(footer)
    return footer.getvalue()


def foreign() -> None:
    """A folder with somebody's own file."""
    Path("tiny.yaml").write_text(TINY, encoding="utf-8")
    Path("results").mkdir()
    Path("results/thesis.txt").write_text("precious", encoding="utf-8")


def link_into(target: str) -> Callable[[], object]:
    """A link where the results should go."""

    def make() -> None:
        Path("tiny.yaml").write_text(TINY, encoding="utf-8")
        Path("results").symlink_to(target)

    return make


# ---- the faults ------------------------------------------------------------------------------------------------------

BOMB: Final = "\n".join([f"a0: &a0 [{'x, ' * 9}]", *(f"a{i}: &a{i} [{f'*a{i - 1}, ' * 9}]" for i in range(1, 10))])
CHECK: Final = ("check", "tiny.yaml")

STUDIES: Final = [
    Fault("study", "no such file", ("check", "tiny.yml"), file("tiny.yaml", TINY)),
    Fault("study", "an empty file", CHECK, file("tiny.yaml", "")),
    Fault("study", "a folder", CHECK, lambda: Path("tiny.yaml").mkdir()),
    Fault("study", "a pipe", CHECK, lambda: os.mkfifo("tiny.yaml")),
    Fault("study", "ten gigabytes", CHECK, sparse("tiny.yaml")),
    Fault("study", "a NUL in the file's name", ("check", "a\0b"), lambda: None),
    Fault("study", "control characters in the file's name", ("check", "\x1b[2Jx.yaml"), lambda: None),
    Fault("study", "cut off in the middle", CHECK, file("tiny.yaml", TINY[:70])),
    Fault("study", "bytes that are no text", CHECK, file("tiny.yaml", b"\x89PNG\r\n\x1a\n\0\0")),
    Fault("study", "UTF-16", CHECK, file("tiny.yaml", TINY.encode("utf-16"))),
    Fault("study", "a tag that makes objects", CHECK, study("name: tiny", "name: !!python/object/apply:os.system [id]")),
    Fault("study", "a bomb of aliases, 9^9 values", CHECK, file("tiny.yaml", BOMB)),
    Fault("study", "50,000 nested lists", CHECK, file("tiny.yaml", "a: " + "[" * 50_000)),
    Fault("study", "a number of 200,000 digits", CHECK, study("40 km/h", "1" * 200_000)),
    Fault("study", "a key twice", CHECK, study("sampling:", "name: other\nsampling:")),
    Fault("study", "two documents", CHECK, file("tiny.yaml", TINY + "---\n" + TINY)),
    Fault("study", "a number without its unit", CHECK, study("40 km/h", "40")),
    Fault("study", "a unit of something else", CHECK, study("40 km/h", "40 kg")),
    Fault("study", "not a number", CHECK, study("40 km/h", ".nan")),
    Fault("study", "an infinity as a text", CHECK, study("40 km/h", "inf km/h")),
    Fault("study", "a misspelt field", CHECK, study("impacts:", "impact:")),
    Fault("study", "a name that climbs out", CHECK, study("name: tiny", "name: ../tiny")),
    Fault("study", "a vehicle of another folder", CHECK, study("use: kei-car", "use: ../../etc/passwd")),
    Fault("study", "a name of a device", CHECK, study("kei: {use", "CON: {use")),
    Fault("study", "a billion cases", CHECK,
          study("speed: {kei: 40 km/h}", "speed: {kei: 40 km/h}, sweep: {speed.kei: {from: 1 km/h, to: 99 km/h, points: 1000000000}}")),
    Fault("study", "a crash without a collision", CHECK, study("40 km/h", "0 km/h")),
]  # fmt: skip

FOLDERS: Final = [
    Fault("results", "somebody else's files where they should go", RUN, foreign),
    Fault("results", "somebody else's files, and --force", (*RUN, "--force"), foreign),
    Fault("results", "a file where they should go", RUN, each(file("tiny.yaml", TINY), file("results", ""))),
    Fault("results", "a link to somebody else's files", RUN, each(link_into("mine"), lambda: Path("mine").mkdir(), file("mine/x", ""))),
    Fault("results", "a place inside a file", (*RUN[:-1], "tiny.yaml/results"), file("tiny.yaml", TINY)),
    Fault("results", "the current folder", (*RUN[:-1], "."), file("tiny.yaml", TINY)),
    Fault("results", "a name of 300 characters", (*RUN[:-1], "x" * 300), file("tiny.yaml", TINY)),
    Fault("results", "those of another study", RUN, each(stored, study("40 km/h", "41 km/h"))),
    Fault("results", "a table that was changed", RUN, each(stored, file("results/summary.csv", "x"))),
    Fault("results", "a table that was removed", RUN, each(stored, lambda: Path("results/summary.csv").unlink())),
    Fault("results", "a manifest that is cut off", RUN, each(stored, file("results/manifest.json", '{"crashsim": "res'))),
    Fault("results", "a manifest that names files elsewhere", (*RUN, "--force"), manifest(lambda m: m["files"].update({"../x": "0"}))),  # type: ignore[attr-defined]
    Fault("results", "those of another version", RUN, manifest(lambda m: m.update(version="9.9", fingerprint="0"))),
    Fault("results", "a disk that is full", (*RUN[:-1], "disk/results"), file("tiny.yaml", TINY), "full"),
    Fault("results", "a disk that is read-only", (*RUN[:-1], "disk/results"), file("tiny.yaml", TINY), "read-only"),
    Fault("results", "a full disk, two vehicles", ("compare", "kei-car", "compact", "--out", "disk/two"), lambda: None, "full"),
    Fault("results", "a full disk, a reconstruction", ("reconstruct", "kei_into_wall", "--out", "disk/one"), lambda: None, "full"),
]  # fmt: skip

READ: Final = [
    Fault("reading back", "no results", LOAD, lambda: Path("results").mkdir()),
    Fault("reading back", "a file", LOAD, file("results", "")),
    Fault("reading back", "a manifest nested 100,000 deep", LOAD, each(stored, file("results/manifest.json", "[" * 100_000))),
    Fault("reading back", "a manifest of ten gigabytes", LOAD, each(stored, sparse("results/manifest.json"))),
    Fault("reading back", "a table that the manifest does not vouch for", LOAD, each(stored, file("results/results.parquet", "PAR1"))),
    Fault("reading back", "half a table", LOAD, lying("results.parquet", lambda data: data[: len(data) // 2])),
    Fault("reading back", "a table with other columns", LOAD, lying("results.parquet", table_with(lambda t, pa: pa.table({"a": [1]})))),
    Fault("reading back", "a table with a column too few", LOAD,
          lying("results.parquet", table_with(lambda t, pa: t.drop_columns(["status"])))),
    Fault("reading back", "a table with texts for numbers", LOAD, lying("results.parquet", table_with(
        lambda t, pa: t.set_column(t.schema.get_field_index("delta_v"), "delta_v", pa.array(["x"] * len(t)))))),
    Fault("reading back", "a table with gaps", LOAD, lying("results.parquet", table_with(
        lambda t, pa: t.set_column(t.schema.get_field_index("delta_v"), "delta_v", pa.nulls(len(t), pa.float64()))))),
    Fault("reading back", "a table that claims a billion rows", LOAD, lying("results.parquet", many_rows)),
    Fault("reading back", "half of the pulses", LOAD, lying("pulses.nc", lambda data: data[: len(data) // 2])),
    Fault("reading back", "pulses that claim two billion samples", LOAD, lying("pulses.nc", lambda d: d[:28] + b"\x7f\xff\xff\xf0" + d[32:])),
    Fault("reading back", "pulses that are a table", LOAD, lying("pulses.nc", lambda data: b"PAR1" + data[4:])),
]  # fmt: skip

LINES: Final = GOOD_PULSE.splitlines(keepends=True)
SIGNALS: Final = [
    Fault("pulse", "no such file", OCCUPANT, lambda: None),
    Fault("pulse", "a folder", OCCUPANT, lambda: Path("pulse.csv").mkdir()),
    Fault("pulse", "a pipe", OCCUPANT, lambda: os.mkfifo("pulse.csv")),
    Fault("pulse", "ten gigabytes", OCCUPANT, sparse("pulse.csv")),
    Fault("pulse", "an empty file", OCCUPANT, file("pulse.csv", "")),
    Fault("pulse", "bytes that are no text", OCCUPANT, file("pulse.csv", b"\x89PNG\r\n\x1a\n\0\0")),
    Fault("pulse", "a line cut off", OCCUPANT, file("pulse.csv", GOOD_PULSE[:-6])),
    Fault("pulse", "a number missing", OCCUPANT, file("pulse.csv", GOOD_PULSE.replace("40,-20.0", "40,"))),
    Fault("pulse", "not a number", OCCUPANT, file("pulse.csv", GOOD_PULSE.replace("40,-20.0", "40,nan"))),
    Fault("pulse", "a decimal comma", OCCUPANT, file("pulse.csv", GOOD_PULSE.replace(".", ","))),
    Fault("pulse", "times that go back", OCCUPANT, file("pulse.csv", "".join([*LINES[:50], *LINES[40:]]))),
    Fault("pulse", "a gap in time", OCCUPANT, file("pulse.csv", "".join([*LINES[:50], *LINES[60:]]))),
    Fault("pulse", "one line", OCCUPANT, file("pulse.csv", LINES[0])),
    Fault("pulse", "one line of a hundred thousand characters", OCCUPANT, file("pulse.csv", '"' + "1" * 200_000 + '",2\n' + GOOD_PULSE)),
    Fault("pulse", "the wrong sign", OCCUPANT, file("pulse.csv", GOOD_PULSE.replace("-", ""))),
    Fault("pulse", "nothing but zeros", OCCUPANT, file("pulse.csv", GOOD_PULSE.replace("-20.0", "0.0"))),
    Fault("pulse", "numbers near the largest", OCCUPANT, file("pulse.csv", GOOD_PULSE.replace("-20.0", "-1e308"))),
    Fault("fit", "a table without numbers", TABLE, file("pulse.csv", "time,acceleration\n")),
    Fault("fit", "a table with numbers near the largest", TABLE, file("pulse.csv", GOOD_PULSE.replace("-20.0", "-1e308"))),
    Fault("fit", "NHTSA: curves without their list", ("fit", "test.EV5", *FIT[2:], "--channel", "93"), file("test.EV5", "----- TEST -----\n")),
    Fault("fit", "NHTSA: a list cut off", ("fit", "test.EV5", *FIT[2:], "--channel", "93"), file("test.EV5", EV5.format(curve=93, last=100)[:60])),
    Fault("fit", "NHTSA: a curve that is not there", ("fit", "test.EV5", *FIT[2:], "--channel", "93"),
          file("test.EV5", EV5.format(curve=93, last=100))),
    Fault("fit", "NHTSA: a curve that is cut short", ("fit", "test.EV5", *FIT[2:], "--channel", "93"),
          each(file("test.EV5", EV5.format(curve=93, last=100)), file("test.093", "-1.0\n" * 50))),
    Fault("fit", "NHTSA: a list that promises 10^9 samples", ("fit", "test.EV5", *FIT[2:], "--channel", "93"),
          each(file("test.EV5", EV5.format(curve=93, last=10**9)), file("test.093", "-1.0\n" * 50))),
    Fault("fit", "NHTSA: a negative curve number", ("fit", "test.EV5", *FIT[2:], "--channel", "-3"),
          file("test.EV5", EV5.format(curve=-3, last=100))),
    Fault("fit", "ISO-MME: no header", FIT, file("test.001", "Channel code :10VEHCCG0000ACXD\n1.0\n2.0\n")),
    Fault("fit", "ISO-MME: a sampling interval of zero", FIT,
          file("test.001", MME.format(count=2, values="1\n2\n").replace("0.0001", "0"))),
    Fault("fit", "ISO-MME: 10^9 samples promised, two there", FIT, file("test.001", MME.format(count=10**9, values="1\n2\n"))),
    Fault("fit", "ISO-MME: a number of samples that is none", FIT, file("test.001", MME.format(count="inf", values="1\n2\n"))),
    Fault("fit", "ISO-MME: a value that is none", FIT, file("test.001", MME.format(count=2, values="1\nx\n"))),
    Fault("fit", "ISO-MME: no acceleration", FIT, file("test.001", MME.format(count=2, values="1\n2\n").replace("m/(s*s)", "kN"))),
    Fault("fit", "ISO-MME: a test without channels", ("fit", "test.mme", *FIT[2:]), file("test.mme", "Title :x\n")),
    Fault("fit", "ISO-MME: ten gigabytes", FIT, sparse("test.001")),
]  # fmt: skip

OTHERS: Final = [
    Fault("command", "an unknown command", ("rum", "highway"), lambda: None),
    Fault("command", "an unknown study", ("run", "higway"), lambda: None),
    Fault("command", "an unknown vehicle", ("show", "kei-caar"), lambda: None),
    Fault("command", "a formula for a name", ("show", "=cmd|' /C calc'!A0"), lambda: None),
    Fault("command", "a new study over an old one", ("new", "tiny"), file("tiny.yaml", TINY)),
    Fault("command", "a new study elsewhere", ("new", "../tiny"), lambda: None),
    Fault("command", "a new study with a name of 300 characters", ("new", "x" * 300), lambda: None),
    Fault("command", "a closing speed that is none", ("compare", "kei-car", "compact", "--speed", "fast"), lambda: None),
    Fault("command", "a vehicle against itself out of nothing", ("compare", "kei-car", ""), lambda: None),
]  # fmt: skip

FAULTS: Final = (*STUDIES, *FOLDERS, *READ, *SIGNALS, *OTHERS)


# ---- what they print -------------------------------------------------------------------------------------------------


class NoDisk(Exception):
    """No small disk can be mounted here."""


@contextlib.contextmanager
def small_disk(folder: Path, state: str) -> Iterator[None]:
    """A disk of 64 kB at a folder, read-only or with a file that leaves no room."""
    folder.mkdir()
    if not state:
        yield
        return
    if sys.platform != "linux" or os.geteuid() != 0:
        raise NoDisk("mounting a small disk takes root on Linux")
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True, check=False
    ).returncode:
        raise NoDisk("no small disk can be mounted here")
    try:
        if state == "full":
            (folder / "other").write_bytes(bytes(48 * 1024))
        else:
            subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def met(fault: Fault) -> tuple[int, str]:
    """Exit status and message of a fault in the current folder, which must be empty."""
    fault.make()
    with small_disk(Path("disk"), fault.disk):
        return loaded() if fault.command == LOAD else typed(fault.command)


def typed(command: tuple[str, ...]) -> tuple[int, str]:
    """Exit status and errors of a command line, in this process."""
    from crashsim.cli import main

    errors, before = io.StringIO(), warnings.showwarning
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(errors),
        mock.patch("sys.argv", ["crashsim", *command]),
    ):
        try:
            main()
        except SystemExit as end:
            return int(end.code or 0), errors.getvalue().strip()
        finally:
            warnings.showwarning = before
    raise AssertionError("the command line did not end")


def read_back(folder: str | Path) -> int:
    """Read results with columns of every table; returns how many numbers these have."""
    import crashsim

    results = crashsim.load(folder)
    tables = [table for table in (results, results.bands, results.samples) if table is not None]
    wanted = ("delta_v", "delta_v.mean", "status", "vehicle")  # each read opens the file again: not all of a hundred
    return sum(len(table.columns[name]) for table in tables for name in wanted if name in table.columns)


def loaded() -> tuple[int, str]:
    """What reading results back raises."""
    from crashsim.errors import OutputError

    try:
        read_back("results")
    except OutputError as error:
        return 2, str(error)
    return 0, ""


# ---- the page --------------------------------------------------------------------------------------------------------

TOP: Final = """\
# Faults and what they print

What crashsim says of files and places that are wrong, damaged or hostile. Every row is run by the tests, with this very message:
one line for each problem, with its place, what was found and what was expected; the exit status is 2 and nothing is left
half-written. A long message is cut here at 200 characters.

Beyond these, `python -m benchmarks.fuzz --mutants 1000000` reads a million mutated files, and `--physics 1000000` computes a million
crashes of random studies and counts those that fail.
"""


def shown(text: str) -> str:
    """A message as a cell of the table, without what changes from release to release."""
    from crashsim.engine.manifest import version

    first, *rest = text.replace(f"{Path.cwd()}/", "").partition("Error: ")[2 * ("Error: " in text)].splitlines()
    first = re.sub(r"\((shipped|known): [^)]*\)", r"(\1: ...)", first).replace(
        f"this is {version()}", "this is VERSION"
    )
    cut = first if len(first) <= 200 else f"{first[:197]}..."
    more = f" (and {len(rest)} more)" if rest else ""
    return f"`{cut.replace('|', '/').replace('`', chr(39))}`{more}"


def row(fault: Fault, status: int, text: str) -> str:
    """A line of the table."""
    words = (
        "crashsim.load('results')"
        if fault.command == LOAD
        else " ".join(["crashsim", *map(shlex.quote, fault.command)])
    )
    safe = words.replace("|", "/").encode("unicode_escape").decode()
    short = safe if len(safe) <= 60 else f"{safe[:57]}..."
    return f"| {fault.what} | `{short}` | {status} | {shown(text)} |"


def page() -> str:
    """The page of the docs; a fault whose disk cannot be mounted keeps the line that it has there."""
    old = PAGE.read_text(encoding="utf-8").splitlines() if PAGE.is_file() else []
    lines = [TOP]
    for area in dict.fromkeys(fault.area for fault in FAULTS):
        lines += [f"## {area.capitalize()}\n", "| fault | command | exit | printed |", "|---|---|---|---|"]
        for fault in (fault for fault in FAULTS if fault.area == area):
            with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
                try:
                    lines.append(row(fault, *met(fault)))
                except NoDisk:
                    lines += [line for line in old if line.startswith(f"| {fault.what} |")]
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
