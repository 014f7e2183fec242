"""What a commission orders, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.cli.output import Cell
from assay.errors import ManifestError, StoreError

if TYPE_CHECKING:
    from assay.manifests import CommissionSpec
    from assay.manifests.evaluation import EvaluationSpec, InputMapping
    from assay.market import Market

_SAMPLE = 5
"""As many columns or classes of a list are shown."""
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def ordered(market: Market, number: int) -> dict[str, Any]:
    """Title, task, score, inputs and outputs of an order; nothing where storage does not have it."""
    try:
        spec = market.commissions.spec(number)
    except (StoreError, ManifestError):
        return {}
    return {
        "title": spec.title,
        "task": _task(spec.evaluation),
        "asked": asked(spec),
        "inputs": [_input(one, spec.evaluation) for one in spec.evaluation.data.inputs],
        "outputs": [
            f"{name} in {output!r}"
            for name, output in spec.evaluation.output.model_dump(exclude_none=True).items()
        ],
    }


def summary(market: Market, number: int) -> dict[str, Any]:
    """Title, task and score in a list, each with a value even where storage does not have the order."""
    found = ordered(market, number)
    return {name: found.get(name) for name in ("title", "task", "asked")}


def asked(spec: CommissionSpec) -> str:
    """Such as "RMSE at most 60, group gap at most 5 %"."""
    from assay.words import formatting

    metric = spec.evaluation.metric
    bounds = [f"{metric.words} {formatting.threshold(spec.threshold, metric)}"]
    for one in spec.evaluation.criteria:
        bounds.append(f"{one.kind.words} at most {formatting.condition(one.kind, one.bound, metric)}")
    return ", ".join(bounds)


def time_left(deadline: int, now: int) -> Cell:
    """How long it is until *deadline*: seconds, and in words the greatest unit; none without a deadline."""
    from assay.words import formatting

    left = max(0, deadline - now)
    if not deadline:
        return Cell(None, "-")
    for name, length in _UNITS:
        if left >= length:
            return Cell(left, formatting.count(left // length, name))
    return Cell(0, "none")


def _task(evaluation: EvaluationSpec) -> str:
    label, classes = evaluation.data.label, evaluation.data.classes
    if not classes:
        return f"predict the number {label!r}"
    return f"tell {label!r} apart: {_some(classes)}"


def _input(one: InputMapping, evaluation: EvaluationSpec) -> str:
    from assay.words import formatting

    if evaluation.data.format == "npz":
        of = f" of {' × '.join(map(str, one.shape))}" if one.shape else ""
        return f"{one.name!r} takes the array {one.columns[0]!r}{of} as {one.dtype}"
    columns = formatting.count(len(one.columns), "column")
    return f"{one.name!r} takes {columns} as {one.dtype}: {_some(one.columns)}"


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _SAMPLE} more" if len(names) > _SAMPLE else ""
    return ", ".join(names[:_SAMPLE]) + more
