"""What is found out about one column: its type, its values if they are few, and anything that looks wrong."""

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

from assay_validation.jobs.cells import NUMBER, TIME, TRUTH, is_list, plain, unfed
from assay_validation.jobs.sentinels import Sentinels
from assay_validation.jobs.strays import MAX_VALUE, Strays

MAX_VALUES = 1_000
"""If a column has more distinct values than this, they are not listed; no order has more classes."""
_FIRST_TEXTS = 100
"""How many texts at the start of a column are kept."""
_MOST_SHOWN = 60
"""How many characters of a cell are shown."""
_LEAST_COUNTED = 10
"""Fewer rows that count up may do so by chance."""
_FLOAT32_EXACT = 2**24
"""Beyond this, float32 cannot hold every whole number."""
_KINDS = {"i": "integer", "u": "integer", "f": "float", "b": "boolean", "U": "text"}
_ALIKE = {"i": "number", "u": "number", "f": "number", "b": "boolean"}
_WHOLE = r"^\s*[+-]?[0-9]{1,18}\s*$"
_LEADING_ZERO = r"^\s*0[0-9]+\s*$"
_FRACTION = r":[0-9]{2}\.[0-9]*[1-9]"
"""A fraction of a second in a time."""
_ESCAPED = r'(?s)\\(.*"$|")'
Array = NDArray[Any]


