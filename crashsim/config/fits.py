"""A fit file -> what is to be fitted: the tests of one vehicle, and the vehicle that is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Final

import yaml
from pydantic import Field as Info

from crashsim.config.draft import Draft, validated
from crashsim.config.entries import LAW
from crashsim.config.fields import Field, FieldError, Name, Number, OneOf, Place, Quantity, Whole, shown
from crashsim.config.library import study_folder
from crashsim.config.mapping import read_mapping
from crashsim.config.models import VehicleModel, add_shapes
from crashsim.config.parts import Label, Model, Prose
from crashsim.config.reader import Document, read_file
from crashsim.errors import ConfigError, CrashsimError, LibraryError, did_you_mean
from crashsim.units import echo

MOST_SEGMENTS: Final = 8

_PULSE_OPTIONS: Final = "--mass and --speed"
_FITTED: Final = ("curve", *LAW, "plateau_slope", "unloading_stiffness", "unloading_soft_share", "rate")


@dataclass(frozen=True)
class Channel(Field):
    """The name of a channel: a text, or the number of a curve."""

    @property
    def expected(self) -> str:
        """What the field takes, in words."""
        return "the name of a channel (a column, a curve number, a channel code)"

    def read(self, value: object) -> str:
        """The name."""
        if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
            raise FieldError(f"got {shown(value)}, expected {self.expected}")
        return str(value).strip()

    def json_schema(self) -> dict[str, Any]:
        """A text or a whole number."""
        return {"type": ["string", "integer"]}


class PulseFileModel(Model):
    """Where the compartment's acceleration stands."""

    required = ("file",)
    file: Label | None = Info(None, description="beside the fit file: a table, .EV5, .mme, or one channel file")
    channels: Annotated[list[Annotated[str, Channel()]], Info(min_length=1, max_length=20)] | None = Info(
        None, description="columns, curve numbers or channel codes; their mean is fitted"
    )
    time: Label | None = Info(None, description="column of the times of a table; the first when left out")
    time_unit: Annotated[str, OneOf(("s", "ms"))] | None = Info(None, description="of a table")
    unit: Annotated[str, OneOf(("g", "m/s^2"))] | None = Info(None, description="of a table")
    deceleration: Annotated[bool, OneOf((True, False))] | None = Info(
        None, description="positive while the vehicle slows; otherwise SAE J211, negative"
    )
    filtered: Annotated[bool, OneOf((True, False))] | None = Info(None, description="the record is CFC60 already")


class WallTestModel(Model):
    """A test into a rigid wall, full width."""

    required = ("mass", "speed")
    mass: Annotated[Quantity, Number("mass", "50 kg", "100,000 kg", fixed=True)] | None = None
    speed: Annotated[Quantity, Number("speed", "1 m/s", "60 m/s", fixed=True)] | None = None
    pulse: PulseFileModel | None = None
    crush: (
        Annotated[
            list[Annotated[Quantity, Number("length", "0 m", "3 m", fixed=True)]], Info(min_length=2, max_length=6)
        ]
        | None
    ) = Info(None, description="C1 to C6, the crush left after the test at equal distances over the width")
    weight: Annotated[Quantity, Number("number", "0.01", "100", fixed=True)] | None = Info(
        None, description="how much the test counts; 1 when left out"
    )
    source: Prose | None = Info(None, description="where the test was published")


class FitModel(Model):
    """A fit file."""

    required = ("name", "tests")
    name: Annotated[str, Name()] | None = Info(None, description="of the vehicle that is written")
    vehicle: VehicleModel | None = Info(None, description="all that is not fitted: title, class, dimensions, ...")
    tests: Annotated[dict[str, WallTestModel], Info(max_length=20)] = Info(default_factory=dict)
    segments: Annotated[int, Whole(1, MOST_SEGMENTS)] | None = Info(
        None, description="of the crush curve; chosen by an information criterion when left out"
    )


add_shapes(FitModel, ("fits", "*"))


@dataclass(frozen=True)
class PulseFile:
    """A record and how to read it; see `crashsim.config.signals.read_signals`."""

    path: Path
    channels: tuple[str, ...] = ()
    time: str = ""
    time_unit: str = ""
    unit: str = ""
    deceleration: bool = False
    filtered: bool = False


@dataclass(frozen=True)
class WallTest:
    """A test: mass [kg], speed [m/s], its record, its crush C1 to C6 [m] (or none), its weight."""

    name: str
    mass: float
    speed: float
    pulse: PulseFile | None = None
    crush: tuple[float, ...] = ()
    weight: float = 1.0
    source: str = ""


@dataclass(frozen=True)
class Fit:
    """What is to be fitted; ``vehicle`` is the tree of all that is not, ``compartment`` its stiffness [N/m] where given."""

    name: str
    tests: tuple[WallTest, ...]
    vehicle: Mapping[str, Any]
    segments: int | None = None
    compartment: float | None = None


