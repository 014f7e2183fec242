"""Runs the validation node's jobs in this process, for graphs and data of our own.

A hundred of them take no longer than one in jails, and under an emulated processor there is no jail.
"""

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from assay.manifests.reason import Code, Reason
from assay_validation import dataset, description, gate, model
from assay_validation.errors import JobError
from assay_validation.jobs import RefusalError
from assay_validation.limits import Limits
from assay_validation.sandbox.runner import Job
from assay_validation.tasks import custom


def run(job: Job, _limits: Limits) -> dict[str, Any]:
    """As :func:`assay_validation.sandbox.runner.run`, without a jail and its limits."""
    inputs = {name: os.open(path, os.O_RDONLY) for name, path in job.inputs.items()}
    flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC
    outputs = {name: os.open(path, flags, 0o600) for name, path in job.outputs.items()}
    try:
        result: dict[str, Any] = importlib.import_module(job.module).run(dict(job.arguments), inputs, outputs)
    except RefusalError as refusal:
        raise JobError(str(refusal), *map(_reason, refusal.faults)) from None
    return result


def _reason(fault: dict[str, Any]) -> Reason:
    return Reason(**{**fault, "code": Code(fault["code"])})


@contextmanager
def jobs_in_this_process() -> Iterator[None]:
    """Until the end of the block, what the node does is done here."""
    with (
        mock.patch.object(dataset, "run", run),
        mock.patch.object(model, "run", run),
        mock.patch.object(gate, "run", run),
        mock.patch.object(custom, "run", run),
        mock.patch.object(description, "run", run),
    ):
        yield
