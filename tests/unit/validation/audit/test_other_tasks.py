"""Audits of every task that can be ordered: figures with intervals, groups, and what cannot be looked at."""

import numpy as np
import pytest
from audited import subject
from ordered import case, spec_of
from scipy.stats import bootstrap
from sklearn import metrics as sk
from test_task_evaluations import CASES, MARKS, ROWS, prepared

from assay.manifests.evaluation import (
    DataMapping,
    EvaluationSpec,
    Fairness,
    InputMapping,
    Metric,
    OutputMapping,
)
from assay_validation import tasks
from assay_validation.audit import classes, fairness, performance, scores
from assay_validation.audit.conduct import conduct
from assay_validation.audit.order import Order
from assay_validation.audit.section import Section
from assay_validation.errors import ValidationError
from assay_validation.metrics import Predictions


@pytest.mark.parametrize("task", CASES)
def test_each_task_is_audited(task, tmp_path):
    """By a model that is always right: nothing grave is said of it, whatever its answers are."""
    model, data, spec = prepared(tmp_path, task)
    outcome = conduct(Order(model, data, spec, quick=True, training=data, scopes=("performance", "security",
        "robustness", "privacy", "explainability", "compliance")))  # fmt: skip
    (score,) = (f for f in outcome.figures if f.name == spec.metric.value.replace("_", " "))
    assert score.low <= score.value <= score.high
    assert score.value == pytest.approx(0 if spec.metric.is_error else 1_000_000, abs=2)
    grave = [f.summary for f in outcome.findings if f.severity in ("major", "critical")]
    # the training data is the audit data, and noise is passed on, also to probabilities
    expected = ("training data", "Noise of", "fails on valid input")
    assert [one for one in grave if not any(words in one for words in expected)] == []


def subject_of(task, metric, seed=0, rows=120, groups=None):
    truth, arrays = case(task, seed, rows)
    spec = spec_of(metric, task)
    answers = tasks.read(spec, {k: np.asarray(v) for k, v in arrays.items()}, truth)
    group = np.tile([0, 1], rows // 2) if groups is None else groups
    inputs = np.random.default_rng(seed).random((rows, 3))
    return subject(np.arange(rows) % 2, Predictions(labels=np.arange(rows) % 2), group, inputs,
                   spec=spec, favourable=0, truth_of=truth, answers_of=answers)  # fmt: skip


@pytest.mark.parametrize(
    "task", sorted(CASES.keys() - {"regression"})
)  # one number a row is compared by its errors
def test_groups_of_each_task_are_compared_by_its_score(task):
    metric = Metric(CASES[task][0])
    one = subject_of(task, Metric.RMSE if metric is Metric.MASE else metric)
    section = fairness.examine(one)
    name = metric.value.replace("_", " ")
    measured = {measure.name: measure.value for measure in section.measures}
    for group in (0, 1):
        rows = np.flatnonzero(np.arange(120) % 2 == group)
        expected = tasks.measure(one.spec, one.truth[rows], one.answers.take(rows))
        assert measured[f"{name}, group g{group:02}"] == pytest.approx(expected)


def test_a_group_that_is_answered_worse_is_found_in_several_labels():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, (600, 3))
    group = np.repeat([0, 1], 300)
    wrong = rng.random((600, 3)) < np.where(group == 1, 0.5, 0.05)[:, None]
    spec = spec_of("micro_f1")
    given = Predictions(labels=np.where(wrong, 1 - truth, truth))
    one = subject(group, Predictions(labels=group), group, spec=spec, truth_of=truth, answers_of=given)
    assert any(f.severity in ("major", "critical") for f in fairness.examine(one).findings)


