"""Pulses of named cases: one crash at its own step, then on a common grid in the signs of SAE J211."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from crashsim import cases as case_columns
from crashsim.cases import NamedCase, Study
from crashsim.engine.local import solve
from crashsim.kernels import batch
from crashsim.kernels.history import history
from crashsim.results import Pulse

Floats = NDArray[np.float64]

TIMES: Final[Floats] = np.linspace(0.0, 0.3, 3001)  # 300 ms at 10 kHz


def pulse(study: Study, named: NamedCase) -> Pulse:
    """Histories of one case on the common grid, straight between the steps, in each vehicle's own axes (SAE J211 signs)."""
    impact = next(i for i in study.impacts if i.name == named.impact)
    cases = case_columns.build(impact, named.index, named.index + 1)
    columns, points = (
        batch.laid_out([column for _, column in case_columns.raw_columns(cases)]),
        case_columns.longest_curve(cases),
    )
    _, per_ms = batch.solve(columns, points, 1)
    found = {name: _on_grid(rows) for name, rows in history(columns, points, 0, int(per_ms[0])).items()}
    # What pushes a vehicle pushes it along its own +x backward on a loaded front, forward on a loaded rear; a side is pushed
    # along its own y, away from the striking vehicle.
    push = np.array([[-1.0] if face == "front" else [1.0] for face in impact.faces])
    held = np.array([[1.0] if "torso_mass" in bodies else [np.nan] for bodies in cases.bodies])
    return Pulse(
        named.name, impact.name, impact.between, TIMES,
        acceleration=push * found["deceleration"],
        velocity=np.abs(cases.speed[0])[:, None] + push * found["lost_speed"],
        crush=found["crush"],
        force=found["rails"],
        engine_force=found["blocks"],
        chest_acceleration=push * held * found["chest"],
        head_acceleration=push * held * found["head"],
        belt_force=held * found["belt"],
        status=str(solve(cases)["status"][0]),
    )  # fmt: skip


def _on_grid(rows: Floats) -> Floats:
    """Rows (..., steps) over 300 ms at the times of the common grid."""
    steps = np.linspace(TIMES[0], TIMES[-1], rows.shape[-1])
    return np.stack([np.interp(TIMES, steps, row) for row in rows.reshape(-1, len(steps))]).reshape(
        *rows.shape[:-1], -1
    )
