"""The closing speed at which a risk is reached, in words: a sentence, and the short form that is quoted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from crashsim import units
from crashsim.output.headline import thresholds
from crashsim.output.views import path_words
from crashsim.output.words import percent
from crashsim.results import Results

Row = Mapping[str, Any]

LEVEL: Final = 0.10  # the risk whose speed is told
EDGES: Final = ("closing_speed", "closing_speed_low", "closing_speed_high", "closing_speed_uncorrected", "closing_speed_p05",
                "closing_speed_p95")  # fmt: skip


def sentences(results: Results, system: str) -> list[str]:
    """For each impact swept in speed and each vehicle: the speed at which its MAIS3+ risk reaches 10 %."""
    return [_sentence(results, row, system) for row in thresholds(results) if row["risk"] == LEVEL]


def clause(results: Results, impact: str, vehicle: str, system: str) -> str:
    """The same to be quoted: ``in the kei it reaches 10 % at 47 mph closing (curves: ...; inputs 5-95 %: ...)``; empty without a sweep."""
    found = (r for r in thresholds(results) if (r["impact"], r["vehicle"], r["risk"]) == (impact, vehicle, LEVEL))
    whole = next(found, None)
    if whole is None or not whole["offered"] or whole["model_to"] is None:
        return ""
    row = _within_model(whole)
    if "closing_speed" in row["above_at_start"]:
        return f"in the {vehicle} it is above {percent(LEVEL)} at every speed computed, from {_speed(row['swept_from'], system)} closing on"
    if row["closing_speed"] is None:
        some = f" by the central curve (by others it does: {_ends(row, system)})" if row["closing_speed_low"] else ""
        return (
            f"in the {vehicle} it does not reach {percent(LEVEL)} up to {_speed(row['swept_to'], system)} closing{some}"
        )
    each = _each(results, impact, row["closing_speed"], system)
    return (f"in the {vehicle} it reaches {percent(LEVEL)} at {_speed(row['closing_speed'], system)} closing{each} "
            f"({_curves(row, 'curves', system)}{_of_inputs(row, system)})")  # fmt: skip


def _sentence(results: Results, whole: Row, system: str) -> str:
    """At which closing speed a risk is reached, by the central curve, by all, and without the delta-v correction."""
    row = _within_model(whole)
    between = results.meta["impacts"][row["impact"]]["between"]
    held = "".join(f", {path_words(path, between)} {units.format_quantity(value, results.dimensions[path], system)}"
                   for path, value in row["held"].items())  # fmt: skip
    start = f"{row['impact']}: MAIS3+ risk in the {row['vehicle']} ({row['end']} loaded{held})"
    if not row["offered"]:
        return f"{start} is not offered: no curve of the library is for this end."
    extrapolated = "; extrapolated" if row["extrapolated"] else ""
    if row["model_to"] is None:
        return f"{start}: every case is beyond the model."
    end = f"{_speed(row['swept_to'], system)}{', where the model ends' if row['swept_to'] < whole['swept_to'] else ''}"
    if "closing_speed" in row["above_at_start"]:
        first = _speed(row["swept_from"], system)
        return f"{start} is above {percent(row['risk'])} at every speed swept, from {first} closing{extrapolated}."
    if row["closing_speed"] is None:
        edge = f", though by some curves it does{_band(row, system)}" if row["closing_speed_low"] is not None else ""
        return f"{start} does not reach {percent(row['risk'])} up to a closing speed of {end}{edge}."
    each = _each(results, row["impact"], row["closing_speed"], system)
    return (f"{start} reaches {percent(row['risk'])} at a closing speed of {_speed(row['closing_speed'], system)}{each}"
            f"{_band(row, system)}, delta-v {_speed(row['delta_v'], system)}{extrapolated}.")  # fmt: skip


def _within_model(row: Row) -> Row:
    """A threshold without the speeds at which the model has ended: those are no headline."""
    end = row["model_to"]
    if end is None:
        return row
    return {**row, **{e: row[e] if row[e] is not None and row[e] <= end else None for e in EDGES}, "swept_to": end}


def _band(row: Row, system: str) -> str:
    """The closing speeds by the curves that see most and least risk."""
    if row["closing_speed_low"] is None and row["closing_speed_high"] is None:
        return ""
    raw = row["closing_speed_uncorrected"]
    without = f"; {_speed(raw, system)} without the delta-v correction" if raw is not None else ""
    return f" ({_curves(row, 'curves disagree', system)}{without}{_of_inputs(row, system)})"


def _curves(row: Row, words: str, system: str) -> str:
    low, high = row["closing_speed_low"], row["closing_speed_high"]
    return "one curve" if low is not None and low == high else f"{words}: {_ends(row, system)}"


def _ends(row: Row, system: str) -> str:
    low, high = row["closing_speed_low"], row["closing_speed_high"]
    first = _speed(low, system) if low is not None else f"below {_speed(row['swept_from'], system)}"
    last = _speed(high, system) if high is not None else f"above {_speed(row['swept_to'], system)}"
    return f"{first} to {last}"


def _of_inputs(row: Row, system: str) -> str:
    """The closing speeds between which the spread of the inputs moves the central curve; empty where nothing is drawn."""
    low, high = row["closing_speed_p05"], row["closing_speed_p95"]
    if low is None or high is None:
        return ""
    return f"; inputs, 5-95 %: {_speed(low, system)} to {_speed(high, system)}"


def _each(results: Results, impact: str, closing: float, system: str) -> str:
    """``", 30 mph each"`` where both vehicles of a head-on impact always have the same speed."""
    if results.meta["impacts"][impact]["type"] != "head-on":
        return ""
    rows = results.sel(impact=impact).columns
    if max(abs(2.0 * rows["impact_speed"] - rows["closing_speed"])) > 1e-9 * closing:
        return ""
    return f", {_speed(0.5 * closing, system)} each"


def _speed(value: float, system: str) -> str:
    unit = units.display_unit("speed", system)
    return f"{units.to(value, unit, 'speed'):.0f} {unit}"
