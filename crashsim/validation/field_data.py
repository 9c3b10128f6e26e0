"""Field figures: the shipped tables, and how each is reduced from the rows of investigated crashes where a folder has them.

The National Automotive Sampling System (NASS-CDS) investigates a sample in which severe crashes are many: unweighted counts show
shapes, national weights show absolute risk but rest on few effective cases.  Its delta-v is computed from crush (WinSMASH).
An injured driver or occupant here has MAIS 3 or more, or died.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim.validation.measured import Record, columns, read, table

Floats = NDArray[np.float64]

BINS: Final = "nass_frontal_risk_by_deltav_1997_2008.csv"
PAIRS: Final = "nass_front_front_pairs_1997_2008.csv"
SMALL: Final = "nass_smallcar_vs_pickup_1997_2008.csv"
GROUPS: Final = {  # by their name in the raw table
    "belted_all": "belted", "unbelted_all": "unbelted", "belted_airbag_deployed": "belted, airbag fired",
    "belted_age_13_64": "belted, 13 to 64 years", "belted_age_65plus": "belted, 65 years and over",
}  # fmt: skip
BY_BIN: Final = {  # name in the shipped table by name in the raw one
    "dv_lo": "from", "dv_hi": "to", "n": "occupants", "dv_mean": "delta_v", "dv_mean_w": "delta_v_weighted",
    "n_mais2f": "mais2", "n_mais3f": "mais3", "n_fatal": "dead", "p_mais2f_w": "mais2_share", "p_mais3f_w": "mais3_share",
    "p_fatal_w": "dead_share", "n_eff": "effective", "w_sum": "weight",
}  # fmt: skip
SPEEDS: Final = ("from", "to", "delta_v", "delta_v_weighted")  # km/h in the raw table
KMH: Final = 1.0 / 3.6
LAP_AND_SHOULDER, UNBELTED = 4.0, 0.0
RATIOS: Final = (1.0, 1.1, 1.25, 1.5, 1.75, 2.2, 9.0)
CLOSING: Final = (0.0, 30.0, 40.0, 50.0, 60.0, 70.0, 85.0, 100.0, 400.0)  # km/h as recorded
CLASSES: Final = {"car": (0.0, 42.0, 55.0, 200.0), "pickup": (0.0, 25.0, 200.0)}  # km/h as recorded, of delta-v


# ---- risk by delta-v -----------------------------------------------------------------------------------------------------


def bins(data: Path | None) -> list[Record]:
    """Occupants by group and bin of delta-v, from a folder of raw data or as shipped."""
    return reduced_bins(data) if data else table("field-bins")


def reduced_bins(data: Path) -> list[Record]:
    """The raw table under the names of the shipped one, SI."""
    found = []
    for row in read(data / BINS):
        values = {name: float(row[raw]) for raw, name in BY_BIN.items()}
        found.append({"group": GROUPS[row["group"]], **values, **{name: values[name] * KMH for name in SPEEDS}})
    return found


# ---- pairs of cars -----------------------------------------------------------------------------------------------------


def pairs(data: Path | None) -> list[Record]:
    """Front-to-front pairs by mass ratio and closing speed, from a folder of raw data or as shipped."""
    return list(reduced_pairs(data)) if data else table("field-pairs")


def reduced_pairs(data: Path) -> Iterator[Record]:
    """Cells of both drivers belted, and of all drivers: means, pairs, and those with one injured driver, lighter or heavier."""
    light, heavy = sides(read(data / PAIRS))
    closing = light["dvtotal"] + heavy["dvtotal"]
    belted = (light["manuse"] == LAP_AND_SHOULDER) & (heavy["manuse"] == LAP_AND_SHOULDER)
    known = np.isfinite(closing) & np.isfinite(light["injured"] + heavy["injured"])
    ratio = heavy["mass"] / light["mass"]
    for words, among in (("both belted", belted & known), ("all", known)):
        for low, high in pairwise(RATIOS):
            for slow, fast in pairwise(CLOSING):
                own = among & (ratio >= low) & (ratio < high) & (closing >= slow) & (closing < fast)
                if own.any():
                    yield {"drivers": words, "mass_ratio": float(np.exp(np.log(ratio[own]).mean())),
                           "closing_speed": float(closing[own].mean()) * KMH, "pairs": float(own.sum()),
                           **_outcomes(light["injured"][own], heavy["injured"][own])}  # fmt: skip


def _outcomes(light: Floats, heavy: Floats) -> dict[str, float]:
    return {"lighter_only": float(((light == 1) & (heavy == 0)).sum()),
            "heavier_only": float(((heavy == 1) & (light == 0)).sum())}  # fmt: skip


def sides(records: Sequence[Record]) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Columns of the lighter and the heavier vehicle of each pair; unknown values are NaN."""
    first, second = (_vehicle(records, f"_{n}") for n in (1, 2))
    swap = first["mass"] > second["mass"]
    return tuple({name: np.where(swap, b[name], a[name]) for name in a} for a, b in ((first, second), (second, first)))  # type: ignore[return-value]


def _vehicle(records: Sequence[Record], end: str) -> dict[str, Floats]:
    own = {name: column(records, f"{name}{end}") for name in ("mass", "dvtotal", "manuse", "mais", "fatal")}
    return {**own, "injured": injured(own["mais"], own["fatal"])}


def injured(mais: Floats, fatal: Floats) -> Floats:
    """1 with MAIS 3 or more or dead, 0 with less, NaN where the injury is unknown."""
    return np.where((fatal == 1) | (mais >= 3), 1.0, np.where(np.isnan(mais), np.nan, 0.0))


def column(records: Sequence[Record], name: str) -> Floats:
    """Numbers of all records by name, NaN where one is unknown."""
    return np.array([float(record.get(name, np.nan)) for record in records])


# ---- small car against pickup --------------------------------------------------------------------------------------------


def small_cars(data: Path | None) -> list[Record]:
    """Drivers in 36 crashes of a small car with a pickup by belt and class of delta-v, from raw data or as shipped."""
    return list(reduced_small_cars(data)) if data else table("field-small-cars")


def reduced_small_cars(data: Path) -> Iterator[Record]:
    """Drivers with known belt use, delta-v and injury: number, mean delta-v, injured."""
    records = read(data / SMALL)
    for vehicle, ends in CLASSES.items():
        own = {name: column(records, f"{vehicle}_{name}") for name in ("dvtotal", "manuse", "mais", "fatal")}
        hurt = injured(own["mais"], own["fatal"])
        for belt, code in (("belted", LAP_AND_SHOULDER), ("unbelted", UNBELTED)):
            for slow, fast in pairwise(ends):
                here = (own["manuse"] == code) & np.isfinite(hurt) & (own["dvtotal"] >= slow) & (own["dvtotal"] < fast)
                if here.any():
                    yield {"vehicle": vehicle, "belt": belt, "drivers": float(here.sum()),
                           "delta_v": float(own["dvtotal"][here].mean()) * KMH, "injured": float(hurt[here].sum())}  # fmt: skip


def arrays(records: Sequence[Record], *names: str) -> tuple[Floats, ...]:
    """Numbers of some records by name, as arrays."""
    return columns(list(records), *names)


def of(records: Sequence[Record], **wanted: Any) -> list[Record]:
    """The records that have the wanted values."""
    return [record for record in records if all(record[name] == value for name, value in wanted.items())]
