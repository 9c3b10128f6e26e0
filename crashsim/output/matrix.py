"""Everyone against everyone in words and files: two sentences, findings, every pair as a table, JSON, heat maps, the page."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim import units
from crashsim.config.evidence import GRADES
from crashsim.config.questions.matrix import FIRST, SECOND, MatrixQuestion
from crashsim.engine.manifest import version
from crashsim.engine.matrix import DUMMY, FIELD, Matrix
from crashsim.output.matrix_maps import DISCLAIMER
from crashsim.output.quoted import between, chances, listed
from crashsim.output.words import percent, quantity

TABLE: Final = "pairs.csv"
WIDTH: Final = 100


# ---- sentences ---------------------------------------------------------------------------------------------------------


def answer(found: Matrix, asked: MatrixQuestion, system: str) -> tuple[str, str]:
    """Two sentences on the crash that is told: delta-v of both; risk of both with both bands, and the means over all partners."""
    i, j = found.quote
    own, other = f"the {found.names[i]}", f"the {found.names[j]}"
    first = (f"{crash_words(asked, system, capital=True)}, {own} ({mass(found, i, system)}) takes a delta-v of {delta_v(found, 0, i, j, system)} from "
             f"{other} ({mass(found, j, system)}), which takes {delta_v(found, 1, i, j, system)}; from its own like it would take "
             f"{delta_v(found, 0, i, i, system)}.")  # fmt: skip
    mean = found.mean_risk()
    more = found.who_pays()[i, j]
    pays = f"{_factor(more)} as much" if more >= 1.0 else f"{_factor(1.0 / more)} less"
    as_row = "" if found.mutual else ", each as the one that strikes"
    second = (f"The risk of a serious injury (MAIS3+, field curves over delta-v) is {risk(found, 0, i, j)} in {own} and "
              f"{risk(found, 1, i, j, first=False)} in {other}, so that the {found.names[i]}'s driver pays {pays}; on average over all partners of this list "
              f"(central curve{as_row}) it is {percent(mean[i])} in {own} and {percent(mean[j])} in {other}.")  # fmt: skip
    return first, second


def crash_words(asked: MatrixQuestion, system: str, *, capital: bool = False) -> str:
    """How two of them meet: ``head-on at 25 mph each``."""
    (impact,) = next(iter(asked.pairs.values())).impacts
    speeds = [quantity(impact.numbers.get(f"speed.{who}", 0.0), "speed", system) for who in (FIRST, SECOND)]
    how = (
        f"{impact.type} at {speeds[0]} each"
        if speeds[0] == speeds[1]
        else f"{impact.type} at {speeds[0]} and {speeds[1]}"
    )
    given = asked.typed["crash"]
    more = [
        f"{words} {given[name]}"
        for name, words in (("overlap", "overlap"), ("height_offset", "height offset"))
        if name in given
    ]
    words = ", ".join([how, *more, *(["the row's vehicle strikes the column's"] if impact.type != "head-on" else [])])
    return words[:1].upper() + words[1:] if capital else words


def risk(found: Matrix, role: int, i: int, j: int, name: str = FIELD, *, first: bool = True) -> str:
    """A risk with both bands; ``first`` says in words what they are."""
    value, low, high, p05, p95 = (
        float(found.values[f"{name}{end}"][role, i, j]) for end in ("", "_low", "_high", ".p05", ".p95")
    )
    if not np.isfinite(value):
        return "not told"
    of = "published curves" if name == FIELD else "functions"
    curves = f"{of} disagree: {chances(low, high)}" if first else chances(low, high)
    if not np.isfinite(p05):
        return f"{percent(value)} ({curves}; inputs not drawn)"
    return f"{percent(value)} ({curves}; {'inputs 5-95 %: ' if first else ''}{chances(p05, p95)})"


def delta_v(found: Matrix, role: int, i: int, j: int, system: str) -> str:
    """Delta-v of the row's (role 0) or the column's vehicle, of the row's with what the samples span."""
    value, low, high = (float(found.values[f"delta_v{end}"][role, i, j]) for end in ("", ".p05", ".p95"))
    drawn = (
        f" (inputs 5-95 %: {between(low, high, 'speed', system)})" if role == 0 and i != j and np.isfinite(low) else ""
    )
    return f"{quantity(value, 'speed', system)}{drawn}"


def mass(found: Matrix, i: int, system: str) -> str:
    """Impact mass in words."""
    return units.format_quantity(float(found.mass[i]), "mass", system, 4)


def _factor(value: float) -> str:
    return f"{value:.0f} times" if value >= 9.95 else f"{value:.1f} times"


def findings(found: Matrix, system: str) -> Iterator[str]:
    """What the whole matrix says."""
    n, own = len(found.names), found.values[FIELD][0]
    mean, ratio = found.mean_risk(), found.who_pays()
    order = np.argsort(-mean)
    yield (f"Mean risk of MAIS3+ over all partners (central curve) runs from {percent(mean[order[-1]])} in the {found.names[order[-1]]} to "
           f"{percent(mean[order[0]])} in the {found.names[order[0]]}; its rank correlation with mass is {_rank_correlation(found.mass, mean):.2f}.")  # fmt: skip
    lighter = [(i, j) for i in range(n) for j in range(n) if found.mass[i] < found.mass[j] and np.isfinite(ratio[i, j])]
    worse = sum(bool(ratio[i, j] > 1.0) for i, j in lighter)
    if lighter:
        yield f"The driver of the lighter vehicle has the higher risk by field curves in {worse:,} of {len(lighter):,} crashes of unequal masses."
    i, j = np.unravel_index(int(np.nanargmax(ratio)), ratio.shape)
    yield (f"The most unequal pair is {found.names[i]} and {found.names[j]}: {percent(float(own[i, j]))} against "
           f"{percent(float(found.values[FIELD][1, i, j]))}, {_factor(float(ratio[i, j]))}.")  # fmt: skip
    alike = np.array([own[k, k] for k in range(n)])
    if np.isfinite(alike).any():
        least, most = int(np.nanargmin(alike)), int(np.nanargmax(alike))
        yield (f"Against its own like, risk by field curves is {percent(alike[least])} ({found.names[least]}) to {percent(alike[most])} "
               f"({found.names[most]}): what is left of the difference once masses are equal.")  # fmt: skip
    if (apart := _dummy_range(found)) is not None:
        yield apart
    yield _beyond(found)


