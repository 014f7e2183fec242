"""Data of every kind: `assay order new` writes an order that a panel accepts, and a model is scored on it.

The orders have the forms that the guide for customers shows.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
import pyarrow as pa
import pytest
from jailed_node import NODE
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from pyarrow import parquet
from skl2onnx import convert_sklearn, to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from unjailed import jobs_in_this_process

from assay.manifests.evaluation import CsvDialect, EvaluationSpec, InputMapping, Metric, ReportStatus
from assay.markets.checks import check_data
from assay.markets.order import Order
from assay.markets.order_template import new_order

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "customer.md"
IRIS = load_iris()
KINDS = np.array(["Bachblüte", "Flußlilie", "Sumpflilie"])
NAMES = ("länge", "breite", "blatt", "blattbreite")


JAILED = {"test_a_table_as_spreadsheets_write_it[utf-16]", "test_images_of_an_archive[PNG]"}
"""The others run in this process, which is quicker."""


@pytest.fixture(autouse=True)
def jails(request):
    if request.node.name in JAILED:
        yield
    else:
        with jobs_in_this_process():
            yield


def ordered(data: Path, **options: Any) -> EvaluationSpec:
    """The test in the order that is written about *data*, which a panel accepts."""
    document = new_order(data, NODE, domain="healthcare", **options)
    path = data.with_name("order.json")
    path.write_text(json.dumps(document))
    order = Order.load(path)
    assert check_data(order, data, NODE, store=None).reasons == ()  # type: ignore[arg-type]
    return order.evaluation


def scored(data: Path, spec: EvaluationSpec, model: onnx.ModelProto) -> float:
    """What *model* scores on *data*, a share."""
    path = data.with_name("model.onnx")
    path.write_bytes(model.SerializeToString())
    assert NODE.try_out(path, spec).reasons == ()
    report = NODE.evaluate(path, data, spec)
    assert report.status is ReportStatus.ANSWERED, report
    return report.score / 1_000_000


def flowers() -> pd.DataFrame:
    frame = pd.DataFrame(IRIS.data, columns=list(NAMES))
    return frame.assign(art=KINDS[IRIS.target])


def flower_model() -> onnx.ModelProto:
    model = LogisticRegression(max_iter=500).fit(IRIS.data.astype(np.float32), KINDS[IRIS.target])
    sample = IRIS.data[:1].astype(np.float32)
    made: onnx.ModelProto = to_onnx(model, sample, options={"zipmap": False})
    return made


@pytest.mark.parametrize(
    ("write", "options", "dialect"),
    [
        ({"sep": ";", "decimal": ","}, {}, {"separator": ";", "decimal": ","}),
        ({"sep": "\t", "encoding": "utf-16"}, {}, {"separator": "\t", "encoding": "utf-16"}),
        (
            {"sep": ";", "decimal": ",", "encoding": "cp1252", "lineterminator": "\r\n"},
            {"declared": {"encoding": "cp1252"}},
            {"separator": ";", "decimal": ",", "encoding": "cp1252"},
        ),
        ({"sep": "|", "encoding": "utf-8-sig"}, {}, {"separator": "|"}),
        ({"header": False}, {"declared": {"header": False}}, {"header": False}),
    ],
    ids=["Excel", "utf-16", "cp1252", "mark", "no header"],
)
def test_a_table_as_spreadsheets_write_it(write, options, dialect, tmp_path):
    flowers().to_csv(tmp_path / "flowers.csv", index=False, **write)
    spec = ordered(tmp_path / "flowers.csv", **options)
    assert spec.data.csv == CsvDialect(**dialect)
    assert set(spec.data.classes) == set(KINDS)
    assert scored(tmp_path / "flowers.csv", spec, flower_model()) > 0.9


def passengers() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Columns of numbers and of texts, both with gaps: what is known, and what is hidden."""
    random, rows = np.random.default_rng(0), 600
    frame = pd.DataFrame(
        {
            "age": random.uniform(1, 80, rows).round(1),
            "fare": random.lognormal(3, 1, rows).round(2),
            "sex": random.choice(["male", "female"], rows),
            "embarked": random.choice(["Southampton", "Cherbourg, France", "Queenstown"], rows),
        }
    )
    frame["survived"] = ((frame.sex == "female") ^ (random.random(rows) < 0.2)).astype(int)
    for column in ("age", "embarked"):
        frame.loc[random.random(rows) < 0.1, column] = None
    return frame[:300], frame[300:]


