"""The page of a run: its two sentences, the figures with what is to be seen in them, and every input with its evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from crashsim.config.mapping import study_text
from crashsim.output import ledger, roads
from crashsim.output.answers import answer
from crashsim.output.basis import basis
from crashsim.output.caveats import unsaid
from crashsim.output.page import Page, Plate, Table
from crashsim.output.quote import quote
from crashsim.output.report import CAPTIONS, DISCLAIMER, READING, table
from crashsim.results import Results

LEFT_OUT: Final = "headline"  # a picture of the table that the page has
MAIN: Final = ("roads", "doors", "ledger", "lineup", "risk", "delta-v", "routes")  # families that answer come first
SEEN: Final = {
    "roads": "Risk of a serious injury from 0 to 100 % over the posted limit, one panel for each kind of crash; for each vehicle a marker, a thin "
    "upright line between the published curves and a wide one for the inputs.",
    "delta-v": "Lines of delta-v over closing speed, one for each vehicle; they rise together, the lighter vehicle's the steeper.",
    "crush": "Lines of occupant load criterion, dynamic crush and intrusion over closing speed, one for each vehicle, in a hatched band.",
    "doors": "Lines over the speed of what strikes: delta-v, how far the door comes in, and the risk of both occupants in bands.",
    "risk": "Curves of injury risk from 0 to 100 % over closing speed, one panel for each vehicle and severity; a filled band spans the "
    "published curves, a hatched one the inputs.",
    "routes": "Two curves of serious-injury risk over closing speed for each vehicle, one by the dummy, one by field curves, each in its band.",
    "ledger": "Steps of risk from left to right as one change after the other is switched on, for each occupant.",
    "lineup": "Lines of risk by both routes and of intrusion over closing speed, one for each vehicle, in shaded bands; whiskers span the curves.",
    "occupants": "Lines of chest deceleration, head injury criterion, chest deflection and forward travel over closing speed.",
    "pulses": "Histories of acceleration and velocity of both compartments and of the chests over about 150 ms.",
    "force-crush": "Force over crush of both fronts side by side, the absorbed energy shaded.",
    "energy": "Stacked areas of where the energy goes over closing speed: into each structure, rebound, restraints.",
    "crumple-zone": "Coloured maps over crush space and strength of a front: risks, occupant load criterion, intrusion.",
    "overlap-height": "Coloured maps over overlap and ride height: delta-v, occupant load criterion, intrusion at the floor and above.",
}


def run_page(results: Results, figures: Sequence[Path], system: str) -> Page:
    """The page of a run; ``figures`` are the files that `plots.write_figures` has written."""
    meta = results.meta
    return Page(
        title=meta["title"],
        question=meta["question"],
        answer=tuple(quote(results, system)),
        more=tuple(answer(results, system)),
        warnings=tuple(meta["warnings"]),
        plates=tuple(_plates(results, figures)),
        tables=tuple(_tables(results, system)),
        basis=tuple(basis(meta, system)),
        unsaid=unsaid(results),
        typed=study_text(meta["typed"]),
        command=f"crashsim run {meta['name']} --units {system}",
        version=meta["version"],
        fingerprint=meta["fingerprint"],
    )


# ---- figures -----------------------------------------------------------------------------------------------------------


def _plates(results: Results, figures: Sequence[Path]) -> Iterator[Plate]:
    """Those that answer first, the others in the order of the report."""
    drawings = [figure for figure in figures if figure.suffix == ".svg" and not figure.stem.startswith(LEFT_OUT)]
    study = f"{sum(results.meta['status'].values()):,} cases in the study"
    for figure in sorted(drawings, key=_rank):
        said, seen = (_of_family(figure.stem, words) for words in (CAPTIONS, SEEN))
        caption = f"{results.meta['title']}. {said} {study}, crashsim {results.meta['version']}. {DISCLAIMER}"
        yield Plate(figure, caption, f"{figure.stem.replace('-', ' ')}. {seen}")


def _rank(figure: Path) -> int:
    return next((i for i, name in enumerate(MAIN) if figure.stem.startswith(name)), len(MAIN))


def _of_family(stem: str, words: Mapping[str, str]) -> str:
    """What is said of a family of figures, by the longest name that the figure's begins with; nothing of an unknown one."""
    return words.get(max((name for name in words if stem.startswith(name)), key=len, default=""), "")


# ---- tables ------------------------------------------------------------------------------------------------------------


def _tables(results: Results, system: str) -> Iterator[Table]:
    yield _as_table("Named cases", table(results, system), READING)
    if results.meta.get("expected"):
        yield _as_table("On each class of road", roads.table(results, system), roads.READING)
    if results.meta.get("ledger"):
        for impact in results.meta["impacts"]:
            notes = (*ledger.READING, *results.meta["ledger_sources"])
            yield _as_table(f"What each change does: {impact}", ledger.table(results, impact, system), notes)


def _as_table(title: str, rows: Sequence[Sequence[str]], notes: Sequence[str]) -> Table:
    head, *body = (tuple(row) for row in rows)
    return Table(title, head, tuple(body), tuple(note.replace("`", "") for note in notes))
