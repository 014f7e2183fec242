"""The account's licence auctions whose reveals are over and which are waiting to be closed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial

from assay.errors import AssayError
from assay.market import Market
from assay.markets.auction_records import LicenceAuction
from assay.selling.duties import Duty

_log = logging.getLogger(__name__)
_READ_AGAIN = 64
"""Number of recent blocks that are searched again, in case the chain has been reorganised."""


class OpenAuctions:
    """The auctions that are not closed yet."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._open: set[int] = set()
        self._next: int | None = None

    def duties(self) -> Iterator[Duty]:
        """Closes that are due now; raises :class:`ChainError`."""
        self._poll()
        now = self._market.session.now()
        for record in self._read():
            if record.is_over:
                self._open.discard(record.number)
            elif now >= record.lot.reveal_ends:
                yield Duty("close auction", record.number, partial(self._close, record.number))

    def _read(self) -> list[LicenceAuction]:
        """Each as it stands; one that cannot be read does not hold up the others."""
        found = self._market.session.each(self._look, sorted(self._open))
        return [record for record in found if record is not None]

    def _look(self, number: int) -> LicenceAuction | None:
        try:
            return self._market.auctions.get(number)
        except AssayError as error:  # it may have disappeared with its block
            _log.warning("auction %d: %s Looking again later.", number, error)
            return None

    def _close(self, number: int) -> None:
        receipt = self._market.auctions.close(number)
        _log.info("auction %d: closed in %s", number, receipt.tx_hash)

    def _poll(self) -> None:
        session = self._market.session
        last = session.connection.head().number
        opened = session.events.find(
            "Sales", "SaleOpened", from_block=self._next, to_block=last, seller=self._market.address
        )
        self._open |= {event.arguments["id"] for event in opened}
        self._next = max(session.deployment.block, last - _READ_AGAIN)
