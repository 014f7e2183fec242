"""Each task from an order and files to a score: data read, reference attested, model run and scored."""

import json

import numpy as np
import onnx
import pandas as pd
import pytest
from onnx import TensorProto, helper, numpy_helper
from ordered import boxes, sentences, spec_of
from unjailed import jobs_in_this_process

from assay.manifests.evaluation import FORMS, PPM, DatasetCounts, InputMapping, Reference
from assay_validation.attestation import attest
from assay_validation.contributed import DOMAIN
from assay_validation.evaluation import evaluate

ROWS = 30
RANDOM = np.random.default_rng(0)
PLACES = np.arange(ROWS) % 3


def passing_on(path, outputs):
    """A model that answers what it is fed, so that each test knows its answers. Returns its inputs."""
    nodes, fed, told = [], [], []
    for name, (array, kind) in outputs.items():
        shape = ["rows", *array.shape[1:]]
        given = TensorProto.INT64 if kind == TensorProto.STRING else kind
        fed.append(helper.make_tensor_value_info(f"in_{name}", given, shape))
        told.append(helper.make_tensor_value_info(name, kind, shape))
        if kind == TensorProto.STRING:
            words = {"keys_int64s": range(len(TEXTS)), "values_strings": list(TEXTS)}
            nodes.append(
                helper.make_node("LabelEncoder", [f"in_{name}"], [name], domain="ai.onnx.ml", **words)
            )
        else:
            nodes.append(helper.make_node("Identity", [f"in_{name}"], [name]))
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(helper.make_graph(nodes, "g", fed, told), opset_imports=opsets, ir_version=8)
    path.write_bytes(model.SerializeToString())
    kinds = {TensorProto.FLOAT: "float32", TensorProto.INT64: "int64", TensorProto.STRING: "int64"}
    return tuple(
        InputMapping(name=f"in_{name}", columns=(f"in_{name}",), dtype=kinds[kind])
        for name, (_, kind) in outputs.items()
    )


BOXES = boxes(RANDOM, ROWS)
TEXTS = tuple(sentences(RANDOM, ROWS))
MARKS = RANDOM.integers(0, 2, (ROWS, 3))
MAPS = RANDOM.integers(0, 3, (ROWS, 40, 50))
TIMES = RANDOM.exponential(5, ROWS)
STEPS = RANDOM.normal(size=(ROWS, 4))
QUERIES = np.array(["q", "r", "s"])[RANDOM.integers(0, 3, ROWS)]
F, N, S = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING
# metric, arrays of the truth, and what the model answers: always right
CASES = {
    "multilabel": ("micro_f1", {"y": MARKS}, {"probabilities": (MARKS * 0.8 + 0.1, F)}),
    "ranking": ("ndcg", {"y": PLACES, "query": QUERIES}, {"values": (PLACES * 1.5, F)}),
    "retrieval": ("recall_at_k", {"y": PLACES}, {"values": (np.eye(3)[PLACES], F)}),
    "segmentation": ("mean_iou", {"y": MAPS.astype(np.uint8)}, {"labels": (MAPS, N)}),
    "detection": (
        "coco_map",
        {"y": BOXES},
        {
            "boxes": (BOXES[:, :, :4], F),
            "scores": (BOXES[:, :, 4] >= 0, F),
            "labels": (np.maximum(BOXES[:, :, 4], 0), N),
        },
    ),
    "generation": ("exact_match", {"y": np.array(TEXTS)}, {"text": (np.arange(ROWS), S)}),
    "survival": ("concordance", {"y": TIMES, "event": PLACES > 0}, {"values": (-TIMES, F)}),
    "regression": (
        "mase",
        {"y": STEPS, "scale": np.full(ROWS, 0.7)},
        {"values": (STEPS.astype(np.float32), F)},
    ),
}


def prepared(folder, task, answers=None, **more):
    """The files and the order of a case."""
    metric, truth, outputs = CASES[task]
    outputs = {name: (np.asarray(array), kind) for name, (array, kind) in (answers or outputs).items()}
    inputs = passing_on(folder / "model.onnx", outputs)
    fed = {one.name: outputs[one.name.removeprefix("in_")][0].astype(one.dtype) for one in inputs}
    np.savez(folder / "data.npz", **truth, **fed)
    spec = spec_of(metric, task, output={name: name for name in outputs}, **more)
    data = spec.data.model_copy(update={"inputs": inputs})
    return folder / "model.onnx", folder / "data.npz", spec.model_copy(update={"data": data})


