"""What a model is scored by."""

from enum import StrEnum
from typing import Literal

Task = Literal["classification", "regression"]


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
    def task(self) -> Task:
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
