"""What a commission orders, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.cli.output import Cell
from assay.errors import ManifestError, StoreError
from assay.words import times
from assay.words.printable import quoted

if TYPE_CHECKING:
    from assay.manifests import CommissionSpec
    from assay.manifests.evaluation import EvaluationSpec, InputMapping, MetricOptions
    from assay.market import Market

_SAMPLE = 5
"""As many columns or classes of a list are shown."""
_TASKS: dict[str, str] = {
    "classification": "tell {label} apart: {classes}",
    "regression": "predict the number {label}",
    "multilabel": "say which of these are true: {classes}",
    "ranking": "rank the rows of each query by {label}",
    "retrieval": "give embeddings by which rows of the same {label} are found",
    "segmentation": "mark in each picture, pixel by pixel: {classes}",
    "detection": "find in each picture: {classes}",
    "generation": "write the text {label}",
    "survival": "order the rows by the risk that {label} ends early",
}


def ordered(market: Market, number: int) -> dict[str, Any]:
    """Title, task, score, inputs and outputs of an order; nothing where storage does not have it."""
    try:
        spec = market.commissions.spec(number)
    except (StoreError, ManifestError):
        return {}
    outputs = spec.evaluation.output.model_dump(mode="json", exclude_none=True)
    return {
        "title": spec.title,
        "task": _task(spec.evaluation),
        "asked": Cell(_bounds(spec), asked(spec)),
        "inputs": Cell(
            [one.model_dump(mode="json") for one in spec.evaluation.data.inputs],
            "\n".join(_input(one, spec.evaluation) for one in spec.evaluation.data.inputs),
        ),
        "outputs": Cell(outputs, ", ".join(f"{name} in {quoted(one)}" for name, one in outputs.items())),
        **_maintained(spec),
    }


def _maintained(spec: CommissionSpec) -> dict[str, Any]:
    """Whose next version is ordered, and what later versions may change; nothing where neither is said."""
    from assay.manifests.change_plan import CHANGE_WORDS

    found: dict[str, Any] = {}
    if spec.maintains is not None:
        found["next_version_of"] = spec.maintains
    if spec.change_plan is not None:
        plan = spec.change_plan
        said = [f"{CHANGE_WORDS[one]}: a test" for one in plan.test]
        said += [f"{CHANGE_WORDS[one]}: a test and an audit" for one in plan.audit]
        found["later_versions_may_change"] = Cell(plan.model_dump(mode="json"), "\n".join(said))
    return found


def summary(market: Market, number: int) -> dict[str, Any]:
    """Title, task and score in a list, each with a value even where storage does not have the order."""
    found = ordered(market, number)
    return {name: found.get(name) for name in ("title", "task", "asked")}


def asked(spec: CommissionSpec) -> str:
    """Such as "RMSE at most 60, group gap at most 5 %"."""
    from assay.words import formatting

    metric = spec.evaluation.metric
    named = metric.words + _options(spec.evaluation.options)
    bounds = [f"{named} {formatting.threshold(spec.threshold, metric)}"]
    for one in spec.evaluation.criteria:
        bounds.append(f"{one.kind.words} at most {formatting.condition(one.kind, one.bound, metric)}")
    if spec.evaluation.runs_on is not None:
        place = spec.evaluation.runs_on
        bounds.append(f"runs on a {place}" if isinstance(place, str) else "runs within limits of its own")
    return ", ".join(bounds)


def _options(options: MetricOptions) -> str:
    """What the order says of its metric."""
    from assay.manifests.evaluation import PPM

    of = f" of {quoted(options.positive)}" if options.positive is not None else ""
    cut = f" for k = {options.k}" if options.k is not None else ""
    at = f" for the quantile {options.quantile / PPM:g}" if options.quantile is not None else ""
    return of + cut + at


def _bounds(spec: CommissionSpec) -> dict[str, Any]:
    """What is asked, for programs: bounds in ppm, but sizes in bytes and operations in numbers."""
    criteria = [{"kind": one.kind.value, "bound": one.bound} for one in spec.evaluation.criteria]
    return {
        "metric": spec.evaluation.metric.value,
        "threshold_ppm": spec.threshold,
        "criteria": criteria,
    }


def time_left(deadline: int, now: int) -> Cell:
    """How long it is until *deadline*; none without a deadline."""
    left = max(0, deadline - now)
    return Cell(left, times.left(left), "seconds") if deadline else Cell(None, "-", "seconds")


def _task(evaluation: EvaluationSpec) -> Cell:
    labels, classes = evaluation.data.labels, evaluation.data.classes
    record = {
        "kind": evaluation.task,
        "label": labels[0],
        **({"labels": list(labels)} if len(labels) > 1 else {}),
        "classes": list(classes) or None,
    }
    named = quoted(labels[0]) if len(labels) == 1 else _some(labels)
    return Cell(record, _TASKS[evaluation.task].format(label=named, classes=_some(classes)))


def _input(one: InputMapping, evaluation: EvaluationSpec) -> str:
    from assay.words import formatting

    if evaluation.data.format == "npz":
        of = f" of {' by '.join(map(str, one.shape))}" if one.shape else ""
        return f"{quoted(one.name)} takes the array {quoted(one.columns[0])}{of} as {one.dtype}"
    columns = formatting.count(len(one.columns), "column")
    return f"{quoted(one.name)} takes {columns} as {one.dtype}: {_some(one.columns)}"


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SAMPLE} more" if len(names) > _SAMPLE else ""
    return ", ".join(names[:_SAMPLE]) + more
