"""The report: the question, the answer in sentences and a table, the figures, and what all of it rests on."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from crashsim import units
from crashsim.output.headline import headline, thresholds
from crashsim.results import BEYOND_MODEL, OK, Results

Row = Mapping[str, Any]

BEYOND: Final = "beyond the model"
WIDTH: Final = 100
DISCLAIMER: Final = "Model result, not a crash test."

# Column head, key in the headline row, dimension.
QUANTITIES: Final = (
    ("closing speed", "closing_speed", "speed"),
    ("delta-v", "delta_v", "speed"),
    ("peak", "peak_acceleration", "acceleration"),
    ("OLC", "olc", "acceleration"),
    ("dynamic crush", "dynamic_crush", "length"),
    ("intrusion", "intrusion", "length"),
)

CAPTIONS: Final = {
    "headline": "The named cases in numbers.",
    "delta-v": "Change of velocity of both vehicles against closing speed. Momentum decides it; the structures only through "
    "restitution.",
    "risk": "Risk of injury to an occupant of each vehicle by published field curves. The band is the disagreement between the "
    "curves, not the scatter of the inputs; dashed and grey: beyond the range of the data.",
    "pulses": "Deceleration of both compartments in the named cases. Signs as in SAE J211: +x is forward. A lumped mass shows the "
    "mean of a pulse, not its spikes.",
    "force-crush": "Force against crush of both ends. They share one force, so the weaker plateau crushes first; the shaded part "
    "is what was crushed.",
    "energy": "Where the energy of the approach went.",
    "crumple-zone": "What the crumple zone changes. A field curve over delta-v sees nothing of the pulse, so the risk hardly moves; "
    "the occupant load criterion and the intrusion are what a longer or stronger front buys.",
}


def headline_text(results: Results, system: str) -> str:
    """The answer and the table for a terminal, at most about 100 columns wide."""
    lines = [results.meta["title"], ""]
    for sentence in answer(results, system):
        lines += textwrap.wrap(sentence, WIDTH, initial_indent="- ", subsequent_indent="  ")
    lines += ["", *_terminal_table(results, system), ""]
    for note in (*results.meta["warnings"], DISCLAIMER):
        lines += textwrap.wrap(f"note: {note}", WIDTH, subsequent_indent="  ")
    return "\n".join(lines)


def _terminal_table(results: Results, system: str) -> list[str]:
    """The headline table with a line for each case and its closing speed, so that the rows stay short."""
    head, *body = table(results, system)
    keep = [i for i, name in enumerate(head) if i > 0 and name not in (head[2], "MAIS2+")]
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


# ---- the answer ----------------------------------------------------------------------------------------------------------


def answer(results: Results, system: str) -> list[str]:
    """Sentences that answer: who takes how much delta-v, and up to which speed the risk stays below 10 %."""
    pays: dict[str, list[str]] = {}
    for name in results.meta["impacts"]:
        if said := _who_pays(results, name):
            pays.setdefault(said, []).append(name)
    found = [f"{', '.join(names)}: {said}" for said, names in pays.items()]
    return found + [_threshold_sentence(results, row, system) for row in thresholds(results) if row["risk"] == 0.10]


def _who_pays(results: Results, impact: str) -> str:
    described = results.meta["impacts"][impact]
    rows = results.sel(impact=impact)
    a, b = described["between"]
    if described["type"] == "wall":
        return ""
    ratio = (
        rows.columns["delta_v"][rows.columns["vehicle"] == a] / rows.columns["delta_v"][rows.columns["vehicle"] == b]
    )
    low, high = float(ratio.min()), float(ratio.max())
    if low < 1.0 < high:
        return (
            f"the {a} takes {low:.2f} to {high:.2f} times the delta-v of the {b} (the inverse ratio of their masses)."
        )
    more, less, low, high = (a, b, low, high) if low >= 1.0 else (b, a, 1.0 / high, 1.0 / low)
    times = f"{low:.2f}" if high - low < 0.005 else f"{low:.2f} to {high:.2f}"
    return (
        f"at every speed the {more} takes {times} times the delta-v of the {less} (the inverse ratio of their masses)."
    )


def _threshold_sentence(results: Results, row: Row, system: str) -> str:
    """At which closing speed a risk is reached, by the central curve, by all, and without the delta-v correction."""
    held = "".join(f", {path.removeprefix('vehicles.')} as in the study" for path in row["held"])
    start = f"{row['impact']}: MAIS3+ risk in the {row['vehicle']} ({row['end']} loaded{held})"
    if row["closing_speed"] is None:
        if "closing_speed" in row["above_at_start"]:
            return f"{start} is above {_percent(row['risk'])} at every speed swept."
        band = _band(row, system)
        edge = f", though by some curves it does{band}" if row["closing_speed_low"] is not None else ""
        return f"{start} does not reach {_percent(row['risk'])} up to a closing speed of {_speed(row['swept_to'], system)}{edge}."
    delta_v = f", delta-v {_speed(row['delta_v'], system)}"
    extrapolated = "; extrapolated" if row["extrapolated"] else ""
    each = _each(results, row["impact"], row["closing_speed"], system)
    return (f"{start} reaches {_percent(row['risk'])} at a closing speed of {_speed(row['closing_speed'], system)}{each}"
            f"{_band(row, system)}{delta_v}{extrapolated}.")  # fmt: skip


def _band(row: Row, system: str) -> str:
    """The closing speeds by the curves that see most and least risk."""
    low, high = row["closing_speed_low"], row["closing_speed_high"]
    if low is None and high is None:
        return ""
    first = _speed(low, system) if low is not None else f"below {_speed(row['swept_from'], system)}"
    last = _speed(high, system) if high is not None else f"above {_speed(row['swept_to'], system)}"
    raw = row["closing_speed_uncorrected"]
    without = f"; {_speed(raw, system)} without the delta-v correction" if raw is not None else ""
    return f" (curves disagree: {first} to {last}{without})"


def _each(results: Results, impact: str, closing: float, system: str) -> str:
    """``", 30 mph each"`` where both vehicles of a head-on impact always have the same speed."""
    if results.meta["impacts"][impact]["type"] != "head-on":
        return ""
    rows = results.sel(impact=impact).columns
    if max(abs(2.0 * rows["impact_speed"] - rows["closing_speed"])) > 1e-9 * closing:
        return ""
    return f", {_speed(0.5 * closing, system)} each"


def _speed(value: float, system: str) -> str:
    unit = units.display_unit("speed", system)
    return f"{units.to(value, unit, 'speed'):.0f} {unit}"


# ---- the table -------------------------------------------------------------------------------------------------------


def table(results: Results, system: str) -> list[list[str]]:
    """Head and rows of the headline table as texts with units."""
    shown = [f"{head} [{unit}]" if (unit := units.display_unit(d, system)) else head for head, _, d in QUANTITIES]
    head = ["case", "vehicle", *shown, "MAIS2+", "MAIS3+", "fatal", "status"]
    return [head, *(_cells(row, system) for row in headline(results))]


def _cells(row: Row, system: str) -> list[str]:
    numbers = [_number(row, key, dimension, system) for _, key, dimension in QUANTITIES]
    risks = [_risk(row, level) for level in ("risk_mais2plus", "risk_mais3plus", "risk_fatal")]
    status = BEYOND if row["status"] == BEYOND_MODEL else row["status"]
    notes = [
        n for n, flag in (("risk extrapolated", row["extrapolated"]), ("bumpers miss", row["bumpers_miss"])) if flag
    ]
    return [
        row["case"],
        row["vehicle"],
        *numbers,
        *risks,
        ", ".join([status, *notes] if status != OK or not notes else notes),
    ]


def _number(row: Row, key: str, dimension: str, system: str) -> str:
    if row[key] is None:
        return "-"
    value = units.to(row[key], units.display_unit(dimension, system), dimension)
    return f"{value:.1f}" if dimension != "length" else f"{value:.0f}"


def _risk(row: Row, level: str) -> str:
    if row[level] is None:
        return "-"
    return f"{_percent(row[level])} ({_percent(row[level + '_low'])} to {_percent(row[level + '_high'])})"


def _percent(p: float) -> str:
    """Percent as honest as its size allows: two figures, never 0 or 100 for what is neither."""
    if p > 0.99:
        return ">99 %"
    return f"{100 * p:.0f} %" if p >= 0.095 else f"{100 * p:.1f} %" if p >= 0.001 else "<0.1 %"


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
    yield from (f"- {_plain(s)}" for s in answer(results, system))
    yield ""
    yield from _markdown(table(results, system))
    yield ""
    yield ("Risks are those of Wang 2022 for the loaded end; in brackets the range over all published curves that apply. Both are entered "
           "with the delta-v correction described below; `summary.csv` has the same without it. "
           "`-`: beyond the model, or no curve.")  # fmt: skip
    yield ""
    yield "## Figures"
    for figure in figures:
        if figure.suffix == ".png":
            caption = next((text for name, text in CAPTIONS.items() if figure.stem.startswith(name)), "")
            yield ""
            yield f"![{_plain(figure.stem)}]({figure.parent.name}/{figure.name})"
            yield ""
            yield f"*{caption} {DISCLAIMER}*"
    yield from _basis(results, system)


def _basis(results: Results, system: str) -> Iterator[str]:
    meta = results.meta
    yield ""
    yield "## What it rests on"
    yield ""
    for name, vehicle in meta["vehicles"].items():
        evidence = vehicle.get("evidence", "not stated")
        mass = vehicle.get("mass")
        shown = f", {units.format_quantity(mass['si'], 'mass', system, 4)}" if mass else ""
        yield f"- **{name}**: {_plain(vehicle.get('title', name))}{shown}; evidence: {evidence}."
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
        yield f"**Judgement (tag J)**, to be swept before a number is relied on: {', '.join(f'`{p}`' for p in meta['judgement'])}."
        yield ""
    for warning in meta["warnings"]:
        yield f"- {_plain(warning)}"
    yield ""
    yield "## What it does not say"
    yield ""
    yield ("One line of impact, full overlap: no offset, angle, rotation or ride height. No occupant model: risk is that of field curves over "
           "delta-v, which carry restraints and intrusion only as the average of the crashes they were fitted to. No kei car is in those data. "
           "Structures are priors unless said to be measured.")  # fmt: skip
    yield ""
    yield "## Run it again"
    yield ""
    yield "```"
    yield f"crashsim run {meta['name']}"
    yield "```"
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
