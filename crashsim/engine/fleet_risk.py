"""What a crash of a fleet is worth: the risk of everyone in it by every curve, averaged over the closing speeds of its road."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim.cases import CORRECTION, SIDE, Axis, Impact, Study
from crashsim.config import library
from crashsim.config.fields import Quantity
from crashsim.config.questions.fleet import BUYER, Fleet, Kind
from crashsim.engine.exposure import interpolated, nodes
from crashsim.engine.local import cores, rows
from crashsim.engine.risks import RiskSettings, risk_settings
from crashsim.errors import CrashsimError
from crashsim.results import BEYOND_MODEL, FAILED
from crashsim.risk import CENTRAL, evaluate
from crashsim.sampling import NEAREST

Floats = NDArray[np.float64]

LEVELS: Final = {
    "serious": "risk_mais3plus",
    "deaths": "risk_fatal",
}  # injuries MAIS3+ with those who die; deaths alone
OWN, OTHER = "own", "other"  # the car that is bought, and whom it meets
INTRUDED: Final = "intruded"  # the central curve with the odds that intrusion adds: a sensitivity, in no band
ALL_DIRECTIONS: Final = "wang-2022-all"  # of those in a struck side whose own door is not met
POINTS: Final = 10  # closing speeds at which the crashes of a kind are computed: totals within 0.2 % of those by 40
CERTAIN: Final = 1e-12  # a risk no nearer to 0 or 1, so that its log-odds are finite


@dataclass(frozen=True)
class Table:
    """Risks of one vehicle of one meeting over closing speed: log-odds (samples, speeds, curves), and beside them (samples, speeds, 2)
    its delta-v [m/s] and whether the crash is beyond the model (0 or 1).  ``end``: which end of it is loaded.
    """

    speeds: Floats
    curves: tuple[tuple[str, str], ...]
    central: Mapping[str, int]
    end: str
    log_odds: Floats
    beside: Floats

    def first(self, count: int) -> Table:
        """The table of the first samples, which of Sobol points are spread as evenly as all."""
        return replace(self, log_odds=self.log_odds[:count], beside=self.beside[:count])


@dataclass(frozen=True)
class Mean:
    """Of one vehicle of one meeting, means over the crashes of each road: ``risk`` (roads, samples, curves) of one person, by level and
    curve as in ``curves``, the central one of each level at ``central``; ``delta_v`` [m/s] and ``beyond`` (share of the central risk of
    each level that comes from crashes beyond the model; roads, samples, levels).
    """

    curves: tuple[tuple[str, str], ...]
    central: Mapping[str, int]
    end: str
    risk: Floats
    delta_v: Floats
    beyond: Floats

    def by_curve(self, level: str, struck_side: Floats) -> dict[str, Floats]:
        """Risk of one person (roads, samples) by each published curve.

        In a struck side the side curve holds for a share ``struck_side`` (samples,) of the people, that of all directions for the rest.
        """
        own = {c: self.risk[..., i] for i, (of, c) in enumerate(self.curves) if of == level and c != INTRUDED}
        if self.end != SIDE:
            return own
        rest = own[ALL_DIRECTIONS]
        return {c: rest + struck_side * (risk - rest) for c, risk in own.items()}

    def middle(self, level: str, struck_side: Floats) -> Floats:
        """The same by the central curve."""
        return self.by_curve(level, struck_side)[self.curves[self.central[level]][1]]

    def intruded(self, level: str, struck_side: Floats) -> Floats:
        """The same with the odds that intrusion adds, where its curve has them."""
        if (level, INTRUDED) not in self.curves:
            return self.middle(level, struck_side)
        return self.risk[..., self.curves.index((level, INTRUDED))]

    def picked(self, samples: NDArray[np.intp]) -> Mean:
        """The means over some of the samples, as a single one."""
        risk, delta_v, beyond = (
            a[:, samples].mean(axis=1, keepdims=True) for a in (self.risk, self.delta_v, self.beyond)
        )
        return replace(self, risk=risk, delta_v=delta_v, beyond=beyond)


def tables(fleet: Fleet, vehicle: str) -> list[dict[str, Table]]:
    """The crashes of one choice of vehicle, computed: for each of the fleet's meetings the tables of both vehicles."""
    study = fleet.studies[vehicle]
    settings = replace(risk_settings(study), dummies={})
    return [
        _computed(fleet, study, kind, impact, settings)
        for (kind, _), impact in zip(fleet.meetings, study.impacts, strict=True)
    ]


def scales(fleet: Fleet, growth: Floats, factor: Floats) -> Floats:
    """Closing speed of a crash whose ``closing`` is 1, by sample and road (samples, roads) [m/s]: ``at (limit/at)^growth factor``."""
    limits = np.array(list(fleet.limits.values()))
    return np.asarray(factor[:, None] * fleet.at * (limits / fleet.at) ** growth[:, None])


