"""Undoes blocks that are no longer part of the chain."""

from __future__ import annotations

from sqlalchemy import Table, and_, delete, exists, func, insert, select
from sqlalchemy.orm import Session

from assay_indexer.book import LISTED, mark_stale
from assay_indexer.tables import UNDO, Block, ListingTag, Mention, Stale, fact_tables
from assay_indexer.tables import Listing as ListingRow
from assay_indexer.words import drop_all_words


def roll_back(session: Session, number: int) -> None:
    """Restore all tables to what they were after the block *number*, which is not before the final one."""
    _mark_changed(session, number)
    for table, undo in UNDO.items():
        _restore(session, table, undo, number)
    for table in fact_tables():
        session.execute(delete(table).where(table.c.block > number))
    session.execute(delete(Block).where(Block.number > number))


def forget_undo(session: Session, final: int) -> None:
    """Forget what rows were before blocks that are now final."""
    for undo in UNDO.values():
        session.execute(delete(undo).where(undo.c.undone_at <= final))


def empty(session: Session) -> None:
    """Forget everything that came from the chain. Manifests stay: they are the same on any chain."""
    for table, undo in UNDO.items():
        session.execute(delete(table))
        session.execute(delete(undo))
    for table in fact_tables():
        session.execute(delete(table))
    for kind in (Block, ListingRow, ListingTag, Stale):
        session.execute(delete(kind))
    drop_all_words(session)


def _restore(session: Session, table: Table, undo: Table, number: int) -> None:
    keys = [column.name for column in table.primary_key]
    same = and_(*(undo.c[name] == table.c[name] for name in keys), undo.c.undone_at > number)
    session.execute(delete(table).where(exists().where(same)))
    later = undo.alias()
    first = (
        select(func.min(later.c.undone_at))
        .where(*(later.c[name] == undo.c[name] for name in keys), later.c.undone_at > number)
        .scalar_subquery()
    )
    names = [column.name for column in table.columns]
    old = select(*(undo.c[name] for name in names)).where(undo.c.undone_at == first, undo.c.existed)
    session.execute(insert(table).from_select(names, old))
    session.execute(delete(undo).where(undo.c.undone_at > number))


def _mark_changed(session: Session, number: int) -> None:
    """Mark for rebuilding the listings that the undone rows were about."""
    gone = Mention.block > number, Mention.kind.in_(LISTED)
    found = session.execute(select(Mention.kind, Mention.key).where(*gone).distinct())
    mark_stale(session, {(kind, key) for kind, key in found})
