"""Deals of any market, and what they lead to: bids, attempts, models and their versions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from assay_indexer.tables.base import Account, Amount, Digest, Fact, Long, State, Words


class Deal(State):
    """A deal as it stands. What only one market knows is in ``terms``, by the contract's names."""

    __tablename__ = "deals"
    __table_args__ = (Index("ix_deals_state_opened", "market", "state", "opened_at"),)

    market: Mapped[str] = mapped_column(String(40), primary_key=True)
    """Name of the contract, such as ``CommissionMarket``."""
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(Words)
    """In words. A commission's "bidding" is "revealing" from ``commit_ends`` on: see ``queries``."""
    cause: Mapped[str | None] = mapped_column(Words)
    """Why it ended, or is to end, in a refund."""
    deadline: Mapped[int]
    """The deadline of the state (Unix seconds)."""
    buyer: Mapped[str] = mapped_column(Account, index=True)
    seller: Mapped[str | None] = mapped_column(Account, index=True)
    """None before the award."""
    token: Mapped[str] = mapped_column(Account)
    total: Mapped[int] = mapped_column(Amount)
    """The amount locked when it was opened; amounts are base units of the token."""
    reserve: Mapped[int] = mapped_column(Amount)
    price: Mapped[int | None] = mapped_column(Amount)
    bond: Mapped[int | None] = mapped_column(Amount)
    bid_bond: Mapped[int | None] = mapped_column(Amount)
    """What a bid locks."""
    opened_at: Mapped[int]
    commit_ends: Mapped[int | None]
    reveal_ends: Mapped[int | None]
    ended_at: Mapped[int | None]
    spec: Mapped[str] = mapped_column(Digest, index=True)
    dataset: Mapped[str | None] = mapped_column(Digest)
    domain: Mapped[int]
    risk_class: Mapped[int]
    threshold: Mapped[int | None]
    """In ppm, like all scores."""
    attempts: Mapped[int]
    submission_cap: Mapped[int]
    score: Mapped[int | None]
    """The score of the last attempt that was scored."""
    best_score: Mapped[int | None]
    passed: Mapped[bool]
    """Whether the last attempt passed."""
    auction_id: Mapped[int | None] = mapped_column(Long, index=True)
    panel_id: Mapped[int | None] = mapped_column(Long, index=True)
    audit_id: Mapped[int | None]
    model_id: Mapped[int | None]
    manifest: Mapped[str | None] = mapped_column(Digest, index=True)
    """The manifest of the model last submitted."""
    arbitrator: Mapped[str | None] = mapped_column(Account)
    delivered_at: Mapped[int | None]
    refuted_at: Mapped[int | None]
    fee: Mapped[int | None] = mapped_column(Amount)
    """What finally goes to the treasury."""
    returned: Mapped[int | None] = mapped_column(Amount)
    """What finally goes back to the buyer."""
    to_seller: Mapped[int | None] = mapped_column(Amount)
    burnt: Mapped[int | None] = mapped_column(Amount)
    terms: Mapped[dict[str, Any]]


class Attempt(State):
    """A model that was submitted in a deal."""

    __tablename__ = "attempts"

    market: Mapped[str] = mapped_column(String(40), primary_key=True)
    deal_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """From 1 on."""
    developer: Mapped[str] = mapped_column(Account, index=True)
    manifest: Mapped[str] = mapped_column(Digest, index=True)
    grants: Mapped[str] = mapped_column(Digest)
    lineage: Mapped[list[Any]]
    payees: Mapped[list[Any]]
    submitted_at: Mapped[int]
    evaluated_at: Mapped[int | None]
    score: Mapped[int | None]
    """None if the panel gave none."""
    criteria: Mapped[int | None]
    """Bit i is set if criterion i of the order was passed."""
    passed: Mapped[bool | None]


class Auction(State):
    """A sealed-bid auction."""

    __tablename__ = "auctions"

    id: Mapped[int] = mapped_column(Long, primary_key=True, autoincrement=False)
    market: Mapped[str | None] = mapped_column(String(40))
    """With the next column, the deal that it is for."""
    deal_id: Mapped[int | None]
    opener: Mapped[str] = mapped_column(Account)
    token: Mapped[str] = mapped_column(Account)
    bond: Mapped[int] = mapped_column(Amount)
    reserve: Mapped[int] = mapped_column(Amount)
    sale: Mapped[bool]
    """Whether the highest bids win; otherwise the lowest do."""
    opened_at: Mapped[int]
    commit_ends: Mapped[int]
    reveal_ends: Mapped[int]
    winners: Mapped[int]
    """The most winners that there can be."""
    bids: Mapped[int]
    revealed: Mapped[int]
    first_bid_at: Mapped[int | None]
    closed_at: Mapped[int | None]
    price: Mapped[int | None] = mapped_column(Amount)
    forfeited: Mapped[int | None] = mapped_column(Amount)


class Bid(State):
    """A bid, sealed until it is revealed."""

    __tablename__ = "bids"

    auction_id: Mapped[int] = mapped_column(Long, primary_key=True, autoincrement=False)
    bidder: Mapped[str] = mapped_column(Account, primary_key=True, index=True)
    sealed: Mapped[str] = mapped_column(Digest)
    committed_at: Mapped[int]
    revealed_at: Mapped[int | None]
    price: Mapped[int | None] = mapped_column(Amount)
    won: Mapped[bool]
    reclaimed: Mapped[bool]
    """Whether the bond was taken back."""


class Model(State):
    """A registered model."""

    __tablename__ = "models"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    owner: Mapped[str] = mapped_column(Account, index=True)
    manifest: Mapped[str | None] = mapped_column(Digest)
    """The manifest of the newest version."""
    versions: Mapped[int]
    created_at: Mapped[int]


class Version(State):
    """A version of a model, by the digest of its manifest."""

    __tablename__ = "versions"

    manifest: Mapped[str] = mapped_column(Digest, primary_key=True)
    model_id: Mapped[int] = mapped_column(index=True)
    number: Mapped[int]
    """The number among the model's versions, from 1 on."""
    developer: Mapped[str] = mapped_column(Account, index=True)
    module: Mapped[str] = mapped_column(String(42))
    """Name of the contract that registered it, or its address if it is not one of the market's."""
    deal_id: Mapped[int]
    score: Mapped[int]
    submission_hash: Mapped[str] = mapped_column(Digest)
    registered_at: Mapped[int]


class Ancestor(Fact):
    """What a version was made from: as its developer states, or as was found later."""

    __tablename__ = "ancestors"

    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    manifest: Mapped[str] = mapped_column(Digest, index=True)
    kind: Mapped[str] = mapped_column(Words)
    """``model``, ``dataset`` or ``training job``."""
    ref: Mapped[str] = mapped_column(Digest, index=True)
    claim: Mapped[int | None]
    """The claim that was upheld; None if its developer stated it."""
