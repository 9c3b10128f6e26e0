"""What moves inside a vehicle and what holds it: from the numbers of a file to the columns that the kernel reads.

A file gives ratios and shares (belt stiffness per mass, unloading over loading stiffness, moving share of the occupant),
the kernel reads forces, stiffnesses and masses under the names of ``kernels.columns.VEHICLE``.  Every number is a float
or an array of cases; what is not swept stays a float.  Absent elements and bodies have no column here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crashsim.kernels.columns import ABSENT, VEHICLE

Column = NDArray[np.float64] | float
Columns = dict[str, Column]

DEFLECTION: Final = "chest_deflection_per_belt_force"  # [m/N], beside the kernel's columns: a metric needs it
BODIES: Final = ("engine", "torso", "head")
LAWS: Final = (
    "engine",
    "firewall",
    "belt",
    "airbag",
    "knee",
    "head_bag",
    "head_contact",
)  # elements with a loading law

CONTACTS: Final = ("airbag", "knee", "head_bag", "head_contact")  # elements that a gap parts from the occupant


def engine(numbers: Mapping[str, Column]) -> Columns:
    """Columns of an engine from its numbers ``mass, gap, stiffness, unloading, firewall_..., mount_...``; SI."""
    return {name if name in ABSENT else f"engine_{name}": value for name, value in numbers.items()}


def occupant(numbers: Mapping[str, Column]) -> Columns:
    """Columns of an occupant and its restraint from numbers such as ``mass``, ``belt.slack`` and ``knee.gap``; SI.

    A ``seat_shift`` is added to every gap.  The moving mass is ``moving_share x mass``, the head part of it.  A ``belt.specific_stiffness`` is multiplied by the
    moving mass.  Beside the kernel's columns there is ``DEFLECTION``: chest deflection per belt force, the file's deflection
    per shoulder force over its belt force per shoulder force (NaN without a belt).
    """
    moving = numbers["moving_share"] * numbers["mass"]
    found: Columns = {
        "torso_mass": moving - numbers["head_mass"],
        "head_mass": numbers["head_mass"],
        "neck_stiffness": numbers["neck.stiffness"],
        "neck_damping": numbers["neck.damping"],
        DEFLECTION: np.nan,
    }
    for element in CONTACTS:
        if f"{element}.gap" in numbers:
            found |= _law(numbers, element, "gap", numbers[f"{element}.stiffness"])
            found[f"{element}_gap"] = numbers[f"{element}.gap"] + numbers.get("seat_shift", 0.0)
    for element in ("airbag", "head_bag"):
        if f"{element}.damping" in numbers:
            found[f"{element}_damping"] = numbers[f"{element}.damping"]
    if "airbag.gap" in numbers:
        found |= {"airbag_fire": numbers["airbag.fire_time"], "airbag_full": numbers["airbag.full_time"]}
    if "belt.slack" in numbers:
        found |= _belt(numbers, moving)
    if "pretensioner.stroke" in numbers:
        parts = {"time": "fire_time", "duration": "duration", "stroke": "stroke", "force": "force"}
        found |= {f"pretensioner_{name}": numbers[f"pretensioner.{field}"] for name, field in parts.items()}
    return found


def _belt(numbers: Mapping[str, Column], moving: Column) -> Columns:
    own = numbers.get("belt.stiffness")
    stiffness = numbers["belt.specific_stiffness"] * moving if own is None else own
    deflection = numbers["belt.deflection_per_shoulder_force"] / numbers["belt.force_per_shoulder_force"]
    return _law(numbers, "belt", "slack", stiffness) | {DEFLECTION: deflection}


def _law(numbers: Mapping[str, Column], element: str, gap: str, stiffness: Column) -> Columns:
    """The columns of one loading law; without a limit the force has none."""
    return {
        f"{element}_{gap}": numbers[f"{element}.{gap}"],
        f"{element}_stiffness": stiffness,
        f"{element}_limit": numbers.get(f"{element}.limit", np.inf),
        f"{element}_unloading": numbers[f"{element}.unloading_ratio"] * stiffness,
    }


def whole(columns: Mapping[str, Column]) -> Columns:
    """The columns of a vehicle's engine and occupant with those of absent elements, in the order of the kernel."""
    return {name: columns.get(name, ABSENT[name]) for name in VEHICLE if name in ABSENT}


def faults(columns: Mapping[str, Column], mass: Column = np.inf) -> list[tuple[str, NDArray[np.bool_], str]]:
    """What is wrong with an engine and an occupant: (column, where over the cases, what was expected); empty if nothing.

    ``mass``: that of the vehicle [kg], which has to leave something for the compartment (column ``mass``).
    """
    values = {name: np.asarray(column, float) for name, column in whole(columns).items()}
    found: list[tuple[str, NDArray[np.bool_], str]] = []

    def note(column: str, wrong: NDArray[np.bool_], expected: str) -> None:
        if np.any(wrong):
            found.append((column, np.atleast_1d(wrong), expected))

    for name, value in values.items():
        note(name, ~(value >= 0.0), "zero or more")  # gaps, masses, stiffnesses, times: nothing is negative or NaN
    for element in LAWS:
        k, ku = values[f"{element}_stiffness"], values[f"{element}_unloading"]
        note(f"{element}_unloading", ku < k, "at least the stiffness of loading")
    note("airbag_full", values["airbag_full"] <= values["airbag_fire"], "a time after the airbag fires")
    has_occupant = "head_mass" in columns
    note("torso_mass", ~(values["torso_mass"] > 0.0) & has_occupant, "a moving mass above that of the head")
    moving = sum(values[f"{body}_mass"] for body in BODIES)
    note("mass", ~(moving < np.asarray(mass, float)), "more than the engine and the moving part of the occupant")
    return found
