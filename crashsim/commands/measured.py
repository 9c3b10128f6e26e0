"""Commands on measured crashes: a structure from them, speed from damage, and the evidence rebuilt."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from crashsim.validation.records import Case


# ---- a structure from measured crashes -----------------------------------------------------------------------------------


@click.command()
@click.argument("file")
@click.option("--mass", help="Test mass, such as '1719 kg', where FILE is a pulse.")
@click.option("--speed", help="Impact speed, such as '57.09 km/h', where FILE is a pulse.")
@click.option(
    "--channel", "channels", multiple=True, help="Column, curve number or channel code; several are averaged."
)
@click.option("--time-unit", type=click.Choice(["s", "ms"]), help="Of the times of a table.")
@click.option("--acceleration-unit", type=click.Choice(["g", "m/s^2"]), help="Of the channels of a table.")
@click.option("--deceleration", is_flag=True, help="The channels are positive while the vehicle slows.")
@click.option("--name", help="Of the vehicle that is written, where FILE is a pulse; fitted when left out.")
@click.option("--out", type=click.Path(path_type=Path), default=Path(), help="Folder for vehicle and figure; this one.")
@click.option("--force", is_flag=True, help="Replace a vehicle and a figure that are there.")
@click.option("--units", type=click.Choice(["us", "si"]), default="si", help="Units to show.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON, in SI units.")
def fit(file: str, out: Path, force: bool, units: str, as_json: bool, **pulse: Any) -> None:
    """Fit a vehicle's crush curve to wall tests: those of FILE (YAML, or a shipped one), or one pulse.

    A pulse is a text table, NHTSA's .EV5 or .001, or ISO-MME's .mme or .001, and needs --mass and --speed. Writes NAME.yaml,
    a vehicle for a study's `use:`, and NAME-fit.png.
    """
    from crashsim.config.fits import load_fit, one_pulse
    from crashsim.fitting.fit import fit_tests

    given = {name: value for name, value in pulse.items() if value}
    loaded = load_fit(one_pulse(file, given) if given else file)
    from crashsim.output import fits

    fits.require_new(loaded.name, out, force)
    fitted = fit_tests(loaded)
    click.echo(fits.as_json(fitted) if as_json else fits.told(fitted, units))
    written = fits.write(fitted, out, units, force)
    click.echo(f"written: {', '.join(map(str, written))}", err=as_json)


# ---- from damage to speed ------------------------------------------------------------------------------------------------


@click.command()
@click.argument("file")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for tables and figure; none are written without.")
@click.option("--units", type=click.Choice(["us", "si"]), help="Units to show; those of the file when left out.")
@click.option("--json", "as_json", is_flag=True, help="Print results, inputs and notes as JSON, in SI units.")
def reconstruct(file: str, out: Path | None, units: str | None, as_json: bool) -> None:
    """Speed, delta-v and EES from the damage described in FILE (or a shipped example, such as kei_and_pickup)."""
    from crashsim.config.reconstructions import load_reconstruction
    from crashsim.engine.reconstruct import reconstruct as solve
    from crashsim.output import reconstructions

    found = solve(load_reconstruction(file))
    system = units or found.scene.units
    click.echo(reconstructions.as_json(found) if as_json else reconstructions.told(found, system))
    if out is not None:
        reconstructions.write(found, out, system)
        click.echo(f"written: {out}", err=as_json)


# ---- the evidence ----------------------------------------------------------------------------------------------------


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path), help="Folder of raw measured signals; shipped figures without."
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder; runs/validation-HASH when left out.")
@click.option("--short", is_flag=True, help="Neither figures nor the refit of the class laws with each test left out.")
@click.option("--markdown", is_flag=True, help="Print the page of the documentation and write nothing.")
@click.option("--force", is_flag=True, help="Start anew: replace the evidence in the folder.")
def validation(data: Path | None, out: Path | None, short: bool, markdown: bool, force: bool) -> None:
    """Hold the model against every measured crash: a table, a verdict for each quantity, a figure for each case."""
    from crashsim.engine.folder import EVIDENCE, holds
    from crashsim.output import evidence as written
    from crashsim.validation import evidence

    if markdown:
        click.echo(written.page(evidence.run(data, short=short, advance=_told())), nl=False)
        return
    mark = evidence.fingerprint(data, short)
    folder = out if out is not None else Path("runs") / f"validation-{mark[:10]}"
    done = not force and holds(folder, EVIDENCE, mark, evidence.difference)
    if not done:
        click.echo(written.summary(_rebuilt(folder, data, short, mark)))
    click.echo(f"{'already done' if done else 'written'}: {folder}")


def _rebuilt(folder: Path, data: Path | None, short: bool, mark: str) -> tuple[Case, ...]:
    from crashsim.engine.folder import EVIDENCE, writing
    from crashsim.output import evidence as written
    from crashsim.results.files import write_manifest
    from crashsim.validation import evidence

    with writing(folder, EVIDENCE) as partial:
        cases = evidence.run(data, short=short, advance=_told())
        figures = {}
        if not short:
            from crashsim.output.validation import write_figures

            figures = write_figures(cases, partial / "figures")
        written.write_table(cases, partial / "table.csv")
        (partial / "report.md").write_text(written.page(cases, figures), encoding="utf-8")
        write_manifest(evidence.manifest(cases, mark), partial)
    return cases


def _told() -> Callable[[str], None] | None:
    """A line on stderr for each case, when somebody looks."""
    if not sys.stderr.isatty():
        return None
    return lambda name: click.echo(f"crashsim: {name}", err=True)
