"""A study on its way from text to records: the problems found so far, and what they leave unknown.

One mistake makes one problem. Whatever a problem is about is *broken*: it is left out of the models, and later checks
that would only stumble over the same mistake ask `Draft.is_broken` first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from crashsim.config.builder import MOST_PROBLEMS, dotted
from crashsim.config.fields import Field, Place, closest, nearest, shown
from crashsim.config.models import known_fields, shape
from crashsim.config.parts import Model
from crashsim.config.reader import Document
from crashsim.errors import ConfigError, Problem

M = TypeVar("M", bound=Model)

_ABSENT: Final = object()
_PASSES: Final = 8  # each leaves out what the one before found; two are enough but for a mapping's own limits

_KINDS: Final = {"dict_type": "a mapping", "model_type": "a mapping", "list_type": "a list"}

_EXAMPLES: Final = {
    ("vehicles",): "{kei: {use: kei-car}}",
    ("vehicles", "*"): "{use: kei-car}",
    ("vehicles", "*", "occupant"): "{size: 50m, restraint: unbelted} (or none)",
    ("impacts",): "{head-on: {type: head-on, speed: {kei: 55 mph, pickup: 55 mph}}}",
    ("impacts", "*"): "{type: head-on, speed: {kei: 55 mph, pickup: 55 mph}}",
    ("impacts", "*", "between"): "[kei, pickup]",
    ("impacts", "*", "speed"): "{kei: 55 mph, pickup: 55 mph}",
    ("impacts", "*", "sweep"): "{speed.kei: {from: 5 mph, to: 85 mph, step: 1 mph}}",
    ("sampling",): "{samples: 1024, seed: 1}",
    ("output", "pulses"): "[{name: at 55 mph, impact: head-on, at: {speed.kei: 55 mph}}]",
    ("output", "pulses", "*"): "{name: at 55 mph, impact: head-on, at: {speed.kei: 55 mph}}",
    ("output", "pulses", "*", "at"): "{speed.kei: 55 mph}",
    (
        "reconstructions",
        "*",
        "vehicles",
    ): "{kei: {mass: 900 kg, crush: [28 cm], width: 1.4 m, stiffness: {use: kei-car}}}",
    (
        "reconstructions",
        "*",
        "vehicles",
        "*",
    ): "{mass: 900 kg, crush: [28 cm], width: 1.4 m, stiffness: {use: kei-car}}",
    ("reconstructions", "*", "vehicles", "*", "crush"): "[20 cm, 26 cm, 30 cm, 31 cm, 27 cm, 22 cm]",
    ("reconstructions", "*", "vehicles", "*", "stiffness"): "{A: 60 kN/m, B: 780 kN/m^2}",
    ("reconstructions", "*", "vehicles", "*", "stiffness", "tests", "*", "crush"): "[28 cm]",
}


class Draft:
    """The problems of one document; ``prefix`` is where its models stand in a study (``vehicles.*`` for a vehicle)."""

    def __init__(self, document: Document, prefix: Place = ()) -> None:
        self.document = document
        self.prefix = prefix
        self.problems: list[Problem] = []
        self.broken: set[Place] = set()

    def report(self, place: Place, message: str, *, key: bool = False, at: Place = ()) -> None:
        """Note a problem at a place, unless one is known there. It points at the value, at its key, or inside it.

        ``at`` leads from the place to a part of its value. A place of a vehicle that is not in the document comes from
        the library: the ``use`` is pointed at.
        """
        if place in self.broken:
            return
        self.broken.add(place)
        if isinstance(place[-1], int):  # an entry cannot be left out without renumbering the others
            self.broken.add(place[:-1])
        where = (*place, *at)
        if not self.has(place) and self.has(use := (*place[:2], "use")):
            where = use
        mark = self.document.place(where, key=key)
        safe = message if message.isprintable() else repr(message)[1:-1]  # it may name what the user named
        self.problems.append(Problem(self.document.file, *mark, dotted((*place, *at)), safe))
        if len(self.problems) >= MOST_PROBLEMS:
            self.problems.append(Problem(self.document.file, *mark, "", "too many problems, the rest was not checked"))
            raise ConfigError(self.problems)

    def is_broken(self, place: Place) -> bool:
        """Whether a problem was found at a place or around it, so that its value is unknown."""
        return any(place[:n] in self.broken for n in range(len(place) + 1))

    def is_sound(self, place: Place) -> bool:
        """Whether no problem was found at a place, around it or inside it."""
        return not self.is_broken(place) and not any(p[: len(place)] == place for p in self.broken)

    def has(self, place: Place) -> bool:
        """Whether the document itself gives a value at a place."""
        return self.value(place) is not _ABSENT

    def value(self, place: Place) -> object:
        """What the document gives at a place."""
        value: Any = self.document.tree
        for step in place:
            known = step in value if isinstance(value, dict) else isinstance(value, list) and step in range(len(value))
            if not known:
                return _ABSENT
            value = value[step]
        return value


def validated(model: type[M], draft: Draft) -> M:
    """The document as a model without its broken parts; every problem of form is in the draft afterwards."""
    for _ in range(_PASSES):
        try:
            tree = draft.document.tree
            result = model.model_validate(_without(tree, draft.broken) if draft.broken else tree)
        except ValidationError as error:
            for details in error.errors(include_url=False, include_input=False):
                _note(draft, details)
        else:
            if _note_nothings(draft, draft.document.tree, ()):
                continue
            _note_missing(draft, result, ())
            return result
    raise AssertionError(f"pydantic still refuses what was left out: {draft.broken}")


def _without(tree: object, broken: set[Place], place: Place = ()) -> Any:
    """A copy of the tree without its broken parts."""
    if isinstance(tree, dict):
        return {k: _without(v, broken, (*place, k)) for k, v in tree.items() if (*place, k) not in broken}
    if isinstance(tree, list):
        return [_without(v, broken, (*place, i)) for i, v in enumerate(tree) if (*place, i) not in broken]
    return tree


def _note(draft: Draft, details: ErrorDetails) -> None:
    """One of pydantic's errors in crashsim's words."""
    place, context, value = tuple(details["loc"]), details.get("ctx", {}), draft.value(tuple(details["loc"]))
    match details["type"]:
        case "field":
            draft.report(place, context["message"], key=context["key"], at=context["at"])
        case "extra_forbidden":
            _note_unknown(draft, place)
        case "too_short" | "too_long":
            least, most = context.get("min_length"), context.get("max_length")
            limit = f"at least {least}" if least else f"at most {most}"
            draft.report(place, f"got {len(value):,} entries, expected {limit}")  # type: ignore[arg-type]
        case other:
            draft.report(place, f"got {shown(value)}, expected {_KINDS[other]}{_example(draft.prefix + place)}")


def _note_unknown(draft: Draft, place: Place) -> None:
    """An unknown field; the field that was probably meant is broken too, so that nobody calls it missing."""
    word, known = str(place[-1]), known_fields(draft.prefix + place[:-1])
    draft.report(place, f"unknown field{nearest(word, known)}", key=True)
    meant = (*place[:-1], closest(word, known))
    if not draft.has(meant):
        draft.broken.add(meant)


def _note_nothings(draft: Draft, tree: object, place: Place) -> bool:
    """Report every value that was left empty; a study never means nothing by nothing."""
    if tree is None and not draft.is_broken(place):
        found = shape(draft.prefix + place)
        expected = f"{found.expected}" if isinstance(found, Field) else f"a value{_example(draft.prefix + place)}"
        draft.report(place, f"got nothing, expected {expected}")
        return True
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    found_inside = [_note_nothings(draft, value, (*place, step)) for step, value in items]
    return any(found_inside)


def _note_missing(draft: Draft, value: object, place: Place) -> None:
    if isinstance(value, Model):
        for name in value.required:
            if draft.value((*place, name)) in (_ABSENT, {}) and not draft.is_broken((*place, name)):
                found = shape((*draft.prefix, *place, name))
                example = _example((*draft.prefix, *place, name))
                parts = "a list" if example.startswith(" such as [") else "a mapping"
                expected = found.expected if isinstance(found, Field) else parts
                draft.report((*place, name), f"missing, expected {expected}{example}")
    for step, child in _children(value):
        if isinstance(child, Model | dict | list):
            _note_missing(draft, child, (*place, step))


def _children(value: object) -> Iterator[tuple[str | int, object]]:
    """What stands below a value, under the names that a file has for it."""
    if isinstance(value, Model):
        fields = type(value).model_fields
        yield from ((fields[name].alias or name, child) for name, child in value if child is not None)
    else:
        yield from value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()


def _example(place: Place) -> str:
    """What a mapping or list at a place of a study looks like."""
    for pattern, text in _EXAMPLES.items():
        if len(pattern) == len(place) and all(p in ("*", step) for p, step in zip(pattern, place, strict=True)):
            return f" such as {text}"
    return ""
