"""Licences: what owners of models offer, and what was bought."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from assay_indexer.tables.base import Account, Amount, Digest, State, Words


class Offer(State):
    """Licences to a model or dataset that its owner offers."""

    __tablename__ = "offers"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    good: Mapped[str] = mapped_column(Digest, index=True)
    """Digest of the manifest."""
    seller: Mapped[str] = mapped_column(Account, index=True)
    licence: Mapped[str | None] = mapped_column(Digest)
    """Digest of the Licence manifest."""
    token: Mapped[str] = mapped_column(Account)
    price: Mapped[int] = mapped_column(Amount)
    """Of each seat."""
    seats: Mapped[int]
    """Of one sale, at most."""
    term: Mapped[int]
    """Seconds from the delivery; 0 for no end."""
    purposes: Mapped[int]
    """Bitmap: see ``assay.manifests.licence.purposes_of``."""
    offered_at: Mapped[int]
    withdrawn: Mapped[bool]


class LicenceSale(State):
    """A licence that was bought."""

    __tablename__ = "licence_sales"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    offer_id: Mapped[int] = mapped_column(index=True)
    good: Mapped[str | None] = mapped_column(Digest, index=True)
    seller: Mapped[str] = mapped_column(Account)
    holder: Mapped[str] = mapped_column(Account, index=True)
    price: Mapped[int] = mapped_column(Amount)
    """Of all seats."""
    seats: Mapped[int]
    state: Mapped[str] = mapped_column(Words)
    """``bought``, ``delivered``, ``collected`` or ``refunded``."""
    bought_at: Mapped[int]
    delivered_at: Mapped[int | None]
