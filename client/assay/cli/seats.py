"""`assay governance seat`: who votes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.arguments import AddressText, RoleName, parse_address
from assay.cli.output import digest, moment, paid, show, show_rows
from assay.cli.settings import Json, open_market

if TYPE_CHECKING:
    from assay.market import Market

app = typer.Typer(help="Seats in the chambers: one entity, one vote.", no_args_is_help=True)

_DAY = 86_400
OwnByDefault = Annotated[
    str | None, typer.Argument(parser=parse_address, help="The account itself by default.")
]


@app.command()
def credential(
    context: typer.Context,
    subject: AddressText,
    role: RoleName,
    entity: Annotated[str, typer.Option(help="The legal entity, such as an LEI; only a hash is published.")],
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long the seat lasts.")] = 730,
    present_within: Annotated[int, typer.Option(min=1, max=365, help="Days to present it.")] = 30,
) -> None:
    """As an accreditor, sign a seat in the chamber of a role and print it."""
    with open_market(context, acting=True) as market:
        now = market.session.now()
        signed = market.governance.seats.issue(
            subject,
            role,
            entity=entity,
            valid_until=now + days * _DAY,
            deadline=now + present_within * _DAY,
        )
        typer.echo(signed.model_dump_json(indent=2))


@app.command()
def join(
    context: typer.Context,
    credential: Annotated[Path, typer.Argument(help="The file with the signed seat.")],
    as_json: Json = False,
) -> None:
    """Take the seat that an accreditor signed for the account."""
    from assay.governance.chambers import SignedSeat
    from assay.manifests.files import load_document

    signed = load_document(credential, SignedSeat)
    with open_market(context, acting=True) as market:
        receipt = market.governance.seats.join(signed)
        show({**_record(market, market.address), **paid(receipt)}, as_json)


@app.command()
def activate(context: typer.Context, account: OwnByDefault = None, as_json: Json = False) -> None:
    """Give a seat its vote, once it counts; anyone may."""
    with open_market(context, acting=True) as market:
        receipt = market.governance.seats.activate(account)
        show({**_record(market, account or market.address), **paid(receipt)}, as_json)


@app.command("show")
def show_seat(context: typer.Context, account: OwnByDefault = None, as_json: Json = False) -> None:
    """Show one seat."""
    with open_market(context, acting=account is None) as market:
        show(_record(market, account or market.address), as_json)


@app.command("list")
def list_chambers(context: typer.Context, as_json: Json = False) -> None:
    """Show how many votes each chamber has."""
    with open_market(context) as market:
        counts = market.governance.seats.counts()
        rows = [{"chamber": role.words, "votes": count} for role, count in counts.items()]
        show_rows(rows, as_json, empty="There are no chambers.")


@app.command()
def revoke(context: typer.Context, account: AddressText, as_json: Json = False) -> None:
    """As an accreditor, end a seat; one that counts keeps its vote for the chambers' delay."""
    with open_market(context, acting=True) as market:
        receipt = market.governance.seats.revoke(account)
        show({"ends": moment(receipt.event("SeatRevoked").arguments["endsAt"]), **paid(receipt)}, as_json)


@app.command()
def vacate(context: typer.Context, account: AddressText, as_json: Json = False) -> None:
    """Remove a seat that has expired or was revoked; anyone may."""
    with open_market(context, acting=True) as market:
        show(paid(market.governance.seats.vacate(account)), as_json)


@app.command()
def leave(context: typer.Context, as_json: Json = False) -> None:
    """Give up the account's own seat."""
    with open_market(context, acting=True) as market:
        show(paid(market.governance.seats.leave()), as_json)


def _record(market: Market, account: str) -> dict[str, Any]:
    seat = market.governance.seats.get(account)
    return {
        "account": account,
        "chamber": seat.role.words,
        "votes": seat.votes,
        "counts_from": moment(seat.counts_from),
        "valid_until": moment(seat.valid_until),
        "ends_by_revocation": moment(seat.ends_at),
        "entity": digest(seat.entity),
        "accreditor": seat.accreditor,
    }
