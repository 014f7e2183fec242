"""What each task takes: its truth, the outputs it is scored on, and its simplest reference."""

from dataclasses import dataclass

from assay.manifests.evaluation.metric import Metric, Task


@dataclass(frozen=True)
class TaskForm:
    """What an order for a task must name."""

    outputs: tuple[frozenset[str], ...]
    """Sets of OutputMapping fields that can be scored; each set is sufficient."""
    least_classes: int | None
    """None if there are no classes at all."""
    reference: str
    """The simplest model, which needs no file."""
    metric: Metric
    """The usual metric."""
    several_labels: bool = False
    """Whether the truth may take several columns."""
    column: str | None = None
    """A further column that the truth needs, as a field of DataMapping."""
    text_label: bool = False
    """Whether the label is text that need not be among classes."""
    arrays_only: bool = False
    """Whether the truth is an array of an NPZ file, or masks of an archive."""
    compared: bool = False
    """Whether all rows are compared with each other, which limits their number."""


def _one_of(*names: str) -> tuple[frozenset[str], ...]:
    """Any of the outputs, or all of them."""
    return (*(frozenset({name}) for name in names), frozenset(names))


_LABELS = _one_of("labels", "probabilities")
_LOGITS = (frozenset({"logits"}), frozenset({"labels", "logits"}))
_VALUES = _one_of("values")

FORMS: dict[Task, TaskForm] = {
    "classification": TaskForm(_LABELS + _LOGITS, 2, "majority-class", Metric.BALANCED_ACCURACY),
    "regression": TaskForm(_VALUES, None, "mean", Metric.RMSE, several_labels=True),
    "multilabel": TaskForm(_LABELS + _LOGITS, 2, "majority-class", Metric.MACRO_F1, several_labels=True),
    "ranking": TaskForm(_VALUES, None, "constant", Metric.NDCG, column="query"),
    "retrieval": TaskForm(_VALUES, None, "constant", Metric.RECALL_AT_K, text_label=True, compared=True),
    "segmentation": TaskForm(_LABELS + _LOGITS, 2, "majority-class", Metric.MEAN_IOU, arrays_only=True),
    "detection": TaskForm((frozenset({"boxes", "scores", "labels"}),), 1, "constant", Metric.COCO_MAP),
    "generation": TaskForm(_one_of("text"), 0, "majority-class", Metric.EXACT_MATCH, text_label=True),
    "survival": TaskForm(_VALUES, None, "constant", Metric.CONCORDANCE, column="event", compared=True),
}
