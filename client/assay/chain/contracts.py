"""Calls to one deployed contract by function name, encoded and decoded with its ABI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_utils.crypto import keccak

from assay.chain.abi import decode_named, encode_call, function_of
from assay.chain.answers import Fields
from assay.chain.connection import Connection


@dataclass(frozen=True)
class Call:
    """A call that can be simulated, sent as a transaction or put into a multicall.

    Attributes:
        contract, function: names, for messages.
        to: the contract's address.
        data: selector and ABI-encoded arguments.
        spare_gas: extra gas beyond the estimate, for a call whose gas depends on when it is mined.
        value: wei sent along.
        purpose: what it is for, if its data differ from one attempt to the next, as with a signature that
            has a deadline. Two calls with the same purpose are the same payment; by default, two calls with
            the same data are.
    """

    contract: str
    function: str
    to: str
    data: bytes
    spare_gas: int = 0
    value: int = 0
    purpose: str = ""

    @property
    def name(self) -> str:
        """Contract and function, such as ``Escrow.deposit``."""
        return f"{self.contract}.{self.function}"

    @property
    def identity(self) -> str:
        """Identifies the payment; the same for each attempt at it."""
        said = self.purpose.encode() or self.data + self.value.to_bytes(32, "big")
        return f"{self.name} {keccak(bytes.fromhex(self.to[2:]) + said).hex()}"

    def transaction(self, sender: str) -> Fields:
        """The fields that a simulation needs."""
        return {"from": sender, "to": self.to, "data": self.data, "value": self.value}


class Contract:
    """The contract *name* at *address*. Struct arguments are dicts by the contract's field names."""

    def __init__(self, connection: Connection, name: str, address: str) -> None:
        self.name, self.address = name, address
        self._connection = connection

    def call(self, function: str, *arguments: Any) -> Call:
        """Encode a call; raises :class:`InvalidInput` if an argument does not fit its ABI type."""
        return Call(self.name, function, self.address, encode_call(self.name, function, arguments))

    def read(
        self, function: str, *arguments: Any, sender: str | None = None, block: int | None = None
    ) -> Any:
        """Call a view, on the newest state or after *block*; returns its single result, a dict if it has
        several, or None if all it can do is revert.

        Raises:
            ContractError: it reverts.
        """
        call = self.call(function, *arguments)
        outputs = function_of(self.name, function)["outputs"]
        transaction = call.transaction(sender or "0x" + "00" * 20)
        result = decode_named(outputs, self._connection.call(transaction, contract=self.name, block=block))
        return next(iter(result.values())) if len(result) == 1 else result or None
