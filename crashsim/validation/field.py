"""C14: share of occupants with MAIS 3 or more by delta-v, against the curves: the published ones and crashsim's own.

The field's delta-v is reconstructed (WinSMASH).  A curve over that quantity is entered with it as recorded; one over the true delta-v
or a closing speed with the corrected one.  Bins from 15 km/h with 30 injured or more are judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crashsim.config import library
from crashsim.risk import RiskCurve, evaluate, select
from crashsim.validation.field_data import GROUPS, bins, of
from crashsim.validation.field_fit import Bins, Fit, bins_of, contrast, fit, left_out
from crashsim.validation.measured import Record, source
from crashsim.validation.records import AMONG, EITHER, FACTOR, LEFT_OUT, PREDICTED, Case, Row

Floats = NDArray[np.float64]

TOLERANCE: Final = 1.5
LOWEST: Final = 15.0 / 3.6  # m/s
INJURED: Final = 30.0
AGE: Final = 39.0  # years, of curves that need one: the mean of the study that has one (Lubbe)
LEVEL: Final = "MAIS3+"
CENTRAL: Final = "wang-2022-frontal"
OWN: Final = {"belted": "nass-1997-2008-belted", "unbelted": "nass-1997-2008-unbelted"}
COMPARED: Final = ("wang-2022-frontal", "wang-2022-all", "malliaris-1997-zero", "malliaris-1997-one-frontal")
UNBELTED: Final = ("unbelted over belted", "unbelted", "belted")
OLDER: Final = ("65 years and over over 13 to 64, belted", "belted, 65 years and over", "belted, 13 to 64 years")
CONTRASTS: Final = (  # level, groups, km/h, odds ratio elsewhere, whose
    ("mais2", *UNBELTED, 30.0, 1.0 / 0.287, "Kusano and Gabler 2012, striking vehicle of rear-end crashes"),
    ("mais3", *OLDER, 40.0, float(np.exp(0.021 * 40.0)), "Lubbe 2022 for 40 years of age between them (judgement)"),
)


def case(data: Path | None = None) -> Case:
    """Every judged bin of the belted by Wang, by the published ensemble, and of both by crashsim's own fits, a bin left out."""
    records = bins(data)
    groups = {group: bins_of(of(records, group=group), "mais3", weighted=True) for group in GROUPS.values()}
    curves = library.risk_curves()
    rows = [*_published(groups["belted"], curves)]
    for belt in OWN:
        rows += _own(groups[belt], belt, curves)
    rows += _counts(groups, curves) + _milder(records, curves) + _contrasts(records)
    notes = (
        "Measured: share with MAIS 3 or more or dead, weighted to the nation, ± two standard errors from the effective number of cases. "
        "The tolerance is a factor of 1.5 either way, or these two standard errors. Above 50 km/h they are wide: 20 to 39 effective cases in a bin of the belted.",
        f"By the factor alone Wang meets {_strict(groups['belted'], curves[CENTRAL])} bins of the belted, crashsim's own curve "
        f"{_strict(groups['belted'], curves[OWN['belted']])}.",
        "Delta-v is that of the sample, reconstructed from crush (WinSMASH). Curves over that quantity are entered with it as it stands; "
        "curves over a closing speed with the corrected one, and once more without correction.",
        "The naive guess is Wang's curve with the delta-v as recorded. The sample is that of 1997-2008, Wang's of 2010-2015: no crash is in both.",
        "Malliaris' curves lie near the unweighted shares of this sample, which hold too many severe crashes; they are the upper edge of "
        "the band and should be read so. An occupant known to be unbelted is not described by curves of all belt states.",
        *_told(records),
    )
    shown = {"groups": groups, "curves": curves, "records": records}
    title = "Risk of MAIS3+ by delta-v in the field, 1997 to 2008"
    return Case("C14", title, source("field-bins"), tuple(rows), notes, shown)


def judged(own: Bins) -> NDArray[np.bool_]:
    """Bins that are judged."""
    return np.asarray((own.low >= LOWEST - 1e-9) & (own.injured >= INJURED))


def risk(curve: RiskCurve, recorded: Floats, *, factor: float = 1.0, level: str = LEVEL) -> Floats:
    """Risk by a curve at a recorded delta-v [m/s].

    ``factor``: true over recorded delta-v.  A curve over the recorded one takes it as it stands, whatever the factor.
    """
    found = evaluate(curve, recorded * factor, 0.0, winsmash_factor=factor, age=AGE)
    return np.asarray(found.probability[found.levels.index(level)])


def ensemble(
    curves: Mapping[str, RiskCurve], recorded: Floats, *, belted: bool, published: bool, factor: float
) -> Floats:
    """Weighted mean of the curves for a driver in a head-on crash; ``published``: without crashsim's own."""
    chosen = [
        c for c in select(curves.values(), direction="front", impact="head-on", belted=belted) if LEVEL in c.levels
    ]
    chosen = [c for c in chosen if not (published and c.name in OWN.values())]
    weights = np.array([c.weight for c in chosen])
    return np.asarray(weights @ np.stack([risk(c, recorded, factor=factor) for c in chosen]) / weights.sum())


def _published(own: Bins, curves: Mapping[str, RiskCurve]) -> list[Row]:
    factor = library.winsmash().nominal
    wang = risk(curves[CENTRAL], own.delta_v)
    mean = ensemble(curves, own.delta_v, belted=True, published=True, factor=factor)
    rows = _rows(own, "belted, Wang 2022", wang, PREDICTED, np.full(len(wang), nan))
    return rows + _rows(own, "belted, mean of the published curves by their weights", mean, PREDICTED, wang)


