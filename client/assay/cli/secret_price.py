"""The price of a sealed bid, which is secret until it is revealed and so is taken from no argument."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.arguments import parse_amount_text
from assay.cli.settings import say
from assay.errors import InvalidInput, WalletError

if TYPE_CHECKING:
    from assay.structs import Bid

_MAX_LINE = 100
CommittedPrice = Annotated[
    str | None,
    typer.Argument(
        parser=parse_amount_text,
        help="As committed, in token units. Only where `commit` did not run on this machine.",
    ),
]


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


def kept_price(
    account: str, price: Callable[[int], int | None], bid: Callable[[int], Bid], number: int, where: str
) -> int | None:
    """The price that `commit` kept; none, with a sentence, where it is not here or cannot be read.

    Args:
        price, bid: read those of the *account* by *number*.
        where: such as "in auction 7".

    Raises:
        InvalidInput: the account has no bid there.
    """
    try:
        kept = price(number)
    except WalletError as error:
        say(str(error))
        return None
    if kept is None and not bid(number).committed_at:
        raise InvalidInput(
            f"{account} has no bid {where} that could be revealed.",
            hint="Use the account that made the bid.",
        )
    if kept is None:
        say(f"The price of this account's bid {where} is not kept on this machine.")
    return kept
