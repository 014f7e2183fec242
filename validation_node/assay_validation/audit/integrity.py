"""Whether the audit data is sound: gaps, repeated and contradictory rows, columns that never vary."""

import numpy as np
from scipy.stats import binom, fisher_exact

from assay_validation.audit import thresholds
from assay_validation.audit.intervals import wilson
from assay_validation.audit.section import Measure, Section, percent
from assay_validation.audit.subject import Array, Subject
from assay_validation.audit.thresholds import Threshold

_SIGNIFICANT = 0.001
_MAX_COLUMNS = 2_000
_MAX_CODES = 20


def examine(subject: Subject) -> Section:
    """What is wrong with the audit data by itself, and with its values compared with the training data."""
    section = Section(
        "compliance",
        "Integrity of the data",
        "Rows that repeat or contradict each other, gaps, columns without information, and values that the "
        "training data does not have.",
    )
    _repetitions(subject, section)
    rows = subject.as_read(subject.rows)[:, :_MAX_COLUMNS]
    if subject.rows.shape[1] > _MAX_COLUMNS:
        section.limitations.append(
            f"Integrity of the data: only the first {_MAX_COLUMNS:,} columns were looked at."
        )
    known = None if subject.training is None else subject.as_read(subject.training.rows)[:, :_MAX_COLUMNS]
    _gaps(subject, section, rows, known)
    if known is None:
        section.limitations.append(
            "New values in the data: without training data, nobody knows which they are."
        )
        return section
    _constant(subject, section, rows, known)
    _far(subject, section, rows, known)
    _new_codes(subject, section, rows, known)
    return section


def _judge(section: Section, threshold: Threshold, hits: int, of: int, said: str, details: str) -> None:
    """Add a finding if the lower end of the share's interval reaches the threshold."""
    one = wilson(hits, of)
    section.find(
        threshold.severity(one.low),
        f"{percent(one.value)} of {said}",
        f"{hits:,} of {of:,}; 95 % interval {percent(one.low)} to {percent(one.high)}. {details}",
    )


def _repetitions(subject: Subject, section: Section) -> None:
    """Rows whose inputs and truth occurred before, and rows whose inputs have a different truth elsewhere."""
    of = len(subject.rows)
    repeated, contradictory = _twins(subject.as_read(subject.rows), subject.truth)
    section.measures.append(Measure("rows that repeat an earlier one", repeated / of))
    _judge(
        section, thresholds.REPEATED, repeated, of, "audit rows repeat an earlier one",
        "They are no evidence of their own: all intervals are narrower than they should be.",
    )  # fmt: skip
    if subject.is_classification:
        _contradictions(subject, section, contradictory, of)


def _contradictions(subject: Subject, section: Section, contradictory: int, of: int) -> None:
    """Contradictions are serious only if there are more of them than in the same number of training rows: in
    a table with few different values, people who look the same on paper can have different outcomes."""
    found = wilson(contradictory, of)
    section.measures.append(Measure("rows that another contradicts", found.value))
    severity, usual = thresholds.CONTRADICTORY.severity(found.low), ""
    if severity in thresholds.GRAVE:
        severity = "minor"
    if subject.training is not None:
        known = subject.as_read(subject.training.rows[:of])
        before = _twins(known, subject.training.truth[:of])[1] / len(known)
        usual = f" In as many training rows it is {percent(before)}."
        severity = thresholds.CONTRADICTORY.severity(found.low - before) or severity
    section.find(
        severity,
        f"{percent(found.value)} of audit rows have the inputs of another row and another label",
        f"{contradictory:,} of {of:,}; 95 % interval {percent(found.low)} to {percent(found.high)}.{usual} "
        "No model can answer both rightly: a column is missing, labels are wrong, or chance decides.",
    )


def _twins(rows: Array, truth: Array) -> tuple[int, int]:
    """How many rows repeat an earlier one, truth included, and how many have a twin with another truth."""
    inputs = _codes(rows)
    both = _codes(np.column_stack([inputs, _codes(truth.reshape(len(truth), -1))]))
    answers = np.unique(np.column_stack([inputs, both]), axis=0)[:, 0]
    return len(both) - len(np.unique(both)), int((np.bincount(answers)[inputs] > 1).sum())


