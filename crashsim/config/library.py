"""Find a vehicle, a restraint, an occupant, a risk curve or a shipped study by name: in the package's data, or beside a study."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from crashsim.config.reader import Document, read_file
from crashsim.errors import LibraryError, did_you_mean
from crashsim.risk import Contrast, InjuryFunction, RiskCurve, WinsmashCorrection
from crashsim.roads import Road
from crashsim.units import echo

PACKAGE: Final = Path(__file__).resolve().parent.parent
KINDS: Final = {
    "vehicles": "vehicles",
    "restraints": "restraints",
    "occupants": "occupants",
    "risk": "risk_curves",
    "classes": "classes",
    "injury": "injury_functions",
    "roads": "roads",
}
SCHEMA: Final = "study.schema.json"

_NOUNS: Final = {
    "vehicles": "vehicle",
    "restraints": "restraint",
    "occupants": "occupant",
    "risk": "risk curve",
    "classes": "class",
    "injury": "injury function",
    "roads": "road",
}
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")  # nothing that could lead to another folder


def names(kind: str) -> list[str]:
    """Names of everything of one kind (a key of ``KINDS``), sorted."""
    return list(_names(kind))


@lru_cache(maxsize=len(KINDS))
def _names(kind: str) -> tuple[str, ...]:
    folder = PACKAGE / "data" / KINDS[kind]
    return tuple(sorted(p.stem for p in folder.glob("*.yaml") if not p.stem.startswith("_")))


def locate(kind: str, name: str, study: Path | None = None) -> Path:
    """The file of an entry: ``NAME.yaml`` in the folder of a ``study`` file, or else the one of the library.

    ``name`` is a plain name, with or without ``.yaml``; the study itself is never an entry.  Raises LibraryError for a
    name that is not plain or that nothing has; the nearest right name is suggested.
    """
    stem = name.removesuffix(".yaml")
    if not _PLAIN_NAME.fullmatch(stem):
        noun = _NOUNS[kind]
        raise LibraryError(
            f"got {echo(name)}, expected the name of {'an' if noun[0] in 'aeiou' else 'a'} {noun} (letters, digits, - and _), not a path"
        )
    if study is not None:
        own = study.parent / f"{stem}.yaml"
        if own.is_file() and not own.samefile(study):
            return own
    if stem not in names(kind):
        raise LibraryError(unknown(kind, name))
    return PACKAGE / "data" / KINDS[kind] / f"{stem}.yaml"


def unknown(kind: str, name: str) -> str:
    """What to say of a name that the library does not have, with the nearest one that it has."""
    known = names(kind)
    hint = did_you_mean(name.removesuffix(".yaml"), known)
    listed = f" (known: {', '.join(known)})"
    return f"no {_NOUNS[kind]} called {echo(name)}{hint or listed}"


def find(kind: str, name: str, study: Path | None = None) -> Document:
    """Read an entry of the library, or ``NAME.yaml`` beside a study (which comes first); see `locate`.

    Raises
    ------
    LibraryError
        No entry of that name.
    ConfigError
        The file is not YAML that crashsim reads.
    """
    return read_file(locate(kind, name, study))


def risk_curves() -> dict[str, RiskCurve]:
    """All risk curves of the library by name."""
    return {name: RiskCurve.from_tree(find("risk", name).tree) for name in names("risk")}


def injury_functions() -> dict[str, InjuryFunction]:
    """All injury functions of the library by name."""
    return {name: InjuryFunction.from_tree(find("injury", name).tree) for name in names("injury")}


def roads() -> dict[str, Road]:
    """All roads of the library by name, from the lowest limit to the highest."""
    found = [road(name) for name in names("roads")]
    return {one.name: one for one in sorted(found, key=lambda one: one.limit)}


def road(name: str) -> Road:
    """One road of the library; LibraryError for a name that it does not have."""
    return Road.from_tree(find("roads", name).tree)


@lru_cache(maxsize=1)
def winsmash() -> WinsmashCorrection:
    """The factor between the true delta-v and the one that field investigators reconstruct."""
    return WinsmashCorrection.from_tree(read_file(PACKAGE / "data" / KINDS["risk"] / "_winsmash.yaml").tree)


def contrasts() -> dict[str, Contrast]:
    """Odds ratios between the people of a population curve, by name: age, sex, belt, fleet."""
    tree: dict[str, Any] = _modifiers()["contrasts"]
    return {name: Contrast.from_tree(name, own) for name, own in tree.items()}


def braking() -> dict[str, dict[str, float]]:
    """What emergency braking did to the number of rear-end striking crashes, by system: factors on ``crashes``, ``injuries``."""
    return {name: {key: float(f) for key, f in own.items()} for name, own in _modifiers()["braking"].items()}


def braking_source() -> str:
    """Where the factors of `braking` come from, with its tag."""
    tree = _modifiers()
    return f"{str(tree['braking_source']).strip()} (tag {tree['braking_tag']})"


@lru_cache(maxsize=1)
def _modifiers() -> dict[str, Any]:
    return read_file(PACKAGE / "data" / "modifiers.yaml").tree


def study_folder() -> Path:
    """Where the shipped studies lie: inside an installed package, or beside the package in a checkout."""
    inside = PACKAGE / "configs"
    return inside if inside.is_dir() else PACKAGE.parent / "configs"


def schema_path() -> Path:
    """The JSON Schema of study files that is shipped with the studies, for editors."""
    return study_folder() / SCHEMA


def study_names() -> list[str]:
    """Names of the shipped studies."""
    return sorted(p.stem for p in study_folder().glob("*.yaml"))


def study_path(name: str) -> Path:
    """The file of a study: a path as given, or the name of a shipped study.

    A path to a shipped study (``configs/highway.yaml``) is found from any folder.  Raises LibraryError for a name that
    neither a file nor a shipped study has.
    """
    given = Path(name)
    try:
        if given.is_file():
            return given
        is_other = given.exists()
    except (OSError, ValueError):
        raise LibraryError(f"not a possible file name: {echo(name)}") from None
    shipped = study_names()
    stem, file = given.stem, f"{given.stem}.yaml"
    if stem in shipped and given in (Path(stem), Path(file), Path("configs", file)):
        return study_folder() / file
    if (is_other and name) or given.suffix in (".yaml", ".yml") or len(given.parts) > 1:
        return given  # reading it says what is wrong
    raise LibraryError(
        f"no file and no shipped study called {echo(name)}{did_you_mean(name, shipped)} (shipped: {', '.join(shipped)})"
    )
