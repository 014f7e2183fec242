"""Sending transactions: simulated first, paid for knowingly, waited for, and explained when they fail."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from eth_utils.crypto import keccak
from web3.types import TxParams, TxReceipt

from assay.chain.connection import Connection
from assay.chain.contracts import Call
from assay.chain.events import Event, EventReader
from assay.errors import (
    ChainError,
    ChainUnavailable,
    ContractError,
    InsufficientGas,
    TransactionPending,
    WrongChain,
)
from assay.wallet import Wallet

T = TypeVar("T")
GWEI = 10**9
_ATTEMPTS = 12  # to get a nonce when others send from the same account
_NONCE_TAKEN = (
    "nonce too low",
    "replacement transaction underpriced",
    "nonce is too low",
    "already been used",
)
_KNOWN = ("already known", "already imported")
_GAS_MARGIN_PERCENT = 120
_TIP_JITTER = 2**20  # wei a gas, a thousandth of a gwei


@dataclass(frozen=True)
class Receipt:
    """What became of a transaction.

    Attributes:
        tx_hash: 0x hex.
        block: number of its block.
        gas_used: gas.
        fee: wei paid for that gas.
        events: what our contracts said in it.
    """

    tx_hash: str
    block: int
    gas_used: int
    fee: int
    events: tuple[Event, ...]

    def event(self, name: str) -> Event:
        """The first event *name*; raises :class:`ChainError` when there is none."""
        for event in self.events:
            if event.name == name:
                return event
        raise ChainError(
            f"The transaction {self.tx_hash} has no event {name}.", hint="Check the deployment file."
        )


class Transactor:
    """Sends one account's transactions; may be shared by threads.

    Args:
        connection: to the chain.
        wallet: whose transactions they are.
        events: decodes receipts.
        chain_id: bound into every signature.
        timeout: seconds to wait for a receipt.
        max_fee_per_gas: wei; a node that suggests more is not believed.
        replaced_after: seconds without a receipt, once another transaction took the nonce, after which ours
            is taken for replaced and sent anew.
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
        replaced_after: float = 15.0,
    ) -> None:
        self._connection, self._wallet, self._events = connection, wallet, events
        self._chain_id, self._timeout = chain_id, timeout
        self._max_fee_per_gas, self._replaced_after = max_fee_per_gas, replaced_after
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        """The sender's EIP-55 address."""
        return self._wallet.address

    def simulate(self, call: Call) -> bytes:
        """What *call* would return now; raises :class:`ContractError` when it would revert. Costs nothing."""
        return self._answer(self._connection.call, call)

    def send(self, call: Call) -> Receipt:
        """Send *call* and wait for its receipt. A doomed call is found out first and costs no gas.

        Raises:
            ContractError: it would revert, or did because the state changed meanwhile.
            InsufficientGas: the account cannot pay for the gas and what goes with the call.
            TransactionPending: no receipt within the time limit; the transaction may still be included.
            WrongChain: the node signs for another chain.
            ChainUnavailable: no endpoint answers; nothing was sent.
        """
        for _ in range(_ATTEMPTS):
            self.simulate(call)
            sent = self._submit(call)
            receipt = self._await(*sent) if sent else None
            if receipt is not None:
                return self._finished(call, receipt)
        raise ChainError(
            "Other transactions of this account took every nonce that was tried.",
            hint="Stop the other program that sends from this account, or try again.",
        )

    def _submit(self, call: Call) -> tuple[str, int] | None:
        """Sign and send; hash and nonce, or none when the nonce was taken by somebody faster."""
        transaction = self._priced(call)
        with self._lock:
            nonce = self._connection.nonce(self.address, pending=True)
            raw = self._wallet.sign_transaction({**transaction, "nonce": nonce})
            tx_hash = "0x" + keccak(raw).hex()
            try:
                self._connection.send_raw(raw)
            except ChainUnavailable as error:
                raise TransactionPending(
                    f"The RPC endpoint was lost while sending {tx_hash}; it may have been taken.",
                    tx_hash=tx_hash,
                    hint="Look for this transaction before you try again.",
                ) from error
            except ChainError as error:
                said = error.message.lower()
                if any(sign in said for sign in _NONCE_TAKEN):
                    return None
                if not any(sign in said for sign in _KNOWN):
                    raise self._refusal(said, error) from error
        return tx_hash, nonce

    def _priced(self, call: Call) -> TxParams:
        # a little at random, else two programs that send the same call at once would share one transaction
        tip = self._connection.priority_fee() + secrets.randbelow(_TIP_JITTER)
        base = self._connection.base_fee()
        fee = 2 * base + tip
        if fee > self._max_fee_per_gas:
            raise ChainError(
                f"The node asks for {fee / GWEI:,.0f} gwei for a unit of gas, above the limit of "
                f"{self._max_fee_per_gas / GWEI:,.0f}.",
                hint="Wait for a quieter time, or use another RPC endpoint.",
            )
        gas = self._answer(self._connection.estimate_gas, call) * _GAS_MARGIN_PERCENT // 100 + call.spare_gas
        if gas * fee + call.value > self._connection.balance(self.address):
            raise self._too_poor(gas * fee + call.value)
        return {
            **call.transaction(self.address),
            "gas": gas,
            "maxFeePerGas": fee,  # type: ignore[typeddict-item]
            "maxPriorityFeePerGas": tip,  # type: ignore[typeddict-item]
            "chainId": self._chain_id,
            "type": 2,
        }

    def _answer(self, ask: Callable[..., T], call: Call) -> T:
        """What the node says to a call that is not sent yet; its refusals in our own errors."""
        try:
            return ask(call.transaction(self.address), contract=f"{call.contract}.{call.function}")
        except ContractError:
            raise
        except ChainError as error:
            raise self._refusal(error.message.lower(), error) from error

    def _await(self, tx_hash: str, nonce: int) -> TxReceipt | None:
        """The receipt, or none when another transaction has taken the nonce for good."""
        end, pause, overtaken = time.monotonic() + self._timeout, 0.05, 0.0
        while True:
            try:
                receipt = self._connection.receipt(tx_hash)
                if receipt is not None:
                    return receipt
                if self._connection.nonce(self.address, pending=False) <= nonce:
                    overtaken = 0.0
                elif not overtaken:
                    overtaken = time.monotonic()
                elif time.monotonic() - overtaken > self._replaced_after:
                    return None
            except ChainUnavailable:
                pass  # it was sent; the node may come back in time
            if time.monotonic() > end:
                raise TransactionPending(
                    f"The transaction {tx_hash} is in no block after {self._timeout:.0f} s.",
                    tx_hash=tx_hash,
                    hint="It may still be included; look for it before you try again.",
                )
            time.sleep(pause)
            pause = min(2 * pause, 1.0)

    def _finished(self, call: Call, receipt: TxReceipt) -> Receipt:
        tx_hash, block = receipt["transactionHash"].to_0x_hex(), receipt["blockNumber"]
        if receipt["status"] != 1:
            # what happened between simulation and block shows on the state before that block, or after it
            name = f"{call.contract}.{call.function}"
            for number in (block, block - 1):
                self._connection.call(call.transaction(self.address), contract=name, block=number)
            raise ContractError(
                f"The transaction {tx_hash} failed, for a reason that cannot be reproduced.", name="Unknown"
            )
        return Receipt(
            tx_hash=tx_hash,
            block=block,
            gas_used=receipt["gasUsed"],
            fee=receipt["gasUsed"] * receipt["effectiveGasPrice"],
            events=tuple(self._events.decode(receipt["logs"])),
        )

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
