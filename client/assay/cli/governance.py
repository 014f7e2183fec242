"""`assay governance`: seats, proposals, votes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli import permissions, proposals, seats
from assay.cli.arguments import Last, Number
from assay.cli.output import Cell, Data, moment, paid, show, show_rows
from assay.cli.settings import Json, open_market
from assay.words import times
from assay.words.printable import quoted

if TYPE_CHECKING:
    from assay.governance.proposals import Proposal
    from assay.structs import Support
else:
    Support = str  # as it is typed; importing the SDK for the type takes a third of a second

app = typer.Typer(no_args_is_help=True)
app.add_typer(seats.app, name="seat")
proposals.app.add_typer(permissions.app)
app.add_typer(proposals.app, name="propose")

Reason = Annotated[str, typer.Option(help="Why; everybody can read it.")]


def _parse_support(text: str) -> Support:
    from assay.structs import Support

    name = text.upper()
    if name not in Support.__members__:
        raise typer.BadParameter(f"{quoted(text)} is not one of for, against, abstain.")
    return Support[name]


@app.command("list")
def list_proposals(
    context: typer.Context,
    pending: Annotated[bool, typer.Option("--open", help="Only those that are not over.")] = False,
    last: Last = 100,
    as_json: Json = False,
) -> None:
    """List proposals."""
    with open_market(context) as market:
        rows = []
        for proposal in market.governance.list(last=last):
            if pending and not proposal.is_open:
                continue
            rows.append(
                {
                    "proposal": proposal.number,
                    "state": proposal.state.words,
                    "approving": _approving(proposal),
                    "votes_until": moment(proposal.votes_until),
                    "changes": [str(change) for change in proposal.changes],
                }
            )
        show_rows(rows, as_json, empty="Nothing is proposed.")


@app.command("show")
def show_proposal(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Show what a proposal would change, and how its vote stands."""
    with open_market(context) as market:
        show(_record(market.governance.get(number)), as_json)


@app.command()
def vote(
    context: typer.Context,
    number: Number,
    support: Annotated[Support, typer.Argument(parser=_parse_support, help="for, against or abstain.")],
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Cast the account's vote."""
    with open_market(context, acting=True) as market:
        receipt = market.governance.vote(number, support, reason)
        show({"approving": _approving(market.governance.get(number)), **paid(receipt)}, as_json)


@app.command()
def queue(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Start the timelock of a proposal that passed; anyone may."""
    with open_market(context, acting=True) as market:
        receipt = market.governance.queue(number)
        when = market.governance.get(number).executable_from
        show({"executable_from": moment(when), **paid(receipt)}, as_json)


@app.command()
def execute(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Do what was decided, once the timelock is over; anyone may."""
    with open_market(context, acting=True) as market:
        show(paid(market.governance.execute(number)), as_json)


@app.command()
def cancel(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Take the account's own proposal back, before its vote begins."""
    with open_market(context, acting=True) as market:
        show(paid(market.governance.cancel(number)), as_json)


@app.command()
def delay(context: typer.Context, number: Number, reason: Reason = "", as_json: Json = False) -> None:
    """As a regulator, put a proposal's execution off, once."""
    with open_market(context, acting=True) as market:
        receipt = market.governance.delay(number, reason)
        seconds = market.governance.settings.regulator_delay
        put_off = Cell(seconds, times.duration(seconds), "seconds")
        show({"put_off_by": put_off, **paid(receipt)}, as_json)


@app.command()
def brake(context: typer.Context, as_json: Json = False) -> None:
    """As a regulator, stop new deals for a week; open ones go on."""
    with open_market(context, acting=True) as market:
        receipt = market.governance.brake()
        show({"halted_until": moment(market.policy.halted_until()), **paid(receipt)}, as_json)


def _record(proposal: Proposal) -> dict[str, Any]:
    return {
        "proposal": proposal.number,
        "id": Data(str(proposal.id)),
        "state": proposal.state.words,
        "changes": Cell(
            [
                {"text": str(change), "known": change.known, "fails_now": change.fails or None}
                for change in proposal.changes
            ],
            "\n".join(str(change) for change in proposal.changes),
        ),
        "description": proposal.description,
        "proposer": proposal.proposer,
        "passes_when": _passes_when(proposal),
        "approving": _approving(proposal),
        "votes_from": moment(proposal.votes_from),
        "votes_until": moment(proposal.votes_until),
        "executable_from": moment(proposal.executable_from),
        "delayed_by_a_regulator": proposal.delayed,
        "chambers": [
            {
                "chamber": role.words,
                "votes": tally.votes,
                "for": tally.in_favour,
                "against": tally.against,
                "abstain": tally.abstain,
                "approves": tally.approves,
            }
            for role, tally in proposal.chambers.items()
        ],
    }


def _passes_when(proposal: Proposal) -> Cell:
    from assay.words.formatting import percent

    settings = proposal.settings
    which = "every chamber approves" if proposal.about_powers else "more than half of the chambers approve"
    record = {
        "every_chamber": proposal.about_powers,
        "min_chambers": settings.min_chambers,
        "quorum_ppm": settings.quorum_ppm,
    }
    said = f"{which}, and at least {settings.min_chambers} chambers have votes"
    chamber = f"more votes for than against, and {percent(settings.quorum_ppm)} of its votes cast"
    return Cell(record, f"{said}. A chamber approves with {chamber}")


def _approving(proposal: Proposal) -> Cell:
    value = {
        "approving": proposal.approving,
        "needed": proposal.needed,
        "chambers": len(proposal.chambers),
    }
    if not proposal.chambers:
        return Cell(value, "the vote has not begun")
    return Cell(value, f"{proposal.approving} of {len(proposal.chambers)} chambers, {proposal.needed} needed")
