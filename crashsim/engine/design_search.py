"""Which designs no other one beats, the lightest that reaches a bound, and what one step more of each change does.

Designs are sampled over the bounds (Sobol points), then refined about the best in rounds, all with few samples; the best are
crashed again with all samples, and only that second look decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from crashsim import designs as of
from crashsim import sampling
from crashsim.designs import GIVEN, LAWS, Designs, Question
from crashsim.engine.design import MOST_BEYOND, ROUTES, Outcome, evaluate, joined, vehicle_outcome
from crashsim.errors import CrashsimError
from crashsim.sampling import SOBOL, Sampling

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.intp]

FEW: Final = 8  # samples of a design while designs are sought
SHARE: Final = 4  # a round of refinement has one design for so many of the first
WIDEST: Final = 0.2  # sd of the first round's steps, as a share of the bounds; halved from round to round
MOVED, BACK = 0.5, 0.15  # chance that a number moves in a round, and that it goes back to the base design's
PARED, NARROW = 3, 0.04  # rounds in which the lightest designs are pared, and the sd of the steps beside them
PARENTS: Final = 24  # nearest to the bound by each route
KEPT: Final = 28  # designs of a front that are looked at again
SHARES: Final = (0.05, 0.95)


@dataclass(frozen=True)
class Marginal:
    """What one step more of a change does to the base design, or another restraint (``step`` NaN).

    Attributes
    ----------
    mass : mapping of str to float
        What it adds by each mass law [kg].
    change : mapping of str to mapping of str to array (2,)
        By route and mass law, the mean change of the risk of the designed vehicle's occupant and of the partner's.
    interval : mapping of str to array (2, 2)
        By route, 5 and 95 % over the samples of that change (first axis), each for both vehicles; mass law as given.
    delta_v : array (2,)
        Mean change of the delta-v, averaged over the crashes by their weights [m/s].
    """

    name: str
    step: float
    dimension: str
    mass: Mapping[str, float]
    change: Mapping[str, Mapping[str, Floats]]
    interval: Mapping[str, Floats]
    delta_v: Floats


@dataclass(frozen=True)
class Found:
    """The answer: ``tried`` designs with few samples, ``kept`` ones with all; the first of both is the base design.

    ``fronts``: by route, which of the kept no other one beats in the designed vehicle's risk, the partner's and added mass;
    ``bound``: by route the risk to be reached; ``lightest``: by route the kept design that reaches it with the least mass.
    """

    question: Question
    tried: Designs
    tried_mean: Mapping[str, Floats]
    tried_sound: Flags
    tried_mass: Floats
    kept: Designs
    outcome: Outcome
    mass: Mapping[str, Floats]
    fronts: Mapping[str, Flags]
    bound: Mapping[str, float]
    lightest: Mapping[str, int | None]
    reference: Outcome | None
    marginals: tuple[Marginal, ...]
    samples: int


def answer(question: Question) -> Found:
    """Search, look again, and tell what each step does."""
    samples = question.study.sampling.samples if question.study.sampling else 1
    reference = vehicle_outcome(question, question.like, samples=samples) if question.like else None
    bound = {r: float(reference.mean[r][0, 0]) if reference else float(question.bound.at_most or 0.0) for r in ROUTES}
    tried, few = _search(question, bound, min(FEW, samples))
    tried_mass = of.added_mass(question, tried, question.laws[GIVEN])
    kept, outcome = _again(question, tried[_worth(question, few, tried_mass, bound)], bound, samples)
    mass = {name: of.added_mass(question, kept, law) for name, law in question.laws.items()}
    allowed = _allowed(question, outcome)
    return Found(
        question=question, tried=tried, tried_mean=few.mean, tried_sound=_allowed(question, few), tried_mass=tried_mass,
        kept=kept, outcome=outcome, mass=mass,
        fronts={r: of.non_dominated(_objectives(outcome, mass[GIVEN], allowed, r)) for r in ROUTES}, bound=bound,
        lightest={r: _lightest(outcome, mass[GIVEN], allowed, r, bound[r]) for r in ROUTES}, reference=reference,
        marginals=marginals(question, samples), samples=samples,
    )  # fmt: skip


# ---- the search ----------------------------------------------------------------------------------------------------------


def _search(question: Question, bound: Mapping[str, float], samples: int) -> tuple[Designs, Outcome]:
    """Every possible design that was tried, and what becomes of it with few samples."""
    seed = question.study.sampling.seed if question.study.sampling else 1
    generator = np.random.default_rng(seed)
    tried = _possible(question, of.together(of.base(question), _spread(question, seed)))
    found = [evaluate(question, tried, question.laws[GIVEN], samples=samples)]
    _require_sound(question, float(found[0].beyond[0]))
    for step in range(question.rounds):
        outcome = joined(found)
        mass = of.added_mass(question, tried, question.laws[GIVEN])
        parents = tried[_best(question, outcome, mass, bound)]
        if not len(parents):
            break
        count = max(1, question.designs // SHARE)
        children = _possible(question, _children(question, parents, count, WIDEST * 0.5**step, generator))
        found.append(evaluate(question, children, question.laws[GIVEN], samples=samples))
        tried = of.together(tried, children)
    return tried, joined(found)


def _require_sound(question: Question, beyond: float) -> None:
    if beyond > MOST_BEYOND:
        raise CrashsimError(
            f"{question.study.name}: the base design is beyond the model in {beyond:.0%} of the samples of a crash, so that nothing "
            "can be held against it; leave out the hardest crash"
        )


def _spread(question: Question, seed: int) -> Designs:
    """Designs over the bounds by Sobol points; the last coordinate chooses the restraint."""
    whole = Sampling(question.designs, SOBOL, seed, len(question.changes) + 1)
    *u, choice = sampling.points(whole, 0, question.designs)
    values = [c.low + (c.high - c.low) * share for c, share in zip(question.changes, u, strict=True)]
    return Designs(np.stack(values, axis=-1), np.floor(choice * len(question.restraints)).astype(np.intp))


def _children(question: Question, parents: Designs, count: int, width: float, generator: Generator) -> Designs:
    """Designs near some others: some numbers moved, within the bounds, some put back to the base design's."""
    own = parents[generator.integers(len(parents), size=count)]
    low, high, start = (np.array([getattr(c, end) for c in question.changes]) for end in ("low", "high", "base"))
    moves = generator.normal(0.0, width, own.values.shape) * (high - low)
    chance = generator.random(own.values.shape)
    values = np.clip(own.values + np.where(chance < MOVED, moves, 0.0), low, high)
    values = np.where(chance > 1.0 - BACK, start, values)
    other = generator.integers(len(question.restraints), size=count)
    return Designs(values, np.where(generator.random(count) < width, other, own.restraint))


