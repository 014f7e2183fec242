"""Fetches the manifests that events name, and stores what they say, which is strangers' text."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine, func, or_, select
from sqlalchemy.orm import Session

from assay.errors import AssayError, ManifestError
from assay.manifests import Manifest, parse_any
from assay.store import ArtifactStore
from assay.store.cid import cid_of_block
from assay_indexer.book import LISTED, mark_stale
from assay_indexer.database import writing
from assay_indexer.tables import Deal, ManifestUse
from assay_indexer.tables import Manifest as Row

_log = logging.getLogger(__name__)
_AT_ONCE = 8
_PAGE = 64
_FIRST_WAIT, _LONGEST_WAIT = 5, 6 * 3600  # seconds before a missing one is looked for again
_MAX_PROBLEM = 300

Found = Manifest | AssayError


class Collector:
    """Looks for manifests in *store*, within its limits of size and time; several at once.

    Args:
        now: returns the current time in Unix seconds.
    """

    def __init__(self, engine: Engine, store: ArtifactStore, now: Callable[[], float] = time.time) -> None:
        self._engine, self._store, self._now = engine, store, now
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="manifests")

    def close(self) -> None:
        """Stop looking."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def step(self) -> int:
        """Look for a page of wanted manifests; returns how many were looked for."""
        wanted = self._wanted()
        if wanted:
            found = list(self._pool.map(self._fetch, wanted))
            with writing(self._engine) as database:
                for digest, one in zip(wanted, found, strict=True):
                    self._note(database, digest, one)
        return len(wanted)

    def _wanted(self) -> Sequence[str]:
        """New ones first, then missing ones whose next try is due the longest."""
        due = (
            select(ManifestUse.digest)
            .outerjoin(Row, Row.digest == ManifestUse.digest)
            .where(or_(Row.digest.is_(None), (Row.status == "missing") & (Row.next_try <= int(self._now()))))
            .group_by(ManifestUse.digest, Row.next_try)
            .order_by(func.coalesce(Row.next_try, 0), func.min(ManifestUse.block))
            .limit(_PAGE)
        )
        with Session(self._engine) as database:
            return database.scalars(due).all()

    def _fetch(self, digest: str) -> Found:
        try:
            return parse_any(self._store.get_block(cid_of_block(bytes.fromhex(digest))))
        except AssayError as error:
            return error

    def _note(self, database: Session, digest: str, found: Found) -> None:
        row = database.get(Row, digest)
        if row is None:
            row = Row(digest=digest, tries=0, next_try=0, kind=None, content=None, problem=None)
            database.add(row)
        row.tries += 1
        if isinstance(found, Manifest):
            row.status, row.kind, row.content = "found", found.kind, found.model_dump(mode="json")
            row.problem = None
        else:
            row.status = "unreadable" if isinstance(found, ManifestError) else "missing"
            row.problem = str(found).replace("\0", "")[:_MAX_PROBLEM]
            row.next_try = int(self._now()) + min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(row.tries - 1, 20))
        database.flush()
        mark_stale(database, _shown_with(database, digest))


def _shown_with(database: Session, digest: str) -> set[tuple[str, str]]:
    """The listings that have to be rebuilt when a manifest is found."""
    uses = database.execute(
        select(ManifestUse.subject_kind, ManifestUse.subject).where(ManifestUse.digest == digest).distinct()
    )
    tested = database.scalars(select(Deal.manifest).where(Deal.spec == digest, Deal.manifest.is_not(None)))
    models = {("manifest", str(manifest)) for manifest in [digest, *tested]}
    return models | {(kind, key) for kind, key in uses if kind in LISTED}
