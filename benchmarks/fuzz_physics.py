"""Random valid studies, far beyond the vehicles of the library: no number of a good crash may be NaN or infinite.

A study has fixed random vehicles and restraints, and speeds, masses and forces that are drawn widely; all of its samples are
checked when it is read, and refused ones are counted.  Crashes that failed are counted and listed: they say so themselves.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.fuzz import Tally, peak
from crashsim import load_study
from crashsim.cases import Impact, Study
from crashsim.config import library
from crashsim.engine import local
from crashsim.engine.dummies import FEMUR
from crashsim.engine.risks import risk_settings
from crashsim.errors import ConfigError
from crashsim.results import FAILED, OK

Rows = Mapping[str, NDArray[Any]]
Mask = NDArray[np.bool_]

SAMPLES: Final = 512  # crashes of a study
STUDIES: Final = 8  # that a process is given at a time
WALL: Final = "rigid-wall"
ABSENT: Final[Mapping[str, Callable[[Rows], Mask]]] = {  # NaN by definition, where
    FEMUR: lambda rows: rows["knee_force"] == 0.0,  # knees touch nothing
    "time_common_velocity": lambda rows: rows["slid_past"],  # fronts slide past each other at different speeds
}


def parts(first: int, crashes_wanted: int) -> list[range]:
    """Numbers of studies for the processes; the refused ones are made up for by later numbers."""
    studies = -(-crashes_wanted // SAMPLES)
    return [range(i, min(i + STUDIES, first + studies)) for i in range(first, first + studies, STUDIES)]


def crashes(seeds: range) -> Tally:
    """Compute the crashes of random studies: for each number the first study of its row of random ones that is valid."""
    tally = Tally()
    for seed in seeds:
        started = time.process_time()
        study = _valid(seed, tally)
        risk = risk_settings(study)
        for impact in study.impacts:
            _judge(seed, impact, local.rows(impact, 0, impact.count, risk, 1), tally)
        tally.slowest = max(tally.slowest, (time.process_time() - started, f"study {seed}, {SAMPLES} crashes"))
    tally.peak = peak()
    return tally


def _valid(seed: int, tally: Tally) -> Study:
    rng = random.Random(seed)
    while True:
        try:
            return load_study(study(rng))
        except ConfigError:
            tally.counts["studies refused"] += 1


def _judge(seed: int, impact: Impact, rows: Rows, tally: Tally) -> None:
    """Count crashes by status, list the failed, and note what is not finite where the status is ok."""
    first = rows["vehicle"] == rows["vehicle"][0]
    for status, n in zip(*np.unique(rows["status"][first], return_counts=True), strict=True):
        if status != FAILED:
            tally.counts[f"crashes {status}"] += int(n)
    failed = first & (rows["status"] == FAILED)
    over = rows["pulse_duration"] <= local.LONGEST
    for why, which in (("contact not over in 300 ms", failed & ~over), ("energy or momentum not kept", failed & over)):
        if n := int(which.sum()):
            tally.counts[f"crashes failed, {why}"] += n
            cases = ", ".join(map(str, rows["case"][which][:5].tolist())) + ", ..." * (n > 5)
            tally.listed.append(f"study {seed} ({impact.type}): {n} failed, {why}: cases {cases}")
    for vehicle in dict.fromkeys(rows["vehicle"].tolist()):
        good = (rows["vehicle"] == vehicle) & (rows["status"] == OK)
        for name, values in rows.items():
            there = good & ~ABSENT[name](rows) if name in ABSENT else good
            if values.dtype.kind == "f" and (wrong := _not_finite(values[there])).any():
                at = np.flatnonzero(there)[np.argmax(wrong)]
                tally.findings.append(f"study {seed} ({impact.type}): {name} of {vehicle} is {values[at]} in case "
                                      f"{rows['case'][at]}, {wrong.sum()} of {there.sum()}")  # fmt: skip


def _not_finite(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where a number is not finite; a column that is NaN throughout belongs to something that is not there (an occupant, a curve)."""
    if np.isnan(values).all():
        return np.zeros(len(values), dtype=bool)
    return ~np.isfinite(values)


