"""Whether texts are like those of the training data, by their length, their words, and a classifier."""

from typing import Any

import numpy as np
from scipy.stats import binomtest, ks_2samp, mannwhitneyu
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from assay_validation.audit import thresholds
from assay_validation.audit.bulk import area
from assay_validation.audit.intervals import percentiles
from assay_validation.audit.section import Interval, Measure, Section, percent
from assay_validation.audit.subject import Array, Subject, Training
from assay_validation.audit.texts import words_of

_MAX_ROWS, _FEW_ROWS, _FOLDS, _HASHES, _RESAMPLES = 2_000, 50, 5, 1 << 16, 300
_SIGNIFICANT = 0.01


def drift(subject: Subject, section: Section, training: Training) -> None:
    """Compare each column of texts with that of the training data."""
    for column in np.flatnonzero(subject.layout.prose):
        before, now = (
            subject.layout.book.texts(_some(subject, rows[:, column]))
            for rows in (training.rows, subject.rows)
        )
        name = subject.layout.names[column]
        _lengths(section, name, before, now)
        if min(len(before), len(now)) < _FEW_ROWS:
            section.limitations.append(
                f"Drift of texts: fewer than {_FEW_ROWS} on one side, too few to tell."
            )
            continue
        _new_words(section, name, before, now)
        _told_apart(subject, section, name, before, now)


def _some(subject: Subject, numbers: Array) -> Array:
    return np.asarray(numbers[np.sort(subject.rng("texts").permutation(len(numbers))[:_MAX_ROWS])])


def _lengths(section: Section, name: str, before: Array, now: Array) -> None:
    sizes = [np.array([len(text) for text in side]) for side in (before, now)]
    test = ks_2samp(*sizes, method="asymp")
    section.measures += [
        Measure(f"characters of {name}, median", float(np.median(sizes[1])), "count"),
        Measure(f"characters of {name} in the training data, median", float(np.median(sizes[0])), "count"),
        Measure(f"KS distance of the length of {name}", float(test.statistic), "number"),
    ]
    if test.pvalue < _SIGNIFICANT:
        section.find(
            thresholds.LENGTHS.severity(float(test.statistic)),
            f"Texts of {name} have other lengths than in the training data: median "
            f"{np.median(sizes[1]):,.0f} characters for {np.median(sizes[0]):,.0f}",
            f"Kolmogorov-Smirnov distance {test.statistic:.2f}, p-value {test.pvalue:.2g}.",
        )


def _new_words(section: Section, name: str, before: Array, now: Array) -> None:
    """Words that half of the training data lacks, compared with how many the other half has that it lacks."""
    half = len(before) // 2
    new, of = _unknown(before[half:], before[:half])
    usual = new / max(1, of)
    new, of = _unknown(now, before[:half])
    if not of:
        return
    share = new / of
    section.measures += [
        Measure(f"words of {name} that half of the training data lacks", share),
        Measure("the same of the other half of the training data", usual),
    ]
    test = binomtest(new, of, min(1.0, usual), alternative="greater")
    if test.pvalue < _SIGNIFICANT:
        low = float(test.proportion_ci(0.95).low)
        section.find(
            thresholds.NEW_WORDS.severity(low - usual),
            f"{percent(share)} of the words of {name} are not in half of the training data, where "
            f"{percent(usual)} would be usual",
            "The model has learnt nothing about words that it has never read.",
        )


def _unknown(texts: Array, known: Array) -> tuple[int, int]:
    """How many words of *texts* occur in no *known* text, and how many words there are."""
    seen = {word for text in known for word in words_of(text)}
    words = [word for text in texts for word in words_of(text)]
    return sum(word not in seen for word in words), len(words)


def _told_apart(subject: Subject, section: Section, name: str, before: Array, now: Array) -> None:
    """A classifier two-sample test (Lopez-Paz and Oquab 2017) on hashed words and pairs of words."""
    both, side = np.concatenate([before, now]), np.repeat([0, 1], [len(before), len(now)])
    found = _auroc(subject, both, side)
    section.measures.append(Measure.of(f"AUROC of telling texts of {name} from those trained on", found[0]))
    if found[1] < _SIGNIFICANT:
        section.find(
            thresholds.TOLD_APART.severity(found[0].low),
            f"Texts of {name} can be told from those of the training data: AUROC {percent(found[0].value)}",
            f"95 % interval {percent(found[0].low)} to {percent(found[0].high)}, by a logistic regression of "
            "words and pairs of words, cross-validated; 50 % is guessing. Figures measured on training data "
            "do not hold here.",
        )


def _auroc(subject: Subject, texts: Array, side: Array) -> tuple[Interval, float]:
    """The AUROC and its p-value; of equal texts only the first is kept, even across the two sides."""
    _, first = np.unique(texts.astype(str), return_index=True)
    texts, side = texts[first], side[first]
    if min(np.bincount(side, minlength=2)) < _FEW_ROWS:
        return Interval(0.5, 0.5, 0.5), 1.0
    hashed: Any = HashingVectorizer(ngram_range=(1, 2), n_features=_HASHES).transform(texts)
    seed = int(subject.rng("two samples").integers(2**31))
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    model = LogisticRegression(class_weight="balanced", solver="liblinear")
    claimed = cross_val_predict(model, hashed, side, cv=folds, method="predict_proba")[:, 1]
    rows = subject.rng("two samples").integers(0, len(side), (_RESAMPLES, len(side)))
    statistic = area(side, np.column_stack([1 - claimed, claimed]))
    value = float(statistic(np.arange(len(side))[None])[0])
    test = mannwhitneyu(claimed[side == 1], claimed[side == 0], alternative="greater")
    return percentiles(value, statistic(rows)), float(test.pvalue)
