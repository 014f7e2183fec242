"""What parties agree to: signed texts, and the bonds that back them."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from assay_indexer.tables.base import Account, Amount, Digest, State, Words


class Signature(State):
    """That a party has agreed to a text."""

    __tablename__ = "signatures"

    text: Mapped[str] = mapped_column(Digest, primary_key=True)
    """Digest of the agreement."""
    party: Mapped[str] = mapped_column(Account, primary_key=True, index=True)
    signed_at: Mapped[int]


class KeptAgreement(State):
    """An agreement for which a signature is not enough: its keeper says who has agreed."""

    __tablename__ = "kept_agreements"

    name: Mapped[str] = mapped_column(Digest, primary_key=True)
    """The name by which offers and orders require it."""
    keeper: Mapped[str] = mapped_column(String(42))
    """Name of the contract, or its address if it is not one of the market's."""
    kept_at: Mapped[int]
    text: Mapped[str | None] = mapped_column(Digest, index=True)
    """Known only from the keeper Pledges: the digest of the text, and everything below."""
    beneficiary: Mapped[str | None] = mapped_column(Account, index=True)
    token: Mapped[str | None] = mapped_column(Account)
    bond: Mapped[int | None] = mapped_column(Amount)
    term: Mapped[int | None]
    """How long after the pledge a breach can be claimed, in seconds."""
    domain: Mapped[int | None]


class Pledge(State):
    """A bond that a party has put up behind an agreement."""

    __tablename__ = "pledges"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    agreement: Mapped[str] = mapped_column(Digest, index=True)
    party: Mapped[str] = mapped_column(Account, index=True)
    pledged_at: Mapped[int]
    """When it was pledged, or renewed."""
    until: Mapped[int]
    state: Mapped[str] = mapped_column(Words)
    """``pledged``, ``disputed``, ``returned`` or ``forfeited``."""
    deadline: Mapped[int]
    to_beneficiary: Mapped[int | None] = mapped_column(Amount)
    burnt: Mapped[int | None] = mapped_column(Amount)
