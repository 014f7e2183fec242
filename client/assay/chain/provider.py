"""JSON-RPC over several endpoints. Their answers are untrusted input, bounded in size and time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, TypeVar

import httpx

from assay.chain.answers import Answer
from assay.chain.together import Group, Question, current_group
from assay.errors import ChainUnavailable
from assay.store.transport import Deadline, DeadlineTransport, by_proxy, current_deadline
from assay.words.printable import printable, reason_of

Tell = Callable[[str], None]
Body = dict[str, Any]

_MAX_ANSWER_BYTES = 32 * 1024 * 1024
_PAUSE = 0.2  # seconds before the second round, doubled for each further round
_MAX_LIMITED = 60.0  # longest wait (seconds) of one request while endpoints limit the request rate
T = TypeVar("T")
Ask = Callable[[str, Any], Answer]
"""Sends one request (method, parameters) to one endpoint."""


class AnswerTooLarge(ValueError):
    """The answer is larger than the limit for one answer."""


def silent(_sentence: str) -> None:
    """For programs that report nothing."""


class FailoverProvider:
    """Queries the endpoint that answered last, and the others in turn if it does not answer.

    Requests may be repeated: only transactions change anything, and a node accepts each of them only once.

    Args:
        urls: http(s) endpoints in order of preference; a key in the path or query is never shown.
        timeout: seconds for one answer, from connecting to the last byte.
        rounds: how often all endpoints are tried.
        tell: called with a sentence when an endpoint asks to wait.
    """

    def __init__(
        self,
        urls: Sequence[str],
        *,
        timeout: float = 20.0,
        rounds: int = 3,
        tell: Tell = silent,
    ) -> None:
        self.urls = [_checked_url(url) for url in urls]
        if not self.urls:
            raise ChainUnavailable("No RPC endpoint is named.", hint="Example: http://127.0.0.1:8545")
        self._timeout, self._rounds, self._preferred, self._tell = timeout, rounds, 0, tell
        self._one_by_one: set[int] = set()  # endpoints that do not accept batches
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

    def request(self, method: str, *params: Any) -> Answer:
        """Make a request; raises :class:`ChainUnavailable` if no endpoint gives a usable answer."""
        return self.on_one(lambda ask: ask(method, list(params)))

    def request_each(self, method: str, each: Sequence[Sequence[Any]]) -> list[Answer]:
        """Make one request per entry of *each*, all to one endpoint, in one batch if it accepts batches.

        Raises:
            ChainUnavailable: no endpoint gives a usable answer to all of them.
        """
        bodies = [_body(method, params) for params in each]
        return self._on_one(lambda index: [_usable(one) for one in self._post_all(index, bodies)])

    def on_one(self, read: Callable[[Ask], T], *, rounds: int | None = None) -> T:
        """What *read* finds by requests that all go to one endpoint; if it fails, the next one is tried.

        Args:
            read: raises ValueError, with the reason in words, if the endpoint is unusable.
            rounds: how often all endpoints are tried; the usual number by default. Rounds in which an
                endpoint asked to wait do not count, up to a minute.

        Raises:
            ChainUnavailable: it fails on every endpoint.
        """
        return self._on_one(lambda index: read(partial(self._ask, index)), rounds)

    def _on_one(self, read: Callable[[int], T], rounds: int | None = None) -> T:
        """What *read* finds at one endpoint; it is called with the endpoint's index."""
        waited, failed, limited = 0.0, 0, 0
        while True:
            failures: dict[str, Exception] = {}
            for offset in range(len(self.urls)):
                index = (self._preferred + offset) % len(self.urls)
                try:
                    found = read(index)
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
            if any(e.is_news() for e in failures.values() if isinstance(e, _LimitedError)):
                self._tell(f"{', '.join(limits)} takes no more requests for now; waiting {pause:.1f} s.")
            time.sleep(pause)

    def together(self, works: Sequence[Callable[[], T]]) -> list[T]:
        """What each of *works* returns; they run concurrently, and their requests are sent in batches.

        An endpoint that does not accept batches gets single requests.

        Raises:
            Exception: whatever the first one that failed raised.
        """
        group = current_group.get()
        if group is None or group.owner is not self:
            group = Group(self, self._answer_all)
        return group.run(works)

    def _ask(self, index: int, method: str, params: Any) -> Answer:
        body = _body(method, params)
        group = current_group.get()
        if group is None or group.owner is not self:
            return _answer(self._post(index, body))
        return group.ask(Question(index, body))

    def _answer_all(self, questions: Sequence[Question]) -> None:
        """Answer each from its endpoint. Identical questions are asked only once."""
        for index in {question.endpoint for question in questions}:
            alike: dict[str, list[Question]] = {}
            for question in questions:
                if question.endpoint == index:
                    alike.setdefault(json.dumps(question.body), []).append(question)
            found = self._post_all(index, [same[0].body for same in alike.values()])
            for same, answer in zip(alike.values(), found, strict=True):
                for question in same:
                    question.answer = answer

    def _post_all(self, index: int, bodies: Sequence[Body]) -> list[Answer | Exception]:
        if len(bodies) > 1 and index not in self._one_by_one:
            numbered = [body | {"id": number} for number, body in enumerate(bodies)]
            try:
                return _answers(self._post(index, numbered), len(bodies))
            except (httpx.HTTPError, _LimitedError) as error:
                return [error] * len(bodies)
            except AnswerTooLarge:
                pass
            except (ValueError, RecursionError):
                self._one_by_one.add(index)
        found: list[Answer | Exception] = []
        for body in bodies:
            try:
                found.append(_answer(self._post(index, body)))
            except (httpx.HTTPError, _LimitedError) as error:
                return [*found, *[error] * (len(bodies) - len(found))]
            except (ValueError, RecursionError) as error:
                found.append(error)
        return found

    def _post(self, index: int, content: Body | Sequence[Body]) -> Any:
        token = current_deadline.set(Deadline(self._timeout))
        try:
            with self._clients[index].stream(
                "POST", self.urls[index], content=json.dumps(content).encode()
            ) as response:
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
        return json.loads(raw)


