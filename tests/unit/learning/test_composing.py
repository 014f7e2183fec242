"""Several models as one answer as they would one by one; what does not fit together is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from sklearn.datasets import load_breast_cancer
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from assay_learning import composing
from assay_learning.errors import LearningError

X, Y = load_breast_cancer(return_X_y=True)
X = X.astype(np.float32)
SCALED = StandardScaler().fit(X)
Z = SCALED.transform(X).astype(np.float32)


def written(folder: Path, name: str, estimator, rows=X, opset=17, **options) -> Path:
    options = {"options": {"zipmap": False}} if hasattr(estimator, "classes_") and not options else options
    path = folder / f"{name}.onnx"
    path.write_bytes(to_onnx(estimator, rows[:1], target_opset=opset, **options).SerializeToString())
    return path


def run(content: bytes, rows=X) -> dict[str, np.ndarray]:
    session = ort.InferenceSession(content)
    names = [one.name for one in session.get_outputs()]
    fed = session.get_inputs()[0].name
    return dict(zip(names, session.run(None, {fed: rows}), strict=True))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("parts")


@pytest.fixture(scope="module")
def classifiers(folder) -> dict[str, tuple[object, Path]]:
    fitted = {
        "forest": RandomForestClassifier(20, random_state=0).fit(X, Y),
        "boosting": GradientBoostingClassifier(n_estimators=20, random_state=0).fit(X, Y),
        "bayes": GaussianNB().fit(X, Y),
        "logistic": LogisticRegression(max_iter=100).fit(Z, Y),
        "perceptron": MLPClassifier((16,), max_iter=50, random_state=0).fit(Z, Y),
    }
    return {name: (one, written(folder, name, one)) for name, one in fitted.items()}


@pytest.mark.parametrize("weights", [None, [1, 2, 5]])
def test_an_ensemble_averages(classifiers, weights) -> None:
    names = ("forest", "boosting", "bayes")
    content = composing.ensemble([classifiers[name][1] for name in names], weights)
    found = run(content)
    parts = [classifiers[name][0].predict_proba(X) for name in names]
    assert np.allclose(found["probabilities"], np.average(parts, axis=0, weights=weights), atol=1e-4)
    assert (found["label"] == found["probabilities"].argmax(axis=1)).all()


@pytest.mark.parametrize("name", ["logistic", "perceptron"])
def test_a_pipeline_feeds_one_to_the_next(classifiers, folder, name) -> None:
    estimator, path = classifiers[name]
    content = composing.pipeline([written(folder, "scaler", SCALED), path])
    found = run(content)
    scores = next(array for array in found.values() if array.ndim == 2)
    assert np.allclose(scores, estimator.predict_proba(Z), atol=1e-4)


def test_three_in_a_row(classifiers, folder) -> None:
    flat = PCA(5).fit(Z)
    last = LogisticRegression().fit(flat.transform(Z), Y)
    paths = [
        written(folder, "scaler", SCALED),
        written(folder, "pca", flat, Z),
        written(folder, "last", last, flat.transform(Z).astype(np.float32)),
    ]
    found = run(composing.pipeline(paths))
    scores = next(array for array in found.values() if array.ndim == 2)
    assert np.allclose(scores, last.predict_proba(flat.transform(Z)), atol=1e-3)


def test_a_model_may_be_in_it_twice_and_versions_may_differ(classifiers, folder) -> None:
    estimator, path = classifiers["bayes"]
    found = run(composing.ensemble([path, written(folder, "older", estimator, opset=13), path]))
    assert np.allclose(found["probabilities"], estimator.predict_proba(X), atol=1e-4)


def test_an_ensemble_of_pipelines_of_an_ensemble(classifiers, folder) -> None:
    first = folder / "pipeline.onnx"
    first.write_bytes(composing.pipeline([written(folder, "scaler", SCALED), classifiers["logistic"][1]]))
    second = folder / "ensemble.onnx"
    second.write_bytes(composing.ensemble([classifiers["forest"][1], classifiers["bayes"][1]]))
    found = run(composing.ensemble([first, second]))
    due = [classifiers["logistic"][0].predict_proba(Z), classifiers["forest"][0].predict_proba(X)]
    due = [due[0], (due[1] + classifiers["bayes"][0].predict_proba(X)) / 2]
    assert np.allclose(found["probabilities"], np.mean(due, axis=0), atol=1e-4)


def network(folder: Path, name: str, columns: int, classes: int | None, dtype=TensorProto.FLOAT) -> Path:
    weights = np.zeros((columns, classes or 3), np.float32)
    node = helper.make_node("MatMul", ["x", "w"], ["p"])
    graph = helper.make_graph(
        [node],
        name,
        [helper.make_tensor_value_info("x", dtype, [None, columns])],
        [helper.make_tensor_value_info("p", TensorProto.FLOAT, [None, classes])],
        [numpy_helper.from_array(weights, "w")],
    )
    path = folder / f"{name}.onnx"
    path.write_bytes(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString()
    )
    return path


def test_what_does_not_fit_is_refused(classifiers, folder) -> None:
    forest = classifiers["forest"][1]
    narrow, three = network(folder, "narrow", 5, 2), network(folder, "three", 30, 3)
    zipped = written(folder, "zipped", classifiers["bayes"][0], options={"zipmap": True})
    text = folder / "text.onnx"
    text.write_text("no model")
    for parts, said in (
        ([forest, narrow], r"does not take the same rows as .*forest.onnx: \"x\", float \[any, 5\]"),
        ([forest, three], "tells 3 classes apart, and the first model 2"),
        ([forest, zipped], "no output with probabilities"),
        ([forest], "2 to 16 models"),
        ([forest] * 17, "2 to 16 models"),
        ([forest, text], "is not an ONNX model"),
        ([forest, folder / "none"], "Cannot read"),
    ):
        with pytest.raises(LearningError, match=said):
            composing.ensemble(parts)
    with pytest.raises(LearningError, match=r"takes \"X\", float \[any, 30\], and no output of .* is that"):
        composing.pipeline([forest, classifiers["bayes"][1]])
    for weights in ([1], [1, -1], [0, 1], [1, float("nan")], [1, float("inf")]):
        with pytest.raises(LearningError, match="2 weights above 0"):
            composing.ensemble([forest, forest], weights)


def test_a_model_in_two_files_is_refused(folder) -> None:
    path = network(folder, "outside", 30, 2)
    model = onnx.load(path)
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    path.write_bytes(model.SerializeToString())
    with pytest.raises(LearningError, match="in another file"):
        composing.ensemble([path, path])
