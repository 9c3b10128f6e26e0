"""Everything that `crashsim speed-limit` writes into its folder, and the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from crashsim.config import library
from crashsim.config.questions.speed_limit import CRASH
from crashsim.engine.limits import STEP
from crashsim.engine.manifest import version
from crashsim.engine.risks import risk_settings
from crashsim.engine.speed_limit import FIELD, Found
from crashsim.output import speed_limit, speed_limit_figures, speed_limit_roads, speed_limit_tables, speed_limit_words
from crashsim.output.basis import basis
from crashsim.output.html import write_page
from crashsim.output.page import Basis, Page, Plate
from crashsim.output.speed_limit_words import DISCLAIMER, LEVELS, kept, meaning
from crashsim.output.words import quantity

TABLE, JSON, TEXT, PAGE = "speed_limit.csv", "answer.json", "answer.txt", "report.html"
UNSAID: Final = (
    "How often crashes happen: a risk is that of an occupant in a crash of this kind, given that it happens. Whether a limit saves lives also depends on how many crashes there are, and on whether it is kept.",
    "What a posted limit does to the speed at contact: each crash takes a share of the limit at contact for granted. Most drivers brake, some drive faster; see the roads of crashsim run roads.",
    "Field curves know delta-v only: restraint, overlap and ride height move them through delta-v alone. The dummy sees these, on one seat, in frontal crashes, while the model holds.",
    "No angle, no rotation. That a kei car's safety cell holds beyond its crush space is an assumption. No kei car is in the crashes to which the curves were fitted.",
)  # fmt: skip


def write(found: Found, folder: Path, system: str, about: Mapping[str, Any], command: str) -> None:
    """Text, JSON, table, figures and page; ``about``: the manifest, ``command``: how to run it again."""
    (folder / TEXT).write_text(speed_limit.told(found, system) + "\n", encoding="utf-8")
    (folder / JSON).write_text(speed_limit.as_json(found, system) + "\n", encoding="utf-8")
    speed_limit.write_csv(found, folder / TABLE)
    figures = speed_limit_figures.write(found, folder / "figures", system)
    write_page(page(found, system, figures, str(about["fingerprint"]), command), folder / PAGE)


def page(found: Found, system: str, figures: tuple[Path, Path], fingerprint: str, command: str) -> Page:
    """The page of a speed limit."""
    asked = found.question
    return Page(
        title=asked.title, question=asked.question, answer=speed_limit.quote(found, system), more=tuple(speed_limit.further(found, system)),
        warnings=tuple(_warnings(found, system)), plates=_plates(found, system, *figures), tables=(*speed_limit_tables.tables(found, system), *speed_limit_roads.tables(found, system)),
        basis=tuple(_basis(found, system)), unsaid=UNSAID, details={"How it was found": tuple(_details(found, system))},
        typed=asked.source, command=command, version=version(), fingerprint=fingerprint,
    )  # fmt: skip


def _plates(found: Found, system: str, limits: Path, courses: Path) -> tuple[Plate, Plate]:
    bounds = "; ".join(f"risk of {LEVELS[b.level]} {kept(b, system)}" for b in found.question.bounds)
    drawn = f"{found.samples:,} samples of the inputs" if found.samples else "inputs as given"
    base, about = found.question.settings[0], DISCLAIMER.capitalize()
    return (
        Plate(limits, f"Posted limits up to which a risk stays within a bound ({bounds}), in {len(found.question.settings)} crashes, in "
              f"{_units(system)}. Dots: inputs as given; bars: 5-95 % of {drawn}; ticks: each published curve. {found.crashes:,} crashes. {about}.",
              f"Dots with intervals, a row for each crash. {' '.join(speed_limit.quote(found, system))}"),
        Plate(courses, f"Risk of both occupants against the posted limit, {base.title}, {meaning(base)}, by two routes. Hatched: 5-95 % of "
              f"{drawn}; filled: disagreement of published curves or injury functions. {about}.",
              f"Lines rising from left to right, that of the {base.vehicle} above that of the {base.partner}; "
              "a dashed line marks the bound."),
    )  # fmt: skip


def _units(system: str) -> str:
    return "mph" if system == "us" else "km/h"


def _warnings(found: Found, system: str) -> Iterator[str]:
    base, bound = found.question.settings[0], found.question.bounds[0]
    yield f"A posted limit is read as a speed at contact: {meaning(base)}. Another reading is another answer."
    answer = found.of(base.name, bound.name, FIELD)
    if answer is not None and answer.uncorrected is not None:
        raw = speed_limit_words.speed(answer.uncorrected.posted, found, system)
        factor = risk_settings(base.study).factor
        yield f"The central curve is entered with a corrected delta-v (true over reconstructed: {factor:.2f}); without the correction the limit is {raw}."
    judged = sorted({path.split(".")[1] for path in base.study.judgement if path.startswith("vehicles.")})
    if judged:
        yield f"Numbers that rest on judgement (tag J) decide how hard the fronts of {', '.join(judged)} are; they are swept in the spread of the inputs."
    if again := [a for a in found.answers if a.again > 0.0]:
        most = max(a.again for a in again)
        yield (f"In up to {100 * most:.0f} % of the samples of a setting the risk by the dummy comes back within the bound at a higher speed; "
               "the limit is where it first leaves it.")  # fmt: skip


def _details(found: Found, system: str) -> Iterator[str]:
    yield (f"For every sample and every curve the risk is computed at posted limits from {quantity(STEP, 'speed', system)} in steps of as much, with the "
           "same samples at every speed and for the reference. Where it first leaves the bound the interval is halved with crashes of its own "
           "to 8 mm/s. So a dip narrower than a step can be missed.")  # fmt: skip
    yield "Interval over inputs: 5 and 95 % quantiles of the samples' limits by the central curve. Interval over curves: the lowest and highest limit of any one curve, inputs as given. They are never merged."
    for bound in found.question.bounds:
        if bound.reference:
            yield (f"The {bound.reference} takes the place of the vehicle in each setting, under its own limit. By each curve, and for each sample, its risk is the bound of "
                   "the same curve and sample. A curve over delta-v then asks for equal delta-v: the limits are as the inverse of the partner's share of "
                   "the mass, m2/(m1 + m2), nearly the same by every curve.")  # fmt: skip


def _basis(found: Found, system: str) -> Iterator[Basis]:
    base = found.question.settings[0]
    settings = risk_settings(base.study)
    curves = {name for answer in found.answers for name in answer.curves}
    meta = {
        "vehicles": {name: vehicle for s in reversed(found.question.settings) for name, vehicle in s.study.vehicles.items()},
        "risk_curves": {name: {"title": c.title, "population": c.population, "tag": c.tag, "source": c.source}
                        for name, c in library.risk_curves().items() if name in curves},
        "delta_v_correction": {"factor": settings.factor, "source": settings.factor_source},
        "impacts": {CRASH: {"numbers": base.impact().numbers}},
    }  # fmt: skip
    yield Basis(
        "what a posted limit means",
        meaning(base),
        "J",
        "stated in the file: of_limit, speeds at contact over the posted limit",
    )
    yield from basis(meta, system)
