"""Calls to one deployed contract by function name, encoded and decoded with its ABI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hexbytes import HexBytes
from web3 import Web3
from web3.types import TxParams

from assay.chain.abi import decode_named, encode_call, function_of
from assay.chain.connection import Connection


@dataclass(frozen=True)
class Call:
    """A call that can be simulated, sent as a transaction or put into a multicall.

    Attributes:
        contract, function: names, for messages.
        to: the contract's address.
        data: selector and ABI-encoded arguments.
        spare_gas: beyond the estimate, for a call whose gas depends on the second in which it is mined.
        value: wei that go with it.
    """

    contract: str
    function: str
    to: str
    data: bytes
    spare_gas: int = 0
    value: int = 0

    def transaction(self, sender: str) -> TxParams:
        """The fields that a simulation needs."""
        return {
            "from": Web3.to_checksum_address(sender),
            "to": Web3.to_checksum_address(self.to),
            "data": HexBytes(self.data),
            "value": Web3.to_wei(self.value, "wei"),
        }


class Contract:
    """The contract *name* at *address*. Struct arguments are dicts by the contract's field names."""

    def __init__(self, connection: Connection, name: str, address: str) -> None:
        self.name, self.address = name, address
        self._connection = connection

    def call(self, function: str, *arguments: Any) -> Call:
        """Encode a call; raises :class:`InvalidInput` when an argument does not fit its ABI type."""
        return Call(self.name, function, self.address, encode_call(self.name, function, arguments))

    def read(self, function: str, *arguments: Any, sender: str | None = None) -> Any:
        """Call a view: its one result, or a dict by name when it has several.

        Raises:
            ContractError: it reverts.
        """
        call = self.call(function, *arguments)
        outputs = function_of(self.name, function)["outputs"]
        transaction = call.transaction(sender or "0x" + "00" * 20)
        result = decode_named(outputs, self._connection.call(transaction, contract=self.name))
        return next(iter(result.values())) if len(result) == 1 else result
