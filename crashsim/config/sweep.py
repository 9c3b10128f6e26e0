"""Sweeps: paths to lists or ranges become axes; several make a grid, ``zip`` walks several paths together."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from crashsim.cases import Axis
from crashsim.config.models import Spec, field_names, spec_of
from crashsim.errors import UnitError, did_you_mean
from crashsim.units import echo, kind

LONGEST_AXIS: Final = 100_000
MOST_CASES: Final = 2_000_000
RANGE_KEYS: Final = ("from", "to", "points", "step")

Place = tuple[str | int, ...]
Report = Callable[[Place, str], None]


def read_axes(tree: dict[str, Any], where: Place, numbers: dict[str, float], report: Report) -> tuple[Axis, ...]:
    """Read one ``sweep:`` mapping; problems go to ``report`` with their place, and their axes are left out.

    ``numbers``: the numbers of the impact by path; only these can be swept.
    """
    axes: list[Axis] = []
    for key, value in tree.items():
        if key == "zip":
            groups = [(where + ("zip",), value)] if isinstance(value, dict) else _listed(where, value, report)
            axes += [axis for place, group in groups if (axis := _zipped(group, place, numbers, report)) is not None]
        else:
            values = _values(key, value, where + (key,), numbers, report)
            if values is not None:
                axes.append(Axis((key,), values[0][:, None], (values[1],)))
    if math.prod(len(a.values) for a in axes) > MOST_CASES:
        report(where, f"got {math.prod(len(a.values) for a in axes):,} cases, expected at most {MOST_CASES:,}")
        return ()
    repeated = [p for i, a in enumerate(axes) for p in a.paths if any(p in b.paths for b in axes[:i])]
    for path in repeated:
        report(where, f"{path} is swept twice")
    return tuple(axes)


def _listed(where: Place, value: object, report: Report) -> Iterator[tuple[Place, dict[str, Any]]]:
    if not isinstance(value, list) or not value:
        report(where + ("zip",), f"got {kind(value)}, expected a mapping of paths to lists or ranges of one length")
        return
    for i, group in enumerate(value):
        if isinstance(group, dict):
            yield where + ("zip", i), group
        else:
            report(where + ("zip", i), f"got {kind(group)}, expected a mapping of paths to lists or ranges")


def _zipped(group: dict[str, Any], where: Place, numbers: dict[str, float], report: Report) -> Axis | None:
    read = {path: _values(path, value, where + (path,), numbers, report) for path, value in group.items()}
    good = {path: values for path, values in read.items() if values is not None}
    if not group:
        report(where, "empty, expected paths to lists or ranges of one length")
    if len(good) < len(read) or not good:
        return None
    lengths = {path: len(values[0]) for path, values in good.items()}
    if len(set(lengths.values())) > 1:
        text = ", ".join(f"{path} has {n}" for path, n in lengths.items())
        report(where, f"paths that are zipped need the same number of values: {text}")
        return None
    stacked = np.stack([values for values, _ in good.values()], axis=-1)
    return Axis(tuple(good), stacked, tuple(dimension for _, dimension in good.values()))


def _values(
    path: str, value: object, where: Place, numbers: dict[str, float], report: Report
) -> tuple[np.ndarray[Any, Any], str] | None:
    spec = spec_of(tuple(path.split(".")))
    if path not in numbers or spec is None:
        report(where, _unknown_path(path, numbers))
        return None
    if isinstance(value, list):
        return _list(value, spec, where, report)
    if isinstance(value, dict):
        return _range(value, spec, where, report)
    report(where, f"got {kind(value)}, expected a list, {{from, to, points}} or {{from, to, step}}")
    return None


def _unknown_path(path: str, numbers: dict[str, float]) -> str:
    parts = tuple(path.split("."))
    if spec_of(parts) is not None:
        return f"{echo(path)} has no value here that could be swept; give it one first{did_you_mean(path, numbers)}"
    siblings = [".".join((*parts[:-1], n)) for n in field_names(parts[:-1])] if len(parts) > 2 else []
    return f"no number at {echo(path)}{did_you_mean(path, [*numbers, *siblings])}"


def _list(value: list[Any], spec: Spec, where: Place, report: Report) -> tuple[np.ndarray[Any, Any], str] | None:
    if not 1 <= len(value) <= LONGEST_AXIS:
        report(where, f"got {len(value):,} values, expected 1 to {LONGEST_AXIS:,}")
        return None
    numbers = [_read(item, spec, where + (i,), report) for i, item in enumerate(value)]
    good = [n for n in numbers if n is not None]
    if len(good) < len(numbers):
        return None
    if len(set(good)) < len(good):
        report(where, "the same value stands twice")
        return None
    return np.array(good), spec.dimension


def _range(value: dict[str, Any], spec: Spec, where: Place, report: Report) -> tuple[np.ndarray[Any, Any], str] | None:
    wrong = False
    for key in value:
        if key not in RANGE_KEYS:
            report(where + (key,), f"unknown field{did_you_mean(key, RANGE_KEYS)} (known: {', '.join(RANGE_KEYS)})")
            wrong = True
    if wrong:
        return None
    if "from" not in value or "to" not in value or ("points" in value) == ("step" in value):
        report(where, "expected from, to and one of points or step")
        return None
    ends = [_read(value[key], spec, where + (key,), report) for key in ("from", "to")]
    if ends[0] is None or ends[1] is None:
        return None
    count = _points(value, ends[0], ends[1], spec, where, report)
    if count is None:
        return None
    steps = np.arange(count) / (count - 1)
    return ends[0] + (ends[1] - ends[0]) * steps, spec.dimension


def _points(value: dict[str, Any], low: float, high: float, spec: Spec, where: Place, report: Report) -> int | None:
    if low == high:
        report(where + ("to",), "the range has no length: from and to are the same")
        return None
    if "points" in value:
        n = value["points"]
        if isinstance(n, bool) or not isinstance(n, int) or not 2 <= n <= LONGEST_AXIS:
            report(where + ("points",), f"got {echo(str(n))}, expected a whole number from 2 to {LONGEST_AXIS:,}")
            return None
        return n
    wide = Spec(spec.dimension, -math.inf, math.inf, "")
    step = _read(value["step"], wide, where + ("step",), report)
    if step is None:
        return None
    intervals = (high - low) / step if step else math.inf
    if not 0 < intervals < LONGEST_AXIS:
        report(where + ("step",), f"got {echo(str(value['step']))}, expected a step that leads from one end to the other "
               f"in 1 to {LONGEST_AXIS:,} steps")  # fmt: skip
        return None
    whole = round(intervals)
    if whole == 0 or abs(intervals - whole) > 1e-9 * whole:
        report(where + ("step",), f"the step does not end on {echo(str(value['to']))}: {intervals:.6g} steps lie between")
        return None
    return whole + 1


def _read(item: object, spec: Spec, where: Place, report: Report) -> float | None:
    try:
        return spec.read(item).si
    except UnitError as error:
        report(where, str(error))
        return None
