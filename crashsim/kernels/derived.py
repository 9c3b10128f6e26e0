"""What follows from the metrics of solved crashes, row by row: momentum's own answer, EES, chest deflection, verdict.

    E_0 = m V_c^2 / 2,    dv_i = (m / m_i) (1 + e) V_c,    EES_i = sqrt(2 E_i / m_i),    m = 1/(1/m_a + 1/m_b)

with E_i the energy that vehicle i dissipated.  One pass over the rows, because there may be millions of them.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from crashsim.kernels.cache import compiled
from crashsim.kernels.columns import CASE, CASE_METRICS, VEHICLE, VEHICLE_METRICS
from crashsim.kernels.lanes import Columns
from crashsim.kernels.rows import map_rows

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

OF_CASE = ("energy_in",)
OF_VEHICLE = ("delta_v_momentum", "ees", "chest_deflection", "contact")
DV_MOMENTUM, EES, DEFLECTION, CONTACT = range(len(OF_VEHICLE))
PARAMETERS = (
    "deflection_a",
    "deflection_b",
    "range_a",
    "range_b",
)  # chest deflection per belt force, range of a compartment

OK, BEYOND, FAILED = range(3)  # verdicts

FIRST, STRIDE = len(CASE_METRICS), len(VEHICLE_METRICS)
RESTITUTION, ENERGY, MOMENTUM, PULSE, COMMON = (
    CASE_METRICS.index(name)
    for name in ("restitution", "energy_residual", "momentum_residual", "pulse_duration", "time_common_velocity")
)
DELTA_V, INTRUSION, DISSIPATED, OCCUPANT, BELT, KNEE, HEAD = (
    VEHICLE_METRICS.index(name)
    for name in (
        "delta_v",
        "intrusion",
        "dissipated_energy",
        "chest_peak",
        "belt_force",
        "knee_force",
        "head_contact_force",
    )
)  # all from OCCUPANT on are of the occupant
NEVER_REACHED = ("olc", "oiv", "ora")  # NaN where the vehicle never slows so much
REQUIRED = np.array(
    [i for i in range(FIRST) if i != COMMON]  # fronts that slide past each other have no common velocity
    + [FIRST + side * STRIDE + i for side in (0, 1) for i, name in enumerate(VEHICLE_METRICS[:OCCUPANT])
       if name not in NEVER_REACHED]
)  # fmt: skip  # columns without which a case has failed
MASS, TORSO = len(CASE) + VEHICLE.index("mass"), len(CASE) + VEHICLE.index("torso_mass")


class Limits(NamedTuple):
    """What a case may miss, relative, before it has failed, and the longest contact [s]."""

    momentum: float
    energy: float
    contact: float


def derive(
    rows: Floats, columns: Columns, points: int, parameters: Columns, limits: Limits, threads: int | None = None
) -> tuple[Floats, NDArray[np.uint8]]:
    """Derived quantities (cases, OF_CASE and twice OF_VEHICLE) and verdicts (cases,) of the ``rows`` of ``batch.solve``.

    ``columns``, ``points``: those that were solved; ``parameters``: columns in the order of PARAMETERS.  In ``rows`` the
    momentum residual becomes the larger of its own and the distance of either delta-v from momentum's answer, and metrics of
    an occupant that is not there and the time of a common velocity that is never reached become NaN.
    """
    found = np.empty((len(rows), len(OF_CASE) + 2 * len(OF_VEHICLE)))
    verdicts = np.empty(len(rows), dtype=np.uint8)
    map_rows(
        _derive,
        len(rows),
        rows,
        *columns,
        len(VEHICLE) + 2 * points,
        *parameters,
        limits,
        found,
        verdicts,
        threads=threads,
    )
    return found, verdicts


@compiled
def _derive(
    first: int, last: int, rows: Floats, values: Floats, start: Ints, step: Ints, width: int, own_values: Floats,
    own_start: Ints, own_step: Ints, limits: Limits, found: Floats, verdicts: NDArray[np.uint8],
) -> None:  # fmt: skip
    for i in range(first, last):
        row, to = rows[i], found[i]
        closing = values[start[0] + step[0] * i]
        masses = values[start[MASS] + step[MASS] * i], values[start[MASS + width] + step[MASS + width] * i]
        mass = 1.0 / (1.0 / masses[0] + 1.0 / masses[1])
        to[0] = 0.5 * mass * closing * closing
        sound = row[PULSE] <= limits.contact
        for k in REQUIRED:
            sound &= abs(row[k]) < math.inf
        off, beyond = row[MOMENTUM], False
        for side in range(2):
            own, into = FIRST + side * STRIDE, len(OF_CASE) + side * len(OF_VEHICLE)
            dv = mass / masses[side] * (1.0 + row[RESTITUTION]) * closing
            off = max(off, abs(row[own + DELTA_V] - dv) / closing)
            beyond |= row[own + INTRUSION] > own_values[own_start[2 + side] + own_step[2 + side] * i]
            torso = TORSO + side * width
            if not values[start[torso] + step[torso] * i] > 0.0:
                row[own + OCCUPANT : own + STRIDE] = math.nan
            per_force = own_values[own_start[side] + own_step[side] * i]
            to[into + DV_MOMENTUM], to[into + EES] = dv, math.sqrt(2.0 * row[own + DISSIPATED] / masses[side])
            to[into + DEFLECTION] = row[own + BELT] * per_force
            to[into + CONTACT] = np.sign(row[own + KNEE] + row[own + HEAD])
        row[MOMENTUM] = off
        row[COMMON] = row[COMMON] if row[COMMON] < math.inf else math.nan
        sound &= (off <= limits.momentum) & (abs(row[ENERGY]) <= limits.energy)
        verdicts[i] = (BEYOND if beyond else OK) if sound else FAILED
