"""JSON Schema of orders as people write them, for editors."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from assay.markets.order_forms import DURATIONS

_DURATION = {"type": "string", "pattern": "^ *[0-9]{1,9} *[A-Za-z]+ *$", "examples": ["30 days", "12 hours"]}
_NUMBER = {
    "anyOf": [
        {"type": "number"},
        {
            "type": "string",
            "pattern": r"^ *[+-]?[0-9]{1,12}(\.[0-9]{1,12})? *%? *$",
            "examples": ["95 %", "0.95"],
        },
    ]
}
_BY_METRIC = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": _NUMBER}
_BOUND = {"at_least": _BY_METRIC, "at_most": _BY_METRIC}
_BETWEEN = {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2}


def schema(kind: type[BaseModel]) -> dict[str, Any]:
    """The schema of documents of *kind*, in every form that :mod:`assay.markets.order_forms` reads."""
    found = kind.model_json_schema()
    fields, parts = found["properties"], found["$defs"]
    required = set(found["required"])
    choices = [_choice(fields, required, "threshold", _BOUND)]
    if "effort_score" in fields:
        effort = {"type": "object", "properties": _BOUND, "minProperties": 1, "maxProperties": 1}
        fields["effort"] = effort | {"additionalProperties": False}
        required.discard("effort_score")
    for name in DURATIONS:
        usual = f"{name}_seconds"
        if usual in fields:
            fields[usual] = {"anyOf": [fields[usual], _DURATION]}
            choices.append(_choice(fields, required, usual, {name: fields[usual]}))
    evaluation, criterion = parts["EvaluationSpec"]["properties"], parts["Criterion"]["properties"]
    _widen(fields, "threshold", "effort_score", "tolerance")
    _widen(evaluation, "step", "noise_tolerance")
    _widen(criterion, "bound")
    if "Reference" in parts:
        reference = parts["Reference"]
        ends = {"low", "high"}
        reference["properties"]["between"] = _BETWEEN
        reference["required"] = [name for name in reference["required"] if name not in ends]
        reference["oneOf"] = [{"required": sorted(ends)}, {"required": ["between"]}]
    kept = [name for name in found["required"] if name in required]
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, **found, "required": kept, "allOf": choices}


def _choice(fields: dict[str, Any], required: set[str], usual: str, others: dict[str, Any]) -> dict[str, Any]:
    """Allow *others* instead of the *usual* field; exactly one of them must be present."""
    fields |= others
    required.discard(usual)
    return {"oneOf": [{"required": [name]} for name in (usual, *others)]}


def _widen(fields: dict[str, Any], *names: str) -> None:
    """Let fields accept numbers as people write them."""
    for name in names:
        if name in fields:
            fields[name] = {"anyOf": [fields[name], *_NUMBER["anyOf"]]}
