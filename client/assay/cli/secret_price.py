"""The price of a sealed bid, which is secret until it is revealed and so is taken from no argument."""

from __future__ import annotations

import getpass
import sys

import typer

from assay.cli.arguments import parse_amount_text
from assay.errors import InvalidInput

_MAX_LINE = 100


def secret_price() -> str:
    """In token units: asked for without showing it, or read as a line from standard input.

    Raises:
        InvalidInput: it is not an amount.
    """
    if sys.stdin.isatty():
        text = getpass.getpass("Price in token units (not shown): ")
    else:
        text = sys.stdin.readline(_MAX_LINE)
    try:
        return parse_amount_text(text.strip())
    except typer.BadParameter:
        raise InvalidInput("The price is not an amount.", hint='Write it like "12.5".') from None