def _possible(question: Question, designs: Designs) -> Designs:
    return designs[of.possible(question, designs)]


def _allowed(question: Question, outcome: Outcome) -> Flags:
    """Within the model in all but a few samples, and within the intrusion limit in half of them."""
    return np.asarray(outcome.sound & (np.median(outcome.intrusion, axis=1) <= question.intrusion))


def _objectives(outcome: Outcome, mass: Floats, allowed: Flags, route: str) -> Floats:
    """What is to be small: risk of the designed vehicle's occupant, of the partner's, added mass; NaN for what is not allowed."""
    points = np.column_stack([outcome.mean[route], mass])
    return np.where(allowed[:, None], points, np.nan)


def _best(question: Question, outcome: Outcome, mass: Floats, bound: Mapping[str, float]) -> Whole:
    """The designs about which is refined: the fronts of both routes, and what reaches the bound with little mass."""
    allowed = _allowed(question, outcome)
    found = []
    for route in ROUTES:
        found.append(np.flatnonzero(of.non_dominated(_objectives(outcome, mass, allowed, route))))
        found.append(np.tile(_near_bound(outcome, mass, allowed, route, bound[route], PARENTS), 4))
    return np.concatenate(found)


def _near_bound(outcome: Outcome, mass: Floats, allowed: Flags, route: str, bound: float, count: int) -> Whole:
    """The lightest designs that reach the bound, and by the other route are no worse than the base design, the first."""
    other = outcome.mean[ROUTES[1 - ROUTES.index(route)]][:, 0]
    reached = np.flatnonzero(allowed & (outcome.mean[route][:, 0] <= bound) & (other <= other[0]))
    return reached[np.argsort(mass[reached], kind="stable")[:count]]


