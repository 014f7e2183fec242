"""Follows the chain: reads blocks into the tables, and undoes those that are no longer part of it.

Final blocks are read in ranges. Each newer block is read alone, by its hash, and has to name the block before
it as its parent; what it changes is recorded, so that it can be undone. Every step is one database
transaction: after a crash, reading resumes where it was.
"""

from __future__ import annotations

import gc
import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session as Database

from assay.chain import Deployment, Event, Header, LogRange
from assay.chain.abi import event_of
from assay.chain.answers import Log
from assay.errors import ChainError
from assay.session import Session
from assay_indexer.book import Book
from assay_indexer.database import writing
from assay_indexer.errors import IndexerError
from assay_indexer.listings import refresh
from assay_indexer.projections import project
from assay_indexer.reorganisation import empty, forget_undo, roll_back
from assay_indexer.tables import Block, Progress

T = TypeVar("T")
_log = logging.getLogger(__name__)
_LOCAL_CHAIN = 31337
"""A local chain may be restarted, and then be shorter than it was."""
_COLLECTED = 500_000
"""How many new objects are created before Python collects garbage."""
_TOGETHER = 100
"""How many blocks' times are fetched in one request."""


class Follower:
    """Keeps the tables of *engine* up with the chain of *session*.

    Args:
        session: reads the chain.
        engine: the database, already migrated.
        confirmations: a block is final with this many blocks on top of it.

    Raises:
        IndexerError: the index belongs to another market.
    """

    def __init__(self, session: Session, engine: Engine, *, confirmations: int = 12) -> None:
        self._session, self._engine, self._confirmations = session, engine, confirmations
        deployment = session.deployment
        names = {address: name.split(":")[0] for name, address in deployment.contracts.items()}
        tokens = {deployment.tokens.payment, deployment.tokens.staking}
        self._contracts = {address: name for address, name in names.items() if address not in tokens}
        self._start = deployment.block - 1
        self._seen: set[int] | None = None  # what a first reading has created and need not look up
        with writing(engine) as database:
            self._prepare(database, market_of(deployment))

    def _database(self) -> Database:
        return Database(self._engine, autoflush=False, expire_on_commit=False)

    def _prepare(self, database: Database, market: str) -> None:
        progress = database.get(Progress, 1)
        if progress is not None and progress.market != market:
            raise IndexerError(
                "This index is of another market.",
                hint="Name another database, or empty this one with `assay-index rebuild`.",
            )
        if progress is None:
            database.add(self._nothing_read(market))
        if progress is None or progress.head == self._start:
            self._seen = set()

    def _nothing_read(self, market: str) -> Progress:
        return Progress(
            id=1,
            market=market,
            head=self._start,
            head_hash="",
            head_at=0,
            final=self._start,
            final_at=0,
            forks=0,
        )

    def progress(self) -> Progress:
        """How far the index has got."""
        with self._database() as database:
            found = database.get(Progress, 1)
            assert found is not None
            return found

    def poll(self) -> Progress:
        """Read what is new; takes a single request if there is nothing.

        Raises:
            ChainUnavailable, ChainError: what was read so far is kept; the next call continues from there.
            IndexerError: another program writes into the same index.
        """
        head = self._session.connection.head()
        progress = self.progress()
        with collecting_rarely():
            if (progress.head, progress.head_hash) != (head.number, head.hash):
                self._go_back()
                final = head.number - self._confirmations
                self._read_final(final)
                for number in range(self.progress().head + 1, head.number + 1):
                    self._read_one(number, final)
            self._seen = None
            self._list()
        return self.progress()

    def _list(self) -> None:
        """Rebuild the stale listings."""
        left = 1
        while left:
            with writing(self._engine) as database:
                left = refresh(database)

    # GOING BACK

    def _go_back(self) -> None:
        """Forget what is no longer part of the chain."""
        progress = self.progress()
        with self._database() as database:
            kept = database.scalars(select(Block).order_by(Block.number.desc())).all()
        good = next((block for block in kept if self._is_part(block)), None)
        if good is not None and good.number == progress.head:
            return
        if good is None and progress.head == self._start:
            return
        if good is None or good.number < progress.final:
            self._check_reaches(progress.final)
        self._seen = None
        with writing(self._engine) as database:
            if good is None or good.number < progress.final:
                _log.warning("the chain has changed before its final block; the index is made anew")
                empty(database)
                values = {
                    "head": self._start,
                    "head_hash": "",
                    "head_at": 0,
                    "final": self._start,
                    "final_at": 0,
                }
            else:
                _log.info("the chain has changed; reading again from block %d", good.number + 1)
                roll_back(database, good.number)
                values = {"head": good.number, "head_hash": good.hash, "head_at": good.at}
            self._move(database, progress, values | {"forks": progress.forks + 1})

    def _check_reaches(self, final: int) -> None:
        """Check that the endpoint has the block that was final: if it merely lags, nothing has changed."""
        if self._session.deployment.chain_id == _LOCAL_CHAIN:
            return
        if self._session.connection.find_block(final) is None:
            raise ChainError(
                "The endpoint is behind the index.",
                hint="Wait until it has caught up; `assay-index rebuild` where the chain was made anew.",
            )

    def _is_part(self, block: Block) -> bool:
        found = self._session.connection.find_block(block.number)
        return found is not None and found.hash == block.hash

    def _move(self, database: Database, before: Progress, values: Mapping[str, object]) -> None:
        """Record the new position; raises :class:`IndexerError` if somebody else has moved it."""
        moved = database.execute(
            update(Progress)
            .where(Progress.head == before.head, Progress.head_hash == before.head_hash)
            .values(**values)
            .execution_options(synchronize_session=False)
        )
        if moved.rowcount != 1:  # type: ignore[attr-defined]
            raise IndexerError("Another program writes into this index.", hint="Stop one of the two.")

    # READING

    def _read_final(self, last: int) -> None:
        progress = self.progress()
        if progress.head >= last:
            return
        for found, times in ahead(self._ranges(progress.head + 1, last)):
            self._check_parent(progress)
            self._take(progress, found, times, found.last.number)
            progress = self.progress()

    def _read_one(self, number: int, final: int) -> None:
        progress = self.progress()
        for found, times in self._ranges(number, number):
            if progress.head_hash and found.last.parent not in ("", progress.head_hash):
                raise ChainError("The chain has changed while it was read.", hint="It is read again.")
            self._take(progress, found, times, final)

    def _ranges(self, first: int, last: int) -> Iterator[tuple[LogRange, dict[int, int]]]:
        """All logs in ranges, with the times of their blocks (Unix seconds)."""
        for found in self._session.connection.log_ranges(
            sorted(self._contracts), [], from_block=first, to_block=last
        ):
            yield found, self._times(found.logs, found.last)

    def _check_parent(self, progress: Progress) -> None:
        """Check that what was read before is still part of the chain from which a range was read."""
        if progress.head_hash:
            found = self._session.connection.find_block(progress.head)
            if found is None or found.hash != progress.head_hash:
                raise ChainError("The chain has changed while it was read.", hint="It is read again.")

    def _take(self, before: Progress, found: LogRange, times: Mapping[int, int], final: int) -> None:
        """Write what a range, or a single block that is not final yet, says."""
        last = found.last
        with writing(self._engine) as database:
            book = Book(database, self._contracts, self._seen)
            for log in found.logs:
                self._tell(book, log, times[log["blockNumber"]])
            book.flush(last.number if last.number > final else None)
            database.add(Block(number=last.number, hash=last.hash, at=last.at))
            self._finalise(database, before, final, last)
            if last.number > final:
                refresh(database)  # so that search finds what is new as soon as pages show it

    def _finalise(self, database: Database, before: Progress, final: int, last: Header) -> None:
        values = {"head": last.number, "head_hash": last.hash, "head_at": last.at}
        reached = max(before.final, min(final, last.number))
        if reached > before.final:
            database.flush()
            final_at = database.scalar(select(Block.at).where(Block.number == reached))
            forget_undo(database, reached)
            database.execute(delete(Block).where(Block.number < reached))
            values |= {"final": reached, "final_at": last.at if final_at is None else final_at}
        self._move(database, before, values)

    def _times(self, logs: Sequence[Log], last: Header) -> dict[int, int]:
        """The time of each block with a log (Unix seconds)."""
        hashes = {log["blockNumber"]: "0x" + log["blockHash"].hex() for log in logs}
        headers = {last.number: last}
        wanted = [number for number in hashes if number != last.number]
        for start in range(0, len(wanted), _TOGETHER):
            page = wanted[start : start + _TOGETHER]
            headers |= dict(zip(page, self._session.connection.blocks(page), strict=True))
        for number, name in hashes.items():
            if headers[number].hash != name:
                raise ChainError("The chain has changed while it was read.", hint="It is read again.")
        return {number: header.at for number, header in headers.items()}

    def _tell(self, book: Book, log: Log, at: int) -> None:
        event = self._decoded(log)
        if event is not None:
            book.begin(event, at, [bytes(topic) for topic in log["topics"]], bytes(log["data"]))
            project(book, event)
            book.end()

    def _decoded(self, log: Log) -> Event | None:
        """The event; None if it contains a stranger's text that is not valid text."""
        try:
            return next(self._session.events.decode([log]), None)
        except ChainError:
            lazy = next(self._session.events.decode([log], lazily=True))
            if any(part["type"] == "string" for part in event_of(lazy.contract, lazy.name)["inputs"]):
                _log.warning("left out %s.%s in block %d: no text", lazy.contract, lazy.name, lazy.block)
                return None
            raise


def ahead(ranges: Iterator[T]) -> Iterator[T]:
    """The same *ranges*, each read ahead while the consumer is busy with the one before."""
    with ThreadPoolExecutor(1) as reader:
        waiting = reader.submit(next, ranges, None)
        while (found := waiting.result()) is not None:
            waiting = reader.submit(next, ranges, None)
            yield found


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Collect garbage less often than Python does by default: that would take a sixth of a rebuild's time."""
    before = gc.get_threshold()
    gc.set_threshold(_COLLECTED, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def market_of(deployment: Deployment) -> str:
    """A digest that identifies a deployment, in hex."""
    return hashlib.sha256(deployment.model_dump_json(by_alias=True).encode()).hexdigest()
