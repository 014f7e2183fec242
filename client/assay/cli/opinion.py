"""`assay opinion`: auditors of one's own choice."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.arguments import Number, parse_address, parse_amount_text
from assay.cli.audit_work import Approve, AssessmentFile, add_work
from assay.cli.output import Cell, moment, money, paid, show, show_rows
from assay.cli.settings import Json, open_market
from assay.cli.written import Shelf

if TYPE_CHECKING:
    from assay.market import Market
    from assay.structs import Opinion

app = typer.Typer(no_args_is_help=True)

_DAY = 86_400
Auditor = Annotated[str, typer.Option(parser=parse_address, help="Whom to ask.")]


@app.command()
def ask(
    context: typer.Context,
    number: Number,
    auditor: Auditor,
    fee: Annotated[
        str, typer.Option(parser=parse_amount_text, help="In token units; paid whatever it says.")
    ],
    days: Annotated[int, typer.Option(min=1, max=90, help="From acceptance to the opinion.")] = 7,
    as_json: Json = False,
) -> None:
    """Ask an auditor for an opinion on the model of a commission, and put its fee into escrow."""
    with open_market(context, acting=True) as market:
        amount = market.escrow.token().parse(fee)
        opinion_id, receipt = market.opinions.ask(number, auditor, amount, days * _DAY)
        show({"opinion": opinion_id, **paid(receipt)}, as_json)


@app.command("list")
def list_opinions(
    context: typer.Context,
    commission: Annotated[int | None, typer.Option(min=1, help="Of one commission only.")] = None,
    as_json: Json = False,
) -> None:
    """List opinions."""
    with open_market(context) as market:
        found = market.opinions.list(commission_id=commission)
        rows = list(market.session.each(lambda one: {"opinion": one[0], **_record(market, one[1])}, found))
        show_rows(rows, as_json, empty="There are no opinions yet.")


@app.command("show")
def show_opinion(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Show an opinion and the reasons for it."""
    from assay.structs import OpinionState

    with open_market(context, quiet=True) as market:
        opinion = market.opinions.get(number)
        record = {
            "opinion": number,
            "asked_by": opinion.asker,
            "model": opinion.offer.subject,
            **_record(market, opinion),
        }
        if opinion.state == OpinionState.POSTED:
            record |= {
                "posted": moment(opinion.at),
                "counts_until": moment(opinion.expires),
                **Shelf().report(opinion.offer.auditor, partial(market.opinions.report, number)),
            }
        show(record, as_json)


@app.command()
def accept(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """As the auditor asked, accept fee and time."""
    with open_market(context, acting=True) as market:
        show(paid(market.opinions.accept(number)), as_json)


@app.command()
def replace(context: typer.Context, number: Number, auditor: Auditor, as_json: Json = False) -> None:
    """Ask another auditor, before the first accepts or when its time is up."""
    with open_market(context, acting=True) as market:
        show(paid(market.opinions.replace(number, auditor)), as_json)


@app.command()
def withdraw(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Take the offer and its fee back, before the auditor accepts or when its time is up."""
    with open_market(context, acting=True) as market:
        show(paid(market.opinions.withdraw(number)), as_json)


@app.command()
def post(
    context: typer.Context,
    number: Number,
    assessment: AssessmentFile,
    approve: Approve,
    as_json: Json = False,
) -> None:
    """Publish the report, post the opinion for good and earn the fee."""
    from assay.manifests import Assessment

    document = Assessment.load(assessment)
    with open_market(context, acting=True) as market:
        show(paid(market.opinions.post(number, approve, document)), as_json)


add_work(
    app,
    lambda market: market.opinions,
    grant="Grant the auditor a key: the model's as its developer or owner, the data's as the customer.",
    fetch="As the auditor, open the model, and the data where its key was granted.",
)


def opinions_shown(market: Market, found: Iterable[tuple[int, Opinion]]) -> list[dict[str, Any]]:
    """Opinions as they stand beside an audit, a model or a commission, which they cannot block."""

    def row(one: tuple[int, Opinion]) -> dict[str, Any]:
        number, opinion = one
        return {
            "opinion": number,
            "asked_by": opinion.asker,
            **_record(market, opinion),
            "counts_until": moment(opinion.expires),
            "blocks": Cell(False, "nothing: an opinion never decides anything"),
        }

    return list(market.session.each(row, found))


def _record(market: Market, opinion: Opinion) -> dict[str, Any]:
    offer = opinion.offer
    said = ("approved" if opinion.approved else "rejected") if opinion.at else None
    return {
        "commission": offer.deal_id,
        "auditor": offer.auditor,
        "fee": money(offer.fee, market.escrow.token(offer.token)),
        "state": opinion.state.words,
        "opinion_is": said,
        "deadline": moment(opinion.deadline),
    }
