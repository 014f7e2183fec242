"""Models as exporters write them: outputs of all kinds, types of inputs, names of classes."""

from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
from graphs import model, node, score, spec
from onnx import TensorProto
from skl2onnx import to_onnx
from sklearn import (
    calibration,
    discriminant_analysis,
    ensemble,
    linear_model,
    multioutput,
    naive_bayes,
    neighbors,
    neural_network,
    pipeline,
    preprocessing,
    svm,
)
from sklearn.datasets import load_iris
from sklearn.metrics import average_precision_score, log_loss

from assay.manifests.evaluation import ReportStatus
from assay.manifests.reason import Code

COLUMNS = ("a", "b", "c", "d")
NAMES = np.array(["setosa", "versicolor", "virginica"])
TURNED = ("virginica", "setosa", "versicolor")


@pytest.fixture(scope="module")
def flowers():
    loaded = load_iris()
    frame = pd.DataFrame(loaded.data.astype(np.float32), columns=COLUMNS)
    return frame.assign(y=NAMES[loaded.target])


@pytest.fixture(scope="module")
def logistic(flowers):
    """Weights [4, 3] and biases [3]."""
    fitted = linear_model.LogisticRegression(max_iter=500).fit(flowers[list(COLUMNS)], flowers.y)
    return fitted.coef_.T.astype(np.float32), fitted.intercept_.astype(np.float32)


CLASSIFIERS = {
    "logistic": linear_model.LogisticRegression(max_iter=500),
    "forest": ensemble.RandomForestClassifier(5, random_state=0),
    "boosting": ensemble.GradientBoostingClassifier(n_estimators=3, random_state=0),
    "support vectors": svm.SVC(probability=True, random_state=0),
    "naive Bayes": naive_bayes.GaussianNB(),
    "neighbours, a Scan": neighbors.KNeighborsClassifier(5),
    "network": neural_network.MLPClassifier((8,), max_iter=300, random_state=0),
    "calibrated": calibration.CalibratedClassifierCV(naive_bayes.GaussianNB(), cv=2),
    "adaboost": ensemble.AdaBoostClassifier(n_estimators=3, random_state=0),
    "a vote": ensemble.VotingClassifier(
        [("a", linear_model.LogisticRegression()), ("b", naive_bayes.GaussianNB())],
        voting="soft",
        flatten_transform=False,
    ),
    "a stack": ensemble.StackingClassifier(
        [("a", linear_model.LogisticRegression()), ("b", ensemble.RandomForestClassifier(3, random_state=0))],
        cv=2,
    ),
    "levels": pipeline.make_pipeline(
        preprocessing.KBinsDiscretizer(4, encode="onehot-dense", quantile_method="averaged_inverted_cdf"),
        linear_model.LogisticRegression(),
    ),
    "a discriminant": discriminant_analysis.QuadraticDiscriminantAnalysis(),
}


@pytest.mark.parametrize("maps", [True, False])
@pytest.mark.parametrize("kind", CLASSIFIERS)
@pytest.mark.filterwarnings("ignore")
def test_what_scikit_learn_exports_is_scored_in_any_order_of_classes(kind, maps, flowers, tmp_path):
    """By default it answers with a sequence of maps; and its classes stand in the order of the alphabet."""
    fitted = CLASSIFIERS[kind].fit(flowers[list(COLUMNS)].to_numpy(np.float32), flowers.y)
    options = {} if maps else {id(fitted): {"zipmap": False}}
    written = to_onnx(fitted, flowers[list(COLUMNS)][:1].to_numpy(np.float32), options=options)
    outputs = {"labels": "label", "probabilities": "probabilities"}
    found = [
        score(written, flowers, spec(COLUMNS, classes, outputs, name="X"), tmp_path)
        for classes in (tuple(NAMES), TURNED)
    ]
    expected = fitted.score(flowers[list(COLUMNS)].to_numpy(np.float32), flowers.y) * 1e6
    for report in found:
        assert report.status is ReportStatus.ANSWERED, report.log
        assert abs(report.score - expected) <= 10_000
    losses = [report.private.metrics["log_loss"] for report in found]
    assert losses[0] == pytest.approx(losses[1])
    own = log_loss(flowers.y, fitted.predict_proba(flowers[list(COLUMNS)].to_numpy(np.float32)))
    assert losses[0] == pytest.approx(own, abs=1e-3)


