"""Differences between groups: fairlearn's figures, found whatever other groups there are."""

from functools import partial

import fairlearn.metrics as fl
import numpy as np
import pytest
from audited import accused as accused_by
from audited import grouping, subject
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, fisher_exact, ttest_ind

from assay.manifests.evaluation import Fairness
from assay_validation.audit import fairness
from assay_validation.audit.comparisons import ERROR, compare, means, proportions
from assay_validation.audit.groups import crossed
from assay_validation.metrics import Predictions


@pytest.fixture(autouse=True)
def no_plots(monkeypatch):
    monkeypatch.setattr(fairness, "by_group", lambda *given: None)


def scored(rng, sizes, shifts=None, bias=None, labels_only=False, **changes):
    """A logistic model of groups of *sizes*: base rates moved by *shifts*, answers by *bias*, in log-odds."""
    group = np.repeat(np.arange(len(sizes)), sizes)
    odds = rng.normal(0, 2, len(group)) + np.asarray(shifts or [0] * len(sizes))[group]
    truth = (rng.random(len(group)) < 1 / (1 + np.exp(-odds))).astype(int)
    claimed = 1 / (1 + np.exp(-(odds + np.asarray(bias or [0] * len(sizes))[group])))
    answers = Predictions(
        labels=(claimed >= 0.5).astype(int),
        probabilities=None if labels_only else np.column_stack([1 - claimed, claimed]),
    )
    return subject(truth, answers, group, seed=int(rng.integers(2**31)), **changes)


def accused(one, note=False):
    return accused_by(one, fairness, note)


def grave(one):
    return [f for f in accused(one) if f.severity in ("major", "critical")]


def figures(section):
    return {one.name: one for one in section.measures}


@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(60, 400))
@settings(max_examples=25, deadline=None)
def test_gaps_over_all_groups_are_fairlearns(seed, groups, rows):
    rng = np.random.default_rng(seed)
    group = rng.choice(groups, rows, p=rng.dirichlet(np.ones(groups)))
    group[: 2 * groups] = np.tile(np.arange(groups), 2)
    truth = rng.integers(0, 2, rows)
    truth[: 2 * groups] = np.repeat([0, 1], groups)  # fairlearn counts a rate of nobody as 0
    labels = np.where(rng.random(rows) < 0.7, truth, 1 - truth)
    found = figures(fairness.examine(subject(truth, Predictions(labels=labels), group)))
    for name, measure in (
        ("demographic parity difference", fl.demographic_parity_difference),
        ("equal opportunity difference", fl.equal_opportunity_difference),
        ("equalised odds difference", fl.equalized_odds_difference),
        ("impact ratio", fl.demographic_parity_ratio),
    ):
        if name in found:
            assert found[name].value == pytest.approx(measure(truth, labels, sensitive_features=group)), name
    frame = fl.MetricFrame(
        metrics={
            "selection rate": fl.selection_rate,
            "true positive rate": fl.true_positive_rate,
            "false positive rate": fl.false_positive_rate,
        },
        y_true=truth, y_pred=labels, sensitive_features=group,
    ).by_group  # fmt: skip
    for name in frame:
        for one, value in frame[name].items():
            if figure := found.get(f"{name}, group g{one:02}"):
                assert figure.value == pytest.approx(value)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_a_pair_has_scipys_interval_and_test(seed):
    rng = np.random.default_rng(seed)
    codes = np.repeat([0, 1, 2], [12, 40, 90])
    hits, among = rng.random(142) < rng.random(), rng.random(142) < 0.8
    one = proportions(grouping("g", codes), "rate", hits, among)
    values = rng.normal(0, 1, 142) + codes * rng.normal()
    mean = means(grouping("g", codes), "mean", values)
    for group in range(3):
        rows = (codes == group) & among
        ends = binomtest(int(hits[rows].sum()), int(rows.sum())).proportion_ci(0.95, method="wilson")
        assert (one.low[group], one.high[group]) == pytest.approx((ends.low, ends.high))
    for pair in compare([one]):
        table = [
            [int(hits[(codes == side) & among].sum()), int((~hits)[(codes == side) & among].sum())]
            for side in (pair.high, pair.low)
        ]
        tails = [fisher_exact(table, alternative=tail).pvalue for tail in ("greater", "less")]
        assert pair.error == pytest.approx(min(1, 2 * min(tails)))
    for pair in compare([mean]):
        sides = [values[codes == side] for side in (pair.high, pair.low)]
        assert pair.error == pytest.approx(ttest_ind(*sides, equal_var=False).pvalue)
    assert sum(pair.allowed for pair in compare([one, mean])) == pytest.approx(ERROR)


