"""Goods: what may be sold, the result behind it, and what is owed on its sales."""

from __future__ import annotations

from assay.manifests.fields import Address
from assay.structs.base import Amount, Bytes32, Choice, Struct


class GoodKind(Choice):
    """What is sold."""

    NONE = 0
    MODEL = 1
    DATASET = 2


class GoodEvidence(Choice):
    """The result on which a good is based."""

    COMMISSION = 0
    ASSESSMENT = 1


class Reservation(Choice):
    """Whether the good may be sold."""

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
    """The third-party test set that it passed; 0 for a commission's model."""
    token_id: int
    """The model's id in ModelRegistry."""
    edition: int
    """Version of its royalties, incremented whenever an ancestor is added."""
    listed_at: int
    """Unix seconds."""


class Royalty(Struct):
    """What a sale owes one ancestor."""

    token_id: int
    ppm: int
    floor: Amount
    """The least for each seat."""


class GoodRoyalties(Struct):
    """What is owed on a good's sales."""

    at: Address
    """Where the list is stored; zero if it is empty."""
    token: Address
    """Token of the floors; zero if there are none."""
    royalties: tuple[Royalty, ...]


class GoodProof(Struct):
    """Proof that a panel has attested the content key."""

    key_hash: Bytes32
    ciphertext: Bytes32
    commitment: Bytes32
    set_id: int
    risk_class: int
