"""What an order says about the truth in a data file: the task's labels, and what is scored."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assay.errors import InvalidInput
from assay.manifests.evaluation import (
    DEFAULT_K,
    FORMS,
    MAX_COMPARED,
    MAX_LOOKED_FOR,
    MaskFiles,
    Metric,
    MetricOptions,
    OutputMapping,
    Task,
)
from assay.manifests.evaluation.metric import MAX_GRAPH
from assay.manifests.node_report import DescribedColumn
from assay.words import formatting
from assay.words.printable import quoted

_OTHER_LABEL = "Name another --label."
_OUTPUTS = {"labels": "label", "values": "variable"}
"""Output names as in scikit-learn's exporter; other outputs are named after what they hold."""


def truth_of(
    task: Task,
    metric: Metric,
    targets: Sequence[DescribedColumn],
    rows: int,
    beside: dict[str, str],
    classes: Sequence[str] = (),
    void: int | None = None,
) -> dict[str, Any]:
    """Fields of a DataMapping, and the task; *classes* are names in index order, and *void* is the value in a
    map for pixels that are not scored.

    Raises:
        InvalidInput: the columns cannot be labels of the task.
    """
    form, first = FORMS[task], targets[0]
    if len(targets) > 1 and not form.several_labels:
        raise InvalidInput(f"A {task} has one label.", hint="Name it with --label.")
    truth: dict[str, Any] = {"task": task, "label": first.name, **beside}
    if form.several_labels and len(targets) > 1:
        truth["more_labels"] = tuple(one.name for one in targets[1:])
    if task == "classification":
        truth["classes"] = tuple(classes or first.values)
        if len(first.values) < 2 and not classes:
            raise _no_classes(first, rows)
    elif task == "multilabel":
        number = len(targets) if len(targets) > 1 else (first.shape or (1,))[0]
        names = [one.name for one in targets] if len(targets) > 1 else [str(i) for i in range(number)]
        truth["classes"] = tuple(classes or names)
    elif form.least_classes:
        if not classes:
            raise InvalidInput(
                f"The classes of a {task} cannot be told from the data, which has their places alone.",
                hint="Name them in this order, from place 0 on: --class cat --class dog.",
            )
        truth["classes"] = tuple(classes)
    if void is not None:
        truth["void"] = void
    if task == "segmentation" and first.files is not None:
        truth["label_files"] = _masks(first)
    for name, usual in (("query", "ranking"), ("event", "survival")):
        if usual == task and name not in truth:
            raise InvalidInput(f"A {task} needs a column {name}.", hint=f"Name it with --{name}.")
    if metric == Metric.MASE and "scale" not in truth:
        raise InvalidInput("MASE needs a column scale.", hint="Name it with --scale.")
    if form.compared:
        truth["max_rows"] = MAX_COMPARED
    elif task == "detection":
        truth["max_rows"] = MAX_LOOKED_FOR // len(classes)
    return truth


def outputs_of(task: Task, metric: Metric) -> OutputMapping:
    """The outputs that are scored."""
    least = min(FORMS[task].outputs, key=len)
    names = {*least, *({"probabilities"} if metric.needs_probabilities else ())}
    return OutputMapping(**{name: _OUTPUTS.get(name, name) for name in sorted(names)})


def options_of(metric: Metric, classes: Sequence[str], graph: Path | None) -> MetricOptions:
    """The metric's open options, as best guessed: the last class is the positive one.

    Raises:
        InvalidInput: a custom metric without its *graph*, or with a file that is too large.
    """
    if metric.option == "graph":
        return MetricOptions(graph=_written(metric, graph))
    if len(classes) > 2 and metric.option == "positive":
        return MetricOptions(positive=list(classes)[-1])
    if metric == Metric.TOP_K_ACCURACY:
        return MetricOptions(k=max(1, min(DEFAULT_K, len(classes) - 1)))
    return MetricOptions()


def _written(metric: Metric, graph: Path | None) -> str:
    """The file as it is written in an order."""
    if graph is None:
        raise InvalidInput(f"{metric.value} is a graph of your own.", hint="Name its ONNX file with --graph.")
    if not graph.is_file():
        raise InvalidInput(f"There is no file {graph}.")
    most = MAX_GRAPH // 4 * 3
    if graph.stat().st_size > most:
        raise InvalidInput(f"{graph} is larger than {most:,} bytes, the most that a metric may have.")
    return base64.b64encode(graph.read_bytes()).decode()


def _masks(target: DescribedColumn) -> MaskFiles:
    """How the masks named in a column are read."""
    found = target.files
    if found is None or found.kind != "image" or found.height is None or found.width is None:
        raise InvalidInput(f"{quoted(target.name)} names no masks of one size.", hint=_OTHER_LABEL)
    return MaskFiles(height=found.height, width=found.width)


def one_hot(target: DescribedColumn) -> InvalidInput:
    """The error for labels that could be one-hot classes or separate numbers."""
    return InvalidInput(
        f"Each row of {quoted(target.name)} holds a single 1 among zeros (one-hot).",
        hint="For classes, store the place of the 1 instead: y.argmax(axis=1). For labels that are each true"
        " or false, say --task multilabel; for numbers, --task regression.",
    )


def _no_classes(target: DescribedColumn, rows: int) -> InvalidInput:
    """Why a column does not hold classes."""
    column, counted = f"The column {quoted(target.name)}", formatting.count(rows, "row")
    if target.marks == "one":
        return one_hot(target)
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
