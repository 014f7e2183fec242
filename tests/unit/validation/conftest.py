"""Real models trained on real data, once a session."""

from pathlib import Path

import numpy as np
import pytest
from skl2onnx import to_onnx
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from assay.manifests.evaluation import DataMapping, EvaluationSpec, InputMapping, OutputMapping
from assay_validation.limits import Limits

TRAINING_ROWS = 300


@pytest.fixture(scope="session")
def small_limits():
    """Tight enough that a hostile model dies in seconds."""
    return Limits(cpu_seconds=2, wall_seconds=600, memory_bytes=3 << 30, file_bytes=16 << 20)


@pytest.fixture(scope="session")
def cancer():
    """The Wisconsin data; rows from TRAINING_ROWS on are the hidden ones."""
    return load_breast_cancer(as_frame=True)


@pytest.fixture(scope="session")
def cancer_model(cancer):
    """The scikit-learn pipeline itself, for comparison."""
    known = cancer.data[:TRAINING_ROWS].to_numpy(np.float32)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return pipeline.fit(known, cancer.target[:TRAINING_ROWS])


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("artifacts")


@pytest.fixture(scope="session")
def cancer_onnx(folder, cancer, cancer_model) -> Path:
    path = folder / "cancer.onnx"
    sample = cancer.data[:1].to_numpy(np.float32)
    path.write_bytes(to_onnx(cancer_model, sample, options={"zipmap": False}).SerializeToString())
    return path


@pytest.fixture(scope="session")
def one_column_onnx(folder, cancer) -> Path:
    """A model of the first column alone."""
    path = folder / "one.onnx"
    known = cancer.data[:TRAINING_ROWS].to_numpy(np.float32)[:, :1]
    model = LogisticRegression().fit(known, cancer.target[:TRAINING_ROWS])
    path.write_bytes(to_onnx(model, known[:1], options={"zipmap": False}).SerializeToString())
    return path


@pytest.fixture(scope="session")
def hidden(cancer):
    """The hidden rows with a made-up hospital site as group."""
    frame = cancer.frame[TRAINING_ROWS:].copy()
    frame["site"] = np.where(np.arange(len(frame)) % 3 == 0, "north", "south")
    return frame


@pytest.fixture(scope="session")
def hidden_csv(folder, hidden) -> Path:
    path = folder / "hidden.csv"
    hidden.to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def cancer_spec(cancer) -> EvaluationSpec:
    return EvaluationSpec(
        task="classification",
        metric="accuracy",
        step=1,
        data=DataMapping(
            format="csv",
            inputs=(InputMapping(name="X", columns=tuple(cancer.feature_names)),),
            label="target",
            classes=("0", "1"),
            group="site",
        ),
        output=OutputMapping(labels="label", probabilities="probabilities"),
    )


@pytest.fixture(scope="session")
def diabetes():
    return load_diabetes(as_frame=True)


@pytest.fixture(scope="session")
def diabetes_regressor(diabetes):
    known = diabetes.data[:TRAINING_ROWS].to_numpy(np.float32)
    return LinearRegression().fit(known, diabetes.target[:TRAINING_ROWS])


@pytest.fixture(scope="session")
def diabetes_onnx(folder, diabetes, diabetes_regressor) -> Path:
    path = folder / "diabetes.onnx"
    sample = diabetes.data[:1].to_numpy(np.float32)
    path.write_bytes(to_onnx(diabetes_regressor, sample).SerializeToString())
    return path


@pytest.fixture(scope="session")
def diabetes_spec(diabetes) -> EvaluationSpec:
    return EvaluationSpec(
        task="regression",
        metric="rmse",
        step=1,
        noise_tolerance=100_000,
        data=DataMapping(
            format="parquet",
            inputs=(InputMapping(name="X", columns=tuple(diabetes.feature_names)),),
            label="target",
        ),
        output=OutputMapping(values="variable"),
    )


@pytest.fixture(scope="session")
def diabetes_parquet(folder, diabetes) -> Path:
    path = folder / "diabetes.parquet"
    diabetes.frame[TRAINING_ROWS:].to_parquet(path)
    return path