@pytest.mark.parametrize("kind", ["forest", "neighbours", "one model for each label"])
def test_labels_that_are_each_true_or_false(kind, flowers, tmp_path):
    """The converter answers with pairs for each label: [labels, rows, 2], or a list of [rows, 2]."""
    rows = flowers[list(COLUMNS)].to_numpy(np.float32)
    names = ("long", "wide", "rare")
    truth = np.stack([rows[:, 0] > 5.8, rows[:, 1] > 3, flowers.y == "virginica"], axis=1).astype(int)
    fitted = {
        "forest": ensemble.RandomForestClassifier(5, max_depth=3, random_state=0),
        "neighbours": neighbors.KNeighborsClassifier(5),
        "one model for each label": multioutput.MultiOutputClassifier(
            linear_model.LogisticRegression(max_iter=500)
        ),
    }[kind].fit(rows, truth)
    written = to_onnx(fitted, rows[:1], options={id(fitted): {"zipmap": False}})
    frame = pd.concat([flowers[list(COLUMNS)], pd.DataFrame(truth, columns=names)], axis=1)
    more = {"metric": "average_precision", "label": names[0], "more_labels": names[1:]}
    asked = spec(COLUMNS, names, {"probabilities": "probabilities"}, name="X", task="multilabel", **more)
    for evaluated in (frame, frame.iloc[[0, 60, 120]]):  # as many rows as labels
        report = score(written, evaluated, asked, tmp_path)
        assert report.status is ReportStatus.ANSWERED, report.log
        at = evaluated.index
        said = np.stack([one[:, 1] for one in fitted.predict_proba(rows[at])], axis=1)
        expected = average_precision_score(truth[at], said, average="macro")
        assert report.score == pytest.approx(expected * 1e6, abs=2_000)


def argmax_of(logistic, *, label):
    """Probabilities, and a label that is looked up; *label* says how."""
    weights, biases = logistic
    nodes = [
        node("Gemm", "x W b", "z"),
        node("Softmax", "z", "p"),
        node("ArgMax", "p", "i", axis=1, keepdims=0),
    ]
    nodes.append(label)
    constants = {"W": weights, "b": biases}
    return model(
        nodes,
        constants,
        outputs=[("p", TensorProto.FLOAT, ["n", 3]), ("label", TensorProto.STRING, ["n"])],
    )


def test_labels_that_contradict_the_columns_are_told(logistic, flowers, tmp_path):
    """Nothing in this graph names the columns: only its labels show that they stand in another order."""
    look_up = node(
        "LabelEncoder", "i", "label", "ai.onnx.ml", keys_int64s=[0, 1, 2], values_strings=list(NAMES)
    )
    written = argmax_of(logistic, label=look_up)
    outputs = {"labels": "label", "probabilities": "p"}
    straight = score(written, flowers, spec(COLUMNS, NAMES, outputs), tmp_path)
    turned = score(written, flowers, spec(COLUMNS, TURNED, outputs), tmp_path)
    assert straight.status is ReportStatus.ANSWERED, straight.log
    assert turned.status is ReportStatus.REJECTED
    assert "'setosa' goes with column 1" in turned.log


def test_names_of_other_classes_are_told_before_the_run(flowers, tmp_path):
    fitted = linear_model.LogisticRegression(max_iter=500).fit(flowers[list(COLUMNS)], flowers.y)
    written = to_onnx(fitted, flowers[list(COLUMNS)][:1].to_numpy(np.float32))
    classes = ("setosa", "virginica", "other")
    report = score(written, flowers, spec(COLUMNS, classes, {"probabilities": "p"}, name="X"), tmp_path)
    assert [one.code for one in report.reasons] == [Code.OUTPUT_MISSING]
    mapped = spec(COLUMNS, classes, {"probabilities": "output_probability"}, name="X")
    report = score(written, flowers, mapped, tmp_path)
    assert [(one.code, one.name) for one in report.reasons] == [(Code.CLASS_NAMES, "output_probability")]


def test_a_class_that_the_model_never_saw_has_no_probability(flowers, tmp_path):
    two = flowers[flowers.y != "virginica"]
    fitted = linear_model.LogisticRegression().fit(two[list(COLUMNS)], two.y)
    written = to_onnx(fitted, flowers[list(COLUMNS)][:1].to_numpy(np.float32))
    mapped = spec(COLUMNS, TURNED, {"probabilities": "output_probability"}, name="X")
    report = score(written, flowers, mapped, tmp_path)
    assert report.score == pytest.approx(666_667, abs=1)


