"""Crash tests side by side: how severe each is for the same car, and the crash with a partner that is as severe as one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim import barriers, geometry, units
from crashsim.barriers import Block
from crashsim.cases import FRONT, Axis, Cases, Impact, Study, build, columns
from crashsim.config.questions.crash_tests import CAR, EQUALS, Barrier, CrashTests, Test
from crashsim.engine import analyses, local
from crashsim.engine.dummies import dummies
from crashsim.engine.manifest import fingerprint
from crashsim.engine.risks import RiskSettings, risk_settings
from crashsim.engine.stream import STANDING
from crashsim.results import BEYOND_MODEL, FAILED, OK
from crashsim.risk import select

Floats = NDArray[np.float64]
Texts = NDArray[np.str_]
Numbers = dict[str, Floats]

FIELD, DUMMY = "risk_mais3plus", "risk1_joint_ais3plus"
MEASURES: Final = ("delta_v", "specific_energy", "absorbed_energy", "olc", "dynamic_crush", "crush_used", "margin", "intrusion", "chest_3ms",
                   DUMMY, FIELD)  # fmt: skip
COMPARED: Final = (
    "delta_v",
    "specific_energy",
    "olc",
    "crush_used",
    "chest_3ms",
)  # as multiples of the reference, and for `equal`
OF_PARTNER: Final = ("delta_v", FIELD)
CURVES: Final = tuple(f"{name}{edge}" for name in (DUMMY, FIELD) for edge in ("_low", "_high"))
EDGES: Final = {"p05": 0.05, "p95": 0.95}
FASTEST: Final = 130.0 * units.MPH  # closing speed up to which equal severity is searched
STEP: Final = 2.0 * units.MPH
REACHED: Final = 0.95  # of the samples: fewer that reach the severity have no interval


@dataclass(frozen=True)
class Severities:
    """How severe each test is for each car, SI.

    Attributes
    ----------
    cars, tests : tuples of str
        Names, the tests in the order of the file.
    values : mapping of str to array (cars, tests)
        Each of MEASURES at the inputs as given, ``NAME.p05`` and ``NAME.p95`` over the samples (NaN where nothing is drawn); of a risk
        ``NAME_low`` and ``NAME_high``, the envelope of curves or functions; of those COMPARED ``NAME.ratio`` (and ``NAME.ratio.p05``, ...)
        over the reference test, sample by sample; ``partner.NAME`` of those in OF_PARTNER what it does to the partner (NaN: a barrier).
        ``specific_energy``: absorbed by the car per mass [J/kg]; ``crush_used``: crush over
        crush space; ``margin``: crush space that is left [m], below zero where there is intrusion.  NaN where it does not stand.
    beyond : array (cars, tests)
        Whether the test is beyond the model; ``shares``: of the samples.
    crush_space, mass : array (cars,)
        Of the front [m]; impact mass [kg].
    equal : mapping of str to array (cars, 3)
        For those COMPARED the closing speed head-on with the partner at which it is that of the reference: as given, 5 %, 95 % [m/s].
    speeds : array (speeds,)
        Closing speeds of `curves`.
    curves : mapping of str to array (cars, speeds)
        Those COMPARED against closing speed head-on with the partner, inputs as given.
    partner_mass : mapping of str to float
        Of the partners head-on [kg].
    curves_named : tuple of str
        The curves of the risk of MAIS3+.
    crashes, samples, failed : int
        Crashes computed, samples of each, crashes that failed.
    """

    cars: tuple[str, ...]
    tests: tuple[str, ...]
    values: Mapping[str, Floats]
    beyond: NDArray[np.bool_]
    shares: Floats
    crush_space: Floats
    mass: Floats
    equal: Mapping[str, Floats]
    speeds: Floats
    curves: Mapping[str, Floats]
    partner_mass: Mapping[str, float]
    curves_named: tuple[str, ...]
    crashes: int
    samples: int
    failed: int

    def at(self, name: str, car: int, test: str) -> float:
        """One number."""
        return float(self.values[name][car, self.tests.index(test)])


def severities(asked: CrashTests, threads: int | None = None) -> Severities:
    """Compute all tests for all cars, and the search for equal severity."""
    cars, tests = tuple(asked.studies), tuple(test.name for test in asked.tests)
    of_cars = [_of_car(asked, study, threads or local.cores()) for study in asked.studies.values()]
    names = list(of_cars[0][0])
    values = {name: np.stack([own[name] for own, *_ in of_cars]) for name in names}
    status = [own for _, own, *_ in of_cars]
    equals = [own for *_, own in of_cars]
    first = next(iter(asked.studies.values())).impacts
    speeds = equals[0][1] if asked.equals else np.zeros(0)
    return Severities(
        cars, tests, values, np.array([[s[0] == BEYOND_MODEL for s in own] for own in status]),
        np.array([[np.mean(s[1:] == BEYOND_MODEL) for s in own] for own in status]),
        np.array([_crush_space(study) for study in asked.studies.values()]),
        np.array([build(study.impacts[0].central).mass[0, 0] for study in asked.studies.values()]),
        {name: np.stack([own[0][name] for own in equals]) for name in COMPARED} if asked.equals else {},
        speeds, {name: np.stack([own[2][name] for own in equals]) for name in COMPARED} if asked.equals else {},
        _partner_masses(asked), _curves(next(iter(asked.studies.values()))),
        len(cars) * (len(tests) + len(speeds)) * first[0].samples, first[0].samples,
        sum(int(np.count_nonzero(s == FAILED)) for own in status for s in own),
    )  # fmt: skip


def _partner_masses(asked: CrashTests) -> dict[str, float]:
    impacts = {impact.name: impact for impact in next(iter(asked.studies.values())).impacts}
    return {
        test.against: float(build(impacts[test.name].central).mass[0, 1]) for test in asked.tests if not test.barrier
    }


def _curves(study: Study) -> tuple[str, ...]:
    settings = risk_settings(study)
    chosen = select(settings.curves, direction=FRONT, impact="head-on", belted=settings.belted)
    return tuple(curve.name for curve in chosen if "MAIS3+" in curve.levels)


def _crush_space(study: Study) -> float:
    return float(build(study.impacts[0].central).structures[0].crush_space[0])


def _of_car(
    asked: CrashTests, study: Study, threads: int
) -> tuple[Numbers, list[Texts], tuple[Numbers, Floats, Numbers]]:
    """Of one car: the columns of `Severities.values`, the statuses of each test, what `_equal` finds."""
    risk = replace(risk_settings(study), dummies=dummies(study))
    impacts = {impact.name: impact for impact in study.impacts}
    width = float(study.vehicles[CAR].get("width", {}).get("si", np.nan))
    given, drawn, statuses = {}, {}, []
    for test in asked.tests:
        impact, build_test = impacts[test.name], _builder(test, asked.barriers.get(test.against), width)
        given[test.name], central = measured(impact.central, build_test, risk, 1)
        drawn[test.name], status = (
            measured(impact, build_test, risk, threads) if impact.random else (given[test.name], central)
        )
        statuses.append(np.concatenate([central, status]))
    random = any(impact.random for impact in study.impacts)
    values = _columns([given[t.name] for t in asked.tests], [drawn[t.name] for t in asked.tests], given[asked.reference],
                      drawn[asked.reference], random)  # fmt: skip
    found = (
        _equal(impacts[EQUALS], asked.equals, (given[asked.reference], drawn[asked.reference]), risk, threads)
        if asked.equals
        else ({}, np.zeros(0), {})
    )
    return values, statuses, found


def _columns(
    given: list[Numbers], drawn: list[Numbers], reference: Numbers, of_samples: Numbers, random: bool
) -> Numbers:
    """`Severities.values` of one car, (tests,) each."""
    found: Numbers = {}
    for name in (*MEASURES, *(f"partner.{n}" for n in OF_PARTNER)):
        found[name] = np.array([own[name][0] for own in given])
        found |= _spans(name, [own[name] for own in drawn], random)
    for name in (*CURVES, *(f"partner.{n}" for n in CURVES)):
        found[name] = np.array([own[name][0] for own in given])
    for name in COMPARED:
        found[f"{name}.ratio"] = found[name] / reference[name][0]
        found |= _spans(f"{name}.ratio", [own[name] / of_samples[name] for own in drawn], random)
    return found


def _spans(name: str, values: list[Floats], random: bool) -> Numbers:
    return {
        f"{name}.{edge}": np.array([_quantile(v, share) if random else np.nan for v in values])
        for edge, share in EDGES.items()
    }


def _quantile(values: Floats, share: float) -> float:
    """Of the samples that count."""
    kept = values[np.isfinite(values)]
    return float(np.quantile(kept, share)) if kept.size else np.nan


def manifest(asked: CrashTests, system: str) -> dict[str, Any]:
    """What a folder says of its crash tests: the question as typed, and the studies that it is made of."""
    inputs = {"typed": asked.typed, "studies": {car: fingerprint(study) for car, study in asked.studies.items()}}
    return analyses.manifest("tests", asked.name, inputs, units=system)


# ---- one test ----------------------------------------------------------------------------------------------------------

Builder = Callable[[Impact], Cases]


def measured(impact: Impact, build_test: Builder, risk: RiskSettings, threads: int) -> tuple[Numbers, Texts]:
    """Measures of the car in all cases of an impact (cases,), NaN where they do not count, and the status of each.

    ``partner.NAME``: those of what it meets; NaN of a wall.
    """
    cases = build_test(impact)
    rows = local.table(impact, 0, cases, local.metrics(impact, 0, cases, threads), risk)
    stride = 1 if impact.rigid[1] else 2
    status = rows["status"][::stride]
    space = np.broadcast_to(cases.structures[0].crush_space, status.shape)
    own = {name: np.asarray(column[::stride]) for name, column in rows.items()}
    own |= {"specific_energy": own["absorbed_energy"] / own["impact_mass"], "crush_used": own["dynamic_crush"] / space,
            "margin": space - own["dynamic_crush"]}  # fmt: skip
    other = {name: np.asarray(column[1::2]) for name, column in rows.items()} if stride == 2 else {}
    found = {n: _counted(own, n, status) for n in (*MEASURES, *CURVES)}
    return found | {f"partner.{n}": _counted(other, n, status) for n in (*OF_PARTNER, *CURVES)}, status


def _counted(own: Numbers, name: str, status: Texts) -> Floats:
    """A column where it counts: not failed, and within the model or standing beyond it."""
    counts = status != FAILED if name in STANDING else status == OK
    return np.where(counts, own.get(name, np.full(status.shape, np.nan)), np.nan)


def _builder(test: Test, barrier: Barrier | None, width: float) -> Builder:
    """The cases of a test: with the face of its barrier in the place of the stand-in's front."""
    if barrier is None or barrier.blocks == 0:
        return build
    return lambda impact: against_face(build(impact), columns(impact, 0, impact.count), barrier, test.overlap, width)


