"""JSON-RPC over several endpoints. What they answer is hostile input: bounded in size and time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar, cast

import httpx
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from assay.errors import ChainUnavailable
from assay.store.transport import Deadline, DeadlineTransport, current_deadline
from assay.words.printable import printable

_MAX_ANSWER_BYTES = 32 * 1024 * 1024
_PAUSE = 0.2  # seconds before the second round, doubled for each further one
T = TypeVar("T")
Ask = Callable[[str, Any], RPCResponse]
"""Sends one request (method, parameters) to one endpoint."""


class AnswerTooLarge(ValueError):
    """What was asked for is more than is read of one answer."""


class FailoverProvider(JSONBaseProvider):
    """Asks the endpoint that answered last, and the others in turn when it does not.

    Requests may be repeated: those that change something are transactions, which a node takes only once.

    Args:
        urls: http(s) endpoints in order of preference; a key in the path or query is never shown.
        timeout: seconds for one answer, from connecting to the last byte.
        rounds: how often all endpoints are tried.
    """

    def __init__(self, urls: Sequence[str], *, timeout: float = 20.0, rounds: int = 3) -> None:
        super().__init__()
        self.urls = [_checked_url(url) for url in urls]
        if not self.urls:
            raise ChainUnavailable("No RPC endpoint is named.", hint="Example: http://127.0.0.1:8545")
        self._timeout, self._rounds, self._preferred = timeout, rounds, 0
        self._http = httpx.Client(
            transport=DeadlineTransport(),
            trust_env=False,  # no proxy or .netrc between us and a node
            timeout=timeout,
            headers={"Content-Type": "application/json", "Accept-Encoding": "identity"},
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Ask; raises :class:`ChainUnavailable` when no endpoint gives a usable answer."""
        return self.on_one(lambda ask: ask(method, params))

    def on_one(self, read: Callable[[Ask], T], *, rounds: int | None = None) -> T:
        """What *read* finds by requests that all go to one endpoint; where it fails the next one is tried.

        Args:
            read: raises ValueError, with the reason in words, when the endpoint is of no use.
            rounds: how often all endpoints are tried, if not as often as usual.

        Raises:
            ChainUnavailable: it fails on every endpoint.
        """
        reasons: dict[str, str] = {}
        rounds = rounds or self._rounds
        for attempt in range(rounds):
            for offset in range(len(self.urls)):
                index = (self._preferred + offset) % len(self.urls)
                try:
                    found = read(partial(self._ask, self.urls[index]))
                except (httpx.HTTPError, ValueError, RecursionError) as error:
                    reasons[self.urls[index].host] = _reason(error)
                    continue
                self._preferred = index
                return found
            if attempt + 1 < rounds:
                time.sleep(_PAUSE * 2**attempt)
        detail = "; ".join(f"{host}: {reason}" for host, reason in reasons.items())
        raise ChainUnavailable(
            f"No RPC endpoint answers ({detail}).", hint="Is the node running, and is ASSAY_RPC right?"
        )

    def _ask(self, url: httpx.URL, method: str, params: Any) -> RPCResponse:
        return self._post(url, self.encode_rpc_request(RPCEndpoint(method), params))

    def _post(self, url: httpx.URL, body: bytes) -> RPCResponse:
        token = current_deadline.set(Deadline(self._timeout))
        try:
            with self._http.stream("POST", url, content=body) as response:
                # some nodes send refusals with status 400 and a proper answer
                if response.status_code not in (200, 400):
                    raise ValueError(f"HTTP {response.status_code}")
                raw = bytearray()
                for piece in response.iter_raw():
                    raw += piece
                    if len(raw) > _MAX_ANSWER_BYTES:
                        raise AnswerTooLarge("the answer is too large")
        finally:
            current_deadline.reset(token)
        answer = json.loads(raw)
        if not isinstance(answer, dict) or ("result" in answer) == ("error" in answer):
            raise ValueError("not a JSON-RPC answer")
        return cast(RPCResponse, answer)


def _checked_url(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ChainUnavailable("An RPC endpoint is an http(s) URL.", hint="Example: http://127.0.0.1:8545")
    return parsed


def _reason(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    text = str(error) if isinstance(error, (httpx.TransportError, ValueError)) else ""
    return printable(text)[:200] or type(error).__name__
