"""Sending transactions: simulated first, recorded, awaited, paid only once, and explained if they fail."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from assay.chain.connection import Connection
from assay.chain.contracts import Call, Contract
from assay.chain.events import EventReader
from assay.chain.fees import GWEI, Fees, market_fees, raised_fees
from assay.chain.journal import Entry, Fate
from assay.chain.outbox import NonceTaken, Outbox, named, refusal, too_poor
from assay.chain.receipts import Receipt
from assay.errors import (
    ChainError,
    ChainUnavailable,
    ContractError,
    TransactionReplaced,
)
from assay.wallet.keystore import Wallet

T = TypeVar("T")
WAIT_SECONDS = 180.0  # for a receipt
_ATTEMPTS = 12  # to get a nonce while other machines send from the same account
_MAX_MISSING = 16
_GAS_MARGIN_PERCENT = 120
_LAG_SECONDS = 15.0  # how long an endpoint may lag behind the account's own transactions
_LAG_PAUSE = 0.5


class Transactor:
    """Sends one account's transactions; safe to share between threads and to use from several processes.

    A call is sent only once. What may still be mined is never sent again under another nonce, and a call
    whose outcome the sending program never saw is looked up first.

    Args:
        connection: to the chain.
        wallet: whose transactions they are.
        events: decodes receipts.
        chain_id: bound into every signature.
        timeout: seconds to wait for a receipt, WAIT_SECONDS by default.
        max_fee_per_gas: wei; a higher suggestion from a node is not trusted.
        folder: the journal's folder; by default :func:`assay.chain.journal.state_folder`.

    Attributes:
        outbox: what has been sent so far, and its outcomes.
    """

    def __init__(
        self,
        connection: Connection,
        wallet: Wallet,
        events: EventReader,
        *,
        chain_id: int,
        timeout: float | None = None,
        max_fee_per_gas: int = 500 * GWEI,
        folder: Path | None = None,
    ) -> None:
        self._connection, self.max_fee_per_gas = connection, max_fee_per_gas
        self.outbox = Outbox(
            connection,
            wallet,
            events,
            chain_id=chain_id,
            timeout=WAIT_SECONDS if timeout is None else timeout,
            folder=folder,
        )

    @property
    def address(self) -> str:
        """The sender's EIP-55 address."""
        return self.outbox.address

    def simulate(self, call: Call) -> bytes:
        """What *call* would return now; raises :class:`ContractError` if it would revert. Costs nothing."""
        return self._answer(self._connection.call, call)

    def send(self, call: Call) -> Receipt:
        """Send *call* and wait for its receipt. A call that would fail is detected first and costs no gas.

        Raises:
            ContractError: it would revert, or did revert because the state changed meanwhile.
            InsufficientGas: the account cannot pay for the gas and the value sent with the call.
            TransactionPending: sent, but no receipt arrived within the time limit.
            TransactionReplaced: another transaction took the nonce; the call was not made.
            WrongChain: the node signs for another chain.
            JournalError: the transaction cannot be recorded; nothing was sent.
            ChainUnavailable: no endpoint answers; nothing was sent.
        """
        for _ in range(_ATTEMPTS):
            earlier = self.resume(call)
            if earlier is not None:
                return earlier
            self.simulate(call)
            fees = market_fees(self._connection, limit=self.max_fee_per_gas)
            entry = self.outbox.record(call.name, call.identity, self._priced(call, fees))
            if entry is None:
                continue  # another process has just sent the same call
            with suppress(NonceTaken):
                return self.outbox.complete(entry)
        raise ChainError(
            "Other transactions of this account took every nonce that was tried.",
            hint="Stop the other program that sends from this account, or try again.",
        )

    def resume(self, call: Call) -> Receipt | None:
        """The outcome of an earlier, unreported attempt at the same payment, or None if there is none.

        Raises:
            TransactionPending: it may still be mined.
        """
        entry = self.outbox.journal.unfinished(call.identity)
        if entry is None:
            return None
        if entry.state is Fate.REFUSED and self._connection.nonce(self.address) <= entry.nonce:
            return None  # a new attempt gets the same nonce, so only one of the two can be mined
        self._connection.tell(
            f"{named(entry)} was sent before, by a command that did not finish. Nothing is sent anew."
        )
        try:
            return self.outbox.complete(entry, send=False)
        except TransactionReplaced as replaced:
            self._connection.tell(replaced.message)
        except ContractError as failed:
            self._connection.tell(failed.message)
        return None

    def wait(self, tx_hash: str) -> Receipt:
        """Wait for a transaction that was sent from here; raises like :meth:`send`."""
        return self.outbox.complete(self.outbox.entry(tx_hash), send=False)

    def speed_up(self, tx_hash: str) -> Receipt:
        """Send the same call with the same nonce and higher fees; returns the receipt of whichever is mined.

        If it waits for a nonce that no transaction has, because an endpoint counted wrongly, empty
        transactions fill the gap.

        Raises:
            InvalidInput: it was not sent from here.
            ChainError: that would cost more than the limit, or as for :meth:`send`.
        """
        entry = self.outbox.entry(tx_hash)
        taken = {other.nonce for other in self.outbox.journal.pending()}
        missing = set(range(self._connection.nonce(self.address, pending=True), entry.nonce)) - taken
        if len(missing) > _MAX_MISSING:
            raise ChainError(f"{len(missing)} transactions of this account are missing before {tx_hash}.")
        for nonce in sorted(missing):
            self._fill(nonce)
        if missing:
            return self.wait(tx_hash)
        return self._supersede(entry, entry.name, entry.purpose, entry.fields)

    def cancel(self, tx_hash: str) -> Receipt:
        """Have an empty transaction take the nonce; returns its receipt.

        Raises:
            InvalidInput: it was not sent from here.
            TransactionReplaced: too late, it is mined already.
            ChainError: that would cost more than the limit, or as for :meth:`send`.
        """
        entry = self.outbox.entry(tx_hash)
        return self._supersede(entry, f"cancel {entry.name}", f"cancel {entry.hash}", self._nothing())

    def read(self, contract: Contract, function: str, *arguments: Any) -> Any:
        """The result of a view in a state that includes all of the account's transactions, once mined.

        Raises:
            TransactionPending: one of them is not mined.
            ChainError: the endpoints are behind.
        """
        self.outbox.settle()
        end = time.monotonic() + _LAG_SECONDS
        while True:
            last = self.outbox.journal.last_block()
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

    def _nothing(self) -> dict[str, Any]:
        """A transfer of zero to the account itself."""
        fields = {"to": self.address, "data": "0x", "value": 0}
        return fields | {"gas": self._connection.estimate_gas({"from": self.address, **fields})}

    def _fill(self, nonce: int) -> None:
        fees = market_fees(self._connection, limit=self.max_fee_per_gas)
        transaction = self._transaction(self._nothing(), fees)
        entry = self.outbox.record(f"fill number {nonce}", f"fill {nonce}", transaction, nonce=nonce)
        if entry is not None:
            self.outbox.complete(entry)

    def _supersede(self, entry: Entry, name: str, purpose: str, fields: Any) -> Receipt:
        """Send a transaction with the nonce of *entry* and fees high enough to replace it."""
        rivals = self.outbox.journal.with_nonce(entry.nonce)
        self.outbox.look(entry)
        if self.outbox.journal.with_nonce(entry.nonce)[0].state not in (Fate.SENT, Fate.REFUSED):
            return self.outbox.complete(entry, send=False)
        offers = (
            Fees(rival.fields["maxPriorityFeePerGas"], rival.fields["maxFeePerGas"]) for rival in rivals
        )
        fees = raised_fees(self._connection, offers, limit=self.max_fee_per_gas)
        transaction = self._transaction(fields, fees)
        newer = self.outbox.record(name, purpose, transaction, nonce=entry.nonce)
        assert newer is not None  # a given nonce is always used
        return self.outbox.complete(newer)

    def _priced(self, call: Call, fees: Fees) -> dict[str, Any]:
        gas = self._answer(self._connection.estimate_gas, call) * _GAS_MARGIN_PERCENT // 100 + call.spare_gas
        cost = gas * fees.most + call.value
        if cost > self._connection.balance(self.address):
            raise too_poor(self.address, cost)
        fields = {"to": call.to, "data": "0x" + call.data.hex(), "value": call.value, "gas": gas}
        return self._transaction(fields, fees)

    def _transaction(self, fields: Mapping[str, Any], fees: Fees) -> dict[str, Any]:
        return {name: fields[name] for name in ("to", "data", "value", "gas")} | {
            "maxFeePerGas": fees.most,
            "maxPriorityFeePerGas": fees.tip,
        }

    def _answer(self, ask: Callable[..., T], call: Call) -> T:
        """The node's answer about a call that is not sent yet, with refusals as our own errors."""
        end = time.monotonic() + _LAG_SECONDS
        while True:
            try:
                return ask(call.transaction(self.address), contract=call.name)
            except ContractError:
                if time.monotonic() > end or not self._is_outdated(call):
                    raise
            except ChainError as error:
                raise refusal(self.address, error) from error
            time.sleep(_LAG_PAUSE)

    def _is_outdated(self, call: Call) -> bool:
        """Whether *call* was refused by an endpoint that does not have all of the account's transactions."""
        last = self.outbox.journal.last_block()
        if last is None:
            return False
        try:
            block = max(last, self._connection.block_number())
            self._connection.call(call.transaction(self.address), contract=call.name, block=block)
        except ContractError:
            return False
        except ChainUnavailable:
            raise
        except ChainError:
            pass  # it does not have the block
        return True
