"""`assay escrow`: the account's money in the market."""

from __future__ import annotations

from typing import Annotated, cast

import typer

from assay.cli.arguments import AmountText, TokenOption, parse_address, parse_amount_text, token_address
from assay.cli.output import money, paid, show
from assay.cli.settings import Json, open_market
from assay.errors import ContractError, InvalidInput

app = typer.Typer(no_args_is_help=True)


@app.command()
def deposit(
    context: typer.Context, amount: AmountText, which: TokenOption = "payment", as_json: Json = False
) -> None:
    """Deposit, and let the market's contracts use the balance."""
    with open_market(context, acting=True) as market:
        kind = market.escrow.token(token_address(market, which))
        receipt = market.escrow.deposit(kind.parse(amount), token=kind.address)
        balance = market.escrow.balance(token=kind.address)
        show({"balance": money(balance, kind), **paid(receipt)}, as_json)


@app.command()
def withdraw(
    context: typer.Context,
    amount: Annotated[
        str | None, typer.Argument(parser=parse_amount_text, help="In token units; all by default.")
    ] = None,
    to: Annotated[str | None, typer.Option(parser=parse_address, help="Another account to pay to.")] = None,
    which: TokenOption = "payment",
    as_json: Json = False,
) -> None:
    """Take money out of escrow."""
    with open_market(context, acting=True) as market:
        kind = market.escrow.token(token_address(market, which))
        wanted = None if amount is None else kind.parse(amount)
        try:
            receipt = market.escrow.withdraw(wanted, token=kind.address, to=to)
        except ContractError as refusal:
            if refusal.name != "InsufficientBalance":
                raise
            told = cast(dict[str, int], refusal.arguments)
            held, asked = kind.format(told["balance"]), kind.format(told["needed"])
            raise InvalidInput(
                f"{market.address} has {held} in escrow, so {asked} cannot be withdrawn.",
                hint="Name a smaller amount, or none to withdraw all.",
            ) from None
        balance = market.escrow.balance(token=kind.address)
        show({"balance": money(balance, kind), **paid(receipt)}, as_json)


@app.command()
def balance(
    context: typer.Context,
    account: Annotated[
        str | None, typer.Argument(parser=parse_address, help="The account itself by default.")
    ] = None,
    which: TokenOption = "payment",
    as_json: Json = False,
) -> None:
    """Show what an account has in escrow and outside of it."""
    with open_market(context, acting=account is None) as market:
        address, who, escrow = token_address(market, which), account or market.address, market.escrow
        kind, inside, outside, usable = market.session.together(
            lambda: escrow.token(address),
            lambda: escrow.balance(who, token=address),
            lambda: escrow.wallet_balance(who, token=address),
            lambda: escrow.operators(who, token=address),
        )
        record = {
            "account": who,
            "in_escrow": money(inside, kind),
            "in_wallet": money(outside, kind),
            "usable_by": [name for name, approved in usable.items() if approved],
        }
        show(record, as_json)
