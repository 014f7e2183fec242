"""A customer's own metric, given as an ONNX graph: gated, jailed and run like a model.

It is untrusted, too, and can do nothing but return a number. The worst possible number is taken instead if
the graph does not run on a model's answers, returns no number, or moves by more than the order tolerates when
only rounding differs. So answers never leave the metric undefined; and a graph that fails on the reference's
answers puts the reference outside its interval, which the customer learns before the order is opened.
"""

import base64
import hashlib
import math
from dataclasses import fields
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from pydantic import ValidationError as InvalidReply

from assay.manifests.evaluation import PPM, EvaluationSpec
from assay_validation.errors import JobError
from assay_validation.gate import admit
from assay_validation.limits import Limits
from assay_validation.metrics import Array, MovedError, Predictions, farthest
from assay_validation.sandbox.runner import Job, run
from assay_validation.scratch import Scratch
from assay_validation.tasks.rules import Case

_DRAWS = 3


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    values: Annotated[list[float | None], Field(min_length=_DRAWS, max_length=_DRAWS)]
    """The value with each of several draws of rounding errors."""


def measure(case: Case) -> float:
    """The graph's value for all rows, kept within the bounds of its kind.

    Raises:
        MovedError: it moves by more than is tolerated when only rounding differs.
    """
    worst = math.inf if case.spec.metric.is_error else -math.inf
    try:
        values = _values(case)
    except JobError:
        return worst
    first, *others = values
    if values.count(None) == len(values):
        return worst
    if first is None or any(one is None or _moves(case.spec, first, one) for one in others):
        raise MovedError(f"{case.spec.metric.words} moves when only rounding differs")
    return max(0.0, first) if case.spec.metric.is_error else min(1.0, first)


def _moves(spec: EvaluationSpec, one: float, other: float) -> bool:
    """Whether two values differ by more than the order tolerates."""
    most = spec.noise_tolerance / PPM * (abs(one) if spec.metric.is_error else 1)
    return abs(one - other) > min(most + 1 / PPM, farthest(spec) / PPM)


def _values(case: Case) -> list[float | None]:
    limits, beacon = Limits.of(case.spec), bytes.fromhex(case.spec.beacon or "")
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
            "errors": admitted.facts.errors,
            "seed": int.from_bytes(hashlib.sha256(case.truth.tobytes() + beacon).digest()),
            "draws": _DRAWS,
        }
        try:
            job = Job("assay_validation.jobs.measure", arguments, files)
            return _Reply.model_validate(run(job, limits)).values
        except InvalidReply:
            raise JobError("the metric answers nonsense") from None


def _arrays(predictions: Predictions) -> dict[str, Array]:
    named = {field.name: getattr(predictions, field.name) for field in fields(predictions)}
    return {name: array for name, array in named.items() if array is not None}
