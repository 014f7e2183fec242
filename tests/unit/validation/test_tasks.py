"""Whatever a model may answer has a value by every metric, and data that leaves none is told of."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ordered import LIBRARIES, case, ordered_by, spec_of

from assay.manifests.evaluation import FORMS, PPM, SCORE_LIMIT, Metric
from assay_validation import tasks
from assay_validation.errors import JobError
from assay_validation.metrics import Predictions, UndefinedError

seeds = st.integers(0, 2**32 - 1)
ORDERABLE = [(metric, task) for metric in LIBRARIES for task in metric.tasks]


def perfect(task, truth, spec):
    """The outputs of a model that is always right."""
    match task:
        case "classification":
            return {"probabilities": np.eye(3)[truth]}
        case "multilabel":
            return {"probabilities": truth.astype(float)}
        case "regression":
            return {"values": truth[:, 0] if spec.data.scale else truth}
        case "ranking":
            return {"values": truth[:, 0]}
        case "retrieval":
            return {"values": np.eye(3)[truth]}
        case "segmentation":
            return {"labels": truth}
        case "detection":
            return {"boxes": truth[:, :, :4], "scores": truth[:, :, 4] + 1, "labels": truth[:, :, 4]}
        case "generation":
            return {"text": truth}
        case "survival":
            return {"values": -truth[:, 0]}
    raise AssertionError(task)


@pytest.mark.parametrize(("metric", "task"), ORDERABLE)
@settings(max_examples=5)
@given(seed=seeds)
def test_nothing_is_better_than_the_truth_and_the_simplest_model_has_a_score(metric, task, seed):
    truth, outputs = case(task, seed)
    spec, truth = ordered_by(metric, task, perfect(task, truth, spec_of("rmse")), truth)
    best = tasks.score(spec, truth, tasks.read(spec, perfect(task, truth, spec), truth))
    assert best == pytest.approx(0 if metric.is_error else PPM, abs=2)
    fair, _ = ordered_by(metric, task, outputs, truth[:, 0] if spec.data.scale else truth)
    assert tasks.score(fair, truth, tasks.read(fair, outputs, truth)) <= best
    simplest = tasks.score(spec, truth, tasks.TASKS[task].simplest(spec, truth))
    assert -SCORE_LIMIT <= simplest <= best


HUGE = st.floats(-1e300, 1e300, allow_nan=False)


def hostile(draw, shape, kind):
    """Anything that is of the right form."""
    random = np.random.default_rng(draw(seeds))
    size = int(np.prod(shape))
    if kind == "constant":
        return np.full(shape, draw(HUGE))
    return random.choice([0, 1, -1, 1e300, -1e300, 1e-300, 0.5, draw(HUGE)], size).reshape(shape)


@st.composite
def answers(draw, task, rows=24):
    kind = draw(st.sampled_from(["constant", "mixed"]))
    places = st.integers(0, 2)
    match task:
        case "classification":
            of = draw(places)
            return {"probabilities": np.eye(3)[np.full(rows, of)]}
        case "multilabel":
            return {"probabilities": np.full((rows, 3), draw(st.sampled_from([0.0, 0.5, 1.0])))}
        case "regression" | "ranking" | "survival":
            return {"values": hostile(draw, (rows,), kind)}
        case "retrieval":
            return {"values": hostile(draw, (rows, 4), kind)}
        case "segmentation":
            return {"labels": np.full((rows, 5, 6), draw(places))}
        case "detection":
            return {
                "boxes": hostile(draw, (rows, 4, 4), kind),
                "scores": hostile(draw, (rows, 4), kind),
                "labels": np.full((rows, 4), draw(places)),
            }
        case "generation":
            return {"text": np.full(rows, draw(st.text("\0 aé\U0001f600", max_size=9)))}
    raise AssertionError(task)


@pytest.mark.parametrize(("metric", "task"), ORDERABLE)
@settings(max_examples=10)
@given(data=st.data(), seed=seeds)
def test_no_answer_leaves_a_metric_without_a_value(metric, task, data, seed):
    """Else a model could make it look as if the hidden data were at fault."""
    truth, _ = case(task, seed)
    given_outputs = data.draw(answers(task))
    spec, truth = ordered_by(metric, task, given_outputs, truth)
    found = tasks.read(spec, given_outputs, truth)
    assert -SCORE_LIMIT <= tasks.score(spec, truth, found) <= PPM
    changes = tasks.TASKS[task].changes(truth, found, found)
    assert changes.shape == (len(truth),)
    assert (changes <= 0.01).all()


WRONG = {
    "classification": {"probabilities": np.ones((24, 3))},
    "multilabel": {"probabilities": np.ones((24, 2))},
    "regression": {"values": np.ones((24, 2))},
    "ranking": {"values": np.ones((24, 2))},
    "retrieval": {"values": np.full((24, 4), "x")},
    "segmentation": {"labels": np.full((24, 5, 6), 3)},
    "detection": {"boxes": np.ones((24, 4, 4)), "scores": np.ones((24, 3)), "labels": np.ones((24, 4))},
    "generation": {"text": np.ones((24, 2))},
    "survival": {"values": np.full(24, "x")},
}


@pytest.mark.parametrize("task", FORMS)
def test_answers_of_another_form_are_the_models_fault(task):
    truth, _ = case(task, 0)
    metric = next(m for m in Metric if task in m.tasks)
    spec = spec_of(metric, task, output={name: name for name in WRONG[task]})
    with pytest.raises(JobError):
        tasks.read(spec, WRONG[task], truth)


UNDEFINED = {
    "auroc": np.zeros(4, int),
    "f1": np.zeros(4, int),
    "specificity": np.ones(4, int),
    "cohen_kappa": np.zeros(4, int),
    "matthews": np.zeros(4, int),
    "mape": np.array([0.0, 1, 2, 3]),
    "rmsle": np.array([-1.0, 1, 2, 3]),
    "gamma_deviance": np.array([0.0, 1, 2, 3]),
    "ndcg": np.array([[0.0, 0], [0, 0], [1, 1], [0, 2]]),
    "recall_at_k": np.arange(4),
    "coco_map": np.full((4, 1, 5), -1.0),
    "concordance": np.array([[1.0, 0], [2, 0], [3, 0], [4, 0]]),
}


@pytest.mark.parametrize("metric", UNDEFINED)
def test_data_that_leaves_a_metric_no_value_is_told_of(metric):
    spec, truth = spec_of(metric), UNDEFINED[metric]
    with pytest.raises(UndefinedError):
        tasks.measure(spec, truth, tasks.TASKS[spec.task].simplest(spec, truth))


def test_absurd_errors_are_clipped_not_overflowed():
    spec = spec_of("rmse")
    assert tasks.score(spec, np.zeros(3), Predictions(values=np.full(3, 1e300))) == -SCORE_LIMIT


def test_a_group_without_a_score_is_told_of():
    spec = spec_of("auroc", classes=("no", "yes"))
    truth = np.array([0, 1, 0, 1, 1, 1])
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8]] * 3)
    predictions = Predictions(probabilities.argmax(1), probabilities)
    scores = tasks.group_scores(spec, truth, predictions, np.array([0, 0, 0, 0, 1, 1]))
    assert scores == {0: PPM, 1: None}


@pytest.mark.parametrize("task", FORMS)
def test_a_row_that_another_run_answers_otherwise_is_seen(task):
    truth, outputs = case(task, 3)
    metric = next(m for m in Metric if task in m.tasks)
    spec, truth = ordered_by(metric, task, outputs, truth)
    other = {name: array.copy() for name, array in outputs.items()}
    last = {
        "probabilities": lambda a: 1 - a if task == "multilabel" else np.roll(a, 1),
        "values": lambda a: -a - 5,
        "labels": lambda a: (a + 1) % 3 if task == "segmentation" else a,
        "boxes": lambda a: a + 30,
        "scores": lambda a: np.ones_like(a),
        "text": lambda a: np.str_("fox"),
    }
    for name in other:
        other[name][5] = last[name](other[name][5])
    one, changed = (tasks.read(spec, which, truth) for which in (outputs, other))
    changes = tasks.TASKS[task].changes(truth, one, changed)
    assert changes[5] > 0.01
    assert np.delete(changes, 5).max() < 1e-9
    mended = changed.with_rows(np.array([5]), one)
    assert math.isclose(tasks.measure(spec, truth, mended), tasks.measure(spec, truth, one))
