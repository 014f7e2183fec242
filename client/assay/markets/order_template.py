"""An order about a file of data, to start from: what the file tells is filled in, the rest is a proposal."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from pathlib import Path
from typing import Any

from assay.errors import InvalidInput
from assay.manifests.evaluation import (
    PPM,
    DataMapping,
    DatasetCounts,
    EvaluationSpec,
    InputMapping,
    Metric,
    OutputMapping,
    Reference,
)
from assay.manifests.node_report import DataDescription, DescribedColumn
from assay.markets.checks import refuse
from assay.markets.local_node import LocalNode
from assay.words import formatting
from assay.words.printable import quoted

FORMATS = {".csv": "csv", ".parquet": "parquet", ".npz": "npz"}
_MOST_CLASSES = 20
_WIDE = 10**12


def new_order(
    data: Path,
    node: LocalNode,
    *,
    domain: str,
    label: str | None = None,
    metric: Metric | None = None,
    without: Collection[str] = (),
) -> dict[str, Any]:
    """An order that a panel accepts with this data, in the forms that people write.

    Args:
        data: a CSV, Parquet or NPZ file.
        node: reads it.
        domain: of the market.
        label: the column to be predicted; the last by default.
        metric: balanced accuracy of classes and RMSE of numbers by default.
        without: columns that are not fed to the model.

    Raises:
        InvalidInput: another format, no such column, or data that a panel would refuse.
        CheckUnavailable: the file cannot be read on this machine.
    """
    form = FORMATS.get(data.suffix.lower())
    if form is None:
        raise InvalidInput(f"The name of a data file has to end in {', '.join(FORMATS)}, unlike {data}.")
    described = node.describe(data, form)
    target, features = _roles(described, label, without)
    evaluation = _evaluation(form, target, features, metric)
    counts = _counts(described, target, evaluation)
    score = _reference_score(data, evaluation, counts, node)
    return _document(data, domain, described, evaluation, counts, score)


def _roles(
    described: DataDescription, label: str | None, without: Collection[str]
) -> tuple[DescribedColumn, list[DescribedColumn]]:
    columns = {one.name: one for one in described.columns}
    unknown = {*without, *([label] if label else [])} - columns.keys()
    if unknown or not columns:
        named = ", ".join(map(repr, list(columns)[:40]))
        raise InvalidInput(
            f"There is no column {', '.join(map(repr, sorted(unknown)))}.", hint=f"It has {named}."
        )
    target = columns[label] if label else described.columns[-1]
    return target, [one for one in described.columns if one.name not in {target.name, *without}]


def _evaluation(
    form: Any, target: DescribedColumn, features: list[DescribedColumn], metric: Metric | None
) -> EvaluationSpec:
    classes: tuple[str, ...] = ()
    if metric is None:
        few = 2 <= len(target.values) <= _MOST_CLASSES and target.type != "float"
        metric = Metric.BALANCED_ACCURACY if few or target.type == "text" else Metric.RMSE
    if metric.task == "classification":
        classes = tuple(target.values)
        if len(classes) < 2:
            raise InvalidInput(
                f"The column {quoted(target.name)} does not hold a few classes.", hint="Name another --label."
            )
    if form == "npz":
        inputs = tuple(
            InputMapping(name=one.name, columns=(one.name,), shape=one.shape or None) for one in features
        )
    else:
        inputs = (InputMapping(name="X", columns=tuple(one.name for one in features)),) if features else ()
    if not inputs:
        raise InvalidInput("No column is left to feed to a model.")
    output = OutputMapping(values="variable")
    if classes:
        output = OutputMapping(
            labels="label", probabilities="probabilities" if metric.needs_probabilities else None
        )
    return EvaluationSpec(
        task=metric.task,
        metric=metric,
        data=DataMapping(format=form, inputs=inputs, label=target.name, classes=classes),
        output=output,
    )


def _counts(described: DataDescription, target: DescribedColumn, evaluation: EvaluationSpec) -> DatasetCounts:
    classes = dict(target.values) if evaluation.data.classes else {}
    return DatasetCounts(rows=described.rows, classes=classes)


def _reference_score(data: Path, evaluation: EvaluationSpec, counts: DatasetCounts, node: LocalNode) -> int:
    """What the simplest model scores, ppm."""
    reference = Reference(name="any", kind=_simplest(evaluation), low=-_WIDE, high=_WIDE)
    report = node.attest(data, evaluation, counts, reference)
    hint = "Mend the file, or leave columns out with --without COLUMN."
    refuse("data", report.reasons, evaluation.metric, hint=hint)
    assert report.reference_score is not None
    return report.reference_score


def _simplest(evaluation: EvaluationSpec) -> Any:
    return "majority-class" if evaluation.data.classes else "mean"


def _document(
    data: Path,
    domain: str,
    described: DataDescription,
    evaluation: EvaluationSpec,
    counts: DatasetCounts,
    score: int,
) -> dict[str, Any]:
    metric, label = evaluation.metric, evaluation.data.label
    natural = -score if metric.is_error else score
    margin = max(abs(natural) // 100, 1_000)
    better = natural * 4 // 5 if metric.is_error else natural + max(0, PPM - natural) // 2
    step = _step(natural) if metric.is_error else PPM // 1_000
    bound = "at_most" if metric.is_error else "at_least"
    noun = "array" if evaluation.data.format == "npz" else "column"
    fed = {column for one in evaluation.data.inputs for column in one.columns}
    return {
        "title": f"Predict {label}",
        "description": f"Predict {label} from {formatting.count(len(fed), noun)}.",
        "domain": domain,
        "risk_class": 1,
        "dataset": {
            "name": data.stem,
            "description": f"{described.rows} rows that no developer has seen.",
            "licence": {"spdx": "LicenseRef-Proprietary", "terms": ["Only to test models of this order."]},
            "columns": [
                {"name": one.name, "type": one.type} for one in described.columns if one.name in {*fed, label}
            ],
            "counts": counts.model_dump(mode="json", exclude_defaults=True),
        },
        "reference": {
            "name": "the mean of all rows" if metric.task == "regression" else "always the commonest class",
            "kind": _simplest(evaluation),
            "between": [_number(natural - margin), _number(natural + margin)],
        },
        "evaluation": evaluation.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
        | {"step": _text(step), "noise_tolerance": _text(5 * step)},
        bound: {metric.value: _number(better)},
        "tolerance": _text(2 * step),
        "submission_cap": 3,
        "deliverable": "One ONNX model with a model card.",
        "training_data": "The developer's own.",
        "reserve": "1000",
        "evaluation_fee": "10",
        "kill_fee": "50",
        "bidding": "3 days",
        "revealing": "1 day",
        "building": "30 days",
    }


def _step(error: int) -> int:
    """The power of ten of which an *error* is hundreds, ppm."""
    step = 1
    while step * 10_000 <= error and step < PPM // 10:
        step *= 10
    return step


def _text(ppm: int) -> str:
    """Millionths as a decimal number."""
    return f"{(Decimal(ppm) / PPM).normalize():f}"


def _number(ppm: int) -> float:
    """Millionths as people write them, with four digits that mean something."""
    value = Decimal(ppm) / PPM
    return float(f"{value:.4g}") if abs(value) >= 1 else float(f"{value:.4f}")
