"""Recounts a dataset against its commitment, before any developer works for it."""

from pathlib import Path

from assay.manifests.evaluation import FORMS, DatasetCounts, EvaluationSpec, Reference
from assay.manifests.evaluation.criterion import OF_GROUPS
from assay.manifests.node_report import DatasetReport
from assay.manifests.reason import MAX_REASONS, Code, Reason
from assay_validation import tasks
from assay_validation.criteria import passes_of
from assay_validation.dataset import DataError, Dataset, prepare
from assay_validation.errors import JobError, ValidationError
from assay_validation.evaluation import file_digest
from assay_validation.gate import admit
from assay_validation.limits import Limits
from assay_validation.metrics import Predictions, UndefinedError
from assay_validation.model import predict
from assay_validation.scratch import Scratch


def attest(
    data: Path,
    spec: EvaluationSpec,
    expected: DatasetCounts,
    reference: Reference,
    reference_model: Path | None = None,
    limits: Limits | None = None,
) -> DatasetReport:
    """Whether *data* is what its owner committed to: readable, with the *expected* counts, and with the
    *reference* model's score inside its interval.

    *reference_model* is the ONNX file that an ``onnx`` reference names; the caller has to fetch it.

    Raises:
        SandboxUnavailable: this machine has no safe jail; nothing was run.
        MachineFault: this machine got in the way; nothing is known of the data.
        ValidationError: an ``onnx`` reference without its file.
        OSError: a file is not there or not readable by this process.
    """
    if (reference.kind == "onnx") != (reference_model is not None):
        raise ValidationError("An onnx reference, and only it, comes with a model file.")
    limits = limits or Limits.of(spec)
    digest = file_digest(data)
    with Scratch() as folder:
        try:
            # read everything that a test reads, so that data that passes here never fails there
            dataset = prepare(data, spec, limits, folder, passes=passes_of(spec))
        except DataError as finding:
            return DatasetReport(
                verdict="mismatch", reasons=finding.reasons, log=finding.message[:4_000], data_sha256=digest
            )
        reasons = _differences(dataset.counts, expected)
        score, log = None, ""
        try:
            if reference_model is None:
                predictions = _constant(dataset, spec, reference)
            else:
                admitted = admit(reference_model, limits, folder)
                predictions = predict(admitted, dataset, spec, limits, folder, ("clean",))["clean"]
            score = tasks.score(spec, dataset.truth, predictions)
            reasons += _undefined_groups(spec, dataset, predictions)
        except UndefinedError as finding:
            reasons.append(Reason(code=Code.METRIC_UNDEFINED, name=spec.metric.value))
            log = str(finding)[:4_000]
        except JobError as finding:
            reasons.append(Reason(code=Code.REFERENCE_FAILED))
            log = finding.message[:4_000]
    if score is not None and not reference.low <= score <= reference.high:
        reasons.append(
            Reason(code=Code.REFERENCE_OUTSIDE, found=score, least=reference.low, most=reference.high)
        )
    return DatasetReport(
        verdict="mismatch" if reasons else "ok",
        reasons=tuple(reasons[:MAX_REASONS]),
        log=log,
        counts=dataset.counts,
        reference_score=score,
        data_sha256=digest,
    )


def _differences(found: DatasetCounts, expected: DatasetCounts) -> list[Reason]:
    reasons = []
    if found.rows != expected.rows:
        reasons.append(_count(Code.ROW_COUNT, None, found.rows, expected.rows))
    for code, ours, theirs in (
        (Code.CLASS_COUNT, found.classes, expected.classes),
        (Code.GROUP_COUNT, found.groups, expected.groups),
    ):
        for name, promised in theirs.items():
            if ours.get(name, 0) != promised:
                reasons.append(_count(code, name, ours.get(name, 0), promised))
        untold = sum(count for name, count in ours.items() if name not in theirs)
        if untold:
            reasons.append(_count(code, None, untold, 0))
    return reasons


def _count(code: Code, name: str | None, found: int, promised: int) -> Reason:
    return Reason(code=code, name=name, found=found, least=promised, most=promised)


def _undefined_groups(spec: EvaluationSpec, dataset: Dataset, predictions: Predictions) -> list[Reason]:
    """Groups in which the metric is undefined: every model would fail a criterion on gaps between groups."""
    wanted = any(one.kind in OF_GROUPS for one in spec.criteria)
    if not wanted or dataset.groups is None:
        return []
    names = list(dataset.counts.groups)
    scores = tasks.group_scores(spec, dataset.truth, predictions, dataset.groups)
    return [Reason(code=Code.GROUP_UNDEFINED, name=names[one]) for one, s in scores.items() if s is None]


def _constant(dataset: Dataset, spec: EvaluationSpec, reference: Reference) -> Predictions:
    """The predictions of a reference that needs no model file."""
    if reference.kind != FORMS[spec.task].reference:
        raise JobError(f"{reference.kind} is no model of a {spec.task}", Code.REFERENCE_FAILED)
    return tasks.TASKS[spec.task].simplest(spec, dataset.truth)