class ColumnFacts:
    """What is known about a column so far."""

    def __init__(self, decimal: str) -> None:
        number = NUMBER if decimal == "." else NUMBER.replace(r"\.", ",")
        self._decimal, self._sentinels = decimal, Sentinels()
        self._forms = {"boolean": TRUTH, "integer": _WHOLE, "float": number, "time": TIME}
        self._fits = dict.fromkeys(("boolean", "integer", "float", "time"), True)
        self._kind, self._shape = "", list[int]()
        self._rows = self._empty = self._filled = 0
        self._values: Counter[Any] | None = Counter()
        self._marks = {"one": True, "several": True}
        self._unread = ""
        self._strays = Strays()
        self._leading_zero = self._inexact = self._escaped = ""
        self._escapes, self._fine = 0, False
        self._counts_rows = True
        self._last: int | None = None
        self.texts: list[str] = []
        """The first texts, if it is a column of texts."""

    def add(self, block: Any) -> None:
        """Take in some more rows."""
        self._rows += len(block)
        if not isinstance(block, np.ndarray):
            block = plain(block)
            if not _is_fed(block.type):
                self._unread = unfed(block.type)[:MAX_VALUE]
                return
            block = self._arrow(block)
        elif block.dtype.kind == "U":  # texts in arrays are never read as numbers
            self._fits = dict.fromkeys(self._fits, False)
            self._unread = "several texts a row" if block.ndim > 1 else ""
        elif block.dtype.kind == "M":
            self._unread = "several times a row"
            return
        if len(block) and not self._is_like_before(block):
            return
        if block.ndim == 2:
            self._look_for_marks(block)
        if self._shape == [1]:  # a value for each row, in a column of its own
            block = block.reshape(-1)
        if block.dtype.kind == "f":
            gaps = np.isnan(block)
            self._empty += int(gaps.sum())
            block = block[~gaps] if block.ndim == 1 else block
        self._filled += block.size
        if not block.size:
            return
        self._narrow(_KINDS.get(block.dtype.kind, "text"))
        if block.dtype.kind in "iuf" and block.ndim == 1:
            self._sentinels.add_numbers(block)
        self._look_at_whole_numbers(block)
        if block.ndim > 1:
            self._values = None
        if self._values is not None:
            self._count(block)

    def told(self) -> dict[str, Any]:
        """All facts, as they are returned."""
        kind = next((kind for kind, fits in self._fits.items() if fits), "text") if self._filled else "text"
        marks = [name for name, held in self._marks.items() if held] if len(self._shape) == 1 else []
        return {
            "type": kind,
            "rows": self._rows,
            "shape": self._shape,
            "empty": self._empty,
            "fine": kind == "time" and self._fine,
            "values": self._named(kind),
            "unread": self._unread,
            "marks": marks[0] if marks and self._filled and self._shape != [1] else None,
            "oddities": [] if self._unread else self._oddities(kind),
        }

    def _is_like_before(self, block: Array) -> bool:
        """Whether the values in *block*, at least one, are of the kind and shape of those before."""
        kind, shape = _ALIKE.get(block.dtype.kind, "text"), list(block.shape[1:])
        if 0 in shape:
            self._unread = "lists without values"
        elif self._kind and (kind != self._kind or len(shape) != len(self._shape)):
            self._unread = "values of different kinds"
        elif self._kind and shape != self._shape:
            self._unread = "lists of different lengths"
        else:
            self._kind, self._shape = kind, shape
            return True
        return False

    def _oddities(self, kind: str) -> list[dict[str, Any]]:
        """What may have been meant differently from how it is read."""
        if self._empty == self._rows:
            return [{"kind": "empty", "examples": []}]
        if kind == "text":
            escapes = {"kind": "escapes", "examples": [self._escaped], "cells": self._escapes}
            return [escapes] if self._escapes else self._strays.told() or self._sentinels.in_texts()
        found = self._sentinels.in_numbers() if kind in ("integer", "float") else []
        if kind in ("integer", "float") and self._leading_zero:
            found.append({"kind": "leading zeros", "examples": [self._leading_zero]})
        if kind == "integer" and self._counts_rows and not self._empty and self._rows >= _LEAST_COUNTED:
            return [{"kind": "row numbers", "examples": [str(self._last)]}]
        if kind == "integer" and self._inexact:
            found.append({"kind": "inexact", "examples": [self._inexact]})
        return found

    def _narrow(self, kind: str) -> None:
        """Rule out types that cells stored as *kind* cannot have."""
        if kind == "text":  # ruled out by how the texts are written
            return
        for one in self._fits:
            self._fits[one] &= one == kind or (kind == "integer" and one == "float")

    def _arrow(self, block: pa.Array) -> Array:
        """The cells that are not empty."""
        rows = len(block)
        filled = block.drop_null()
        self._empty += rows - len(filled)
        kind = filled.type
        if pa.types.is_string(kind):
            return self._look_at_texts(filled)
        if pa.types.is_temporal(kind):
            self._narrow("time")
            self._look_for_fractions(filled)
            return np.asarray(filled.cast(pa.string()).to_numpy(zero_copy_only=False)).astype(object)
        if pa.types.is_decimal(kind):
            return np.asarray(filled.cast(pa.float64()))
        if is_list(kind):
            lengths = compute.unique(compute.list_value_length(filled))
            if len(lengths) > 1:
                self._unread = "lists of different lengths"
            flat = np.asarray(filled.flatten().to_numpy(zero_copy_only=False))
            return flat.reshape(len(filled), -1) if len(filled) and flat.size % len(filled) == 0 else flat[:0]
        return np.asarray(filled.to_numpy(zero_copy_only=False))

    def _look_at_texts(self, filled: pa.Array) -> Array:
        kept = filled.filter(compute.not_equal(compute.utf8_trim_whitespace(filled), ""))
        self._empty += len(filled) - len(kept)
        for one, form in self._forms.items():
            if self._fits[one] or one == "float":
                matching = compute.match_substring_regex(kept, form)
                self._fits[one] &= bool(compute.fill_null(compute.all(matching), True).as_py())
                if one == "float":
                    self._look_for_sentinels(kept, matching)
        if not self._leading_zero and self._fits["float"]:
            zeros = kept.filter(compute.match_substring_regex(kept, _LEADING_ZERO))
            self._leading_zero = zeros[0].as_py().strip()[:MAX_VALUE] if len(zeros) else ""
        if self._fits["integer"]:
            self._look_at_whole_numbers(np.asarray(compute.utf8_trim_whitespace(kept).cast(pa.float64())))
        if len(self.texts) < _FIRST_TEXTS:
            self.texts += kept.slice(0, _FIRST_TEXTS).to_pylist()
        return np.asarray(kept.to_numpy(zero_copy_only=False)).astype(object)

    def _look_for_sentinels(self, kept: pa.Array, numeric: pa.Array) -> None:
        numbers, others = kept.filter(numeric), kept.filter(compute.invert(numeric))
        point = compute.replace_substring(compute.utf8_trim_whitespace(numbers), self._decimal, ".")
        self._sentinels.add_numbers(np.asarray(point.cast(pa.float64())), numbers)
        self._sentinels.add_texts(others)
        self._look_for_escapes(others)
        self._fine |= bool(compute.any(compute.match_substring_regex(others, _FRACTION)).as_py())
        self._strays.add(numbers, others)

    def _look_for_escapes(self, texts: pa.Array) -> None:
        """Look for remains of backslash-escaped quotes, which ended the cell and started it again."""
        found = texts.filter(compute.match_substring_regex(texts, _ESCAPED))
        self._escapes += len(found)
        self._escaped = self._escaped or (found[0].as_py()[:_MOST_SHOWN] if len(found) else "")

    def _look_for_fractions(self, times: pa.Array) -> None:
        """Find out whether times have fractions of a second."""
        if pa.types.is_timestamp(times.type):
            self._fine |= not compute.all(compute.equal(compute.subsecond(times), 0)).as_py()

    def _look_at_whole_numbers(self, block: Array) -> None:
        """Find out whether they count up by one, and look for one that float32, the fed type, cannot hold."""
        if block.dtype.kind not in "iuf" or not self._fits["integer"] or not len(block):
            return
        counted = block.astype(np.float64) if block.ndim == 1 else np.zeros(2)
        follows = self._last is None or counted[0] == self._last + 1
        self._counts_rows &= bool(follows and (np.diff(counted) == 1).all())
        self._last = int(counted[-1])
        if self._inexact:
            return
        large = block[(block > _FLOAT32_EXACT) | (block < -_FLOAT32_EXACT)]
        lost = large[large.astype(np.float32).astype(large.dtype) != large]
        self._inexact = str(int(lost[0])) if len(lost) else ""

    def _look_for_marks(self, block: Array) -> None:
        """Find out whether rows consist of 0 and 1, with exactly one 1 each or with any number of them."""
        if block.dtype.kind not in "iufb":
            self._marks = dict.fromkeys(self._marks, False)
        if self._marks["several"]:
            self._marks["several"] = bool(np.isin(block, (0, 1)).all())
            self._marks["one"] &= self._marks["several"] and bool((block.sum(axis=1) == 1).all())

    def _count(self, block: Array) -> None:
        assert self._values is not None
        values, counts = np.unique(block, return_counts=True)
        for value, count in zip(values[: MAX_VALUES + 1].tolist(), counts.tolist(), strict=False):
            self._values[value] += count
        if len(self._values) > MAX_VALUES:
            self._values = None

    def _named(self, kind: str) -> dict[str, int]:
        """How often each value occurs; empty if there are many values, or long ones."""
        if self._values is None:
            return {}
        values = dict(self._values)
        if kind == "float" and any(isinstance(value, str) and not _is_whole(value) for value in values):
            return {}
        if any(isinstance(value, float) for value in values):
            if not all(value == np.floor(value) for value in values):
                return {}
            values = {int(value): count for value, count in values.items()}
        numbers = {int(v) if isinstance(v, bool) else v: count for v, count in values.items()}
        ordered = sorted(numbers.items(), key=lambda one: one[0])
        named = {str(value): int(count) for value, count in ordered}
        return named if all(0 < len(name) <= MAX_VALUE for name in named) else {}


def _is_whole(text: str) -> bool:
    """Whether a number written as text is whole."""
    whole, _, fraction = text.strip().replace(",", ".").partition(".")
    return whole.lstrip("+-").isdigit() and not fraction.strip("0")


def _is_fed(kind: pa.DataType) -> bool:
    """Whether values of this type can be fed to an input."""
    if is_list(kind):
        inner = kind.value_type
        if pa.types.is_dictionary(inner):
            inner = inner.value_type
        return bool(_is_number(inner))
    return bool(
        _is_number(kind) or pa.types.is_string(kind) or pa.types.is_timestamp(kind) or pa.types.is_date(kind)
    )


def _is_number(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_null(kind)
    )
