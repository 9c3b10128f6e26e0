"""The shipped modern restraint against the two dummies it was fitted to, driven by the measured compartment pulse.

NHTSA Vehicle Crash Test Database, test 10146 (2018 Toyota Camry, US NCAP full-width wall, 57.09 km/h; US Government work,
public domain): driver 50th percentile male, passenger 5th percentile female.  Compartment: mean of the left and right
rear-seat cross-member, CFC60.  docs/occupant.md holds the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from crashsim import restraint
from crashsim.config import library
from crashsim.config.draft import Draft, validated
from crashsim.config.fields import Quantity
from crashsim.config.parts import Model, RestraintModel, SizeModel
from crashsim.kernels.filters import cfc_filter
from crashsim.kernels.hic import HIC15, HIC36, hic
from crashsim.kernels.injury import clip
from crashsim.kernels.occupant import drive

Floats = NDArray[np.float64]

G = 9.80665
DT = 1e-4
DURATION = 0.15  # s
CAMRY = Path(__file__).parents[2] / "shared" / "data" / "nhtsa_v10146_camry2018_ncap_raw10kHz.csv"
RESTRAINT = "belt-pretensioner-limiter-airbag"
CHEST, DEFLECTION, HIC = 0.20, 0.25, 1.6  # what counts as reproduced

pytestmark = pytest.mark.skipif(
    not CAMRY.exists(), reason="the measured Camry test (NHTSA 10146) is not beside the repository"
)


@dataclass(frozen=True)
class Seat:
    """A dummy, the gaps of its seat where not those of the file, and what docs/occupant.md says the model gives."""

    channel: str
    size: str
    gaps: dict[str, float]
    documented: dict[str, float]


DRIVER = Seat("drv", "50m", {}, {
    "chest": 40.5, "deflection": 20.0, "hic15": 141.0, "hic36": 334.0, "head": 40.1, "excursion": 274.0,
})  # fmt: skip
PASSENGER = Seat("pas", "5f", {"seat_shift": 0.0, "airbag.gap": 0.160, "head_bag.gap": 0.165, "knee.gap": 0.090}, {
    "chest": 41.3, "deflection": 20.0, "hic15": 327.0, "hic36": 549.0, "head": 57.6, "excursion": 179.0,
})  # fmt: skip
SEATS = pytest.mark.parametrize("seat", [DRIVER, PASSENGER], ids=["driver", "passenger"])


# ---- the test ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Dummy:
    """Resultant chest and head histories [m/s^2], chest deflection [mm], excursion of the chest [mm]."""

    chest: Floats
    head: Floats
    deflection: float
    excursion: float


@cache
def record() -> NDArray[np.void]:
    return np.genfromtxt(CAMRY, delimiter=",", names=True)


def channel(name: str, cfc: float) -> Floats:
    """A channel from contact on, filtered over the whole record."""
    first = int(np.searchsorted(record()["t_ms"], -1e-6))
    return cfc_filter(record()[name], DT, cfc)[first : first + round(DURATION / DT) + 1]


@cache
def compartment() -> Floats:
    return -0.5 * G * (channel("ax_rear_left_g", 60) + channel("ax_rear_right_g", 60))


@cache
def measured(name: str) -> Dummy:
    """A dummy; its excursion is the second integral of the chest's own axis, good as far as the chest does not turn."""

    def resultant(part: str, cfc: float) -> Floats:
        axes = np.array([channel(f"{name}_{part}_a{i}_g", cfc) for i in "xyz"])
        total: Floats = G * np.sqrt((axes**2).sum(axis=0))
        return total

    speed = np.cumsum(compartment() + G * channel(f"{name}_chest_ax_g", 180)) * DT
    deflection = np.abs(channel(f"{name}_chest_defl_mm", 600)).max()
    return Dummy(resultant("chest", 180), resultant("head", 1000), deflection, (np.cumsum(speed) * DT).max() * 1e3)


# ---- the model ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """Chest and head histories [m/s^2] of the model, and its metrics in the units of docs/occupant.md."""

    chest: Floats
    head: Floats
    metrics: dict[str, float]
    knee_contact: bool
    head_contact: bool


