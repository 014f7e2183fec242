"""`assay trial`: buying a licence if the model passes on one's own hidden data."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.arguments import Last, Number, parse_address, parse_amount_text
from assay.cli.bounds import AtMost, agree
from assay.cli.following import MINUTES, follow_steps
from assay.cli.output import due, moment, money, opened_model, paid, show, show_rows, threshold
from assay.cli.settings import Json, open_market, say
from assay.errors import WrongKeyDelivered

if TYPE_CHECKING:
    from assay.deal.round_step import NextStep
    from assay.market import Market
    from assay.markets.trials import OpenedTrial
    from assay.structs import Trial

app = typer.Typer(no_args_is_help=True)
Offer = Annotated[int, typer.Argument(min=1, max=2**64 - 1, help="The offer's number.")]


@app.command()
def allow(
    context: typer.Context,
    offer: Offer,
    quota: Annotated[int, typer.Option(min=0, max=2**16 - 1, help="How many trials; 0 for no more.")] = 1,
    fee: Annotated[
        str,
        typer.Option(
            parser=parse_amount_text, help="What you are paid for each, passed or not, in token units."
        ),
    ] = "0",
    bond: Annotated[
        str, typer.Option(parser=parse_amount_text, help="What you put up for each, in token units.")
    ] = "0",
    exclusive: Annotated[bool, typer.Option("--exclusive", help="Whoever passes is the last buyer.")] = False,
    as_json: Json = False,
) -> None:
    """As the seller, allow trials of an offer. Each shows the model's key to a panel and takes your bond."""
    from assay.structs import TrialAllowance

    with open_market(context, acting=True) as market:
        token = market.escrow.token(market.licences.offer(offer).terms.offer.token)
        allowance = TrialAllowance(
            exposure_fee=token.parse(fee), bond=token.parse(bond), quota=quota, exclusive=exclusive
        )
        show({"offer": offer, "quota": quota, **paid(market.trials.allow(offer, allowance))}, as_json)


@app.command("open")
def open_trial(
    context: typer.Context,
    offer: Offer,
    order: Annotated[
        Path,
        typer.Argument(help="What is tested, and what score buys it: a file as `assay order new` writes it."),
    ],
    data: Annotated[Path, typer.Argument(help="Your hidden data.")],
    seats: Annotated[int, typer.Option(min=1, max=2**16 - 1, help="How many seats to buy.")] = 1,
    at_most: AtMost = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it can cost, and stop.")] = False,
    as_json: Json = False,
) -> None:
    """Have the model tested on your data: it is bought if it passes; otherwise you get the price back.

    The price is held meanwhile. You pay the panel, and the seller a fee for showing it the key.
    """
    from assay.markets.order import Order

    document = Order.load(order)
    with open_market(context, acting=True, quiet=as_json, unchecked=False) as market:
        earlier = None if dry_run else market.trials.resume(offer, data)
        if earlier is not None:
            show(_opened(market, earlier), as_json)
            return
        token = market.escrow.token(market.licences.offer(offer).terms.offer.token)
        allowance = market.trials.allowance(offer)
        total = market.trials.quote(offer, document, seats=seats)
        record: dict[str, Any] = {
            "threshold": threshold(document.threshold, document.evaluation.metric),
            "total_at_most": money(total, token),
            "to_the_seller_whatever_comes": money(allowance.exposure_fee, token),
            "sellers_bond": money(allowance.bond, token),
            "exclusive": allowance.exclusive,
        }
        if not dry_run:
            if not as_json:
                show(record, False)
                typer.echo("")
            question = f"Open a trial that takes up to {token.format(total)}?"
            agree(
                total, token, market.escrow.token(), at_most,
                question=question, undone="No trial was opened.", asked=not as_json,
            )  # fmt: skip
            record = record if as_json else {}  # a person has seen it
            opened = market.trials.open(
                offer, document, data, seats=seats, allowance=allowance, at_most=total
            )
            record |= _opened(market, opened)
        show(record, as_json)