def _computed(fleet: Fleet, study: Study, kind: Kind, impact: Impact, settings: RiskSettings) -> dict[str, Table]:
    of_limit, _ = nodes(kind.closing.distribution, kind.closing.si)
    growth, factor = np.meshgrid(_ends(fleet.numbers["speeds.growth"]), _ends(fleet.numbers["speeds.factor"]))
    reach = scales(fleet, growth.ravel(), factor.ravel())
    grid = np.geomspace(of_limit.min() * reach.min(), of_limit.max() * reach.max() * (1.0 + 1e-9), POINTS)
    swept = replace(impact, axes=(Axis((f"speed.{impact.between[0]}",), grid[:, None], ("speed",)),))
    found = rows(swept, 0, swept.count, settings, cores())
    if np.any(found["status"] == FAILED):
        n = len(set(found["case"][found["status"] == FAILED].tolist()))
        raise CrashsimError(
            f"{fleet.name}: {n:,} of {swept.count:,} crashes of {kind.title} failed; their risk cannot be counted"
        )
    others = [v for v, rigid in zip(impact.between, impact.rigid, strict=True) if v != BUYER and not rigid]
    return {
        who: _table(found, vehicle, impact, grid, swept.samples, settings.factor)
        for who, vehicle in ((OWN, BUYER), *((OTHER, v) for v in others))
    }


def _ends(number: Quantity) -> Floats:
    """The least and the most that a number can be, or the number."""
    if number.distribution is None:
        return np.array([number.si])
    return number.distribution.quantile(np.array([NEAREST, 1.0 - NEAREST]))


def _table(
    found: Mapping[str, NDArray[Any]], vehicle: str, impact: Impact, grid: Floats, samples: int, factor: float
) -> Table:
    here = found["vehicle"] == vehicle
    end = impact.faces[impact.between.index(vehicle)]

    def shaped(values: NDArray[Any]) -> Floats:
        return np.asarray(values[here], float).reshape(len(grid), samples).T

    columns = {(level, INTRUDED): f"{name}_intruded" for level, name in LEVELS.items() if f"{name}_intruded" in found}
    for level, name in LEVELS.items():
        columns |= {(level, c.removeprefix(f"{name}.")): c for c in found
                    if c.startswith(f"{name}.") and not c.endswith(".extrapolated")}  # fmt: skip
    kept = {key: values for key, c in columns.items() if not np.isnan(values := shaped(found[c])).any()}
    if end == SIDE:
        kept |= {key: shaped(values) for key, values in _all_directions(found, factor).items()}
    risk = np.clip(np.stack(list(kept.values()), axis=-1), CERTAIN, 1.0 - CERTAIN)
    names = tuple(kept)
    beside = np.stack([shaped(found["delta_v"]), shaped(found["status"] == BEYOND_MODEL)], axis=-1)
    central = {level: names.index((level, CENTRAL[end])) for level in LEVELS}
    return Table(grid, names, central, end, np.log(risk) - np.log1p(-risk), beside)


def _all_directions(found: Mapping[str, NDArray[Any]], factor: float) -> dict[tuple[str, str], Floats]:
    """Risk of every row by the curve over all directions of impact."""
    curve = library.risk_curves()[ALL_DIRECTIONS]
    risk = evaluate(curve, found["delta_v"], found["restitution"], winsmash_factor=found.get(CORRECTION, factor))
    levels = {"serious": "MAIS3+", "deaths": "fatal"}
    return {(level, ALL_DIRECTIONS): risk.probability[risk.levels.index(name)] for level, name in levels.items()}


def averaged(kind: Kind, table: Table, scale: Floats) -> Mean:
    """Means over the closing speeds of a kind of crash on each road; ``scale`` as `scales` gives it (samples or 1, roads) [m/s].

    Between the computed speeds the log-odds are interpolated in closing speed: they are straight where delta-v is, and the curve a
    logistic one.
    """
    of_limit, weights = nodes(kind.closing.distribution, kind.closing.si)
    samples, roads = len(table.log_odds), scale.shape[-1]
    x = np.broadcast_to((scale[..., None] * of_limit).reshape(len(scale), -1), (samples, roads * len(of_limit)))
    with np.errstate(over="ignore"):
        risk = 1.0 / (1.0 + np.exp(-interpolated(x, table.speeds, table.log_odds)))
    beside = interpolated(x, table.speeds, table.beside)
    central = risk[..., list(table.central.values())]

    def mean(values: Floats) -> Floats:
        return np.asarray(
            np.einsum("srqc,q->rsc", values.reshape(samples, roads, len(of_limit), -1), weights, optimize=True)
        )

    beyond = mean(central * beside[..., 1:]) / mean(central)
    return Mean(table.curves, table.central, table.end, mean(risk), mean(beside[..., :1])[..., 0], beyond)
