"""An encrypted file in artifact storage, and the commitments to what is inside."""

from typing import Annotated, Literal

from pydantic import Field

from assay.manifests.base import Part
from assay.manifests.fields import CidText, Digest, Size


class SealedArtifact(Part):
    """What :func:`assay.seal.seal_file` made: where the ciphertext is and what it must open to.

    The AEAD alone would let a sealer craft a file that opens differently under two keys; the plaintext's
    digest and the content key's hash leave one key and one plaintext.
    """

    cid: CidText
    """Of the ciphertext."""
    sha256: Digest
    """Of the ciphertext as a plain byte string, for tools that know no CIDs."""
    size: Size
    """Of the ciphertext, bytes."""
    plaintext_sha256: Digest
    plaintext_size: Size
    chunk_size: Annotated[int, Field(ge=1024, le=16 * 1024 * 1024)]
    """Plaintext bytes in every chunk but the last."""
    aead: Literal["AES-256-GCM-STREAM"] = "AES-256-GCM-STREAM"
    key_hash: Digest
    """See :attr:`assay.seal.ContentKey.hash`."""
