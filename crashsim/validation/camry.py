"""C1 and C2: the 2018 Camry into a wall, its pulse and its dummies (NHTSA test 10146)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim.config.driven import load_occupant
from crashsim.config.fits import load_fit
from crashsim.config.reader import read_file
from crashsim.engine.driven import solve as driven
from crashsim.kernels.filters import cfc_filter
from crashsim.rating import rate
from crashsim.results import Pulse
from crashsim.validation import naive
from crashsim.validation.crashes import ONE_SIDED, Meeting, pulses, scaled
from crashsim.validation.measured import CAMRY as RECORD
from crashsim.validation.measured import CAMRY_MASS, CAMRY_SPEED, FOLDER, MeasuredPulse, camry_pulse, source, table
from crashsim.validation.records import AMONG, BAND, DIFFERENCE, FACTOR, FITTED, RELATIVE, Case, Row

Floats = NDArray[np.float64]

OWN: Final[dict[str, Any]] = {"use": "midsize-camry-2018", "mass": f"{CAMRY_MASS:g} kg"}
BY_CLASS: Final[dict[str, Any]] = {
    "class": "midsize",
    "mass": f"{CAMRY_MASS:g} kg",
    "width": "1837 mm",
    "model_year": 2018,
}
STATIC: Final = ["380 mm", "466 mm", "511 mm", "518 mm", "489 mm", "370 mm"]  # C1 to C6
RESTRAINT: Final = "belt-pretensioner-limiter-airbag"
GROUP: Final = "cars"
FORCED: Final = ("peak deceleration", "time of zero velocity", "dynamic crush")
ENDS: Final = {"soft end": -1.0, "stiff end": 1.0}  # 5 and 95 % of the class
TENTH: Final = 0.10
QUANTITIES: Final = {
    "peak deceleration": "acceleration", "time of zero velocity": "time", "dynamic crush": "length",
    "rebound speed at 150 ms": "speed", "delta-v at 150 ms": "speed",
}  # fmt: skip


def refitted(data: Path | None) -> dict[str, Any]:
    """The vehicle that ``crashsim fit`` makes of the record: made anew from a folder of raw signals, or as shipped."""
    if data is None:
        return dict(read_file(FOLDER / "camry-fit.yaml").tree)
    from crashsim.fitting.fit import fit_tests
    from crashsim.fitting.vehicle import vehicle_tree

    record = {"file": str((data / RECORD).resolve()), "channels": ["ax_rear_left_g", "ax_rear_right_g"], "unit": "g",
              "time_unit": "ms"}  # fmt: skip
    test = {"mass": OWN["mass"], "speed": "57.09 km/h", "pulse": record, "crush": STATIC, "source": "NHTSA test 10146"}
    vehicle = {"title": "Toyota Camry 2018, fitted to its wall test", "class": "midsize", "width": BY_CLASS["width"]}
    return vehicle_tree(fit_tests(load_fit({"name": "camry-fit", "vehicle": vehicle, "tests": {"ncap": test}})))


def pulse_case(data: Path | None, refit: Path | None = None) -> Case:
    """C1: the library's curve and one fitted anew, both to this test, and the law of its class with its spread."""
    measured = camry_pulse(data)
    vehicles = {
        "library": OWN,
        "crashsim fit": refitted(refit),
        "class law": BY_CLASS,
        **{end: scaled(BY_CLASS, s * ONE_SIDED) for end, s in ENDS.items()},
    }
    found = {name: _filtered(pulse, measured.time) for name, pulse in pulses(
        {name: Meeting(vehicle, CAMRY_SPEED) for name, vehicle in vehicles.items()}
    ).items()}  # fmt: skip
    guess = _guessed(measured.time)
    rows = [*_rows("library", measured, found["library"], guess), *_rows("crashsim fit", measured, found["crashsim fit"], guess),
            *_rows("class law", measured, found["class law"], guess, [found[end] for end in ENDS])]  # fmt: skip
    return Case("C1", "2018 Toyota Camry, 57 km/h, full-width wall: pulse", source("camry-pulse"), tuple(rows), (
        "One mass sees the pulse of the compartment, not its spikes: the engine's early blow on the wall (678 kN at 35 ms) is not in it.",
    ), {"measured": measured, "naive": guess, **found})  # fmt: skip


