"""What the chain has asked so far: panels, requests and deals, from the logs of confirmed blocks.

The place in the chain is kept in memory only. After a restart, or when the block that was read last is no
longer part of the chain, everything is read again from the block of the deployment.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from eth_utils.abi import event_abi_to_log_topic
from eth_utils.address import to_checksum_address
from web3.exceptions import Web3Exception

from assay.chain import Event
from assay.chain.abi import event_of
from assay.errors import ChainError
from assay.session import Session
from assay.structs import Stage, State
from assay_oracle.deal import CONFORMITY, MARKET, Deal

_EVENTS = (
    ("ValidationOracle", "PanelSeated"),
    ("ValidationOracle", "ValidationRequested"),
    ("ValidationOracle", "Finalised"),
    ("ValidationOracle", "Appealed"),
    (MARKET, "PanelAssigned"),
    (MARKET, "StateChanged"),
    (CONFORMITY, "PanelAssigned"),
    (CONFORMITY, "StageChanged"),
)


@dataclass
class Docket:
    """What was read.

    Attributes:
        seated: panels on which the account was seated at some time.
        requests: the panel of every request that is not final.
        deals: the deal that a panel was drawn for.
        appeals: the request that an appeal panel was drawn for.
        panel_of: the panel that was asked, by request.
        states: the name of every deal's state, as of its last change.
    """

    seated: set[int] = field(default_factory=set)
    requests: dict[int, int] = field(default_factory=dict)
    deals: dict[int, Deal] = field(default_factory=dict)
    appeals: dict[int, int] = field(default_factory=dict)
    panel_of: dict[int, int] = field(default_factory=dict)
    states: dict[Deal, str] = field(default_factory=dict)

    def deal_of(self, panel_id: int) -> Deal | None:
        """The deal that a panel, or the panel whose result it reviews, works for."""
        appealed = self.appeals.get(panel_id)
        return self.deals.get(self.panel_of[appealed] if appealed else panel_id)

    def own_requests(self) -> list[int]:
        """Open requests of panels on which the account was seated, oldest first."""
        return sorted(request for request, panel in self.requests.items() if panel in self.seated)

    def own_deals(self) -> set[Deal]:
        """Deals on whose panels the account was seated."""
        return {deal for panel in self.seated if (deal := self.deal_of(panel)) is not None}

    def take(self, event: Event, account: str) -> None:
        """Note one event."""
        said = event.arguments
        match event.name:
            case "PanelSeated":
                if account in [to_checksum_address(member) for member in said["members"]]:
                    self.seated.add(said["panelId"])
            case "ValidationRequested":
                self.requests[said["requestId"]] = said["panelId"]
                self.panel_of[said["requestId"]] = said["panelId"]
            case "Finalised":
                self.requests.pop(said["requestId"], None)
            case "Appealed":
                self.appeals[said["appealPanelId"]] = said["requestId"]
            case "PanelAssigned":
                self.deals[said["panelId"]] = Deal(event.contract, said["id"])
            case "StateChanged":
                self.states[Deal(event.contract, said["id"])] = State(said["state"]).name
            case "StageChanged":
                self.states[Deal(event.contract, said["id"])] = Stage(said["stage"]).name


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
