"""The whole test."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from assay.manifests.evaluation.criterion import CALIBRATION, CHANGED, OF_GROUPS, Criterion, CriterionKind
from assay.manifests.evaluation.data import DataMapping
from assay.manifests.evaluation.fairness import Fairness
from assay.manifests.evaluation.limits import ResourceLimits
from assay.manifests.evaluation.metric import DEFAULT_K, Metric, MetricOptions, Task
from assay.manifests.evaluation.output import OutputMapping
from assay.manifests.evaluation.target import TARGETS, Target, TargetName
from assay.manifests.evaluation.task import FORMS, TaskForm
from assay.manifests.evaluation.units import (
    MAX_COMPARED,
    MAX_CRITERIA,
    MAX_LOOKED_FOR,
    MAX_STEP,
    PPM,
    SCORE_LIMIT,
    Sha256,
    Strict,
    is_none,
)

_COLUMNS = {name: task for task, form in FORMS.items() if (name := form.column)}
"""The task that each column besides the labels is for."""
_NUMBERS = ("nothing", "one class", "two classes")


CUSTOM_STEP = 1_000
"""The finest step (ppm) of a customer's own metric, which could leak the model's answers in its digits."""


class EvaluationSpec(Strict):
    """The whole test: same spec, same model, same data, same published integers."""

    task: Task
    metric: Metric
    options: MetricOptions = Field(
        default=MetricOptions(), exclude_if=lambda options: options == MetricOptions()
    )
    step: Annotated[int, Field(ge=1, le=MAX_STEP, strict=True)] = 10_000
    """The published score is a multiple of this (ppm), rounded down, so it leaks little about the data."""
    criteria: Annotated[tuple[Criterion, ...], Field(max_length=MAX_CRITERIA)] = ()
    data: DataMapping
    output: OutputMapping
    limits: ResourceLimits = ResourceLimits()
    runs_on: TargetName | Target | None = Field(default=None, exclude_if=is_none)
    """Where the model must run: a machine of :mod:`assay.manifests.evaluation.target`, or its own limits."""
    noise_tolerance: Annotated[int, Field(ge=0, le=SCORE_LIMIT, strict=True)] = 5_000
    """A score that moves by more than this when measurements move by a millionth is unstable: ppm, or of an
    error ppm of itself."""
    beacon: Sha256 | None = Field(default=None, exclude_if=is_none)
    """What noise is drawn from besides the data: 32 bytes in hexadecimal, which all members of a panel know,
    and which nobody knew before the panel was asked."""

    fairness: Fairness | None = Field(default=None, exclude_if=lambda asked: asked is None)
    """The fairness that auditors check. Omitted if none is required, so older orders keep their digests."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        form = FORMS[self.task]
        if self.task not in self.metric.tasks:
            raise ValueError(f"{self.metric} is a {' or '.join(self.metric.tasks)} metric")
        self._check_outputs(form)
        self._check_truth(form)
        self._check_options()
        self._check_costs()
        wanted = {c.kind for c in self.criteria}
        if CriterionKind.CALIBRATION_ERROR in wanted and self.task != "classification":
            raise ValueError("calibration error is defined for classification only")
        of_classes = self.task in ("classification", "multilabel")
        if CriterionKind.CLASS_CALIBRATION_ERROR in wanted and not of_classes:
            raise ValueError("class_calibration_error is defined for classification and multilabel only")
        needs = self.metric.needs_probabilities or wanted & CALIBRATION
        if needs and not self.output.by_class:
            raise ValueError("this metric or criterion needs the probabilities output, or logits")
        if wanted & CHANGED and not any("float" in one.dtype for one in self.data.inputs):
            raise ValueError(f"{min(wanted & CHANGED)} needs an input of floats; nothing else changes")
        # int32 and int64 remain allowed for earlier orders, which could combine them with this criterion
        moved = [one for one in self.data.inputs if "float" in one.dtype or one.dtype in ("int32", "int64")]
        if CriterionKind.NOISE_ROBUSTNESS in wanted and not moved:
            raise ValueError("noise_robustness needs an input of floats; nothing else changes")
        if CriterionKind.BLUR_ROBUSTNESS in wanted and not any(
            len(self.data.row_shape(one) or ()) > 1 for one in self.data.inputs
        ):
            raise ValueError("blur_robustness needs an input of pictures, with its shape")
        for kind in sorted(wanted & OF_GROUPS):
            if not self.data.group:
                raise ValueError(f"{kind} needs a group column")
        if self.fairness is not None and (self.task != "classification" or not self.data.group):
            raise ValueError("fairness is asked of a classification with a group column")
        return self

    def _check_outputs(self, form: TaskForm) -> None:
        if self.output.model_dump(exclude_none=True).keys() not in form.outputs:
            ways = dict.fromkeys(" and ".join(sorted(one)) for one in form.outputs)
            raise ValueError(f"a {self.task} is scored on {' or '.join(ways)}, and on nothing else")

    def _check_truth(self, form: TaskForm) -> None:
        data = self.data
        if data.classes and form.least_classes is None:
            raise ValueError(f"a {self.task} has no classes")
        if len(data.classes) < (form.least_classes or 0):
            raise ValueError(f"a {self.task} lists at least {_NUMBERS[form.least_classes or 0]}")
        if data.more_labels and not form.several_labels:
            raise ValueError(f"a {self.task} has one label")
        in_one_array = data.format not in ("csv", "archive") and not data.more_labels
        if self.task == "multilabel" and len(data.labels) != len(data.classes) and not in_one_array:
            raise ValueError("classes has a name for each label")
        if form.arrays_only and data.format != "npz" and data.label_files is None:
            raise ValueError(f"the truth of a {self.task} is an array of an NPZ file, or masks of an archive")
        if not form.arrays_only and (data.label_files is not None or data.void is not None):
            raise ValueError("label_files and void are those of a segmentation")
        for name, task in _COLUMNS.items():
            if (getattr(data, name) is not None) != (task == self.task):
                raise ValueError(f"a column {name} is named for a {task}, and only for it")
        if (data.scale is not None) != (self.metric == Metric.MASE):
            raise ValueError("a column scale is named for the metric mase, and only for it")
        if form.compared and data.max_rows > MAX_COMPARED:
            message = f"a {self.task} compares all rows, so max_rows is needed, at most {MAX_COMPARED}"
            raise ValueError(message)
        if self.task == "detection" and data.max_rows * len(data.classes) > MAX_LOOKED_FOR:
            most = MAX_LOOKED_FOR // len(data.classes)
            raise ValueError(f"each class is looked for in each row, so max_rows is needed, at most {most}")

    @property
    def runs_on_target(self) -> Target | None:
        """What the model may need, if the order says so."""
        return TARGETS[self.runs_on] if isinstance(self.runs_on, str) else self.runs_on

    def _check_costs(self) -> None:
        target = self.runs_on_target
        asked = any(one.kind == CriterionKind.COMPUTATION for one in self.criteria)
        asked |= target is not None and (target.operations is not None or target.memory is not None)
        if asked and any(self.data.row_shape(one) is None for one in self.data.inputs):
            raise ValueError("what a row costs needs the shape of each input")

    def _check_options(self) -> None:
        options, metric = self.options, self.metric
        if metric.is_share and self.step > PPM:
            raise ValueError(f"the step of a share is at most {PPM:,} ppm")
        for name in options.model_dump(exclude_none=True):
            if name != metric.option:
                raise ValueError(f"{metric} takes no option {name}")
        if metric.option == "graph":
            if options.graph is None:
                raise ValueError(f"{metric} needs a graph of your own in options.graph")
            if self.step < CUSTOM_STEP:
                raise ValueError(f"{metric} is published in steps of {CUSTOM_STEP} ppm or more")
        if metric.option == "positive" and self.task == "classification":
            if options.positive is None and len(self.data.classes) > 2:
                raise ValueError(f"{metric} is that of one class; name it in options.positive")
            if options.positive is not None and options.positive not in self.data.classes:
                raise ValueError("options.positive is none of the classes")
        elif options.positive is not None:
            raise ValueError(f"a {self.task} takes no option positive")
        if metric == Metric.TOP_K_ACCURACY and (options.k or DEFAULT_K) >= len(self.data.classes):
            raise ValueError("options.k of a top-k accuracy is less than the number of classes")
