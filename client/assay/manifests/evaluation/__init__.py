"""How a model is tested: the part of a commission that validation nodes execute.

Units. Scores and rates are integers in parts per million (ppm, 1_000_000 == 100 %), and **greater is always
better**: error metrics are negated, as scikit-learn's ``neg_*`` scorers do, so an RMSE of 2.5 is a score of
-2_500_000. Sizes are bytes.

These models import nothing heavy, so that every part of Assay can read them.
"""

from assay.manifests.evaluation.criterion import Criterion, CriterionKind
from assay.manifests.evaluation.data import DataMapping, DatasetCounts, Format, InputMapping, Shape
from assay.manifests.evaluation.fairness import Fairness
from assay.manifests.evaluation.files import (
    ArrayFiles,
    CsvDialect,
    ImageFiles,
    MaskFiles,
    TextFiles,
    encoding_named,
)
from assay.manifests.evaluation.limits import ResourceLimits
from assay.manifests.evaluation.metric import DEFAULT_K, Metric, MetricOptions, Task
from assay.manifests.evaluation.output import OutputMapping
from assay.manifests.evaluation.reference import Reference
from assay.manifests.evaluation.spec import EvaluationSpec
from assay.manifests.evaluation.status import ReportStatus
from assay.manifests.evaluation.task import FORMS, TaskForm
from assay.manifests.evaluation.units import (
    MAX_CLASSES,
    MAX_COLUMNS,
    MAX_COMPARED,
    MAX_CRITERIA,
    MAX_GROUPS,
    MAX_INPUTS,
    MAX_LOOKED_FOR,
    MAX_NAME,
    MAX_ROWS,
    MAX_TOLERANCE,
    PPM,
    SCORE_LIMIT,
    Count,
    Name,
    Score,
    Sha256,
    Tolerance,
)

__all__ = [
    "DEFAULT_K",
    "FORMS",
    "MAX_CLASSES",
    "MAX_COLUMNS",
    "MAX_COMPARED",
    "MAX_CRITERIA",
    "MAX_GROUPS",
    "MAX_INPUTS",
    "MAX_LOOKED_FOR",
    "MAX_NAME",
    "MAX_ROWS",
    "MAX_TOLERANCE",
    "PPM",
    "SCORE_LIMIT",
    "ArrayFiles",
    "Count",
    "Criterion",
    "CriterionKind",
    "CsvDialect",
    "DataMapping",
    "DatasetCounts",
    "EvaluationSpec",
    "Fairness",
    "Format",
    "ImageFiles",
    "InputMapping",
    "MaskFiles",
    "Metric",
    "MetricOptions",
    "Name",
    "OutputMapping",
    "Reference",
    "ReportStatus",
    "ResourceLimits",
    "Score",
    "Sha256",
    "Shape",
    "Task",
    "TaskForm",
    "TextFiles",
    "Tolerance",
    "encoding_named",
]
