"""The texts of a column that are neither numbers nor times, and how they are written."""

from collections import Counter
from typing import Any

import pyarrow as pa
from pyarrow import compute

from assay_validation.jobs.cells import TIME

MAX_VALUE = 256
"""The most characters of a value that is reported."""
MAX_STRAYS = 8
"""The most texts among numbers that are reported."""
_KEPT_STRAYS = 1_000
_NEARLY_ALL = 0.9
_MONEY = r"([$€£¥₹₩₽฿]|EUR|USD|GBP|CHF|JPY|CNY|INR|CAD|AUD|SEK|NOK|DKK|PLN|CZK|BRL|zł|Kč|kr\.?|Fr\.)"
_GROUPED = r"[0-9]{1,3}([.,' \x{a0}\x{202f}\x{2019}][0-9]{3})+([.,][0-9]+)?"
_AMOUNT = rf"({_GROUPED}|[0-9]+([.,][0-9]+)?)"
_CLOCK = r"[0-9]{1,3}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?( ?[AaPp][Mm])?"
_ZONE = r"( ?([A-Z]{1,5}|[+-][0-9]{1,2}(:?[0-9]{2})?))?"
_MONTH = "(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
_DATE = (
    r"([0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}\.?"
    rf"|[0-9]{{1,4}}[ ./-]{{1,2}}{_MONTH}[ .,/-]{{1,2}}[0-9]{{1,4}}"
    rf"|{_MONTH}[ ./-]{{1,2}}[0-9]{{1,2}}[ ,/-]{{1,2}}[0-9]{{2,4}})"
)
_FORMS = {
    "decimal": r"^\s*[+-]?[0-9]*[.,][0-9]+\s*$",
    "thousands": rf"^\s*[+-]?{_AMOUNT}\s*$",
    "currency": rf"^\s*\(?[+-]?({_MONEY}[ \x{{a0}}]?[+-]?{_AMOUNT}|{_AMOUNT}[ \x{{a0}}]?{_MONEY})\)?\s*$",
    "percent": rf"^\s*[+-]?{_AMOUNT}[ \x{{a0}}]?%\s*$",
    "unit": rf"^\s*[+-]?{_AMOUNT} +[^0-9\s]\S{{0,9}}\s*$",
    "sign": rf"^\s*([\x{{2212}}\x{{2013}}]{_AMOUNT}|{_AMOUNT}-)\s*$",
    "date": rf"^\s*({_DATE}([ T,]+{_CLOCK}{_ZONE})?|[0-9]{{8}}T[0-9]{{4,6}}(\.[0-9]+)?{_ZONE})\s*$",
    "clock": rf"^\s*{_CLOCK}\s*$",
}
"""Forms of numbers and dates that are read as text. Nearly all cells of such a column are in one form."""


class Strays:
    """The texts of a column that are neither numbers nor times, or not what most of its cells are."""

    def __init__(self) -> None:
        self._others = 0
        self._usual = {"number": 0, "time": 0}
        self._texts: Counter[str] = Counter()
        self._form: dict[str, int] = dict.fromkeys(_FORMS, 0)
        self._example: dict[str, str] = {}

    def add(self, numbers: pa.Array, others: pa.Array) -> None:
        """Add some more *numbers*, and *others* that are none; all of them are texts."""
        self._take("number", numbers)
        if not len(others):
            return
        with_digits = compute.any(compute.match_substring_regex(others, "[0-9]")).as_py()
        if with_digits:
            times = compute.match_substring_regex(others, TIME)
            self._take("time", others.filter(times))
            others = others.filter(compute.invert(times))
        self._others += len(others)
        for name, form in _FORMS.items() if with_digits else ():
            matching = others.filter(compute.match_substring_regex(others, form))
            self._form[name] += len(matching)
            self._show(name, matching)
        if len(self._texts) < _KEPT_STRAYS:
            for found in compute.value_counts(others)[:_KEPT_STRAYS]:
                self._texts[found["values"].as_py().strip()[:MAX_VALUE]] += found["counts"].as_py()

    def told(self) -> list[dict[str, Any]]:
        """The form that nearly all are in; or, if most cells are numbers or times, the few that are not."""
        most, fewer = sorted(self._usual.values(), reverse=True)
        if self._others and self._others >= self._usual["time"]:
            for name, count in self._form.items():
                if count >= _NEARLY_ALL * self._others:
                    return [{"kind": name, "examples": [self._example[name]], "cells": count}]
        strays = self._texts.copy()
        if fewer:
            strays[self._example[min(self._usual, key=lambda kind: self._usual[kind])]] += fewer
        cells = self._others + fewer
        few = len(strays) <= MAX_STRAYS or cells * 10 <= most
        if cells and most + bool(fewer) > cells and few:
            examples = [text for text, _ in strays.most_common(MAX_STRAYS)]
            return [{"kind": "strays", "examples": examples, "cells": cells}]
        return []

    def _take(self, kind: str, usual: pa.Array) -> None:
        self._usual[kind] += len(usual)
        self._show(kind, usual)

    def _show(self, kind: str, texts: pa.Array) -> None:
        if len(texts):
            self._example.setdefault(kind, texts[0].as_py().strip()[:MAX_VALUE])
