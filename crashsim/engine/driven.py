"""An occupant on a pulse: from the columns of an occupant to histories and injury criteria."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crashsim.kernels.hic import HIC15, HIC36, hic
from crashsim.kernels.injury import clip
from crashsim.kernels.occupant import drive
from crashsim.kernels.rows import as_pulses
from crashsim.restraint import DEFLECTION, Column

LONGEST: Final = 0.3  # s, as in a crash

_HISTORIES: Final = ("torso", "head", "travel", "head_travel", "belt", "airbag", "knee")
_PEAKS: Final = ("belt_force", "excursion", "head_excursion", "knee_force", "head_contact_force")


def solve(deceleration: ArrayLike, dt: float, occupant: Mapping[str, Column]) -> dict[str, NDArray[Any]]:
    """Criteria (...) and histories (..., samples) of an occupant (columns of ``restraint.occupant``); see `drive_occupant`."""
    pulses = as_pulses(deceleration, dt)
    missing = max(round(LONGEST / dt) + 1 - pulses.shape[-1], 0)
    pulses = np.pad(pulses, [(0, 0)] * (pulses.ndim - 1) + [(0, missing)])
    found = drive(pulses, dt, {name: column for name, column in occupant.items() if name != DEFLECTION})
    criteria = {
        "chest_peak": found.torso.max(axis=-1),
        "chest_3ms": clip(found.torso, dt),
        "chest_deflection": found.belt_force * occupant[DEFLECTION],
        "hic15": hic(found.head, dt, HIC15).value,
        "hic36": hic(found.head, dt, HIC36).value,
        "contact": np.sign(found.knee_force + found.head_contact_force),
    }
    criteria |= {name: getattr(found, name) for name in _PEAKS}
    time = np.arange(pulses.shape[-1]) * dt
    return criteria | {"time": time} | {name: getattr(found, name) for name in _HISTORIES}
