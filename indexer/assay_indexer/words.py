"""The full-text search of listings: FTS5 in SQLite, a text vector in Postgres."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    column,
    func,
    inspect,
    literal_column,
    select,
    table,
    text,
)
from sqlalchemy.orm import Session

from assay_indexer.tables import Listing

_WORDS = "listing_words"
_INSERT = text("INSERT INTO listing_words (rowid, title, words) VALUES (:number, :title, :words)")
_DELETE = text("DELETE FROM listing_words WHERE rowid = :number")
_MAX_TERMS = 12


def create_words(connection: Connection) -> None:
    """Create what the search needs besides the table of listings."""
    if connection.dialect.name == "sqlite":
        connection.execute(
            text(
                f"CREATE VIRTUAL TABLE IF NOT EXISTS {_WORDS} "
                "USING fts5(title, words, tokenize = 'porter unicode61 remove_diacritics 2', prefix = '2 3')"
            )
        )
    elif "words" not in {one["name"] for one in inspect(connection).get_columns(Listing.__tablename__)}:
        connection.execute(
            text(
                f"ALTER TABLE {Listing.__tablename__} ADD COLUMN words tsvector GENERATED ALWAYS AS "
                "(setweight(to_tsvector('english', title), 'A') || to_tsvector('english', text)) STORED"
            )
        )
        connection.execute(
            text(f"CREATE INDEX ix_listings_words ON {Listing.__tablename__} USING gin (words)")
        )


def drop_words(connection: Connection) -> None:
    """Drop what `create_words` created."""
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"DROP TABLE IF EXISTS {_WORDS}"))


def put_words(session: Session, listings: Collection[Listing]) -> None:
    """Make the search find these listings by their texts."""
    if session.get_bind().dialect.name == "sqlite" and listings:
        rows = [{"number": one.number, "title": one.title, "words": one.text} for one in listings]
        session.execute(_INSERT, rows)


def drop_words_of(session: Session, numbers: Collection[int]) -> None:
    """Remove these listings from the search."""
    if session.get_bind().dialect.name == "sqlite" and numbers:
        rows = [{"number": number} for number in numbers]
        session.execute(_DELETE, rows)


def drop_all_words(session: Session) -> None:
    """Remove everything from the search."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("DELETE FROM listing_words"))


def terms(query: str) -> list[str]:
    """The words that somebody typed; nothing else reaches the database."""
    return re.findall(r"\w+", query)[:_MAX_TERMS]


def matching(session: Session, query: str) -> ColumnElement[bool] | None:
    """The condition that a listing has all words of *query*, the last perhaps unfinished; None if there are
    no words."""
    found = terms(query)
    if not found:
        return None
    if session.get_bind().dialect.name == "sqlite":
        asked = " ".join([*(f'"{term}"' for term in found[:-1]), f'"{found[-1]}"*'])
        words: Any = table(_WORDS, column("rowid", Integer))
        hits = select(words.c.rowid).where(literal_column(_WORDS).op("MATCH")(asked))
        return Listing.number.in_(hits)
    asked = " & ".join([*found[:-1], f"{found[-1]}:*"])
    return literal_column("listings.words").op("@@")(func.to_tsquery("english", asked))
