"""What every answer says to the browser, and which requests are refused.

There are no cookies and no accounts, so another site has nothing of a visitor's to use; what may come from
these pages alone is refused from elsewhere all the same. The host is compared, so that a foreign name which
is made to point here (DNS rebinding) reads nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import Request, Response
from fastapi.responses import PlainTextResponse

from assay_indexer.api.limits import NO_TEXT, Allowance, client_of, is_text, is_too_large
from assay_web.reading import ASKER
from assay_web.sentences import say

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_MOST_BYTES = 2 << 20
_BOUNDED_ELSEWHERE = "/artifacts"
"""Takes files, and counts what it reads of them."""
_STATIC = "/static/"
_READING = frozenset({"GET", "HEAD"})
Next = Callable[[Request], Awaitable[Response]]


class Guard:
    """Refuses requests to another host, from another site where they do anything but read, and too many.

    Args:
        allowance: how many requests a client may make; none for any number. Static files do not count.
    """

    def __init__(
        self, origins: tuple[str, ...], hosts: frozenset[str], allowance: Allowance | None = None
    ) -> None:
        self._origins, self._hosts, self._allowance = origins, hosts, allowance

    async def __call__(self, request: Request, answer: Next) -> Response:
        """Answer *request*, or refuse it; the headers stand on both."""
        ASKER.set(client_of(request))
        response = self._refused(request) or await answer(request)
        response.headers.update(HEADERS)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def _refused(self, request: Request) -> Response | None:
        if request.headers.get("host", "") not in self._hosts:
            return PlainTextResponse("This host is not served here.\n", status_code=421)
        if request.url.path != _BOUNDED_ELSEWHERE and is_too_large(request, _MOST_BYTES):
            return PlainTextResponse("That is too large.\n", status_code=413)
        if not is_text(request):
            return PlainTextResponse(f"{NO_TEXT}\n", status_code=400)
        wait = self._wait_of(request)
        if wait:
            said = f"{say('error.429.title')}. {say('error.429.text')}\n"
            return PlainTextResponse(said, status_code=429, headers={"Retry-After": str(int(wait) + 1)})
        if request.method in _READING:
            return None
        if request.headers.get("origin") not in self._origins:
            return PlainTextResponse("This may only be sent from the market's own pages.\n", status_code=403)
        return None

    def _wait_of(self, request: Request) -> float:
        if self._allowance is None or request.url.path.startswith(_STATIC):
            return 0.0
        return self._allowance.wait_of(client_of(request))
