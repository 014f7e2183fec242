"""Participants, what they have at stake, what is recorded about them, and their money."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from assay_indexer.tables.base import Account, Amount, Digest, Fact, State, Words


class Participant(State):
    """Somebody who is registered, or accredited."""

    __tablename__ = "participants"

    account: Mapped[str] = mapped_column(Account, primary_key=True)
    number: Mapped[int | None]
    """From 1 on; None before registration."""
    primary_role: Mapped[str] = mapped_column(Words)
    roles: Mapped[list[Any]]
    """All roles, in words."""
    jurisdiction: Mapped[int]
    domains: Mapped[list[Any]]
    """Numbers from Policy's list."""
    organisation: Mapped[str | None] = mapped_column(Digest)
    encryption_key: Mapped[str | None] = mapped_column(Digest)
    trusted_from: Mapped[int]
    accredited_as: Mapped[str | None] = mapped_column(Words)
    accredited_until: Mapped[int | None]
    accreditor: Mapped[str | None] = mapped_column(Account)
    registered_at: Mapped[int | None]


class Tie(State):
    """A tie that somebody has declared."""

    __tablename__ = "ties"

    account: Mapped[str] = mapped_column(Account, primary_key=True)
    other: Mapped[str] = mapped_column(Account, primary_key=True)
    until: Mapped[int]


class Stake(State):
    """A validator's stake, in base units of the staking token."""

    __tablename__ = "stakes"

    validator: Mapped[str] = mapped_column(Account, primary_key=True)
    amount: Mapped[int] = mapped_column(Amount)
    """The stake, without what is exiting."""
    exiting: Mapped[int] = mapped_column(Amount)
    exit_at: Mapped[int | None]
    slashed: Mapped[int] = mapped_column(Amount)
    """How much was slashed in all."""


class Slash(Fact):
    """A validator's loss of stake."""

    __tablename__ = "slashes"

    validator: Mapped[str] = mapped_column(Account, index=True)
    module: Mapped[str] = mapped_column(String(42))
    amount: Mapped[int] = mapped_column(Amount)
    reason: Mapped[str] = mapped_column(String(80))


class Movement(Fact):
    """Money that moved into, within or out of Escrow."""

    __tablename__ = "movements"

    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(Words)
    """``deposit``, ``withdrawal``, ``hold``, ``release``, ``transfer`` (from hold to hold) or ``burn``."""
    token: Mapped[str] = mapped_column(Account)
    amount: Mapped[int] = mapped_column(Amount)
    payer: Mapped[str | None] = mapped_column(Account, index=True)
    payee: Mapped[str | None] = mapped_column(Account, index=True)
    module: Mapped[str | None] = mapped_column(String(42))
    """Name of the contract that holds it, or its address."""
    hold: Mapped[str | None] = mapped_column(Digest, index=True)


class Hold(State):
    """Money that a contract holds for one of its deals."""

    __tablename__ = "holds"

    module: Mapped[str] = mapped_column(String(42), primary_key=True)
    hold: Mapped[str] = mapped_column(Digest, primary_key=True)
    token: Mapped[str] = mapped_column(Account, primary_key=True)
    amount: Mapped[int] = mapped_column(Amount)


class Balance(State):
    """An account's money in Escrow."""

    __tablename__ = "balances"

    account: Mapped[str] = mapped_column(Account, primary_key=True)
    token: Mapped[str] = mapped_column(Account, primary_key=True)
    amount: Mapped[int] = mapped_column(Amount)


class ReputationFact(Fact):
    """Something that a participant has done, as a deal says."""

    __tablename__ = "reputation_facts"

    source: Mapped[str] = mapped_column(String(42))
    deal_id: Mapped[int]
    subject: Mapped[str] = mapped_column(Account, index=True)
    domain: Mapped[int]
    kind: Mapped[str] = mapped_column(Words)
    count: Mapped[int]
    weight: Mapped[int] = mapped_column(Amount)


class Rating(Fact):
    """A customer's rating of a developer."""

    __tablename__ = "ratings"

    source: Mapped[str] = mapped_column(String(42))
    deal_id: Mapped[int]
    subject: Mapped[str] = mapped_column(Account, index=True)
    rater: Mapped[str] = mapped_column(Account)
    domain: Mapped[int]
    stars: Mapped[int]
    weight: Mapped[int] = mapped_column(Amount)
    comment: Mapped[str] = mapped_column(Digest)


class Name(State):
    """What a number of Policy's lists stands for. The names are governance's."""

    __tablename__ = "names"

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    """``domain``, ``jurisdiction`` or ``purpose``."""
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(64))


class Proposal(State):
    """A proposal to change the rules. Its description is its proposer's."""

    __tablename__ = "proposals"

    id: Mapped[str] = mapped_column(String(78), primary_key=True)
    proposer: Mapped[str] = mapped_column(Account)
    description: Mapped[str]
    vote_start: Mapped[int]
    vote_end: Mapped[int]
    state: Mapped[str] = mapped_column(Words)
    """``proposed``, ``queued``, ``executed`` or ``cancelled``."""
    proposed_at: Mapped[int]


class ProposalVote(Fact):
    """A vote on a proposal."""

    __tablename__ = "proposal_votes"

    proposal_id: Mapped[str] = mapped_column(String(78), index=True)
    voter: Mapped[str] = mapped_column(Account)
    support: Mapped[str] = mapped_column(Words)
    weight: Mapped[int] = mapped_column(Amount)
    reason: Mapped[str]
