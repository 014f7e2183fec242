"""Follows the chain: reads the logs of confirmed blocks into a docket, and saves the place that was reached.

After a restart, reading resumes at that place. If the block there is no longer part of the chain, it goes
back to the newest saved block that is, at worst to the block of the deployment.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

from eth_utils.abi import event_abi_to_log_topic

from assay.chain import Header, LogRange
from assay.chain.abi import event_of
from assay.chain.answers import Log
from assay.errors import ChainError
from assay.session import Session
from assay_oracle.checkpoints import Checkpoint, CheckpointFolder, thinned
from assay_oracle.docket import EVENTS, Docket

_log = logging.getLogger(__name__)
_SINGLY = 4
"""How many of the newest blocks are read one by one, by their hashes, which a lagging node cannot answer."""
_SAVE_SECONDS = 10.0
_DEAL_CHANGED = "0x" + event_abi_to_log_topic(event_of("Rounds", "StateChanged")).hex()
"""The event with which every market reports on its deals: number, state, deadline."""
_DEAL_TOPICS = 3


class Watch:
    """Follows the chain at a distance of *confirmations* blocks.

    Args:
        session: has the account whose seats are recorded.
        confirmations: blocks on top of an event before it is believed.
        folder: where the place is saved; without it, everything is read again after a restart.
    """

    def __init__(self, session: Session, confirmations: int, folder: CheckpointFolder | None = None) -> None:
        self._session, self._confirmations, self._folder = session, confirmations, folder
        self._addresses = sorted({session.deployment.address(contract) for contract, _ in EVENTS})
        self._topics = sorted({"0x" + event_abi_to_log_topic(event_of(*event)).hex() for event in EVENTS})
        self._start = Checkpoint(session.deployment.block - 1, "", Docket())
        self._kept = folder.load() if folder else []
        self._saved, self._saved_at = self._newest, time.monotonic()
        self._head: Header | None = None
        self.forks = 0
        """How often blocks that had been read turned out to be no longer part of the chain."""
        self.moved = False
        """Whether the last poll found a different newest block from the poll before."""
        self.confirmed_time = 0
        """Time of the newest block that is believed (Unix seconds)."""

    @property
    def docket(self) -> Docket:
        """What is asked, as of the newest block that is believed."""
        return self._newest.docket

    @property
    def head(self) -> int:
        """Number of the newest block."""
        return 0 if self._head is None else self._head.number

    @property
    def head_time(self) -> int:
        """Time of the newest block (Unix seconds)."""
        return 0 if self._head is None else self._head.at

    def poll(self) -> Docket:
        """Read what is new; takes a single request if there is nothing.

        Raises:
            ChainUnavailable, ChainError: what was read so far is kept; the next call continues from there.
        """
        head = self._session.connection.head()
        self.moved = self._head is None or head != self._head
        if self.moved:
            self._go_back()
            while self._newest.number < head.number - self._confirmations:
                self._read_to(head.number - self._confirmations)
            self._head = head
        return self.docket

    def save(self) -> None:
        """Save the place now."""
        if self._folder is not None and self._newest is not self._saved and self._kept:
            self._folder.save(self._newest, self._kept)
            self._saved = self._newest
        self._saved_at = time.monotonic()

    @property
    def _newest(self) -> Checkpoint:
        return self._kept[-1] if self._kept else self._start

    def _go_back(self) -> None:
        """Forget what is no longer part of the chain."""
        left = len(self._kept)
        while self._kept:
            block = self._session.connection.find_block(self._newest.number)
            if block is not None and block.hash == self._newest.hash:
                self.confirmed_time = block.at
                break
            self._kept.pop()
        if len(self._kept) < left:
            self.forks += 1
            _log.info("the chain has changed; reading again from block %d", self._newest.number + 1)

    def _read_to(self, last: int) -> None:
        """Read on, but stop where a market is admitted: from there, its logs have to be fetched too."""
        markets = self.docket.markets
        for found in self._ranges(self._newest.number + 1, last):
            self._take(found)
            if self.docket.markets != markets:
                return

    def _ranges(self, first: int, last: int) -> Iterator[LogRange]:
        bulk = last - _SINGLY
        bounds = [(first, bulk)] if first <= bulk else []
        bounds += [(number, number) for number in range(max(first, bulk + 1), last + 1)]
        for start, end in bounds:
            addresses = [*self._addresses, *sorted(self.docket.markets)]
            yield from self._session.connection.log_ranges(
                addresses, [self._topics], from_block=start, to_block=end
            )

    def _take(self, found: LogRange) -> None:
        docket = self.docket
        if found.logs:
            docket = docket.copy()
            own = [log for log in found.logs if log["address"] in self._addresses]
            of_markets = [log for log in found.logs if log["address"] in docket.markets]
            try:
                for event in self._session.events.decode(own, lazily=True):
                    docket.take(event, self._session.address)
                of_markets += self._said_before(docket.markets - self.docket.markets, found.last.number)
                for log in of_markets:
                    _take_deal(docket, log)
            except ChainError:
                # what does not fit may mean that what was read before is wrong: read that again
                self._kept = self._kept[:-1]
                raise
        self._kept = thinned([*self._kept, Checkpoint(found.last.number, found.last.hash, docket)])
        self.confirmed_time = found.last.at
        if time.monotonic() - self._saved_at >= _SAVE_SECONDS:
            self.save()

    def _said_before(self, markets: set[str], last: int) -> Iterator[Log]:
        """What markets that are new to the docket have reported about their deals."""
        if markets:
            for found in self._session.connection.log_ranges(
                sorted(markets), [[_DEAL_CHANGED]], from_block=self._start.number + 1, to_block=last
            ):
                yield from found.logs


def _take_deal(docket: Docket, log: Log) -> None:
    """Record a deal's change. Markets may be any contracts that governance admitted, so skip other logs."""
    topics, data = log["topics"], bytes(log["data"])
    if "0x" + topics[0].hex() == _DEAL_CHANGED and len(topics) == _DEAL_TOPICS and len(data) >= 32:
        docket.take_deal(log["address"], int.from_bytes(topics[1]), int.from_bytes(data[:32]))
