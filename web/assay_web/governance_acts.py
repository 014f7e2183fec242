"""What can be done about the rules: proposals, votes, what follows them, seats: see :mod:`assay_web.acts`."""

from __future__ import annotations

from collections.abc import Iterator

from assay.governance.proposals import Proposal
from assay.structs import ZERO_DIGEST, ProposalState, SeatRecord
from assay_web.acts import Act, Field, call, written
from assay_web.sentences import say

_CHANGES = ("fee", "bid_bond", "cooling_off", "release")


def propose() -> Act:
    """A change of one rule, by accounts with a vote."""
    changes = tuple((one, say(f"proposal.{one}")) for one in _CHANGES)
    fields = (
        Field("change", "choice", choices=changes),
        Field("rule_value", required=False),
        Field("reason", "long"),
    )
    return Act("propose", "propose", {}, fields)


def ballot(identifier: str) -> Act:
    """A vote on a proposal."""
    choices = tuple((str(value), say(f"ballot.{value}")) for value in (1, 0, 2))
    facts = call("MarketGovernor", "castVote", identifier, written("support", "number"))
    return Act("ballot", "call", facts, (Field("support", "choice", choices=choices),))


def of_proposal(one: Proposal, now: int) -> Iterator[Act]:
    """What proposer, voters and anybody can do about a proposal."""
    facts = {"id": str(one.id)}
    if one.state == ProposalState.PENDING:
        yield Act("cancel_proposal", "proposal", {**facts, "name": "cancel"}, only=(one.proposer,))
    if one.state == ProposalState.ACTIVE:
        yield ballot(str(one.id))
    if one.state == ProposalState.SUCCEEDED:
        yield Act("queue_proposal", "proposal", {**facts, "name": "queue"})
    if one.state == ProposalState.QUEUED and not one.delayed:
        put_off = call("MarketGovernor", "delay", str(one.id), written("reason", "text"))
        yield Act("delay_proposal", "call", put_off, (Field("reason", "long"),))
    if one.state == ProposalState.QUEUED and now >= one.executable_from:
        yield Act("execute_proposal", "proposal", {**facts, "name": "execute"})


def brake(account: str) -> Act:
    """A regulator's stop of new deals."""
    return Act("brake", "call", call("MarketGovernor", "brake"), only=(account,))


def of_seat(account: str, seat: SeatRecord, now: int) -> Iterator[Act]:
    """What can be done about an account's seat in a chamber; anyone may have one count that waits."""
    if seat.entity == ZERO_DIGEST:
        yield Act("join_seat", "seat", {}, (Field("seat", "file"),), (account,))
        return
    if not seat.votes and now >= seat.counts_from:
        yield Act("activate_seat", "call", call("Chambers", "activate", account))
    yield Act("leave_seat", "call", call("Chambers", "leave"), only=(account,))
