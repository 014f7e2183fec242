"""`assay audit`: auditors and their verdicts."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.arguments import Last, Number, parse_address, parse_amount_text
from assay.cli.audit_post import open_verdict, post
from assay.cli.audit_run import run
from assay.cli.audit_work import add_work
from assay.cli.opinion import opinions_shown
from assay.cli.output import gathered, moment, money, out_of, paid, share_of, show, show_rows
from assay.cli.settings import Json, open_market
from assay.cli.written import Shelf

if TYPE_CHECKING:
    from assay.structs import Audit, Verdict

app = typer.Typer(no_args_is_help=True)
app.command()(run)
app.command()(post)
app.command("open")(open_verdict)


@app.command()
def enrol(context: typer.Context, as_json: Json = False) -> None:
    """Enter the draw, with the bond."""
    with open_market(context, acting=True) as market:
        show(paid(market.audits.enrol()), as_json)


@app.command()
def bond(
    context: typer.Context,
    amount: Annotated[
        str | None, typer.Argument(parser=parse_amount_text, help="To add, in token units, such as 12.5.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show your bond and the seats that it backs, or add to it."""
    with open_market(context, acting=True) as market:
        token = market.escrow.token(market.deployment.tokens.staking)
        receipt = None if amount is None else market.audits.add_bond(token.parse(amount))
        held = market.audits.enrolment()
        record = {
            "bond": money(held.bond, token),
            "behind_seats": money(held.locked, token),
            "seats": held.seats,
            "enrolled": held.domains != 0,
        }
        show(record if receipt is None else {**record, **paid(receipt)}, as_json)


@app.command()
def leave(context: typer.Context, as_json: Json = False) -> None:
    """Leave the draw and get the bond back."""
    with open_market(context, acting=True) as market:
        show(paid(market.audits.leave()), as_json)


@app.command("list")
def list_audits(
    context: typer.Context,
    auditor: Annotated[str | None, typer.Option(parser=parse_address, help="One auditor's only.")] = None,
    last: Last = 100,
    as_json: Json = False,
) -> None:
    """List audits, the newest first."""
    with open_market(context) as market:
        rows = [
            {"audit": listing.audit_id, "commission": listing.commission_id, **_record(listing.audit)}
            for listing in islice(market.audits.list(auditor=auditor), last)
        ]
        show_rows(rows, as_json, empty="There are no audits yet.")


@app.command("show")
def show_audit(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Show an audit, and the verdicts and opinions on its model version with the reasons for them."""
    from assay.manifests.audit_report import scopes_in

    with open_market(context, quiet=True) as market:
        audit, shelf = market.audits.get(number), Shelf()

        def heard(found: tuple[int, Verdict]) -> dict[str, Any]:
            audit_id, verdict = found
            fetch = partial(market.audits.report, audit_id, verdict.auditor)
            fields = {
                "audit": audit_id,
                "auditor": verdict.auditor,
                "approved": verdict.approved,
                "at": moment(verdict.at),
                "expires": moment(verdict.expires),
                "scopes": scopes_in(verdict.scopes),
                "report": lambda: market.audits.report_digest(audit_id, verdict.auditor),
                "**report": lambda: shelf.report(verdict.auditor, fetch),
            }
            return gathered(market, fields)

        fields = {
            "audit": number,
            "commission": audit.deal_id,
            **_record(audit),
            "fee": lambda: money(audit.terms.fee, market.escrow.token(audit.terms.token)),
            "must_cover": scopes_in(audit.terms.scopes),
            "test_set": audit.terms.conformity_set or None,
            "passed_over": lambda: [asdict(one) for one in market.audits.passed_over(number)],
            "verdicts": lambda: list(market.session.each(heard, market.audits.verdicts(audit.terms.subject))),
            "opinions": lambda: opinions_shown(market, market.opinions.about(audit.terms.subject)),
        }
        show(gathered(market, fields), as_json)


@app.command()
def fees(
    context: typer.Context,
    party: Annotated[
        str, typer.Argument(parser=parse_address, help="A customer, a developer, or whoever asks.")
    ],
    auditor: Annotated[
        str | None, typer.Option(parser=parse_address, help="An auditor other than you.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show how much of an auditor's fees in this period come from one party, and the cap."""
    with open_market(context, acting=auditor is None) as market:
        share, token = market.audits.fees(auditor or market.address, party), market.escrow.token()
        show({"from_party": money(share.own, token), **share_of(share, token)}, as_json)


add_work(
    app,
    lambda market: market.audits,
    grant="Grant the drawn auditors a key: the model's as its developer, the data's as the customer.",
    fetch="As a drawn auditor, open the model, and the data where its key was granted.",
)


def _record(audit: Audit) -> dict[str, Any]:
    return {
        "outcome": audit.outcome.words,
        "auditors": ["vacant" if seat.vacant else seat.auditor for seat in audit.seats],
        "sealed": out_of(audit.sealed, len(audit.seats)),
        "posted": out_of(len(audit.verdicts), len(audit.seats)),
        "approvals": sum(verdict.approved for verdict in audit.verdicts),
        "deadline": moment(audit.deadline),
    }
