"""What a design study found, in sentences: the answer to quote, what one step more does, what it does not say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crashsim import units
from crashsim.cases import impact_mass
from crashsim.designs import BALLAST, CELL, CRUSH_SPACE, GIVEN, HEAVY, LIGHT, PLATEAU, RIDE_HEIGHT, STIFFNESS
from crashsim.engine.design import FIELD, ROUTES
from crashsim.engine.design_search import SHARES, Found, Marginal
from crashsim.engine.dummies import JOINT
from crashsim.output.words import percent, quantity

Floats = NDArray[np.float64]

LABELS: Final = {
    STIFFNESS: "initial stiffness", PLATEAU: "front force", CRUSH_SPACE: "crush space", CELL: "stiffness of the safety cell",
    RIDE_HEIGHT: "ride height", BALLAST: "mass alone",
}  # fmt: skip
ROUTE: Final = {JOINT: "dummy", FIELD: "field curves"}
LEVEL: Final = {JOINT: "AIS3+ to head or chest", FIELD: "MAIS3+"}
BAND: Final = {JOINT: "injury functions disagree", FIELD: "published curves disagree"}
MOVED: Final = 0.1  # share of the bounds: a change that moved less is not named
UNSAID: Final = (
    "What a design costs, and whether it can be built: a kei car is at most 3.40 m long, and a longer front may leave the class.",
    "What a change does in other crashes: into a wall, offset, in the side, from behind, rolling over; a higher car rolls sooner.",
    "What the mass law leaves out: it is a stated judgement, and the interval of a mass is that of the law alone.",
    "That a front or a cell of these numbers holds together: no kei car's front was measured, and intrusion hurts only as far as "
    "it brings the interior nearer.",
)  # fmt: skip


# ---- numbers -------------------------------------------------------------------------------------------------------------


def spread(values: Floats) -> tuple[float, float]:
    """5 and 95 % of the samples that count; NaN where there are none."""
    good = values[np.isfinite(values)]
    low, high = np.quantile(good, SHARES) if good.size else (np.nan, np.nan)
    return float(low), float(high)


def envelope(found: Found, route: str, i: int, vehicle: int) -> tuple[float, float]:
    """Lowest and highest of the curves of a route, each averaged over the samples and crashes by itself."""
    own = [values[i, vehicle] for values in found.outcome.members[route].values()]
    return float(np.nanmin(own)), float(np.nanmax(own))


def risk(found: Found, route: str, i: int, vehicle: int) -> str:
    """A risk with both its bands, each named."""
    low, high = (percent(p) for p in envelope(found, route, i, vehicle))
    p05, p95 = (percent(p) for p in spread(found.outcome.risk[route][i, :, vehicle]))
    return (f"{percent(float(found.outcome.mean[route][i, vehicle]))} ({BAND[route]}: {low} to {high}; "
            f"inputs 5-95 %: {p05} to {p95})")  # fmt: skip


def label(found: Found, marginal: Marginal) -> str:
    """A change in words, with its step."""
    change = next((c for c in found.question.changes if c.name == marginal.name), None)
    return f"+{change.shown} {LABELS[change.name]}" if change else f"restraint: {plain(marginal.name)}"


def plain(name: str) -> str:
    """A name in words."""
    return name.replace("-", " ")


def points(value: float) -> str:
    """A change of a risk in percentage points, two digits and a sign."""
    return f"{100 * value:+.2g}" if abs(value) >= 5e-6 else "0"


def mass(kilograms: float, system: str) -> str:
    """A mass with its unit."""
    return quantity(kilograms, "mass", system)


def added(found: Found, i: int, route: str, system: str) -> str:
    """What a design weighs, with the ends of the mass law: ``255 lb more by dummy (mass law: 81 to 730 lb)``."""
    unit = units.display_unit("mass", system)
    given, light, heavy = (units.to(float(found.mass[law][i]), unit, "mass") for law in (GIVEN, LIGHT, HEAVY))
    low, high = sorted((light, heavy))
    more_ = f"{abs(given):,.0f} {unit} {'more' if given >= 0 else 'less'}"
    return f"{more_} by {ROUTE[route]} (mass law: {low:,.0f} to {high:,.0f} {unit})"


def moves(found: Found, i: int, system: str) -> str:
    """What a design changes most, in words."""
    design, parts = found.kept, []
    for k, change in enumerate(found.question.changes):
        by = design.values[i, k] - change.base
        if abs(by) >= MOVED * (change.high - change.low):
            shown = quantity(abs(by), change.dimension, system)
            parts.append(f"{'+' if by > 0 else '-'}{shown} {LABELS[change.name]}")
    if design.restraint[i]:
        parts.append(f"restraint: {plain(found.question.restraints[design.restraint[i]])}")
    return ", ".join(parts) or "next to nothing"


# ---- sentences -----------------------------------------------------------------------------------------------------------


def answer(found: Found, system: str) -> tuple[str, str]:
    """What happens to both vehicles, and what it takes to reach the bound: a sentence for each route."""
    return _meeting(found, system), _reached(found, system)


def crashes(found: Found, system: str) -> str:
    """The crashes by their speeds and weights: ``25, 35 and 45 mph each (weights 6:3:1)``."""
    q = found.question
    own, other = ([impact.numbers[f"speed.{v}"] for impact in q.study.impacts] for v in (q.vehicle, q.partner))
    if np.allclose(own, other):
        speeds = f"{_listed(own, 'speed', system)} each"
    else:
        closing = [a + b for a, b in zip(own, other, strict=True)]
        speeds = f"closing speeds of {_listed(closing, 'speed', system)}"
    least = min(q.weights)
    ratio = ":".join(f"{w / least:.3g}" for w in q.weights)
    return f"{speeds} (weights {ratio})" if len(q.weights) > 1 else speeds


def _listed(values: list[float], dimension: str, system: str) -> str:
    unit = units.display_unit(dimension, system)
    shown = [f"{units.to(v, unit, dimension):.3g}" for v in values]
    return f"{', '.join(shown[:-1])} and {shown[-1]} {unit}" if len(shown) > 1 else f"{shown[0]} {unit}"


def _meeting(found: Found, system: str) -> str:
    q = found.question
    own, other = (mass(float(np.asarray(impact_mass(q.numbers, v))), system) for v in (q.vehicle, q.partner))
    deltas = found.outcome.delta_v[0].mean(axis=1)
    first, second = (_listed(list(deltas[:, j]), "speed", system) for j in (0, 1))
    ten = next((m for m in found.marginals if m.name == BALLAST), None)
    lost = ""
    if ten is not None:
        unit = units.display_unit("speed", system)
        off, on = (units.to(abs(float(v)), unit, "speed") for v in ten.delta_v)
        lost = f"; {ten_words(found, ten)} of mass takes {off:.2g} {unit} off the first and puts {on:.2g} {unit} on the second"
    return (f"Head-on at {crashes(found, system)}, a {q.vehicle} of {own} and a {q.partner} of {other} change speed by {first} and by "
            f"{second}, nearly whatever the front of the {q.vehicle}{lost}.")  # fmt: skip


def ten_words(found: Found, ballast: Marginal) -> str:
    """The step of mass as typed."""
    return next(c.shown for c in found.question.changes if c.name == ballast.name)


def _reached(found: Found, system: str) -> str:
    q = found.question
    aim = f"that of a {q.bound.like}'s occupant" if q.bound.like else f"at most {percent(found.bound[ROUTES[0]])}"
    parts = ". It ".join(_heavier(found, route, system) for route in ROUTES)
    return f"A {q.vehicle} whose occupant's expected risk in these crashes is {aim} {parts}."


def _heavier(found: Found, route: str, system: str) -> str:
    """What the bound takes by one route."""
    i, partner = found.lightest[route], f"the {found.question.partner}'s"
    start, other = risk(found, route, 0, 0), percent(float(found.outcome.mean[route][0, 1]))
    if i is None:
        return (f"was not found within the bounds by {ROUTE[route]}: {LEVEL[route]} is {start}, {percent(found.bound[route])} "
                f"wanted, {partner} risk {other}")  # fmt: skip
    own, its = (percent(float(found.outcome.mean[route][i, j])) for j in (0, 1))
    return (f"weighs {added(found, i, route, system)}: {LEVEL[route]} goes from {start} to {own}, {partner} risk from {other} "
            f"to {its}")  # fmt: skip


def more(found: Found, system: str) -> Iterator[str]:
    """Further findings, one sentence each."""
    for route in ROUTES:
        i = found.lightest[route]
        if i is not None:
            other = next(r for r in ROUTES if r != route)
            yield (f"The lightest design found by {ROUTE[route]}: {moves(found, i, system)}; by {ROUTE[other]} its risk is "
                   f"{percent(float(found.outcome.mean[other][i, 0]))}, the {found.question.partner}'s "
                   f"{percent(float(found.outcome.mean[other][i, 1]))}.")  # fmt: skip
    for vehicle in (0, 1):
        yield _steps(found, vehicle)
    yield _per_mass(found)
    yield (f"Of {len(found.tried):,} designs tried {int(found.tried_sound.sum()):,} stay within the model and the intrusion limit; of "
           f"{len(found.kept)} that were looked at again no other one beats {int(found.fronts[JOINT].sum())} by dummy and "
           f"{int(found.fronts[FIELD].sum())} by field curves (in both risks and mass).")  # fmt: skip
    if found.fronts[JOINT][0] or found.fronts[FIELD][0]:
        yield "The base design is among them: no design found is as good in all three and better in one."


def _steps(found: Found, vehicle: int) -> str:
    """What one step more of each change does to one occupant, by both routes."""
    who = (found.question.vehicle, found.question.partner)[vehicle]
    parts = []
    for marginal in found.marginals:
        by = (points(float(marginal.change[route][GIVEN][vehicle])) for route in ROUTES)
        parts.append(f"{label(found, marginal)} {' | '.join(by)}")
    routes = " | ".join(f"by {ROUTE[route]}" for route in ROUTES)
    return (
        f"One step more moves the {who}'s risk, in percentage points {routes}, its mass included: {'; '.join(parts)}."
    )


def per_ten(marginal: Marginal, route: str) -> float:
    """Change of the designed vehicle's risk per 10 kg that a step adds; NaN where it adds none."""
    added_ = marginal.mass[GIVEN]
    return float(marginal.change[route][GIVEN][0]) / added_ * 10.0 if added_ > 0.0 else np.nan


