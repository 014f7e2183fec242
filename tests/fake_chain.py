"""A chain of made-up blocks, and RPC endpoints that show it with limits, delays and other faults."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import httpx

from assay.chain.provider import AnswerTooLarge, FailoverProvider

Raw = dict[str, Any]


class FakeChain:
    """Blocks from 0 on, each with logs as JSON-RPC has them."""

    def __init__(self) -> None:
        self.hashes: list[str] = []
        self.logs: list[list[Raw]] = []
        self._salt = 0

    @property
    def head(self) -> int:
        return len(self.hashes) - 1

    def mine(self, *logs: tuple[str, Sequence[str], str]) -> None:
        """A block with *logs*: address, topics and data, all 0x hex."""
        number = len(self.hashes)
        before = self.hashes[-1] if self.hashes else ""
        name = "0x" + hashlib.sha256(f"{before} {self._salt} {logs}".encode()).hexdigest()
        self.hashes.append(name)
        self.logs.append(
            [
                {
                    "address": address, "topics": list(topics), "data": data, "blockNumber": hex(number),
                    "blockHash": name, "transactionHash": "0x" + "55" * 32, "transactionIndex": "0x0",
                    "logIndex": hex(place), "removed": False,
                }
                for place, (address, topics, data) in enumerate(logs)
            ]
        )  # fmt: skip

    def fork(self, number: int) -> None:
        """Forget the blocks from *number* on; those that follow have other hashes."""
        del self.hashes[number:], self.logs[number:]
        self._salt += 1


class Endpoint:
    """Shows a chain without its newest blocks, so many as it is *behind*.

    Args:
        blocks, logs: limits of one answer.
        fault: what comes beyond them: an "error", nothing in time ("slow"), an answer that is too "large".
    """

    def __init__(
        self,
        chain: FakeChain,
        *,
        behind: int = 0,
        blocks: int = 10**9,
        logs: int = 10**9,
        fault: str = "error",
    ) -> None:
        self.chain, self.behind, self.blocks, self.most, self.fault = chain, behind, blocks, logs, fault
        self.asked: list[str] = []

    def answer(self, method: str, params: Any) -> Raw:
        self.asked.append(method)
        head = self.chain.head - self.behind
        if method == "eth_getBlockByNumber":
            number = head if params[0] == "latest" else int(params[0], 16)
            return {"result": self._block(number) if 0 <= number <= head else None}
        assert method == "eth_getLogs"
        return self._logs(params[0], head)

    def _block(self, number: int) -> Raw:
        parent = self.chain.hashes[number - 1] if number else "0x" + "00" * 32
        name = self.chain.hashes[number]
        return {"number": hex(number), "hash": name, "parentHash": parent, "timestamp": hex(1000 + number)}

    def _logs(self, query: Raw, head: int) -> Raw:
        if "blockHash" in query:
            if query["blockHash"] not in self.chain.hashes[: head + 1]:
                return {"error": {"code": -32000, "message": "unknown block"}}
            first = last = self.chain.hashes.index(query["blockHash"])
        else:
            first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
        found = [
            log
            for number in range(first, min(last, head) + 1)  # as real ones do: up to their own head, no word
            for log in self.chain.logs[number]
            if log["address"] in query["address"] and matches(log["topics"], query["topics"])
        ]
        if first < last and (last - first >= self.blocks or len(found) > self.most):
            if self.fault == "slow":
                raise httpx.ReadTimeout("")
            if self.fault == "large":
                raise AnswerTooLarge("the answer is too large")
            return {"error": {"code": -32005, "message": "query returned more than 10000 results"}}
        return {"result": found}


def matches(topics: Sequence[str], wanted: Sequence[Any]) -> bool:
    return len(topics) >= len(wanted) and all(
        one is None or topic == one or (isinstance(one, list) and topic in one)
        for topic, one in zip(topics, wanted, strict=False)
    )


class FakeProvider(FailoverProvider):
    """The real one, over endpoints of which no request leaves the process."""

    def __init__(self, *endpoints: Endpoint, rounds: int = 1) -> None:
        super().__init__([f"http://{number}.example" for number in range(len(endpoints))], rounds=rounds)
        self.endpoints = endpoints

    def _post(self, index: int, content: Any) -> Any:
        if isinstance(content, list):
            return [self._post(index, one) | {"id": one["id"]} for one in content]
        return self.endpoints[index].answer(content["method"], content["params"])
