"""Reads the tables. All answers of one :class:`View` are as of the same block, which the view names."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Engine, Select, case, func, literal, select, union_all
from sqlalchemy.orm import Session, aliased

from assay.chain import Event as ChainEvent
from assay.chain.abi import decode_log, events_by_topic
from assay.errors import ChainError
from assay_indexer import tables as t
from assay_indexer.database import engine_at
from assay_indexer.errors import IndexerError

R = TypeVar("R", bound=t.Base)
T = TypeVar("T")
MAX_PAGE, MAX_COUNT = 200, 1_000
_SECONDS = 5.0


@dataclass(frozen=True)
class Page(Generic[T]):
    """Part of what was asked for.

    Attributes:
        total: how many there are in all, counted up to :data:`MAX_COUNT`.
    """

    items: Sequence[T]
    offset: int
    total: int


class Index:
    """An index for reading. Pages and the API use it from many threads."""

    def __init__(self, engine: Engine, *, seconds: float = _SECONDS) -> None:
        self.engine, self._seconds = engine, seconds

    @classmethod
    def at(cls, url: str) -> Index:
        """The index in the database at *url*; raises :class:`IndexerError` if there is none."""
        return cls(engine_at(url))

    @contextmanager
    def view(self, *, final: bool = False) -> Iterator[View]:
        """What the tables say at one moment.

        Args:
            final: as of the newest final block, rather than the newest block.

        Raises:
            IndexerError: nothing has been indexed yet.
        """
        with self.engine.connect() as connection:
            postgres = connection.dialect.name == "postgresql"
            if postgres:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            session = Session(connection, autoflush=False, expire_on_commit=False)
            with connection.begin(), session, _limited(connection, self._seconds):
                yield View(session, final=final)


class View:
    """The tables as of one block.

    Attributes:
        block, at: the block's number and its time (Unix seconds).
        final: whether it is a final block.
    """

    def __init__(self, session: Session, *, final: bool) -> None:
        self.session, self.final = session, final
        progress = session.get(t.Progress, 1)
        if progress is None:
            raise IndexerError("Nothing has been indexed yet.", hint="Start `assay-index run`.")
        self.progress = progress
        self.block, self.at = (
            (progress.final, progress.final_at) if final else (progress.head, progress.head_at)
        )

    # ROWS

    def rows(self, kind: type[R]) -> type[R]:
        """The rows of a table as of the view's block, to select from."""
        table: Any = kind.__table__
        if not self.final or "block" not in table.c or table not in t.UNDO:
            return kind if not self.final or not issubclass(kind, t.Fact) else self._facts(kind)
        undo, names = t.UNDO[table], [column.name for column in table.columns]
        later = undo.alias()
        first = (
            select(func.min(later.c.undone_at))
            .where(*(later.c[key.name] == undo.c[key.name] for key in table.primary_key))
            .scalar_subquery()
        )
        found = union_all(
            select(*table.columns).where(table.c.block <= self.block),
            select(*(undo.c[name] for name in names)).where(undo.c.existed, undo.c.undone_at == first),
        ).subquery()
        return aliased(kind, found)

    def _facts(self, kind: type[R]) -> type[R]:
        table: Any = kind.__table__
        return aliased(kind, select(table).where(table.c.block <= self.block).subquery())

    def get(self, kind: type[R], *key: Any) -> R | None:
        """One row by its key."""
        rows: Any = self.rows(kind)
        columns = [column.name for column in kind.__table__.primary_key.columns]  # type: ignore[attr-defined]
        same = (getattr(rows, name) == value for name, value in zip(columns, key, strict=True))
        return self.session.scalars(select(rows).where(*same)).first()

    def all(
        self, kind: type[R], /, *where: Any, order: Any = None, limit: int = MAX_PAGE, **same: Any
    ) -> list[R]:
        """The rows whose columns equal *same*; a list means any of its values."""
        rows: Any = self.rows(kind)
        asked = select(rows).where(*where, *(_is(getattr(rows, name), value) for name, value in same.items()))
        return list(self.session.scalars(asked.order_by(*_order(rows, kind, order)).limit(limit)))

    def page(self, asked: Select[Any], offset: int, limit: int) -> Page[Any]:
        """A page of a query's results."""
        counted = select(func.count()).select_from(asked.order_by(None).limit(MAX_COUNT).subquery())
        items = self.session.execute(asked.offset(offset).limit(min(limit, MAX_PAGE)))
        return Page([row[0] for row in items], offset, self.session.scalar(counted) or 0)

    # DEALS

    def state_of(self, deals: Any = None) -> ColumnElement[str]:
        """A deal's state at the view's time, because bidding ends without an event."""
        rows: Any = deals or t.Deal
        over = (rows.state == "bidding") & (rows.commit_ends <= self.at)
        return case((over, literal("revealing")), else_=rows.state)

    def state(self, deal: t.Deal) -> str:
        """The same for one deal."""
        over = deal.state == "bidding" and deal.commit_ends is not None and deal.commit_ends <= self.at
        return "revealing" if over else deal.state

    def deals(
        self,
        *,
        market: str | None = None,
        states: Sequence[str] = (),
        domain: int | None = None,
        buyer: str | None = None,
        seller: str | None = None,
        party: str | None = None,
        sort: str = "newest",
        offset: int = 0,
        limit: int = 50,
    ) -> Page[t.Deal]:
        """Deals, sorted by newest, by highest *reserve* or by earliest *deadline* first."""
        rows: Any = self.rows(t.Deal)
        asked = select(rows)
        equal = {"market": market, "domain": domain, "buyer": buyer, "seller": seller}
        for name, value in equal.items():
            if value is not None:
                asked = asked.where(getattr(rows, name) == value)
        if states:
            asked = asked.where(self.state_of(rows).in_(states))
        if party is not None:
            asked = asked.where((rows.buyer == party) | (rows.seller == party))
        first = {
            "newest": [rows.opened_at.desc()],
            "reserve": [rows.reserve.desc()],
            "deadline": [rows.ended_at.is_not(None), rows.deadline],
        }[sort]
        return self.page(asked.order_by(*first, rows.market, rows.id.desc()), offset, limit)

    def bids_of(self, bidder: str, *, limit: int = MAX_PAGE) -> list[tuple[t.Bid, t.Auction]]:
        """An account's bids with their auctions, newest first."""
        bids = self.all(t.Bid, bidder=bidder, limit=limit)
        auctions = {
            one.id: one for one in self.all(t.Auction, id=[one.auction_id for one in bids], limit=limit)
        }
        found = [(bid, auctions[bid.auction_id]) for bid in bids if bid.auction_id in auctions]
        return sorted(found, key=lambda pair: -pair[0].committed_at)

    # MANIFESTS

    def manifest(self, digest: str | None) -> t.Manifest | None:
        """What is known about a manifest; None if nobody has looked for it yet."""
        return self.session.get(t.Manifest, digest) if digest else None

    def manifests(self, digests: Sequence[str]) -> list[t.Manifest]:
        """What is known about manifests; those that nobody has looked for yet are left out."""
        asked = select(t.Manifest).where(t.Manifest.digest.in_(digests))
        return list(self.session.scalars(asked))

    # NAMES

    def names(self, kind: str) -> dict[int, str]:
        """The names of domains, jurisdictions or purposes, by their numbers."""
        return {one.id: one.name for one in self.all(t.Name, kind=kind, limit=1000)}

    def token(self, address: str) -> t.Token | None:
        """Symbol and decimals of a token; None until they have been read."""
        return self.session.get(t.Token, address)

    # WHAT STANDS BEHIND IT

    def events_about(
        self, kind: str, key: object, *, offset: int = 0, limit: int = MAX_PAGE
    ) -> Page[t.Event]:
        """The events about something, newest first; see :class:`~assay_indexer.tables.Mention`."""
        about = (
            select(t.Event)
            .join(t.Mention, (t.Mention.block == t.Event.block) & (t.Mention.log_index == t.Event.log_index))
            .where(t.Mention.kind == kind, t.Mention.key == str(key), t.Event.block <= self.block)
            .order_by(t.Event.block.desc(), t.Event.log_index.desc())
        )
        return self.page(about, offset, limit)

    def event_about(self, kind: str, key: object, name: str, topic: bytes) -> t.Event | None:
        """The newest event *name* about something whose first indexed argument is *topic*."""
        asked = (
            select(t.Event)
            .join(t.Mention, (t.Mention.block == t.Event.block) & (t.Mention.log_index == t.Event.log_index))
            .where(t.Mention.kind == kind, t.Mention.key == str(key), t.Event.block <= self.block)
            .where(t.Event.name == name, func.substr(t.Event.topics, 33, 32) == topic)
            .order_by(t.Event.block.desc(), t.Event.log_index.desc())
        )
        return self.session.scalars(asked.limit(1)).first()


