"""Run a study whole: the points of its grids, and where numbers are distributions, their samples and what these span."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from crashsim.cases import Study
from crashsim.engine import local, roads, stream
from crashsim.engine.ledger import ledger, sources
from crashsim.engine.local import Columns
from crashsim.engine.manifest import inputs
from crashsim.engine.pulses import pulse
from crashsim.engine.store import MOST_KEPT, without_members
from crashsim.engine.stream import STATUSES
from crashsim.results import BEYOND_MODEL, FAILED, Results

Progress = Callable[[int, int], None]


def run(study: Study, *, threads: int | None = None, progress: Progress | None = None) -> Results:
    """Compute a study.

    The rows have one case for each point of the grids, random numbers as they are given; ``bands`` has what the samples
    span there, ``samples`` the rows of all samples if they are not too many.  ``threads``: all cores by default; the
    numbers do not depend on it.  ``progress`` is called with the cases done and the cases in all.
    """
    sampled = any(impact.random for impact in study.impacts)
    results = central(study, threads=threads, progress=None if sampled else progress)
    if not sampled:
        return results
    count = sum(impact.count for impact in study.impacts if impact.random)
    kept: list[Columns] | None = [] if count <= MOST_KEPT else None
    keep = None if kept is None else lambda rows: kept.append(without_members(rows))
    columns, dimensions = stream.reduce(study, threads=threads, progress=progress, keep=keep)
    results = with_bands(results, columns, dimensions)
    return results if kept is None else replace(results, samples=_samples(study, kept, results.meta))


def central(study: Study, *, threads: int | None = None, progress: Progress | None = None) -> Results:
    """Every point of the grids of a study with its random numbers as given, the ledger of its modifiers and its pulses."""
    results = local.run(study, threads=threads, progress=progress)
    if study.variants:
        told = {"ledger": ledger(study, threads=threads), "ledger_sources": sources(study)}
        results = replace(results, meta={**results.meta, **told})
    if any(roads.speeds(impact) for impact in study.impacts):
        results = replace(results, meta={**results.meta, "expected": roads.expected(study, threads=threads)})
    return replace(results, pulses=[pulse(study.central, named) for named in study.named_cases])


def with_bands(results: Results, columns: Columns, dimensions: Mapping[str, str]) -> Results:
    """Results with what the samples span at each point, and what must be said of that."""
    meta = {**results.meta, **_drawn(results.meta["warnings"], columns)}
    return replace(results, meta=meta, bands=Results(columns, dimensions, (), meta))


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
