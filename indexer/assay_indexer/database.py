"""The database: SQLite in a file, or Postgres by its URL."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, delete, event, insert, make_url, select
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable

from assay_indexer.errors import IndexerError
from assay_indexer.projections import RULES
from assay_indexer.tables import Base, Form, Manifest
from assay_indexer.words import create_words, drop_words

_BUSY_MILLISECONDS = 30_000


def engine_at(url: str) -> Engine:
    """The database at *url*: ``sqlite:///index.sqlite`` or ``postgresql://user@host/name``.

    Raises:
        IndexerError: this kind of database is not supported.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise IndexerError("The database is named by a URL.", hint=_HINT) from None
    if parsed.get_backend_name() == "postgresql":
        engine = create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    elif parsed.get_backend_name() == "sqlite":
        if parsed.database not in (None, "", ":memory:"):
            Path(str(parsed.database)).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed)
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    else:
        raise IndexerError(f"The index does not run on {parsed.get_backend_name()}.", hint=_HINT)
    return engine


_HINT = "Examples: sqlite:///index.sqlite, postgresql://assay@localhost/assay"


def _prepare(connection: Any, _record: Any) -> None:
    """Let readers continue while the index writes. What a crash of the machine loses is read again."""
    connection.isolation_level = None  # we begin transactions ourselves
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")


def _begin(connection: Connection) -> None:
    """Make writers wait for their turn at the start, rather than after they have already read."""
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """One transaction that changes the tables."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        session = Session(connection, autoflush=False, expire_on_commit=False)
        yield session
        session.flush()


def prepare(engine: Engine, *, anew: bool = False) -> None:
    """Create the tables that are missing.

    Tables that are read from the chain are dropped and created again if another release made them in another
    form; tables that are kept are migrated.

    Args:
        anew: drop what is read from the chain in any case.

    Raises:
        IndexerError: the database does not answer, or a newer release made it.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    wanted, place = _form(), engine.url.render_as_string(hide_password=True)
    try:
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            if anew or connection.scalar(select(Form.digest)) != wanted:
                drop_words(connection)
                Base.metadata.drop_all(connection)
                connection.execute(delete(Form))
                connection.execute(
                    delete(Manifest).where(Manifest.status == "unreadable")
                )  # this release may be able to read it
                connection.execute(insert(Form).values(id=1, digest=wanted))
            Base.metadata.create_all(connection)
            create_words(connection)
    except CommandError as error:
        raise IndexerError(f"A newer release has made the index {place}.", hint="Update Assay.") from error
    except SQLAlchemyError as error:
        said = str(error.__cause__ or error).splitlines()[0][:200]
        raise IndexerError(f"The index {place} cannot be used: {said}.", hint=_HINT) from error


def _form() -> str:
    """A digest that identifies the form of the tables and the rules by which events become rows."""
    tables = [str(CreateTable(table)) for table in Base.metadata.sorted_tables]
    return hashlib.sha256("".join([str(RULES), *sorted(tables)]).encode()).hexdigest()
