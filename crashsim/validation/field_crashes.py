"""C16: small car against pickup, counted and expected injuries; kei cars at low delta-v; and what a truck's front adds.

The last two set vehicles by their classes against each other, with a driver in lap and shoulder belt and airbag.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim.config import library
from crashsim.risk import RiskCurve
from crashsim.validation.crashes import Meeting, Outcome, outcomes
from crashsim.validation.field import CENTRAL, risk
from crashsim.validation.field_data import arrays, of, small_cars
from crashsim.validation.measured import Record, source
from crashsim.validation.records import AMONG, BAND, DIFFERENCE, PREDICTED, Case, Row

Floats = NDArray[np.float64]

UNWEIGHTED: Final = {"belted": "nass-1997-2008-belted-unweighted", "unbelted": "nass-1997-2008-unbelted-unweighted"}
SHARES: Final = (0.95, 0.07, 28.0)  # delta-v ratio over inverse mass ratio: mean, standard deviation, crashes
DRIVER: Final = {"restraint": "belt-airbag"}
JOINT: Final = "risk1_joint_ais3plus"
METRICS: Final = ("delta_v", JOINT)


# ---- C16 -----------------------------------------------------------------------------------------------------------------


def case(data: Path | None = None) -> Case:
    """Expected and counted MAIS3+ of four groups of drivers; the unweighted curves have the sample's own severity."""
    records = small_cars(data)
    curves = library.risk_curves()
    rows = [Row("C16", "delta-v of the car over that of the pickup, over the inverse ratio of the masses", "ratio", SHARES[0], 1.0,
                PREDICTED)]  # fmt: skip
    for vehicle, belt in (("car", "belted"), ("car", "unbelted"), ("pickup", "belted"), ("pickup", "unbelted")):
        own = of(records, vehicle=vehicle, belt=belt)
        for name, words, basis, judged in (
            (UNWEIGHTED[belt], "unweighted curve of the belt state", AMONG, True),
            (CENTRAL, "Wang 2022, weighted to the nation", PREDICTED, False),
        ):
            rows.append(
                _expected(own, curves[name], f"{belt} drivers of the {vehicle}s with MAIS3+, {words}", basis, judged)
            )
    notes = (
        "Drivers of known belt use, delta-v and injury. The sample is severe by design, so the curve of each belt state that was fitted "
        "to unweighted counts of the same years is the one to compare; these drivers are few of the 21,524 occupants behind it. The band "
        "is 5 to 95 % of the count of as many independent drivers.",
        "Unbelted drivers of the small cars fared far worse than their delta-v says: its partner's mass is in the delta-v, the stiffness "
        "and height of its front are not.",
        f"Delta-v is reconstructed with equal momentum, so its ratio is no independent check ({SHARES[2]:.0f} crashes, standard "
        f"deviation {SHARES[1]:g}).",
        "Wang's curve is weighted to the nation and expects fewer: it describes all crashes of that delta-v, not the investigated ones.",
    )
    return Case(
        "C16",
        "36 crashes of a small car with a pickup",
        source("field-small-cars"),
        tuple(rows),
        notes,
        {"records": records},
    )


def _expected(own: list[Record], curve: RiskCurve, words: str, basis: str, judged: bool) -> Row:
    """Expected number by a curve at the mean delta-v of each class, and what independent drivers would spread about it."""
    drivers, recorded, injured = arrays(own, "drivers", "delta_v", "injured")
    p = risk(curve, recorded)
    low, high = spread(np.repeat(p, drivers.astype(int)))
    return Row("C16", f"{words} (of {drivers.sum():.0f})", "number", float(injured.sum()), float(drivers @ p), basis,
               BAND if judged else DIFFERENCE, low=low, high=high)  # fmt: skip


def spread(p: Floats) -> tuple[float, float]:
    """5 and 95 % of the number of injured among independent drivers with these risks, exactly."""
    chance = np.ones(1)
    for one in p:
        chance = np.convolve(chance, [1.0 - one, one])
    below = np.cumsum(chance)
    return float(np.argmax(below >= 0.05)), float(np.argmax(below >= 0.95))


# ---- kei cars at low delta-v ---------------------------------------------------------------------------------------------

LOW: Final = 28.6 / 3.6  # m/s: mean delta-v of the Japanese sample
CARS: Final = {"kei car": ("kei-car", 900.0), "compact": ("compact", 1250.0), "midsize": ("midsize", 1550.0)}
KEI: Final = (
    "1,379 drivers in frontal crashes with an injury, 264 of them in kei cars, mean delta-v 28.6 ± 15.6 km/h, compared by belt and "
    "airbag: no significant difference of injury severity between kei cars and others.  Source: Safety of the Japanese K-car in a "
    "real-world low-severity frontal collision, Traffic Injury Prevention 16(1):90-94, 2015 (in-depth data of ITARDA, 1993-2010; abstract "
    "read, PubMed 24499113)."
)


