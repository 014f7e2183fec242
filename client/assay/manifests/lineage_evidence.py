"""Evidence for or against a claim that a model was made from another one that its lineage does not name."""

from typing import Annotated, Literal

from pydantic import Field

from assay.manifests.base import Manifest
from assay.manifests.dispute_evidence import Exhibit
from assay.manifests.fields import Address, ChainId, CidText, Digest, Line, Prose


class LineageEvidence(Manifest):
    """A party's side of a claim of lineage. Everybody can read it: nothing secret belongs here."""

    kind: Literal["LineageEvidence"] = "LineageEvidence"
    version: Literal[1] = 1
    chain_id: ChainId
    parent: Digest
    """Digest of the manifest of the model that is said to have been used."""
    child: Digest
    """Digest of the manifest of the model that does not name it."""
    party: Address
    claim: Line
    statement: Prose
    exhibits: Annotated[tuple[Exhibit, ...], Field(max_length=50)] = ()
    watermark: CidText | None = Field(default=None, exclude_if=lambda watermark: watermark is None)
    """A file with a :class:`~assay.manifests.trigger_set.WatermarkClaim`, which jurors can verify."""
