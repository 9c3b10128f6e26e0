"""Named cases: the ones whose pulses are kept, each found on the grid of its impact."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from crashsim.cases import Axis, Impact, NamedCase
from crashsim.config.models import PulseModel, spec_of
from crashsim.errors import UnitError, did_you_mean
from crashsim.units import display_unit, echo, to

Place = tuple[str | int, ...]
Report = Callable[[Place, str], None]

TOLERANCE = 1e-9  # relative: "54 mph" typed twice is the same case however its axis was made


def named_cases(pulses: Sequence[PulseModel], impacts: Sequence[Impact], report: Report) -> tuple[NamedCase, ...]:
    """The named cases of a study; without any, the middle case of each impact."""
    if not pulses:
        return tuple(NamedCase(i.name, i.name, i.count // 2) for i in impacts)
    found = []
    by_name = {impact.name: impact for impact in impacts}
    for n, pulse in enumerate(pulses):
        where: Place = ("output", "pulses", n)
        if pulse.impact not in by_name:
            report((*where, "impact"), f"no impact called {echo(pulse.impact)}{did_you_mean(pulse.impact, by_name)}")
            continue
        index = _index(pulse, by_name[pulse.impact], where, report)
        if index is not None:
            found.append(NamedCase(pulse.name, pulse.impact, index))
    names = [case.name for case in found]
    for n, name in enumerate(names):
        if name in names[:n]:
            report(("output", "pulses", n, "name"), f"the name {echo(name)} stands twice")
    return tuple(found)


def _index(pulse: PulseModel, impact: Impact, where: Place, report: Report) -> int | None:
    known = [path for axis in impact.axes for path in axis.paths]
    complete = True
    for path in pulse.at:
        if path not in known:
            report((*where, "at", path), f"not swept in {impact.name}{did_you_mean(path, known)}")
            complete = False
    indices = []
    for axis in impact.axes:
        wanted = {path: pulse.at[path] for path in axis.paths if path in pulse.at}
        if not wanted:
            report((*where, "at"), f"missing a value for {' or '.join(axis.paths)}")
            complete = False
            continue
        index = _on_axis(axis, wanted, (*where, "at"), report)
        complete &= index is not None
        indices.append(index or 0)
    return int(np.ravel_multi_index(tuple(indices), impact.shape)) if complete and indices else 0 if complete else None


def _on_axis(axis: Axis, wanted: dict[str, object], where: Place, report: Report) -> int | None:
    rows = np.ones(len(axis.values), dtype=bool)
    for path, typed in wanted.items():
        column = axis.paths.index(path)
        spec = spec_of(tuple(path.split(".")))
        assert spec is not None  # every axis has been read with one
        try:
            value = spec.read(typed).si
        except UnitError as error:
            report((*where, path), str(error))
            return None
        values = axis.values[:, column]
        near = np.abs(values - value) <= TOLERANCE * np.maximum(np.abs(values), abs(value))
        if not near.any():
            unit = display_unit(axis.dimensions[column], "us")
            nearest = to(float(values[np.argmin(np.abs(values - value))]), unit, axis.dimensions[column])
            report((*where, path), f"got {echo(str(typed))}, which the sweep does not meet; nearest: {nearest:.6g} {unit}")
            return None
        rows &= near
    if not rows.any():
        report(where, f"no case has these values of {' and '.join(wanted)} together")
        return None
    return int(np.argmax(rows))
