"""The crash of a speed-limit file as the impact of a study: who meets whom, in which order, and how fast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from crashsim.config.questions.speed_limit_file import OWN, PARTNER, SpeedLimitModel

SOME_SPEED: Final = 10.0  # m/s: the posted limit for which a study is checked
SHARED: Final = ("type", "overlap", "height_offset")  # fields of a crash that an impact has under the same name

Tree = Mapping[str, Any]


def restrained(tree: Tree, vehicle: str, restraint: str | None) -> Tree:
    """A vehicle of the file with another restraint, where a crash names one."""
    return {**tree["vehicles"][vehicle], **({"restraint": restraint} if restraint else {})}


def impact(
    tree: Tree, crash: Tree, vehicles: dict[str, Any], shares: Sequence[float], own: str, partner: str, road: str = ""
) -> dict[str, Any]:
    """The impact of two vehicles as a crash says, at speeds on a road where one is named.

    What they need is added to ``vehicles``; one that meets itself meets its twin.
    """
    met = f"{partner}-2" if partner == own else partner
    vehicles.setdefault(own, tree["vehicles"][own])
    vehicles.setdefault(met, tree["vehicles"][partner])
    between = [{OWN: own, PARTNER: met}[role] for role in order(crash)]
    speed = {name: {"road": road} if road and share else f"{SOME_SPEED * share!r} m/s"
             for name, share in zip(between, shares, strict=True)}  # fmt: skip
    shown = {field: crash[field] for field in SHARED if field in crash}
    return {"between": between, "speed": speed, "restitution": "speed-fit", **shown}


def order(crash: Tree) -> tuple[str, str]:
    """Who comes first in an impact: the one that strikes."""
    return (PARTNER, OWN) if crash.get("strikes") == PARTNER else (OWN, PARTNER)


def shares_of(model: SpeedLimitModel, setting: str, crash: Tree) -> tuple[float, float]:
    """Speeds at contact over the posted limit, in the order of an impact; a setting that says nothing has those of the crash."""
    assert model.crash is not None
    own_shares = model.settings[setting].of_limit if setting in model.settings else None
    of = own_shares or model.crash.of_limit
    assert of is not None
    assert of.vehicle is not None
    assert of.partner is not None
    own, partner = of.vehicle.si, of.partner.si
    return (own, partner) if order(crash) == (OWN, PARTNER) else (partner, own)


def approach(kind: str, first: float, second: float) -> bool:
    """Whether two vehicles at these speeds meet."""
    return {"head-on": first + second, "rear-end": first - second, "side": first}[kind] > 0.0
