"""What signs for an account: a key in memory, a remote signer, a hardware wallet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from eth_account.messages import encode_typed_data
from eth_account.signers.base import BaseAccount
from rlp.exceptions import RLPException

from assay.errors import WalletError
from assay.wallet.eip712 import TypedData


class Signer(Protocol):
    """Signs for one account. A hardware wallet can be supported by implementing these three members.

    There is no signing of bare digests: a signer always sees what it signs.
    """

    @property
    def address(self) -> str:
        """The account's EIP-55 address."""
        ...

    def sign_transaction(self, transaction: Mapping[str, Any]) -> bytes:
        """Sign a complete transaction that names its chain; returns the raw bytes to send.

        Raises:
            WalletError: it is incomplete, or the signer refuses or does not answer.
        """
        ...

    def sign_typed_data(self, typed_data: TypedData) -> bytes:
        """Sign a message built by :mod:`assay.wallet.eip712`; returns 65 bytes r, s, v.

        Raises:
            WalletError: the signer refuses or does not answer.
        """
        ...


class AccountSigner:
    """An eth-account account, or anything with its interface. Never shows the secret."""

    __slots__ = ("_account",)

    def __init__(self, account: BaseAccount) -> None:
        self._account = account

    @property
    def address(self) -> str:
        """The account's EIP-55 address."""
        return str(self._account.address)

    def sign_transaction(self, transaction: Mapping[str, Any]) -> bytes:
        """See :meth:`Signer.sign_transaction`."""
        try:
            return bytes(self._account.sign_transaction(dict(transaction)).raw_transaction)
        except (TypeError, ValueError, RLPException) as error:
            raise WalletError(f"The transaction cannot be signed: {error}") from error

    def sign_typed_data(self, typed_data: TypedData) -> bytes:
        """See :meth:`Signer.sign_typed_data`."""
        return bytes(self._account.sign_message(encode_typed_data(full_message=typed_data)).signature)

    def __repr__(self) -> str:
        return f"AccountSigner({self.address})"
