"""What a customer orders."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from assay.errors import SealError
from assay.manifests.base import Manifest
from assay.manifests.change_plan import ChangePlan
from assay.manifests.evaluation import EvaluationSpec, Reference, Score, Tolerance
from assay.manifests.evaluation.units import is_none
from assay.manifests.fields import Digest, Line, Prose, Slug
from assay.wallet.secp256k1 import Point


def _usable(text: str) -> str:
    try:
        Point.parse(text)
    except SealError as error:
        raise ValueError(error.message) from None
    return text


DeliveryPoint = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{128}$"), AfterValidator(_usable)]
"""A point of secp256k1 (x and y, 32 bytes each) to which a content key can be delivered."""


class CommissionSpec(Manifest):
    """The order as developers read it and validators execute it. Nothing of it changes after it is opened.

    Scores are in ppm, greater is better (see :mod:`assay.manifests.evaluation`).
    """

    kind: Literal["CommissionSpec"] = "CommissionSpec"
    version: Literal[1] = 1
    title: Line
    description: Prose
    domain: Slug
    evaluation: EvaluationSpec
    dataset: Digest
    """Digest of the DatasetManifest of the hidden validation set."""
    customer_key: Digest
    """The customer's X25519 key, to which the panel seals its details."""
    delivery_key: DeliveryPoint
    """The customer's delivery key, to which the model's key is delivered; see :mod:`assay.seal.delivery`."""
    reference: Reference
    threshold: Score
    """A model passes at this primary score."""
    tolerance: Tolerance
    """Reports agree if they differ by no more than this (ppm)."""
    effort_score: Score
    """A failed attempt at or above this score earns the effort fee."""
    submission_cap: Annotated[int, Field(ge=1, le=255)]
    deliverable: Prose
    """What is handed over and on what terms: format, licence, documentation."""
    training_data: Prose
    """What the developer may train on, and where it is found."""
    maintains: Digest | None = Field(default=None, exclude_if=is_none)
    """Digest of the ModelManifest whose next version is ordered."""
    change_plan: ChangePlan | None = Field(default=None, exclude_if=is_none)
    """For versions after the ordered one; without it, the previous version's plan stays in force."""

    @property
    def recipient(self) -> Point:
        """The delivery key."""
        return Point.parse(self.delivery_key)
