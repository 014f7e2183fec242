"""How each class fares at the operating point, that is, with the answers as the model gives them."""

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


def examine_labels(subject: Subject, section: Section) -> None:
    """Recall, specificity and precision of each label, where a row can have several labels."""
    truth, given = np.asarray(subject.truth) == 1, np.asarray(subject.answers.labels) == 1
    rows = []
    for one, name in enumerate(subject.classes[:_MAX_SHOWN]):
        is_true, is_given = truth[:, one], given[:, one]
        ends = (
            _share("recall", is_given, is_true),
            _share("specificity", ~is_given, ~is_true),
            _share("precision", is_true, is_given),
        )
        rows.append((name, f"{is_true.sum():,}", *(_cell(end) for end in ends)))
        if one < _MAX_MEASURED:
            section.measures += [
                Measure.of(f"{what}, label {name}", end)
                for what, end in zip(("recall", "specificity", "precision"), ends, strict=True)
                if np.isfinite(end.value)
            ]
        _find(section, name, ends[0], int(is_true.sum()), ends[2], int(is_given.sum()), kind="label")
    note = "Of the answers as the model gives them, with Wilson's 95 % intervals."
    columns = ("label", "rows", "recall (sensitivity)", "specificity", "precision (PPV)")
    section.tables.append(Table(columns, rows, note))


def _by_class(subject: Subject, name: str, codes: Array, right: Array) -> ByGroup:
    everybody = np.ones(len(codes), dtype=bool)
    return proportions(Grouping("class", subject.classes, codes), name, right, everybody)


def _specificity(others: Array, alarms: Array) -> Interval:
    return _share("specificity", ~alarms, others)


def _share(name: str, hits: Array, among: Array) -> Interval:
    together = Grouping("all", ("all",), np.zeros(len(hits), dtype=np.int64))
    return proportions(together, name, hits, among).of(0)


def _cell(one: Interval) -> str:
    return (
        f"{percent(one.value)} ({percent(one.low)} to {percent(one.high)})" if np.isfinite(one.value) else "-"
    )


def _find(
    section: Section,
    name: str,
    recall: Interval,
    rows: int,
    precision: Interval,
    answers: int,
    kind: str = "class",
) -> None:
    if rows:
        section.find(
            thresholds.MISSED.severity(1 - recall.high),
            f"Of the {kind} {name}, {percent(1 - recall.value)} are answered otherwise",
            f"Recall {_cell(recall)} on {rows:,} rows. Whoever has it is mostly not recognised.",
        )
    if answers:
        section.find(
            thresholds.FALSE_ANSWERS.severity(1 - precision.high),
            f"Of the answers {name}, {percent(1 - precision.value)} are wrong",
            f"Precision {_cell(precision)} on {answers:,} answers.",
        )
