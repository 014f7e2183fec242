"""An HTTP transport whose requests always end: one deadline covers connecting, headers and body.

httpx's own timeouts are per socket operation, so a server that sends a byte now and then can hold a client
for ever. Here every socket operation gets only what is left of the time allowed for the current step.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from contextvars import ContextVar
from functools import cache
from typing import Any
from urllib.request import getproxies_environment, proxy_bypass

import httpcore
import httpx

from assay.errors import InvalidInput


class Deadline:
    """A point in time that an upload may push back as long as it makes progress."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.renew()

    def renew(self) -> None:
        """Allow the full time again."""
        self._end = time.monotonic() + self._seconds

    def remaining(self) -> float:
        """Seconds left; raises :class:`httpcore.ReadTimeout` if none are."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout(f"no answer within {self._seconds:g} s")
        return left


current_deadline: ContextVar[Deadline | None] = ContextVar("current_deadline", default=None)


def _allowed(timeout: float | None) -> float | None:
    deadline = current_deadline.get()
    if deadline is None:
        return timeout
    left = deadline.remaining()
    return left if timeout is None else min(left, timeout)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _allowed(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _allowed(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _allowed(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(super().connect_tcp(host, port, _allowed(timeout), local_address, socket_options))


@cache
def shared_tls() -> ssl.SSLContext:
    """The TLS context that all connections share, because loading the CA certificates takes 40 ms."""
    return httpx.create_ssl_context(trust_env=False)


class DeadlineTransport(httpx.HTTPTransport):
    """httpx's transport to the host of *url*, over sockets that obey :data:`current_deadline`.

    Uses the proxy that the environment names for that host; raises :class:`InvalidInput` if the proxy is not
    http(s).
    """

    def __init__(self, url: httpx.URL) -> None:
        super().__init__(verify=shared_tls(), trust_env=False)
        self._pool.close()
        # httpx offers no parameter for the network backend; its connection pools do
        proxy = proxy_for(url)
        if proxy is None:
            self._pool = httpcore.ConnectionPool(ssl_context=shared_tls(), network_backend=_Backend())
            return
        self._pool = httpcore.HTTPProxy(
            str(proxy.copy_with(username=None, password=None)),
            proxy_auth=(proxy.username, proxy.password) if proxy.username else None,
            ssl_context=shared_tls(),
            proxy_ssl_context=shared_tls() if proxy.scheme == "https" else None,
            network_backend=_Backend(),
        )


def proxy_for(url: httpx.URL) -> httpx.URL | None:
    """The proxy for *url* by ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``, if any."""
    host = f"{url.host}:{url.port}" if url.port else url.host
    proxies = getproxies_environment()
    named = proxies.get(url.scheme) or proxies.get("all")
    if not named or proxy_bypass(host):
        return None
    try:
        proxy = httpx.URL(named if "://" in named else f"http://{named}")
    except httpx.InvalidURL:
        proxy = httpx.URL("")
    if proxy.scheme not in ("http", "https") or not proxy.host:
        raise InvalidInput(
            f"The proxy that the environment names for {url.scheme} is not http(s)://host:port.",
            hint="Correct HTTP_PROXY and HTTPS_PROXY, or name the host in NO_PROXY.",
        )
    return proxy


def by_proxy(url: httpx.URL) -> str:
    """Words for a sentence about *url*: the proxy through which it is reached; empty if there is none."""
    proxy = proxy_for(url)
    return f" by the proxy {proxy.host}" + (f":{proxy.port}" if proxy.port else "") if proxy else ""
