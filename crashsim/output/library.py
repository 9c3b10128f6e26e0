"""The library as text or JSON: what there is, and every number of an entry with its source and tag."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from crashsim import units
from crashsim.config import library
from crashsim.config.reader import read_file
from crashsim.errors import LibraryError, UnitError, did_you_mean

TAG_WORDS = {
    "S": "read in the source",
    "C": "computed from measured data",
    "M": "from memory, citation given, not verified",
    "M?": "doubtful: check before use",
    "J": "engineering judgement",
}


def listing(kind: str, as_json: bool = False) -> str:
    """All entries of a kind (vehicles, restraints, occupants, risk, studies), one a line."""
    rows = [_summary(kind, name) for name in (library.study_names() if kind == "studies" else library.names(kind))]
    if as_json:
        return json.dumps(rows, indent=2, ensure_ascii=False)
    heads = list(rows[0])
    widths = {h: max(len(h), *(len(str(r[h])) for r in rows)) for h in heads}
    lines = ["  ".join(str(r[h]).ljust(widths[h]) for h in heads).rstrip() for r in [{h: h for h in heads}, *rows]]
    return "\n".join(lines)


def _tree(kind: str, name: str) -> Mapping[str, Any]:
    tree: Mapping[str, Any] = library.find(kind, name).tree
    return tree


def _summary(kind: str, name: str) -> dict[str, Any]:
    if kind == "studies":
        tree: Mapping[str, Any] = read_file(library.study_folder() / f"{name}.yaml").tree
        return {"name": name, "title": tree["title"], "impacts": ", ".join(tree["impacts"])}
    tree = _tree(kind, name)
    if kind == "vehicles":
        mass = tree.get("mass")
        return {"name": name, "class": tree["class"], "mass": mass["value"] if mass else "rigid",
                "evidence": tree["evidence"], "title": tree["title"]}  # fmt: skip
    if kind == "risk":
        return {"name": name, "input": tree["input"], "direction": ", ".join(tree["directions"]),
                "levels": ", ".join(tree["levels"]), "tag": tree["tag"], "title": tree["title"]}  # fmt: skip
    if kind == "occupants":
        return {"name": name, "mass": tree["mass"]["value"], "head": tree["head_mass"]["value"], "title": tree["title"]}
    return {"name": name, "evidence": tree["evidence"], "title": tree["title"]}


def describe(name: str, as_json: bool = False, system: str = "si") -> str:
    """One entry of any kind: its numbers in a unit system, each with tag and source; raises LibraryError when unknown."""
    for kind in library.KINDS:
        if name in library.names(kind):
            tree = _tree(kind, name)
            break
    else:
        if name in library.study_names():
            return (library.study_folder() / f"{name}.yaml").read_text(encoding="utf-8").rstrip()
        known = [n for kind in library.KINDS for n in library.names(kind)] + library.study_names()
        raise LibraryError(f"nothing called {units.echo(name)} in the library{did_you_mean(name, known)}; "
                           "see: crashsim list vehicles, restraints, occupants, risk, studies")  # fmt: skip
    if as_json:
        return json.dumps(tree, indent=2, ensure_ascii=False)
    return "\n".join(_lines(tree, system))


def _lines(tree: Mapping[str, Any], system: str) -> Iterator[str]:
    yield f"{tree['name']}: {tree['title']}"
    for key in ("class", "evidence", "restraint", "form", "input", "input_unit", "population", "notes"):
        if key in tree:
            yield from _wrapped(f"{key}: {tree[key]}")
    yield ""
    numbers = list(_numbers(tree, ""))
    width = max((len(path) for path, _ in numbers), default=0)
    shown = [(path, _display(number["value"], system), number) for path, number in numbers]
    value_width = max((len(text) for _, text, _ in shown), default=0)
    for path, text, number in shown:
        span = " to ".join(_display(end, system) for end in number.get("range", ()))
        told = f"{number.get('source', '')}{f' ({span})' * bool(span)}"
        yield f"{path.ljust(width)}  {text.rjust(value_width)}  [{number.get('tag', '-')}] {told}".rstrip()
    for level, terms in (tree.get("levels") or {}).items():
        yield f"{level}: " + ", ".join(f"{k} {v}" for k, v in terms.items())
    if isinstance(tree.get("valid"), dict):
        valid = tree["valid"]
        yield from _wrapped(
            f"valid: {valid['from']} to {valid['to']} [{valid.get('tag', '-')}] {valid.get('source', '')}"
        )
    if isinstance(tree.get("source"), str):
        yield from _wrapped(f"source [{tree.get('tag', '-')}]: {tree['source']}")
    if tree.get("sources"):
        yield ""
        yield "sources"
        for key, citation in tree["sources"].items():
            yield from _wrapped(f"{key}: {citation}", "  ")
    tags = sorted({n["tag"] for _, n in numbers if "tag" in n})
    if tags:
        yield ""
        yield "tags: " + "; ".join(f"{t} {TAG_WORDS[t]}" for t in tags)


def _numbers(tree: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for key, value in tree.items():
        if isinstance(value, dict) and "value" in value:
            yield prefix + key, value
        elif isinstance(value, dict) and key not in ("sources", "levels", "valid"):
            yield from _numbers(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            for i, item in enumerate(value):
                if isinstance(item, dict):
                    yield from ((f"{prefix}{key}[{i}].{k}", v if isinstance(v, dict) else {"value": v})
                                for k, v in item.items())  # fmt: skip


def _display(typed: object, system: str) -> str:
    """A typed quantity in the units of a system; as typed when it is a plain number or text."""
    for dimension in units.DIMENSIONS:
        if dimension in ("ratio", "number"):
            continue
        try:
            return units.format_quantity(units.parse(typed, dimension), dimension, system)
        except UnitError:
            continue
    return str(typed)


def _wrapped(text: str, indent: str = "") -> Iterator[str]:
    import textwrap

    yield from textwrap.wrap(" ".join(text.split()), 110, initial_indent=indent, subsequent_indent=indent + "  ")
