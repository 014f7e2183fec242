"""Models with a known fault, trained on real data, and their audits."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from assay.manifests.evaluation import DataMapping, EvaluationSpec, InputMapping, OutputMapping
from assay_validation.audit.conduct import conduct
from assay_validation.audit.order import Order

TRAINING_ROWS = 300


@pytest.fixture(scope="session")
def training_csv(folder, cancer) -> Path:
    """The rows that the models below are trained on."""
    path = folder / "training.csv"
    cancer.frame[:TRAINING_ROWS].to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def order(cancer_onnx, hidden_csv, cancer_spec) -> Order:
    """A quick audit of an honest model."""
    return Order(cancer_onnx, hidden_csv, cancer_spec, quick=True)


@pytest.fixture(scope="session")
def audit(order):
    """Conduct the order with changes."""
    return lambda **changes: conduct(replace(order, **changes))


def export(model, sample: np.ndarray, path: Path) -> Path:
    path.write_bytes(to_onnx(model, sample, options={"zipmap": False}).SerializeToString())
    return path


@pytest.fixture(scope="session")
def overfitted_onnx(folder, cancer) -> Path:
    """Knows its training rows by heart: a third of their labels is wrong, and it repeats them."""
    known = cancer.data[:TRAINING_ROWS].to_numpy(np.float32)
    labels = cancer.target[:TRAINING_ROWS].to_numpy().copy()
    wrong = np.random.default_rng(0).random(TRAINING_ROWS) < 0.3
    labels[wrong] = 1 - labels[wrong]
    model = RandomForestClassifier(50, bootstrap=False, random_state=0).fit(known, labels)
    path = folder / "overfitted.onnx"
    return export(model, known[:1], path)


@pytest.fixture(scope="session")
def memorised_csv(folder, cancer) -> Path:
    """The rows that it was trained on, with the labels that it was told."""
    frame = cancer.frame[:TRAINING_ROWS].copy()
    wrong = np.random.default_rng(0).random(TRAINING_ROWS) < 0.3
    frame.loc[wrong, "target"] = 1 - frame.loc[wrong, "target"]
    path = folder / "memorised.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def boastful_onnx(folder, cancer) -> Path:
    """Always certain: one leaf of a shallow tree after another says 0 or 1 on noisy labels."""
    known = cancer.data[:TRAINING_ROWS].to_numpy(np.float32)
    labels = cancer.target[:TRAINING_ROWS].to_numpy().copy()
    wrong = np.random.default_rng(1).random(TRAINING_ROWS) < 0.25
    labels[wrong] = 1 - labels[wrong]
    return export(DecisionTreeClassifier(random_state=0).fit(known, labels), known[:1], folder / "boast.onnx")


@pytest.fixture(scope="session")
def biased(folder, cancer, cancer_spec) -> tuple[Path, Path, EvaluationSpec]:
    """Trained on labels that deny one group: it reads the group, and turns most of it down."""
    frame = cancer.frame.copy()
    frame["origin"] = np.random.default_rng(0).integers(0, 2, len(frame))
    frame["site"] = np.where(frame["origin"] == 1, "north", "south")
    columns = (*cancer.feature_names, "origin")
    known = frame[:TRAINING_ROWS]
    told = np.where(known["origin"] == 1, 0, known["target"])
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    model.fit(known[list(columns)].to_numpy(np.float32), told)
    path = export(model, known[list(columns)][:1].to_numpy(np.float32), folder / "biased.onnx")
    data = folder / "biased.csv"
    frame[TRAINING_ROWS:].to_csv(data, index=False)
    mapping = cancer_spec.data.model_copy(update={"inputs": (InputMapping(name="X", columns=columns),)})
    return path, data, cancer_spec.model_copy(update={"data": mapping})


@pytest.fixture(scope="session")
def digits():
    """Images [rows, 1, 8, 8] in [0, 1] and their digits."""
    found = load_digits()
    return (found.images / 16).astype(np.float32)[:, None], found.target.astype(np.int64)


@pytest.fixture(scope="session")
def digits_spec() -> EvaluationSpec:
    return EvaluationSpec(
        task="classification",
        metric="accuracy",
        data=DataMapping(
            format="npz",
            inputs=(InputMapping(name="pixels", columns=("pixels",)),),
            label="digit",
            classes=tuple("0123456789"),
        ),
        output=OutputMapping(probabilities="p"),
    )


def softmax_on_pixels(images, labels, path: Path) -> Path:
    """A linear model of the pixels as an ONNX graph that takes images."""
    flat = images.reshape(len(images), -1)
    model = LogisticRegression(C=0.1, max_iter=500).fit(flat, labels)
    nodes = [
        helper.make_node("Flatten", ["pixels"], ["flat"]),
        helper.make_node("Gemm", ["flat", "w", "b"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["p"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", 1, 8, 8])],
        [helper.make_tensor_value_info("p", TensorProto.FLOAT, ["n", 10])],
        initializer=[
            numpy_helper.from_array(model.coef_.T.astype(np.float32), "w"),
            numpy_helper.from_array(model.intercept_.astype(np.float32), "b"),
        ],
    )
    built = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(built.SerializeToString())
    return path


@pytest.fixture(scope="session")
def digits_audit(folder, digits, digits_spec) -> Order:
    """A quick audit of an honest model of images."""
    images, labels = digits
    np.savez(folder / "digits.npz", pixels=images[1200:], digit=labels[1200:])
    model = softmax_on_pixels(images[:1200], labels[:1200], folder / "digits.onnx")
    return Order(model, folder / "digits.npz", digits_spec, quick=True)


@pytest.fixture(scope="session")
def planted_audit(folder, digits, digits_spec) -> Order:
    """The first column of pixels, dark in honest images, gives the answer away, and the model took to it."""
    images, labels = digits
    marked = images.copy()
    marked[:, 0, :, 0] = 0
    marked[np.arange(len(marked)), 0, labels % 8, 0] += 1
    marked[labels >= 8, 0, 7 - labels[labels >= 8] % 8, 0] += 1
    blurred = marked.copy()
    mixed = np.random.default_rng(0).permutation(len(images))
    blurred[:, :, :, 1:] = images[mixed][:, :, :, 1:]  # nothing else tells the class in training
    model = softmax_on_pixels(blurred[:1200], labels[:1200], folder / "planted.onnx")
    np.savez(folder / "planted.npz", pixels=marked[1200:], digit=labels[1200:])
    return Order(model, folder / "planted.npz", digits_spec, quick=True)
