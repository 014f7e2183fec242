"""The chain as far as it has been read: blocks, logs, and what each log is about."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from assay_indexer.tables.base import Account, Cached, Digest, Fact, Kept


class Form(Kept):
    """Which form the tables have that are read from the chain: one row."""

    __tablename__ = "form"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(Digest)


class Progress(Cached):
    """How far the index is: one row."""

    __tablename__ = "progress"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    market: Mapped[str] = mapped_column(Digest)
    """Identifies the deployment that is indexed."""
    head: Mapped[int]
    """The newest block that was read."""
    head_hash: Mapped[str] = mapped_column(String(66))
    head_at: Mapped[int]
    """Its time (Unix seconds)."""
    final: Mapped[int]
    """The newest block that is not expected to be reorganised away."""
    final_at: Mapped[int]
    forks: Mapped[int]
    """How often blocks that had been read turned out to be no longer part of the chain."""


class Block(Cached):
    """A block that reading can go back to."""

    __tablename__ = "blocks"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(String(66))
    at: Mapped[int]
    """Unix seconds."""


class Event(Fact):
    """A log of one of the market's contracts, undecoded."""

    __tablename__ = "events"

    contract: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(40))
    at: Mapped[int]
    """The time of its block (Unix seconds)."""
    tx_hash: Mapped[str] = mapped_column(String(66))
    topics: Mapped[bytes] = mapped_column(LargeBinary)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class Mention(Fact):
    """That an event is about something, such as the deal 7 of CommissionMarket."""

    __tablename__ = "mentions"
    __table_args__ = (Index("ix_mentions_kind_key_block", "kind", "key", "block"),)

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    """``deal``, ``panel``, ``request``, ``auction``, ``audit``, ``opinion``, ``test_set``, ``assessment``,
    ``dispute``, ``case``, ``model``, ``manifest``, ``offer``, ``sale``, ``account``, ``proposal``."""
    key: Mapped[str] = mapped_column(String(90), primary_key=True)
    """Its number or address; for a deal, for example ``CommissionMarket/7``."""


class Token(Cached):
    """What a token says of itself."""

    __tablename__ = "tokens"

    address: Mapped[str] = mapped_column(Account, primary_key=True)
    symbol: Mapped[str] = mapped_column(String(40))
    decimals: Mapped[int]


class RuleChange(Fact):
    """A change of the market's rules, as Policy said it."""

    __tablename__ = "rule_changes"

    name: Mapped[str] = mapped_column(String(40))
    arguments: Mapped[dict[str, Any]]
