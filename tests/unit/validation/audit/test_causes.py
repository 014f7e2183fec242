"""Each finding has the cause that it names: others that look like it are told apart."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from audited import accused, subject
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression

from assay_validation.audit import (
    calibration,
    drift,
    overlap,
    performance,
    privacy,
    robustness,
    slices,
    thresholds,
)
from assay_validation.audit.adversary import Attack
from assay_validation.audit.explainability import _ranks, _shares
from assay_validation.audit.subject import Training
from assay_validation.dataset import DataError
from assay_validation.errors import JobError
from assay_validation.metrics import Predictions


def predicted(model, classification=True):
    def answer(rows):
        if not classification:
            return Predictions(values=model.predict(rows))
        chances = model.predict_proba(rows)
        return Predictions(labels=chances.argmax(axis=1), probabilities=chances)

    return SimpleNamespace(predict=answer)


def asked(model, rows, truth, known, known_truth, classification=True):
    """A subject whose model can be asked, beside the data that it was trained on."""
    answering = predicted(model, classification)
    training = Training(known, known_truth, len(known))
    return subject(truth, answering.predict(rows), rows=rows, training=training, model=answering)


def membership(one):
    return [f.severity for f in accused(one, privacy, note=True)]


def linear(rng, rows, moved=0.0, noise=1.0):
    inputs = rng.normal(moved, 1, (rows, 7))
    return inputs, inputs @ np.arange(1, 8) + rng.normal(0, noise, rows)


@pytest.mark.parametrize(("moved", "noise"), [(0.0, 4.0), (2.0, 4.0)], ids=["noisier", "noisier and moved"])
def test_eight_parameters_remember_nobody(moved, noise):
    """Errors are larger where the audit data is noisier; that is drift, and no memory."""
    rng = np.random.default_rng(0)
    known, known_truth = linear(rng, 400)
    rows, truth = linear(rng, 300, moved, noise)
    model = LinearRegression().fit(known, known_truth)
    assert membership(asked(model, rows, truth, known, known_truth, classification=False)) == ["note"]


def test_another_relation_between_inputs_and_label_is_no_memory():
    rng = np.random.default_rng(0)
    known, rows = rng.normal(size=(400, 5)), rng.normal(size=(300, 5))
    known_truth = (known[:, 0] + rng.normal(0, 0.5, 400) > 0).astype(int)
    truth = (rows[:, 1] + rng.normal(0, 0.5, 300) > 0).astype(int)  # the label means another thing now
    model = LogisticRegression().fit(known, known_truth)
    assert membership(asked(model, rows, truth, known, known_truth)) == ["note"]


@pytest.mark.parametrize("moved", [0.0, 0.5], ids=["alike", "and drifted"])
def test_memory_is_found_beside_drift(moved):
    rng = np.random.default_rng(0)
    known, rows = rng.normal(size=(400, 5)), rng.normal(moved, 1, (300, 5))
    known_truth, truth = (
        np.where(rng.random(len(x)) < 0.75, x[:, 0] > 0, x[:, 0] < 0).astype(int) for x in (known, rows)
    )
    model = RandomForestClassifier(50, bootstrap=False, random_state=0).fit(known, known_truth)
    (severity,) = membership(asked(model, rows, truth, known, known_truth))
    assert severity in ("major", "critical")


def test_membership_is_scikit_learns_auroc():
    rng = np.random.default_rng(0)
    inside, outside = rng.random(80).round(2), rng.random(120).round(2) + 0.1
    ordered = privacy._Sorted.of(inside, outside)
    auroc, advantage, few = privacy._attack(*ordered.rates())
    is_member = np.repeat([1, 0], [80, 120])
    losses = np.concatenate([inside, outside])
    assert auroc == pytest.approx(sk.roc_auc_score(is_member, -losses))
    false, true, _ = sk.roc_curve(is_member, -losses, drop_intermediate=False)
    assert advantage == pytest.approx((true - false).max())
    assert few == pytest.approx(true[false <= 0.01].max())
    rows = rng.integers(0, 80, 80), rng.integers(0, 120, 120)
    again = np.concatenate([inside[rows[0]], outside[rows[1]]])
    found = privacy._attack(*ordered.rates(*rows))
    assert found[0] == pytest.approx(sk.roc_auc_score(is_member, -again))
    false, true, _ = sk.roc_curve(is_member, -again, drop_intermediate=False)
    assert found[1:] == pytest.approx(((true - false).max(), true[false <= 0.01].max()))


def beside(before, now):
    truth = np.tile([0, 1], len(now))[: len(now)]
    training = Training(before, np.zeros(len(before), dtype=np.int64), len(before))
    return subject(truth, Predictions(labels=truth), rows=now, training=training)


def test_training_rows_that_repeat_each_other_are_no_overlap():
    rng = np.random.default_rng(0)
    before, now = rng.normal(size=(100, 4)).repeat(5, axis=0), rng.normal(size=(120, 4))
    assert accused(beside(before, now), overlap, note=True) == []
    codes, others = rng.integers(0, 3, (400, 4)).astype(float), rng.integers(0, 3, (150, 4)).astype(float)
    assert accused(beside(codes, others), overlap, note=True) == []


def test_repeated_training_rows_hide_no_overlap():
    rng = np.random.default_rng(0)
    before, now = rng.normal(size=(100, 4)).repeat(5, axis=0), rng.normal(size=(120, 4))
    now[:30] = before[::5][:30]
    (found,) = accused(beside(before, now), overlap)
    assert found.severity == "major"
    assert "30 of 120 audit rows" in found.summary


@pytest.mark.parametrize("repeats", [1, 3])
def test_copies_among_rows_that_often_coincide_are_found(repeats):
    """Most rows have a twin by chance; a fifth was copied on purpose."""
    wrongly = found = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        before, now = (rng.geometric(0.2, (800, 3)).astype(float) for _ in range(2))
        wrongly += bool(accused(beside(before.repeat(repeats, axis=0), now), overlap))
        rows = np.concatenate([before[:160], now[160:]])
        said = accused(beside(before.repeat(repeats, axis=0), rows), overlap)
        found += any(one.severity == "major" for one in said)
    assert wrongly == 0
    assert found >= 16


@pytest.mark.parametrize("columns", [3, 30])
def test_copies_that_were_touched_are_found(columns):
    rng = np.random.default_rng(0)
    before, now = rng.normal(size=(400, columns)), rng.normal(size=(150, columns))
    assert accused(beside(before, now), overlap, note=True) == []
    now[:60] = before[:60] + rng.normal(0, 0.001, (60, columns))
    (found,) = accused(beside(before, now), overlap)
    assert found.severity in ("major", "critical")
    assert "nearly rows of the training data" in found.summary


def test_a_class_that_is_never_recognised_is_found():
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], [400, 300, 28])
    labels = np.where(truth == 2, 0, np.where(rng.random(728) < 0.95, truth, 1 - truth.clip(0, 1)))
    found = accused(subject(truth, Predictions(labels=labels)), performance)
    assert [f.severity for f in found if "class 2, 100.0 %" in f.summary] == ["major"]


def test_a_rare_class_of_few_rows_is_not_judged_by_luck():
    truth = np.repeat([0, 1], [300, 3])
    labels = np.zeros(303, dtype=int)
    labels[-1] = 1
    assert accused(subject(truth, Predictions(labels=labels)), performance) == []


@given(st.integers(0, 10_000), st.integers(2, 5))
@settings(max_examples=20, deadline=None)
def test_rates_of_classes_and_brier_scores_are_scikit_learns(seed, classes):
    rng = np.random.default_rng(seed)
    truth = np.concatenate([np.arange(classes), rng.integers(0, classes, 80)])
    chances = rng.dirichlet(np.ones(classes), len(truth))
    answers = Predictions(labels=chances.argmax(axis=1), probabilities=chances)
    one = subject(truth, answers)
    found = {m.name: m.value for m in performance.examine(one).measures}
    precision, recall, *_ = sk.precision_recall_fscore_support(truth, answers.labels, zero_division=0)
    for label in range(classes):
        assert found[f"recall, class {label}"] == pytest.approx(recall[label])
        assert found.get(f"precision, class {label}", 0) == pytest.approx(precision[label])
        other = sk.recall_score(truth != label, answers.labels != label)
        assert found[f"specificity, class {label}"] == pytest.approx(other)
    assert found["accuracy"] == pytest.approx(sk.accuracy_score(truth, answers.labels))
    assert found["macro f1"] == pytest.approx(sk.f1_score(truth, answers.labels, average="macro"))
    found = {m.name: m.value for m in calibration.examine(one).measures}
    theirs = chances[:, 1] if classes == 2 else chances
    assert found["Brier score"] == pytest.approx(sk.brier_score_loss(truth, theirs))


def test_other_resamples_hardly_move_an_interval():
    """By less than a tenth of a point, on 500 rows."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 500)
    chances = np.clip(rng.normal(0.3 + 0.4 * truth, 0.2), 0.01, 0.99)
    answers = Predictions(
        labels=(chances > 0.5).astype(int), probabilities=np.column_stack([1 - chances, chances])
    )
    from assay_validation.audit.effort import FULL

    ends = [
        [(m.low, m.high) for m in performance.examine(subject(truth, answers, seed=s, effort=FULL)).measures]
        for s in range(4)
    ]
    shares = np.array(ends)[:, [0, 1, 2, 3]]
    assert np.ptp(shares, axis=0).max() < 0.002


