"""Sweeps: paths to lists or ranges become axes; several make a grid, ``zip`` walks several paths together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim.cases import Axis
from crashsim.config.draft import Draft
from crashsim.config.fields import (
    Field,
    FieldError,
    Number,
    Place,
    Quantity,
    closest,
    in_unit_of,
    listed,
    nearest,
    shown,
)
from crashsim.config.models import known_fields, place_of, shape, swept_number
from crashsim.errors import UnitError, did_you_mean
from crashsim.units import echo, parse

LONGEST_AXIS: Final = 100_000
MOST_CASES: Final = 10**10
RANGE_KEYS: Final = ("from", "to", "points", "step")

_VALUES: Final = "a list such as [10 mph, 20 mph], {from, to, points} or {from, to, step}"
_ZIPPED: Final = "a mapping of paths to lists or ranges of one length (or a list of such mappings)"

Floats = NDArray[np.float64]


def read_axes(draft: Draft, impact: str, sweep: Mapping[str, Any], numbers: Mapping[str, Quantity]) -> tuple[Axis, ...]:
    """Read the sweep of an impact; what has a problem is left out of the axes.

    ``numbers``: the numbers of the impact by path; only these can be swept.
    """
    axes: list[Axis] = []
    for place, group in _groups(draft, ("impacts", impact, "sweep"), sweep):
        axis = _axis(draft, impact, place, group, numbers)
        if axis is not None:
            axes.append(axis)
    count = math.prod(len(axis.values) for axis in axes)
    if count > MOST_CASES:
        lengths = " x ".join(f"{len(axis.values):,}" for axis in axes)
        draft.report(("impacts", impact, "sweep"), f"got {lengths} = {count:,} cases, expected at most {MOST_CASES:,}")
        return ()
    return tuple(axes)


def _groups(draft: Draft, place: Place, sweep: Mapping[str, Any]) -> Iterator[tuple[Place, dict[str, Any]]]:
    """The paths of each axis, with the place that holds them: one path alone, or all of a zip."""
    seen: set[str] = set()
    for key, value in sweep.items():
        zips: list[tuple[Place, Any]] = [((*place, "zip"), value)]
        if key != "zip":
            zips = [(place, {key: value})]
        elif isinstance(value, list) and value:
            zips = [((*place, "zip", i), group) for i, group in enumerate(value)]
        for where, group in zips:
            if not isinstance(group, dict) or not group:
                draft.report(where, f"got {shown(group) if group != {} else 'an empty mapping'}, expected {_ZIPPED}")
                continue
            for path in group:
                if path in seen:
                    draft.report((*where, path), "swept twice; keep one", key=True)
            seen |= group.keys()
            yield where, group


def _axis(
    draft: Draft, impact: str, place: Place, group: dict[str, Any], numbers: Mapping[str, Quantity]
) -> Axis | None:
    columns: list[Floats] = []
    dimensions: list[str] = []
    for path, value in group.items():
        number = swept_number(path)
        known = path in numbers or draft.is_broken(place_of(path, impact))
        if number is None or not known:
            draft.report((*place, path), _unknown_path(path, number is not None, numbers), key=True)
            continue
        if path in numbers and numbers[path].distribution:
            draft.report((*place, path), f"is a distribution ({numbers[path].typed}): sweep it or draw it", key=True)
            continue
        values = _values(draft, (*place, path), value, number)
        if values is not None and path in numbers:
            columns.append(values)
            dimensions.append(number.dimension)
    if len(columns) < len(group):
        return None
    if len({len(column) for column in columns}) > 1:
        counts = ", ".join(f"{path} has {len(column):,}" for path, column in zip(group, columns, strict=True))
        draft.report(place, f"paths that are zipped need equally many values, but {counts}")
        return None
    values = np.stack(columns, axis=-1)
    if len(set(map(tuple, values.tolist()))) < len(values):
        draft.report(place if len(group) > 1 else (*place, *group), "the same value stands twice; keep one")
        return None
    return Axis(tuple(group), values, tuple(dimensions))


def _unknown_path(path: str, exists: bool, numbers: Mapping[str, Quantity]) -> str:
    """What to say of a path that leads to no number; ``exists``: other impacts may have such a number."""
    hint = did_you_mean(path, numbers)
    if exists:
        return f"this impact has no such number to sweep{hint or '; if it can have one, give it a value first'}"
    if isinstance(shape(place_of(path, "*")), Field):
        return "changes nothing in a crash and cannot be swept"
    holder, _, field = path.rpartition(".")
    near = closest(field, known_fields(place_of(holder, "*")))
    if near and swept_number(f"{holder}.{near}"):  # of the same vehicle rather than of another
        hint = did_you_mean(f"{holder}.{near}", [f"{holder}.{near}"])
    such = [p for p in numbers if p.startswith("speed.")][:1] + [p for p in numbers if ".front." in p][:2]
    return f"no number at {echo(path)}{hint or (f', expected a path such as {listed(such)}' if such else '')}"


def _values(draft: Draft, place: Place, value: object, number: Number) -> Floats | None:
    """The values of one path [SI], shape (length,)."""
    if isinstance(value, list):
        return _list(draft, place, value, number)
    if isinstance(value, dict):
        return _range(draft, place, value, number)
    draft.report(place, f"got {shown(value)}, expected {_VALUES}")
    return None


def _list(draft: Draft, place: Place, value: list[Any], number: Number) -> Floats | None:
    if not 1 <= len(value) <= LONGEST_AXIS:
        draft.report(place, f"got {len(value):,} values, expected 1 to {LONGEST_AXIS:,}")
        return None
    numbers = []
    for i, item in enumerate(value):
        try:
            numbers.append(number.read_value(item).si)
        except FieldError as error:  # its neighbours are likely to be wrong in the same way: the first is enough
            draft.report((*place, i), str(error), key=error.key, at=error.at)
            return None
    return np.array(numbers)


def _range(draft: Draft, place: Place, value: dict[str, Any], number: Number) -> Floats | None:
    unknown = [key for key in value if key not in RANGE_KEYS]
    for key in unknown:
        draft.report((*place, key), f"unknown field{nearest(key, RANGE_KEYS)}", key=True)
    if unknown:
        return None
    if not {"from", "to"} <= value.keys() or ("points" in value) == ("step" in value):
        got = ", ".join(value) or "an empty mapping"
        draft.report(place, f"got {got}, expected from, to and one of points and step")
        return None
    ends = [_end(draft, (*place, key), value[key], number) for key in ("from", "to")]
    count = _points(draft, place, value, number, ends)
    if count is None or ends[0] is None or ends[1] is None:
        return None
    return ends[0] + (ends[1] - ends[0]) * (np.arange(count) / (count - 1))


def _end(draft: Draft, place: Place, value: object, number: Number) -> float | None:
    try:
        return number.read_value(value).si
    except FieldError as error:
        draft.report(place, str(error), key=error.key, at=error.at)
        return None


def _points(draft: Draft, place: Place, value: dict[str, Any], number: Number, ends: list[float | None]) -> int | None:
    """How many values a range has."""
    if "points" in value:
        n = value["points"]
        if isinstance(n, bool) or not isinstance(n, int) or not 2 <= n <= LONGEST_AXIS:
            draft.report((*place, "points"), f"got {shown(n)}, expected a whole number from 2 to {LONGEST_AXIS:,}")
            return None
    try:
        step = parse(value["step"], number.dimension) if "step" in value else 0.0
    except UnitError as error:
        draft.report((*place, "step"), str(error))
        return None
    low, high = ends
    if low is None or high is None:
        return None
    if low == high:
        draft.report((*place, "to"), f"got {shown(value['to'])}, the same as from: the range has no length")
        return None
    return int(value["points"]) if "points" in value else _steps(draft, place, value, number, (low, high, step))


def _steps(
    draft: Draft, place: Place, value: dict[str, Any], number: Number, measures: tuple[float, float, float]
) -> int | None:
    low, high, step = measures
    length = abs(high - low)
    if step <= 0.0:
        draft.report((*place, "step"), f"got {shown(value['step'])}, expected a step above zero")
        return None
    if length / step >= LONGEST_AXIS:
        draft.report((*place, "step"), f"got {shown(value['step'])}, which makes more than {LONGEST_AXIS:,} values")
        return None
    whole = round(length / step)
    if whole == 0 or abs(length / step - whole) > 1e-9 * whole:
        last = low + math.copysign(step, high - low) * math.floor(length / step)
        reached = in_unit_of(last, value["to"], number.dimension)
        draft.report((*place, "step"), f"steps of {shown(value['step'])} do not end on {shown(value['to'])}; "
                     f"the last one that fits ends on {reached}")  # fmt: skip
        return None
    return whole + 1
