"""An account's outgoing transactions: written down, handed to a node, waited for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from assay.chain.answers import octets
from assay.chain.connection import Connection
from assay.chain.events import EventReader
from assay.chain.journal import Entry, Fate, Journal, Signed, state_folder
from assay.chain.receipts import Receipt, finished
from assay.chain.waiting import Waiting
from assay.errors import (
    ChainError,
    ChainUnavailable,
    InsufficientGas,
    InvalidInput,
    TransactionReplaced,
    WrongChain,
)
from assay.wallet.keystore import Wallet

_NONCE_TAKEN = (
    "nonce too low",
    "replacement transaction underpriced",
    "nonce is too low",
    "already been used",
)
_KNOWN = ("already known", "already imported")


class NonceTaken(Exception):
    """A node declined a transaction, and another one from elsewhere is proven to have its nonce."""


class Outbox:
    """What one account sends on one chain; may be shared by threads, and used by several processes at once.

    Args:
        connection: to the chain.
        wallet: whose transactions they are.
        events: decodes receipts.
        chain_id: bound into every signature.
        timeout: seconds to wait for a receipt.
        folder: where the journal is, by default what :func:`assay.chain.journal.state_folder` says.
    """

    def __init__(
        self,
        connection: Connection,
        wallet: Wallet,
        events: EventReader,
        *,
        chain_id: int,
        timeout: float,
        folder: Path | None,
    ) -> None:
        self._connection, self._wallet, self._events = connection, wallet, events
        self._chain_id, self.timeout, self.folder = chain_id, timeout, folder
        self._tell = connection.tell
        self._reported: list[str] | None = None

    @property
    def address(self) -> str:
        """The sender's EIP-55 address."""
        return self._wallet.address

    @cached_property
    def journal(self) -> Journal:
        """What the account has sent on this chain."""
        genesis = self._connection.block(0).hash
        folder = self.folder or state_folder()
        return Journal(folder, chain_id=self._chain_id, account=self.address, genesis=genesis)

    @contextmanager
    def reporting(self) -> Iterator[None]:
        """For a program that a person runs, who knows how it ended when the block ends without an exception.

        Otherwise the same call, made again, takes over what was sent: here or in the next program.
        """
        self._reported = []
        try:
            yield
        except BaseException:
            for entry in self.sent():
                self.journal.release(entry)
            raise
        if self._reported:
            self.journal.acknowledge(*self._reported)
        self._reported = None

    def sent(self) -> list[Entry]:
        """What this program has sent in the block of :meth:`reporting` that ended with an exception."""
        known = (self.journal.get(tx_hash) for tx_hash in self._reported or ())
        return [entry for entry in known if entry is not None]

    def entry(self, tx_hash: str) -> Entry:
        """A transaction that was sent from here; raises :class:`InvalidInput` for any other."""
        entry = self.journal.get(tx_hash.lower())
        if entry is None:
            raise InvalidInput(
                f"{self.address} has not sent {tx_hash[:80]} from here.",
                hint="`assay tx list` shows what it has.",
            )
        return entry

    def entries(self) -> list[Entry]:
        """What the journal knows, the pending ones looked up once more."""
        for entry in self.journal.pending():
            self.look(entry)
        return self.journal.entries()

    def look(self, entry: Entry) -> None:
        """Note what became of a transaction, if that can be known now."""
        with suppress(ChainError):
            self._waiting(entry).look()

    def settle(self) -> None:
        """Wait for all that is pending; raises :class:`TransactionPending` when something stays so."""
        for entry in self.journal.pending():
            with suppress(TransactionReplaced):
                self._waiting(entry).until(self.timeout, doubtful=True)

    def record(
        self, name: str, purpose: str, transaction: dict[str, Any], *, nonce: int | None = None
    ) -> Entry | None:
        """Sign a transaction and write it down; see :meth:`Journal.record`."""

        def sign(number: int) -> Signed:
            fields = transaction | {"nonce": number}
            raw = self._wallet.sign_transaction(unpacked(fields | {"chainId": self._chain_id, "type": 2}))
            return Signed("0x" + keccak(raw).hex(), raw, fields)

        head = self._connection.block_number()
        pending = self._connection.nonce(self.address, pending=True)
        self._hand_over_again(pending)
        return self.journal.record(
            name=name, purpose=purpose, pending=pending, head=head, sign=sign, nonce=nonce
        )

    def _hand_over_again(self, pending: int) -> None:
        """Whatever was mined, and is not counted any more: a reorganisation may have taken it out."""
        for entry in self.journal.entries():
            if entry.state is Fate.MINED and entry.nonce >= pending:
                with suppress(ChainError):
                    self._connection.send_raw(entry.raw)

    def complete(self, entry: Entry, *, send: bool = True) -> Receipt:
        """Send what was written down (or not, as it was before), and wait for its end.

        Raises:
            ContractError: it failed.
            TransactionPending, TransactionReplaced, JournalError: see :meth:`Waiting.until`.
            NonceTaken: no node has taken it.
            ChainError: a node refuses it.
        """
        waiting = self._waiting(entry)
        self.journal.adopt(entry)
        if self._reported is not None:
            self._reported.append(entry.hash)
        try:
            taken = self._submit(entry) if send else None
            try:
                winner, receipt = waiting.until(self.timeout, doubtful=taken is None)
            except TransactionReplaced as replaced:
                if taken is False and replaced.by not in {
                    rival.hash for rival in self.journal.with_nonce(entry.nonce)
                }:
                    raise NonceTaken from replaced
                raise
        except BaseException:
            self.journal.release(entry)
            raise
        if self._reported is None:
            self.journal.acknowledge(winner.hash)
        return finished(self._connection, self._events, winner, receipt)

    def _submit(self, entry: Entry) -> bool | None:
        """Hand it to the node: taken, refused because of its nonce, or unknown where the answer was lost."""
        try:
            self._announce(entry)
            self._connection.send_raw(entry.raw)
        except ChainUnavailable:
            return None
        except ChainError as error:
            said = error.message.lower()
            if any(sign in said for sign in _NONCE_TAKEN):
                return False
            if not any(sign in said for sign in _KNOWN):
                self.journal.refuse(entry)
                raise refusal(self.address, error) from error
        return True

    def _announce(self, entry: Entry) -> None:
        before = [other for other in self.journal.pending() if other.nonce < entry.nonce]
        if before:
            self._tell(f"{named(before[0])} of this account is still pending; {entry.name} waits behind it.")
        self._tell(f"Sending {named(entry)}.")

    def _waiting(self, entry: Entry) -> Waiting:
        return Waiting(self._connection, self.journal, entry, account=self.address)


def refusal(account: str, error: ChainError) -> ChainError:
    """A node's refusal in our own errors, where they have one."""
    said = error.message.lower()
    if "insufficient funds" in said or "insufficient balance" in said:
        return too_poor(account)
    if "chain id" in said or "chainid" in said:
        return WrongChain("The node belongs to another chain.", hint="Check ASSAY_RPC.")
    return error


def too_poor(account: str, cost: int = 0) -> InsufficientGas:
    """*account* has less than *cost* wei, where that is known."""
    up_to = f" (up to {cost / 10**18:.6f} ETH)" if cost else ""
    return InsufficientGas(
        f"{account} cannot pay for the gas{up_to}.", hint="Send it some of the chain's own currency."
    )


def named(entry: Entry) -> str:
    """A transaction in a sentence."""
    return f"{entry.hash} ({entry.name})"


def unpacked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as the signer takes them."""
    return dict(fields) | {
        "to": to_checksum_address(fields["to"]),
        "data": octets(fields["data"]),
    }
