"""Chance accuses nobody: many fair models are audited, and hardly one is found to be unfair; a bias is."""

from dataclasses import replace

import numpy as np
import pytest
from audited import accused as accused_by
from audited import subject
from ordered import spec_of

from assay.manifests.evaluation import (
    DataMapping,
    InputMapping,
    Metric,
)
from assay_validation import tasks
from assay_validation.audit import drift, fairness, overlap, performance
from assay_validation.audit.bulk import Rate, statistic
from assay_validation.audit.layout import Layout
from assay_validation.audit.subject import Training
from assay_validation.metrics import Predictions

AUDITS = 80
AUDITED = [m for m in Metric if m.task in ("classification", "regression") and m.option != "graph"]
GROUPS = [(2, 150), (4, 30), (10, 30), (20, 40)]


def classified(rng, groups, size, denied=0.0):
    """Right for four in five whatever the group; *denied*: of the first, that share is turned down."""
    group = np.repeat(np.arange(groups), size)
    truth = rng.integers(0, 2, len(group))
    labels = np.where(rng.random(len(group)) < 0.8, truth, 1 - truth)
    labels[(group == 0) & (rng.random(len(group)) < denied)] = 0
    return subject(truth, Predictions(labels=labels), group, seed=int(rng.integers(2**31)))


def valued(rng, groups, size, shift=0.0):
    """Errors of one half of the truth's spread, moved by *shift* in the first group."""
    group = np.repeat(np.arange(groups), size)
    truth = rng.normal(100, 20, len(group))
    values = truth + rng.normal(0, 10, len(group)) + np.where(group == 0, shift, 0)
    return subject(truth, Predictions(values=values), group, seed=int(rng.integers(2**31)))


def accused(one, part=fairness, note=False):
    return accused_by(one, part, note)


@pytest.fixture(autouse=True)
def no_plots(monkeypatch):
    monkeypatch.setattr(fairness, "by_group", lambda *given: None)


@pytest.mark.parametrize("make", [classified, valued])
@pytest.mark.parametrize(("groups", "size"), GROUPS)
def test_fair_models_are_not_accused(make, groups, size):
    rng = np.random.default_rng(groups)
    wrongly = sum(bool(accused(make(rng, groups, size))) for _ in range(AUDITS))
    assert wrongly <= 0.05 * AUDITS + 4  # two standard deviations of luck


@pytest.mark.parametrize(
    ("make", "bias", "said"),
    [
        (classified, {"denied": 0.9}, "Equally deserving"),
        (valued, {"shift": 20}, "mean error differs"),
    ],
    ids=["turned down", "put too high"],
)
@pytest.mark.parametrize(("groups", "size"), GROUPS)
def test_a_group_that_is_treated_worse_is_found(make, bias, said, groups, size):
    rng = np.random.default_rng(groups)
    for _ in range(5):
        found = accused(make(rng, groups, size, **bias))
        assert any(said in f.summary and f.severity in ("major", "critical") for f in found)


def test_biases_that_cancel_out_are_found():
    """Forty too low here and forty too high there: absolute errors are the same."""
    rng = np.random.default_rng(0)
    group = np.repeat([0, 1], 100)
    truth = rng.normal(150, 77, 200)
    values = truth + np.where(group == 0, -40, 40) + rng.normal(0, 5, 200)
    (found,) = accused(subject(truth, Predictions(values=values), group))
    assert found.severity == "critical"
    assert "mean error differs" in found.summary


def test_answers_may_differ_as_much_as_the_truth_does():
    rng = np.random.default_rng(0)
    group = np.repeat([0, 1], 200)
    truth = (rng.random(400) < np.where(group == 0, 0.2, 0.8)).astype(int)
    labels = np.where(rng.random(400) < 0.9, truth, 1 - truth)
    assert accused(subject(truth, Predictions(labels=labels), group)) == []


@pytest.mark.parametrize("metric", AUDITED)
def test_many_sets_of_rows_have_the_values_of_each(metric):
    """Of the metrics as validators compute them."""
    rng = np.random.default_rng(0)
    if metric.task == "regression":
        truth = rng.gamma(2, 2, 200)
        answers = Predictions(values=truth + rng.normal(0, 1, 200))
    else:
        truth = rng.integers(0, 3, 200)
        probabilities = rng.dirichlet(np.ones(3), 200).round(1)  # with ties
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        answers = Predictions(labels=probabilities.argmax(axis=1), probabilities=probabilities)
    spec = spec_of(metric, classes=("0", "1", "2"))
    if spec.data.scale:
        truth = np.column_stack([truth, np.full(200, 2.0)])
    rows = rng.integers(0, 200, (20, 40))
    at_once = statistic(spec, truth, answers)(rows)
    one_by_one = [tasks.measure(spec, truth[some], answers.take(some)) for some in rows]
    assert at_once == pytest.approx(np.array(one_by_one), rel=1e-9)


def test_a_rate_of_no_rows_is_undefined():
    rate = Rate(np.array([True, False]), np.array([False, False]))
    assert np.isnan(rate(np.array([[0, 1]]))).all()


def test_the_interval_of_a_gap_leaves_room_for_chance():
    rng = np.random.default_rng(0)
    alike = [one for _ in range(10) for one in fairness.examine(classified(rng, 20, 40)).measures]
    gaps = [one for one in alike if "difference" in one.name and one.low is not None]
    assert len(gaps) == 40
    assert sum(one.low for one in gaps) < sum(one.value for one in gaps) / 4
    section = fairness.examine(classified(rng, 2, 400, denied=0.5))
    (odds,) = [m for m in section.measures if m.name == "equalised odds difference"]
    assert odds.low <= 0.4 <= odds.high


