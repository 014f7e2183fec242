"""What a data file contains, for whoever writes an order about it."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError as InvalidReply

from assay.manifests.node_report import DataDescription
from assay.manifests.reason import Code
from assay_validation.dataset import beside
from assay_validation.errors import JobError, ValidationError
from assay_validation.limits import Limits
from assay_validation.sandbox.runner import Job, run

_HINTS = {
    Code.BAD_LINE: "Write one object on each line, as jq -c . does, and jq -c '.[]' of a list.",
    Code.RAGGED_ROW: "Where lines stand above the table, say --skip-lines; where cells are in other quotes,"
    " --quote.",
    Code.TRAILING_SEPARATOR: "Take it out there, or put one at the end of the first row, too.",
    Code.END_MARK: "Take it out.",
    Code.NO_INDEX: "Write a table with a row for each file, its name and its label, and pack what is in the"
    " folder, not the folder.",
}


def describe(
    data: Path, form: str, limits: Limits, declared: Mapping[str, Any] = MappingProxyType({})
) -> DataDescription:
    """Read *data* in the format *form* inside a jail; any part of a CSV dialect not *declared* is detected.

    Raises:
        ValidationError: it cannot be read, or this machine has no safe jail.
    """
    if data.stat().st_size > limits.data_bytes:
        raise ValidationError(f"{data} is larger than the {limits.data_bytes} bytes that a validator reads.")
    try:
        arguments = {"format": form, "declared": dict(declared)}
        found = run(
            Job("assay_validation.jobs.describe_data", arguments, {"data": data}), beside(limits, data)
        )
        return DataDescription.model_validate(found)
    except JobError as failure:
        hints = [_HINTS[reason.code] for reason in failure.reasons if reason.code in _HINTS]
        raise ValidationError(" ".join([f"{data} cannot be described: {failure.message}.", *hints])) from None
    except InvalidReply:
        raise ValidationError(f"{data} cannot be described.") from None
