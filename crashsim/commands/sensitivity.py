"""The command that asks which input matters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from crashsim.cases import Study


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
    from crashsim.engine import folder as folders
    from crashsim.engine import sensitivity as engine

    if points & (points - 1):
        raise click.BadParameter(f"got {points}, expected a power of two", param_hint="--points")
    loaded = load_study(study)
    about = engine.manifest(loaded, case, points, each, units or loaded.units)
    folder = Path(out) if out else Path("runs") / f"{loaded.name}-sensitivity-{about['fingerprint'][:10]}"
    done = not force and folders.holds(folder, folders.SENSITIVITY, about["fingerprint"], engine.difference(about))
    click.echo(_stored(folder, as_json) if done else _computed(loaded, about, folder, as_json))
    click.echo(f"{'already done' if done else 'written'}: {folder}", err=as_json)


def _stored(folder: Path, as_json: bool) -> str:
    from crashsim.output.sensitivity import JSON, TEXT

    return (folder / (JSON if as_json else TEXT)).read_text(encoding="utf-8").rstrip("\n")


def _computed(study: Study, about: dict[str, Any], folder: Path, as_json: bool) -> str:
    from crashsim.engine import folder as folders
    from crashsim.engine.sensitivity import sensitivity as compute

    found = compute(study, about["case"], points=about["points"], each=about["each"])
    from crashsim.output import sensitivity as output

    with folders.writing(folder, folders.SENSITIVITY) as partial:
        output.write(found, partial, about["units"], about)
    return output.as_json(found) if as_json else output.told(found, about["units"])
