"""A customer's own metric, given as an ONNX graph: gated, jailed and run like a model.

It is untrusted, too, and can do nothing but return a number. The worst possible number is taken instead if
the graph does not run on a model's answers, or returns no number. So answers never leave the metric
undefined; and a graph that fails on the reference's answers puts the reference outside its interval, which
the customer learns before the order is opened.
"""

import base64
import math
from dataclasses import fields
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict
from pydantic import ValidationError as InvalidReply

from assay_validation.errors import JobError
from assay_validation.gate import admit
from assay_validation.limits import Limits
from assay_validation.metrics import Array, Predictions
from assay_validation.sandbox.runner import Job, run
from assay_validation.scratch import Scratch
from assay_validation.tasks.rules import Case


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    value: float | None


def measure(case: Case) -> float:
    """The graph's value for all rows, kept within the bounds of its kind."""
    worst = math.inf if case.spec.metric.is_error else -math.inf
    try:
        value = _value(case)
    except JobError:
        return worst
    if value is None:
        return worst
    return max(0.0, value) if case.spec.metric.is_error else min(1.0, value)


def _value(case: Case) -> float | None:
    limits = Limits.of(case.spec)
    arrays = {"truth": case.truth, **_arrays(case.predictions)}
    with Scratch() as folder:
        graph = folder / "graph"
        graph.write_bytes(base64.b64decode(case.spec.options.graph or ""))
        admitted = admit(graph, limits, folder)
        declared = [one.name for one in admitted.facts.inputs]
        taken = [name for name in declared if name in arrays]
        files: dict[str, Path] = admitted.files
        for name in taken:
            files[name] = folder / f"array {name}"
            with files[name].open("wb") as file:
                np.save(file, arrays[name], allow_pickle=False)
        arguments = {
            "inputs": taken,
            "output": admitted.facts.outputs[0].name if len(admitted.facts.outputs) == 1 else "",
        }
        try:
            job = Job("assay_validation.jobs.measure", arguments, files)
            return _Reply.model_validate(run(job, limits)).value
        except InvalidReply:
            raise JobError("the metric answers nonsense") from None


def _arrays(predictions: Predictions) -> dict[str, Array]:
    named = {field.name: getattr(predictions, field.name) for field in fields(predictions)}
    return {name: array for name, array in named.items() if array is not None}
