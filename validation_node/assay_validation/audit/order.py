"""What is to be audited, and whether it can be."""

import importlib.util
from dataclasses import dataclass, field
from pathlib import Path

from assay.manifests.audit_report import SCOPES, Scope
from assay.manifests.dataset import DatasetManifest
from assay.manifests.evaluation import PPM, EvaluationSpec, Fairness
from assay.manifests.model import ModelManifest
from assay.words.printable import quoted
from assay_validation.errors import ValidationError
from assay_validation.sandbox.session import SessionLimits

LIBRARIES = {"shap": "shap", "art": "adversarial-robustness-toolbox"}
"""What a full audit needs besides the node: package by module."""


@dataclass(frozen=True)
class Order:
    """What is to be audited, and how.

    Attributes:
        threshold: the deal's threshold, ppm of the primary score.
        favourable: the class that people hope for; by default the last one.
        groups: columns that tell groups apart, in addition to the spec's.
        fairness: the kind of fairness that is required; by default the spec's.
        training: rows that the model was trained on, with the same columns.
    """

    model: Path
    data: Path
    spec: EvaluationSpec
    training: Path | None = None
    manifest: ModelManifest | None = None
    dataset: DatasetManifest | None = None
    threshold: int | None = None
    favourable: str | None = None
    groups: tuple[str, ...] = ()
    fairness: Fairness | None = None
    scopes: tuple[Scope, ...] = SCOPES
    seed: int = 0
    quick: bool = False
    limits: SessionLimits = field(default_factory=SessionLimits)

    def check(self) -> None:
        """Raise :class:`ValidationError` for any problem that shows before anything is opened."""
        _require_kinds(self)
        _require_classes(self)
        _require_libraries(self)
        _require_reachable(self)

    @property
    def favourable_place(self) -> int:
        """The index of the favourable class; raises :class:`ValidationError` if there is none."""
        classes = self.spec.data.classes
        if self.favourable is None:
            return len(classes) - 1
        if self.favourable not in classes:
            raise ValidationError(f"{quoted(self.favourable)} is not a class of the evaluation spec.")
        return classes.index(self.favourable)


def _require_kinds(order: Order) -> None:
    for one in order.spec.data.inputs:
        if one.dtype == "bfloat16":
            raise ValidationError(
                f"The input {quoted(one.name)} is bfloat16, which an audit does not examine.",
                hint="Score the model with `assay-validation evaluate`, and audit it by other means.",
            )


def _require_classes(order: Order) -> None:
    if order.fairness is not None and order.spec.task != "classification":
        raise ValidationError(
            f"A kind of fairness is asked of classes, and the task is {order.spec.task}.",
            hint="Leave --fairness out: groups are compared by their errors and scores.",
        )


def _require_libraries(order: Order) -> None:
    missing = [package for module, package in LIBRARIES.items() if importlib.util.find_spec(module) is None]
    if missing and not order.quick:
        raise ValidationError(
            f"A full audit needs {' and '.join(missing)}.",
            hint="pip install 'assay[node,demo,audit]', or ask for a quick audit.",
        )


def _require_reachable(order: Order) -> None:
    if order.threshold is not None and order.threshold > 0 and order.spec.metric.is_error:
        name = order.spec.metric.value.replace("_", " ")
        raise ValidationError(
            f"The threshold of an error is not positive: greater is better, so {name} is counted negatively.",
            hint=f"{-order.threshold} asks for a {name} of at most {order.threshold / PPM:g}.",
        )
