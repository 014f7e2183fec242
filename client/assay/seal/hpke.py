"""Hybrid public-key encryption (RFC 9180), base mode, one message per key.

The suite is DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305. Opening uses ``cryptography``.
Sealing is implemented here because a grant must be recomputable, which takes an ephemeral key chosen by the
caller, and ``cryptography`` does not accept one.
"""

import hmac
import struct
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from assay.errors import SealError

_SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
_KEM_ID = b"KEM" + struct.pack(">H", 0x0020)
_SUITE_ID = b"HPKE" + struct.pack(">HHH", 0x0020, 0x0001, 0x0003)


def public_key(private_key: X25519PrivateKey) -> bytes:
    """The 32 bytes under which a private key is registered on-chain."""
    return private_key.public_key().public_bytes_raw()


def check_public_key(key: bytes) -> None:
    """Refuse an X25519 public key to which nothing can be sent secretly.

    Unreduced encodings and a set top bit are allowed, as RFC 7748 section 5 requires, so that everything the
    registry accepts can be sealed to.

    Raises:
        SealError: not 32 bytes, or of low order.
    """
    if len(key) != 32:
        raise SealError("An X25519 public key has 32 bytes.")
    _exchange(X25519PrivateKey.generate(), key)


def seal(
    recipient: bytes, ephemeral: X25519PrivateKey, plaintext: bytes, *, info: bytes, aad: bytes = b""
) -> tuple[bytes, bytes]:
    """Encrypt to the public key *recipient* (X25519, 32 bytes) with the chosen *ephemeral* key.

    An ephemeral key must never be used for two different (recipient, info, plaintext) triples: derive it from
    all three, or generate a fresh one.

    Returns:
        ``(enc, ciphertext)``: the encapsulated key, and plaintext + 16 bytes.

    Raises:
        SealError: see :func:`check_public_key`.
    """
    check_public_key(recipient)
    enc = public_key(ephemeral)
    shared = _exchange(ephemeral, recipient)
    # RFC 9180, section 4.1: ExtractAndExpand
    secret = _expand(
        _KEM_ID, _extract(_KEM_ID, b"", b"eae_prk", shared), b"shared_secret", enc + recipient, 32
    )
    # section 5.1: KeySchedule, mode_base, no pre-shared key
    context = (
        b"\x00" + _extract(_SUITE_ID, b"", b"psk_id_hash", b"") + _extract(_SUITE_ID, b"", b"info_hash", info)
    )
    schedule = _extract(_SUITE_ID, secret, b"secret", b"")
    key = _expand(_SUITE_ID, schedule, b"key", context, 32)
    nonce = _expand(_SUITE_ID, schedule, b"base_nonce", context, 12)
    return enc, ChaCha20Poly1305(key).encrypt(nonce, plaintext, aad)


def open_sealed(private_key: X25519PrivateKey, enc: bytes, ciphertext: bytes, *, info: bytes) -> bytes:
    """Decrypt a message from :func:`seal`, or any RFC 9180 sender with this suite and an empty AAD.

    Raises:
        SealError: sealed to another key or under another *info*, tampered with, or uses a low-order point.
    """
    try:
        return _SUITE.decrypt(enc + ciphertext, private_key, info)
    except (InvalidTag, ValueError):
        raise SealError(
            "The sealed message does not open.",
            hint="It was made for another key or another purpose, or was changed.",
        ) from None


def _exchange(private: X25519PrivateKey, public: bytes) -> bytes:
    try:
        return private.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:  # an all-zero result, RFC 7748 section 6.1
        raise SealError("The X25519 public key is a point of low order.") from None


def _extract(suite: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
    return hmac.digest(salt, b"HPKE-v1" + suite + label + material, sha256)


def _expand(suite: bytes, secret: bytes, label: bytes, info: bytes, length: int) -> bytes:
    labelled = struct.pack(">H", length) + b"HPKE-v1" + suite + label + info
    return HKDFExpand(algorithm=SHA256(), length=length, info=labelled).derive(secret)