@pytest.mark.parametrize("classes", [("no", "yes"), ("False", "True"), ("0", "1")])
def test_classes_that_were_numbered_or_truth_values(classes, flowers, tmp_path):
    target = (flowers.y == "virginica").astype(int)
    fitted = linear_model.LogisticRegression().fit(flowers[list(COLUMNS)], target)
    written = to_onnx(fitted, flowers[list(COLUMNS)][:1].to_numpy(np.float32))
    frame = flowers.assign(y=np.array(classes)[target])
    outputs = {"labels": "label", "probabilities": "probabilities"}
    report = score(written, frame, spec(COLUMNS, classes, outputs, name="X"), tmp_path)
    assert report.status is ReportStatus.ANSWERED, report.log
    assert report.score > 950_000


def test_logits_are_what_softmax_would_say(logistic, flowers, tmp_path):
    constants = {"W": logistic[0], "b": logistic[1]}
    logits = model([node("Gemm", "x W b", "p")], constants)
    ended = model([node("Gemm", "x W b", "z"), node("Softmax", "z", "p")], constants)
    reports = [
        score(logits, flowers, spec(COLUMNS, NAMES, {"logits": "p"}, metric="log_loss"), tmp_path),
        score(ended, flowers, spec(COLUMNS, NAMES, {"probabilities": "p"}, metric="log_loss"), tmp_path),
    ]
    assert all(report.status is ReportStatus.ANSWERED for report in reports)
    assert reports[0].score == pytest.approx(reports[1].score, abs=5)
    undeclared = score(logits, flowers, spec(COLUMNS, NAMES, {"probabilities": "p"}), tmp_path)
    assert undeclared.status is ReportStatus.REJECTED


@pytest.mark.parametrize("shape", [["n", 1], ["n"]])
@pytest.mark.parametrize("ends", ["Sigmoid", "logits", "Greater"])
def test_one_column_for_two_classes(ends, shape, logistic, flowers, tmp_path):
    """A probability, a logit or a truth value of the second class."""
    weights, biases = logistic[0][:, 2:] - logistic[0][:, 1:2], logistic[1][2:] - logistic[1][1:2]
    kind = TensorProto.BOOL if ends == "Greater" else TensorProto.FLOAT
    nodes = [node("Gemm", "x W b", "z")]
    nodes.append({"Sigmoid": node("Sigmoid", "z", "q"), "logits": node("Identity", "z", "q")}.get(ends))
    nodes[-1] = nodes[-1] or node("Greater", "z zero", "q")
    nodes.append(node("Reshape", "q shape", "p"))
    constants = {"W": weights, "b": biases, "zero": np.float32(0)}
    constants["shape"] = np.array([-1] if shape == ["n"] else [-1, 1])
    written = model(nodes, constants, outputs=[("p", kind, shape)])
    two = flowers[flowers.y != "setosa"]
    two = two.assign(y=(two.y == "virginica").astype(int))
    output = {"Sigmoid": "probabilities", "logits": "logits", "Greater": "labels"}[ends]
    report = score(written, two, spec(COLUMNS, ("0", "1"), {output: "p"}), tmp_path)
    assert report.status is ReportStatus.ANSWERED, report.log
    assert report.score > 950_000


TYPES = {
    "float16": TensorProto.FLOAT16,
    "bfloat16": TensorProto.BFLOAT16,
    "float64": TensorProto.DOUBLE,
    "uint8": TensorProto.UINT8,
    "int8": TensorProto.INT8,
    "int16": TensorProto.INT16,
    "uint16": TensorProto.UINT16,
    "int32": TensorProto.INT32,
    "uint32": TensorProto.UINT32,
    "int64": TensorProto.INT64,
    "uint64": TensorProto.UINT64,
}


