"""Reading an order from a file, in any form that people write, and reporting all its faults at once."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from assay.errors import InvalidInput
from assay.manifests.base import fault_words
from assay.manifests.evaluation import MAX_TOLERANCE
from assay.manifests.files import kind_words, read_document
from assay.markets.order_forms import DURATIONS, Fault, Faults, canonical
from assay.words.amounts import format_amount
from assay.words.printable import printable

_MOST_FAULTS = 40
_OUTSIDE = ("less_than_equal", "greater_than_equal")
_OTHER_FORMS = ("at_least", "at_most", "effort", *DURATIONS)
D = TypeVar("D", bound=BaseModel)


def load_written(path: Path, kind: type[D]) -> D:
    """The document of type *kind* in the JSON file *path*.

    Raises:
        InvalidInput: everything that is wrong with it, one fault per line: where it is, what was expected.
    """
    content = read_document(path)
    try:
        written = json.loads(content, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{path} is not JSON: {error}.") from None
    if not isinstance(written, dict):
        raise InvalidInput(f"{path} is not a valid {kind_words(kind)}: it is not a JSON object.")
    document, faults = canonical(written)
    if "effort_score" in kind.model_fields and "threshold" in document:
        document.setdefault("effort_score", document["threshold"])
    try:
        read = kind.model_validate_json(json.dumps(document, default=float))
    except ValidationError as error:
        known = {fault.path for fault in faults} | {_of_other_form(fault.path) for fault in faults}
        found = [fault for fault in _faults(error, kind) if fault.path not in known]
        rest = [fault for fault in found if fault.path not in _untold(written, document)]
        faults += rest if faults or rest else found
    if not faults:
        return read
    lines = [f"  {_as_written(fault, written)}" for fault in faults[:_MOST_FAULTS]]
    if len(faults) > _MOST_FAULTS:
        lines.append(f"  and {len(faults) - _MOST_FAULTS} more")
    raise InvalidInput(f"{path} is not a valid {kind_words(kind)}:\n" + "\n".join(lines))


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a number")


def _of_other_form(path: str) -> str:
    """The field that ends up missing if the value at *path* cannot be read."""
    if path.startswith("effort"):
        return "effort_score"
    first = path.split(".")[0].split(" ")[0]
    return "threshold" if first in ("at_least", "at_most") else f"{first}_seconds"


def _untold(written: dict[str, Any], document: dict[str, Any]) -> set[str]:
    """Fields that are not in the file and could not be derived from those that are."""
    untold = set()
    bounds = written.keys() & {"at_least", "at_most"}
    if bounds and document.get("threshold") is None:
        untold.add("threshold")
    if (
        "effort_score" not in written
        and document.get("effort_score") is None
        and (bounds or "effort" in written)
    ):
        untold.add("effort_score")
    reference = written.get("reference")
    if isinstance(reference, dict) and reference.get("between") is not None:
        untold |= {f"reference.{end}" for end in ("low", "high") if end not in document["reference"]}
    return untold


def _as_written(fault: Fault, written: dict[str, Any]) -> Fault:
    """The *fault*, attributed to the field that is in the file."""
    if fault.path in written:
        return fault
    others = {"threshold": ("at_least", "at_most"), "effort_score": ("effort",)}
    for name in others.get(fault.path, (fault.path.removesuffix("_seconds"),)):
        if name in written:
            return Fault(name, fault.message)
    return fault


def _faults(error: ValidationError, kind: type[BaseModel]) -> Iterator[Fault]:
    for fault in error.errors(include_input=False, include_url=False):
        if fault["type"] == "default_factory_not_called":  # because of the other faults
            continue
        path = printable(".".join(map(str, fault["loc"])))[:200]
        cause = fault.get("ctx", {}).get("error")
        if isinstance(cause, Faults):
            yield from cause.faults
            continue
        yield Fault(path or "the whole", _expected(fault, path, kind))


def _expected(fault: ErrorDetails, path: str, kind: type[BaseModel]) -> str:
    """What was expected, in plain words."""
    message = fault_words(fault)[:1_000]
    if fault["type"] == "missing":
        return f"this is missing{_instead(path)}"
    if fault["type"] == "extra_forbidden":
        near = difflib.get_close_matches(path, [*kind.model_fields, *_OTHER_FORMS], n=1)
        return "there is no such field" + (f"; perhaps {near[0]} is meant" if near else "")
    if path == "tolerance" and fault["type"] in _OUTSIDE:
        return f"not from 0 to {format_amount(MAX_TOLERANCE, 6)}"
    if path.endswith("_seconds") and fault["type"] in _OUTSIDE:
        building = path.startswith("building")
        return "not from 1 minute to 365 days" if building else "not from 1 second to 730 days"
    return message[:1].lower() + message[1:]


def _instead(path: str) -> str:
    if path == "threshold":
        return '; write "at_least": {"auroc": 0.9}, or of an error "at_most": {"rmse": 60}'
    if path.endswith("_seconds"):
        return f'; write "{path.removesuffix("_seconds")}": "30 days"'
    return ""
