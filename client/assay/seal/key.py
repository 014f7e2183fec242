"""The key of one sealed artifact."""

import hashlib
import hmac
import secrets
from typing import NoReturn

_HASH_DOMAIN = b"assay content key v1\x00"


class ContentKey:
    """32 random bytes that are never shown: not in ``repr``, logs or pickles."""

    __slots__ = ("_raw",)

    def __init__(self, raw: bytes) -> None:
        if len(raw) != 32:
            raise ValueError("a content key has 32 bytes")
        self._raw = bytes(raw)

    @classmethod
    def generate(cls) -> "ContentKey":
        """A fresh key from the operating system's randomness."""
        return cls(secrets.token_bytes(32))

    @property
    def hash(self) -> str:
        """sha2-256 of the key under a domain tag (64 hex digits): what manifests and the chain commit to."""
        return hashlib.sha256(_HASH_DOMAIN + self._raw).hexdigest()

    def reveal(self) -> bytes:
        """The 32 bytes; for the cipher only."""
        return self._raw

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ContentKey) and hmac.compare_digest(self._raw, other._raw)

    def __hash__(self) -> int:
        return hash(self.hash)

    def __repr__(self) -> str:
        return "ContentKey(secret)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a content key cannot be pickled or copied")
