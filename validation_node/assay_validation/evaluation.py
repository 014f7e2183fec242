"""Tests one untrusted model on one untrusted dataset.

Three processes, each in a fresh jail, and none of them trusted:

1. ``inspect_model`` reads the ONNX file as data and refuses what no honest model needs;
2. ``prepare_data`` reads the dataset and separates what the model is fed from the truth;
3. ``predict`` loads the model. ONNX Runtime is native code that executes the developer's graph, so this
   process is assumed to be under the developer's control: it holds only inputs, no labels and no score, and
   all it can do is choose its predictions, which is what a model does anyway.

This process, which never loads the model, checks the predictions and scores them. A model that breaks out of
the runtime may see all inputs at once and tell the clean pass from the noisy ones, so it could pretend to be
stable; it cannot forge a score without knowing the labels, and nothing leaves its jail but the predictions.
"""

import hashlib
import time
from pathlib import Path
from typing import Any

from assay.manifests.evaluation import EvaluationSpec, ReportStatus
from assay.manifests.node_report import EvaluationReport, PrivateDetails
from assay.manifests.reason import Code, Reason
from assay_validation import criteria, metrics, tasks
from assay_validation.criteria import Answers, passes_of
from assay_validation.dataset import DataError, Dataset, prepare
from assay_validation.errors import JobError
from assay_validation.gate import admit
from assay_validation.interface import check_interface
from assay_validation.limits import Limits
from assay_validation.metrics import UndefinedError
from assay_validation.model import predict
from assay_validation.passes import CLEAN, NUDGED
from assay_validation.reasons import about_file, about_run
from assay_validation.scratch import Scratch
from assay_validation.stability import instability
from assay_validation.where_it_runs import check_target, rows_of

_LONGEST_LOG = 4_000


def evaluate(model: Path, data: Path, spec: EvaluationSpec, limits: Limits | None = None) -> EvaluationReport:
    """Score *model* (ONNX) on *data* as *spec* says. The public part is the same on every honest node.

    *limits* may take the place of the spec's. A model or dataset that is broken, hostile or oversized is a
    finding in the report, never an exception.

    Raises:
        SandboxUnavailable: this machine has no safe jail; nothing was run.
        MachineFault: this machine got in the way; nothing is known of the model.
        OSError: a file is not there or not readable by this process.
    """
    limits = limits or Limits.of(spec)
    started = time.monotonic()
    model_sha256, data_sha256 = file_digest(model), file_digest(data)

    def report(status: ReportStatus, details: PrivateDetails | None = None, **said: Any) -> EvaluationReport:
        seconds = round(time.monotonic() - started, 3)
        return EvaluationReport(
            status=status,
            model_sha256=model_sha256,
            data_sha256=data_sha256,
            private=(details or PrivateDetails()).model_copy(update={"seconds": seconds}),
            **said,
        )

    def failed(status: ReportStatus, finding: Exception, *reasons: Reason) -> EvaluationReport:
        return report(status, rows=rows, reasons=reasons, log=str(finding)[:_LONGEST_LOG])

    def judged(dataset: Dataset, answers: Answers) -> EvaluationReport:
        try:
            score = tasks.score(spec, dataset.truth, answers.passes[CLEAN])
        except UndefinedError as finding:
            undefined = Reason(code=Code.METRIC_UNDEFINED, name=spec.metric.value)
            return failed(ReportStatus.CANNOT_OPEN, finding, undefined)
        details = _details(spec, dataset, answers, score)
        log = instability(spec, dataset.truth, answers.passes[CLEAN], answers.passes[NUDGED])
        if log:
            unstable = Reason(code=Code.UNSTABLE)
            return report(ReportStatus.UNSTABLE, details, rows=rows, reasons=(unstable,), log=log)
        rounded = metrics.published(score, spec.step)
        mask = criteria.held(spec, details.measurements)
        return report(ReportStatus.ANSWERED, details, rows=rows, score=rounded, criteria=mask)

    rows = 0
    with Scratch() as folder:
        passes = passes_of(spec)
        try:
            admitted = admit(model, limits, folder, rows=rows_of(spec))
            check_interface(admitted.facts, spec)
            check_target(admitted.facts, spec, model.stat().st_size)
        except JobError as finding:
            return failed(ReportStatus.REJECTED, finding, *about_file(finding, spec))
        try:
            dataset = prepare(data, spec, limits, folder, passes=passes)
            rows = dataset.counts.rows
            predictions = predict(admitted, dataset, spec, limits, folder, passes)
            return judged(dataset, Answers(predictions, admitted.facts, model.stat().st_size))
        except DataError as finding:
            return failed(ReportStatus.CANNOT_OPEN, finding, *finding.reasons)
        except JobError as finding:
            return failed(ReportStatus.REJECTED, finding, *about_run(finding))


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _details(spec: EvaluationSpec, dataset: Dataset, answers: Answers, score: int) -> PrivateDetails:
    clean = answers.passes[CLEAN]
    groups: dict[str, int | None] = {}
    if dataset.groups is not None:
        names = list(dataset.counts.groups)
        by_index = tasks.group_scores(spec, dataset.truth, clean, dataset.groups)
        groups = {names[i]: s for i, s in by_index.items()}
    try:
        nudged = tasks.score(spec, dataset.truth, answers.passes[NUDGED])
    except UndefinedError:
        nudged = None
    return PrivateDetails(
        metrics=tasks.told(spec, dataset.truth, clean),
        groups=groups,
        measurements=criteria.measure(spec, dataset, answers, score, groups),
        nudged_score=nudged,
        borderline_rows=metrics.borderline_rows(clean),
    )
