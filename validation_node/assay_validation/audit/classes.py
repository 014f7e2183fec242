"""How each class fares at the operating point: the answers as the model gives them."""

import numpy as np

from assay_validation.audit import thresholds
from assay_validation.audit.comparisons import ByGroup, proportions
from assay_validation.audit.groups import Grouping
from assay_validation.audit.section import Interval, Measure, Section, Table, percent
from assay_validation.audit.subject import Array, Subject

_MAX_MEASURED, _MAX_SHOWN = 12, 100


def examine(subject: Subject, section: Section) -> None:
    """Recall (sensitivity), specificity and precision (PPV) of each class, with findings for the worst."""
    truth, labels = np.asarray(subject.truth), np.asarray(subject.answers.labels)
    right = truth == labels
    recall = _by_class(subject, "recall", truth, right)
    precision = _by_class(subject, "precision", labels, right)
    alarms = [(labels == one) & (truth != one) for one in range(len(subject.classes))]
    specificity = [_specificity(truth != one, alarm) for one, alarm in enumerate(alarms)]
    rows = []
    for one, name in enumerate(subject.classes):
        ends = (recall.of(one), specificity[one], precision.of(one))
        rows.append((name, f"{recall.counts[one]:,}", *(_cell(end) for end in ends)))
        if one < _MAX_MEASURED:
            section.measures += [
                Measure.of(f"{what}, class {name}", end)
                for what, end in zip(("recall", "specificity", "precision"), ends, strict=True)
                if np.isfinite(end.value)
            ]
        _find(
            section,
            name,
            recall.of(one),
            int(recall.counts[one]),
            precision.of(one),
            int(precision.counts[one]),
        )
    section.tables.append(
        Table(
            ("class", "rows", "recall (sensitivity)", "specificity", "precision (PPV)"),
            rows[:_MAX_SHOWN],
            "Of the answers as the model gives them, with Wilson's 95 % intervals.",
        )
    )


def _by_class(subject: Subject, name: str, codes: Array, right: Array) -> ByGroup:
    everybody = np.ones(len(codes), dtype=bool)
    return proportions(Grouping("class", subject.classes, codes), name, right, everybody)


def _specificity(others: Array, alarms: Array) -> Interval:
    together = Grouping("all", ("all",), np.zeros(len(others), dtype=np.int64))
    return proportions(together, "specificity", ~alarms, others).of(0)


def _cell(one: Interval) -> str:
    return (
        f"{percent(one.value)} ({percent(one.low)} to {percent(one.high)})" if np.isfinite(one.value) else "-"
    )


def _find(
    section: Section, name: str, recall: Interval, rows: int, precision: Interval, answers: int
) -> None:
    if rows:
        section.find(
            thresholds.MISSED.severity(1 - recall.high),
            f"Of the class {name}, {percent(1 - recall.value)} are answered otherwise",
            f"Recall {_cell(recall)} on {rows:,} rows. Whoever is in this class is mostly not recognised.",
        )
    if answers:
        section.find(
            thresholds.FALSE_ANSWERS.severity(1 - precision.high),
            f"Of the answers {name}, {percent(1 - precision.value)} are wrong",
            f"Precision {_cell(precision)} on {answers:,} answers.",
        )
