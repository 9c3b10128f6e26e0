"""An occupant without a study and a pulse without a crash: what `drive_occupant` and the command ``occupant`` read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from crashsim import restraint
from crashsim.config.draft import Draft, validated
from crashsim.config.fields import Place
from crashsim.config.mapping import read_mapping
from crashsim.config.models import VehicleModel
from crashsim.config.occupants import check_occupant, whole_occupant
from crashsim.config.records import UNEVEN, refuse, table
from crashsim.config.vehicles import quantities
from crashsim.errors import ConfigError

_INPUT: Final = "input"  # what stands in a message where a study has its file
_HOLDER: Final[Place] = ("occupant",)


class Seated(NamedTuple):
    """An occupant: its columns as ``restraint.occupant`` gives them, and the dummy whose injury functions apply."""

    columns: dict[str, restraint.Column]
    dummy: str


def load_occupant(given: Mapping[str, Any]) -> Seated:
    """An occupant from what a study would say of him: ``{restraint: ..., size: ...}``.

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
    return Seated(columns, str(occupant.dummy))


# ---- pulses ----------------------------------------------------------------------------------------------------------


def read_pulse(path: str | Path, time_unit: str, acceleration_unit: str) -> tuple[NDArray[np.float64], float]:
    """Acceleration [m/s^2] from time 0 on, and its time step [s], of a text table with the columns time and acceleration.

    Lines before the first number are a heading.  What is before time 0 is left out.  Raises ConfigError with the place of
    what is wrong: no numbers, other than two columns, times that are not evenly spaced, a record that begins after 0.
    """
    signals = table(Path(path), (), "", time_unit, acceleration_unit)
    begin, end, step = signals.time[0], signals.time[-1], signals.step
    first = int(np.searchsorted(signals.time, -0.5 * step))
    if begin > UNEVEN * step or len(signals.time) - first < 2:
        message = (
            f"the record is from {begin:g} to {end:g} s, expected one that begins at contact, at time 0, or before"
        )
        refuse(signals.file, signals.lines[0], message)
    return signals.values[0, first:], step
