"""What is in a file of data, for whoever writes an order about it."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError as InvalidReply

from assay.manifests.node_report import DataDescription
from assay.manifests.reason import Code
from assay_validation.errors import JobError, ValidationError
from assay_validation.limits import Limits
from assay_validation.sandbox.runner import Job, run


def describe(
    data: Path, form: str, limits: Limits, declared: Mapping[str, Any] = MappingProxyType({})
) -> DataDescription:
    """Read *data* of the format *form* inside a jail; what is not *declared* of a CSV dialect is found.

    Raises:
        ValidationError: it cannot be read, or this machine has no safe jail.
    """
    if data.stat().st_size > limits.data_bytes:
        raise ValidationError(f"{data} is larger than the {limits.data_bytes} bytes that a validator reads.")
    try:
        arguments = {"format": form, "declared": dict(declared)}
        found = run(Job("assay_validation.jobs.describe_data", arguments, {"data": data}), limits)
        return DataDescription.model_validate(found)
    except JobError as failure:
        codes = {reason.code for reason in failure.reasons}
        hint = " Where lines stand above the table, say --skip-lines." if Code.RAGGED_ROW in codes else ""
        raise ValidationError(f"{data} cannot be described: {failure.message}.{hint}") from None
    except InvalidReply:
        raise ValidationError(f"{data} cannot be described.") from None
