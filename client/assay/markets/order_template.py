"""An order about a file of data, to start from: what the file tells is filled in, the rest is a proposal."""

from __future__ import annotations

import codecs
import shlex
from collections.abc import Collection, Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

from assay.errors import InvalidInput
from assay.manifests.evaluation import (
    PPM,
    CsvDialect,
    DataMapping,
    DatasetCounts,
    EvaluationSpec,
    Metric,
    OutputMapping,
    Reference,
)
from assay.manifests.node_report import AmbiguousDialect, DataDescription, DescribedColumn
from assay.manifests.reason import Code, Reason
from assay.markets.checks import refuse
from assay.markets.local_node import LocalNode
from assay.markets.order_inputs import Size, inputs_of
from assay.words import formatting
from assay.words.dialects import choices, question
from assay.words.printable import printable, quoted

FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".npz": "npz",
    ".jsonl": "jsonl",
    ".zip": "archive",
    ".tar": "archive",
    ".tgz": "archive",
    ".tar.gz": "archive",
}
_MAGIC, _NAMES = {"parquet": b"PAR1", "npz": b"PK"}, {"parquet": "a Parquet", "npz": "an NPZ"}
_HEAD_BYTES = 1 << 20
_SAVE = "Save the table as CSV in UTF-8."
_OTHER_LABEL = "Name another --label."
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
    declared: Mapping[str, Any] = MappingProxyType({}),
    size: Size | None = None,
) -> dict[str, Any]:
    """An order that a panel accepts with this data, in the forms that people write.

    Args:
        data: a CSV, Parquet, NPZ or JSON Lines file, or an archive with an ``index.csv``.
        node: reads it.
        domain: of the market.
        label: the column to be predicted; the last by default.
        metric: balanced accuracy of classes and RMSE of numbers by default.
        without: columns that are not fed to the model.
        declared: fields of the CSV dialect; the rest is found.
        size: height and width that images are brought to; their own by default.

    Raises:
        InvalidInput: another format, no such column, a CSV file that can be read in two ways, or data that a
            panel would refuse.
        CheckUnavailable: the file cannot be read on this machine.
    """
    form = next((kind for end, kind in FORMATS.items() if data.name.lower().endswith(end)), None)
    if form is None:
        raise InvalidInput(f"The name of a data file has to end in {', '.join(FORMATS)}, unlike {data}.")
    _require_form(data, form)
    described = node.describe(data, form, declared)
    if described.question is not None:
        asked = described.question
        raise InvalidInput(f"{data} cannot be read in one way only. {question(asked)}.", hint=_choice(asked))
    if not described.rows:
        raise InvalidInput(f"{data} has no rows of data.")
    target, features = _roles(described, label, without)
    mapping = DataMapping(
        format=form,  # type: ignore[arg-type]  # a value of FORMATS
        csv=described.csv or CsvDialect(),
        inputs=inputs_of(form, features, size) or _nothing(),
        label=target.name,
    )
    evaluation = _evaluation(mapping, described.rows, target, metric)
    counts = _counts(described, target, evaluation)
    score = _reference_score(data, evaluation, counts, node)
    return _document(data, domain, described, evaluation, counts, score)


def _require_form(data: Path, form: str) -> None:
    """Raise :class:`InvalidInput` when *data* is plainly no file of the format *form*."""
    try:
        with data.open("rb") as file:
            head = file.read(_HEAD_BYTES)
            if not head or not data.is_file():
                return  # that is said where it is read
    except OSError:
        return  # that, too
    if form in _MAGIC and not head.startswith(_MAGIC[form]):
        raise InvalidInput(f"{data} is not {_NAMES[form]} file, whatever its name says.")
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or head.count(0) * 4 > len(head)
    if form == "csv" and (head.startswith(tuple(_MAGIC.values())) or (b"\0" in head and not wide)):
        raise InvalidInput(f"{data} is not a CSV file: it holds binary data.", hint=_SAVE)


def _choice(asked: AmbiguousDialect) -> str:
    return f"Say which: {choices(asked)}." if asked.readings else _SAVE


def _nothing() -> NoReturn:
    raise InvalidInput("No column is left to feed to a model.")


def _no_classes(target: DescribedColumn, rows: int) -> InvalidInput:
    """Why a column is not one of classes."""
    column, counted = f"The column {quoted(target.name)}", formatting.count(rows, "row")
    if target.empty == rows:
        return InvalidInput(f"{column} is empty in all rows ({rows:,}).", hint=_OTHER_LABEL)
    if rows == 1:
        return InvalidInput("The data has 1 row, and classes need at least 2 rows, one of each class.")
    if target.values:
        only = quoted(next(iter(target.values)))
        return InvalidInput(
            f"{column} holds a single class, {only}, in {counted}, and at least 2 classes are needed.",
            hint=_OTHER_LABEL,
        )
    if target.type == "text":
        return InvalidInput(
            f"{column} holds too many or too long texts in {counted} to be classes.", hint=_OTHER_LABEL
        )
    return InvalidInput(
        f"{column} holds numbers in {counted}, not a few classes.",
        hint="Choose a metric of numbers, such as --metric rmse, or name another --label.",
    )


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
    mapping: DataMapping, rows: int, target: DescribedColumn, metric: Metric | None
) -> EvaluationSpec:
    classes: tuple[str, ...] = ()
    if metric is None:
        few = 2 <= len(target.values) <= _MOST_CLASSES and target.type != "float"
        metric = Metric.BALANCED_ACCURACY if few or target.type == "text" else Metric.RMSE
    if metric.task == "classification":
        classes = tuple(target.values)
        if len(classes) < 2:
            raise _no_classes(target, rows)
    output = OutputMapping(values="variable")
    if classes:
        output = OutputMapping(
            labels="label", probabilities="probabilities" if metric.needs_probabilities else None
        )
    return EvaluationSpec(
        task=metric.task,
        metric=metric,
        data=mapping.model_copy(update={"classes": classes}),
        output=output,
    )


def _counts(described: DataDescription, target: DescribedColumn, evaluation: EvaluationSpec) -> DatasetCounts:
    classes = dict(target.values) if evaluation.data.classes else {}
    return DatasetCounts(rows=described.rows, classes=classes)


def _reference_score(data: Path, evaluation: EvaluationSpec, counts: DatasetCounts, node: LocalNode) -> int:
    """What the simplest model scores, ppm."""
    reference = Reference(name="any", kind=_simplest(evaluation), low=-_WIDE, high=_WIDE)
    report = node.attest(data, evaluation, counts, reference)
    refuse("data", report.reasons, evaluation.metric, hint=_way_out(report.reasons, evaluation))
    assert report.reference_score is not None
    return report.reference_score


def _way_out(reasons: tuple[Reason, ...], evaluation: EvaluationSpec) -> str:
    """What to do about columns that a panel would refuse."""
    label, named = evaluation.data.label, {one.name for one in reasons}
    ways = []
    if any(one.code == Code.NOT_NUMERIC and one.name == label for one in reasons):
        ways.append(
            f"The label {quoted(label)} holds text: choose a metric of classes, such as "
            "--metric balanced_accuracy, or name another --label."
        )
    fed = [one for mapping in evaluation.data.inputs for one in mapping.columns if one in named]
    if fed:
        options = " ".join(f"--without {shlex.quote(printable(one))}" for one in fed)
        ways.append(f"Mend the file, or leave columns out: {options}")
    return "\n".join(ways) or "Mend the file, or name another --label."


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
