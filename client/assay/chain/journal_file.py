"""A journal's file: private, locked while written, and of a known version."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assay.errors import JournalError
from assay.words.printable import reason_of

STATE_VARIABLE = "ASSAY_STATE"
_VERSION = 1
_BUSY_SECONDS = 60.0
_PAUSE = 0.02
_TABLE = """
CREATE TABLE transactions (
    id INTEGER PRIMARY KEY,
    genesis TEXT NOT NULL,              -- hash of block 0: a local chain that starts anew is another chain
    nonce INTEGER NOT NULL,
    hash TEXT NOT NULL,
    name TEXT NOT NULL,                 -- the call, such as Escrow.deposit
    purpose TEXT NOT NULL,              -- two calls of one purpose are the same payment
    fields TEXT NOT NULL,               -- JSON: to, data, value, gas and fees
    raw BLOB NOT NULL,                  -- the signed transaction
    state TEXT NOT NULL,
    owner TEXT NOT NULL,                -- the process that waits for it
    acknowledged INTEGER NOT NULL,      -- whoever asked for it knows how it ended
    sent_at INTEGER NOT NULL,           -- Unix seconds
    head INTEGER NOT NULL,              -- the newest block then
    block INTEGER,
    replaced_by TEXT,
    UNIQUE (genesis, hash)
)
"""


class JournalFile:
    """A SQLite file that only its owner can read; it and its folder are created on the first write.

    Disk and file errors are raised as :class:`JournalError`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection with exclusive write access; either all changes are kept or none."""
        with self.open() as database:
            _begin(database)
            try:
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """A connection for reading."""
        try:
            database = self._connect()
            try:
                yield database
            finally:
                database.close()
        except (OSError, sqlite3.Error, ValueError, KeyError) as error:
            raise JournalError(
                f"The journal of sent transactions {self.path} cannot be used: {reason_of(error)}.",
                hint=f"Nothing is sent without it; {STATE_VARIABLE} names another folder.",
            ) from error

    def _connect(self) -> sqlite3.Connection:
        if not self.path.exists():
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite's side files get its mode
        if self.path.stat().st_mode & 0o077:
            raise PermissionError(f"others may access it; chmod 600 {self.path}")
        database = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)
        database.execute("PRAGMA synchronous = EXTRA")
        _migrate(database)
        return database


def _begin(database: sqlite3.Connection) -> None:
    """Take the file's lock, in short waits so that Ctrl-C works in between."""
    database.execute("PRAGMA busy_timeout = 0")
    end = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            database.execute("BEGIN IMMEDIATE")
            break
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(_PAUSE)
    database.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000:.0f}")  # for readers


def _migrate(database: sqlite3.Connection) -> None:
    """Bring an older file to the present schema."""
    version = _version(database)
    if version == 0:
        _begin(database)
        if _version(database) == 0:  # no other process was faster
            database.execute(_TABLE)
            database.execute(f"PRAGMA user_version = {_VERSION}")
        database.execute("COMMIT")
    elif version > _VERSION:
        raise ValueError(f"a newer program wrote it (version {version}); update Assay")


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])