def test_groups_of_one_class_have_no_auroc_to_compare():
    truth, group = np.repeat([0, 1], 60), np.repeat([0, 1], 60)
    probabilities = np.random.default_rng(0).dirichlet(np.ones(2), 120)
    answers = Predictions(labels=probabilities.argmax(axis=1), probabilities=probabilities)
    section = fairness.examine(subject(truth, answers, group, metric="auroc"))
    assert any("auroc is undefined" in text for text in section.limitations)
    assert all(np.isfinite(one.value) for one in section.measures)


def test_a_perfect_group_is_not_certain():
    truth, group = np.tile([0, 1], 60), np.repeat([0, 1], 60)
    section = fairness.examine(subject(truth, Predictions(labels=truth), group))
    shares = [m for m in section.measures if ", group " in m.name]
    assert len(shares) == 10
    assert all(m.low < m.high for m in shares)


@pytest.mark.parametrize("metric", ["accuracy", "balanced_accuracy", "macro_f1", "auroc"])
def test_twelve_right_rows_prove_no_threshold(metric):
    truth = np.tile([0, 1], 6)
    answers = Predictions(labels=truth, probabilities=np.eye(2)[truth])
    section = performance.examine(subject(truth, answers, metric=metric, threshold=950_000))
    (found,) = section.findings
    assert found.severity == "note"
    assert "So few rows cannot prove the threshold" in found.summary


def errors(size: float, bound: float):
    truth = np.linspace(0, 1_000, 200)
    values = truth + np.tile([size, -size], 100)
    answered = subject(truth, Predictions(values=values), threshold=round(-bound * 1e6))
    return performance.examine(answered).findings


def test_errors_are_held_against_the_most_that_is_allowed():
    assert errors(55, 60) == []
    (missed,) = errors(61, 60)
    assert missed.severity == "major"
    assert missed.summary == "Above the deal's bound: RMSE 61, at most 60 asked"
    (far,) = errors(70, 60)
    assert far.severity == "critical"


def test_an_errors_scale_changes_no_verdict():
    assert [f.severity for f in errors(0.0061, 0.006)] == ["major"]
    assert [f.severity for f in errors(0.007, 0.006)] == ["critical"]


def compared(before, now):
    """Audit data *now* beside training data *before*, [rows, columns] each."""
    truth = np.tile([0, 1], -(-len(now) // 2))[: len(now)]
    training = Training(before, np.resize(truth, len(before)), len(before))
    return subject(truth, Predictions(labels=truth), rows=now, training=training)


@pytest.mark.parametrize("others", [0.0, -1.0])
def test_a_column_that_was_mostly_one_drifts(others):
    rng = np.random.default_rng(0)
    common = [np.where(rng.random((300, 1)) < share, 1.0, others) for share in (0.95, 0.54)]
    (found,) = accused(compared(*common), drift)
    assert found.severity == "major"


def test_a_mostly_constant_column_with_fractions_drifts():
    rng = np.random.default_rng(0)
    before, now = (
        np.where(rng.random((300, 1)) < share, 1.0, rng.random((300, 1))) for share in (0.95, 0.54)
    )
    assert len(accused(compared(before, now), drift)) == 1


def test_values_that_training_never_saw_drift():
    assert len(accused(compared(np.ones((300, 1)), np.full((300, 1), 2.0)), drift)) == 1


def test_equal_data_does_not_drift():
    rng = np.random.default_rng(0)
    wrongly = 0
    for _ in range(60):
        both = [
            np.column_stack([
                rng.random(rows) < 0.95, rng.poisson(2, rows), rng.integers(0, 18, rows),
                rng.normal(size=rows), np.where(rng.random(rows) < 0.9, 1, rng.random(rows)),
            ]).astype(float)
            for rows in (250, 120)
        ]  # fmt: skip
        wrongly += bool(accused(compared(*both), drift))
    assert wrongly <= 3


@pytest.mark.parametrize(("copied", "severity"), [(100, "critical"), (20, "major"), (1, "note"), (0, None)])
def test_rows_of_the_training_data_in_the_audit_data(copied, severity):
    rng = np.random.default_rng(0)
    before, now = rng.normal(size=(300, 4)), rng.normal(size=(100, 4))
    now[:copied] = before[:copied]
    found = accused(compared(before, now), overlap, note=True)
    assert [f.severity for f in found] == ([severity] if severity else [])
    if severity:
        assert f"{copied} of 100 audit rows" in found[0].summary


def test_rows_that_coincide_by_chance_are_no_leak():
    rng = np.random.default_rng(0)
    wrongly = 0
    for _ in range(100):
        before, now = (rng.integers(0, 4, (rows, 4)).astype(float) for rows in (300, 120))
        wrongly += bool(accused(compared(before, now), overlap))
    assert wrongly <= 2


def test_sampled_training_data_is_said():
    one = compared(np.ones((300, 1)), np.zeros((100, 1)))
    sampled = replace(one, training=replace(one.training, total=50_000))
    assert any("300 of 50,000" in text for text in overlap.examine(sampled).limitations)


def test_columns_of_codes_are_not_moved():
    rng = np.random.default_rng(0)
    columns = [rng.integers(0, 2, 80), rng.integers(0, 5, 80), rng.integers(18, 90, 80), rng.random(80)]
    array = np.column_stack(columns).astype(np.float32)
    mapping = DataMapping(
        format="csv", inputs=(InputMapping(name="X", columns=("sex", "grade", "age", "size")),), label="y"
    )
    assert list(Layout.of(mapping, [array]).continuous) == [False, False, True, True]
    pixels = DataMapping(format="npz", inputs=(InputMapping(name="X", columns=("p",)),), label="y")
    picture = rng.integers(0, 2, (80, 1, 8, 8)).astype(np.float32)
    assert Layout.of(pixels, [picture]).continuous.all()
