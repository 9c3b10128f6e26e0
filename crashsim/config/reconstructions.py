"""A reconstruction file or mapping -> Scene: every problem at once, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from crashsim import reconstruction, scene
from crashsim.config import library
from crashsim.config.crush import stiffness_numbers
from crashsim.config.damage import DamagedModel, DrawsModel, ReconstructionModel
from crashsim.config.draft import Draft, validated
from crashsim.config.fields import NAME, NAME_WORDS, Quantity
from crashsim.config.mapping import read_mapping
from crashsim.config.parts import Model
from crashsim.config.reader import Document, read_file
from crashsim.errors import ConfigError, LibraryError, did_you_mean
from crashsim.reconstruction import WALL
from crashsim.sampling import Random, Sampling
from crashsim.scene import Given, Scene
from crashsim.units import echo

DOUBTFUL: Final = ("J", "M", "M?")
FAR: Final = 1.25  # times the deepest crush of the tests: beyond, the line is extrapolated (tag J)

Numbers = dict[str, Quantity]


def load_reconstruction(source: str | Path | Mapping[str, Any]) -> Scene:
    """Read and validate a reconstruction: a file, the name of a shipped example, or a mapping of the same shape.

    Raises
    ------
    ConfigError
        Everything that is wrong with it, each with file, line and column (a mapping has none).
    LibraryError
        No such file or example.
    """
    if isinstance(source, Mapping):
        return _scene(replace(read_mapping(source), file="reconstruction"))
    return _scene(read_file(reconstruction_path(str(source))))


def example_folder() -> Path:
    """Where the shipped examples lie."""
    return library.study_folder() / "reconstructions"


def example_names() -> list[str]:
    """Names of the shipped examples."""
    return sorted(p.stem for p in example_folder().glob("*.yaml"))


def reconstruction_path(name: str) -> Path:
    """The file of a reconstruction: a path as given, or the name of a shipped example; raises LibraryError for neither."""
    if name in example_names():
        return example_folder() / f"{name}.yaml"
    given = Path(name)
    if given.suffix in (".yaml", ".yml") or len(given.parts) > 1:
        return given  # reading it says what is wrong
    known = example_names()
    raise LibraryError(
        f"no file and no shipped reconstruction called {echo(name)}{did_you_mean(name, known)} (shipped: {', '.join(known)})"
    )


def _scene(document: Document) -> Scene:
    draft = Draft(document, ("reconstructions", "*"))
    try:
        model = validated(ReconstructionModel, draft)
        _check_vehicles(draft, model)
        found = {name: _vehicle(draft, name, vehicle) for name, vehicle in model.vehicles.items()}
    except ConfigError as error:  # more problems than anyone reads
        raise ConfigError(dict.fromkeys(error.problems)) from None
    numbers = {path: q for own, _, _ in found.values() for path, q in own.items()}
    if isinstance(model.restitution, Quantity):
        numbers["restitution"] = model.restitution
    random, sampling = _random(draft, model.sampling, numbers)
    if draft.problems or model.name is None or model.type is None:
        raise ConfigError(dict.fromkeys(draft.problems))
    read = Scene(
        name=model.name, title=model.title or model.name, question=model.question or "", type=model.type,
        vehicles=tuple(found), recipes={name: recipe for name, (_, recipe, _) in found.items()},
        numbers={path: q.si for path, q in numbers.items()},
        given=tuple(_given(path, q) for path, q in numbers.items()), sources=dict(model.sources or {}),
        notes=tuple(note for _, _, notes in found.values() for note in notes), units=model.output.units,
        random=random, sampling=sampling,
    )  # fmt: skip
    return replace(read, notes=(*read.notes, *_notes(read)))


def _check_vehicles(draft: Draft, model: ReconstructionModel) -> None:
    """The names become paths; a wall is met by one vehicle, all else is between two."""
    for name in model.vehicles:
        if not re.fullmatch(NAME, name):
            draft.report(("vehicles", name), f"got the name {echo(name)}, expected {NAME_WORDS}", key=True)
    given = draft.value(("vehicles",))
    if model.type is None or not isinstance(given, dict) or not given:
        return
    wanted = 1 if model.type == WALL else 2
    if len(given) != wanted:
        words = "one, which met the wall" if wanted == 1 else "two"
        draft.report(("type",), f"a {model.type} crash with {len(given)} vehicles, expected {words}")


def _vehicle(draft: Draft, name: str, model: DamagedModel) -> tuple[Numbers, str, list[str]]:
    """The numbers of a vehicle by path, where its A and B come from, and what must be said of that."""
    path = f"vehicles.{name}"
    own = dict(_numbers(model.model_copy(update={"stiffness": None}), path))
    if model.stiffness is None:
        return own, "", []
    found = stiffness_numbers(draft, ("vehicles", name, "stiffness"), model.stiffness, name)
    if found is None:
        return own, "", []
    numbers, recipe, notes = found
    return own | {f"{path}.stiffness.{below}": q for below, q in numbers.items()}, recipe, notes


def _numbers(model: Model, path: str) -> Iterator[tuple[str, Quantity]]:
    for name, value in model:
        if isinstance(value, Quantity):
            yield f"{path}.{name}", value
        elif isinstance(value, Model):
            yield from _numbers(value, f"{path}.{name}")
        elif isinstance(value, list):
            yield from ((f"{path}.{name}.{i}", v) for i, v in enumerate(value) if isinstance(v, Quantity))


def _random(draft: Draft, model: DrawsModel | None, numbers: Numbers) -> tuple[tuple[Random, ...], Sampling | None]:
    drawn = {path: q for path, q in numbers.items() if q.distribution is not None}
    if not drawn:
        if model is not None and not draft.problems:
            draft.report(("sampling",), "no number is a distribution, so there is nothing to draw")
        return (), None
    options = model or DrawsModel.model_construct()
    random = tuple(
        Random(path, q.dimension, q.distribution, column)
        for column, (path, q) in enumerate(drawn.items())
        if q.distribution is not None
    )
    return random, Sampling(options.samples, options.method, options.seed, len(drawn))


def _given(path: str, q: Quantity) -> Given:
    return Given(path, q.typed, q.si, q.dimension, q.source, q.tag, q.distribution is not None)


# ---- what a reader must know -----------------------------------------------------------------------------------------


def _notes(read: Scene) -> Iterator[str]:
    for vehicle in read.vehicles:
        if read.recipes[vehicle] == scene.TESTS:
            yield from _beyond_tests(read, vehicle)
    doubtful = [f"{given.path} [{given.tag}]" for given in read.given if given.tag in DOUBTFUL]
    if doubtful:
        yield f"rests on judgement or memory: {', '.join(doubtful)}"
    if not read.random:
        yield "no number was given as a distribution: the values have no interval, and say nothing of their error"


def _beyond_tests(read: Scene, vehicle: str) -> Iterator[str]:
    prefix = f"vehicles.{vehicle}.stiffness."
    own = {path.removeprefix(prefix): value for path, value in read.numbers.items() if path.startswith(prefix)}
    deepest = float(scene.tests(own)[1].max())
    mean = float(reconstruction.mean_crush(read.profile(vehicle)))
    if mean > FAR * deepest:
        yield (f"{vehicle}: a mean crush of {100 * mean:.0f} cm is beyond that of the tests (at most {100 * deepest:.0f} cm): the "
               "line is extrapolated")  # fmt: skip