@pytest.mark.parametrize("kind", TYPES)
def test_an_input_has_the_type_that_the_graph_declares(kind, flowers, tmp_path):
    """The order feeds floats; tenths of millimetres are whole numbers up to 79."""
    whole = flowers.assign(**{name: (flowers[name] * 10).round() for name in COLUMNS})
    fitted = linear_model.LogisticRegression(max_iter=2000).fit(whole[list(COLUMNS)], whole.y)
    constants = {"W": fitted.coef_.T.astype(np.float32), "b": fitted.intercept_.astype(np.float32)}
    nodes = [
        node("Cast", "x", "f", to=TensorProto.FLOAT),
        node("Gemm", "f W b", "z"),
        node("Softmax", "z", "p"),
    ]
    written = model(nodes, constants, inputs=[("x", TYPES[kind], ["n", 4])])
    report = score(written, whole, spec(COLUMNS, NAMES, {"probabilities": "p"}), tmp_path)
    assert report.status is ReportStatus.ANSWERED, report.log
    assert report.score > 950_000
    broken = whole.assign(a=-0.5)
    report = score(written, broken, spec(COLUMNS, NAMES, {"probabilities": "p"}), tmp_path)
    assert (report.status is ReportStatus.REJECTED) == ("int" in kind)


@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
def test_answers_of_16_bits_are_read(kind, flowers, tmp_path):
    """Also where the graph goes on with them. numpy has no bfloat16."""
    fitted = linear_model.LogisticRegression(max_iter=2000).fit(flowers[list(COLUMNS)], flowers.y)
    constants = {"W": fitted.coef_.T.astype(np.float32), "b": fitted.intercept_.astype(np.float32)}
    nodes = [node("Gemm", "x W b", "wide"), node("Cast", "wide", "z", to=TYPES[kind])]
    nodes += [node("Cast", "z", "again", to=TensorProto.FLOAT), node("ArgMax", "again", "p", axis=1)]
    written = model(nodes, constants, outputs=[("z", TYPES[kind], ["n", 3]), ("p", TensorProto.INT64, None)])
    report = score(written, flowers, spec(COLUMNS, NAMES, {"logits": "z"}), tmp_path)
    assert report.status is ReportStatus.ANSWERED, report.log
    assert report.score > 950_000


def test_truth_values_are_taken(tmp_path):
    frame = pd.DataFrame({"a": [0, 1, 1, 0], "y": [0, 1, 1, 0]})
    nodes = [node("Cast", "x", "p", to=TensorProto.FLOAT)]
    written = model(
        nodes, inputs=[("x", TensorProto.BOOL, ["n", 1])], outputs=[("p", TensorProto.FLOAT, ["n", 1])]
    )
    mapped = spec(["a"], ("0", "1"), {"probabilities": "p"})
    assert score(written, frame, mapped, tmp_path).score == 1_000_000
    report = score(written, frame.assign(a=[0, 1, 2, 0]), mapped, tmp_path)
    assert report.status is ReportStatus.REJECTED


def images(shape, declared):
    """A model that takes *declared* images, and an order of NPZ that feeds them in *shape*."""
    nodes = [node("Flatten", "x", "f"), node("ReduceMax", "f", "p", axes=[1])]
    written = model(
        nodes,
        inputs=[("x", TensorProto.FLOAT, ["n", *declared])],
        outputs=[("p", TensorProto.FLOAT, ["n", 1])],
    )
    mapped = spec(["x"], ("0", "1"), {"probabilities": "p"}, format="npz")
    one = mapped.data.inputs[0].model_copy(update={"shape": tuple(shape)})
    return written, mapped.model_copy(update={"data": mapped.data.model_copy(update={"inputs": (one,)})})


@pytest.mark.parametrize(
    ("fed", "declared", "code"),
    [
        ([3, 8, 8], [3, 8, 8], None),
        ([3, 8, 8], [3, "h", "w"], None),
        ([3, 8, 8], [8, 8, 3], Code.CHANNELS_LAST),
        ([8, 8, 3], [3, 8, 8], Code.CHANNELS_FIRST),
        ([8, 8, 1], [1, 8, 8], Code.CHANNELS_FIRST),
        ([8, 8, 1], [1, "h", "w"], Code.CHANNELS_FIRST),
        ([3, 8, 8], [3, 16, 16], Code.INPUT_LENGTH),
        ([64], [3, 8, 8], Code.INPUT_AXES),
    ],
)
def test_the_layout_of_images_is_told_before_the_run(fed, declared, code, tmp_path):
    written, mapped = images(fed, declared)
    rows = np.stack([np.zeros(fed, np.float32), np.ones(fed, np.float32)])
    report = score(written, {"x": rows, "y": np.array([0, 1])}, mapped, tmp_path)
    assert [one.code for one in report.reasons] == ([code] if code else [])
    assert report.rows == (0 if code else 2)


