"""Rows as plain models read them: numbers unchanged, categories one-hot, prose by its words and length."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer

from assay_validation.audit.layout import Layout
from assay_validation.audit.section import line
from assay_validation.audit.texts import words_of

_MAX_WORDS, _LEAST_ROWS = 250, 5

Array = NDArray[Any]


@dataclass(frozen=True)
class Feature:
    """One number that plain models read. With *has*, it is 1 for rows that contain this, and 0 for others."""

    column: int
    name: str
    has: str = ""

    @property
    def said(self) -> str:
        """Its name in a sentence."""
        return f"{self.name} “{self.has}”" if self.has else self.name

    def where(self, bound: float, *, above: bool) -> str:
        """The condition that it lies above, or not above, *bound*."""
        if self.has:
            return f"{self.name} {'has' if above else 'lacks'} “{self.has}”"
        return f"{self.name} is {'above' if above else 'at most'} {bound:.4g}"


class Reading:
    """How rows of one layout are read; words and categories are those of the rows that it is created with."""

    def __init__(self, layout: Layout, rows: Array) -> None:
        self._layout = layout
        self.features: list[Feature] = []
        self._words: dict[int, CountVectorizer | None] = {}
        self._categories: dict[int, Array] = {}
        for column, name in enumerate(layout.names):
            if layout.prose[column]:
                self.features += self._learn(column, name, rows[:, column])
            elif layout.categories[column]:
                self._categories[column] = np.unique(rows[:, column])
                texts = layout.book.texts(self._categories[column])
                self.features += [Feature(column, name, line(text)) for text in texts]
            else:
                self.features.append(Feature(column, name))

    def read(self, rows: Array) -> Array:
        """[rows, features]: the features of *rows*, which must have no gaps."""
        if not (self._words or self._categories):
            return rows
        parts = [self._column(column, rows[:, column]) for column in range(rows.shape[1])]
        return np.concatenate(parts, axis=1)

    def _learn(self, column: int, name: str, numbers: Array) -> list[Feature]:
        counter = CountVectorizer(
            analyzer=words_of, binary=True, max_features=_MAX_WORDS, min_df=_LEAST_ROWS, dtype=np.float64
        )
        try:
            counter.fit(self._layout.book.texts(numbers))
        except ValueError:  # no word is frequent enough
            self._words[column] = None
            known = []
        else:
            self._words[column] = counter
            known = [line(word) for word in counter.get_feature_names_out()]
        sizes = [Feature(column, f"the length of {name}"), Feature(column, f"the number of words of {name}")]
        return sizes + [Feature(column, name, word) for word in known]

    def _column(self, column: int, numbers: Array) -> Array:
        if column in self._categories:
            return np.asarray(numbers[:, None] == self._categories[column], dtype=np.float64)
        if column not in self._words:
            return numbers[:, None]
        texts, counter = self._layout.book.texts(numbers), self._words[column]
        sizes = np.array([(len(text), len(words_of(text))) for text in texts], np.float64).reshape(-1, 2)
        return sizes if counter is None else np.hstack([sizes, counter.transform(texts).toarray()])
