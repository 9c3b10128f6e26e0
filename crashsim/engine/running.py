"""Run a study into a folder: its groups wherever they are computed, each written as it is done; then what they found together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any

from crashsim.cases import Study
from crashsim.engine import local, run, store, stream
from crashsim.engine.groups import STATUSES, Group, State, unpacked
from crashsim.engine.manifest import inputs
from crashsim.engine.store import Task, state_name, write_group
from crashsim.engine.thin import thinned, thinned_results
from crashsim.engine.work import Work
from crashsim.errors import OutputError
from crashsim.results import Results

Progress = Callable[[int, int], None]
Outcomes = Iterator[
    tuple[Group, dict[str, str]]
]  # groups as they are done, and the names and hashes of what they wrote
Compute = Callable[[Task, Sequence[Group], Work], Outcomes]


def on_threads(threads: int | None = None) -> Compute:
    """Compute groups in threads of this process."""

    def outcomes(of: Task, groups: Sequence[Group], work: Work) -> Outcomes:
        stop = threading.Event()
        pool = ThreadPoolExecutor(threads or local.cores())
        left = iter(groups)
        waiting: dict[Future[dict[str, str]], Group] = {}
        try:
            while True:
                for group in left:
                    waiting[pool.submit(write_group, of, group, work.temporary, stop.is_set)] = group
                    if len(waiting) > (threads or local.cores()):
                        break
                if not waiting:
                    return
                for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                    yield waiting.pop(future), future.result()
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)

    return outcomes


def compute_groups(
    of: Task,
    work: Work,
    compute: Compute,
    *,
    progress: Progress | None = None,
    chosen: Callable[[Group], bool] = lambda _: True,
) -> None:
    """Compute the groups of a task that are not done, those that are chosen, and make each stand as it comes.

    Raises OutputError where the folder does not take them, naming how many stand.
    """
    wanted = [group for group in of.plan.groups if chosen(group)]
    left = [group for group in wanted if group.number not in work.done]
    total = sum(group.last - group.first for group in wanted)
    done = total - sum(group.last - group.first for group in left)
    try:
        for group, written in compute(of, left, work):
            work.commit(group.number, written)
            done += group.last - group.first
            if progress:
                progress(done, total)
    except OSError as error:
        raise OutputError(f"{work.folder}: cannot be written: {error.strerror or error}; {work.kept}") from None


def found(of: Task, work: Work) -> Iterator[tuple[Group, State]]:
    """What the groups of a task found, in order."""
    for group in of.plan.groups:
        path = work.folder / state_name(group.number)
        try:
            yield group, unpacked(path.read_bytes())
        except (OSError, ValueError) as error:
            raise OutputError(f"{path}: cannot be read: {error}") from None


def results(study: Study, of: Task, work: Work, *, threads: int | None = None) -> Results:
    """Everything that figures, tables and reports need, once all groups are done: what is small enough is computed here."""
    if store.is_small(study):
        whole = run.central(study, threads=threads)
    else:
        shown = thinned(study, store.SHOWN)
        whole = run.central(shown, threads=threads)
        said = (f"tables and figures show {sum(i.cells for i in shown.impacts):,} of {sum(i.cells for i in study.impacts):,} points, "
                "evenly taken from each axis")  # fmt: skip
        whole = replace(whole, meta={**whole.meta, "warnings": [*whole.meta["warnings"], said]})
    if not of.plan.groups:
        return whole
    points, totals = stream.folded(of.plan, found(of, work))
    if not store.is_small(study):
        whole = replace(whole, meta={**whole.meta, "status": _statuses(of, totals)})
    if points:
        whole = run.with_bands(whole, *stream.rows_of(study, of.plan.names, points))
    if of.plan.count <= store.MOST_KEPT:
        return whole
    return replace(
        whole,
        totals=Results(*stream.totals_of(of.plan.names, totals), (), whole.meta),
        histograms=Results(stream.histograms_of(totals), {}, (), whole.meta),
    )


def about(results: Results, study: Study) -> dict[str, Any]:
    """What the manifest says: of the study as given where its rows are stored, else of the points that are shown."""
    whole = inputs(study)
    if store.is_small(study) or study.store != store.REDUCTIONS:
        return {**results.meta, **whole}
    return {**results.meta, "fingerprint": whole["fingerprint"]}


def shown(stored: Results, study: Study) -> Results:
    """Of stored results, what tables and figures show: all of them, or some points of grids too large for memory."""
    if store.is_small(study) or study.store == store.REDUCTIONS:
        return stored
    if isinstance(study.store, int):  # those points may not be among the rows that are kept
        few = run.central(thinned(study, store.SHOWN))
        return replace(
            stored,
            columns=few.columns,
            pulses=few.pulses,
            meta={**stored.meta, **few.meta, **{n: stored.meta[n] for n in ("status", "warnings")}},
        )
    return thinned_results(stored, study, store.SHOWN)


def _statuses(of: Task, totals: list[stream.Cell]) -> dict[str, int]:
    """Cases of each status among all points of the grids; a status that none has is left out."""
    ends = iter(totals)  # impact by impact, one of each vehicle that is no wall
    counted = dict.fromkeys(STATUSES, 0)
    for i, impact in enumerate(of.plan.impacts):
        first, *_ = [next(ends) for _ in of.plan.vehicles(i)]
        if not impact.random:
            counted = {name: n + first.statuses[name] for name, n in counted.items()}
    return {name: n for name, n in sorted(counted.items()) if n}
