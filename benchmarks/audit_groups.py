"""The power of comparing groups, by simulation, and figures beside fairlearn's. No benchmark itself."""

from collections.abc import Iterator
from typing import Any

import fairlearn.metrics as fl
import numpy as np
from audit_data import Array, adult
from audited import subject
from sklearn.linear_model import LogisticRegression

from assay_validation.audit import fairness
from assay_validation.audit.subject import Subject
from assay_validation.audit.thresholds import GRAVE
from assay_validation.metrics import Predictions

BIAS = 0.6
"""Log-odds, up for one group and down for the other."""
SIZES, SHARES, BASES = (300, 500, 1_000), (0.01, 0.05, 0.10), (-3, 0, 3)
_FIRST_SEED = 5_000
"""Thresholds were chosen with lower ones."""


def biased_pair(size: int, share: float, base: int, turn: int, times: int) -> tuple[int, int]:
    """How often the bias is found between two groups of *size*, and how often beside a third one.

    The same two groups are drawn whatever is beside them. The third has a *share* of their rows, and its
    *base* rate is moved by so much in log-odds.
    """
    alone = beside = 0
    for seed in _seeds(turn, times):
        two = _drawn(np.random.default_rng(seed), [size, size], [0, 0], [BIAS, -BIAS])
        third = _drawn(np.random.default_rng(10 * seed), [int(2 * size * share)], [base], [0])
        alone += _is_rejected(_judged(two))
        beside += _is_rejected(_judged(two, third))
    return alone, beside


def calibrated(rates: tuple[int, int], turn: int, times: int) -> int:
    """How often a model is accused that is calibrated in two groups, their base rates moved by *rates*."""
    return sum(
        _is_rejected(_judged(_drawn(np.random.default_rng(seed), [1_000, 1_000], rates, [0, 0])))
        for seed in _seeds(turn, times)
    )


def _seeds(turn: int, times: int) -> range:
    return range(_FIRST_SEED + turn * times, _FIRST_SEED + (turn + 1) * times)


def figures() -> Iterator[tuple[str, float, float]]:
    """Name, our figure and fairlearn's, for Adult by sex."""
    data = adult()
    known, held = data.split(np.random.default_rng(3), len(data.rows))
    fitted = LogisticRegression(max_iter=500).fit(data.rows[known], data.truth[known])
    labels, codes, truth = fitted.predict(data.rows[held]), data.groups["sex"][held], data.truth[held]
    one = subject(truth, Predictions(labels=labels), codes)
    found = {measure.name: measure.value for measure in fairness.examine(one).measures}
    for name, theirs in (
        ("demographic parity difference", fl.demographic_parity_difference),
        ("equalised odds difference", fl.equalized_odds_difference),
        ("impact ratio", fl.demographic_parity_ratio),
    ):
        yield name, found[name], float(theirs(truth, labels, sensitive_features=codes))


def _drawn(rng: np.random.Generator, sizes: list[int], shifts: Any, bias: list[float]) -> tuple[Array, ...]:
    group = np.repeat(np.arange(len(sizes)), sizes)
    odds = rng.normal(0, 2, len(group)) + np.asarray(shifts)[group]
    truth = (rng.random(len(group)) < 1 / (1 + np.exp(-odds))).astype(int)
    return group, truth, 1 / (1 + np.exp(-(odds + np.array(bias)[group])))


def _judged(*parts: tuple[Array, ...]) -> Subject:
    count = 0
    groups = []
    for group, *_ in parts:
        groups.append(group + count)
        count += 2
    group, truth, claimed = (
        np.concatenate(groups),
        *(np.concatenate([part[i] for part in parts]) for i in (1, 2)),
    )
    answers = Predictions((claimed >= 0.5).astype(int), np.column_stack([1 - claimed, claimed]))
    return subject(truth, answers, group)


def _is_rejected(one: Subject) -> bool:
    return any(finding.severity in GRAVE for finding in fairness.examine(one).findings)