def _body(method: str, params: Any) -> Body:
    return {"jsonrpc": "2.0", "id": 0, "method": method, "params": params}


def _usable(found: Answer | Exception) -> Answer:
    if isinstance(found, Exception):
        raise found
    return found


def _answer(found: Any) -> Answer:
    if not isinstance(found, dict) or ("result" in found) == ("error" in found):
        raise ValueError("not a JSON-RPC answer")
    return found


def _answers(found: Any, count: int) -> list[Answer | Exception]:
    """The answers to a batch, in the order of the questions."""
    try:
        ids = [one["id"] for one in found]
        return [_answer(found[ids.index(number)]) for number in range(count)]
    except (LookupError, TypeError, ValueError):
        raise ValueError("not a JSON-RPC answer") from None


class _LimitedError(ValueError):
    """The endpoint accepts no more requests for *seconds* seconds."""

    def __init__(self, response: httpx.Response) -> None:
        self.seconds = _retry_after(response.headers.get("Retry-After", ""))
        asks = f" and asks to wait {self.seconds:.0f} s" if self.seconds else ""
        super().__init__(f"HTTP {response.status_code}: it takes no more requests for now{asks}")
        self._news = True

    def is_news(self) -> bool:
        """Whether this was not reported yet; a batch fails as a whole and is reported once."""
        news, self._news = self._news, False
        return news


def _retry_after(text: str) -> float:
    """Seconds from a ``Retry-After`` header, which may also name a time (RFC 9110, 10.2.3)."""
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
    known = isinstance(error, (httpx.TransportError, ValueError))
    return reason_of(error) if known else type(error).__name__
