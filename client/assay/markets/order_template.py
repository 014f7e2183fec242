"""A draft order for a data file: what the file shows is filled in, the rest is a suggestion."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from assay.errors import InvalidInput
from assay.manifests.base import fault_words
from assay.manifests.evaluation import (
    FORMS,
    PPM,
    SCORE_LIMIT,
    CsvDialect,
    DataMapping,
    DatasetCounts,
    EvaluationSpec,
    Metric,
    MetricOptions,
    Reference,
    ResourceLimits,
    Task,
)
from assay.manifests.evaluation.spec import CUSTOM_STEP
from assay.manifests.evaluation.units import MAX_STEP
from assay.manifests.node_report import DescribedColumn
from assay.manifests.reason import Code, Reason
from assay.markets.checks import refuse
from assay.markets.local_node import LocalNode
from assay.markets.order_data import DataFile
from assay.markets.order_inputs import AS_THEY_ARE, Pictures, inputs_of
from assay.markets.order_truth import one_hot, options_of, outputs_of, truth_of
from assay.words import formatting
from assay.words.printable import printable, quoted

_MOST_CLASSES = 20
_WIDE, _SHOWN = 10**12, 5
_NOISE = 5_000
"""How far rounding may move a score (ppm), of an error as a share of itself."""
_STEPS = 5
"""Within how many steps validators have to agree."""
_SIMPLEST = {
    "mean": "the mean of all rows",
    "majority-class": "always the commonest class",
    "constant": "the same for all rows",
}


def new_order(
    data: Path,
    node: LocalNode,
    *,
    domain: str,
    task: Task | None = None,
    label: str | Sequence[str] | None = None,
    metric: Metric | None = None,
    without: Collection[str] = (),
    beside: Mapping[str, str] | None = None,
    graph: Path | None = None,
    declared: Mapping[str, Any] = MappingProxyType({}),
    pictures: Pictures = AS_THEY_ARE,
    texts: Collection[str] = (),
    classes: Sequence[str] = (),
    void: int | None = None,
    tell: Callable[[str], object] = lambda _: None,
) -> dict[str, Any]:
    """An order that a panel would accept with this data, in the forms that people write.

    Args:
        data: a CSV, Parquet, NPZ or JSON Lines file, or an archive with an ``index.csv``.
        node: reads it.
        domain: one of the market's domains.
        task: what the model should do; by default the metric's task, or classification or regression,
            depending on what the label holds.
        label: the column or columns to predict; the last one by default.
        metric: by default the usual one for the task.
        without: columns that are not fed to the model.
        declared: fields of the CSV dialect; the rest are detected.
        pictures: what is done to images.
        texts: columns of codes that are fed as texts even if they look like numbers.
        classes: names of the classes in order, if the data holds only their indices.
        void: the value in a class map for pixels that are not scored.
        tell: called with sentences about data that may be read differently from what was meant.
        beside: columns that the truth needs beside the labels: ``query``, ``event`` or ``scale``.
        graph: the ONNX file of a custom metric.

    Raises:
        InvalidInput: an unsupported format, no such column, a CSV file or labels that can be read in two
            ways, or data that a panel would refuse.
        CheckUnavailable: the file cannot be read on this machine.
    """
    file = DataFile.read(data, node, declared)
    labels = [label] if isinstance(label, str) else [*(label or ())]
    without = {*without, *(beside or {}).values()}
    targets, features = file.roles(labels, without, texts, task or (metric.task if metric else None))
    for sentence in file.oddities(targets, features):
        tell(sentence)
    guessed = task is None and metric is None
    task, metric = _asked(targets, task, metric)
    if guessed and task == "regression":
        _tell_of_few_numbers(targets[0], tell)
    truth = truth_of(task, metric, targets, targets[0].rows, dict(beside or {}), classes, void)
    options = options_of(metric, truth.get("classes", ()), graph)
    read = {"format": file.form, "csv": file.described.csv or CsvDialect()}
    with _possible():
        read["inputs"] = inputs_of(file.form, features, pictures)
    limits = ResourceLimits.for_data(data.stat().st_size)
    if limits != ResourceLimits():
        tell(f"{data} is larger than usual, and evaluation.limits are raised for it.")
    evaluation = _evaluation(read, truth, metric, options, limits)
    counts = _counts(file, targets[0], evaluation, node)
    score = _reference_score(data, evaluation, counts, node)
    return _document(file, domain, evaluation, counts, score)


def _tell_of_few_numbers(target: DescribedColumn, tell: Callable[[str], object]) -> None:
    """Warn that whole numbers with few distinct values may be classes, though written as fractions."""
    if 2 <= len(target.values) <= _MOST_CLASSES:
        shown = ", ".join(list(target.values)[:_SHOWN])
        tell(
            f"{quoted(target.name)} holds few different numbers ({shown}) and is predicted as a number."
            " For classes, say --task classification."
        )


def _asked(
    targets: Sequence[DescribedColumn], task: Task | None, metric: Metric | None
) -> tuple[Task, Metric]:
    """Work out whatever is not given from the rest."""
    if task is None and metric is not None and metric.option != "graph":
        several = len(targets) > 1 and "multilabel" in metric.tasks
        task = "multilabel" if several else metric.task
    if task is None:
        first = targets[0]
        few = 2 <= len(first.values) <= _MOST_CLASSES and first.type != "float"
        task = "classification" if few or first.type == "text" else "regression"
        if len(targets) > 1:
            task = "multilabel" if all({*one.values} == {"0", "1"} for one in targets) else "regression"
        elif first.marks == "one":
            raise one_hot(first)
        elif first.marks == "several":
            task = "multilabel"
    metric = metric or FORMS[task].metric
    if task not in metric.tasks:
        raise InvalidInput(
            f"{metric.value} is no metric of a {task}.",
            hint=f"Choose from {', '.join(one.value for one in Metric if task in one.tasks)}.",
        )
    return task, metric


def _evaluation(
    read: dict[str, Any],
    truth: dict[str, Any],
    metric: Metric,
    options: MetricOptions,
    limits: ResourceLimits,
) -> EvaluationSpec:
    """*read* and *truth* are fields of the DataMapping."""
    task: Task = truth.pop("task")
    with _possible():
        return EvaluationSpec(
            task=task,
            metric=metric,
            options=options,
            data=DataMapping(**read, **truth),
            output=outputs_of(task, metric),
            limits=limits,
        )


@contextmanager
def _possible() -> Iterator[None]:
    """Raise :class:`InvalidInput` for what no order can express."""
    try:
        yield
    except ValidationError as error:
        raise InvalidInput(f"Such an order cannot be: {fault_words(error.errors()[0])}.") from None


def _counts(
    file: DataFile, target: DescribedColumn, evaluation: EvaluationSpec, node: LocalNode
) -> DatasetCounts:
    """The number of rows, in all and per class."""
    told = DatasetCounts(rows=target.rows)
    if evaluation.task == "classification":
        named = {name: target.values.get(name, 0) for name in evaluation.data.classes}
        return told.model_copy(update={"classes": named})
    return (
        node.attest(file.path, evaluation, told, _any(evaluation)).counts if evaluation.data.classes else told
    )


def _any(evaluation: EvaluationSpec) -> Reference:
    """The simplest model, with no bounds on its score."""
    return Reference(name="any", kind=_simplest(evaluation), low=-_WIDE, high=_WIDE)


def _reference_score(data: Path, evaluation: EvaluationSpec, counts: DatasetCounts, node: LocalNode) -> int:
    """What the simplest model scores, ppm."""
    report = node.attest(data, evaluation, counts, _any(evaluation))
    refuse("data", report.reasons, evaluation.metric, hint=_way_out(report.reasons, evaluation))
    assert report.reference_score is not None
    if evaluation.options.graph is not None and report.reference_score == -SCORE_LIMIT:
        names = ", ".join(["truth", *evaluation.output.model_dump(exclude_none=True)])
        raise InvalidInput(
            "The metric gives no number for the simplest model.",
            hint=f"Its inputs may be {names}, with all rows; its output is a number, or one for each row.",
        )
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
    codes = {one.code for one in reasons}
    if Code.FILE_SHAPE in codes:
        ways.append("To have images brought to one size, say --size, such as --size 224x224.")
    if Code.IMAGE_TURNED in codes:
        ways.append("To have images turned, say --upright.")
    fed = [one for mapping in evaluation.data.inputs for one in mapping.columns if one in named]
    if fed:
        options = " ".join(f"--without {shlex.quote(printable(one))}" for one in fed)
        ways.append(f"Mend the file, or leave columns out: {options}")
    return "\n".join(ways) or "Mend the file, or name another --label."


def _simplest(evaluation: EvaluationSpec) -> Any:
    return FORMS[evaluation.task].reference


def _document(
    file: DataFile,
    domain: str,
    evaluation: EvaluationSpec,
    counts: DatasetCounts,
    score: int,
) -> dict[str, Any]:
    metric, label = evaluation.metric, evaluation.data.label
    natural = -score if metric.is_error else score
    margin = max(abs(natural) // 100, 1_000)
    better = natural * 4 // 5 if metric.is_error else natural + max(0, PPM - natural) // 2
    step = _step(natural) if metric.is_error else PPM // 1_000
    step = max(step, CUSTOM_STEP) if metric.option == "graph" else step
    tolerance = _STEPS * step
    bound = "at_most" if metric.is_error else "at_least"
    noun = "array" if evaluation.data.format == "npz" else "column"
    fed = {column for one in evaluation.data.inputs for column in one.columns}
    known = {*fed, *evaluation.data.truth}
    return {
        "title": f"Predict {label}",
        "description": f"Predict {label} from {formatting.count(len(fed), noun)}.",
        "domain": domain,
        "risk_class": 1,
        "dataset": {
            "name": file.path.stem,
            "description": f"{counts.rows} rows that no developer has seen.",
            "licence": {"spdx": "LicenseRef-Proprietary", "terms": ["Only to test models of this order."]},
            "columns": [
                {"name": one.name, "type": one.type} for one in file.described.columns if one.name in known
            ],
            "counts": counts.model_dump(mode="json", exclude_defaults=True),
        },
        "reference": {
            "name": _SIMPLEST[_simplest(evaluation)],
            "kind": _simplest(evaluation),
            "between": [_number(natural - margin), _number(natural + margin)],
        },
        "evaluation": evaluation.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
        | {"step": _text(step), "noise_tolerance": _text(_NOISE)},
        bound: {metric.value: _number(better)},
        "tolerance": _text(tolerance),
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
    """The power of ten (ppm) of which an *error* is thousands."""
    step = 1
    while step * 10_000 <= error and step < MAX_STEP // 10:
        step *= 10
    return step


def _text(ppm: int) -> str:
    """Millionths as a decimal number."""
    return f"{(Decimal(ppm) / PPM).normalize():f}"


def _number(ppm: int) -> float:
    """Millionths as people write them, with four significant digits."""
    value = Decimal(ppm) / PPM
    return float(f"{value:.4g}") if abs(value) >= 1 else float(f"{value:.4f}")
