"""What a buyer pays at most: said beforehand with `--at-most`, or agreed to at a terminal."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.arguments import parse_amount_text
from assay.errors import InvalidInput
from assay.words.printable import quoted

if TYPE_CHECKING:
    from assay.escrow import Token

_BOUND = re.compile(r"([^ ]+)(?: +([^ ]+))?")


def parse_bound(text: str) -> str:
    """An amount in token units, perhaps with the token, such as ``"12.5 tUSD"``."""
    match = _BOUND.fullmatch(text)
    if match is None:
        raise typer.BadParameter(f'{quoted(text)} is not an amount; write it like "12.5".')
    parse_amount_text(match[1])
    return text


AtMost = Annotated[
    str | None,
    typer.Option(
        parser=parse_bound, help='Do not pay more than this, such as 12.5, or "12.5 tUSD" with the token.'
    ),
]


def agree(
    price: int, token: Token, payment: Token, at_most: str | None, *, question: str, undone: str, asked: bool
) -> None:
    """See that the buyer wants it at this price.

    Args:
        price: base units of *token*.
        token: in which it is paid.
        payment: the market's payment token, which an amount alone means.
        at_most: as the buyer said it.
        question: what is asked where the buyer said nothing.
        undone: said where the answer is no.
        asked: whether somebody may be asked; also takes a terminal.

    Raises:
        InvalidInput: it costs more, the bound is in another token, or nobody agrees.
    """
    costs = f"It costs {token.format(price)}"
    amount, _, named = (at_most or "").partition(" ")
    if at_most is None:
        if not asked or not sys.stdin.isatty():
            raise InvalidInput(
                f"{costs}, and nobody can be asked whether you want it at that price.",
                hint=f"Say what you pay at most: `--at-most {_said(price, token, payment)}`.",
            )
        if not typer.confirm(question):
            raise InvalidInput(undone)
    elif not _means(named.strip(), token, payment):
        raise InvalidInput(
            f"{costs}, and --at-most is not in that token.",
            hint=f"Name the token too: `--at-most {_said(price, token, payment)}`.",
        )
    elif price > token.parse(amount):
        raise InvalidInput(f"{costs}.", hint="Raise --at-most, or do not buy.")


def _means(named: str, token: Token, payment: Token) -> bool:
    """Whether an amount in what the buyer has named, if anything, is one in *token*."""
    if token.address == payment.address:
        return named.lower() in ("", token.symbol.lower(), token.address.lower())
    return named == _name(token, payment) or named.lower() == token.address.lower()


def _said(price: int, token: Token, payment: Token) -> str:
    """The price as `--at-most` takes it."""
    amount = token.format(price).split(" ")[0]
    return amount if token.address == payment.address else f'"{amount} {_name(token, payment)}"'


def _name(token: Token, payment: Token) -> str:
    """The token's symbol; its address where the symbol could be taken for the payment token's."""
    plain = token.symbol and " " not in token.symbol and token.symbol.lower() != payment.symbol.lower()
    return token.symbol if plain else token.address
