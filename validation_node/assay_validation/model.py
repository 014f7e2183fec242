"""Runs an untrusted model in a jail, once the gate has let it in."""

from pathlib import Path

from assay.manifests.evaluation import EvaluationSpec
from assay_validation import tasks
from assay_validation.dataset import Dataset
from assay_validation.gate import Admitted
from assay_validation.interface import order_of_columns, output_of_marks, scored_outputs
from assay_validation.limits import Limits
from assay_validation.metrics import Predictions
from assay_validation.passes import Passes
from assay_validation.predictions import read_array
from assay_validation.sandbox.runner import Job, run
from assay_validation.scratch import Scratch

_HEADER_BYTES = 4096
"""The size of an array file's header."""


def predict(
    model: Admitted,
    dataset: Dataset,
    spec: EvaluationSpec,
    limits: Limits,
    folder: Scratch,
    passes: tuple[str, ...],
) -> Passes:
    """The checked predictions of *model* by pass over the prepared data, readable while *folder* exists.

    A pass is named after the inputs that it takes.

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

    def of_pass(name: str, paths: dict[str, Path]) -> Predictions:
        arrays = {key: read_array(path, len(truth), limits.answer_bytes) for key, path in paths.items()}
        return tasks.read(spec, arrays, truth, order)

    return Passes(files, of_pass)
