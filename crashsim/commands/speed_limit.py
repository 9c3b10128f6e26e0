"""The command that asks for a speed limit."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("speed-limit")
@click.argument("file", default="speed_limit")
@click.option(
    "--out", type=click.Path(), help="Folder for page, table and figures; runs/NAME-speed-limit-HASH when left out."
)
@click.option("--force", is_flag=True, help="Start anew: replace what is in the folder.")
@click.option("--units", type=click.Choice(["us", "si"]), help="Units to show; those of the file when left out.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON, in SI units.")
def speed_limit(file: str, out: str | None, force: bool, units: str | None, as_json: bool) -> None:
    """The largest closing speed and posted limit at which a risk stays within a bound, by partner, crash and restraint.

    FILE: a question like the shipped one (configs/questions/speed_limit.yaml), which is asked when left out.
    """
    from crashsim.commands.delivery import deliver
    from crashsim.config.questions.speed_limit import load_speed_limit
    from crashsim.engine import speed_limit as engine

    asked = load_speed_limit(file)
    system = units or asked.units
    about = engine.manifest(asked, system)

    def write(folder: Path) -> None:
        found = engine.speed_limit(asked)
        from crashsim.output import speed_limit_page

        options = f" --units {units}" if units else ""
        speed_limit_page.write(found, folder, system, about, f"crashsim speed-limit {file}{options}")

    deliver(about, out, force=force, as_json=as_json, write=write)