def _per_mass(found: Found) -> str:
    """What ten kilograms buy, spent on each change, the best first."""
    worth = {label(found, m): per_ten(m, JOINT) for m in found.marginals if np.isfinite(m.step) and m.mass[GIVEN] > 0.0}
    ranked = sorted(worth.items(), key=lambda item: item[1])
    parts = (f"{points(value)} on {name.split(' ', 2)[2]}" for name, value in ranked)
    return f"Ten kilograms spent on one change alone move the {found.question.vehicle}'s risk by dummy by (points): {'; '.join(parts)}."


def warnings(found: Found, system: str) -> Iterator[str]:
    """What a reader must know before quoting."""
    yield ("The mass law, the weights of the crashes and the fronts of both vehicles are judgement (tag J): a mass is no better than "
           "its law, a step no better than its front.")  # fmt: skip
    yield ("Expected risks are means over the samples of the inputs and over the crashes by their weights; they differ from the risk of "
           "the numbers as given, which other pages show.")  # fmt: skip
    yield ("The field curves see the delta-v alone, no restraint and no crush: by them a change of the front acts through its mass and, a little, through "
           "the rebound. A lightest design is one that is no worse than the base design by the other route.")  # fmt: skip
    if (share := float(found.outcome.extrapolated[FIELD][0, 0])) > 0:
        yield f"The field curve in use is extrapolated in {percent(share)} of the weight of the crashes, for the {found.question.vehicle}."
    beyond = float(found.outcome.beyond[0])
    if beyond > 0:
        yield (f"Of the base design {percent(beyond)} of the samples of the hardest crash are beyond the model; they are in no average "
               "by dummy.")  # fmt: skip
    if edges := sorted({e for r in ROUTES if (i := found.lightest[r]) is not None for e in _edges(found, i)}):
        yield f"A lightest design lies at the end of a bound of the file: {', '.join(edges)}."


def _edges(found: Found, i: int) -> Iterator[str]:
    for k, change in enumerate(found.question.changes):
        value, room = found.kept.values[i, k], 0.02 * (change.high - change.low)
        if value > change.high - room or (value < change.low + room and change.low < change.base):
            yield LABELS[change.name]
