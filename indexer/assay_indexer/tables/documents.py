"""Manifests, and what search finds through them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from assay_indexer.tables.base import Account, Amount, Base, Digest, Fact, Kept, Words


class ManifestUse(Fact):
    """That an event names a manifest."""

    __tablename__ = "manifest_uses"

    role: Mapped[str] = mapped_column(String(24), primary_key=True)
    """The manifest's role in the event, such as ``spec``."""
    digest: Mapped[str] = mapped_column(Digest, primary_key=True, index=True)
    subject_kind: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(String(90))
    """What the manifest belongs to, as in a :class:`~assay_indexer.tables.chain.Mention`."""


class Manifest(Kept):
    """What a digest stands for, once it was found. Every text in it is a stranger's."""

    __tablename__ = "manifests"

    digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    status: Mapped[str] = mapped_column(Words, index=True)
    """``missing`` (it will be looked for again), ``found``, or ``unreadable`` (it is not a manifest)."""
    kind: Mapped[str | None] = mapped_column(String(40))
    content: Mapped[dict[str, Any] | None]
    """The content as the SDK read it, with the fields of :mod:`assay.manifests`."""
    problem: Mapped[str | None] = mapped_column(String(300))
    tries: Mapped[int]
    next_try: Mapped[int]
    """Unix seconds."""


class Stale(Base):
    """Something whose listings have to be rebuilt: a deal, a model's manifest or an account."""

    __tablename__ = "stale"

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    key: Mapped[str] = mapped_column(String(90), primary_key=True)


class Listing(Base):
    """What search finds: an order, a model, a developer or another participant, with its facets.

    It is made from the other tables alone, and rebuilt when one of those changes.
    """

    __tablename__ = "listings"
    __table_args__ = (
        Index("ix_listings_kind_since", "kind", "since"),
        Index("ix_listings_like", "kind", "task", "domain"),
        Index("ix_listings_key", "kind", "key", unique=True),
    )

    number: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,  # SQLite numbers only INTEGER keys
    )
    """The number of the row, which changes with each rebuild."""
    kind: Mapped[str] = mapped_column(String(16))
    """``order``, ``model``, or a role, such as ``developer``."""
    key: Mapped[str] = mapped_column(String(90))
    block: Mapped[int]
    """The block in which it came into being, or in which an order last changed."""
    since: Mapped[int]
    """When it came into being (Unix seconds)."""
    title: Mapped[str]
    text: Mapped[str]
    """Everything that the full-text search reads."""
    state: Mapped[str] = mapped_column(Words)
    account: Mapped[str] = mapped_column(Account)
    """Whose it is: the customer, the model's developer, the participant."""
    domain: Mapped[str | None] = mapped_column(String(64))
    jurisdiction: Mapped[str | None] = mapped_column(String(64))
    task: Mapped[str | None] = mapped_column(Words)
    metric: Mapped[str | None] = mapped_column(Words)
    score: Mapped[int | None]
    """The score that the panel found (ppm); for an order, the score that is asked for."""
    gap: Mapped[int | None]
    """The bound on the gap between groups (ppm): for a model, if it was met; for an order, as asked for."""
    tested_by: Mapped[str | None] = mapped_column(Account)
    """Whose hidden data it was tested on."""
    tested_at: Mapped[int | None]
    token: Mapped[str | None] = mapped_column(Account)
    price: Mapped[int | None] = mapped_column(Amount)
    """The price of the cheapest licence on sale, or else what was paid for the model; for an order, the most
    that is paid. Base units of ``token``."""
    licence: Mapped[str | None] = mapped_column(String(128))
    risk_class: Mapped[int | None]
    size: Mapped[int | None]
    """The size of the opened file (bytes)."""
    inputs: Mapped[str | None] = mapped_column(String(300))
    outputs: Mapped[str | None] = mapped_column(String(300))
    audits: Mapped[int]
    """How many auditors have approved it."""
    approved_until: Mapped[int | None]
    """When the last of those approvals expires."""
    rejections: Mapped[int]
    disputes: Mapped[int]
    bids: Mapped[int]
    deadline: Mapped[int | None]
    missing: Mapped[bool]
    """Whether its document is unavailable."""


class ListingTag(Base):
    """A facet of which a listing can have several, such as its purposes and auditors."""

    __tablename__ = "listing_tags"
    __table_args__ = (Index("ix_listing_tags_name_value", "name", "value"),)

    listing: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    """``auditor``, ``test_set`` (passed), ``domain``, ``purpose``, ``way`` (of buying it)."""
    value: Mapped[str] = mapped_column(String(90), primary_key=True)
