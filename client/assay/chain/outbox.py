"""An account's outgoing transactions: recorded, sent to a node, awaited."""

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
    """A node declined a transaction, and one from elsewhere provably has its nonce."""


class Outbox:
    """What one account sends on one chain; safe to share between threads and to use from several processes.

    Args:
        connection: to the chain.
        wallet: whose transactions they are.
        events: decodes receipts.
        chain_id: bound into every signature.
        timeout: seconds to wait for a receipt.
        folder: the journal's folder; by default :func:`assay.chain.journal.state_folder`.
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
        """For a program run by a person, who has seen the outcome when the block ends without an exception.

        Otherwise, making the same call again, here or in a later program, takes over what was sent.
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
        """What this program sent in the :meth:`reporting` block that ended with an exception."""
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
        """The journal's entries, after checking the pending ones again."""
        for entry in self.journal.pending():
            self.look(entry)
        return self.journal.entries()

    def look(self, entry: Entry) -> None:
        """Record what became of a transaction, if that can be known now."""
        with suppress(ChainError):
            self._waiting(entry).look()

    def settle(self) -> None:
        """Wait for everything pending; raises :class:`TransactionPending` if something remains so."""
        for entry in self.journal.pending():
            with suppress(TransactionReplaced):
                self._waiting(entry).until(self.timeout, doubtful=True)

    def record(
        self, name: str, purpose: str, transaction: dict[str, Any], *, nonce: int | None = None
    ) -> Entry | None:
        """Sign a transaction and record it; see :meth:`Journal.record`."""

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
        """Resend whatever was mined but is no longer counted, as a reorganisation may have removed it."""
        for entry in self.journal.entries():
            if entry.state is Fate.MINED and entry.nonce >= pending:
                with suppress(ChainError):
                    self._connection.send_raw(entry.raw)

    def complete(self, entry: Entry, *, send: bool = True) -> Receipt:
        """Send what was recorded (unless it was sent before), and wait for its outcome.

        Raises:
            ContractError: it failed.
            TransactionPending, TransactionReplaced, JournalError: see :meth:`Waiting.until`.
            NonceTaken: no node accepted it.
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
        """Send it: True if accepted, False if refused for its nonce, None if the answer was lost."""
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
    """A node's refusal as one of our own errors, if there is a matching one."""
    said = error.message.lower()
    if "insufficient funds" in said or "insufficient balance" in said:
        return too_poor(account)
    if "chain id" in said or "chainid" in said:
        return WrongChain("The node belongs to another chain.", hint="Check ASSAY_RPC.")
    return error


def too_poor(account: str, cost: int = 0) -> InsufficientGas:
    """The error that *account* has less than *cost* wei, if that is known."""
    up_to = f" (up to {cost / 10**18:.6f} ETH)" if cost else ""
    return InsufficientGas(
        f"{account} cannot pay for the gas{up_to}.", hint="Send it some of the chain's own currency."
    )


def named(entry: Entry) -> str:
    """A transaction in a sentence."""
    return f"{entry.hash} ({entry.name})"


def unpacked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields in the form that the signer takes."""
    return dict(fields) | {
        "to": to_checksum_address(fields["to"]),
        "data": octets(fields["data"]),
    }
