"""An untrusted model: inspected in one jail, run in another."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError as InvalidReply

from assay.manifests.evaluation import EvaluationSpec
from assay.manifests.reason import Code, Reason
from assay_validation import tasks
from assay_validation.dataset import Dataset
from assay_validation.errors import JobError
from assay_validation.graph_facts import GraphFacts
from assay_validation.interface import order_of_columns, scored_outputs
from assay_validation.limits import Limits
from assay_validation.metrics import Predictions
from assay_validation.predictions import read_array
from assay_validation.sandbox.runner import Job, run
from assay_validation.scratch import Scratch


@dataclass(frozen=True)
class Admitted:
    """A model that the gate lets in.

    Attributes:
        facts: what its file says.
        ready: what is run, see `jobs.integers` and `jobs.rounding`.
        weights: the model's own file, in which its large constants are.
    """

    facts: GraphFacts
    ready: Path
    weights: Path

    @property
    def files(self) -> dict[str, Path]:
        """What a job that runs it is lent."""
        return {"model": self.ready, "weights": self.weights}


def admit(model: Path, limits: Limits, folder: Scratch, *, rounding: bool = True) -> Admitted:
    """Pass *model* through the gate and leave in *folder* what is run, with *rounding* errors to be fed.

    Raises:
        JobError: the gate refuses it; the message says why.
        SandboxUnavailable: this machine has no safe jail.
    """
    if model.stat().st_size > limits.model_bytes:
        raise JobError(
            f"the model is larger than {limits.model_bytes} bytes",
            Reason(code=Code.MODEL_TOO_LARGE, most=limits.model_bytes),
        )
    ready = folder / "ready"
    arguments = {"model_bytes": limits.model_bytes, "rounding": rounding}
    job = Job("assay_validation.jobs.inspect_model", arguments, {"model": model}, {"ready": ready})
    try:
        return Admitted(GraphFacts.model_validate(run(job, limits)), ready, model)
    except InvalidReply:
        raise JobError("the gate answered nonsense", Code.MODEL_REFUSED) from None


def predict(
    model: Admitted,
    dataset: Dataset,
    spec: EvaluationSpec,
    limits: Limits,
    folder: Scratch,
    passes: tuple[str, ...],
) -> dict[str, Predictions]:
    """The checked predictions of *model* by pass over the prepared data; array files are left in *folder*.

    A pass is named after the inputs it takes, and perhaps a number: "nudged 3" takes the nudged ones again.

    Raises:
        JobError: it does not load or run, exceeds a limit, or answers nonsense.
        SandboxUnavailable: this machine has no safe jail.
    """
    outputs = scored_outputs(model.facts, spec)
    files = {name: {key: folder / f"predicted-{name}-{key}" for key in outputs} for name in passes}
    run(
        Job(
            "assay_validation.jobs.predict",
            {
                "inputs": [i.name for i in spec.data.inputs],
                "bfloat16": [i.name for i in spec.data.inputs if str(i.dtype) == "bfloat16"],
                "outputs": outputs,
                "passes": passes,
                "errors": model.facts.errors,
                "seed": dataset.seed,
            },
            {**model.files, **dataset.inputs},
            {f"{name}-{key}": path for name, paths in files.items() for key, path in paths.items()},
        ),
        limits,
    )
    truth, order = dataset.truth, order_of_columns(model.facts, spec)

    def of_pass(paths: dict[str, Path]) -> Predictions:
        arrays = {key: read_array(path, len(truth)) for key, path in paths.items()}
        return tasks.read(spec, arrays, truth, order)

    return {name: of_pass(paths) for name, paths in files.items()}
