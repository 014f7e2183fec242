"""Amounts are exact, bounded, and never negative."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import InvalidInput
from assay.words.amounts import check_amount, format_amount, parse_amount

AMOUNTS = st.integers(0, 2**96 - 1)
DECIMALS = st.integers(0, 24)


@given(AMOUNTS, DECIMALS)
def test_text_and_back(amount, decimals):
    assert parse_amount(format_amount(amount, decimals).replace(",", ""), decimals) == amount


@given(st.text(max_size=40), DECIMALS)
def test_any_text_is_an_amount_or_refused(text, decimals):
    with contextlib.suppress(InvalidInput):
        assert 0 <= parse_amount(text, decimals) < 2**96


@given(st.integers().filter(lambda n: not 0 <= n < 2**96))
def test_out_of_range(amount):
    with pytest.raises(InvalidInput):
        check_amount(amount)
    if 0 <= amount < 10**30:
        with pytest.raises(InvalidInput):
            parse_amount(str(amount), 0)


@pytest.mark.parametrize(
    "text",
    ["", "-1", "+1", "1e5", "1,000", ".5", "5.", "0x10", "\u0661", "1 000", "nan", "1" * 31, "0." + "1" * 19],
)
def test_other_spellings_are_refused(text):
    with pytest.raises(InvalidInput):
        parse_amount(text, 18)


def test_examples():
    assert parse_amount("12.5", 18) == 12_500_000_000_000_000_000
    assert parse_amount("0.000001", 6) == 1
    assert format_amount(-12_500_000, 6) == "-12.5"
    assert format_amount(1_234_567, 0) == "1,234,567"
