"""What a model is scored by."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal, get_args

from pydantic import Field, StringConstraints

from assay.manifests.evaluation.units import PPM, Name, Strict

Task = Literal[
    "classification",
    "regression",
    "multilabel",
    "ranking",
    "retrieval",
    "segmentation",
    "detection",
    "generation",
    "survival",
]
MAX_CUT = 1_000
"""The longest list of best answers that is considered."""
DEFAULT_K = 5
MAX_GRAPH = 1 << 18
"""Size limit of a customer's own metric, in characters."""


class Metric(StrEnum):
    """The primary score. Definitions are scikit-learn's where it has one, and else those named here.

    A metric is undefined where the hidden data leaves it no value; what a model answers never does that.
    """

    ACCURACY = "accuracy"
    """Of several labels a row: the rows whose labels are all right. Of a class map: the pixels."""
    BALANCED_ACCURACY = "balanced_accuracy"
    MACRO_F1 = "macro_f1"
    AUROC = "auroc"
    """One-vs-rest, macro-averaged when there are more than two classes."""
    LOG_LOSS = "log_loss"
    RMSE = "rmse"
    MAE = "mae"
    R2 = "r2"

    F1 = "f1"
    """Of the class ``options.positive``, like the next three."""
    PRECISION = "precision"
    RECALL = "recall"
    SPECIFICITY = "specificity"
    """Recall of all rows that are not of that class."""
    WEIGHTED_F1 = "weighted_f1"
    AVERAGE_PRECISION = "average_precision"
    """Of the class ``options.positive``; of several labels their mean."""
    COHEN_KAPPA = "cohen_kappa"
    QUADRATIC_KAPPA = "quadratic_kappa"
    """Cohen's kappa for classes in order, with quadratic weights."""
    MATTHEWS = "matthews"
    """Matthews' correlation coefficient."""
    TOP_K_ACCURACY = "top_k_accuracy"
    BRIER = "brier"
    """Squared distance of the probabilities from the truth; from 0 to 1 for two classes, else to 2."""

    MEDIAN_ERROR = "median_error"
    """Median absolute error."""
    MAX_ERROR = "max_error"
    MAPE = "mape"
    SMAPE = "smape"
    """Mean of ``2|y - p| / (|y| + |p|)``, from 0 to 2 (Makridakis 1993, as a number and not in per cent)."""
    RMSLE = "rmsle"
    POISSON_DEVIANCE = "poisson_deviance"
    GAMMA_DEVIANCE = "gamma_deviance"
    PINBALL = "pinball"
    """Mean pinball loss at ``options.quantile``."""
    EXPLAINED_VARIANCE = "explained_variance"
    MASE = "mase"
    """Mean of each row's absolute error over its scale, the column ``data.scale``, which is usually the mean
    error of the naive forecast in the past (Hyndman and Koehler 2006)."""

    MICRO_F1 = "micro_f1"
    HAMMING_LOSS = "hamming_loss"
    """The share of single labels that are wrong."""

    NDCG = "ndcg"
    """Mean over queries, of the ``options.k`` best. Queries of one row, or without anything relevant, are
    left out, here and in the next two."""
    MEAN_AVERAGE_PRECISION = "mean_average_precision"
    """Mean over queries of the average precision; relevant is what is above 0."""
    MRR = "mrr"
    """Mean over queries of one over the rank of the first relevant answer."""
    RECALL_AT_K = "recall_at_k"
    """The share of rows with one of their own class among the ``options.k`` nearest, by cosine."""

    MEAN_IOU = "mean_iou"
    """Mean over classes of intersection over union of all pixels (Jaccard index)."""
    DICE = "dice"
    """Mean over classes of the F1 of all pixels."""

    COCO_MAP = "coco_map"
    """Average precision at IoU 0.50 to 0.95, mean over classes, as pycocotools computes it."""
    COCO_MAP_50 = "coco_map_50"
    """The same at IoU 0.50 alone."""

    EXACT_MATCH = "exact_match"
    """The share of rows whose text is the truth's, but for space at the ends."""
    CHRF = "chrf"
    """chrF of the whole, as sacrebleu computes it, from 0 to 1."""
    BLEU = "bleu"
    """BLEU of the whole, as sacrebleu computes it (tokens 13a), from 0 to 1."""
    ROUGE_L = "rouge_l"
    """Mean over rows of the F1 of the longest common subsequence of words (Lin 2004)."""

    CUSTOM_SCORE = "custom_score"
    """What the customer's own graph computes, ``options.graph``; more than 1 counts as 1."""
    CUSTOM_ERROR = "custom_error"
    """The same where less is better; less than 0 counts as 0."""

    CONCORDANCE = "concordance"
    """Harrell's concordance index: greater values mean a greater risk."""

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks this metric is defined for, the usual one first."""
        return _FACTS[self].tasks

    @property
    def task(self) -> Task:
        """The default task if none is given."""
        return self.tasks[0]

    @property
    def needs_probabilities(self) -> bool:
        """Whether predicted labels are not enough."""
        return _FACTS[self].probabilities

    @property
    def option(self) -> str | None:
        """The field of MetricOptions that it has."""
        return _FACTS[self].option

    @property
    def is_error(self) -> bool:
        """Whether less is better, so that its scores are negated."""
        return _FACTS[self].unit == "error"

    @property
    def is_share(self) -> bool:
        """Whether it is a share of a whole, which people read in per cent."""
        return _FACTS[self].unit == "share"

    @property
    def words(self) -> str:
        """As people write it."""
        return _FACTS[self].words or self.value.replace("_", " ")


@dataclass(frozen=True)
class _Facts:
    tasks: tuple[Task, ...]
    unit: Literal["share", "number", "error"]
    """A share is from 0 to 1, a number at most 1, and of an error less is better and 0 is best."""
    words: str = ""
    probabilities: bool = False
    option: str | None = None
    """The field of MetricOptions that it has."""


_CLASSES: tuple[Task, ...] = ("classification",)
_LABELS: tuple[Task, ...] = ("classification", "multilabel")
_NUMBERS: tuple[Task, ...] = ("regression",)
_LISTS: tuple[Task, ...] = ("ranking", "retrieval")
_FACTS = {
    Metric.ACCURACY: _Facts((*_LABELS, "segmentation"), "share"),
    Metric.BALANCED_ACCURACY: _Facts(_CLASSES, "share"),
    Metric.MACRO_F1: _Facts(_LABELS, "share", "macro F1"),
    Metric.AUROC: _Facts(_LABELS, "share", "AUROC", probabilities=True),
    Metric.LOG_LOSS: _Facts(_CLASSES, "error", probabilities=True),
    Metric.RMSE: _Facts(_NUMBERS, "error", "RMSE"),
    Metric.MAE: _Facts(_NUMBERS, "error", "MAE"),
    Metric.R2: _Facts(_NUMBERS, "number", "R²"),
    Metric.F1: _Facts(_CLASSES, "share", "F1", option="positive"),
    Metric.PRECISION: _Facts(_CLASSES, "share", option="positive"),
    Metric.RECALL: _Facts(_CLASSES, "share", option="positive"),
    Metric.SPECIFICITY: _Facts(_CLASSES, "share", option="positive"),
    Metric.WEIGHTED_F1: _Facts(_LABELS, "share", "weighted F1"),
    Metric.AVERAGE_PRECISION: _Facts(_LABELS, "share", probabilities=True, option="positive"),
    Metric.COHEN_KAPPA: _Facts(_CLASSES, "number", "Cohen's kappa"),
    Metric.QUADRATIC_KAPPA: _Facts(_CLASSES, "number"),
    Metric.MATTHEWS: _Facts(_CLASSES, "number", "MCC"),
    Metric.TOP_K_ACCURACY: _Facts(_CLASSES, "share", "top-k accuracy", probabilities=True, option="k"),
    Metric.BRIER: _Facts(_CLASSES, "error", "Brier score", probabilities=True),
    Metric.MEDIAN_ERROR: _Facts(_NUMBERS, "error"),
    Metric.MAX_ERROR: _Facts(_NUMBERS, "error"),
    Metric.MAPE: _Facts(_NUMBERS, "error", "MAPE"),
    Metric.SMAPE: _Facts(_NUMBERS, "error", "SMAPE"),
    Metric.RMSLE: _Facts(_NUMBERS, "error", "RMSLE"),
    Metric.POISSON_DEVIANCE: _Facts(_NUMBERS, "error", "Poisson deviance"),
    Metric.GAMMA_DEVIANCE: _Facts(_NUMBERS, "error"),
    Metric.PINBALL: _Facts(_NUMBERS, "error", "pinball loss", option="quantile"),
    Metric.EXPLAINED_VARIANCE: _Facts(_NUMBERS, "number"),
    Metric.MASE: _Facts(_NUMBERS, "error", "MASE"),
    Metric.MICRO_F1: _Facts(("multilabel",), "share", "micro F1"),
    Metric.HAMMING_LOSS: _Facts(("multilabel",), "error", "Hamming loss"),
    Metric.NDCG: _Facts(("ranking",), "share", "NDCG", option="k"),
    Metric.MEAN_AVERAGE_PRECISION: _Facts(_LISTS, "share"),
    Metric.MRR: _Facts(_LISTS, "share", "MRR"),
    Metric.RECALL_AT_K: _Facts(("retrieval",), "share", "recall at k", option="k"),
    Metric.MEAN_IOU: _Facts(("segmentation",), "share", "mean IoU"),
    Metric.DICE: _Facts(("segmentation",), "share", "Dice"),
    Metric.COCO_MAP: _Facts(("detection",), "share", "mAP"),
    Metric.COCO_MAP_50: _Facts(("detection",), "share", "mAP at IoU 0.50"),
    Metric.EXACT_MATCH: _Facts(("generation",), "share"),
    Metric.CHRF: _Facts(("generation",), "share", "chrF"),
    Metric.BLEU: _Facts(("generation",), "share", "BLEU"),
    Metric.ROUGE_L: _Facts(("generation",), "share", "ROUGE-L"),
    Metric.CONCORDANCE: _Facts(("survival",), "share"),
    Metric.CUSTOM_SCORE: _Facts(get_args(Task), "number", option="graph"),
    Metric.CUSTOM_ERROR: _Facts(get_args(Task), "error", option="graph"),
}


class MetricOptions(Strict):
    """What some metrics leave open."""

    positive: Name | None = None
    """A class; the second of two by default."""
    k: Annotated[int, Field(ge=1, le=MAX_CUT, strict=True)] | None = None
    """How many best answers are looked at; 5 by default, of NDCG all."""
    quantile: Annotated[int, Field(gt=0, lt=PPM, strict=True)] | None = None
    """Of the pinball loss (ppm); the median by default."""
    graph: (
        Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]+={0,2}$", max_length=MAX_GRAPH)] | None
    ) = None
    """A metric of the customer's own: an ONNX file in base64. Its inputs are ``truth`` and whichever of the
    scored outputs it declares by the names of OutputMapping, each with all rows; its one output is a number,
    or one for each row, of which the mean counts."""
