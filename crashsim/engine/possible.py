"""Random numbers that make a crash impossible are refused where the check of the study did not look at all samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crashsim import restraint, structure
from crashsim.cases import SQUARE, Axis, Cases, Impact, build
from crashsim.errors import StructureError
from crashsim.sampling import NEAREST, Random

MOST_CORNERS: Final = 100_000

Fault = tuple[str, NDArray[np.bool_], str]


def always_possible(impact: Impact) -> bool:
    """Whether every sample of an impact is known to be a possible crash: `require_possible` need not look at each.

    They are when the corners are.  Every condition is monotonic in each number for any values of the others, so that the
    worst case of a box of numbers lies at a corner; of ends that do not meet squarely nobody has shown that.
    """
    if impact.meeting != SQUARE:
        return False
    for part, others in _parts(impact):
        corners = _corners(impact, part, others)
        if corners.count > MOST_CORNERS or any(_faults(impact, build(corners))):
            return False
    return True


def _parts(impact: Impact) -> Iterator[tuple[str, list[str]]]:
    """What stands together in a condition, as the beginning of its paths and those that are not meant: speeds, each end, each
    vehicle with one element of its restraint at a time.
    """
    fronts = [f"vehicles.{v}.{face}." for v, face in zip(impact.between, impact.faces, strict=True)]
    yield "speed.", []
    yield from ((front, []) for front in fronts)
    drawn = [number.path for number in impact.random] + [path for axis in impact.axes for path in axis.paths]
    for vehicle in impact.between:
        seat = f"vehicles.{vehicle}.occupant."
        elements = sorted({path.rpartition(".")[0] + "." for path in drawn if path.startswith(seat)} - {seat})
        for element in elements or [""]:
            yield f"vehicles.{vehicle}.", [*fronts, *(other for other in elements if other != element)]


def require_possible(impact: Impact, first: int, cases: Cases) -> None:
    """Raise StructureError for the first impossible one of ``cases``, whose first has the index ``first``."""
    for what, wrong, expected in _faults(impact, cases):
        drawn = ", ".join(number.path for number in impact.random)
        raise StructureError(
            f"impacts.{impact.name}: {what}: the numbers drawn in case {first + int(np.argmax(wrong))} make an impossible crash, "
            f"expected {expected}; cut the distributions with from and to (drawn: {drawn})"
        )


def _faults(impact: Impact, cases: Cases) -> Iterator[Fault]:
    if np.any(apart := cases.closing_speed <= 0.0):
        yield "speed", apart, "a closing speed above zero"
    for i, (vehicle, face, wall) in enumerate(zip(impact.between, impact.faces, impact.rigid, strict=True)):
        if wall:
            continue
        for field, wrong, expected in structure.faults(cases.structures[i], minimum_rise=structure.MINIMUM_RISE):
            yield f"vehicles.{vehicle}.{face}.{field}", wrong, expected
        for field, wrong, expected in restraint.faults(cases.bodies[i], cases.mass[:, i]):
            yield f"vehicles.{vehicle}: {field}", wrong, expected


def _corners(impact: Impact, part: str, others: list[str]) -> Impact:
    """The impact with the two ends of each random number of a part as axes, beside the part's own; ``others``: not of it."""

    def belongs(path: str) -> bool:
        return path.startswith(part) and not any(path.startswith(other) for other in others)

    own = tuple(axis for axis in impact.axes if any(map(belongs, axis.paths)))
    ends = tuple(_ends(number) for number in impact.random if belongs(number.path))
    return replace(impact, axes=(*own, *ends), random=(), sampling=None)


def _ends(number: Random) -> Axis:
    ends = number.distribution.quantile(np.array([NEAREST, 1.0 - NEAREST]))
    return Axis((number.path,), ends[:, None], (number.dimension,))
