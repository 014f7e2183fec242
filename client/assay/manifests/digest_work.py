"""A question that any market can ask about any artifact: what is in it?"""

from typing import Literal

from assay.manifests.base import Manifest
from assay.manifests.fields import Digest


class DigestWork(Manifest):
    """Have a panel attest which plaintext an artifact opens to.

    The answer is the sha2-256 of the 32 bytes of `challenge` and the plaintext. Whoever is shown the
    plaintext later can compare, also on-chain. The challenge keeps the answer from being read off the
    artifact's manifest, which says the plaintext's own digest: draw it at random for each question.
    """

    kind: Literal["DigestWork"] = "DigestWork"
    version: Literal[1] = 1
    challenge: Digest
