"""The numbers to quote: named cases vehicle by vehicle, and the speeds at which a risk is reached.  SI, plain data."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim.output.views import COUNTED, SpeedCurve, case_rows, speed_impacts
from crashsim.results import BEYOND_MODEL, FAILED, Results

LABELS: Final = ("impact", "vehicle", "partner", "end")
LEVELS: Final = ("risk_mais2plus", "risk_mais3plus", "risk_fatal")
EDGES: Final = ("", "_low", "_high", "_uncorrected", "_uncorrected_low", "_uncorrected_high")
BANDS: Final = tuple(f"{level}{edge}" for level in LEVELS for edge in EDGES)
STANDING: Final = ("closing_speed", "delta_v", *BANDS)
PULSE: Final = (
    "peak_acceleration", "olc", "dynamic_crush", "intrusion", "upper_intrusion", "chest_3ms", "hic15", "chest_deflection",
)  # fmt: skip  # nothing of these holds beyond the model
THRESHOLDS: Final = (0.10, 0.01)
SPREAD: Final = ("delta_v", "risk_mais3plus")

Row = dict[str, Any]


def headline(results: Results) -> list[Row]:
    """One row for each named case and vehicle, in SI.

    Keys: ``case`` (its name), ``impact``, ``vehicle``, ``partner``, ``end``, ``status``, ``extrapolated`` (the central
    risk curve is outside its range), ``uncorrected_extrapolated`` (the same without correction), ``bumpers_miss``,
    ``overridden`` (the partner rides over this vehicle or its sill), ``slid_past`` (the fronts do); ``closing_speed``, ``delta_v`` [m/s]; ``peak_acceleration``,
    ``olc``, ``chest_3ms`` [m/s^2]; ``dynamic_crush``, ``intrusion``, ``upper_intrusion`` (above the floor), ``chest_deflection`` [m]; ``hic15``; and each of ``risk_mais2plus``, ``risk_mais3plus``,
    ``risk_fatal`` with its ``_low`` and ``_high``, the band in which curves disagree, and the same three
    ``_uncorrected``: entered with the delta-v as it is, without the WinSMASH correction.  ``delta_v_p05``, ``risk_mais3plus_p05``
    and ``_p95`` are what the spread of the inputs makes of the central value.

    A value that does not hold is None: everything of a failed case but its closing speed, whatever comes from the pulse
    of a case beyond the model, and risks for which there is no curve.
    """
    return [{**_row(case["name"], row), **_spread(results, row)}
            for case in results.meta["named_cases"] for row in case_rows(results, case["name"])]  # fmt: skip


def _row(case: str, row: Row) -> Row:
    status = row["status"]
    hidden: tuple[str, ...] = ()
    if status == BEYOND_MODEL:
        hidden = PULSE
    elif status == FAILED:
        hidden = (*STANDING[1:], *PULSE)
    numbers = {name: None if name in hidden else _finite(row.get(name)) for name in (*STANDING, *PULSE)}
    flags = {
        "extrapolated": bool(row.get("risk_mais3plus_extrapolated")),
        "uncorrected_extrapolated": bool(row.get("risk_mais3plus_uncorrected_extrapolated")),
        **{name: bool(row[name]) for name in ("bumpers_miss", "overridden", "slid_past")},
    }
    return {"case": case, **{name: row[name] for name in LABELS}, **numbers, **flags, "status": status}


def _spread(results: Results, row: Row) -> Row:
    """The 5 and 95 % quantiles over the samples of a case; None where nothing is drawn or too few count."""
    names = {f"{name}_{end}": (name, end) for name in SPREAD for end in ("p05", "p95")}
    at = {label: row[label] for label in ("impact", "case", "vehicle")}
    here = results.bands.where(_has(results.bands, at)).columns if results.bands is not None else {}
    if not here or not len(here["case"]):
        return dict.fromkeys(names)
    return {key: _finite(here[f"{name}.{end}"][0]) if here[f"{name}.count"][0] >= COUNTED * here["cases"][0] else None
            for key, (name, end) in names.items()}  # fmt: skip


def _has(rows: Results, labels: Row) -> NDArray[np.bool_]:
    return np.asarray(np.logical_and.reduce([rows.columns[name] == value for name, value in labels.items()]))


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def thresholds(results: Results, level: str = "risk_mais3plus") -> list[Row]:
    """The closing speed at which a risk reaches 10 % and 1 %, for each speed-swept impact and vehicle.

    Keys: ``impact``, ``vehicle``, ``partner``, ``end``, ``level``, ``offered`` (there is a curve), ``risk``, ``swept_from``, ``swept_to`` [m/s],
    ``model_to``, the last swept speed before a case is beyond the model (None when the first one is), and four closing speeds [m/s]: ``closing_speed`` by the central curve, ``closing_speed_low`` by the upper edge of the
    band (the curve that sees most risk), ``closing_speed_high`` by its lower edge, and ``closing_speed_uncorrected`` by
    the central curve without the WinSMASH correction; ``closing_speed_p05`` and ``_p95`` between which the spread of the inputs
    moves the central one; ``delta_v`` [m/s], ``extrapolated`` and ``beyond_model`` belong to
    the central one.  Interpolated on straight lines between the swept cases.  None when the sweep does not cross the
    risk; ``above_at_start`` names those of the four that are above it from the first case on (then ``extrapolated`` is
    that of the first case).  Other axes of a grid are held where the study's own value is: ``held``.
    """
    rows = []
    for curves in speed_impacts(results).values():
        for curve in curves:
            rows += [_threshold(curve, level, risk) for risk in THRESHOLDS if level in results.columns]
    return rows


def _threshold(curve: SpeedCurve, level: str, risk: float) -> Row:
    edges = {
        "closing_speed": level,
        "closing_speed_low": f"{level}_high",
        "closing_speed_high": f"{level}_low",
        "closing_speed_uncorrected": f"{level}_uncorrected",
    }
    speed = curve.closing_speed
    reached = {key: crossing(speed, curve.values(column), risk) for key, column in edges.items()}
    central = reached["closing_speed"]
    above = [key for key, column in edges.items() if _starts_above(curve.values(column), risk)]
    decisive = float(speed[0]) if "closing_speed" in above else central
    inside = int(np.argmax(curve.beyond)) if curve.beyond.any() else len(speed)
    least, most = curve.band(level) or (None, None)
    return {
        **{name: getattr(curve, name) for name in LABELS},
        "level": level,
        "offered": bool(np.isfinite(curve.rows.columns[level]).any()),
        "risk": risk,
        **reached,
        "closing_speed_p05": None if most is None else crossing(speed, most, risk),
        "closing_speed_p95": None if least is None else crossing(speed, least, risk),
        "delta_v": None if central is None else float(np.interp(central, speed, curve.rows.columns["delta_v"])),
        "extrapolated": decisive is not None and _flag_at(curve, curve.flags(f"{level}_extrapolated"), decisive),
        "beyond_model": central is not None and _flag_at(curve, curve.beyond, central),
        "above_at_start": above,
        "swept_from": float(speed[0]),
        "swept_to": float(speed[-1]),
        "model_to": float(speed[inside - 1]) if inside else None,
        "held": dict(curve.held),
    }


def crossing(x: NDArray[np.float64], y: NDArray[np.float64], level: float) -> float | None:
    """Where ``y`` first rises to ``level`` between two neighbours (linear); None when it never does."""
    good = np.isfinite(y)
    x, y = x[good], y[good]
    if y.size and y[0] == level:
        return float(x[0])
    rises = np.flatnonzero((y[:-1] < level) & (y[1:] >= level))
    if not rises.size:
        return None
    i = int(rises[0])
    return float(x[i] + (x[i + 1] - x[i]) * (level - y[i]) / (y[i + 1] - y[i]))


def _starts_above(y: NDArray[np.float64], level: float) -> bool:
    good = y[np.isfinite(y)]
    return bool(good.size and good[0] > level)


def _flag_at(curve: SpeedCurve, flags: NDArray[np.bool_], speed: float) -> bool:
    """Whether either neighbour of a speed carries a flag."""
    i = int(np.searchsorted(curve.closing_speed, speed))
    return bool(flags[max(i - 1, 0) : i + 1].any())
