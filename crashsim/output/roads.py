"""What a crash costs on average on each class of road: two sentences to quote, further ones and a table.

Rows are those of ``engine.roads``: means over the speeds of a road, with the disagreement of single curves and the spread of the inputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from crashsim import units
from crashsim.output.quoted import chances, listed
from crashsim.output.views import vehicle_words
from crashsim.output.words import number, percent, quantity
from crashsim.results import Results, cells

Row = Mapping[str, Any]

RISK: Final = "risk_mais3plus"
BOUND: Final = 0.10  # the risk up to which a sentence says on which roads it stays
MANY: Final = 3  # roads that a sentence tells
NONE: Final = "on none"
TOLD: Final = 0.01  # share of crashes beyond the model from which a sentence says so
MOSTLY: Final = 0.5  # share of a risk beyond its curve's range from which it is called extrapolated
READING: Final = (
    "Means over the speeds at contact of the road, drawn for each vehicle by itself: normal travel speed less what braking takes "
    "(`crashsim show us-35`; the form and its use at every limit are judgement, tag J).",
    "By the road's ranges: the mean with one number of the road (travel speed, share that brakes, for how long, how hard) at an end of its "
    "range, the others as they are.",
    "In brackets first the range over published curves, each averaged by itself, then 5-95 % over the other inputs (fronts, rebound, "
    "delta-v correction), whose mean over the speeds is taken first: the two are never merged.",
    "Head-on, both come at the speeds of the road: the severe kind, since in US front-to-front crashes of all roads the closing speed is "
    "30 mph in the middle and 53 mph at 90 % (docs/roads.md). Struck from behind or in the side, the struck one stands. How often each kind "
    "of crash happens, no row says.",
)


@dataclass(frozen=True)
class Group:
    """Impacts of one kind between the same two vehicles, from the lowest limit to the highest.

    ``worse``: rows of the vehicle with the larger delta-v; ``other``: those of its partner, none against a wall.
    """

    words: str
    worse: tuple[Row, ...]
    other: tuple[Row, ...]


def groups(results: Results) -> list[Group]:
    """The roads of a study by kind of impact and pair of vehicles, in the order of the study."""
    kinds: dict[tuple[str, ...], list[Row]] = {}
    for row in results.meta.get("expected", ()):
        between = results.meta["impacts"][row["impact"]]["between"]
        kinds.setdefault((row["type"], *between), []).append(row)
    return [_group(kind, rows) for kind, rows in kinds.items()]


def _group(kind: Sequence[str], rows: Sequence[Row]) -> Group:
    ordered = sorted(rows, key=lambda row: float(row["limit"]))
    by = {vehicle: tuple(row for row in ordered if row["vehicle"] == vehicle) for vehicle in kind[1:]}
    worse = max(kind[1:], key=lambda vehicle: by[vehicle][0]["delta_v"] if by[vehicle] else -1.0)
    (other,) = (vehicle for vehicle in kind[1:] if vehicle != worse)
    words = _STRUCK.get(kind[0], _STRIKES[kind[0]]) if worse == kind[2] else _STRIKES[kind[0]]
    return Group(f"{words} the {other}", by[worse], by[other])


_STRIKES: Final = {
    "head-on": "head-on with", "wall": "into", "rear-end": "into the back of", "side": "into the side of",
}  # fmt: skip
_STRUCK: Final = {"rear-end": "struck from behind by", "side": "struck in the side by"}


# ---- sentences ---------------------------------------------------------------------------------------------------------


def quote(results: Results, system: str) -> tuple[str, str]:
    """Delta-v of both vehicles on the roads of the named cases, and the risk of both with both bands."""
    group = groups(results)[0]
    told = _told(results, group)
    worse, other = ([row for row in rows if row["road"] in told] for rows in (group.worse, group.other))
    name = vehicle_words(results, worse[0]["vehicle"], system)
    changes = listed(
        f"{quantity(row['delta_v'], 'speed', system)} where {_posted(row, system)} is posted" for row in worse
    )
    beside = f"; the {vehicle_words(results, other[0]['vehicle'], system)} {_changes(other, system)}" if other else ""
    first = f"{group.words}, the {name} takes a delta-v of {changes}, on average over the speeds at contact on such roads{beside}."
    partner = f", and in the {other[0]['vehicle']} {_risks(other, words=False)}" if other else ""
    second = (f"The risk of a serious injury (MAIS3+, by field curves over delta-v) in the {worse[0]['vehicle']} is then "
              f"{_risks(worse, words=True)}{partner}; the speeds are judgement (tag J), and at the ends of their ranges give "
              f"{_of_speeds(worse)} in the {worse[0]['vehicle']}.")  # fmt: skip
    return first[:1].upper() + first[1:], second


def sentences(results: Results, system: str) -> list[str]:
    """Every other kind of crash on the same roads, on which roads risk stays low, what is beyond the model, where risk comes from."""
    every = groups(results)
    found = [_roads_below(every, system), *(_line(results, group, system) for group in every[1:])]
    found += [_half(results, every[0], system), _beyond(every[0], system)]
    return [said[:1].upper() + said[1:] for said in found if said]


def _told(results: Results, group: Group) -> list[str]:
    """The roads of the named cases of a group; without any, the lowest, the middle and the highest limit."""
    of = {row["impact"]: row["road"] for row in results.meta["expected"]}
    named = dict.fromkeys(of[case["impact"]] for case in results.meta["named_cases"] if case["impact"] in of)
    own = [row["road"] for row in group.worse]
    known = [road for road in own if road in named]
    return known[:MANY] or [own[i] for i in sorted({0, len(own) // 2, len(own) - 1})]


def _line(results: Results, group: Group, system: str) -> str:
    told = _told(results, group)
    worse, other = ([row for row in rows if row["road"] in told] for rows in (group.worse, group.other))
    roads = listed(_posted(row, system) for row in worse)
    beside = f"; {_risks(other, words=False)} in the {other[0]['vehicle']}" if other else ""
    return (f"{group.words}, posted {roads}: MAIS3+ risk {_risks(worse, words=False)} in the {worse[0]['vehicle']} "
            f"(delta-v {_changes(worse, system)}){beside}.")  # fmt: skip


def _roads_below(every: Sequence[Group], system: str) -> str:
    """Up to which posted limit the risk stays below a bound, by the central curve and by the one that sees most."""
    found = []
    for group in every:
        central, most = (_highest(group.worse, f"{RISK}{edge}", system) for edge in ("", "_high"))
        beside = f" ({most} by the curve that sees most risk)" if most != central else ""
        found.append(f"{group.worse[0]['vehicle']} {group.words} {central}{beside}")
    return f"mean MAIS3+ risk stays below {percent(BOUND)} on roads posted up to: {'; '.join(found)}."


def _highest(rows: Sequence[Row], name: str, system: str) -> str:
    low = [row for row in rows if row[name] is not None and row[name] < BOUND]
    return _posted(low[-1], system) if low else NONE


def _half(results: Results, group: Group, system: str) -> str:
    """Which crashes bring half of the risk, on the road of the first named case."""
    row = next(row for row in group.worse if row["road"] in _told(results, group))
    if row["half_above"] is None:
        return ""
    return (f"{group.words} where {_posted(row, system)} is posted, half of the {row['vehicle']}'s risk comes from the fastest "
            f"{percent(row['half_share'])} of the crashes, above {quantity(row['half_above'], 'speed', system)} closing.")  # fmt: skip


def _beyond(group: Group, system: str) -> str:
    shares = [
        f"{percent(row['beyond_model'])} ({_posted(row, system)})" for row in group.worse if row["beyond_model"] > TOLD
    ]
    if not shares:
        return ""
    return (f"{group.words}, beyond the model are {listed(shares)} of the crashes, whose delta-v and risk by field curves stand, since "
            "momentum decides them.")  # fmt: skip


def _posted(row: Row, system: str) -> str:
    return quantity(row["limit"], "speed", system)


def _changes(rows: Sequence[Row], system: str) -> str:
    unit = units.display_unit("speed", system)
    return f"{listed(number(units.to(row['delta_v'], unit, 'speed')) for row in rows)} {unit}"


def _risks(rows: Sequence[Row], *, words: bool) -> str:
    """Risks one after the other, each with both bands; ``words`` says at the first what these are."""
    return listed(_risk(row, words=words and row is rows[0]) for row in rows)


def _of_speeds(rows: Sequence[Row]) -> str:
    """What one number of the road after the other at the ends of its range makes of each risk."""
    told = [chances(row[f"{RISK}_slow"], row[f"{RISK}_fast"]) for row in rows if row[RISK] is not None]
    return listed(told) if told else "not offered"


def _risk(row: Row, *, words: bool) -> str:
    if row[RISK] is None:
        return "not offered"
    curves = f"{'published curves disagree: ' if words else ''}{chances(row[f'{RISK}_low'], row[f'{RISK}_high'])}"
    curves = "one curve" if row[f"{RISK}_low_curve"] == row[f"{RISK}_high_curve"] else curves
    drawn = "inputs not drawn"
    if row[f"{RISK}_p05"] is not None:
        drawn = f"{'inputs 5-95 %: ' if words else ''}{chances(row[f'{RISK}_p05'], row[f'{RISK}_p95'])}"
    flag = "; extrapolated" if row[f"{RISK}_extrapolated"] > MOSTLY else ""
    return f"{percent(row[RISK])} ({curves}; {drawn}{flag})"


# ---- table -------------------------------------------------------------------------------------------------------------


def table(results: Results, system: str) -> list[list[str]]:
    """Head and rows: kind of crash, limit, mean closing speed, delta-v and risk of both, share beyond the model."""
    found = [
        [
            "crash",
            "posted",
            "closing",
            "delta-v",
            "MAIS3+",
            "MAIS3+ by the road's ranges",
            "partner's delta-v",
            "partner's MAIS3+",
            "beyond the model",
        ]
    ]
    for group in groups(results):
        partners = group.other or (None,) * len(group.worse)
        for row, other in zip(group.worse, partners, strict=True):
            beside = [quantity(other["delta_v"], "speed", system), _risk(other, words=False)] if other else ["-", "-"]
            found.append([f"{row['vehicle']} {group.words}", _posted(row, system), quantity(row["closing_speed"], "speed", system),
                          quantity(row["delta_v"], "speed", system), _risk(row, words=False), _of_speeds([row]), *beside,
                          percent(row["beyond_model"]) if row["beyond_model"] else "none"])  # fmt: skip
    return found


def write_csv(results: Results, path: Path) -> None:
    """Every row in SI with all its numbers."""
    rows = results.meta["expected"]
    cells.write_csv(path, [[f"{name}{_UNITS.get(name, '')}" for name in rows[0]], *(row.values() for row in rows)])


_UNITS: Final = dict.fromkeys(("limit", "closing_speed", "delta_v", "half_above"), " [m/s]")
