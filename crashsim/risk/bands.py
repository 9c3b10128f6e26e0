"""From delta-v to probability: one curve at every level, and the band in which several curves disagree."""

from __future__ import annotations

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


class CurveRisk(NamedTuple):
    """What one curve says: ``probability`` and ``clamped`` (levels, *cases), ``extrapolated`` (cases)."""

    levels: tuple[str, ...]
    probability: Floats
    extrapolated: Flags
    clamped: Flags


@dataclass(frozen=True)
class RiskBand:
    """Probability of one injury level by every curve that has it; arrays are (curves, *cases), rows and
    ``weights`` as in ``names``.

    ``extrapolated``: the curve was entered outside its range of validity. ``clamped``: its levels cross there, so the
    value is that of a lower level.
    """

    level: str
    names: tuple[str, ...]
    central_name: str
    probability: Floats
    extrapolated: Flags
    clamped: Flags
    weights: tuple[float, ...]

    @property
    def mean(self) -> Floats:
        """Mean of the curves by their weights, case by case: the ensemble."""
        total = sum(w * p for w, p in zip(self.weights, self.probability, strict=True))  # one order: the same bits
        return np.asarray(total / sum(self.weights))

    @property
    def lower(self) -> Floats:
        """Lowest curve, case by case."""
        return np.asarray(self.probability.min(axis=0))

    @property
    def upper(self) -> Floats:
        """Highest curve, case by case."""
        return np.asarray(self.probability.max(axis=0))

    @property
    def central(self) -> Floats:
        """The curve drawn as the line inside the band."""
        return np.asarray(self.probability[self.names.index(self.central_name)])

    @property
    def central_extrapolated(self) -> Flags:
        """Where the central curve leaves its range: to be greyed."""
        return np.asarray(self.extrapolated[self.names.index(self.central_name)])


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
    if kind == "delta_v_winsmash":
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
    dv, e, factor, years = np.broadcast_arrays(*(np.asarray(value, float) for value in inputs))
    if np.any(dv < 0.0) or not np.all(factor > 0.0):
        raise ValueError("expected delta_v >= 0 and winsmash_factor > 0")
    covariates: dict[str, Floats | float] = {**curve.covariates, "age": years}
    form = FORMS[curve.form].function
    with np.errstate(over="ignore", invalid="ignore"):  # absurd speeds have risk 1, failed cases NaN: no warnings
        speed = curve_input(curve.input, dv, e, factor)
        x = speed / DIMENSIONS["speed"][curve.input_unit]
        raw = np.stack([form(x, coefficients, covariates) for coefficients in curve.levels.values()])
    probability = np.minimum.accumulate(raw, axis=0)
    extrapolated = ~((speed >= curve.valid_from) & (speed <= curve.valid_to))
    return CurveRisk(tuple(curve.levels), probability, np.asarray(extrapolated), raw > probability)


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
    corrected, uncorrected = (
        [evaluate(curve, delta_v, restitution, winsmash_factor=factor, age=age) for curve in curves]
        for factor in (winsmash_factor, np.ones_like(winsmash_factor, dtype=float))
    )
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
        np.stack([risk.probability[row] for risk, row in members.values()]),
        np.stack([risk.extrapolated for risk, _ in members.values()]),
        np.stack([risk.clamped[row] for risk, row in members.values()]),
        tuple(curve.weight for curve in curves if curve.name in members),
    )
