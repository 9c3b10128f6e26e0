"""A crash to be reconstructed as plain SI numbers, and what they give: every number a float, or an array over samples.

``config`` reads a file into a `Scene`; the engine draws its random numbers and asks `solve`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim import reconstruction
from crashsim.reconstruction import HEAD_ON, REAR_END, WALL, Damage, Stiffness
from crashsim.sampling import Random, Sampling

Floats = NDArray[np.float64]
Numbers = Mapping[str, Floats | float]

TESTS, LINE, GIVEN = "tests", "line", "given"  # where A and B of a vehicle come from

OF_CRASH: Final = {
    "closing_speed": ("closing speed", "speed"),
    "closing_speed_by_slides": ("closing speed by the slides", "speed"),
    "restitution": ("restitution", "number"),
    "force_ratio": ("force of first over second", "number"),
}
OF_VEHICLE: Final = {
    "delta_v": ("delta-v", "speed"),
    "delta_v_plastic": ("delta-v without restitution", "speed"),
    "impact_speed": ("speed at impact", "speed"),
    "initial_speed": ("speed before braking", "speed"),
    "ees": ("EES", "speed"),
    "barrier_speed": ("barrier equivalent speed", "speed"),
    "absorbed_energy": ("energy absorbed", "energy"),
    "dissipated_energy": ("energy dissipated", "energy"),
    "crush_force": ("force at greatest crush", "force"),
    "mean_crush": ("mean crush", "length"),
    "A": ("A", "stiffness"),
    "B": ("B", "stiffness_per_width"),
    "G": ("G", "force"),
    "b0": ("b0", "speed"),
    "b1": ("b1", "rate"),
}


@dataclass(frozen=True)
class Given:
    """A number as it was given: where it stands, its text, SI value, source and tag."""

    path: str
    typed: str
    si: float
    dimension: str
    source: str
    tag: str
    random: bool


@dataclass(frozen=True)
class Scene:
    """A validated reconstruction in SI: one vehicle and a wall, or two vehicles.

    ``numbers``: by path, the medians of the random ones.  ``recipes``: where A and B of each vehicle come from (`TESTS`, `LINE`,
    `GIVEN`).  ``sources``: short keys of citations.  ``notes``: what a reader must know.
    """

    name: str
    title: str
    question: str
    type: str
    vehicles: tuple[str, ...]
    recipes: Mapping[str, str]
    numbers: Mapping[str, float]
    given: tuple[Given, ...]
    sources: Mapping[str, str]
    notes: tuple[str, ...]
    units: str
    random: tuple[Random, ...] = ()
    sampling: Sampling | None = None

    def profile(self, vehicle: str) -> Floats:
        """The residual crush of a vehicle as measured, C1 first [m]."""
        return np.asarray(_listed(self.numbers, f"vehicles.{vehicle}.crush."), float)


def solve(scene: Scene, numbers: Numbers) -> dict[str, Floats]:
    """All that the damage says, by name: ``closing_speed`` and the others of `OF_CRASH`, ``VEHICLE.delta_v`` and the others of
    `OF_VEHICLE`; what the file gives no ground for is left out.

    ``numbers``: those of the scene, or arrays of samples in their place.
    """
    damages = {v: _damage(scene, numbers, v) for v in scene.vehicles}
    outcome = reconstruction.reconstruct(list(damages.values()), numbers.get("restitution"))
    found: dict[str, Any] = {"closing_speed": outcome.closing_speed, "restitution": outcome.restitution}
    if len(damages) == 2:
        found["force_ratio"] = outcome.crush_force[0] / outcome.crush_force[1]
    for i, (vehicle, damage) in enumerate(damages.items()):
        own = {name: values[i] for name, values in vars(outcome).items() if isinstance(values, tuple)}
        own |= _of_stiffness(damage) | _of_slides(scene, numbers, vehicle, own["delta_v"])
        found |= {f"{vehicle}.{name}": own[name] for name in OF_VEHICLE if name in own}
    return {name: np.asarray(value, float) for name, value in (found | _both_slides(scene, found)).items()}


def _damage(scene: Scene, numbers: Numbers, vehicle: str) -> Damage:
    """A station that an offset would make negative is 0: nothing is crushed there."""
    prefix = f"vehicles.{vehicle}."
    return Damage(
        mass=numbers[prefix + "mass"],
        stiffness=stiffness(scene.recipes[vehicle], numbers, prefix + "stiffness."),
        crush=np.maximum(stations(numbers, vehicle), 0.0),
        width=numbers[prefix + "width"],
        angle=numbers.get(prefix + "pdof", 0.0),
    )


def stations(numbers: Numbers, vehicle: str) -> Floats:
    """The residual crush of a vehicle with its offset, shape (..., stations) [m]; below 0 where the offset is larger."""
    prefix = f"vehicles.{vehicle}."
    measured = np.stack(np.broadcast_arrays(*_listed(numbers, prefix + "crush.")), axis=-1)
    return np.asarray(measured + np.asarray(numbers.get(prefix + "crush_offset", 0.0))[..., None])


def stiffness(recipe: str, numbers: Numbers, prefix: str) -> Stiffness:
    """A and B by a recipe from the numbers below a prefix.

    Random numbers of tests: ``scatter`` of the speed about their line [m/s], ``tape``, a factor on all their crush, and
    ``force_scale``, a factor on A and B.
    """
    own = {path.removeprefix(prefix): value for path, value in numbers.items() if path.startswith(prefix)}
    if recipe == GIVEN:
        return Stiffness(own["A"], own["B"])
    if recipe == LINE:
        return reconstruction.stiffness_from_line(own["b0"], own["b1"], own["mass"], own["width"])
    speed, crush, mass, width = tests(own)
    if len(speed) == 1:
        return reconstruction.stiffness_from_test(speed[0], crush[0], mass[0], width[0], own["b0"])
    line = reconstruction.line_through_tests(speed, crush, mass, width)
    shift = np.asarray(own.get("scatter", 0.0)) * np.sqrt(mass / width).mean(axis=0)
    found = line._replace(d0=line.d0 + shift).stiffness
    factor = np.asarray(own.get("force_scale", 1.0))
    return Stiffness(factor * found.A, factor * found.B)


def tests(own: Numbers) -> tuple[Floats, ...]:
    """Speed, mean crush, mass and width of the tests, each of shape (tests, ...)."""
    count = sum(1 for path in own if path.startswith("tests.") and path.endswith(".speed"))
    crush = [
        reconstruction.mean_crush(np.stack(np.broadcast_arrays(*_listed(own, f"tests.{i}.crush.")), axis=-1))
        * own.get("tape", 1.0)
        for i in range(count)
    ]
    rows = [[own[f"tests.{i}.{name}"] for i in range(count)] for name in ("speed", "mass", "width")]
    whole = np.broadcast_arrays(*rows[0], *crush, *rows[1], *rows[2])
    return tuple(np.stack(whole[k * count : (k + 1) * count]) for k in range(4))


def _listed(numbers: Numbers, prefix: str) -> list[Any]:
    count = sum(1 for path in numbers if path.startswith(prefix) and path.removeprefix(prefix).isdecimal())
    return [numbers[f"{prefix}{i}"] for i in range(count)]


def _of_stiffness(damage: Damage) -> dict[str, Any]:
    """A, B, G, and b0 and b1 as the damaged vehicle has them over its damage width."""
    b0, b1 = reconstruction.line_from_stiffness(damage.stiffness, damage.mass, damage.width)
    own = {"A": damage.stiffness.A, "B": damage.stiffness.B, "G": damage.stiffness.G, "b0": b0, "b1": b1}
    return own | {"mean_crush": reconstruction.mean_crush(damage.crush)}


# ---- work and energy before and after --------------------------------------------------------------------------------


def _of_slides(scene: Scene, numbers: Numbers, vehicle: str, delta_v: Floats) -> dict[str, Any]:
    """Speed at impact where the slide to rest is known, and before braking where that is known too."""
    prefix = f"vehicles.{vehicle}."
    if prefix + "after.distance" not in numbers:
        return {}
    distance = np.asarray(numbers[prefix + "after.distance"])
    slid = reconstruction.speed_before_sliding(0.0, numbers[prefix + "after.drag"], np.abs(distance))
    struck_behind = scene.type == REAR_END and vehicle == scene.vehicles[1]
    impact = reconstruction.speed_at_impact(delta_v, np.sign(distance) * slid, struck_behind=struck_behind)
    if prefix + "before.distance" not in numbers:
        return {"impact_speed": impact}
    braked = (numbers[prefix + f"before.{name}"] for name in ("drag", "distance"))
    return {"impact_speed": impact, "initial_speed": reconstruction.speed_before_sliding(impact, *braked)}


def _both_slides(scene: Scene, found: Mapping[str, Any]) -> dict[str, Any]:
    """The closing speed by the speeds at impact, where both are known: to be compared with that by the damage."""
    speeds = [found[f"{v}.impact_speed"] for v in scene.vehicles if f"{v}.impact_speed" in found]
    if scene.type == WALL or len(speeds) < 2:
        return {}
    return {"closing_speed_by_slides": speeds[0] + (speeds[1] if scene.type == HEAD_ON else -speeds[1])}