def _codes(rows: Array) -> Array:
    """[rows]: equal numbers for equal rows; gaps are equal to each other."""
    seen: dict[bytes, int] = {}
    rows = rows if rows.dtype.kind == "U" else rows + 0.0  # turns -0.0 into 0.0
    return np.array([seen.setdefault(row.tobytes(), len(seen)) for row in rows], dtype=np.int64)


def _gaps(subject: Subject, section: Section, rows: Array, known: Array | None) -> None:
    gaps = np.isnan(rows).sum(axis=0)
    if not gaps.any() and (known is None or not np.isnan(known).any()):
        return
    section.measures.append(Measure("cells without a value", float(gaps.sum() / rows.size)))
    if known is None:
        worst = int(gaps.argmax())
        section.find(
            "note",
            f"Of {subject.layout.names[worst]}, {percent(gaps[worst] / len(rows))} of the cells are empty",
            "Without training data nobody knows whether the model has learnt to do without them.",
        )
        return
    before = np.isnan(known).sum(axis=0)
    rises = gaps / len(rows) - before / len(known)
    worst = int(rises.argmax())
    table = [[gaps[worst], len(rows) - gaps[worst]], [before[worst], len(known) - before[worst]]]
    if fisher_exact(table, alternative="greater").pvalue * rows.shape[1] < _SIGNIFICANT:
        section.find(
            thresholds.GAPS.severity(float(rises[worst])),
            f"Of {subject.layout.names[worst]}, {percent(gaps[worst] / len(rows))} of the cells are empty; "
            f"in the training data {percent(before[worst] / len(known))}",
            "The model answers from what is left, which it has not learnt to do.",
        )


def _constant(subject: Subject, section: Section, rows: Array, known: Array) -> None:
    """Columns with a single value, where the same number of training rows would hardly ever give that."""
    same = (rows == rows[0]).all(axis=0)
    share = (known == rows[0]).mean(axis=0)
    chance = share ** len(rows) * rows.shape[1]
    stuck = np.flatnonzero(same & (chance < _SIGNIFICANT) & (np.ptp(known, axis=0) > 0))
    section.measures.append(Measure("columns that stopped varying", len(stuck), "count"))
    if len(stuck):
        names = ", ".join(subject.layout.names[one] for one in stuck[:5])
        section.find(
            thresholds.CONSTANT.severity(len(stuck)),
            f"Columns that vary in the training data have one value only: {names}",
            "A broken sensor or a default looks like this.",
        )


def _far(subject: Subject, section: Section, rows: Array, known: Array) -> None:
    """Values that lie beyond the training data's range by more than the width of that range."""
    with np.errstate(invalid="ignore"):
        low, high = np.nanmin(known, axis=0), np.nanmax(known, axis=0)
        width = high - low
        outside = ((rows < low - width) | (rows > high + width)) & (width > 0)
    outside &= ~subject.layout.texts[: rows.shape[1]]
    hits = outside.any(axis=1)
    section.measures.append(Measure("rows with a value far outside of the training data", float(hits.mean())))
    worst = subject.layout.names[int(outside.sum(axis=0).argmax())]
    _judge(
        section, thresholds.FAR_OUTSIDE, int(hits.sum()), len(rows),
        f"audit rows have a value far outside of the training data, most often {worst}",
        "Further beyond its ends than they are from each other: another unit, or a number that stands for a "
        "gap.",
    )  # fmt: skip


def _new_codes(subject: Subject, section: Section, rows: Array, known: Array) -> None:
    """Values that the training data lacks, in columns of few whole numbers; some are new by chance."""
    worst, most, expected = 0, 0, 0.0
    for column in np.flatnonzero(~subject.layout.continuous[: rows.shape[1]]):
        values, times = np.unique(known[:, column], return_counts=True)
        if len(values) > _MAX_CODES:
            continue
        new = int((~np.isin(rows[:, column], values)).sum())
        rare = (times == 1).sum() + 1  # Good 1953: expect as many as were seen once
        if new > most and binom.sf(new - 1, len(rows), min(1.0, rare / len(known))) < _SIGNIFICANT:
            worst, most, expected = int(column), new, float(rare / len(known))
    if most:
        name = subject.layout.names[worst]
        _judge(
            section, thresholds.NEW_CODES, most, len(rows),
            f"audit rows have a value of {name} that the training data does not have",
            f"By chance about {percent(expected)} would have. The model has learnt nothing about it.",
        )  # fmt: skip
