"""Entries of the library as models (vehicles, restraints, occupants, classes), and a study's own fields over them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeVar

from crashsim.config import library
from crashsim.config.draft import Draft, validated
from crashsim.config.fields import Place
from crashsim.config.models import VehicleModel
from crashsim.config.parts import ClassModel, Model, RestraintModel, SizeModel
from crashsim.config.reader import read_file
from crashsim.errors import ConfigError, LibraryError, Problem

M = TypeVar("M", bound=Model)
Read = tuple[Any, tuple[Problem, ...]]

LAW: Final = ("stiffness", "plateau", "crush_space")

_MODELS: Final[dict[str, type[Model]]] = {
    "vehicles": VehicleModel,
    "restraints": RestraintModel,
    "occupants": SizeModel,
    "classes": ClassModel,
}

# Fields that say the same thing in two ways: a study that gives one way whole replaces the library's other way.
_SAME: Final = (
    ({"mass"}, {"curb_mass", "occupants"}),
    ({"curve"}, {*LAW, "plateau_slope"}),
    ({"specific_stiffness"}, {"stiffness"}),
)


def read_entry(draft: Draft, kind: str, name: str, place: Place, holder: Place, study: Path | None) -> Any:
    """The entry of a kind that a study names at a place, or None; the ``holder`` of a faulty one is broken.

    ``study``: the file of the study, beside which a user's own entries lie.
    """
    try:
        path = library.locate(kind, name, study)
    except LibraryError as error:
        draft.report(place, str(error))
        draft.broken.add(holder)
        return None
    found, problems = (_read_shipped if path.is_relative_to(library.PACKAGE) else _read)(kind, path)
    if problems:
        draft.problems += [p for p in problems if p not in draft.problems]
        draft.broken.add(holder)
    return found


def _read(kind: str, path: Path) -> Read:
    """A file of the library, with its problems at their places in that file."""
    try:
        draft = Draft(read_file(path), (kind, "*"))
        found = validated(_MODELS[kind], draft)
    except ConfigError as error:
        return None, error.problems
    if isinstance(found, VehicleModel) and found.use is not None:
        draft.report(("use",), "a vehicle file stands alone, only a study's vehicle may use another")
    return found, tuple(draft.problems)


_read_shipped = lru_cache(maxsize=64)(_read)  # these files do not change


def merged(base: Model, given: M) -> M:
    """The fields of ``given``, and those of ``base`` that it neither gives nor says in another way; parts likewise."""
    own = {name: getattr(given, name) for name in given.model_fields_set}
    dropped: set[str] = set()
    for one, other in _SAME:
        # A lone crush_space on a measured curve is no new law: both stay and are refused as a conflict.
        if one <= own.keys():
            dropped |= other
        elif other <= own.keys() | {"plateau_slope"}:
            dropped |= one
    fields = {name: value for name, value in base if value is not None and name not in dropped}
    for name, value in own.items():
        under = fields.get(name)
        fields[name] = merged(under, value) if isinstance(under, Model) and isinstance(value, Model) else value
    return type(given).model_construct(**fields)
