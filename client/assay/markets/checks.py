"""What a panel would say about an order's data or a model, before anything is sent or paid."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.errors import InvalidInput
from assay.manifests import CommissionSpec
from assay.manifests.evaluation import Metric, Reference, ReportStatus
from assay.manifests.evaluation.units import SCORE_LIMIT
from assay.manifests.node_report import DatasetReport, EvaluationReport
from assay.manifests.reason import Code, Reason
from assay.markets.local_node import LocalNode
from assay.markets.order import HiddenTest, Order
from assay.store import ArtifactStore
from assay.store.cid import Cid
from assay.words import formatting
from assay.words.printable import quoted
from assay.words.reasons import sentence

_MAX_REFERENCE_BYTES = 64 << 20


@dataclass(frozen=True)
class ModelCheck:
    """What a panel would say about a model.

    Attributes:
        report: from the developer's own rows; without a score if none were given.
        passes: whether the model passes on those rows; None without rows.
        failed: indices of the required criteria that it fails.
    """

    report: EvaluationReport
    passes: bool | None = None
    failed: tuple[int, ...] = ()


def check_data(order: Order, data: Path, node: LocalNode, store: ArtifactStore) -> DatasetReport:
    """What a panel would say about an *order*'s *data*, and which columns differ from their description.

    Nothing is sent.

    Raises:
        InvalidInput: the reference model would pass, or no row has one of the listed classes.
        CheckUnavailable: the check cannot be run on this machine.
        StoreError: the *store* does not have the order's reference model.
    """
    artifact = order.reference.artifact
    with tempfile.TemporaryDirectory(prefix="assay-") as folder:
        reference = Path(folder) / "reference.onnx" if artifact is not None else None
        if artifact is not None and reference is not None:
            store.fetch_to(Cid.parse(artifact), reference, max_bytes=_MAX_REFERENCE_BYTES)
        described, evaluation = order.dataset, order.evaluation
        report = node.attest(
            data, evaluation, described.counts, order.reference, reference, described.columns
        )
    if not report.reasons:
        _refuse_impossible(order, report)
    return report


def check_test_set(test: HiddenTest, data: Path, node: LocalNode) -> DatasetReport:
    """What a panel would say about the *data* of a third party's *test*, which has no reference model.

    Raises:
        CheckUnavailable: the check cannot be run on this machine.
    """
    evaluation, described = test.evaluation, test.dataset
    kind: Any = "majority-class" if evaluation.data.classes else "mean"
    anything = Reference(name="any score", kind=kind, low=-SCORE_LIMIT, high=SCORE_LIMIT)
    report = node.attest(data, evaluation, described.counts, anything, columns=described.columns)
    reasons = tuple(one for one in report.reasons if one.code != Code.REFERENCE_FAILED)
    return report.model_copy(update={"reasons": reasons, "verdict": "mismatch" if reasons else "ok"})


def _refuse_impossible(order: Order, report: DatasetReport) -> None:
    """Raise :class:`InvalidInput` for data that a panel would accept but that cannot be intended."""
    evaluation, metric = order.evaluation, order.evaluation.metric
    for name in evaluation.data.classes if evaluation.task == "classification" else ():
        if not report.counts.classes.get(name):
            raise InvalidInput(
                f"The order lists the class {quoted(name)}, and no row has it.",
                hint="Take it out of evaluation.data.classes, or add rows of it.",
            )
    if report.reference_score is None:
        return
    published = report.reference_score // evaluation.step * evaluation.step
    if published >= order.threshold:
        asked = formatting.threshold(order.threshold, metric)
        raise InvalidInput(
            f"The order asks for {metric.words} {asked}, and its reference model already scores"
            f" {formatting.score(report.reference_score, metric)}: it would pass and be paid.",
            hint="Ask for a better score than the reference model has.",
        )


def check_model(
    spec: CommissionSpec, required: int, model: Path, rows: Path | None, node: LocalNode
) -> ModelCheck:
    """What a panel would say about a *model*.

    Args:
        spec: the commission's spec.
        required: bitmap of the criteria that must pass.
        model: the ONNX file.
        rows: the developer's own rows, in the format that the order's evaluation names.
        node: runs the test.

    Raises:
        CheckUnavailable: the check cannot be run on this machine.
    """
    if rows is None:
        return ModelCheck(node.try_out(model, spec.evaluation))
    report = node.evaluate(model, rows, spec.evaluation)
    if report.status != ReportStatus.ANSWERED:
        return ModelCheck(report, passes=False)
    missed = required & ~report.criteria
    failed = tuple(place for place in range(len(spec.evaluation.criteria)) if missed >> place & 1)
    return ModelCheck(report, passes=report.score >= spec.threshold and not failed, failed=failed)


def refuse(what: str, reasons: tuple[Reason, ...], metric: Metric, *, hint: str = "") -> None:
    """Raise :class:`InvalidInput` with all *reasons*, one per line; do nothing if there are none."""
    if reasons:
        lines = dict.fromkeys(f"  {sentence(reason, metric)}" for reason in reasons)
        raise InvalidInput("\n".join(filter(None, [f"This {what} would be refused:", *lines, hint])))
