"""Who may ask, how much at once, and how fast a request's body has to come."""

import asyncio
import hmac
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack

from prometheus_client import Gauge
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MIB = 1 << 20
OPEN_PATHS = frozenset({"/health", "/metrics"})
SECONDS_EACH_MIB = 10.0
"""How long the node waits for each MiB of a body, and for the last, partial one."""


class Admission:
    """Lets only requests that bear one of the *tokens* through to *app*, before any of their body is read.

    Each token has its own number of *places* for requests that are being read, queued or worked on, so no
    token's owner can use up another's. *taken* counts the places in use. A body has at most *largest* bytes.
    """

    def __init__(
        self, app: ASGIApp, *, tokens: Sequence[str], places: int, largest: int, taken: Gauge
    ) -> None:
        self._app, self._places, self._largest, self._taken = app, places, largest, taken
        self._tokens = [f"Bearer {token}".encode() for token in tokens]
        self._in_use: Counter[int] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection, as ASGI specifies."""
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS:
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        token = self._token(headers)
        if token is None:
            refusal = _refused(401, "a bearer token is needed", {"WWW-Authenticate": "Bearer"})
            return await refusal(scope, receive, send)
        if problem := self._problem(scope, headers, token):
            return await problem(scope, receive, send)
        scope["state"]["admitted"] = True
        with ExitStack() as place:
            self._take(token, place)
            await self._pass_on(scope, receive, send, place)

    def _take(self, token: int, place: ExitStack) -> None:
        self._in_use[token] += 1
        self._taken.inc()
        place.callback(self._taken.dec)
        place.callback(self._in_use.subtract, [token])

    def _token(self, headers: Headers) -> int | None:
        """The number of the token that a request bears."""
        given = headers.get("authorization", "").encode()
        same = [hmac.compare_digest(given, token) for token in self._tokens]
        return same.index(True) if any(same) else None

    def _problem(self, scope: Scope, headers: Headers, token: int) -> JSONResponse | None:
        length = headers.get("content-length", "")
        if "transfer-encoding" in headers:  # it would override the declared length
            return _refused(411, "the request must declare its length")
        if scope["method"] == "POST" and not (length.isascii() and length.isdigit()):
            return _refused(411, "the request must declare its length")
        if int(length[:20] or 0) > self._largest:
            return _refused(413, f"the request is larger than {self._largest} bytes")
        if self._in_use[token] >= self._places:
            return _refused(503, "all slots are taken", {"Retry-After": "5"})
        return None

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send, place: ExitStack) -> None:
        body = _Body(receive)

        async def answer(message: Message) -> None:
            place.close()  # before its client can ask again
            if not body.is_late:
                await send(message)

        await self._app(scope, body.receive, answer)
        if body.is_late:
            detail = f"each MiB of a request must come within {SECONDS_EACH_MIB:g} s"
            await _refused(408, detail)(scope, receive, send)


class _Body:
    """A body that has to arrive in time; `is_late` is set when it does not."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._seconds, self._bytes = SECONDS_EACH_MIB, 0
        self._ended = False
        self.is_late = False

    async def receive(self) -> Message:
        """The next piece, as an ASGI message; a client that is late is treated as disconnected."""
        if self._ended:
            return await self._receive()
        loop = asyncio.get_running_loop()
        asked = loop.time()
        try:
            async with asyncio.timeout(self._seconds):
                message = await self._receive()
        except TimeoutError:
            self._ended = self.is_late = True
            return {"type": "http.disconnect"}
        self._ended = not message.get("more_body", False)
        self._seconds -= loop.time() - asked
        self._bytes += len(message.get("body", b""))
        if self._bytes >= MIB:
            self._seconds, self._bytes = SECONDS_EACH_MIB, 0
        return message


def _refused(code: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"detail": detail}, code, headers)
