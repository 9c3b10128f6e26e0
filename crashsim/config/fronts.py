"""The front of a library vehicle outside any study: its structure and mass in SI, as a study would resolve them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from crashsim.cases import build
from crashsim.classes import Tape
from crashsim.config import library
from crashsim.config.classes import vehicle_class
from crashsim.config.evidence import library_vehicle, own_law
from crashsim.config.study import load_study
from crashsim.errors import LibraryError
from crashsim.structure import Structure

# Of a vehicle without a class: residual over dynamic crush of 26 full-width NHTSA wall tests (median 0.65, quartiles 0.54, 0.75).
GENERAL_TAPE: Final = Tape(0.65, 0.0, 1.29)


@dataclass(frozen=True)
class Front:
    """The front of a vehicle.

    Attributes
    ----------
    vehicle : str
        Its name in the library.
    structure : Structure
        Without an axis of cases.
    mass : float
        With occupants and cargo [kg].
    width, bumper_height : float
        Width, and height of the middle of the bumper beam over ground [m]; NaN where unknown.
    evidence : str
        Its grade: measured, class or judgement.
    tape : Tape
        What a tape finds of a dynamic crush, by its class.
    spread : float
        Geometric standard deviation of the forces of its class; 1 where the front has a law of its own.
    """

    vehicle: str
    structure: Structure
    mass: float
    width: float
    bumper_height: float
    evidence: str
    tape: Tape
    spread: float


def library_front(name: str) -> Front:
    """The front of a vehicle of the library; raises LibraryError for an unknown name and for a rigid wall."""
    if library.find("vehicles", name).tree.get("rigid"):
        raise LibraryError(f"{name} is rigid: it has no front that is crushed")
    study = load_study({
        "name": "front",
        "vehicles": {"vehicle": {"use": name}, "wall": {"use": "rigid-wall"}},
        "impacts": {"wall": {"type": "wall", "between": ["vehicle", "wall"], "speed": {"vehicle": "56 km/h"}}},
        "sampling": {"samples": 1},
    })  # fmt: skip
    cases = build(study.impacts[0].central)
    one = Structure(**{field: np.asarray(values[0]) for field, values in vars(cases.structures[0]).items()})
    vehicle = study.vehicles["vehicle"]
    beam = [vehicle["front"].get(edge, {}).get("si", np.nan) for edge in ("bumper_bottom", "bumper_top")]
    width = vehicle.get("width", {}).get("si", np.nan)
    mass = float(cases.mass[0, 0])
    return Front(name, one, mass, width, float(np.mean(beam)), vehicle["evidence"], *_of_class(name))


def _of_class(name: str) -> tuple[Tape, float]:
    """Tape and spread of forces of a vehicle by its class."""
    model = library_vehicle(name)
    if model.vehicle_class not in library.names("classes"):
        return GENERAL_TAPE, 1.0
    one = vehicle_class(model.vehicle_class)
    return one.tape, 1.0 if own_law(model) else one.front.spread
