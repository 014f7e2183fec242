"""Every exception Assay raises on purpose.

AssayError
├── StoreError          artifact storage
│   ├── InvalidCid          text or bytes that are no valid CID
│   ├── StoreUnavailable    no endpoint answers, or none in time
│   ├── StoreRefused        the node understood the request and declined it
│   ├── ArtifactNotFound    no reachable node has it
│   ├── ArtifactCorrupt     the bytes do not match their CID
│   └── ArtifactTooLarge    more bytes, links or levels than the caller allows
├── ManifestError       a manifest that is malformed, too large or of the wrong kind
├── SealError           an artifact, key grant or delivery that cannot be opened
│   └── WrongKeyDelivered   a delivery holds a key other than the one agreed on
├── WalletError         keystores, signers and wallets
├── ChainError          the chain refused, lost or contradicted something
│   ├── ChainUnavailable    no endpoint gave a usable answer
│   ├── WrongChain          the endpoint serves a different chain
│   ├── DeploymentError     the deployment file or an ABI is missing or malformed
│   ├── ContractError       a contract refused a call
│   ├── InsufficientGas     too little of the chain's native currency
│   ├── TransactionPending  sent, but not known to be mined yet
│   ├── TransactionReplaced another transaction was mined with its nonce
│   └── JournalError        the journal cannot be written, so nothing is sent
├── IndexUnavailable    the market's index gave no usable answer
├── InvalidInput        an argument is malformed or out of bounds
├── CheckUnavailable    data or models cannot be checked on this machine
└── LocalMarketError    a process of the local market failed
"""

import re
from collections.abc import Mapping
from typing import ClassVar, Self

from assay.words.printable import printable


class AssayError(Exception):
    """Base of all foreseeable failures: *message* says what happened, *hint* what to do about it.

    Both may quote untrusted text, so anything that could control a terminal is stripped from them.

    Attributes:
        kind: the kind of failure, for programs, such as ``"wrong_chain"``.
    """

    kind: ClassVar[str] = "assay_error"

    def __init_subclass__(cls) -> None:
        cls.kind = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, message: str, *, hint: str = "") -> None:
        self.message, self.hint = printable(message, keep="\n"), printable(hint, keep="\n")
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class StoreError(AssayError):
    """Artifact storage failed."""


class InvalidCid(StoreError):
    """Text or bytes that are not a CID of the form Assay uses."""


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
    """A manifest is malformed, too large, or not of the expected kind."""


class SealError(AssayError):
    """A sealed artifact, a key grant or a delivery cannot be opened."""


class WrongKeyDelivered(SealError):
    """A delivery holds a content key other than the one agreed on; its recipient can refute it."""


class WalletError(AssayError):
    """A keystore cannot be read, or a wallet or its signer cannot sign what is asked of it."""


class ChainError(AssayError):
    """The chain refused, lost or contradicted something."""


class ChainUnavailable(ChainError):
    """No RPC endpoint gave a usable answer; trying again later may help."""


class WrongChain(ChainError):
    """The RPC endpoint serves a different chain from the one that the deployment names."""


class DeploymentError(ChainError):
    """The deployment file or a contract's ABI is missing, malformed, or for a different chain."""


class ContractError(ChainError):
    """A contract refused a call.

    Attributes:
        name: the Solidity error's name, such as ``"NothingDue"``; ``"Error"`` for a plain text reason,
            ``"Panic"`` for a failed assertion, ``"OutOfGas"`` for a transaction that used all of its gas,
            ``"Unknown"`` for a selector that is not ours.
        arguments: its arguments by name, as decoded from the ABI.
        sentences: message and hint with ``{placeholders}`` for the arguments, for callers that can describe
            them better; *shown* holds the present values.
    """

    def __init__(
        self, message: str, *, name: str, arguments: Mapping[str, object] | None = None, hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.name = name
        self.arguments = dict(arguments or {})
        self.sentences, self.shown = (message, hint), dict[str, str]()

    @classmethod
    def told(
        cls, name: str, message: str, hint: str, arguments: Mapping[str, object], shown: Mapping[str, str]
    ) -> Self:
        """An error with the sentences *message* and *hint*, filled in from *shown*."""
        error = cls(message.format_map(shown), name=name, arguments=arguments, hint=hint.format_map(shown))
        error.sentences, error.shown = (message, hint), dict(shown)
        return error


class InsufficientGas(ChainError):
    """The account holds too little of the chain's native currency to pay for the transaction."""


class JournalError(ChainError):
    """The journal of sent transactions cannot be read or written; nothing was sent."""


class TransactionReplaced(ChainError):
    """Another transaction was mined with this one's nonce, so this one never will be.

    Attributes:
        tx_hash: hash of the transaction that was not mined.
        by: hash of the transaction that was.
    """

    def __init__(self, message: str, *, tx_hash: str, by: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.tx_hash, self.by = tx_hash, by


class TransactionPending(ChainError):
    """A transaction was sent but is not in a block yet; it may still be included.

    Attributes:
        tx_hash: hash of the transaction to look for.
    """

    def __init__(self, message: str, *, tx_hash: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.tx_hash = tx_hash


class IndexUnavailable(AssayError):
    """The market's index gives no valid answer for this chain; the chain itself can still be read."""


class InvalidInput(AssayError):
    """An argument is malformed or out of bounds; nothing was done."""


class CheckUnavailable(AssayError):
    """A panel's check cannot be run on this machine, so nothing is known about the data or model."""


class LocalMarketError(AssayError):
    """A process of the local market did not start or died."""
