"""How good the model is on the audit data, and how certain that is."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, precision_recall_curve, roc_curve

from assay.manifests.evaluation import PPM, Metric
from assay_validation import tasks
from assay_validation.audit import classes, guessing, plots, thresholds
from assay_validation.audit.scores import of_metric, resampled, resamples
from assay_validation.audit.section import Interval, Measure, Plot, Section, percent, unit_of, words_of
from assay_validation.audit.subject import Subject
from assay_validation.audit.thresholds import Severity

_FEW_ROWS = 100
_MAX_CURVES, _MAX_CELLS = 6, 30

_BESIDES = {
    "classification": "; that of the accuracy, a share of rows, is Wilson's. Where all resamples are "
    "perfect, Wilson's for the rarest class stands in.",
    "retrieval": ". Resamples would have rows find themselves, so the interval is that of halves of the "
    "rows, drawn without repetition, about the value of all.",
}

Array = NDArray[Any]


def examine(subject: Subject) -> Section:
    """Every metric of the task with its interval, compared with the deal's threshold and with guessing."""
    section = Section(
        "performance",
        "Performance",
        f"The model answered all {len(subject.rows):,} rows of the audit data. Intervals hold 95 % of "
        f"{resamples(subject):,} {resampled(subject)}",
    )
    section.prose += _BESIDES.get(subject.spec.task, ".")
    found = _intervals(subject)
    section.measures += [Measure.of(m.value.replace("_", " "), one, unit_of(m)) for m, one in found.items()]
    _judge(subject, section, found)
    if len(subject.rows) < _FEW_ROWS:
        section.limitations.append(f"{len(subject.rows)} rows are few: intervals are wide.")
    if subject.is_classification:
        classes.examine(subject, section)
        section.plots.append(_confusion(subject))
        if subject.answers.probabilities is not None:
            section.plots.append(_curves(subject))
    elif subject.has_plain_truth:
        section.plots.append(_residuals(subject))
    elif subject.spec.task == "multilabel":
        classes.examine_labels(subject, section)
    return section


def _intervals(subject: Subject) -> dict[Metric, Interval]:
    found = {
        metric: of_metric(subject, metric, subject.truth, subject.answers, subject.effort.resamples)
        for metric in dict.fromkeys((*tasks.TASKS[subject.spec.task].told, subject.spec.metric))
        if subject.answers.probabilities is not None or not metric.needs_probabilities
    }
    return {metric: one for metric, one in found.items() if np.isfinite(one.value)}


def _judge(subject: Subject, section: Section, found: dict[Metric, Interval]) -> None:
    metric = subject.spec.metric
    one, name = found.get(metric), metric.words
    if one is None:
        section.find(
            "critical",
            f"The primary metric, {name}, is undefined on this data",
            "What the buyer ordered cannot be measured: a class or a value may be missing.",
        )
        return
    guessing.judge(subject, section, found)
    if subject.threshold is None:
        section.limitations.append("Threshold: none was given to hold the score against.")
    elif metric.is_error:
        _hold_error(section, metric, one, abs(subject.threshold) / PPM)
    else:
        _hold_score(section, metric, one, subject.threshold / PPM)


def _hold_score(section: Section, metric: Metric, one: Interval, aim: float) -> None:
    text = f"{metric.words} {words_of(metric, one.value)}, at least {words_of(metric, aim)} asked"
    grave, may = thresholds.BELOW_THRESHOLD.severity(aim - one.value), (one.high >= aim, one.low < aim)
    _hold(section, grave, may, f"Below the deal's threshold: {text}", text, _range(metric, one))


def _hold_error(section: Section, metric: Metric, one: Interval, bound: float) -> None:
    """The chain stores errors negated; people are shown the error and the largest error allowed."""
    text = f"{metric.words} {words_of(metric, one.value)}, at most {words_of(metric, bound)} asked"
    grave = thresholds.ABOVE_BOUND.severity((one.value - bound) / max(bound, 1e-12))
    may = one.low <= bound, one.high > bound
    _hold(section, grave, may, f"Above the deal's bound: {text}", text, _range(metric, one))


def _range(metric: Metric, one: Interval) -> str:
    return f"95 % interval {words_of(metric, one.low)} to {words_of(metric, one.high)}"