def test_underconfidence_is_a_warning():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 600)
    answers = Predictions(labels=truth, probabilities=np.where(np.eye(2)[truth] == 1, 0.51, 0.49))
    (found,) = accused(subject(truth, answers), calibration)
    assert "underconfident" in found.summary
    assert found.severity == "minor"
    mild = Predictions(labels=truth, probabilities=np.where(np.eye(2)[truth] == 1, 0.8, 0.2))
    assert [f.severity for f in accused(subject(truth, mild), calibration)] == ["minor"]


@pytest.mark.parametrize(("is_image", "grave"), [(True, False), (False, True)])
def test_what_can_be_seen_is_not_held_against_images(monkeypatch, is_image, grave):
    """Every decision flips at a tenth of the range, which is plain to see in an image."""
    one = subject(np.tile([0, 1], 30), Predictions(labels=np.tile([0, 1], 30)))
    one.layout.image = SimpleNamespace() if is_image else None
    monkeypatch.setattr(robustness, "attack", lambda given: Attack([0.09] * 20))
    monkeypatch.setattr(robustness, "_attack_plot", lambda *given: None)
    from assay_validation.audit.section import Section

    section = Section("robustness", "Robustness", "")
    robustness._adversary(one, section)
    assert any(f.severity in thresholds.GRAVE for f in section.findings) == grave


