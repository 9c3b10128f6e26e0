"""Expected serious injuries and deaths of a fleet in a year, against the same buyers in another vehicle, and what drives them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim import sampling
from crashsim.config.questions.fleet import OBJECT, Fleet
from crashsim.engine import analyses
from crashsim.engine.exposure import on_the_road, shares
from crashsim.engine.fleet_risk import LEVELS, OTHER, OWN, Mean, Table, averaged, scales, tables
from crashsim.engine.manifest import fingerprint

Floats = NDArray[np.float64]
Numbers = Mapping[str, Floats]
Meetings = Sequence[Mapping[str, Mean]]

WHO: Final = (OWN, OTHER)
MIDDLE: Final = "central"  # the central curve of a vehicle, beside all curves by name
CORRECTION: Final = "risk.delta_v_correction"
CURVES: Final = "choice of the risk curve"
TORNADO: Final = 256  # samples of the crashes that the tornado averages over
TENTH: Final = 0.1  # of the draws: the lowest and the highest stand for 5 and 95 % of a number that the crashes read
QUANTILES: Final = (0.05, 0.95)


@dataclass(frozen=True)
class Harm:
    """What is to be expected of one choice of vehicle, per car and year; the axes are levels, who, meetings, roads, samples as in
    `LEVELS`, `WHO` and the fleet.

    Attributes
    ----------
    people : array (levels, who, meetings, roads, samples)
        People injured, by the central curves.
    by_curve : mapping
        By (level, who, loaded end) and curve: the same of all meetings and roads (samples,); where a curve does not apply, the
        central one stands for it.
    intruded, beyond : array (levels, who, samples)
        With the odds that intrusion adds; the part of the central number that comes from crashes beyond the model.
    drivers : array (samples,)
        Deaths of drivers of the car that is bought, in crashes with other vehicles.
    delta_v : array (who, samples)
        Mean over the crashes with other vehicles [m/s].
    """

    people: Floats
    by_curve: Mapping[tuple[str, str, str], Mapping[str, Floats]]
    intruded: Floats
    beyond: Floats
    drivers: Floats
    delta_v: Floats

    def total(self, level: str, who: str | None = None) -> Floats:
        """People in all crashes (samples,), in one of the vehicles or in both."""
        own = self.people[list(LEVELS).index(level)].sum(axis=(1, 2))
        return np.asarray(own.sum(axis=0) if who is None else own[WHO.index(who)])


@dataclass(frozen=True)
class Bar:
    """One input of the tornado: its low and high value as text inputs are shown, and the difference a year at both; ``kind``: what it is
    (``exposure``, ``crash`` or ``curves``).
    """

    path: str
    kind: str
    ends: tuple[float, float]
    differences: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Answer:
    """The answer to a fleet file: cars on the road (samples,), what each choice does, by vehicle, and the tornado."""

    fleet: Fleet
    cars: Floats
    harms: Mapping[str, Harm]
    base: Mapping[str, float]
    bars: tuple[Bar, ...]

    def yearly(self, vehicle: str, level: str, who: str | None = None) -> Floats:
        """People a year in all these cars' crashes (samples,)."""
        return self.cars * self.harms[vehicle].total(level, who)

    def difference(self, level: str, who: str | None = None) -> Floats:
        """What is bought less what would have been, people a year (samples,), on common draws."""
        return self.yearly(self.fleet.buys, level, who) - self.yearly(self.fleet.instead_of, level, who)

    def curves(self, vehicle: str, level: str, who: str | None = None) -> tuple[float, float]:
        """The mean over the draws by the lowest and by the highest curve of every loaded end, people a year."""
        return envelope(self.cars, self.harms[vehicle].by_curve, None, level, who)

    def difference_curves(self, level: str, who: str | None = None) -> tuple[float, float]:
        """The same of the difference, each curve against itself."""
        own, other = (self.harms[v].by_curve for v in (self.fleet.buys, self.fleet.instead_of))
        return envelope(self.cars, own, other, level, who)


def envelope(
    cars: Floats,
    own: Mapping[tuple[str, str, str], Mapping[str, Floats]],
    less: Mapping[tuple[str, str, str], Mapping[str, Floats]] | None,
    level: str,
    who: str | None,
) -> tuple[float, float]:
    """Sums over the loaded ends of the mean by the lowest and by the highest curve, of ``own`` less what ``less`` has by the same curve.

    For both vehicles (``who`` None) one curve of an end holds in both of them.
    """
    low = high = 0.0
    for end in {key[2]: None for key in own}:
        here = [key for key in own if key[0] == level and key[2] == end and who in (None, key[1])]
        every = [_less(own[key], less[key] if less else None) for key in here]
        names = {curve: None for curves in every for curve in curves}
        means = [float(np.mean(cars * sum(_by(curves, name) for curves in every))) for name in names]
        if means:
            low, high = low + min(means), high + max(means)
    return low, high


