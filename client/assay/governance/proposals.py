"""`market.governance`: proposals to change the market's rules and powers, and votes on them.

market.governance.propose([market.governance.changes.fee(20_000)], "Cheaper deals")
market.governance.vote(1, Support.FOR)
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from eth_typing import ABIEvent
from eth_utils.abi import event_abi_to_log_topic
from eth_utils.crypto import keccak

from assay.chain import Call, Receipt
from assay.chain.abi import decode_log, event_of
from assay.errors import ChainError, ChainUnavailable, ContractError, InvalidInput
from assay.escrow import Escrow
from assay.governance.chambers import CHAMBERS, Seats
from assay.governance.changes import RuleChanges
from assay.governance.descriptions import Change, RulesInWords
from assay.governance.policy import Policy
from assay.governance.rules import Rule, rules_now
from assay.session import Session
from assay.structs import ChamberTally, GovernorSettings, ProposalState, Role, Support, views
from assay.words.printable import printable

_NAME = "MarketGovernor"
_MAX_DESCRIPTION = 4_000  # characters; longer ones are cut when shown
_FOR_GOOD = {"OutOfBounds", "InvalidTiers", "ZeroAddress", "EmptyName", "ListFull", "TooManyModules"}
"""Refusals due to bounds in the code or full lists. The cause of any other may be gone when the proposal is
executed, through an earlier call in it, another proposal or a regulator."""
_OPEN = (ProposalState.PENDING, ProposalState.ACTIVE, ProposalState.SUCCEEDED, ProposalState.QUEUED)


@dataclass(frozen=True)
class Proposal:
    """A proposal as it stands; times are Unix seconds.

    Attributes:
        number: its number for people, from 1, in order of creation.
        id: the governor's id.
        description: without control characters, truncated if very long.
        changes: what each call does, in words, beside the present values while the proposal is open.
        about_powers: whether every chamber must approve, rather than more than half of them.
        votes_from, votes_until: when votes can be cast, including the last second.
        executable_from: 0 until it is queued.
        delayed: whether a regulator has delayed its execution.
        chambers: the votes of the chambers that have any.
    """

    number: int
    id: int
    proposer: str
    description: str
    changes: tuple[Change, ...]
    about_powers: bool
    state: ProposalState
    votes_from: int
    votes_until: int
    executable_from: int
    delayed: bool
    chambers: dict[Role, ChamberTally]
    settings: GovernorSettings

    @property
    def is_open(self) -> bool:
        """Whether its outcome is still open."""
        return self.state in _OPEN

    @property
    def approving(self) -> int:
        """How many chambers approve as the votes stand."""
        return sum(tally.approves for tally in self.chambers.values())

    @property
    def needed(self) -> int:
        """How many chambers must approve."""
        constituted = len(self.chambers)
        return max(constituted, self.settings.min_chambers) if self.about_powers else constituted // 2 + 1


class Governance:
    """Seats, proposals, votes, and what regulators may do.

    Attributes:
        seats: who votes.
        changes: builds the calls for proposals.
        words: describes what calls do.
    """

    def __init__(self, session: Session, policy: Policy, escrow: Escrow) -> None:
        self._session = session
        self.seats = Seats(session)
        self.changes = RuleChanges(session, policy)
        self.words = RulesInWords(session, policy, escrow)

    def propose(self, calls: Sequence[Call], description: str) -> Receipt:
        """Propose *calls*, to be made in this order; the account must have a vote.

        Raises:
            InvalidInput: no calls, no description, or a call that could never be made.
            ContractError: the account had no vote a second ago, or the same proposal was made before.
        """
        if not calls:
            raise InvalidInput("The proposal would do nothing.", hint="Name a change.")
        if not description.strip():
            raise InvalidInput("The proposal has no description.", hint="Say why.")
        for call in calls:
            error = self._failure(call.to, call.value, call.data) if self.words.contract(call.to) else None
            if isinstance(error, ContractError) and error.name in _FOR_GOOD:
                raise InvalidInput(
                    f"This could never be done, even if all vote for it. {error.message}", hint=error.hint
                )
        data = [call.data for call in calls]
        return self._send("propose", [call.to for call in calls], [0] * len(calls), data, description)

    def rules(self) -> tuple[Rule, ...]:
        """The rules that apply to deals opened now, in words."""
        return tuple(rules_now(self.words))

    def list(self, *, last: int = 100) -> builtins.list[Proposal]:
        """The *last* proposals, in order of creation."""
        made = builtins.list(enumerate(self._made(), start=1))
        return [self._proposal(number, one) for number, one in made[-last:]]

    def get(self, number: int) -> Proposal:
        """The proposal *number*; raises :class:`InvalidInput` if there is none."""
        return self._proposal(number, self._made_as(number))

    def number_of(self, proposal_id: int) -> int:
        """The number of the proposal with the governor's id."""
        ids = [made["proposalId"] for made in self._made()]
        if proposal_id not in ids:
            raise InvalidInput(f"There is no proposal with the id {proposal_id}.")
        return ids.index(proposal_id) + 1

    def vote(self, number: int, support: Support, reason: str = "") -> Receipt:
        """Cast the account's vote, which is possible only once.

        Raises:
            ContractError: not the right time, no vote at the snapshot, or already voted.
        """
        proposal_id = self._id(number)
        if reason:
            return self._send("castVoteWithReason", proposal_id, support, reason)
        return self._send("castVote", proposal_id, support)

    def queue(self, number: int) -> Receipt:
        """Start the timelock of a proposal that passed; anyone may call this."""
        return self._send("queue", *self._hashed(number))

    def execute(self, number: int) -> Receipt:
        """Make a proposal's calls, once its timelock and any regulator's delay are over; anyone may."""
        return self._send("execute", *self._hashed(number))

    def cancel(self, number: int) -> Receipt:
        """Withdraw the account's own proposal before its vote begins."""
        return self._send("cancel", *self._hashed(number))

    def delay(self, number: int, reason: str = "") -> Receipt:
        """As a regulator, delay a proposal's execution by a bounded time; once for all regulators."""
        return self._send("delay", self._id(number), reason)

    def brake(self) -> Receipt:
        """As a regulator, stop new deals for a week."""
        return self._send("brake")

    @cached_property
    def settings(self) -> GovernorSettings:
        """The times, and what a vote requires; they never change."""
        return self._session.view(views.market_governor.settings())

    def _proposal(self, number: int, made: dict[str, Any]) -> Proposal:
        proposal_id = made["proposalId"]
        state = self._session.view(views.market_governor.state(proposal_id))
        calls = zip(made["targets"], made["values"], made["calldatas"], strict=True)
        changes = (self._change(*call, is_open=state in _OPEN) for call in calls)
        tallies = self._session.view(views.market_governor.chamber_votes(proposal_id))
        return Proposal(
            number=number,
            id=proposal_id,
            proposer=made["proposer"],
            description=_shown(made["description"]),
            changes=tuple(changes),
            about_powers=self._session.view(views.market_governor.is_about_powers(proposal_id)),
            state=state,
            votes_from=made["voteStart"] + 1,
            votes_until=made["voteEnd"],
            executable_from=self._session.view(views.market_governor.executable_from(proposal_id)),
            delayed=self._session.view(views.market_governor.is_delayed(proposal_id)),
            chambers={role: one for role, one in zip(CHAMBERS, tallies, strict=True) if one.votes},
            settings=self.settings,
        )

    def _change(self, target: str, value: int, data: bytes, *, is_open: bool) -> Change:
        change = self.words.describe(target, value, data)
        if not is_open:  # present values are irrelevant once it is over
            return Change(change.text, known=change.known)
        error = self._failure(target, value, data)
        return change if error is None else replace(change, fails=error.message)

    def _failure(self, target: str, value: int, data: bytes) -> ChainError | None:
        """Why a call would fail if the timelock made it now on its own, or None if it would not."""
        contract = self.words.contract(target).split(":")[0]  # tokens have their use after the colon
        call = Call(contract, "", target, data, value=value)
        sender = self._session.deployment.address("MarketTimelock")
        try:
            self._session.connection.call(call.transaction(sender), contract=contract)
        except ChainUnavailable:
            raise
        except ChainError as error:
            return error
        return None

    def _hashed(self, number: int) -> tuple[Any, ...]:
        made = self._made_as(number)
        return made["targets"], made["values"], made["calldatas"], keccak(made["description"])

    def _id(self, number: int) -> int:
        return int(self._made_as(number)["proposalId"])

    def _made_as(self, number: int) -> dict[str, Any]:
        made = self._made()
        if not 1 <= number <= len(made):
            raise InvalidInput(f"There is no proposal {number}.", hint="See `assay governance list`.")
        return made[number - 1]

    def _made(self) -> builtins.list[dict[str, Any]]:
        """The events of all proposals. Texts are read as bytes, because a proposer may put anything there."""
        event = event_of(_NAME, "ProposalCreated")
        inputs = [part | {"type": part["type"].replace("string", "bytes")} for part in event["inputs"]]
        logs = self._session.connection.logs(
            self._session.deployment.address(_NAME),
            ["0x" + event_abi_to_log_topic(event).hex()],
            from_block=self._session.deployment.block,
        )
        raw: ABIEvent = event | {"inputs": inputs}
        return [decode_log(raw, [bytes(one) for one in log["topics"]], bytes(log["data"])) for log in logs]

    def _send(self, function: str, *arguments: object) -> Receipt:
        return self._session.send(_NAME, function, *arguments)


def _shown(description: bytes) -> str:
    text = printable("\n".join(description.decode("utf-8", "replace").splitlines()), keep="\n")
    return text if len(text) <= _MAX_DESCRIPTION else text[:_MAX_DESCRIPTION] + "…"
