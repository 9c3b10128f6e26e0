"""The Python interface: run a study, collide two structures, read results back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crashsim import structure
from crashsim.cases import Cases, Study
from crashsim.config.study import load_study
from crashsim.errors import StructureError
from crashsim.results import Results
from crashsim.structure import Structure


def run(
    study: str | Path | Mapping[str, Any] | Study,
    *,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Results:
    """Compute a study: the name of a shipped one, a file, a mapping of the same shape, or a Study.

    Writes nothing; ``Results.save`` does.  Raises ConfigError with every problem of the study, LibraryError for an unknown
    name.
    """
    from crashsim.engine.local import run as run_here

    loaded = study if isinstance(study, Study) else load_study(study)
    return run_here(loaded, threads=threads, progress=progress)


def collide(
    mass: ArrayLike,
    front: Structure,
    partner_mass: ArrayLike,
    partner_front: Structure,
    closing_speed: ArrayLike,
    *,
    restitution: ArrayLike | None = None,
) -> dict[str, NDArray[Any]]:
    """Collide two structures on one line, without a study file.

    Parameters
    ----------
    mass, partner_mass : array_like
        Impact masses [kg]; ``numpy.inf`` for a wall, with ``structure.rigid()``.
    front, partner_front : Structure
        The loaded structures; a leading axis of cases or none.
    closing_speed : array_like
        Approach speed [m/s], > 0.
    restitution : array_like, optional
        Value to be reached; from the unloading stiffness of both when left out.

    Returns
    -------
    dict of arrays
        Case metrics (cases,), vehicle metrics (cases, 2), SI; names as in ``criteria.METRICS``, and ``status``.

    Raises
    ------
    StructureError
        A softening curve, an unloading slope below the loading one, more restitution than the law can give (the
        message has the cap), or numbers that describe no collision.
    """
    from crashsim.engine.local import solve

    for name, ends in (("front", front), ("partner_front", partner_front)):
        structure.require_valid(ends, name)
    e = np.nan if restitution is None else restitution
    m1, m2, speed, asked = (np.atleast_1d(np.asarray(a, float)) for a in (mass, partner_mass, closing_speed, e))
    n = np.broadcast_shapes(
        *(a.shape for a in (m1, m2, speed, asked)), front.crush.shape[:-1], partner_front.crush.shape[:-1]
    )
    m1, m2, speed, asked = (np.broadcast_to(a, n) for a in (m1, m2, speed, asked))
    _require_numbers(m1, m2, speed, asked, restitution is not None, front.points + partner_front.points)
    pair = (_wide(front, n), _wide(partner_front, n))
    zeros = np.zeros(n)
    solved = solve(
        Cases(np.stack([m1, m2], -1), np.stack([speed, zeros], -1), np.array(speed), pair, np.array(asked), {})
    )
    cap = solved["restitution_cap"]
    if np.any(asked > cap * (1.0 + 1e-9)):
        worst = int(np.nanargmax(asked - cap))
        raise StructureError(f"restitution {asked[worst]:.6g} asked, the force law can give at most {cap[worst]:.6g}")
    return solved


def _require_numbers(m1: Any, m2: Any, speed: Any, asked: Any, is_asked: bool, points: int) -> None:
    """Raise StructureError for numbers that describe no collision."""
    if not (np.all(m1 > 0) and np.all(m2 > 0)) or np.any(np.isinf(m1) & np.isinf(m2)):
        raise StructureError("masses: expected more than 0 kg, and at most one of the two infinite (a wall)")
    if not (np.all(speed > 0) and np.all(np.isfinite(speed))):
        raise StructureError("closing_speed: expected a finite speed above 0 m/s")
    if is_asked and not np.all(asked >= 0):
        raise StructureError("restitution: expected 0 or more")
    if points == 0:
        raise StructureError("two rigid bodies: at least one of the two must deform")


def _wide(ends: Structure, cases: tuple[int, ...]) -> Structure:
    """The same structure with a leading axis of cases."""
    return Structure(**{
        name: np.broadcast_to(value, (*cases, *value.shape[-1:]) if name in ("crush", "force") else cases)
        for name, value in vars(ends).items()
    })  # fmt: skip
