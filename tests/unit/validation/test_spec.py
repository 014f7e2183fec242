"""A spec that contradicts itself is refused before anybody works for it."""

import pytest
from pydantic import ValidationError

from assay.manifests.evaluation import Criterion, EvaluationSpec, Metric, Reference

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


def test_every_metric_belongs_to_one_task():
    assert {m.task for m in Metric} == {"classification", "regression"}
    assert all(m.task == "classification" for m in Metric if m.needs_probabilities)
