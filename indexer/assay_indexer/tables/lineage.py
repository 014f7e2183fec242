"""Claims that a model was made from another one and does not say so."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from assay_indexer.tables.base import Account, Amount, Digest, State, Words


class LineageTerms(State):
    """What a model asks of those that are made from it without a licence that says what they owe."""

    __tablename__ = "lineage_terms"

    good: Mapped[str] = mapped_column(Digest, primary_key=True)
    """The digest of the manifest of one version."""
    token: Mapped[str] = mapped_column(Account)
    ppm: Mapped[int]
    """The share of the price of each sale that is owed."""
    floor: Mapped[int] = mapped_column(Amount)
    """The least that is owed for each seat."""
    since: Mapped[int]


class LineageClaim(State):
    """A claim that a model was made from another one."""

    __tablename__ = "lineage_claims"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    parent: Mapped[str] = mapped_column(Digest, index=True)
    """The digest of the manifest of the model that is said to have been used."""
    child: Mapped[str] = mapped_column(Digest, index=True)
    claimant: Mapped[str] = mapped_column(Account, index=True)
    respondent: Mapped[str] = mapped_column(Account, index=True)
    denied: Mapped[bool]
    token: Mapped[str] = mapped_column(Account)
    bond: Mapped[int] = mapped_column(Amount)
    """The bond of each side."""
    evidence: Mapped[str | None] = mapped_column(Digest)
    answer: Mapped[str | None] = mapped_column(Digest)
    """Digest of the respondent's evidence; None if it has not denied the claim."""
    claimed_at: Mapped[int]
    state: Mapped[str] = mapped_column(Words)
    """``claimed``, ``challenge``, ``disputed``, ``upheld``, ``refused`` or ``undecided``. After its deadline,
    ``claimed`` becomes ``challenge`` without an event."""
    deadline: Mapped[int]
    admitted: Mapped[bool | None]
    """Whether the child's owner, rather than a jury, upheld it; None if it is not upheld."""
    ppm: Mapped[int | None]
    """The share of the price that later sales of the child owe; the next column is the least."""
    floor: Mapped[int | None] = mapped_column(Amount)
