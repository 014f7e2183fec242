"""Logs fetched in block ranges, each as long as the endpoints allow, with every answer checked.

An endpoint that is behind silently answers a range only up to its own head. So a range is accepted only from
an endpoint that has shown the range's last block, and a single block is queried by its hash (EIP-234), which
no node can answer without having the block, even behind a load balancer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import httpx

from assay.chain.answers import Header, Log, header, log, refusal
from assay.chain.provider import AnswerTooLarge, Ask, FailoverProvider
from assay.errors import ChainUnavailable

_FIRST_SPAN, _LONGEST_SPAN = 20_000, 2**22
T = TypeVar("T")
_PATIENCE = 8  # consecutive answers after a refusal before a longer range is tried

Topics = Sequence[str | Sequence[str] | None]
"""What each topic must be, 0x hex: one value, one of several, or anything (None)."""


@dataclass(frozen=True)
class LogRange:
    """All logs of a query from block *first* to block *last*, in chain order."""

    first: int
    last: Header
    logs: Sequence[Log]


class Span:
    """How many blocks to request at once: doubled while that works, fewer after a refusal.

    After a refusal, longer ranges are tried only rarely, so that a node's limit costs one request in nine.
    """

    def __init__(self) -> None:
        self.blocks = _FIRST_SPAN
        self._patience, self._left = 1, 1

    def answered(self, blocks: int) -> None:
        """A range of *blocks* blocks was answered; a range cut short by the query's end shows nothing."""
        if blocks < self.blocks:
            return
        self._left -= 1
        if self._left == 0:
            self.blocks, self._left = min(_LONGEST_SPAN, 2 * self.blocks), self._patience

    def refused(self, blocks: int) -> None:
        """A range of *blocks* blocks was too long."""
        self.blocks = max(1, min(self.blocks, blocks) // 4)
        self._patience = self._left = _PATIENCE


class _TooLongError(Exception):
    """The range must be shorter."""


Scanned = Callable[[object, int, int], None]
"""Called with a query, how many blocks it has read, and how many there are in all."""


def unseen(_query: object, _read: int, _of: int) -> None:
    """For programs that show no progress."""


class LogReader:
    """Reads logs through *provider*. What it learns about the endpoints' limits is used for later queries."""

    def __init__(self, provider: FailoverProvider) -> None:
        self._provider, self._span = provider, Span()
        self.scanned: Scanned = unseen
        self._seen = 0  # number of the newest block that an endpoint has shown

    def head(self) -> Header:
        """The newest block, preferably from an endpoint that has every block seen so far.

        Raises:
            ChainUnavailable: no endpoint answers.
        """
        return self._on_current(self._newest)

    def block(self, number: int) -> Header | None:
        """A block as one endpoint has it, or None if it does not have it."""
        return self._provider.on_one(lambda ask: _find(ask, hex(number)))

    def ranges(
        self, addresses: Sequence[str], topics: Topics, *, first: int, last: int | None, newest_first: bool
    ) -> Iterator[LogRange]:
        """The ranges from block *first* to *last* (the newest if None), or in reverse order.

        Raises:
            ChainUnavailable: no endpoint gives a usable answer, even for one block.
        """
        query = _Query({address.lower() for address in addresses}, topics, newest_first)
        read = 0
        try:
            for found, left in self._ranges(query, first, last):
                read += found.last.number - found.first + 1
                self.scanned(query, read, read + left)
                yield found
        finally:  # or the caller does not want the rest
            self.scanned(query, read, read)

    def _ranges(self, query: _Query, first: int, last: int | None) -> Iterator[tuple[LogRange, int]]:
        """Each range, and how many blocks are left after it."""
        while last is None or first <= last:
            blocks = self._span.blocks
            try:
                if last is None:
                    found, last = self._on_current(partial(self._read_tip, query, first, blocks))
                else:
                    found = self._provider.on_one(partial(self._read, query, first, last, blocks))
            except _TooLongError:
                self._span.refused(blocks)
                continue
            if found is None:
                return
            self._span.answered(found.last.number - found.first + 1)
            if query.newest_first:
                last = found.first - 1
            else:
                first = found.last.number + 1
            yield found, last - first + 1

    def _on_current(self, read: Callable[[int, Ask], T]) -> T:
        """Call *read* with the newest block's number seen; if no endpoint has it, the chain was reset."""
        try:
            return self._provider.on_one(partial(read, self._seen), rounds=1)
        except ChainUnavailable:
            self._seen = 0
            return self._provider.on_one(partial(read, 0))

    def _newest(self, least: int, ask: Ask) -> Header:
        head = _header(ask, "latest")
        if head.number < least:
            raise ValueError(f"it is behind block {least}")
        self._seen = max(self._seen, head.number)
        return head

    def _read_tip(
        self, query: _Query, first: int, blocks: int, least: int, ask: Ask
    ) -> tuple[LogRange | None, int]:
        """The first range of a query up to the newest block, and that block's number."""
        head = self._newest(least, ask)
        if first > head.number:
            return None, head.number
        return self._read(query, first, head.number, blocks, ask, head), head.number

    def _read(
        self, query: _Query, first: int, last: int, blocks: int, ask: Ask, head: Header | None = None
    ) -> LogRange:
        """One range of at most *blocks* blocks from one endpoint."""
        start = max(first, last - blocks + 1) if query.newest_first else first
        end = last if query.newest_first else min(last, first + blocks - 1)
        header = head if head is not None and head.number == end else _header(ask, hex(end))
        place = {"blockHash": header.hash} if start == end else {"fromBlock": hex(start), "toBlock": hex(end)}
        try:
            answer = ask("eth_getLogs", [query.parameters | place])
        except (AnswerTooLarge, httpx.TimeoutException) as error:
            if start < end:
                raise _TooLongError from error
            raise
        if "error" in answer:
            if start < end:
                raise _TooLongError
            raise ValueError(f"it refuses: {refusal(answer)}")
        return LogRange(start, header, query.parse(answer["result"], start, header))


class _Query:
    """What is queried, and the check that an answer contains nothing else."""

    def __init__(self, addresses: set[str], topics: Topics, newest_first: bool) -> None:
        self.newest_first = newest_first
        self.parameters: dict[str, Any] = {"address": sorted(addresses), "topics": list(topics)}
        self._addresses, self._allowed = addresses, [_values(one) for one in topics]

    def parse(self, result: Any, first: int, last: Header) -> list[Log]:
        """The logs of an answer.

        Raises:
            ValueError: some logs were not requested, are out of order, or are from another chain's block.
        """
        try:
            logs = [self._log(raw) for raw in result]
        except (LookupError, TypeError, AttributeError) as error:
            raise ValueError("an answer that makes no sense") from error
        before = (first, -1)
        for one in logs:
            place = one["blockNumber"], one["logIndex"]
            if not before < place <= (last.number, place[1]):
                raise ValueError("it answers with logs that were not asked for")
            if place[0] == last.number and "0x" + one["blockHash"].hex() != last.hash:
                raise ValueError("its chain changed meanwhile")
            before = place
        return logs

    def _log(self, raw: Any) -> Log:
        address, topics = raw["address"].lower(), raw["topics"]
        if address not in self._addresses or not self._matches(topics) or raw.get("removed"):
            raise ValueError("it answers with logs that were not asked for")
        return log(raw)

    def _matches(self, topics: Any) -> bool:
        if len(topics) < len(self._allowed):
            return False
        return all(
            allowed is None or topic.lower() in allowed
            for topic, allowed in zip(topics, self._allowed, strict=False)
        )


def _values(topic: str | Sequence[str] | None) -> frozenset[str] | None:
    if topic is None:
        return None
    return frozenset(one.lower() for one in ([topic] if isinstance(topic, str) else topic))


def _header(ask: Ask, block: str) -> Header:
    """A block by number (hex) or tag; raises :class:`ValueError` if the endpoint does not have it."""
    found = _find(ask, block)
    if found is None:
        raise ValueError(f"it does not have block {block}")
    return found


def _find(ask: Ask, block: str) -> Header | None:
    answer = ask("eth_getBlockByNumber", [block, False])
    if "error" in answer:
        raise ValueError(f"it refuses: {refusal(answer)}")
    if answer["result"] is None:
        return None
    try:
        found = header(answer["result"])
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError("an answer that makes no sense") from error
    if block.startswith("0x") and found.number != int(block, 16):
        raise ValueError("an answer that makes no sense")
    return found
