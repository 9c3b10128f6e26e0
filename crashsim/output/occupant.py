"""The criteria and risks of an occupant on a pulse, as text or JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from crashsim.criteria import METRICS, RISKS
from crashsim.output.words import percent
from crashsim.units import format_quantity

NOTE = "model result, not a crash test"
BAND = "in brackets: by all injury functions that apply"


def told(found: Mapping[str, Any], as_json: bool = False, system: str = "si") -> str:
    """What `crashsim.drive_occupant` found on one pulse, a criterion or a risk a line in a unit system; in SI as JSON."""
    criteria = {name: float(found[name]) for name in METRICS if name in found}
    edges = [f"{name}{edge}" for name in RISKS for edge in ("", "_low", "_high")]
    risks = {name: float(found[name]) for name in edges if name in found}
    if as_json:
        numbers = {name: value if np.isfinite(value) else None for name, value in (criteria | risks).items()}
        return json.dumps({**numbers, "units": "SI", "note": NOTE}, indent=2)
    rows = [(METRICS[n].label, format_quantity(v, METRICS[n].dimension, system)) for n, v in criteria.items()]
    rows += [(metric.label, _risk(risks, name)) for name, metric in RISKS.items() if name in risks]
    width = max(len(label) for label, _ in rows)
    return "\n".join([*(f"{label.ljust(width)}  {value}" for label, value in rows), BAND, NOTE])


def _risk(risks: Mapping[str, float], name: str) -> str:
    """A risk and, where it has one, its band; a dash where the measure that it needs is not modelled."""
    low, central, high = (risks.get(f"{name}{edge}", np.nan) for edge in ("_low", "", "_high"))
    line = percent(central) if np.isfinite(central) else "-"
    return f"{line} ({percent(low)} to {percent(high)})" if np.isfinite(low) else line