# ---- a random study --------------------------------------------------------------------------------------------------


def study(rng: random.Random) -> dict[str, Any]:
    """A study of one crash, valid or not."""
    kind = rng.choice(["head-on", "head-on", "wall", "rear-end", "side"])
    second = {"use": WALL} if kind == "wall" else _library(rng) if kind in ("rear-end", "side") else _vehicle(rng)
    speeds = {"a": _drawn(rng, 2.0, 60.0, "m/s")}
    if kind != "wall":
        speeds["b"] = "0 m/s" if kind in ("rear-end", "side") and rng.random() < 0.5 else _drawn(rng, 0.5, 30.0, "m/s")
    impact: dict[str, Any] = {
        "type": kind,
        "speed": speeds,
        "restitution": rng.choice(["law", "speed-fit", "speed-fit", 0.02]),
    }
    if kind in ("head-on", "wall") and rng.random() < 0.4:
        impact["overlap"] = f"{rng.randint(20, 100)} %"
    if kind == "head-on" and rng.random() < 0.3:
        impact["height_offset"] = f"{rng.randint(-50, 50)} cm"
    return {
        "name": "random",
        "vehicles": {"a": _vehicle(rng), "b": second},
        "impacts": {kind: impact},
        "risk": {"occupant_age": f"{rng.randint(15, 100)} years", "belted": rng.choice([True, False, "unknown"])},
        "sampling": {"samples": SAMPLES, "seed": rng.randint(0, 10**6), "spreads": []},
    }


def _vehicle(rng: random.Random) -> dict[str, Any]:
    return _library(rng) if rng.random() < 0.4 else _own(rng)


def _library(rng: random.Random) -> dict[str, Any]:
    name = rng.choice([name for name in library.names("vehicles") if name != WALL])
    return {"use": name, "mass": _drawn(rng, 300.0, 20e3, "kg"), **_seated(rng)}


def _own(rng: random.Random) -> dict[str, Any]:
    """A vehicle with a front of any size; what is softer than it may be is refused later."""
    stiffness = 10.0 ** rng.uniform(5.0, 7.5)
    space = rng.uniform(0.05, 2.0)
    plateau = stiffness * space * rng.uniform(0.05, 0.8)
    front = {
        "stiffness": f"{stiffness:.0f} N/m",
        "plateau": _spread(rng, plateau, "N"),
        "plateau_slope": f"{stiffness * rng.uniform(0.02, 0.5):.0f} N/m",
        "crush_space": f"{space:.3f} m",
        "compartment_stiffness": f"{stiffness * rng.uniform(0.5, 10.0):.0f} N/m",
        "unloading_stiffness": f"{stiffness * rng.uniform(10.0, 100.0):.0f} N/m",
        "unloading_soft_share": f"{rng.uniform(0.0, 0.9):.2f}",
        "rate": f"{rng.choice([0.0, rng.uniform(0.0, 0.1)]):.3f} s/m",
    }
    return {"mass": _drawn(rng, 60.0, 60e3, "kg"), "front": front, **_seated(rng)}


def _seated(rng: random.Random) -> dict[str, Any]:
    restraints = [None, *library.names("restraints")]
    restraint = rng.choice(restraints)
    if restraint is None:
        return {"occupant": "none"}
    return {"occupant": {"size": rng.choice(library.names("occupants")), "restraint": restraint}}


def _drawn(rng: random.Random, low: float, high: float, unit: str) -> object:
    """A number between two ends, in half of the cases drawn between two of its own."""
    ends = sorted(low * (high / low) ** rng.random() for _ in range(2))
    return f"{ends[0]:.4g} {unit}" if rng.random() < 0.3 else _uniform(ends[0], ends[1], unit)


def _spread(rng: random.Random, about: float, unit: str) -> object:
    return _uniform(about * rng.uniform(0.7, 1.0), about * rng.uniform(1.0, 1.3), unit)


def _uniform(low: float, high: float, unit: str) -> dict[str, Any]:
    return {"uniform": {"from": f"{low:.6g} {unit}", "to": f"{1.001 * high:.6g} {unit}"}, "tag": "J"}
