"""Files that were damaged or made to harm end in a sentence, whichever library meets them."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.neural_network import MLPClassifier

from assay_learning import composing, deriving, likeness, students
from assay_learning.errors import LearningError

X, Y = load_breast_cancer(return_X_y=True)
X = X.astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("damaged")
    for name, estimator in (
        ("network", MLPClassifier((8,), max_iter=3, random_state=0)),
        ("forest", RandomForestClassifier(3, random_state=0)),
    ):
        fitted = students.FromSklearn(estimator.fit(X, Y), np.array([0, 1]), 30)
        (folder / f"{name}.onnx").write_bytes(fitted.to_onnx())
    return folder


@settings(max_examples=60)
@given(name=st.sampled_from(["network", "forest"]), place=st.floats(0, 1), put=st.binary(max_size=8))
def test_damaged_models_end_in_a_sentence(folder, name, place, put) -> None:
    whole, path = folder / f"{name}.onnx", folder / "damaged.onnx"
    content = bytearray(whole.read_bytes())
    at = int(place * len(content))
    content[at : at + 4] = put
    path.write_bytes(content)
    for work in (
        lambda: composing.ensemble([path, whole]),
        lambda: composing.pipeline([whole, path]),
        lambda: likeness.compare(deriving.read_model(path), deriving.read_model(whole)),
    ):
        with contextlib.suppress(LearningError):
            work()


def test_numbers_that_are_not_there(folder) -> None:
    model = onnx.load(folder / "network.onnx")
    weights = next(one for one in model.graph.initializer if len(one.dims) == 2)
    weights.dims[0] = 2**40
    with pytest.raises(LearningError, match="not what it says it is"):
        likeness.compare(model, model)
