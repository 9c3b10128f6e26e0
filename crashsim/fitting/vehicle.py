"""The vehicle that a fit gives: a tree of the shape of a vehicle file, every number with its range, source and tag."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim.fitting.compare import P90, history, rows
from crashsim.fitting.fit import COMPARTMENT, Fitted
from crashsim.fitting.shape import front_of
from crashsim.units import format_quantity

Floats = NDArray[np.float64]

BEYOND: Final = 1.01  # of the deepest crush: where the curve ends, and the compartment is assumed to begin
MEASURED_TAG, JUDGED_TAG = "C", "J"  # computed from a measurement; judgement
UNITS: Final = {
    "length": ("mm", 1e-3, 1),
    "force": ("kN", 1e3, 2),
    "stiffness": ("MN/m", 1e6, 3),
    "ratio": ("", 1.0, 3),
}


def vehicle_tree(fitted: Fitted) -> dict[str, Any]:
    """The vehicle: what the fit file says of it, below it the fitted front with 90 % ranges."""
    given = dict(fitted.fit.vehicle)
    heaviest = fitted.tests[0].test
    own_mass = {} if {"mass", "curb_mass"} & given.keys() else {
        "mass": {"value": f"{heaviest.mass:.10g} kg", "source": _key(heaviest.name), "tag": MEASURED_TAG}
    }  # fmt: skip
    front = {**_front(fitted), **given.get("front", {})}
    front.setdefault(
        "compartment_stiffness",
        {"value": f"{COMPARTMENT / 1e6:g} MN/m", "source": "compartment", "tag": JUDGED_TAG},
    )
    rest = {k: v for k, v in given.items() if k not in ("title", "class", "notes", "sources", "front")}
    return {
        "name": fitted.fit.name,
        "title": given.get("title", fitted.fit.name),
        **({"class": given["class"]} if "class" in given else {}),
        "evidence": "measured" if _has_pulse(fitted) else "judgement",
        "notes": " ".join(filter(None, [given.get("notes", ""), notes(fitted)]))[:4000],
        "sources": {**_sources(fitted), **given.get("sources", {})},
        **own_mass,
        **rest,
        "front": front,
    }


def notes(fitted: Fitted) -> str:
    """How well the curve repeats its tests, in sentences."""
    pieces = len(fitted.front.slope)
    parts = [f"Crush curve of {pieces} pieces, fitted to {len(fitted.tests)} wall test{'s' * (len(fitted.tests) > 1)}"
             + (f" (number of pieces: least of BIC over {_tried(fitted)})." if fitted.fit.segments is None and _has_pulse(fitted) else ".")]  # fmt: skip
    for row in rows(fitted):
        was, is_ = (format_quantity(v, row.dimension, "si") for v in (row.measured, row.fitted))
        parts.append(f"{row.test}: {row.label} {was} measured, {is_} fitted.")
    parts += [
        f"{m.test.name}: velocity within {history(fitted, m).velocity_error:.2f} m/s up to 150 ms."
        for m in fitted.tests if m.pulse
    ]  # fmt: skip
    if not _has_pulse(fitted):
        parts.append("No pulse was measured: shape, restitution and the ratio of static to dynamic crush are priors.")
    deepest = max(i.crush for i in fitted.impacts())
    parts.append(f"Nothing is known beyond a crush of {1e3 * deepest:.0f} mm. Ranges hold 90 %.")
    return " ".join(parts)


def _tried(fitted: Fitted) -> str:
    return f"1 to {len(fitted.criteria)}"


def _has_pulse(fitted: Fitted) -> bool:
    return any(m.pulse for m in fitted.tests)


def _key(test: str) -> str:
    return f"test-{test}"


def _sources(fitted: Fitted) -> dict[str, str]:
    """What each number rests on."""
    found = {
        "fit": "crashsim fit: least squares of the wall impact of one mass behind this curve on "
        + ", ".join(m.test.name for m in fitted.tests),
        "compartment": "no wall test loaded the compartment; 5 MN/m (judgement)",
    }
    for m in fitted.tests:
        what = [f"{m.test.mass:g} kg into a rigid wall at {m.test.speed * 3.6:.4g} km/h", m.test.source]
        what += [f"record {m.test.pulse.path.name}, {m.pulse.notes}"] if m.test.pulse and m.pulse else []
        found[_key(m.test.name)] = "; ".join(filter(None, what))
    return found


def _front(fitted: Fitted) -> dict[str, Any]:
    """Curve and unloading; the curve ends just beyond the deepest crush of the tests."""
    end = BEYOND * max(i.crush for i in fitted.impacts())
    reached = int(np.sum(fitted.front.crush < end))

    def points(theta: Floats) -> Floats:
        front = front_of(theta, fitted.compartment)
        return np.concatenate([front.crush[1:reached], front.force[1:reached], front.force_at(np.array([end]))])

    def way_back(theta: Floats) -> Floats:
        front = front_of(theta, fitted.compartment)
        return np.array([front.unloading, front.soft_share])

    tag = MEASURED_TAG if _has_pulse(fitted) else JUDGED_TAG
    values, deviation = points(fitted.theta), fitted.deviation(points)
    crush = [_number(v, sd, "length", tag) for v, sd in zip(values[: reached - 1], deviation, strict=False)]
    force = [
        _number(v, sd, "force", tag) for v, sd in zip(values[reached - 1 :], deviation[reached - 1 :], strict=True)
    ]
    crush.append(_number(end, 0.0, "length", tag))
    stiff, share = zip(way_back(fitted.theta), fitted.deviation(way_back), strict=True)
    zero = {"source": "fit", "tag": tag}
    curve: list[dict[str, Mapping[str, Any]]] = [
        {"crush": {"value": "0 mm", **zero}, "force": {"value": "0 kN", **zero}}
    ]
    curve += [{"crush": x, "force": f} for x, f in zip(crush, force, strict=True)]
    return {
        "curve": curve,
        "unloading_stiffness": _number(*stiff, "stiffness", tag),
        "unloading_soft_share": _number(*share, "ratio", tag, most=0.9),
    }


def _number(value: float, deviation: float, dimension: str, tag: str, most: float = np.inf) -> Mapping[str, Any]:
    """A number with its 90 % range, which stays positive: of a logarithm."""
    unit, scale, digits = UNITS[dimension]

    def text(number: float) -> str:
        return f"{number / scale:.{digits}f} {unit}".strip()

    spread = P90 * deviation / max(value, 1e-12)
    low, high = value * np.exp(-min(spread, 5.0)), min(value * np.exp(min(spread, 5.0)), most)
    ends = {"range": [text(low), text(high)]} if deviation > 0.0 else {}
    return {"value": text(value), **ends, "source": "fit", "tag": tag}
