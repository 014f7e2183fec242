"""`assay bid`: sealed bids. A price is secret until it is revealed, so `commit` takes it from no argument."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated

import typer

from assay.cli.arguments import Number, parse_address, parse_amount_text
from assay.cli.ordered import ordered, time_left
from assay.cli.output import moment, money, paid, show
from assay.cli.settings import Json, open_market
from assay.errors import InvalidInput

app = typer.Typer(no_args_is_help=True)

_MAX_LINE = 100


@app.command()
def commit(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Commit to a price, which is asked for, or read as a line from standard input."""
    price = _secret_price()
    with open_market(context, acting=True) as market:
        token = market.escrow.token(market.bids.auction(number).token)
        receipt = market.bids.commit(number, token.parse(price))
        reveal_by = market.bids.auction(number).reveal_ends
        show({**paid(receipt), "reveal_by": moment(reveal_by)}, as_json)


@app.command()
def reveal(
    context: typer.Context,
    number: Number,
    price: Annotated[
        str | None,
        typer.Argument(parser=parse_amount_text, help="As committed, in token units; asked for by default."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Reveal the bid with the price that was committed to; the salt comes from the wallet."""
    wanted = price or _secret_price()
    with open_market(context, acting=True) as market:
        token = market.escrow.token(market.bids.auction(number).token)
        receipt = market.bids.reveal(number, token.parse(wanted))
        show({"leads": receipt.event("BidRevealed").arguments["leads"], **paid(receipt)}, as_json)


@app.command()
def reclaim(
    context: typer.Context,
    number: Number,
    bidder: Annotated[
        str | None, typer.Argument(parser=parse_address, help="The account itself by default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Return the bond of a bid that led and was overtaken."""
    with open_market(context, acting=True) as market:
        show(paid(market.bids.reclaim(number, bidder)), as_json)


@app.command("show")
def show_auction(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Show a commission's auction."""
    with open_market(context) as market:
        auction, deal, now, what = market.session.together(
            lambda: market.bids.auction(number),
            lambda: market.commissions.get(number),
            market.session.now,
            lambda: ordered(market, number),
        )
        token, reserve = market.escrow.token(auction.token), deal.request.reserve
        leads = int(auction.leader, 16) != 0
        record = {
            **what,
            "reserve": money(reserve, token),
            "bond": money(auction.bond, token),
            "commit_by": moment(auction.commit_ends),
            "reveal_by": moment(auction.reveal_ends),
            "time_left": time_left(
                auction.commit_ends if now < auction.commit_ends else auction.reveal_ends, now
            ),
            "closed": auction.closed,
            "leader": auction.leader if leads else None,
            "leading_price": money(auction.leading_price, token) if leads else None,
            "price": money(auction.price, token) if leads else None,
        }
        show(record, as_json)


def _secret_price() -> str:
    if sys.stdin.isatty():
        text = getpass.getpass("Price in token units (not shown): ")
    else:
        text = sys.stdin.readline(_MAX_LINE)
    try:
        return parse_amount_text(text.strip())
    except typer.BadParameter:
        raise InvalidInput("The price is not an amount.", hint='Write it like "12.5".') from None
