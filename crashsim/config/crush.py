"""Where A and B of a damaged vehicle come from: the ways that a reconstruction file has, as the numbers of a recipe."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np

from crashsim import reconstruction, scene, units
from crashsim.classes import static_crush
from crashsim.config import library
from crashsim.config.damage import CrushStiffnessModel, TestModel
from crashsim.config.draft import Draft
from crashsim.config.fields import Field, Place, Quantity
from crashsim.config.fronts import Front, library_front
from crashsim.config.models import shape
from crashsim.config.reader import read_file
from crashsim.errors import LibraryError
from crashsim.sampling import LogNormal, Normal
from crashsim.structure import crush_at_energy

WALL_SPEEDS: Final = (24.0, 32.0, 40.0, 48.0, 56.0)  # km/h of the simulated tests of a library vehicle (tag J)


@dataclass(frozen=True)
class Way:
    """One way to say where A and B come from: the fields that tell it, that it needs, and that it may have besides."""

    told_by: tuple[str, ...]
    needs: tuple[str, ...]
    may: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Its fields, as a message lists them."""
        return ", ".join(self.needs)


WAYS: Final = (
    Way(("tests",), ("tests",), ("b0",)),
    Way(("b1",), ("b0", "b1", "mass", "width")),
    Way(("A", "B"), ("A", "B")),
    Way(("use",), ("use",)),
    Way(("crash3",), ("crash3",), ("face",)),
)
ALL_WAYS: Final = "one of: tests (with b0 where it is one); b0, b1, mass and width; A and B; use; crash3"

Found = tuple[dict[str, Quantity], str, list[str]]


def stiffness_numbers(draft: Draft, place: Place, model: CrushStiffnessModel, vehicle: str) -> Found | None:
    """The numbers below ``stiffness`` by path, the recipe that makes A and B of them, and what must be said of it.

    None when the draft has a problem there.
    """
    way = _way(draft, place, model)
    if way is None:
        return None
    if model.tests is not None:
        return _of_tests(draft, place, model)
    if model.use is not None:
        return _of_library(draft, place, model, vehicle)
    if model.crash3 is not None:
        return _of_class(draft, place, model.crash3, model.face or "front", vehicle)
    numbers = {name: getattr(model, name) for name in way.needs}
    return numbers, scene.GIVEN if "A" in numbers else scene.LINE, []


def _way(draft: Draft, place: Place, model: CrushStiffnessModel) -> Way | None:
    """The one way that is given, whole and alone."""
    given = [name for name, value in model if value is not None]
    told = [way for way in WAYS if any(name in given for name in way.told_by)]
    if not draft.is_sound(place):
        return None
    if len(told) != 1:
        got = f"got {' and '.join(way.told_by[0] for way in told)}, " if told else ""
        draft.report(place, f"{got}expected {ALL_WAYS}")
        return None
    (way,) = told
    for name in way.needs:
        if name not in given:
            found = shape((*draft.prefix, *place, name))
            assert isinstance(found, Field)
            draft.report((*place, name), f"missing, expected {found.expected} (beside {way.words})")
    for name in given:
        if name not in (*way.needs, *way.may):
            draft.report((*place, name), f"not with {way.words}; expected {ALL_WAYS}", key=True)
    return way if draft.is_sound(place) else None


# ---- tests ---------------------------------------------------------------------------------------------------------------


def _of_tests(draft: Draft, place: Place, model: CrushStiffnessModel) -> Found | None:
    assert model.tests is not None
    if len(model.tests) == 1 and model.b0 is None:
        draft.report((*place, "b0"), "missing beside one test, expected the speed below which no crush stays, such as "
                     "'5 mph' (the customary judgement)")  # fmt: skip
        return None
    if len(model.tests) > 1 and model.b0 is not None:
        draft.report((*place, "b0"), f"the line through {len(model.tests)} tests gives b0; leave it out", key=True)
        return None
    numbers = {path: q for i, test in enumerate(model.tests) for path, q in _of_test(test, f"tests.{i}").items()}
    if model.b0 is not None:
        return _of_one_test(draft, place, numbers | {"b0": model.b0})
    return _of_several(
        draft, place, numbers, f"residual standard deviation of the {len(model.tests)} tests about their line"
    )


def _of_test(test: TestModel, path: str) -> dict[str, Quantity]:
    numbers = {f"{path}.{name}": getattr(test, name) for name in ("speed", "mass", "width")}
    return numbers | {f"{path}.crush.{i}": station for i, station in enumerate(test.crush)}


def _of_one_test(draft: Draft, place: Place, numbers: dict[str, Quantity]) -> Found | None:
    speed, b0 = numbers["tests.0.speed"], numbers["b0"]
    if _end(b0, 1.0) >= _end(speed, 0.0):
        draft.report((*place, "b0"), f"{b0.typed} is not below the speed of the test, {speed.typed}")
    if not any(_end(q, 0.0) > 0.0 for path, q in numbers.items() if path.startswith("tests.0.crush.")):
        draft.report((*place, "tests", 0, "crush"), "may be zero, expected some crush")
    return (numbers, scene.TESTS, []) if draft.is_sound(place) else None


