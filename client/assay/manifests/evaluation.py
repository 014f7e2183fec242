"""How a model is tested: the part of a commission that validation nodes execute.

Units. Scores and rates are integers in parts per million (ppm, 1_000_000 == 100 %), and **greater is always
better**: error metrics are negated, as scikit-learn's ``neg_*`` scorers do, so an RMSE of 2.5 is a score of
-2_500_000. Sizes are bytes.

These models import nothing heavy, so that every part of Assay can read them.
"""

from enum import IntEnum, StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

PPM = 1_000_000
SCORE_LIMIT = 10**12
"""Scores are clipped to ±SCORE_LIMIT ppm, far inside both int64 and JSON's exact integers (2^53)."""

_MIB = 1 << 20
MAX_ROWS = 10_000_000
MAX_CLASSES = 1_000
MAX_GROUPS = 1_000
MAX_COLUMNS = 10_000
MAX_INPUTS = 64
MAX_CRITERIA = 16

Name = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Score = Annotated[int, Field(ge=-SCORE_LIMIT, le=SCORE_LIMIT, strict=True)]
Count = Annotated[int, Field(ge=0, le=MAX_ROWS, strict=True)]


Shape = Annotated[
    tuple[Annotated[int, Field(ge=1, le=MAX_COLUMNS, strict=True)], ...], Field(min_length=0, max_length=8)
]
"""Of one row of an array, such as [3, 224, 224]."""


class _Manifest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReportStatus(IntEnum):
    """What a validator says about one submission; the numbers are the contract's."""

    NONE = 0
    ANSWERED = 1
    """With a score, a digest, or a yes."""
    CANNOT_OPEN = 2
    """The model or the data could not be decrypted or read."""
    UNSTABLE = 3
    """The score moves more than the tolerance when only rounding differs."""
    REJECTED = 4
    """The model was refused before loading, exceeded its limits, or answered nonsense."""


class Metric(StrEnum):
    """The primary score; definitions are scikit-learn's."""

    ACCURACY = "accuracy"
    BALANCED_ACCURACY = "balanced_accuracy"
    MACRO_F1 = "macro_f1"
    AUROC = "auroc"
    """One-vs-rest, macro-averaged when there are more than two classes."""
    LOG_LOSS = "log_loss"
    RMSE = "rmse"
    MAE = "mae"
    R2 = "r2"

    @property
    def task(self) -> "Task":
        """The only task this metric is defined for."""
        return "regression" if self in (Metric.RMSE, Metric.MAE, Metric.R2) else "classification"

    @property
    def needs_probabilities(self) -> bool:
        """Whether predicted labels are not enough."""
        return self in (Metric.AUROC, Metric.LOG_LOSS)

    @property
    def is_error(self) -> bool:
        """Whether less is better: its scores are negated."""
        return self in (Metric.LOG_LOSS, Metric.RMSE, Metric.MAE)

    @property
    def is_share(self) -> bool:
        """Whether it is a part of a whole, which people read in per cent."""
        return not self.is_error and self != Metric.R2

    @property
    def words(self) -> str:
        """As people write it."""
        written = {Metric.MACRO_F1: "macro F1", Metric.R2: "R²"}
        capitals = (Metric.AUROC, Metric.RMSE, Metric.MAE)
        return written.get(self) or (self.value.upper() if self in capitals else self.value.replace("_", " "))


Task = Literal["classification", "regression"]


class CriterionKind(StrEnum):
    """Conditions beside the primary score; each passes when its measurement is **at most** the bound."""

    GROUP_GAP = "group_gap"
    """Best minus worst primary score over the groups of the group column (ppm). A group for which the metric
    is undefined fails the criterion."""
    CALIBRATION_ERROR = "calibration_error"
    """Expected calibration error of the top label's probability, ten equal bins (Guo et al. 2017; ppm)."""
    NOISE_ROBUSTNESS = "noise_robustness"
    """Primary score lost when each input gets Gaussian noise of 5 % of its standard deviation (ppm)."""
    MODEL_SIZE = "model_size"
    """Size of the ONNX file (bytes)."""
    OPERATION_COUNT = "operation_count"
    """Operators in the ONNX graph (count). A tree ensemble is one operator."""

    @property
    def words(self) -> str:
        """As people write it."""
        return self.value.replace("_", " ")


class Criterion(_Manifest):
    """One pass/fail condition; the i-th of a spec is bit i of the report's ``criteria`` mask."""

    kind: CriterionKind
    bound: Annotated[int, Field(ge=0, le=SCORE_LIMIT, strict=True)]