def test_ranks_of_columns_say_how_sure_they_are():
    rng = np.random.default_rng(0)
    values = rng.normal(0, 1, (60, 4)) * [5, 1, 1, 0.01]
    one = subject(np.tile([0, 1], 30), Predictions(labels=np.tile([0, 1], 30)))
    share, again = _shares(one, SimpleNamespace(values=values))
    assert share == pytest.approx(np.abs(values).mean(axis=0) / np.abs(values).mean(axis=0).sum())
    table = _ranks(again, np.argsort(-share), ["a", "b", "c", "d"])
    assert [row[2] for row in table.rows] == ["", "2 to 3", "2 to 3", ""]


def test_a_weak_slice_is_found_on_rows_that_it_was_not_chosen_by():
    rng = np.random.default_rng(0)
    rows, truth = rng.random((800, 5)), rng.integers(0, 2, 800)
    weak = rows[:, 3] > 0.7
    labels = np.where(rng.random(800) < np.where(weak, 0.6, 0.05), 1 - truth, truth)
    (found,) = accused(subject(truth, Predictions(labels=labels), rows=rows), slices)
    assert found.severity == "major"
    assert "x3 is above 0.7" in found.summary or "x3 is above 0.6" in found.summary


def test_a_large_slice_outweighs_a_corner_of_it():
    for seed in range(10):
        rng = np.random.default_rng(seed)
        rows, truth = rng.random((400, 5)), rng.integers(0, 2, 400)
        wrong = rng.random(400) < np.where(rows[:, 3] > 0.7, 0.65, 0.1)
        labels = np.where(wrong, 1 - truth, truth)
        (found,) = accused(subject(truth, Predictions(labels=labels), rows=rows), slices)
        assert found.severity == "major"


