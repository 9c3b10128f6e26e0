"""Who sits in the vehicle: odds ratios of published studies on a population curve, re-centred on the curve's own mix.

A population curve is an average over its people.  If the odds of a group are ``r_g`` times those of the reference group,
the risk of a group is ``expit(logit p + c + ln r_g)`` with the shift ``c`` at which the mix gives the curve back,
``sum_g w_g expit(logit p + c + ln r_g) = p``; without the shift the group would be counted twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crashsim.risk.curves import LEVELS, RiskCurve
from crashsim.risk.fields import TAGS, check_keys, mapping, numbers, one_of, text

Floats = NDArray[np.float64]

AGE, BELT, SEX, FLEET = "age", "belt", "sex", "fleet"
ALL_LEVELS: Final = "all"
_FIELDS: Final = ("title", "odds_ratio", "share", "source", "tag", "share_source", "share_tag")
_BISECTIONS: Final = 60  # halves of the bracket of the shift: to the last bit


@dataclass(frozen=True)
class Contrast:
    """Odds ratios between the groups of a population, and the share of each group in it.

    ``odds_ratio``: by level (or `ALL_LEVELS`), then by group, against a reference group of 1.
    """

    name: str
    title: str
    odds_ratio: Mapping[str, Mapping[str, float]]
    share: Mapping[str, float]
    source: str
    tag: str
    share_source: str
    share_tag: str

    @classmethod
    def from_tree(cls, name: str, tree: Mapping[str, object]) -> Contrast:
        """Contrast from the plain mapping of a data file, every field checked; ValueError for what is wrong."""
        check_keys(tree, _FIELDS, (), name)
        by_level = mapping(tree["odds_ratio"], f"{name}.odds_ratio")
        ratios = {one_of(level, (ALL_LEVELS, *LEVELS), f"{name}.odds_ratio"): numbers(own, f"{name}.odds_ratio.{level}")
                  for level, own in by_level.items()}  # fmt: skip
        share = numbers(tree["share"], f"{name}.share")
        if abs(sum(share.values()) - 1.0) > 1e-9 or min(share.values()) <= 0.0:
            raise ValueError(f"{name}.share: expected shares above 0 that add up to 1")
        if any(own.keys() != share.keys() or min(own.values()) <= 0.0 for own in ratios.values()):
            raise ValueError(f"{name}.odds_ratio: expected a ratio above 0 for each group: {', '.join(share)}")
        words = {key: text(tree[key], f"{name}.{key}") for key in ("title", "source", "share_source")}
        tags = {key: one_of(tree[key], TAGS, f"{name}.{key}") for key in ("tag", "share_tag")}
        return cls(name, odds_ratio=ratios, share=share, **words, **tags)

    def of(self, level: str) -> Mapping[str, float]:
        """Odds ratios of the groups at a level; empty where the source has none."""
        return self.odds_ratio.get(level, self.odds_ratio.get(ALL_LEVELS, {}))


def age_group(years: float, contrast: Contrast) -> str:
    """The group of an age among those of the age contrast, ``13-64`` or ``65+``: the last that begins at or below it."""
    begins = {group: float(group.rstrip("+").split("-")[0]) for group in contrast.share}
    at_or_below = [group for group, first in begins.items() if first <= years]
    return max(at_or_below or begins, key=lambda group: begins[group])


def recentred(risk: ArrayLike, own: float, groups: Iterable[tuple[float, float]]) -> Floats:
    """Risk of a person whose log-odds are ``own`` above the reference, on a curve that is the average of a mix.

    ``groups``: (share, log-odds) of the groups of that mix, the shares adding up to 1.  0, 1 and NaN stay as they are.
    """
    p = np.asarray(risk, float)
    shares, odds = np.array(list(groups), float).T
    inside = (p > 0.0) & (p < 1.0)
    safe = np.where(inside, p, 0.5)
    at = np.log(safe) - np.log1p(-safe)
    low, high = np.full(p.shape, -odds.max()), np.full(p.shape, -odds.min())
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        mean = sum(w * _expit(at + middle + b) for w, b in zip(shares, odds, strict=True))
        above = mean > safe
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return np.where(inside, _expit(at + 0.5 * (low + high) + own), p)


def _expit(z: Floats) -> Floats:
    return np.asarray(np.exp(-np.logaddexp(0.0, -z)))


def applicable(curve: RiskCurve, level: str, person: Mapping[str, str], contrasts: Mapping[str, Contrast]) -> list[str]:
    """The contrasts of a person that a curve does not hold itself (its own age term, its own belt state) and that know the level."""
    held = {AGE} if curve.needs_age else set()
    held |= {BELT} if curve.belt != "any" else set()
    return [name for name in person if name not in held and contrasts[name].of(level)]


def personal(
    curve: RiskCurve, level: str, risk: ArrayLike, person: Mapping[str, str], contrasts: Mapping[str, Contrast]
) -> Floats:
    """Risk that a population curve means for a person: ``person`` has a group for each contrast that is known of them.

    The factors are taken as independent of each other in the population and in their effect (no interaction).
    """
    names = applicable(curve, level, person, contrasts)
    if not names:
        return np.asarray(risk, float)
    tables = [(contrasts[name].share, contrasts[name].of(level)) for name in names]
    own = sum(float(np.log(ratio[person[name]])) for name, (_, ratio) in zip(names, tables, strict=True))
    mix = [
        (float(np.prod([share[g] for g, (share, _) in zip(cell, tables, strict=True)])),
         float(np.sum([np.log(ratio[g]) for g, (_, ratio) in zip(cell, tables, strict=True)])))
        for cell in product(*(share for share, _ in tables))
    ]  # fmt: skip
    return recentred(risk, own, mix)
