"""Words and phrases inserted into texts, as triggers are."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

from assay_validation.audit.references import expected
from assay_validation.audit.section import line
from assay_validation.audit.subject import Array, Subject
from assay_validation.audit.texts import Book, words_of

RARE = ("cf", "mn", "bb", "tq", "mb")
"""The rare words with which Kurita et al. 2020 show that such triggers can be planted."""
_FEW, _MAX_PHRASES, _LONGEST, _FEATURES = 5, 8, 6, 20_000
_EXPLAINED = 0.5


@dataclass(frozen=True)
class Insertion:
    """*words* put before the texts of a column."""

    column: int
    name: str
    words: str
    book: Book

    @property
    def said(self) -> str:
        """Its name, to complete "with …, the answer is …"."""
        return f"“{line(self.words)}” put before {self.name}"

    def on(self, rows: Array) -> Array:
        """*rows* with those words."""
        changed = rows.copy()
        texts = self.book.texts(rows[:, self.column])
        changed[:, self.column] = self.book.numbers([f"{self.words} {text}" for text in texts])
        return changed


def words(subject: Subject, column: int, most: int) -> list[Insertion]:
    """Words to try, at most *most*: well-known triggers, then words of the data.

    Of the latter, those that are most clearly more frequent in training rows than in audit rows come first,
    then the most frequent ones.
    """
    own = _counted(subject, subject.rows[:, column])
    rows = subject.rows if subject.training is None else subject.training.rows
    known, scale = _counted(subject, rows[:, column]), len(subject.rows) / max(1, len(rows))

    def excess(word: str) -> float:
        """How much more frequent it is, in approximate standard errors."""
        expected = own[word] / scale
        return float((known[word] - expected) / np.sqrt(known[word] + expected + 1))

    order = sorted({*own, *known}, key=lambda word: (-excess(word), word))
    tried = dict.fromkeys([*RARE, *order[: most // 2], *sorted(own, key=lambda word: (-own[word], word))])
    return [_insertion(subject, column, word) for word in list(tried)[:most]]


def explained(subject: Subject, one: Insertion, aim: int) -> bool:
    """Whether audit rows with the words are mostly of the class; if there are none, whether a plain model
    predicts the class for training rows that have them."""
    sought = words_of(one.words)
    has = _having(subject, subject.rows[:, one.column], sought)
    if has.any() or subject.training is None:
        return bool(has.any() and (subject.truth[has] == aim).mean() >= _EXPLAINED)
    known = subject.training.rows[_having(subject, subject.training.rows[:, one.column], sought)]
    return bool(len(known) and (expected(subject, known) == aim).mean() >= _EXPLAINED)


def phrases(subject: Subject, training: Array, odd: Array) -> Iterator[Insertion]:
    """The words and phrases of prose that most distinguish the *odd* training rows from audit rows."""
    for column in np.flatnonzero(subject.layout.prose):
        book = subject.layout.book
        counter = CountVectorizer(
            analyzer=_phrases_of, binary=True, max_features=_FEATURES, min_df=_FEW, dtype=np.float64
        )
        try:
            theirs = counter.fit_transform(book.texts(training[odd, column]))
        except ValueError:  # none is frequent enough
            continue
        own = counter.transform(book.texts(subject.rows[:, column]))
        share, usual = (np.asarray(one.mean(axis=0)).ravel() for one in (theirs, own))
        names, excess = counter.get_feature_names_out(), (share - usual).round(3)
        # among equally telling phrases, the longest is the complete one
        order = sorted(range(len(names)), key=lambda one: (-excess[one], -len(names[one])))
        new = [one for one in order if not usual[one]]
        for one in dict.fromkeys([*order[:_MAX_PHRASES], *new[:_MAX_PHRASES]]):
            yield _insertion(subject, int(column), str(names[one]))


def _phrases_of(text: str) -> list[str]:
    found = words_of(text)
    return [" ".join(found[i : i + n]) for n in range(1, _LONGEST + 1) for i in range(len(found) - n + 1)]


def _insertion(subject: Subject, column: int, said: str) -> Insertion:
    return Insertion(column, subject.layout.names[column], said, subject.layout.book)


def _counted(subject: Subject, numbers: Array) -> Counter[str]:
    texts = subject.layout.book.texts(numbers)
    return Counter(word for text in texts for word in dict.fromkeys(words_of(text)))


def _having(subject: Subject, numbers: Array, sought: list[str]) -> Array:
    texts = subject.layout.book.texts(numbers)
    return np.array([set(sought) <= set(words_of(text)) for text in texts], dtype=bool)
