"""What the chain has asked so far: panels, their questions and requests, from the logs of confirmed blocks.

The place in the chain is kept in memory only. After a restart, or when the block that was read last is no
longer part of the chain, everything is read again from the block of the deployment.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from eth_typing import ABIEvent
from eth_utils.abi import event_abi_to_log_topic
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from web3.exceptions import Web3Exception
from web3.types import LogReceipt

from assay.chain import Event
from assay.chain.abi import event_of
from assay.errors import ChainError
from assay.session import Session
from assay.structs import Question, RoundState

_EVENTS = (
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
    ("AuditRegistry", "AuditDecided"),
)
_MARKETS_ROLE = keccak(text="MODULE_ROLE")
_DEAL_CHANGED = event_of("Rounds", "StateChanged")
"""Every market says the same of its deals: number, state, deadline."""
_DEAL_TOPICS = 3


@dataclass
class WatchedRound:
    """A panel that works for a deal.

    Attributes:
        market: address of the contract that asks, whatever it is.
        deal_id: its number for the deal.
        state: as of the last change.
        since: the block of that change.
        question: what was asked last; none before.
        appeal_panel: the panel that reviews the answer, 0 for none.
    """

    market: str
    deal_id: int
    state: RoundState = RoundState.IDLE
    since: int = 0
    question: Question | None = None
    appeal_panel: int = 0

    def __str__(self) -> str:
        return f"deal {self.deal_id} of {self.market}"


@dataclass(frozen=True)
class Vote:
    """A request to a panel, and the round whose question it is: for an appeal panel the first panel's."""

    panel_id: int
    round_id: int
    question: Question


@dataclass(frozen=True)
class WatchedAudit:
    """An audit of a deal, of the model with the manifest digest *subject*."""

    market: str
    deal_id: int
    subject: bytes


@dataclass
class Docket:
    """What was read.

    Attributes:
        rounds: open rounds, by the panel's number.
        reviews: the round that an appeal panel reviews.
        requests: every request that is not judged.
        seated: panels on which the account was seated at some time.
        seatings: how often a panel was seated.
        audits: open audits.
        members: who was seated last, by the panel's number.
        markets: contracts that may have panels drawn, or might once.
        deadlines: when the present state of a deal is over (Unix seconds), by market and the deal's number;
            only of states that have a deadline.
    """

    rounds: dict[int, WatchedRound] = field(default_factory=dict)
    reviews: dict[int, int] = field(default_factory=dict)
    requests: dict[int, Vote] = field(default_factory=dict)
    seated: set[int] = field(default_factory=set)
    seatings: Counter[int] = field(default_factory=Counter)
    audits: dict[int, WatchedAudit] = field(default_factory=dict)
    members: dict[int, list[str]] = field(default_factory=dict)
    markets: set[str] = field(default_factory=set)
    deadlines: dict[tuple[str, int], int] = field(default_factory=dict)

    def own_requests(self) -> list[int]:
        """Open requests of panels on which the account was seated, oldest first."""
        return sorted(request for request, vote in self.requests.items() if vote.panel_id in self.seated)

    def own_rounds(self) -> list[int]:
        """Rounds on whose panels, or on their appeals' panels, the account was seated."""
        found = {self.reviews.get(panel, panel) for panel in self.seated}
        return sorted(found & self.rounds.keys())

    def audits_of(self, watched: WatchedRound) -> list[tuple[int, bytes]]:
        """Number and subject of the open audits of a round's deal."""
        return [
            (number, audit.subject)
            for number, audit in sorted(self.audits.items())
            if (audit.market, audit.deal_id) == (watched.market, watched.deal_id)
        ]

    def has_newcomers(self, vote: Vote) -> bool:
        """Whether some members were drawn after keys had been granted, so that they get them from others."""
        return vote.panel_id != vote.round_id or self.seatings[vote.panel_id] > 1

    def take(self, event: Event, account: str) -> None:
        """Note one event."""
        said = event.arguments
        match event.name:
            case "PanelSeated":
                members: list[str] = [to_checksum_address(member) for member in said["members"]]
                self.seatings[said["panelId"]] += 1
                self.members[said["panelId"]] = members
                if account in members:
                    self.seated.add(said["panelId"])
            case "VotingBegan":
                self._begin(said["requestId"], said["panelId"])
            case "Judged":
                self.requests.pop(said["requestId"], None)
            case "RoundOpened":
                self.rounds[said["panelId"]] = WatchedRound(said["market"], said["dealId"])
            case "Asked":
                watched = self.rounds[said["panelId"]]
                watched.question, watched.appeal_panel = Question.model_validate(said["question"]), 0
            case "StateChanged":
                if watched_ := self.rounds.get(said["panelId"]):
                    watched_.state, watched_.since = RoundState(said["state"]), event.block
            case "Appealed":
                self.reviews[said["appealPanelId"]] = said["panelId"]
                self.rounds[said["panelId"]].appeal_panel = said["appealPanelId"]
            case "RoundClosed":
                self._forget(said["panelId"])
            case "RoleGranted":
                if bytes(said["role"]) == _MARKETS_ROLE:
                    self.markets.add(said["account"])
            case "AuditRequested":
                audit = WatchedAudit(said["opener"], said["dealId"], said["terms"]["subject"])
                self.audits[said["auditId"]] = audit
            case "AuditDecided":
                self.audits.pop(said["auditId"], None)

    def take_deal(self, market: str, deal_id: int, deadline: int) -> None:
        """Note that a deal has entered a state, until *deadline*; 0 for a state that time does not end."""
        if deadline:
            self.deadlines[market, deal_id] = deadline
        else:
            self.deadlines.pop((market, deal_id), None)

    def _begin(self, request_id: int, panel_id: int) -> None:
        round_id = self.reviews.get(panel_id, panel_id)
        watched = self.rounds.get(round_id)
        if watched is not None and watched.question is not None:  # else a panel that Rounds has not opened
            self.requests[request_id] = Vote(panel_id, round_id, watched.question)

    def _forget(self, round_id: int) -> None:
        panels = {round_id, *(panel for panel, reviewed in self.reviews.items() if reviewed == round_id)}
        self.rounds.pop(round_id, None)
        self.requests = {one: vote for one, vote in self.requests.items() if vote.panel_id not in panels}
        self.seated -= panels
        for panel in panels:
            self.reviews.pop(panel, None)
            self.seatings.pop(panel, None)
            self.members.pop(panel, None)


