"""Everyone against everyone: what the crash of each two of a list of vehicles does to both, and who of the two pays."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim.cases import FRONT, Study, impact_mass
from crashsim.config.questions.matrix import BOTH, MASS, MatrixQuestion
from crashsim.engine import analyses, local
from crashsim.engine.dummies import dummies
from crashsim.engine.local import Columns
from crashsim.engine.manifest import resolved
from crashsim.engine.risks import RiskSettings, risk_settings
from crashsim.engine.stream import STANDING
from crashsim.results import BEYOND_MODEL, FAILED, OK
from crashsim.risk import select

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

FIELD, FATAL, DUMMY = "risk_mais3plus", "risk_fatal", "risk1_joint_ais3plus"
RISKS: Final = (FIELD, FATAL, DUMMY)
MEASURES: Final = ("delta_v", "intrusion", "olc", *RISKS)
SPREAD: Final = {".p05": 0.05, ".p95": 0.95}  # of the inputs, over the samples
CURVES: Final = ("_low", "_high")  # of the curves, at the inputs as given


@dataclass(frozen=True)
class Matrix:
    """Numbers of all pairs, SI, in the order of the answer.

    Attributes
    ----------
    names, titles, classes, evidence : tuples of str
        Of the vehicles.
    mass : array (n,)
        Impact mass [kg].
    values : mapping of str to array (2, n, n)
        ``values[NAME][0, i, j]``: of the row's vehicle i when it meets j; ``[1, i, j]``: of the column's vehicle j in the same crash.
        NAME is one of MEASURES: the inputs as given, the central curve or function; with ``_low`` and ``_high`` (risks) the envelope
        of the curves at these inputs; with ``.p05`` and ``.p95`` what the samples span (NaN where nothing is drawn).
        What does not stand beyond the model is NaN there.
    beyond : array (n, n)
        Whether the crash of the inputs as given is beyond the model.
    shares : array (n, n)
        Share of the samples that are.
    failed : int
        Crashes that could not be computed.
    crashes, samples : int
        In all, and at each pair.
    quote : pair of int
        Whose crash is told: vehicle and partner.
    mutual : bool
        Whether row and column see the same crash, so that ``[1, i, j]`` is ``[0, j, i]``.
    curves : tuple of str
        The curves of the risk of MAIS3+ of a vehicle that is struck in front.
    """

    names: tuple[str, ...]
    titles: tuple[str, ...]
    classes: tuple[str, ...]
    evidence: tuple[str, ...]
    mass: Floats
    values: Mapping[str, Floats]
    beyond: Flags
    shares: Floats
    failed: int
    crashes: int
    samples: int
    quote: tuple[int, int]
    mutual: bool
    curves: tuple[str, ...]

    def mean_risk(self, level: str = FIELD) -> Floats:
        """Mean risk of each row's vehicle over all its partners, its like left out (n,); failed crashes are left out."""
        own = self.values[level][0].copy()
        np.fill_diagonal(own, np.nan)
        return np.asarray(np.nanmean(own, axis=1))

    def who_pays(self, level: str = FIELD) -> Floats:
        """Risk of the row's vehicle over that of the column's (n, n): above 1 where the row's occupant pays more."""
        own, partner = self.values[level]
        return np.asarray(own / partner)


def matrix(asked: MatrixQuestion, threads: int | None = None) -> Matrix:
    """Compute all pairs of a question."""
    n = len(asked.vehicles)
    settings = risk_settings(next(iter(asked.pairs.values())))
    values = {name: np.full((2, n, n), np.nan) for name in columns()}
    beyond, shares, failed = np.zeros((n, n), bool), np.full((n, n), np.nan), 0
    for (i, j), study in asked.pairs.items():
        found, statuses = pair(study, settings, threads or local.cores())
        places = [(i, j, found)] + ([(j, i, found[::-1])] if asked.mutual and i != j else [])
        for a, b, both in places:
            for k, name in enumerate(values):
                values[name][:, a, b] = both[:, k]
            beyond[a, b], shares[a, b] = statuses[0] == BEYOND_MODEL, np.mean(statuses[1:] == BEYOND_MODEL)
        failed += int(np.count_nonzero(statuses == FAILED))
    (some,) = next(iter(asked.pairs.values())).impacts
    of_front = select(settings.curves, direction=FRONT, impact=some.type, belted=settings.belted)
    return _ordered(asked, values, beyond, shares, failed, tuple(c.name for c in of_front if "MAIS3+" in c.levels))