def decoded(event: t.Event) -> ChainEvent:
    """An event with its arguments; raises :class:`ChainError` if they do not fit."""
    topics = [event.topics[place : place + 32] for place in range(0, len(event.topics), 32)]
    found = events_by_topic(event.contract).get(topics[0]) if topics else None
    if found is None:
        raise ChainError(f"{event.contract} has no event {event.name}.")
    arguments = decode_log(found, topics, event.data)
    return ChainEvent(event.contract, event.name, arguments, event.block, event.tx_hash, event.log_index)


def _is(column: Any, value: Any) -> Any:
    return column.in_(value) if isinstance(value, list | tuple | set) else column == value


def _order(rows: Any, kind: type[t.Base], order: Any) -> Sequence[Any]:
    if order is not None:
        return order if isinstance(order, list | tuple) else [order]
    return [getattr(rows, column.name) for column in kind.__table__.primary_key.columns]  # type: ignore[attr-defined]


@contextmanager
def _limited(connection: Any, seconds: float) -> Iterator[None]:
    """Abort queries that take the database too long."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {int(seconds * 1000)}")
        yield
        return
    raw, end = connection.connection.driver_connection, time.monotonic() + seconds
    raw.set_progress_handler(lambda: time.monotonic() > end, 10_000)
    try:
        yield
    finally:
        raw.set_progress_handler(None, 0)
