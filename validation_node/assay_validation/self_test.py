"""Whether a machine computes as other validators' machines do, tried before anything is at stake."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from assay.manifests.evaluation import (
    PPM,
    DataMapping,
    EvaluationSpec,
    InputMapping,
    Metric,
    OutputMapping,
    ReportStatus,
)
from assay.manifests.node_report import EvaluationReport
from assay_validation.errors import ValidationError
from assay_validation.known_model import known_labels, known_model, known_rows
from assay_validation.scratch import Scratch

_SPEC = EvaluationSpec(
    task="classification",
    metric=Metric.ACCURACY,
    data=DataMapping(
        format="npz", inputs=(InputMapping(name="x", columns=("x",)),), label="label", classes=("0", "1")
    ),
    output=OutputMapping(labels="label"),
)


def self_test(evaluate: Callable[[Path, Path, EvaluationSpec], EvaluationReport]) -> None:
    """Have the known model evaluated.

    Raises:
        ValidationError: it is not scored, or any of its answers differs from those of other machines.
    """
    with Scratch() as folder:
        model, data = folder / "model", folder / "data"
        model.write_bytes(known_model())
        with data.open("wb") as file:
            np.savez(file, x=known_rows(), label=known_labels())
        report = evaluate(model, data, _SPEC)
    if report.status != ReportStatus.ANSWERED:
        said = report.status.name.lower().replace("_", " ")
        raise ValidationError(
            f"A known model was found {said}, not scored: {report.log or 'no reason was given'}.",
            hint="Compare the version of onnxruntime with the one that Assay asks for.",
        )
    if report.score != PPM:
        raise ValidationError(
            "This machine does not compute the same bits as other validators' machines, which could cost you "
            "your stake.",
            hint="It needs an x86-64 processor with AVX, glibc 2.35 to 2.43 that was not compiled for newer "
            "processors only, and onnxruntime from PyPI.",
        )
