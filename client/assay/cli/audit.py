"""`assay audit`: auditors and their verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from assay.audits import Assessment
from assay.cli.arguments import Number, parse_address
from assay.cli.audit_run import run
from assay.cli.opinion import opinions_shown
from assay.cli.output import moment, paid, show, show_rows
from assay.cli.settings import Json, open_market
from assay.structs import Audit

app = typer.Typer(help="Audits by drawn, independent auditors.", no_args_is_help=True)
app.command()(run)


@app.command()
def enrol(context: typer.Context, as_json: Json = False) -> None:
    """Enter the draw, with the bond."""
    with open_market(context, acting=True) as market:
        show(paid(market.audits.enrol()), as_json)


@app.command()
def leave(context: typer.Context, as_json: Json = False) -> None:
    """Leave the draw and get the bond back."""
    with open_market(context, acting=True) as market:
        show(paid(market.audits.leave()), as_json)


@app.command("list")
def list_audits(
    context: typer.Context,
    auditor: Annotated[str | None, typer.Option(parser=parse_address, help="One auditor's only.")] = None,
    as_json: Json = False,
) -> None:
    """List audits."""
    with open_market(context) as market:
        rows = [
            {"audit": listing.audit_id, "commission": listing.commission_id, **_record(listing.audit)}
            for listing in market.audits.list(auditor=auditor)
        ]
        show_rows(rows, as_json, empty="There are no audits yet.")


@app.command("show")
def show_audit(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Show an audit, and the verdicts and opinions on its model version."""
    with open_market(context) as market:
        audit = market.audits.get(number)
        verdicts = [
            {
                "audit": audit_id,
                "auditor": verdict.auditor,
                "approved": verdict.approved,
                "at": moment(verdict.at),
                "expires": moment(verdict.expires),
                "report": market.audits.report_digest(audit_id, verdict.auditor),
            }
            for audit_id, verdict in market.audits.verdicts(audit.terms.subject)
        ]
        record = {"audit": number, "commission": audit.deal_id, **_record(audit), "verdicts": verdicts}
        record["opinions"] = opinions_shown(market, market.opinions.about(audit.terms.subject))
        show(record, as_json)


@app.command()
def grant(
    context: typer.Context,
    number: Number,
    data: Annotated[bool, typer.Option("--data", help="The validation data's key, not the model's.")] = False,
    as_json: Json = False,
) -> None:
    """Grant the drawn auditors a key: the model's as its developer, the data's as the customer."""
    with open_market(context, acting=True) as market:
        give = market.audits.grant_data if data else market.audits.grant_model
        show(paid(give(number)), as_json)


@app.command()
def fetch(
    context: typer.Context,
    number: Number,
    folder: Annotated[Path, typer.Argument(help="Where model and data go.")],
    as_json: Json = False,
) -> None:
    """As a drawn auditor, open the model, and the data where its key was granted."""
    with open_market(context, acting=True, quiet=as_json) as market:
        material = market.audits.fetch(number, folder)
        data = str(material.data) if material.data else None
        show({"name": material.manifest.name, "model": str(material.model), "data": data}, as_json)


@app.command()
def post(
    context: typer.Context,
    number: Number,
    assessment: Annotated[Path, typer.Argument(help="Scopes, findings, figures, limitations: a JSON file.")],
    approve: Annotated[bool, typer.Option("--approve/--reject", help="The verdict.")],
    as_json: Json = False,
) -> None:
    """Publish the report and post the verdict, for good."""
    document = Assessment.load(assessment)
    with open_market(context, acting=True) as market:
        show(paid(market.audits.post(number, approve, document)), as_json)


def _record(audit: Audit) -> dict[str, Any]:
    return {
        "outcome": audit.outcome.words,
        "auditors": ["vacant" if seat.vacant else seat.auditor for seat in audit.seats],
        "posted": f"{len(audit.verdicts)} of {len(audit.seats)}",
        "approvals": sum(verdict.approved for verdict in audit.verdicts),
        "deadline": moment(audit.deadline),
    }
