"""The Python interface: run a study, collide two structures, drive an occupant by a pulse, read results back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crashsim import structure
from crashsim.cases import Cases, Study
from crashsim.config.study import load_study
from crashsim.errors import CrashsimError, StructureError, did_you_mean
from crashsim.results import Results
from crashsim.structure import Structure
from crashsim.units import echo

if TYPE_CHECKING:
    from crashsim.engine.sensitivity import Sensitivity


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
    from crashsim.engine.run import run as run_here

    loaded = study if isinstance(study, Study) else load_study(study)
    return run_here(loaded, threads=threads, progress=progress)


def reduce(
    study: str | Path | Mapping[str, Any] | Study,
    *,
    columns: Sequence[str] | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Results:
    """What the samples of a study with distributions span at each point of its grids, computed without keeping any.

    The rows are those of ``Results.bands``.  ``columns``: the metrics and risks wanted, all by default; without risks it is
    faster.  Ten million samples need no more memory than a hundred thousand.  Raises as `run` does, and CrashsimError for an
    unknown column or a study without distributions.
    """
    from crashsim.engine.run import reduce as reduce_here

    loaded = study if isinstance(study, Study) else load_study(study)
    return reduce_here(loaded, columns=columns, threads=threads, progress=progress)


def draws(
    study: str | Path | Mapping[str, Any] | Study, impact: str | None = None, *, first: int = 0, last: int | None = None
) -> dict[str, NDArray[Any]]:
    """The random numbers of the cases ``first`` to ``last`` (exclusive) of an impact, the first by default; SI, by path.

    A random number follows from study and case alone.  So a run that keeps the rows of more than 100,000 samples leaves out those
    drawn with the spreads of the library, which the study did not ask for; here they are again, in the order of the column
    ``case``.  Raises as `run` does, and CrashsimError for an unknown impact or cases that it does not have.
    """
    from crashsim.cases import swept

    loaded = study if isinstance(study, Study) else load_study(study)
    known = {own.name: own for own in loaded.impacts}
    name = next(iter(known)) if impact is None else impact
    if name not in known:
        raise CrashsimError(f"no impact {echo(name)}{did_you_mean(name, known)}")
    own, end = known[name], known[name].count if last is None else last
    if not 0 <= first <= end <= own.count:
        raise CrashsimError(f"{name}: cases {first} to {end}, expected some of 0 to {own.count}")
    varying = swept(own, first, end)
    return {number.path: varying[number.path] for number in own.random}


def sensitivity(
    study: str | Path | Mapping[str, Any] | Study,
    case: str | None = None,
    *,
    points: int = 2048,
    each: bool = False,
    quantities: Sequence[str] = ("risk_mais3plus", "risk1_joint_ais3plus", "delta_v", "intrusion"),
    threads: int | None = None,
) -> Sensitivity:
    """Which input that a study draws moves the result of one of its named cases: Sobol indices with intervals.

    ``points`` (a power of two) times the inputs and two more crashes are computed; the inputs are groups such as a front, or
    ``each`` number by itself, and the choice of the risk curve.  Raises as `run` does, and CrashsimError for an unknown case or
    quantity, or a case of which nothing is drawn.
    """
    from crashsim.engine.sensitivity import sensitivity as compute

    loaded = study if isinstance(study, Study) else load_study(study)
    return compute(loaded, case, points=points, each=each, quantities=quantities, threads=threads)


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
    pair = (structure.wide(front, n), structure.wide(partner_front, n))
    zeros = np.zeros(n)
    solved = solve(
        Cases(np.stack([m1, m2], -1), np.stack([speed, zeros], -1), np.array(speed), pair, np.array(asked), {})
    )
    cap = solved["restitution_cap"]
    if np.any(asked > cap * (1.0 + 1e-9)):
        worst = int(np.nanargmax(asked - cap))
        raise StructureError(f"restitution {asked[worst]:.6g} asked, the force law can give at most {cap[worst]:.6g}")
    return solved


def drive_occupant(
    deceleration: ArrayLike, dt: float, restraint: str | Mapping[str, Any], size: str = "50m", age: ArrayLike = 40.0
) -> dict[str, NDArray[Any]]:
    """Injury criteria and risks of an occupant whose compartment moves as given: by a measured pulse, or a drawn one.

    Parameters
    ----------
    deceleration : (..., samples)
        Of the compartment [m/s^2], positive while it slows (minus the SAE J211 x channel), from contact on; CFC 60 for a
        measured one.  After the record, up to 300 ms, the compartment keeps its speed.
    dt : float
        Time step [s].
    restraint : str or mapping
        A restraint of the library, or what a study says of an occupant:
        ``{"restraint": "belt-airbag", "knee": {"gap": "90 mm"}}``.
    size : str
        An occupant of the library, where the mapping names none.
    age : array_like
        Of the occupant [years], for the chest.

    Returns
    -------
    dict of arrays
        Criteria (...), SI, under their names in ``criteria.METRICS``: ``chest_peak``, ``chest_3ms``, ``chest_deflection``,
        ``belt_force``, ``excursion``, ``head_excursion``, ``hic15``, ``hic36``, ``knee_force``, ``head_contact_force``, ``contact``.
        Histories (..., samples): ``time`` [s] (samples,), ``torso``, ``head`` [m/s^2, slowing], ``travel``, ``head_travel`` [m],
        ``belt``, ``airbag``, ``knee`` [N].  Risks (...) of AIS3+ under their names in ``criteria.RISKS``, with ``_low`` and
        ``_high``, the band of all injury functions that apply.  The interior does not intrude.

    Raises
    ------
    ConfigError
        A restraint or an occupant that is not whole or that nothing has.
    ValueError
        A pulse that is not finite or has under two samples, or a time step not above 0.
    """
    from crashsim.config import library
    from crashsim.config.driven import load_occupant
    from crashsim.engine.driven import solve as driven
    from crashsim.engine.dummies import dummy_columns

    given = {"restraint": restraint} if isinstance(restraint, str) else dict(restraint)
    seated = load_occupant({"size": size} | given)
    found = driven(deceleration, dt, seated.columns)
    return found | dummy_columns(library.injury_functions().values(), seated.dummy, age, found)


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
