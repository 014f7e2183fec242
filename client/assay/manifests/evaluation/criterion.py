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
    NOISE_ROBUSTNESS = "noise_robustness"
    """Primary score lost when each input gets Gaussian noise of 5 % of its standard deviation (ppm)."""
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


class Criterion(Strict):
    """One pass/fail condition; the i-th of a spec is bit i of the report's ``criteria`` mask."""

    kind: CriterionKind
    bound: Annotated[int, Field(ge=0, le=SCORE_LIMIT, strict=True)]
