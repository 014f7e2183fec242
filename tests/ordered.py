"""Orders of every task and metric, with truths and answers of each task."""

from typing import Any

import numpy as np

from assay.manifests.evaluation import (
    FORMS,
    MAX_COMPARED,
    DataMapping,
    EvaluationSpec,
    InputMapping,
    Metric,
    OutputMapping,
    Task,
)

WORDS = np.array(["the", "red", "green", "fox", "hound", "jumps", "sleeps", "over", "under", "lazy"])


def spec_of(
    metric: Metric | str,
    task: Task | None = None,
    *,
    classes: tuple[str, ...] = ("a", "b", "c"),
    output: dict[str, str] | None = None,
    options: dict[str, Any] | None = None,
    data: dict[str, Any] | None = None,
    **more: Any,
) -> EvaluationSpec:
    """An order that asks for *metric*, with all outputs that can be scored."""
    metric = Metric(metric)
    task = task or metric.task
    form = FORMS[task]
    mapping: dict[str, Any] = {"format": "npz", "label": "y"}
    if form.least_classes:
        mapping["classes"] = classes
    if form.column:
        mapping[form.column] = form.column
    if form.compared or task == "detection":
        mapping["max_rows"] = MAX_COMPARED
    if metric == Metric.MASE:
        mapping["scale"] = "scale"
    mapping |= data or {}
    chosen: dict[str, Any] = {}
    if metric in (Metric.F1, Metric.PRECISION, Metric.RECALL, Metric.SPECIFICITY) or (
        metric == Metric.AVERAGE_PRECISION and task == "classification"
    ):
        chosen["positive"] = classes[1]
    if metric == Metric.TOP_K_ACCURACY:
        chosen["k"] = len(classes) - 1
    if metric.option == "graph":
        chosen["graph"] = "AAAA"
        more = {"step": 1_000, **more}
    outputs = output or {name: name for name in max(form.outputs, key=len)}
    return EvaluationSpec(
        task=task,
        metric=metric,
        options={**chosen, **(options or {})},
        data=DataMapping(**{"inputs": (InputMapping(name="x", columns=("x",)),), **mapping}),
        output=OutputMapping(**outputs),
        **{"step": 1, **more},
    )


def distributions(random, rows, classes=3):
    return random.dirichlet(np.ones(classes), rows)


def boxes(random, rows, most=4):
    """Some boxes, of which a row has at least one."""
    low = random.uniform(0, 50, (rows, most, 2))
    made = np.concatenate([low, low + random.uniform(5, 40, (rows, most, 2))], axis=2)
    places = random.integers(-1, 3, (rows, most))
    places[:, 0] = random.integers(0, 3, rows)
    return np.concatenate([made, places[:, :, None]], axis=2)


def sentences(random, rows):
    return np.array([" ".join(random.choice(WORDS, random.integers(1, 9))) for _ in range(rows)])


def case(task, seed, rows=24):
    """A truth, as the data's jail leaves it, and what a fair model answers."""
    random = np.random.default_rng(seed)
    classes = np.concatenate([np.arange(3), random.integers(0, 3, rows - 3)])
    match task:
        case "classification":
            return classes, {"probabilities": distributions(random, rows)}
        case "regression":
            truth = random.gamma(2, 2, rows) + 0.1
            return truth, {"values": truth + random.normal(0, 1, rows)}
        case "multilabel":
            truth = random.integers(0, 2, (rows, 3))
            truth[:2] = [[0, 0, 0], [1, 1, 1]]
            return truth, {"probabilities": random.random((rows, 3))}
        case "ranking":
            truth = np.column_stack([random.integers(0, 4, rows), random.integers(0, 4, rows)]).astype(float)
            truth[:2] = [[3, 0], [0, 0]]
            return truth, {"values": random.normal(size=rows).round(1)}
        case "retrieval":
            return classes, {"values": random.normal(size=(rows, 4)) + 2 * np.eye(3, 4)[classes]}
        case "segmentation":
            return random.integers(0, 3, (rows, 5, 6)), {"labels": random.integers(0, 3, (rows, 5, 6))}
        case "detection":
            truth = boxes(random, rows)
            found = truth[:, :, :4] + random.normal(0, 2, (rows, 4, 4))
            scores = random.random((rows, 4)) * (truth[:, :, 4] >= 0)
            return truth, {"boxes": found, "scores": scores, "labels": np.maximum(truth[:, :, 4], 0)}
        case "generation":
            return sentences(random, rows), {"text": sentences(random, rows)}
        case "survival":
            truth = np.column_stack([random.exponential(5, rows), random.integers(0, 2, rows)])
            truth[0] = [0.1, 1]
            return truth, {"values": -truth[:, 0] + random.normal(0, 2, rows)}
    raise AssertionError(task)


LIBRARIES = [metric for metric in Metric if metric.option != "graph"]
"""Metrics that are not a graph of the customer's own."""


def ordered_by(metric: Metric, task: Task, outputs: Any, truth: Any) -> tuple[EvaluationSpec, Any]:
    """The order that such outputs are scored by, with what the metric needs beside the truth."""
    if metric == Metric.MASE:
        truth = np.column_stack([truth, np.full(len(truth), 2.0)])
    return spec_of(metric, task, output={name: name for name in outputs}), truth
