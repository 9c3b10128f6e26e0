"""crashsim: from two vehicles to delta-v, crush and injury risk for both.

>>> import crashsim
>>> results = crashsim.run("highway")
>>> results["delta_v"].sel(vehicle="kei", impact="head-on").to("mph")

Everything is imported when it is first used, so that ``import crashsim`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crashsim.api import collide, draws, drive_occupant, reduce, run, sensitivity
    from crashsim.cases import Study
    from crashsim.config.study import load_study
    from crashsim.errors import (
        ConfigError,
        CrashsimError,
        LibraryError,
        OutputError,
        Problem,
        StructureError,
        UnitError,
    )
    from crashsim.results import Column, Grid, Pulse, Results, load
    from crashsim.structure import Structure

_HOMES = {
    "crashsim.api": ("collide", "draws", "drive_occupant", "reduce", "run", "sensitivity"),
    "crashsim.cases": ("Study",),
    "crashsim.config.study": ("load_study",),
    "crashsim.errors": (
        "ConfigError", "CrashsimError", "LibraryError", "OutputError", "Problem", "StructureError", "UnitError",
    ),
    "crashsim.results": ("Column", "Grid", "Pulse", "Results", "load"),
    "crashsim.structure": ("Structure",),
}  # fmt: skip
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Column", "ConfigError", "CrashsimError", "Grid", "LibraryError", "OutputError", "Problem", "Pulse", "Results",
    "Structure", "StructureError", "Study", "UnitError", "collide", "draws", "drive_occupant", "load", "load_study",
    "reduce", "run", "sensitivity",
]  # fmt: skip


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'crashsim' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
