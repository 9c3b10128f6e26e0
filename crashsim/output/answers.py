"""The answer in sentences: who takes how much delta-v, where risk is reached, what a wall or a structure changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from crashsim import units
from crashsim.cases import loaded_structure
from crashsim.output import ledger, reached, roads
from crashsim.output.parting import parting
from crashsim.output.partners import sentences
from crashsim.output.quote import further
from crashsim.output.views import path_words, structural_grid
from crashsim.output.words import quantity
from crashsim.results import OK, Results

Row = Mapping[str, Any]


def answer(results: Results, system: str) -> list[str]:
    """What is found beyond the two sentences of `quote`: who pays, up to which speed risk stays below 10 %, what structures do.

    Only delta-v is told of cases beyond the model.
    """
    found = further(results, system)
    pays: dict[str, list[str]] = {}
    on_roads = {row["impact"] for row in results.meta.get("expected", ())}
    for name in [name for name in results.meta["impacts"] if name not in on_roads]:
        if said := _who_pays(results, name):
            pays.setdefault(said, []).append(name)
    found += [f"{', '.join(names)}: {said}" for said, names in pays.items()]
    found += roads.sentences(results, system) if on_roads else []
    found += reached.sentences(results, system)
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
