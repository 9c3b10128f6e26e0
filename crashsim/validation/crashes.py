"""The model's side of a comparison: vehicles into a rigid wall, or into one another, computed as any study is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from crashsim.config.classes import vehicle_class
from crashsim.config.study import load_study
from crashsim.engine.run import run
from crashsim.results import Pulse, Results

MOST_IMPACTS: Final = 24  # in one study, with two vehicles each
MOST_PULSES: Final = 20
SAMPLES: Final = 256  # of the spread of a class; 5-95 % to about 1 % of the value
ONE_SIDED: Final = 1.6449  # standard deviations from the median to 5 or 95 %


@dataclass(frozen=True)
class Band:
    """The median of a metric, and its 5 and 95 % over the spread of the class (the median where there is none); SI."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Meeting:
    """A vehicle as a study describes it, what it meets and its speed over ground [m/s]; the other one stands."""

    vehicle: Mapping[str, Any]
    speed: float
    partner: Mapping[str, Any] | None = None  # a rigid wall
    type: str = "wall"
    settings: Mapping[str, Any] | None = None  # more of the impact


Outcome = Mapping[str, Band]


def outcomes(meetings: Mapping[str, Meeting], metrics: Sequence[str], *, spread: bool = True) -> dict[str, Outcome]:
    """Metrics of the first vehicle of each meeting, with what they span over the spread of its class."""
    found: dict[str, Outcome] = {}
    for part in _parts(meetings, MOST_IMPACTS):
        results = run(load_study(_study(part, spread)))
        found |= {key: {metric: _band(results, name, metric) for metric in metrics} for name, (key, _) in part.items()}
    return found


def pulses(meetings: Mapping[str, Meeting]) -> dict[str, Pulse]:
    """Histories of each meeting, at the medians; the vehicle is the first of the two."""
    found: dict[str, Pulse] = {}
    for part in _parts(meetings, MOST_PULSES):
        study = _study(part, spread=False)
        study["output"] = {"pulses": [{"name": name, "impact": name} for name in part]}
        found |= {part[pulse.name][0]: pulse for pulse in run(load_study(study)).pulses}
    return found


def scaled(vehicle: Mapping[str, Any], sigmas: float) -> dict[str, Any]:
    """A vehicle by its class whose front is stronger by so many standard deviations of the class."""
    spread = vehicle_class(vehicle["class"]).front.spread
    return {**vehicle, "front": {"force_scale": spread**sigmas}}


def _parts(meetings: Mapping[str, Meeting], most: int) -> Iterator[dict[str, tuple[str, Meeting]]]:
    """Meetings in studies of at most so many impacts, under names that a study may give."""
    left = iter(meetings.items())
    while part := list(islice(left, most)):
        yield {f"m{n}": item for n, item in enumerate(part)}


def _study(part: Mapping[str, tuple[str, Meeting]], spread: bool) -> dict[str, Any]:
    vehicles: dict[str, Any] = {}
    impacts: dict[str, Any] = {}
    for name, (_, meeting) in part.items():
        partner = f"{name}-partner"
        vehicles |= {name: dict(meeting.vehicle), partner: dict(meeting.partner or {"use": "rigid-wall"})}
        standing = {partner: "0 m/s"} if meeting.partner else {}
        impacts[name] = {"type": meeting.type, "between": [name, partner], **(meeting.settings or {}),
                         "speed": {name: f"{meeting.speed!r} m/s", **standing}}  # fmt: skip
    study: dict[str, Any] = {"name": "measured", "vehicles": vehicles, "impacts": impacts}
    return study | {"sampling": {"samples": SAMPLES, "spreads": ["structures"]} if spread else {"samples": 1}}


def _band(results: Results, name: str, metric: str) -> Band:
    median = float(results[metric].sel(impact=name, vehicle=name).item())
    bands = results.bands
    if bands is None or name not in bands.columns["impact"]:
        return Band(median, median, median)
    low, high = (float(bands[f"{metric}.{q}"].sel(impact=name, vehicle=name).item()) for q in ("p05", "p95"))
    return Band(median, low, high)
