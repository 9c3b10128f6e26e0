"""Injury functions: from what a dummy measures to the probability of an injury of one body region.

A function is data (``data/injury_functions/*.yaml``): a body region, the measure that it reads, coefficients by dummy and by
AIS level.  `joint` puts regions together as if their injuries were independent, as US NCAP does.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crashsim.risk.fields import TAGS, check_keys, mapping, numbers, one_of, quantity, text
from crashsim.units import DIMENSIONS, G0

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

AIS: Final = ("AIS1+", "AIS2+", "AIS3+", "AIS4+", "AIS5+", "AIS6")
REGIONS: Final = ("head", "neck", "chest", "femur")
ANY: Final = "any"
DUMMIES: Final = ("50m", "5f")
MEASURES: Final = {  # what a function may read, and its dimension
    "hic15": "number", "hic36": "number", "nij": "number", "cti": "number", "chest_deflection": "length",
    "chest_3ms": "acceleration", "neck_tension": "force", "neck_compression": "force", "femur_force": "force",
}  # fmt: skip
# Chest acceleration [m/s^2] and deflection [m] that each alone make CTI 1 (NHTSA 1999; those of 5f from memory, tag M).
CTI_LIMITS: Final = {"50m": (90.0 * G0, 0.103), "5f": (90.0 * G0, 0.083)}


def logistic(x: Floats, c: Mapping[str, float], age: ArrayLike) -> Floats:
    """``P = 1/(1 + exp(-z))``, ``z = intercept + slope x^exponent + reciprocal/x + age * years``."""
    z = c["intercept"] + c["slope"] * (x ** c["exponent"] if "exponent" in c else x)
    if "reciprocal" in c:
        z = z + c["reciprocal"] / x
    if "age" in c:
        z = z + c["age"] * np.asarray(age, float)
    return np.asarray(1.0 / (1.0 + np.exp(-z)))


def lognormal(x: Floats, c: Mapping[str, float], age: ArrayLike) -> Floats:
    """``P = Phi((ln x - mu)/sigma)``, without age."""
    from scipy.special import ndtr

    return np.asarray(ndtr((np.log(x) - c["mu"]) / c["sigma"]))


class DummyForm(NamedTuple):
    """A shape of injury function: function of (measure, coefficients, age), the coefficients it needs, those it may have."""

    function: Callable[[Floats, Mapping[str, float], ArrayLike], Floats]
    needed: tuple[str, ...]
    optional: tuple[str, ...]
    positive: str


DUMMY_FORMS: Final = {
    "logistic": DummyForm(logistic, ("intercept", "slope"), ("exponent", "reciprocal", "age"), "slope"),
    "lognormal": DummyForm(lognormal, ("mu", "sigma"), (), "sigma"),
}


@dataclass(frozen=True)
class InjuryFunction:
    """Probability of an injury of one region at or above each level, over one measure.

    ``levels``: of a dummy (or of `ANY`), its coefficients by level, lowest first, for the measure in ``unit``;
    ``valid_to`` [SI] is where its range ends.
    """

    name: str
    title: str
    region: str
    measure: str
    unit: str
    form: str
    valid_to: float
    valid_source: str
    valid_tag: str
    tag: str
    source: str
    notes: str
    levels: Mapping[str, Mapping[str, Mapping[str, float]]]

    @classmethod
    def from_tree(cls, tree: Mapping[str, object]) -> InjuryFunction:
        """Function from the plain mapping of a data file, every field checked; ValueError for what is wrong."""
        check_keys(tree, _FIELDS, (), "injury function")
        valid = mapping(tree["valid"], "valid")
        check_keys(valid, ("to", "source", "tag"), (), "valid")
        measure = one_of(tree["measure"], MEASURES, "measure")
        form = one_of(tree["form"], DUMMY_FORMS, "form")
        levels = {
            one_of(dummy, (ANY, *DUMMIES), "levels"): _levels(own, DUMMY_FORMS[form], f"levels.{dummy}")
            for dummy, own in mapping(tree["levels"], "levels").items()
        }
        if not levels:
            raise ValueError("levels: expected at least one dummy")
        return cls(
            name=text(tree["name"], "name"),
            title=text(tree["title"], "title"),
            region=one_of(tree["region"], REGIONS, "region"),
            measure=measure,
            unit=one_of(tree["unit"], DIMENSIONS[MEASURES[measure]], "unit"),
            form=form,
            valid_to=quantity(valid["to"], MEASURES[measure], "valid.to"),
            valid_source=text(valid["source"], "valid.source"),
            valid_tag=one_of(valid["tag"], TAGS, "valid.tag"),
            tag=one_of(tree["tag"], TAGS, "tag"),
            source=text(tree["source"], "source"),
            notes=text(tree["notes"], "notes"),
            levels=levels,
        )

    def of(self, dummy: str) -> Mapping[str, Mapping[str, float]]:
        """Coefficients by level for a dummy; empty where the function is not for it."""
        return self.levels.get(dummy, self.levels.get(ANY, {}))


_FIELDS: Final = ("name", "title", "region", "measure", "unit", "form", "valid", "tag", "source", "notes", "levels")


def _levels(tree: object, form: DummyForm, where: str) -> dict[str, dict[str, float]]:
    found = {one_of(level, AIS, where): numbers(c, f"{where}.{level}") for level, c in mapping(tree, where).items()}
    if not found:
        raise ValueError(f"{where}: expected at least one level")
    for level, coefficients in found.items():
        check_keys(coefficients, form.needed, form.optional, f"{where}.{level}")
        if coefficients[form.positive] <= 0.0:
            raise ValueError(f"{where}.{level}: expected {form.positive} above 0")
    return {level: found[level] for level in AIS if level in found}


# ---- probability -----------------------------------------------------------------------------------------------------


def injury_risk(
    function: InjuryFunction, level: str, value: ArrayLike, *, dummy: str, age: ArrayLike = np.nan
) -> Floats:
    """Probability of an injury at or above ``level`` where the dummy measured ``value`` (SI), broadcast with ``age`` [years].

    Where the levels of a function cross, a higher one is held at the lowest of those below it, ``P(k+1) <= P(k)``.  NaN (not
    measured) stays NaN, and so does an age that is not given where one is needed.

    Raises
    ------
    ValueError
        A dummy or a level that the function is not for, a negative measure.
    """
    levels = function.of(dummy)
    if level not in levels:
        raise ValueError(f"injury function {function.name} has no {level} for the dummy {dummy}")
    x = np.asarray(value, float) / DIMENSIONS[MEASURES[function.measure]][function.unit]
    if np.any(x < 0.0):
        raise ValueError(f"{function.measure}: expected 0 or more")
    form = DUMMY_FORMS[function.form].function
    up_to = [c for name, c in levels.items() if AIS.index(name) <= AIS.index(level)]
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):  # ln 0, 1/0, exp 999: a risk of 0; NaN stays
        return np.asarray(np.minimum.reduce(np.broadcast_arrays(*(form(x, c, age) for c in up_to))))


def combined_thoracic_index(chest_3ms: ArrayLike, chest_deflection: ArrayLike, dummy: str) -> Floats:
    """``CTI = A/A_limit + D/D_limit`` (NHTSA 1999), chest 3 ms [m/s^2] and deflection [m] of a dummy."""
    acceleration, deflection = CTI_LIMITS[dummy]
    return np.asarray(np.asarray(chest_3ms, float) / acceleration + np.asarray(chest_deflection, float) / deflection)


def joint(*risks: ArrayLike) -> Floats:
    """``1 - prod(1 - p)``: probability of at least one injury, injuries of the regions taken as independent."""
    free = [1.0 - np.asarray(p, float) for p in risks]
    return np.asarray(1.0 - np.prod(np.broadcast_arrays(*free), axis=0))


class RegionRisk(NamedTuple):
    """One region at one level: the function in use, the lowest and highest of all that read something that was measured,
    each of these by name, and where the one in use is beyond its range.  ``central`` is NaN where its measure is missing.
    """

    central: Floats
    lower: Floats
    upper: Floats
    members: Mapping[str, Floats]
    extrapolated: Flags


def region_risk(
    functions: Iterable[InjuryFunction],
    central: str,
    level: str,
    measured: Mapping[str, ArrayLike],
    *,
    dummy: str,
    age: ArrayLike,
) -> RegionRisk:
    """Risk of one region by every function of that region that has the level for the dummy and a measure in ``measured``.

    ``central`` names the function in use.  Measures in SI, all of one shape; NaN where a case has none.
    """
    every = [f for f in functions if level in f.of(dummy) and f.measure in measured]
    own = next(f for f in every if f.name == central)
    members = {
        f.name: injury_risk(f, level, measured[f.measure], dummy=dummy, age=age)
        for f in every
        if f.region == own.region
    }
    beyond = np.asarray(measured[own.measure], float) > own.valid_to
    return RegionRisk(
        members[central],
        functools.reduce(np.fmin, members.values()),
        functools.reduce(np.fmax, members.values()),
        members,
        np.asarray(beyond),
    )


# ---- measured dummies ------------------------------------------------------------------------------------------------

NCAP_AGE: Final = 35.0  # years: at this age the chest form is the curve of US NCAP
NCAP_REFERENCE: Final = 0.15  # joint risk that a relative risk of 1 stands for
_NCAP_NECK: Final = {"neck-nij": "nij", "neck-tension": "neck_tension", "neck-compression": "neck_compression"}


class NcapRisk(NamedTuple):
    """Risks of US NCAP's frontal test: head, chest and neck AIS3+, femur AIS2+; all together; the same with nothing measured,
    which is not 0; and the joint risk over that of reference, 15 %.
    """

    head: Floats
    chest: Floats
    neck: Floats
    femur: Floats
    joint: Floats
    floor: float
    relative: Floats


def ncap_risk(functions: Mapping[str, InjuryFunction], measured: Mapping[str, ArrayLike], dummy: str) -> NcapRisk:
    """The functions of US NCAP since model year 2011 (73 FR 40016) for a measured dummy.

    For dummies in a test, not for the modelled occupant, who has no neck loads.  ``measured`` [SI]: ``hic15``,
    ``chest_deflection``, ``femur_force`` (worse leg), ``nij``, ``neck_tension``, ``neck_compression``.
    """
    parts = _ncap(functions, measured, dummy)
    nothing = _ncap(functions, dict.fromkeys(measured, 0.0), dummy)
    together = joint(*parts)
    return NcapRisk(*parts, together, float(joint(*nothing)), np.asarray(together / NCAP_REFERENCE))


def _ncap(
    functions: Mapping[str, InjuryFunction], measured: Mapping[str, ArrayLike], dummy: str
) -> tuple[Floats, Floats, Floats, Floats]:
    def risk(name: str, level: str, measure: str) -> Floats:
        return injury_risk(functions[name], level, measured[measure], dummy=dummy, age=NCAP_AGE)

    neck = [risk(name, "AIS3+", measure) for name, measure in _NCAP_NECK.items()]
    return (
        risk("head-hic15", "AIS3+", "hic15"),
        risk("chest-deflection-age", "AIS3+", "chest_deflection"),
        np.asarray(np.maximum.reduce(np.broadcast_arrays(*neck))),
        risk("femur-2008", "AIS2+", "femur_force"),
    )
