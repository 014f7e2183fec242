"""An untrusted model: inspected in one jail, run in another."""

from pathlib import Path

from assay.manifests.evaluation import EvaluationSpec
from assay_validation.dataset import Dataset
from assay_validation.errors import JobError
from assay_validation.limits import Limits
from assay_validation.metrics import Predictions
from assay_validation.predictions import read_predictions
from assay_validation.sandbox.runner import Job, run


def inspect(model: Path, limits: Limits) -> int:
    """Pass *model* through the gate and return its number of operators.

    Raises:
        JobError: the gate refuses it; the message says why.
        SandboxUnavailable: this machine has no safe jail.
    """
    if model.stat().st_size > limits.model_bytes:
        raise JobError(f"the model is larger than {limits.model_bytes} bytes")
    arguments = {"model_bytes": limits.model_bytes}
    facts = run(Job("assay_validation.jobs.inspect_model", arguments, {"model": model}), limits)
    operators = facts.get("operators")
    if not isinstance(operators, int):
        raise JobError("the gate answered nonsense")
    return operators


def predict(
    model: Path, dataset: Dataset, spec: EvaluationSpec, limits: Limits, folder: Path, passes: tuple[str, ...]
) -> dict[str, Predictions]:
    """The checked predictions of *model* by pass over the prepared data; array files are left in *folder*.

    Raises:
        JobError: it does not load or run, exceeds a limit, or answers nonsense.
        SandboxUnavailable: this machine has no safe jail.
    """
    outputs = spec.output.model_dump(exclude_none=True)
    files = {name: {key: folder / f"predicted-{name}-{key}" for key in outputs} for name in passes}
    run(
        Job(
            "assay_validation.jobs.predict",
            {"inputs": [i.name for i in spec.data.inputs], "outputs": outputs, "passes": passes},
            {"model": model, **dataset.inputs},
            {f"{name}-{key}": path for name, paths in files.items() for key, path in paths.items()},
        ),
        limits,
    )
    rows, classes = dataset.counts.rows, spec.data.classes
    return {name: read_predictions(paths, rows, classes) for name, paths in files.items()}
