"""What keeps the API polite: limits for each client, and no answer sent twice."""

from __future__ import annotations

import hashlib
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

from fastapi import Request, Response
from starlette.responses import JSONResponse

_CLIENTS = 10_000  # that are remembered at most
_MOST_BYTES = 64 << 10  # of a request
_NETWORK = 64  # bits of an IPv6 address: one household has all that begin with them

Next = Callable[[Request], Awaitable[Response]]


def client_of(request: Request) -> str:
    """Who asks: an IPv4 address, or the network of an IPv6 one."""
    host = request.client.host if request.client else ""
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found.packed, _NETWORK), strict=False))


def behind(proxies: Sequence[str]) -> dict[str, Any]:
    """How a server finds out who asks: `X-Forwarded-For` counts from these addresses alone.

    Anybody could otherwise name another client in each request, and be bounded by no allowance.
    """
    return {"proxy_headers": bool(proxies), "forwarded_allow_ips": list(proxies)}


def is_too_large(request: Request, most: int) -> bool:
    """Whether a request's body is longer than *most* bytes, or does not say how long: it is not read."""
    length = request.headers.get("content-length")
    if length is None:
        return "transfer-encoding" in request.headers
    return not (length.isascii() and length.isdecimal() and len(length) < 20 and int(length) <= most)


def is_text(request: Request) -> bool:
    """Whether path and query are text without NUL, which no database takes."""
    path = request.scope.get("raw_path") or request.url.path.encode()
    try:
        asked = unquote_to_bytes(path + b"?" + request.scope["query_string"]).decode()
    except UnicodeDecodeError:
        return False
    return "\0" not in asked + request.scope["path"]


NO_TEXT = "The address holds what is no text: a NUL, or bytes that are not UTF-8."


class Allowance:
    """So many requests a second for each client, and so many at once.

    Args:
        rate: requests a second in the long run.
        burst: requests that somebody can make at once who has made none for a while.
        now: seconds, of any clock that does not go back.
    """

    def __init__(self, rate: float, burst: int, now: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._now = rate, burst, now
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_of(self, client: str) -> float:
        """Seconds until *client* may ask again; 0 when it may now, which is then counted."""
        now = self._now()
        left, at = self._left.pop(client, (float(self._burst), now))
        left = min(self._burst, left + (now - at) * self._rate)
        wait = 0.0 if left >= 1 else (1 - left) / self._rate
        self._left[client] = (left if wait else left - 1, now)
        if len(self._left) > _CLIENTS:
            self._left.popitem(last=False)
        return wait


class Limits:
    """Refuses what is too much, and answers 304 to whoever has the answer already."""

    def __init__(self, allowance: Allowance | None) -> None:
        self._allowance = allowance

    async def __call__(self, request: Request, call_next: Next) -> Response:
        """Answer one request."""
        if is_too_large(request, _MOST_BYTES):
            return JSONResponse({"detail": "That is too large."}, 413)
        if not is_text(request):
            fault = {"loc": ["path", "query"], "msg": NO_TEXT, "type": "no_text"}  # as for other parameters
            return JSONResponse({"detail": [fault]}, 422)
        wait = self._allowance.wait_of(client_of(request)) if self._allowance else 0.0
        if wait:
            headers = {"Retry-After": str(int(wait) + 1)}
            return JSONResponse({"detail": "Too many requests; wait a moment."}, 429, headers)
        response = await call_next(request)
        if request.method not in ("GET", "HEAD") or response.status_code != 200:
            return response
        return await _tagged(request, response)


async def _tagged(request: Request, response: Response) -> Response:
    body = b"".join([part async for part in response.body_iterator])  # type: ignore[attr-defined]
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    headers |= {"ETag": tag, "Cache-Control": "no-cache"}
    if tag in [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers={"ETag": tag, "Cache-Control": "no-cache"})
    return Response(body, response.status_code, headers)