def passenger_model(known: pd.DataFrame) -> onnx.ModelProto:
    """A pipeline with an input for each column."""
    numbers, texts = ["age", "fare"], ["sex", "embarked"]
    pipeline = make_pipeline(
        ColumnTransformer(
            [
                ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), numbers),
                ("texts", OneHotEncoder(handle_unknown="ignore"), texts),
            ]
        ),
        LogisticRegression(),
    )
    pipeline.fit(known.drop(columns="survived").fillna({"embarked": ""}), known.survived)
    types = [(name, FloatTensorType([None, 1])) for name in numbers]
    types += [(name, StringTensorType([None, 1])) for name in texts]
    options = {id(pipeline): {"zipmap": False}}
    made: onnx.ModelProto = convert_sklearn(pipeline, initial_types=types, options=options)
    return made


@pytest.mark.parametrize("form", ["csv", "parquet", "jsonl", "NA.csv"])
def test_texts_and_gaps_with_an_input_for_each_column(form, tmp_path):
    known, hidden = passengers()
    data = tmp_path / f"passengers.{form}"
    if form == "parquet":
        hidden.to_parquet(data)
    elif form == "jsonl":
        hidden.to_json(data, orient="records", lines=True)
    else:
        hidden.to_csv(data, index=False, na_rep="NA" if form == "NA.csv" else "")
    spec = ordered(data, declared={"gaps": ["NA"]} if form == "NA.csv" else {})
    assert [(one.name, one.dtype, one.missing) for one in spec.data.inputs] == [
        ("age", "float32", "nan"),
        ("fare", "float32", None),
        ("sex", "string", None),
        ("embarked", "string", ""),
    ]
    assert spec.data.csv.gaps == (("NA",) if form == "NA.csv" else ())
    assert scored(data, spec, passenger_model(known)) > 0.7


@pytest.mark.parametrize("form", ["csv", "npz", "parquet"])
def test_measurements_with_gaps(form, tmp_path):
    cancer = load_breast_cancer()
    values = cancer.data.astype(np.float32)
    values[np.random.default_rng(0).random(values.shape) < 0.1] = np.nan
    pipeline = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(max_iter=1000))
    pipeline.fit(values[:300], cancer.target[:300])
    options = {id(pipeline): {"zipmap": False}}
    model = to_onnx(pipeline, values[:1], options=options)
    data, hidden = tmp_path / f"cancer.{form}", values[300:]
    if form == "npz":
        np.savez(data, X=hidden, target=cancer.target[300:])
    else:
        frame = pd.DataFrame(hidden, columns=cancer.feature_names).assign(target=cancer.target[300:])
        frame.to_csv(data, index=False) if form == "csv" else frame.to_parquet(data)
    spec = ordered(data)
    assert [one.missing for one in spec.data.inputs] == ["nan"]
    assert scored(data, spec, model) > 0.9


DIGITS = load_digits()


@cache
def digit_weights() -> tuple[Any, Any]:
    fitted = LogisticRegression(max_iter=60).fit(DIGITS.data[:600] / 16, DIGITS.target[:600])
    return fitted.coef_, fitted.intercept_


