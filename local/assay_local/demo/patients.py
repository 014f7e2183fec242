"""Real patients: the Wisconsin diagnostic breast-cancer data (569 biopsies), split by hospital.

The data is bundled with scikit-learn (Wolberg, Street and Mangasarian, 1995). The new hospital's patients are
the hidden validation set; two established hospitals own the training data.
"""

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

from assay.manifests.evaluation import (
    Criterion,
    CriterionKind,
    DataMapping,
    DatasetCounts,
    EvaluationSpec,
    InputMapping,
    Metric,
    OutputMapping,
    Reference,
)

CLASSES = ("malignant", "benign")
_HIDDEN = 169
_FIRST_OWNER = 200
_SPLIT_SEED = 2021
_LARGE_RADIUS = 13.4  # near the median: lesions are small or large
_LABEL, _GROUP = "diagnosis", "lesion"

Features = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Patients:
    """Measurements [rows, 30] and diagnoses [rows], 0 malignant and 1 benign."""

    features: Features
    labels: Labels

    def __add__(self, other: "Patients") -> "Patients":
        return Patients(
            np.concatenate([self.features, other.features]), np.concatenate([self.labels, other.labels])
        )


@dataclass(frozen=True)
class Hospitals:
    """Which hospital has which patients."""

    columns: tuple[str, ...]
    new: Patients
    """The customer's patients, never shown to a developer."""
    north: Patients
    south: Patients


def load_hospitals() -> Hospitals:
    """The split, which is always the same."""
    data = load_breast_cancer()
    features, labels = data.data.astype(np.float32), data.target.astype(np.int64)
    shown, hidden, shown_labels, hidden_labels = train_test_split(
        features, labels, test_size=_HIDDEN, stratify=labels, random_state=_SPLIT_SEED
    )
    return Hospitals(
        columns=tuple(name.replace(" ", "_") for name in data.feature_names),
        new=Patients(hidden, hidden_labels),
        north=Patients(shown[:_FIRST_OWNER], shown_labels[:_FIRST_OWNER]),
        south=Patients(shown[_FIRST_OWNER:], shown_labels[_FIRST_OWNER:]),
    )


def write_csv(patients: Patients, columns: tuple[str, ...], path: Path) -> None:
    """Write one patient per line: measurements, diagnosis, lesion size."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*columns, _LABEL, _GROUP])
        for row, label in zip(patients.features, patients.labels, strict=True):
            writer.writerow([*(repr(float(value)) for value in row), CLASSES[label], _lesion(row)])


def counts(patients: Patients) -> DatasetCounts:
    """The counts of rows, diagnoses and lesion sizes."""
    diagnoses = Counter(CLASSES[label] for label in patients.labels)
    lesions = Counter(_lesion(row) for row in patients.features)
    return DatasetCounts(rows=len(patients.labels), classes=dict(diagnoses), groups=dict(lesions))


def evaluation_spec(columns: tuple[str, ...]) -> EvaluationSpec:
    """How a model is tested: by balanced accuracy, and three further conditions."""
    return EvaluationSpec(
        task="classification",
        metric=Metric.BALANCED_ACCURACY,
        step=1_000,
        criteria=(
            Criterion(kind=CriterionKind.GROUP_GAP, bound=100_000),
            Criterion(kind=CriterionKind.CALIBRATION_ERROR, bound=100_000),
            Criterion(kind=CriterionKind.NOISE_ROBUSTNESS, bound=50_000),
        ),
        data=DataMapping(
            format="csv",
            inputs=(InputMapping(name="features", columns=columns),),
            label=_LABEL,
            classes=CLASSES,
            group=_GROUP,
        ),
        output=OutputMapping(labels=None, probabilities="probabilities"),
    )


def reference() -> Reference:
    """The baseline that shows the panel that it has the right data: always guessing the commoner class."""
    return Reference(name="always the commoner class", kind="majority-class", low=500_000, high=500_000)


def _lesion(row: Features) -> str:
    return "large" if row[0] > _LARGE_RADIUS else "small"
