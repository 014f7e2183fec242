"""Texts in a matrix of numbers: each different text has a number, and plain models read which words it has.

A column of few different texts holds categories; one of many is prose, which is cut into words.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
_CLOSE_WRITTEN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f"
"""Scripts without spaces between words: each sign counts as a word."""
WORD = re.compile(rf"[{_CLOSE_WRITTEN}]|[^\W{_CLOSE_WRITTEN}]+|[^\w\s]+")
_MAX_CATEGORIES, _LEAST_REPEATED = 50, 4


class Book:
    """All texts that were met, each with the number by which a matrix holds it."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._numbers: dict[str, int] = {}

    def numbers(self, texts: Array | Sequence[str]) -> Array:
        """The numbers of *texts*, in their shape; new ones are written down."""
        given = np.asarray(texts, dtype=object)
        return np.array([self._number(text) for text in given.ravel()], np.float64).reshape(given.shape)

    def texts(self, numbers: Array) -> Array:
        """The texts with these *numbers*, in their shape."""
        found = np.empty(numbers.size, object)
        found[:] = [self._texts[int(number)] for number in numbers.ravel()]
        return found.reshape(numbers.shape)

    def longest(self, numbers: Array) -> int:
        """Characters of the longest text with one of these *numbers*."""
        return max((len(self._texts[int(number)]) for number in np.unique(numbers)), default=0)

    @contextmanager
    def passing(self) -> Iterator[None]:
        """What is written down meanwhile is forgotten at the end."""
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
    """The words and runs of signs of *text*, in small letters."""
    return WORD.findall(text.lower())


def folded(text: str) -> str:
    """*text* without regard to case and spaces."""
    return " ".join(text.casefold().split())


def holds_categories(numbers: Array) -> bool:
    """Whether a column of texts, by their *numbers*, has so few different ones that they are categories."""
    distinct = len(np.unique(numbers))
    return distinct <= _MAX_CATEGORIES and distinct * _LEAST_REPEATED <= len(numbers)
