"""From delta-v to probability: one curve at every level, and the band in which several curves disagree."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crashsim.risk.curves import DIRECTIONS, FORMS, IMPACTS, LEVELS, Floats, RiskCurve
from crashsim.risk.fields import one_of
from crashsim.units import DIMENSIONS

Flags = NDArray[np.bool_]

BAND_LEVELS = ("MAIS2+", "MAIS3+", "fatal")
CENTRAL = {  # newest fleet, direction-specific, all levels; for a struck side the only one
    "front": "wang-2022-frontal", "rear": "wang-2022-rear", "side": "malliaris-1997-one-side",
}  # fmt: skip


# Where the compartment is pushed in this far a curve over delta-v, which carries intrusion on average only, says too little: limit of
# a good footwell in the IIHS offset test (tag M), and the odds that a light truck as partner adds beyond mass in US front-to-front
# crashes 1997-2008 (data/measured/field-exponents.csv, all drivers, with age in the model; read as those of intrusion: tag J).
INTRUSION = 0.15  # m
INTRUSION_ODDS = {"MAIS3+": 1.78, "fatal": 2.48}


WINSMASH = "delta_v_winsmash"


class CurveRisk(NamedTuple):
    """What one curve says: ``probability``, ``published`` before levels that cross are held (levels, *cases), ``extrapolated``
    (cases).
    """

    levels: tuple[str, ...]
    probability: Floats
    published: Floats
    extrapolated: Flags

    @property
    def clamped(self) -> Flags:
        """Where a level is held at a lower one (levels, *cases)."""
        return np.asarray(self.published > self.probability)


class Member(NamedTuple):
    """One level of one curve, arrays (cases): as in `CurveRisk`."""

    probability: Floats
    published: Floats
    extrapolated: Flags


@dataclass(frozen=True)
class RiskBand:
    """Probability of one injury level by every curve that has it: for each of ``names`` a member and a weight."""

    level: str
    names: tuple[str, ...]
    central_name: str
    members: tuple[Member, ...]
    weights: tuple[float, ...]

    @property
    def probability(self) -> Floats:
        """Of all members (curves, *cases)."""
        return np.stack([member.probability for member in self.members])

    @property
    def extrapolated(self) -> Flags:
        """Where a curve was entered outside its range of validity (curves, *cases)."""
        return np.stack([member.extrapolated for member in self.members])

    @property
    def clamped(self) -> Flags:
        """Where the levels of a curve cross, so that the value is that of a lower one (curves, *cases)."""
        return np.stack([member.published > member.probability for member in self.members])

    @property
    def mean(self) -> Floats:
        """Mean of the curves by their weights, case by case: the ensemble."""
        total = sum(
            w * m.probability for w, m in zip(self.weights, self.members, strict=True)
        )  # one order: the same bits
        return np.asarray(total / sum(self.weights))

    @property
    def lower(self) -> Floats:
        """Lowest curve, case by case."""
        return np.asarray(functools.reduce(np.minimum, (member.probability for member in self.members)))

    @property
    def upper(self) -> Floats:
        """Highest curve, case by case."""
        return np.asarray(functools.reduce(np.maximum, (member.probability for member in self.members)))

    @property
    def central(self) -> Floats:
        """The curve drawn as the line inside the band."""
        return self.members[self.names.index(self.central_name)].probability

    @property
    def central_extrapolated(self) -> Flags:
        """Where the central curve leaves its range: to be greyed."""
        return self.members[self.names.index(self.central_name)].extrapolated


class RiskFamily(NamedTuple):
    """One injury level with the WinSMASH correction, and as published without it."""

    corrected: RiskBand
    uncorrected: RiskBand


def equivalent_closing_speed(delta_v: ArrayLike, restitution: ArrayLike) -> Floats:
    """Closing speed [m/s] at which two equal vehicles would each have this delta-v [m/s]: ``2 dv/(1 + e)``.

    Curves over closing speed come from cars of like mass; entered with the real closing speed they would give the
    light and the heavy vehicle the same risk.
    """
    return np.asarray(2.0 * np.asarray(delta_v, float) / (1.0 + np.asarray(restitution, float)))


def curve_input(kind: str, delta_v: Floats, restitution: Floats, winsmash_factor: Floats) -> Floats:
    """Speed [m/s] to enter a curve with, from the true delta-v [m/s]; `kind` is one of `INPUTS`."""
    if kind == WINSMASH:
        return np.asarray(delta_v / winsmash_factor)
    return equivalent_closing_speed(delta_v, restitution) if kind == "closing_speed" else delta_v


def evaluate(
    curve: RiskCurve,
    delta_v: ArrayLike,
    restitution: ArrayLike,
    *,
    winsmash_factor: ArrayLike,
    age: ArrayLike | None = None,
) -> CurveRisk:
    """Probability of injury at every level of a curve.

    Where published levels cross, a higher one is held at the lowest of those below it, ``P(k+1) <= P(k)``.

    Parameters
    ----------
    curve : RiskCurve
    delta_v : array_like
        True delta-v of the occupant's vehicle [m/s], >= 0. NaN (a failed case) stays NaN and counts as extrapolated.
    restitution : array_like
        Of the impact, 0..1; only closing-speed curves use it.
    winsmash_factor : array_like
        True over reconstructed delta-v, > 0; 1 for no correction.
    age : array_like, optional
        Of the occupant [years]; only some curves need it. All inputs broadcast to the shape of the cases.

    Raises
    ------
    ValueError
        Negative delta-v, a factor that is not positive, no age for a curve that needs one.
    """
    if age is None and curve.needs_age:
        raise ValueError(f"risk curve {curve.name} needs the occupant's age")
    inputs = (delta_v, restitution, winsmash_factor, 0.0 if age is None else age)
    dv, e, factor, years = (np.asarray(value, float) for value in inputs)
    if np.any(dv < 0.0) or not np.all(factor > 0.0):
        raise ValueError("expected delta_v >= 0 and winsmash_factor > 0")
    cases = np.broadcast_shapes(dv.shape, e.shape, factor.shape, years.shape)
    covariates: dict[str, Floats | float] = {**curve.covariates, "age": years}
    form = FORMS[curve.form].function
    published = np.empty((len(curve.levels), *cases))
    with np.errstate(over="ignore", invalid="ignore"):  # absurd speeds have risk 1, failed cases NaN: no warnings
        speed = np.broadcast_to(curve_input(curve.input, dv, e, factor), cases)
        x = speed / DIMENSIONS["speed"][curve.input_unit]
        for k, coefficients in enumerate(curve.levels.values()):
            published[k] = form(x, coefficients, covariates)
    probability = published.copy()
    for k in range(1, len(probability)):
        np.minimum(probability[k - 1], probability[k], out=probability[k, ...])
    extrapolated = ~((speed >= curve.valid_from) & (speed <= curve.valid_to))
    return CurveRisk(tuple(curve.levels), probability, published, np.asarray(extrapolated))


def intruded(level: str, probability: ArrayLike, intrusion: ArrayLike) -> Floats:
    """Risk with the odds of `INTRUSION_ODDS` where the compartment is pushed in by `INTRUSION` [m] or more: a sensitivity.

    Parameters
    ----------
    level : str
        A key of `INTRUSION_ODDS`.
    probability, intrusion : array_like
        Risk by a curve over delta-v, 0..1; largest intrusion [m]. They broadcast.
    """
    p, odds = np.asarray(probability, float), INTRUSION_ODDS[level]
    return np.where(np.asarray(intrusion, float) >= INTRUSION, odds * p / (1.0 + (odds - 1.0) * p), p)


def select(
    curves: Iterable[RiskCurve], *, direction: str, impact: str, belted: bool | None = None
) -> tuple[RiskCurve, ...]:
    """Curves that apply to an occupant whose vehicle is loaded from `direction` in an `impact`, in the order given.

    Those of weight 0 are left out: they are for who asks for them by name.

    The role needs no word: in a rear-end crash the front-loaded vehicle is the striking one. A curve for belted or
    unbelted occupants applies only where `belted` says so; None (unknown) leaves both out.

    Raises
    ------
    ValueError
        A direction or impact that is in no list.
    """
    one_of(direction, DIRECTIONS, "direction")
    one_of(impact, IMPACTS, "impact")
    belts = ("any",) if belted is None else ("any", "belted" if belted else "unbelted")
    return tuple(
        c for c in curves if c.weight and direction in c.directions and impact in c.impacts and c.belt in belts
    )


def family(
    curves: Sequence[RiskCurve],
    delta_v: ArrayLike,
    restitution: ArrayLike,
    *,
    central: str,
    winsmash_factor: ArrayLike,
    age: ArrayLike | None = None,
    levels: Sequence[str] = BAND_LEVELS,
) -> dict[str, RiskFamily]:
    """Bands of disagreement between the curves of several studies, by injury level.

    Parameters as in `evaluate`; `central` names the curve of the line inside the band (`CENTRAL` has the default of
    each direction). A level that no curve has is left out.

    Raises
    ------
    ValueError
        A level outside `LEVELS`; a level without the central curve; and whatever `evaluate` raises.
    """
    for level in levels:
        one_of(level, LEVELS, "level")
    corrected = [evaluate(curve, delta_v, restitution, winsmash_factor=winsmash_factor, age=age) for curve in curves]
    ones = np.ones_like(winsmash_factor, dtype=float)
    uncorrected = [
        evaluate(curve, delta_v, restitution, winsmash_factor=ones, age=age) if curve.input == WINSMASH else risk
        for curve, risk in zip(curves, corrected, strict=True)
    ]
    return {
        level: RiskFamily(_band(level, curves, corrected, central), _band(level, curves, uncorrected, central))
        for level in levels
        if any(level in curve.levels for curve in curves)
    }


def _band(level: str, curves: Sequence[RiskCurve], risks: Sequence[CurveRisk], central: str) -> RiskBand:
    members = {c.name: (r, r.levels.index(level)) for c, r in zip(curves, risks, strict=True) if level in r.levels}
    if central not in members:
        raise ValueError(f"central risk curve {central!r} has no {level}, the curves that do: {', '.join(members)}")
    return RiskBand(
        level,
        tuple(members),
        central,
        tuple(Member(risk.probability[row], risk.published[row], risk.extrapolated) for risk, row in members.values()),
        tuple(curve.weight for curve in curves if curve.name in members),
    )
