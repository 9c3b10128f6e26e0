"""The full-width rigid-wall tests of the data folder: which of them count, what was wrong with some, how predictions of them score.

Static crush is the mean over the width, ``(C1/2 + C2 + C3 + C4 + C5 + C6/2) / 5``.  Scores are the mean absolute and the mean
relative error; the naive guess beside them is constant deceleration, ``c = v^2 / (2 a)`` with a the median of the group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import nan
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crashsim.config.classes import vehicle_class
from crashsim.validation.measured import TESTS, Record, read

Floats = NDArray[np.float64]

OLDEST: Final = 1990  # model year
SMALL: Final = 1100.0  # kg
NARROW: Final = 0.9  # of the class's width: a published width below is one of the wrong ones
DOUBTFUL: Final = (
    1.5  # peak deceleration times displacement over v^2, 0.76 to 1.30 in the others: their integration failed
)

MODELS: Final[Mapping[str, tuple[str, ...]]] = {
    "kei-car": ("ALTO",),
    "kei-van": ("VAMOS L",),
    "minicar": ("METRO", "MIRAGE", "ASPIRE", "ECHO"),
    "compact": ("ACCENT", "VERSA", "MEGANE", "CIVIC", "FIESTA", "COOPER", "SONIC", "COROLLA", "ELANTRA", "FORTE"),
    "midsize": ("ACCORD", "SONATA", "CAMRY", "FUSION HYBRID"),
    "large-sedan": ("INTREPID", "TAURUS", "IMPALA", "MODEL S"),
    "suv": ("RAV4", "VUE", "TAHOE", "EXPEDITION", "MODEL Y"),
    "pickup": ("TACOMA", "S-10", "RANGER", "FRONTIER", "DAKOTA", "COLORADO", "GLADIATOR"),
}  # full-size pickups are the others that are pickups

_CRUSH: Final = {
    4677: 0.187
}  # m, without C6 = 16 mm beside C5 = 208 mm, which looks wrong: (C1/2 + C2 + C3 + C4 + C5/2) / 4


@dataclass(frozen=True)
class WallTest:
    """One test, SI: static ``crush`` and, where a third party's integration of the signals is plausible, ``displacement``."""

    number: int
    model: str
    vehicle_class: str
    year: float
    mass: float
    speed: float
    width: float
    crush: float
    displacement: float = nan
    notes: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """The group in which it is scored: ``small cars`` (to 1,100 kg), ``cars``, ``pickups`` or ``kei vans``."""
        if self.vehicle_class == "kei-van":
            return "kei vans"
        if "pickup" in self.vehicle_class:
            return "pickups"
        return "small cars" if self.mass <= SMALL else "cars"


def wall_tests(folder: Path) -> tuple[list[WallTest], dict[int, str]]:
    """The tests of a data folder that count, and for the others the reason why they do not."""
    tests, left_out = [], {}
    for record in read(folder / TESTS):
        number = int(record["test_no"])
        if record["model_year"] < OLDEST:
            left_out[number] = f"model year before {OLDEST}: another generation of structures"
        elif "mass" not in record:
            left_out[number] = "no mass and no speed published"
        else:
            tests.append(_test(number, record))
    return tests, left_out


def _test(number: int, record: Record) -> WallTest:
    model, notes = str(record.get("model", record["make"])), []
    name = next((c for c, models in MODELS.items() if model in models), "full-size-pickup")
    width = record.get("width", nan)
    if not width >= NARROW * vehicle_class(name).width:
        told = f"{width:.3f} m is too narrow" if width > 0 else "none is published"
        width = vehicle_class(name).width
        notes.append(f"width of its class, {width:.3f} m: {told}")
    displacement = record.get("dyn_disp_mm_3rdparty", nan) / 1e3
    if displacement * record.get("peak_g_3rdparty", 0.0) * 9.80665 > DOUBTFUL * record["speed"] ** 2:
        notes.append(f"displacement of {displacement:.3f} m left out: it does not go with the peak deceleration")
        displacement = nan
    if number in _CRUSH:
        notes.append(f"static crush without the last point, {_CRUSH[number]:.3f} m")
    crush = _CRUSH.get(number, float(record["c_avg"]))
    return WallTest(number, model, name, record["model_year"], record["mass"], record["speed"], width, crush,
                    displacement, tuple(notes))  # fmt: skip


def column(tests: Iterable[WallTest], name: str) -> Floats:
    """One number of all tests."""
    return np.array([getattr(test, name) for test in tests], float)


# ---- scores ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Score:
    """Mean absolute and mean relative error of predictions of static crush."""

    size: float
    bias: float


def score(predicted: Floats, measured: Floats) -> Score:
    """How far predictions are from what was measured, relative to it."""
    error = predicted / measured - 1.0
    return Score(float(np.mean(np.abs(error))), float(np.mean(error)))


Prediction = Callable[[Sequence[WallTest], Sequence[WallTest]], Floats]  # from tests to learn from, of tests


def leave_one_out(tests: Sequence[WallTest], predict: Prediction, *, whole_model: bool = False) -> Floats:
    """Prediction of each test from the others; with ``whole_model`` from those of other models."""
    found = np.empty(len(tests))
    keys = [test.model if whole_model else str(test.number) for test in tests]
    for key in dict.fromkeys(keys):
        out = [i for i, k in enumerate(keys) if k == key]
        kept = [test for test, k in zip(tests, keys, strict=True) if k != key]
        found[out] = predict(kept, [tests[i] for i in out])
    return found


def naive(known: Sequence[WallTest], asked: Sequence[WallTest]) -> Floats:
    """Constant deceleration: ``v^2 / (2 a)``, a the median of ``v^2 / (2 c)`` over the known tests of the same group."""

    @cache
    def deceleration(group: str) -> float:
        same = [test for test in known if test.group == group]
        return float(np.median(column(same, "speed") ** 2 / (2.0 * column(same, "crush"))))

    return np.array([test.speed**2 / (2.0 * deceleration(test.group)) for test in asked])
