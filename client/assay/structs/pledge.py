"""Pledges: agreements backed by a bond."""

from __future__ import annotations

from assay.manifests.fields import Address
from assay.structs.base import Amount, Bytes32, Choice, Struct


class PledgeState(Choice):
    """Where a pledge stands."""

    NONE = 0
    PLEDGED = 1
    DISPUTED = 2
    RETURNED = 3
    FORFEITED = 4


class PledgeTerms(Struct):
    """The terms of an agreement."""

    text: Bytes32
    """Digest of the text."""
    beneficiary: Address
    token: Address
    bond: Amount
    term: int
    """Seconds from the pledge for which a breach can be claimed."""
    domain: int
    """Domain of the experts that may be asked."""


class PledgeStanding(Struct):
    """How a pledge stands."""

    state: PledgeState
    deadline: int
    """Deadline of the state, Unix seconds."""
