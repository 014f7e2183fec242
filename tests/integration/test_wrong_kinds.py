"""Every kind of wrong order, data and model is refused before anything is sent, with a sentence that helps.

The functions are those that `open` and `submit` call first; test_checked_beforehand.py shows that they do.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
import pytest
from jailed_node import NODE
from onnx import TensorProto, helper

from assay.errors import InvalidInput
from assay.manifests.evaluation import Metric
from assay.markets.checks import check_data, check_model, refuse
from assay.markets.order import Order
from assay.markets.order_template import new_order
from assay.wallet.secp256k1 import times_base

ROWS = 60
Document = dict[str, Any]


class Task:
    """A file of data, and the order that `assay order new` writes about it."""

    def __init__(self, data: Path, **options: Any) -> None:
        self.data = data
        self.document = new_order(data, NODE, domain="healthcare", **options)

    def order(self, change: Callable[[Document], object] = lambda _: None) -> Order:
        document = copy.deepcopy(self.document)
        change(document)
        path = self.data.with_suffix(".json")
        path.write_text(json.dumps(document))
        return Order.load(path)


def table(path: Path) -> pd.DataFrame:
    drawn = np.random.default_rng(0)
    frame = pd.DataFrame({"age": drawn.integers(20, 90, ROWS), "dose": drawn.random(ROWS).round(3)})
    frame["site"] = np.where(np.arange(ROWS) % 3 == 0, "north", "south")
    frame["ill"] = np.where(np.arange(ROWS) % 4 == 0, "yes", "no")
    frame["stay"] = (frame["age"] / 10 + frame["dose"]).round(3)
    frame.to_csv(path, index=False)
    return frame


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("wrong kinds")


@pytest.fixture(scope="module")
def regression(folder) -> Task:
    table(folder / "stay.csv")
    return Task(folder / "stay.csv", label="stay", without=("site", "ill"))


@pytest.fixture(scope="module")
def classification(folder) -> Task:
    table(folder / "ill.csv")
    task = Task(folder / "ill.csv", label="ill", without=("site", "stay"))
    task.document["evaluation"]["data"]["group"] = "site"
    task.document["dataset"]["counts"]["groups"] = {"north": 20, "south": 40}
    return task


@pytest.fixture(scope="module")
def images(folder) -> Task:
    pixels = np.random.default_rng(0).random((ROWS, 1, 4, 4), dtype=np.float32)
    np.savez(folder / "images.npz", image=pixels, kind=np.arange(ROWS) % 2)
    return Task(folder / "images.npz")


def test_none_of_this_refuses_what_is_right(regression, classification, images):
    for task in (regression, classification, images):
        order = task.order()
        assert check_data(order, task.data, NODE, store=None).reasons == ()  # type: ignore[arg-type]
        assert order.criteria_bitmap() == 0


# --- orders ------------------------------------------------------------------------------------------------


def put(*path: str | int, value: Any) -> Callable[[Document], object]:
    """Set what stands at *path*."""

    def change(document: Document) -> None:
        at: Any = document
        for name in path[:-1]:
            at = at[name]
        at[path[-1]] = value

    return change


def without(*path: str) -> Callable[[Document], object]:
    def change(document: Document) -> None:
        at: Any = document
        for name in path[:-1]:
            at = at[name]
        del at[path[-1]]

    return change


def bound(**bounds: Any) -> Callable[[Document], object]:
    """Another threshold."""

    def change(document: Document) -> None:
        document.pop("at_most", None)
        document.pop("at_least", None)
        document.update(bounds)

    return change


COLUMNS = ("evaluation", "data", "inputs", 0, "columns")
WRONG_ORDERS: dict[str, tuple[str, Callable[[Document], object], str]] = {
    "an error below zero": ("regression", bound(at_most={"rmse": -1}), "no RMSE is below 0"),
    "an error as a score": ("regression", bound(threshold=60), 'write "at_most": {"rmse": 60}'),
    "an error at least": ("regression", bound(at_least={"rmse": 2}), "so write at_most"),
    "more than all": ("classification", bound(at_least={"balanced_accuracy": 1.2}), "cannot be reached"),
    "between two steps": (
        "classification",
        lambda d: (bound(at_least={"balanced_accuracy": 1})(d), d["evaluation"].update(step="0.3 %")),
        "published in steps",
    ),
    "an effort out of reach": (
        "regression",
        put("effort", value={"at_most": {"rmse": -3}}),
        "no RMSE is below 0",
    ),
    "another metric's bound": ("regression", bound(at_most={"mae": 2}), "the evaluation's metric is rmse"),
    "a metric of the other task": ("regression", put("evaluation", "metric", value="auroc"), "metric"),
    "no probabilities for AUROC": (
        "classification",
        lambda d: (put("evaluation", "metric", value="auroc")(d), bound(at_least={"auroc": 0.8})(d)),
        "needs the probabilities output",
    ),
    "one class": ("classification", put("evaluation", "data", "classes", value=["no"]), "two classes"),
    "a class twice": ("classification", put("evaluation", "data", "classes", value=["no", "no"]), "twice"),
    "the label is fed": ("regression", put(*COLUMNS, value=["age", "stay"]), "must not be an input"),
    "nothing is fed": ("regression", put("evaluation", "data", "inputs", value=[]), "evaluation.data.inputs"),
    "a table with another shape": (
        "regression",
        put("evaluation", "data", "inputs", 0, "shape", value=[3]),
        "2 columns does not have the shape [3]",
    ),
    "an interval that is empty": (
        "regression",
        lambda d: d["reference"].update(between=None, low=2, high=1),
        "reference",
    ),
    "a gap without groups": (
        "regression",
        put("evaluation", "criteria", value=[{"kind": "group_gap", "bound": "5 %"}]),
        "needs a group column",
    ),
    "a size that no model has": (
        "regression",
        put("evaluation", "criteria", value=[{"kind": "model_size", "bound": 0}]),
        "no model has a model size below 1",
    ),
    "a criterion that is not there": ("regression", put("required_criteria", value=[0]), "criterion"),
    "no reserve": ("regression", without("reserve"), "reserve: this is missing"),
    "no rows": ("regression", put("dataset", "counts", "rows", value=-1), "dataset.counts.rows"),
    "text that is fed": (
        "regression",
        put("dataset", "columns", 0, "type", value="text"),
        'dataset.columns.0.type: "age" is fed to the model, which takes numbers',
    ),
    "no duration": ("regression", put("building", value="a while"), "not a duration"),
    "a field that is none": ("regression", put("reserves", value="1"), "perhaps reserve is meant"),
}


@pytest.mark.parametrize("kind", WRONG_ORDERS)
def test_a_wrong_order(kind, request):
    name, change, says = WRONG_ORDERS[kind]
    with pytest.raises(InvalidInput) as refused:
        request.getfixturevalue(name).order(change).criteria_bitmap()
    assert says in str(refused.value)


CSV = "age,ill\n1,no\n2,no\n3,no\n"
UNUSABLE: dict[str, tuple[str, bytes | None, dict[str, Any], str]] = {
    "no file": ("n.csv", None, {}, "There is no file"),
    "an empty file": ("e.csv", b"", {}, "is empty"),
    "Latin-1": (
        "l.csv",
        "name,ill\nRené,no\n".encode("latin-1"),
        {},
        'Line 2 reads as "René,no" in cp1252, or as "Renй,no" in cp1251',
    ),
    "UTF-16 without a mark": ("u.csv", CSV.encode("utf-16-le"), {}, "--encoding 'utf-16-le'"),
    "bytes": ("b.csv", b"\x7fELF\0\1", {}, "is not a CSV file: it holds binary data"),
    "a workbook": ("w.csv", b"PK\3\4ab", {}, "is not a CSV file"),
    "no Parquet": ("p.parquet", CSV.encode(), {}, "is not a Parquet file"),
    "no NPZ": ("p.npz", CSV.encode(), {}, "is not an NPZ file"),
    "commas and semicolons": (
        "s.csv",
        b"a,b;c\n1,2;3\n",
        {},
        '"1 | 2;3" with columns separated by commas, or as "1,2 | 3" with columns separated by semicolons',
    ),
    "points or thousands": (
        "t.csv",
        b"a;b\n1.234;x\n2.500;y\n",
        {},
        "1.234 is 1234, with separators of thou",
    ),
    "commas or thousands": ("d.csv", b"a;b\n1,234;x\n2,500;y\n", {}, "--decimal ',' or --decimal '.'"),
    "points and commas": ("m.csv", b"a;b;c\n1.5;2,5;x\n2.5;3,5;y\n", {}, "2,5 is a number, 1.5 text"),
    "quotes of two kinds": ("q.csv", b"a,ill\n'x',no\n", {}, '"x" with cells in \''),
    "no header": ("o.csv", b"1,2\n3,4\n", {}, "--header or --no-header"),
    "no text in any encoding": ("z.csv", b"a,b\n\xff\x00\x81\xfe,\xff\n", {}, "it holds binary data"),
    "a header alone": ("h.csv", b"age,ill\n", {}, "has no rows"),
    "one row": ("r.csv", b"age,ill\n1,no\n", {}, "has 1 row"),
    "a single class": ("c.csv", CSV.encode(), {}, 'holds a single class, "no", in 3 rows'),
    "classes of numbers": (
        "f.csv",
        b"age,fee\n" + b"".join(b"1,%d.5\n" % fee for fee in range(150)),
        {"metric": Metric.AUROC},
        'The column "fee" holds numbers in 150 rows',
    ),
    "an error of text": ("x.csv", CSV.encode(), {"metric": Metric.RMSE}, 'The label "ill" holds text'),
    "a gap in the label": ("y.csv", b"a,fee\n1,1.5\n2,\n", {}, '"fee" is empty in 1 row'),
    "infinity": ("i.csv", b"the plan,fee\ninf,1.5\n1,2.5\n", {}, "--without 'the plan'"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_a_file_that_no_order_can_be_written_about(kind, tmp_path):
    name, content, options, says = UNUSABLE[kind]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInput) as refused:
        new_order(tmp_path / name, NODE, domain="healthcare", **options)
    assert says in f"{refused.value} {refused.value.hint}"


# --- data --------------------------------------------------------------------------------------------------


def cells(column: str, value: Any) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Another value in two rows of a column."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        frame[column] = frame[column].astype(object)
        frame.loc[[3, 8], column] = value
        return frame

    return change


def same(frame: pd.DataFrame) -> pd.DataFrame:
    return frame


def nothing(_: Document) -> None:
    pass


Frames = Callable[[pd.DataFrame], pd.DataFrame]
WRONG_TABLES: dict[str, tuple[str, Callable[[Document], object], Frames, str]] = {
    "rows": ("regression", nothing, lambda f: f.head(50), "the data has 50 rows, and the order says 60"),
    "no rows at all": ("regression", nothing, lambda f: f.head(0), "0 rows"),
    "a column less": ("regression", nothing, lambda f: f.drop(columns="dose"), 'no column "dose"'),
    "a column twice": (
        "regression",
        nothing,
        lambda f: pd.concat([f, f["dose"]], axis=1),
        '2 columns are named "dose"',
    ),
    "gaps": ("regression", nothing, cells("dose", ""), '"dose" is empty in 2 rows, first in row 4'),
    "text": ("regression", nothing, cells("age", "old"), '"age" holds no number in 2 rows'),
    "infinity": ("regression", nothing, cells("dose", "inf"), '"dose" is NaN or infinite in 2 rows'),
    "parts where whole numbers are due": (
        "regression",
        put("evaluation", "data", "inputs", 0, "dtype", value="int64"),
        same,
        '"dose" holds no whole number',
    ),
    "gaps in the label": ("regression", nothing, cells("stay", ""), '"stay" is empty in 2 rows'),
    "an unknown class": ("classification", nothing, cells("ill", "perhaps"), "none of the order's classes"),
    "other counts of classes": (
        "classification",
        put("dataset", "counts", "classes", value={"no": 30, "yes": 30}),
        same,
        'the class "no" is in 45 rows, and the order says 30',
    ),
    "other counts of groups": (
        "classification",
        put("dataset", "counts", "groups", value={"north": 30, "south": 30}),
        same,
        'the group "north" has 20 rows, and the order says 30',
    ),
    "a metric that is not defined": (
        "classification",
        lambda d: (
            d["evaluation"].update(metric="auroc", output={"probabilities": "p"}),
            bound(at_least={"auroc": 0.8})(d),
            put("dataset", "counts", "classes", value={"no": 60})(d),
        ),
        lambda f: f.assign(ill="no"),
        "is not defined on this data",
    ),
    "a reference elsewhere": (
        "regression",
        put("reference", "between", value=[0.1, 0.2]),
        same,
        "and the order says RMSE 0.2 to RMSE 0.1",
    ),
    "a reference of the other task": (
        "regression",
        put("reference", "kind", value="majority-class"),
        same,
        "the reference model gives no score",
    ),
    "a described column that is not there": (
        "regression",
        lambda d: d["dataset"]["columns"].append({"name": "weight", "type": "float"}),
        same,
        'no column "weight"',
    ),
    "a described column of another type": (
        "classification",
        lambda d: d["dataset"]["columns"].append({"name": "site", "type": "integer"}),
        same,
        '"site" holds another type',
    ),
    "fewer rows than allowed": (
        "regression",
        put("evaluation", "data", "max_rows", value=40),
        same,
        "60 rows, and 1 to 40 are allowed",
    ),
}


@pytest.mark.parametrize("kind", WRONG_TABLES)
def test_a_wrong_table(kind, request, tmp_path):
    name, order, data, says = WRONG_TABLES[kind]
    task = request.getfixturevalue(name)
    path = tmp_path / "data.csv"
    data(table(path)).to_csv(path, index=False)
    check_refused_data(task.order(order), path, says)


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        (
            "classification",
            bound(at_least={"balanced_accuracy": 0.3}),
            "balanced accuracy at least 30 %, and its reference model already scores 50 %",
        ),
        ("regression", bound(at_most={"rmse": 60}), "RMSE at most 60, and its reference model already"),
        (
            "classification",
            put("evaluation", "data", "classes", value=["no", "yes", "maybe"]),
            'lists the class "maybe", and no row has it',
        ),
    ],
)
def test_an_order_that_its_data_makes_impossible(name, change, says, request):
    task = request.getfixturevalue(name)
    with pytest.raises(InvalidInput) as refused:
        check_data(task.order(change), task.data, NODE, store=None)  # type: ignore[arg-type]
    assert says in str(refused.value)


WRONG_ARRAYS: dict[str, tuple[Any, str]] = {
    "another shape": ({"image": np.zeros((ROWS, 1, 4, 5), np.float32)}, "another shape than the order says"),
    "fewer rows": ({"image": np.zeros((ROWS - 1, 1, 4, 4), np.float32)}, "different numbers of rows"),
    "text": ({"image": np.full((ROWS, 1, 4, 4), "x")}, '"image" is not numeric'),
    "no label": ({"kind": None}, 'no column "kind"'),
    "no number of rows": ({"kind": np.array(1)}, 'the array "kind" has no rows'),
    "labels that are not flat": ({"kind": np.zeros((ROWS, 2), int)}, "not one value for each row"),
    "no archive": (b"PK\x03\x04 nothing", 'cannot be read as "npz"'),
}


@pytest.mark.parametrize("kind", WRONG_ARRAYS)
def test_wrong_arrays(kind, images, tmp_path):
    change, says = WRONG_ARRAYS[kind]
    path = tmp_path / "images.npz"
    if isinstance(change, bytes):
        path.write_bytes(change)
    else:
        arrays = {**np.load(images.data), **change}
        np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    check_refused_data(images.order(), path, says)


def check_refused_data(order: Order, path: Path, says: str) -> None:
    report = check_data(order, path, NODE, store=None)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput) as refused:
        refuse("data", report.reasons, order.evaluation.metric)
    assert says in str(refused.value)


# --- models ------------------------------------------------------------------------------------------------


def model(
    *nodes: Any,
    shape: tuple[Any, ...] = ("n", 1, 4, 4),
    of: int = TensorProto.FLOAT,
    fed: str = "image",
    answers: str = "label",
    answer_type: int = TensorProto.INT64,
    opset: int = 17,
    also: tuple[str, ...] = (),
) -> onnx.ModelProto:
    """A model that answers the class 0 for each image, unless told otherwise."""
    graph = helper.make_graph(
        nodes
        or [
            helper.make_node("Flatten", [fed], ["flat"]),
            helper.make_node("ReduceMax", ["flat"], ["greatest"], axes=[1], keepdims=0),
            helper.make_node("Mul", ["greatest", "zero"], ["none"]),
            helper.make_node("Cast", ["none"], [answers], to=TensorProto.INT64),
        ],
        "g",
        [helper.make_tensor_value_info(name, of, shape) for name in (fed, *also)],
        [helper.make_tensor_value_info(answers, answer_type, None)],
        [helper.make_tensor("zero", TensorProto.FLOAT, [], [0.0])],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def answering(value: Any, kind: int) -> onnx.ModelProto:
    """A model that answers *value* for each image."""
    return model(
        helper.make_node("Shape", ["image"], ["shape"], start=0, end=1),
        helper.make_node(
            "ConstantOfShape", ["shape"], ["label"], value=helper.make_tensor("v", kind, [1], [value])
        ),
        answer_type=kind,
    )


def elsewhere() -> onnx.ModelProto:
    made = model()
    made.graph.initializer[0].data_location = TensorProto.EXTERNAL
    made.graph.initializer[0].external_data.add(key="location", value="weights.bin")
    return made


WRONG_MODELS: dict[str, tuple[Callable[[], onnx.ModelProto | bytes], str]] = {
    "no model": (lambda: b"nothing", "not a whole ONNX model"),
    "half a model": (lambda: model().SerializeToString()[:-20], "not a whole ONNX model"),
    "too large": (lambda: b"\0" * ((64 << 20) + 1), "larger than 67,108,864 bytes"),
    "another input": (lambda: model(fed="x"), 'no input "image", which the order feeds'),
    "one input more": (lambda: model(also=("mask",)), "1 input that the order does not feed"),
    "another output": (lambda: model(answers="digit"), 'no output "label", which the order scores'),
    "other images": (lambda: model(shape=("n", 1, 5, 5)), "has the length 5, and the order feeds 4"),
    "flat images": (lambda: model(shape=("n", 16)), "has 2 axes, and the order feeds 4"),
    "another type": (lambda: model(of=TensorProto.DOUBLE), "ONNX Runtime does not load the model"),
    "a fixed batch": (lambda: model(shape=(5000, 1, 4, 4)), "leave the first axis open"),
    "an opset of the future": (lambda: model(opset=99), "ONNX Runtime does not load the model"),
    "weights beside the file": (elsewhere, "packs both files into one"),
    "chance": (
        lambda: model(helper.make_node("RandomNormalLike", ["image"], ["label"])),
        'the operator "RandomNormalLike" is not allowed',
    ),
    "operators of its own": (
        lambda: model(helper.make_node("Magic", ["image"], ["label"], domain="evil")),
        "operators outside of ai.onnx",
    ),
    "one answer for all": (
        lambda: model(
            helper.make_node("Flatten", ["image"], ["flat"]),
            helper.make_node("ReduceMax", ["flat"], ["label"], keepdims=0),
            answer_type=TensorProto.FLOAT,
        ),
        "does not have the shape that the order scores",
    ),
    "a class that is none": (lambda: answering(7, TensorProto.INT64), "none of the order's classes"),
}


@pytest.mark.parametrize("kind", WRONG_MODELS)
def test_a_wrong_model(kind, images, tmp_path):
    make, says = WRONG_MODELS[kind]
    made = make()
    path = tmp_path / "model.onnx"
    path.write_bytes(made if isinstance(made, bytes) else made.SerializeToString())
    reasons, metric = tried(images, path)
    with pytest.raises(InvalidInput) as refused:
        refuse("model", reasons, metric)
    assert says in str(refused.value)


def tried(task: Task, path: Path) -> Any:
    """What is said of a model without rows of one's own."""
    order = task.order()
    spec = order.spec(b"\0" * 32, b"\1" * 32, times_base(5))
    return check_model(spec, 0, path, None, NODE).report.reasons, order.evaluation.metric


def test_a_model_with_open_shapes_is_run_on_images_of_the_orders_shape(images, tmp_path):
    """It takes images of any size that a convolution of five pixels fits in; the order's have four."""
    kernel = helper.make_tensor("kernel", TensorProto.FLOAT, [1, 1, 5, 5], [0.0] * 25)
    wide = model(
        helper.make_node("Conv", ["image", "kernel"], ["found"]),
        helper.make_node("GlobalMaxPool", ["found"], ["label"]),
        shape=("n", 1, "height", "width"),
        answer_type=TensorProto.FLOAT,
    )
    wide.graph.initializer.append(kernel)
    path = tmp_path / "model.onnx"
    path.write_bytes(wide.SerializeToString())
    assert [one.code for one in tried(images, path)[0]] == ["does_not_run"]
    path.write_bytes(model(shape=("n", 1, "height", "width")).SerializeToString())
    assert tried(images, path)[0] == ()
