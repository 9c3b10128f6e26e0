"""The answer in sentences: who takes how much delta-v, where risk is reached, what a wall or a structure changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from crashsim import units
from crashsim.cases import loaded_structure
from crashsim.output import ledger
from crashsim.output.headline import thresholds
from crashsim.output.parting import parting
from crashsim.output.partners import sentences
from crashsim.output.views import path_words, structural_grid
from crashsim.output.words import percent, quantity
from crashsim.results import OK, Results

Row = Mapping[str, Any]

EDGES: Final = ("closing_speed", "closing_speed_low", "closing_speed_high", "closing_speed_uncorrected", "closing_speed_p05",
                "closing_speed_p95")  # fmt: skip


def answer(results: Results, system: str) -> list[str]:
    """Sentences that answer: who takes how much delta-v, up to which speed risk stays below 10 %, what structures do.

    Only delta-v is told of cases beyond the model.
    """
    pays: dict[str, list[str]] = {}
    for name in results.meta["impacts"]:
        if said := _who_pays(results, name):
            pays.setdefault(said, []).append(name)
    found = [f"{', '.join(names)}: {said}" for said, names in pays.items()]
    found += [_threshold(results, row, system) for row in thresholds(results) if row["risk"] == 0.10]
    found += sentences(results)
    for name in results.meta["impacts"]:
        found += parting(results, name, system)
        found += ledger.sentences(results, name)
        told = (_wall(results, name, system), _grid(results, name, system), _override(results, name, system))
        found += [said for said in told if said]
    return found


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
        f"in every case the {more} takes {times} times the delta-v of the {less} (the inverse ratio of their masses)."
    )


# ---- the speed at which a risk is reached ------------------------------------------------------------------------------


def _threshold(results: Results, whole: Row, system: str) -> str:
    """At which closing speed a risk is reached, by the central curve, by all, and without the delta-v correction."""
    row = _within_model(whole)
    between = results.meta["impacts"][row["impact"]]["between"]
    held = "".join(f", {path_words(path, between)} {units.format_quantity(value, results.dimensions[path], system)}"
                   for path, value in row["held"].items())  # fmt: skip
    start = f"{row['impact']}: MAIS3+ risk in the {row['vehicle']} ({row['end']} loaded{held})"
    if not row["offered"]:
        return f"{start} is not offered: no curve of the library is for this end."
    extrapolated = "; extrapolated" if row["extrapolated"] else ""
    if row["model_to"] is None:
        return f"{start}: every case is beyond the model."
    end = f"{_speed(row['swept_to'], system)}{', where the model ends' if row['swept_to'] < whole['swept_to'] else ''}"
    if "closing_speed" in row["above_at_start"]:
        first = _speed(row["swept_from"], system)
        return f"{start} is above {percent(row['risk'])} at every speed swept, from {first} closing{extrapolated}."
    if row["closing_speed"] is None:
        edge = f", though by some curves it does{_band(row, system)}" if row["closing_speed_low"] is not None else ""
        return f"{start} does not reach {percent(row['risk'])} up to a closing speed of {end}{edge}."
    each = _each(results, row["impact"], row["closing_speed"], system)
    return (f"{start} reaches {percent(row['risk'])} at a closing speed of {_speed(row['closing_speed'], system)}{each}"
            f"{_band(row, system)}, delta-v {_speed(row['delta_v'], system)}{extrapolated}.")  # fmt: skip


def _within_model(row: Row) -> Row:
    """A threshold without the speeds at which the model has ended: those are no headline."""
    end = row["model_to"]
    if end is None:
        return row
    return {**row, **{e: row[e] if row[e] is not None and row[e] <= end else None for e in EDGES}, "swept_to": end}


def _band(row: Row, system: str) -> str:
    """The closing speeds by the curves that see most and least risk."""
    low, high = row["closing_speed_low"], row["closing_speed_high"]
    if low is None and high is None:
        return ""
    first = _speed(low, system) if low is not None else f"below {_speed(row['swept_from'], system)}"
    last = _speed(high, system) if high is not None else f"above {_speed(row['swept_to'], system)}"
    raw = row["closing_speed_uncorrected"]
    without = f"; {_speed(raw, system)} without the delta-v correction" if raw is not None else ""
    return f" (curves disagree: {first} to {last}{without}{_of_inputs(row, system)})"


def _of_inputs(row: Row, system: str) -> str:
    """The closing speeds between which the spread of the inputs moves the central curve; empty where nothing is drawn."""
    low, high = row["closing_speed_p05"], row["closing_speed_p95"]
    if low is None or high is None:
        return ""
    return f"; inputs, 5-95 %: {_speed(low, system)} to {_speed(high, system)}"


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


# ---- a wall, a structure -------------------------------------------------------------------------------------------------


def _wall(results: Results, impact: str, system: str) -> str:
    """What a single case against a wall asks of the front; empty for anything else."""
    about, rows = results.meta["impacts"][impact], results.sel(impact=impact).columns
    if about["type"] != "wall" or len(rows["status"]) != 1 or rows["status"][0] != OK:
        return ""
    crush, olc, intrusion = (float(rows[name][0]) for name in ("dynamic_crush", "olc", "intrusion"))
    name, end = str(rows["vehicle"][0]), str(rows["end"][0])
    numbers = about["numbers"] | {path: rows[path][0] for paths in about["axes"] for path in paths}
    space = float(loaded_structure(numbers, name, end, 1).crush_space[0])
    of = f" of its {quantity(space, 'length', system)} of crush space"
    deep = f", {quantity(intrusion, 'length', system)} of intrusion" if intrusion > 0.0 else ", no intrusion"
    used = f"crushes {quantity(crush, 'length', system)}{of}" if crush <= space else f"uses all{of}"
    return f"{impact}: the {name} {used}{deep}; OLC {quantity(olc, 'acceleration', system)}."


def _grid(results: Results, impact: str, system: str) -> str:
    """Which structure of a grid loads the occupant least and most, and what the risk curves see of it."""
    grid = structural_grid(results, impact)
    if grid is None:
        return ""
    vehicle, paths = grid
    rows = results.sel(impact=impact, vehicle=vehicle)
    rows = rows.where(rows.columns["status"] == OK)
    if not len(rows):
        return ""
    between, olc, intrusion = results.meta["impacts"][impact]["between"], rows.columns["olc"], rows.columns["intrusion"]

    def at(i: int) -> str:
        load, deep = quantity(olc[i], "acceleration", system), quantity(intrusion[i], "length", system)
        where = (f"{path_words(p, between).removeprefix(f'{vehicle} ')} "
                 f"{units.format_quantity(rows.columns[p][i], rows.dimensions[p], system)}" for p in paths)  # fmt: skip
        return f"{load} with {deep} of intrusion ({', '.join(where)})"

    return (f"{impact}: OLC in the {vehicle} runs from {at(int(np.argmin(olc)))} to {at(int(np.argmax(olc)))}, while "
            "the risk by curves over delta-v sees neither pulse nor intrusion.")  # fmt: skip


# ---- ride height -----------------------------------------------------------------------------------------------------


def _override(results: Results, impact: str, system: str) -> str:
    """How far a partner that rides over a vehicle comes in above its floor; empty where none does."""
    rows = results.sel(impact=impact).columns
    above = np.where(rows["status"] == OK, rows["upper_intrusion"] - rows["intrusion"], 0.0)
    if not above.max() > 0.0:
        return ""
    worst = int(np.argmax(np.where(above > 0.0, rows["upper_intrusion"], 0.0)))
    name, floor, upper = str(rows["vehicle"][worst]), rows["intrusion"][worst], rows["upper_intrusion"][worst]
    at = ", ".join(f"{path_words(path, results.meta['impacts'][impact]['between'])} "
                   f"{units.format_quantity(rows[path][worst], results.dimensions[path], system)}"
                   for paths in results.meta["impacts"][impact]["axes"] for path in paths)  # fmt: skip
    return (f"{impact}: the partner rides up on the {name}; above its floor it comes in as far as {quantity(upper, 'length', system)}, "
            f"against {quantity(floor, 'length', system)} at the floor{f' ({at})' if at else ''}. A heuristic.")  # fmt: skip
