"""The criteria of an occupant on a pulse, as text or JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from crashsim.criteria import METRICS
from crashsim.units import format_quantity

NOTE = "model result, not a crash test"


def told(found: Mapping[str, Any], as_json: bool = False, system: str = "si") -> str:
    """What `crashsim.drive_occupant` found on one pulse, one criterion a line in a unit system; in SI as JSON."""
    criteria = {name: float(found[name]) for name in METRICS if name in found}
    if as_json:
        numbers = {name: value if np.isfinite(value) else None for name, value in criteria.items()}
        return json.dumps({**numbers, "units": "SI", "note": NOTE}, indent=2)
    labels = [METRICS[name].label for name in criteria]
    values = [format_quantity(value, METRICS[name].dimension, system) for name, value in criteria.items()]
    lines = [f"{label.ljust(max(map(len, labels)))}  {value}" for label, value in zip(labels, values, strict=True)]
    return "\n".join([*lines, NOTE])
