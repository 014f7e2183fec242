"""Whether a few columns give the answer away: a label in disguise, or something recorded after the fact."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.feature_selection import f_classif, f_regression
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from assay_validation.audit import thresholds
from assay_validation.audit.intervals import wilson
from assay_validation.audit.section import Measure, Section, percent
from assay_validation.audit.subject import Array, Subject

_FEW_ROWS, _MAX_ROWS, _MAX_COLUMNS, _FOLDS = 100, 1_500, 300, 3
_MOST_TOGETHER, _MIN_COLUMNS, _TRIED_WORDS = 5, 5, 40


def examine(subject: Subject) -> Section:
    """How much of the truth a plain model finds in one column alone, and how much in all but a few."""
    section = Section("performance", "Leaked labels", "")
    columns = subject.rows.shape[1]
    if subject.layout.image is not None or subject.truth.ndim > 1 or not subject.has_plain_truth:
        section.limitations.append("Leaked labels: only looked for in tables with a class or a number.")
        return section
    if len(subject.rows) < _FEW_ROWS or columns > _MAX_COLUMNS:
        section.limitations.append(
            f"Leaked labels: not looked for in fewer than {_FEW_ROWS} rows, more than {_MAX_COLUMNS} columns."
        )
        return section
    chosen = subject.sample("leaks", _MAX_ROWS)
    rows, truth = subject.plain_rows[chosen], subject.truth[chosen]
    section.prose = (
        "How much of the truth a small tree (of a number also a straight line) finds in each column alone, "
        f"and a forest in all columns but the most telling ones: {_FOLDS}-fold cross-validation on "
        f"{len(chosen):,} audit rows. Nothing found is 0 %, everything 100 %; of numbers it is the share of "
        "the variance."
    )
    look = _Look(subject, rows, truth)
    sources = list(_sources(subject, rows, truth))
    found = [look.alone(one) for one in sources]
    alone = np.array([one.value if one.low >= thresholds.SURELY else one.low for one in found])
    best = int(alone.argmax())
    name, share = sources[best].name, max(0.0, found[best].value)
    section.measures.append(Measure(f"of the truth, in {name} alone", share))
    threshold = thresholds.LEAKED if subject.is_classification else thresholds.LEAKED_NUMBER
    told = [sources[i].name for i in np.argsort(-alone) if threshold.severity(alone[i])]
    section.find(
        threshold.severity(float(alone[best])),
        f"{sources[best].kind} alone gives the answer away: {', '.join(told[:5])}",
        f"From {name} a small tree finds {percent(share)} of the truth (at least "
        f"{percent(found[best].low)}). Ask whether it is known when the model is used: a label in disguise, "
        "or written down after the fact, looks like this.",
    )
    if subject.layout.prose.any():
        section.limitations.append(
            "Leaked labels in a text: single words, its length and a few words together were tried, and not "
            "what it says."
        )
    elif not told and columns >= _MIN_COLUMNS:
        _together(section, look)
    return section


@dataclass(frozen=True)
class _Source:
    """Features that may give the answer away by themselves.

    Attributes:
        kind: what to call it in a sentence.
        leaves: the most leaves that the tree may have.
    """

    name: str
    features: list[int]
    kind: str = "One column"
    leaves: int = 256


def _sources(subject: Subject, rows: Array, truth: Array) -> Iterator[_Source]:
    """Each column; for prose, its length, its most telling words one by one, and a few words together."""
    places: dict[int, list[int]] = {}
    for place, feature in enumerate(subject.features):
        places.setdefault(feature.column, []).append(place)
    for column, own in places.items():
        if not subject.layout.prose[column]:
            yield _Source(subject.layout.names[column], own)
            continue
        words = [one for one in own if subject.features[one].has]
        yield from (_Source(subject.features[one].said, [one]) for one in own if one not in words)
        if words:
            telling = f_classif if subject.is_classification else f_regression
            with np.errstate(invalid="ignore", divide="ignore"):
                order = np.argsort(-np.nan_to_num(telling(rows[:, words], truth)[0]), kind="stable")
            for one in order[:_TRIED_WORDS]:
                yield _Source(subject.features[words[one]].said, [words[one]], "One word")
            name = f"a few words of {subject.layout.names[column]}"
            yield _Source(name, words, "A small set of words", 2 * max(2, len(subject.classes)))


def _together(section: Section, look: "_Look") -> None:
    """Whether a few columns carry what the others hardly reveal.

    A forest finds these columns: if a label is split in two halves, neither reveals anything alone.
    """
    few = max(2, min(_MOST_TOGETHER, look.rows.shape[1] // 4))
    weights = look.forest().fit(look.rows, look.truth).feature_importances_
    leading = np.argsort(-weights, kind="stable")[:few]
    others = np.setdiff1d(np.arange(look.rows.shape[1]), leading)
    whole, rest = look.skill(look.rows, look.forest()), look.skill(look.rows[:, others], look.forest())
    section.measures += [
        Measure("of the truth, in all columns", max(0.0, whole.value)),
        Measure(f"of the truth, without the {len(leading)} most telling columns", max(0.0, rest.value)),
    ]
    names = ", ".join(look.subject.features[one].said for one in leading)
    if whole.low >= thresholds.NEARLY_ALL:
        section.find(
            thresholds.TOGETHER.severity(whole.low - rest.high),
            f"Few columns together give the answer away: {names}",
            f"With them a forest finds {percent(whole.value)} of the truth, without them "
            f"{percent(rest.value)}. Ask whether they are known when the model is used.",
        )


@dataclass(frozen=True)
class _Skill:
    """The share of the truth that was found, with the ends of its interval if it has one."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class _Look:
    subject: Subject
    rows: Array
    truth: Array

    def tree(self, leaves: int) -> Any:
        kind = DecisionTreeClassifier if self.subject.is_classification else DecisionTreeRegressor
        return kind(min_samples_leaf=5, max_leaf_nodes=leaves, random_state=0)

    def alone(self, one: _Source) -> "_Skill":
        """The skill of one source; for a number also that of a straight line, which needs only a few rows."""
        own = self.rows[:, one.features]
        by_tree = self.skill(own, self.tree(one.leaves))
        if self.subject.is_classification:
            return by_tree
        return max(by_tree, self.skill(own, LinearRegression()), key=lambda one: one.value)

    def forest(self) -> Any:
        kind = ExtraTreesClassifier if self.subject.is_classification else ExtraTreesRegressor
        return kind(n_estimators=60, min_samples_leaf=2, max_features=0.5, random_state=0)

    def skill(self, rows: Array, model: Any) -> _Skill:
        folds = KFold(_FOLDS, shuffle=True, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about classes with few rows
            found = cross_val_predict(model, rows, self.truth, cv=folds)
        if not self.subject.is_classification:
            whole = float(((self.truth - self.truth.mean()) ** 2).sum())
            left = float(((self.truth - found) ** 2).sum())
            share = 1 - left / whole if whole > 0 else 0.0
            return _Skill(share, share, share)
        usual = 1 - np.bincount(self.truth).max() / len(self.truth)
        if usual <= 0:
            return _Skill(0.0, 0.0, 0.0)
        wrong = wilson(int((found != self.truth).sum()), len(found))
        return _Skill(*(1 - end / usual for end in (wrong.value, wrong.high, wrong.low)))