def kei_case() -> Case:
    """Odds of a kei car's driver over those of larger cars at the same delta-v, by dummy measures; by delta-v curves they are 1."""
    found = equal_delta_v(LOW)
    rows = []
    for name in list(CARS)[1:]:
        ratio = odds_ratio(found["kei car"], found[name])
        rows.append(Row("kei cars", f"odds of AIS3+ to head or chest at 28.6 km/h, kei car over {name}: by dummy measures", "number",
                        1.0, ratio, PREDICTED))  # fmt: skip
    rows.append(Row("kei cars", "the same by any curve over delta-v", "number", 1.0, 1.0, PREDICTED))
    notes = (
        "Each car meets its equal head-on at the speed that gives this delta-v, driver in lap and shoulder belt with airbag. A curve over "
        "delta-v gives equal risk at equal delta-v by construction, so agreement of the last row shows nothing.",
        f"With 264 and 1,115 drivers, of whom 3 % severely injured (judgement; the abstract gives no share), a ratio below "
        f"{detectable(264, 1115, 0.03):.1f} could not have been told from 1. The sample says nothing of higher delta-v, where the kei car's "
        "compartment decides.",
    )
    return Case("kei cars", "Kei cars at low delta-v in Japan", KEI, tuple(rows), notes, {"found": found})


def equal_delta_v(wanted: float) -> dict[str, Outcome]:
    """Each car of `CARS` into its equal at the speed that gives it a delta-v [m/s]."""
    speed = dict.fromkeys(CARS, wanted)
    for _ in range(3):
        found = outcomes({n: _like(n, v) for n, v in speed.items()}, METRICS, spread=False)
        speed = {n: v * wanted / found[n]["delta_v"].median for n, v in speed.items()}
    return found


def _like(name: str, speed: float) -> Meeting:
    car = _vehicle(*CARS[name])
    return Meeting(car | {"occupant": DRIVER}, 2.0 * speed, car, "head-on")


def detectable(one: float, other: float, share: float) -> float:
    """Smallest ratio of two shares that differs from 1 at two standard errors, both near ``share``."""
    return float(np.exp(2.0 * np.sqrt((1.0 - share) / share * (1.0 / one + 1.0 / other))))


# ---- what a truck's front adds -------------------------------------------------------------------------------------------

CLOSING: Final = 66.0 / 3.6  # m/s as recorded: median of the crashes with one injured driver
HEAVY: Final = 2000.0  # kg, the partner: a large car or a light truck
SETTINGS: Final[Mapping[str, Mapping[str, Any]]] = {
    "full overlap, bumpers level": {},
    "overlap 40 %, bumpers level": {"overlap": "40 %"},
    "overlap 40 %, the truck's bumper 11 cm higher": {"overlap": "40 %", "height_offset": "11 cm"},
}


def truck_factors() -> dict[str, tuple[float, float]]:
    """Odds of MAIS3+ of a car's driver against a pickup over those against a car of its mass: by delta-v, by dummy measures."""
    curve, factor = library.risk_curves()[CENTRAL], library.winsmash().nominal
    meetings = {}
    for words, settings in SETTINGS.items():
        for partner in ("large-sedan", "full-size-pickup"):
            level = {name: value for name, value in settings.items() if name != "height_offset"}
            car = _vehicle("midsize", 1500.0) | {"occupant": DRIVER}
            meetings[f"{words}: {partner}"] = Meeting(
                car,
                CLOSING * factor,
                _vehicle(partner, HEAVY),
                "head-on",
                level if partner == "large-sedan" else settings,
            )
    found = outcomes(meetings, METRICS, spread=False)
    factors = {}
    for words in SETTINGS:
        truck, other = (found[f"{words}: {partner}"] for partner in ("full-size-pickup", "large-sedan"))
        by_delta_v = [risk(curve, np.array([o["delta_v"].median / factor]))[0] for o in (truck, other)]
        factors[words] = (_odds(by_delta_v[0]) / _odds(by_delta_v[1]), odds_ratio(truck, other))
    return factors


def odds_ratio(one: Outcome, other: Outcome) -> float:
    """Odds of AIS3+ to head or chest of two drivers."""
    return _odds(one[JOINT].median) / _odds(other[JOINT].median)


def _odds(p: float) -> float:
    return float(p / (1.0 - p))


def _vehicle(name: str, mass: float) -> dict[str, Any]:
    return {"class": name, "mass": f"{mass:g} kg"}
