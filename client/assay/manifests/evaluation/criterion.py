"""Conditions beside the score."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from assay.manifests.evaluation.units import SCORE_LIMIT, Strict


class CriterionKind(StrEnum):
    """Conditions beside the primary score; each passes when its measurement is **at most** the bound."""

    GROUP_GAP = "group_gap"
    """Best minus worst primary score over the groups of the group column (ppm). A group for which the metric
    is undefined fails the criterion."""
    CALIBRATION_ERROR = "calibration_error"
    """Expected calibration error of the top label's probability, ten equal bins (Guo et al. 2017; ppm)."""
    WORST_GROUP_LOSS = "worst_group_loss"
    """What the worst group's score lacks of a perfect one, or its error (ppm). The worst group has at least
    90 % when this is at most 100_000. An undefined group fails it, too."""
    CLASS_CALIBRATION_ERROR = "class_calibration_error"
    """The calibration error of the class, or of several labels the one, that is calibrated worst: its own
    probability in all rows, ten equal bins (Kull et al. 2019; ppm)."""
    NOISE_ROBUSTNESS = "noise_robustness"
    """Primary score lost when each input gets Gaussian noise of 5 % of its standard deviation (ppm)."""
    SHIFT_ROBUSTNESS = "shift_robustness"
    """Primary score lost when all rows shift alike: measured columns by a quarter of their standard
    deviation, up or down, pictures and other arrays by a tenth of their range, brighter or darker (ppm)."""
    BLUR_ROBUSTNESS = "blur_robustness"
    """Primary score lost when each pixel becomes the mean of the three by three around it (ppm)."""
    ADVERSARIAL_ROBUSTNESS = "adversarial_robustness"
    """Primary score lost when each row is answered as in that of eight passes that changes its answer most;
    in each, every number that moves is 5 % of its standard deviation higher or lower, at random (ppm)."""
    MODEL_SIZE = "model_size"
    """Size of the ONNX file (bytes)."""
    OPERATION_COUNT = "operation_count"
    """Operators in the ONNX graph (count). A tree ensemble is one operator."""

    COMPUTATION = "computation"
    """Operations for one row, by the graph's shapes and not by a clock (count): multiplications with an
    addition in products, nodes of trees, and one for each number that any other operator makes."""

    @property
    def words(self) -> str:
        """As people write it."""
        return self.value.replace("_", " ")


CALIBRATION = frozenset({CriterionKind.CALIBRATION_ERROR, CriterionKind.CLASS_CALIBRATION_ERROR})
"""Criteria that need probabilities; they are shares."""
OF_GROUPS = frozenset({CriterionKind.GROUP_GAP, CriterionKind.WORST_GROUP_LOSS})
"""Criteria that need a group column."""
CHANGED = frozenset(
    {CriterionKind.SHIFT_ROBUSTNESS, CriterionKind.BLUR_ROBUSTNESS, CriterionKind.ADVERSARIAL_ROBUSTNESS}
)
"""Criteria that change inputs of floats."""
COUNTED = frozenset({CriterionKind.MODEL_SIZE, CriterionKind.OPERATION_COUNT, CriterionKind.COMPUTATION})
"""Criteria whose bound is no rate."""


class Criterion(Strict):
    """One pass/fail condition; the i-th of a spec is bit i of the report's ``criteria`` mask."""

    kind: CriterionKind
    bound: Annotated[int, Field(ge=0, le=SCORE_LIMIT, strict=True)]