def test_noise_makes_no_weak_slice():
    wrongly = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        truth = rng.integers(0, 2, 400)
        labels = np.where(rng.random(400) < 0.2, 1 - truth, truth)
        wrongly += bool(
            accused(subject(truth, Predictions(labels=labels), rows=rng.random((400, 8))), slices)
        )
    assert wrongly <= 3


def shifted(before, now):
    rng = np.random.default_rng(0)
    known, truth = ((rng.random(400) < share).astype(int) for share in (before, now))
    rows = rng.normal(size=(400, 3))
    training = Training(rng.normal(size=(400, 3)), known, 400)
    return subject(truth, Predictions(labels=truth), rows=rows, training=training)


def test_labels_that_are_distributed_otherwise_are_said():
    found = accused(shifted(0.2, 0.6), drift)
    assert any(f.summary.startswith("The labels are distributed otherwise") for f in found)
    assert not any("columns differ" in f.summary for f in found)
    assert accused(shifted(0.4, 0.42), drift) == []


# --- groups as they are in files ---


def written(frame, path):
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path, index=False)
    return path


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_groups_of_every_kind_are_read(audit, hidden, cancer_spec, tmp_path, form):
    """Codes that the model reads too, empty cells, numbers of many values."""
    frame = hidden.reset_index(drop=True)
    frame["code"] = np.where(np.arange(len(frame)) % 3, 1, 0)
    frame["ward"] = pd.Series(np.where(np.arange(len(frame)) % 2, "a", "b")).where(np.arange(len(frame)) > 30)
    data = written(frame, tmp_path / f"data.{form}")
    mapping = cancer_spec.data.model_copy(update={"format": form})
    outcome = audit(
        data=data, spec=cancer_spec.model_copy(update={"data": mapping}), scopes=("fairness",),
        groups=("code", "ward", "mean radius"),
    )  # fmt: skip
    named = {f.name for f in outcome.figures}
    assert {"accuracy, group 0", "accuracy, group 1", "accuracy, group not stated"} <= named
    assert sum("accuracy, group" in name and ": " in name for name in named) == 4, named
    assert {"equalised odds difference by code", "impact ratio by mean radius"} <= named


def test_a_spec_may_group_by_an_input(audit, hidden, cancer_spec, tmp_path):
    frame = hidden.copy()
    frame["mean radius"] = (frame["mean radius"] > 13).astype(int)
    data = written(frame, tmp_path / "data.csv")
    mapping = cancer_spec.data.model_copy(update={"group": "mean radius"})
    outcome = audit(
        data=data, spec=cancer_spec.model_copy(update={"data": mapping}), scopes=("fairness", "performance")
    )
    assert "fairness" in outcome.scopes


def test_a_group_column_that_is_not_there_is_said(audit):
    with pytest.raises((DataError, JobError), match="no column named 'nowhere'"):
        audit(scopes=("fairness",), groups=("nowhere",))
