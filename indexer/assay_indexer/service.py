"""The running index: follows the chain, collects manifests, and looks up the names of tokens."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from assay.errors import AssayError
from assay.market import Market
from assay_indexer.database import writing
from assay_indexer.follow import Follower
from assay_indexer.manifests import Collector
from assay_indexer.monitor import Monitor
from assay_indexer.saved import Teller
from assay_indexer.tables import Deal, Token
from assay_indexer.webhooks import poster

_log = logging.getLogger(__name__)
_LONGEST_PAUSE = 30.0  # seconds between two attempts while the chain or the database does not answer


class Service:
    """Keeps an index up to date until it is told to stop.

    Args:
        market: reads chain and storage.
        engine: the database, already prepared.
        monitor: is kept informed.
        confirmations: a block is final with this many blocks on top of it.
        poll_seconds: pause between two looks at the chain.
        private_webhooks: whether saved searches may post into private networks.
    """

    def __init__(
        self,
        market: Market,
        engine: Engine,
        monitor: Monitor,
        *,
        confirmations: int,
        poll_seconds: float,
        private_webhooks: bool = False,
    ) -> None:
        self._market, self._engine, self._monitor, self._poll = market, engine, monitor, poll_seconds
        self.follower = Follower(market.session, engine, confirmations=confirmations)
        self.collector = Collector(engine, market.session.store)
        self._teller = Teller(engine, poster(private=private_webhooks))
        self._known: set[str] = set()

    def run(self, stop: threading.Event) -> None:
        """Follow until *stop* is set. What may be slow (storage, webhooks) runs in parallel."""
        beside = [
            threading.Thread(target=self._repeat, args=(stop, work), name=name, daemon=True)
            for name, work in (("collector", self._collect), ("webhooks", self._tell))
        ]
        for thread in beside:
            thread.start()
        self._repeat(stop, self._follow)
        self.collector.close()
        for thread in beside:
            thread.join(_LONGEST_PAUSE)

    def _repeat(self, stop: threading.Event, work: Callable[[], bool]) -> None:
        """Work until told to stop, with longer and longer pauses after failures."""
        pause = self._poll
        while not stop.is_set():
            try:
                busy = work()
                pause = self._poll
            except Exception as error:
                if isinstance(error, AssayError):
                    _log.warning("%s", error)
                else:  # our own bug or the database's fault: the thread goes on, and the operator is told
                    _log.exception("unforeseen")
                self._monitor.failed(type(error).__name__)
                busy, pause = False, min(2 * pause, _LONGEST_PAUSE)
            if not busy:
                stop.wait(pause)

    def _follow(self) -> bool:
        started = time.monotonic()
        progress = self.follower.poll()
        self._monitor.beat(progress, time.monotonic() - started)
        self._name_tokens()
        return False

    def _collect(self) -> bool:
        looked = self.collector.step()
        self._monitor.collected(self._engine)
        return looked > 0

    def _tell(self) -> bool:
        self._teller.step()
        return False

    def _name_tokens(self) -> None:
        """Store what the tokens of deals say about themselves."""
        with Session(self._engine) as database:
            used = set(database.scalars(select(Deal.token).distinct())) - self._known
            known = set(database.scalars(select(Token.address)))
        for address in sorted(used - known):
            token = self._market.escrow.token(address)
            with writing(self._engine) as database:
                database.add(Token(address=address, symbol=token.symbol, decimals=token.decimals))
        self._known |= used
