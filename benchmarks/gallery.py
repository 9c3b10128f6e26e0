"""Run the commands that answer the twelve questions, time them, and write ``docs/gallery.md`` with what they print and one figure each.

    python -m benchmarks.gallery [NAME ...]

Only the named entries are run again; those not named are kept as they were last run here (``runs/gallery``).
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs" / "gallery.md"
FIGURES: Final = ROOT / "docs" / "figures"
LARGEST: Final = 150_000  # bytes of a figure in the documentation
PIXELS: Final = 1000  # width of one that is too large as SVG
COLOURS: Final = 48


class Entry(NamedTuple):
    """A question, the arguments of the command that answers it, and the stem of the figure to show."""

    name: str
    question: str
    command: tuple[str, ...]
    figure: str


ENTRIES: Final = (
    Entry("highway", '"An 1,800 lb car hitting a 5,500 lb truck at 70 mph always loses." By how much, and below which speed does it not?',
          ("run", "highway"), "risk-standing-pickup"),
    Entry("interstate", "Daily life beside 6,000 lb pickups that do 85 mph on the interstate", ("run", "interstate"), "delta-v"),
    Entry("roads", "Most kei driving is urban and slow: what does a crash cost on each class of road?", ("run", "roads"), "roads"),
    Entry("technology", "Do emergency braking, airbags and a modern structure make it acceptable?", ("run", "technology"),
          "ledger-into-standing-pickup"),
    Entry("tests", "Kei cars earn top marks in tests said to be milder than the American ones", ("tests",), "severity"),
    Entry("design", "What would an America-spec kei car gain from structure, height and restraint, and who pays?", ("design",), "front"),
    Entry("speed-limit", "Up to which speed, and which posted limit, does its risk stay within a bound?", ("speed-limit",), "limits"),
    Entry("imports", "Imports of the 1990s without airbags, beside a modern kei car and a modern compact", ("run", "imports"),
          "lineup-pickup"),
    Entry("matrix", "Everyone against everyone: the small cars that came before, the kei cars of today, and their partners", ("matrix",),
          "who-pays"),
    Entry("fleet", "50,000 to 100,000 kei cars sold a year: how many serious injuries and deaths, against the same buyers in compact cars?",
          ("fleet",), "people"),
    Entry("side_impact", "The pickup's front meets the kei's door, above the sill", ("run", "side_impact"), "doors-kei"),
    Entry("what_matters", "Which input matters?", ("sensitivity", "what_matters"), "sensitivity"),
)  # fmt: skip

HEAD: Final = """\
# The twelve questions

The questions that are asked about kei cars on American roads, each with the command that answers it, the two sentences that the command
prints, and one of its figures. Every command also writes a page (`report.html`) with all figures, what the answer rests on and what it
does not say. A lumped model is a calibrated surrogate, not a crash test: these are model results.

The first bracket of a risk is the range over published curves or injury functions, the second the 5-95 % range over the inputs; they are never
merged. A central value at the low end of its range is the favourable reading. This page is written by `python -m benchmarks.gallery`.
"""


def main() -> None:
    """Run the entries asked for and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gallery", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(entry.name for entry in ENTRIES)} (all)"
    )
    parser.add_argument(
        "--runs", type=Path, default=ROOT / "runs" / "gallery", metavar="FOLDER", help="where results are kept"
    )
    options = parser.parse_args()
    if unknown := set(options.names) - {entry.name for entry in ENTRIES}:
        parser.error(f"no such entry: {', '.join(sorted(unknown))}")
    options.runs.mkdir(parents=True, exist_ok=True)
    for entry in ENTRIES:
        if not options.names or entry.name in options.names:
            _run(entry, options.runs)
    found = {entry: known for entry in ENTRIES if (known := _known(entry, options.runs))}
    PAGE.write_text(page(found), encoding="utf-8")
    print(f"written: {PAGE} ({len(found)} of {len(ENTRIES)} entries)")


def _run(entry: Entry, runs: Path) -> None:
    """Run a command anew, keep its answer and time, and take its figure into the documentation."""
    folder = runs / entry.name
    print(f"{entry.name} ...", end=" ", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "crashsim", *entry.command, "--out", str(folder), "--force", "--json"]
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(f"crashsim {' '.join(entry.command)}: exit status {done.returncode}\n{done.stderr}")
    print(f"{seconds:.0f} s", file=sys.stderr)
    answer = json.loads(done.stdout)["answer"]
    figure = _figure(folder, entry)
    page = folder / "report.html"
    known = {
        "answer": answer,
        "seconds": seconds,
        "figure": figure,
        "page": page.stat().st_size if page.exists() else None,
    }
    (runs / f"{entry.name}.json").write_text(json.dumps(known), encoding="utf-8")


def _known(entry: Entry, runs: Path) -> dict[str, Any] | None:
    path = runs / f"{entry.name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _figure(folder: Path, entry: Entry) -> str:
    """The name of the figure in ``docs/figures``: the SVG, or where that is too large a picture of fewer pixels and colours."""
    found = sorted(folder.rglob(f"{entry.figure}.svg"))
    if not found:
        there = ", ".join(sorted(path.stem for path in folder.rglob("*.svg")))
        raise SystemExit(f"{entry.name}: no figure {entry.figure}; there are {there}")
    FIGURES.mkdir(exist_ok=True)
    for old in FIGURES.glob(f"{entry.name}.*"):
        old.unlink()
    if found[0].stat().st_size <= LARGEST:
        shutil.copyfile(found[0], FIGURES / f"{entry.name}.svg")
        return f"{entry.name}.svg"
    _smaller(found[0].with_suffix(".png"), FIGURES / f"{entry.name}.png")
    return f"{entry.name}.png"


def _smaller(source: Path, target: Path) -> None:
    from PIL import Image

    with Image.open(source) as picture:
        height = round(picture.height * PIXELS / picture.width)
        picture.convert("RGB").resize((PIXELS, height), Image.Resampling.LANCZOS).quantize(COLOURS).save(
            target, optimize=True
        )
    if target.stat().st_size > LARGEST:
        raise SystemExit(f"{target}: {target.stat().st_size:,} bytes, at most {LARGEST:,}")


# ---- the page ----------------------------------------------------------------------------------------------------------


def page(found: dict[Entry, dict[str, Any]]) -> str:
    """The gallery in Markdown, in the order of the questions."""
    parts = [HEAD]
    for number, entry in enumerate(ENTRIES, 1):
        if entry in found:
            parts.append(_section(number, entry, found[entry]))
    total = sum(known["seconds"] for known in found.values())
    rows = [
        f"| `crashsim {' '.join(entry.command)}` | {known['seconds']:.0f} s | {_size(known['page'])} |"
        for entry, known in found.items()
    ]
    times = ["## Time", "", "On two cores, figures, tables and page included, once the compiled kernel is cached.", "",
             "| command | time | page |", "|---|---:|---:|", *rows, f"| together | {total:.0f} s | |"]  # fmt: skip
    return "\n".join([*parts, *times]) + "\n"


def _section(number: int, entry: Entry, known: dict[str, Any]) -> str:
    said = "\n".join(f"> {sentence}\n>" for sentence in known["answer"]).removesuffix("\n>")
    return (f"## {number}. {entry.question}\n\n```\ncrashsim {' '.join(entry.command)}\n```\n\n{said}\n\n"
            f"![{entry.question.replace(chr(34), '')}](figures/{known['figure']})\n")  # fmt: skip


def _size(size: int | None) -> str:
    return "" if size is None else f"{size / 1e6:.1f} MB"


if __name__ == "__main__":
    main()
