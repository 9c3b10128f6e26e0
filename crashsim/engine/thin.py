"""A study with fewer points on its grids, for figures and tables that nobody could read with all of them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from crashsim.cases import Impact, NamedCase, Study


def thinned(study: Study, most: int) -> Study:
    """The study as given with at most about ``most`` points on the grids of all impacts, evenly taken from each axis.

    First and last point of an axis and the points of the named cases always stay.
    """
    each = max(most // max(len(study.impacts), 1), 2)
    impacts, named = [], list(study.named_cases)
    for impact in study.central.impacts:
        own = [n for n, case in enumerate(named) if case.impact == impact.name]
        kept = _kept(impact, each, [named[n].index for n in own])
        impacts.append(
            replace(impact, axes=tuple(replace(a, values=a.values[k]) for a, k in zip(impact.axes, kept, strict=True)))
        )
        for n in own:
            named[n] = _moved(named[n], impact, kept)
    return replace(study, impacts=tuple(impacts), named_cases=tuple(named), sampling=None)


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
