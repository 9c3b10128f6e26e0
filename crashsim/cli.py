"""The command line: results on stdout, progress and errors on stderr, no prompts.

Exit status: 0 done, 1 internal error, 2 wrong use or a wrong file, 3 finished with failed cases, 130 interrupted.
Heavy modules are imported inside the commands that need them, so that ``--help`` is immediate.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crashsim.commands import measured, running
from crashsim.commands.crash_tests import tests
from crashsim.commands.design import design
from crashsim.commands.fleet import fleet
from crashsim.commands.matrix import matrix
from crashsim.commands.sensitivity import sensitivity
from crashsim.commands.speed_limit import speed_limit
from crashsim.errors import CrashsimError

if TYPE_CHECKING:
    pass

INTERNAL, WRONG_INPUT, FAILED_CASES, INTERRUPTED = 1, 2, 3, 130


class Commands(click.Group):
    """A group whose unknown commands are answered with the nearest one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command of a name; an unknown one raises with the nearest."""
        from crashsim.errors import did_you_mean

        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            if "Did you mean" in error.message:
                raise
            raise click.UsageError(
                error.message.rstrip(".") + did_you_mean(args[0], self.list_commands(ctx)), ctx
            ) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="crashsim", message="crashsim %(version)s")
def cli() -> None:
    """Crash compatibility: from two vehicles to delta-v, crush and injury risk for both.

    Start with:  crashsim run highway
    """


def main() -> None:
    """Entry point: run the command line and turn every error into one clear message and an exit status."""
    warnings.showwarning = lambda message, *_, **__: click.echo(f"crashsim: warning: {message}", err=True)
    try:
        status = cli.main(standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except click.exceptions.Abort:
        _stop(INTERRUPTED, "interrupted; nothing was left half-written")
    except KeyboardInterrupt:
        _stop(INTERRUPTED, "interrupted; nothing was left half-written")
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except CrashsimError as error:
        _stop(WRONG_INPUT, str(error))
    except BrokenPipeError:  # the reader of a pipe has gone: `crashsim list vehicles | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:  # the last net: a user never sees a traceback unasked
        if os.environ.get("CRASHSIM_TRACEBACK"):
            traceback.print_exc()
        _stop(INTERNAL, f"internal error: {type(error).__name__}: {error} (CRASHSIM_TRACEBACK=1 shows where)")


def _stop(status: int, message: str) -> None:
    lines = (
        line if line.isprintable() else repr(line)[1:-1] for line in message.split("\n")
    )  # it may name what the user named
    message = "\n".join(lines)
    with contextlib.suppress(OSError):
        click.echo(message if status == WRONG_INPUT else f"crashsim: {message}", err=True)
    sys.exit(status)


# ---- an occupant on a pulse --------------------------------------------------------------------------------------------


@cli.command()
@click.argument("pulse", type=click.Path())
@click.option("--restraint", required=True, help="A restraint of the library (crashsim list restraints).")
@click.option("--size", default="50m", show_default=True, help="An occupant of the library (crashsim list occupants).")
@click.option(
    "--age", type=click.FloatRange(13, 110), default=40.0, show_default=True, help="Of the occupant, in years."
)
@click.option("--time-unit", type=click.Choice(["s", "ms"]), required=True, help="Unit of the first column.")
@click.option(
    "--acceleration-unit", type=click.Choice(["g", "m/s^2"]), required=True, help="Unit of the second column."
)
@click.option("--deceleration", is_flag=True, help="The second column is positive while the vehicle slows.")
@click.option("--units", type=click.Choice(["us", "si"]), default="si", help="Units to show.")
@click.option("--json", "as_json", is_flag=True, help="Print the criteria as JSON, in SI units.")
def occupant(
    pulse: str,
    restraint: str,
    size: str,
    age: float,
    time_unit: str,
    acceleration_unit: str,
    deceleration: bool,
    units: str,
    as_json: bool,
) -> None:
    """Injury criteria and risks of an occupant in a vehicle that moves by PULSE, a CSV file: time, acceleration of the compartment.

    Time 0 is contact. The acceleration is that along the vehicle's x axis (SAE J211): negative while the vehicle slows.
    """
    from crashsim.api import drive_occupant
    from crashsim.config.driven import read_pulse
    from crashsim.output.occupant import told

    acceleration, dt = read_pulse(pulse, time_unit, acceleration_unit)
    slowing = acceleration if deceleration else -acceleration
    if not slowing.sum() > 0.0:
        hint = "leave out --deceleration" if deceleration else "for a positive deceleration there is --deceleration"
        raise CrashsimError(f"{pulse}: by this pulse the vehicle gains speed; {hint}")
    found = drive_occupant(slowing, dt, restraint, size, age)
    click.echo(told(found, as_json, units))


# ---- files and libraries -----------------------------------------------------------------------------------------------


@cli.command()
@click.argument("file")
def check(file: str) -> None:
    """Validate a study FILE (or shipped study) without computing anything."""
    from crashsim.config.study import load_study

    study = load_study(file)
    cases = sum(impact.count for impact in study.impacts)
    click.echo(f"{file}: good: {len(study.impacts)} impacts, {cases:,} cases, {len(study.named_cases)} pulses")


@cli.command()
def schema() -> None:
    """Print the JSON Schema of study files, for editors."""
    from crashsim.config.schema import study_schema

    click.echo(json.dumps(study_schema(), indent=2))


@cli.command()
@click.argument("name")
def new(name: str) -> None:
    """Write NAME.yaml, a commented study to start from, and the schema that editors check it against."""
    from crashsim.config.library import SCHEMA, schema_path
    from crashsim.config.starter import starter

    path = Path(f"{name}.yaml")
    text = starter(name)
    try:
        with path.open("x", encoding="utf-8") as handle:
            handle.write(text)
        schema_file = path.with_name(SCHEMA)
        if not schema_file.exists():
            schema_file.write_bytes(schema_path().read_bytes())
    except FileExistsError:
        raise CrashsimError(f"{path}: already exists; nothing was written") from None
    except (OSError, ValueError) as error:
        raise CrashsimError(f"{path}: cannot be written: {getattr(error, 'strerror', None) or error}") from None
    click.echo(f"written: {path} (run it with: crashsim run {path})")


@cli.command("list")
@click.argument(
    "kind",
    type=click.Choice(
        ["vehicles", "classes", "compatibility", "restraints", "occupants", "risk", "injury", "roads", "studies"]
    ),
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_(kind: str, as_json: bool) -> None:
    """List what the library has."""
    from crashsim.output.library import listing

    click.echo(listing(kind, as_json))


@cli.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.option("--units", type=click.Choice(["us", "si"]), default="si", help="Units to show.")
def show(name: str, as_json: bool, units: str) -> None:
    """Show a vehicle, restraint, occupant, risk curve, injury function, road or study: every number with its source and tag."""
    from crashsim.output.library import describe

    click.echo(describe(name, as_json, units))


# ---- two vehicles side by side -------------------------------------------------------------------------------------------


@cli.command()
@click.argument("first")
@click.argument("second")
@click.option("--speed", default="70 mph", show_default=True, help="Closing speed of their head-on crash.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for figure and table; none are written without.")
@click.option("--units", type=click.Choice(["us", "si"]), default="si", help="Units to show.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON, in SI units.")
def compare(first: str, second: str, speed: str, out: Path | None, units: str, as_json: bool) -> None:
    """Compare two vehicles of the library: mass, front, evidence, and the head-on crash in which they meet."""
    from crashsim.engine.comparison import meet
    from crashsim.output import comparison

    results = meet(first, second, speed)
    click.echo(comparison.as_json(results) if as_json else comparison.told(results, units))
    if out is not None:
        written = comparison.write(results, out, units)
        click.echo(f"written: {', '.join(map(str, written))}", err=as_json)


for command in (running.run, running.merge, sensitivity, measured.fit, measured.reconstruct, measured.validation):
    cli.add_command(command)
cli.add_command(matrix)
cli.add_command(speed_limit)
cli.add_command(design)
cli.add_command(fleet)
cli.add_command(tests)
