"""The command that counts what a fleet of cars brings in a year."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("file", default="fleet")
@click.option(
    "--out", type=click.Path(), help="Folder for page, table and figures; runs/NAME-fleet-HASH when left out."
)
@click.option("--force", is_flag=True, help="Start anew: replace what is in the folder.")
@click.option("--units", type=click.Choice(["us", "si"]), help="Units to show; those of the file when left out.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON, in SI units.")
def fleet(file: str, out: str | None, force: bool, units: str | None, as_json: bool) -> None:
    """Expected serious injuries and deaths a year of cars that are sold, against the same buyers in another vehicle.

    FILE: a question like the shipped one (configs/questions/fleet.yaml), which is asked when left out.
    """
    from crashsim.commands.delivery import deliver
    from crashsim.config.questions.fleet import load_fleet
    from crashsim.engine import fleet as engine

    asked = load_fleet(file)
    system = units or asked.units
    about = engine.manifest(asked, system)

    def write(folder: Path) -> None:
        found = engine.answer(asked)
        from crashsim.output import fleet_page

        options = f" --units {units}" if units else ""
        fleet_page.write(found, folder, system, about, f"crashsim fleet {file}{options}")

    deliver(about, out, force=force, as_json=as_json, write=write)
