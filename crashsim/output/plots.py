"""The figures of a study: which there are, and writing them to files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from matplotlib.figure import Figure

from crashsim.output import style
from crashsim.output.crush import crush
from crashsim.output.doors import doors, struck
from crashsim.output.lineup import lineup
from crashsim.output.maps import crumple_zone
from crashsim.output.meetings import overlap_height
from crashsim.output.occupants import occupants
from crashsim.output.partners import partners
from crashsim.output.pulses import force_crush, pulses
from crashsim.output.risks import risk
from crashsim.output.roads_figure import roads
from crashsim.output.routes import routes
from crashsim.output.speeds import delta_v, energy
from crashsim.output.tables import headline_table
from crashsim.output.waterfall import waterfall
from crashsim.results import Results

Named = Iterator[tuple[str, Figure]]
Family = Callable[[Results, str], Named]

SUFFIXES: Final = (".svg", ".png")
LONGEST_STEM: Final = 100


def _one(name: str, function: Callable[[Results, str], Figure | None]) -> Family:
    def family(results: Results, system: str) -> Named:
        figure = function(results, system)
        if figure is not None:
            yield name, figure

    return family


def _each(
    name: str, function: Callable[[Results, str, str], Figure | None], of: Callable[[Results], list[str]]
) -> Family:
    """One figure for each impact or case: ``risk-head-on``; under the bare name where it is the family's own name."""

    def family(results: Results, system: str) -> Named:
        for item in of(results):
            figure = function(results, item, system)
            if figure is not None:
                yield name if item == name else f"{name}-{item}", figure

    return family


def _impacts(results: Results) -> list[str]:
    return list(results.meta["impacts"])


def _cases(results: Results) -> list[str]:
    return [case["name"] for case in results.meta["named_cases"]]


FIGURES: Final[dict[str, Family]] = {
    "headline": _one("headline", headline_table),
    "roads": _one("roads", roads),
    "delta-v": _one("delta-v", delta_v),
    "crush": _one("crush", crush),
    "risk": _each("risk", risk, _impacts),
    "routes": _each("routes", routes, _impacts),
    "ledger": _each("ledger", waterfall, _impacts),
    "lineup": _each("lineup", lineup, partners),
    "doors": _each("doors", doors, struck),
    "occupants": _each("occupants", occupants, _impacts),
    "pulses": _one("pulses", pulses),
    "force-crush": _each("force-crush", force_crush, _cases),
    "energy": _one("energy", energy),
    "crumple-zone": _each("crumple-zone", crumple_zone, _impacts),
    "overlap-height": _each("overlap-height", overlap_height, _impacts),
}
"""Name -> every figure of that kind that a study has, each under its own name; in the order of a report."""


def figures(results: Results, system: str) -> Named:
    """Every figure that a study has something for, one by one, with a name that is safe as the stem of a file.

    ``system``: ``us`` or ``si``, the units on the main axes.
    """
    taken: set[str] = set()
    for family in FIGURES:
        for name, figure in of_family(family, results, system):
            yield stem(name, taken), figure


def of_family(family: str, results: Results, system: str) -> Named:
    """The figures of one family with their names, which need not be safe."""
    found = FIGURES[family](results, system)
    while (named := _next(found)) is not None:
        yield named


def _next(found: Named) -> tuple[str, Figure] | None:
    with style.sheet_style():  # not held open while the caller has the figure
        return next(found, None)


def write_figures(results: Results, folder: Path, system: str) -> list[Path]:
    """Write every figure as SVG and PNG into ``folder`` (made when absent); the same results give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    found = figures(results, system)
    return [style.save(figure, folder / f"{name}{suffix}") for name, figure in found for suffix in SUFFIXES]


def stem(name: str, taken: set[str]) -> str:
    """A file name that every file system takes, and no two the same."""
    found = plain = re.sub(r"[^A-Za-z0-9_-]+", "-", name)[:LONGEST_STEM].strip("-") or "figure"
    n = 1
    while found.lower() in taken:
        n += 1
        found = f"{plain}-{n}"
    taken.add(found.lower())
    return found
