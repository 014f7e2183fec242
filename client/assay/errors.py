"""Every exception Assay raises on purpose.

AssayError
├── StoreError          artifact storage
│   ├── InvalidCid          a text or bytes that name no block
│   ├── StoreUnavailable    no endpoint answers, or none in time
│   ├── StoreRefused        the node understood the request and declined it
│   ├── ArtifactNotFound    no reachable node has it
│   ├── ArtifactCorrupt     the bytes are not the ones that their CID names
│   └── ArtifactTooLarge    more bytes, links or levels than the caller allows
├── ManifestError       a manifest that is malformed, oversized or of another kind
├── SealError           an artifact or key grant that does not open
├── WalletError         keystores and wallets
├── ChainError          the chain: wrong network, reverted or dropped transactions
└── LocalMarketError    the processes of a market on this machine
"""

# names say what is the case, as in `except ArtifactNotFound`, rather than end in Error
# ruff: noqa: N818


class AssayError(Exception):
    """Base of all foreseeable failures: *message* says what happened, *hint* what to do about it."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class StoreError(AssayError):
    """Artifact storage failed."""


class InvalidCid(StoreError):
    """A text or binary form that is not one of Assay's CIDs."""


class StoreUnavailable(StoreError):
    """No storage endpoint could be reached, or none finished in time; trying again later may help."""


class StoreRefused(StoreError):
    """A storage endpoint declined the request; trying again will not help."""


class ArtifactNotFound(StoreError):
    """No storage endpoint, nor any peer it can reach, has the artifact."""


class ArtifactCorrupt(StoreError):
    """Bytes do not match the CID they were stored or served under."""


class ArtifactTooLarge(StoreError):
    """An artifact exceeds the caller's limit; nothing was kept."""


class ManifestError(AssayError):
    """A manifest is malformed, oversized, or of another kind than expected."""


class SealError(AssayError):
    """A sealed artifact or a key grant does not open."""


class WalletError(AssayError):
    """A keystore cannot be read, or a wallet cannot sign what is asked of it."""


class ChainError(AssayError):
    """The chain refused, lost or contradicted something."""


class LocalMarketError(AssayError):
    """A process of the local market did not start or died."""
