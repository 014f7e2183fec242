"""JSON-RPC over several endpoints. What they answer is hostile input: bounded in size and time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, TypeVar, cast

import httpx
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from assay.errors import ChainUnavailable
from assay.store.transport import Deadline, DeadlineTransport, by_proxy, current_deadline
from assay.words.printable import printable

Tell = Callable[[str], None]

_MAX_ANSWER_BYTES = 32 * 1024 * 1024
_PAUSE = 0.2  # seconds before the second round, doubled for each further one
_MAX_LIMITED = 60.0  # seconds that one request waits at most where endpoints take no more requests for now
T = TypeVar("T")
Ask = Callable[[str, Any], RPCResponse]
"""Sends one request (method, parameters) to one endpoint."""


class AnswerTooLarge(ValueError):
    """What was asked for is more than is read of one answer."""


def silent(_sentence: str) -> None:
    """For programs that tell nobody."""


class FailoverProvider(JSONBaseProvider):
    """Asks the endpoint that answered last, and the others in turn when it does not.

    Requests may be repeated: those that change something are transactions, which a node takes only once.

    Args:
        urls: http(s) endpoints in order of preference; a key in the path or query is never shown.
        timeout: seconds for one answer, from connecting to the last byte.
        rounds: how often all endpoints are tried.
        tell: told in a sentence when an endpoint asks to wait.
    """

    def __init__(
        self,
        urls: Sequence[str],
        *,
        timeout: float = 20.0,
        rounds: int = 3,
        tell: Tell = silent,
    ) -> None:
        super().__init__()
        self.urls = [_checked_url(url) for url in urls]
        if not self.urls:
            raise ChainUnavailable("No RPC endpoint is named.", hint="Example: http://127.0.0.1:8545")
        self._timeout, self._rounds, self._preferred, self._tell = timeout, rounds, 0, tell
        self._clients = [
            httpx.Client(
                transport=DeadlineTransport(url),
                trust_env=False,  # no .netrc
                timeout=timeout,
                headers={"Content-Type": "application/json", "Accept-Encoding": "identity"},
            )
            for url in self.urls
        ]

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients:
            client.close()

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Ask; raises :class:`ChainUnavailable` when no endpoint gives a usable answer."""
        return self.on_one(lambda ask: ask(method, params))

    def on_one(self, read: Callable[[Ask], T], *, rounds: int | None = None) -> T:
        """What *read* finds by requests that all go to one endpoint; where it fails the next one is tried.

        Args:
            read: raises ValueError, with the reason in words, when the endpoint is of no use.
            rounds: how often all endpoints are tried, if not as often as usual. Rounds in which an endpoint
                asked to wait do not count, up to a minute.

        Raises:
            ChainUnavailable: it fails on every endpoint.
        """
        waited, failed, limited = 0.0, 0, 0
        while True:
            failures: dict[str, Exception] = {}
            for offset in range(len(self.urls)):
                index = (self._preferred + offset) % len(self.urls)
                try:
                    found = read(partial(self._ask, index))
                except (httpx.HTTPError, ValueError, RecursionError) as error:
                    failures[self.urls[index].host + by_proxy(self.urls[index])] = error
                    continue
                self._preferred = index
                return found
            limits = {host: e.seconds for host, e in failures.items() if isinstance(e, _LimitedError)}
            failed, limited = (failed, limited + 1) if limits else (failed + 1, limited)
            pause = max(_PAUSE * 2 ** (failed + limited - 1), min(limits.values(), default=0.0))
            waited += pause if limits else 0.0
            if failed >= (rounds or self._rounds) or waited > _MAX_LIMITED:
                raise _unavailable(failures)
            if limits:
                self._tell(f"{', '.join(limits)} takes no more requests for now; waiting {pause:.1f} s.")
            time.sleep(pause)

    def _ask(self, index: int, method: str, params: Any) -> RPCResponse:
        return self._post(index, self.encode_rpc_request(RPCEndpoint(method), params))

    def _post(self, index: int, body: bytes) -> RPCResponse:
        token = current_deadline.set(Deadline(self._timeout))
        try:
            with self._clients[index].stream("POST", self.urls[index], content=body) as response:
                if response.status_code == 429 or "Retry-After" in response.headers:
                    raise _LimitedError(response)
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


class _LimitedError(ValueError):
    """The endpoint takes no more requests for so many *seconds*."""

    def __init__(self, response: httpx.Response) -> None:
        self.seconds = _retry_after(response.headers.get("Retry-After", ""))
        asks = f" and asks to wait {self.seconds:.0f} s" if self.seconds else ""
        super().__init__(f"HTTP {response.status_code}: it takes no more requests for now{asks}")


def _retry_after(text: str) -> float:
    """Seconds of a ``Retry-After`` header, which may also name a time (RFC 9110, 10.2.3)."""
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return 0.0


def _unavailable(failures: Mapping[str, Exception]) -> ChainUnavailable:
    detail = "; ".join(f"{host}: {_reason(error)}" for host, error in failures.items())
    limited = all(isinstance(error, _LimitedError) for error in failures.values())
    return ChainUnavailable(
        f"No RPC endpoint answers ({detail}).",
        hint="Try again later, or name another endpoint beside it (ASSAY_RPC)."
        if limited
        else "Is the node running, and is ASSAY_RPC right?",
    )


def _checked_url(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ChainUnavailable("An RPC endpoint is an http(s) URL.", hint="Example: http://127.0.0.1:8545")
    return parsed


def _reason(error: Exception) -> str:
    if isinstance(error, httpx.ProxyError):
        return f"the proxy says {printable(str(error))[:80]}"
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    text = str(error) if isinstance(error, (httpx.TransportError, ValueError)) else ""
    return printable(text)[:200] or type(error).__name__