def manifest(asked: MatrixQuestion, system: str) -> dict[str, Any]:
    """What a folder says of its matrix: the question as typed, and the studies that it is made of."""
    studies = {f"{asked.vehicles[i]}, {asked.vehicles[j]}": resolved(study) for (i, j), study in asked.pairs.items()}
    mark = hashlib.sha256(json.dumps(studies, sort_keys=True).encode()).hexdigest()
    return analyses.manifest("matrix", asked.name, {"typed": asked.typed, "pairs": mark}, units=system)


def columns() -> tuple[str, ...]:
    """The names in ``Matrix.values``."""
    bands = [f"{name}{edge}" for name in RISKS for edge in CURVES]
    return (*MEASURES, *bands, *(f"{name}{edge}" for name in MEASURES for edge in SPREAD))


def pair(study: Study, settings: RiskSettings, threads: int) -> tuple[Floats, NDArray[np.str_]]:
    """The numbers of `columns` for both vehicles of a study's crash (2, columns); the status of the central case, then of all samples."""
    (impact,) = study.impacts
    own = replace(settings, dummies=dummies(study))
    given = local.rows(impact.central, 0, 1, own, 1)
    drawn = local.rows(impact, 0, impact.count, own, threads) if impact.random else given
    found = np.array(
        [[_number(given, drawn if impact.random else None, name, side) for name in columns()] for side in (0, 1)]
    )
    return found, np.concatenate([given["status"][:1], drawn["status"][::2]])


def _number(given: Columns, drawn: Columns | None, name: str, side: int) -> float:
    """One number of one vehicle (rows of first and second alternate)."""
    base = next((name.removesuffix(end) for end in SPREAD if name.endswith(end)), None)
    if base is None:
        return float(_counted(given, name, side)[0])
    values = _counted(drawn, base, side) if drawn is not None else np.array([])
    values = values[np.isfinite(values)]
    return float(np.quantile(values, SPREAD[name.removeprefix(base)])) if values.size else np.nan


def _counted(rows: Columns, name: str, side: int) -> Floats:
    """A column of one vehicle, NaN where it does not count: failed, or beyond the model without standing there."""
    status = rows["status"][side::2]
    values = rows[name][side::2] if name in rows else np.full(status.shape, np.nan)
    counts = status != FAILED if name in STANDING else status == OK
    return np.where(counts, values, np.nan)


def _ordered(
    asked: MatrixQuestion,
    values: dict[str, Floats],
    beyond: Flags,
    shares: Floats,
    failed: int,
    curves: tuple[str, ...],
) -> Matrix:
    about = [_about(asked, i) for i in range(len(asked.vehicles))]
    mass = np.array([own["mass"] for own in about])
    (study,) = list(asked.pairs.values())[:1]
    titles, classes, evidence = (tuple(str(own[key]) for own in about) for key in ("title", "class", "evidence"))
    plain = Matrix(
        asked.vehicles, titles, classes, evidence, mass, values, beyond, shares,
        failed, sum(s.impacts[0].count for s in asked.pairs.values()), study.impacts[0].samples, (0, 0), asked.mutual, curves,
    )  # fmt: skip
    order = np.argsort(mass if asked.order == MASS else -plain.mean_risk(), kind="stable")
    place = {int(old): new for new, old in enumerate(order)}
    by_mass = np.argsort(mass, kind="stable")
    quote = asked.quote or (int(by_mass[0]), int(by_mass[-1]))

    def picked(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(texts[i] for i in order)

    grid = np.ix_(order, order)
    return replace(
        plain, names=picked(plain.names), titles=picked(plain.titles), classes=picked(plain.classes), evidence=picked(plain.evidence),
        mass=mass[order], values={name: both[:, grid[0], grid[1]] for name, both in values.items()}, beyond=beyond[grid],
        shares=shares[grid], quote=(place[quote[0]], place[quote[1]]),
    )  # fmt: skip


def _about(asked: MatrixQuestion, i: int) -> dict[str, Any]:
    """What a vehicle is: title, class, evidence grade of its front, impact mass."""
    (at, study), *_ = ((at, study) for at, study in asked.pairs.items() if i in at)
    called = BOTH[at.index(i)]
    vehicle = study.vehicles[called]
    return {"title": vehicle.get("title", asked.vehicles[i]), "class": vehicle.get("class", ""),
            "evidence": vehicle["evidence"], "mass": float(impact_mass(study.impacts[0].numbers, called))}  # fmt: skip
