"""Goods: what may be sold, the result behind it, and what its sales owe."""

from __future__ import annotations

from assay.manifests.fields import Address
from assay.structs.base import Amount, Bytes32, Choice, Struct


class GoodKind(Choice):
    """What is sold."""

    NONE = 0
    MODEL = 1
    DATASET = 2


class GoodEvidence(Choice):
    """The result that a good rests on."""

    COMMISSION = 0
    ASSESSMENT = 1


class Reservation(Choice):
    """Whether anybody may sell it."""

    FREE = 0
    RESERVED = 1
    VOID = 2


class Good(Struct):
    """A good as it stands."""

    kind: GoodKind
    evidence: GoodEvidence
    reservation: Reservation
    domain: int
    risk_class: int
    set_id: int
    """The third party's set that it passed; 0 for a commission's."""
    token_id: int
    """The model's, in ModelRegistry."""
    edition: int
    """Of its royalties: counts whenever an ancestor is added."""
    listed_at: int
    """Unix seconds."""


class Royalty(Struct):
    """What a sale owes one ancestor."""

    token_id: int
    ppm: int
    floor: Amount
    """The least for each seat."""


class GoodRoyalties(Struct):
    """What a good's sales owe."""

    at: Address
    """Where the list is kept; zero for an empty one."""
    token: Address
    """Of the floors; zero where there are none."""
    royalties: tuple[Royalty, ...]


class GoodProof(Struct):
    """What shows that a panel has attested the content key."""

    key_hash: Bytes32
    ciphertext: Bytes32
    commitment: Bytes32
    set_id: int
    risk_class: int
