"""An occupant without a study and a pulse without a crash: what `drive_occupant` and the command ``occupant`` read."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim import restraint
from crashsim.config.draft import Draft, validated
from crashsim.config.fields import Place
from crashsim.config.mapping import read_mapping
from crashsim.config.models import VehicleModel
from crashsim.config.occupants import check_occupant, whole_occupant
from crashsim.config.vehicles import quantities
from crashsim.errors import ConfigError, Problem
from crashsim.units import DIMENSIONS, echo

UNEVEN: Final = 0.01  # of a time step: more is not the rounding of a file

_INPUT: Final = "input"  # what stands in a message where a study has its file
_HOLDER: Final[Place] = ("occupant",)


def load_occupant(given: Mapping[str, Any]) -> dict[str, restraint.Column]:
    """Columns of an occupant (``restraint.occupant``) from what a study would say of him: ``{restraint: ..., size: ...}``.

    Raises ConfigError with everything that is wrong with it.
    """
    document = replace(read_mapping({"occupant": dict(given)}), file=_INPUT)
    draft = Draft(document, ("vehicles", "*"))
    vehicle = validated(VehicleModel, draft)
    occupant = whole_occupant(draft, (), vehicle, None)
    if occupant is not None:
        check_occupant(draft, _HOLDER, occupant)
    elif not draft.problems:
        draft.report(_HOLDER, "got nobody, expected an occupant and what holds him")
    if draft.problems or occupant is None:
        raise ConfigError(dict.fromkeys(draft.problems))
    prefix = "vehicles.driven.occupant."
    numbers = quantities("driven", vehicle.model_copy(update={"occupant": occupant}), "front")
    columns = restraint.occupant({path.removeprefix(prefix): q.si for path, q in numbers.items()})
    faults = {column: expected for column, _, expected in restraint.faults(columns)}
    if faults:
        message = "; ".join(f"{column}: expected {expected}" for column, expected in faults.items())
        raise ConfigError([document.problem(_HOLDER, message)])
    return columns


# ---- pulses ----------------------------------------------------------------------------------------------------------


def read_pulse(path: str | Path, time_unit: str, acceleration_unit: str) -> tuple[NDArray[np.float64], float]:
    """Acceleration [m/s^2] from time 0 on, and its time step [s], of a CSV file with the columns time and acceleration.

    Lines before the first number are a heading.  What is before time 0 is left out.  Raises ConfigError with the place of
    what is wrong: no numbers, other than two columns, times that are not evenly spaced, a record that begins after 0.
    """
    file = str(path)
    rows, lines = _numbers(file)
    time = rows[:, 0] * DIMENSIONS["time"][time_unit]
    step = (time[-1] - time[0]) / (len(time) - 1)
    if not step > 0.0:
        raise _problem(file, lines[0], f"expected times that grow, got {rows[0, 0]:g} first and {rows[-1, 0]:g} last")
    off = np.abs(time - time[0] - step * np.arange(len(time))) > UNEVEN * step
    if off.any():
        at = int(np.argmax(off))
        message = f"got the time {rows[at, 0]:g}, expected evenly spaced times ({step:.6g} s on average)"
        raise _problem(file, lines[at], message)
    first = int(np.searchsorted(time, -0.5 * step))
    if time[0] > UNEVEN * step or len(time) - first < 2:
        message = f"the record is from {time[0]:g} to {time[-1]:g} s, expected one that begins at contact, at time 0, or before"
        raise _problem(file, lines[0], message)
    return rows[first:, 1] * DIMENSIONS["acceleration"][acceleration_unit], float(step)


def _numbers(file: str) -> tuple[NDArray[np.float64], list[int]]:
    """The two columns, and the line of each row."""
    rows: list[list[float]] = []
    lines: list[int] = []
    try:
        with Path(file).open(encoding="utf-8-sig", newline="") as handle:
            for line, cells in _cells(handle):
                values = [_number(cell) for cell in cells]
                if len(values) == 2 and np.all(np.isfinite(values)):
                    rows.append(values)
                    lines.append(line)
                elif rows or np.any(np.isfinite(values)):
                    raise _problem(file, line, f"got {echo(','.join(cells))}, expected two numbers: time, acceleration")
    except (OSError, ValueError, csv.Error) as error:
        raise _problem(file, 0, f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(rows) < 2:
        raise _problem(file, 0, f"got {len(rows)} lines of numbers, expected two or more: time, acceleration")
    return np.array(rows), lines


def _cells(handle: Any) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(handle)
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield reader.line_num, cells


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return np.nan


def _problem(file: str, line: int, message: str) -> ConfigError:
    return ConfigError([Problem(file, line, 1 if line else 0, "", message)])