def test_forty_rows_with_two_positives_hide_nothing():
    """Of 74 and 33 % of the deserving who get the favourable answer."""
    truth = np.concatenate([np.repeat([1, 0], 100), np.repeat([1, 0], 100), np.repeat([1, 0], [2, 38])])
    labels = np.concatenate([
        np.repeat([1, 0, 1, 0], [74, 26, 20, 80]), np.repeat([1, 0, 1, 0], [33, 67, 20, 80]),
        np.repeat([1, 0, 0], [1, 1, 38]),
    ])  # fmt: skip
    group = np.repeat([0, 1, 2], [200, 200, 40])
    without = grave(subject(truth[:400], Predictions(labels=labels[:400]), group[:400]))
    beside = grave(subject(truth, Predictions(labels=labels), group))
    assert [f.summary for f in beside if "odds" in f.summary] == [
        f.summary for f in without if "odds" in f.summary
    ]
    assert beside
    limits = fairness.examine(subject(truth, Predictions(labels=labels), group)).limitations
    assert any("true positive rate" in text and "g02 (2)" in text for text in limits)


@pytest.mark.parametrize("share", [0.01, 0.05, 0.10])
@pytest.mark.parametrize("base", [-3, 0, 3])
def test_no_small_group_hides_the_bias_of_others(share, base):
    rng = np.random.default_rng(0)
    for _ in range(6):
        rows = 1_500
        alone = scored(rng, [rows, rows], bias=[0.6, -0.6])
        assert grave(alone)
        beside = scored(rng, [rows, rows, int(2 * rows * share)], [0, 0, base], [0.6, -0.6, 0])
        assert grave(beside)


def test_many_small_groups_hide_nothing():
    rng = np.random.default_rng(0)
    sizes = [1_500, 1_500, *[15] * 15]
    assert grave(scored(rng, sizes, bias=[0.6, -0.6, *[0] * 15]))


def test_a_calibrated_model_with_unequal_base_rates_is_not_rejected():
    rng = np.random.default_rng(0)
    wrongly, told = 0, 0
    for _ in range(40):
        one = scored(rng, [1_000, 1_000], [1, -1])
        wrongly += bool(grave(one))
        told += any("as calibrated probabilities make them" in f.summary for f in accused(one, note=True))
    assert wrongly <= 2
    assert told >= 38


def test_what_the_order_asks_for_is_judged():
    rng = np.random.default_rng(0)
    unequal = partial(scored, sizes=[2_000, 2_000], shifts=[1.5, -1.5])
    odds = grave(unequal(rng, fairness=Fairness.EQUALISED_ODDS))
    assert any("equalised odds" in f.summary and "cannot" not in f.summary for f in odds)
    assert all("no model that errs can have both" in f.details for f in odds)
    assert any(
        "demographic parity" in f.summary for f in grave(unequal(rng, fairness=Fairness.DEMOGRAPHIC_PARITY))
    )
    assert grave(unequal(rng, fairness=Fairness.CALIBRATION)) == []
    biased = partial(scored, sizes=[2_000, 2_000], bias=[0.6, -0.6])
    assert any("probabilities favour" in f.summary for f in grave(biased(rng, fairness=Fairness.CALIBRATION)))


def test_a_bias_is_not_excused_by_unequal_base_rates():
    rng = np.random.default_rng(0)
    assert sum(bool(grave(scored(rng, [500, 500], [1, -1], [0.6, -0.6]))) for _ in range(20)) >= 18


def test_labels_alone_excuse_nothing():
    rng = np.random.default_rng(0)
    (odds,) = [
        f
        for f in accused(scored(rng, [4_000, 4_000], [2, -2], labels_only=True))
        if "true positive" in f.summary
    ]
    assert odds.severity in ("minor", "major", "critical")
    assert "no model that errs can have both" in odds.details


def test_who_is_treated_worse_only_for_being_both_is_found():
    rng = np.random.default_rng(0)
    sex, origin = rng.integers(0, 2, 4_000), rng.integers(0, 2, 4_000)
    truth = rng.integers(0, 2, 4_000)
    labels = np.where(rng.random(4_000) < 0.9, truth, 1 - truth)
    labels[(sex == origin) & (rng.random(4_000) < 0.6)] = 0  # each sex and each origin is hit alike
    alone = (grouping("sex", sex), grouping("origin", origin))
    one = subject(truth, Predictions(labels=labels), groupings=alone)
    found = grave(one)
    assert found
    assert all(" and " in f.details for f in found)
    assert grave(subject(truth, Predictions(labels=labels), groupings=alone[:1])) == []
    (both,) = crossed(alone)
    assert sum(both.sizes) == 4_000
    assert len(both.names) == 4
