"""`assay juror`: judging disputes. A vote is secret until revealed: `vote` takes it from no argument."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.arguments import AddressText, Number, parse_address
from assay.cli.output import moment, paid, show, show_rows
from assay.cli.settings import Json, open_market
from assay.errors import InvalidInput

if TYPE_CHECKING:
    from assay.structs import Side

app = typer.Typer(no_args_is_help=True)

_MAX_LINE = 100


@app.command()
def enrol(context: typer.Context, as_json: Json = False) -> None:
    """Enter the pool, as an accredited auditor or regulator."""
    with open_market(context, acting=True) as market:
        show(paid(market.court.enrol()), as_json)


@app.command()
def leave(context: typer.Context, as_json: Json = False) -> None:
    """Leave the pool; a seat that was taken stays."""
    with open_market(context, acting=True) as market:
        show(paid(market.court.leave()), as_json)


@app.command()
def prune(context: typer.Context, account: AddressText, as_json: Json = False) -> None:
    """Remove from the pool an account that can no longer be a juror; anyone may."""
    with open_market(context, acting=True) as market:
        show(paid(market.court.prune(account)), as_json)


@app.command("list")
def list_seats(
    context: typer.Context,
    juror: Annotated[
        str | None, typer.Option(parser=parse_address, help="An account other than your own.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the seats that an account was drawn for."""
    with open_market(context, acting=juror is None) as market:
        rows = [
            {
                "dispute": summons.dispute_id,
                "round": summons.round + 1,
                "seat": "lost" if summons.seat is None else "accepted" if summons.seat.accepted else "drawn",
                "state": summons.dispute.state.words,
                "deadline": moment(summons.dispute.deadline),
            }
            for summons in market.court.summonses(juror)
        ]
        show_rows(rows, as_json, empty="No seats yet.")


@app.command()
def accept(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Take the seat in a dispute that the account was drawn for, with the bond."""
    with open_market(context, acting=True) as market:
        show(paid(market.court.accept(market.court.case_of(number))), as_json)


@app.command()
def vote(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Commit to customer, developer or none, which is asked for, or read as a line from standard input."""
    side = _secret_vote()
    with open_market(context, acting=True) as market:
        show(paid(market.court.commit(market.court.case_of(number), side)), as_json)


@app.command()
def reveal(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Reveal the committed vote; vote and salt come from the wallet."""
    with open_market(context, acting=True) as market:
        show(paid(market.court.reveal(market.court.case_of(number))), as_json)


def _secret_vote() -> Side:
    from assay.structs import Side

    if sys.stdin.isatty():
        text = getpass.getpass("customer, developer or none (not shown): ")
    else:
        text = sys.stdin.readline(_MAX_LINE)
    name = text.strip().upper()
    if name not in Side.__members__:
        raise InvalidInput("The vote is not one of customer, developer, none.")
    return Side[name]
