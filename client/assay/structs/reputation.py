"""Reputation: what finished deals say about their participants."""

from __future__ import annotations

from assay.manifests.fields import Address
from assay.structs.base import Choice, Struct


class FactKind(Choice):
    """What happened; odd kinds speak for their subject, even ones against it."""

    NONE = 0
    VALIDATION_PASSED = 1
    VALIDATION_FAILED = 2
    DEADLINE_KEPT = 3
    DEADLINE_MISSED = 4
    AUDIT_PASSED = 5
    AUDIT_FAILED = 6
    DISPUTE_WON = 7
    DISPUTE_LOST = 8
    DATA_SOUND = 9
    BAD_DATA = 10
    CONSENT_HONOURED = 11
    CONSENT_IGNORED = 12

    @property
    def good(self) -> bool:
        """Whether it speaks for its subject."""
        return self.value % 2 == 1


class Fact(Struct):
    """What happened to *subject* in a deal, *count* times."""

    subject: Address
    domain: int
    kind: FactKind
    count: int
    weight: int
    """Weight of each, in millionths: what the deal paid to non-parties, or has put at stake."""


class ReputationParts(Struct):
    """What a score is calculated from."""

    facts: tuple[int, ...]
    """Weights by :class:`FactKind`."""
    rating_weight: int
    rating_sum: int