def _hold(
    section: Section, grave: Severity | None, may: tuple[bool, bool], missed: str, text: str, interval: str
) -> None:
    """*may*: whether, judging by the interval, the threshold may be met, and whether it may be missed."""
    if grave and may[0]:
        grave = "major"  # it may still be good enough, and the buyer has to know
    section.find(grave, missed, f"{interval}.")
    if not grave and may[1]:
        section.find(
            "note",
            f"So few rows cannot prove the threshold: {text}",
            f"{interval}: on other rows of the same kind the model may miss it.",
        )


def _confusion(subject: Subject) -> Plot:
    classes = len(subject.classes)
    counts = confusion_matrix(subject.truth, subject.answers.labels, labels=np.arange(classes))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    size = min(6.4, 2.6 + 0.42 * classes)
    with plots.canvas(size, 6.4) as drawn:
        axes = drawn.figure.subplots()
        axes.imshow(shares, cmap="BuGn", vmin=0, vmax=1.9, aspect="auto")
        axes.grid(visible=False)
        if classes <= _MAX_CELLS:
            names = [plots.short(name, 14) for name in subject.classes]
            axes.set_xticks(range(classes), names, rotation=45 if classes > 4 else 0)
            axes.set_yticks(range(classes), names)
        if classes <= 12:
            for row, column in np.ndindex(classes, classes):
                axes.text(column, row, f"{counts[row, column]:,}", ha="center", va="center")
        axes.set_xlabel("answered")
        axes.set_ylabel("true")
    wrong = int(counts.sum() - np.trace(counts))
    return drawn.plot(
        f"Confusion matrix: {wrong} of {counts.sum()} rows are answered wrongly.",
        "Confusion matrix: rows by true class and answer; shaded by the share of the true class.",
    )


def _curves(subject: Subject) -> Plot:
    probabilities = np.asarray(subject.answers.probabilities)
    binary = len(subject.classes) == 2
    shown = [1] if binary else list(range(len(subject.classes)))[:_MAX_CURVES]
    with plots.canvas(3.4) as drawn:
        left, right = drawn.figure.subplots(1, 2)
        for place, index in enumerate(shown):
            is_class = subject.truth == index
            if is_class.all() or not is_class.any():
                continue
            colour, style = plots.SERIES[place], plots.STYLES[place % len(plots.STYLES)]
            false, true, _ = roc_curve(is_class, probabilities[:, index])
            precision, recall, _ = precision_recall_curve(is_class, probabilities[:, index])
            name = plots.short(subject.classes[index], 16)
            left.plot(false, true, style, color=colour, label=name)
            right.plot(recall, precision, style, color=colour, label=name)
        left.plot([0, 1], [0, 1], color=plots.PALE, linewidth=1)
        left.set(xlabel="false positive rate", ylabel="true positive rate", title="ROC")
        right.set(xlabel="recall", ylabel="precision", title="precision and recall", ylim=(-0.03, 1.03))
        right.legend(loc="lower left", title="" if binary else "class")
    what = (
        f"the class {subject.classes[1]}" if binary else f"the first {len(shown)} classes, each against all"
    )
    return drawn.plot(
        "ROC curve and precision-recall curve.",
        f"What a choice of cut-off gives, for {what}. The pale line is guessing.",
    )


def _residuals(subject: Subject) -> Plot:
    values = np.asarray(subject.answers.values)
    shown = subject.sample("residuals", 1_000)
    with plots.canvas(3.4) as drawn:
        left, right = drawn.figure.subplots(1, 2)
        left.scatter(subject.truth[shown], values[shown], s=10, alpha=0.6, color=plots.MAIN, linewidths=0)
        ends = [float(subject.truth.min()), float(subject.truth.max())]
        left.plot(ends, ends, color=plots.GREY, linewidth=1)
        left.set(xlabel="true", ylabel="answered")
        right.hist(values - subject.truth, bins=30, color=plots.MAIN)
        right.axvline(0, color=plots.GREY, linewidth=1)
        right.set(xlabel="answered minus true", ylabel="rows")
    within = float(np.mean(np.abs(values - subject.truth) <= subject.truth.std()))
    return drawn.plot(
        f"Answers against truth, and residuals; {percent(within)} lie within one standard deviation.",
        "Answers against the truth (on the line they are right), and how far off they are.",
    )
