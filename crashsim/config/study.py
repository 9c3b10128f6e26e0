"""A study file or mapping -> Study: every problem at once, each with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from crashsim.cases import Study
from crashsim.config import library
from crashsim.config.checks import check_cases
from crashsim.config.classes import with_classes
from crashsim.config.draft import Draft, validated
from crashsim.config.draws import drawn
from crashsim.config.evidence import graded
from crashsim.config.fields import NAME, NAME_WORDS, FieldError, Store
from crashsim.config.impacts import Read, judged_meetings, read_impact
from crashsim.config.mapping import read_mapping
from crashsim.config.models import RiskModel, StudyModel, VehicleModel
from crashsim.config.named import named_cases
from crashsim.config.occupants import with_occupants
from crashsim.config.priors import with_priors
from crashsim.config.reader import Document, read_file
from crashsim.config.spreads import with_spreads
from crashsim.config.sweep import MOST_CASES
from crashsim.config.variants import check_modifiers, variants
from crashsim.config.vehicles import check_vehicle, judgement, plain, with_library
from crashsim.errors import ConfigError, CrashsimError
from crashsim.units import echo

OCCUPANT_AGE: Final = 40.0  # years, where a curve asks for an age and the study gives none (tag J)


def load_study(source: str | Path | Mapping[str, Any], *, beside: Path | None = None) -> Study:
    """Read and validate a study: a file, the name of a shipped study, or a mapping of the same shape.

    ``beside``: of a mapping, the file beside which a user's own vehicles lie.

    Raises
    ------
    ConfigError
        Everything that is wrong with it, each with file, line and column (a mapping has none).
    LibraryError
        No such study.
    """
    if isinstance(source, Mapping):
        return _study(read_mapping(source), beside)
    path = library.study_path(str(source))
    return _study(read_file(path), path)


def read_store(text: str) -> str | int:
    """Which rows are kept, as typed for ``output.store``; raises CrashsimError for what is neither."""
    try:
        return Store().read(text)
    except FieldError as error:
        raise CrashsimError(f"store: {error}") from None


def _study(document: Document, file: Path | None) -> Study:
    draft = Draft(document)
    try:
        model = validated(StudyModel, draft)
        _check_names(draft, model)
        check_modifiers(draft, model, file)
        vehicles = with_classes(draft, graded(with_library(draft, model, file)))
        vehicles = with_occupants(draft, with_priors(model, vehicles), file)
        for name, vehicle in vehicles.items():
            check_vehicle(draft, name, vehicle)
        reads = drawn(draft, model.sampling, with_spreads(model, vehicles, _impacts(draft, model, vehicles)))
        impacts = tuple(read.impact for read in reads)
        named = named_cases(draft, model, impacts)
        for read in reads:
            check_cases(draft, read)
    except ConfigError as error:  # more problems than anyone reads
        raise ConfigError(dict.fromkeys(error.problems)) from None
    if draft.problems or model.name is None:
        raise ConfigError(dict.fromkeys(draft.problems))
    return Study(
        name=model.name, title=model.title or model.name, question=model.question or "",
        vehicles={name: plain(vehicle) for name, vehicle in vehicles.items()},
        impacts=impacts, named_cases=named, risk=_risk(model.risk), units=model.output.units,
        typed=document.tree, source=document.text,
        judgement=judgement(vehicles, {path for impact in impacts for path in impact.numbers}) + judged_meetings(reads),
        sampling=next((impact.sampling for impact in impacts if impact.sampling), None),
        store=model.output.store or "",
        variants=variants(document.tree, model.modifiers, vehicles, lambda tree: _study(read_mapping(tree), file)),
    )  # fmt: skip


def _check_names(draft: Draft, model: StudyModel) -> None:
    """The names of vehicles and impacts become paths such as ``speed.kei``, names of columns and of files."""
    for section, names in (("vehicles", model.vehicles), ("impacts", model.impacts), ("modifiers", model.modifiers)):
        for name in names:
            if not re.fullmatch(NAME, name):
                draft.report((section, name), f"got the name {echo(name)}, expected {NAME_WORDS}", key=True)


def _impacts(draft: Draft, model: StudyModel, vehicles: Mapping[str, VehicleModel]) -> list[Read]:
    """The impacts without a problem; together they may not have more cases than anyone can compute."""
    reads: list[Read] = []
    total = 0
    for name, impact in model.impacts.items():
        read = read_impact(draft, name, impact, vehicles)
        if read is None:
            continue
        total += read.impact.cells
        if total > MOST_CASES:
            draft.report(("impacts", name), f"got {total:,} cases up to here, expected at most {MOST_CASES:,} in all")
            break
        reads.append(read)
    return reads


def _risk(model: RiskModel) -> dict[str, float | bool | None]:
    age, factor, belted = model.occupant_age, model.delta_v_correction, model.belted
    return {
        "belted": belted if isinstance(belted, bool) else None,
        "occupant_age": OCCUPANT_AGE if age is None else age.si,
        "delta_v_correction": None if factor is None else factor.si,
    }
