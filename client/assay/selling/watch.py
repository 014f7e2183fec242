"""Follows one account's sales through the events of Licences, at a distance from the newest block.

Nothing is stored locally: after a restart, the account's sales are read from the chain again.
"""

from __future__ import annotations

import logging

from assay.market import Market
from assay.markets.sales import CONTRACT, SaleRecord, sale_after
from assay.structs import SaleState

_log = logging.getLogger(__name__)
_OPEN = (SaleState.BOUGHT, SaleState.DELIVERED)


class Watch:
    """The sales that are not finished yet.

    Args:
        confirmations: blocks on top of an event before it is trusted, because a key cannot be taken back: a
            sale that disappears with its block would be a gift.
    """

    def __init__(self, market: Market, confirmations: int) -> None:
        self._market, self._confirmations = market, confirmations
        self._sales: dict[int, SaleRecord] = {}
        self._next: int | None = None
        self._believed: tuple[int, str] | None = None

    @property
    def open(self) -> list[SaleRecord]:
        """Sales waiting for a delivery or for the end of their challenge period, oldest first."""
        return [self._sales[number] for number in sorted(self._sales)]

    def poll(self) -> bool:
        """Read what is new; returns whether there was a new block.

        Raises:
            ChainUnavailable, ChainError: reading failed; what was read until then is kept.
        """
        connection = self._market.session.connection
        last = connection.head().number - self._confirmations
        if self._believed is not None and not self._is_still_there():
            _log.info("the chain has changed; reading all sales again")
            self._sales, self._next = {}, None
        if last < self._market.deployment.block or (self._next is not None and last < self._next):
            return False
        block = connection.find_block(last)  # before the events: should they be of another chain,
        if block is None:  # the next poll finds out
            return False
        if self._next is None:
            self._read_all(last)
        else:
            self._read_from(self._next, last)
        self._believed, self._next = (last, block.hash), last + 1
        return True

    def forget(self) -> None:
        """Read all sales again at the next poll, because the chain no longer matches what was read."""
        self._sales, self._next, self._believed = {}, None, None

    def _is_still_there(self) -> bool:
        assert self._believed is not None
        number, name = self._believed
        block = self._market.session.connection.find_block(number)
        return block is not None and block.hash == name

    def _read_all(self, last: int) -> None:
        """The account's open sales as of block *last*."""
        self._sales = {}
        for record in self._market.licences.sold_by(self._market.address):
            if record.state in _OPEN and record.block <= last:
                self._sales[record.sale_id] = record

    def _read_from(self, first: int, last: int) -> None:
        session = self._market.session
        logs = session.connection.logs(
            session.deployment.address(CONTRACT), [], from_block=first, to_block=last
        )
        for event in session.events.decode(logs):
            if event.name == "Collected":
                for number in event.arguments["saleIds"]:
                    self._sales.pop(number, None)
            elif event.name in ("Bought", "Delivered", "Refunded"):
                number = event.arguments["saleId"]
                self._take(number, sale_after(self._sales.get(number), event, session))

    def _take(self, number: int, record: SaleRecord | None) -> None:
        if record is None or record.sale.seller != self._market.address:
            return
        if record.state in _OPEN:
            self._sales[number] = record
        else:
            self._sales.pop(number, None)
