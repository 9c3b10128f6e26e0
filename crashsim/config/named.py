"""Named cases: the ones whose pulses are kept, each found on the grid of its impact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from crashsim.cases import Axis, Impact, NamedCase
from crashsim.config.draft import Draft
from crashsim.config.fields import FieldError, Place, in_unit_of, listed, nearest, shown
from crashsim.config.models import PulseModel, StudyModel, swept_number
from crashsim.errors import did_you_mean
from crashsim.units import echo

TOLERANCE = 1e-9  # relative: "54 mph" typed twice is the same case however its axis was made


def named_cases(draft: Draft, model: StudyModel, impacts: Sequence[Impact]) -> tuple[NamedCase, ...]:
    """The named cases of a study; without any, the middle case of each impact."""
    pulses = model.output.pulses
    if not pulses:
        return tuple(NamedCase(i.name, i.name, i.cells // 2) for i in impacts)
    by_name = {impact.name: impact for impact in impacts}
    first_of: dict[str, int] = {}
    found = []
    for n, pulse in enumerate(pulses):
        place: Place = ("output", "pulses", n)
        if pulse.name is not None and first_of.setdefault(pulse.name, n) != n:
            draft.report((*place, "name"), f"{echo(pulse.name)} is the name of an earlier pulse; give it another")
        if pulse.impact is None or draft.is_broken(("impacts", pulse.impact)):
            continue
        if pulse.impact not in model.impacts:
            message = f"no impact called {echo(pulse.impact)}{nearest(pulse.impact, model.impacts)}"
            draft.report((*place, "impact"), message)
        elif pulse.name is not None and pulse.impact in by_name:
            index = _index(draft, place, pulse, by_name[pulse.impact])
            found.append(NamedCase(pulse.name, pulse.impact, index or 0))
    return tuple(found)


def _index(draft: Draft, place: Place, pulse: PulseModel, impact: Impact) -> int | None:
    """Index of the case on the grid of its impact; None when a problem was noted."""
    swept = [path for axis in impact.axes for path in axis.paths]
    unknown = [path for path in pulse.at if path not in swept]
    for path in unknown:
        known = did_you_mean(path, swept) or (f" (swept: {listed(swept)})" if swept else "; nothing is")
        draft.report((*place, "at", path), f"not swept in {impact.name}{known}", key=True)
    indices = []
    for axis in impact.axes:
        wanted = {path: pulse.at[path] for path in axis.paths if path in pulse.at}
        if wanted:
            indices.append(_on_axis(draft, (*place, "at"), axis, wanted))
        elif not unknown and not any(draft.is_broken((*place, "at", p)) for p in axis.paths):
            draft.report((*place, "at", axis.paths[0]), f"missing, expected a value of {' or '.join(axis.paths)}")
    if unknown or None in indices or len(indices) < len(impact.axes):
        return None
    return int(np.ravel_multi_index([i for i in indices if i is not None], impact.shape)) if indices else 0


def _on_axis(draft: Draft, place: Place, axis: Axis, wanted: Mapping[str, Any]) -> int | None:
    rows = np.ones(len(axis.values), dtype=bool)
    for path, typed in wanted.items():
        values = axis.values[:, axis.paths.index(path)]
        number = swept_number(path)
        assert number is not None  # every axis was read with one
        try:
            value = number.read_value(typed).si
        except FieldError as error:
            draft.report((*place, path), str(error), key=error.key, at=error.at)
            return None
        off = np.abs(values - value)
        near = off <= TOLERANCE * np.maximum(np.abs(values), abs(value))
        if not near.any():
            nearest_value = in_unit_of(float(values[np.argmin(off)]), typed, number.dimension)
            draft.report((*place, path), f"got {shown(typed)}, which the sweep does not meet; nearest: {nearest_value}")
            return None
        rows &= near
    if not rows.any():
        draft.report(place, f"no case has these values of {' and '.join(wanted)} together")
        return None
    return int(np.argmax(rows))
