"""What a run into a folder keeps of its crashes: all rows, a sample of them or none; and what one group writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crashsim.cases import Impact, Study
from crashsim.criteria import METRICS, RISK
from crashsim.engine import local
from crashsim.engine.groups import RISKS, Group, Plan, compute, plan
from crashsim.engine.local import Columns
from crashsim.engine.manifest import version
from crashsim.engine.risks import risk_settings
from crashsim.engine.work import STATES, flushed
from crashsim.results.files import RESULTS, SAMPLES
from crashsim.results.parts import PartWriter, schema

ALL, REDUCTIONS = "all", "reductions"  # or a number: so many rows of cases
MOST_KEPT: Final = 100_000  # samples whose rows are kept where a study does not say
MOST_WHOLE: Final = 200_000  # points of all grids that are computed in memory; beyond, they are written as they come
SHOWN: Final = 20_000  # points of larger grids in tables and figures


@dataclass(frozen=True)
class Task:
    """A plan, and for each of its impacts the table that its rows go to, how many of its cases are kept, and their schema."""

    plan: Plan
    tables: tuple[str, ...]
    kept: tuple[int, ...]
    schemas: Mapping[str, Any]


def task(study: Study) -> Task:
    """Everything of a study that is computed in groups: the samples of what is drawn, and grids too large for memory."""
    drawn = [impact for impact in study.impacts if impact.random]
    grids = [] if is_small(study) else [impact.central for impact in study.impacts]
    impacts = [*drawn, *grids]
    tables = (*(SAMPLES for _ in drawn), *(RESULTS for _ in grids))
    whole = plan(study, impacts, (*METRICS, *RISKS))
    sizes = {
        name: sum(i.count for i, t in zip(impacts, tables, strict=True) if t == name) for name in dict.fromkeys(tables)
    }
    kept = tuple(_kept(study.store, impact, sizes[table], table) for impact, table in zip(impacts, tables, strict=True))
    rows = {name: sum(k for k, t in zip(kept, tables, strict=True) if t == name) for name in sizes}
    return Task(whole, tables, kept, {n: _schema(study, impacts, tables, n, rows[n] > MOST_KEPT) for n in sizes})


def is_small(study: Study) -> bool:
    """Whether all points of the grids of a study are computed in memory."""
    return sum(impact.cells for impact in study.impacts) <= MOST_WHOLE


def _kept(store: str | int, impact: Impact, size: int, table: str) -> int:
    """How many cases of an impact keep their rows."""
    if isinstance(store, int):
        return min(impact.count, -(-store * impact.count // size))
    is_all = store == ALL if store else table == RESULTS or size <= MOST_KEPT
    return impact.count if is_all else 0


def _schema(study: Study, impacts: list[Impact], tables: tuple[str, ...], table: str, large: bool) -> Any:
    """The columns of a table of all its impacts, from the first case of each; of a large one without the numbers that were drawn
    unasked, which are half of it and which ``crashsim.draws`` gives again.
    """
    risk = risk_settings(study)
    firsts = [local.rows(i, 0, 1, risk, 1) for i, t in zip(impacts, tables, strict=True) if t == table]
    found = without_members(local.joined(firsts)) if table == SAMPLES else local.joined(firsts)
    if large:
        unasked = {number.path for impact in impacts for number in impact.random if number.unasked}
        found = {name: values for name, values in found.items() if name not in unasked}
    varying = local.varying_dimensions(study)
    return schema(found, {name: local.dimension(name, varying) for name in found}, version())


def without_members(rows: Columns) -> Columns:
    """Rows without the members of the families of risk curves."""
    return {name: values for name, values in rows.items() if not (name.startswith(RISK) and "." in name)}


# ---- what a group writes -----------------------------------------------------------------------------------------------


def part_name(table: str, group: int) -> str:
    """The file of the rows of a group."""
    return f"{table}/part-{group:07d}.parquet"


def state_name(group: int) -> str:
    """The file of what a group found."""
    return f"{STATES}/{group:07d}.state"


def write_group(
    of: Task, group: Group, path: Callable[[str], Path], stopped: Callable[[], bool] = lambda: False
) -> dict[str, str]:
    """Compute a group and write its files where ``path`` says for their names; these, on the disk, with their hashes."""
    names = [state_name(group.number)]
    if of.kept[group.impact] == 0:
        state = compute(of.plan, group, stopped=stopped)
    else:
        names.append(part_name(of.tables[group.impact], group.number))
        schema = of.schemas[of.tables[group.impact]]
        writer, wanted = PartWriter(path(names[-1]), schema), frozenset(schema.names)
        try:
            state = compute(of.plan, group, keep=_keeper(of, group, writer), wanted=wanted, stopped=stopped)
        finally:
            writer.close()
    path(names[0]).write_bytes(state.packed())
    return {name: flushed(path(name)) for name in names}


def _keeper(of: Task, group: Group, writer: PartWriter) -> Callable[[Columns], None]:
    count, kept = of.plan.impacts[group.impact].count, of.kept[group.impact]

    def keep(rows: Columns) -> None:
        if kept == count:
            writer.write(rows)
        elif (
            here := np.isin(rows["case"], sampled(count, kept, int(rows["case"][0]), int(rows["case"][-1]) + 1))
        ).any():
            writer.write({name: values[here] for name, values in rows.items()})

    return keep


def sampled(count: int, kept: int, first: int, last: int) -> NDArray[np.int64]:
    """Which of the cases ``first`` to ``last`` are among ``kept`` of ``count``: one in each of as many equal strata, its place
    in it by a hash of the stratum (splitmix64), so that no regular pattern of the samples is met.
    """
    k = np.arange(first * kept // count, min(-(-last * kept // count) + 1, kept), dtype=np.uint64)
    with np.errstate(over="ignore"):
        z = (k + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        u = (z ^ (z >> np.uint64(31))) >> np.uint64(11)
    low, high = (k.astype(np.int64) * count) // kept, ((k.astype(np.int64) + 1) * count) // kept
    cases = low + (u.astype(np.float64) * 2.0**-53 * (high - low)).astype(np.int64)
    return np.asarray(cases[(cases >= first) & (cases < last)])
