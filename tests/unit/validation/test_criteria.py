"""What the criteria measure, on known cases."""

import numpy as np
import pandas as pd
import pytest
from onnx import TensorProto, helper
from ordered import spec_of
from unjailed import jobs_in_this_process

from assay.manifests.evaluation import (
    PPM,
    Criterion,
    CriterionKind,
    DatasetCounts,
    EvaluationSpec,
    InputMapping,
    Reference,
)
from assay_validation import criteria, tasks
from assay_validation.attestation import attest
from assay_validation.batches import SEARCHED
from assay_validation.criteria import Answers, passes_of
from assay_validation.dataset import Dataset
from assay_validation.evaluation import evaluate
from assay_validation.graph_facts import GraphFacts
from assay_validation.jobs.nudging import Sample
from assay_validation.jobs.shifting import blurred, searched, shifted
from assay_validation.metrics import Predictions

FACTS = GraphFacts(operators=7, kinds={}, opset=17, parameters=0, inputs=[], outputs=[], operations=900)
TRUTH = np.array([0, 1, 0, 1, 0, 1, 0, 1])
GROUPS = np.repeat([0, 1], 4)
NAMES = ("no", "yes")


def measured(kind, predictions, metric="accuracy", truth=TRUTH, **passes):
    """What one criterion measures, on two groups of four rows."""
    spec = spec_of(
        metric,
        classes=NAMES,
        criteria=(Criterion(kind=kind, bound=PPM),),
        data={"group": "g", "format": "csv"},
    )
    counts = DatasetCounts(rows=len(truth), groups={"a": 4, "b": 4})
    answers = Answers({"clean": predictions, **passes}, FACTS, 1234)
    scores = tasks.group_scores(spec, truth, predictions, GROUPS)
    groups = {"ab"[one]: score for one, score in scores.items()}
    dataset = Dataset(counts, truth, GROUPS, {})
    score = tasks.score(spec, truth, predictions)
    (value,) = criteria.measure(spec, dataset, answers, score, groups).values()
    return value


def classified(labels):
    return Predictions(np.asarray(labels), np.eye(2)[labels])


def test_the_worst_group_is_what_counts():
    right, half = [0, 1, 0, 1], [0, 0, 0, 0]
    assert measured(CriterionKind.WORST_GROUP_LOSS, classified(right + half)) == PPM // 2
    assert measured(CriterionKind.WORST_GROUP_LOSS, classified(right + right)) == 0
    truth = np.arange(8.0)
    values = Predictions(values=truth + np.repeat([1.0, 3.0], 4))
    assert measured(CriterionKind.WORST_GROUP_LOSS, values, "mae", truth) == 3 * PPM
    one_class = np.array([0, 1, 0, 1, 1, 1, 1, 1])
    assert measured(CriterionKind.WORST_GROUP_LOSS, classified(one_class), "auroc", one_class) is None


def test_the_class_that_is_calibrated_worst_is_what_counts():
    truth = np.array([0] * 4 + [1] * 4)
    even = np.tile([0.5, 0.5], (8, 1))
    assert (
        measured(CriterionKind.CLASS_CALIBRATION_ERROR, Predictions(even.argmax(1), even), truth=truth) == 0
    )
    boast = np.tile([0.9, 0.1], (8, 1))
    found = measured(CriterionKind.CLASS_CALIBRATION_ERROR, Predictions(boast.argmax(1), boast), truth=truth)
    assert found == pytest.approx(0.4 * PPM)


def test_counts_come_from_the_gate():
    answers = classified(TRUTH)
    assert measured(CriterionKind.COMPUTATION, answers) == 900
    assert measured(CriterionKind.OPERATION_COUNT, answers) == 7
    assert measured(CriterionKind.MODEL_SIZE, answers) == 1234