class InputMapping(_Manifest):
    """What is fed to one input of the model.

    From a table: the named columns in this order, as an array [rows, len(columns)]. From an NPZ file: the one
    named array, whose first axis is the rows; ``shape`` is that of one row.
    """

    name: Name
    columns: Annotated[tuple[Name, ...], Field(min_length=1, max_length=MAX_COLUMNS)]
    dtype: Literal["float32", "float64", "int64", "int32"] = "float32"
    shape: Shape | None = Field(default=None, exclude_if=lambda shape: shape is None)
    """Left out where it is not told, so that orders of before have the digest that they had."""


class DataMapping(_Manifest):
    """Where inputs, labels and groups are found in the validation data.

    Labels of a classification are compared as text with ``classes``, whose order is that of the model's
    probability columns; integers are written without a point ("0", "1"). Regression labels are numbers.
    """

    format: Literal["csv", "parquet", "npz"]
    inputs: Annotated[tuple[InputMapping, ...], Field(min_length=1, max_length=MAX_INPUTS)]
    label: Name
    classes: Annotated[tuple[Name, ...], Field(max_length=MAX_CLASSES)] = ()
    group: Name | None = None
    max_rows: Annotated[int, Field(ge=1, le=MAX_ROWS, strict=True)] = 1_000_000

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len({i.name for i in self.inputs}) != len(self.inputs):
            raise ValueError("two inputs have the same name")
        if len(set(self.classes)) != len(self.classes):
            raise ValueError("a class is listed twice")
        if self.format == "npz" and any(len(i.columns) != 1 for i in self.inputs):
            raise ValueError("an input from an NPZ file names exactly one array")
        if self.format != "npz" and any(i.shape is not None for i in self.inputs):
            raise ValueError("only arrays of an NPZ file have a shape; of a table the columns tell it")
        fed = {column for i in self.inputs for column in i.columns}
        if self.label in fed:
            raise ValueError("the label must not be an input")
        return self


class OutputMapping(_Manifest):
    """Which declared outputs of the graph are scored; others are ignored.

    ``probabilities`` is [rows, classes], each row a distribution; for two classes also [rows] or [rows, 1],
    the probability of the second. Without ``labels`` the most probable class is the prediction, the earlier
    of equals. ``values`` is [rows] or [rows, 1].
    """

    labels: Name | None = None
    probabilities: Name | None = None
    values: Name | None = None


class ResourceLimits(_Manifest):
    """What a test may use, on every machine: a model that needs more is rejected, and data is not taken.

    Time is the processor's, so that other work on a machine changes no result.
    """

    model_bytes: Annotated[int, Field(ge=1, le=64 * _MIB, strict=True)] = 64 * _MIB
    data_bytes: Annotated[int, Field(ge=1, le=1024 * _MIB, strict=True)] = 256 * _MIB
    memory_bytes: Annotated[int, Field(ge=512 * _MIB, le=64 * 1024 * _MIB, strict=True)] = 4096 * _MIB
    """Address space of each process."""
    cpu_seconds: Annotated[int, Field(ge=1, le=3600, strict=True)] = 60
    """Processor time of each process."""
    file_bytes: Annotated[int, Field(ge=1, le=8192 * _MIB, strict=True)] = 2048 * _MIB
    """Largest single array."""


class EvaluationSpec(_Manifest):
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
        if CriterionKind.GROUP_GAP in wanted and not self.data.group:
            raise ValueError("group_gap needs a group column")
        return self


class DatasetCounts(_Manifest):
    """What a customer commits to about a dataset, and what the panel recounts."""

    rows: Count
    classes: Annotated[dict[Name, Count], Field(max_length=MAX_CLASSES)] = {}
    groups: Annotated[dict[Name, Count], Field(max_length=MAX_GROUPS)] = {}


class Reference(_Manifest):
    """A named reference model and the interval its score on the hidden data must lie in (ppm, inclusive).

    ``majority-class`` always predicts the most frequent class with the class frequencies as probabilities,
    ``mean`` the mean label; ``onnx`` is a public model, named by the CID of its file.
    """

    name: Name
    kind: Literal["majority-class", "mean", "onnx"]
    artifact: Annotated[str, StringConstraints(pattern=r"^b[a-z2-7]{20,100}$")] | None = None
    low: Score
    high: Score

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.low > self.high:
            raise ValueError("the interval is empty")
        if (self.kind == "onnx") != (self.artifact is not None):
            raise ValueError("an onnx reference, and only it, names an artifact")
        return self