def test_a_table_of_another_width_is_told_before_the_run(logistic, flowers, tmp_path):
    written = model([node("Gemm", "x W b", "p")], {"W": logistic[0], "b": logistic[1]})
    report = score(written, flowers, spec(COLUMNS[:3], NAMES, {"logits": "p"}), tmp_path)
    assert [(one.code, one.found, one.most) for one in report.reasons] == [(Code.INPUT_LENGTH, 4, 3)]


def test_a_column_is_fed_to_an_input_of_one_axis(tmp_path):
    written = model(
        [node("Identity", "x", "p")],
        inputs=[("x", TensorProto.FLOAT, ["n"])],
        outputs=[("p", TensorProto.FLOAT, ["n"])],
    )
    frame = pd.DataFrame({"a": [0.0, 1.0], "y": [0, 1]})
    assert score(written, frame, spec(["a"], ("0", "1"), {"probabilities": "p"}), tmp_path).score == 1_000_000


def test_an_input_of_text_does_not_take_numbers(tmp_path):
    encode = node("LabelEncoder", "x", "p", "ai.onnx.ml", keys_strings=["a"], values_floats=[1.0])
    written = model(
        [encode],
        inputs=[("x", TensorProto.STRING, ["n", 1])],
        outputs=[("p", TensorProto.FLOAT, ["n", 1])],
    )
    frame = pd.DataFrame({"a": [0.0, 1.0], "y": [0, 1]})
    report = score(written, frame, spec(["a"], ("0", "1"), {"probabilities": "p"}), tmp_path)
    assert [one.code for one in report.reasons] == [Code.INPUT_TAKES_TEXT]


def test_operators_may_stand_in_any_order(logistic, flowers, tmp_path):
    """The runtime's own converter to 16 bits puts its casts last."""
    from onnxruntime.transformers.float16 import convert_float_to_float16

    whole = model(
        [node("Gemm", "x W b", "z"), node("Softmax", "z", "p")], {"W": logistic[0], "b": logistic[1]}
    )
    for keep in (True, False):
        written = convert_float_to_float16(deepcopy(whole), keep_io_types=keep)
        report = score(written, flowers, spec(COLUMNS, NAMES, {"probabilities": "p"}), tmp_path)
        assert report.status is ReportStatus.ANSWERED, report.log
        assert report.score > 950_000


def test_a_graph_that_runs_in_a_circle_is_refused(flowers, tmp_path):
    nodes = [node("Add", "x b", "a"), node("Relu", "a", "b"), node("Identity", "b", "p")]
    report = score(model(nodes), flowers, spec(COLUMNS, NAMES, {"logits": "p"}), tmp_path)
    assert report.status is ReportStatus.REJECTED
    assert "circle" in report.log


def test_text_is_taken_as_it_is_written(tmp_path):
    """Words in any case, counted; beside them a number with gaps. Each has an input of its own."""
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType
    from sklearn.compose import ColumnTransformer
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline

    random = np.random.default_rng(0)
    good, bad = ["Good", "GREAT", "fine"], ["Bad", "POOR", "awful"]
    target = random.integers(0, 2, 300)
    words = [" ".join(random.choice(good if one else bad, 3)) + " Füße" for one in target]
    stars = np.where(random.random(300) < 0.2, np.nan, target + random.normal(size=300)).astype(np.float32)
    frame = pd.DataFrame({"text": words, "stars": stars, "y": target})
    parts = [("t", TfidfVectorizer(), "text"), ("n", SimpleImputer(), ["stars"])]
    fitted = make_pipeline(ColumnTransformer(parts), linear_model.LogisticRegression())
    fitted.fit(frame[["text", "stars"]], target)
    types = [("text", StringTensorType([None, 1])), ("stars", FloatTensorType([None, 1]))]
    written = convert_sklearn(fitted, initial_types=types)
    inputs = [
        {"name": "text", "columns": ["text"], "dtype": "string"},
        {"name": "stars", "columns": ["stars"], "missing": "nan"},
    ]
    mapped = spec([], ("0", "1"), {"probabilities": "probabilities"}, inputs=inputs)
    report = score(written, frame, mapped, tmp_path)
    assert report.status is ReportStatus.ANSWERED, report.log
    assert report.score == pytest.approx(fitted.score(frame[["text", "stars"]], target) * 1e6, abs=1)
    assert report.score > 950_000
