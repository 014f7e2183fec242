"""Sending transactions: simulated first, written down, waited for, paid once, explained when they fail."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, cast

from eth_utils.crypto import keccak
from hexbytes import HexBytes
from web3 import Web3
from web3.types import TxParams

from assay.chain.connection import Connection
from assay.chain.contracts import Call, Contract
from assay.chain.events import EventReader
from assay.chain.fees import GWEI, Fees, market_fees, raised_fees
from assay.chain.journal import Entry, Fate, Journal, Signed, state_folder
from assay.chain.receipts import Receipt, finished
from assay.chain.waiting import Waiting
from assay.errors import (
    ChainError,
    ChainUnavailable,
    ContractError,
    InsufficientGas,
    InvalidInput,
    TransactionReplaced,
    WrongChain,
)
from assay.wallet import Wallet

T = TypeVar("T")
_ATTEMPTS = 12  # to get a nonce when other machines send from the same account
_GAS_MARGIN_PERCENT = 120
_LAG_SECONDS = 15.0  # for which an endpoint may be behind the account's own transactions
_LAG_PAUSE = 0.5
_NONCE_TAKEN = (
    "nonce too low",
    "replacement transaction underpriced",
    "nonce is too low",
    "already been used",
)
_KNOWN = ("already known", "already imported")


class Transactor:
    """Sends one account's transactions; may be shared by threads, and used by several processes at once.

    A call is sent once. What may still be mined is never sent again under another nonce, and a call that a
    program has sent and not seen the end of is looked for first.

    Args:
        connection: to the chain.
        wallet: whose transactions they are.
        events: decodes receipts.
        chain_id: bound into every signature.
        timeout: seconds to wait for a receipt.
        max_fee_per_gas: wei; a node that suggests more is not believed.
        folder: where the journal is, by default what :func:`assay.chain.journal.state_folder` says.
    """

    def __init__(
        self,
        connection: Connection,
        wallet: Wallet,
        events: EventReader,
        *,
        chain_id: int,
        timeout: float = 180.0,
        max_fee_per_gas: int = 500 * GWEI,
        folder: Path | None = None,
    ) -> None:
        self._connection, self._wallet, self._events = connection, wallet, events
        self._chain_id, self.timeout, self.folder = chain_id, timeout, folder
        self.max_fee_per_gas = max_fee_per_gas
        self._reported: list[str] | None = None
        self._tell = connection.tell

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
        yield
        if self._reported:
            self.journal.acknowledge(*self._reported)
        self._reported = None

    def sent(self) -> list[Entry]:
        """What this program has sent in the block of :meth:`reporting` that ended with an exception."""
        known = (self.journal.get(tx_hash) for tx_hash in self._reported or ())
        return [entry for entry in known if entry is not None]

    def simulate(self, call: Call) -> bytes:
        """What *call* would return now; raises :class:`ContractError` when it would revert. Costs nothing."""
        return self._answer(self._connection.call, call)

    def send(self, call: Call) -> Receipt:
        """Send *call* and wait for its receipt. A doomed call is found out first and costs no gas.

        Raises:
            ContractError: it would revert, or did because the state changed meanwhile.
            InsufficientGas: the account cannot pay for the gas and what goes with the call.
            TransactionPending: sent, and no receipt within the time limit.
            TransactionReplaced: another transaction took the nonce; the call was not made.
            WrongChain: the node signs for another chain.
            JournalError: what is sent cannot be written down; nothing was sent.
            ChainUnavailable: no endpoint answers; nothing was sent.
        """
        for _ in range(_ATTEMPTS):
            earlier = self.resume(call)
            if earlier is not None:
                return earlier
            self.simulate(call)
            fees = market_fees(self._connection, limit=self.max_fee_per_gas)
            entry = self._record(call.name, call.identity, self._priced(call, fees))
            if entry is None:
                continue  # another process has just sent the same
            with suppress(_NonceTaken):
                return self._complete(entry)
        raise ChainError(
            "Other transactions of this account took every nonce that was tried.",
            hint="Stop the other program that sends from this account, or try again.",
        )

    def resume(self, call: Call) -> Receipt | None:
        """How an earlier attempt at the same payment ended, which nobody was told; none when there is none.

        Raises:
            TransactionPending: it may still be mined.
        """
        entry = self.journal.unfinished(call.identity)
        if entry is None:
            return None
        if entry.state is Fate.REFUSED and self._connection.nonce(self.address) <= entry.nonce:
            return None  # whoever tries again gets the same nonce, so only one of the two can be mined
        self._tell(
            f"{_named(entry)} was sent before, by a command that did not finish. Nothing is sent anew."
        )
        try:
            return self._complete(entry, send=False)
        except TransactionReplaced as replaced:
            self._tell(replaced.message)
        except ContractError as failed:
            self._tell(failed.message)
        return None

    def wait(self, tx_hash: str) -> Receipt:
        """Wait for a transaction that was sent from here; raises like :meth:`send`."""
        return self._complete(self._entry(tx_hash), send=False)

    def speed_up(self, tx_hash: str) -> Receipt:
        """Send the same call with the same nonce and higher fees; the receipt of whichever is mined.

        Raises:
            InvalidInput: it was not sent from here.
            ChainError: that would cost more than the limit, or as for :meth:`send`.
        """
        entry = self._entry(tx_hash)
        return self._supersede(entry, entry.name, entry.purpose, entry.fields)

    def cancel(self, tx_hash: str) -> Receipt:
        """Have an empty transaction take the nonce; its receipt.

        Raises:
            InvalidInput: it was not sent from here.
            TransactionReplaced: too late, it is mined already.
            ChainError: that would cost more than the limit, or as for :meth:`send`.
        """
        entry = self._entry(tx_hash)
        nothing = {"to": self.address, "data": "0x", "value": 0}
        gas = self._connection.estimate_gas(cast(TxParams, {"from": self.address, **_unpacked(nothing)}))
        return self._supersede(entry, f"cancel {entry.name}", f"cancel {entry.hash}", nothing | {"gas": gas})

    def entries(self) -> list[Entry]:
        """What the journal knows, the pending ones looked up once more."""
        for entry in self.journal.pending():
            with suppress(ChainError):
                Waiting(self._connection, self.journal, entry, account=self.address).look()
        return self.journal.entries()

    def read(self, contract: Contract, function: str, *arguments: Any) -> Any:
        """The result of a view in a state that has all of the account's transactions.

        Raises:
            ChainError: the endpoints are behind.
        """
        end = time.monotonic() + _LAG_SECONDS
        while True:
            last = self.journal.last_block()
            if last is None:
                return contract.read(function, *arguments)
            try:
                return contract.read(function, *arguments, block=max(last, self._connection.block_number()))
            except ContractError:
                raise
            except ChainError:
                if time.monotonic() > end:
                    raise
            time.sleep(_LAG_PAUSE)

    def _supersede(self, entry: Entry, name: str, purpose: str, fields: Any) -> Receipt:
        """Send a transaction of the nonce of *entry* that offers enough to be taken in its place."""
        rivals = self.journal.with_nonce(entry.nonce)
        with suppress(ChainError):
            Waiting(self._connection, self.journal, entry, account=self.address).look()
        if self.journal.with_nonce(entry.nonce)[0].state not in (Fate.SENT, Fate.REFUSED):
            return self._complete(entry, send=False)
        offers = (
            Fees(rival.fields["maxPriorityFeePerGas"], rival.fields["maxFeePerGas"]) for rival in rivals
        )
        fees = raised_fees(self._connection, offers, limit=self.max_fee_per_gas)
        transaction = self._transaction(fields, fees)
        newer = self._record(name, purpose, transaction, nonce=entry.nonce)
        assert newer is not None  # a nonce that is given is always taken
        return self._complete(newer)

    def _record(
        self, name: str, purpose: str, transaction: dict[str, Any], *, nonce: int | None = None
    ) -> Entry | None:
        def sign(number: int) -> Signed:
            fields = transaction | {"nonce": number}
            raw = self._wallet.sign_transaction(_unpacked(fields))
            return Signed("0x" + keccak(raw).hex(), raw, fields)

        head = self._connection.block_number()
        pending = self._connection.nonce(self.address, pending=True)
        return self.journal.record(
            name=name, purpose=purpose, pending=pending, head=head, sign=sign, nonce=nonce
        )

    def _complete(self, entry: Entry, *, send: bool = True) -> Receipt:
        """Send what was written down (or not, as it was before), and wait for its end."""
        waiting = Waiting(self._connection, self.journal, entry, account=self.address)
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
                    raise _NonceTaken from replaced
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
                raise self._refusal(said, error) from error
        return True

    def _announce(self, entry: Entry) -> None:
        before = [other for other in self.journal.pending() if other.nonce < entry.nonce]
        if before:
            self._tell(f"{_named(before[0])} of this account is still pending; {entry.name} waits behind it.")
        self._tell(f"Sending {_named(entry)}.")

    def _priced(self, call: Call, fees: Fees) -> dict[str, Any]:
        gas = self._answer(self._connection.estimate_gas, call) * _GAS_MARGIN_PERCENT // 100 + call.spare_gas
        cost = gas * fees.most + call.value
        if cost > self._connection.balance(self.address):
            raise self._too_poor(cost)
        fields = {"to": call.to, "data": "0x" + call.data.hex(), "value": call.value, "gas": gas}
        return self._transaction(fields, fees)

    def _transaction(self, fields: Mapping[str, Any], fees: Fees) -> dict[str, Any]:
        return {name: fields[name] for name in ("to", "data", "value", "gas")} | {
            "maxFeePerGas": fees.most,
            "maxPriorityFeePerGas": fees.tip,
            "chainId": self._chain_id,
            "type": 2,
        }

    def _answer(self, ask: Callable[..., T], call: Call) -> T:
        """What the node says to a call that is not sent yet; its refusals in our own errors."""
        end = time.monotonic() + _LAG_SECONDS
        while True:
            try:
                return ask(call.transaction(self.address), contract=call.contract)
            except ContractError:
                if time.monotonic() > end or not self._is_outdated(call):
                    raise
            except ChainError as error:
                raise self._refusal(error.message.lower(), error) from error
            time.sleep(_LAG_PAUSE)

    def _is_outdated(self, call: Call) -> bool:
        """Whether *call* was refused by an endpoint that does not know all of the account's transactions."""
        last = self.journal.last_block()
        if last is None:
            return False
        try:
            block = max(last, self._connection.block_number())
            self._connection.call(call.transaction(self.address), contract=call.contract, block=block)
        except ContractError:
            return False
        except ChainUnavailable:
            raise
        except ChainError:
            pass  # it does not know the block
        return True

    def _entry(self, tx_hash: str) -> Entry:
        entry = self.journal.get(tx_hash.lower())
        if entry is None:
            raise InvalidInput(
                f"{self.address} has not sent {tx_hash[:80]} from here.",
                hint="`assay tx list` shows what it has.",
            )
        return entry

    def _refusal(self, said: str, error: ChainError) -> ChainError:
        if "insufficient funds" in said or "insufficient balance" in said:
            return self._too_poor(0)
        if "chain id" in said or "chainid" in said:
            return WrongChain("The node belongs to another chain.", hint="Check ASSAY_RPC.")
        return error

    def _too_poor(self, cost: int) -> InsufficientGas:
        up_to = f" (up to {cost / 10**18:.6f} ETH)" if cost else ""
        return InsufficientGas(
            f"{self.address} cannot pay for the gas{up_to}.", hint="Send it some of the chain's own currency."
        )


class _NonceTaken(Exception):
    """A node declined a transaction, and another one from elsewhere is proven to have its nonce."""


def _named(entry: Entry) -> str:
    return f"{entry.hash} ({entry.name})"


def _unpacked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as the signer takes them."""
    return dict(fields) | {"to": Web3.to_checksum_address(fields["to"]), "data": HexBytes(fields["data"])}
