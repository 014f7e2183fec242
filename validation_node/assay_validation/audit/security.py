"""Whether the model is a plain function of a row: not random, independent of other rows, no backdoor."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.words.formatting import count
from assay_validation.audit import backdoors, thresholds
from assay_validation.audit.intervals import wilson
from assay_validation.audit.section import Measure, Section, Table, line, percent
from assay_validation.audit.subject import Subject
from assay_validation.errors import JobError
from assay_validation.metrics import Predictions
from assay_validation.tasks import TASKS

_ASKED, _ALONE = 512, 16
_TOLERANCE = 1e-4
_OTHER = 0.01
"""From this change on, tasks treat it as another answer."""
_NUDGE = 1e-6
_FAR = 1e6
_STRANGE = ("", " ", "?!…", "\u0000", "e\u0301\u200d\u202e", "\U0001f600" * 9, "word " * 2_000, "x" * 10_000)
"""Texts that no one expects."""
_LABELS = {"label", "output_label"}
"""Names that exporters of scikit-learn models give to the labels that accompany the probabilities."""

Array = NDArray[Any]


def examine(subject: Subject) -> Section:
    """Ask the same rows again, one by one, in another order and nudged by a millionth; then far outside."""
    section = Section(
        "security",
        "Security",
        "The file passed the gate (no control flow, no functions of its own, nothing stored outside, "
        "no random "
        "operators) and ran in the validation node's jail only. The same rows were asked again in "
        "other company.",
    )
    chosen = subject.sample("security", _ASKED)
    rows = subject.rows[chosen]
    again = subject.model.predict(rows)
    if _changed(subject, chosen, again, subject.model.predict(rows), exactly=True).any():
        section.find(
            "critical",
            "The model answers the same question differently",
            "Its score is luck in part, and nobody can check an answer by asking again.",
        )
    _in_other_company(subject, section, chosen)
    if subject.is_classification and subject.layout.continuous.any():
        _nudged(subject, section, rows, chosen)
    _far_outside(subject, section, rows)
    if subject.layout.prose.any():
        _strange_texts(subject, section, rows)
    extra = [o.name for o in subject.graph.outputs]
    used = set(subject.spec.output.model_dump(exclude_none=True).values())
    if subject.spec.output.by_class:
        used |= _LABELS
    if unused := [line(name) for name in extra if name not in used]:
        section.find(
            "note",
            f"Outputs that nobody scored: {', '.join(unused[:5])}",
            "Nothing here says whether they are right, or what they give away.",
        )
    section.tables.append(
        Table(
            ("operator", "times"),
            [(line(kind), f"{count:,}") for kind, count in list(subject.graph.kinds.items())[:25]],
            f"{count(subject.graph.operators, 'operator')}, "
            f"{count(subject.graph.parameters, 'number')} in constants, "
            f"operator set {subject.graph.opset}.",
        )
    )
    backdoors.search(subject, section)
    section.measures += [
        Measure("operators", subject.graph.operators, "count"),
        Measure("size of the file", subject.model_file.stat().st_size, "bytes"),
    ]
    return section


def _in_other_company(subject: Subject, section: Section, chosen: Array) -> None:
    order = subject.rng("order").permutation(len(chosen))
    before, shuffled = subject.answers.take(chosen[order]), subject.model.predict(subject.rows[chosen[order]])
    moved = np.empty(len(chosen), dtype=bool)
    moved[order] = _changed(subject, chosen[order], before, shuffled)
    for place, row in enumerate(chosen[:_ALONE]):
        alone = subject.model.predict(subject.rows[row : row + 1])
        moved[place] |= _changed(
            subject, chosen[place : place + 1], subject.answers.take(chosen[place : place + 1]), alone
        )[0]
    share = float(moved.mean())
    section.measures.append(Measure("answers that depend on the other rows", share))
    section.find(
        thresholds.BATCH.severity(share),
        f"{percent(share)} of answers depend on the other rows that are asked with them",
        "In use rows come one by one: the score says nothing of that.",
    )


def _changed(
    subject: Subject, rows: Array, before: Predictions, after: Predictions, *, exactly: bool = False
) -> Array:
    """[rows]: whether answers differ, *exactly* or by more than rounding; *rows* are the row numbers."""
    if subject.is_explainable:
        one, other = subject.outputs(before), subject.outputs(after)
        scale = 1.0 if before.values is None else float(subject.outputs(subject.answers).std()) or 1.0
        return np.asarray((np.abs(one - other) > (0 if exactly else _TOLERANCE * scale)).any(axis=1))
    distances = TASKS[subject.spec.task].changes(subject.truth[rows], before, after)
    return np.asarray(distances > (0 if exactly else _OTHER))


def _nudged(subject: Subject, section: Section, rows: Array, chosen: Array) -> None:
    sign = subject.rng("nudge").choice([-1.0, 1.0], rows.shape)
    size = np.where(subject.layout.continuous, np.maximum(np.abs(rows), subject.spread), 0.0)
    labels = np.asarray(subject.model.predict(rows + _NUDGE * sign * size).labels)
    flipped = labels != np.asarray(subject.answers.labels)[chosen]
    share = wilson(int(flipped.sum()), len(flipped))
    section.measures.append(Measure.of("decisions changed by a millionth", share))
    section.find(
        thresholds.NUDGED.severity(share.low),
        f"{percent(share.value)} of decisions change when inputs move by a millionth",
        f"{flipped.sum():,} of {len(flipped):,}; 95 % interval {percent(share.low)} to "
        f"{percent(share.high)}. "
        "Another machine, or another rounding of the same data, gives other answers.",
    )


def _far_outside(subject: Subject, section: Section, rows: Array) -> None:
    if not (subject.spread > 0).any():
        return
    try:
        subject.model.predict(rows[:64] + _FAR * subject.spread)
    except JobError as failure:
        section.find(
            "minor",
            f"Far outside the data the model fails: {failure.message}",
            "Inputs a million spreads away: whoever uses the model has to check ranges before asking it.",
        )


def _strange_texts(subject: Subject, section: Section, rows: Array) -> None:
    layout = subject.layout
    asked = np.repeat(rows[:1], len(_STRANGE), axis=0)
    with layout.book.passing():
        asked[:, layout.prose] = layout.book.numbers(_STRANGE)[:, None]
        try:
            subject.model.predict(asked)
        except JobError as failure:
            section.find(
                "minor",
                f"On strange texts the model fails: {failure.message}",
                "Empty, very long, or made of signs only: whoever uses the model has to check texts before "
                "asking it.",
            )