def test_rates_of_labels_are_scikit_learns():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, (200, 3))
    labels = np.where(rng.random((200, 3)) < 0.2, 1 - truth, truth)
    labels[:, 2] = 0
    one = subject(truth[:, 0], Predictions(labels=truth[:, 0]), spec=spec_of("micro_f1"), truth_of=truth,
                  answers_of=Predictions(labels=labels))  # fmt: skip
    section = Section("performance", "Performance", "")
    classes.examine_labels(one, section)
    found = {measure.name: measure.value for measure in section.measures}
    for place, name in enumerate("abc"):
        mine = truth[:, place], labels[:, place]
        assert found[f"recall, label {name}"] == pytest.approx(sk.recall_score(*mine))
        assert found[f"specificity, label {name}"] == pytest.approx(sk.recall_score(*(1 - m for m in mine)))
        if place < 2:
            assert found[f"precision, label {name}"] == pytest.approx(sk.precision_score(*mine))
    assert any("Of the label c, 100.0 %" in f.summary for f in section.findings)


def test_whole_queries_are_drawn_again():
    """The interval of a mean over queries is that of scipy's bootstrap of the queries' own values."""
    rng = np.random.default_rng(0)
    queries = np.repeat(np.arange(40), 6)
    truth = np.column_stack([rng.integers(0, 3, 240), queries]).astype(float)
    truth[::6, 0] = 2
    answers = Predictions(values=truth[:, 0] + rng.normal(0, 2, 240))
    spec = spec_of("ndcg")
    one = subject(queries % 2, Predictions(labels=queries % 2), spec=spec, truth_of=truth, answers_of=answers)
    found = scores.of_metric(one, Metric.NDCG, truth, answers, 1_000)
    each = [sk.ndcg_score([truth[queries == q, 0]], [answers.values[queries == q]]) for q in range(40)]
    theirs = bootstrap((each,), np.mean, method="percentile", rng=0).confidence_interval
    assert found.value == pytest.approx(np.mean(each))
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=0.01)


def test_halves_of_a_retrieval_tell_its_interval():
    """Drawn again with repetition, each row would find itself."""
    spread = []
    for seed in range(12):
        truth, arrays = case("retrieval", seed, 100)
        spec = spec_of("recall_at_k", options={"k": 1})
        answers = tasks.read(spec, arrays, truth)
        one = subject(truth, Predictions(labels=truth), spec=spec, truth_of=truth, answers_of=answers)
        found = scores.of_metric(one, Metric.RECALL_AT_K, truth, answers, 100)
        spread.append((found.value, (found.high - found.low) / 2))
    values, halves = np.array(spread).T
    assert 0.4 < halves.mean() / (1.96 * values.std()) < 2.5


def test_bfloat16_is_refused_before_anything_is_opened(cancer_onnx, hidden_csv):
    mapping = DataMapping(
        format="csv", inputs=(InputMapping(name="x", columns=("x",), dtype="bfloat16"),), label="y",
        classes=("a", "b"),
    )  # fmt: skip
    spec = EvaluationSpec(
        task="classification", metric="accuracy", data=mapping, output=OutputMapping(probabilities="p")
    )
    with pytest.raises(ValidationError, match='"x" is bfloat16'):
        conduct(Order(cancer_onnx, hidden_csv, spec, quick=True))


def test_fairness_of_numbers_is_refused_before_anything_is_opened(diabetes_onnx, hidden_csv, diabetes_spec):
    order = Order(diabetes_onnx, hidden_csv, diabetes_spec, fairness=Fairness.EQUALISED_ODDS, quick=True)
    with pytest.raises(ValidationError, match="asked of classes, and the task is regression"):
        conduct(order)


def test_the_performance_of_several_labels_has_a_table_of_them():
    spec = spec_of("micro_f1")
    one = subject(MARKS[:, 0], Predictions(labels=MARKS[:, 0]), spec=spec, truth_of=MARKS,
                  answers_of=Predictions(labels=MARKS))  # fmt: skip
    (table,) = performance.examine(one).tables
    assert [row[0] for row in table.rows] == ["a", "b", "c"]
    assert len(one.rows) == ROWS
