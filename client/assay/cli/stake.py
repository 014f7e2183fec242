"""`assay stake`: what a validator has at stake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from assay.cli.arguments import AmountText
from assay.cli.output import moment, money, paid, show
from assay.cli.settings import Json, open_market

if TYPE_CHECKING:
    from assay.escrow import Token
    from assay.market import Market

app = typer.Typer(no_args_is_help=True)


@app.command()
def add(context: typer.Context, amount: AmountText, as_json: Json = False) -> None:
    """Add to the stake, which counts in draws from the next epoch on."""
    with open_market(context, acting=True) as market:
        token = _token(market)
        receipt = market.staking.stake(token.parse(amount))
        show({**_record(market, token), **paid(receipt)}, as_json)


@app.command()
def leave(context: typer.Context, amount: AmountText, as_json: Json = False) -> None:
    """Take free stake out of the draw; `stake complete` pays it when the cooldown has passed."""
    with open_market(context, acting=True) as market:
        token = _token(market)
        receipt = market.staking.request_exit(token.parse(amount))
        show({**_record(market, token), **paid(receipt)}, as_json)


@app.command()
def complete(context: typer.Context, as_json: Json = False) -> None:
    """Credit an exit whose cooldown has passed to the escrow balance."""
    with open_market(context, acting=True) as market:
        receipt = market.staking.complete_exit()
        show({**_record(market, _token(market)), **paid(receipt)}, as_json)


@app.command("show")
def show_stake(context: typer.Context, as_json: Json = False) -> None:
    """Show the account's stake."""
    with open_market(context, acting=True) as market:
        show(_record(market, _token(market)), as_json)


def _token(market: Market) -> Token:
    return market.escrow.token(market.deployment.tokens.staking)


def _record(market: Market, token: Token) -> dict[str, object]:
    stake, weight = market.session.together(market.staking.stake_of, market.staking.weight_of)
    return {
        "staked": money(stake.amount, token),
        "in_panels": money(stake.locked, token),
        "leaving": money(stake.exiting, token),
        "leaves_at": moment(stake.exit_at),
        "weight_in_draws": money(weight, token),
    }
