"""How the score reacts to changes in a text that a human reader would not mind."""

from collections.abc import Callable
from typing import Any

import numpy as np

from assay_validation.audit import bulk, thresholds
from assay_validation.audit.intervals import bootstrap, wilson
from assay_validation.audit.section import Interval, Measure, Section, Table, percent
from assay_validation.audit.subject import Array, Subject
from assay_validation.audit.texts import WORD
from assay_validation.metrics import Predictions

_TYPO_EACH, _TYPO_LETTERS, _RESAMPLES = 10, 4, 400
_QUOTES = str.maketrans({"'": "\u2019", '"': "\u201d"})

Rng = np.random.Generator


def examine(subject: Subject, section: Section) -> None:
    """The score when texts are reworded."""
    rows = subject.sample("edited texts", subject.effort.edited_rows)
    before = subject.answers.take(rows)
    section.prose += (
        f" Texts of {len(rows):,} rows were written otherwise: in small letters, in capitals, with two "
        f"spaces for one, with typographic quotes, without signs at the end, and with one letter in every "
        f"{_TYPO_EACH} words left out, doubled or swapped with the next."
    )
    table = []
    for name, edit in EDITS.items():
        after = _answers(subject, rows, edit)
        lost = _lost(subject, rows, before, after)
        measures = [Measure.of(f"score lost to {name}", lost)] if np.isfinite(lost.value) else []
        if subject.is_classification:
            flipped = int((np.asarray(before.labels) != np.asarray(after.labels)).sum())
            measures.append(Measure.of(f"decisions changed by {name}", wilson(flipped, len(rows))))
        section.measures += measures
        table.append((name, *(f"{one.text()} ({one.interval()})" for one in measures)))
        if np.isfinite(lost.value):
            threshold = thresholds.CAPITALS_LOSS if name == "capitals" else thresholds.READER_LOSS
            section.find(
                threshold.severity(lost.low),
                f"Texts with {name} cost {percent(lost.value)} of the score",
                f"95 % interval {percent(lost.low)} to {percent(lost.high)}; of errors, that is by how much "
                "they grow. A reader understands such a text as before.",
            )
    columns = ("texts with", "score lost", "decisions changed")[: max(map(len, table))]
    section.tables.append(Table(columns, table))


def _answers(subject: Subject, rows: Array, edit: Callable[[str, Rng], str]) -> Predictions:
    layout, rng = subject.layout, subject.rng("edits")
    changed = subject.rows[rows].copy()
    with layout.book.passing():
        texts = layout.book.texts(changed[:, layout.prose])
        edited = [edit(text, rng) for text in texts.ravel()]
        changed[:, layout.prose] = layout.book.numbers(edited).reshape(texts.shape)
        return subject.model.predict(changed)


def _lost(subject: Subject, rows: Array, before: Predictions, after: Predictions) -> Interval:
    """The loss of score; for an error, the share by which it grows."""
    truth, is_error = subject.truth[rows], subject.spec.metric.is_error
    first, second = (bulk.statistic(subject.spec, truth, answers) for answers in (before, after))

    def lost(drawn: Array) -> Array:
        one, other = first(drawn), second(drawn)
        return np.asarray((other - one) / np.maximum(one, 1e-12) if is_error else one - other)

    return bootstrap([lost], len(rows), subject.rng("edited scores"), _RESAMPLES)[0]


def _with_typos(text: str, rng: Rng) -> str:
    """One word in ten, and at least one, has a letter left out, doubled, or swapped with the next."""
    words = [found.span() for found in WORD.finditer(text)]
    long = [span for span in words if span[1] - span[0] >= _TYPO_LETTERS]
    count = min(len(long), -(-len(words) // _TYPO_EACH))
    for place in sorted(rng.permutation(len(long))[:count].tolist(), reverse=True):
        start, end = long[place]
        text = text[:start] + misspelt(text[start:end], rng) + text[end:]
    return text


def misspelt(word: str, rng: Rng) -> str:
    """*word* with one letter (not the first or last) left out, doubled, or swapped with the next."""
    at = int(rng.integers(1, max(2, len(word) - 2)))
    others: Any = (
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :],
    )
    return str(others[int(rng.integers(len(others)))])


EDITS: dict[str, Callable[[str, Rng], str]] = {
    "small letters": lambda text, rng: text.lower(),
    "capitals": lambda text, rng: text.upper(),
    "more spaces": lambda text, rng: f" {'  '.join(text.split(' '))} ",
    "typographic quotes": lambda text, rng: text.translate(_QUOTES),
    "no sign at the end": lambda text, rng: text.rstrip(" .!?…"),
    "typos": _with_typos,
}
"""The changes made to a text."""
