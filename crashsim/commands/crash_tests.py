"""The command that sets crash tests side by side."""

from __future__ import annotations

from pathlib import Path

import click

from crashsim.commands.delivery import deliver


@click.command("tests")
@click.argument("file", default="crash_tests")
@click.option("--out", type=click.Path(), help="Folder for the results; runs/NAME-tests-HASH when left out.")
@click.option("--force", is_flag=True, help="Start anew: replace what is in the folder.")
@click.option("--units", type=click.Choice(["us", "si"]), help="Units to show; those of the file when left out.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON, in SI units.")
def tests(file: str, out: str | None, force: bool, units: str | None, as_json: bool) -> None:
    """Crash tests side by side for the same car, and the crash with a partner that equals one of them.

    FILE names cars, barriers and tests; the shipped one when left out.
    """
    from crashsim.config.questions.crash_tests import load_crash_tests
    from crashsim.engine import crash_tests as engine

    asked = load_crash_tests(file)
    system = units or asked.units
    about = engine.manifest(asked, system)

    def write(folder: Path) -> None:
        found = engine.severities(asked)
        from crashsim.output import crash_tests_page as output

        options = f" --units {units}" if units else ""
        output.write(found, asked, folder, system, about, f"crashsim tests {file}{options}")

    deliver(about, out, force=force, as_json=as_json, write=write)
