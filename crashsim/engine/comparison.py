"""Two vehicles of the library in one head-on crash, for `crashsim compare`."""

from __future__ import annotations

from typing import Any, Final

from crashsim import units
from crashsim.cases import Study
from crashsim.config import library
from crashsim.config.study import load_study
from crashsim.engine.run import run
from crashsim.errors import LibraryError, UnitError
from crashsim.results import Results

MEETING: Final = "head-on"
FASTEST: Final = 240.0  # m/s: each at the largest speed that a study takes


def meet(first: str, second: str, closing_speed: str) -> Results:
    """The head-on crash of two vehicles, each at half the closing speed, with both pulses.

    ``closing_speed``: a speed with its unit, as typed.  Raises LibraryError for a name that the library does not have or a
    wall, UnitError for a speed that is none or above 240 m/s.
    """
    return run(study(first, second, closing_speed))


def study(first: str, second: str, closing_speed: str) -> Study:
    """The study of that crash; a vehicle that meets itself is called ``NAME-2`` the second time."""
    speed = units.parse(closing_speed, "speed")
    if not 0.0 < speed <= FASTEST:
        most = units.format_quantity(FASTEST, "speed", "us")
        raise UnitError(f"got a closing speed of {units.echo(closing_speed)}, expected one above 0, at most {most}")
    names = [name.removesuffix(".yaml") for name in (first, second)]
    trees: list[dict[str, Any]] = [library.find("vehicles", name).tree for name in names]
    for name, tree in zip(names, trees, strict=True):
        if tree.get("rigid"):
            raise LibraryError(f"{name} is a wall: nothing to compare; expected two vehicles (crashsim list vehicles)")
    columns = [names[0], f"{names[1]}-2" if names[0] == names[1] else names[1]]
    each = f"{speed / 2.0!r} m/s"
    return load_study({
        "name": "compare",
        "title": " against ".join(tree["title"] for tree in trees),
        "vehicles": {column: {"use": name} for column, name in zip(columns, names, strict=True)},
        "impacts": {MEETING: {"type": "head-on", "between": columns, "speed": dict.fromkeys(columns, each)}},
        "sampling": {"samples": 1},
    })  # fmt: skip
