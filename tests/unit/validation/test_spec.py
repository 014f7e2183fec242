"""A spec that contradicts itself is refused before anybody works for it."""

import json

import pytest
from ordered import spec_of
from pydantic import ValidationError

from assay.manifests.evaluation import FORMS, Criterion, EvaluationSpec, Metric, Reference

CLASSES = {"classes": ("0", "1")}


def spec(data=CLASSES, **changes):
    mapping = {"format": "csv", "inputs": [{"name": "x", "columns": ["a"]}], "label": "y", **data}
    fields = {"task": "classification", "metric": "accuracy", "data": mapping, "output": {"labels": "l"}}
    return EvaluationSpec.model_validate(fields | changes)


CONTRADICTIONS = {
    "another task's metric": {"metric": "rmse"},
    "no classes": {"data": {}},
    "one class": {"data": {"classes": ("0",)}},
    "a class twice": {"data": {"classes": ("0", "0")}},
    "the label as input": {"data": CLASSES | {"label": "a"}},
    "two columns of one npz input": {
        "data": CLASSES | {"format": "npz", "inputs": [{"name": "x", "columns": ["a", "b"]}]}
    },
    "no output": {"output": {}},
    "values of a classification": {"output": {"labels": "l", "values": "v"}},
    "auroc of labels": {"metric": "auroc"},
    "calibration of labels": {"criteria": [{"kind": "calibration_error", "bound": 1}]},
    "groups without a column": {"criteria": [{"kind": "group_gap", "bound": 1}]},
    "seventeen criteria": {"criteria": [{"kind": "model_size", "bound": 1}] * 17},
    "a step of nothing": {"step": 0},
    "a fractional step": {"step": 0.5},
    "an unknown field": {"bonus": 1},
    "a regression with classes": {"task": "regression", "metric": "r2", "output": {"values": "v"}},
}


@pytest.mark.parametrize("what", CONTRADICTIONS)
def test_contradictions_are_refused(what):
    spec()
    with pytest.raises(ValidationError):
        spec(**CONTRADICTIONS[what])


def test_a_spec_survives_json():
    original = spec(criteria=[Criterion(kind="model_size", bound=10)], step=1000)
    assert EvaluationSpec.model_validate_json(original.model_dump_json()) == original


def test_a_reference_is_an_interval_and_only_onnx_names_a_file():
    Reference(name="r", kind="mean", low=-1, high=0)
    for wrong in ({"low": 1}, {"artifact": "b" + "a" * 58}, {"kind": "onnx"}, {"high": 10**13}):
        with pytest.raises(ValidationError):
            Reference.model_validate({"name": "r", "kind": "mean", "low": -1, "high": 0} | wrong)


def test_every_metric_can_be_ordered_of_each_of_its_tasks():
    assert {task for metric in Metric for task in metric.tasks} == set(FORMS)
    for metric in Metric:
        for task in metric.tasks:
            assert spec_of(metric, task).task == task


OF_TASKS = {
    "one metric's option for another": lambda: spec_of("rmse", options={"k": 3}),
    "no class to be found": lambda: spec_of("accuracy", options={"positive": "a"}),
    "a class that is none": lambda: spec_of("f1", options={"positive": "d"}),
    "as many guesses as classes": lambda: spec_of("top_k_accuracy", options={"k": 3}),
    "a ranking without queries": lambda: spec_of("ndcg", data={"query": None}),
    "queries of a regression": lambda: spec_of("rmse", data={"query": "q"}),
    "a scale of another metric": lambda: spec_of("mae", data={"scale": "s"}),
    "several labels of a class": lambda: spec_of("accuracy", data={"more_labels": ("z",)}),
    "more names than labels": lambda: spec_of("micro_f1", data={"more_labels": ("z",)}),
    "boxes without scores": lambda: spec_of("coco_map", output={"boxes": "b", "labels": "l"}),
    "maps in a table": lambda: spec_of("mean_iou", data={"format": "csv"}),
    "a label twice": lambda: spec_of("rmse", data={"more_labels": ("y",)}),
    "no graph of one's own": lambda: spec_of("custom_score", options={"graph": None}),
    "a graph of another metric": lambda: spec_of("rmse", options={"graph": "AAAA"}),
    "a graph that is no base64": lambda: spec_of("custom_error", options={"graph": "not base64"}),
    "steps so fine that answers fit in": lambda: spec_of("custom_error", step=999),
    "the event as input": lambda: spec_of("concordance", data={"event": "x"}),
}


@pytest.mark.parametrize("what", OF_TASKS)
def test_what_a_task_does_not_have_is_refused(what):
    with pytest.raises(ValidationError):
        OF_TASKS[what]()


def test_some_metrics_name_their_class():
    assert spec_of("f1", classes=("no", "yes"), options={"positive": None}).options.positive is None
    with pytest.raises(ValidationError, match=r"options\.positive"):
        spec_of("f1", options={"positive": None})


def test_what_orders_said_before_reads_the_same_byte_for_byte():
    """Fields that came later are left out where they have their default: digests stay."""
    told = json.loads(spec().model_dump_json())
    assert told.keys() == {
        "task",
        "metric",
        "step",
        "criteria",
        "data",
        "output",
        "limits",
        "noise_tolerance",
    }
    assert told["data"].keys() == {"format", "inputs", "label", "classes", "group", "max_rows"}
    assert told["output"].keys() == {"labels", "probabilities", "values"}
