"""`assay dispute`: contesting the announced end of a commission, and what else a jury judges."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.arguments import COURT, Number, parse_amount_text
from assay.cli.output import Cell, due, moment, money, paid, show, show_rows
from assay.cli.settings import Json, open_market
from assay.cli.written import Shelf
from assay.words.printable import quoted

if TYPE_CHECKING:
    from assay.judges.disputes import Dispute
    from assay.market import Market
    from assay.structs import Case, CourtDispute, Ground
else:
    Ground = str  # as it is typed; importing the SDK for the type takes a third of a second

app = typer.Typer(no_args_is_help=True)
_KINDS = {"Pledges": "pledge", "LineageClaims": "claim"}
_PARTS = {
    ("pledge", "customer"): "beneficiary",
    ("pledge", "developer"): "party",
    ("claim", "customer"): "claimant",
    ("claim", "developer"): "respondent",
}
"""What those are whom the court calls customer and developer."""


def _parse_ground(text: str) -> Ground:
    from assay.structs import Ground

    name = text.upper().replace("-", "_")
    if name not in Ground.__members__:
        known = ", ".join(ground.name.lower().replace("_", "-") for ground in Ground)
        raise typer.BadParameter(f"{quoted(text)} is not one of {known}.")
    return Ground[name]


ClaimFile = Annotated[
    Path, typer.Argument(help="Claim, statement, exhibits: a JSON file. All of it is public.")
]


MaxCost = Annotated[
    str,
    typer.Option(
        parser=parse_amount_text,
        help="The most to pay an outside arbitrator, in the chain's currency, such as 0.1.",
    ),
]


@app.command("open")
def open_dispute(
    context: typer.Context,
    commission: Number,
    ground: Annotated[
        Ground,
        typer.Argument(parser=_parse_ground, help="delivery, panel-conduct, audit-misconduct or breach."),
    ],
    claim: ClaimFile,
    max_cost: MaxCost = "0",
    as_json: Json = False,
) -> None:
    """Contest the announced end of a commission, as its customer or developer, and pay for a ruling."""
    from assay.judges.disputes import Claim
    from assay.words.amounts import parse_amount

    document, wei = Claim.load(claim), parse_amount(max_cost, 18)
    with open_market(context, acting=True) as market:
        opened = market.disputes.open(commission, ground, document, max_cost=wei)
        show({"dispute": opened.dispute_id, **paid(opened.receipt)}, as_json)


@app.command("show")
def show_dispute(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Show a dispute, what its parties say and its jury."""
    with open_market(context, quiet=True) as market:
        found, shelf = market.disputes.get(number), Shelf()
        about, submitted, seats = market.session.together(
            lambda: _record(market, found),
            lambda: market.disputes.submitted(number),
            lambda: market.court.seats(found.case.arbitrator_dispute_id) if found.court else [],
        )
        evidence = [
            {
                "party": one.party,
                "block": one.block,
                "uri": one.uri,
                **shelf.evidence(one.party, partial(market.disputes.read, one)),
            }
            for one in submitted
        ]
        jury = [
            {
                "juror": None if seat.vacant else seat.juror,
                "accepted": seat.accepted,
                "committed": seat.committed,
                "vote": _vote(seat.vote),
            }
            for seat in seats
        ]
        sides = {
            "customer": Cell(found.deal.customer, _part(market, found, "customer", found.deal.customer)),
            "developer": Cell(found.deal.developer, _part(market, found, "developer", found.deal.developer)),
        }
        show({**about, **sides, "evidence": evidence, **({"jury": jury} if found.court else {})}, as_json)


