"""What one validator found, signed."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from assay.manifests.base import Manifest, Part
from assay.manifests.evaluation import MAX_CRITERIA, ReportStatus, Score
from assay.manifests.fields import Address, ChainId, Digest, Line, Uint256

Signature = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{130}$")]


class SealedMessage(Part):
    """A short text for one reader (see :mod:`assay.seal.message`)."""

    public_key: Digest
    """The reader's X25519 key."""
    enc: Digest
    ciphertext: Annotated[
        str, StringConstraints(pattern=r"^([0-9a-f]{2})+$", min_length=32, max_length=131_072)
    ]


class ValidationReport(Manifest):
    """Only what everybody may learn: the scores rounded to its step, and pass or fail for each criterion.

    Anything finer would let a developer climb towards the hidden data; it goes sealed to the customer. Why
    there is no answer goes sealed to each party, in as much detail as it may know.
    """

    kind: Literal["ValidationReport"] = "ValidationReport"
    version: Literal[2] = 2
    chain_id: ChainId
    oracle: Address
    request_id: Uint256
    validator: Address
    status: ReportStatus
    scores: Annotated[tuple[Score, ...], Field(max_length=32)]
    """One for each subject; none unless the status is ANSWERED."""
    criteria: Annotated[int, Field(ge=0, lt=2**MAX_CRITERIA)]
    """Bit i is set when criterion i of the spec passes, for every subject."""
    word: Digest
    """On which those who answered must agree."""
    work: Digest
    """Digest of the manifest that says what was to be done."""
    artifacts: Annotated[tuple[Digest, ...], Field(max_length=8)]
    """Digests of the manifests of what it was done on: the data, then the models."""
    evaluator: Line
    """Name and version of the software that evaluated."""
    sealed_details: SealedMessage | None = None
    """For the reader that the work names: see :class:`assay.manifests.node_report.PrivateDetails`."""
    sealed_reasons: Annotated[tuple[SealedMessage, ...], Field(max_length=8)] = ()
    """Why there is no answer, for each party whose artifact was asked about: see
    :class:`assay.manifests.reason.Reason`."""
    signature: Signature | None = None
    """EIP-712 ``Report`` by the validator over :meth:`unsigned_digest`."""

    def unsigned_digest(self) -> bytes:
        """sha2-256 of this report without its signature: the ``manifest`` that the signature covers."""
        return self.model_copy(update={"signature": None}).digest()