def _worth(question: Question, outcome: Outcome, mass: Floats, bound: Mapping[str, float]) -> Whole:
    """The designs that are looked at again: the base design, of each front some far apart, and those that may reach the bound."""
    allowed = _allowed(question, outcome)
    found = [np.zeros(1, dtype=np.intp)]
    for route in ROUTES:
        points = _objectives(outcome, mass, allowed, route)
        front = np.flatnonzero(of.non_dominated(points))
        found.append(front[of.spread_out(points[front], KEPT)])
        found += [
            _near_bound(outcome, mass, allowed, route, bound[route] * slack, KEPT // 4) for slack in (0.95, 1.0, 1.05)
        ]
    return np.unique(np.concatenate(found))


def _lightest(outcome: Outcome, mass: Floats, allowed: Flags, route: str, bound: float) -> int | None:
    reached = _near_bound(outcome, mass, allowed, route, bound, 1)
    return int(reached[0]) if reached.size else None


# ---- the second look -----------------------------------------------------------------------------------------------------


def _again(question: Question, kept: Designs, bound: Mapping[str, float], samples: int) -> tuple[Designs, Outcome]:
    """Designs with all samples, and further ones: the lightest that reach the bound without what they do not need."""
    law = question.laws[GIVEN]
    generator = np.random.default_rng(question.designs)
    outcome = evaluate(question, kept, law, samples=samples)
    for _ in range(PARED):
        mass, allowed = of.added_mass(question, kept, law), _allowed(question, outcome)
        best = {i for route in ROUTES if (i := _lightest(outcome, mass, allowed, route, bound[route])) is not None}
        if not best:
            break
        children = of.together(*(_pared(question, kept[np.array([i])], generator) for i in sorted(best)))
        children = _possible(question, children)
        kept, outcome = (
            of.together(kept, children),
            joined([outcome, evaluate(question, children, law, samples=samples)]),
        )
    return kept, outcome


def _pared(question: Question, design: Designs, generator: Generator) -> Designs:
    """A design with each number in turn half way back to the base design's, and some near it."""
    start = of.base(question)
    back = np.repeat(design.values, len(question.changes), axis=0)
    np.fill_diagonal(back, 0.5 * (design.values + start.values)[0])
    near = _children(question, design, len(question.changes), NARROW, generator)
    return of.together(Designs(back, np.repeat(design.restraint, len(back))), near)


# ---- what one step more does ---------------------------------------------------------------------------------------------


def marginals(question: Question, samples: int) -> tuple[Marginal, ...]:
    """One step of each change, and each other restraint, at the base design: differences sample by sample."""
    start = of.base(question)
    steps = np.diag([change.step for change in question.changes])
    moved = Designs(start.values + steps, np.zeros(len(steps), dtype=np.intp))
    others = np.arange(1, len(question.restraints))
    all_of = of.together(start, moved, Designs(np.repeat(start.values, len(others), axis=0), others))
    if not of.possible(question, all_of).all():
        raise CrashsimError(
            f"{question.study.name}: a step from the base design leads to a front that cannot be; give a smaller step"
        )
    found = {name: evaluate(question, all_of, law, samples=samples) for name, law in question.laws.items()}
    masses = {name: of.added_mass(question, all_of, law) for name, law in question.laws.items()}
    heads = [(c.name, c.step, c.dimension) for c in question.changes]
    heads += [(name, np.nan, "") for name in question.restraints[1:]]
    return tuple(_marginal(question, *head, i, found, masses) for i, head in enumerate(heads, start=1))


def _marginal(
    question: Question,
    name: str,
    step: float,
    dimension: str,
    i: int,
    found: Mapping[str, Outcome],
    masses: Mapping[str, Floats],
) -> Marginal:
    differences = {r: {law: found[law].risk[r][i] - found[law].risk[r][0] for law in LAWS} for r in ROUTES}
    speeds = (found[GIVEN].delta_v[i] - found[GIVEN].delta_v[0]).mean(axis=1)
    return Marginal(
        name, step, dimension, {law: float(masses[law][i]) for law in LAWS},
        {r: {law: np.nanmean(own, axis=0) for law, own in differences[r].items()} for r in ROUTES},
        {r: np.nanquantile(differences[r][GIVEN], SHARES, axis=0) for r in ROUTES},
        np.asarray(question.weights) @ speeds,
    )  # fmt: skip