def _rows(
    law: str, measured: MeasuredPulse, found: MeasuredPulse, guess: MeasuredPulse, ends: Sequence[MeasuredPulse] = ()
) -> list[Row]:
    """Figures, velocity and scores; judged by 10 %, a class by its band where its spread, one factor on all forces, moves them."""
    basis = AMONG if ends else FITTED
    want, got, naively = (_figures(pulse) for pulse in (measured, found, guess))
    rows = []
    for name, dimension in QUANTITIES.items():
        kind, limit, spread = RELATIVE, TENTH, [nan]
        if ends and name in FORCED:
            kind, limit, spread = BAND, nan, [got[name], *(_figures(end)[name] for end in ends)]
        rows.append(Row("C1", f"{name}, {law}", dimension, want[name], got[name], basis, kind, limit,
                        min(spread), max(spread), naively[name] or nan))  # fmt: skip
    off, naively_off = (float(np.abs(p.velocity - measured.velocity).max()) for p in (found, guess))
    rows.append(Row("C1", f"largest difference of velocity to 150 ms, {law}", "speed", 0.0, off, basis, DIFFERENCE,
                    nan if ends else 1.0, naive=naively_off))  # fmt: skip
    for signal in ("acceleration", "velocity"):
        scores = [rate(getattr(measured, signal), getattr(p, signal)).overall for p in (found, guess)]
        rows.append(Row("C1", f"ISO/TS 18571 score of the {signal}, {law}", "number", 1.0, scores[0], basis, DIFFERENCE,
                        naive=scores[1]))  # fmt: skip
    return rows


def _figures(pulse: MeasuredPulse) -> dict[str, float]:
    travel = pulse.displacement
    return {
        "peak deceleration": float(-pulse.acceleration.min()),
        "time of zero velocity": float(pulse.time[int(np.argmax(travel))]),
        "dynamic crush": float(travel.max()),
        "rebound speed at 150 ms": float(-pulse.velocity[-1]),
        "delta-v at 150 ms": float(pulse.velocity[0] - pulse.velocity[-1]),
    }


def _filtered(pulse: Pulse, time: Floats) -> MeasuredPulse:
    """The vehicle of a computed pulse at the times of the measured one, CFC60."""
    acceleration = cfc_filter(pulse.acceleration[0], float(pulse.time[1] - pulse.time[0]), 60.0)
    return MeasuredPulse(time, *(np.interp(time, pulse.time, row) for row in (acceleration, pulse.velocity[0])))


def _guessed(time: Floats) -> MeasuredPulse:
    velocity = naive.velocity(GROUP, CAMRY_SPEED, time)
    return MeasuredPulse(time, np.where(velocity > 0.0, -naive.dynamic_deceleration(GROUP), 0.0), velocity)


# ---- the dummies -----------------------------------------------------------------------------------------------------

LIMITS: Final = {
    "chest_3ms": ("chest 3 ms", "acceleration", RELATIVE, 0.20),
    "chest_deflection": ("chest deflection", "length", RELATIVE, 0.25),
    "hic15": ("HIC15", "number", FACTOR, 1.6),
}


def occupant_case(data: Path | None) -> Case:
    """C2: both dummies in the modelled restraints, driven by the measured pulse."""
    pulse = camry_pulse(data)
    rows = []
    for seat in table("camry-occupants"):
        found = driven(-pulse.acceleration, float(pulse.time[1]), load_occupant(_seat(seat)).columns)
        rows += [
            Row("C2", f"{words}, {seat['seat']}", dimension, seat[name], float(found[name]), FITTED, kind, limit)
            for name, (words, dimension, kind, limit) in LIMITS.items()
        ]
    title = "2018 Toyota Camry, 57 km/h, full-width wall: dummies driven by the measured pulse"
    return Case("C2", title, source("camry-occupants"), tuple(rows))


def _seat(seat: Mapping[str, Any]) -> dict[str, Any]:
    gaps = {part: {"gap": seat[f"{part}_gap"]} for part in ("airbag", "head_bag", "knee") if f"{part}_gap" in seat}
    return {"restraint": RESTRAINT, "size": seat["size"], "seat_shift": "0 mm", **gaps}
