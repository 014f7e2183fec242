"""Groups whose probabilities are right on average, and useless or wrong both ways: nothing excuses that."""

import numpy as np
import pytest
from audited import accused as accused_by
from audited import subject
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from assay.manifests.evaluation import Fairness
from assay_validation.audit import fairness
from assay_validation.audit.calibration import Claims
from assay_validation.audit.fairness_calibration import FEW_ROWS
from assay_validation.audit.outcome import _MAX_LISTED, _most_telling
from assay_validation.audit.section import Measure
from assay_validation.audit.sufficiency import _auroc, ranking_gap
from assay_validation.metrics import Predictions, calibration_error

ROWS = 1_500


@pytest.fixture(autouse=True)
def no_plots(monkeypatch):
    monkeypatch.setattr(fairness, "by_group", lambda *given: None)


def odds_of(rng, sizes, shifts):
    group = np.repeat(np.arange(len(sizes)), sizes)
    odds = rng.normal(0, 2, len(group)) + np.asarray(shifts)[group]
    truth = (rng.random(len(group)) < 1 / (1 + np.exp(-odds))).astype(int)
    return group, odds, truth


def audited(group, odds, truth, rng, **given):
    claimed = 1 / (1 + np.exp(-odds))
    answers = Predictions((claimed >= 0.5).astype(int), np.column_stack([1 - claimed, claimed]))
    return subject(truth, answers, group, seed=int(rng.integers(2**31)), **given)


def grave(one):
    return [f for f in accused_by(one, fairness) if f.severity in ("major", "critical")]


@pytest.mark.parametrize("rate", [-1.5, -0.5, 1.0])
def test_a_group_that_is_given_its_own_rate_is_not_excused(rate):
    """Everybody in it has the same probability, which is the right one on average (redlining)."""
    rng = np.random.default_rng(0)
    group, odds, truth = odds_of(rng, [ROWS, ROWS], [0, rate])
    share = truth[group == 1].mean()
    redlined = np.where(group == 1, np.log(share / (1 - share)), odds)
    found = grave(audited(group, redlined, truth, rng))
    assert any("positive rate differs" in f.summary for f in found)
    assert all("far better in one of the groups" in f.details for f in found if "odds" in f.summary)
    assert grave(audited(group, odds, truth, rng)) == []  # the same people with probabilities of their own


@given(st.integers(0, 10_000), st.integers(10, 200))
@settings(max_examples=6, deadline=None)
def test_the_gap_of_aurocs_is_scikit_learns(seed, rows):
    rng = np.random.default_rng(seed)
    truth = rng.random(rows) < 0.5
    truth[:4] = [True, True, False, False]
    claimed = rng.integers(0, 9, rows) / 10 + 0.1 * truth
    value, variance = _auroc(claimed, truth)
    assert value == pytest.approx(roc_auc_score(truth, claimed))
    again = [roc_auc_score(truth[one], claimed[one]) for one in _resampled(rng, truth)]
    assert np.sqrt(variance) == pytest.approx(np.std(again), rel=0.5, abs=0.02)
    assert ranking_gap(claimed, truth, np.zeros(rows, dtype=bool)) == 0


def _resampled(rng, truth):
    sides = np.flatnonzero(truth), np.flatnonzero(~truth)
    for _ in range(100):
        yield np.concatenate([rng.choice(side, len(side)) for side in sides])


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_who_is_promised_too_much_and_too_little_alike_is_found(share):
    """Thrice the log-odds in one group: their mean is right, and hardly any of them."""
    rng = np.random.default_rng(1)
    sizes = [int(2 * ROWS * (1 - share)), int(2 * ROWS * share)]
    group, odds, truth = odds_of(rng, sizes, [0, 0])
    one = audited(group, np.where(group == 1, 3 * odds, odds), truth, rng)
    (found,) = [f for f in accused_by(one, fairness) if "calibration error" in f.summary]
    assert found.summary.startswith("The probabilities are overconfident in the group g01:")
    notes = accused_by(audited(group, np.where(group == 1, 3 * odds, odds), truth, rng,
                               fairness=Fairness.EQUALISED_ODDS), fairness, note=True)  # fmt: skip
    assert [f.severity for f in notes if "calibration error" in f.summary] == ["note"]


def test_calibrated_groups_are_not_accused_of_calibration():
    rng = np.random.default_rng(0)
    accused = 0
    for _ in range(30):
        group, odds, truth = odds_of(rng, [700, 200, 100, 60, 30], [0, 1, -1, 0, 0])
        findings = accused_by(audited(group, odds, truth, rng), fairness)
        accused += any("calibration error" in f.summary for f in findings)
    assert accused <= 1


def test_calibration_by_group_is_that_of_its_rows():
    rng = np.random.default_rng(0)
    group, odds, truth = odds_of(rng, [300, 100, FEW_ROWS - 1], [0, 1, 0])
    one = audited(group, odds, truth, rng)
    told = {m.name: m.value for m in fairness.examine(one).measures if m.name.startswith("calibration error")}
    assert list(told) == [f"calibration error (ECE), group g0{i}" for i in (0, 1)]
    for i, value in enumerate(told.values()):
        rows = np.flatnonzero(group == i)
        assert value == pytest.approx(calibration_error(truth[rows], one.answers.take(rows)))


def test_chance_is_that_of_truth_drawn_from_the_probabilities():
    rng = np.random.default_rng(0)
    claimed = rng.dirichlet([1, 1, 1], 150)
    drawn = Claims.of(claimed, np.zeros(150, dtype=int)).by_chance(rng, 3_000)
    truths = (rng.random((3_000, 150, 1)) > claimed.cumsum(axis=1)).sum(axis=2).clip(0, 2)
    theirs = [calibration_error(one, Predictions(probabilities=claimed)) for one in truths]
    assert np.quantile(drawn, [0.1, 0.5, 0.95]) == pytest.approx(
        np.quantile(theirs, [0.1, 0.5, 0.95]), rel=0.05
    )


def test_an_order_for_calibration_without_probabilities_is_said_and_the_rest_judged():
    rng = np.random.default_rng(0)
    truth, group = rng.integers(0, 2, 2_000), np.repeat([0, 1], 1_000)
    labels = np.where((group == 1) & (rng.random(2_000) < 0.6), 0, truth)
    one = subject(truth, Predictions(labels=labels), group, fairness=Fairness.CALIBRATION)
    assert grave(one)
    assert any("nobody can measure" in text for text in fairness.examine(one).limitations)


def test_groups_that_are_put_together_are_said():
    rng = np.random.default_rng(0)
    group, odds, truth = odds_of(rng, [60] * 25, [0] * 25)
    limits = fairness.examine(audited(group, odds, truth, rng)).limitations
    assert any("g tells 25 groups apart. The 20 largest were compared" in text for text in limits)


def test_figures_of_single_groups_leave_room_for_every_part():
    single = [Measure(f"selection rate, group {i}", 0).figure("fairness") for i in range(300)]
    last = [Measure("answers that a trigger decides", 0).figure("security")]
    kept = _most_telling(single + last)
    assert len(kept) == _MAX_LISTED
    assert kept[-1] == last[0]
    assert kept[:-1] == single[: _MAX_LISTED - 1]
