"""A fleet in words: two sentences to quote, further ones, and the names of what drives it."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crashsim.engine.fleet import CORRECTION, CURVES, QUANTILES, WHO, Answer, Bar
from crashsim.engine.fleet_risk import LEVELS
from crashsim.output.words import quantity

Floats = NDArray[np.float64]

WIDTH: Final = 100
PER: Final = 1e5  # car-years: what rates are told for
MILLION: Final = 1e6
DISCLAIMER: Final = "model result, not a crash test"
INJURED: Final = {"serious": "serious injuries (MAIS3+)", "deaths": "deaths"}
NOTE: Final = "serious injuries are MAIS3+ with all who die of their crash"


# ---- phrases -----------------------------------------------------------------------------------------------------------


def about(value: float) -> str:
    """A count with two digits: ``1,600``, ``37``, ``5.7``; more would be false precision."""
    if abs(value) < 0.05:
        return "0"
    digits = 1 - math.floor(math.log10(abs(value)))
    return f"{round(value, digits):,.{max(digits, 0)}f}"


def bands(draws: Floats, curves: tuple[float, float]) -> str:
    """Both bands of a number, each named."""
    low, high = np.quantile(draws, QUANTILES).tolist()
    return f"inputs, 5-95 %: {about(low)} to {about(high)}; published curves disagree: {about(curves[0])} to {about(curves[1])}"


def words(vehicle: str) -> str:
    """A choice of vehicle in the plural: ``kei cars``."""
    name = vehicle.replace("-", " ")
    return f"{name}s" if name.endswith(("car", "truck")) else f"{name} cars"


def met(partner: str) -> str:
    """Whom a car meets, in words."""
    return partner.replace("-", " ")


def mean(draws: Floats) -> float:
    """The expected number: the mean over the draws."""
    return float(np.mean(draws))


def _more(value: float) -> str:
    return f"{about(abs(value))} {'more' if value >= 0.0 else 'fewer'}"


# ---- sentences ---------------------------------------------------------------------------------------------------------


def quote(answer: Answer, system: str) -> tuple[str, str]:
    """Two sentences: what a year brings with what is bought, and how that differs from the same buyers in the other vehicle."""
    fleet = answer.fleet
    bought, other = words(fleet.buys), words(fleet.instead_of)
    low, high = np.quantile(answer.cars, QUANTILES).tolist()
    own, theirs = (mean(answer.yearly(fleet.buys, "serious", who)) for who in WHO)
    told = [f"{about(mean(answer.yearly(fleet.buys, level)))} {INJURED[level]} "
            f"({bands(answer.yearly(fleet.buys, level), answer.curves(fleet.buys, level))})" for level in LEVELS]  # fmt: skip
    first = (f"With {_sales(answer)} {bought} sold a year, about {about(mean(answer.cars))} are on the road in year {_years(answer)} ({about(low)} to {about(high)}), and "
             f"their crashes of that year are expected to bring {told[0]}, {about(own)} in the {bought} and {about(theirs)} in the vehicles that they meet, and {told[1]}.")  # fmt: skip
    change = [f"{_more(mean(answer.difference(level)))} {INJURED[level]} ({bands(answer.difference(level), answer.difference_curves(level))})"
              for level in LEVELS]  # fmt: skip
    sides = [
        f"{_more(mean(answer.difference('serious', who)))} and {_more(mean(answer.difference('deaths', who)))}"
        for who in WHO
    ]
    speeds = {v: [quantity(mean(h.delta_v[w]), "speed", system) for w in range(2)] for v, h in answer.harms.items()}
    (own_a, other_a), (own_b, other_b) = speeds[fleet.buys], speeds[fleet.instead_of]
    second = (f"Against the same buyers in {other} that is {change[0]} and {change[1]} a year: {sides[0]} in the cars bought, {sides[1]} in those that they "
              f"meet, for in crashes with other vehicles the mean delta-v is {own_a} in the {bought} and {other_a} in the others, with {other} {own_b} and {other_b}{_missed(answer)}.")  # fmt: skip
    return first, second


def _missed(answer: Answer) -> str:
    """How far the model lies from the published deaths of what would have been bought, where it misses them."""
    found = next((p for p in answer.fleet.published if p.vehicle == answer.fleet.instead_of), None)
    if found is None:
        return ""
    rate = MILLION * mean(answer.harms[found.vehicle].drivers)
    low, high = found.deaths
    if low <= rate <= high:
        return ""
    return f"; the model expects {_times(rate / (0.5 * (low + high)))} the driver deaths that were published of {found.title}"


def _sales(answer: Answer) -> str:
    number = answer.fleet.numbers["fleet.sales"]
    if number.distribution is None:
        return f"{number.si:,.0f}"
    low, high = number.distribution.quantile(np.array([1e-6, 1.0 - 1e-6])).tolist()
    return f"{low:,.0f} to {high:,.0f}"


def _years(answer: Answer) -> str:
    return f"{answer.fleet.numbers['fleet.years'].si:.0f}"


def further(answer: Answer, system: str) -> list[str]:
    """Rates, where it happens, what drives it, and how the model stands against published rates."""
    return [
        _rates(answer),
        *_published(answer),
        _where(answer, system),
        _drivers(answer),
        _beyond(answer),
        _intruded(answer),
    ]


def _rates(answer: Answer) -> str:
    fleet, parts = answer.fleet, []
    for level in LEVELS:
        a, b = (PER * mean(answer.harms[v].total(level)) for v in (fleet.buys, fleet.instead_of))
        parts.append(f"{about(a)} {INJURED[level]} against {about(b)}")
    return f"Per {PER:,.0f} cars on the road and year, whatever is sold: {' and '.join(parts)}, both vehicles together."


def _published(answer: Answer) -> Iterator[str]:
    """The check against published driver deaths, and what the difference would be if the model were scaled to them."""
    for published in answer.fleet.published:
        rate = MILLION * answer.harms[published.vehicle].drivers
        low, high = np.quantile(rate, QUANTILES).tolist()
        yield (f"Driver deaths in crashes with other vehicles, per million {words(published.vehicle)} and year: the model expects {about(mean(rate))} (inputs, 5-95 %: {about(low)} to "
               f"{about(high)}), {published.title} had {span(published.deaths)}, which the model does not use; it gives {_times(mean(rate) / (0.5 * sum(published.deaths)))} their middle.")  # fmt: skip
    reference = next((p for p in answer.fleet.published if p.vehicle == answer.fleet.instead_of), None)
    if reference is not None:
        scale = [end / (MILLION * mean(answer.harms[reference.vehicle].drivers)) for end in reference.deaths]
        ends = [tuple(s * mean(answer.difference(level)) for s in scale) for level in LEVELS]
        told = " and ".join(
            f"{span(pair)} {_word(pair, INJURED[level])}" for pair, level in zip(ends, LEVELS, strict=True)
        )
        yield f"Were every risk scaled so that the {reference.vehicle} has the deaths of {reference.title}, the difference would be {told} a year."


def _word(pair: tuple[float, ...], what: str) -> str:
    return f"{'more' if pair[0] >= 0.0 else '(fewer)'} {what}"


def span(ends: tuple[float, ...]) -> str:
    """From one count to another."""
    return about(ends[0]) if ends[0] == ends[-1] else f"{about(ends[0])} to {about(ends[-1])}"


def _times(ratio: float) -> str:
    return f"{ratio:.1f} times" if ratio >= 1.0 else f"{100 * ratio:.0f} % of"


def _where(answer: Answer, system: str) -> str:
    """Which kind of crash, partner and road the difference in deaths comes from most."""
    fleet = answer.fleet
    change = by_meeting(answer, "deaths")
    kinds = {k.title: change[[m for m, (of, _) in enumerate(fleet.meetings) if of is k]].sum() for k in fleet.kinds}
    partners = {
        met(p): change[[m for m, (_, of) in enumerate(fleet.meetings) if of == p]].sum() for p in fleet.partners
    }
    roads = dict(zip((quantity(v, "speed", system) for v in fleet.limits.values()), change.sum(axis=0), strict=True))
    (kind, a), (partner, b), (limit, c) = (
        max(found.items(), key=lambda item: item[1]) for found in (kinds, partners, roads)
    )
    return (f"Of {about(change.sum())} more deaths a year {about(a)} are in crashes of the kind '{kind}', the most of any kind; by partner most, {about(b)}, "
            f"are in crashes with a {partner}, and by road most, {about(c)}, where {limit} is posted.")  # fmt: skip


def by_meeting(answer: Answer, level: str, who: str | None = None) -> Floats:
    """The difference a year by meeting and road (meetings, roads)."""
    bought, other = (
        answer.harms[v].people[list(LEVELS).index(level)] for v in (answer.fleet.buys, answer.fleet.instead_of)
    )
    change = ((bought - other) * answer.cars).mean(axis=-1)
    return np.asarray(change.sum(axis=0) if who is None else change[WHO.index(who)])


def _drivers(answer: Answer) -> str:
    bars = ordered(answer, "deaths")[:4]
    told = [
        f"{label(b, answer)} ({about(b.differences['deaths'][0])} to {about(b.differences['deaths'][1])})" for b in bars
    ]
    return f"What moves the difference in deaths most, one at a time: {', '.join(told)}; {about(answer.base['deaths'])} with every number in its middle."


def _beyond(answer: Answer) -> str:
    shares = [mean(h.beyond[list(LEVELS).index("deaths")].sum(axis=0)) / mean(h.total("deaths")) for h in
              (answer.harms[answer.fleet.buys], answer.harms[answer.fleet.instead_of])]  # fmt: skip
    return (f"{100 * shares[0]:.0f} % of the deaths with the {answer.fleet.buys} and {100 * shares[1]:.0f} % with the {answer.fleet.instead_of} come from crashes beyond the model, "
            "mostly doors pushed in: there delta-v and the curves over it stand, nothing else.")  # fmt: skip


def _intruded(answer: Answer) -> str:
    fleet = answer.fleet
    change = mean(
        answer.cars
        * (answer.harms[fleet.buys].intruded - answer.harms[fleet.instead_of].intruded)[
            list(LEVELS).index("deaths")
        ].sum(axis=0)
    )
    return f"With the odds that intrusion adds in front crashes (a sensitivity, tag J) the difference is {about(change)} deaths a year."


# ---- what drives it ----------------------------------------------------------------------------------------------------


def ordered(answer: Answer, level: str) -> list[Bar]:
    """The bars of the tornado, the widest first."""
    return sorted(answer.bars, key=lambda bar: -abs(bar.differences[level][1] - bar.differences[level][0]))


_LABELS: Final = {
    "fleet.sales": "cars sold a year",
    "fleet.years": "years of sales",
    "fleet.survival": "survival of a car, a year",
    "fleet.crashes": "tow-away crashes, a car and year",
    "fleet.occupants": "occupants of a vehicle",
    "fleet.struck_side": "struck in the side: own door met",
    "speeds.factor": "factor on closing speeds",
    "speeds.growth": "growth of speeds with the limit, power",
    CORRECTION: "delta-v correction of the curves",
    CURVES: "published curves, lowest and highest",
}


def label(bar: Bar, answer: Answer) -> str:
    """An input in words."""
    if bar.path in _LABELS:
        return _LABELS[bar.path]
    group, name = bar.path.split(".", 1)
    kinds = {k.name: k.title for k in answer.fleet.kinds}
    return {"roads": f"share of crashes: {name}", "partners": f"share of partners: {met(name)}",
            "crashes": f"share of crashes: {kinds.get(name, name)}"}[group]  # fmt: skip


def ends(bar: Bar, answer: Answer) -> str:
    """The low and high value of an input."""
    low, high = bar.ends
    if bar.kind == "curves":
        return ""
    if bar.path == CORRECTION:
        return f"{low:.2f} to {high:.2f}"
    if answer.fleet.numbers[bar.path].dimension == "ratio":
        return f"{100 * low:.2g} to {100 * high:.2g} %" if high < 0.995 else f"{100 * low:.0f} to {100 * high:.0f} %"
    return f"{low:,.3g} to {high:,.3g}" if high < 1e3 else f"{low:,.0f} to {high:,.0f}"


# ---- the terminal --------------------------------------------------------------------------------------------------------


def told(answer: Answer, system: str) -> str:
    """The answer for a terminal."""
    lines = [answer.fleet.title, ""]
    for text in (
        *quote(answer, system),
        *(f"- {more}" for more in further(answer, system)),
        f"note: {NOTE}; {DISCLAIMER}",
    ):
        lines += [*textwrap.wrap(text, WIDTH, subsequent_indent="  " if text.startswith(("- ", "note")) else ""), ""]
    return "\n".join(lines).rstrip()
