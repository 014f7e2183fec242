"""Policy and MarketGovernor: the rules, and proposals to change them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.chain import Event
from assay.chain.abi import events_by_topic
from assay.structs import Support
from assay_indexer.book import Book
from assay_indexer.projections.registry import on, plain, text
from assay_indexer.tables import Name, Proposal, ProposalVote, RuleChange

_POLICY, _GOVERNOR = "Policy", "MarketGovernor"
_LISTS = {"DomainAdded": "domain", "JurisdictionAdded": "jurisdiction", "PurposeAdded": "purpose"}
_ROLES = {"RoleAdminChanged", "RoleGranted", "RoleRevoked"}


@on(_POLICY, *sorted({event["name"] for event in events_by_topic(_POLICY).values()} - _ROLES))
def _rule(book: Book, event: Event, said: Mapping[str, Any]) -> None:
    book.fact(RuleChange, name=event.name, arguments=plain(said))
    kind = _LISTS.get(event.name)
    if kind is not None:
        label = said.get("name", said.get("isoCode", b"")).rstrip(b"\0").decode("utf-8", "replace")
        book.make(Name, kind, said[kind], name=text(label))


@on(_GOVERNOR, "ProposalCreated")
def _proposed(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    book.make(
        Proposal,
        str(said["proposalId"]),
        proposer=said["proposer"],
        description=text(said["description"]),
        vote_start=min(said["voteStart"], 2**63 - 1),
        vote_end=min(said["voteEnd"], 2**63 - 1),
        state="proposed",
        proposed_at=book.at,
    )
    book.about("proposal", said["proposalId"])


@on(_GOVERNOR, "ProposalQueued", "ProposalExecuted", "ProposalCanceled")
def _moved(book: Book, event: Event, said: Mapping[str, Any]) -> None:
    book.about("proposal", said["proposalId"])
    if proposal := book.change(Proposal, str(said["proposalId"])):
        states = {"ProposalQueued": "queued", "ProposalExecuted": "executed"}
        proposal.state = states.get(event.name, "cancelled")


@on(_GOVERNOR, "VoteCast", "VoteCastWithParams")
def _vote(book: Book, _event: Event, said: Mapping[str, Any]) -> None:
    book.about("proposal", said["proposalId"])
    known = said["support"] in Support.__members__.values()
    book.fact(
        ProposalVote,
        proposal_id=str(said["proposalId"]),
        voter=said["voter"],
        support=Support(said["support"]).words if known else str(said["support"]),
        weight=said["weight"],
        reason=text(said["reason"]),
    )
