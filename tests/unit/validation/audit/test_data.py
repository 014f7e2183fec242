"""Data that is unsound, labels that leak, relations that changed: found where they are, and only there."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from audited import accused, subject
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge

from assay_validation.audit import drift, integrity, leaks, relation, slices
from assay_validation.audit.subject import Training
from assay_validation.metrics import Predictions


def halves(seed=0, regression=False):
    """Rows and truth to train on and to audit with; rows in standard deviations."""
    rows, truth = (load_diabetes if regression else load_breast_cancer)(return_X_y=True)
    rows = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    order = np.random.default_rng(seed).permutation(len(rows))
    first, second = order[: len(rows) // 2], order[len(rows) // 2 :]
    return rows[first].copy(), truth[first].copy(), rows[second].copy(), truth[second].copy()


def beside(known, told, rows, truth):
    """An audit of a linear model of the first two on the others."""
    is_regression = truth.dtype.kind == "f"
    clean = np.nan_to_num(known)
    model = (Ridge() if is_regression else LogisticRegression(max_iter=500)).fit(clean, told)

    def answer(asked):
        found = model.predict(np.nan_to_num(asked))
        return Predictions(values=found) if is_regression else Predictions(labels=found)

    training, asked = Training(known, told, len(known)), SimpleNamespace(predict=answer)
    return subject(truth, answer(rows), rows=rows, training=training, model=asked)


def summaries(one, part):
    return [f.summary for f in accused(one, part)]


@pytest.mark.parametrize("regression", [False, True])
def test_sound_data_is_not_accused(regression):
    one = beside(*halves(1, regression))
    assert [summaries(one, part) for part in (integrity, leaks, relation)] == [[], [], []]


def test_rows_that_repeat_or_contradict_are_found():
    known, told, rows, truth = halves()
    rows[-120:], truth[-120:] = rows[:120], 1 - truth[:120]
    (found,) = summaries(beside(known, told, rows, truth), integrity)
    assert "another label" in found
    truth[-120:] = truth[:120]
    (found,) = summaries(beside(known, told, rows, truth), integrity)
    assert found == "42.1 % of audit rows repeat an earlier one"


def alike_on_paper(rng, count):
    """People of whom little is known, so that many are alike, and who end differently."""
    rows = np.column_stack([rng.integers(18, 40, count), rng.integers(0, 4, count)]).astype(float)
    return rows, (rng.random(count) < 0.3 + 0.1 * rows[:, 1]).astype(int)


@pytest.mark.parametrize("seed", range(4))
def test_who_is_alike_on_paper_may_end_differently(seed):
    rng = np.random.default_rng(seed)
    known, told = alike_on_paper(rng, 500)
    rows, truth = alike_on_paper(rng, 400)
    found = accused(beside(known, told, rows, truth), integrity)
    assert {one.severity for one in found} == {"minor"}
    plain, sure = known + rng.random(known.shape) / 10, np.arange(400) // 2
    rows, truth = plain[sure], np.arange(400) % 2  # here each row is there twice, with both labels
    found = accused(beside(plain, told, rows, truth), integrity)
    assert "major" in {one.severity for one in found}


def test_a_number_that_stands_for_a_gap_and_a_column_that_stopped_are_found():
    known, told, rows, truth = halves()
    rows[:60, 4] = -999
    rows[:, 7] = 0.5
    found = summaries(beside(known, told, rows, truth), integrity)
    assert any("far outside of the training data, most often x4" in one for one in found)
    assert any("have one value only: x7" in one for one in found)


def test_codes_that_were_not_trained_on_are_found():
    known, told, rows, truth = halves()
    rng = np.random.default_rng(0)
    codes, now = rng.integers(0, 5, len(known)), rng.integers(0, 5, len(rows))
    known, rows = np.column_stack([known, codes]), np.column_stack([rows, now])
    assert summaries(beside(known, told, rows, truth), integrity) == []
    rows[:80, -1] = 9
    assert any("a value of x30" in one for one in summaries(beside(known, told, rows, truth), integrity))


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_gaps_beyond_those_of_the_training_data_are_found(share):
    known, told, rows, truth = halves()
    rng = np.random.default_rng(0)
    known[rng.random(len(known)) < 0.2, 3] = np.nan
    rows[rng.random(len(rows)) < 0.2 + share, 3] = np.nan
    one = beside(known, told, rows, truth)
    found = summaries(one, integrity)
    assert any("of the cells are empty" in said for said in found) == (share > 0)
    for part in (drift, relation, slices):  # gaps end no part
        part.examine(one)


@given(st.integers(0, 10_000), st.integers(1, 4))
@settings(max_examples=20, deadline=None)
def test_equal_rows_have_equal_codes(seed, columns):
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 2, (40, columns)).astype(float)
    rows[rng.random(rows.shape) < 0.2] = np.nan
    rows[rng.random(rows.shape) < 0.1] = -0.0
    codes = integrity._codes(rows)
    for i, j in np.ndindex(40, 40):
        assert (codes[i] == codes[j]) == np.array_equal(rows[i], rows[j], equal_nan=True)


@pytest.mark.parametrize("regression", [False, True])
def test_a_label_among_the_inputs_is_found(regression):
    known, told, rows, truth = halves(0, regression)
    hidden = [np.column_stack([x, 3 - 2 * y]) for x, y in ((known, told), (rows, truth))]
    found = accused(beside(hidden[0], told, hidden[1], truth), leaks)
    assert [f.severity for f in found] == ["major"]
    assert found[0].summary.endswith(f"x{rows.shape[1]}")


def test_a_number_that_leaks_is_found_in_few_rows():
    """A tree's steps are coarse in a hundred rows; a line is exact."""
    known, told, rows, truth = (part[:110] for part in halves(0, regression=True))
    hidden = [np.column_stack([x, 7 - y / 50]) for x, y in ((known, told), (rows, truth))]
    (found,) = accused(beside(hidden[0], told, hidden[1], truth), leaks)
    assert (found.severity, found.summary) == ("major", "One column alone gives the answer away: x10")


