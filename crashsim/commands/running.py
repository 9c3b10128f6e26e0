"""The commands that compute a study: whole, in shards on many machines, and the shards put together."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from crashsim.cases import Study
    from crashsim.engine.running import Compute
    from crashsim.engine.work import Work
    from crashsim.results import Results

FAILED_CASES, INTERRUPTED, TERMINATED = 3, 130, 143


class Terminated(KeyboardInterrupt):
    """The system asks the program to end."""


@click.command()
@click.argument("study")
@click.option("--out", type=click.Path(), help="Folder for the results; runs/NAME-HASH when left out.")
@click.option("--force", is_flag=True, help="Start anew: replace the results in the folder.")
@click.option("--units", type=click.Choice(["us", "si"]), help="Units of figures, tables and report.")
@click.option("--store", help="Rows kept of what is drawn: all, reductions, or 'sample N'; in place of the study's.")
@click.option("--shard", help="Compute part I of N alone, I/N with I from 0 to N-1; crashsim merge puts them together.")
@click.option(
    "--dask", "cluster", help="Compute on the Dask cluster whose scheduler has this address (tcp://..., tls://...)."
)
@click.option("--json", "as_json", is_flag=True, help="Print the headline numbers as JSON.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def run(
    study: str,
    out: str | None,
    force: bool,
    units: str | None,
    store: str | None,
    shard: str | None,
    cluster: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Compute STUDY (a file or the name of a shipped study) and write figures, tables and a report.

    A run that ends early, however that happens, keeps what it has computed: the same command goes on from there.
    """
    from crashsim.engine.folder import folder_of, is_done

    loaded = _loaded(study, units, store)
    if shard is not None:
        return _shard(loaded, shard, out, force, cluster, quiet)
    folder = folder_of(loaded, out)
    done = not force and is_done(folder, loaded)
    results = _stored(loaded, folder) if done else _computed(loaded, folder, force, _where(cluster), quiet)
    return _told(results, folder, done, as_json, quiet)


