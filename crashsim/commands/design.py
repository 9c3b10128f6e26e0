"""The command that asks what to change in a vehicle."""

from __future__ import annotations

from pathlib import Path

import click

from crashsim.commands.delivery import deliver


@click.command()
@click.argument("file", default="design")
@click.option("--out", type=click.Path(), help="Folder for the results; runs/NAME-design-HASH when left out.")
@click.option("--force", is_flag=True, help="Start anew: replace what is in the folder.")
@click.option("--units", type=click.Choice(["us", "si"]), help="Units to show; those of the file when left out.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON, in SI units.")
def design(file: str, out: str | None, force: bool, units: str | None, as_json: bool) -> None:
    """What to change in a car: designs that no other one beats, the lightest that reaches a risk, what one step more does.

    FILE names the vehicles, the crashes, what may change and what it weighs; the shipped one when left out.
    """
    from crashsim.config.questions.design import load_design
    from crashsim.engine.analyses import manifest
    from crashsim.engine.manifest import resolved

    question = load_design(file)
    system = units or question.study.units
    sets = {**question.impacts, "like": question.like}
    inputs = {
        "typed": question.tree,
        "study": resolved(question.study),
        "numbers": {name: [dict(impact.numbers) for impact in impacts] for name, impacts in sets.items()},
    }
    about = manifest("design", question.study.name, inputs, units=system)

    def write(folder: Path) -> None:
        from crashsim.engine.design_search import answer
        from crashsim.output import design as output

        output.write(answer(question), folder, system, about)

    deliver(about, out, force=force, as_json=as_json, write=write)
