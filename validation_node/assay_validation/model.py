"""An untrusted model: inspected in one jail, run in another."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic import ValidationError as InvalidReply

from assay.manifests.evaluation import EvaluationSpec
from assay.manifests.reason import Code, Reason
from assay_validation.dataset import Dataset
from assay_validation.errors import JobError
from assay_validation.limits import Limits
from assay_validation.metrics import Predictions
from assay_validation.predictions import read_predictions
from assay_validation.sandbox.runner import Job, run
from assay_validation.scratch import Scratch

MAX_TOLD = 64
"""Inputs and outputs of which the gate tells."""
Natural = Annotated[int, Field(ge=0, le=2**62)]


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class DeclaredTensor(_Reply):
    """A graph's input or output; ``dtype`` is ONNX's number, ``None`` any length."""

    name: str
    dtype: Natural
    shape: list[Natural | None]


class GraphFacts(_Reply):
    """What the gate read in a model's file. The file may lie, but no further than these types."""

    operators: Natural
    kinds: dict[str, Natural]
    """Operators by kind, the commonest."""
    opset: Natural
    parameters: Natural
    """Numbers in its constants."""
    errors: str = ""
    """By what input the graph that is run takes rounding errors; empty if it takes none."""
    inputs: list[DeclaredTensor]
    outputs: list[DeclaredTensor]


@dataclass(frozen=True)
class Admitted:
    """A model that the gate lets in; *ready* is what is run, see `jobs.integers` and `jobs.rounding`."""

    facts: GraphFacts
    ready: Path


def inspect(model: Path, limits: Limits) -> GraphFacts:
    """Pass *model* through the gate and return what it declares.

    Raises:
        JobError: the gate refuses it; the message says why.
        SandboxUnavailable: this machine has no safe jail.
    """
    return _pass_gate(model, limits, {})


def admit(model: Path, limits: Limits, folder: Scratch) -> Admitted:
    """Pass *model* through the gate and leave in *folder* what is run.

    Raises:
        JobError: the gate refuses it; the message says why.
        SandboxUnavailable: this machine has no safe jail.
    """
    ready = folder / "ready"
    return Admitted(_pass_gate(model, limits, {"ready": ready}), ready)


def _pass_gate(model: Path, limits: Limits, outputs: dict[str, Path]) -> GraphFacts:
    if model.stat().st_size > limits.model_bytes:
        raise JobError(
            f"the model is larger than {limits.model_bytes} bytes",
            Reason(code=Code.MODEL_TOO_LARGE, most=limits.model_bytes),
        )
    arguments = {"model_bytes": limits.model_bytes}
    facts = run(Job("assay_validation.jobs.inspect_model", arguments, {"model": model}, outputs), limits)
    try:
        return GraphFacts.model_validate(facts)
    except InvalidReply:
        raise JobError("the gate answered nonsense", Code.MODEL_REFUSED) from None


def check_interface(facts: GraphFacts, spec: EvaluationSpec) -> None:
    """Refuse a model whose inputs or outputs are not those of *spec*; raises :class:`JobError`."""
    if max(len(facts.inputs), len(facts.outputs)) >= MAX_TOLD:
        return  # the gate tells of no more; the run will find out
    fed = {one.name for one in spec.data.inputs}
    wanted = set(spec.output.model_dump(exclude_none=True).values())
    inputs, outputs = {one.name for one in facts.inputs}, {one.name for one in facts.outputs}
    reasons = [Reason(code=Code.INPUT_MISSING, name=name) for name in sorted(fed - inputs)]
    if inputs - fed:
        reasons.append(Reason(code=Code.INPUT_UNKNOWN, found=len(inputs - fed)))
    reasons += [Reason(code=Code.OUTPUT_MISSING, name=name) for name in sorted(wanted - outputs)]
    if reasons:
        raise JobError(f"the graph declares inputs {sorted(inputs)} and outputs {sorted(outputs)}", *reasons)


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
    outputs = spec.output.model_dump(exclude_none=True)
    files = {name: {key: folder / f"predicted-{name}-{key}" for key in outputs} for name in passes}
    run(
        Job(
            "assay_validation.jobs.predict",
            {
                "inputs": [i.name for i in spec.data.inputs],
                "outputs": outputs,
                "passes": passes,
                "errors": model.facts.errors,
                "seed": dataset.seed,
            },
            {"model": model.ready, **dataset.inputs},
            {f"{name}-{key}": path for name, paths in files.items() for key, path in paths.items()},
        ),
        limits,
    )
    rows, classes = dataset.counts.rows, spec.data.classes
    return {name: read_predictions(paths, rows, classes) for name, paths in files.items()}
