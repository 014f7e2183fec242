"""The gate: an ONNX file is read in a jail of its own before anything runs it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError as InvalidReply

from assay.manifests.reason import Code, Reason
from assay_validation.errors import JobError
from assay_validation.graph_facts import GraphFacts
from assay_validation.limits import Limits
from assay_validation.sandbox.runner import Job, run
from assay_validation.scratch import Scratch


@dataclass(frozen=True)
class Admitted:
    """A model that the gate lets in.

    Attributes:
        facts: what its file declares.
        ready: the graph that is run, see `jobs.inspect_model`.
        weights: the model's own file, which holds its large constants.
    """

    facts: GraphFacts
    ready: Path
    weights: Path

    @property
    def files(self) -> dict[str, Path]:
        """The files that a job needs to run it."""
        return {"model": self.ready, "weights": self.weights}


def admit(
    model: Path,
    limits: Limits,
    folder: Scratch,
    *,
    rows: Mapping[str, Sequence[int]] | None = None,
) -> Admitted:
    """Pass *model* through the gate and leave the graph that is run in *folder*.

    With *rows*, the shape of a row of each input, the gate also works out what one row costs.

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
    arguments = {"model_bytes": limits.model_bytes, "rows": rows}
    job = Job("assay_validation.jobs.inspect_model", arguments, {"model": model}, {"ready": ready})
    try:
        return Admitted(GraphFacts.model_validate(run(job, limits)), ready, model)
    except InvalidReply:
        raise JobError("the gate answered nonsense", Code.MODEL_REFUSED) from None
