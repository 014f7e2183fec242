"""Queries a market's index (``ASSAY_INDEX``), which is fast but may be wrong: never pay or sign by it.

Before an answer is used, the block that it refers to is looked up through the user's own endpoint.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import httpx
from pydantic import BaseModel, ValidationError

from assay.chain import Connection
from assay.errors import IndexUnavailable
from assay.store.transport import Deadline, DeadlineTransport, current_deadline
from assay.words.printable import printable

INDEX_VARIABLE = "ASSAY_INDEX"
_MAX_BYTES = 8 * 1024 * 1024
_SECONDS = 10.0


class Block(BaseModel):
    """The block that an answer refers to."""

    number: int
    hash: str
    time: int
    final: bool


class Reply(BaseModel):
    """An answer from the index. Its data is untrusted until it is checked."""

    block: Block
    data: Any
    events: list[dict[str, Any]] = []


@dataclass(frozen=True)
class Found:
    """One page of search results.

    Attributes:
        items: the listings, keyed by the names of the index's API.
        counts: for some facets, how many listings have each value.
        total: how many listings there are; 1000 means 1000 or more.
    """

    block: Block
    items: Sequence[Mapping[str, Any]]
    counts: Mapping[str, Mapping[str, int]]
    total: int


class IndexReader:
    """Reads the index at *url*.

    Args:
        connection: to the chain against which answers are checked; without it they are not checked.
    """

    def __init__(self, url: str, connection: Connection | None = None) -> None:
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL:
            parsed = httpx.URL("")
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise IndexUnavailable("An index is an http(s) URL.", hint="Example: http://127.0.0.1:8646")
        self._base, self._connection = str(parsed).rstrip("/"), connection
        self._client = httpx.Client(
            transport=DeadlineTransport(parsed), trust_env=False, timeout=_SECONDS, follow_redirects=False
        )

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, path: str, **question: Any) -> Reply:
        """The answer to a question of the index's API.

        Raises:
            IndexUnavailable: it gives no answer, an invalid one, or one for another chain.
        """
        asked = {name: value for name, value in question.items() if value not in (None, "", ())}
        try:
            with _in_time():
                reply = Reply.model_validate(self._fetch(f"{self._base}/v1/{path}", asked))
        except (httpx.HTTPError, ValueError, RecursionError) as error:
            raise IndexUnavailable(
                f"The index at {self._base} cannot be used: {_reason(error)}.",
                hint=f"Leave {INDEX_VARIABLE} empty to read the chain alone.",
            ) from error
        self._check(reply.block)
        return reply

    def search(self, *, offset: int = 0, limit: int = 20, **wanted: Any) -> Found:
        """Listings by words and facets, by the names of the index's API; raises as :meth:`ask` does."""
        reply = self.ask("search", offset=offset, limit=limit, **wanted)
        try:
            page, counts = reply.data["listings"], reply.data["counts"]
            return Found(reply.block, [dict(one) for one in page["items"]], counts, int(page["total"]))
        except (LookupError, TypeError, ValueError) as error:
            raise IndexUnavailable(f"The index at {self._base} sent an unreadable answer.") from error

    def _fetch(self, url: str, asked: Mapping[str, Any]) -> Any:
        with self._client.stream("GET", url, params=asked) as response:
            raw = bytearray()
            for piece in response.iter_raw():
                raw += piece
                if len(raw) > _MAX_BYTES:
                    raise ValueError("its answer is too large")
        if response.status_code != 200:
            raise ValueError(_refusal(response.status_code, raw))
        return json.loads(raw)

    def _check(self, block: Block) -> None:
        """Check that the chain has the block that the index answers for."""
        if self._connection is None or not block.hash:
            return
        found = self._connection.find_block(block.number)
        if found is None or found.hash != block.hash:
            raise IndexUnavailable(
                f"The index at {self._base} answers for another chain, or for a block that is gone.",
                hint="Ask again in a moment, or check ASSAY_INDEX and ASSAY_RPC.",
            )


@contextmanager
def _in_time() -> Iterator[None]:
    token = current_deadline.set(Deadline(_SECONDS))
    try:
        yield
    finally:
        current_deadline.reset(token)


def _refusal(status: int, raw: bytes | bytearray) -> str:
    try:
        detail = json.loads(raw)["detail"]
        said = detail if isinstance(detail, str) else str(detail[0]["msg"])
    except (ValueError, LookupError, TypeError, RecursionError):
        said = f"HTTP {status}"
    return printable(said)[:200].rstrip(".")


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "an answer that makes no sense"
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    return printable(str(error))[:200].rstrip(".") or type(error).__name__