@app.command("list")
def list_disputes(
    context: typer.Context,
    commission: Annotated[
        int | None, typer.Option(min=1, max=2**64 - 1, help="One commission's only.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List disputes."""
    with open_market(context) as market:
        found = market.disputes.list(commission_id=commission)
        rows = list(market.session.each(lambda one: _record(market, one), found))
        show_rows(rows, as_json, empty="There are no disputes yet.")


@app.command()
def evidence(context: typer.Context, number: Number, claim: ClaimFile, as_json: Json = False) -> None:
    """Publish further evidence, as a party."""
    from assay.judges.disputes import Claim

    document = Claim.load(claim)
    with open_market(context, acting=True) as market:
        show(paid(market.disputes.submit(number, document)), as_json)


@app.command()
def appeal(context: typer.Context, number: Number, max_cost: MaxCost = "0", as_json: Json = False) -> None:
    """Appeal the current ruling, as a party, to a larger jury or the outside arbitrator, and pay for it."""
    from assay.words.amounts import parse_amount

    wei = parse_amount(max_cost, 18)
    with open_market(context, acting=True) as market:
        show(paid(market.disputes.appeal(number, max_cost=wei)), as_json)


@app.command()
def advance(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Take the next step that is due; anyone may."""
    with open_market(context, acting=True) as market:
        receipt = market.disputes.advance(number)
        case = market.disputes.get(number).case
        steps = {
            "commission": market.commissions.next_step,
            "pledge": market.pledges.next_step,
            "claim": market.lineage_claims.next_step,
        }
        step = steps[_kind(market, case)](case.deal_id)
        show({**paid(receipt), "next": due(step)}, as_json)


def _record(market: Market, found: Dispute) -> dict[str, Any]:
    case = found.case
    kind = _kind(market, case)
    return {
        "dispute": found.dispute_id,
        **{one: case.deal_id if one == kind else None for one in ("commission", "pledge", "claim")},
        "ground": case.ground.words,
        "arbitrator": case.arbitrator if found.court is None else Cell(case.arbitrator, COURT),
        **(_in_court(market, found, found.court) if found.court else _outside(market, found)),
        "decided_by": moment(case.deadline),
        "resolved": case.resolved,
    }


def _kind(market: Market, case: Case) -> str:
    """What it is about: a commission, a pledge or a claim of lineage."""
    others = {market.deployment.contracts.get(name): kind for name, kind in _KINDS.items()}
    return others.get(case.market, "commission")


def _part(market: Market, found: Dispute, side: str, account: str) -> str:
    """An account with its part in an agreement or a claim, which the court calls customer or developer."""
    part = _PARTS.get((_kind(market, found.case), side))
    return f"{account} (the {part})" if part else account


def _in_court(market: Market, found: Dispute, court: CourtDispute) -> dict[str, Any]:
    from assay.structs import CourtState

    token = market.escrow.token(found.deal.token)
    appealable = court.state == CourtState.APPEALING
    return {
        "state": court.state.words,
        "round": court.round + 1,
        "ruling": None if court.state < CourtState.APPEALING else court.ruling.words,
        "deadline": moment(court.deadline),
        "appeal_fee": money(found.fee if appealable else None, token),
    }


def _outside(market: Market, found: Dispute) -> dict[str, Any]:
    """The same fields, by what the arbitrator itself says until it has ruled; its fee is no token's."""
    from assay.structs import DisputeStatus
    from assay.words.amounts import format_amount

    said, ruling = found.outside, market.disputes.ruling(found.dispute_id)
    if ruling is None and said is not None and said.status != DisputeStatus.WAITING:
        ruling = said.ruling
    fee = said.appeal_cost if said else 0
    return {
        "state": said.status.words if said else "the arbitrator does not say",
        "round": None,
        "ruling": None if ruling is None else ruling.words,
        "deadline": moment(said.appeal_until if said else 0),
        "appeal_fee": Cell(
            str(fee) if fee else None,
            f"{format_amount(fee, 18)} of the chain's currency" if fee else "-",
            "wei",
        ),
    }


def _vote(vote: int) -> str | None:
    return ("none", "customer", "developer")[vote - 1] if vote else None
