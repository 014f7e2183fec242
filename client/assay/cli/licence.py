"""`assay licence`: what is on offer, and what was bought."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from assay.cli import licence_shown as shown
from assay.cli.arguments import Last, Number, parse_address, parse_digest
from assay.cli.output import Cell, moment, paid, show, show_rows
from assay.cli.settings import Json, open_market
from assay.errors import InvalidInput
from assay.words.printable import quoted

app = typer.Typer(no_args_is_help=True)

Account = Annotated[
    str | None, typer.Option(parser=parse_address, help="Another account's; the account itself by default.")
]


@app.command()
def offers(
    context: typer.Context,
    model: Annotated[
        bytes | None, typer.Option(parser=parse_digest, help="Only of the model with this manifest digest.")
    ] = None,
    seller: Annotated[str | None, typer.Option(parser=parse_address, help="Only one seller's.")] = None,
    last: Last = 20,
    as_json: Json = False,
) -> None:
    """List what can be bought, the newest first. `assay buy OFFER --dry-run` says all about one."""
    with open_market(context) as market:
        found = list(islice(market.licences.offers(good=model, seller=seller), last))
        tokens = dict.fromkeys(one.terms.offer.token for one in found)
        known = dict(zip(tokens, market.session.each(market.escrow.token, tokens), strict=True))
        rows = [shown.offer(market, one, known[one.terms.offer.token]) for one in found]
        show_rows(rows, as_json, empty="Nothing is on offer.")


@app.command()
def text(
    context: typer.Context,
    offer: Annotated[int, typer.Argument(min=1, max=2**64 - 1, help="The offer's number.")],
    as_json: Json = False,
) -> None:
    """Print the text of an offer's licence, or which licence of the SPDX list it is."""
    from assay.manifests import Licence
    from assay.store.cid import Cid

    with open_market(context, quiet=as_json) as market:
        terms = market.licences.offer(offer).terms
        licence = market.session.fetch(terms.offer.licence, Licence)
        block = market.session.store.get_block(Cid.parse(licence.text)) if licence.text else None
    words = licence.spdx if block is None else block.decode("utf-8", "replace")
    show({"offer": offer, "licence": terms.offer.licence, "text": words}, as_json)


@app.command("list")
def list_licences(
    context: typer.Context,
    holder: Account = None,
    last: Last = 20,
    as_json: Json = False,
) -> None:
    """List what the account has bought, the newest first."""
    with open_market(context, acting=holder is None) as market:
        found = islice(market.licences.held_by(holder or market.address), last)
        rows = list(market.session.each(lambda one: shown.row(market, one), found))
        show_rows(rows, as_json, empty="Nothing was bought.")


@app.command("show")
def show_licence(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Show where a sale stands, what its licence allows, and what it waits for."""
    with open_market(context) as market:
        show(shown.sale(market, market.licences.get(number)), as_json)


@app.command("open")
def open_model(
    context: typer.Context,
    number: Number,
    dest: Annotated[Path, typer.Argument(help="Where the ONNX file goes.")],
    as_json: Json = False,
) -> None:
    """Open a bought model, on any machine with your wallet. A wrong key is refuted at once."""
    from assay.cli.buy import opened

    with open_market(context, acting=True, quiet=as_json) as market:
        record = opened(market, market.licences.get(number), dest)
        show({"sale": number, **record}, as_json)
    if "refuted_by" in record:
        raise typer.Exit(1)


@app.command()
def refute(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """As the holder, prove that a wrong key was delivered; you get the price back, and the seller's bond."""
    with open_market(context, acting=True) as market:
        show(paid(market.licences.refute(market.licences.get(number))), as_json)


@app.command()
def refund(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Return price and bond to the buyer of a sale that was not delivered in time; anyone may."""
    with open_market(context, acting=True) as market:
        show(paid(market.licences.refund(market.licences.get(number))), as_json)


@app.command()
def collect(
    context: typer.Context,
    numbers: Annotated[
        list[int] | None,
        typer.Argument(min=1, help="Sales; by default all that the account has sold and that are due."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Pay out sales whose challenge is over: seller, fee and royalties. Anyone may."""
    from assay.structs import SaleState

    with open_market(context, acting=True) as market:
        if numbers:
            records = list(market.session.each(market.licences.get, dict.fromkeys(numbers)))
        else:
            now, sold = market.session.now(), market.licences.sold_by(market.address)
            records = [one for one in sold if one.state == SaleState.DELIVERED and one.sale.deadline <= now]
        rows = [
            {"sales": receipt.event("Collected").arguments["saleIds"], **paid(receipt)}
            for receipt in market.licences.collect(records)
        ]
        show_rows(rows, as_json, empty="Nothing is to be collected.")


@app.command()
def verify(
    context: typer.Context,
    number: Number,
    holder: Account = None,
    purpose: Annotated[str, typer.Option(help="use, serve, derive or research.")] = "use",
    model: Annotated[Path | None, typer.Option(help="An ONNX file that should be the licensed one.")] = None,
    as_json: Json = False,
) -> None:
    """Say whether an account may use a model for a purpose now; exit code 1 where it may not."""
    from assay.manifests.licence import PURPOSES

    if purpose not in PURPOSES:
        raise InvalidInput(f"{quoted(purpose)} is not a purpose.", hint=f"Say {', '.join(PURPOSES)}.")
    with open_market(context, acting=holder is None) as market:
        record = market.licences.get(number)
        account = holder or market.address
        found = market.licences.check(record, account, purpose, model)
        row = {
            "sale": number,
            "holder": account,
            "purpose": purpose,
            "counts": found.counts,
            "why_not": found.why_not or Cell(None, "-"),
            "expires": moment(found.expires),
        }
        show(row, as_json)
    if not found.counts:
        raise typer.Exit(1)