def test_what_another_pass_loses_is_measured_and_gains_are_none():
    right, wrong = classified(TRUTH), classified(1 - TRUTH)
    assert measured(CriterionKind.NOISE_ROBUSTNESS, right, noisy=wrong) == PPM
    assert measured(CriterionKind.NOISE_ROBUSTNESS, wrong, noisy=right) == 0


@pytest.mark.parametrize("kind", ["worst_group_loss", "class_calibration_error"])
def test_they_need_what_they_compare(kind):
    for wrong in ({"metric": "rmse"}, {"metric": "accuracy", "output": {"labels": "l"}}):
        with pytest.raises(ValueError, match=kind if "group" in kind else "calibration|probabilities"):
            spec_of(**wrong, criteria=(Criterion(kind=kind, bound=1),))


def changed(change, rows, filler=None):
    """*rows* after a change, in one piece."""
    sample = Sample(filler)
    sample.add([rows] if rows.ndim != 2 else [rows[:, i] for i in range(rows.shape[1])])
    return np.concatenate(list(change(rows, sample, np.random.default_rng(0))))


def test_columns_shift_alike_in_all_rows_and_sets_stay():
    random = np.random.default_rng(1)
    measured_column, category = random.normal(3, 2, 500), random.integers(0, 2, 500).astype(float)
    rows = np.column_stack([measured_column, category])
    moved = changed(shifted, rows) - rows
    assert np.ptp(moved[:, 0]) < 1e-9
    assert abs(moved[0, 0]) == pytest.approx(0.25 * measured_column.std())
    assert not moved[:, 1].any()


def test_pictures_get_brighter_or_darker_within_their_range():
    pictures = np.random.default_rng(1).random((20, 3, 8, 8)).astype(np.float32)
    found = changed(shifted, pictures)
    assert found.dtype == np.float32
    assert pictures.min() <= found.min() < found.max() <= pictures.max()
    assert np.median(np.abs(found - pictures)) == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize("last", [False, True])
def test_a_pixel_is_blurred_with_its_neighbours(last):
    pictures = np.zeros((2, 1, 7, 7))
    pictures[0, 0, 3, 3] = 9
    given = np.moveaxis(pictures, 1, 3) if last else pictures
    found = changed(blurred, given)
    found = np.moveaxis(found, 3, 1) if last else found
    assert found[0, 0, 2:5, 2:5] == pytest.approx(np.ones((3, 3)))
    assert found.sum() == pytest.approx(9)
    table = np.arange(12.0).reshape(4, 3)
    assert (changed(blurred, table) == table).all()


def test_a_search_stays_within_its_box():
    rows = np.random.default_rng(1).normal(0, 2, (400, 3))
    moved = changed(searched, rows) - rows
    assert np.abs(moved) == pytest.approx(np.tile(0.05 * rows.std(axis=0), (400, 1)))
    assert 0.4 < (moved > 0).mean() < 0.6


def test_of_a_search_the_answer_of_each_row_counts_that_changes_most():
    right = classified(TRUTH)
    passes = {name: right for name in SEARCHED}
    passes[SEARCHED[2]] = classified(np.where(np.arange(8) == 1, 0, TRUTH))
    passes[SEARCHED[5]] = classified(np.where(np.arange(8) == 4, 1, TRUTH))
    assert measured(CriterionKind.ADVERSARIAL_ROBUSTNESS, right, **passes) == PPM // 4


def test_passes_are_made_once_and_only_where_they_are_asked_for():
    assert passes_of(spec_of("rmse")) == ("clean", "nudged")
    kinds = ("adversarial_robustness", "shift_robustness", "shift_robustness")
    spec = spec_of("rmse", criteria=[Criterion(kind=kind, bound=1) for kind in kinds])
    assert passes_of(spec) == ("clean", "nudged", *SEARCHED, "shifted")


