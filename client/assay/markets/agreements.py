"""`market.agreements`: texts that parties sign, and who has signed which."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from assay.chain import Receipt
from assay.errors import InvalidInput, WalletError
from assay.manifests import Agreement
from assay.manifests.fields import Address
from assay.manifests.files import load_document
from assay.session import Session
from assay.structs import views
from assay.structs.base import Bytes32, HexBytes
from assay.wallet import eip712

_NAME = "Agreements"


class SignedText(BaseModel):
    """A party's signature of a text, made for one market; anyone can submit it there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Bytes32
    """Digest of the agreement."""
    party: Address
    signature: HexBytes

    @classmethod
    def load(cls, path: Path) -> SignedText:
        """Read one from a JSON file; raises :class:`InvalidInput`."""
        return load_document(path, cls)


@dataclass(frozen=True)
class Signature:
    """The record that a party has agreed to a text.

    Attributes:
        text: digest of the agreement.
        block: number of the block in which it was recorded.
    """

    text: bytes
    party: str
    block: int


class Agreements:
    """The agreements of one market, signed and read by one account."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def publish(self, agreement: Agreement) -> bytes:
        """Store a text; returns its digest, which is what parties sign.

        Raises:
            StoreError: it cannot be stored.
        """
        return self._session.publish(agreement)

    def get(self, text: bytes) -> Agreement:
        """The text with this digest; raises :class:`StoreError` and :class:`ManifestError`."""
        return self._session.fetch(text, Agreement)

    def sign(self, text: bytes) -> Receipt | None:
        """Agree to a text in a transaction; returns None if the account has already done so.

        Raises:
            StoreError, ManifestError: the text cannot be read, so it must not be signed.
        """
        earlier = self._session.resume(_NAME, "sign", _purpose(text))
        if earlier is not None:
            return earlier
        self.get(text)
        if self.signed_at(text):
            return None
        return self._session.send(_NAME, "sign", text, purpose=_purpose(text))

    def signature(self, text: bytes) -> SignedText:
        """Agree to a text without a transaction: anyone can :meth:`record` the signature.

        Raises:
            StoreError, ManifestError: the text cannot be read.
        """
        self.get(text)
        party = self._session.address
        signature = self._session.wallet.sign_typed_data(self._typed(text, party))
        return SignedText(text=text, party=party, signature=signature)

    def record(self, signed: Collection[SignedText]) -> Receipt:
        """Submit signatures, whoever made them.

        Raises:
            InvalidInput: *signed* is empty.
            ContractError: one was not made by its party for this market; then none is recorded.
        """
        if not signed:
            raise InvalidInput("There is no signature to record.")
        rows = [(one.text, one.party, one.signature) for one in signed]
        return self._session.send(_NAME, "record", rows)

    def signed_at(self, text: bytes, party: str | None = None) -> int:
        """When *party* (the account by default) agreed to a text, Unix seconds; 0 for never."""
        return self._session.view(views.agreements.signed_at(text, party or self._session.address))

    def signatures(self, *, text: bytes | None = None, party: str | None = None) -> Iterator[Signature]:
        """Who has signed what, newest first: for one text, for one party, or all."""
        found = self._session.events.find(_NAME, "Signed", text=text, party=party, newest_first=True)
        for event in found:
            yield Signature(bytes(event.arguments["text"]), event.arguments["party"], event.block)

    def is_its(self, signed: SignedText) -> bool:
        """Whether its party's own key made a signature for this market; never true for a smart account."""
        try:
            return eip712.signer_of(self._typed(signed.text, signed.party), signed.signature) == signed.party
        except WalletError:
            return False

    def _typed(self, text: bytes, party: str) -> eip712.TypedData:
        deployment = self._session.deployment
        return eip712.agreement(deployment.chain_id, deployment.address(_NAME), text=text, party=party)


def _purpose(text: bytes) -> str:
    return f"agreement {text.hex()}"
