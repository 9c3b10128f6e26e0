"""Two sentences to quote: what happens to both vehicles, and what both risk, with both bands and where the answer turns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from crashsim.cases import SIDE
from crashsim.output import ledger, reached, roads
from crashsim.output.quoted import DUMMY, FIELD, Case, beside, between, cases, chances, listed, risk, with_span
from crashsim.output.views import vehicle_words
from crashsim.output.words import percent, quantity
from crashsim.results import Results

SIDEWAYS: Final = (
    "; that curve sees delta-v alone, not the intrusion that decides such injuries, and rotation is not modelled"
)

Row = Mapping[str, Any]
Pair = tuple[str, str]


def quote(results: Results, system: str) -> Pair:
    """The two sentences of a study.

    The first tells delta-v of both vehicles, crush and pulse, in the case that leads; the second the risk of both with two bands
    that are never merged: the disagreement of curves (or injury functions), and 5 to 95 % over the samples of the inputs.
    Cases of the same kind and closing speed as the leading one stand beside it.
    """
    if results.meta.get("expected"):
        return roads.quote(results, system)
    every = cases(results)
    if not every:
        return "No leading case of this study could be computed.", "So it says nothing about risk."
    together = beside(every)
    if results.meta.get("ledger"):
        found = _changes(results, every[0], system)
    elif every[0].partner is None:
        found = _walls(together, system)
    elif len(together) > 1:
        found = _compared(results, together, system)
    else:
        found = _struck(results, every[0], system), _risks(results, every[0], system)
    return _sentence(found[0]), _sentence(found[1])


def further(results: Results, system: str) -> list[str]:
    """A sentence for each named case that the quote does not hold: delta-v of both and the risk of both, with both bands."""
    on_roads = {row["impact"] for row in results.meta.get("expected", ())}  # their cases are one of many speeds
    every = [case for case in cases(results) if case.impact not in on_roads]
    if not every:
        return []
    quoted = {case.name for case in ([every[0]] if results.meta.get("ledger") else beside(every))}
    return [_sentence(_in_short(case, system)) for case in every if case.name not in quoted]


def _in_short(case: Case, system: str) -> str:
    changes = listed(f"{quantity(case.rows[v]['delta_v'], 'speed', system)} for the {v}" for v in case.rows)
    risks = listed(f"{risk(case, v, first=v == case.worse)} in the {v}" for v in case.rows)
    closing = quantity(case.closing_speed, "speed", system)
    return f"{case.name} ({closing} closing): delta-v {changes}; MAIS3+ by field curves {risks}{', beyond the model' if case.beyond else ''}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


# ---- one case ----------------------------------------------------------------------------------------------------------


def _struck(results: Results, case: Case, system: str) -> str:
    """Delta-v of both, and what the one that takes more of it undergoes."""
    told = [f"the {vehicle_words(results, v, system, case.impact)}" for v in (case.worse, str(case.partner))]
    more, less = (
        with_span(case, v, "delta_v", "speed", system, first=v == case.worse) for v in (case.worse, str(case.partner))
    )
    ratio = case.rows[case.worse]["delta_v"] / case.rows[str(case.partner)]["delta_v"]
    closing = quantity(case.closing_speed, "speed", system)
    return (f"{case.name} ({closing} closing): {told[0]} takes a delta-v of {more}, {ratio:.2f} times that of {told[1]}, {less}; "
            f"{_crushed(results, case, system)}")  # fmt: skip


def _crushed(results: Results, case: Case, system: str) -> str:
    vehicle = case.worse
    if case.beyond:
        return "it is beyond the model, so crush and pulse are not told"
    row = case.rows[vehicle]
    crush = with_span(case, vehicle, "dynamic_crush", "length", system)
    where = "into the room of its occupant" if _sideways(case) else "into the compartment"
    deep = (
        f"{quantity(row['intrusion'], 'length', system)} of it {where}"
        if row["intrusion"] > 0.0
        else "none of it into the compartment"
    )
    olc = (
        f", OLC {with_span(case, vehicle, 'olc', 'acceleration', system)}"
        if case.value(vehicle, "olc") is not None
        else ""
    )
    end = "door" if _sideways(case) else row["end"]
    return f"the {vehicle}'s {end} crushes {crush}, {deep}{olc}{', its structure by judgement (tag J)' if _judged(results, case) else ''}"


def _judged(results: Results, case: Case) -> bool:
    """Whether numbers of the structure that the worse vehicle has there rest on judgement."""
    end = f"vehicles.{case.worse}.{case.rows[case.worse]['end']}."
    return any(path.startswith(end) for path in results.meta["judgement"])


def _risks(results: Results, case: Case, system: str) -> str:
    """Risk of both by field curves, and at which closing speed it is reached."""
    turns = reached.clause(results, case.impact, case.worse, system)
    blind = SIDEWAYS if _sideways(case) else ""
    return (f"the risk of a serious injury (MAIS3+, by field curves over delta-v) is then {risk(case, case.worse)} in the {case.worse} "
            f"and {risk(case, str(case.partner), first=False)} in the {case.partner}{blind}{f'; {turns}' if turns else ''}")  # fmt: skip


# ---- several cases at one speed ----------------------------------------------------------------------------------------


def _compared(results: Results, every: Sequence[Case], system: str) -> Pair:
    """Several cases at one closing speed: other vehicles, other partners, other structures or ways to meet."""
    closing, lead = quantity(every[0].closing_speed, "speed", system), every[0]
    struck = [f"{with_span(c, c.worse, 'delta_v', 'speed', system, first=c is lead)} for {label}, {_pushed_in(c, system)}"
              for c, label in zip(every, _labels(results, every, system), strict=True)]  # fmt: skip
    takes = [f"the {vehicle_words(results, partner, system, of[0].impact)} {_range(of, partner, system)}"
             for partner, of in _by_partner(every).items()]  # fmt: skip
    judged = " (structures by judgement, tag J)" if any(_judged(results, case) for case in every) else ""
    return f"at {closing} closing, delta-v is {'; '.join(struck)}{judged}; {listed(takes)}", _risks_compared(
        results, every, system
    )


def _labels(results: Results, every: Sequence[Case], system: str) -> list[str]:
    """What tells the cases apart: the vehicle, with its mass, where each has another one; else the name of the case."""
    if len({case.worse for case in every}) == len(every):
        return [f"the {vehicle_words(results, case.worse, system, case.impact)}" for case in every]
    return [f"the {case.worse} ({case.name})" for case in every]


def _sideways(case: Case) -> bool:
    return bool(case.rows[case.worse]["end"] == SIDE)


def _by_partner(every: Sequence[Case]) -> dict[str, list[Case]]:
    return {str(case.partner): [c for c in every if c.partner == case.partner] for case in every}


def _range(every: Sequence[Case], vehicle: str, system: str) -> str:
    changes = [float(case.rows[vehicle]["delta_v"]) for case in every]
    return between(min(changes), max(changes), "speed", system)


def _pushed_in(case: Case, system: str) -> str:
    if case.beyond:
        return "intrusion beyond the model"
    deepest = max(("intrusion", "upper_intrusion"), key=lambda name: case.rows[case.worse][name])
    if not case.rows[case.worse][deepest] > 0.0:
        return "no intrusion"
    return f"{with_span(case, case.worse, deepest, 'length', system)} of intrusion{_where(case)}"


def _where(case: Case) -> str:
    """What of a struck side is met."""
    if not _sideways(case):
        return ""
    return " by the door, above the sill" if case.rows[case.worse]["overridden"] else " by door and sill"


def _risks_compared(results: Results, every: Sequence[Case], system: str) -> str:
    """By the dummy where one partner is met in several ways, which field curves over delta-v hardly tell apart; else by those."""
    partners = _by_partner(every)
    seen = len(partners) == 1 and all(c.value(c.worse, DUMMY) is not None for c in every)
    name, words = (
        (DUMMY, "AIS3+ of head or chest, by the dummy") if seen else (FIELD, "MAIS3+, by field curves over delta-v")
    )
    told = "; ".join(_shared(every, name))
    others = _others(partners)
    blind = SIDEWAYS if _sideways(every[0]) else ""
    if seen:
        return (f"the risk of a serious injury ({words}) is then {told}; field curves, which see delta-v alone, say {_over_worse(every)}; "
                f"in {others} by field curves")  # fmt: skip
    turns = reached.clause(results, every[0].impact, every[0].worse, system)
    where = f"; {every[0].impact}: {turns}" if turns else ""
    return f"the risk of a serious injury ({words}) is then {told}{blind}; in {others}{where}"


def _shared(every: Sequence[Case], name: str) -> list[str]:
    """The risk of each case, those that read alike together: ``26 % (...) in the kei (over the sill; with a low beam)``."""
    several = len({case.worse for case in every}) > 1
    alike: dict[str, list[Case]] = {}
    for case in every:
        alike.setdefault(risk(case, case.worse, name, first=False), []).append(case)
    words = [risk(cases[0], cases[0].worse, name, first=cases[0] is every[0]) for cases in alike.values()]
    of = [listed(f"the {c.worse}" if several else f"{c.name}" for c in cases) for cases in alike.values()]
    return [
        f"{value} in {where if several else f'the {every[0].worse} ({where})'}"
        for value, where in zip(words, of, strict=True)
    ]


def _others(partners: Mapping[str, Sequence[Case]]) -> str:
    """The risk of each partner, those that read alike together."""
    alike: dict[str, list[str]] = {}
    for partner, of in partners.items():
        alike.setdefault(_over(of, partner), []).append(f"the {partner}")
    return "; in ".join(f"{listed(names)} {words}" for words, names in alike.items())


def _over(every: Sequence[Case], vehicle: str) -> str:
    return _overall([(case, vehicle) for case in every])


def _over_worse(every: Sequence[Case]) -> str:
    return _overall([(case, case.worse) for case in every])


def _overall(at: Sequence[tuple[Case, str]]) -> str:
    """Field-curve risk over several cases: its range, and the widest ends of both bands."""
    offered = [(case, vehicle) for case, vehicle in at if case.value(vehicle, FIELD) is not None]
    if not offered:
        return "no risk is offered"
    if len(offered) == 1:
        return risk(*offered[0], first=False)
    values = [float(case.rows[vehicle][FIELD]) for case, vehicle in offered]
    low = min(float(case.rows[vehicle][f"{FIELD}_low"]) for case, vehicle in offered)
    high = max(float(case.rows[vehicle][f"{FIELD}_high"]) for case, vehicle in offered)
    spans = [span for case, vehicle in offered if (span := case.span(vehicle, FIELD))]
    drawn = f"; inputs: {chances(min(s[0] for s in spans), max(s[1] for s in spans))}" if spans else ""
    return f"{chances(min(values), max(values))} (curves: {chances(low, high)}{drawn})"


# ---- walls -------------------------------------------------------------------------------------------------------------


def _walls(every: Sequence[Case], system: str) -> Pair:
    speed = quantity(every[0].closing_speed, "speed", system)
    changes = [float(case.rows[case.worse]["delta_v"]) for case in every]
    loads = [f"{with_span(c, c.worse, 'olc', 'acceleration', system, first=c is every[0])} in the {c.worse} with {_pushed_in(c, system)}"
             for c in every]  # fmt: skip
    offered = [c for c in every if c.value(c.worse, DUMMY) is not None]
    told = [f"{risk(c, c.worse, DUMMY, first=c is offered[0])} in the {c.worse}" for c in offered]
    by_dummy = f"{'; '.join(told)} by the dummy (AIS3+ of head or chest); " if told else ""
    return (f"into a rigid wall at {speed} (delta-v {between(min(changes), max(changes), 'speed', system)}) OLC is {'; '.join(loads)}",
            f"the risk of a serious injury is then {by_dummy}{_over_worse(every)} by field curves over delta-v, which cannot tell vehicles "
            "apart in one wall test, and nobody sits in the wall")  # fmt: skip


# ---- what each change does ---------------------------------------------------------------------------------------------


def _changes(results: Results, case: Case, system: str) -> Pair:
    """A study with modifiers: as it is, each alone, all together, in the impact of the leading case."""
    rows = ledger.of_impact(results, case.impact)
    worse, partner = case.worse, str(case.partner)
    own, other = ledger.steps(rows, worse), ledger.steps(rows, partner)
    base, last = own[0], own[-1]
    names = listed(str(row["titles"][0]) for row in ledger.alone(rows, worse))
    start = f"{case.impact} at {quantity(base['closing_speed'], 'speed', system)} closing"
    if last["status"] == ledger.AVOIDED:
        return f"{start}: with {names} the crash is avoided", "then nobody is hurt in it"
    speeds = [quantity(row["delta_v"], "speed", system) for row in (own[0], other[0], own[-1], other[-1])]
    told = [f"the {vehicle_words(results, v, system, case.impact)}" for v in (worse, partner)]
    struck = (f"{start}: {told[0]} takes a delta-v of {speeds[0]} and {told[1]} {speeds[1]} as they are, and {speeds[2]} and {speeds[3]} "
              f"with {names} together, at {quantity(last['closing_speed'], 'speed', system)} closing")  # fmt: skip
    route = DUMMY if base[DUMMY] is not None and last[DUMMY] is not None else FIELD
    alone = listed(
        f"{_step(row, route)} by {row['titles'][0]}" for row in ledger.alone(rows, worse) if row[route] is not None
    )
    field = "" if route == FIELD else f"; by field curves {_step(base, FIELD)} and {_step(last, FIELD)}"
    by = "AIS3+ of head or chest, by the dummy" if route == DUMMY else "MAIS3+, by field curves"
    return struck, (f"the risk of a serious injury ({by}) in the {worse} is {_step(base, route, first=True)} as it is and "
                    f"{_step(last, route)} with all; with one alone {alone}{field}; in the {partner}, by field curves, "
                    f"{_step(other[0], FIELD)} and {_step(other[-1], FIELD)}")  # fmt: skip


def _step(row: Row, name: str, *, first: bool = False) -> str:
    """A risk of the ledger with both bands."""
    if row[name] is None:
        return "not told (beyond the model)"
    of = "functions disagree: " if name == DUMMY else "published curves disagree: "
    low, high = row.get(f"{name}_p05"), row.get(f"{name}_p95")
    drawn = (
        "; inputs not drawn"
        if low is None or high is None
        else f"; {'inputs 5-95 %: ' if first else ''}{chances(low, high)}"
    )
    return f"{percent(row[name])} ({of if first else ''}{chances(row[f'{name}_low'], row[f'{name}_high'])}{drawn})"
