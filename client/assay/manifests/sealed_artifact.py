"""An encrypted file in artifact storage, and the commitments to what is inside."""

from typing import Annotated, Literal

from pydantic import Field

from assay.manifests.base import Part
from assay.manifests.fields import CidText, Digest, Size
from assay.store.cid import Cid


class SealedArtifact(Part):
    """What :func:`assay.seal.seal_file` made: where the ciphertext is and what it must open to.

    The AEAD alone would let a sealer craft a file that opens differently under two keys; the plaintext's
    digest and the content key's hash leave one key and one plaintext.
    """

    cid: CidText
    """CID of the ciphertext."""
    size: Size
    """Size of the ciphertext, bytes."""
    plaintext_sha256: Digest
    plaintext_size: Size
    chunk_size: Annotated[int, Field(ge=1024, le=16 * 1024 * 1024)]
    """Plaintext bytes in every chunk but the last."""
    aead: Literal["AES-256-GCM-STREAM"] = "AES-256-GCM-STREAM"
    key_hash: Digest
    """See :attr:`assay.seal.ContentKey.hash`."""
    key_salt: Digest | None = None
    """Random bytes from which the owner's wallet derives the content key; none if the key is not derived."""

    @property
    def ciphertext(self) -> str:
        """The digest in the CID (64 hex digits), which identifies the ciphertext on-chain."""
        return Cid.parse(self.cid).digest.hex()
