"""A short text for one reader, such as a validator's unrounded figures for the customer."""

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from assay.errors import SealError
from assay.manifests.validation_report import SealedMessage
from assay.seal import hpke

MAX_MESSAGE_BYTES = 65_520


def seal_message(text: bytes, reader: bytes, *, purpose: bytes) -> SealedMessage:
    """Encrypt *text* to the X25519 public key *reader*; *purpose* (request, signer) must match on opening.

    Raises:
        SealError: an unusable public key, or more than 65,520 bytes.
    """
    if len(text) > MAX_MESSAGE_BYTES:
        raise SealError(f"A sealed message has at most {MAX_MESSAGE_BYTES:,} bytes.")
    enc, ciphertext = hpke.seal(reader, X25519PrivateKey.generate(), text, info=_info(purpose))
    return SealedMessage(public_key=reader.hex(), enc=enc.hex(), ciphertext=ciphertext.hex())


def open_message(message: SealedMessage, private_key: X25519PrivateKey, *, purpose: bytes) -> bytes:
    """Decrypt; raises :class:`SealError` if it is for another key or purpose, or was tampered with."""
    enc, ciphertext = bytes.fromhex(message.enc), bytes.fromhex(message.ciphertext)
    return hpke.open_sealed(private_key, enc, ciphertext, info=_info(purpose))


def report_purpose(chain_id: int, oracle: str, request_id: int, validator: str) -> bytes:
    """The purpose of a message that a validator seals in its report on a request."""
    return f"report {chain_id} {oracle} {request_id} {validator}".encode()


def _info(purpose: bytes) -> bytes:
    return b"assay sealed message v1\x00" + purpose
