"""Derived models beat those that few rows alone give; a graph in torch answers as the runtime does."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from assay_learning import composing, deriving, likeness, students
from assay_learning.errors import LearningError
from assay_learning.rows import Rows

X, Y = load_breast_cancer(return_X_y=True)
X = X.astype(np.float32)
THEIRS, OURS, THEIR_Y, OUR_Y = train_test_split(X, Y, test_size=0.5, random_state=0, stratify=Y)
CLASSES = np.array(["bad", "good"])


def rows_of(x, y) -> Rows:
    return Rows(x, y, CLASSES, ("x",), "y")


@pytest.fixture(scope="module")
def teacher():
    rows = rows_of(THEIRS, THEIR_Y)
    return students.train("forest", rows.x, rows.one_hot, CLASSES)


def few(seed: int) -> tuple[Rows, Rows]:
    kept, rest = rows_of(OURS, OUR_Y).split(0.9, seed)
    return kept, Rows(rest.x, np.empty(0, np.int64), np.empty(0), ("x",), None)


def test_a_distilled_forest_beats_one_of_few_rows_alone(teacher) -> None:
    gains = []
    for seed in range(4):
        labelled, more = few(seed)
        asked = deriving.queries(labelled, more, seed)
        made = deriving.distil(labelled, asked, teacher.probabilities(asked), "forest", seed)
        session = ort.InferenceSession(made.model)
        scores = session.run(None, {"x": more.x})[1]
        alone = students.train("forest", labelled.x, labelled.one_hot, CLASSES, seed)
        held = np.isin(OURS[:, 0], labelled.x[:, 0], invert=True)
        right = OUR_Y[held]
        distilled = (session.run(None, {"x": OURS[held]})[1].argmax(axis=1) == right).mean()
        gains.append(distilled - students.accuracy(alone, OURS[held], right))
        assert scores.shape == (len(more.x), 2)
    assert np.mean(gains) > 0


def test_the_first_of_what_is_asked_are_the_labelled_rows() -> None:
    labelled, more = few(0)
    asked = deriving.queries(labelled, more, 3)
    assert (asked[: len(labelled.x)] == labelled.x).all()
    assert len(asked) == 5 * (len(labelled.x) + len(more.x))
    low, high = asked.min(axis=0), asked.max(axis=0)
    assert (low >= OURS.min(axis=0) - 1e-3).all()
    assert (high <= OURS.max(axis=0) + 1e-3).all()


def test_rows_of_another_shape_and_answers_that_do_not_fit_are_refused() -> None:
    labelled, _ = few(0)
    narrow = Rows(labelled.x[:, :3], np.empty(0, np.int64), np.empty(0), ("x",), None)
    with pytest.raises(LearningError, match="another shape"):
        deriving.queries(labelled, narrow, 0)
    asked = deriving.queries(labelled, None, 0)
    for scores in (
        np.zeros((len(asked), 3)),
        np.zeros((3, 2)),
        np.zeros(5),
        np.full((len(asked), 2), np.nan),
    ):
        with pytest.raises(LearningError, match="teacher's answers"):
            deriving.distil(labelled, asked, scores, "logistic")


def test_a_class_with_a_single_row_is_refused() -> None:
    with pytest.raises(LearningError, match='"bad" has a single row'):
        rows_of(X[:3], np.array([0, 1, 1])).split(0.25, 0)


@pytest.fixture(scope="module")
def perceptron(tmp_path_factory):
    """A network of scikit-learn's, with its scaler in the graph."""
    estimator = make_pipeline(StandardScaler(), MLPClassifier((16,), max_iter=60, random_state=0))
    estimator.fit(THEIRS, CLASSES[THEIR_Y])
    path = tmp_path_factory.mktemp("teacher") / "teacher.onnx"
    path.write_bytes(students.FromSklearn(estimator, CLASSES, 30).to_onnx())
    return path


def test_fine_tuning_changes_weights_and_nothing_else(perceptron) -> None:
    pytest.importorskip("torch")
    labelled, more = few(0)
    made = deriving.fine_tune(perceptron, labelled, "probabilities")
    before, after = deriving.read_model(perceptron), made.model
    session = ort.InferenceSession(after)
    labels, scores = session.run(["label", "probabilities"], {"x": more.x})
    assert set(labels) <= {"bad", "good"}
    assert np.allclose(scores.sum(axis=1), 1, atol=1e-5)
    assert not np.allclose(scores, ort.InferenceSession(perceptron).run(["probabilities"], {"x": more.x})[0])
    path = perceptron.with_name("tuned.onnx")
    path.write_bytes(after)
    tuned = deriving.read_model(path)
    assert [one.op_type for one in tuned.graph.node] == [one.op_type for one in before.graph.node]
    assert likeness.compare(before, tuned).alike


def test_a_network_of_ours_in_torch_answers_as_in_the_runtime(tmp_path) -> None:
    torch = pytest.importorskip("torch")
    from assay_learning import networks
    from assay_learning.graph_network import GraphNetwork

    for shape in ((6,), (5, 7), (3, 6, 6)):
        x = np.random.default_rng(0).normal(size=(40, *shape)).astype(np.float32)
        made = networks.train(x, np.eye(3, dtype=np.float32)[np.arange(40) % 3], epochs=1)
        path = tmp_path / "network.onnx"
        path.write_bytes(made.to_onnx())
        graph = GraphNetwork(deriving.read_model(path), "probabilities")
        with torch.no_grad():
            answered = graph(torch.tensor(x)).numpy()
        assert np.allclose(answered, ort.InferenceSession(path).run(None, {"x": x})[0], atol=1e-5)
        assert np.allclose(answered, made.probabilities(x), atol=1e-5)


def test_what_cannot_be_fine_tuned_is_refused(teacher, tmp_path) -> None:
    pytest.importorskip("torch")
    labelled, _ = few(0)
    path = tmp_path / "teacher.onnx"
    path.write_bytes(teacher.to_onnx())
    with pytest.raises(LearningError, match=r"operator \"TreeEnsemble\w*\", which cannot be trained"):
        deriving.fine_tune(path, labelled, "probabilities")


def test_models_trained_apart_are_not_alike(perceptron, tmp_path) -> None:
    found = []
    for seed in (1, 2):
        estimator = make_pipeline(StandardScaler(), MLPClassifier((16,), max_iter=60, random_state=seed))
        estimator.fit(THEIRS, CLASSES[THEIR_Y])
        path = tmp_path / f"{seed}.onnx"
        path.write_bytes(students.FromSklearn(estimator, CLASSES, 30).to_onnx())
        found.append(deriving.read_model(path))
    assert not likeness.compare(*found).alike
    assert likeness.compare(found[0], found[0]).score == pytest.approx(1)


def test_a_forest_hidden_in_an_ensemble_is_found_and_one_of_other_rows_is_not(teacher, tmp_path) -> None:
    rows = rows_of(OURS, OUR_Y)
    other = students.train("forest", rows.x, rows.one_hot, CLASSES, seed=1)
    paths = [tmp_path / "teacher.onnx", tmp_path / "other.onnx"]
    for path, model in zip(paths, (teacher, other), strict=True):
        path.write_bytes(model.to_onnx())
    whole = tmp_path / "whole.onnx"
    whole.write_bytes(composing.ensemble(paths))
    first, second, both = map(deriving.read_model, (*paths, whole))
    assert likeness.compare(first, both).score == 1
    assert likeness.compare(second, both).score == 1
    assert likeness.compare(first, second).score < 0.1