def load_fit(source: str | Path | Mapping[str, Any]) -> Fit:
    """Read a fit: a file, the name of a shipped one, or a mapping of the same shape.

    Raises
    ------
    ConfigError
        Everything that is wrong with it, each with file, line and column.
    LibraryError
        No such fit.
    """
    if isinstance(source, Mapping):
        return _fit(replace(read_mapping(source), file="input"), Path())
    path = _path(str(source))
    return _fit(read_file(path), path.parent)


def _path(name: str) -> Path:
    """A path as given, or the name of a shipped fit."""
    given = Path(name)
    shipped = {path.stem: path for path in sorted((study_folder() / "fits").glob("*.yaml"))}
    if given.suffix in (".yaml", ".yml"):
        return given
    try:
        is_other = given.exists()
    except (OSError, ValueError):
        raise LibraryError(f"not a possible file name: {echo(name)}") from None
    if is_other:
        raise CrashsimError(f"{echo(name)}: not a fit file (.yaml); a pulse needs {_PULSE_OPTIONS}")
    if name not in shipped:
        hint = did_you_mean(name, shipped) or f" (shipped: {', '.join(shipped)})"
        raise LibraryError(f"no file and no shipped fit called {echo(name)}{hint}")
    return shipped[name]


def _fit(document: Document, folder: Path) -> Fit:
    draft = Draft(document, ("fits", "*"))
    model = validated(FitModel, draft)
    for name, test in model.tests.items():
        if test.pulse is None and test.crush is None and draft.is_sound(("tests", name)):
            draft.report(("tests", name), "nothing was measured: expected a pulse, crush (C1 to C6), or both")
    if model.vehicle is not None:
        _check_vehicle(draft, model.vehicle)
    if draft.problems or model.name is None:
        raise ConfigError(dict.fromkeys(draft.problems))
    tests = tuple(_test(name, test, folder) for name, test in model.tests.items())
    tree: Any = document.tree.get("vehicle", {})
    given = model.vehicle.front.compartment_stiffness if model.vehicle and model.vehicle.front else None
    return Fit(model.name, tests, tree, model.segments, None if given is None else given.si)


def _check_vehicle(draft: Draft, vehicle: VehicleModel) -> None:
    """What is fitted, or comes from elsewhere, cannot be given."""
    place: Place = ("vehicle",)
    for field in ("use", "rigid", "name", "evidence"):
        if getattr(vehicle, field) is not None:
            draft.report((*place, field), "cannot be given here: the fit writes a vehicle that stands alone", key=True)
    if vehicle.engine is not None:
        message = "the curve is fitted with the engine as part of the compartment's mass: leave it out"
        draft.report((*place, "engine"), message, key=True)
    for field in _FITTED:
        if vehicle.front is not None and getattr(vehicle.front, field) is not None:
            draft.report((*place, "front", field), "is what is fitted: leave it out", key=True)


def _test(name: str, test: WallTestModel, folder: Path) -> WallTest:
    assert test.mass is not None
    assert test.speed is not None
    pulse = test.pulse
    file = None
    if pulse is not None:
        words = {key: getattr(pulse, key) for key in ("time", "time_unit", "unit", "deceleration", "filtered")}
        given = {key: value for key, value in words.items() if value is not None}
        file = PulseFile(folder / str(pulse.file), tuple(pulse.channels or ()), **given)
    crush = tuple(c.si for c in test.crush or ())
    weight = 1.0 if test.weight is None else test.weight.si
    return WallTest(name, test.mass.si, test.speed.si, file, crush, weight, test.source or "")


def vehicle_text(tree: Mapping[str, Any], heading: str) -> str:
    """A vehicle file as text; every line of ``heading`` becomes a comment above it."""
    above = "".join(f"# {line}\n" for line in heading.splitlines())
    return above + yaml.safe_dump(dict(tree), sort_keys=False, default_flow_style=None, allow_unicode=True, width=120)


def one_pulse(file: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The fit of a single pulse, from the options of the command line."""
    if file.endswith((".yaml", ".yml")):
        raise CrashsimError(
            f"{file}: a fit file says all this itself: leave out {', '.join(f'--{name}' for name in given)}"
        )
    if not {"mass", "speed"} <= given.keys():
        raise CrashsimError(f"{file}: a pulse needs {_PULSE_OPTIONS}")
    words = {
        "channels": "channels",
        "time_unit": "time_unit",
        "acceleration_unit": "unit",
        "deceleration": "deceleration",
    }
    pulse = {"file": file} | {field: given[option] for option, field in words.items() if option in given}
    test = {"mass": given["mass"], "speed": given["speed"], "pulse": pulse}
    return {"name": given.get("name", "fitted"), "tests": {"test": test}}
