"""Chambers and MarketGovernor: seats, proposals, votes by chamber."""

from __future__ import annotations

from pydantic import Field

from assay.manifests.fields import Address
from assay.structs.base import Bytes32, Choice, Struct
from assay.structs.registry import Role


class ProposalState(Choice):
    """Where a proposal stands (OpenZeppelin's Governor)."""

    PENDING = 0
    ACTIVE = 1
    CANCELED = 2
    DEFEATED = 3
    SUCCEEDED = 4
    QUEUED = 5
    EXPIRED = 6
    EXECUTED = 7


class Support(Choice):
    """How a vote is cast."""

    AGAINST = 0
    FOR = 1
    ABSTAIN = 2


class ChamberSeat(Struct):
    """An accreditor's statement that an entity may take a seat (EIP-712)."""

    subject: Address
    role: Role
    """The chamber."""
    entity: Bytes32
    valid_until: int
    """Unix seconds: the seat's end."""
    nonce: int = Field(ge=0)
    deadline: int
    """Unix seconds by which it must be presented."""


class SeatRecord(Struct):
    """A seat as recorded in the chambers; an empty entity means no seat."""

    entity: Bytes32
    accreditor: Address
    role: Role
    votes: bool
    counts_from: int
    valid_until: int
    revoked_by: Address
    ends_at: int


class ChamberTally(Struct):
    """One chamber's vote on a proposal."""

    votes: int
    against: int
    in_favour: int
    abstain: int
    approves: bool


class GovernorSettings(Struct):
    """The governor's times (seconds) and what a vote requires."""

    voting_delay: int
    voting_period: int
    regulator_delay: int
    quorum_ppm: int
    min_chambers: int
