"""The ledger in words and as a table: what each modifier of a study changes alone, and all of them together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final

from crashsim.output.words import percent, quantity
from crashsim.results import OK, Results, cells

Row = Mapping[str, Any]

BASE, ALONE, TOGETHER, AVOIDED = "base", "alone", "together", "avoided"
ROUTES: Final = {"risk1_joint_ais3plus": "dummy (head, chest)", "risk_mais3plus": "field curves"}
EDGES: Final = ("", "_low", "_high", "_p05", "_p95")
MOVED: Final = 1.05  # factor on a risk below which a modifier is said to change nothing
READING: Final = (
    "Dummy: risk of AIS3+ to head or chest by route 1. Field curves: risk of MAIS3+ by route 2, which sees no restraint and no "
    "structure. In brackets the range over injury functions or curves.",
    "An emergency brake of today seldom acts against an oncoming vehicle: in a head-on impact its row is what it would take off if it "
    "did. Its published effect is a factor on the number of rear-end crashes, kept out of every risk.",
    "The ledger stands at the speeds that the study gives outside its sweeps.",
    "Who sits there and the model year act on field curves by odds ratios borrowed from other studies, re-centred so that the mix of "
    "people still gives the curve.",
)


def of_impact(results: Results, impact: str) -> list[Row]:
    """The rows of the ledger of an impact; none where the study has no modifiers."""
    return [row for row in results.meta.get("ledger", ()) if row["impact"] == impact]


def vehicles(rows: Sequence[Row]) -> list[str]:
    """The vehicles that a ledger tells of, in its order."""
    return list(dict.fromkeys(row["vehicle"] for row in rows))


def steps(rows: Sequence[Row], vehicle: str) -> list[Row]:
    """The base, the first modifier alone, and one more with each step until all are on."""
    own = [row for row in rows if row["vehicle"] == vehicle]
    alone = [row for row in own if row["kind"] == ALONE]
    return [row for row in own if row["kind"] == BASE] + alone[:1] + [row for row in own if row["kind"] == TOGETHER]


def alone(rows: Sequence[Row], vehicle: str) -> list[Row]:
    """Each modifier alone."""
    return [row for row in rows if row["vehicle"] == vehicle and row["kind"] == ALONE]


def label(row: Row) -> str:
    """What a row switches on, in words."""
    if row["kind"] == BASE:
        return "as it is"
    return str(row["titles"][0]) if row["kind"] == ALONE else "all together"


def table(results: Results, impact: str, system: str) -> list[list[str]]:
    """Head and rows: base, each alone, all together, for both occupants."""
    rows = of_impact(results, impact)
    found = [["vehicle", "switched on", "closing speed", "delta-v", *ROUTES.values()]]
    for vehicle in vehicles(rows):
        own = steps(rows, vehicle)
        shown = [own[0], *alone(rows, vehicle), *(own[-1:] if len(own) > 2 else [])]
        found += [[vehicle, label(row), *_cells(row, system)] for row in shown]
    return found


def _cells(row: Row, system: str) -> list[str]:
    if row["status"] == AVOIDED:
        return [AVOIDED, "-", *("-" for _ in ROUTES)]
    speeds = [quantity(row[name], "speed", system) for name in ("closing_speed", "delta_v")]
    return speeds + [_risk(row, name) for name in ROUTES]


def _risk(row: Row, name: str) -> str:
    if row[name] is None:
        return "not offered" if row["status"] == OK else "beyond the model"
    beyond = ", extrapolated" if row[f"{name}_extrapolated"] else ""
    return f"{percent(row[name])} ({percent(row[f'{name}_low'])} to {percent(row[f'{name}_high'])}{beyond})"


def sentences(results: Results, impact: str) -> Iterator[str]:
    """What all modifiers together do to each occupant by both routes, and which alone does most; records of braking apart."""
    rows = of_impact(results, impact)
    for vehicle in vehicles(rows):
        own = steps(rows, vehicle)
        if own[-1]["status"] == AVOIDED:
            yield f"{impact}: with everything switched on the crash is avoided."
            return
        for name, words in ROUTES.items():
            if own[0][name] is not None and own[-1][name] is not None:
                yield f"{impact}, {vehicle}, {words}: {_change(own[0], own[-1], name)}{_most(rows, vehicle, name)}."
    records = {
        title: row["records"] for row in rows if row["records"] and row["kind"] == ALONE for title in row["titles"]
    }
    for title, record in records.items():
        yield (f"{impact}: apart from that, {title} came with {percent(1 - record['crashes'])} fewer such crashes and "
               f"{percent(1 - record['injuries'])} fewer with injuries where it was counted; no risk here has it in it.")  # fmt: skip


def _change(base: Row, last: Row, name: str) -> str:
    return f"risk of a serious injury {_risk(base, name)} as it is, {_risk(last, name)} with everything switched on"


def _most(rows: Sequence[Row], vehicle: str, name: str) -> str:
    """Which modifier alone lowers the risk most, where one does."""
    base = steps(rows, vehicle)[0][name]
    known = [row for row in alone(rows, vehicle) if row[name] is not None]
    best = min(known, key=lambda row: row[name], default=None)
    if len(known) < 2 or best is None or best[name] * MOVED > base:
        return ""
    return f"; alone, {label(best)} does most ({percent(best[name])})"


def write_csv(results: Results, path: Path) -> None:
    """The whole ledger in SI, one row for each variant, impact and vehicle."""
    names = ["impact", "vehicle", "kind", "names", "status", "closing_speed [m/s]", "delta_v [m/s]",
             *(f"{name}{edge}" for name in ROUTES for edge in EDGES), "crashes", "injuries"]  # fmt: skip
    rows = ({**row, **row["records"], "names": " ".join(row["names"])} for row in results.meta["ledger"])
    cells.write_csv(path, chain([names], ([row.get(name.partition(" ")[0]) for name in names] for row in rows)))