def _less(own: Mapping[str, Floats], less: Mapping[str, Floats] | None) -> dict[str, Floats]:
    return {curve: people - (less[curve] if less else 0.0) for curve, people in own.items()}


def _by(curves: Mapping[str, Floats], name: str) -> Floats:
    """People by a curve, or by the central one where it does not apply."""
    return curves.get(name, curves[MIDDLE])


def answer(fleet: Fleet) -> Answer:
    """Compute all crashes of both choices, draw what is not known, and count.

    Raises CrashsimError where crashes fail.
    """
    computed = {vehicle: tables(fleet, vehicle) for vehicle in (fleet.buys, fleet.instead_of)}
    numbers = drawn(fleet)
    harms = {v: harm(fleet, means(fleet, found, numbers), numbers) for v, found in computed.items()}
    base, bars = tornado(fleet, computed)
    return Answer(fleet, stock(numbers), harms, base, bars)


def manifest(fleet: Fleet, system: str) -> dict[str, Any]:
    """What a folder says of its fleet: the file as typed, and the studies that it is made of."""
    inputs = {"typed": fleet.typed, "studies": {v: fingerprint(study) for v, study in fleet.studies.items()}}
    return analyses.manifest("fleet", fleet.name, inputs, units=system)


def drawn(fleet: Fleet) -> Numbers:
    """Every number of a fleet by path, over the samples (samples,)."""
    values = sampling.draw(fleet.sampling, fleet.random, 0, fleet.samples) if fleet.random else []
    given = {path: np.full(fleet.samples, q.si) for path, q in fleet.numbers.items()}
    return given | {number.path: v for number, v in zip(fleet.random, values, strict=True)}


def stock(numbers: Numbers) -> Floats:
    """Cars on the road in the year that is counted."""
    return on_the_road(*(numbers[f"fleet.{name}"] for name in ("sales", "years", "survival")))


def means(fleet: Fleet, computed: Sequence[Mapping[str, Table]], numbers: Numbers) -> list[dict[str, Mean]]:
    """The risks of all meetings, averaged over their closing speeds."""
    scale = scales(fleet, numbers["speeds.growth"], numbers["speeds.factor"])
    return [
        {who: averaged(kind, table, scale) for who, table in found.items()}
        for (kind, _), found in zip(fleet.meetings, computed, strict=True)
    ]


def rates(fleet: Fleet, numbers: Numbers) -> Floats:
    """Crashes of a car in a year by meeting and road (meetings, roads, samples)."""
    kinds = dict(
        zip((k.name for k in fleet.kinds), shares(numbers, "crashes", [k.name for k in fleet.kinds]), strict=True)
    )
    partners = dict(zip(fleet.partners, shares(numbers, "partners", fleet.partners), strict=True)) | {OBJECT: 1.0}
    of_meeting = np.stack([kinds[kind.name] * partners[partner] for kind, partner in fleet.meetings])
    of_road = shares(numbers, "roads", list(fleet.limits))
    return np.asarray(numbers["fleet.crashes"] * of_meeting[:, None] * of_road)


def harm(fleet: Fleet, meetings: Meetings, numbers: Numbers) -> Harm:
    """What is to be expected per car and year: crashes times people times the risk of each."""
    crashes = rates(fleet, numbers)
    occupants, struck = numbers["fleet.occupants"], numbers["fleet.struck_side"]
    people = np.zeros((len(LEVELS), len(WHO), *crashes.shape))
    intruded, beyond = np.zeros((2, len(LEVELS), len(WHO), crashes.shape[-1]))
    parts: dict[tuple[str, str, str], list[dict[str, Floats]]] = {}
    for m, found in enumerate(meetings):
        exposed = crashes[m] * occupants
        for w, who in enumerate(WHO):
            for i, level in enumerate(LEVELS):
                if who in found:
                    mean = found[who]
                    people[i, w, m] = exposed * mean.middle(level, struck)
                    intruded[i, w] += (exposed * mean.intruded(level, struck)).sum(axis=0)
                    beyond[i, w] += (people[i, w, m] * mean.beyond[..., i]).sum(axis=0)
                    every = mean.by_curve(level, struck) | {MIDDLE: mean.middle(level, struck)}
                    totals = {curve: (exposed * risk).sum(axis=0) for curve, risk in every.items()}
                    parts.setdefault((level, who, mean.end), []).append(totals)
    by_curve = {key: {curve: np.sum([_by(part, curve) for part in own], axis=0) for curve in {c: None for part in own for c in part}}
                for key, own in parts.items()}  # fmt: skip
    two = [m for m, found in enumerate(meetings) if OTHER in found]
    drivers = people[list(LEVELS).index("deaths"), 0, two].sum(axis=(0, 1)) / occupants
    speeds = np.stack([[meetings[m][who].delta_v for m in two] for who in WHO])
    delta_v = (crashes[two] * speeds).sum(axis=(1, 2)) / crashes[two].sum(axis=(0, 1))
    return Harm(people, by_curve, intruded, beyond, drivers, delta_v)


