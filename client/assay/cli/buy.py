"""`assay buy`: from an offer to the opened model, in one command and one transaction."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli import licence_shown
from assay.cli.bounds import AtMost, agree
from assay.cli.output import due, money, opened_model, paid, show
from assay.cli.settings import Json, open_market, say
from assay.errors import InvalidInput, WrongKeyDelivered

if TYPE_CHECKING:
    from assay.market import Market
    from assay.markets.licences import Bought
    from assay.markets.sales import SaleRecord

POLL_SECONDS = 0.5
MINUTES = 10
"""How long the command waits for the delivery."""


def buy(
    context: typer.Context,
    offer: Annotated[int, typer.Argument(min=1, max=2**64 - 1, help="The offer's number.")],
    dest: Annotated[Path | None, typer.Argument(help="Where the ONNX file goes.")] = None,
    seats: Annotated[int, typer.Option(min=1, max=2**16 - 1, help="How many seats to buy.")] = 1,
    jurisdiction: Annotated[
        str | None, typer.Option(help="Where you are (ISO 3166-1 alpha-2), if you are new to the market.")
    ] = None,
    at_most: AtMost = None,
    minutes: Annotated[int, typer.Option(min=0, max=1440, help="How long to wait for the key.")] = MINUTES,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what it costs and what you get, and stop.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Buy a licence: pay, wait for the key, open the model. A wrong key is refuted and refunded."""
    if dest is None and not dry_run:
        raise InvalidInput("Name the file that the model goes to.", hint="`assay buy OFFER model.onnx`")
    with open_market(context, acting=not dry_run, quiet=as_json) as market:
        earlier = None if dry_run else market.licences.resume(offer, seats)
        if earlier is not None:
            assert dest is not None
            _finish(market, earlier, dest, None, {}, minutes, as_json)
            return
        found = market.licences.quote(offer, seats=seats)
        shown = licence_shown.purchase(found)
        if dry_run:
            show(shown, as_json)
            return
        assert dest is not None
        if not as_json:
            show(shown, False)
            typer.echo("")
        question = f"Buy for {found.token.format(found.price)}?"
        agree(
            found.price, found.token, market.escrow.token(), at_most,
            question=question, undone="Nothing was bought.", asked=not as_json,
        )  # fmt: skip
        with tempfile.TemporaryDirectory(prefix="assay-") as folder:
            sealed = Path(folder) / "sealed"
            market.licences.fetch_sealed(found, sealed)
            bought = market.licences.buy(found, jurisdiction=jurisdiction)
            _finish(market, bought, dest, sealed, shown, minutes, as_json)


def _finish(
    market: Market,
    bought: Bought,
    dest: Path,
    sealed: Path | None,
    shown: dict[str, Any],
    minutes: int,
    as_json: bool,
) -> None:
    record = {"sale": bought.sale_id, **paid(bought.receipt)}
    sale = await_delivery(market, bought.sale_id, minutes, quiet=as_json)
    if sale.handover is None:
        record["next"] = due(market.licences.next_step(bought.sale_id))
        show(_told(record, shown, as_json), as_json)
        say(f"No key was delivered yet. Later `assay licence open {bought.sale_id} {dest}` opens the model.")
        raise typer.Exit(1)
    record |= opened(market, sale, dest, sealed)
    show(_told(record, shown, as_json), as_json)
    if "refuted_by" in record:
        raise typer.Exit(1)


def _told(record: dict[str, Any], shown: dict[str, Any], as_json: bool) -> dict[str, Any]:
    """For a program all of it; a person has seen what it costs."""
    return {**record, "purchase": shown} if as_json and shown else record


def await_delivery(market: Market, sale_id: int, minutes: int, *, quiet: bool) -> SaleRecord:
    """The sale once something was delivered, or when the time is over or nothing can come any more."""
    from assay.cli.progress import waiting
    from assay.structs import SaleState

    end = time.monotonic() + minutes * 60
    with waiting(quiet=quiet) as shown:
        while True:
            record = market.licences.get(sale_id)
            if record.state != SaleState.BOUGHT or time.monotonic() > end:
                return record
            shown.at()
            time.sleep(POLL_SECONDS)


def opened(market: Market, record: SaleRecord, dest: Path, sealed: Path | None = None) -> dict[str, Any]:
    """Open the model, or refute a wrong key at once: what came of it."""
    try:
        manifest = market.licences.open(record, dest, sealed=sealed)
    except WrongKeyDelivered as wrong:
        say(f"{wrong.message} It is refuted now.")
        receipt = market.licences.refute(record)
        token = market.escrow.token(market.licences.terms_of(record).offer.token)
        returned = money(record.sale.price + record.sale.bond, token)
        return {
            "refuted_by": receipt.tx_hash,
            "returned_to_your_escrow_balance": returned,
            "next": due(market.licences.next_step(record.sale_id)),
        }
    return {**opened_model(manifest, dest), "next": due(market.licences.next_step(record.sale_id))}