@cache
def shipped(size: str) -> dict[str, float]:
    """The numbers of the restraint and of a dummy, SI, by ``element.field`` or ``field``."""
    interior = validated(RestraintModel, Draft(library.find("restraints", RESTRAINT), ("restraints", "*")))
    body = validated(SizeModel, Draft(library.find("occupants", size), ("occupants", "*")))
    parts = {f"{name}.": part for name, part in interior if isinstance(part, Model)} | {"": body}
    return {
        f"{prefix}{name}": value.si
        for prefix, part in parts.items()
        for name, value in part
        if isinstance(value, Quantity)
    }


def driven(seat: Seat, pulse: Floats, name: str = "", factor: float = 1.0) -> Found:
    """A dummy of the model on a pulse, with one number of its restraint multiplied."""
    numbers = shipped(seat.size) | seat.gaps
    if name:
        numbers[name] *= factor
    columns = restraint.occupant(numbers)
    deflection = columns.pop(restraint.DEFLECTION)
    found = drive(pulse, DT, restraint.whole(columns))
    metrics = {
        "chest": clip(found.torso, DT) / G,
        "deflection": found.belt_force * deflection * 1e3,
        "hic15": hic(found.head, DT, HIC15).value,
        "hic36": hic(found.head, DT, HIC36).value,
        "head": found.head.max() / G,
        "excursion": found.excursion * 1e3,
    }
    return Found(found.torso, found.head, metrics, found.knee_contact, found.head_contact)


# ---- comparison --------------------------------------------------------------------------------------------------------


@SEATS
def test_both_dummies_are_reproduced(seat: Seat) -> None:
    dummy, found = measured(seat.channel), driven(seat, compartment())
    hic15 = hic(dummy.head, DT, HIC15).value
    assert found.metrics["chest"] == pytest.approx(clip(dummy.chest, DT) / G, rel=CHEST)
    assert found.metrics["deflection"] == pytest.approx(dummy.deflection, rel=DEFLECTION)
    assert hic15 / HIC < found.metrics["hic15"] < hic15 * HIC
    assert found.metrics["excursion"] == pytest.approx(dummy.excursion, rel=0.1)
    assert found.knee_contact  # femur loads were measured on both
    assert not found.head_contact


@SEATS
def test_the_table_of_the_docs(seat: Seat) -> None:
    assert driven(seat, compartment()).metrics == pytest.approx(seat.documented, rel=0.01)


@SEATS
def test_the_histories_follow_the_dummies(seat: Seat) -> None:
    """Root mean square from contact to 110 ms: chest 2.7 and 4.4 g, head 4.7 and 3.3 g."""
    dummy, found = measured(seat.channel), driven(seat, compartment())
    for history, own in ((found.chest, dummy.chest), (found.head, dummy.head)):
        assert np.sqrt(np.mean((history - own)[:1101] ** 2)) / G < 5.0


@SEATS
def test_the_window_of_the_dummy_is_all_but_the_worst_of_the_model(seat: Seat) -> None:
    own = hic(measured(seat.channel).head, DT, HIC15)
    found = driven(seat, compartment())
    mean = found.head[round(float(own.start) / DT) : round(float(own.end) / DT)].mean() / G
    assert HIC15 * mean**2.5 > 0.95 * found.metrics["hic15"]


@SEATS
def test_no_single_number_decides(seat: Seat) -> None:
    """Any one number 10 % off: chest within 10 %, HIC15 within 15 %.  (Deflection is proportional to three of them.)"""
    base = driven(seat, compartment()).metrics
    for name in shipped(seat.size):
        for factor in (0.9, 1.1):
            if not name.endswith("mass"):
                found = driven(seat, compartment(), name, factor).metrics
                assert found["chest"] == pytest.approx(base["chest"], rel=0.10), (name, factor)
                assert found["hic15"] == pytest.approx(base["hic15"], rel=0.15), (name, factor)


@pytest.mark.parametrize("stretch", [0.85, 0.93, 1.0, 1.08, 1.15])
def test_a_driver_in_a_softer_or_stiffer_car(stretch: float) -> None:
    """The measured pulse, faster or slower at the same delta-v, gives what is plausible at 56 km/h (judgement)."""
    time = np.arange(round(0.2 / DT)) * DT
    pulse = np.interp(time / stretch, np.arange(compartment().size) * DT, compartment(), right=0.0) / stretch
    found = driven(DRIVER, pulse)
    assert 35.0 < found.metrics["chest"] < 50.0
    assert 100.0 < found.metrics["hic15"] < 400.0
    assert 18.0 < found.metrics["deflection"] < 32.0
    assert not found.head_contact
