"""The command that asks which input matters."""

from __future__ import annotations

from pathlib import Path

import click

from crashsim.commands.delivery import deliver


@click.command()
@click.argument("study")
@click.option("--case", help="A named case of the study (output.pulses, or an impact); the first when left out.")
@click.option(
    "--each", is_flag=True, help="Every drawn number by itself, not in groups such as a front or a restraint."
)
@click.option("--points", type=click.IntRange(min=64, max=2**17), default=2048, show_default=True,
              help="Of each block of the design, a power of two: points x (inputs + 2) crashes.")  # fmt: skip
@click.option("--out", type=click.Path(), help="Folder for table and figure; runs/NAME-sensitivity-HASH when left out.")
@click.option("--force", is_flag=True, help="Start anew: replace what is in the folder.")
@click.option("--units", type=click.Choice(["us", "si"]), help="Units to show; those of the study when left out.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON, in SI units.")
def sensitivity(
    study: str,
    case: str | None,
    each: bool,
    points: int,
    out: str | None,
    force: bool,
    units: str | None,
    as_json: bool,
) -> None:
    """Which uncertain input of STUDY moves risk, delta-v and intrusion most: Sobol indices and a bar chart.

    The inputs are those that a run of the study draws, and the choice of the risk curve.
    """
    from crashsim.config.study import load_study
    from crashsim.engine import sensitivity as engine

    if points & (points - 1):
        raise click.BadParameter(f"got {points}, expected a power of two", param_hint="--points")
    loaded = load_study(study)
    about = engine.manifest(loaded, case, points, each, units or loaded.units)

    def write(folder: Path) -> None:
        found = engine.sensitivity(loaded, about["case"], points=points, each=each)
        from crashsim.output.sensitivity import write as write_files
        from crashsim.output.sensitivity_page import write as write_its_page

        drawing = write_files(found, folder, about["units"])
        write_its_page(found, drawing, folder / "report.html", about)

    deliver(about, out, force=force, as_json=as_json, write=write)
