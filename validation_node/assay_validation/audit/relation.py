"""Whether the audit data relates inputs to truth as the training data does (concept drift).

Inputs may drift while the relation stays the same, and vice versa. On audit rows that could just as well be
training rows, a forest fitted to the training data is compared with one fitted to other audit rows. It does
worse where the relation has changed, but not where only the inputs have moved or there is more noise.
"""

from typing import Any

import numpy as np
from scipy.stats import ttest_1samp
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.model_selection import KFold, cross_val_predict

from assay_validation.audit import thresholds
from assay_validation.audit.intervals import LEVEL
from assay_validation.audit.section import Interval, Measure, Section, Unit, percent
from assay_validation.audit.subject import Array, Subject, Training

_FEW_ROWS, _MAX_ROWS, _MAX_COLUMNS, _FOLDS = 100, 2_000, 300, 5
_COMPARABLE = 0.6
"""Rows recognised as audit rows with a higher probability than this are left out."""
_SIGNIFICANT = 0.001


def examine(subject: Subject) -> Section:
    """How much worse a model of the training data does on audit rows than one of the audit data itself."""
    section = Section("compliance", "Relation of inputs to truth", "")
    training = subject.training
    if training is None:
        section.limitations.append("Concept drift: not looked for, since no training data was given.")
        return section
    few = min(len(training.rows), len(subject.rows)) < _FEW_ROWS
    if few or subject.rows.shape[1] > _MAX_COLUMNS or not subject.has_plain_truth:
        section.limitations.append(
            f"Concept drift: only looked for in a class or a number, {_FEW_ROWS} rows on each side, and at "
            f"most {_MAX_COLUMNS} columns."
        )
        return section
    section.prose = (
        "A forest of the training data is held against a forest of the audit data "
        f"({_FOLDS}-fold cross-validation), on audit rows that a third forest does not tell from training "
        "rows. Where the first loses, the same inputs mean something else now."
    )
    theirs, own = _errors(subject, training)
    if len(own) < _FEW_ROWS // 2:
        section.limitations.append(
            f"Concept drift: only {len(own):,} audit rows could as well be training rows, too few to compare."
        )
        return section
    lost = _lost(theirs, own)
    what = "wrong answers" if subject.is_classification else "squared error (variances of the truth)"
    unit: Unit = "share" if subject.is_classification else "number"
    section.measures += [
        Measure.of(f"{what} that only the training data explains", lost, unit),
        Measure("audit rows that could as well be training rows", len(own), "count"),
    ]
    threshold = thresholds.CONCEPT if subject.is_classification else thresholds.CONCEPT_NUMBER
    amount, surely = (
        percent(one) if subject.is_classification else f"{one:.2f} variances"
        for one in (lost.value, lost.low)
    )
    section.find(
        threshold.severity(lost.low),
        f"The same inputs mean something else than in the training data: {amount} more errors",
        "A plain model of the training data errs more on audit rows that are like training rows than the "
        f"same model of the audit data; at least {surely} more. What the audited model has learnt is out of "
        "date, or the labels are defined otherwise.",
    )
    return section


def _lost(theirs: Array, own: Array) -> Interval:
    """The mean difference of each row's two errors; unless it is significant, its lower end is at most 0."""
    difference = theirs - own
    if not difference.any():
        return Interval(0.0, 0.0, 0.0)
    test = ttest_1samp(difference, 0)
    ends = test.confidence_interval(LEVEL)
    low = float(ends.low) if test.pvalue < _SIGNIFICANT else min(float(ends.low), 0.0)
    return Interval(float(difference.mean()), low, float(ends.high))


def _errors(subject: Subject, training: Training) -> tuple[Array, Array]:
    """For the comparable audit rows, the errors of the training data's forest and of the audit data's own."""
    seed = int(subject.rng("relation").integers(2**31))
    rng = np.random.default_rng(seed)
    chosen = subject.sample("relation", _MAX_ROWS)
    rows, truth = subject.plain_rows[chosen], subject.truth[chosen]
    order = rng.permutation(len(training.rows))[:_MAX_ROWS]
    known, told = subject.plain(training.rows[order]), training.truth[order]
    alike = _comparable(known, rows, seed)
    theirs = _wrong(subject, _forest(subject, seed).fit(known, told).predict(rows), truth)
    folds = KFold(_FOLDS, shuffle=True, random_state=seed)
    own = _wrong(subject, cross_val_predict(_forest(subject, seed), rows, truth, cv=folds), truth)
    return theirs[alike], own[alike]


def _comparable(known: Array, rows: Array, seed: int) -> Array:
    """[rows]: whether an audit row could just as well be a training row; both sides are weighted equally."""
    count = min(len(known), len(rows))
    both = np.concatenate([known[:count], rows])
    side = np.repeat([0, 1], [count, len(rows)])
    forest = ExtraTreesClassifier(60, min_samples_leaf=5, class_weight="balanced", random_state=seed)
    folds = KFold(_FOLDS, shuffle=True, random_state=seed)
    found = cross_val_predict(forest, both, side, cv=folds, method="predict_proba")[count:, 1]
    return np.asarray(found <= _COMPARABLE)


def _forest(subject: Subject, seed: int) -> Any:
    kind = ExtraTreesClassifier if subject.is_classification else ExtraTreesRegressor
    return kind(n_estimators=60, min_samples_leaf=3, random_state=seed)


def _wrong(subject: Subject, found: Array, truth: Array) -> Array:
    if subject.is_classification:
        return np.asarray(found != truth, dtype=np.float64)
    return np.asarray((found - truth) ** 2 / max(float(truth.var()), 1e-300))
