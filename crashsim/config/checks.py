"""Checks over all cases of an impact: a sweep may make wrong what the numbers as typed were right about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crashsim import momentum, structure
from crashsim.cases import ASKED, Cases, Impact, build

Place = tuple[str | int, ...]
Report = Callable[[Place, str], None]

CHUNK: Final = 50_000


def check_impact(impact: Impact, report: Report) -> None:
    """Report what is physically impossible in any case of the impact, with the first such case."""
    seen: set[Place] = set()
    for first in range(0, impact.count, CHUNK):
        last = min(first + CHUNK, impact.count)
        cases = build(impact, first, last)
        for place, wrong, message in _faults(impact, cases):
            if place not in seen:
                seen.add(place)
                report(place, message + _first_case(cases, wrong))


def _faults(impact: Impact, cases: Cases) -> Iterator[tuple[Place, NDArray[np.bool_], str]]:
    where: Place = ("impacts", impact.name)
    apart = cases.closing_speed <= 0.0
    if np.any(apart):
        rule = {"rear-end": f"{impact.between[0]} must be faster than {impact.between[1]}",
                "head-on": "at least one of the two must move", "wall": f"{impact.between[0]} must move"}  # fmt: skip
        yield _swept(impact, "speed.") or (*where, "speed"), apart, f"no collision: {rule[impact.type]}"
    faulty = False
    for vehicle, face, ends in zip(impact.between, impact.faces, cases.structures, strict=True):
        for field, wrong, expected in structure.faults(ends, minimum_rise=structure.MINIMUM_RISE):
            path = f"vehicles.{vehicle}.{face}."
            faulty = True
            yield _swept(impact, path) or ("vehicles", vehicle, face, field), wrong, f"expected {expected}"
    if impact.restitution == ASKED and not faulty and not np.any(apart):
        m = momentum.reduced_mass(cases.mass[:, 0], cases.mass[:, 1])
        cap = structure.restitution_cap(cases.structures, 0.5 * m * cases.closing_speed**2)
        above = cases.restitution > cap * (1.0 + 1e-9)
        if np.any(above):
            i = int(np.argmax(above))
            place = _swept(impact, "restitution") or (*where, "restitution")
            yield place, above, f"got {cases.restitution[i]:.4g}, expected at most {cap[i]:.4g}, which is all that the force law can give"


def _swept(impact: Impact, prefix: str) -> Place | None:
    """The place of the sweep that changes a number under ``prefix``, if there is one."""
    paths = [(path, axis) for axis in impact.axes for path in axis.paths if path.startswith(prefix)]
    if not paths:
        return None
    path, axis = paths[0]
    inside = ("zip", path) if len(axis.paths) > 1 else (path,)
    return ("impacts", impact.name, "sweep", *inside)


def _first_case(cases: Cases, wrong: NDArray[np.bool_]) -> str:
    if not cases.swept:
        return ""
    i = int(np.argmax(np.broadcast_to(wrong, cases.closing_speed.shape)))
    values = ", ".join(f"{path} = {values[i]:.6g} SI" for path, values in cases.swept.items())
    return f" (not so for {values})"
