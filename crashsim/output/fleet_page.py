"""Everything that `crashsim fleet` writes into its folder, and the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from crashsim.config import library
from crashsim.engine.fleet import MIDDLE, Answer
from crashsim.engine.manifest import version
from crashsim.engine.risks import risk_settings
from crashsim.output import fleet, fleet_figures, fleet_tables
from crashsim.output.basis import basis
from crashsim.output.fleet import DISCLAIMER, about, mean
from crashsim.output.html import write_page
from crashsim.output.page import Basis, Page, Plate
from crashsim.output.words import quantity

TABLE, JSON, TEXT, PAGE = "fleet.csv", "answer.json", "answer.txt", "report.html"
UNSAID: Final = (
    "Whether these buyers would drive the same miles on the same roads in the same way in either car: they are taken to. Whether crashes are avoided by a smaller or slower car, or by braking systems, is not counted.",
    "Pedestrians, cyclists, motorcycles, rollovers, sideswipes and multiple crashes are left out, in both choices alike; so are injuries below MAIS3+.",
    "Risk is that of field curves over delta-v: it knows the masses and little else. A kei car's structure, restraint, doors and seats move nothing here but the rebound; no kei car is in the crashes to which the curves were fitted, and most cars in them are older than those on sale.",
    "Everyone in a vehicle has the risk of its front seat. One line of impact: no angle, no rotation; every angle crash is a front into a side, every fixed object a rigid wall.",
)  # fmt: skip


def write(answer: Answer, folder: Path, system: str, about_it: Mapping[str, Any], command: str) -> None:
    """Text, JSON, table, figures and page; ``about_it``: the manifest, ``command``: how to run it again."""
    (folder / TEXT).write_text(fleet.told(answer, system) + "\n", encoding="utf-8")
    (folder / JSON).write_text(fleet_tables.as_json(answer, system) + "\n", encoding="utf-8")
    fleet_tables.write_csv(answer, folder / TABLE)
    figures = fleet_figures.write(answer, folder / "figures", system)
    write_page(page(answer, system, figures, str(about_it["fingerprint"]), command), folder / PAGE)


def page(answer: Answer, system: str, figures: Mapping[str, Path], fingerprint: str, command: str) -> Page:
    """The page of a fleet."""
    return Page(
        title=answer.fleet.title, question=answer.fleet.question, answer=fleet.quote(answer, system), more=tuple(fleet.further(answer, system)),
        warnings=tuple(_warnings(answer)), plates=_plates(answer, figures), tables=fleet_tables.tables(answer), basis=tuple(_basis(answer, system)),
        unsaid=UNSAID, details={"How it was counted": tuple(_details(answer))}, typed=answer.fleet.source, command=command, version=version(),
        fingerprint=fingerprint,
    )  # fmt: skip


def _plates(answer: Answer, figures: Mapping[str, Path]) -> tuple[Plate, ...]:
    made, cars = DISCLAIMER.capitalize(), about(mean(answer.cars))
    drawn = f"{answer.fleet.samples:,} draws of what is not known"
    bought, other = fleet.words(answer.fleet.buys), fleet.words(answer.fleet.instead_of)
    change = [f"{about(mean(answer.difference(level)))} {words}" for level, words in fleet.INJURED.items()]
    return (
        Plate(figures["people"], f"Expected serious injuries (MAIS3+) and deaths a year in crashes of {cars} cars on the road, {bought} against {other}, people a year. "
              f"Dots: means; thick bars: 5-95 % of {drawn}; thin bars: lowest to highest published risk curve. {made}.",
              f"Dots with two kinds of interval. The difference of both vehicles together is {' and '.join(change)} a year."),
        Plate(figures["where"], f"Expected people per million car-years by posted limit and by whom they met, {bought} (left of each pair) against {other} (right). "
              f"Means over {drawn}. {made}.",
              f"Stacked bars for each class of road; the left bar of each pair, of {bought}, is the taller one in the parts for their own occupants."),
        Plate(figures["drives"], f"Difference a year between {bought} and {other}, people in both vehicles, with one input at a time at 5 and 95 % of its range. {made}.",
              "Horizontal bars, the widest first: " + ", ".join(fleet.label(b, answer) for b in fleet.ordered(answer, "deaths")[:4]) + "."),
    )  # fmt: skip


def _warnings(answer: Answer) -> Iterator[str]:
    judged = [path for path, q in answer.fleet.numbers.items() if q.tag in ("J", "M", "M?")]
    shares = [k.name for k in answer.fleet.kinds if k.closing.tag in ("J", "M", "M?")]
    if judged or shares:
        closing = f", and the closing speeds of {', '.join(shares)}" if shares else ""
        yield f"These exposure numbers rest on judgement (tag J) and decide the counts: {', '.join(judged)}{closing}. Their ranges are drawn; ranges are judgement too."
    for published in answer.fleet.published:
        rate = fleet.MILLION * mean(answer.harms[published.vehicle].drivers)
        if rate > published.deaths[1] or rate < published.deaths[0]:
            yield (f"The model misses published driver deaths: {about(rate)} per million car-years for the {published.vehicle} against {about(published.deaths[0])} to "
                   f"{about(published.deaths[1])} of {published.title}. Read differences and ratios rather than totals.")  # fmt: skip
    yield f"The central curve is entered with a corrected delta-v, drawn between no correction and the largest published factor, most likely at {library.winsmash().nominal:.2f}."
    yield "A struck side has one published curve, of an older fleet; for people whose own door is not met the curve over all directions of impact is read instead (judgement)."


def _details(answer: Answer) -> Iterator[str]:
    yield "People a year = cars on the road x crashes of a car in a year x share of the kind of crash, of the partner and of the road x occupants x risk of one of them, summed; the risk is the mean over the closing speeds of that kind on that road."
    yield "Cars on the road in the last year: sales x (1 - s^years)/(-ln s), s the survival of a year."
    yield "Closing speed = share of the limit x limit^growth x factor: the shares of a kind of crash are a distribution over crashes, entered at 24 points; every crash is computed at 10 speeds with each draw of structures, rebound and delta-v correction, and log-odds of risk are interpolated between."
    yield "Both choices share every draw. The exposure numbers are drawn by a Latin hypercube, what the crashes read by Sobol points."
    yield "Interval over inputs: 5 and 95 % of the draws by the central curves. Interval over curves: the mean over the draws by the lowest and by the highest curve of each loaded end, one curve of an end for both vehicles and both choices. They are never merged."


def _basis(answer: Answer, system: str) -> Iterator[Basis]:
    asked, study = answer.fleet, answer.fleet.studies[answer.fleet.buys]
    settings = risk_settings(study)
    curves = {c for found in answer.harms[asked.buys].by_curve.values() for c in found if c != MIDDLE}
    for path, number in asked.numbers.items():
        yield Basis(path, number.typed, number.tag or "as typed", asked.sources.get(number.source, number.source))
    for kind in asked.kinds:
        yield Basis(
            f"crashes.{kind.name}.closing",
            f"{kind.closing.typed} of the posted limit, at {quantity(asked.at, 'speed', system)}",
            kind.closing.tag or "as typed",
            asked.sources.get(kind.closing.source, kind.closing.source),
        )
    for published in asked.published:
        yield Basis(f"published: {published.title}", f"{about(published.deaths[0])} to {about(published.deaths[1])} driver deaths per million car-years", published.tag or "as typed",
                    asked.sources.get(published.source, published.source))  # fmt: skip
    own = {asked.buys: study.vehicles["buyer"], asked.instead_of: asked.studies[asked.instead_of].vehicles["buyer"]}
    met = {name: study.vehicles[name] for name in asked.partners}
    meta = {
        "vehicles": own | met,
        "risk_curves": {name: {"title": c.title, "population": c.population, "tag": c.tag, "source": c.source}
                        for name, c in library.risk_curves().items() if name in curves},
        "delta_v_correction": {"factor": settings.factor, "source": settings.factor_source},
        "impacts": {"all": {"numbers": [f"vehicles.{name}.mass" for name in own | met] + [f"vehicles.{name}.curb_mass" for name in own | met]}},
    }  # fmt: skip
    yield from basis(meta, system)
