"""Finished models: what may be sold, what is offered, auctioned or put on trial, and what was bought."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from assay_indexer.tables.base import Account, Amount, Digest, Long, State, Words


class Good(State):
    """A model or dataset that may be sold."""

    __tablename__ = "goods"

    digest: Mapped[str] = mapped_column(Digest, primary_key=True)
    """The digest of the manifest."""
    kind: Mapped[str] = mapped_column(Words)
    model_id: Mapped[int] = mapped_column(index=True)
    domain: Mapped[int]
    risk_class: Mapped[int]
    set_id: Mapped[int]
    """The third party's test set that it passed; 0 if it comes from a commission."""
    listed_at: Mapped[int]
    reservation: Mapped[str] = mapped_column(Words)
    """``free``, ``reserved`` for one deal, or ``void``: sold exclusively."""
    reserved_by: Mapped[str | None] = mapped_column(String(42))
    """Name of the market for whose deal it is reserved; the next column is the deal."""
    reserved_for: Mapped[int | None]


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
    """The price of each seat."""
    seats: Mapped[int]
    """The most seats in one sale."""
    term: Mapped[int]
    """Seconds from the delivery; 0 for no end."""
    purposes: Mapped[int]
    """Bitmap: see ``assay.manifests.licence.purposes_of``."""
    agreement: Mapped[str | None] = mapped_column(Digest, index=True)
    """What a buyer must have agreed to; None for nothing."""
    bond: Mapped[int] = mapped_column(Amount)
    """The seller's bond behind each sale."""
    audience: Mapped[int]
    """Bitmap of roles, one of which a buyer must hold; 0 for everybody."""
    royalty_ppm: Mapped[int]
    royalty_floor: Mapped[int] = mapped_column(Amount)
    fee_ppm: Mapped[int]
    """The market's share of the price."""
    delivery_window: Mapped[int]
    challenge_window: Mapped[int]
    """In seconds, like the column before."""
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
    token: Mapped[str | None] = mapped_column(Account)
    price: Mapped[int] = mapped_column(Amount)
    """The price of all seats."""
    bond: Mapped[int] = mapped_column(Amount)
    """The seller's bond."""
    seats: Mapped[int]
    term: Mapped[int]
    """Seconds from the delivery; 0 for no end."""
    state: Mapped[str] = mapped_column(Words)
    """``bought``, ``delivered``, ``collected`` or ``refunded``."""
    deadline: Mapped[int]
    """The deadline of the state (Unix seconds)."""
    challenge_window: Mapped[int]
    """Seconds."""
    bought_at: Mapped[int]
    delivered_at: Mapped[int | None]
    refuted: Mapped[bool]
    """Whether the buyer has proved that a wrong key was delivered."""


class TrialAllowance(State):
    """What a seller allows for one of its offers: buyers that try the model on data of their own first."""

    __tablename__ = "trial_allowances"

    offer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    exposure_fee: Mapped[int] = mapped_column(Amount)
    """What the seller gets for each trial, however it ends."""
    bond: Mapped[int] = mapped_column(Amount)
    """The bond that the seller puts up for each trial."""
    quota: Mapped[int]
    """How many trials may still be opened."""
    exclusive: Mapped[bool]
    """Whether the first buyer whose trial is passed is the last buyer."""


class LicenceAuction(State):
    """An auction of licences, in the contracts a sealed sale. Its bids are those of ``auction_id``."""

    __tablename__ = "licence_auctions"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    good: Mapped[str] = mapped_column(Digest, index=True)
    seller: Mapped[str] = mapped_column(Account, index=True)
    auction_id: Mapped[int] = mapped_column(Long, index=True)
    offer_id: Mapped[int]
    """The offer on whose terms the licences are sold."""
    token: Mapped[str] = mapped_column(Account)
    reserve: Mapped[int] = mapped_column(Amount)
    """The least that a licence costs."""
    deposit: Mapped[int] = mapped_column(Amount)
    """The deposit of each bidder: the most that a licence can cost."""
    bond: Mapped[int] = mapped_column(Amount)
    """The seller's bond behind each licence."""
    seats: Mapped[int]
    """The seats of each licence."""
    licences: Mapped[int]
    exclusive: Mapped[bool]
    """Whether nobody else may buy the good afterwards."""
    opened_at: Mapped[int]
    commit_ends: Mapped[int]
    reveal_ends: Mapped[int]
    closed_at: Mapped[int | None]
    sold: Mapped[int | None]
    """How many of the licences were sold."""
    forfeited: Mapped[int | None] = mapped_column(Amount)
    """How much of the seller's bond was forfeited."""


class AuctionBidder(State):
    """Who has named a delivery key in an auction of licences, and what came of it."""

    __tablename__ = "auction_bidders"

    auction: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    bidder: Mapped[str] = mapped_column(Account, primary_key=True, index=True)
    named_at: Mapped[int]
    licence: Mapped[int | None]
    """The number of the licence that it bought."""
    price: Mapped[int | None] = mapped_column(Amount)
    refused: Mapped[bool]
    """Whether it won but could not be served; its deposit was returned."""