class Watch:
    """Follows the chain with a distance of *confirmations* blocks."""

    def __init__(self, session: Session, confirmations: int) -> None:
        self._session, self._confirmations = session, confirmations
        self._addresses = sorted({session.deployment.address(contract) for contract, _ in _EVENTS})
        self._topics = sorted({self._topic(event_of(*event)) for event in _EVENTS})
        self._read_to: tuple[int, bytes] | None = None
        self.docket = Docket()
        self.head, self.head_time = 0, 0
        """Newest block and its time (Unix seconds)."""
        self.confirmed_time = 0
        """Time of the newest block that is believed (Unix seconds)."""

    def poll(self) -> Docket:
        """Read what is new.

        Raises:
            ChainUnavailable, ChainError: nothing was taken in; the next call reads the same blocks.
        """
        connection = self._session.connection
        self.head, self.head_time = connection.block_number(), connection.block_time()
        target = self.head - self._confirmations
        if self._read_to is not None and not self._still_there(target):
            self._read_to, self.docket = None, Docket()
        start = self._session.deployment.block if self._read_to is None else self._read_to[0] + 1
        if target < start:
            return self.docket
        block_hash, self.confirmed_time = self._block(target)
        addresses = [*self._addresses, *sorted(self.docket.markets)]
        logs = list(connection.logs(addresses, [self._topics], from_block=start, to_block=target))
        own = [log for log in logs if log["address"] in self._addresses]
        of_markets = [log for log in logs if log["address"] in self.docket.markets]
        found = list(self._session.events.decode(own))
        new = {event.arguments["account"] for event in found if event.name == "RoleGranted"}
        if new - self.docket.markets:  # what they have said before
            topic = self._topic(_DEAL_CHANGED)
            first = self._session.deployment.block
            of_markets += connection.logs(
                sorted(new - self.docket.markets), [[topic]], from_block=first, to_block=target
            )
        for event in found:
            self.docket.take(event, self._session.address)
        for log in of_markets:
            self._take_deal(log)
        self._read_to = target, block_hash
        return self.docket

    @staticmethod
    def _topic(event: ABIEvent) -> str:
        return "0x" + event_abi_to_log_topic(event).hex()

    def _take_deal(self, log: LogReceipt) -> None:
        """A market may be any contract that governance has admitted, so what is no such event is left out."""
        topics = [bytes(topic) for topic in log["topics"]]
        if topics[0].hex() != self._topic(_DEAL_CHANGED)[2:] or len(topics) != _DEAL_TOPICS:
            return
        deal_id, deadline = int.from_bytes(topics[1]), int.from_bytes(bytes(log["data"])[:32])
        self.docket.take_deal(log["address"], deal_id, deadline)

    def _still_there(self, target: int) -> bool:
        assert self._read_to is not None
        number, block_hash = self._read_to
        return number <= target and self._block(number)[0] == block_hash

    def _block(self, number: int) -> tuple[bytes, int]:
        try:
            block = self._session.connection.eth.get_block(number)
            return bytes(block["hash"]), int(block["timestamp"])
        except (Web3Exception, LookupError, TypeError, ValueError) as error:
            raise ChainError(f"The RPC endpoint cannot show block {number}.") from error
