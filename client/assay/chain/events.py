"""Logs of a market's contracts as typed events, found by contract, name and indexed arguments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode
from eth_typing import ABIEvent
from eth_utils.abi import event_abi_to_log_topic

from assay.chain.abi import decode_data, decode_log, decode_topics, event_of, events_by_topic
from assay.chain.answers import Log
from assay.chain.connection import Connection
from assay.chain.deployment import Deployment


@dataclass(frozen=True)
class Event:
    """An event emitted by a contract of the market.

    Attributes:
        contract: the contract's name, such as ``"Escrow"``.
        name: the event's name.
        arguments: the arguments by their ABI names; structs are dicts.
        block: number of its block.
        tx_hash: hash of its transaction (0x hex).
        log_index: its index in the block.
    """

    contract: str
    name: str
    arguments: Mapping[str, Any]
    block: int
    tx_hash: str
    log_index: int


class _Arguments(Mapping[str, Any]):
    """Arguments of a log; its data is decoded when an argument in it is first accessed."""

    def __init__(self, event: ABIEvent, topics: Sequence[bytes], data: bytes) -> None:
        self._event, self._data = event, data
        self._known = decode_topics(event, topics)
        self._whole = False

    def __getitem__(self, name: str) -> Any:
        return (self._known if name in self._known else self._all())[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> Mapping[str, Any]:
        if not self._whole:
            self._known |= decode_data(self._event, bytes(self._data))
            self._whole = True
        return self._known


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
        """The events *name* of *contract* in chain order, only those with the given *indexed* arguments.

        Args:
            newest_first: reverse the order; events that are not consumed are not fetched.
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

    def decode(self, logs: Iterable[Log], *, lazily: bool = False) -> Iterator[Event]:
        """The *logs* that our contracts emitted, decoded; unknown ones are left out.

        Args:
            lazily: decode arguments that are not indexed only when they are first accessed; data that does
                not fit raises only then.
        """
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
                arguments=(
                    _Arguments(event, topics, log["data"])
                    if lazily
                    else decode_log(event, topics, bytes(log["data"]))
                ),
                block=log["blockNumber"],
                tx_hash="0x" + log["transactionHash"].hex(),
                log_index=log["logIndex"],
            )