def _own(own: Bins, belt: str, curves: Mapping[str, RiskCurve]) -> list[Row]:
    return _rows(own, f"{belt}, crashsim's own curve", left_out(own), LEFT_OUT, risk(curves[CENTRAL], own.delta_v))


def _rows(own: Bins, words: str, predicted: Floats, basis: str, naive: Floats) -> list[Row]:
    rows = []
    for i in np.flatnonzero(judged(own)):
        ends = f"{3.6 * own.low[i]:.0f} to {3.6 * own.high[i]:.0f} km/h"
        span = (float(own.share[i] - 2.0 * own.error[i]), float(own.share[i] + 2.0 * own.error[i]))
        rows.append(Row("C14", f"{words}, {ends}", "ratio", float(own.share[i]), float(predicted[i]), basis, kind=EITHER,
                        limit=TOLERANCE, naive=float(naive[i]), span=span))  # fmt: skip
    return rows


def within(own: Bins, predicted: Floats) -> tuple[int, int]:
    """How many of the judged bins a curve meets, and how many there are."""
    rows = _rows(own, "", predicted, PREDICTED, np.full(len(predicted), nan))
    return sum(row.verdict == "within" for row in rows), len(rows)


def _counts(groups: Mapping[str, Bins], curves: Mapping[str, RiskCurve]) -> list[Row]:
    """How many bins other curves and other groups meet: a miss is a miss of a curve that the band holds."""
    factor = library.winsmash().nominal
    belted = groups["belted"]
    found = [(f"belted, {curves[n].title}", risk(curves[n], belted.delta_v), belted, PREDICTED) for n in COMPARED[1:]]
    for f, words in ((factor, "corrected"), (1.0, "not corrected")):
        predicted = risk(curves["lubbe-2022"], belted.delta_v, factor=f)
        found.append((f"belted, {curves['lubbe-2022'].title}, delta-v {words}", predicted, belted, PREDICTED))
    found.append((f"belted, Wang 2022 taken for a curve over the true delta-v ({factor:g} x recorded)",
                  risk(curves[CENTRAL], belted.delta_v * factor), belted, PREDICTED))  # fmt: skip
    for group in ("belted, airbag fired", "belted, 65 years and over", "unbelted"):
        found.append((f"{group}, Wang 2022 (all occupants)", risk(curves[CENTRAL], groups[group].delta_v), groups[group],
                      PREDICTED))  # fmt: skip
    for belt, name in OWN.items():
        found.append(
            (f"{belt}, crashsim's own curve as shipped", risk(curves[name], groups[belt].delta_v), groups[belt], AMONG)
        )
    unbelted = groups["unbelted"]
    mean = ensemble(curves, unbelted.delta_v, belted=False, published=False, factor=factor)
    found.append(("unbelted, mean of all curves by their weights", mean, unbelted, AMONG))
    return [_count(*each) for each in found]


def _count(words: str, predicted: Floats, own: Bins, basis: str) -> Row:
    met, of_all = within(own, predicted)
    return Row("C14", f"bins within tolerance: {words}", "number", of_all, met, basis, limit=0.0)


def _milder(records: Sequence[Record], curves: Mapping[str, RiskCurve]) -> list[Row]:
    own = bins_of(of(records, group="belted"), "mais2", weighted=True)
    named = ((CENTRAL, "Wang 2022", PREDICTED), (OWN["belted"], "crashsim's own curve as shipped", AMONG))
    return [_count(f"belted, MAIS2+, {words}", risk(curves[name], own.delta_v, level="MAIS2+"), own, basis)
            for name, words, basis in named]  # fmt: skip


def _strict(own: Bins, curve: RiskCurve) -> str:
    ratio = risk(curve, own.delta_v)[judged(own)] / own.share[judged(own)]
    return f"{np.sum(np.abs(np.log(ratio)) <= np.log(TOLERANCE))} of {len(ratio)}"


def _contrasts(records: Sequence[Record]) -> list[Row]:
    """Odds ratios of groups that share no case, beside what other studies found."""
    rows = []
    for level, words, one, other, kmh, found, by in CONTRASTS:
        name = {"mais2": "MAIS2+", "mais3": "MAIS3+"}[level]
        ratio, _ = contrast(group_fit(records, one, level), group_fit(records, other, level), kmh / 3.6)
        rows.append(Row("C14", f"odds ratio of {name} at {kmh:g} km/h, {words}; {by}", "number", ratio, found, PREDICTED,
                        kind=FACTOR))  # fmt: skip
    return rows


def group_fit(records: Sequence[Record], group: str, level: str = "mais3") -> Fit:
    """Weighted curve of a group."""
    return fit(bins_of(of(records, group=group), level, weighted=True))


def _told(records: Sequence[Record]) -> list[str]:
    """How the odds of groups differ, by delta-v."""
    told = []
    for words, one, other in (UNBELTED, OLDER):
        first, second = group_fit(records, one), group_fit(records, other)
        each = []
        for kmh in (25.0, 40.0, 60.0):
            ratio, error = contrast(first, second, kmh / 3.6)
            low, high = (ratio * float(np.exp(q * 1.6449 * error)) for q in (-1, 1))
            each.append(f"{ratio:.1f} ({low:.1f} to {high:.1f}) at {kmh:g} km/h")
        told.append(f"Odds ratio of MAIS3+, {words}, with 5 to 95 %: {', '.join(each)}.")
    return told
