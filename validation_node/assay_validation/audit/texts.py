"""Texts in a matrix of numbers: each different text has a number, and plain models see which words it has.

A column with few different texts holds categories; a column with many is prose, which is split into words.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
_CLOSE_WRITTEN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f"
"""Scripts without spaces between words: each character counts as a word."""
WORD = re.compile(rf"[{_CLOSE_WRITTEN}]|[^\W{_CLOSE_WRITTEN}]+|[^\w\s]+")
_MAX_CATEGORIES, _LEAST_REPEATED = 50, 4


class Book:
    """All texts seen so far, each with the number that stands for it in a matrix."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._numbers: dict[str, int] = {}

    def numbers(self, texts: Array | Sequence[str]) -> Array:
        """The numbers of *texts*, in the same shape; new texts are added to the book."""
        given = np.asarray(texts, dtype=object)
        return np.array([self._number(text) for text in given.ravel()], np.float64).reshape(given.shape)

    def texts(self, numbers: Array) -> Array:
        """The texts with these *numbers*, in the same shape."""
        found = np.empty(numbers.size, object)
        found[:] = [self._texts[int(number)] for number in numbers.ravel()]
        return found.reshape(numbers.shape)

    def longest(self, numbers: Array) -> int:
        """The length in characters of the longest text with one of these *numbers*."""
        return max((len(self._texts[int(number)]) for number in np.unique(numbers)), default=0)

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Forget texts added within the block when it ends."""
        before = len(self._texts)
        try:
            yield
        finally:
            for text in self._texts[before:]:
                del self._numbers[text]
            del self._texts[before:]

    def _number(self, text: str) -> int:
        number = self._numbers.get(text)
        if number is None:
            number = self._numbers[text] = len(self._texts)
            self._texts.append(text)
        return number


def words_of(text: str) -> list[str]:
    """The words and runs of other characters in *text*, in lower case."""
    return WORD.findall(text.lower())


def folded(text: str) -> str:
    """*text* with differences in case and spacing removed."""
    return " ".join(text.casefold().split())


def holds_categories(numbers: Array) -> bool:
    """Whether a column of texts, given by their *numbers*, has few enough different ones to be categories."""
    distinct = len(np.unique(numbers))
    return distinct <= _MAX_CATEGORIES and distinct * _LEAST_REPEATED <= len(numbers)
