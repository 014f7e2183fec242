"""Token amounts: whole base units internally, decimal text externally, never floating point."""

from __future__ import annotations

import re
from decimal import Decimal

from assay.errors import InvalidInput
from assay.structs import MAX_UINT96
from assay.words.printable import quoted

_AMOUNT = re.compile(r"(\d{1,30})(?:\.(\d{1,30}))?", re.ASCII)


def parse_amount(text: str, decimals: int) -> int:
    """Base units of an amount written in token units, such as ``"12.5"``.

    Raises:
        InvalidInput: not a plain decimal number, negative, finer than the token's base unit, or too large.
    """
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise InvalidInput(f"{quoted(text)} is not an amount.", hint='Write it like "12.5", without a sign.')
    whole, fraction = match[1], (match[2] or "").rstrip("0")
    if len(fraction) > decimals:
        raise InvalidInput(f"{quoted(text)} is finer than the token's {decimals} decimals.")
    amount = int(whole + fraction.ljust(decimals, "0"))
    if amount > MAX_UINT96:
        raise InvalidInput(
            f"{quoted(text)} is more than {format_amount(MAX_UINT96, decimals)}, the most there can be."
        )
    return amount


def format_amount(base_units: int, decimals: int) -> str:
    """Exact decimal text of *base_units*, which may be negative; the inverse of :func:`parse_amount`."""
    sign, digits = ("-" if base_units < 0 else ""), str(abs(base_units)).rjust(decimals + 1, "0")
    whole, fraction = digits[: len(digits) - decimals], digits[len(digits) - decimals :].rstrip("0")
    return f"{sign}{Decimal(whole):,}" + (f".{fraction}" if fraction else "")


def short_amount(base_units: int, decimals: int) -> str:
    """An amount truncated to at most six decimals, for tokens with eighteen."""
    step = 10 ** max(decimals - 6, 0)
    return format_amount(base_units // step * step, decimals)


def check_amount(base_units: int) -> int:
    """*base_units* itself; raises :class:`InvalidInput` if it is negative, or 2^96 or more."""
    if not 0 <= base_units <= MAX_UINT96:
        raise InvalidInput(
            f"{base_units} base units are out of range.", hint="Amounts are from 0 to below 2^96 base units."
        )
    return base_units
