"""Run a study here: cases in chunks over threads, each crash solved by the kernel, then risk, then one table of rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim import cases as case_columns
from crashsim import geometry
from crashsim.cases import ASKED, FRONT, SIDE, Cases, Impact, Study, lean, longest_curve, raw_columns, stacked
from crashsim.criteria import METRICS, RISK
from crashsim.engine.manifest import describe
from crashsim.engine.risks import RiskSettings, risk_columns, risk_settings
from crashsim.errors import StructureError
from crashsim.kernels import batch, derived, lanes
from crashsim.kernels.columns import CASE_METRICS, VEHICLE_METRICS
from crashsim.restraint import DEFLECTION
from crashsim.results import BEYOND_MODEL, FAILED, OK, Results

Floats = NDArray[np.float64]
Columns = dict[str, NDArray[Any]]

MOMENTUM_LIMIT: Final = 1e-9  # relative: beyond it a case has failed
ENERGY_LIMIT: Final = 1e-3
LONGEST: Final = 0.3  # s: what is computed of a crash (kernels.crash.SAMPLES); one that is not over then has failed
CHUNK: Final = 100_000
TURNED: Final = 512  # rows that are turned into columns at a time: they stay in the cache
ASI_SIDEWAYS: Final = 12.0 / 9.0  # limits of ASI along and across a vehicle [g]

STATUSES: Final = np.array([OK, BEYOND_MODEL, FAILED])  # by verdict of kernels.derived
THROWN_FORWARD: Final = (
    "olc",
    "oiv",
    "ora",
    "vpi",
)  # free flight and restraint of one who is: nothing against a seat back


def run(study: Study, *, threads: int | None = None, progress: Callable[[int, int], None] | None = None) -> Results:
    """Compute every point of a study's grids, random numbers as they are given.

    ``threads``: how many to use (all cores by default); the numbers do not depend on it.  ``progress`` is called with the
    cases done and the cases in all.
    """
    central = study.central
    total = sum(impact.count for impact in central.impacts)
    risk = risk_settings(study)
    parts: list[Columns] = []
    done = 0
    for impact in central.impacts:
        for first in range(0, impact.count, CHUNK):
            last = min(first + CHUNK, impact.count)
            parts.append(rows(impact, first, last, risk, threads or cores()))
            done += last - first
            if progress:
                progress(done, total)
    columns = joined(parts)
    varying = varying_dimensions(central)
    dimensions = {n: dimension(n, varying) for n in columns}
    return Results(columns, dimensions, (), describe(study, columns, risk))


def cores() -> int:
    """How many threads run at a time here."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def varying_dimensions(study: Study) -> dict[str, str]:
    """The dimensions of the numbers that a study sweeps or draws, by path."""
    swept = {p: d for i in study.impacts for axis in i.axes for p, d in zip(axis.paths, axis.dimensions, strict=True)}
    return swept | {number.path: number.dimension for i in study.impacts for number in i.random}


def dimension(name: str, varying: Mapping[str, str]) -> str:
    """The dimension of a column: of a path in ``varying``, a metric or a risk; empty for labels and flags."""
    if name in varying:
        return varying[name]
    if name in METRICS:
        return METRICS[name].dimension
    return "ratio" if name.startswith((*RISK, "restitution_asked")) else ""


# ---- the kernel over columns -------------------------------------------------------------------------------------------


def solve(cases: Cases, threads: int = 1) -> Columns:
    """Metrics of all cases: case metrics (n,), vehicle metrics (n, 2); SI; NaN for an occupant that is not there."""
    n = len(cases.closing_speed)
    columns, points = batch.laid_out([column for _, column in raw_columns(cases)]), longest_curve(cases)
    rows, _ = batch.solve(columns, points, n, threads)
    limits = derived.Limits(MOMENTUM_LIMIT, ENERGY_LIMIT, LONGEST)
    more, verdicts = derived.derive(rows, columns, points, _parameters(cases), limits, threads)
    found = _named(_turned(rows), CASE_METRICS, VEHICLE_METRICS)
    above = geometry.upper_intrusion(cases.structures, cases.meeting, found["dynamic_crush"], found["intrusion"])
    return {
        **found,
        **_named(_turned(more), derived.OF_CASE, derived.OF_VEHICLE),
        "upper_intrusion": above,
        "height_match": np.broadcast_to(cases.meeting.height_match, (n,)),
        "closing_speed": cases.closing_speed,
        "impact_mass": cases.mass,
        "impact_speed": _over_ground(cases),
        "status": STATUSES[verdicts],
    }


def _over_ground(cases: Cases) -> Floats:
    """Speeds over ground (n, 2): along the line of impact, and that of a vehicle whose side is struck across it."""
    if not np.any(cases.across):
        return np.abs(cases.speed)
    return np.hypot(cases.speed, stacked([0.0, cases.across], len(cases.speed)))


def _parameters(cases: Cases) -> lanes.Columns:
    """The columns that ``kernels.derived`` reads beside those of the kernel."""
    per_force = [bodies.get(DEFLECTION, np.nan) for bodies in cases.bodies]
    return batch.laid_out([*per_force, *(lean(ends.compartment_range) for ends in cases.structures)])


def _turned(rows: Floats) -> Floats:
    """Rows as columns, each in one piece: (n, columns) -> (columns, n)."""
    columns = np.empty(rows.shape[::-1])
    for first in range(0, len(rows), TURNED):
        columns[:, first : first + TURNED] = rows[first : first + TURNED].T
    return columns