def _dummy_range(found: Matrix) -> str | None:
    """What structure and restraint do, which field curves do not see: the dummy of each row against the told partner."""
    partner = found.quote[1]
    against = found.values[DUMMY][0][:, partner]
    if np.count_nonzero(np.isfinite(against)) < 2:
        return None
    best, worst = int(np.nanargmin(against)), int(np.nanargmax(against))
    return (f"By the dummy (AIS3+ of head or chest), which sees pulse, intrusion, belt and bag, the crash with the {found.names[partner]} leaves "
            f"{risk(found, 0, best, partner, DUMMY)} in the {found.names[best]} and {risk(found, 0, worst, partner, DUMMY, first=False)} in the "
            f"{found.names[worst]}.")  # fmt: skip


def _beyond(found: Matrix) -> str:
    count, share = int(found.beyond.sum()), float(np.nanmean(found.shares))
    some = f"{count:,} of {found.beyond.size:,} pairs are" if count else "No pair is"
    samples = f", {percent(share)} of the samples are" if share > 0.0 else ", nor is any sample"
    failed = f"; {found.failed:,} crashes failed" if found.failed else ""
    return f"{some} beyond the model at the inputs as given{samples if found.samples > 1 else ''}{failed}."


def _rank_correlation(x: NDArray[Any], y: NDArray[Any]) -> float:
    """Spearman's coefficient of values without ties that matter."""
    a, b = (np.argsort(np.argsort(values)) - 0.5 * (len(values) - 1) for values in (x, y))
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def outside(found: Matrix) -> list[str]:
    """A word where the told risk lies outside what the samples span: the given inputs are no middle."""
    i, j = found.quote
    value, low, high = (float(found.values[f"{FIELD}{end}"][0, i, j]) for end in ("", ".p05", ".p95"))
    if not np.isfinite(low) or low <= value <= high:
        return []
    return [f"The risk of the inputs as given ({percent(value)}) lies outside 5-95 % of the samples ({chances(low, high)}): they are no middle of what is "
            "drawn (docs/sensitivity.md)."]  # fmt: skip


def told(found: Matrix, asked: MatrixQuestion, system: str) -> str:
    """For a terminal: the two sentences, the findings, notes."""
    lines = [asked.title, ""]
    for sentence in (*answer(found, asked, system), *findings(found, system)):
        lines += textwrap.wrap(f"- {sentence}", WIDTH, subsequent_indent="  ")
    notes = (*outside(found), f"evidence of the fronts: {_grades(found)}", DISCLAIMER)
    return "\n".join(
        [
            *lines,
            "",
            *(line for note in notes for line in textwrap.wrap(f"note: {note}", WIDTH, subsequent_indent="  ")),
        ]
    )


def _grades(found: Matrix) -> str:
    return listed(f"{found.evidence.count(grade)} {grade}" for grade in GRADES if grade in found.evidence)


# ---- numbers -----------------------------------------------------------------------------------------------------------


def records(found: Matrix) -> Iterator[dict[str, Any]]:
    """Every pair as one flat record, SI: the row's vehicle, its partner, and what the crash does to both."""
    for i, vehicle in enumerate(found.names):
        for j, partner in enumerate(found.names):
            both = {f"{who}{name}": _or_none(values[role, i, j])
                    for role, who in enumerate(("", "partner_")) for name, values in found.values.items()}  # fmt: skip
            yield {"vehicle": vehicle, "partner": partner, "mass": float(found.mass[i]), "partner_mass": float(found.mass[j]),
                   "evidence": found.evidence[i], "partner_evidence": found.evidence[j], "beyond_model": bool(found.beyond[i, j]),
                   "beyond_model_share": _or_none(found.shares[i, j]), **both}  # fmt: skip


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def as_json(found: Matrix, asked: MatrixQuestion, system: str) -> str:
    """The sentences, every vehicle, and its crash with the partner that is told, as JSON, SI."""
    mean = found.mean_risk()
    about = [{"name": n, "title": t, "class": c, "evidence": e, "mass": float(m), "mean_risk_mais3plus": _or_none(r)}
             for n, t, c, e, m, r in zip(found.names, found.titles, found.classes, found.evidence, found.mass, mean, strict=True)]  # fmt: skip
    data = {"name": asked.name, "version": version(), "units": "SI", "answer": list(answer(found, asked, system)), "findings": list(findings(found, system)),
            "vehicles": about, "samples": found.samples, "crashes": found.crashes, "failed": found.failed, "curves": list(found.curves),
            "pairs": f"all in {TABLE}", "against": [r for r in records(found) if r["partner"] == found.names[found.quote[1]]],
            "note": DISCLAIMER}  # fmt: skip
    return json.dumps(data, indent=1, ensure_ascii=False)
