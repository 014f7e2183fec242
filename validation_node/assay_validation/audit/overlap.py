"""Whether the audit data is new to the model: rows that it was trained on are no test."""

from collections import Counter
from hashlib import blake2b

from scipy.stats import fisher_exact

from assay_validation.audit import thresholds
from assay_validation.audit.section import Measure, Section, percent
from assay_validation.audit.subject import Array, Subject

_SIGNIFICANT = 0.001


def examine(subject: Subject) -> Section:
    """The share of audit rows whose inputs are, number by number, those of a training row.

    Where few values are possible rows coincide by chance: then training rows repeat each other as well. More
    than that has to be significant (Fisher's exact test).
    """
    section = Section("performance", "Overlap with the training data", "")
    training = subject.training
    if training is None:
        section.limitations.append(
            "Overlap: without training data, it is unknown whether the audit data is new."
        )
        return section
    known = Counter(_digests(training.rows))
    shared = sum(row in known for row in _digests(subject.rows))
    repeated = sum(times for times in known.values() if times > 1)
    rows, learnt = len(subject.rows), len(training.rows)
    section.prose = (
        f"The inputs of {rows:,} audit rows were looked up among those of {learnt:,} rows that the model was "
        "trained on; only exact copies count."
    )
    if learnt < training.total:
        section.limitations.append(
            f"Overlap: {learnt:,} of {training.total:,} training rows were compared, so more may be shared."
        )
    section.measures += [
        Measure("audit rows that are in the training data", shared / rows),
        Measure("training rows that repeat another", repeated / learnt),
    ]
    beyond = shared / rows - repeated / learnt
    table = [[shared, rows - shared], [repeated, learnt - repeated]]
    chance = fisher_exact(table, alternative="greater").pvalue
    grave = thresholds.OVERLAP.severity(beyond) if chance < _SIGNIFICANT else None
    section.find(
        grave or ("note" if shared else None),
        f"{shared:,} of {rows:,} audit rows ({percent(shared / rows)}) are in the training data",
        "The model may know them by heart: its figures flatter, and membership cannot be told. Of the "
        f"training rows, {percent(repeated / learnt)} repeat another.",
    )
    return section


def _digests(rows: Array) -> list[bytes]:
    return [blake2b(row.tobytes(), digest_size=16).digest() for row in rows + 0.0]  # -0.0 is 0.0