def against_face(
    cases: Cases, numbers: Mapping[str, Floats | float], barrier: Barrier, overlap: float, width: float
) -> Cases:
    """Cases in which the car (``width`` [m]) meets the face of a barrier with an ``overlap``.

    The car's front bears as it does at this overlap with a partner (`geometry.meeting`); the face as wide as both share, at most all of
    it.
    """
    n = len(cases.closing_speed)
    contact = min(overlap * width, barrier.width)
    fields = ("depth", "height", "strength", "end_strength", "stroke")
    blocks = [
        Block(*(numbers[f"barriers.{barrier.name}.blocks.{i}.{field}"] for field in fields))
        for i in range(barrier.blocks)
    ]
    car = geometry.engaged(cases.structures[0], geometry.meeting(overlap)) if overlap < 1.0 else cases.structures[0]
    mass = np.column_stack([cases.mass[:, 0], np.full(n, np.inf) if np.isinf(barrier.mass) else cases.mass[:, 1]])
    return replace(cases, mass=mass, structures=(car, barriers.face(blocks, contact, n)))


# ---- equal severity ----------------------------------------------------------------------------------------------------


def _equal(
    impact: Impact, partner: str, reference: tuple[Numbers, Numbers], risk: RiskSettings, threads: int
) -> tuple[Numbers, Floats, Numbers]:
    """Closing speeds at which the crash is as severe as the reference (3,): as given, 5 and 95 %; the speeds, the measures there."""
    closing = np.arange(STEP, FASTEST, STEP)
    halves = np.repeat(0.5 * closing[:, None], 2, axis=1)
    grid = replace(impact, axes=(Axis((f"speed.{CAR}", f"speed.{partner}"), halves, ("speed", "speed")),))
    given = {name: values[:, None] for name, values in measured(grid.central, build, risk, 1)[0].items()}
    drawn = given
    if grid.random:
        drawn = {
            name: values.reshape(len(closing), -1) for name, values in measured(grid, build, risk, threads)[0].items()
        }
    found: Numbers = {}
    for name in COMPARED:
        value = crossing(closing, given[name], reference[0][name][:1])[0]
        every = crossing(closing, drawn[name], reference[1][name])
        enough = grid.random and np.mean(np.isfinite(every)) >= REACHED
        found[name] = np.array([value, *(_quantile(every, share) if enough else np.nan for share in EDGES.values())])
    return found, closing, {name: given[name][:, 0] for name in COMPARED}


def crossing(x: Floats, y: Floats, target: Floats) -> Floats:
    """Where each column of ``y`` (x, columns) first reaches its ``target`` (columns,), straight between points; NaN where it never does."""
    reached = y >= target
    first = np.argmax(reached, axis=0)
    column = np.arange(y.shape[1])
    before = np.maximum(first - 1, 0)
    low, high = y[before, column], y[first, column]
    share = (target - low) / np.where(high > low, high - low, np.nan)
    return np.where(reached.any(axis=0) & (first > 0), x[before] + share * (x[first] - x[before]), np.nan)
