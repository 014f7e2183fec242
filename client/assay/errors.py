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
├── SealError           an artifact, key grant or delivery that does not open
│   └── WrongKeyDelivered   what a delivery holds is not the key agreed on
├── WalletError         keystores, signers and wallets
├── ChainError          the chain refused, lost or contradicted something
│   ├── ChainUnavailable    no endpoint gave a usable answer
│   ├── WrongChain          the endpoint serves another chain
│   ├── DeploymentError     the deployment file or an ABI is missing or malformed
│   ├── ContractError       a contract refused a call
│   ├── InsufficientGas     too little of the chain's own currency
│   ├── TransactionPending  sent, and not known to be mined yet
│   ├── TransactionReplaced another one was mined with its nonce
│   └── JournalError        what was sent cannot be written down, so nothing is sent
├── IndexUnavailable    the market's index gave no usable answer
├── InvalidInput        an argument is malformed or out of bounds
├── CheckUnavailable    data or models cannot be checked on this machine
└── LocalMarketError    the processes of a market on this machine
"""

import re
from collections.abc import Mapping
from typing import ClassVar, Self

from assay.words.printable import printable


class AssayError(Exception):
    """Base of all foreseeable failures: *message* says what happened, *hint* what to do about it.

    Both may quote strangers, so neither keeps anything that steers a terminal.

    Attributes:
        kind: what kind of failure it is, for programs: ``"wrong_chain"``.
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
    """A sealed artifact, a key grant or a delivery does not open."""


class WrongKeyDelivered(SealError):
    """A delivery holds another content key than the one agreed on; its recipient can refute it."""


class WalletError(AssayError):
    """A keystore cannot be read, or a wallet or its signer cannot sign what is asked of it."""


class ChainError(AssayError):
    """The chain refused, lost or contradicted something."""


class ChainUnavailable(ChainError):
    """No RPC endpoint gave a usable answer; trying again later may help."""


class WrongChain(ChainError):
    """The RPC endpoint serves another chain than the deployment names."""


class DeploymentError(ChainError):
    """The deployment file or a contract's ABI is missing, malformed, or of another chain."""


class ContractError(ChainError):
    """A contract refused a call.

    Attributes:
        name: the Solidity error's name, such as ``"NothingDue"``; ``"Error"`` for a plain text reason,
            ``"Panic"`` for a failed assertion, ``"Unknown"`` for a selector that is none of ours.
        arguments: its arguments by name, as decoded from the ABI.
        sentences: message and hint with ``{placeholders}`` for the arguments, for whoever can say more of
            them; *shown* has what stands there now.
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
        """With the sentences *message* and *hint*, filled in from *shown*."""
        error = cls(message.format_map(shown), name=name, arguments=arguments, hint=hint.format_map(shown))
        error.sentences, error.shown = (message, hint), dict(shown)
        return error


class InsufficientGas(ChainError):
    """The account holds too little of the chain's own currency to pay for the transaction."""


class JournalError(ChainError):
    """The journal of sent transactions cannot be read or written; nothing was sent."""


class TransactionReplaced(ChainError):
    """Another transaction was mined with the nonce of this one, which never will be.

    Attributes:
        tx_hash: of the transaction that was not mined.
        by: hash of the one that was.
    """

    def __init__(self, message: str, *, tx_hash: str, by: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.tx_hash, self.by = tx_hash, by


class TransactionPending(ChainError):
    """A transaction was sent and is in no block yet; it may still be included.

    Attributes:
        tx_hash: of the transaction to look for.
    """

    def __init__(self, message: str, *, tx_hash: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.tx_hash = tx_hash


class IndexUnavailable(AssayError):
    """The market's index does not answer, answers nonsense, or for another chain; the chain can be read."""


class InvalidInput(AssayError):
    """An argument is malformed or out of bounds; nothing was done."""


class CheckUnavailable(AssayError):
    """What a panel would say cannot be found out on this machine; nothing is known of the data or model."""


class LocalMarketError(AssayError):
    """A process of the local market did not start or died."""