def _of_several(draft: Draft, place: Place, numbers: dict[str, Quantity], source: str) -> Found | None:
    speed, crush, mass, width = scene.tests({path: q.si for path, q in numbers.items()})
    if np.ptp(crush) == 0.0:
        draft.report((*place, "tests"), "all have the same mean crush, expected tests at different speeds")
        return None
    line = reconstruction.line_through_tests(speed, crush, mass, width)
    if line.d1 <= 0.0 or line.d0 < 0.0:
        b0, b1 = (float(d * np.sqrt(width[0] / mass[0])) for d in (line.d0, line.d1))
        draft.report((*place, "tests"), f"the line through them is V = {b0 / units.KMH:.1f} km/h + {b1:.1f} 1/s C, expected "
                     "no negative b0 and more speed for more crush; give one test and b0")  # fmt: skip
        return None
    return _with_scatter(numbers, float(line.scatter), source), scene.TESTS, []


def _with_scatter(numbers: dict[str, Quantity], scatter: float, source: str) -> dict[str, Quantity]:
    """The tests with their scatter as a random number; two tests have none."""
    if not scatter > 0.0:
        return numbers
    typed = f"normal +- {scatter / units.KMH:.2g} km/h around 0 km/h"
    return numbers | {"scatter": Quantity(0.0, typed, "speed", source, "C", distribution=Normal(0.0, scatter))}


def _end(q: Quantity, u: float) -> float:
    """The lowest (``u`` 0) or highest (1) value that a quantity can take, but for one in ten thousand."""
    return q.si if q.distribution is None else float(q.distribution.quantile(np.array([np.clip(u, 1e-4, 1 - 1e-4)]))[0])


# ---- the library, and the classes of CRASH3 ----------------------------------------------------------------------------


def _of_library(draft: Draft, place: Place, model: CrushStiffnessModel, vehicle: str) -> Found | None:
    """The line of wall tests that the vehicle's own curve gives, with what is known of its scatter."""
    assert model.use is not None
    try:
        front = library_front(model.use)
    except LibraryError as error:
        draft.report((*place, "use"), str(error))
        return None
    if not np.isfinite(front.width):
        draft.report((*place, "use"), f"the library knows no width of {model.use}")
        return None
    numbers = _simulated(front) | _scatter(
        "tape", front.tape.scatter, "scatter of the tape's crush about the dynamic one"
    )
    numbers |= _scatter("force_scale", front.spread, "spread of the forces of its class")
    found = _of_several(draft, place, numbers, "departure of the curve from a straight line")
    speeds = f"{WALL_SPEEDS[0]:g} to {WALL_SPEEDS[-1]:g} km/h"
    spread = f"spread of forces x/{front.spread:.2g}" if front.spread > 1.0 else "spread of forces unknown"
    note = (f"{vehicle}: A and B are of the line through {len(WALL_SPEEDS)} wall impacts at {speeds} by the curve of {model.use} "
            f"(evidence: {front.evidence}; {spread}; crush by the tape of its class x/{front.tape.scatter:.2g})")  # fmt: skip
    return found and (found[0], found[1], [note])


def _simulated(front: Front) -> dict[str, Quantity]:
    """Wall tests that the curve gives, with the crush that a tape would find."""
    numbers: dict[str, Quantity] = {}
    for i, speed in enumerate(np.array(WALL_SPEEDS) * units.KMH):
        crush = float(static_crush(front.tape, crush_at_energy(front.structure, 0.5 * front.mass * speed**2)))
        values: dict[str, tuple[float, str, str]] = {
            "speed": (speed, f"{WALL_SPEEDS[i]:g} km/h", "speed"), "mass": (front.mass, f"{front.mass:.6g} kg", "mass"),
            "width": (front.width, f"{front.width:.6g} m", "length"), "crush.0": (crush, f"{crush:.4g} m", "length"),
        }  # fmt: skip
        for name, (si, typed, dimension) in values.items():
            numbers[f"tests.{i}.{name}"] = Quantity(float(si), typed, dimension, f"curve of {front.vehicle}")
    return numbers


def _scatter(name: str, gsd: float, source: str) -> dict[str, Quantity]:
    """A random factor around 1, where it is one."""
    if gsd <= 1.0:
        return {}
    typed = f"lognormal times {gsd:.3g} around 1"
    return {name: Quantity(1.0, typed, "ratio", source, "C", distribution=LogNormal(1.0, gsd))}


def _of_class(draft: Draft, place: Place, name: str, face: str, vehicle: str) -> Found | None:
    table = _crash3()
    own = table[face]
    if name not in own:
        draft.report((*place, "crash3"), f"CRASH3 has no {face} of the class {name}")
        return None
    tag, source = own["tag"], " ".join(table["source"].split())
    numbers = {
        n: Quantity(units.parse(own[name][n], dimension), own[name][n], dimension, source, tag)
        for n, dimension in (("A", "stiffness"), ("B", "stiffness_per_width"))
    }
    note = (f"{vehicle}: A and B are those of the {face} of CRASH3's class {name} (wheelbase {table['wheelbase'][name]}), cars of "
            f"the 1970s [{tag}]: no evidence for a vehicle of today")  # fmt: skip
    return numbers, scene.GIVEN, [note]


@cache
def _crash3() -> Any:
    return read_file(library.PACKAGE / "data" / "crash3.yaml").tree
