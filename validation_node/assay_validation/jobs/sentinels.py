"""Values that people write where a value is unknown: -999, 9999, "?" or "unknown" among other values.

Nothing is done about them, since they may be ordinary values. They are reported to whoever writes an order.
"""

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

from assay_validation.jobs.gap_texts import WRITTEN

_NINES = tuple(float("9" * digits) for digits in range(2, 11))
_LOW = (-1.0, -9.0, *(-one for one in _NINES), -32768.0, -2147483648.0)
_HIGH = (*_NINES, 32767.0, 2147483647.0)
_SUSPECTED = np.array([*_LOW, *_HIGH])
_NO_NUMBERS = frozenset(
    {one.lower() for one in WRITTEN if one.lower() != "none"}
    | {"unknown", "unk", "missing", "not available", "not known", "n.a.", "no data", "nodata", "undefined"}
    | {"unspecified", "not specified", "-999", "-9999", "9999"}
)
"""Such texts in a column of texts, in any case. "None" is left out: it is a value as often as a gap."""
_MOST_SPELT = 3
_SPELT_LENGTH = 64
_FEW_PPM = 50_000
"""-1 is suspected only if it makes up more of a column than this."""
_WIDE = 10
"""And only if other values reach at least this far."""


class Sentinels:
    """Values of one column that stand apart from its other values."""

    def __init__(self) -> None:
        self._cells: Counter[float] = Counter()
        self._spelt: dict[float, Counter[str]] = {}
        self._texts: Counter[str] = Counter()
        self._numbers = 0
        self._least, self._most = np.inf, -np.inf

    def add_numbers(self, values: NDArray[Any], texts: pa.Array | None = None) -> None:
        """Add some more numbers, and how they are written if they are texts."""
        suspected = np.isin(values, _SUSPECTED)
        others = values[~suspected & np.isfinite(values)]
        self._numbers += len(values)
        if len(others):
            self._least = min(self._least, float(others.min()))
            self._most = max(self._most, float(others.max()))
        for value in np.unique(values[suspected]).tolist():
            same = values == value
            self._cells[value] += int(same.sum())
            if texts is not None:
                written = compute.unique(texts.filter(pa.array(same)))[:_MOST_SPELT].to_pylist()
                self._spelt.setdefault(value, Counter()).update(
                    one.strip()[:_SPELT_LENGTH] for one in written
                )

    def add_texts(self, texts: pa.Array) -> None:
        """Add some more texts that are not numbers."""
        lowered = compute.utf8_lower(compute.utf8_trim_whitespace(texts))
        found = texts.filter(compute.is_in(lowered, pa.array(sorted(_NO_NUMBERS))))
        for one in compute.value_counts(found):
            self._texts[one["values"].as_py().strip()] += one["counts"].as_py()

    def in_numbers(self) -> list[dict[str, Any]]:
        """The sentinels in a column of numbers."""
        kept = [value for value in self._cells if self._stands_apart(value)]
        spelt = [text for value in kept for text in self._spelt.get(value, [f"{value:.0f}"])]
        return _told(spelt, sum(self._cells[value] for value in kept))

    def in_texts(self) -> list[dict[str, Any]]:
        """The sentinels in a column of texts."""
        spelt = [text for text, _ in self._texts.most_common(_MOST_SPELT)]
        return _told(spelt, self._texts.total())

    def _stands_apart(self, value: float) -> bool:
        """Whether it is farther from the others than they are from each other, or the only one below zero."""
        width, cells = self._most - self._least, self._cells[value]
        if not width > 0:  # there is one other value, or none
            return False
        if value == -1:
            return self._least >= 0 and self._most >= _WIDE and cells * 10**6 > _FEW_PPM * self._numbers
        if value < 0:
            return self._least >= 0 or self._least - value > width
        return cells > 1 and value - self._most > max(width, value / 2)


def _told(spelt: list[str], cells: int) -> list[dict[str, Any]]:
    return [{"kind": "sentinel", "examples": spelt[:_MOST_SPELT], "cells": cells}] if spelt else []
