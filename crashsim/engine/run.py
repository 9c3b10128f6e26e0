"""Run a study whole: the points of its grids, and where numbers are distributions, their samples and what these span."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from crashsim.cases import Study
from crashsim.criteria import RISK
from crashsim.engine import local, roads, stream
from crashsim.engine.ledger import ledger, sources
from crashsim.engine.local import Columns
from crashsim.engine.manifest import inputs
from crashsim.engine.pulses import pulse
from crashsim.engine.stream import STATUSES
from crashsim.results import BEYOND_MODEL, FAILED, Results

Progress = Callable[[int, int], None]

MOST_KEPT: Final = 100_000  # samples whose rows are kept; of more, only what they span


def run(study: Study, *, threads: int | None = None, progress: Progress | None = None) -> Results:
    """Compute a study.

    The rows have one case for each point of the grids, random numbers as they are given; ``bands`` has what the samples
    span there, ``samples`` the rows of all samples if they are not too many.  ``threads``: all cores by default; the
    numbers do not depend on it.  ``progress`` is called with the cases done and the cases in all.
    """
    drawn = sum(impact.count for impact in study.impacts if impact.random)
    results = local.run(study, threads=threads, progress=None if drawn else progress)
    if study.variants:
        told = {"ledger": ledger(study, threads=threads), "ledger_sources": sources(study)}
        results = replace(results, meta={**results.meta, **told})
    if any(roads.speeds(impact) for impact in study.impacts):
        results = replace(results, meta={**results.meta, "expected": roads.expected(study, threads=threads)})
    results = replace(results, pulses=[pulse(study.central, named) for named in study.named_cases])
    if not drawn:
        return results
    kept: list[Columns] | None = [] if drawn <= MOST_KEPT else None
    keep = None if kept is None else _keeper(kept)
    columns, dimensions = stream.reduce(study, threads=threads, progress=progress, keep=keep)
    meta = {**results.meta, **_drawn(results.meta["warnings"], columns)}
    samples = None if kept is None else _samples(study, kept, meta)
    return replace(results, meta=meta, bands=Results(columns, dimensions, (), meta), samples=samples)


def reduce(
    study: Study, *, columns: Sequence[str] | None = None, threads: int | None = None, progress: Progress | None = None
) -> Results:
    """What the samples of a study span at each point of its grids, without keeping any: see `stream.reduce`."""
    found, dimensions = stream.reduce(study, columns=columns, threads=threads, progress=progress)
    return Results(found, dimensions, (), inputs(study))


def _drawn(warnings: list[str], bands: Columns) -> dict[str, Any]:
    """What the manifest says of the samples: their number by status, and what a reader must know of them."""
    of_case = bands["vehicle"] == bands["vehicle"][0]
    for impact in dict.fromkeys(bands["impact"].tolist()):  # one vehicle of each impact: both have the same cases
        here = bands["impact"] == impact
        of_case = np.where(here, bands["vehicle"] == bands["vehicle"][here][0], of_case)
    status = {name: int(bands[name][of_case].sum()) for name in STATUSES}
    total = sum(status.values())
    found = [f"inputs are drawn with their spread ({total:,} samples, in the bands); tables and lines show the case of the inputs as "
             "given, of a distribution its median"]  # fmt: skip
    if n := status[BEYOND_MODEL]:
        found.append(
            f"{n:,} of {total:,} samples are beyond the model: only what momentum decides counts them in its band"
        )
    if n := status[FAILED]:
        found.append(f"{n:,} of {total:,} samples failed: no band counts them")
    return {"samples": status, "warnings": [*warnings, *found]}


def _samples(study: Study, kept: list[Columns], meta: Mapping[str, Any]) -> Results:
    columns, varying = local.joined(kept), local.varying_dimensions(study)
    return Results(columns, {name: local.dimension(name, varying) for name in columns}, (), meta)


def _keeper(kept: list[Columns]) -> Callable[[Columns], None]:
    """Keep the rows of a unit, without the members of the families of risk curves."""

    def keep(rows: Columns) -> None:
        kept.append({name: values for name, values in rows.items() if not (name.startswith(RISK) and "." in name)})

    return keep