def test_a_model_that_leans_on_one_pixel_is_found(tmp_path):
    """One that takes the whole into account is not."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, 200)
    pictures = random.normal(0.5, 0.05, (200, 1, 8, 8)) + 0.3 * labels[:, None, None, None]
    pictures[:, 0, 0, 0] = 0.5 + 0.01 * (2 * labels - 1) + random.normal(0, 0.001, 200)
    np.savez(tmp_path / "data.npz", x=pictures.astype(np.float32), y=labels)
    kinds = ("shift_robustness", "blur_robustness", "adversarial_robustness", "noise_robustness")
    spec = spec_of(
        "accuracy",
        classes=("0", "1"),
        output={"probabilities": "p"},
        criteria=[Criterion(kind=kind, bound=50_000) for kind in kinds],
        data={"inputs": (InputMapping(name="x", columns=("x",), shape=(1, 8, 8)),)},
    )
    one = np.zeros((1, 8, 8), np.float32)
    one[0, 0, 0] = 1
    held = []
    for weights, cut in ((np.full((1, 8, 8), 1 / 64, np.float32), 0.65), (one, 0.5)):
        write_threshold(tmp_path / "model.onnx", weights, cut)
        with jobs_in_this_process():
            report = evaluate(tmp_path / "model.onnx", tmp_path / "data.npz", spec)
        assert report.status.name == "ANSWERED"
        assert report.score > 990_000
        held.append(report.criteria)
    assert held == [0b1111, 0b1100]


def write_threshold(path, weights, cut):
    """Probabilities by whether the weighted sum of all pixels is above *cut*."""
    nodes = [
        helper.make_node("Mul", ["x", "weights"], ["parts"]),
        helper.make_node("ReduceSum", ["parts", "axes"], ["sum"], keepdims=0),
        helper.make_node("Sub", ["sum", "cut"], ["above"]),
        helper.make_node("Mul", ["above", "sharp"], ["steep"]),
        helper.make_node("Sigmoid", ["steep"], ["p"]),
    ]
    constants = [
        helper.make_tensor("weights", TensorProto.FLOAT, [1, 8, 8], weights.ravel()),
        helper.make_tensor("axes", TensorProto.INT64, [3], [1, 2, 3]),
        helper.make_tensor("cut", TensorProto.FLOAT, [], [cut]),
        helper.make_tensor("sharp", TensorProto.FLOAT, [], [1000.0]),
    ]
    fed = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", 1, 8, 8])]
    told = [helper.make_tensor_value_info("p", TensorProto.FLOAT, ["rows"])]
    graph = helper.make_graph(nodes, "g", fed, told, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())


def test_groups_of_several_columns_are_their_combinations(tmp_path):
    frame = pd.DataFrame({"x": np.arange(8.0), "y": TRUTH, "site": ["n", "s"] * 4, "old": [0, 0, 1, 1] * 2})
    frame.to_csv(tmp_path / "data.csv", index=False)
    spec = spec_of(
        "accuracy", classes=("0", "1"), data={"format": "csv", "group": "site", "more_groups": ("old",)}
    )
    reference = Reference(name="r", kind="majority-class", low=0, high=PPM)
    with jobs_in_this_process():
        found = attest(tmp_path / "data.csv", spec, DatasetCounts(rows=8), reference)
    assert found.counts.groups == {"n, 0": 2, "n, 1": 2, "s, 0": 2, "s, 1": 2}
    for wrong in ({"group": None}, {"more_groups": ("site",)}):
        with pytest.raises(ValueError, match="more_groups"):
            spec_of("accuracy", data={"group": "site", "more_groups": ("old",)} | wrong)


@pytest.mark.parametrize("kind", ["shift_robustness", "blur_robustness", "adversarial_robustness"])
def test_what_nothing_changes_cannot_be_asked_for(kind):
    spec = spec_of("rmse", data={"format": "csv"})
    whole = {"inputs": [{"name": "x", "columns": ["x"], "dtype": "int64"}]}
    told = spec.model_dump() | {"criteria": [{"kind": kind, "bound": 1}]}
    told["data"] |= whole
    with pytest.raises(ValueError, match=r"floats|pictures"):
        EvaluationSpec.model_validate(told)
