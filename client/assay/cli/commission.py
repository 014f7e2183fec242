"""`assay commission`: ordering a model, following and finishing the order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.arguments import COURT, Number, account_name, parse_address
from assay.cli.checks import (
    Unchecked,
    data_checked,
    data_shown,
    reasons_shown,
    refuse_data,
    warn_of_short_times,
)
from assay.cli.commission_list import list_commissions
from assay.cli.following import MINUTES, await_turn, follow, granted, taken
from assay.cli.opinion import opinions_shown
from assay.cli.ordered import ordered, time_left
from assay.cli.output import (
    Cell,
    Data,
    due,
    gathered,
    moment,
    money,
    out_of,
    paid,
    ppm,
    score,
    show,
    show_rows,
    size,
    threshold,
)
from assay.cli.settings import Json, open_market
from assay.errors import InvalidInput, WalletError

if TYPE_CHECKING:
    from assay.deal.history import History
    from assay.deal.payments import Balance
    from assay.deal.refusals import Refusal
    from assay.manifests.evaluation import ReportStatus
    from assay.manifests.reason import Reason
    from assay.market import Market
    from assay.markets.order import Order
    from assay.structs import Commission

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
    if not unchecked:
        refuse_data(data_checked(context, document, data, quiet=as_json), document)
    with open_market(context, acting=True, quiet=as_json) as market:
        if dry_run:
            show(_quoted(market, document, arbitrator), as_json)
            return
        draft = market.commissions.draft(document, data, arbitrator=arbitrator)
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
            show_rows(_refusals(market, context, number), as_json, empty="The panel has refused nothing.")
        elif timeline:
            show_rows(_timeline(market, context, number), as_json, empty="Nothing has happened yet.")
        elif payments:
            show_rows(_payments(market, number), as_json, empty="Nothing has been paid yet.")
        else:
            show(_record(market, context, number), as_json)


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


def _record(market: Market, context: typer.Context, number: int) -> dict[str, Any]:
    deal = market.commissions.get(number)
    awarded, commissions = int(deal.developer, 16) != 0, market.commissions

    def coin(amount: int | None) -> Callable[[], Cell]:
        return lambda: money(amount, market.escrow.token(deal.request.token))

    fields = {
        "commission": number,
        "state": deal.state.words,
        "cause": deal.cause.words if deal.cause else None,
        "**order": lambda: ordered(market, number),
        "domain": lambda: market.policy.domain_name(deal.request.domain),
        "risk_class": deal.request.risk_class,
        "next": lambda: due(commissions.next_step(number)),
        "customer": deal.customer,
        "developer": deal.developer if awarded else None,
        "reputation": lambda: ppm(_reputation(market, deal) if awarded else None),
        "reserve": coin(deal.request.reserve),
        "price": coin(deal.price or None),
        "threshold": lambda: threshold(deal.request.threshold, commissions.metric(number)),
        "best_score": lambda: score(deal.best_score or None, commissions.metric(number)),
        "**refused": lambda: _refused(market, context, number, deal),
        "attempts": out_of(deal.attempts, deal.request.submission_cap),
        "step_fee": coin(deal.step_fee or None),
        "paid_steps": out_of(deal.steps, deal.paid_steps) if deal.step_fee else None,
        "deadline": moment(deal.deadline),
        "time_left": lambda: Data(time_left(deal.deadline, market.session.now())),
        "bond": coin(deal.bond or None),
        "panel": Data(deal.panel_id or None),
        "audit": deal.audit_id or None,
        "arbitrator": lambda: commissions.arbitrator(number) or Cell(None, COURT),
        "opinions": lambda: opinions_shown(market, market.opinions.list(commission_id=number)),
        "model": deal.model_id or None,
        "standing": (lambda: market.models.standing(deal.model_id).status) if deal.model_id else None,
        "spec": deal.request.spec,
        "dataset": deal.request.dataset,
    }
    return gathered(market, fields)


def _reputation(market: Market, deal: Commission) -> int:
    return market.reputation.score(deal.developer, market.policy.domain_name(deal.request.domain))


def _refused(
    market: Market, context: typer.Context, number: int, deal: Commission
) -> dict[str, list[dict[str, Any]]]:
    """The line about what the panel refused, where it may have refused something."""
    from assay.structs import State

    if not (deal.attempts or deal.cause or deal.state == State.ATTESTING):
        return {}
    rows = _refusals(market, context, number)
    return {"refused": rows} if rows else {}


def _refusals(market: Market, context: typer.Context, number: int) -> list[dict[str, Any]]:
    """What was refused, a row for all validators that say the same."""
    metric, readable = market.session.together(
        lambda: market.commissions.metric(number), lambda: _readable(market, context, number)
    )
    said: dict[tuple[str, ReportStatus, tuple[Reason, ...] | None], int] = {}
    for one in readable:
        key = (one.about, one.status, one.reasons)
        said[key] = said.get(key, 0) + 1
    return [
        {
            "what": about,
            "status": status.name.lower().replace("_", " "),
            "validators": validators,
            "reasons": Cell(None, "sealed to others") if why is None else reasons_shown(why, metric),
        }
        for (about, status, why), validators in said.items()
    ]


def _readable(
    market: Market, context: typer.Context, number: int, history: History | None = None
) -> list[Refusal]:
    """What was refused, with the reasons that the account reads if its wallet opens without a question."""
    from assay.wallet.keystore import Wallet

    history = history or market.commissions.history(number)
    found = market.commissions.refusals(number, history=history)
    if not found or market.session.has_wallet:
        return found
    try:
        wallet = Wallet.open(context.obj.keystore)
        return market.commissions.refusals(number, wallet=wallet, history=history)
    except WalletError:
        return found


def _timeline(market: Market, context: typer.Context, number: int) -> list[dict[str, Any]]:
    history = market.commissions.history(number)
    refused = _readable(market, context, number, history)
    return [
        {
            "time": moment(step.at),
            "step": step.step,
            "state": step.state.words if step.state is not None else None,
            "actor": step.actor,
            "gas": Cell(step.gas_used, f"{step.gas_used:,}"),
            "transaction": step.tx_hash,
        }
        for step in market.commissions.timeline(number, refused, history=history)
    ]


def _payments(market: Market, number: int) -> list[dict[str, Any]]:

    def row(balance: Balance) -> dict[str, Any]:
        token = market.escrow.token(balance.token)
        return {
            "account": Cell(
                {
                    "address": balance.account if balance.role else None,
                    "role": balance.role or balance.account,
                },
                account_name(balance.account, balance.role),
            ),
            "paid": money(balance.paid, token),
            "received": money(balance.received, token),
            "net": money(balance.net, token),
        }

    return list(market.session.each(row, market.commissions.payments(number).balances()))