# ---- what drives it ----------------------------------------------------------------------------------------------------


def tornado(
    fleet: Fleet, computed: Mapping[str, Sequence[Mapping[str, Table]]]
) -> tuple[dict[str, float], tuple[Bar, ...]]:
    """The difference a year of each level with every exposure number at its median, and how far each input alone moves it.

    An exposure number goes to the 5 and 95 % of its distribution; the delta-v correction, which the curves are entered with, to the
    lowest and the highest tenth of its draws; the choice of the curve to the lowest and the highest of every kind of crash.
    """
    middle = {path: np.array([q.si]) for path, q in fleet.numbers.items()}
    few = {v: [{who: t.first(TORNADO) for who, t in m.items()} for m in found] for v, found in computed.items()}
    every = np.arange(min(TORNADO, fleet.samples))
    full = {v: means(fleet, found, middle) for v, found in few.items()}
    flat = {v: _picked(found, every) for v, found in full.items()}
    bars = [_curves(fleet, flat, middle)]
    for number in fleet.random:
        ends = number.distribution.quantile(np.array(QUANTILES))
        pairs = [_moved(fleet, few, flat, middle | {number.path: np.array([end])}, number.path) for end in ends]
        bars.append(_bar(number.path, "exposure", (float(ends[0]), float(ends[1])), pairs))
    bars += _correction(fleet, full, middle)
    return _differences(fleet, flat, middle), tuple(bars)


def _picked(meetings: Meetings, samples: NDArray[np.intp]) -> list[dict[str, Mean]]:
    return [{who: mean.picked(samples) for who, mean in found.items()} for found in meetings]


def _moved(fleet: Fleet, few: Mapping[str, Sequence[Mapping[str, Table]]], flat: Mapping[str, Meetings], numbers: Numbers,
           path: str) -> dict[str, float]:  # fmt: skip
    """The differences with one number moved; only how fast crashes are asks for other means."""
    if not path.startswith("speeds."):
        return _differences(fleet, flat, numbers)
    every = np.arange(min(TORNADO, fleet.samples))
    other = {v: _picked(means(fleet, found, numbers), every) for v, found in few.items()}
    return _differences(fleet, other, numbers)


def _differences(fleet: Fleet, flat: Mapping[str, Meetings], numbers: Numbers) -> dict[str, float]:
    """What is bought less what would have been, people a year in both vehicles, by level."""
    cars = stock(numbers)
    bought, other = (harm(fleet, flat[v], numbers) for v in (fleet.buys, fleet.instead_of))
    return {level: float((cars * (bought.total(level) - other.total(level)))[0]) for level in LEVELS}


def _bar(path: str, kind: str, ends: tuple[float, float], pairs: Sequence[Mapping[str, float]]) -> Bar:
    return Bar(path, kind, ends, {level: (pairs[0][level], pairs[1][level]) for level in LEVELS})


def _curves(fleet: Fleet, flat: Mapping[str, Meetings], numbers: Numbers) -> Bar:
    bought, other = (harm(fleet, flat[v], numbers) for v in (fleet.buys, fleet.instead_of))
    ends = {level: envelope(stock(numbers), bought.by_curve, other.by_curve, level, None) for level in LEVELS}
    return Bar(CURVES, "curves", (np.nan, np.nan), ends)


def _correction(fleet: Fleet, full: Mapping[str, Meetings], numbers: Numbers) -> Iterator[Bar]:
    """The bar of the delta-v correction, where it is drawn."""
    study = fleet.studies[fleet.buys]
    column = next((r for r in study.impacts[0].random if r.path == CORRECTION), None)
    if column is None or study.sampling is None:
        return
    values = sampling.draw(study.sampling, [column], 0, min(TORNADO, fleet.samples))[0]
    order, count = np.argsort(values, kind="stable"), max(1, round(TENTH * len(values)))
    tenths = (order[:count], order[-count:])
    pairs = [_differences(fleet, {v: _picked(found, t) for v, found in full.items()}, numbers) for t in tenths]
    low, high = (float(values[t].mean()) for t in tenths)
    yield _bar(CORRECTION, "crash", (low, high), pairs)
