"""Runs an untrusted model in a jail, once the gate has let it in."""

from pathlib import Path

import numpy as np

from assay.manifests.evaluation import EvaluationSpec, Task
from assay_validation import tasks
from assay_validation.dataset import Dataset
from assay_validation.gate import Admitted
from assay_validation.interface import order_of_columns, output_of_marks, scored_outputs
from assay_validation.limits import Limits
from assay_validation.metrics import Predictions
from assay_validation.passes import CLEAN, JITTERED, Passes
from assay_validation.predictions import jittered, read_array
from assay_validation.sandbox.runner import Job, run
from assay_validation.scratch import Scratch

_HEADER_BYTES = 4096
"""The size of an array file's header."""
_JITTER_SEED = 4
_COMPUTED_WITH: dict[Task, tuple[str, ...]] = {
    "classification": ("logits",),
    "multilabel": ("logits",),
    "retrieval": ("values",),
}
"""Answers from which more is computed in floating point outside the jail."""


def predict(
    model: Admitted,
    dataset: Dataset,
    spec: EvaluationSpec,
    limits: Limits,
    folder: Scratch,
    passes: tuple[str, ...],
) -> Passes:
    """The checked predictions of *model* by pass over the prepared data, readable while *folder* exists.

    A pass is named after the inputs that it takes. If more is computed from the answers outside the jail,
    there is a pass `JITTERED` besides.

    Raises:
        JobError: it does not load or run, or exceeds a limit. Looking up a pass raises it for nonsense.
        SandboxUnavailable: this machine has no safe jail.
    """
    outputs = scored_outputs(model.facts, spec)
    files = {name: {key: folder / f"predicted-{name}-{key}" for key in outputs} for name in passes}
    largest = min(limits.file_bytes, limits.answer_bytes + _HEADER_BYTES)
    run(
        Job(
            "assay_validation.jobs.predict",
            {
                "inputs": [i.name for i in spec.data.inputs],
                "bfloat16": [i.name for i in spec.data.inputs if i.dtype == "bfloat16"],
                "outputs": outputs,
                "marks": output_of_marks(model.facts, spec),
                "passes": passes,
            },
            {**model.files, **dataset.inputs},
            {f"{name}-{key}": path for name, paths in files.items() for key, path in paths.items()},
        ),
        limits.model_copy(update={"file_bytes": largest}),
    )
    truth, order = dataset.truth, order_of_columns(model.facts, spec)
    computed_with = [name for name in _COMPUTED_WITH.get(spec.task, ()) if name in outputs]
    if computed_with:
        files[JITTERED] = files[CLEAN]

    def of_pass(name: str, paths: dict[str, Path]) -> Predictions:
        arrays = {key: read_array(path, len(truth), limits.answer_bytes) for key, path in paths.items()}
        if name == JITTERED:
            generator = np.random.Generator(np.random.PCG64([dataset.seed, _JITTER_SEED]))
            arrays = jittered(arrays, computed_with, generator)
        return tasks.read(spec, arrays, truth, order)

    return Passes(files, of_pass)
