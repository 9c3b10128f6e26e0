"""A study that a question is made of: what is wrong with it is told at its place in the question's own file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from crashsim.cases import Study
from crashsim.config.draft import Draft
from crashsim.config.fields import Place
from crashsim.config.mapping import FILE
from crashsim.config.study import load_study
from crashsim.errors import ConfigError

Where = Callable[[tuple[str, ...]], Place]


def study_of(draft: Draft, tree: Mapping[str, Any], file: Path | None, where: Where) -> Study | None:
    """The study of a tree; None when it has a problem, all of which the draft then has.

    ``file``: the question's file, beside which a user's own vehicles lie.  ``where``: the place in that file of a path of the study.
    """
    try:
        return load_study(tree, beside=file)
    except ConfigError as error:
        for problem in error.problems:
            place = where(tuple(problem.path.split("."))) if problem.file == FILE and problem.path else ()
            words = problem.message if place else str(problem)
            draft.report(_known(draft, place), words)
        return None


def _known(draft: Draft, place: Place) -> Place:
    """The part of a place that the file has, and at most one step beyond it; the name of the file where it has none."""
    while len(place) > 1 and not draft.has(place[:-1]):
        place = place[:-1]
    return place or ("name",)
