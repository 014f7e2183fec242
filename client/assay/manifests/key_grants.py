"""A content key, wrapped for each of those who may open an artifact."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from assay.manifests.base import Manifest, Part
from assay.manifests.fields import Address, ChainId, Digest, Uint256


class GrantContext(Part):
    """What a grant is for; it is bound into the encryption, so a grant is worthless for any other deal."""

    chain_id: ChainId
    contract: Address
    """Rounds for grants published there, else the contract that runs the deal."""
    deal_id: Uint256
    """The panel's number in Rounds, else the deal's."""
    purpose: Literal["panel", "audit"]
    """An artifact that a panel is asked about, to its members and to the deal's auditors; or model or data to
    an auditor of one's own choice."""
    artifact: Annotated[int, Field(ge=0, le=255)] = 0
    """Its index in the panel's question; 0 if there is no panel."""


class KeyGrant(Part):
    """The content key for one recipient: an HPKE encapsulation and ciphertext (RFC 9180)."""

    recipient: Address
    public_key: Digest
    """The recipient's X25519 key as registered when the deal took its snapshot."""
    enc: Digest
    ciphertext: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{96}$")]


class KeyGrants(Manifest):
    """All grants of one key for one purpose, in the order of the recipients' addresses."""

    kind: Literal["KeyGrants"] = "KeyGrants"
    version: Literal[1] = 1
    context: GrantContext
    key_hash: Digest
    grants: Annotated[tuple[KeyGrant, ...], Field(min_length=1, max_length=256)]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        recipients = [grant.recipient.lower() for grant in self.grants]
        if recipients != sorted(set(recipients)):
            raise ValueError("grants are not ordered by recipient, or one recipient has two")
        return self
