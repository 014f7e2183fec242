"""The whole test."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from assay.manifests.evaluation.criterion import Criterion, CriterionKind
from assay.manifests.evaluation.data import DataMapping
from assay.manifests.evaluation.fairness import Fairness
from assay.manifests.evaluation.limits import ResourceLimits
from assay.manifests.evaluation.metric import Metric, Task
from assay.manifests.evaluation.output import OutputMapping
from assay.manifests.evaluation.units import MAX_CRITERIA, PPM, SCORE_LIMIT, Strict


class EvaluationSpec(Strict):
    """The whole test: same spec, same model, same data, same published integers."""

    task: Task
    metric: Metric
    step: Annotated[int, Field(ge=1, le=PPM, strict=True)] = 10_000
    """The published score is a multiple of this (ppm), rounded down, so that it leaks little of the data."""
    criteria: Annotated[tuple[Criterion, ...], Field(max_length=MAX_CRITERIA)] = ()
    data: DataMapping
    output: OutputMapping
    limits: ResourceLimits = ResourceLimits()
    noise_tolerance: Annotated[int, Field(ge=0, le=SCORE_LIMIT, strict=True)] = 5_000
    """A score that moves by more than this when only rounding differs is unstable: ppm, of an error ppm of
    itself."""

    fairness: Fairness | None = Field(default=None, exclude_if=lambda asked: asked is None)
    """What auditors hold groups to. Left out where nothing is asked: older orders keep their digest."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.metric.task != self.task:
            raise ValueError(f"{self.metric} is a {self.metric.task} metric")
        wanted = {c.kind for c in self.criteria}
        if self.task == "classification":
            if len(self.data.classes) < 2:
                raise ValueError("a classification lists at least two classes")
            if self.output.values or not (self.output.labels or self.output.probabilities):
                raise ValueError("a classification is scored on labels or probabilities")
            needs = self.metric.needs_probabilities or CriterionKind.CALIBRATION_ERROR in wanted
            if needs and not self.output.probabilities:
                raise ValueError("this metric or criterion needs the probabilities output")
        else:
            if self.data.classes or not self.output.values or self.output.labels or self.output.probabilities:
                raise ValueError("a regression has no classes and is scored on values alone")
            if CriterionKind.CALIBRATION_ERROR in wanted:
                raise ValueError("calibration error is defined for classification only")
            if self.fairness is not None:
                raise ValueError(
                    "fairness is asked of classifications; a regression's errors are compared anyway"
                )
        if self.fairness is not None and not self.data.group:
            raise ValueError("fairness needs a group column")
        if CriterionKind.GROUP_GAP in wanted and not self.data.group:
            raise ValueError("group_gap needs a group column")
        return self
