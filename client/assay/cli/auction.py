"""`assay auction`: licences that are sold to the highest of sealed bids, exclusive or not."""

from __future__ import annotations

import tempfile
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from assay.cli import auction_shown as shown
from assay.cli.arguments import Last, Number, parse_address, parse_amount_text, parse_digest, parse_duration
from assay.cli.bounds import AtMost, agree
from assay.cli.output import due, moment, money, paid, show, show_rows
from assay.cli.secret_price import CommittedPrice, kept_price, secret_price
from assay.cli.settings import Json, open_market

app = typer.Typer(no_args_is_help=True)


@app.command("open")
def open_auction(
    context: typer.Context,
    offer: Annotated[
        int, typer.Argument(min=1, max=2**64 - 1, help="An offer of yours, on whose terms they are sold.")
    ],
    deposit: Annotated[
        str,
        typer.Option(
            parser=parse_amount_text, help="What each bidder deposits: the most that a licence can cost."
        ),
    ],
    licences: Annotated[int, typer.Option(min=1, max=16, help="How many licences are sold.")] = 1,
    seats: Annotated[int, typer.Option(min=1, max=2**16 - 1, help="Seats of each licence.")] = 1,
    exclusive: Annotated[
        bool, typer.Option("--exclusive", help="Whoever wins is the last to buy the model.")
    ] = False,
    bidding: Annotated[
        int | None, typer.Option(parser=parse_duration, help="How long bids are taken: 3d by default.")
    ] = None,
    revealing: Annotated[
        int | None, typer.Option(parser=parse_duration, help="How long they are revealed: 1d by default.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show it, and stop.")] = False,
    as_json: Json = False,
) -> None:
    """Put licences to auction, with a bond for each. The offer's price is the reserve.

    The bonds come from the escrow balance. Nobody can buy the model by another path meanwhile.
    """
    from assay.markets.auctions import AuctionPlan

    with open_market(context, acting=True) as market:
        token = market.escrow.token(market.licences.offer(offer).terms.offer.token)
        times = {"bidding_seconds": bidding, "revealing_seconds": revealing}
        said = {name: seconds for name, seconds in times.items() if seconds is not None}
        plan = AuctionPlan(token.parse(deposit), licences, seats, exclusive, **said)
        if dry_run:
            show(shown.lot(market.auctions.draft(offer, plan), token), as_json)
            return
        opened = market.auctions.open(offer, plan)
        record = {"auction": opened.number, **shown.lot(opened.lot, token), **paid(opened.receipt)}
        show({**record, "next": due(market.auctions.next_step(opened.number))}, as_json)


@app.command()
def commit(
    context: typer.Context,
    number: Number,
    at_most: AtMost = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what it can cost and what you can get, and stop.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Bid for one licence, with the deposit. The price is asked for, or read from standard input, and kept.

    The deposit is the most that a licence can cost. Who does not reveal loses it.
    """
    with open_market(context, acting=not dry_run, quiet=as_json) as market:
        prospect = market.auctions.look(number)
        found = shown.prospect(prospect)
        if dry_run:
            show(found, as_json)
            return
        lot, token = prospect.record.lot, prospect.purchase.token
        if not market.auctions.bid(number).committed_at:
            market.auctions.require_open(prospect.record)
        if not as_json:
            show(found, False)
            typer.echo("")
        agree(
            lot.deposit, token, market.escrow.token(), at_most,
            question=f"Deposit {token.format(lot.deposit)} for a bid?",
            undone="No bid was made.", asked=not as_json,
        )  # fmt: skip
        price = token.parse(secret_price())
        with tempfile.TemporaryDirectory(prefix="assay-") as folder:
            market.licences.fetch_sealed(prospect.purchase, Path(folder) / "sealed")
        committed = market.auctions.commit(number, price)
        record = {
            **paid(committed.receipt),
            "deposit": money(committed.auction.bond, token),
            "reveal_from": moment(lot.commit_ends),
            "reveal_by": moment(lot.reveal_ends),
            "reveal_with": f"assay auction reveal {number}",
        }
        show({**record, "auction": found} if as_json else record, as_json)


@app.command()
def reveal(
    context: typer.Context,
    number: Number,
    price: CommittedPrice = None,
    as_json: Json = False,
) -> None:
    """Reveal the bid. Its price was kept by `commit`; where that is lost, it is asked for."""
    with open_market(context, acting=True) as market:
        sales, where = market.auctions, f"in auction {number}"
        base_units = None if price else kept_price(market.address, sales.price, sales.bid, number, where)
        if base_units is None:
            token = market.escrow.token(market.auctions.get(number).auction.token)
            base_units = token.parse(price or secret_price())
        receipt = market.auctions.reveal(number, base_units)
        record = {"leads": receipt.event("BidRevealed").arguments["leads"], **paid(receipt)}
        show({**record, "next": due(market.auctions.next_step(number))}, as_json)


@app.command()
def reclaim(
    context: typer.Context,
    number: Number,
    bidder: Annotated[
        str | None, typer.Argument(parser=parse_address, help="The account itself by default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Return the deposit of a bid that led and was overtaken."""
    with open_market(context, acting=True) as market:
        show(paid(market.auctions.reclaim(number, bidder)), as_json)


@app.command()
def close(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Close an auction whose reveals are over: winners get licences, the others their deposit. Anyone may."""
    with open_market(context, acting=True) as market:
        receipt = market.auctions.close(number)
        record = market.auctions.get(number)
        token = market.escrow.token(record.auction.token)
        show({**paid(receipt), **shown.outcome(record, token)}, as_json)


@app.command("show")
def show_auction(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Show an auction: what is sold, who has the model already, how it stands."""
    with open_market(context, quiet=as_json) as market:
        prospect, now = market.session.together(lambda: market.auctions.look(number), market.session.now)
        record, token = prospect.record, prospect.purchase.token
        found = {**shown.prospect(prospect), **shown.outcome(record, token)}
        show({**found, "next": due(record.next_step(now))}, as_json)


@app.command("list")
def list_auctions(
    context: typer.Context,
    model: Annotated[
        bytes | None, typer.Option(parser=parse_digest, help="Only of the model with this manifest digest.")
    ] = None,
    seller: Annotated[str | None, typer.Option(parser=parse_address, help="Only one seller's.")] = None,
    last: Last = 20,
    as_json: Json = False,
) -> None:
    """List auctions of licences, the newest first."""
    with open_market(context) as market:
        found = list(islice(market.auctions.list(good=model, seller=seller), last))
        now = market.session.now()
        rows = list(market.session.each(lambda one: shown.row(market, one, now), found))
        show_rows(rows, as_json, empty="No licences have been put to auction.")