def digit_model(shape: tuple[int, ...], fed: str, unit: float) -> onnx.ModelProto:
    """A logistic regression of rows of the *shape*, in which full ink is *unit*."""
    coefficients, intercept = digit_weights()
    weights = {
        "weights": (coefficients.T / unit).astype(np.float32),
        "bias": intercept.astype(np.float32),
    }
    nodes = [
        helper.make_node("Flatten", [fed], ["flat"]),
        helper.make_node("Gemm", ["flat", "weights", "bias"], ["logits"]),
        helper.make_node("ArgMax", ["logits"], ["label"], axis=1, keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info(fed, TensorProto.FLOAT, ["rows", *shape])],
        [helper.make_tensor_value_info("label", TensorProto.INT64, ["rows"])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def pack(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def image(pixels: Any, form: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form)
    return file.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_images_of_an_archive(form, tmp_path):
    pixels = (DIGITS.images[1200:] * 15).astype(np.uint8)
    files = {f"images/{n}.img": image(one, form) for n, one in enumerate(pixels)}
    rows = [f"{name};{digit}" for name, digit in zip(files, DIGITS.target[1200:], strict=True)]
    data = pack(tmp_path / "digits.zip", files | {"index.csv": "\n".join(["file;digit", *rows]).encode()})
    spec = ordered(data)
    (one,) = spec.data.inputs
    assert one.model_dump(mode="json")["files"] == {
        "kind": "image",
        "height": 8,
        "width": 8,
        "channels": 1,
        "layout": "nchw",
        "scale": "1/255",
        "resize": False,
    }
    assert scored(data, spec, digit_model((1, 8, 8), "file", 240 / 255)) > 0.85


def test_a_model_that_only_made_up_words_stop_is_no_worse_for_it(tmp_path):
    """By default, scikit-learn's encoder stops at a category that it does not know."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"city": ["Bern", "Genf"] * 60, "monthly fee": random.normal(size=120)})
    frame = frame.astype({"monthly fee": np.float32})
    target = (frame.city == "Bern").to_numpy().astype(int)
    parts = [("c", OneHotEncoder(), ["city"]), ("n", StandardScaler(), ["monthly fee"])]
    fitted = make_pipeline(ColumnTransformer(parts), LogisticRegression()).fit(frame, target)
    frame.assign(label=target).to_csv(tmp_path / "own.csv", index=False)
    spec = ordered(tmp_path / "own.csv")
    assert [one.name for one in spec.data.inputs] == ["city", "monthly_fee"]
    assert scored(tmp_path / "own.csv", spec, to_onnx(fitted, frame[:1], options={"zipmap": False})) == 1


@pytest.mark.parametrize("kind", [str, int])
def test_more_than_a_hundred_classes(kind, tmp_path):
    random = np.random.default_rng(0)
    labels = random.permutation(np.arange(480) % 120)
    frame = pd.DataFrame({"a": labels + random.normal(size=480) / 9, "b": random.normal(size=480)})
    named = [f"dog {one}" if kind is str else one for one in labels]
    frame.assign(label=named).to_csv(tmp_path / "dogs.csv", index=False)
    spec = ordered(tmp_path / "dogs.csv", metric=Metric.ACCURACY)
    assert set(spec.data.classes) == set(map(str, named))


def test_vectors_in_a_column_of_lists(tmp_path):
    vectors = [(row / 16).tolist() for row in DIGITS.data[1200:]]
    parquet.write_table(pa.table({"vector": vectors, "digit": DIGITS.target[1200:]}), tmp_path / "v.parquet")
    spec = ordered(tmp_path / "v.parquet")
    assert spec.data.inputs == (InputMapping(name="vector", columns=("vector",), shape=(64,)),)
    assert scored(tmp_path / "v.parquet", spec, digit_model((64,), "vector", 1.0)) > 0.85


def test_texts_of_an_archive(tmp_path):
    reviews = {"A good hospital,\nand quiet.": 1, "Ein schönes Haus": 1, "A poor one": 0}
    texts = {f"{n}.txt": list(reviews)[n % 3] for n in range(90)}
    rows = "\n".join(["file,rating", *(f"{name},{reviews[text]}" for name, text in texts.items())])
    files = {"index.csv": rows.encode(), **{name: text.encode() for name, text in texts.items()}}
    data = pack(tmp_path / "ratings.zip", files)
    encoder = helper.make_node(
        "LabelEncoder",
        ["file"],
        ["label"],
        domain="ai.onnx.ml",
        keys_strings=list(reviews),
        values_int64s=list(reviews.values()),
    )
    graph = helper.make_graph(
        [encoder],
        "ratings",
        [helper.make_tensor_value_info("file", TensorProto.STRING, ["rows", 1])],
        [helper.make_tensor_value_info("label", TensorProto.INT64, ["rows", 1])],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    assert scored(data, ordered(data), model) == 1.0


def snippets(heading: str) -> list[str]:
    section = GUIDE.read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"`([^`]*)`", section)


def test_the_guides_inputs_are_inputs():
    found = [one.replace("\\|", "|") for one in snippets("Which data")]
    inputs = [json.loads(one) for one in found if one.startswith("{")]
    fields = [json.loads("{" + one + "}") for one in found if one.startswith('"')]
    assert inputs
    for one in inputs:
        InputMapping.model_validate(one)
    for one in fields:
        if "csv" in one:
            CsvDialect.model_validate(one["csv"])
        elif "format" not in one and one != {"resize": True}:
            InputMapping.model_validate({"name": "X", "columns": ["x"], **one})