@click.command()
@click.argument("study")
@click.argument("shards", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(), help="Folder for the results; runs/NAME-HASH when left out.")
@click.option("--units", type=click.Choice(["us", "si"]), help="Units of figures, tables and report.")
@click.option("--store", help="As it was said to the shards.")
@click.option("--json", "as_json", is_flag=True, help="Print the headline numbers as JSON.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def merge(
    study: str,
    shards: tuple[Path, ...],
    out: str | None,
    units: str | None,
    store: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Put the folders SHARDS of STUDY together into the results that one machine would have written."""
    from crashsim.engine.folder import folder_of, is_done
    from crashsim.engine.shards import of_shards

    loaded = _loaded(study, units, store)
    folder = folder_of(loaded, out)
    done = is_done(folder, loaded)
    results = _stored(loaded, folder) if done else _computed(loaded, folder, False, of_shards(loaded, shards), quiet)
    return _told(results, folder, done, as_json, quiet)


def _loaded(study: str, units: str | None, store: str | None) -> Study:
    from crashsim.config.study import load_study, read_store

    loaded = load_study(study)
    if store is not None:
        loaded = replace(loaded, store=read_store(store))
    return loaded.shown_in(units) if units else loaded


def _where(cluster: str | None) -> Compute:
    """Where groups are computed: on the threads of this machine, or on a cluster."""
    from crashsim.engine.running import on_threads

    if cluster is None:
        return on_threads()
    from crashsim.engine.dask import on_cluster

    return on_cluster(cluster)


def _stored(study: Study, folder: Path) -> Results:
    """What is there, as it was told when it was computed."""
    from crashsim.engine.running import shown
    from crashsim.results import load

    return shown(load(folder), study)


def _computed(study: Study, folder: Path, force: bool, compute: Compute, quiet: bool) -> Results:
    from crashsim.engine import running
    from crashsim.engine.folder import running_into
    from crashsim.engine.store import task

    started = time.perf_counter()
    with _ended_early(), running_into(folder, study, anew=force) as work:
        of = task(study)
        _groups(study, of, work, compute, quiet)
        results = running.results(study, of, work)
        _written(results, work, study, started)
    return results


def _groups(study: Study, of: Any, work: Work, compute: Compute, quiet: bool, **chosen: Any) -> None:
    from crashsim.commands.progress import progress
    from crashsim.engine.running import compute_groups

    with progress(study.title, of.plan.count, quiet=quiet) as advance:
        compute_groups(of, work, compute, progress=advance, **chosen)


def _written(results: Results, work: Work, study: Study, started: float) -> None:
    """All files of the results into the folder of a run under way, the manifest last."""
    from crashsim.engine.local import cores
    from crashsim.engine.running import about
    from crashsim.engine.work import UNDER_WAY
    from crashsim.output import roads, workers
    from crashsim.output.html import write_page
    from crashsim.output.ledger import write_csv
    from crashsim.output.report import write_report
    from crashsim.output.run_page import run_page
    from crashsim.results.files import write_data, write_manifest

    folder, units = work.folder, study.units
    write_data(results, folder)
    if "ledger" in results.meta:
        write_csv(results, folder / "ledger.csv")
    if "expected" in results.meta:
        roads.write_csv(results, folder / "roads.csv")
    figures = workers.write_figures(results, folder / "figures", units, cores())
    write_report(results, folder / "report.md", figures, units)
    write_page(run_page(results, figures, units), folder / "report.html")
    wall_time = round(time.perf_counter() - started, 3)
    write_manifest({**about(results, study), "wall_time_s": wall_time}, folder, work.files, UNDER_WAY)


def _shard(study: Study, text: str, out: str | None, force: bool, cluster: str | None, quiet: bool) -> int:
    from crashsim.engine import shards
    from crashsim.engine.store import task

    shard = shards.parse(text)
    folder = shards.folder_of(study, shard, out)
    done = not force and shards.is_done(folder, study, shard)
    if not done:
        with _ended_early(), shards.running_into(folder, study, shard, anew=force) as work:
            of = task(study)
            _groups(study, of, work, _where(cluster), quiet, chosen=shard.has)
            shards.write(work, study, shard)
    if not quiet:
        click.echo(f"{'already done' if done else 'written'}: {folder}")
    return 0


@contextmanager
def _ended_early() -> Iterator[None]:
    """SIGTERM ends a run as Ctrl-C does; what is kept is said in one line."""
    before = signal.signal(signal.SIGTERM, _terminated)
    try:
        yield
    except KeyboardInterrupt as error:
        words = "ended" if isinstance(error, Terminated) else "interrupted"
        click.echo(f"crashsim: {words}; what was finished is kept, and the same command goes on from it", err=True)
        sys.exit(TERMINATED if isinstance(error, Terminated) else INTERRUPTED)
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminated(*_: Any) -> None:
    raise Terminated


# ---- what is printed ---------------------------------------------------------------------------------------------------


def _told(results: Results, folder: Path, done: bool, as_json: bool, quiet: bool) -> int:
    if as_json:
        click.echo(json.dumps(_headline(results, folder), indent=2, ensure_ascii=False))
    elif not quiet:
        from crashsim.output.report import headline_text

        click.echo(headline_text(results, results.meta["units"]))
        click.echo(f"{'already done' if done else 'written'}: {folder}")
    failed = results.meta["status"].get("failed") or results.meta.get("samples", {}).get("failed")
    return FAILED_CASES if failed else 0


def _headline(results: Results, folder: Path) -> dict[str, Any]:
    from crashsim.output.headline import headline, thresholds
    from crashsim.output.quote import quote

    return {"study": results.meta["name"], "version": results.meta["version"], "folder": str(folder),
            "answer": quote(results, results.meta["units"]), "units": "SI", "cases": headline(results), "thresholds": thresholds(results),
            "status": results.meta["status"], "warnings": results.meta["warnings"],
            "note": "model result, not a crash test"}  # fmt: skip
