"""Healthy models that look like worthless ones: of rare classes, and of few columns."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from audited import EFFORT, accused, subject

from assay_validation.audit import explainability, performance
from assay_validation.metrics import Predictions

FEWER = replace(EFFORT, resamples=200)


@pytest.fixture(autouse=True)
def no_plots(monkeypatch):
    for part, names in (
        (performance, ("_confusion", "_curves")), (explainability, ("_deletion_plot",)),
    ):  # fmt: skip
        for name in names:
            monkeypatch.setattr(part, name, lambda *given: None)


@pytest.mark.parametrize(
    ("metric", "severity"),
    [("accuracy", "minor"), ("specificity", "note"), ("log_loss", "major"), ("balanced_accuracy", None)],
)
def test_a_useful_model_of_a_rare_class_is_no_guess(metric, severity):
    """It finds four in five of a rare class, at the price of false alarms: a constant is more accurate."""
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1], [1_900, 100])
    labels = np.where(rng.random(2_000) < np.where(truth == 1, 0.8, 0.08), 1, 0)
    claimed = np.where(labels == 1, 0.9, 0.1)
    answers = Predictions(labels, np.column_stack([1 - claimed, claimed]))
    found = accused(subject(truth, answers, metric=metric), performance, note=True)
    assert [f.severity for f in found if "constant answer" in f.summary] == ([severity] if severity else [])
    assert not any("no better than guessing" in f.summary for f in found)


@pytest.mark.parametrize("metric", ["accuracy", "specificity", "log_loss"])
@pytest.mark.parametrize("rare", [30, 400])
def test_lots_are_a_guess_by_every_metric(metric, rare):
    """Of equal classes they are more often right than a constant, half of the time: that is no merit."""
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1], [800 - rare, rare])
    for _ in range(3):
        claimed = rng.permutation(np.where(truth == 1, 0.8, 0.2))
        answers = Predictions((claimed > 0.5).astype(int), np.column_stack([1 - claimed, claimed]))
        found = accused(subject(truth, answers, metric=metric, effort=FEWER), performance)
        assert any("guessing" in f.summary and f.severity in ("major", "critical") for f in found)


def test_few_rows_are_no_proof_of_a_guess():
    truth = np.repeat([0, 1], 20)
    labels = np.where(np.arange(40) % 5 < 3, truth, 1 - truth)  # 60 %
    found = accused(subject(truth, Predictions(labels=labels)), performance, note=True)
    assert [f.severity for f in found if "guessing" in f.summary] == ["note"]


@pytest.mark.parametrize(("columns", "severity"), [(2, "minor"), (4, "minor"), (8, "major")])
def test_of_few_columns_one_may_know_nearly_everything(columns, severity):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, columns))

    def answer(asked):
        return Predictions(values=10 * asked[:, 0] + asked[:, 1:].mean(axis=1))

    answers = answer(rows)
    one = subject(answers.values, answers, rows=rows, model=SimpleNamespace(predict=answer))
    (found,) = [f for f in accused(one, explainability) if "One column decides" in f.summary]
    assert found.severity == severity