def test_a_label_in_two_columns_is_named_twice():
    known, told, rows, truth = halves()
    hidden = [np.column_stack([x, y, -y]) for x, y in ((known, told), (rows, truth))]
    (found,) = summaries(beside(hidden[0], told, hidden[1], truth), leaks)
    assert found.endswith("x30, x31")


def test_three_noisy_copies_of_a_label_are_found_together():
    """Among columns that know little; no copy alone gives it away."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 1_000)
    noisy = np.where(rng.random((1_000, 3)) < 0.08, 1 - truth[:, None], truth[:, None])
    rows = np.column_stack([rng.normal(size=(1_000, 20)) + 0.1 * truth[:, None], noisy])
    (found,) = accused(subject(truth, Predictions(labels=truth), rows=rows), leaks)
    assert found.severity == "minor"
    assert all(name in found.summary for name in ("x20", "x21", "x22"))


@pytest.mark.parametrize("halves_of", ["exclusive or", "sum"])
def test_two_halves_of_a_label_are_found_together(halves_of):
    """Neither tells anything alone: only both together are the label."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 1_000)
    if halves_of == "sum":
        one = rng.normal(size=1_000)
        other = truth - one
    else:
        one = rng.integers(0, 2, 1_000)
        other = one ^ truth
    rows = np.column_stack([rng.normal(size=(1_000, 10)) + 0.1 * truth[:, None], one, other])
    (found,) = accused(subject(truth, Predictions(labels=truth), rows=rows), leaks)
    assert all(name in found.summary for name in ("x10", "x11"))


@pytest.mark.parametrize("regression", [False, True])
def test_labels_that_mean_something_else_are_found(regression):
    known, told, rows, truth = halves(0, regression)
    there = rows[:, 2] > 0
    truth = np.where(there, 2 * truth.mean() - truth if regression else 1 - truth, truth)
    (found,) = accused(beside(known, told, rows, truth), relation)
    assert found.severity == "major"


def test_inputs_that_lie_elsewhere_and_noise_are_no_concept_drift():
    rng = np.random.default_rng(0)
    weights = np.arange(1, 7)

    def drawn(count, moved, noise):
        rows = rng.normal(moved, 1, (count, 6))
        return rows, rows @ weights + rng.normal(0, noise, count)

    known, told = drawn(500, 0.0, 2.0)
    for moved, noise in ((0.7, 2.0), (0.0, 8.0), (5.0, 2.0)):
        assert summaries(beside(known, told, *drawn(400, moved, noise)), relation) == []
    classes = [(rows, (y > 0).astype(int)) for rows, y in (drawn(500, 0.0, 6.0), drawn(400, 0.7, 6.0))]
    assert summaries(beside(*classes[0], *classes[1]), relation) == []


def test_a_score_that_falls_is_said():
    rng = np.random.default_rng(0)
    known, rows = rng.normal(size=(300, 5)), rng.normal(size=(300, 5))
    told, truth = rng.integers(0, 2, 300), rng.integers(0, 2, 300)
    model = RandomForestClassifier(20, bootstrap=False, random_state=0).fit(known, told)
    asked = SimpleNamespace(predict=lambda some: Predictions(labels=model.predict(some)))
    one = subject(truth, asked.predict(rows), rows=rows, training=Training(known, told, 300), model=asked)
    assert any(said.startswith("The accuracy falls from 100.0 %") for said in summaries(one, drift))


def test_numbers_that_are_far_off_in_a_slice_are_found():
    rng = np.random.default_rng(0)
    rows, truth = rng.random((600, 4)), rng.normal(0, 10, 600)
    off = rng.normal(0, 1, 600) * np.where(rows[:, 1] > 0.75, 5, 1)
    (found,) = accused(subject(truth, Predictions(values=truth + off), rows=rows), slices)
    assert found.severity in ("minor", "major")
    assert "x1 is above 0.7" in found.summary
    even = subject(truth, Predictions(values=truth + rng.normal(0, 1, 600)), rows=rows)
    assert accused(replace(even, seed=1), slices) == []


def test_most_rows_are_no_weak_slice():
    """That a few rows are easy does not make all others a slice that the score hides."""
    rng = np.random.default_rng(0)
    rows = np.column_stack([np.arange(1_000) % 5 == 0, rng.random(1_000)]).astype(float)
    truth = rng.integers(0, 2, 1_000)
    wrong = (rows[:, 0] == 0) & (rng.random(1_000) < 0.4)
    easy = subject(truth, Predictions(labels=np.where(wrong, 1 - truth, truth)), rows=rows)
    assert accused(easy, slices) == []
    hard = subject(truth, Predictions(labels=np.where(wrong, truth, 1 - truth)), rows=rows)
    assert accused(hard, slices)
