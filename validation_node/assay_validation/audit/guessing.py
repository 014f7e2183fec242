"""Whether the model does better than giving the same answer for every row.

The order's metric alone cannot say that. Where one class is common, a useful model may be less accurate than
a constant answer; and some constant answer reaches perfect recall, or perfect specificity. So balanced
accuracy decides: every constant answer scores the same on it as random guessing.
"""

import numpy as np

from assay.manifests.evaluation import Metric
from assay_validation import tasks
from assay_validation.audit.scores import value
from assay_validation.audit.section import Interval, Section, percent, words_of
from assay_validation.audit.subject import Subject
from assay_validation.audit.thresholds import Severity

_INFORMED = 0.2
"""How far from guessing (0) to perfection (1) the balanced accuracy of an informed model reaches at least."""
_ENOUGH_ROWS, _ENOUGH_OF_A_CLASS = 200, 20
"""With that many, any model worth having can be told from a guess."""
_TRIVIAL = frozenset({Metric.RECALL, Metric.SPECIFICITY})
_CONSTANT = "The constant answer is the commonest class, or the mean."


def judge(subject: Subject, section: Section, found: dict[Metric, Interval]) -> None:
    """Compare the order's metric, as *found*, with that of a constant answer."""
    metric = subject.spec.metric
    one, guessed = found[metric], _guessed(subject)
    if not np.isfinite(guessed):
        return
    balanced, chance = found.get(Metric.BALANCED_ACCURACY), 1 / max(1, len(np.unique(subject.truth)))
    is_better = one.value < guessed if metric.is_error else one.value > guessed
    reached = f"{metric.words} {words_of(metric, one.value)}, a constant answer {words_of(metric, guessed)}"
    if balanced is None:
        if not is_better:
            section.find("critical", f"The model is no better than guessing: {reached}", _CONSTANT)
        return
    text = (
        f"Balanced accuracy {percent(balanced.value)} (95 % interval {percent(balanced.low)} to "
        f"{percent(balanced.high)}), where guessing has {percent(chance)}."
    )
    if is_better and balanced.low <= chance:
        rarest = int(np.unique(subject.truth, return_counts=True)[1].min())
        enough = len(subject.rows) >= _ENOUGH_ROWS and rarest >= _ENOUGH_OF_A_CLASS
        grave: Severity = "major" if enough else "note"
        section.find(grave, f"The answers cannot be told from guessing: {reached}", text)
    elif not is_better and balanced.low - chance < _INFORMED * (1 - chance):
        section.find("critical", f"The model is no better than guessing: {reached}", f"{_CONSTANT} {text}")
    elif not is_better:
        _find_poor_metric(section, metric, reached, text)


def _guessed(subject: Subject) -> float:
    constant = tasks.TASKS[subject.spec.task].simplest(subject.spec, subject.truth)
    return value(subject.spec.metric, subject.truth, constant, subject)


def _find_poor_metric(section: Section, metric: Metric, reached: str, text: str) -> None:
    grave: Severity = "major" if metric.is_error else "note" if metric in _TRIVIAL else "minor"
    but = (
        "But its probabilities are further off than the shares of the classes are."
        if metric.is_error
        else "So the metric says little about it: ask for one that common classes do not decide."
    )
    section.find(
        grave,
        f"By the order's metric a constant answer is as good: {reached}",
        f"{_CONSTANT} The model does tell the classes apart. {text} {but}",
    )
