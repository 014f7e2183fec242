"""Logs of a market's contracts as typed events, found by contract, name and indexed arguments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode
from eth_utils.abi import event_abi_to_log_topic
from web3.types import LogReceipt

from assay.chain.abi import decode_log, event_of, events_by_topic
from assay.chain.connection import Connection
from assay.chain.deployment import Deployment


@dataclass(frozen=True)
class Event:
    """Something a contract of the market said.

    Attributes:
        contract: the contract's name, such as ``"Escrow"``.
        name: the event's name.
        arguments: by the names in the ABI; structs are dicts.
        block: number of its block.
        tx_hash: of its transaction (0x hex).
        log_index: its place in the block.
    """

    contract: str
    name: str
    arguments: Mapping[str, Any]
    block: int
    tx_hash: str
    log_index: int


class EventReader:
    """Finds and decodes the events of one deployment."""

    def __init__(self, connection: Connection, deployment: Deployment) -> None:
        self._connection, self._deployment = connection, deployment
        self._names = {address: name.split(":")[0] for name, address in deployment.contracts.items()}

    def find(
        self,
        contract: str,
        name: str,
        *,
        from_block: int | None = None,
        to_block: int | None = None,
        newest_first: bool = False,
        **indexed: Any,
    ) -> Iterator[Event]:
        """The events *name* of *contract* in chain order, those with the given *indexed* arguments only.

        Args:
            newest_first: the other way round; what is not taken any more is not fetched.
        """
        event = event_of(contract, name)
        topics: list[Any] = ["0x" + event_abi_to_log_topic(event).hex()]
        for part in event["inputs"]:
            if part.get("indexed"):
                value = indexed.pop(part["name"], None)
                topics.append(None if value is None else "0x" + encode([part["type"]], [value]).hex())
        if indexed:
            raise TypeError(f"{name} has no indexed arguments {sorted(indexed)}")
        while topics[-1] is None:
            topics.pop()
        yield from self._read(contract, topics, from_block, to_block, newest_first)

    def about(self, contract: str, *topics: Any, from_block: int | None = None) -> Iterator[Event]:
        """All events of *contract* whose first indexed arguments are *topics* (ABI-encoded words)."""
        yield from self._read(contract, [None, *("0x" + topic.hex() for topic in topics)], from_block, None)

    def _read(
        self,
        contract: str,
        topics: list[Any],
        from_block: int | None,
        to_block: int | None,
        newest_first: bool = False,
    ) -> Iterator[Event]:
        start = self._deployment.block if from_block is None else from_block
        address = self._deployment.address(contract)
        logs = self._connection.logs(
            address, topics, from_block=start, to_block=to_block, newest_first=newest_first
        )
        return self.decode(logs)

    def decode(self, logs: Iterable[LogReceipt]) -> Iterator[Event]:
        """Those of *logs* that our contracts emitted, decoded; what they do not know is left out."""
        for log in logs:
            contract = self._names.get(log["address"])
            if contract is None or not log["topics"]:
                continue
            topics = [bytes(topic) for topic in log["topics"]]
            event = events_by_topic(contract).get(topics[0])
            if event is None:
                continue
            yield Event(
                contract=contract,
                name=event["name"],
                arguments=decode_log(event, topics, bytes(log["data"])),
                block=log["blockNumber"],
                tx_hash=log["transactionHash"].to_0x_hex(),
                log_index=log["logIndex"],
            )
