"""The command that sets everyone against everyone."""

from __future__ import annotations

from pathlib import Path

import click

from crashsim.commands.delivery import deliver


@click.command()
@click.argument("file", default="matrix")
@click.option("--out", type=click.Path(), help="Folder for the results; runs/NAME-matrix-HASH when left out.")
@click.option("--force", is_flag=True, help="Start anew: replace what is in the folder.")
@click.option("--units", type=click.Choice(["us", "si"]), help="Units to show; those of the file when left out.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON, in SI units.")
def matrix(file: str, out: str | None, force: bool, units: str | None, as_json: bool) -> None:
    """Everyone against everyone: every two vehicles of FILE meet, and who of both pays.

    FILE names the vehicles and how they meet; the shipped one when left out.
    """
    from crashsim.config.questions.matrix import load_matrix
    from crashsim.engine import matrix as engine

    asked = load_matrix(file)
    system = units or asked.units
    about = engine.manifest(asked, system)

    def write(folder: Path) -> None:
        found = engine.matrix(asked)
        from crashsim.output import matrix_page as output

        options = f" --units {units}" if units else ""
        output.write(found, asked, folder, system, about, f"crashsim matrix {file}{options}")

    deliver(about, out, force=force, as_json=as_json, write=write)
