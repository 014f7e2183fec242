"""Orders of every task and metric, to be scored."""

from typing import Any

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
    if form.compared:
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
    outputs = output or {name: name for name in max(form.outputs, key=len)}
    return EvaluationSpec(
        task=task,
        metric=metric,
        options={**chosen, **(options or {})},
        data=DataMapping(inputs=(InputMapping(name="x", columns=("x",)),), **mapping),
        output=OutputMapping(**outputs),
        **{"step": 1, **more},
    )
