"""The JSON Schema of study files, by which editors complete and check a study while it is typed."""

from __future__ import annotations

import json
from typing import Any, Final, get_args, get_origin, get_type_hints

from pydantic.fields import FieldInfo

from crashsim.config.distributions import schema as distribution_schema
from crashsim.config.fields import NAME, Field, Number, OneOf
from crashsim.config.models import ImpactModel, PulseModel, StudyModel, sweepable
from crashsim.config.parts import Model
from crashsim.config.sweep import LONGEST_AXIS

DRAFT: Final = "http://json-schema.org/draft-07/schema#"  # what yaml-language-server knows best
DEFINITIONS: Final = "#/definitions/"

_NAMED: Final = {"propertyNames": {"pattern": NAME}, "minProperties": 1}

Schema = dict[str, Any]


def study_schema() -> Schema:
    """The JSON Schema (draft 7) of a study: every field with its description, quantities and sweep paths by pattern."""
    definitions: dict[str, Schema] = {}
    study = _of_model(StudyModel, definitions)
    for section in ("vehicles", "impacts"):
        study["properties"][section] |= _NAMED
    impact = definitions[_name(ImpactModel)]["properties"]
    impact["speed"] |= _NAMED
    impact["sweep"] |= _sweep(definitions)
    definitions[_name(PulseModel)]["properties"]["at"] |= _at(definitions)
    return {"$schema": DRAFT, "title": "crashsim study", **study, "definitions": definitions}


def schema_text() -> str:
    """The schema as the text of ``study.schema.json``."""
    return json.dumps(study_schema(), indent=1, ensure_ascii=False) + "\n"


def _of(annotation: Any, definitions: dict[str, Schema]) -> Schema:
    """The schema of an annotation; those of models are put under ``definitions``."""
    metadata = getattr(annotation, "__metadata__", ())
    field = next((m for m in metadata if isinstance(m, Field)), None)
    if field is not None:
        return _of_field(field, definitions)
    if isinstance(annotation, type) and issubclass(annotation, Model):
        name = _name(annotation)
        if name not in definitions:
            definitions[name] = _of_model(annotation, definitions)
        reference = {"$ref": DEFINITIONS + name}
        return {"anyOf": [{"const": annotation.word}, reference]} if annotation.word else reference
    parts = [part for part in get_args(annotation) if part is not type(None)]
    if get_origin(annotation) is list:
        return {"type": "array", "items": _of(parts[0], definitions)}
    if get_origin(annotation) is dict:
        values = {} if parts[1] is Any else {"additionalProperties": _of(parts[1], definitions)}
        return {"type": "object", **values}
    schema = _of(parts[0], definitions)
    return schema | _limits(metadata, "Items" if schema.get("type") == "array" else "Properties")


def _of_field(field: Field, definitions: dict[str, Schema]) -> Schema:
    """The schema of a field; of a number that may be a distribution, with that under ``definitions``."""
    schema = field.json_schema()
    number = field.number if isinstance(field, OneOf) else field
    if not isinstance(number, Number) or number.fixed:
        return schema
    name = _called(f"distribution of {number.dimension} {number.low} to {number.high}")
    definitions.setdefault(name, {"description": "the number as a distribution", **distribution_schema(number)})
    return {"anyOf": [*schema["anyOf"], {"$ref": DEFINITIONS + name}]}


def _called(text: str) -> str:
    """A text as the name of a definition."""
    return "".join(c for c in text.replace("_", "-").replace(" ", "-") if c.isalnum() or c == "-")


def _of_model(model: type[Model], definitions: dict[str, Schema]) -> Schema:
    properties = {}
    hints = get_type_hints(model, include_extras=True)
    for name, info in model.model_fields.items():
        schema = _of(hints[name], definitions)
        described = {"description": info.description} if info.description else {}
        if "$ref" in schema and described:  # draft 7 ignores what stands beside a $ref
            schema = {"allOf": [schema]}
        properties[info.alias or name] = {**described, **schema, **_default(info)}
    required = {"required": list(model.required)} if model.required else {}
    description = (model.__doc__ or "").strip()
    return {"description": description, "type": "object", "additionalProperties": False, **required,
            "properties": properties}  # fmt: skip


def _default(info: FieldInfo) -> Schema:
    return {"default": info.default} if isinstance(info.default, str | bool) else {}


def _limits(metadata: tuple[Any, ...], what: str) -> Schema:
    """Least and most entries of a list or mapping, as pydantic was told."""
    limits: Schema = {}
    for part in metadata:
        for constraint in part.metadata if isinstance(part, FieldInfo) else ():
            if (least := getattr(constraint, "min_length", None)) is not None:
                limits[f"min{what}"] = least
            if (most := getattr(constraint, "max_length", None)) is not None:
                limits[f"max{what}"] = most
    return limits


def _name(model: type[Model]) -> str:
    return model.__name__.removesuffix("Model").lower()


# ---- sweeps --------------------------------------------------------------------------------------------------------


def _sweep(definitions: dict[str, Schema]) -> Schema:
    """Paths to lists or ranges, and ``zip`` with one or several mappings of such paths."""
    paths = {pattern: {"$ref": DEFINITIONS + _define(number, definitions)} for pattern, number in _patterns().items()}
    group = {"type": "object", "minProperties": 1, "additionalProperties": False, "patternProperties": paths}
    definitions["zip"] = {"description": "paths that are walked together: lists or ranges of one length", **group}
    groups = {"type": "array", "minItems": 1, "items": {"$ref": DEFINITIONS + "zip"}}
    walked = {"anyOf": [{"$ref": DEFINITIONS + "zip"}, groups]}
    return {"additionalProperties": False, "patternProperties": paths, "properties": {"zip": walked}}


def _at(definitions: dict[str, Schema]) -> Schema:
    """Swept paths to one value each."""
    paths = {pattern: number.plain_schema() for pattern, number in _patterns().items()}
    return {"additionalProperties": False, "patternProperties": paths}


def _patterns() -> dict[str, Number]:
    """Regular expressions for the paths that can be swept."""
    name = NAME.strip("^$")
    return {"^" + r"\.".join(_step(step, name) for step in path) + "$": number for path, number in sweepable().items()}


def _step(step: str, name: str) -> str:
    return {"*": name, "#": "[0-9]{1,2}"}.get(step, step)


def _define(number: Number, definitions: dict[str, Schema]) -> str:
    """The definition of the values that a sweep may give a number; returns its name."""
    name = _called(f"values of {number.dimension} {number.low} to {number.high}")
    value = number.plain_schema()
    step = number.plain_schema(bounded=False)
    points = {"type": "integer", "minimum": 2, "maximum": LONGEST_AXIS}
    span = {
        "type": "object",
        "additionalProperties": False,
        "required": ["from", "to"],
        "properties": {"from": value, "to": value, "points": points, "step": step},
        "oneOf": [{"required": ["points"]}, {"required": ["step"]}],
    }
    values = {"type": "array", "minItems": 1, "maxItems": LONGEST_AXIS, "items": value}
    definitions[name] = {"description": "a list, {from, to, points} or {from, to, step}", "anyOf": [values, span]}
    return name
