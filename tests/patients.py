"""What the deals in tests are about: breast cancer patients, models trained on others, and the order."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from skl2onnx import to_onnx
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from assay import ModelCard, Order
from assay.manifests import Licence

CARD = ModelCard(
    name="Logistic regression",
    framework="scikit-learn",
    intended_use="Second reading of fine-needle aspirates.",
    limits="Trained on one hospital's patients.",
    licence=Licence(spdx="Apache-2.0"),
)


def write_patients(path: Path) -> Path:
    """The customer's data: the last 169 patients."""
    frame = load_breast_cancer(as_frame=True).frame
    frame.rename(columns=lambda name: name.replace(" ", "_")).tail(169).to_csv(path, index=False)
    return path


def train(path: Path, *, rows: int = 400, zipmap: bool = False) -> Path:
    """A model of the first patients; with *zipmap* its outputs are as skl2onnx makes them unless told."""
    data = load_breast_cancer()
    features = data.data[:rows].astype(np.float32)
    fitted = make_pipeline(StandardScaler(), LogisticRegression()).fit(features, data.target[:rows])
    options = None if zipmap else {"zipmap": False}
    path.write_bytes(to_onnx(fitted, features[:1], options=options).SerializeToString())
    return path


def order_for(data: Path, *, labels: str = "label", **changes: Any) -> Order:
    """The order of a model for the patients of *data*, which gives its answer in the output *labels*."""
    frame = pd.read_csv(data)
    columns = [name for name in frame.columns if name != "target"]
    described = {
        "title": "Breast cancer, second reading",
        "description": "Benign or malignant?",
        "domain": "healthcare",
        "evaluation": {
            "task": "classification",
            "metric": "accuracy",
            "data": {
                "format": "csv",
                "inputs": [{"name": "X", "columns": columns}],
                "label": "target",
                "classes": ["0", "1"],
            },
            "output": {"labels": labels},
        },
        "dataset": {
            "name": "validation",
            "description": "169 patients",
            "licence": {"spdx": "CC-BY-4.0"},
            "columns": [{"name": name, "type": "float"} for name in columns]
            + [{"name": "target", "type": "integer"}],
            "counts": {"rows": len(frame), "classes": dict(Counter(frame["target"].astype(str)))},
        },
        "reference": {"name": "majority", "kind": "majority-class", "low": 500_000, "high": 900_000},
        "threshold": 900_000,
        "tolerance": 30_000,
        "effort_score": 850_000,
        "submission_cap": 2,
        "deliverable": "ONNX",
        "training_data": "Public",
        "risk_class": 3,
        "reserve": "1000",
        "evaluation_fee": "5",
        "audit_fee": "20",
        "kill_fee": "30",
        "bidding_seconds": 600,
        "revealing_seconds": 600,
        "building_seconds": 86_400,
    }
    return Order.model_validate_json(json.dumps(described | changes))
