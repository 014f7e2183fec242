"""Saved searches: kept for a while, and reported to a webhook when they find something new."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import secrets
import time
from collections.abc import Callable, Sequence

from sqlalchemy import Engine, delete, func, insert, select
from sqlalchemy.orm import Session

from assay_indexer.database import writing
from assay_indexer.errors import IndexerError
from assay_indexer.queries import Index
from assay_indexer.search import Query, search
from assay_indexer.tables import Listing, Manifest, Progress, SavedSearch, Stale, Told
from assay_indexer.webhooks import Post, WebhookError

_log = logging.getLogger(__name__)
MAX_SEARCHES = 10_000
SECONDS_KEPT = 90 * 86_400
MAX_FAILURES = 10
"""After this many failures in a row, a webhook is no longer tried."""
_PAGE, _FIRST_WAIT = 50, 60


def save(engine: Engine, query: Query, webhook: str | None, now: int) -> SavedSearch:
    """Save a search; its webhook is notified of what is listed from now on.

    Raises:
        IndexerError: there are too many saved searches.
    """
    known = _found(engine, query) if webhook is not None else []  # before it is saved: it may be invalid
    with writing(engine) as database:
        database.execute(delete(SavedSearch).where(SavedSearch.expires <= now))
        if (database.scalar(select(func.count()).select_from(SavedSearch)) or 0) >= MAX_SEARCHES:
            raise IndexerError("This index keeps no more searches for now.", hint="`assay watch` needs none.")
        saved = SavedSearch(
            id=secrets.token_hex(16),
            secret=secrets.token_hex(32),
            query=query.model_dump(mode="json", exclude_defaults=True),
            webhook=webhook,
            saved_at=now,
            expires=now + SECONDS_KEPT,
            failures=0,
            next_try=0,
        )
        database.add(saved)
        database.flush()
        _add(database, saved.id, [(one.kind, one.key) for one in known])
    return saved


def forget(engine: Engine, number: str, secret: str) -> bool:
    """End a saved search; returns whether there was one with this secret."""
    with writing(engine) as database:
        saved = database.get(SavedSearch, number)
        if saved is None or not hmac.compare_digest(saved.secret.encode(), secret.encode()):
            return False
        database.delete(saved)
        database.execute(delete(Told).where(Told.search == number))
        return True


def saved_query(engine: Engine, number: str, now: int) -> Query | None:
    """The query of a saved search; None if it does not exist or has expired."""
    with Session(engine) as database:
        saved = database.get(SavedSearch, number)
        return None if saved is None or saved.expires <= now else Query.model_validate(saved.query)


class Teller:
    """Notifies webhooks of what is new: of each listing once, with retries after failures.

    Args:
        post: sends a document to a URL; raises :class:`WebhookError` if that fails.
        now: returns the current time in Unix seconds.
    """

    def __init__(self, engine: Engine, post: Post, now: Callable[[], float] = time.time) -> None:
        self._engine, self._post, self._now = engine, post, now
        self._seen: tuple[object, ...] | None = None

    def step(self) -> int:
        """Run every saved search with a webhook that is due; returns how many webhooks were notified.

        If nothing new is listed, only those are due whose webhooks have failed.
        """
        now = int(self._now())
        with Session(self._engine, expire_on_commit=False) as database:
            newest = _newest(database)
            due = select(SavedSearch).where(
                SavedSearch.webhook.is_not(None),
                SavedSearch.failures < MAX_FAILURES,
                SavedSearch.next_try <= now,
                SavedSearch.expires > now,
            )
            if newest == self._seen:
                due = due.where(SavedSearch.failures > 0)
            searches = database.scalars(due).all()
        told = sum(self._tried(saved, now) for saved in searches)
        self._seen = newest
        return told

    def _tried(self, saved: SavedSearch, now: int) -> bool:
        """Notify one webhook; its failure does not hold up the others."""
        try:
            return self._tell(saved, now)
        except Exception:
            _log.exception("the saved search %s failed", saved.id)
            self._note_failure(saved.id, now)
            return False

    def _tell(self, saved: SavedSearch, now: int) -> bool:
        listings = _found(self._engine, Query.model_validate(saved.query))
        with Session(self._engine) as database:
            rows = database.execute(select(Told.kind, Told.key).where(Told.search == saved.id))
            known = {(row[0], row[1]) for row in rows}
        new = [one for one in listings if (one.kind, one.key) not in known]
        if not new:
            return False
        told = [{"kind": one.kind, "key": one.key, "title": one.title} for one in new]
        said = json.dumps({"search": saved.id, "new": told}).encode()
        signature = hmac.new(saved.secret.encode(), said, hashlib.sha256).hexdigest()
        try:
            self._post(str(saved.webhook), said, {"X-Assay-Signature": f"sha256={signature}"})
        except WebhookError as error:
            _log.info("a webhook failed: %s", error)
            self._note_failure(saved.id, now)
            return False
        _note(self._engine, saved.id, [(one.kind, one.key) for one in new])
        return True

    def _note_failure(self, number: str, now: int) -> None:
        with writing(self._engine) as database:
            saved = database.get(SavedSearch, number)
            if saved is not None:
                saved.failures += 1
                saved.next_try = now + _FIRST_WAIT * 2**saved.failures


def _newest(database: Session) -> tuple[object, ...]:
    """Values that change when listings do: the newest block, and counts of manifests and stale listings."""
    manifests = select(func.count()).select_from(Manifest).where(Manifest.status == "found")
    waiting = select(func.count()).select_from(Stale)
    return (
        database.scalar(select(Progress.head_hash)),
        database.scalar(manifests),
        database.scalar(waiting),
    )


def _found(engine: Engine, query: Query) -> Sequence[Listing]:
    newest = query.model_copy(update={"sort": "newest"})
    with Index(engine).view() as view:
        return search(view, newest, limit=_PAGE, counts=False).page.items


def _note(engine: Engine, number: str, listings: Sequence[tuple[str, str]]) -> None:
    with writing(engine) as database:
        saved = database.get(SavedSearch, number)
        if saved is None:
            return
        saved.failures = 0
        _add(database, number, listings)


def _add(database: Session, number: str, listings: Sequence[tuple[str, str]]) -> None:
    rows = [{"search": number, "kind": kind, "key": key} for kind, key in listings]
    if rows:
        database.execute(insert(Told), rows)
