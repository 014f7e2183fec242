"""Three developers and the real models they train, exported to ONNX."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skl2onnx import to_onnx
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from assay_local.demo.patients import Patients

OPSET = 17


@dataclass(frozen=True)
class Developer:
    """A bidder: its account name, its private cost, and the kind of model that it builds."""

    name: str
    cost: str
    """Whole tokens; bidding this truthfully is the dominant strategy."""
    method: str
    build: Callable[[], Any]


DEVELOPERS = (
    Developer("cytolab", "6200", "random forest", lambda: RandomForestClassifier(200, random_state=0)),
    Developer(
        "linearis", "7400", "logistic regression",
        lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=5_000)),
    ),
    Developer("boostworks", "8900", "gradient boosting", lambda: GradientBoostingClassifier(random_state=0)),
)  # fmt: skip


def train(developer: Developer, patients: Patients, path: Path) -> None:
    """Fit the developer's kind of model and write it as ONNX: `features` in, `probabilities` out."""
    model = developer.build().fit(patients.features, patients.labels)
    # without a ZipMap the probabilities are one tensor, in the order of the labels
    graph = to_onnx(model, patients.features[:1], target_opset=OPSET, options={"zipmap": False})
    _rename_input(graph, "features")
    path.write_bytes(graph.SerializeToString())


def _rename_input(graph: Any, name: str) -> None:
    old = graph.graph.input[0].name
    graph.graph.input[0].name = name
    for node in graph.graph.node:
        node.input[:] = [name if one == old else one for one in node.input]
