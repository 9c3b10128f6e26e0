"""Which uncertain input moves the result of one case: Sobol indices of everything that a study draws.

The inputs go in groups: all of a front, all of an occupant and of what holds him, each number of the impact by itself.
The choice of the risk curve is an input here, and only here: one of the curves that apply,
with their weights in the ensemble.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim import variance
from crashsim.cases import CORRECTION, RESTITUTION_SCALE, Impact, NamedCase, Study, swept
from crashsim.criteria import METRICS
from crashsim.engine import analyses
from crashsim.engine.folder import SENSITIVITY
from crashsim.engine.local import CHUNK, Columns, cores, joined, rows
from crashsim.engine.manifest import resolved
from crashsim.engine.risks import COLUMN, RiskSettings, risk_settings
from crashsim.engine.stream import RISKS, STANDING
from crashsim.errors import CrashsimError, did_you_mean
from crashsim.results import FAILED, OK
from crashsim.sampling import SALTELLI, Choice, Random, Sampling, Uniform
from crashsim.units import echo
from crashsim.variance import Indices

Floats = NDArray[np.float64]

POINTS: Final = 2048  # of each block of the design
QUANTITIES: Final = ("risk_mais3plus", "risk1_joint_ais3plus", "delta_v", "intrusion")
CURVE: Final = "risk.curve"
WORDS: Final = {
    CURVE: "choice of the risk curve",
    CORRECTION: "delta-v correction",
    RESTITUTION_SCALE: "restitution",
}


@dataclass(frozen=True)
class Answer:
    """What moves one quantity of one vehicle.

    ``indices`` has a row for each of the inputs, and ``low``, ``median``, ``high`` the 5, 50 and 95 % quantiles of the
    quantity [SI]; ``note`` says why there is nothing where there is nothing.
    """

    vehicle: str
    quantity: str
    dimension: str
    indices: Indices | None
    low: float
    median: float
    high: float
    note: str = ""


@dataclass(frozen=True)
class Sensitivity:
    """The answers of one named case; ``inputs`` are the groups in words, ``members`` the paths in each."""

    study: Study
    case: str
    impact: Impact
    inputs: tuple[str, ...]
    members: tuple[tuple[str, ...], ...]
    answers: tuple[Answer, ...]
    points: int
    seed: int
    curves: dict[str, tuple[str, ...]]
    status: dict[str, int]


def sensitivity(
    study: Study,
    case: str | None = None,
    *,
    points: int = POINTS,
    each: bool = False,
    quantities: Sequence[str] = QUANTITIES,
    threads: int | None = None,
) -> Sensitivity:
    """First-order and total Sobol indices of the inputs that a study draws, for both vehicles of one of its cases.

    Parameters
    ----------
    case : str, optional
        A named case (``output.pulses``, or an impact); the first by default.
    points : int
        Of each block of the Saltelli design, a power of two: ``points * (inputs + 2)`` crashes are computed.
    each : bool
        Every number by itself instead of groups.
    quantities : sequence of str
        Metrics and risks.

    Raises
    ------
    CrashsimError
        An unknown case or quantity, or a case of which nothing is drawn.
    """
    _check_quantities(quantities)
    named = _named(study, case)
    impact = next(impact for impact in study.impacts if impact.name == named.impact)
    if not impact.random:
        raise CrashsimError(
            f"{study.name}: nothing is drawn in {echo(impact.name)}: sensitivity needs inputs with a spread (samples above 1)"
        )
    choices = (*impact.random, Random(CURVE, "ratio", Uniform(0.0, 1.0), 0))
    names = [number.path if each else _group(number.path, impact) for number in choices]
    inputs = tuple(dict.fromkeys(names))
    seed = impact.sampling.seed if impact.sampling else 1
    design = Sampling(points * (len(inputs) + 2), SALTELLI, seed, len(choices), tuple(map(inputs.index, names)))
    drawn = tuple(replace(number, column=i) for i, number in enumerate(choices))
    there = swept(impact.central, named.index, named.index + 1)
    numbers = {**impact.numbers, **{path: float(values[0]) for path, values in there.items()}}
    one = replace(impact, numbers=numbers, axes=(), random=drawn, sampling=design)
    risk = risk_settings(study)
    found = _computed(one, risk, threads or cores())
    vehicles = [v for v, wall in zip(one.between, one.rigid, strict=True) if not wall]
    parts = {v: {n: x[found["vehicle"] == v] for n, x in found.items()} for v in vehicles}
    curves = {v: _curves(part, "risk_mais3plus") for v, part in parts.items()}
    weights = {curve.name: curve.weight for curve in risk.curves}
    answers = tuple(_answer(v, q, parts[v], weights, points, seed) for q in quantities for v in vehicles)
    members = tuple(tuple(n.path for n, name in zip(choices, names, strict=True) if name == i) for i in inputs)
    of_case = parts[vehicles[0]]["status"]
    status = {str(name): int(np.sum(of_case == name)) for name in np.unique(of_case)}
    return Sensitivity(study, named.name, one, inputs, members, answers, points, seed, curves, status)


def _check_quantities(quantities: Sequence[str]) -> None:
    known = (*METRICS, *RISKS)
    for name in quantities:
        if name not in known:
            raise CrashsimError(f"no quantity {echo(name)}{did_you_mean(name, known)}")


def _named(study: Study, case: str | None) -> NamedCase:
    names = [named.name for named in study.named_cases]
    if case is None:
        return study.named_cases[0]
    if case not in names:
        raise CrashsimError(f"no case called {echo(case)}{did_you_mean(case, names)} (known: {', '.join(names)})")
    return study.named_cases[names.index(case)]


def _group(path: str, impact: Impact) -> str:
    """What a path belongs to, in words."""
    if path in WORDS:
        return WORDS[path]
    if not path.startswith("vehicles."):
        return f"speed of the {path.removeprefix('speed.')}" if path.startswith("speed.") else path.replace("_", " ")
    _, vehicle, part, *rest = path.split(".")
    if not rest:
        return f"mass of the {vehicle}"
    if rest == ["unloading_stiffness"]:
        return "restitution"
    return f"restraint and occupant of the {vehicle}" if part == "occupant" else f"{part} of the {vehicle}"


def _computed(impact: Impact, risk: RiskSettings, threads: int) -> Columns:
    """The rows of all crashes of the design."""
    return joined([rows(impact, first, min(first + CHUNK, impact.count), risk, threads)
                   for first in range(0, impact.count, CHUNK)])  # fmt: skip


# ---- the folder --------------------------------------------------------------------------------------------------------


def manifest(study: Study, case: str | None, points: int, each: bool, units: str) -> dict[str, Any]:
    """What a folder says of its sensitivity analysis: the resolved study, and how it was made."""
    return analyses.manifest(SENSITIVITY, study.name, resolved(study), case=_named(study, case).name, points=points, each=each,
                             units=units)  # fmt: skip


# ---- one quantity ------------------------------------------------------------------------------------------------------


def _answer(vehicle: str, quantity: str, part: Columns, weights: Mapping[str, float], points: int, seed: int) -> Answer:
    dimension = METRICS[quantity].dimension if quantity in METRICS else "ratio"
    values = _values(part, quantity, weights)
    counted = part["status"] != FAILED if quantity in STANDING else part["status"] == OK
    nothing = Answer(vehicle, quantity, dimension, None, np.nan, np.nan, np.nan)
    if not counted.all():
        return replace(nothing, note=f"{np.sum(~counted):,} of {len(counted):,} crashes are beyond the model or failed")
    if not np.all(np.isfinite(values)):
        return replace(nothing, note="not offered for this vehicle")
    low, median, high = np.quantile(values[: 2 * points], (0.05, 0.5, 0.95))
    found = replace(nothing, low=float(low), median=float(median), high=float(high))
    if low == high:
        return replace(found, note="the same in nine crashes of ten, or in all")
    blocks = values.reshape(-1, points)
    return replace(found, indices=variance.sobol_indices(blocks[0], blocks[1], blocks[2:], seed=seed))


def _values(part: Columns, quantity: str, weights: Mapping[str, float]) -> Floats:
    """The quantity in every crash; a risk by field curves by the curve that each crash has drawn."""
    curves = _curves(part, quantity)
    if quantity not in COLUMN.values() or not curves:
        return np.asarray(part.get(quantity, np.full(len(part["case"]), np.nan)), float)
    share = np.array([weights[name] for name in curves])
    choice = Choice(tuple(range(len(curves))), tuple(share / share.sum()))
    chosen = choice.quantile(part[CURVE]).astype(int)
    return np.asarray(np.stack([part[f"{quantity}.{name}"] for name in curves])[chosen, np.arange(len(chosen))])


def _curves(part: dict[str, Any], quantity: str) -> tuple[str, ...]:
    """The curves that a vehicle has of a risk."""
    members = [name.removeprefix(f"{quantity}.") for name in part if name.startswith(f"{quantity}.")]
    return tuple(n for n in members if not n.endswith(".extrapolated") and np.isfinite(part[f"{quantity}.{n}"]).any())
