"""Recounts a dataset against its commitment, before any developer works for it."""

import tempfile
from pathlib import Path

import numpy as np

from assay.manifests.evaluation import DatasetCounts, EvaluationSpec, Reference
from assay_validation import metrics
from assay_validation.dataset import DataError, Dataset, prepare
from assay_validation.errors import JobError, ValidationError
from assay_validation.evaluation import file_digest
from assay_validation.limits import Limits
from assay_validation.metrics import Predictions, UndefinedError
from assay_validation.model import inspect, predict
from assay_validation.reports import DatasetReport


def attest(
    data: Path,
    spec: EvaluationSpec,
    expected: DatasetCounts,
    reference: Reference,
    reference_model: Path | None = None,
    limits: Limits | None = None,
) -> DatasetReport:
    """Whether *data* is what its owner committed to: readable, of the *expected* counts, and such that the
    *reference* model scores inside its interval.

    *reference_model* is the ONNX file that an ``onnx`` reference names; fetching it is the caller's part.

    Raises:
        SandboxUnavailable: this machine has no safe jail; nothing was run.
        ValidationError: an ``onnx`` reference without its file.
        OSError: a file is not there or not readable by this process.
    """
    if (reference.kind == "onnx") != (reference_model is not None):
        raise ValidationError("An onnx reference, and only it, comes with a model file.")
    limits = limits or Limits()
    digest = file_digest(data)
    with tempfile.TemporaryDirectory(prefix="assay-") as folder:
        try:
            dataset = prepare(data, spec, limits, Path(folder))
        except DataError as finding:
            return DatasetReport(verdict="mismatch", reasons=(finding.message,), data_sha256=digest)
        reasons = _differences(dataset.counts, expected)
        score = None
        try:
            predictions = _predict(dataset, spec, reference, reference_model, limits, Path(folder))
            score = metrics.score(spec.metric, dataset.truth, predictions, len(spec.data.classes))
        except (JobError, UndefinedError) as finding:
            reasons.append(f"the reference {reference.name!r} cannot be scored: {finding}")
    if score is not None and not reference.low <= score <= reference.high:
        reasons.append(
            f"the reference {reference.name!r} scores {score} ppm, not {reference.low} to {reference.high}"
        )
    return DatasetReport(
        verdict="mismatch" if reasons else "ok",
        reasons=tuple(reasons),
        counts=dataset.counts,
        reference_score=score,
        data_sha256=digest,
    )


def _differences(found: DatasetCounts, expected: DatasetCounts) -> list[str]:
    reasons = []
    if found.rows != expected.rows:
        reasons.append(f"{found.rows} rows, not {expected.rows}")
    for kind, ours, theirs in (
        ("class", found.classes, expected.classes),
        ("group", found.groups, expected.groups),
    ):
        for name in sorted({*ours, *theirs}):
            if ours.get(name, 0) != theirs.get(name, 0):
                reasons.append(f"{ours.get(name, 0)} rows of the {kind} {name!r}, not {theirs.get(name, 0)}")
    return reasons


def _predict(
    dataset: Dataset,
    spec: EvaluationSpec,
    reference: Reference,
    model: Path | None,
    limits: Limits,
    folder: Path,
) -> Predictions:
    if model is not None:
        inspect(model, limits)
        return predict(model, dataset, spec, limits, folder, ("clean",))["clean"]
    rows = dataset.counts.rows
    if reference.kind == "mean" and spec.task == "regression":
        return Predictions(values=np.full(rows, dataset.truth.mean()))
    if reference.kind == "majority-class" and spec.task == "classification":
        frequencies = np.bincount(dataset.truth, minlength=len(spec.data.classes)) / rows
        return Predictions(
            labels=np.full(rows, frequencies.argmax()), probabilities=np.tile(frequencies, (rows, 1))
        )
    raise JobError(f"{reference.kind} is no model of a {spec.task}")
