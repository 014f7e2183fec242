"""Searches that people have saved to be notified of what they find."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from assay_indexer.tables.base import Kept


class SavedSearch(Kept):
    """A saved search. Whoever knows its id can read it, and whoever has its secret can end it."""

    __tablename__ = "saved_searches"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    secret: Mapped[str] = mapped_column(String(64))
    """Needed to end the search; also signs what is sent to the webhook."""
    query: Mapped[dict[str, Any]]
    webhook: Mapped[str | None] = mapped_column(String(500))
    saved_at: Mapped[int]
    expires: Mapped[int]
    """Unix seconds."""
    failures: Mapped[int]
    """How often the webhook has failed in a row."""
    next_try: Mapped[int]


class Told(Kept):
    """A listing of which a saved search's webhook has been notified."""

    __tablename__ = "told"

    search: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    key: Mapped[str] = mapped_column(String(90), primary_key=True)
