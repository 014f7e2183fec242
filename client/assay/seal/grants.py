"""Wrapping a content key for its recipients so that every holder of the key can check every grant.

The encapsulation's ephemeral key is derived from the content key, the recipient and the deal. So every holder
of the content key can recompute exactly the published bytes, and prove a grant wrong without anybody's
private key. To everyone else the derived key is indistinguishable from random.
"""

from collections.abc import Mapping
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from assay.errors import SealError
from assay.manifests.key_grants import GrantContext, KeyGrant, KeyGrants
from assay.seal import hpke
from assay.seal.key import ContentKey


def grant(content_key: ContentKey, recipients: Mapping[str, bytes], context: GrantContext) -> KeyGrants:
    """Wrap *content_key* for every recipient.

    Args:
        content_key: the key of the artifact.
        recipients: X25519 public keys (32 bytes) by address, from the deal's snapshot.
        context: what the grants are for.

    Raises:
        SealError: there is no recipient, or one's public key is unusable (the message names it).
        pydantic.ValidationError: an invalid address, or more than 256 recipients.
    """
    if not recipients:
        raise SealError("There is nobody to grant the key to.")
    grants = [_grant_one(content_key, address, key, context) for address, key in recipients.items()]
    ordered = tuple(sorted(grants, key=lambda one: one.recipient.lower()))
    return KeyGrants(context=context, key_hash=content_key.hash, grants=ordered)


def open_grant(
    grants: KeyGrants, private_key: X25519PrivateKey, address: str, context: GrantContext
) -> ContentKey:
    """Unwrap the grant of *address*, which must be for *context* and hold the key committed to.

    Raises:
        SealError: it is for another deal or another public key, lacks this recipient, or holds a wrong key.
    """
    if grants.context != context:
        raise SealError("These key grants were made for another deal or purpose.")
    own = _find(grants, address)
    if own is None:
        raise SealError(f"There is no key grant for {address}.")
    if bytes.fromhex(own.public_key) != hpke.public_key(private_key):
        raise SealError(
            f"The key grant of {address} was made for another encryption key.",
            hint="Grants use the key that was registered when the deal took its snapshot.",
        )
    info = _info(own.recipient, grants.key_hash, context)
    raw = hpke.open_sealed(private_key, bytes.fromhex(own.enc), bytes.fromhex(own.ciphertext), info=info)
    key = ContentKey(raw)
    if key.hash != grants.key_hash:
        raise SealError("The key grant holds another key than the one committed to.")
    return key


def verify_grants(
    grants: KeyGrants, content_key: ContentKey, recipients: Mapping[str, bytes], context: GrantContext
) -> list[str]:
    """The addresses among *recipients* whose grant is missing, for another public key, or wrong.

    Grants to others are ignored. A recipient whose own public key is unusable is never listed; the owner of a
    key in unreduced form, which no private key yields, cannot open even a right grant.

    Raises:
        SealError: the grants are for another deal or another content key as a whole.
    """
    if grants.context != context:
        raise SealError("These key grants were made for another deal or purpose.")
    if grants.key_hash != content_key.hash:
        raise SealError("These key grants are of another content key.")
    return [
        address
        for address, key in recipients.items()
        if _usable(key) and _find(grants, address) != _grant_one(content_key, address, key, context)
    ]


def _grant_one(content_key: ContentKey, address: str, public_key: bytes, context: GrantContext) -> KeyGrant:
    info = _info(address, content_key.hash, context)
    derivation = HKDF(
        algorithm=SHA256(), length=32, salt=public_key, info=b"assay grant ephemeral v1\x00" + info
    )
    ephemeral = X25519PrivateKey.from_private_bytes(derivation.derive(content_key.reveal()))
    try:
        enc, ciphertext = hpke.seal(public_key, ephemeral, content_key.reveal(), info=info)
    except SealError as error:
        raise SealError(f"Cannot grant the key to {address}: {error.message}") from error
    return KeyGrant(
        recipient=address, public_key=public_key.hex(), enc=enc.hex(), ciphertext=ciphertext.hex()
    )


def _info(address: str, key_hash: str, context: GrantContext) -> bytes:
    bound: Any = {
        "context": context.model_dump(mode="json"),
        "key_hash": key_hash,
        "recipient": address.lower(),
    }
    return b"assay key grant v1\x00" + rfc8785.dumps(bound)


def _find(grants: KeyGrants, address: str) -> KeyGrant | None:
    return next((one for one in grants.grants if one.recipient.lower() == address.lower()), None)


def _usable(public_key: bytes) -> bool:
    try:
        hpke.check_public_key(public_key)
    except SealError:
        return False
    return True
