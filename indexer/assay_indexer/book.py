"""What events write into: one database transaction, for a single block or a range of final blocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import and_, insert, inspect, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from assay.chain import Event
from assay.structs import ZERO_ADDRESS
from assay_indexer.tables import UNDO, Deal, ManifestUse, Mention, Stale, State
from assay_indexer.tables import Event as EventRow

S = TypeVar("S", bound=State)
_KEYS = 90
LISTED = frozenset({"deal", "account", "manifest"})
"""Kinds of mentions for which there are listings in the search."""
_ZERO_DIGEST = bytes(32)


class Book:
    """The tables as the events of one batch change them; nothing is written before :meth:`flush`.

    Args:
        session: must not autoflush.
        contracts: names of the market's contracts by address.
        seen: if given, hashes of the keys of all existing rows, so that other rows need not be looked up.
    """

    def __init__(self, session: Session, contracts: Mapping[str, str], seen: set[int] | None = None) -> None:
        self.session, self._seen = session, seen
        self._contracts = contracts
        self._rows: dict[tuple[type[State], tuple[Any, ...]], State | None] = {}
        self._made: set[State] = set()
        self._facts: dict[Any, list[dict[str, Any]]] = {}
        self._mentions: dict[tuple[str, str], None] = {}
        self._stale: set[tuple[str, str]] = set()
        self._event: Event | None = None
        self.at = 0

    # THE CURRENT EVENT

    def begin(self, event: Event, at: int, topics: list[bytes], data: bytes) -> None:
        """Turn to *event*, from a block with the time *at*: what follows is attributed to it."""
        self._event, self.at = event, at
        self._mentions = {}
        self._write(
            EventRow,
            contract=event.contract,
            name=event.name,
            at=at,
            tx_hash=event.tx_hash,
            topics=b"".join(topics),
            data=data,
        )

    def end(self) -> None:
        """Finish the event, and record what it was about."""
        for kind, key in self._mentions:
            self._write(Mention, kind=kind, key=key)
            if kind in LISTED:
                self._stale.add((kind, key))

    @property
    def event(self) -> Event:
        """The current event."""
        assert self._event is not None
        return self._event

    # ROWS

    def get(self, kind: type[S], *key: Any) -> S | None:
        """A row for reading."""
        place = (kind, key)
        if place not in self._rows:
            if self._seen is not None and hash(place) not in self._seen:
                return None
            self._rows[place] = self.session.get(kind, key if len(key) > 1 else key[0])
        found = self._rows[place]
        assert found is None or isinstance(found, kind)
        return found

    def change(self, kind: type[S], *key: Any) -> S | None:
        """A row that the current event changes; None if it does not exist."""
        found = self.get(kind, *key)
        if found is not None:
            found.block, found.log_index = self.event.block, self.event.log_index
        return found

    def make(self, kind: type[S], /, *key: Any, **values: Any) -> S:
        """A row that the current event creates, or overwrites if there already is one with the key."""
        found = self.change(kind, *key)
        if found is None:
            keys, empty = _columns(kind)
            place = {"block": self.event.block, "log_index": self.event.log_index}
            found = kind()
            vars(found).update({**empty, **dict(zip(keys, key, strict=True)), **place, **values})
            self._rows[kind, key] = found
            self._made.add(found)
            if self._seen is not None:
                self._seen.add(hash((kind, key)))
        else:
            for name, value in values.items():
                setattr(found, name, value)
        return found

    def fact(self, kind: Any, /, **values: Any) -> None:
        """Add a row that belongs to the current event alone."""
        self._write(kind, **values)

    # WHAT AN EVENT IS ABOUT

    def about(self, kind: str, key: object) -> None:
        """Record that the current event is about something, whose listing it may change."""
        self._mentions[kind, str(key).replace("\0", "")[:_KEYS]] = None

    def about_deal(self, market: str | None, deal_id: int | None) -> None:
        """The same for a deal."""
        if market is not None and deal_id is not None:
            self.about("deal", f"{market}/{deal_id}")

    def change_deal(self, market: str, deal_id: int) -> Deal | None:
        """A deal that the current event changes, with effects on its parties; None if it does not exist."""
        self.about_deal(market, deal_id)
        found = self.change(Deal, market, deal_id)
        if found is not None:
            self.about_account(found.buyer, found.seller)
        return found

    def about_account(self, *accounts: str | None) -> None:
        """The same for accounts, except the market's own contracts."""
        for account in accounts:
            if account and account != ZERO_ADDRESS and account not in self._contracts:
                self.about("account", account)

    def about_model(self, manifest: str | None) -> None:
        """The same for a model, by the digest of its manifest."""
        if manifest:
            self.about("manifest", manifest)

    def uses(self, role: str, digest: bytes, kind: str, key: object) -> str | None:
        """Record that the current event names a manifest; returns its digest in hex, or None for zero."""
        if digest == _ZERO_DIGEST:
            return None
        self._write(ManifestUse, role=role, digest=digest.hex(), subject_kind=kind, subject=str(key)[:_KEYS])
        return digest.hex()

    def name_of(self, address: str) -> str:
        """The name of one of the market's contracts; other addresses are returned unchanged."""
        return self._contracts.get(address, address)

    # WRITING

    def _write(self, kind: Any, /, **values: Any) -> None:
        place = {"block": self.event.block, "log_index": self.event.log_index}
        self._facts.setdefault(kind, []).append(place | values)

    def flush(self, undo_at: int | None) -> None:
        """Write everything.

        Args:
            undo_at: the block that caused it, so that it can be undone; None for final blocks.
        """
        if undo_at is not None:
            self._keep_old(undo_at)
        self.session.flush()
        for made in self._made:
            self._facts.setdefault(type(made), []).append(_values(made))
        for kind, rows in self._facts.items():
            self.session.execute(insert(inspect(kind).local_table), rows)
        mark_stale(self.session, self._stale)
        self._facts, self._made, self._stale = {}, set(), set()

    def _keep_old(self, block: int) -> None:
        """Save what the changed rows were before."""
        for row in self._rows.values():
            if row is None:
                continue
            table = inspect(type(row)).local_table
            undo = UNDO[table]  # type: ignore[index]
            keys = {column.name: getattr(row, column.name) for column in table.primary_key}
            if row in self._made:
                self.session.execute(insert(undo).values(**keys, undone_at=block, existed=False))
            elif self.session.is_modified(row):
                old = select(*table.columns, literal(block), literal(True)).where(
                    and_(*(table.c[name] == value for name, value in keys.items()))
                )
                self.session.execute(
                    insert(undo).from_select([*table.columns.keys(), "undone_at", "existed"], old)
                )


def _values(row: State) -> dict[str, Any]:
    """The values of a row, by the names of its columns."""
    return {name: value for name, value in vars(row).items() if name != "_sa_instance_state"}


@cache
def _columns(kind: type[State]) -> tuple[list[str], dict[str, None]]:
    """The names of a table's key columns, and an empty row."""
    mapper = inspect(kind)
    keys = [mapper.get_property_by_column(column).key for column in mapper.primary_key]
    return keys, {attribute.key: None for attribute in mapper.column_attrs}


def mark_stale(session: Session, listings: Iterable[tuple[str, str]]) -> None:
    """Record that these listings have to be rebuilt."""
    rows = [{"kind": kind, "key": key} for kind, key in sorted(listings)]
    if rows:
        postgres = session.get_bind().dialect.name == "postgresql"
        insertion = postgresql.insert(Stale) if postgres else sqlite.insert(Stale)
        session.execute(insertion.on_conflict_do_nothing(), rows)
