"""Claims that a model was made from another one and does not say so."""

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
    """What a model asks of those that are made from it without a licence that says what they owe."""

    token: Address
    """Of the floor, and of the bonds of claims."""
    ppm: int
    since: int
    """Unix seconds; 0 where it says nothing."""
    floor: Amount
    """The least for each seat."""


class LineageClaim(Struct):
    """A claim as it stands."""

    state: LineageClaimState
    deadline: int
    """Of the state, Unix seconds."""
    claimant: Address
    respondent: Address
    denied: bool
    """Under bond."""
    parent: Bytes32
    child: Bytes32
    token: Address
    bond: Amount
    """Of each side."""
    claimed_at: int
