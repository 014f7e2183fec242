"""Opinions: offers to auditors of the asker's choice, and what they said."""

from __future__ import annotations

from assay.manifests.fields import Address
from assay.structs.base import Amount, Bytes32, Choice, Struct


class OpinionState(Choice):
    """The state of an opinion."""

    NONE = 0
    OFFERED = 1
    ACCEPTED = 2
    POSTED = 3
    WITHDRAWN = 4


class OpinionOffer(Struct):
    """What is asked of whom, and for what fee."""

    market: Address
    deal_id: int
    subject: Bytes32
    """Digest of the ModelManifest that the deal's developer last submitted."""
    auditor: Address
    token: Address
    fee: Amount
    window: int
    """Seconds from acceptance to the opinion."""


class Opinion(Struct):
    """An opinion as it stands."""

    offer: OpinionOffer
    asker: Address
    state: OpinionState
    approved: bool
    deadline: int
    """Unix seconds; 0 until accepted."""
    at: int
    """Unix seconds; 0 until posted."""
    expires: int
