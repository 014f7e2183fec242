"""A hundred models as people export them, and the data on which each is tested."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import onnx
from onnxmltools import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType
from skl2onnx import to_onnx
from sklearn import (
    discriminant_analysis,
    ensemble,
    linear_model,
    naive_bayes,
    neural_network,
    preprocessing,
    svm,
    tree,
)
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

HIDDEN = 0.4


@dataclass(frozen=True)
class Rows:
    """Data of one kind; *regression* says what its labels are."""

    name: str
    features: np.ndarray
    labels: np.ndarray
    regression: bool = False

    @property
    def known(self) -> slice:
        return slice(0, int(len(self.labels) * (1 - HIDDEN)))

    @property
    def hidden(self) -> slice:
        return slice(self.known.stop, None)


@dataclass(frozen=True)
class Export:
    """A model, and the rows it was made for."""

    name: str
    rows: Rows
    model: bytes

    @property
    def input(self) -> str:
        return onnx.load_from_string(self.model).graph.input[0].name

    @property
    def output(self) -> str:
        return onnx.load_from_string(self.model).graph.output[0].name


def data() -> Iterator[Rows]:
    random = np.random.default_rng(1)
    for load in (load_iris, load_wine, load_breast_cancer, load_digits):
        loaded = load()
        order = random.permutation(len(loaded.target))[:600]
        yield Rows(load.__name__[5:], loaded.data[order], loaded.target[order])
    features, labels = people(900, random)
    yield Rows("people", features, (labels > np.median(labels)).astype(int))
    yield Rows("answers", (features > np.median(features, axis=0)).astype(float), (labels > 0).astype(int))
    yield Rows("people's sums", features, labels, regression=True)
    diabetes = load_diabetes()
    yield Rows("diabetes", diabetes.data, diabetes.target, regression=True)


def people(rows: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Age, three answers, visits, an amount in whole francs, the hour; and a figure that depends on them."""
    columns = [random.integers(18, 90, rows), *random.integers(0, 2, (3, rows)), random.poisson(2, rows)]
    columns += [np.round(random.lognormal(6, 1, rows)), random.integers(0, 24, rows)]
    age, smokes, female, urban, visits, amount, _ = columns
    figure = (age - 50) / 15 + 1.5 * smokes - 1.2 * female + 0.5 * visits - 0.4 * np.log1p(amount)
    return np.column_stack(columns), figure + 0.8 * urban * smokes + random.logistic(size=rows) * 0.5


def small(network: type, steps: int) -> object:
    return network(hidden_layer_sizes=(16,), max_iter=steps, random_state=0)


def classifiers() -> Iterator[tuple[str, object]]:
    yield "logistic", linear_model.LogisticRegression(max_iter=2000)
    yield "scaled logistic", make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression())
    yield "ridge", linear_model.RidgeClassifier()
    yield "tree", tree.DecisionTreeClassifier(random_state=0)
    yield "even forest", ensemble.RandomForestClassifier(20, random_state=0)
    yield "extra trees", ensemble.ExtraTreesClassifier(20, random_state=0)
    yield "boosting", ensemble.GradientBoostingClassifier(n_estimators=10, random_state=0)
    yield "bagging", ensemble.BaggingClassifier(n_estimators=6, random_state=0)
    yield "adaboost", ensemble.AdaBoostClassifier(n_estimators=6, random_state=0)
    yield "naive Bayes", naive_bayes.GaussianNB()
    yield "discriminant", discriminant_analysis.LinearDiscriminantAnalysis()
    yield "support vectors", make_pipeline(preprocessing.StandardScaler(), svm.SVC(probability=True))
    yield (
        "network",
        make_pipeline(
            preprocessing.MinMaxScaler(),
            small(neural_network.MLPClassifier, 150),
        ),
    )
    yield (
        "components",
        make_pipeline(
            preprocessing.StandardScaler(), PCA(3), ensemble.RandomForestClassifier(11, random_state=0)
        ),
    )


def regressors() -> Iterator[tuple[str, object]]:
    yield "linear", linear_model.LinearRegression()
    yield "lasso", linear_model.Lasso(0.1)
    yield "tree", tree.DecisionTreeRegressor(random_state=0)
    yield "forest", ensemble.RandomForestRegressor(20, random_state=0)
    yield "boosting", ensemble.GradientBoostingRegressor(n_estimators=20, random_state=0)
    yield (
        "polynomial",
        make_pipeline(
            preprocessing.StandardScaler(), preprocessing.PolynomialFeatures(2), linear_model.Ridge()
        ),
    )
    yield (
        "network",
        make_pipeline(
            preprocessing.StandardScaler(),
            small(neural_network.MLPRegressor, 200),
        ),
    )


def exports() -> Iterator[Export]:
    for rows in data():
        features = rows.features.astype(np.float32)
        for name, model in regressors() if rows.regression else classifiers():
            model.fit(features[rows.known], rows.labels[rows.known])
            options = {} if rows.regression or "ridge" in name else {"zipmap": False}
            written = to_onnx(model, features[:1], options=options, target_opset=21)
            yield Export(name, rows, written.SerializeToString())
        yield from boosted(rows, features)


def boosted(rows: Rows, features: np.ndarray) -> Iterator[Export]:
    """XGBoost and LightGBM as their documentation says."""
    import lightgbm
    import xgboost

    kinds = [("XGBoost", xgboost.XGBClassifier, convert_xgboost, {"n_jobs": 1})]
    kinds += [
        ("exact XGBoost", xgboost.XGBClassifier, convert_xgboost, {"tree_method": "exact", "n_jobs": 1})
    ]
    kinds += [("LightGBM", lightgbm.LGBMClassifier, convert_lightgbm, {"verbose": -1, "n_jobs": 1})]
    if rows.regression:
        kinds = [("XGBoost", xgboost.XGBRegressor, convert_xgboost, {"n_jobs": 1})]
        kinds += [("LightGBM", lightgbm.LGBMRegressor, convert_lightgbm, {"verbose": -1, "n_jobs": 1})]
    for name, make, convert, arguments in kinds:
        model = make(n_estimators=20, **arguments).fit(features[rows.known], rows.labels[rows.known])
        types = [("X", FloatTensorType([None, features.shape[1]]))]
        more = {"zipmap": False} if convert is convert_lightgbm and not rows.regression else {}
        written = convert(model, initial_types=types, target_opset=15, **more)
        yield Export(name, rows, written.SerializeToString())
