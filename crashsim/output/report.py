"""The report: the question, the answer in sentences and a table, the figures, and what all of it rests on."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from crashsim import units
from crashsim.output import ledger, roads
from crashsim.output.answers import answer
from crashsim.output.caveats import unsaid
from crashsim.output.headline import headline
from crashsim.output.quote import quote
from crashsim.output.words import band, number, percent
from crashsim.results import BEYOND_MODEL, OK, Results

Row = Mapping[str, Any]

BEYOND: Final = "beyond the model"
BRIEFLY: Final = (
    "risks are those of one central curve, entered with a delta-v correction that lowers them; in brackets the range over all "
    "curves that apply. They see delta-v alone, not restraints or intrusion; report.md says more"
)
UNCORRECTED: Final = "MAIS3+ without delta-v correction"
SPREAD: Final = "spread of MAIS3+ by inputs"
WIDTH: Final = 100
LEFT_OUT: Final = (
    "closing speed",
    "dynamic crush",
    "chest deflection",
    "MAIS2+",
    "fatal",
    SPREAD,
)  # in a terminal, which is narrow
DISCLAIMER: Final = "Model result, not a crash test."
READING: Final = (
    "Risks are those of the central curve (Wang 2022 for the loaded end); in brackets the range over all curves that "
    "apply. Where the central value is the lower end of its range, no other curve sees less risk: it is the favourable reading.",
    "Both are entered with the delta-v correction described below, which lowers risk; the last risk column has the central curve "
    "without it, `summary.csv` has all of them.",
    "The spread by inputs is the central value over all samples, 5 to 95 %: other fronts of the same class, another rebound, another "
    "delta-v correction. It has nothing to do with the range over the curves, and the two are never merged.",
    "A field curve sees delta-v alone: equal delta-v gives equal risk, whatever the vehicle, its restraints or the intrusion. It "
    "cannot rank vehicles in the same wall test, and it understates risk where the compartment is pushed in.",
    "MAIS3+: the worst injury is serious or worse. Delta-v: change of the vehicle's velocity in the impact. OLC: occupant load "
    "criterion, the mean deceleration of an ideally restrained occupant. `-`: beyond the model, or no curve.",
)

ABOVE: Final = "above the floor"
NOTES: Final = {
    "extrapolated": "risk extrapolated", "bumpers_miss": "bumpers miss", "overridden": "overridden", "slid_past": "slides past",
}  # fmt: skip

# Column head, key in the headline row, dimension.
QUANTITIES: Final = (
    ("closing speed", "closing_speed", "speed"),
    ("delta-v", "delta_v", "speed"),
    ("peak", "peak_acceleration", "acceleration"),
    ("OLC", "olc", "acceleration"),
    ("dynamic crush", "dynamic_crush", "length"),
    ("intrusion", "intrusion", "length"),
    (ABOVE, "upper_intrusion", "length"),
    ("chest 3 ms", "chest_3ms", "acceleration"),
    ("HIC15", "hic15", "number"),
    ("chest deflection", "chest_deflection", "length"),
)

CAPTIONS: Final = {
    "headline": "The named cases in numbers.",
    "roads": "Mean risk of a serious injury in a crash on roads of each posted limit, by field curves: the marker is the central curve over the "
    "speeds at contact of such roads, the thin line the single curves that see least and most, the wide one what the other inputs span.",
    "delta-v": "Change of velocity of both vehicles against closing speed. Momentum decides it; the structures only through "
    "restitution.",
    "crush": "Pulse (occupant load criterion), crush and intrusion of both vehicles against closing speed; hatched: the spread of the "
    "inputs. Fronts rest on judgement or on their class unless said to be measured.",
    "risk": "Risk of injury to an occupant of each vehicle by published field curves. The filled band is the "
    "disagreement between the curves, the hatched one what the spread of the inputs makes of the central curve; dashed and grey: beyond the range of the data.",
    "routes": "The risk of a serious injury (AIS3+) by two independent routes: from what a dummy measures in the modelled seat, and from the "
    "field curves over delta-v. Neither is the truth: where they part, the number depends on the route, and the range over both is the "
    "honest answer.",
    "ledger": "What each change does to the risk of AIS3+ of both occupants, step by step from left to right; the diamond is the change "
    "alone. An emergency brake of today seldom acts against an oncoming vehicle: head-on, that step is what it would take off if it did.",
    "lineup": "Several vehicles head-on with the same partner. The dummy sees mass, structure and restraint, the field curves delta-v "
    "alone, that is mass; intrusion into the compartment is in neither.",
    "doors": "The side of a vehicle is struck: delta-v, how far the door comes in beyond what it has to give, and the risk of both "
    "occupants. The plane is not modelled: no rotation, no sliding along; risk by the one published curve for struck sides.",
    "pulses": "Acceleration and change of velocity of each compartment in the named cases, and the acceleration of the chest of its "
    "occupant. Signs as in SAE J211: +x is forward. A lumped mass shows the mean of a pulse, not its spikes.",
    "occupants": "What a belted occupant of each vehicle undergoes: chest deceleration kept for 3 ms, HIC15, chest deflection and "
    "forward travel. A calibrated surrogate of one seat and one size; the inputs that rest on judgement stand in the figure.",
    "force-crush": "Force against crush of each end. Two ends that meet share one force, so the weaker one crushes first; the "
    "shaded area is the energy absorbed.",
    "energy": "Where the energy of the approach goes: spent in the structure of each vehicle, given back as rebound, taken by the "
    "restraints of the occupants.",
    "crumple-zone": "What the crumple zone changes. A field curve over delta-v sees nothing of the pulse, so the risk hardly moves; "
    "a longer front lowers the occupant load criterion and the intrusion, a stronger one buys less intrusion with a higher load.",
    "overlap-height": "What overlap and ride height change, by declared heuristics: less of both fronts bears early on, so both crush further; "
    "what rides over comes in above the floor; fronts that hardly overlap slide past each other and keep a part of their speed.",
}


def headline_text(results: Results, system: str) -> str:
    """The answer and the table for a terminal, at most about 100 columns wide."""
    lines = [results.meta["title"], ""]
    for sentence in quote(results, system):
        lines += [*textwrap.wrap(sentence, WIDTH), ""]
    for sentence in answer(results, system):
        lines += textwrap.wrap(sentence, WIDTH, initial_indent="- ", subsequent_indent="  ")
    lines += ["", *_terminal_table(results, system), ""]
    for note in (*results.meta["warnings"], BRIEFLY, DISCLAIMER):
        lines += textwrap.wrap(f"note: {note}", WIDTH, subsequent_indent="  ")
    return "\n".join(lines)


def _terminal_table(results: Results, system: str) -> list[str]:
    """The headline table with a line for each case and its closing speed, so that the rows stay short."""
    head, *body = table(results, system)
    keep = [i for i, name in enumerate(head) if i > 0 and not name.startswith(LEFT_OUT)]
    head = [short.replace(UNCORRECTED, "uncorrected") for short in head]
    rows = [[row[i] for i in keep] for row in (head, *body)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(keep))]

    def aligned(row: Sequence[str]) -> str:
        last = len(row) - 1
        cells = [c.ljust(w) if i in (0, last) else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))]
        return "  ".join(cells).rstrip()

    lines = [aligned(rows[0])]
    for i, row in enumerate(body):
        if i == 0 or body[i - 1][0] != row[0]:
            lines.append(f"{row[0]} (closing speed {row[2]} {units.display_unit('speed', system)})")
        lines.append(aligned(rows[i + 1]))
    return lines


# ---- the table -------------------------------------------------------------------------------------------------------


def table(results: Results, system: str) -> list[list[str]]:
    """Head and rows of the headline table as texts with units."""
    shown = [f"{head} [{unit}]" if (unit := units.display_unit(d, system)) else head for head, _, d in QUANTITIES]
    head = ["case", "vehicle", *shown, "MAIS2+", "MAIS3+", "fatal", UNCORRECTED, SPREAD, "status"]
    rows = headline(results)
    hidden = {} if any(row["upper_intrusion"] != row["intrusion"] for row in rows) else {ABOVE}
    kept = [i for i, name in enumerate(head) if not name.startswith(tuple(hidden))]
    return [[row[i] for i in kept] for row in (head, *(_cells(row, system) for row in rows))]


def _cells(row: Row, system: str) -> list[str]:
    numbers = [_number(row, key, dimension, system) for _, key, dimension in QUANTITIES]
    risks = [_risk(row, level) for level in ("risk_mais2plus", "risk_mais3plus", "risk_fatal")]
    status = BEYOND if row["status"] == BEYOND_MODEL else row["status"]
    notes = [words for flag, words in NOTES.items() if row[flag]]
    return [
        row["case"],
        row["vehicle"],
        *numbers,
        *risks,
        _risk(row, "risk_mais3plus_uncorrected"),
        _spread(row),
        ", ".join([status, *notes] if status != OK or not notes else notes),
    ]


def _number(row: Row, key: str, dimension: str, system: str) -> str:
    if row[key] is None:
        return "-"
    return number(units.to(row[key], units.display_unit(dimension, system), dimension))


def _spread(row: Row) -> str:
    """The central risk over the samples, 5 to 95 %; a dash where nothing is drawn."""
    low, high = row["risk_mais3plus_p05"], row["risk_mais3plus_p95"]
    return "-" if low is None or high is None else f"{percent(low)} to {percent(high)}"


def _risk(row: Row, level: str) -> str:
    if row[level] is None:
        return "-"
    return f"{percent(row[level])} {band(row, level)}"


# ---- the file ----------------------------------------------------------------------------------------------------------


def write_report(results: Results, path: Path, figures: Sequence[Path], system: str) -> None:
    """Write ``report.md`` beside its figures."""
    path.write_text("\n".join(_report(results, figures, system)) + "\n", encoding="utf-8")


def _report(results: Results, figures: Sequence[Path], system: str) -> Iterator[str]:
    meta = results.meta
    yield f"# {_plain(meta['title'])}"
    yield ""
    if meta["question"]:
        yield f"> {_plain(meta['question'])}"
        yield ""
    yield f"**{DISCLAIMER}** crashsim {meta['version']}, {sum(meta['status'].values()):,} cases."
    yield ""
    yield "## Answer"
    yield ""
    for sentence in quote(results, system):
        yield f"**{_plain(sentence)}**"
        yield ""
    yield from (f"- {_plain(s)}" for s in answer(results, system))
    yield ""
    yield from _markdown(table(results, system))
    yield ""
    yield from (f"- {line}" for line in READING)
    yield ""
    if meta.get("ledger"):
        yield from _ledger(results, system)
    if meta.get("expected"):
        yield from _roads(results, system)
    yield "## Figures"
    for figure in figures:
        if figure.suffix == ".png":
            caption = next((text for name, text in CAPTIONS.items() if figure.stem.startswith(name)), "")
            yield ""
            yield f"![{_plain(figure.stem)}]({figure.parent.name}/{figure.name})"
            yield ""
            yield f"*{caption} {DISCLAIMER}*"
    yield from _basis(results, system)


def _ledger(results: Results, system: str) -> Iterator[str]:
    yield "## What each change does"
    yield ""
    for impact in results.meta["impacts"]:
        yield f"**{_plain(impact)}**"
        yield ""
        yield from _markdown(ledger.table(results, impact, system))
        yield ""
    yield from (f"- {line}" for line in ledger.READING)
    yield from (f"- {_plain(source)}" for source in results.meta["ledger_sources"])
    yield ""


def _roads(results: Results, system: str) -> Iterator[str]:
    yield "## On each class of road"
    yield ""
    yield from _markdown(roads.table(results, system))
    yield ""
    yield from (f"- {line}" for line in roads.READING)
    yield ""


def _basis(results: Results, system: str) -> Iterator[str]:
    meta = results.meta
    yield ""
    yield "## What it rests on"
    yield ""
    for name, vehicle in meta["vehicles"].items():
        evidence = f"; evidence: {vehicle['evidence']}" if "evidence" in vehicle else ""  # a wall has none
        mass = vehicle.get("mass")
        shown = f" ({units.format_quantity(mass['si'], 'mass', system, 4)})" if mass else ""
        yield f"- **{name}**: {_plain(vehicle.get('title', name))}{shown}{evidence}."
    correction = meta["delta_v_correction"]
    yield (f"- Curves fitted to reconstructed (WinSMASH) delta-v are entered with the true delta-v divided by {correction['factor']:.2f}; "
           "the factor is uncertain and the figures show the band without it too.")  # fmt: skip
    yield ""
    yield "| risk curve | tag | population |"
    yield "|---|---|---|"
    for curve in meta["risk_curves"].values():
        yield f"| {_plain(curve['title'])} | {curve['tag']} | {_plain(curve['population'])} |"
    yield ""
    if meta["judgement"]:
        yield "**Judgement (tag J)**, to be swept before a number is relied on:"
        yield ""
        for owner, paths in groupby(meta["judgement"], lambda path: path.rpartition(".")[0]):
            yield f"- {_plain(owner.removeprefix('vehicles.'))}: {', '.join(f'`{p}`' for p in paths)}"
        yield ""
    for warning in meta["warnings"]:
        yield f"- {_plain(warning)}"
    yield ""
    yield "## What it does not say"
    yield ""
    for said in unsaid(results):
        yield said
        yield ""
    yield "## Run it again"
    yield ""
    yield "```"
    yield f"crashsim run {meta['name']} --units {system}"
    yield "```"
    yield ""
    yield "For a study of your own, its file in place of the name."
    yield ""
    yield f"Study as typed, resolved numbers, sources and hashes: `manifest.json` (fingerprint `{meta['fingerprint'][:10]}`)."


def _markdown(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    head, *body = rows
    yield "| " + " | ".join(map(_plain, head)) + " |"
    yield "|" + "|".join("---" if i < 2 or i == len(head) - 1 else "---:" for i in range(len(head))) + "|"
    yield from ("| " + " | ".join(map(_plain, row)) + " |" for row in body)


def _plain(text: object) -> str:
    """A user's text as Markdown that cannot be markup: one line, special characters escaped."""
    line = " ".join(str(text).split())
    return "".join("\\" + c if c in "\\`*[]<>|#!" else c for c in line)
