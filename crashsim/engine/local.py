"""Run a study here: cases in chunks over threads, each crash solved by the kernel, then risk, then one table of rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from crashsim import cases as case_columns
from crashsim import momentum
from crashsim.cases import ASKED, Cases, Impact, NamedCase, Study
from crashsim.config import library
from crashsim.criteria import METRICS, energy_equivalent_speed
from crashsim.engine.manifest import describe
from crashsim.engine.risks import RiskSettings, risk_columns, risk_settings
from crashsim.errors import StructureError
from crashsim.kernels.cache import first_call
from crashsim.kernels.crash import CASE_METRICS, N_METRICS, VEHICLE_METRICS, crash_block, crash_history
from crashsim.results import BEYOND_MODEL, FAILED, OK, Pulse, Results

Floats = NDArray[np.float64]
Columns = dict[str, NDArray[Any]]

MOMENTUM_LIMIT: Final = 1e-9  # relative: beyond it a case has failed
ENERGY_LIMIT: Final = 1e-3
PULSE_TIMES: Final[Floats] = np.linspace(0.0, 0.3, 3001)  # 300 ms at 10 kHz
CHUNK: Final = 100_000


def run(study: Study, *, threads: int | None = None, progress: Callable[[int, int], None] | None = None) -> Results:
    """Compute every case of a study.

    ``threads``: how many to use (all cores by default); the numbers do not depend on it.  ``progress`` is called with the
    cases done and the cases in all.
    """
    total = sum(impact.count for impact in study.impacts)
    curves, correction = library.risk_curves(), library.winsmash()
    risk = risk_settings(curves, correction, study.risk)
    parts: list[Columns] = []
    done = 0
    for impact in study.impacts:
        for first in range(0, impact.count, CHUNK):
            last = min(first + CHUNK, impact.count)
            parts.append(_rows(impact, first, last, risk, threads or _cores()))
            done += last - first
            if progress:
                progress(done, total)
    columns = _joined(parts)
    swept = {
        path: d for i in study.impacts for axis in i.axes for path, d in zip(axis.paths, axis.dimensions, strict=True)
    }
    dimensions = {n: _dimension(n, swept) for n in columns}
    pulses = [_pulse(study, named) for named in study.named_cases]
    return Results(columns, dimensions, pulses, describe(study, columns, risk))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _dimension(name: str, swept: Mapping[str, str]) -> str:
    if name in swept:
        return swept[name]
    if name in METRICS:
        return METRICS[name].dimension
    return "ratio" if name.startswith(("risk_", "restitution_asked")) else ""


# ---- the kernel over columns -------------------------------------------------------------------------------------------


class KernelArguments(NamedTuple):
    """Columns as the kernel reads them: see ``kernels.crash.crash_block`` for meanings and shapes."""

    inv_mass: Floats
    speed: Floats
    crush: Floats
    force: Floats
    points: NDArray[np.int64]
    tail: Floats
    space: Floats
    unloading: Floats
    soft_share: Floats
    asked: Floats


def kernel_arguments(cases: Cases) -> KernelArguments:
    """The columns of ``cases`` padded to one number of curve points."""
    n = len(cases.closing_speed)
    points = max(1, *(s.points for s in cases.structures))
    x, f = np.zeros((n, 2, points)), np.zeros((n, 2, points))
    count = np.zeros((n, 2), dtype=np.int64)
    scalars = np.zeros((4, n, 2))
    for i, s in enumerate(cases.structures):
        x[:, i, : s.points], f[:, i, : s.points] = s.crush, s.force
        count[:, i] = s.points
        law = (s.compartment_stiffness, s.crush_space, s.unloading_stiffness, s.unloading_soft_share)
        for row, values in zip(scalars, law, strict=True):
            row[:, i] = values
    tail, space, ku, share = scalars
    asked = np.array(cases.restitution)
    speed = np.array(cases.closing_speed)
    return KernelArguments(1.0 / cases.mass, speed, x, f, count, tail, space, ku, share, asked)


def solve(cases: Cases, threads: int = 1) -> Columns:
    """Metrics of all cases: case metrics (n,), vehicle metrics (n, 2); SI."""
    arguments = kernel_arguments(cases)
    n = len(cases.closing_speed)
    out = np.empty((n, N_METRICS))
    first_call(lambda: crash_block(0, 0, *arguments, out))
    edges = np.linspace(0, n, min(threads * 4, n) + 1).astype(int) if threads > 1 and n > 64 else np.array([0, n])

    def block(first: int, last: int) -> None:
        crash_block(first, last, *arguments, out)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(block, edges[:-1].tolist(), edges[1:].tolist()))
    columns: Columns = {name: out[:, i] for i, name in enumerate(CASE_METRICS)}
    per_vehicle = out[:, len(CASE_METRICS) :].reshape(n, 2, len(VEHICLE_METRICS))
    columns |= {name: per_vehicle[:, :, i] for i, name in enumerate(VEHICLE_METRICS)}
    m = momentum.reduced_mass(cases.mass[:, 0], cases.mass[:, 1])
    columns["closing_speed"] = cases.closing_speed
    columns["energy_in"] = 0.5 * m * cases.closing_speed**2
    columns["impact_mass"], columns["impact_speed"] = cases.mass, np.abs(cases.speed)
    columns["ees"] = np.asarray(energy_equivalent_speed(columns["dissipated_energy"], cases.mass))
    columns["delta_v_momentum"] = np.stack(
        [momentum.delta_v(cases.mass[:, i], cases.mass[:, 1 - i], cases.closing_speed, columns["restitution"])
         if np.isfinite(cases.mass[0, i]) else np.zeros(n) for i in range(2)], axis=-1)  # fmt: skip
    columns["momentum_residual"] = np.maximum(
        np.abs(columns["momentum_residual"]),
        np.max(np.abs(columns["delta_v"] - columns["delta_v_momentum"]), axis=1) / cases.closing_speed)  # fmt: skip
    columns["status"] = _status(cases, columns)
    return columns


def _status(cases: Cases, columns: Columns) -> NDArray[np.str_]:
    """``failed``: the ledger or momentum is off; ``beyond_model``: a compartment law is used past its range."""
    reach = np.stack(
        [np.broadcast_to(s.compartment_range, cases.closing_speed.shape) for s in cases.structures], axis=-1
    )
    beyond = np.any(columns["intrusion"] > reach, axis=1)
    good = np.ones(len(beyond), dtype=bool)
    for name in (*CASE_METRICS, *VEHICLE_METRICS):
        good &= np.isfinite(columns[name].reshape(len(beyond), -1)).all(axis=1)
    good &= (columns["momentum_residual"] <= MOMENTUM_LIMIT) & (np.abs(columns["energy_residual"]) <= ENERGY_LIMIT)
    return np.where(good, np.where(beyond, BEYOND_MODEL, OK), FAILED)


# ---- rows --------------------------------------------------------------------------------------------------------------


def _rows(impact: Impact, first: int, last: int, risk: RiskSettings, threads: int) -> Columns:
    cases = case_columns.build(impact, first, last)
    solved = solve(cases, threads)
    _require_reached(impact, first, cases, solved)
    n = last - first
    vehicles = [i for i in range(2) if not impact.rigid[i]]

    def interleave(values: Any, dtype: Any = None) -> NDArray[Any]:
        """Case-major rows: (n,) or (n, 2) -> (n * vehicles,)."""
        array = np.asarray(values, dtype=dtype)
        wide = np.repeat(array[:, None], 2, axis=1) if array.ndim == 1 else array
        return np.ascontiguousarray(wide[:, vehicles]).reshape(-1)

    def words(pair: tuple[str, str]) -> NDArray[np.str_]:
        return np.tile(np.array([pair[i] for i in vehicles]), n)

    rows: Columns = {
        "impact": np.full(n * len(vehicles), impact.name),
        "case": interleave(np.arange(first, last)),
        "vehicle": words(impact.between),
        "partner": words((impact.between[1], impact.between[0])),
        "end": words(impact.faces),
        "status": interleave(solved["status"]),
        "bumpers_miss": interleave(_bumpers_miss(impact, first, last)),
    }
    rows |= {path: interleave(values) for path, values in cases.swept.items()}
    rows |= {name: interleave(solved[name]) for name in METRICS}
    # Its free flight and restraint are those of an occupant thrown forward: against a seat back it means nothing.
    rows["olc"] = np.where(rows["end"] == "rear", np.nan, rows["olc"])
    rows["restitution_asked"] = interleave(cases.restitution)
    rows |= risk_columns(risk, impact, rows)
    return rows


def _require_reached(impact: Impact, first: int, cases: Cases, solved: Columns) -> None:
    """Raise StructureError where an asked restitution is more than the force law can give (the check samples large grids)."""
    above = cases.restitution > solved["restitution_cap"] * (1.0 + 1e-9)
    if impact.restitution == ASKED and np.any(above):
        i = int(np.argmax(above))
        raise StructureError(
            f"impacts.{impact.name}.restitution: got {cases.restitution[i]:.4g}, expected at most "
            f"{solved['restitution_cap'][i]:.4g}, which is all that the force law can give in case {first + i}"
        )


def _bumpers_miss(impact: Impact, first: int, last: int) -> NDArray[np.bool_]:
    """Whether the bumper beams of the two loaded ends pass each other in height (underride or override possible)."""
    numbers = case_columns.columns(impact, first, last)
    edges = [[numbers.get(f"vehicles.{v}.{face}.bumper_{edge}") for edge in ("bottom", "top")]
             for v, face in zip(impact.between, impact.faces, strict=True)]  # fmt: skip
    (low_a, top_a), (low_b, top_b) = edges
    if low_a is None or top_a is None or low_b is None or top_b is None:
        return np.zeros(last - first, dtype=bool)
    miss = (np.asarray(top_a) < np.asarray(low_b)) | (np.asarray(top_b) < np.asarray(low_a))
    return np.broadcast_to(miss, (last - first,))


def _joined(parts: list[Columns]) -> Columns:
    """One table; a column that an impact does not have is NaN (or False) there."""
    names = list(dict.fromkeys(name for part in parts for name in part))
    order = sorted(
        names, key=lambda n: n.startswith("risk_")
    )  # labels, sweeps and metrics first, in order of appearance
    kinds = {n: next(p[n].dtype.kind for p in parts if n in p) for n in order}

    def part_of(part: Columns, name: str) -> NDArray[Any]:
        if name in part:
            return part[name]
        size = len(part["case"])
        return np.zeros(size, dtype=bool) if kinds[name] == "b" else np.full(size, np.nan)

    return {name: np.concatenate([part_of(part, name) for part in parts]) for name in order}


# ---- pulses ------------------------------------------------------------------------------------------------------------


def _pulse(study: Study, named: NamedCase) -> Pulse:
    """Histories of one case on the common grid, in each vehicle's own axes (SAE J211 signs)."""
    impact = next(i for i in study.impacts if i.name == named.impact)
    cases = case_columns.build(impact, named.index, named.index + 1)
    a = kernel_arguments(cases)
    inv_mass, speed = a.inv_mass[0], float(a.speed[0])
    out = np.empty((PULSE_TIMES.size, 5))
    law = (a.crush[0], a.force[0], a.points[0], a.tail[0], a.unloading[0], a.soft_share[0], float(a.asked[0]))
    first_call(lambda: crash_history(PULSE_TIMES, inv_mass, speed, *law, out))
    force, approach = out[:, 0], out[:, 2]
    reduced = 1.0 / inv_mass.sum()
    # Force on a vehicle along its own +x: backward on a loaded front, forward on a loaded rear.
    push = np.array([-1.0 if face == "front" else 1.0 for face in impact.faces])
    lost = reduced * (speed - approach)
    acceleration = push[:, None] * force * inv_mass[:, None]
    velocity = np.abs(cases.speed[0])[:, None] + push[:, None] * lost * inv_mass[:, None]
    status = str(solve(cases)["status"][0])
    return Pulse(
        named.name, impact.name, impact.between, PULSE_TIMES, acceleration, velocity, out[:, 3:].T, force, status
    )
