"""What the chain has asked so far: panels, their questions and requests, from the logs of confirmed blocks.

The place in the chain is kept in memory only. After a restart, or when the block that was read last is no
longer part of the chain, everything is read again from the block of the deployment.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from eth_utils.abi import event_abi_to_log_topic
from eth_utils.address import to_checksum_address
from web3.exceptions import Web3Exception

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
    ("AuditRegistry", "AuditRequested"),
    ("AuditRegistry", "AuditDecided"),
)


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
    """

    rounds: dict[int, WatchedRound] = field(default_factory=dict)
    reviews: dict[int, int] = field(default_factory=dict)
    requests: dict[int, Vote] = field(default_factory=dict)
    seated: set[int] = field(default_factory=set)
    seatings: Counter[int] = field(default_factory=Counter)
    audits: dict[int, WatchedAudit] = field(default_factory=dict)

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
                self.seatings[said["panelId"]] += 1
                if account in [to_checksum_address(member) for member in said["members"]]:
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
                if watched_ := self.rounds.get(said["id"]):
                    watched_.state, watched_.since = RoundState(said["state"]), event.block
            case "Appealed":
                self.reviews[said["appealPanelId"]] = said["panelId"]
                self.rounds[said["panelId"]].appeal_panel = said["appealPanelId"]
            case "RoundClosed":
                self._forget(said["panelId"])
            case "AuditRequested":
                audit = WatchedAudit(said["opener"], said["dealId"], said["terms"]["subject"])
                self.audits[said["auditId"]] = audit
            case "AuditDecided":
                self.audits.pop(said["auditId"], None)

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


class Watch:
    """Follows the chain with a distance of *confirmations* blocks."""

    def __init__(self, session: Session, confirmations: int) -> None:
        self._session, self._confirmations = session, confirmations
        self._addresses = sorted({session.deployment.address(contract) for contract, _ in _EVENTS})
        self._topics = ["0x" + event_abi_to_log_topic(event_of(*event)).hex() for event in _EVENTS]
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
        logs = connection.logs(self._addresses, [self._topics], from_block=start, to_block=target)
        found = list(self._session.events.decode(logs))
        for event in found:
            self.docket.take(event, self._session.address)
        self._read_to = target, block_hash
        return self.docket

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
