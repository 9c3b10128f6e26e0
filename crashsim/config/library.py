"""Find a vehicle, a restraint, a risk curve or a shipped study by name: in the package's data, or beside a study."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from crashsim.config.reader import Document, read_file
from crashsim.errors import LibraryError, did_you_mean
from crashsim.risk import RiskCurve, WinsmashCorrection
from crashsim.units import echo

PACKAGE: Final = Path(__file__).resolve().parent.parent
KINDS: Final = {"vehicles": "vehicles", "restraints": "restraints", "risk": "risk_curves"}
SCHEMA: Final = "study.schema.json"


def names(kind: str) -> list[str]:
    """Names of everything of one kind (``vehicles``, ``restraints``, ``risk``), sorted."""
    folder = PACKAGE / "data" / KINDS[kind]
    return sorted(p.stem for p in folder.glob("*.yaml") if not p.stem.startswith("_"))


def find(kind: str, name: str, beside: Path | None = None) -> Document:
    """Read an entry of the library, or ``NAME.yaml`` in the folder ``beside`` a study (which comes first).

    Raises
    ------
    LibraryError
        No entry of that name; the nearest right name is suggested.
    ConfigError
        The file is not YAML that crashsim reads.
    """
    plain = Path(name).name == name and not name.startswith((".", "_"))
    if plain and beside is not None:
        for own in (beside / name, beside / f"{name}.yaml"):
            if own.suffix == ".yaml" and own.is_file():
                return read_file(own)
    if plain and name in names(kind):
        return read_file(PACKAGE / "data" / KINDS[kind] / f"{name}.yaml")
    what = {"vehicles": "vehicle", "restraints": "restraint", "risk": "risk curve"}[kind]
    known = names(kind)
    raise LibraryError(f"no {what} called {echo(name)}{did_you_mean(name, known)} (known: {', '.join(known)})")


def risk_curves() -> dict[str, RiskCurve]:
    """All risk curves of the library by name."""
    return {name: RiskCurve.from_tree(find("risk", name).tree) for name in names("risk")}


def winsmash() -> WinsmashCorrection:
    """The factor between the true delta-v and the one that field investigators reconstruct."""
    return WinsmashCorrection.from_tree(read_file(PACKAGE / "data" / KINDS["risk"] / "_winsmash.yaml").tree)


def study_folder() -> Path:
    """Where the shipped studies lie: inside an installed package, or beside the package in a checkout."""
    inside = PACKAGE / "configs"
    return inside if inside.is_dir() else PACKAGE.parent / "configs"


def study_names() -> list[str]:
    """Names of the shipped studies."""
    return sorted(p.stem for p in study_folder().glob("*.yaml"))


def study_path(name: str) -> Path:
    """The file of a study: a path as given, or the name of a shipped study.

    A path to a shipped study (``configs/highway.yaml``) is found from any folder.  Raises LibraryError when there is none.
    """
    try:
        given = Path(name)
        if given.is_file():
            return given
    except (OSError, ValueError):
        raise LibraryError(f"not a possible file name: {echo(name)}") from None
    shipped = study_names()
    by_name = given.stem if given.parent.name in ("", "configs") and given.suffix in ("", ".yaml") else ""
    if by_name in shipped and len(given.parts) <= 2:
        return study_folder() / f"{by_name}.yaml"
    if given.suffix in (".yaml", ".yml") or given.exists() or len(given.parts) > 1:
        return given
    raise LibraryError(
        f"no file and no shipped study called {echo(name)}{did_you_mean(name, shipped)} (shipped: {', '.join(shipped)})"
    )
