"""What this validator has decided to report, written down before anyone else can learn of it.

A vote is a commitment: after the commit transaction only the very same report can be revealed, so the report
is never recomputed but read back from here. The chain knows everything else (who committed, what is open).
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import (
    Column,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    func,
    select,
    text,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from assay.structs import Kind, Report
from assay_oracle.errors import JournalError

_VERSION = 1
_metadata = MetaData()
_decisions = Table(
    "answers",
    _metadata,
    Column("oracle", String, primary_key=True),  # chain id and address of the ValidationOracle
    Column("validator", String, primary_key=True),
    Column("request_id", String, primary_key=True),  # decimal: SQLite's integers end at 2^63
    Column("panel_id", String, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("question", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("scores", String, nullable=False),  # JSON, a list of integers
    Column("criteria", Integer, nullable=False),
    Column("word", LargeBinary, nullable=False),
    Column("manifest", LargeBinary, nullable=False),
    Column("document", LargeBinary),  # the block that `manifest` is the digest of
    Column("published", Integer, nullable=False, default=0),
)


@dataclass(frozen=True)
class Task:
    """What a request asks. After a reorganisation of the chain the same id may ask something else.

    Attributes:
        question: digest of the question.
    """

    request_id: int
    panel_id: int
    kind: Kind
    question: bytes


@dataclass(frozen=True)
class Decision:
    """What is answered.

    Attributes:
        report: the report that is committed to and revealed.
        document: the manifest that the report names, published with the reveal; None if it names none.
        published: whether storage has the document.
    """

    report: Report
    document: bytes | None = field(default=None, repr=False)
    published: bool = False


class Journal:
    """One validator's decisions in one market; safe to use from several threads of one process.

    Args:
        folder: private folder for the file, created if missing; None for a journal in memory without a lock.
        oracle: chain id and address of the ValidationOracle.
        validator: the account.
        in_memory: leave no file, and lock out only other such journals of the folder (dry runs).

    Raises:
        JournalError: it cannot be opened, others may read it, another process uses it, or a newer program
            wrote it.
    """

    def __init__(self, folder: Path | None, *, oracle: str, validator: str, in_memory: bool = False) -> None:
        self._owner = {"oracle": oracle, "validator": validator}
        self._lock = _lock(folder, "dry-run.lock" if in_memory else "lock") if folder else None
        path = folder / "journal.sqlite" if folder and not in_memory else None
        try:
            _require_known(path)
            self._engine = _open(path)
        except BaseException:
            self._unlock()
            raise
        try:
            with self._engine.begin() as connection:
                _metadata.create_all(connection)  # files from before there were versions have this table
                connection.execute(text(f"PRAGMA user_version = {_VERSION}"))
        except SQLAlchemyError as error:
            self.close()
            raise _broken(error) from error

    def close(self) -> None:
        """Close the file and let another process have it."""
        self._engine.dispose()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def find(self, task: Task) -> Decision | None:
        """What was decided on exactly this task; raises :class:`JournalError`."""
        rows = self._run(select(_decisions).where(*self._same(task, _asked(task))))
        return _decision(rows[0]) if rows else None

    def record(self, task: Task, decision: Decision) -> Decision:
        """Write a decision down durably, unless there already is one: the first decision stands.

        A decision on another task under the same request id, which the chain has dropped, is replaced.

        Returns:
            the decision that stands.

        Raises:
            JournalError: nothing was written, so nothing may be reported.
        """
        asked = _asked(task)
        row = self._owner | {"request_id": str(task.request_id)} | asked | _said(decision)
        statement = insert(_decisions).values(row)
        changed = [_decisions.c[name] != value for name, value in asked.items()]
        self._run(
            statement.on_conflict_do_update(
                index_elements=list(_decisions.primary_key),
                set_=asked | _said(decision),
                where=changed[0] | changed[1] | changed[2],
            )
        )
        standing = self.find(task)
        if standing is None:
            raise JournalError("The journal has not kept what was written.", hint="Check the disk.")
        return standing

    def mark_published(self, task: Task) -> None:
        """Record that storage has the decision's document."""
        rows = _decisions.update().where(*self._same(task, _asked(task))).values(published=1)
        self._run(rows)

    def count(self) -> int:
        """The number of decisions so far."""
        owned = [_decisions.c[name] == value for name, value in self._owner.items()]
        return int(self._run(select(func.count()).select_from(_decisions).where(*owned))[0][0])

    def _same(self, task: Task, asked: dict[str, Any]) -> list[Any]:
        wanted = self._owner | {"request_id": str(task.request_id)} | asked
        return [_decisions.c[name] == value for name, value in wanted.items()]

    def _run(self, statement: Any) -> list[Any]:
        try:
            with self._engine.begin() as connection:
                result = connection.execute(statement)
                return list(result) if result.returns_rows else []
        except SQLAlchemyError as error:
            raise _broken(error) from error


def _asked(task: Task) -> dict[str, Any]:
    return {"panel_id": str(task.panel_id), "kind": int(task.kind), "question": task.question}


def _said(decision: Decision) -> dict[str, Any]:
    report = decision.report
    said = report.model_dump() | {"status": int(report.status), "scores": json.dumps(report.scores)}
    return said | {"document": decision.document, "published": int(decision.published)}


def _decision(row: Any) -> Decision:
    report = Report(
        status=row.status,
        scores=json.loads(row.scores),
        criteria=row.criteria,
        word=row.word,
        manifest=row.manifest,
    )
    return Decision(report, row.document, bool(row.published))


def _lock(folder: Path, name: str) -> int:
    """Keep other processes out: two daemons of one account could commit to two different reports."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_mode & 0o077:
            raise JournalError(f"Others may look into {folder}.", hint=f"chmod 700 {folder}")
        descriptor = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise JournalError(f"The folder {folder} cannot be used: {error.strerror or error}.") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise JournalError(
            f"Another daemon uses {folder}.", hint="Run one daemon for each account."
        ) from None
    return descriptor


def _require_known(path: Path | None) -> None:
    """Refuse a file of a later version before changing anything in it."""
    if path is None or not path.exists():
        return
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            version = database.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error as error:
        raise _broken(error) from error
    if version > _VERSION:
        raise JournalError(
            f"A newer program wrote the journal {path} (version {version}).",
            hint="Update Assay; nothing is said until then.",
        )


def _open(path: Path | None) -> Engine:
    if path is None:
        return create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite's own side files take its mode
    except OSError as error:
        raise JournalError(f"The journal {path} cannot be opened: {error.strerror or error}.") from error
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def durable(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    return engine


def _broken(error: SQLAlchemyError | sqlite3.Error) -> JournalError:
    reason = str(error if isinstance(error, sqlite3.Error) else getattr(error, "orig", type(error).__name__))
    return JournalError(
        f"The journal cannot be used: {reason[:200]}.", hint="Check the disk; nothing is said until then."
    )
