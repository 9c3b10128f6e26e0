"""A study with fewer points on its grids, for figures and tables that nobody could read with all of them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from crashsim.cases import Impact, NamedCase, Study
from crashsim.engine.manifest import resolved
from crashsim.results import Results
from crashsim.results.selection import matching, picked, with_column


def thinned(study: Study, most: int) -> Study:
    """The study as given with at most about ``most`` points on the grids of all impacts, evenly taken from each axis.

    First and last point of an axis and the points of the named cases always stay.
    """
    kept = _places(study, most)
    by_name = {impact.name: impact for impact in study.impacts}
    named = tuple(_moved(case, by_name[case.impact], kept[case.impact]) for case in study.named_cases)
    impacts = tuple(_shorter(impact, kept[impact.name]) for impact in study.central.impacts)
    return replace(study, impacts=impacts, named_cases=named, sampling=None)


def thinned_results(results: Results, study: Study, most: int) -> Results:
    """Of the results of all points of a study, those of ``thinned(study, most)``, as if that had been computed."""
    rows, cases = [], []
    for impact, kept in zip(study.impacts, _places(study, most).values(), strict=True):
        points = np.ravel_multi_index(np.ix_(*kept), impact.shape).reshape(-1) if kept else np.zeros(1, dtype=int)
        every = matching(results.columns, {}, {"impact": impact.name})
        case = picked(results.columns, every)["case"]
        here = np.isin(case, points)
        rows.append(every[here])
        cases.append(np.searchsorted(points, case[here]))
    few = results.where(np.concatenate(rows))
    return replace(
        few,
        columns=with_column(few.columns, "case", np.concatenate(cases)),
        meta={**few.meta, **resolved(thinned(study, most))},
    )


def _places(study: Study, most: int) -> dict[str, list[np.ndarray]]:
    """By impact and axis, the places that stay."""
    each = max(most // max(len(study.impacts), 1), 2)
    return {
        impact.name: _kept(impact, each, [case.index for case in study.named_cases if case.impact == impact.name])
        for impact in study.impacts
    }


def _shorter(impact: Impact, kept: list[np.ndarray]) -> Impact:
    return replace(impact, axes=tuple(replace(a, values=a.values[k]) for a, k in zip(impact.axes, kept, strict=True)))


def _kept(impact: Impact, most: int, named: list[int]) -> list[np.ndarray]:
    """By axis, the places that stay: the longest axis is thinned until all together are few enough."""
    lengths = list(impact.shape)
    while math.prod(lengths) > most and max(lengths) > 2:
        longest = lengths.index(max(lengths))
        lengths[longest] = max(2, min(lengths[longest] - 1, lengths[longest] * most // math.prod(lengths)))
    at = np.array([np.unravel_index(index, impact.shape) for index in named], dtype=int).reshape(
        len(named), len(lengths)
    )
    return [
        np.union1d(np.linspace(0, whole - 1, few).round().astype(int), at[:, axis])
        for axis, (whole, few) in enumerate(zip(impact.shape, lengths, strict=True))
    ]


def _moved(case: NamedCase, impact: Impact, kept: list[np.ndarray]) -> NamedCase:
    if not impact.axes:
        return case
    at = [int(np.searchsorted(k, i)) for k, i in zip(kept, np.unravel_index(case.index, impact.shape), strict=True)]
    return replace(case, index=int(np.ravel_multi_index(at, [len(k) for k in kept])))