def _named(columns: Floats, of_case: Sequence[str], of_vehicle: Sequence[str]) -> Columns:
    """Columns that have ``of_case`` once, then ``of_vehicle`` for each vehicle, by name: (n,) and (n, 2)."""
    per_vehicle = columns[len(of_case) :].reshape(2, len(of_vehicle), -1)
    return {name: columns[i] for i, name in enumerate(of_case)} | {
        name: per_vehicle[:, i].T for i, name in enumerate(of_vehicle)
    }


# ---- rows --------------------------------------------------------------------------------------------------------------


def rows(impact: Impact, first: int, last: int, risk: RiskSettings | None, threads: int) -> Columns:
    """The rows of the cases ``first`` to ``last``: one for each case and vehicle that is no wall; risks where asked for."""
    cases = case_columns.build(impact, first, last)
    return table(impact, first, cases, metrics(impact, first, cases, threads), risk)


def metrics(impact: Impact, first: int, cases: Cases, threads: int) -> Columns:
    """What `solve` finds of the cases of an impact, the first of which has the index ``first``."""
    solved = solve(cases, threads)
    _require_reached(impact, first, cases, solved)
    forward = np.array([1.0 if face == FRONT else np.nan for face in impact.faces])
    sideways = np.array([ASI_SIDEWAYS if face == SIDE else 1.0 for face in impact.faces])
    if np.isnan(forward).any():
        solved |= {name: solved[name] * forward for name in THROWN_FORWARD} | {"asi": solved["asi"] * sideways}
    return solved


def table(
    impact: Impact,
    first: int,
    cases: Cases,
    solved: Columns,
    risk: RiskSettings | None,
    wanted: Container[str] | None = None,
) -> Columns:
    """The rows of solved cases; of what varies only the paths that are ``wanted``, all by default."""
    n = len(cases.closing_speed)
    vehicles = [i for i in range(2) if not impact.rigid[i]]

    def interleave(values: Any, dtype: Any = None) -> NDArray[Any]:
        """Case-major rows: (n,) or (n, 2) -> (n * vehicles,)."""
        array = np.asarray(values, dtype=dtype)
        wide = np.empty((n, len(vehicles)), dtype=array.dtype)
        for place, i in enumerate(vehicles):
            wide[:, place] = array[:, i] if array.ndim == 2 else array
        return wide.reshape(-1)

    def words(pair: tuple[str, str]) -> NDArray[np.str_]:
        return np.tile(np.array([pair[i] for i in vehicles]), n)

    found: Columns = {
        "impact": np.full(n * len(vehicles), impact.name),
        "case": interleave(np.arange(first, first + n)),
        "vehicle": words(impact.between),
        "partner": words((impact.between[1], impact.between[0])),
        "end": words(impact.faces),
        "status": interleave(solved["status"]),
        "bumpers_miss": interleave(_bumpers_miss(impact, cases)),
        "overridden": interleave(np.stack([np.broadcast_to(flag, (n,)) for flag in cases.meeting.overridden], axis=-1)),
        "slid_past": interleave(solved["mutual_crush"] >= cases.release),
    }
    found |= {path: interleave(values) for path, values in cases.swept.items() if wanted is None or path in wanted}
    found |= {name: interleave(solved[name]) for name in METRICS}
    found["restitution_asked"] = interleave(cases.restitution)
    return found | (risk_columns(risk, impact, found) if risk else {})


def _require_reached(impact: Impact, first: int, cases: Cases, solved: Columns) -> None:
    """Raise StructureError where an asked restitution is more than the force law can give (the check samples large grids)."""
    above = cases.restitution > solved["restitution_cap"] * (1.0 + 1e-9)
    if impact.restitution == ASKED and np.any(above):
        i = int(np.argmax(above))
        raise StructureError(
            f"impacts.{impact.name}.restitution: got {cases.restitution[i]:.4g}, expected at most "
            f"{solved['restitution_cap'][i]:.4g}, which is all that the force law can give in case {first + i}"
        )


def _bumpers_miss(impact: Impact, cases: Cases) -> NDArray[np.bool_]:
    """Whether the bumper beams of the two loaded ends pass each other in height (underride or override possible)."""
    numbers = {**impact.numbers, **cases.swept}
    edges = [[numbers.get(f"vehicles.{v}.{face}.bumper_{edge}") for edge in ("bottom", "top")]
             for v, face in zip(impact.between, impact.faces, strict=True)]  # fmt: skip
    (low_a, top_a), (low_b, top_b) = edges
    if low_a is None or top_a is None or low_b is None or top_b is None:
        return np.zeros(len(cases.closing_speed), dtype=bool)
    miss = (np.asarray(top_a) < np.asarray(low_b)) | (np.asarray(top_b) < np.asarray(low_a))
    return np.broadcast_to(miss, cases.closing_speed.shape)


def joined(parts: list[Columns]) -> Columns:
    """One table; a column that an impact does not have is NaN (or False) there."""
    names = list(dict.fromkeys(name for part in parts for name in part))
    order = sorted(names, key=lambda n: n.startswith(RISK))  # labels, sweeps and metrics first, in order of appearance
    kinds = {n: next(p[n].dtype.kind for p in parts if n in p) for n in order}

    def part_of(part: Columns, name: str) -> NDArray[Any]:
        if name in part:
            return part[name]
        size = len(part["case"])
        return np.zeros(size, dtype=bool) if kinds[name] == "b" else np.full(size, np.nan)

    return {name: np.concatenate([part_of(part, name) for part in parts]) for name in order}
