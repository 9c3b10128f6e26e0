"""What a crash on a road costs on average: risks over the speeds of the road, apart from what the other inputs span.

The random numbers of an impact are of two kinds.  Speeds on a road differ from crash to crash; the others (fronts, restitution,
restraints, delta-v correction) are not known.  So the others stand still while the speeds are averaged,

    E_m = mean over k of risk(inputs m, speeds k),     E = mean over m of E_m,

and what the inputs span is 5 and 95 % of E_m.  Curves disagree by the smallest and largest E of any one curve: each is averaged
by itself, so the ends are those of single curves and not of an envelope.  Cases beyond the model keep their risk by
field curves, which momentum decides.

How fast the crashes of a road are is itself not known: with each number of the road at an end of its range the same crashes
are weighed anew, by the ratio of the densities of their speeds, and the least and the largest mean told.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim import sampling
from crashsim.cases import Axis, Impact, Study
from crashsim.config import library
from crashsim.engine import local
from crashsim.engine.local import Columns
from crashsim.engine.risks import COLUMN, RiskSettings, risk_settings
from crashsim.results import BEYOND_MODEL, FAILED
from crashsim.roads import ImpactSpeed, Road
from crashsim.sampling import Random

Row = dict[str, Any]
Floats = NDArray[np.float64]

INPUTS: Final = 64  # samples of what is not known, a power of two
SPEEDS: Final = 128  # samples of the speeds at each of them, likewise
LEVELS: Final = ("MAIS3+", "fatal")
RISKS: Final = tuple(COLUMN[level] for level in LEVELS)
ENDS: Final = (0.05, 0.95)
EDGES: Final = ("", "_low", "_high", "_low_curve", "_high_curve", "_p05", "_p95", "_slow", "_fast", "_extrapolated")


def expected(study: Study, *, threads: int | None = None) -> list[Row]:
    """One row for each vehicle of each impact that has speeds on a road and no sweep; SI, plain data.

    Keys: ``impact``, ``type``, ``road``, ``limit``, ``vehicle``, ``partner``, ``end``, ``crashes``, the shares ``beyond_model`` and
    ``failed`` of these, the means ``closing_speed`` and ``delta_v``; of each of `RISKS` the mean by the central curve, ``_low`` and
    ``_high`` (single curves) with ``_low_curve`` and ``_high_curve``, ``_p05`` and ``_p95`` (inputs; None where none is drawn), ``_slow``
    and ``_fast`` (a number of the road at an end of its range) and ``_extrapolated`` (the share of it beyond the curve's range);
    ``half_above``, the closing speed beyond which half of the MAIS3+ risk lies, and ``half_share``, the share of the crashes there.  None for a risk that no curve offers.
    """
    settings = risk_settings(study)
    return [row for impact in study.impacts if speeds(impact) and not impact.axes
            for row in _rows(impact, settings, threads or local.cores())]  # fmt: skip


def speeds(impact: Impact) -> tuple[Random, ...]:
    """The random numbers of an impact that are speeds on a road."""
    return tuple(number for number in impact.random if isinstance(number.distribution, ImpactSpeed))


def nested(impact: Impact) -> Impact:
    """The impact with its first `INPUTS` samples of everything but the speeds as an axis, and `SPEEDS` samples at each."""
    assert impact.sampling is not None
    own, drawn = speeds(impact), replace(impact.sampling, samples=INPUTS)
    others = tuple(number for number in impact.random if number not in own)
    values = sampling.draw(drawn, others, 0, INPUTS)
    axis = (
        Axis(tuple(n.path for n in others), np.stack(values, axis=-1), tuple(n.dimension for n in others))
        if others
        else None
    )
    return replace(impact, axes=(axis,) if axis else (), random=own, sampling=replace(impact.sampling, samples=SPEEDS))


def road_of(impact: Impact) -> Road:
    """The road of an impact; where its vehicles come from several, the one with the highest limit."""
    drawn = [number.distribution for number in speeds(impact)]
    return max((road for road in library.roads().values() if road.impact in drawn), key=lambda road: road.limit)


def _rows(impact: Impact, settings: RiskSettings, threads: int) -> list[Row]:
    own, road = nested(impact), road_of(impact)
    solved = local.rows(own, 0, own.count, settings, threads)
    about: Row = {"impact": impact.name, "type": impact.type, "road": road.name, "limit": road.limit}
    weights = _weights(impact, road, solved)
    rows = []
    for vehicle in dict.fromkeys(solved["vehicle"].tolist()):
        here = solved["vehicle"] == vehicle
        rows.append({**about, **_row(_at(solved, here), weights[:, here], own.cells)})
    return rows


def _weights(impact: Impact, road: Road, rows: Columns) -> Floats:
    """How much more often each crash happens with a number of the road at an end of its range: (1 + ends, rows), first as it is."""
    found = [np.ones(len(rows["case"]))]
    for other in road.at_ends():
        weight = np.ones(len(rows["case"]))
        for number in speeds(impact):
            if number.distribution == road.impact:
                weight *= other.impact.density(rows[number.path]) / road.impact.density(rows[number.path])
        found.append(weight)
    return np.stack(found)


def _at(rows: Columns, here: NDArray[np.bool_]) -> Columns:
    return {name: values[here] for name, values in rows.items()}


def _row(rows: Columns, weights: Floats, cells: int) -> Row:
    """The row of one vehicle, whose cases are ``cells`` blocks of speeds."""
    counted = rows["status"] != FAILED
    found: Row = {name: str(rows[name][0]) for name in ("vehicle", "partner", "end")}
    found |= {
        "crashes": len(counted),
        "failed": _share(~counted),
        "beyond_model": _share(rows["status"] == BEYOND_MODEL),
    }
    found |= {name: float(rows[name][counted].mean()) for name in ("closing_speed", "delta_v")}
    for name in RISKS:
        found |= _risk(rows, name, weights * counted, cells)
    return found | _half(rows["closing_speed"][counted], rows.get(RISKS[0], np.full(len(counted), np.nan))[counted])


def _risk(rows: Columns, name: str, weights: Floats, cells: int) -> Row:
    """Mean of the central curve, of the lowest and the highest one, what the inputs span, and the speeds of the road."""
    counted = weights[0] > 0.0
    central = rows.get(name)
    if central is None or np.isnan(central[counted]).any():
        return {f"{name}{edge}": None for edge in EDGES}
    members = [
        n for n in rows if n.startswith(f"{name}.") and n.count(".") == 1 and not np.isnan(rows[n][counted]).any()
    ]
    means = {curve.partition(".")[2]: float(rows[curve][counted].mean()) for curve in members}
    low, high = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
    spread = np.quantile(_means(central, counted, cells), ENDS).tolist() if cells > 1 else [None, None]
    of_speeds = weights[:, counted] @ central[counted] / weights[:, counted].sum(axis=1)
    beyond = float((central * rows[f"{name}_extrapolated"])[counted].sum() / central[counted].sum())
    ends = [float(of_speeds.min()), float(of_speeds.max())]
    values = (float(central[counted].mean()), means[low], means[high], low, high, *spread, *ends, beyond)
    return {f"{name}{edge}": value for edge, value in zip(EDGES, values, strict=True)}


def _means(values: Floats, counted: NDArray[np.bool_], cells: int) -> Floats:
    """Mean of each block."""
    kept = np.where(counted, values, 0.0).reshape(cells, -1).sum(axis=1)
    return np.asarray(kept / counted.reshape(cells, -1).sum(axis=1))


def _half(speed: Floats, risk: Floats) -> Row:
    """The closing speed beyond which half of all risk lies, and the share of the crashes beyond it."""
    if np.isnan(risk).any():
        return {"half_above": None, "half_share": None}
    order = np.argsort(-speed, kind="stable")
    first = int(np.searchsorted(np.cumsum(risk[order]), 0.5 * risk.sum()))
    return {"half_above": float(speed[order][first]), "half_share": (first + 1) / len(speed)}


def _share(flags: NDArray[np.bool_]) -> float:
    return float(flags.mean())
