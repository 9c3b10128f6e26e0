"""What an answer rests on: grades of the vehicles, risk curves, and every number that was used, each with its evidence and source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from crashsim import units
from crashsim.output.page import Basis

GIVEN: Final = "as typed"  # evidence of a number that the study gives itself
DISPUTED: Final = "published, disputed"  # the factor: published values differ
Meta = Mapping[str, Any]


def basis(meta: Meta, system: str) -> Iterator[Basis]:
    """Rows for the page of a run (its manifest), or of anything else that names vehicles, impacts and risk curves alike."""
    for name, vehicle in meta["vehicles"].items():
        if "evidence" in vehicle:  # a wall has none
            yield Basis(
                f"front of the {name}",
                str(vehicle.get("title", name)),
                vehicle["evidence"],
                str(vehicle.get("notes", "")),
            )
    for curve in meta["risk_curves"].values():
        yield Basis(f"risk curve: {curve['title']}", curve["population"], curve["tag"], curve["source"])
    if "delta_v_correction" in meta:
        correction = meta["delta_v_correction"]
        yield Basis(
            "delta-v correction of the risk curves", f"{correction['factor']:.2f}", DISPUTED, correction["source"]
        )
    for name, road in meta.get("roads", {}).items():
        for field, number in road.items():
            if isinstance(number, Mapping) and "tag" in number:
                source = road["sources"][number["source"]]
                yield Basis(f"{name}: {field.replace('_', ' ')}", str(number["value"]), number["tag"], source)
    used = {path for impact in meta["impacts"].values() for path in impact["numbers"]}
    for name, vehicle in meta["vehicles"].items():
        for path, number in _numbers(vehicle, f"vehicles.{name}"):
            if path in used:
                source = vehicle.get("sources", {}).get(number.get("source"), number.get("source", ""))
                yield Basis(path.removeprefix("vehicles."), _value(number, system), number.get("tag", GIVEN), source)


def _numbers(tree: Meta, path: str) -> Iterator[tuple[str, Meta]]:
    """Every number in a vehicle with its path."""
    for name, branch in tree.items():
        if isinstance(branch, Mapping):
            if "si" in branch:
                yield f"{path}.{name}", branch
            else:
                yield from _numbers(branch, f"{path}.{name}")


def _value(number: Meta, system: str) -> str:
    return str(number.get("typed") or units.format_quantity(number["si"], number["dimension"], system))