@pytest.mark.parametrize("task", CASES)
def test_a_model_that_is_always_right_has_the_best_score(task, tmp_path):
    assert {*CASES, "classification"} == set(FORMS)
    model, data, spec = prepared(tmp_path, task)
    with jobs_in_this_process():
        report = evaluate(model, data, spec)
    assert (report.status.name, report.log) == ("ANSWERED", "")
    assert report.score == pytest.approx(0 if spec.metric.is_error else PPM, abs=2)
    assert spec.metric.value in report.private.metrics


@pytest.mark.parametrize("function", ["Exp", "Tanh", "Sigmoid", "Gelu"])
def test_equal_rows_stay_tied(function, tmp_path):
    """Each row stands there eight times, and no processor tells the eight apart."""
    rows = np.random.default_rng(0).integers(0, 3, (ROWS // 8, 2)).astype(np.float32).repeat(8, axis=0)
    times = np.random.default_rng(1).exponential(5, len(rows))
    made = helper.make_graph(
        [
            helper.make_node("MatMul", ["x", "w"], ["z"]),
            helper.make_node(function, ["z"], ["p"], domain=DOMAIN if function == "Gelu" else ""),
        ],
        "g",
        [helper.make_tensor_value_info("x", F, [None, 2])],
        [helper.make_tensor_value_info("p", F, [None, 1])],
        [numpy_helper.from_array(np.array([[0.3], [0.7]], np.float32), "w")],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(DOMAIN, 1)]
    onnx.save(helper.make_model(made, opset_imports=opsets, ir_version=8), tmp_path / "model.onnx")
    np.savez(tmp_path / "data.npz", x=rows, y=times, event=np.ones(len(rows)))
    spec = spec_of("concordance", "survival", output={"values": "p"})
    fed = spec.data.model_copy(update={"inputs": (InputMapping(name="x", columns=("x",)),)})
    spec = spec.model_copy(update={"data": fed})
    with jobs_in_this_process():
        report = evaluate(tmp_path / "model.onnx", tmp_path / "data.npz", spec)
    hazards = rows @ [0.3, 0.7]
    later = times[:, None] > times[None, :]
    right = (hazards[:, None] < hazards[None, :]) + 0.5 * (hazards[:, None] == hazards[None, :])
    assert (report.status.name, report.log) == ("ANSWERED", "")
    assert report.score == pytest.approx(right[later].mean() * PPM, abs=2)


@pytest.mark.parametrize("task", CASES)
def test_data_is_attested_with_the_simplest_model(task, tmp_path):
    _, data, spec = prepared(tmp_path, task)
    reference = Reference(name="simplest", kind=FORMS[task].reference, low=-(10**12), high=10**12)
    with jobs_in_this_process():
        found = attest(data, spec, DatasetCounts(rows=ROWS), reference)
        again = attest(data, spec, found.counts, reference)
        other = attest(data, spec, found.counts, reference.model_copy(update={"kind": "onnx"}), data)
    assert again.verdict == "ok"
    assert again.reference_score is not None
    assert again.reference_score < (0 if spec.metric.is_error else 800_000)
    assert set(found.counts.classes) <= set(spec.data.classes)
    assert [one.code for one in other.reasons] == ["reference_failed"]


@pytest.mark.parametrize("task", [one for one in CASES if one != "retrieval"])  # it takes any numbers
def test_answers_of_another_shape_are_refused(task, tmp_path):
    outputs = {name: (np.zeros((ROWS, 7, 7)), F if k == S else k) for name, (_, k) in CASES[task][2].items()}
    model, data, spec = prepared(tmp_path, task, outputs)
    with jobs_in_this_process():
        report = evaluate(model, data, spec)
    assert report.status.name == "REJECTED"


WRONG = {
    "a mark that is none": ("multilabel", {"y": MARKS * 2}, "unfit_value"),
    "marks of other labels": ("multilabel", {"y": MARKS[:, :2]}, "row_shape"),
    "a class beyond the last": ("segmentation", {"y": MAPS + 1}, "place_outside"),
    "a class beyond all": ("segmentation", {"y": MAPS - 2**62}, "place_outside"),
    "no maps": ("segmentation", {"y": PLACES}, "row_shape"),
    "boxes of nothing": ("detection", {"y": np.zeros((ROWS, 2, 5))}, "unfit_value"),
    "four numbers for a box": ("detection", {"y": np.zeros((ROWS, 2, 4))}, "row_shape"),
    "half an event": ("survival", {"event": np.full(ROWS, 0.5)}, "unfit_value"),
    "no number as relevance": ("ranking", {"y": np.full(ROWS, "much")}, "not_numeric"),
    "a scale of nothing": ("regression", {"scale": np.zeros(ROWS)}, "metric_undefined"),
}


@pytest.mark.parametrize("what", WRONG)
def test_truths_that_do_not_fit_are_told_to_their_owner(what, tmp_path):
    task, changed, code = WRONG[what]
    _, data, spec = prepared(tmp_path, task)
    arrays = dict(np.load(data))
    np.savez(data, **(arrays | changed))
    reference = Reference(name="simplest", kind=FORMS[task].reference, low=-(10**12), high=10**12)
    with jobs_in_this_process():
        report = attest(data, spec, DatasetCounts(rows=ROWS), reference)
    assert [one.code for one in report.reasons] == [code]


def test_tables_hold_several_labels_and_boxes_too(tmp_path):
    frame = pd.DataFrame({"x": RANDOM.normal(size=ROWS), "a": PLACES > 0, "b": PLACES > 1, "q": QUERIES})
    frame[["a", "b"]] = frame[["a", "b"]].astype(int)
    rows = [[box for box in row.tolist() if box[4] >= 0] for row in BOXES]
    frame["boxes"] = [json.dumps(one) for one in rows]
    frame.to_csv(tmp_path / "data.csv", index=False)
    frame.to_parquet(tmp_path / "data.parquet")
    orders = {
        "multilabel": ("micro_f1", {"label": "a", "more_labels": ("b",)}, ("a", "b"), {"a": 20, "b": 10}),
        "detection": ("coco_map", {"label": "boxes"}, ("u", "v", "w"), None),
        "ranking": ("mrr", {"label": "a", "query": "q"}, (), {}),
    }
    for form in ("csv", "parquet"):
        for task, (metric, mapping, classes, counts) in orders.items():
            spec = spec_of(metric, task, classes=classes, data={**mapping, "format": form})
            reference = Reference(name="simplest", kind=FORMS[task].reference, low=-(10**12), high=10**12)
            with jobs_in_this_process():
                found = attest(tmp_path / f"data.{form}", spec, DatasetCounts(rows=ROWS), reference)
            assert found.reference_score is not None
            assert found.counts.rows == ROWS
            if counts is not None:
                assert found.counts.classes == counts
            else:
                expected = [(BOXES[:, :, 4] == place).any(axis=1).sum() for place in range(3)]
                assert list(found.counts.classes.values()) == expected


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_cells_can_be_lists(form, tmp_path):
    """Of boxes, of the steps of a forecast, and of marks."""
    rows = [{"x": i + 0.5, "y": [[0, 0, 5 + i, 5, i % 3]], "z": [i, 2.0], "m": [i % 2, 1]} for i in range(6)]
    path = tmp_path / f"data.{form}"
    path.write_text("\n".join(map(json.dumps, rows)))
    if form == "parquet":
        pd.DataFrame(rows).to_parquet(path)
    counts = {"detection": {"a": 2, "b": 2, "c": 2}, "regression": {}, "multilabel": {"u": 3, "v": 6}}
    for spec in (
        spec_of("coco_map", data={"format": form}),
        spec_of("rmse", data={"format": form, "label": "z"}),
        spec_of("hamming_loss", classes=("u", "v"), data={"format": form, "label": "m"}),
    ):
        reference = Reference(name="r", kind=FORMS[spec.task].reference, low=-(10**12), high=10**12)
        with jobs_in_this_process():
            report = attest(path, spec, DatasetCounts(rows=6, classes=counts[spec.task]), reference)
        assert (report.verdict, report.log) == ("ok", "")


@pytest.mark.parametrize(
    "cell", ["{}", "[1]", "[[1,2,3,4]]", "[[0,0,1,1,true]]", "[" * 5_000, "[[0,0,9,9,1e999]]"]
)
def test_cells_that_are_no_boxes_are_told_to_their_owner(cell, tmp_path):
    frame = pd.DataFrame({"x": [1.0, 2.0], "y": ["[[0, 0, 1, 1, 0]]", cell]})
    frame.to_csv(tmp_path / "data.csv", index=False)
    spec = spec_of("coco_map", data={"format": "csv"})
    reference = Reference(name="none", kind="constant", low=0, high=0)
    with jobs_in_this_process():
        report = attest(tmp_path / "data.csv", spec, DatasetCounts(rows=2), reference)
    assert report.verdict == "mismatch"
    assert report.reasons[0].code in ("unfit_value", "not_finite")