def _opened(market: Market, opened: OpenedTrial) -> dict[str, Any]:
    next_step = due(market.trials.next_step(opened.trial_id))
    return {"trial": opened.trial_id, **paid(opened.receipt), "next": next_step}


@app.command()
def grant(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Grant the panel a key: the data's as the buyer, the model's as the seller. Waits until it is drawn."""
    from assay.structs import TrialState

    with open_market(context, acting=True, quiet=as_json) as market:
        if market.trials.get(number).state == TrialState.JUDGING:
            _follow(market, number, ("anyone",), quiet=as_json)
        receipt = market.trials.grant(number)
        show({**paid(receipt), "next": due(market.trials.next_step(number))}, as_json)


@app.command()
def advance(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Take the next step that is due; anyone may."""
    with open_market(context, acting=True) as market:
        receipt = market.trials.advance(number)
        show({**paid(receipt), "next": due(market.trials.next_step(number))}, as_json)


@app.command()
def wait(
    context: typer.Context,
    number: Number,
    minutes: Annotated[int, typer.Option(min=1, max=1440, help="How long at most.")] = MINUTES,
    as_json: Json = False,
) -> None:
    """Follow what validators and the seller do, and wait until the buyer has to act, or nobody."""
    with open_market(context) as market:
        others = ("anyone", "validators", "seller")
        show({"next": due(_follow(market, number, others, minutes=minutes, quiet=as_json))}, as_json)


def _follow(
    market: Market, number: int, whose: tuple[str, ...], *, minutes: int = MINUTES, quiet: bool
) -> NextStep:
    return follow_steps(
        lambda: market.trials.next_step(number),
        "assay trial advance",
        whose=whose,
        minutes=minutes,
        quiet=quiet,
    )


@app.command()
def deliver(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Hand over the key of a model that has passed; whoever holds it may."""
    with open_market(context, acting=True) as market:
        receipt = market.trials.deliver(number)
        show({**paid(receipt), "next": due(market.trials.next_step(number))}, as_json)


@app.command()
def fetch(
    context: typer.Context,
    number: Number,
    dest: Annotated[Path, typer.Argument(help="Where the ONNX file goes.")],
    as_json: Json = False,
) -> None:
    """Open the model that has passed. A wrong key is refuted at once."""
    with open_market(context, acting=True, quiet=as_json) as market:
        try:
            manifest = market.trials.fetch(number, dest)
        except WrongKeyDelivered as wrong:
            say(f"{wrong.message} It is refuted now.")
            show({"refuted_by": market.trials.refute(number).tx_hash}, as_json)
            raise typer.Exit(1) from None
        show(opened_model(manifest, dest), as_json)


@app.command("show")
def show_trial(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Show where a trial stands and what it waits for."""
    with open_market(context) as market:
        show({**_record(market, number, market.trials.get(number))}, as_json)


@app.command("list")
def list_trials(
    context: typer.Context,
    buyer: Annotated[str | None, typer.Option(parser=parse_address, help="Only one buyer's.")] = None,
    last: Last = 20,
    as_json: Json = False,
) -> None:
    """List trials, the newest first."""
    with open_market(context) as market:
        found = islice(market.trials.list(buyer=buyer), last)
        rows = list(market.session.each(lambda one: _record(market, *one), found))
        show_rows(rows, as_json, empty="There are no such trials.")


def _record(market: Market, number: int, trial: Trial) -> dict[str, Any]:
    token = market.escrow.token(trial.token)
    return {
        "trial": number,
        "state": trial.state.words,
        "manifest": trial.good,
        "buyer": trial.buyer,
        "seller": trial.seller,
        "seats": trial.seats,
        "price": money(trial.price, token),
        "until": moment(trial.deadline),
        "next": due(market.trials.next_step(number)),
    }
