"""What panels are currently asked, according to the chain's logs. What has ended is forgotten.

The size of a docket and the cost of a lookup depend on what is open in the market, not on its history.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeVar

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from assay.chain import Event
from assay.errors import ChainError
from assay.structs import Question, RoundState
from assay.structs.base import Bytes32

_K = TypeVar("_K")
EVENTS = (
    ("ValidationOracle", "PanelSeated"),
    ("ValidationOracle", "VotingBegan"),
    ("ValidationOracle", "Judged"),
    ("Rounds", "RoundOpened"),
    ("Rounds", "Asked"),
    ("Rounds", "StateChanged"),
    ("Rounds", "Appealed"),
    ("Rounds", "RoundClosed"),
    ("Rounds", "RoleGranted"),
    ("AuditRegistry", "AuditRequested"),
    ("AuditRegistry", "AuditorSeated"),
    ("AuditRegistry", "AuditDecided"),
)
"""The events that a docket is made from, by contract and name."""
_MARKETS_ROLE = keccak(text="MODULE_ROLE")


@dataclass(frozen=True)
class WatchedRound:
    """A panel that works for a deal.

    Attributes:
        market: address of the contract that asks, whichever it is.
        deal_id: that contract's number for the deal.
        state: as of the last change.
        since: the block of that change.
        deadline: when the state ends or can be ended (Unix seconds), 0 if it has no end.
        question: the last question; None if there was none yet.
        asked: the block in which it was asked.
        appeal_panel: the panel that reviews the answer, 0 for none.
        appeals: all panels that have reviewed an answer.
    """

    market: str
    deal_id: int
    state: RoundState = RoundState.IDLE
    since: int = 0
    deadline: int = 0
    question: Question | None = None
    asked: int = 0
    appeal_panel: int = 0
    appeals: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"deal {self.deal_id} of {self.market}"


@dataclass(frozen=True)
class Vote:
    """A request to a panel, and the round whose question it is; for an appeal panel, the first panel's round.

    *asked* is the block in which the question was asked.
    """

    panel_id: int
    round_id: int
    question: Question
    asked: int


@dataclass(frozen=True)
class WatchedAudit:
    """An audit of a deal, of the model with the manifest digest *subject*; *seated* auditors were drawn."""

    market: str
    deal_id: int
    subject: Bytes32
    seated: int = 0


@dataclass
class Docket:
    """What was read from the chain.

    Attributes:
        rounds: open rounds, by the panel's number.
        reviews: for each appeal panel, the round that it reviews.
        requests: all requests that have not been judged.
        seated: panels on which the account was seated at some time.
        seatings: how often each panel was seated.
        audits: open audits.
        members: who was seated last, by the panel's number.
        markets: contracts that may have panels drawn, or once could.
        deadlines: when the present state of a deal ends (Unix seconds), first by market, then by the deal's
            number; only for states that have a deadline.
    """

    rounds: dict[int, WatchedRound] = field(default_factory=dict)
    reviews: dict[int, int] = field(default_factory=dict)
    requests: dict[int, Vote] = field(default_factory=dict)
    seated: set[int] = field(default_factory=set)
    seatings: dict[int, int] = field(default_factory=dict)
    audits: dict[int, WatchedAudit] = field(default_factory=dict)
    members: dict[int, tuple[str, ...]] = field(default_factory=dict)
    markets: set[str] = field(default_factory=set)
    deadlines: dict[str, dict[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._requests_of: dict[int, tuple[int, ...]] = {}
        self._audits_of: dict[tuple[str, int], tuple[int, ...]] = {}
        for number, vote in self.requests.items():
            _add(self._requests_of, vote.panel_id, number)
        for number, audit in self.audits.items():
            _add(self._audits_of, (audit.market, audit.deal_id), number)

    def copy(self) -> Docket:
        """A copy that can be changed without changing this docket."""
        return Docket(
            dict(self.rounds),
            dict(self.reviews),
            dict(self.requests),
            set(self.seated),
            dict(self.seatings),
            dict(self.audits),
            dict(self.members),
            set(self.markets),
            {market: dict(deadlines) for market, deadlines in self.deadlines.items()},
        )

    def own_requests(self) -> list[int]:
        """Open requests of panels on which the account was seated, oldest first."""
        return sorted(number for panel in self.seated for number in self._requests_of.get(panel, ()))

    def own_rounds(self) -> list[int]:
        """Rounds on whose panels, or on their appeals' panels, the account was seated."""
        return sorted({self.reviews.get(panel, panel) for panel in self.seated})

    def audits_of(self, watched: WatchedRound) -> list[tuple[int, WatchedAudit]]:
        """The open audits of a round's deal, with their numbers."""
        numbers = self._audits_of.get((watched.market, watched.deal_id), ())
        return [(number, self.audits[number]) for number in sorted(numbers)]

    def has_newcomers(self, vote: Vote) -> bool:
        """Whether some members were drawn after keys had been granted, and so get them from other members."""
        return vote.panel_id != vote.round_id or self.seatings[vote.panel_id] > 1

    def take(self, event: Event, account: str) -> None:
        """Record one event.

        Raises:
            ChainError: it belongs to an unknown round, so logs must have been left out.
        """
        said = event.arguments
        match event.name:
            case "PanelSeated":
                self._seat(said["panelId"], event, account)
            case "VotingBegan":
                self._begin(said["requestId"], said["panelId"])
            case "Judged":
                self._drop_request(said["requestId"])
            case "RoundOpened":
                self.rounds[said["panelId"]] = WatchedRound(said["market"], said["dealId"])
            case "Asked":
                question = Question.model_validate(said["question"])
                self._change(said["panelId"], question=question, asked=event.block, appeal_panel=0)
            case "StateChanged":
                state = RoundState(said["state"])
                self._change(said["id"], state=state, since=event.block, deadline=said["deadline"])
            case "Appealed":
                panel = said["appealPanelId"]
                appeals = (*self._round(said["panelId"]).appeals, panel)
                self._change(said["panelId"], appeal_panel=panel, appeals=appeals)
                self.reviews[panel] = said["panelId"]
            case "RoundClosed":
                self._forget(said["panelId"])
            case "RoleGranted":
                if bytes(said["role"]) == _MARKETS_ROLE:
                    self.markets.add(said["account"])
            case "AuditRequested":
                audit = WatchedAudit(said["opener"], said["dealId"], said["terms"]["subject"])
                self.audits[said["auditId"]] = audit
                _add(self._audits_of, (audit.market, audit.deal_id), said["auditId"])
            case "AuditorSeated":
                if seated := self.audits.get(said["auditId"]):
                    self.audits[said["auditId"]] = replace(seated, seated=seated.seated + 1)
            case "AuditDecided":
                if ended := self.audits.pop(said["auditId"], None):
                    _remove(self._audits_of, (ended.market, ended.deal_id), said["auditId"])

    def take_deal(self, market: str, deal_id: int, deadline: int) -> None:
        """Record that a deal has entered a state that lasts until *deadline*; 0 if time does not end it."""
        deadlines = self.deadlines.setdefault(market, {})
        if deadline:
            deadlines[deal_id] = deadline
        else:
            deadlines.pop(deal_id, None)
        if not deadlines:
            del self.deadlines[market]

    def _round(self, round_id: int) -> WatchedRound:
        if round_id not in self.rounds:
            raise ChainError(
                f"The RPC endpoint has left out that round {round_id} was opened.", hint="Use another one."
            )
        return self.rounds[round_id]

    def _change(self, round_id: int, **changes: object) -> None:
        self.rounds[round_id] = replace(self._round(round_id), **changes)  # type: ignore[arg-type]

    def _seat(self, panel_id: int, event: Event, account: str) -> None:
        if panel_id not in self.rounds and panel_id not in self.reviews:
            return  # not one of Rounds: nothing to do for it
        members = tuple(to_checksum_address(member) for member in event.arguments["members"])
        self.seatings[panel_id] = self.seatings.get(panel_id, 0) + 1
        self.members[panel_id] = members
        if account in members:
            self.seated.add(panel_id)

    def _begin(self, request_id: int, panel_id: int) -> None:
        round_id = self.reviews.get(panel_id, panel_id)
        watched = self.rounds.get(round_id)
        if watched is not None and watched.question is not None:  # else Rounds has not opened the panel
            self.requests[request_id] = Vote(panel_id, round_id, watched.question, watched.asked)
            _add(self._requests_of, panel_id, request_id)

    def _drop_request(self, request_id: int) -> None:
        if vote := self.requests.pop(request_id, None):
            _remove(self._requests_of, vote.panel_id, request_id)

    def _forget(self, round_id: int) -> None:
        for panel in (round_id, *self._round(round_id).appeals):
            for request_id in self._requests_of.pop(panel, ()):
                del self.requests[request_id]
            self.seated.discard(panel)
            self.reviews.pop(panel, None)
            self.seatings.pop(panel, None)
            self.members.pop(panel, None)
        del self.rounds[round_id]


def _add(index: dict[_K, tuple[int, ...]], key: _K, number: int) -> None:
    index[key] = (*index.get(key, ()), number)


def _remove(index: dict[_K, tuple[int, ...]], key: _K, number: int) -> None:
    left = tuple(one for one in index.get(key, ()) if one != number)
    if left:
        index[key] = left
    else:
        index.pop(key, None)
