"""The texts of a column that are not numbers, and how they are written."""

from collections import Counter
from typing import Any

import pyarrow as pa
from pyarrow import compute

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
    """The texts of a column that are not numbers."""

    def __init__(self) -> None:
        self._numbers = self._others = 0
        self._texts: Counter[str] = Counter()
        self._form: dict[str, int] = dict.fromkeys(_FORMS, 0)
        self._example: dict[str, str] = {}

    def add(self, others: pa.Array, filled: int) -> None:
        """Add some more, out of *filled* cells that are not empty."""
        self._numbers += filled - len(others)
        self._others += len(others)
        if not len(others):
            return
        with_digits = compute.any(compute.match_substring_regex(others, "[0-9]")).as_py()
        for name, form in _FORMS.items() if with_digits else ():
            matching = others.filter(compute.match_substring_regex(others, form))
            self._form[name] += len(matching)
            if len(matching):
                self._example.setdefault(name, matching[0].as_py().strip()[:MAX_VALUE])
        if len(self._texts) < _KEPT_STRAYS:
            for found in compute.value_counts(others)[:_KEPT_STRAYS]:
                self._texts[found["values"].as_py().strip()[:MAX_VALUE]] += found["counts"].as_py()

    def told(self) -> list[dict[str, Any]]:
        """The form that nearly all are in; or, if most cells are numbers, the few that are not."""
        for name, count in self._form.items():
            if self._others and count >= _NEARLY_ALL * self._others:
                return [{"kind": name, "examples": [self._example[name]], "cells": count}]
        examples = [text for text, _ in self._texts.most_common(MAX_STRAYS)]
        few = len(self._texts) <= MAX_STRAYS or self._others * 10 <= self._numbers
        if self._numbers > self._others and few:
            return [{"kind": "strays", "examples": examples, "cells": self._others}]
        return []
