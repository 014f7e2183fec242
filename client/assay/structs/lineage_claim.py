"""Claims that a model was made from another one without declaring it."""

from __future__ import annotations

from assay.manifests.fields import Address
from assay.structs.base import Amount, Bytes32, Choice, Struct


class LineageClaimState(Choice):
    """Where a claim stands."""

    NONE = 0
    CLAIMED = 1
    CHALLENGE = 2
    DISPUTED = 3
    UPHELD = 4
    REFUSED = 5
    UNDECIDED = 6


class LineageTerms(Struct):
    """What a model demands of those made from it without a licence that sets what they owe."""

    token: Address
    """Token of the floor and of the claims' bonds."""
    ppm: int
    since: int
    """Unix seconds; 0 if there are no terms."""
    floor: Amount
    """The minimum for each seat."""


class LineageClaim(Struct):
    """A claim as it stands."""

    state: LineageClaimState
    deadline: int
    """Deadline of the state, Unix seconds."""
    claimant: Address
    respondent: Address
    denied: bool
    """Under bond."""
    parent: Bytes32
    child: Bytes32
    token: Address
    bond: Amount
    """Bond of each side."""
    claimed_at: int
