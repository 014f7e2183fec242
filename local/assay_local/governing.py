"""Governance on a local chain, where time can jump: for demonstrations and tests."""

from __future__ import annotations

from collections.abc import Sequence

from assay.chain import Call
from assay.governance.proposals import Proposal
from assay.market import Market
from assay.structs import Role, Support
from assay_local.anvil import Anvil

_DAY = 86_400


def take_seats(anvil: Anvil, accreditor: Market, members: Sequence[tuple[Market, Role]]) -> None:
    """Seat each member in the chamber of its given role, and let time pass until all can vote."""
    end = anvil.now() + 365 * _DAY
    for member, role in members:
        signed = accreditor.governance.seats.issue(
            member.address, role, entity=member.address, valid_until=end, deadline=end
        )
        member.governance.seats.join(signed)
    anvil.advance_to(anvil.now() + accreditor.governance.seats.delay())
    for member, _ in members:
        member.governance.seats.activate()
    anvil.advance_to(anvil.now() + 1)  # a proposer must already have had its vote a second ago


def decide(
    anvil: Anvil, votes: Sequence[tuple[Market, Support]], calls: Sequence[Call], description: str
) -> Proposal:
    """Take a proposal, made by the first voter, to its execution: all vote, and time jumps over waits.

    Raises:
        ContractError: it did not pass (``GovernorUnexpectedProposalState`` when it is queued).
    """
    governance = votes[0][0].governance
    receipt = governance.propose(calls, description)
    number = governance.number_of(receipt.event("ProposalCreated").arguments["proposalId"])
    anvil.advance_to(governance.get(number).votes_from)
    for voter, support in votes:
        voter.governance.vote(number, support)
    anvil.advance_to(governance.get(number).votes_until + 1)
    governance.queue(number)
    anvil.advance_to(governance.get(number).executable_from)
    governance.execute(number)
    return governance.get(number)
