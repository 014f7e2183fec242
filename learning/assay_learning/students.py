"""Models that are trained here, and their ONNX files."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Literal, Protocol

import numpy as np

from assay_learning.rows import Array

Kind = Literal["logistic", "forest", "boosting", "network"]
OPSET = 17
INPUT = "x"


class Student(Protocol):
    """A trained model."""

    def probabilities(self, x: Array) -> Array:
        """[rows, classes]."""
        ...

    def to_onnx(self) -> bytes:
        """Its file: input ``x``, output ``probabilities``; scikit-learn's models have labels as well."""
        ...


class FromSklearn:
    """A classifier of scikit-learn on flat rows."""

    def __init__(self, estimator: Any, classes: Array, columns: int) -> None:
        self._estimator, self._classes, self._columns = estimator, classes, columns

    def probabilities(self, x: Array) -> Array:
        """[rows, classes]; a class that no row had scores 0."""
        given = self._estimator.predict_proba(x.reshape(len(x), -1))
        whole = np.zeros((len(x), len(self._classes)))
        whole[:, np.searchsorted(self._classes, self._estimator.classes_)] = given
        return whole

    def to_onnx(self) -> bytes:
        """Its file."""
        from skl2onnx import to_onnx
        from skl2onnx.common.data_types import FloatTensorType

        form = [(INPUT, FloatTensorType([None, self._columns]))]
        final = self._estimator[-1] if hasattr(self._estimator, "steps") else self._estimator
        options = {id(final): {"zipmap": False}}
        graph = to_onnx(self._estimator, initial_types=form, target_opset=OPSET, options=options)
        return bytes(graph.SerializeToString())


def _logistic(seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=10, max_iter=2000, random_state=seed))


def _forest(seed: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(100, random_state=seed)


def _boosting(seed: int) -> Any:
    from sklearn.ensemble import GradientBoostingClassifier

    return GradientBoostingClassifier(n_estimators=60, max_depth=5, random_state=seed)


_ESTIMATORS: dict[str, Callable[[int], Any]] = {
    "logistic": _logistic,
    "forest": _forest,
    "boosting": _boosting,
}


def train(kind: Kind, x: Array, targets: Array, classes: Array, seed: int = 0) -> Student:
    """A model of this *kind*, trained on rows *x* with *targets* [rows, classes], each a distribution.

    A network learns the distributions. The others learn the most probable class, weighed by how sure it is.
    """
    if kind == "network":
        from assay_learning import networks

        return networks.train(x, targets, seed)
    estimator = _ESTIMATORS[kind](seed)
    places, weights = targets.argmax(axis=1), targets.max(axis=1)
    last = {f"{estimator.steps[-1][0]}__sample_weight" if hasattr(estimator, "steps") else "sample_weight"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged; its accuracy is measured
        estimator.fit(x.reshape(len(x), -1), classes[places], **dict.fromkeys(last, weights))
    return FromSklearn(estimator, classes, int(np.prod(x.shape[1:])))


def accuracy(student: Student, x: Array, labels: Array) -> float:
    """The share of rows whose most probable class is right."""
    return float((student.probabilities(x).argmax(axis=1) == labels).mean())
