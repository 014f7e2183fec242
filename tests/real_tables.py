"""Real models of tables, for `real_models`: trees, and a pipeline of texts, categories and gaps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from real_models import Real, classification, constant_share, real


def _boosted(folder: Path, fitted: Any, convert: Callable[..., onnx.ModelProto]) -> Real:
    """Trees for breast cancer, exported as the documentation of onnxmltools says."""
    from onnxmltools.convert.common.data_types import FloatTensorType
    from sklearn.datasets import load_breast_cancer

    loaded = load_breast_cancer(as_frame=True)
    order = np.random.default_rng(0).permutation(len(loaded.target))
    rows, labels = loaded.data.to_numpy(np.float32)[order], loaded.target.to_numpy()[order]
    fitted.fit(rows[:350], labels[:350])
    path = folder / "trees.onnx"
    types = [("X", FloatTensorType([None, rows.shape[1]]))]
    path.write_bytes(convert(fitted, initial_types=types, target_opset=15).SerializeToString())
    outputs = [one.name for one in onnx.load(path).graph.output]
    spec = classification("X", {"labels": outputs[0], "probabilities": outputs[1]}, 2)
    own = float((fitted.predict(rows[350:]) == labels[350:]).mean())
    return Real(path, {"x": rows[350:], "y": labels[350:]}, spec, own, constant_share(labels[350:]))


@real("XGBoost")
def xgboost_trees(folder: Path, quick: bool) -> Real:
    """With its defaults."""
    import xgboost
    from onnxmltools import convert_xgboost

    return _boosted(folder, xgboost.XGBClassifier(n_estimators=50, n_jobs=1), convert_xgboost)


@real("LightGBM")
def lightgbm_trees(folder: Path, quick: bool) -> Real:
    """With its defaults, so with a sequence of maps."""
    import lightgbm
    from onnxmltools import convert_lightgbm

    model = lightgbm.LGBMClassifier(n_estimators=50, verbose=-1, n_jobs=1)
    return _boosted(folder, model, convert_lightgbm)


@real("scikit-learn pipeline of texts, categories and gaps")
def pipeline(folder: Path, quick: bool) -> Real:
    """Wines: a note in words of what was measured, a category, and numbers with gaps."""
    import pandas as pd
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType
    from sklearn.compose import ColumnTransformer
    from sklearn.datasets import load_wine
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    random, loaded = np.random.default_rng(0), load_wine(as_frame=True)
    wines = loaded.data.assign(y=loaded.target).sample(frac=1, random_state=0).reset_index(drop=True)
    strong, dark = wines.alcohol > 13, wines.color_intensity > 4.7
    words = {(True, True): "strong, dark", (True, False): "Strong but pale", (False, True): "light and DARK"}
    frame = pd.DataFrame(
        {
            "note": [words.get(pair, "light, pale") for pair in zip(strong, dark, strict=True)],
            "hue": pd.cut(wines.hue, 3, labels=["low", "middle", "high"]).astype(str),
            "ash": wines.ash.where(random.random(len(wines)) > 0.1).astype(np.float32),
            "proline": wines.proline.where(random.random(len(wines)) > 0.1).astype(np.float32),
        }
    )
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    parts = [("t", TfidfVectorizer(), "note"), ("c", OneHotEncoder(), ["hue"])]
    parts.append(("n", numbers, ["ash", "proline"]))
    fitted = make_pipeline(ColumnTransformer(parts), LogisticRegression(max_iter=500))
    fitted.fit(frame[:110], wines.y[:110])
    kinds = {
        "note": StringTensorType,
        "hue": StringTensorType,
        "ash": FloatTensorType,
        "proline": FloatTensorType,
    }
    types = [(name, kind([None, 1])) for name, kind in kinds.items()]
    path = folder / "pipeline.onnx"
    path.write_bytes(convert_sklearn(fitted, initial_types=types).SerializeToString())
    spec = classification("", {"labels": "label", "probabilities": "probabilities"}, 3, format="csv")
    texts, gaps = {"dtype": "string"}, {"missing": "nan"}
    spec["data"]["inputs"] = [
        {"name": name, "columns": [name], **(texts if kind is StringTensorType else gaps)}
        for name, kind in kinds.items()
    ]
    hidden = frame[110:].assign(y=wines.y[110:])
    own = fitted.score(frame[110:], wines.y[110:])
    return Real(path, hidden, spec, own, constant_share(hidden.y.to_numpy()))


def _patients() -> tuple[Any, Any]:
    """Rows of numbers and categories, some of whose effects no single column shows; known and hidden ones."""
    import pandas as pd

    random, rows = np.random.default_rng(0), 900
    frame = pd.DataFrame(
        {
            "age": random.integers(18, 90, rows).astype(np.float32),
            "fee": random.lognormal(3, 1, rows).astype(np.float32).round(2),
            "site": random.choice(["north", "south", "east"], rows),
            "kind": random.choice(list("abcdefgh"), rows),
        }
    )
    risk = (frame.age - 50) / 6 + (frame.site == "north") * 5 - frame.kind.isin(list("abc")) * 7
    frame = frame.assign(y=(random.logistic(risk) > 0).astype(int))
    return frame[:600], frame[600:]


@real("LightGBM with categories")
def lightgbm_categories(folder: Path, quick: bool) -> Real:
    """Categories are fed as their places, and split by sets of them."""
    import lightgbm
    from onnxmltools import convert_lightgbm
    from onnxmltools.convert.common.data_types import FloatTensorType

    known, hidden = (one.assign(**_places(one)) for one in _patients())
    fed, categories = ["age", "fee", "site", "kind"], ["site", "kind"]
    fitted = lightgbm.LGBMClassifier(n_estimators=40, verbose=-1, n_jobs=1)
    fitted.fit(known[fed], known.y, categorical_feature=categories)
    path = folder / "trees.onnx"
    types = [("X", FloatTensorType([None, len(fed)]))]
    path.write_bytes(convert_lightgbm(fitted, initial_types=types, target_opset=15).SerializeToString())
    spec = classification("X", {"labels": "label", "probabilities": "probabilities"}, 2, format="csv")
    spec["data"]["inputs"] = [{"name": "X", "columns": fed}]
    own = fitted.score(hidden[fed], hidden.y)
    return Real(path, hidden, spec, own, constant_share(hidden.y.to_numpy()))


def _places(frame: Any) -> dict[str, Any]:
    return {name: frame[name].astype("category").cat.codes for name in ("site", "kind")}


@real("stacked scikit-learn models behind a ColumnTransformer")
def stacked(folder: Path, quick: bool) -> Real:
    """Trees, neighbours and a line, weighed by a regression."""
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import GradientBoostingClassifier, StackingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    known, hidden = _patients()
    fed = ["age", "fee", "site", "kind"]
    columns = [("n", StandardScaler(), fed[:2]), ("c", OneHotEncoder(handle_unknown="ignore"), fed[2:])]
    parts = [
        ("trees", GradientBoostingClassifier(n_estimators=20, random_state=0)),
        ("near", KNeighborsClassifier(15)),
        ("line", LogisticRegression()),
    ]
    fitted = make_pipeline(ColumnTransformer(columns), StackingClassifier(parts, LogisticRegression()))
    fitted.fit(known[fed], known.y)
    types = [
        (name, FloatTensorType([None, 1]) if name in fed[:2] else StringTensorType([None, 1])) for name in fed
    ]
    path = folder / "stacked.onnx"
    path.write_bytes(convert_sklearn(fitted, initial_types=types, target_opset=17).SerializeToString())
    spec = classification("", {"labels": "label", "probabilities": "probabilities"}, 2, format="csv")
    spec["data"]["inputs"] = [
        {"name": name, "columns": [name], **({} if name in fed[:2] else {"dtype": "string"})} for name in fed
    ]
    own = fitted.score(hidden[fed], hidden.y)
    return Real(path, hidden, spec, own, constant_share(hidden.y.to_numpy()))
