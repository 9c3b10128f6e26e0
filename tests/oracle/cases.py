"""One random case at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from oracle.many import Raw, ask, many, single
from oracle.motion import Pair


def random_case(rng: np.random.Generator) -> Raw:
    """One case of ``many`` with the restitution that it asks for."""
    return asked(single(many(1, rng), 0))


def asked(case: Raw) -> Raw:
    """The case with the restitution that it asks for, as a share of the cap: both fronts unload as steeply as they ever loaded."""
    found: Any = ask(case, Pair(case, 0.0).law.cap)
    return {**found, "restitution": float(found["restitution"])}
