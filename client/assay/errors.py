"""Every exception Assay raises on purpose.

    AssayError
    ├── StoreError          artifact storage: unreachable, too large, or served the wrong bytes
    ├── ManifestError       a manifest that is malformed, oversized or of another kind
    ├── SealError           an artifact or key grant that does not open
    ├── WalletError         keystores and wallets
    ├── ChainError          the chain: wrong network, reverted or dropped transactions
    └── LocalMarketError    the processes of a market on this machine
"""


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
