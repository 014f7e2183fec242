"""`assay commission`: ordering a model, following and finishing the order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli import commission_shown as shown
from assay.cli.arguments import Number, parse_address, parse_digest
from assay.cli.checks import (
    Unchecked,
    data_checked,
    data_shown,
    refuse_data,
    warn_of_short_times,
)
from assay.cli.commission_list import list_commissions
from assay.cli.following import MINUTES, await_turn, follow, granted, taken
from assay.cli.output import (
    due,
    money,
    paid,
    show,
    show_rows,
    size,
    threshold,
)
from assay.cli.settings import Json, open_market
from assay.errors import InvalidInput

if TYPE_CHECKING:
    from assay.market import Market
    from assay.markets.order import Order

app = typer.Typer(no_args_is_help=True)


@app.command("open")
def open_commission(
    context: typer.Context,
    order: Annotated[Path, typer.Argument(help="The order, a JSON file.")],
    data: Annotated[Path, typer.Argument(help="The hidden validation data.")],
    arbitrator: Annotated[
        str | None,
        typer.Option(
            parser=parse_address,
            help="Who rules on a dispute: an outside arbitrator of the market's list, not its court.",
        ),
    ] = None,
    agreement: Annotated[
        bytes | None,
        typer.Option(
            parser=parse_digest, help="The digest of a text that developers must have signed before they bid."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check it, say what it can cost, and stop. Uploads nothing.")
    ] = False,
    unchecked: Unchecked = False,
    as_json: Json = False,
) -> None:
    """Check the validation data, seal it, deposit what is missing, and open the commission."""
    from assay.markets.order import Order

    document = Order.load(order)
    warn_of_short_times(document)
    with open_market(context, acting=True, quiet=as_json) as market:
        quoted = _quoted(market, document, arbitrator)  # what the rules forbid is found in no time
        if not unchecked:
            refuse_data(data_checked(context, document, data, quiet=as_json), document)
        if dry_run:
            show(quoted, as_json)
            return
        draft = market.commissions.draft(document, data, arbitrator=arbitrator, agreement=agreement)
        token = market.escrow.token(draft.request.token)
        opened = market.commissions.open(draft)
        record = {
            "commission": opened.commission_id,
            "total": money(opened.total, token),
            "deposit_transaction": opened.deposit and opened.deposit.tx_hash,
            **paid(opened.receipt),
            "next": due(market.commissions.next_step(opened.commission_id)),
        }
        show(record, as_json)


@app.command("check")
def check_commission(
    context: typer.Context,
    order: Annotated[Path, typer.Argument(help="The order, a JSON file.")],
    data: Annotated[Path, typer.Argument(help="The hidden validation data.")],
    as_json: Json = False,
) -> None:
    """Check an order and its data as a panel would, on this machine. Nothing leaves it."""
    from assay.markets.order import Order

    document = Order.load(order)
    warn_of_short_times(document)
    report = data_checked(context, document, data, quiet=as_json)
    show(data_shown(report, document), as_json)
    if report.reasons:
        raise typer.Exit(1)


def _quoted(market: Market, order: Order, arbitrator: str | None) -> dict[str, Any]:
    quote = market.commissions.quote(order, arbitrator=arbitrator)
    token = market.escrow.token(order.token)
    return {
        "threshold": threshold(order.threshold, order.evaluation.metric),
        "price_at_most": money(quote.price, token),
        "market_fee": money(quote.market_fee, token),
        "panel": money(quote.panel, token),
        "audits": money(quote.audits, token),
        "effort_fee": money(quote.effort_fee, token),
        "kill_fee": money(quote.kill_fee, token),
        "steps": money(quote.steps, token),
        "total": money(quote.total, token),
        "at_most_if_the_first_model_passes": money(quote.first_attempt, token),
    }


app.command("list")(list_commissions)


@app.command("show")
def show_commission(
    context: typer.Context,
    number: Number,
    timeline: Annotated[bool, typer.Option("--timeline", help="Every transaction, with its gas.")] = False,
    payments: Annotated[bool, typer.Option("--payments", help="Who paid and got what.")] = False,
    reasons: Annotated[
        bool, typer.Option("--reasons", help="Why the panel gave no answer, as far as you may read it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show where a commission stands and what it waits for."""
    with open_market(context, acting=reasons) as market:
        if reasons:
            show_rows(
                shown.refusals(market, context, number), as_json, empty="The panel has refused nothing."
            )
        elif timeline:
            show_rows(shown.timeline(market, context, number), as_json, empty="Nothing has happened yet.")
        elif payments:
            show_rows(shown.payments(market, number), as_json, empty="Nothing has been paid yet.")
        else:
            show(shown.record(market, context, number), as_json)


@app.command()
def metric(
    context: typer.Context,
    number: Number,
    dest: Annotated[Path, typer.Argument(help="Where the ONNX file goes.")],
    as_json: Json = False,
) -> None:
    """Write the customer's own metric to a file, where the order has one."""
    import base64

    from assay.manifests.files import write_document

    with open_market(context, quiet=as_json) as market:
        evaluation = market.commissions.spec(number).evaluation
    if evaluation.options.graph is None:
        raise InvalidInput(f"The order asks for {evaluation.metric.words}, which is no graph of its own.")
    graph = base64.b64decode(evaluation.options.graph)
    write_document(dest, graph)
    show({"path": str(dest), "size": size(len(graph)), "metric": evaluation.metric.words}, as_json)


@app.command()
def grant(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """As the customer, grant the data key to the panel. Waits until it is drawn, if it is about to be."""
    from assay.structs import State

    with open_market(context, acting=True) as market:
        drawn_after = (State.REVEALING, State.ATTESTING)
        await_turn(market, number, drawn_after, whose=("anyone",), quiet=as_json)
        receipt = granted(market, number, lambda: market.commissions.grant_data(number))
        show({**paid(receipt), "next": due(market.commissions.next_step(number))}, as_json)


@app.command()
def advance(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Take the next step that is due; anyone may, and validators mostly have. Settles too."""
    with open_market(context, acting=True) as market:
        show(taken(market, number, lambda: market.commissions.advance(number)), as_json)


@app.command()
def wait(
    context: typer.Context,
    number: Number,
    minutes: Annotated[int, typer.Option(min=1, max=1440, help="How long at most.")] = MINUTES,
    as_json: Json = False,
) -> None:
    """Follow what validators do, and wait until somebody else has to act."""
    with open_market(context) as market:
        show({"next": due(follow(market, number, minutes=minutes, quiet=as_json))}, as_json)


@app.command()
def settle(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Pay everybody after the challenge window; anyone may. `advance` carries out an announced refund."""
    with open_market(context, acting=True) as market:
        settled = taken(market, number, lambda: market.commissions.settle(number), settling=True)
        show(settled, as_json)
