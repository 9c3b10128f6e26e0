"""Designs in their crashes: expected risk of both occupants over a set of weighted crashes, by both routes.

Every design meets the same samples (common random numbers), so that designs differ by their numbers alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim.cases import Axis, Impact
from crashsim.designs import Designs, Law, Question, swept
from crashsim.engine.dummies import CHEST, HEAD, JOINT
from crashsim.engine.local import Columns, cores, rows
from crashsim.engine.risks import RiskSettings, risk_settings
from crashsim.results import FAILED, OK

Floats = NDArray[np.float64]

FIELD: Final = "risk_mais3plus"
ROUTES: Final = (JOINT, FIELD)  # by dummy measures (head and chest, AIS3+), and by delta-v (MAIS3+)
CHUNK: Final = 24_000  # cases that are in memory at a time
MOST_BEYOND: Final = 0.05  # share of the samples of a crash that may be beyond the model


@dataclass(frozen=True)
class Outcome:
    """What becomes of n designs; vehicles are the designed one and its partner.

    Attributes
    ----------
    risk : mapping of str to array (n, samples, 2)
        By route, the sum of the risks in the crashes by their weights; NaN where one of the crashes is beyond the model (route 1)
        or failed.
    mean : mapping of str to array (n, 2)
        The same, each crash averaged over the samples that count in it.
    members : mapping of str to mapping of str to array (n, 2)
        As ``mean`` by every curve, or every pair of a head and a chest function, by its name; NaN where one does not apply.
    delta_v : array (n, crashes, samples, 2)
        [m/s].
    intrusion : array (n, samples)
        Of the designed vehicle, the largest of all crashes [m].
    beyond : array (n,)
        Share of the samples beyond the model, in the crash where it is largest.
    extrapolated : mapping of str to array (n, 2)
        By route, the share of the crashes in which the central curve is beyond its range.
    """

    risk: dict[str, Floats]
    mean: dict[str, Floats]
    members: dict[str, dict[str, Floats]]
    delta_v: Floats
    intrusion: Floats
    beyond: Floats
    extrapolated: dict[str, Floats]

    @property
    def sound(self) -> NDArray[np.bool_]:
        """Which designs stay within the model in all but a few samples; (n,)."""
        return np.asarray(self.beyond <= MOST_BEYOND)


def evaluate(question: Question, designs: Designs, law: Law, *, samples: int) -> Outcome:
    """Crash designs that weigh what ``law`` says; ``samples`` 1 takes every random number as it is given."""
    paths, values = swept(question, designs, law)
    settings = risk_settings(question.study)
    parts: list[Outcome] = []
    places: list[NDArray[np.intp]] = []
    for i, name in enumerate(question.restraints):
        own = np.flatnonzero(designs.restraint == i)
        size = max(1, CHUNK // samples)
        for first in range(0, len(own), size):
            here = own[first : first + size]
            axis = Axis(paths, values[here], ("",) * len(paths))
            found = [_crash(impact, axis, samples, settings, question.vehicle) for impact in question.impacts[name]]
            parts.append(_weighed(question.weights, found))
            places.append(here)
    return joined(parts, np.argsort(np.concatenate(places)))


def vehicle_outcome(question: Question, impacts: Sequence[Impact], *, samples: int) -> Outcome:
    """What becomes of one vehicle as it is, in the place of the designed one."""
    settings = risk_settings(question.study)
    found = [_crash(impact, None, samples, settings, question.vehicle) for impact in impacts]
    return _weighed(question.weights, found)


# ---- one crash -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Crash:
    """Of m designs in one crash: risks, delta-v (m, samples, 2), intrusion and whether it is within the model (m, samples)."""

    risk: dict[str, Floats]
    members: dict[str, dict[str, Floats]]
    delta_v: Floats
    intrusion: Floats
    within: NDArray[np.bool_]
    extrapolated: dict[str, Floats]


def _crash(impact: Impact, axis: Axis | None, samples: int, settings: RiskSettings, vehicle: str) -> _Crash:
    own = impact.central if samples == 1 or impact.sampling is None else _sampled(impact, samples)
    own = replace(own, axes=() if axis is None else (axis,))
    found = rows(own, 0, own.count, settings, cores())
    order = [impact.between.index(vehicle), 1 - impact.between.index(vehicle)]

    def shaped(values: NDArray[Any]) -> NDArray[Any]:
        return values.reshape(own.cells, own.samples, 2)[..., order]

    status = shaped(found["status"])
    within = status[..., 0] == OK
    counts = {JOINT: within[..., None], FIELD: status != FAILED}
    risk = {route: np.where(counts[route], shaped(found[route]), np.nan) for route in ROUTES}
    members = {route: {name: np.where(counts[route], shaped(values), np.nan) for name, values in _members(found, route)}
               for route in ROUTES}  # fmt: skip
    extrapolated = {route: shaped(found[f"{route}_extrapolated"]).mean(axis=1) for route in ROUTES}
    return _Crash(risk, members, shaped(found["delta_v"]), shaped(found["intrusion"])[..., 0], within, extrapolated)


def _sampled(impact: Impact, samples: int) -> Impact:
    assert impact.sampling is not None
    return replace(impact, sampling=replace(impact.sampling, samples=samples))


def _members(found: Columns, route: str) -> Iterator[tuple[str, Floats]]:
    """Every curve of a route with its risks: of the dummy, every pair of a head and a chest function as if independent."""
    if route == FIELD:
        yield from _curves(found, FIELD)
        return
    for head, p in _curves(found, HEAD):
        for chest, q in _curves(found, CHEST):
            yield f"{head} and {chest}", 1.0 - (1.0 - p) * (1.0 - q)


def _curves(found: Columns, name: str) -> Iterator[tuple[str, Floats]]:
    for column, values in found.items():
        if column.startswith(f"{name}.") and not column.endswith(".extrapolated") and np.isfinite(values).any():
            yield column.removeprefix(f"{name}."), values


# ---- over crashes --------------------------------------------------------------------------------------------------------


def _weighed(weights: Sequence[float], crashes: Sequence[_Crash]) -> Outcome:
    """The crashes together, each with its weight."""
    risk = {r: _sum(weights, [c.risk[r] for c in crashes]) for r in ROUTES}
    mean = {r: _sum(weights, [_mean(c.risk[r]) for c in crashes]) for r in ROUTES}
    members = {r: _members_weighed(weights, [crash.members[r] for crash in crashes]) for r in ROUTES}
    beyond = np.max([1.0 - crash.within.mean(axis=1) for crash in crashes], axis=0)
    extrapolated = {r: _sum(weights, [c.extrapolated[r] for c in crashes]) for r in ROUTES}
    return Outcome(risk, mean, members, np.stack([crash.delta_v for crash in crashes], axis=1),
                   np.max([crash.intrusion for crash in crashes], axis=0), beyond, extrapolated)  # fmt: skip


def _members_weighed(weights: Sequence[float], crashes: Sequence[dict[str, Floats]]) -> dict[str, Floats]:
    """Every member that all crashes have, over all of them."""
    common = [name for name in crashes[0] if all(name in crash for crash in crashes)]
    return {n: _sum(weights, [_mean(c[n]) for c in crashes]) for n in common}


def _sum(weights: Sequence[float], parts: Sequence[Floats]) -> Floats:
    return np.tensordot(np.asarray(weights), np.stack(parts), axes=1)


def _mean(values: Floats) -> Floats:
    """Mean over the samples that are not NaN, axis 1; NaN where there are none."""
    counted = np.isfinite(values)
    total = np.where(counted, values, 0.0).sum(axis=1)
    n = counted.sum(axis=1)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def joined(parts: Sequence[Outcome], order: NDArray[np.intp] | None = None) -> Outcome:
    """Several outcomes as one, their designs one after the other, or in another ``order``."""

    def one(values: list[Floats]) -> Floats:
        whole = np.concatenate(values)
        return whole if order is None else whole[order]

    def each(values: list[dict[str, Floats]]) -> dict[str, Floats]:
        return {route: one([own[route] for own in values]) for route in ROUTES}

    return Outcome(
        risk=each([p.risk for p in parts]), mean=each([p.mean for p in parts]),
        members={r: {n: one(own) for n, own in _alike([p.members[r] for p in parts]).items()} for r in ROUTES},
        delta_v=one([p.delta_v for p in parts]), intrusion=one([p.intrusion for p in parts]),
        beyond=one([p.beyond for p in parts]), extrapolated=each([p.extrapolated for p in parts]),
    )  # fmt: skip


def _alike(parts: Sequence[dict[str, Floats]]) -> dict[str, list[Floats]]:
    """Members by name, part by part: restraints differ in the functions that can be entered, and a missing one is NaN."""
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: [part.get(name, np.full_like(next(iter(part.values())), np.nan)) for part in parts] for name in names}
