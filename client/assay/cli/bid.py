"""`assay bid`: sealed bids. A price is secret until it is revealed, so `commit` takes it from no argument."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.arguments import Number, parse_address
from assay.cli.ordered import ordered, time_left
from assay.cli.output import Data, due, moment, money, paid, show
from assay.cli.secret_price import CommittedPrice, kept_price, secret_price
from assay.cli.settings import Json, open_market
from assay.errors import InvalidInput

if TYPE_CHECKING:
    from assay.market import Market
    from assay.structs import Auction

app = typer.Typer(no_args_is_help=True)


@app.command()
def commit(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Commit to a price, with the bond. It is asked for, or read from standard input, and kept for `reveal`.

    Who does not reveal, or wins and delivers no model, loses the bond.
    """
    with open_market(context, acting=True) as market:
        auction = market.bids.auction(number)
        _require_open(market, number, auction)
        token = market.escrow.token(auction.token)
        price = token.parse(secret_price())
        if not price:
            raise InvalidInput("A bid of 0 offers the work for nothing.", hint="Bid what the work costs you.")
        committed = market.bids.commit(number, price)
        now, auction = market.session.now(), committed.auction
        record = {
            **paid(committed.receipt),
            "bond": money(auction.bond, token),
            "deposited": money(committed.deposited, token),
            "deposit_transaction": committed.deposit and committed.deposit.tx_hash,
            "reveal_from": moment(auction.commit_ends),
            "reveal_by": moment(auction.reveal_ends),
            "reveal_opens_in": Data(time_left(auction.commit_ends, now)),
            "reveal_with": f"assay bid reveal {number}",
        }
        show(record, as_json)


def _require_open(market: Market, number: int, auction: Auction) -> None:
    """Raise :class:`InvalidInput` where bidding is over, unless the account has bid, which may go on."""
    over = auction.closed or market.session.now() >= auction.commit_ends
    if over and not market.bids.get(number).committed_at:
        raise InvalidInput(
            f"Bidding on commission {number} ended at {moment(auction.commit_ends).text}.",
            hint="`assay commission list --state bidding` lists those that take bids.",
        )


@app.command()
def reveal(
    context: typer.Context,
    number: Number,
    price: CommittedPrice = None,
    as_json: Json = False,
) -> None:
    """Reveal the bid. Its price was kept by `commit`; where that is lost, it is asked for."""
    with open_market(context, acting=True) as market:
        bids, where = market.bids, f"on commission {number}"
        base_units = None if price else kept_price(market.address, bids.price, bids.get, number, where)
        if base_units is None:
            token = market.escrow.token(market.bids.auction(number).token)
            base_units = token.parse(price or secret_price())
        receipt = market.bids.reveal(number, base_units)
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
    """Show a commission's auction, and what is ordered."""
    with open_market(context) as market:
        auction, deal, now = market.session.together(
            lambda: market.bids.auction(number), lambda: market.commissions.get(number), market.session.now
        )
        leads = int(auction.leader, 16) != 0
        ends = auction.commit_ends if now < auction.commit_ends else auction.reveal_ends
        what, domain, token = market.session.together(
            lambda: ordered(market, number),
            lambda: market.policy.domain_name(deal.request.domain),
            lambda: market.escrow.token(auction.token),
        )
        record = {
            "commission": number,
            **what,
            "domain": domain,
            "risk_class": deal.request.risk_class,
            "reserve": money(deal.request.reserve, token),
            "bond": money(auction.bond, token),
            "commit_by": moment(auction.commit_ends),
            "reveal_by": moment(auction.reveal_ends),
            "time_left": Data(time_left(ends, now)),
            "next": due(market.commissions.next_step(number)),
            "closed": auction.closed,
            "leader": auction.leader if leads else None,
            "leading_price": money(auction.leading_price if leads else None, token),
            "price": money(auction.price if leads else None, token),
        }
        show(record, as_json)
