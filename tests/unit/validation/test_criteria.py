"""What the criteria measure, on known cases."""

import numpy as np
import pytest
from ordered import spec_of

from assay.manifests.evaluation import PPM, Criterion, CriterionKind, DatasetCounts
from assay_validation import criteria, tasks
from assay_validation.criteria import Answers
from assay_validation.dataset import Dataset
from assay_validation.graph_facts import GraphFacts
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
