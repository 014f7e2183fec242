"""Disputes with their juries, and votes on the rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import func, select

from assay.errors import AssayError
from assay.judges.disputes import Dispute as Standing
from assay.judges.disputes import Submitted
from assay.manifests import DisputeEvidence
from assay.structs import CourtState, JurySeat
from assay_indexer.queries import View
from assay_indexer.tables import Dispute, Proposal, ProposalVote
from assay_web import governance_acts
from assay_web.acts import Act, Field, call
from assay_web.reading import Reading, from_storage, reading
from assay_web.rendering import page
from assay_web.sentences import say

router = APIRouter()
Number = Annotated[int, Path(ge=1, lt=2**63)]
_MOST = 100
_MOST_EVIDENCE = 10
"""Of a party, which can submit any number that storage does not have."""


@router.get("/disputes")
def disputes(request: Request, found: Annotated[Reading, Depends(reading)]) -> HTMLResponse:
    """All disputes and proposals, the newest first."""
    with found.index.view() as view:
        rows = view.all(Dispute, order=Dispute.id.desc(), limit=_MOST)
        proposals = view.all(Proposal, order=Proposal.proposed_at.desc(), limit=_MOST)
        votes = _votes(view)
        block, now = view.block, view.at
    acts = {
        one.id: governance_acts.ballot(one.id) for one in proposals if one.vote_start < now <= one.vote_end
    }
    facts: dict[str, Any] = {
        "rows": rows,
        "proposals": proposals,
        "votes": votes,
        "acts": acts,
        "block": block,
        "now": now,
    }
    return page(request, "disputes.html", title=say("disputes.title"), **facts)


@router.get("/disputes/{number}")
def dispute(request: Request, number: Number, found: Annotated[Reading, Depends(reading)]) -> HTMLResponse:
    """One dispute: evidence, juries, and what can be done."""
    market = found.market
    standing = market.disputes.get(number)
    case, court = standing.case, standing.court
    with from_storage():
        evidence = [(one, _read(found, one)) for one in _newest(market.disputes.submitted(number))]
    contract = _market_of(found, case.market)
    terms = standing.deal
    seats = (
        [market.court.seats(case.arbitrator_dispute_id, place) for place in range(len(court.rounds))]
        if court
        else []
    )
    now, block = market.session.now(), market.session.connection.block_number()
    acts = list(_acts(found, standing, contract, terms, seats[-1] if seats else (), now))
    facts: dict[str, Any] = {
        "standing": standing,
        "market": contract,
        "case": case,
        "court": court,
        "evidence": evidence,
        "seats": seats,
    }
    facts |= {"terms": terms, "token": found.token(terms.token), "acts": acts, "now": now, "block": block}
    return page(request, "dispute.html", title=say("dispute.title", number=number), number=number, **facts)


def _market_of(found: Reading, address: str) -> str:
    names = {one: name for name, one in found.deployment.contracts.items()}
    return names.get(address, address)


def _newest(submitted: Sequence[Submitted]) -> list[Submitted]:
    """What is shown, oldest first: the newest of each party, so that neither crowds the other's out."""
    said: Counter[str] = Counter()
    kept = []
    for one in reversed(submitted):
        said[one.party] += 1
        if said[one.party] <= _MOST_EVIDENCE:
            kept.append(one)
    return kept[::-1]


def _read(found: Reading, one: Any) -> DisputeEvidence | None:
    try:
        return found.market.disputes.read(one)
    except AssayError:
        return None


def _acts(
    found: Reading, standing: Standing, contract: str, terms: Any, seats: tuple[JurySeat, ...], now: int
) -> Iterator[Act]:
    case, court, number = standing.case, standing.court, standing.dispute_id
    parties = (terms.customer, terms.developer)
    if not case.resolved:
        fields = (Field("claim"), Field("statement", "long", required=False))
        yield Act(
            "evidence",
            "dispute",
            {"number": case.deal_id, "market": contract, "dispute": number},
            fields,
            parties,
        )
    if court is None:
        return
    case_id, open_still = case.arbitrator_dispute_id, now < court.deadline
    for place, seat in enumerate(seats):
        yield from _juror(found, court.state, court.round, case_id, place, seat, terms.bond, open_still)
    if court.state == CourtState.APPEALING and open_still:
        token = found.token(terms.token)
        amount = token.format(standing.fee)
        fund = {"token": terms.token, "amount": str(standing.fee)}
        facts = call("Disputes", "appeal", number, fund=fund)
        yield Act("appeal_ruling", "call", facts, (), parties, {"amount": amount})
    if court.state not in (CourtState.CLOSED, CourtState.NONE):
        yield Act("advance_case", "call", call("Court", "advance", case_id))


def _juror(
    found: Reading,
    state: CourtState,
    round_: int,
    case_id: int,
    place: int,
    seat: JurySeat,
    bond: int,
    open_still: bool,
) -> Iterator[Act]:
    """What one juror can do; each seat has its own form, which its juror alone sees."""
    if seat.vacant or not open_still:
        return
    only, staking = (seat.juror,), found.deployment.tokens.staking
    if state == CourtState.SEATING and not seat.accepted:
        amount = found.token(staking).format(bond)
        fund = {"token": staking, "amount": str(bond)}
        facts = call("Court", "accept", case_id, place, fund=fund)
        yield Act("accept", "call", facts, (), only, {"amount": amount})
    about = {"case": case_id, "round": round_, "seat": place}
    if state == CourtState.VOTING and seat.accepted and not seat.committed:
        sides = tuple((str(value), say(f"side.{value}")) for value in (1, 2, 0))
        yield Act("vote", "juror-vote", about, (Field("side", "choice", choices=sides),), only)
    if state == CourtState.REVEALING and seat.committed and not seat.vote:
        yield Act("reveal_vote", "juror-reveal", about | {"sealed": f"0x{seat.sealed_vote.hex()}"}, (), only)


def _votes(view: View) -> dict[str, dict[str, int]]:
    """How many votes each proposal has of each kind."""
    asked = select(ProposalVote.proposal_id, ProposalVote.support, func.count()).group_by(
        ProposalVote.proposal_id, ProposalVote.support
    )
    found: dict[str, dict[str, int]] = {}
    for proposal, support, count in view.session.execute(asked):
        found.setdefault(proposal, {})[support] = count
    return found
